"""Places filled when a request is sent: sessions made on this machine, and hashes of secrets."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from loopback import Say, Seen
from workbench import KEY, answer, bench, error, fetch, judge, texts, under_session

from reportrunner.flow import Digest, Done, Flow, Hole, Minted, Reply, Request, SessionKey, Step, Verdict

# --- sessions made here ----------------------------------------------------------------------------------


class Mint:
    """Makes sessions one after another, of this life in seconds."""

    def __init__(self, life: float = 3600.0) -> None:
        self.life = life
        self.made: list[SessionKey] = []

    def __call__(self, key: SessionKey) -> Minted:
        self.made.append(key)
        return Minted(f"minted/session+{len(self.made)}", datetime.now(UTC) + timedelta(seconds=self.life))


def echo(seen: Seen) -> Say:
    return Say(body=seen.body)


def test_a_session_made_here_costs_no_request_and_serves_all() -> None:
    mint = Mint()
    with bench(echo, mint=mint) as b:
        ended = b.run(*(under_session(f"d{n}", f"/{n}") for n in range(5)))
        assert sorted(b.house.targets()) == [f"/{n}" for n in range(5)]
        assert {seen.body for seen in b.house.seen} == {b"ks=minted%2Fsession%2B1"}
        assert mint.made == [KEY]
        assert [notice.detail for notice in b.notices if notice.what == "session"] == ["made here for house"]
        assert {str(texts(each)[0]) for each in ended} == {"ks=***"}
        assert b.redactor.redact("minted%2Fsession%2B1 minted/session+1") == "*** ***"
        assert "minted" not in repr(b.notices) + repr(b.executor.sent) + repr([answer(e).exchanges for e in ended])


def test_every_set_of_privileges_has_a_session_of_its_own() -> None:
    mint, other = Mint(), SessionKey("house", ("virtualeventid:4711",))
    step = Step("fetch", Request("POST", "/y", form=(("ks", Hole("session", "ks")),)), judge)
    with bench(echo, mint=mint) as b:
        b.run(under_session("a", "/x"), fetch(dataset="b", steps=(step,), session=other))
        assert {dict(parse_qsl(seen.body.decode()))["ks"][-1] for seen in b.house.seen} == {"1", "2"}
    assert set(mint.made) == {KEY, other}


def test_a_session_that_is_about_to_die_is_made_anew() -> None:
    mint = Mint(life=0.0)
    with bench(echo, mint=mint) as b:
        b.run(under_session("a", "/a"))
        b.run(under_session("b", "/b"))
        assert [seen.body[-1:] for seen in b.house.seen] == [b"1", b"2"]


@pytest.mark.parametrize(("refused", "code"), [(1, None), (9, "refused")])
def test_a_session_that_is_refused_is_made_anew_once(refused: int, code: str | None) -> None:
    mint = Mint()

    def script(seen: Seen) -> Say:
        return Say(401, b"INVALID_KS") if int(seen.body[-1:]) <= refused else Say()

    with bench(script, mint=mint) as b:
        (ended,) = b.run(under_session("a", "/a"))
        assert (ended.error is None) is (code is None)
        assert code is None or error(ended).kind == code
        assert len(mint.made) == len(b.house.seen) == 2


def test_a_minted_session_is_shown_by_no_repr() -> None:
    assert "hush" not in repr(Minted("hush", datetime.now(UTC)))


# --- hashes ----------------------------------------------------------------------------------------------


def signed(algorithm: str) -> Flow:
    """A flow whose second step proves by a hash that it knows capture and secret."""
    parts = (Hole("capture", "widget"), "-", Hole("secret", "token"))
    digest = Digest(algorithm, parts)  # type: ignore[arg-type]

    def widget(_: Request, reply: Reply) -> Verdict:
        return Done({"widget": reply.body.decode()})

    steps = (
        Step("widget", Request("POST", "/widget"), widget),
        Step("start", Request("POST", "/start", form=(("tokenHash", digest),)), judge),
    )
    return fetch(steps=steps)


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha512"])
def test_a_hash_is_made_of_what_is_known_when_the_request_is_sent(algorithm: str) -> None:
    with bench(lambda seen: Say(body=b"widget-session" if seen.target == "/widget" else seen.body)) as b:
        (ended,) = b.run(signed(algorithm))
        wanted = hashlib.new(algorithm, b"widget-session-value-of-token", usedforsecurity=False).hexdigest()
        assert b.house.seen[1].body == f"tokenHash={wanted}".encode()
        assert texts(ended) == ["tokenHash=***"], "it opens a session as a secret does"
        assert b.redactor.redact(f"{wanted} value-of-token") == "*** ***"
        assert wanted not in repr(b.notices) + repr(b.executor.sent) + repr(answer(ended).exchanges)


def test_a_hash_is_shown_unfilled_and_two_of_them_differ() -> None:
    one, other = signed("sha1").steps[1].request, signed("md5").steps[1].request
    assert "<sha1:<capture:widget>-<secret:token>>" in one.canonical()
    assert one.digest() != other.digest()
