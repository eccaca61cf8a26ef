"""Who is ready: the order of parcels, envelopes by session and limit, budgets that sources of one account share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from reportrunner.environment import SourceRuntime
from reportrunner.execute.queues import Queues
from reportrunner.execute.walk import Parcel, Task, Walk
from reportrunner.flow import Done, Envelope, Flow, Request, SessionKey, Step
from reportrunner.limits import Limits, Rate
from reportrunner.table import Rows

PACKS = Envelope(3, lambda requests: requests[0], lambda reply, count: (reply,) * count)


def source(
    name: str, account: str = "", limits: Limits | None = None, envelope: Envelope | None = None
) -> SourceRuntime:
    plain = SourceRuntime(name, "https://house.example", account or name, limits or Limits(), lambda _: "")
    return replace(plain, envelope=envelope)


def task(name: str, of: str = "house", session: SessionKey | None = None) -> Task:
    step = Step("fetch", Request("GET", f"/{name}"), lambda _request, _reply: Done())
    flow = Flow(name, of, "kind", (step,), lambda _: Rows((), ()), session)
    return Walk([flow]).begin(0.0)[0]


def queues(*sources: SourceRuntime) -> Queues:
    return Queues({each.name: each for each in sources or (source("house"),)})


class Out:
    """What was let go, by the names of the tasks."""

    def __init__(self, of: Queues, idle: int = 99) -> None:
        self.queues = of
        self.idle = idle
        self.went: list[tuple[str, ...]] = []
        self.parcels: list[Parcel] = []
        self.sessions: Mapping[SessionKey | None, bool] = {}

    def at(self, now: float) -> float:
        """Let go what may go; return the moment at which more may."""
        return self.queues.dispatch(now, lambda: self.idle > len(self.parcels), self._admit, self._send)

    def back(self) -> None:
        self.queues.released(self.parcels.pop(0))

    def _admit(self, parcel: Parcel) -> bool:
        return self.sessions.get(parcel[0].walk.flow.session, True)

    def _send(self, parcel: Parcel) -> None:
        self.parcels.append(parcel)
        self.went.append(tuple(each.walk.flow.dataset for each in parcel))


def test_first_come_first_served_and_pages_before_everybody() -> None:
    made = queues()
    for name in "abc":
        made.put((task(name),))
    made.first([(task("p1"),), (task("p2"),)])
    out = Out(made)
    assert out.at(0.0) == math.inf
    assert out.went == [("p1",), ("p2",), ("a",), ("b",), ("c",)]


def test_tasks_given_together_share_envelopes_of_one_source_and_session() -> None:
    made = queues(source("house", envelope=PACKS), source("lone"))
    event = SessionKey("house", ("virtualeventid:1",))
    given = [task("a"), task("x", session=event), task("b"), task("l", "lone"), task("c"), task("d"), task("m", "lone")]
    made.put_together([*given, task("y", session=event)])
    out = Out(made)
    out.at(0.0)
    assert sorted(out.went) == [("a", "b", "c"), ("d",), ("l",), ("m",), ("x", "y")]


def test_a_parcel_is_one_request_of_the_budget() -> None:
    made = queues(source("house", envelope=PACKS, limits=Limits(concurrency=2)))
    made.put_together([task(name) for name in "abcdefg"])
    out = Out(made)
    assert out.at(0.0) == math.inf
    assert out.went == [("a", "b", "c"), ("d", "e", "f")]
    out.back()
    out.at(0.0)
    assert out.went[2:] == [("g",)]


def test_sources_of_one_account_share_queue_budget_and_pause() -> None:
    made = queues(
        source("one", "a", Limits(concurrency=9)), source("two", "a", Limits(concurrency=1)), source("other", "b")
    )
    for name, of in (("p", "one"), ("q", "two"), ("r", "one"), ("s", "other")):
        made.put((task(name, of),))
    out = Out(made)
    out.at(0.0)
    assert sorted(out.went) == [("p",), ("s",)], "the strictest limit of an account holds for all of it"
    paused = next(parcel for parcel in out.parcels if parcel[0].walk.flow.source == "one")
    made.pause(paused, 5.0)
    out.parcels.remove(paused)
    made.released(paused)
    assert out.at(1.0) == 5.0
    assert len(out.went) == 2
    out.at(5.0)
    assert out.went[2:] == [("q",)]


def test_a_rate_says_when_more_may_go() -> None:
    made = queues(source("house", limits=Limits(rate=Rate(2, 1.0))))
    for name in "abc":
        made.put((task(name),))
    out = Out(made)
    more = out.at(10.0)
    assert 11.0 <= more < 11.1
    assert out.went == [("a",), ("b",)]
    assert out.at(10.9) == more
    assert len(out.went) == 2
    assert out.at(more) == math.inf
    assert out.went[2:] == [("c",)]


def test_accounts_take_turns_when_workers_are_few() -> None:
    made = queues(source("one"), source("two"))
    for name in ("a1", "a2", "a3"):
        made.put((task(name, "one"),))
    made.put((task("b1", "two"),))
    out = Out(made, idle=2)
    out.at(0.0)
    assert out.went == [("a1",), ("b1",)]


def test_who_has_no_session_leaves_the_queue_and_holds_up_nobody() -> None:
    made, event = queues(), SessionKey("house", ("virtualeventid:1",))
    made.put((task("x", session=event),))
    made.put((task("a"),))
    out = Out(made)
    out.sessions = {event: False}
    assert out.at(0.0) == math.inf
    assert out.went == [("a",)]
    out.sessions = {}
    out.at(0.0)
    assert out.went == [("a",)], "it waits where its session comes, not here"


def test_what_is_not_wanted_any_more_is_not_sent() -> None:
    made = queues(source("house", envelope=PACKS))
    gone, kept, alone = task("gone"), task("kept"), task("alone")
    made.put_together([gone, kept])
    made.put((alone,))
    gone.walk.end()
    alone.walk.end()
    out = Out(made)
    out.at(0.0)
    assert out.went == [("kept",)]


def test_cleared_queues_are_empty() -> None:
    made = queues()
    made.put((task("a"),))
    made.clear()
    out = Out(made)
    assert out.at(0.0) == math.inf
    assert out.went == []
