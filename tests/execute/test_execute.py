from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from loopback import Say, Seen, serving
from workbench import Bench, answer, bench, error, fetch, judge, once, read, sign_in, texts, under_session

from reportrunner.environment import LocalDone
from reportrunner.errors import ProviderError, SecretError
from reportrunner.fill import SentRequest
from reportrunner.flow import Again, Done, Flow, Hole, JsonBody, More, Poll, Reply, Request, Step, Verdict
from reportrunner.limits import Limits, Rate
from reportrunner.table import Rows

PATIENCE = 30.0
"""Seconds after which what should have happened at once will not."""


def test_a_flow_is_sent_read_and_told() -> None:
    with bench(lambda _: Say(body=b"hello", headers={"X-Kaltura-Session": "42, 1"})) as b:
        (ended,) = b.run(fetch())
        assert texts(ended) == ["hello"]
        (exchange,) = answer(ended).exchanges
        assert (exchange.step, exchange.method, exchange.path, exchange.status) == ("fetch", "GET", "/x", 200)
        assert exchange.request == fetch().steps[0].request.digest()
        (sent,) = b.executor.sent
        assert (sent.dataset, sent.attempt, sent.status, sent.bytes, sent.request_id) == ("polls", 1, 200, 5, "42, 1")
        assert b.whats() == {"sent": 1, "done": 1}


def test_pages_fly_together_and_are_read_in_order() -> None:
    gate = threading.Event()

    def script(seen: Seen) -> Say:
        if len(house_seen) + 1 >= 4:
            gate.set()
        house_seen.append(seen)
        return Say(body=seen.target.encode(), hold=None if seen.target == "/p?page=0" else gate)

    def pages(request: Request, reply: Reply) -> Verdict:
        more = [Request("GET", "/p", query=(("page", str(n)),), page=n, wave=3) for n in (3, 1, 2)]
        return More(tuple(more)) if request.page == 0 else Done()

    house_seen: list[Seen] = []
    with bench(script) as b:
        flow = fetch(steps=(Step("fetch", Request("GET", "/p", query=(("page", "0"),)), pages),))
        (ended,) = b.run(flow)
        # The gate opens only when three pages are out at once: one after another they would wait for ever.
        assert texts(ended) == [f"/p?page={n}" for n in range(4)]
        assert len(answer(ended).exchanges) == 4


def test_pages_in_a_circle_are_an_error() -> None:
    with bench(lambda _: Say()) as b:
        step = Step("fetch", Request("GET", "/p"), lambda _request, _reply: More((Request("GET", "/p", page=1),)))
        (ended,) = b.run(fetch(steps=(step,)))
    assert "datasets.polls, step fetch: page 1 was asked twice" in str(error(ended))
    assert error(ended).kind == "unreadable"


def test_equal_flows_are_sent_once_and_each_reads_for_itself() -> None:
    with bench(lambda _: Say(body=b"one")) as b:
        other = fetch(dataset="other", read=lambda _: Rows((), [("mine",)]))
        ended = b.run(fetch(), other)
        late = b.run(fetch(dataset="late"))
        assert b.house.targets() == ["/x"]
    assert {e.flow.dataset: texts(e) for e in ended + late} == {"polls": ["one"], "other": ["mine"], "late": ["one"]}


def test_a_failing_flow_fails_only_itself_and_names_the_place() -> None:
    with bench(lambda seen: Say(403, b"not yours") if seen.target == "/no" else Say()) as b:
        ended = {e.flow.dataset: e for e in b.run(fetch("/no"), fetch("/yes", dataset="fine"))}
        assert ended["fine"].answer is not None
        assert str(error(ended["polls"])) == "datasets.polls, step fetch: house refused with 403: not yours"
        assert (error(ended["polls"]).dataset, error(ended["polls"]).step) == ("polls", "fetch")


def test_a_passing_fault_is_repeated_and_leaves_the_same_exchanges() -> None:
    with bench(once(Say(body=b"hel", length=9), Say(body=b"hello"))) as b:
        (faulty,) = b.run(fetch())
        assert [(s.attempt, s.status, s.fault) for s in b.executor.sent] == [(1, 0, "cut"), (2, 200, "")]
        assert b.whats()["retry"] == 1
    with bench(lambda _: Say(body=b"hello")) as b:
        (smooth,) = b.run(fetch())
    assert answer(faulty).exchanges == answer(smooth).exchanges


