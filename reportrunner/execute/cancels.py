"""Remote work that nobody waits for any more: told to stop, once and in a few seconds, before a run lets go."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final, Protocol

from reportrunner.execute.attempt import Attempt, Desk
from reportrunner.execute.walk import Walk
from reportrunner.flow import Done, Reply, Request, Step, Verdict

SECONDS: Final = 5.0
"""How long a run that ends waits for services to take note."""
LEFT_ALONE: Final = frozenset({"failed", "unreachable"})
"""Ends after which nothing is sent: the provider said that the work has ended, or cannot be told."""
Held = Callable[[Walk], str | None]


class Told(Protocol):
    """Hears of a cancellation that is sent."""

    def __call__(self, walk: Walk, *, detail: str) -> None:
        """Take note."""


class Cancels:
    """The cancellations that a run owes; owned by one thread."""

    def __init__(self, desk: Desk, held: Held, told: Told) -> None:
        """Begin with none; `held` gives the session that a walk has now, `told` hears of each that is sent."""
        self._desk = desk
        self._held = held
        self._told = told
        self._owed: dict[Walk, Attempt] = {}

    def owe(self, walk: Walk, why: str = "given up") -> None:
        """Take note of a walk that ends while the provider is at it; a flow that cannot cancel is let go."""
        cancel = walk.flow.cancel
        if cancel is None or walk.step.poll is None or walk.ended or why in LEFT_ALONE:
            return
        step = Step("cancel", cancel, _whatever, repeatable=False, timeout=timedelta(seconds=SECONDS))
        self._owed[walk] = Attempt(walk.flow, step, cancel, dict(walk.captures), 1, 0.0, self._held(walk))

    def send(self) -> None:
        """Send them all side by side and wait a few seconds at most: what cannot be told is left to the service."""
        deadline = self._desk.monotonic() + SECONDS
        threads = []
        for walk, attempt in self._owed.items():
            self._told(walk, detail="asks the service to stop the work that nobody waits for")
            due = replace(attempt, deadline=deadline)
            threads.append(threading.Thread(target=self._desk.carry, args=((due,),), name="cancel", daemon=True))
            threads[-1].start()
        self._owed.clear()
        for thread in threads:
            thread.join(max(deadline - self._desk.monotonic(), 0.0))


def _whatever(_: Request, __: Reply) -> Verdict:
    return Done()
