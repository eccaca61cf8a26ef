"""What became of every period of a backfill, and how it is told: a line each, and at the end what failed and why."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from reportrunner.backfill import Due
from reportrunner.cli.diagnostics import format_diagnostics
from reportrunner.cli.summary import say_line
from reportrunner.cli.terminal import colored, say, say_error, style, tell
from reportrunner.errors import Diagnostic, InvalidError
from reportrunner.published import Standing
from reportrunner.run import Ended, worst

SHOWN = 3
"""Ways in which a job is invalid that are quoted in full; the closing lines name every period."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the run of a period failed, in a line."""

    code: int
    reason: str


class Tally:
    """Counts the periods of a backfill by what became of each, and says it."""

    def __init__(self, due: Sequence[Due], title: str, again: Sequence[str], single: Sequence[str]) -> None:
        """Know nothing yet; `again` and `single` are the commands for all of it, and for a run of the job."""
        self.due = due
        self._title = title
        self._again = again
        self._single = single
        self._standing: dict[str, Standing] = {}
        self._published: set[str] = set()
        self._doubted: set[str] = set()
        self._failed: dict[str, Failure] = {}
        self._invalid: dict[str, tuple[InvalidError, list[str]]] = {}
        self._lacking = 0

    @property
    def code(self) -> int:
        """The exit code: the worst of all."""
        return worst([self._lacking, *(failure.code for failure in self._failed.values())])

    @property
    def hopeless(self) -> bool:
        """Whether the job is invalid in one way, whatever the period."""
        return any(len(labels) == len(self.due) for _, labels in self._invalid.values())

    def invalid(self, due: Due, error: InvalidError) -> None:
        """Take that the job is invalid as of the moment of a period."""
        first = error.diagnostics[0]
        place = f"{first.file}:{first.line}:{first.column}" if first.line else first.file
        self._failed[due.label] = Failure(error.exit_code, f"{place}: {first.message}")
        text = format_diagnostics(error.diagnostics, color=False)
        self._invalid.setdefault(text, (error, []))[1].append(due.label)

    def say_invalid(self, warnings: Iterable[Sequence[Diagnostic]]) -> None:
        """Say what is wrong with the job, and odd about it, once, and in which periods where not in all."""
        for error, labels in islice(self._invalid.values(), SHOWN):
            say_error(error)
            if not self.hopeless:
                say(f"so it is in {_listed(labels)}")
        for found in dict.fromkeys(tuple(each) for each in warnings if each):
            say(format_diagnostics(found, color=colored()))

    def stands(self, due: Due, standing: Standing) -> None:
        """Take what stands published for a period, and say it where something does."""
        before = self._standing.get(due.label)
        self._standing[due.label] = standing
        if standing == before:
            return
        if standing.state == "done":
            say(f"{style('✓', fg='green')} {due.label}: done already")
        elif standing.state == "other":
            say(f"{style('!', fg='yellow')} {due.label}: runs again, {standing.folder} does not do: {standing.why}")

    def lacking(self, code: int) -> None:
        """Take that a secret is missing, without which no run can be made."""
        self._lacking = worst([self._lacking, code])

    def ended(self, label: str, ended: Ended) -> None:
        """Take and say what came of the run of a period."""
        if ended.exit_code:
            self._failed[label] = Failure(ended.exit_code, _reason(ended))
        else:
            self._published.add(label)
            if any(finding.severity == "warn" for finding in ended.findings):
                self._doubted.add(label)
        say_line(ended, label)

    def tell_plan(self) -> None:
        """Print every period with the moment of its run, and whether it would run."""
        words = {"done": "done", "nothing": "runs", "other": "runs again"}
        for due in self.due:
            failure = self._failed.get(due.label)
            said = f"exit {failure.code}" if failure else words[self._standing[due.label].state]
            tell(f"{due.label}  as of {due.typed}  {said}")

    def say_end(self) -> None:
        """Say how many periods are done, which failed and why, and what to type."""
        done = [label for label, standing in self._standing.items() if standing.state == "done"]
        open_ = [d.label for d in self.due if d.label not in {*done, *self._published, *self._failed}]
        say()
        first, last = self.due[0].period.first_day, self.due[-1].period.last_day
        say(style(self._title, bold=True) + f", {len(self.due)} periods from {first} to {last}")
        doubted = f" ({len(self._doubted):,} with warnings)" if self._doubted else ""
        counts = {
            f"published{doubted}": len(self._published),
            "done already": len(done),
            "failed": len(self._failed),
            "not run": len(open_),
        }
        say("  " + ", ".join(f"{count:,} {word}" for word, count in counts.items() if count))
        for due in self.due:
            if failure := self._failed.get(due.label):
                say(f"  {style('✗', fg='red')} {due.label}  exit {failure.code}: {failure.reason}")
                say(f"      {shlex.join([*self._single[:3], '--as-of', due.typed, *self._single[3:]])}")
        if self._failed or open_:
            say("the same command runs what is missing, and nothing else:")
            say(f"  {shlex.join(self._again)}")


def _reason(ended: Ended) -> str:
    found = [f"{finding.subject}: {finding.message}" for finding in ended.findings if finding.severity == "error"]
    said = [str(error) for error in ended.errors] or found
    return said[0].splitlines()[0] if said and said[0] else ""


def _listed(labels: Sequence[str]) -> str:
    shown = ", ".join(labels[:3])
    return shown if len(labels) <= 3 else f"{shown} and {len(labels) - 3:,} more"