def test_what_cannot_be_repeated_is_not() -> None:
    flow = fetch(steps=(Step("generate", Request("POST", "/g"), judge, repeatable=False),))
    for say in (Say(502, b"bad gateway"), Say(length=9)):
        with bench(once(say, Say(body=b"id"))) as b:
            (ended,) = b.run(flow)
            assert b.house.targets() == ["/g"]
            assert "step generate" in str(error(ended))
            assert "the work may have been done" in str(error(ended))
    with bench(once(Say(429, b"slow down"), Say(body=b"id"))) as b:
        (ended,) = b.run(flow)
        assert texts(ended) == ["id"]
        assert b.house.targets() == ["/g", "/g"]


def test_a_refusal_pauses_the_account_for_everybody() -> None:
    def limited(request: Request, reply: Reply) -> Verdict:
        return Again("limited", "slow", timedelta(seconds=0.3)) if reply.status == 429 else Done()

    moments: list[float] = []

    def script(seen: Seen) -> Say:
        moments.append(time.monotonic())
        return Say(429) if len(moments) == 1 else Say()

    with bench(script, limits=Limits(concurrency=1)) as b:
        step = Step("fetch", Request("GET", "/first"), limited)
        ended = b.run(fetch(steps=(step,)), *(fetch(f"/{n}") for n in range(5)))
        assert all(e.error is None for e in ended)
    assert moments[1] - moments[0] >= 0.3
    assert len(moments) == 7


def test_an_account_keeps_still_before_it_is_refused_and_says_so_once() -> None:
    moments: list[float] = []

    def script(seen: Seen) -> Say:
        moments.append(time.monotonic())
        return Say(headers={"left": "0"} if len(moments) == 2 else {"left": "9"})

    def pause(reply: Reply) -> timedelta | None:
        return timedelta(seconds=1.2) if reply.headers["left"] == "0" else None

    with bench(script, limits=Limits(concurrency=1), pause=pause) as b:
        ended = b.run(*(fetch(f"/{n}") for n in range(5)))
        assert all(e.error is None for e in ended)
        (paused,) = [notice for notice in b.notices if notice.what == "paused"]
    assert moments[2] - moments[1] >= 1.2
    assert (paused.detail, paused.wait) == ("house takes no more requests for 1.2 s", 1.2)


def test_a_rate_and_a_concurrency_hold() -> None:
    limits = Limits(concurrency=2, rate=Rate(5, 0.2))
    with bench(lambda _: Say(), workers=8, limits=limits) as b:
        started = time.monotonic()
        b.run(*(fetch(f"/{n}") for n in range(11)))
        assert time.monotonic() - started >= 0.4
        assert b.house.most_busy <= 2


def test_a_deadline_ends_a_flow_that_waits_and_one_that_is_blocked() -> None:
    def later(request: Request, reply: Reply) -> Verdict:
        return Again("failed", "no", timedelta(hours=1))

    with bench(lambda seen: Say(hold=threading.Event() if seen.target == "/hang" else None)) as b:
        again = (Step("fetch", Request("GET", "/again"), later),)
        long, short = timedelta(seconds=PATIENCE), timedelta(seconds=0.3)
        ended = b.run(fetch("/hang", deadline=short), fetch(dataset="again", steps=again, deadline=long))
        kinds = {e.flow.dataset: error(e).kind for e in ended}
    assert kinds == {"polls": "timeout", "again": "failed"}


def test_bugs_in_judges_are_raised() -> None:
    def broken(request: Request, reply: Reply) -> Verdict:
        raise ZeroDivisionError

    with bench(lambda _: Say()) as b:
        b.executor.submit(fetch(steps=(Step("fetch", Request("GET", "/x"), broken),)))
        with pytest.raises(ZeroDivisionError):
            b.executor.next()


def test_readers_may_refuse() -> None:
    def refuse(replies: tuple[Reply, ...]) -> Rows:
        raise ProviderError("the header has no columns", kind="unreadable")

    with bench(lambda _: Say()) as b:
        (ended,) = b.run(fetch(read=refuse))
    assert str(error(ended)) == "datasets.polls, step fetch: the header has no columns"
    assert error(ended).kind == "unreadable"


def test_local_work_comes_through_the_same_door() -> None:
    def fail() -> object:
        raise SecretError("no")

    with bench(lambda _: Say()) as b:
        b.executor.run_local("land", lambda: 42)
        b.executor.run_local("sql", fail)
        ended = [b.executor.next() for _ in range(2)]
    by_token = {e.token: e for e in ended if isinstance(e, LocalDone)}
    assert by_token["land"].result == 42
    assert isinstance(by_token["sql"].error, SecretError)


