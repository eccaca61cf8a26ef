"""The end of a run on the terminal: datasets with rows, findings, files, and where to look."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from reportrunner.cli.terminal import say, say_error, style, tell
from reportrunner.report import Finding
from reportrunner.run import Ended

SHOWN = 3
"""Rows shown of a finding; the documents have more."""
_MARKS = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "error": ("✗", "red")}


def say_summary(ended: Ended) -> int:
    """Print what came of a run, and its folder to standard output; return its exit code."""
    plan, gathered = ended.trip.prepared.plan, ended.gathered
    say()
    say(style(plan.job.title, bold=True) + f"  {plan.job.name}, {plan.label}")
    width = max((len(name) for name in plan.nodes), default=0)
    for name in plan.job.nodes:
        if name in gathered.landed:
            landed = gathered.landed[name]
            said = f"{landed.table.rows:>9,} rows" + (f", kept in {landed.kept.into}" if landed.kept else "")
        else:
            said = style("     lost", fg="red") if name in gathered.lost else "        -"
        say(f"  {name:<{width}} {said}")
    for error in ended.errors:
        say_error(error)
    _findings(ended.findings)
    if ended.folder is None:
        say(style("nothing was published", fg="red", bold=True))
        return ended.exit_code
    place = _place(ended.folder)
    say()
    for file in ended.files:
        say(f"  {place}/{file}")
    say(_verdict(ended))
    tell(place)
    return ended.exit_code


def say_all(runs: Sequence[Ended], asked: int, sent: int, seconds: float) -> None:
    """Print what came of all jobs of a call together: of `asked` ones those that are not in `runs` never began."""
    well = [ended for ended in runs if ended.exit_code == 0]
    warned = sum(any(finding.severity == "warn" for finding in ended.findings) for ended in well)
    mark, color = _MARKS["ok" if len(well) == asked else "error"]
    counts = [f"{len(well):,} of {asked:,} jobs done" + (f", {warned:,} with warnings" if warned else "")]
    counts += [f"{_plural(sent, 'request') or 'no request'} in {seconds:.1f} s"]
    say()
    say(f"{style(mark, fg=color)} {'; '.join(counts)}")


def say_line(ended: Ended, name: str) -> None:
    """Print what came of one run among many in a line, with the errors of one that failed; tell its folder."""
    for error in ended.errors:
        say_error(error)
    if ended.exit_code:
        _findings([finding for finding in ended.findings if finding.severity == "error"])
    mark, color = _MARKS["error" if ended.exit_code else "ok"]
    said = "nothing was published" if ended.folder is None else _counts(ended) or "no document"
    say(f"{style(mark, fg=color)} {name}: {said}")
    if ended.folder is not None:
        tell(_place(ended.folder))


def _place(folder: Path) -> str:
    return min(os.path.relpath(folder), str(folder), key=len)


def _findings(findings: Sequence[Finding]) -> None:
    told = [finding for finding in findings if finding.severity != "ok" or finding.accepted]
    if told:
        say()
    for finding in told:
        mark, color = _MARKS[finding.severity]
        count = f" ({finding.count:,})" if finding.count else ""
        say(f"  {style(mark, fg=color)} {finding.subject}: {finding.message}{count}")
        if finding.accepted:
            say(f"      accepted: {finding.accepted}")
            continue
        shown = finding.sample[:SHOWN]
        for line in shown:
            say(f"      {line}")
        if shown and finding.count > len(shown):
            say(f"      and {finding.count - len(shown):,} more")


def _verdict(ended: Ended) -> str:
    """Return the last line: how it went, in a word and in numbers."""
    word, color = ("errors found", "red") if ended.exit_code else ("done", "green")
    return style(word, fg=color, bold=True) + f": {_counts(ended)}"


def _counts(ended: Ended) -> str:
    errors, warnings = (sum(f.severity == kind for f in ended.findings) for kind in ("error", "warn"))
    counts = [_plural(errors, "error"), _plural(warnings, "warning"), _plural(len(ended.files), "file")]
    return ", ".join(count for count in counts if count) or "no file"


def _plural(number: int, word: str) -> str:
    return f"{number:,} {word}{'s' * (number != 1)}" if number else ""
