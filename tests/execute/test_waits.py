from __future__ import annotations

import math
from functools import partial

import pytest

from reportrunner.execute.waits import Waits
from reportrunner.execute.walk import Task, Walk
from reportrunner.flow import Again, Done, Flow, Poll, Refused, Request, Step
from reportrunner.table import Rows

WORKING = Again("working", "pending")


def task(kind: str = "kind", poll: Poll | None = None) -> Task:
    step = Step("poll", Request("GET", "/x"), lambda _request, _reply: Done(), poll=poll or Poll())
    return Walk([Flow("polls", "house", kind, (step,), lambda _: Rows((), ()))]).begin(100.0)[0]


def test_timers_fire_in_order_and_only_when_due() -> None:
    waits, told = Waits(lambda _: None), list[str]()
    for moment, name in ((3.0, "c"), (1.0, "a"), (1.0, "b")):
        waits.at(moment, partial(told.append, name))
    assert waits.soonest == 1.0
    waits.fire(2.9)
    assert (told, waits.soonest) == (["a", "b"], 3.0)
    waits.clear()
    assert waits.soonest == math.inf


def test_a_later_timer_voids_the_sooner() -> None:
    ready = list[Task]()
    waits, one = Waits(ready.append), task()
    waits.later(one, 101.0)
    waits.later(one, 105.0)
    waits.fire(104.0)
    assert ready == []
    waits.fire(105.0)
    assert ready == [one]


def test_siblings_wake_at_the_learnt_time() -> None:
    ready = list[Task]()
    waits = Waits(ready.append)
    scout, sibling, stranger = task(), task(), task("other")
    assert waits.first_look(scout, 100.0) == pytest.approx(0.1)
    waits.first_look(sibling, 100.0)
    assert waits.next_look(sibling, WORKING, 101.0) == pytest.approx(2.0)
    waits.first_look(stranger, 100.0)
    ended = task()
    waits.first_look(ended, 100.0)
    ended.walk.end()
    waits.learn(scout, 102.0)
    ready.clear()
    waits.fire(102.03)
    assert sibling not in ready
    waits.fire(102.05)
    assert sibling in ready
    assert ended not in ready
    assert waits.next_look(stranger, WORKING, 102.0) == pytest.approx(0.1)


def test_a_fixed_interval_is_not_shortened_by_siblings() -> None:
    ready = list[Task]()
    waits, fixed, scout = Waits(ready.append), task(poll=Poll(every=Poll().timeout / 10)), task()
    assert waits.first_look(fixed, 100.0) == 0.0
    assert waits.next_look(fixed, WORKING, 100.0) == 120.0
    waits.learn(scout, 101.0)
    waits.fire(219.0)
    assert ready == []
    waits.fire(220.0)
    assert ready == [fixed]


def test_a_poll_that_lasts_too_long_is_given_up() -> None:
    waits, one = Waits(lambda _: None), task()
    assert isinstance(waits.next_look(one, WORKING, 100.0 + 20 * 60), Refused)