def test_a_missing_secret_stays_a_secret_error() -> None:
    def missing(name: str) -> str:
        raise SecretError(f"environment variable {name} is not set")

    with bench(lambda _: Say(), secret=missing) as b:
        headers = (("Authorization", ("Bearer ", Hole("secret", "TOKEN"))),)
        (ended,) = b.run(fetch(steps=(Step("fetch", Request("GET", "/x", headers=headers), judge),)))
        assert isinstance(ended.error, SecretError)
        assert b.house.seen == []


def test_one_sign_in_serves_many_flows_and_is_never_told() -> None:
    def script(seen: Seen) -> Say:
        return Say(body=b"session+one") if seen.target == "/session" else Say(body=seen.body)

    with bench(script, sign_in=sign_in) as b:
        ended = b.run(*(under_session(f"d{n}", f"/{n}") for n in range(6)))
        assert b.house.targets()[0] == "/session"
        assert Counter(b.house.targets())["/session"] == 1
        assert b.house.seen[0].body == b"secret=value-of-admin"
        assert {seen.body for seen in b.house.seen[1:]} == {b"ks=session%2Bone"}
        assert len(ended) == 6
        assert all([exchange.step for exchange in answer(e).exchanges] == ["fetch"] for e in ended)
        assert b.redactor.redact("ks=session%2Bone value-of-admin") == "ks=*** ***"
        assert b.whats()["session"] == 1
        told = [replace(e, flow=fetch()) for e in ended]
        assert "session+one" not in repr(b.notices) + repr(b.executor.sent)
        assert len({answer(e).exchanges[0].reply for e in told}) == 1


def test_an_echoed_session_leaves_no_trace_in_exchanges() -> None:
    def echo(session: bytes, seen: Seen) -> Say:
        return Say(body=session if seen.target == "/session" else seen.body)

    found = []
    for session in (b"session/of+monday", b"session/of+tuesday=="):
        with bench(partial(echo, session), sign_in=sign_in) as b:
            (ended,) = b.run(under_session("polls", "/x"))
            assert b.house.seen[-1].body.startswith(b"ks=session%2Fof%2B")
            found.append(answer(ended).exchanges)
    assert found[0] == found[1]


def test_a_refused_session_is_renewed_once() -> None:
    sessions = iter([b"stale-session", b"fresh-session"])

    def script(seen: Seen) -> Say:
        if seen.target == "/session":
            return Say(body=next(sessions))
        return Say(200 if b"fresh" in seen.body else 401, seen.target.encode())

    with bench(script, sign_in=sign_in) as b:
        ended = b.run(*(under_session(f"d{n}", f"/{n}") for n in range(4)))
        assert [e.error for e in ended] == [None] * 4
        assert Counter(b.house.targets())["/session"] == 2


def test_a_second_refusal_fails_with_the_providers_words() -> None:
    names = iter(f"session-{n}" for n in range(9))
    words = lambda seen: Say(body=next(names).encode()) if seen.target == "/session" else Say(401, b"INVALID_KS")  # noqa: E731
    with bench(words, sign_in=sign_in) as b:
        (ended,) = b.run(under_session("polls", "/x"))
        assert "refused with 401: INVALID_KS (after 2 attempts)" in str(error(ended))
        assert b.house.targets() == ["/session", "/x", "/session", "/x"]


def test_a_given_session_is_not_renewed() -> None:
    with bench(lambda seen: Say(401, b"INVALID_KS " + seen.body)) as b:
        (ended,) = b.run(under_session("polls", "/x"))
        assert [seen.body for seen in b.house.seen] == [b"ks=value-of-session"]
        assert str(error(ended)).endswith("refused with 401: INVALID_KS ks=***")


def test_a_failed_sign_in_fails_all_who_waited() -> None:
    with bench(lambda _: Say(403, b"wrong secret"), sign_in=sign_in) as b:
        ended = b.run(under_session("a", "/a"), under_session("b", "/b"))
        assert b.house.targets() == ["/session"]
    assert sorted(str(error(e)) for e in ended) == [
        f"datasets.{name}, sign-in at house: house refused with 403: wrong secret" for name in "ab"
    ]


