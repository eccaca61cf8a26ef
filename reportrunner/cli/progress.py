"""Progress: a block that is drawn again on a terminal, one quiet line an event elsewhere."""

from __future__ import annotations

import logging
import shutil
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from reportrunner.ask import EndpointNode
from reportrunner.cli.terminal import REDACTOR, colored, say, style
from reportrunner.environment import Notice
from reportrunner.gather import Said
from reportrunner.plan import RunPlan
from reportrunner.run import Ended

log = logging.getLogger("reportrunner.progress")


@dataclass(slots=True)
class _Line:
    """What is known of one dataset under way."""

    sent: int = 0
    done: int = 0
    state: str = ""


@dataclass(slots=True)
class _Job:
    plan: RunPlan
    lines: dict[str, _Line] = field(default_factory=dict)


class Progress:
    """Shows how a run goes; told by the executor's workers and by gathering, so it locks."""

    def __init__(self, plans: Sequence[RunPlan]) -> None:
        """Know the datasets that ask providers; they are the ones worth watching."""
        self._lock = threading.Lock()
        self._live = sys.stderr.isatty() and colored()
        self._jobs = {plan.job.name: _Job(plan) for plan in plans}
        for job in self._jobs.values():
            asking = [name for name, node in job.plan.nodes.items() if isinstance(node, EndpointNode)]
            job.lines = {name: _Line() for name in asking}
        self._drawn = 0

    def __enter__(self) -> Self:
        """Draw for the first time."""
        self._draw()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leave nothing half-drawn."""
        with self._lock:
            self._erase()

    def of(self, job: str) -> Said:
        """Return what the gathering of one job tells."""

        def said(dataset: str, what: str, detail: str) -> None:
            log.info("%s: %s %s: %s", job, dataset, what, detail)
            with self._lock:
                line = self._jobs[job].lines.get(dataset)
                if line is not None:
                    line.state = f"{what}: {detail}"
                if not self._live:
                    say(f"{job}: {dataset} {what}, {detail}" if what == "landed" else f"{job}: {dataset} {what}")
            self._draw()

        return said

    def notice(self, notice: Notice) -> None:
        """Take what the executor tells of a request."""
        log.debug("%s %s %s: %s %s", notice.run, notice.dataset, notice.step, notice.what, notice.detail)
        job = self._jobs.get(notice.run)
        line = job.lines.get(notice.dataset) if job else None
        if line is None:
            return
        with self._lock:
            line.sent += notice.what == "sent"
            line.done += notice.what == "done"
            waits = f", {notice.wait:.0f} s" if notice.wait >= 1 else ""
            line.state = {"waiting": f"waits{waits}", "retry": f"again{waits}: {notice.detail}"}.get(
                notice.what, notice.step
            )
            if not self._live and notice.what == "retry":
                say(f"{notice.run}: {notice.dataset}, {notice.step} again{waits}: {notice.detail}")
        self._draw()

    def ended(self, ended: Ended) -> None:
        """Stop showing a job; its summary follows."""
        with self._lock:
            self._erase()
            self._jobs.pop(ended.trip.prepared.plan.job.name, None)

    def _draw(self) -> None:
        if not self._live:
            return
        with self._lock:
            self._erase()
            columns, rows = shutil.get_terminal_size()
            lines = [text for job in self._jobs.values() for text in _texts(job)][: rows - 2]
            for text in lines:
                sys.stderr.write(REDACTOR.redact(text)[: columns + 20] + "\n")
            sys.stderr.flush()
            self._drawn = len(lines)

    def _erase(self) -> None:
        if self._drawn:
            sys.stderr.write(f"\x1b[{self._drawn}A\x1b[J")
            sys.stderr.flush()
            self._drawn = 0


def _texts(job: _Job) -> list[str]:
    width = max(map(len, job.lines), default=0)
    rows = [style(job.plan.job.name, bold=True)]
    for name, line in job.lines.items():
        mark = style("✓", fg="green") if line.state.startswith("landed") else style("·", fg="cyan")
        rows.append(f"  {mark} {name:<{width}}  {line.sent:>3} sent  {line.state}"[:100])
    return rows
