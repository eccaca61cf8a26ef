"""Everything that waits, in one heap: polls, back-off, deadlines. Owned by one thread, never sleeps."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable
from functools import partial

from reportrunner.execute.crew import Then
from reportrunner.execute.pace import Pace
from reportrunner.execute.repeat import Later, look, look_at, poll_of
from reportrunner.execute.walk import Task, Walk
from reportrunner.flow import Again, Refused


class Waits:
    """The timer heap, and what polling has learnt for each kind of flow."""

    def __init__(self, ready: Callable[[Task], None]) -> None:
        """Call `ready` with every task whose time has come."""
        self._ready = ready
        self._heap: list[tuple[float, int, Then]] = []
        self._order = itertools.count()
        self._paces: dict[tuple[str, str], Pace] = {}
        self._polling: dict[tuple[str, str], set[Task]] = {}

    @property
    def soonest(self) -> float:
        """Return the moment of the next timer, infinite when there is none."""
        return self._heap[0][0] if self._heap else math.inf

    def at(self, moment: float, then: Then) -> None:
        """Do this at that monotonic second."""
        heapq.heappush(self._heap, (moment, next(self._order), then))

    def fire(self, now: float) -> None:
        """Do everything whose time has come."""
        while self.soonest <= now:
            heapq.heappop(self._heap)[2]()

    def clear(self) -> None:
        """Forget everything."""
        self._heap.clear()
        self._polling.clear()

    def later(self, task: Task, moment: float) -> None:
        """Make the task ready at that second, and at no other that was said before."""
        task.wake += 1
        self.at(moment, partial(self._wake, task, task.wake))

    def first_look(self, task: Task, now: float) -> float:
        """Let the task wait for its first look at remote work; return the seconds until then."""
        return self._look_at(task, look_at(task, now, self._pace(task.walk)), now)

    def next_look(self, task: Task, again: Again, now: float) -> float | Refused:
        """Let the task wait for its next look; return the seconds until then, or why there is none."""
        moment = look(task, again, now, self._pace(task.walk))
        return self._look_at(task, moment.at, now) if isinstance(moment, Later) else moment

    def learn(self, task: Task, now: float) -> None:
        """Remember how long the work took; the first to know wakes its siblings at the learnt time."""
        pace = self._pace(task.walk)
        first = pace.learnt is None
        pace.finished(task.last_look, now - task.begun)
        if first:
            for sibling in sorted(self._siblings(task.walk), key=lambda each: each.begun):
                if not sibling.walk.ended and poll_of(sibling).every is None:
                    self.later(sibling, look_at(sibling, now, pace))

    def leave(self, walk: Walk) -> None:
        """Let another flow scout: this one ended without an answer."""
        self._pace(walk).leave(walk)

    def _look_at(self, task: Task, moment: float, now: float) -> float:
        self._siblings(task.walk).add(task)
        self.later(task, moment)
        return moment - now

    def _wake(self, task: Task, number: int) -> None:
        if number == task.wake and not task.walk.ended:
            self._siblings(task.walk).discard(task)
            self._ready(task)

    def _pace(self, walk: Walk) -> Pace:
        return self._paces.setdefault((walk.flow.source, walk.flow.kind), Pace())

    def _siblings(self, walk: Walk) -> set[Task]:
        return self._polling.setdefault((walk.flow.source, walk.flow.kind), set())
