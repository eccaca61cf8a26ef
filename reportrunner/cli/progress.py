"""Progress: a block that is drawn again on a terminal, one quiet line an event elsewhere."""

from __future__ import annotations

import logging
import shutil
import sys
import threading
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from types import TracebackType
from typing import Final, Self

from reportrunner.ask import EndpointNode
from reportrunner.cli.terminal import REDACTOR, colored, narrating, say, style
from reportrunner.environment import Notice
from reportrunner.gather import Said
from reportrunner.plan import RunPlan
from reportrunner.run import Ended

log = logging.getLogger("reportrunner.progress")
_SECONDS_BETWEEN: Final = 0.05
"""Requests come faster than eyes and terminals follow."""


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

    def __init__(self, plans: Sequence[RunPlan], side_by_side: int | None = None) -> None:
        """Know the datasets that ask providers, worth watching; `side_by_side` runs go on at a time, or all of them."""
        self._lock = threading.Lock()
        self._live = sys.stderr.isatty() and colored() and not narrating()
        self._jobs = {plan.run: _Job(plan) for plan in plans}
        for job in self._jobs.values():
            asking = [name for name, node in job.plan.nodes.items() if isinstance(node, EndpointNode)]
            job.lines = {name: _Line() for name in asking}
        self._side_by_side = side_by_side
        self._drawn = 0
        self._drawn_at = 0.0

    def __enter__(self) -> Self:
        """Draw for the first time."""
        self._draw()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leave nothing half-drawn."""
        with self._lock:
            self._erase()

    def of(self, run: str) -> Said:
        """Return what the gathering of one run tells."""

        def said(dataset: str, what: str, detail: str) -> None:
            log.info("%s: %s %s: %s", run, dataset, what, detail)
            with self._lock:
                line = self._jobs[run].lines.get(dataset)
                if line is not None:
                    line.state = f"{what}: {detail}"
                if not self._live:
                    say(f"{run}: {dataset} {what}, {detail}" if what == "landed" else f"{run}: {dataset} {what}")
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
            line.state = {
                "waiting": f"waits{waits}",
                "paused": f"waits: {notice.detail}",
                "retry": f"again{waits}: {notice.detail}",
            }.get(notice.what, notice.step)
            if not self._live and notice.what == "retry":
                say(f"{notice.run}: {notice.dataset}, {notice.step} again{waits}: {notice.detail}")
            if not self._live and notice.what == "paused":
                say(f"{notice.run}: {notice.dataset} waits: {notice.detail}")
            if not self._live and notice.what == "cancelled":
                say(f"{notice.run}: {notice.dataset} {notice.detail}")
        if notice.what in {"waiting", "paused", "retry"} or time.monotonic() > self._drawn_at + _SECONDS_BETWEEN:
            self._draw()

    def ended(self, ended: Ended) -> None:
        """Stop showing a job; its summary follows."""
        with self._lock:
            self._erase()
            self._jobs.pop(ended.trip.prepared.plan.run, None)

    def _draw(self) -> None:
        if not self._live:
            return
        with self._lock:
            self._erase()
            columns, rows = shutil.get_terminal_size()
            shown = islice(self._jobs.values(), self._side_by_side)
            lines = [text for job in shown for text in _texts(job, columns - 1)][: rows - 2]
            sys.stderr.write("".join(f"{text}\n" for text in lines))
            sys.stderr.flush()
            self._drawn, self._drawn_at = len(lines), time.monotonic()

    def _erase(self) -> None:
        if self._drawn:
            sys.stderr.write(f"\x1b[{self._drawn}A\x1b[J")
            sys.stderr.flush()
            self._drawn = 0


def _texts(job: _Job, columns: int) -> list[str]:
    width = max(map(len, job.lines), default=0)
    texts = [style(_fit(job.plan.run, columns), bold=True)]
    for name, line in job.lines.items():
        mark = style("✓", fg="green") if line.state.startswith("landed") else style("·", fg="cyan")
        texts.append(
            f"  {mark} " + _fit(f"{name:<{width}}  {line.sent:>3} sent  {REDACTOR.redact(line.state)}", columns - 4)
        )
    return texts


def _fit(text: str, columns: int) -> str:
    """Cut a text to so many cells of the terminal: a line that wraps would be two, and one of them never erased."""
    for place, char in enumerate(text):
        columns -= 0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if columns < 0:
            return text[:place]
    return text
