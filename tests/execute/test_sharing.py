"""Envelopes: calls given together go out as one request, and each gets what it would have got alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
from loopback import Say, Seen
from workbench import KEY, Bench, answer, bench, error, fetch, sign_in, texts

from reportrunner.environment import Finished
from reportrunner.flow import Done, Flow, Hole, More, Reply, Request, SessionKey, Step, Verdict
from reportrunner.limits import Limits
from reportrunner.providers.kaltura import wire
from reportrunner.providers.kaltura.envelope import MULTIREQUEST, pack, packable, unpack

TOGETHER = "/api_v3/service/multirequest"
ALONE = "/api_v3/service/report/action/getTotal"
FINE = '{"objectType": "KalturaReportTotal", "data": "%s"}'


def exception(code: str) -> dict[str, object]:
    return {"objectType": "KalturaAPIException", "code": code, "message": f"said {code}", "args": []}


def judge(_: Request, reply: Reply) -> Verdict:
    return wire.judge_answer(reply)[1] or Done()


def call(name: str) -> Request:
    form = (("format", "1"), ("ks", Hole("session", "kaltura")), ("q", name))
    return Request("POST", ALONE, form=form)


def asks(name: str, *also: Request, session: SessionKey = KEY) -> Flow:
    """A flow of one call that may share an envelope."""
    step = Step("fetch", call(name), judge, also=also, packable=True)
    return fetch(dataset=name, steps=(step,), session=session)


class Service:
    """Answers calls by their name, alone or several in one request; notes which came together."""

    def __init__(self, answers: Mapping[str, object] | None = None, first: Say | None = None) -> None:
        self.answers = dict(answers or {})
        """Texts of answers, or what an element is when it comes first."""
        self.first = first
        """What the first envelope is answered with, whatever it holds."""
        self.asked: list[tuple[str, ...]] = []
        self.sessions = 0

    def __call__(self, seen: Seen) -> Say:
        if seen.target == "/session":
            self.sessions += 1
            return Say(body=b"session-number-%d" % self.sessions)
        form = dict(parse_qsl(seen.body.decode()))
        if seen.target == ALONE:
            self.asked.append((form["q"],))
            return Say(body=self.element(form["q"], form["ks"]).encode())
        assert seen.target == TOGETHER
        names = tuple(form[f"{n}:q"] for n in range(1, 99) if f"{n}:q" in form)
        self.asked.append(names)
        if self.first is not None:
            first, self.first = self.first, None
            return first
        return Say(body=f"[{','.join(self.element(name, form['ks']) for name in names)}]".encode())

    def element(self, name: str, session: str) -> str:
        return json.dumps(self.answers.pop(name)) if name in self.answers else FINE % name


def came(ended: Mapping[str, Finished]) -> dict[str, list[object]]:
    return {name: texts(one) for name, one in ended.items()}


def fine(*names: str) -> dict[str, list[object]]:
    return {name: [FINE % name] for name in names}


def test_flows_given_together_go_out_as_one_request() -> None:
    service = Service()
    with bench(service, envelope=MULTIREQUEST, sign_in=sign_in) as b:
        assert came(b.together(asks("a"), asks("b"), asks("c"))) == fine("a", "b", "c")
        assert b.house.targets() == ["/session", TOGETHER]
        form = dict(parse_qsl(b.house.seen[1].body.decode()))
        (sent,) = b.executor.sent[1:]
    assert service.asked == [("a", "b", "c")]
    assert (form["ks"], form["format"], form["2:service"], form["2:action"]) == (
        "session-number-1", "1", "report", "getTotal",
    )  # fmt: skip
    assert not [name for name in form if name.endswith((":ks", ":format"))]
    assert (sent.dataset, sent.step, sent.attempt, sent.status) == ("a, b, c", "envelope of 3", 1, 200)


def test_an_answer_is_told_as_if_it_had_come_alone() -> None:
    with bench(Service(), envelope=MULTIREQUEST) as b:
        shared = b.together(asks("a"), asks("b"))
    with bench(Service()) as b:
        alone = {one.flow.dataset: one for one in b.run(asks("a"), asks("b"))}
    assert [answer(shared[name]).exchanges for name in "ab"] == [answer(alone[name]).exchanges for name in "ab"]
    assert answer(shared["a"]).exchanges[0].path == ALONE


def test_flows_given_one_by_one_go_alone() -> None:
    service = Service()
    with bench(service, envelope=MULTIREQUEST) as b:
        b.run(asks("a"), asks("b"))
    assert sorted(service.asked) == [("a",), ("b",)]


def test_steps_that_are_not_packable_and_sources_without_envelopes_go_alone() -> None:
    service = Service()
    lone = replace(asks("b"), steps=(replace(asks("b").steps[0], packable=False),))
    with bench(service, envelope=MULTIREQUEST) as b:
        assert came(b.together(asks("a"), lone, asks("c"))) == fine("a", "b", "c")
    assert sorted(service.asked) == [("a", "c"), ("b",)]
    service = Service()
    with bench(service) as b:
        assert came(b.together(asks("a"), asks("b"))) == fine("a", "b")
    assert sorted(service.asked) == [("a",), ("b",)]


def test_no_envelope_holds_more_than_its_limit() -> None:
    service = Service()
    names = [f"d{n:02}" for n in range(23)]
    with bench(service, envelope=MULTIREQUEST) as b:
        assert came(b.together(*map(asks, names))) == fine(*names)
    assert sorted(map(len, service.asked)) == [3, 10, 10]
    assert sorted(name for names_ in service.asked for name in names_) == names


def test_an_envelope_is_one_request_to_the_budget() -> None:
    with bench(Service(), envelope=MULTIREQUEST, limits=Limits(concurrency=1)) as b:
        assert len(b.together(*(asks(f"d{n}") for n in range(20)))) == 20
        assert b.house.most_busy == 1
        assert len(b.house.seen) == 2


def test_two_sessions_never_share_an_envelope() -> None:
    service = Service()
    other = SessionKey("house", ("virtualeventid:4711",))
    with bench(service, envelope=MULTIREQUEST, sign_in=sign_in) as b:
        b.together(asks("a"), asks("b", session=other), asks("c"), asks("d", session=other))
    assert sorted(service.asked) == [("a", "c"), ("b", "d")]
    assert service.sessions == 2


def test_equal_flows_are_one_call_of_the_envelope() -> None:
    service = Service()
    with bench(service, envelope=MULTIREQUEST) as b:
        ended = b.together(asks("a"), replace(asks("a"), dataset="twin"), asks("b"))
        assert came(ended) == {**fine("a", "b"), "twin": [FINE % "a"]}
        assert came(b.together(replace(asks("a"), dataset="late"))) == {"late": [FINE % "a"]}
    assert service.asked == [("a", "b")]


def test_first_requests_of_one_flow_travel_together_too() -> None:
    service = Service()
    with bench(service, envelope=MULTIREQUEST) as b:
        ended = b.together(asks("a", replace(call("total"), page=1)), asks("b"))
    assert texts(ended["a"]) == [FINE % "a", FINE % "total"]
    assert service.asked == [("a", "total", "b")]


def test_pages_that_an_envelope_leads_to_go_alone() -> None:
    def more(request: Request, _: Reply) -> Verdict:
        return Done() if request.page else More((replace(call("a2"), page=1), replace(call("a3"), page=2)))

    service = Service()
    step = Step("fetch", call("a"), more, packable=True)
    with bench(service, envelope=MULTIREQUEST) as b:
        ended = b.together(fetch(dataset="a", steps=(step,), session=KEY), asks("b"))
    assert texts(ended["a"]) == [FINE % "a", FINE % "a2", FINE % "a3"]
    assert sorted(service.asked) == [("a", "b"), ("a2",), ("a3",)]


# --- what goes wrong -------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["INTERNAL_SERVERL_ERROR", "DRUID_QUERY_TIMED_OUT"])
def test_an_element_that_fails_is_repeated_alone_and_the_others_keep_their_answers(code: str) -> None:
    service = Service({"b": exception(code)})
    with bench(service, envelope=MULTIREQUEST) as b:
        assert came(b.together(*map(asks, "abc"))) == fine("a", "b", "c")
        assert b.whats()["retry"] == 1
    assert service.asked == [("a", "b", "c"), ("b",)]


def test_an_element_that_is_refused_fails_its_own_flow_only() -> None:
    service = Service({"b": exception("SERVICE_FORBIDDEN")})
    with bench(service, envelope=MULTIREQUEST) as b:
        ended = b.together(*map(asks, "abc"))
        assert "datasets.b, step fetch: house refused: SERVICE_FORBIDDEN" in str(error(ended.pop("b")))
        assert came(ended) == fine("a", "c")
    assert service.asked == [("a", "b", "c")]


def listed(*names: str) -> bytes:
    return f"[{','.join(FINE % name for name in names)}]".encode()


@pytest.mark.parametrize(
    ("first", "kept"),
    [
        (Say(body=listed("a")), ("a",)),
        (Say(body=listed()), ()),
        (Say(body=listed(*"abcd")), ()),
        (Say(body=b"{}"), ()),
        (Say(body=listed("a", "b", "c")[:-1]), ()),
        (Say(body=listed("a", "b", "c") + b"]"), ()),
        (Say(body=json.dumps(exception("INTERNAL_SERVERL_ERROR")).encode()), ()),
        (Say(body=b"<!DOCTYPE html><html>a bad day</html>"), ()),
        (Say(body=b""), ()),
        (Say(503, b"later"), ()),
        (Say(502, b"<html>"), ()),
        (Say(body=listed("a")[:9], length=999), ()),
        (Say(drip=(b"HTTP/1.1 200 OK\r\n",)), ()),
    ],
    ids=["short", "empty list", "long", "object", "open list", "two ends", "one error", "html", "nothing", "503", "502",
         "cut body", "cut head"],
)  # fmt: skip
def test_what_is_no_list_of_as_many_answers_is_asked_again_one_by_one(
    first: Say, kept: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reportrunner.execute.repeat.backoff", lambda *_: 0.01)
    service = Service(first=first)
    with bench(service, envelope=MULTIREQUEST) as b:
        assert came(b.together(*map(asks, "abc"))) == fine("a", "b", "c")
    assert service.asked[0] == ("a", "b", "c")
    assert sorted(service.asked[1:]) == [(name,) for name in "abc" if name not in kept]


def test_an_error_of_the_whole_envelope_is_every_calls() -> None:
    first = Say(body=json.dumps(exception("SERVICE_FORBIDDEN")).encode())
    with bench(Service(first=first), envelope=MULTIREQUEST) as b:
        ended = b.together(asks("a"), asks("b"))
        assert ["SERVICE_FORBIDDEN" in str(error(one)) for one in ended.values()] == [True, True]
        assert len(b.house.seen) == 1


def test_a_blocked_envelope_pauses_the_account_and_goes_on_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reportrunner.execute.repeat.PAUSE", 0.05)
    service = Service({name: exception("ACTION_BLOCKED") for name in "ab"})
    with bench(service, envelope=MULTIREQUEST) as b:
        assert came(b.together(asks("a"), asks("b"))) == fine("a", "b")
    assert service.asked[0] == ("a", "b")
    assert sorted(service.asked[1:]) == [("a",), ("b",)]


def test_a_session_that_is_dead_in_every_element_is_renewed_once() -> None:
    service = Service({name: exception("INVALID_KS") for name in "abcd"})
    with bench(service, envelope=MULTIREQUEST, sign_in=sign_in) as b:
        assert came(b.together(*map(asks, "abcd"))) == fine("a", "b", "c", "d")
        assert b.house.targets()[:2] == ["/session", TOGETHER]
        assert {b"number-2" in seen.body for seen in b.house.seen[3:]} == {True}
    assert service.sessions == 2


def test_a_failed_sign_in_fails_the_whole_envelope() -> None:
    with bench(lambda _: Say(403, b"wrong secret"), envelope=MULTIREQUEST, sign_in=sign_in) as b:
        ended = b.together(asks("a"), asks("b"))
        assert ["sign-in at house: house refused with 403: wrong secret" in str(error(o)) for o in ended.values()] == [
            True,
            True,
        ]
        assert b.house.targets() == ["/session"]


def test_a_call_that_is_not_wanted_any_more_leaves_its_envelope() -> None:
    """One failed while the envelope waited for its budget: what is sent holds the others only."""
    gate = threading.Event()
    service = Service()

    def script(seen: Seen) -> Say:
        return Say(hold=gate) if seen.target == "/slow" else service(seen)

    def wait(b: Bench) -> None:
        walk = next(walk for walk in b.executor._walks.values() if walk.flow.dataset == "a")
        b.executor._expire(walk)
        gate.set()

    with bench(script, envelope=MULTIREQUEST, limits=Limits(concurrency=1)) as b:
        b.executor.submit(fetch("/slow", dataset="slow"))
        b.executor.submit(*map(asks, "abc"))
        threading.Timer(0.1, b.executor._events.put, (lambda: wait(b),)).start()
        ended = {one.flow.dataset: one for one in b.rest()}
    assert error(ended["a"]).kind == "timeout"
    assert service.asked == [("b", "c")]


# --- the two halves, as values ---------------------------------------------------------------------------


def test_calls_are_numbered_from_one_and_the_session_is_said_once() -> None:
    packed = pack((call("a"), call("b")))
    assert packed.path == TOGETHER
    assert packed.form == (
        ("format", "1"), ("ks", Hole("session", "kaltura")),
        ("1:service", "report"), ("1:action", "getTotal"), ("1:q", "a"),
        ("2:service", "report"), ("2:action", "getTotal"), ("2:q", "b"),
    )  # fmt: skip


def test_what_looks_like_a_result_token_goes_alone() -> None:
    assert packable(call("a {b} 1:result"))
    assert not packable(call("see {1:result:id}"))
    assert not packable(Request("POST", ALONE, form=(("q", ("a{2", ":result}")),)))


def test_every_call_gets_the_very_bytes_of_its_element() -> None:
    texts_ = ('{ "a" : 1.10 }', '"[,]\\""', "null", "[1, [2]]", '{"n": 12345678901234567890}')
    reply = Reply(200, {"x": "y"}, f" [ {' , '.join(texts_)} ]\n".encode())
    assert [part.body.decode() for part in unpack(reply, 5)] == list(texts_)
    assert {part.headers["x"] for part in unpack(reply, 5)} == {"y"}
    short = unpack(reply, 7)
    assert [part.fault for part in short[5:]] == ["the envelope holds 5 answers to 7 calls"] * 2
    assert [part.body.decode() for part in short[:5]] == list(texts_)
