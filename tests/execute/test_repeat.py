from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from reportrunner.execute.pace import Pace
from reportrunner.execute.repeat import DOWN, FAULTS, LIMITS, Later, Renew, Silences, decide, look, span
from reportrunner.execute.walk import Task, Walk
from reportrunner.flow import Again, Done, Flow, Poll, Refused, Reply, Request, Step
from reportrunner.table import Rows


def task(*, repeatable: bool = True, poll: Poll | None = None, deadline: float = 1000.0) -> Task:
    step = Step("poll", Request("GET", "/x"), lambda _request, _reply: Done(), repeatable, poll)
    walk = Walk([Flow("polls", "house", "kind", (step,), lambda _: Rows((), ()))], deadline=deadline)
    return walk.begin(100.0)[0]


def test_faults_are_repeated_a_few_times_later_and_later() -> None:
    one, rng = task(), Random(3)
    waits = [decide(one, Again("failed", "down"), Reply(503), 100.0, rng) for _ in range(FAULTS + 1)]
    moments = [wait.at - 100.0 for wait in waits if isinstance(wait, Later)]
    assert len(moments) == FAULTS
    assert all(0.25 * 2**n <= moment <= 0.5 * 2**n for n, moment in enumerate(moments))
    assert waits[-1] == Refused("failed", "down")
    assert decide(task(), Again("failed", "cut", timedelta(seconds=9)), Reply(fault="cut"), 100.0, rng) == Later(109.0)


def test_the_last_words_tell_what_kind_of_end_it_was() -> None:
    for fault, kind in (("timeout", "timeout"), ("cut", "unreachable"), ("", "failed")):
        what = decide(task(repeatable=False), Again("failed", "x"), Reply(fault=fault), 100.0, Random(3))
        assert isinstance(what, Refused)
        assert what.kind == kind


def test_nothing_is_repeated_after_the_deadline() -> None:
    end = decide(task(deadline=105.0), Again("failed", "x", timedelta(seconds=9)), Reply(fault="cut"), 100.0, Random(3))
    assert end == Refused("unreachable", "x", "the next attempt in 9.0 s would be after the deadline")


@pytest.mark.parametrize(
    ("reply", "repeated"),
    [
        (Reply(500), False),
        (Reply(fault="cut"), False),
        (Reply(fault="timeout"), False),
        (Reply(fault="tls: the handshake failed"), False),
        (Reply(fault="connect: connection refused"), True),
    ],
)
def test_work_that_may_have_been_done_is_not_done_twice(reply: Reply, repeated: bool) -> None:
    what = decide(task(repeatable=False), Again("failed", "x"), reply, 100.0, Random(3))
    assert isinstance(what, Later if repeated else Refused)


@pytest.mark.parametrize(
    ("fault", "hint"),
    [
        ("tls: unable to get local issuer certificate", 'write ca = "root.pem"'),
        ("tls: self-signed certificate in certificate chain", 'write ca = "root.pem"'),
        ("tls: the service wants a client certificate", "write client_certificate ="),
        ("connect: proxy: 407: it wants a user and a password", "write proxy ="),
    ],
)
def test_a_fault_that_no_repeat_mends_is_final_and_says_what_to_write(fault: str, hint: str) -> None:
    end = decide(task(), Again("failed", fault), Reply(fault=fault), 100.0, Random(3))
    assert isinstance(end, Refused)
    assert (end.kind, end.words) == ("unreachable", fault)
    assert end.hint.startswith(hint)


def test_a_limit_pauses_and_is_bounded() -> None:
    one, again = task(repeatable=False), Again("limited", "slow down")
    assert decide(one, again, Reply(429), 100.0, Random(3)) == Later(110.0, pause=True)
    for _ in range(LIMITS - 1):
        assert isinstance(decide(one, again, Reply(429), 100.0, Random(3)), Later)
    assert decide(one, again, Reply(429), 100.0, Random(3)) == Refused("refused", "slow down")


def test_a_session_is_renewed_once_and_a_given_one_never() -> None:
    one, again = task(), Again("session", "INVALID_KS")
    assert decide(one, again, Reply(401), 100.0, Random(3)) == Refused("refused", "INVALID_KS")
    one.session = "signed in"
    assert decide(one, again, Reply(401), 100.0, Random(3)) == Renew()
    assert decide(one, again, Reply(401), 100.0, Random(3)) == Refused("refused", "INVALID_KS")


def test_looks_keep_the_stated_interval_and_the_timeout() -> None:
    poll = Poll(timedelta(seconds=10), timedelta(seconds=4))
    one, pace = task(poll=poll), Pace()
    assert look(one, Again("working", "pending"), 100.0, pace) == Later(104.0)
    assert look(one, Again("working", "pending", timedelta(seconds=5)), 104.0, pace) == Later(109.0)
    assert look(one, Again("working", "pending"), 109.0, pace) == Later(110.0)
    end = look(one, Again("working", "pending"), 110.0, pace)
    assert end == Refused("timeout", 'still "pending" after 10.0 s and 4 looks')


def test_spans_read_well() -> None:
    assert [span(0.25), span(119.0), span(1200.0)] == ["0.2 s", "119.0 s", "20 min"]


def test_a_source_is_down_once_it_has_taken_no_connection_for_so_long() -> None:
    silences, refused = Silences(), Reply(fault="connect: timeout")
    assert not silences.down("house", refused, 100.0)
    assert not silences.down("house", refused, 100.0 + DOWN)
    assert silences.down("house", refused, 100.1 + DOWN)
    assert not silences.down("other", refused, 100.1 + DOWN)


@pytest.mark.parametrize("answer", [Reply(200), Reply(503), Reply(fault="timeout"), Reply(fault="cut")])
def test_a_source_that_takes_connections_in_between_is_not_down(answer: Reply) -> None:
    silences, refused = Silences(), Reply(fault="connect: timeout")
    for turn in range(20):
        now = 100.0 + turn * DOWN
        assert not silences.down("house", refused, now)
        assert not silences.down("house", answer, now + DOWN / 2)