def export(dataset: str, poll: Poll) -> Flow:
    def generated(request: Request, reply: Reply) -> Verdict:
        return Done({"id": json.loads(reply.body)["sessionId"]})

    def polled(request: Request, reply: Reply) -> Verdict:
        status = json.loads(reply.body)["status"]
        return Done() if status == "completed" else Again("working", status)

    body = JsonBody((("sessionId", Hole("capture", "id")),))
    steps = (
        Step(
            "generate", Request("POST", "/generate", json=JsonBody((("name", dataset),))), generated, repeatable=False
        ),
        Step("poll", Request("POST", "/status", json=body), polled, poll=poll),
        Step("serve", Request("POST", "/serve", json=body), judge),
    )
    return Flow(dataset, "house", "house.export", steps, read)


class Exports:
    """Remote work that takes a while, and is ready only once so many have begun."""

    def __init__(self, takes: float, salt: str = "", together: int = 1) -> None:
        self.takes = takes
        self.salt = salt
        self.together = together
        self.begun: dict[str, float] = {}

    def __call__(self, seen: Seen) -> Say:
        told = json.loads(seen.body)
        if seen.target == "/generate":
            name = f"job-{self.salt}{told['name']}"
            self.begun[name] = time.monotonic()
            return Say(body=json.dumps({"sessionId": name}).encode())
        name = told["sessionId"]
        if seen.target == "/serve":
            return Say(body=f"rows of {name}".encode())
        ready = len(self.begun) >= self.together and time.monotonic() - self.begun[name] >= self.takes
        return Say(body=json.dumps({"sessionId": name, "status": "completed" if ready else "pending"}).encode())


def test_a_hundred_exports_never_hold_a_worker() -> None:
    exports = Exports(0, together=100)
    with bench(exports, workers=4) as b:
        ended = b.run(*(export(f"d{n}", Poll(timedelta(seconds=PATIENCE))) for n in range(100)))
        # None is ready before all have begun: four workers that each waited for one would wait for ever.
        assert sorted(str(texts(e)[0]) for e in ended) == sorted(f"rows of job-d{n}" for n in range(100))
        assert len(threading.enumerate()) < 60


def test_polls_and_remote_names_leave_no_trace_in_exchanges() -> None:
    found = []
    for takes, salt in ((0.0, "aaaa"), (0.25, "bbbb")):
        with bench(Exports(takes, salt)) as b:
            (ended,) = b.run(export("polls", Poll(every=timedelta(seconds=0.05))))
            found.append(answer(ended).exchanges)
            assert ("poll", 1) in [(s.step, s.attempt) for s in b.executor.sent]
    assert [exchange.step for exchange in found[0]] == ["generate", "poll", "serve"]
    assert found[0] == found[1]


def test_a_poll_is_bounded() -> None:
    with bench(Exports(60)) as b:
        (ended,) = b.run(export("polls", Poll(timedelta(seconds=0.2), timedelta(seconds=0.05))))
    assert error(ended).kind == "timeout"
    pattern = r'datasets\.polls, step poll: house timed out: still "pending" after \d+\.\d s and \d+ looks'
    assert re.fullmatch(pattern, str(error(ended)))


def test_close_ends_blocked_reads_at_once() -> None:
    with serving(lambda _: Say(hold=threading.Event())) as house:
        b = Bench(house)
        b.executor.submit(fetch())
        threading.Timer(0.1, b.executor._events.put, (interrupt,)).start()
        with pytest.raises(KeyboardInterrupt):
            b.executor.next()
        workers = [thread for thread in threading.enumerate() if thread.name.startswith("request-")]
        assert workers
        closing = threading.Thread(target=b.executor.close, daemon=True)
        closing.start()
        closing.join(PATIENCE)
        assert not closing.is_alive()
        for thread in workers:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in workers)


def interrupt() -> None:
    raise KeyboardInterrupt


def test_a_source_that_takes_no_connection_for_long_is_given_up_for_all_flows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reportrunner.execute.repeat.DOWN", 0.2)
    with bench(lambda _: Say(), workers=2) as one:
        sent: list[str] = []

        def dead(filled: SentRequest, timeout: float, deadline: float) -> Reply:
            sent.append(filled.url)
            time.sleep(0.05)
            return Reply(fault="connect: timeout")

        monkeypatch.setattr(one.executor._env.transport, "send", dead)
        ended = one.run(*(fetch(f"/{n}", dataset=f"d{n}") for n in range(100)))
    assert {str(error(each)) for each in ended} == {
        f"datasets.d{n}, step fetch: house could not be reached: connect: timeout (for 15.0 s)" for n in range(100)
    }
    assert {error(each).kind for each in ended} == {"unreachable"}
    assert len(sent) < 30, "100 flows that each try six times would be 600"
