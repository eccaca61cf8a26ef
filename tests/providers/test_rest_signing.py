"""How a rest source proves who asks, value to value and through the real executor."""

from __future__ import annotations

import base64
import datetime as dt
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from random import Random
from urllib.parse import parse_qs

import pytest
from loopback import Loopback, Say, Seen, serving, spool
from replies import says
from rests import NOW, THINGS, ask, flow, request, source

from reportrunner.environment import Clock, Environment, Finished
from reportrunner.errors import ProviderError
from reportrunner.execute import Executor
from reportrunner.flow import Done, Encoded, Flow, Hole, Refused, Reply, SessionKey
from reportrunner.providers import PROVIDERS
from reportrunner.secret import Redactor
from reportrunner.sources import sandbox_runtime
from reportrunner.table import Rows
from reportrunner.transport import Transport

OAUTH = 'auth = { oauth2 = { token_path = "/token", client_id = { env = "A" }, client_secret = { env = "B" }%s } }\n'
SIGN_IN = """
session_in = { header = "X-Session", prefix = "s=" }
[auth.sign_in]
expires_in = "$.life"
[[auth.sign_in.steps]]
request = { path = "/nonce", form = { user = { env = "USER" }, app = "reports" } }
capture = { nonce = "$.nonce" }
[[auth.sign_in.steps]]
request = { path = "/login", json = { nonce = "{{ captured.nonce }}", proof = { password = { env = "PASSWORD" } } } }
capture = { session = { header = "X-Token" } }
"""
PLACES = [
    ('auth = { bearer = { env = "A" } }', ("Authorization", ("Bearer ", Hole("session", "api")))),
    (
        'auth = { header = { name = "X-Key", value = { env = "A" }, prefix = "Token " } }',
        ("X-Key", ("Token ", Hole("session", "api"))),
    ),
    (
        'auth = { basic = { user = { env = "A" }, password = { env = "B" } } }',
        ("Authorization", ("Basic ", Encoded((Hole("secret", "user"), ":", Hole("secret", "password"))))),
    ),
    (
        'auth = { basic = { user = { env = "A" } } }',
        ("Authorization", ("Basic ", Encoded((Hole("secret", "user"), ":")))),
    ),
    (
        'auth = { basic = { user = "ci", password = { env = "B" } } }',
        ("Authorization", ("Basic ", Encoded(("ci", ":", Hole("secret", "password"))))),
    ),
    (OAUTH % "", ("Authorization", ("Bearer ", Hole("session", "api")))),
    ('session = "other"', ("Authorization", ("Bearer ", Hole("session", "other")))),
    (
        'session = "other"\nsession_in = { header = "Cookie", prefix = "sid=" }',
        ("Cookie", ("sid=", Hole("session", "other"))),
    ),
]


@pytest.mark.parametrize(("auth", "header"), PLACES)
def test_a_header_proves_who_asks(auth: str, header: object) -> None:
    assert request(THINGS, auth=auth + "\n").headers == (header,)


def test_a_query_pair_proves_who_asks_and_is_shown_as_a_hole() -> None:
    asked = request(THINGS, auth='auth = { query = { name = "key", value = { env = "A" } } }\n')
    assert asked.query == (("key", Hole("session", "api")),)
    assert '["key","<session:api>"]' in asked.canonical()


def test_an_open_api_is_asked_without_proof() -> None:
    one = flow(THINGS, auth="")
    assert one.session is None
    assert one.steps[0].request.headers == ()


def test_secrets_are_read_by_the_names_of_their_holes() -> None:
    def names(auth: str) -> Mapping[str, str]:
        settings = source(auth=auth).settings
        return {name: str(each.env) for name, each in PROVIDERS["rest"].secrets(settings).items()}

    assert names('auth = { bearer = { env = "A" } }\n') == {"session": "A"}
    assert names('auth = { basic = { user = { env = "A" }, password = { env = "B" } } }\n') == {
        "user": "A",
        "password": "B",
    }
    assert names('auth = { basic = { user = "ci", password = { env = "B" } } }\n') == {"password": "B"}
    assert names(OAUTH.replace('{ env = "A" }', '"reports"') % "") == {"client_secret": "B"}
    assert names(OAUTH % "") == {"client_id": "A", "client_secret": "B"}
    assert names(SIGN_IN) == {"1.form.user": "USER", "2.json.proof.password": "PASSWORD"}


def token(auth: str = OAUTH % "") -> Flow:
    one = source(auth=auth)
    assert one.provider.sign_in is not None
    return one.provider.sign_in(one, SessionKey("api"), NOW)


def test_a_token_is_asked_for_as_the_standard_says() -> None:
    (step,) = token(OAUTH % ', scope = "read write", audience = "a"').steps
    assert step.request.form == (
        ("grant_type", "client_credentials"), ("scope", "read write"), ("audience", "a"),
    )  # fmt: skip
    assert step.request.headers[1] == (
        "Authorization",
        ("Basic ", Encoded((Hole("secret", "client_id"), ":", Hole("secret", "client_secret")))),
    )
    (step,) = token(OAUTH % ', style = "form"').steps
    assert step.request.form is not None
    assert step.request.form[1:] == (
        ("client_id", Hole("secret", "client_id")),
        ("client_secret", Hole("secret", "client_secret")),
    )


@pytest.mark.parametrize(("style", "place"), [("basic", "headers"), ("form", "form")])
def test_a_client_id_may_stand_in_the_file(style: str, place: str) -> None:
    (step,) = token(OAUTH.replace('{ env = "A" }', '"reports"') % f', style = "{style}"').steps
    pairs = dict(getattr(step.request, place))
    if style == "form":
        assert (pairs["client_id"], pairs["client_secret"]) == ("reports", Hole("secret", "client_secret"))
    else:
        assert pairs["Authorization"] == ("Basic ", Encoded(("reports", ":", Hole("secret", "client_secret"))))


def test_a_plain_user_is_sent_and_only_what_is_secret_is_hidden() -> None:
    auth = 'auth = { basic = { user = "reports", password = { env = "B" } } }\n'
    with executor(auth, {"password": "the-password"}, lambda _: say({"data": [{"id": 1}]})) as (made, host, redactor):
        (one,) = ended(made, asked(auth, "/a"))
        assert one.error is None
        sent = base64.b64encode(b"reports:the-password").decode()
        assert host.seen[0].headers["authorization"] == f"Basic {sent}"
        assert redactor.redact(f"reports {sent} the-password") == "reports *** ***"


def test_a_token_of_another_host_is_asked_there() -> None:
    auth = OAUTH.replace('token_path = "/token"', 'token_url = "https://login.example/oauth2/v1/token"') % ""
    one = source(auth=auth)
    assert one.provider.sign_in_url(one.settings) == "https://login.example"
    assert token(auth).steps[0].request.path == "/oauth2/v1/token"
    assert source(auth=OAUTH % "").provider.sign_in_url(source(auth=OAUTH % "").settings) == ""


MINUTE = Done({"session": "t"}, NOW + dt.timedelta(seconds=60))
TOKENS = [
    ({"access_token": "t", "token_type": "Bearer", "expires_in": 60}, MINUTE),
    ({"access_token": "t", "token_type": "bearer", "expires_in": "60"}, MINUTE),
    ({"access_token": "t"}, Done({"session": "t"})),
]


@pytest.mark.parametrize(("document", "verdict"), TOKENS)
def test_a_token_is_kept_as_long_as_it_lives(document: object, verdict: object) -> None:
    step = token().steps[0]
    assert step.judge(step.request, says(document)) == verdict


REFUSALS = [
    ({"error": "invalid_client", "error_description": "gone"}, 401, "OAuth2 invalid_client: gone", "client_id"),
    ({"error": "invalid_scope"}, 400, "OAuth2 invalid_scope", "check scope"),
    ({"error": "something_new"}, 400, "OAuth2 something_new", "check auth.oauth2"),
    ({"error": "invalid_client"}, 200, "OAuth2 invalid_client", "client_id"),
    ({"token": "t"}, 200, "no access_token", ""),
    ({"access_token": "t", "token_type": "mac"}, 200, 'a token of type "mac"', ""),
    ({"access_token": "t", "expires_in": "soon"}, 200, "no number of seconds", ""),
    ([], 200, "no access_token", ""),
]  # fmt: skip


@pytest.mark.parametrize(("document", "status", "words", "hint"), REFUSALS)
def test_a_refused_token_ends_with_the_standards_own_word(document: object, status: int, words: str, hint: str) -> None:
    step = token().steps[0]
    verdict = step.judge(step.request, says(document, status))
    assert isinstance(verdict, Refused)
    assert words in verdict.words
    assert hint in verdict.hint


@contextmanager
def executor(
    auth: str, secrets: Mapping[str, str], answer: Callable[[Seen], Say]
) -> Iterator[tuple[Executor, Loopback, Redactor]]:
    redactor = Redactor()
    for value in secrets.values():
        redactor.learn(value)
    clock = Clock(time.monotonic, lambda: dt.datetime.now(dt.UTC))
    with serving(answer) as host:
        environment = Environment(Transport(time.monotonic), clock, redactor, lambda _: None, Random(7), spool, 4)
        runtime = sandbox_runtime(source(auth=auth), host.url, secrets, clock.now)
        with Executor({"api": runtime}, environment) as made:
            yield made, host, redactor


def ended(made: Executor, *flows: Flow) -> list[Finished]:
    for one in flows:
        made.submit(one)
    found = [made.next() for _ in flows]
    assert all(isinstance(one, Finished) for one in found)
    return [one for one in found if isinstance(one, Finished)]


def say(document: object, status: int = 200, **headers: str) -> Say:
    return Say(status, json.dumps(document).encode(), {name.replace("_", "-"): text for name, text in headers.items()})


def export() -> Flow:
    """An export that is polled every few milliseconds, with a request that cancels it."""
    text = """
[endpoints.things]
summary  = "Runs"
response = { format = "csv" }
columns  = { id = "integer" }
[endpoints.things.export]
generate = { request = { method = "POST", path = "/runs" }, capture = { run = "$.id" } }
serve    = { request = { path = "/runs/{{ captured.run }}/file" } }
cancel   = { request = { method = "DELETE", path = "/runs/{{ captured.run }}" } }
[endpoints.things.export.poll]
request  = { path = "/runs/{{ captured.run }}" }
status   = "$.status"
waiting  = ["pending"]
ready    = ["done"]
failed   = ["failed"]
"""
    made = ask(source(text, auth=""), poll={"every": "5ms", "timeout": "50ms"})
    return made.endpoint.unfold(made)


@pytest.mark.parametrize(
    ("word", "words", "cancelled"),
    [
        ("pending", 'timed out: still "pending"', 1),
        ("paused", 'unknown export status "paused"', 1),
        ("failed", "failed: failed", 0),
        ("done", "", 0),
    ],
)
@pytest.mark.parametrize("gone", [False, True])
def test_work_that_is_given_up_is_cancelled_once(word: str, words: str, cancelled: int, gone: bool) -> None:
    def answer(seen: Seen) -> Say:
        if seen.method == "DELETE":
            return say({}, 404 if gone else 204)
        return Say(200, b"id\n1\n") if seen.target.endswith("/file") else say({"id": "r1", "status": word})

    with executor("", {}, answer) as (made, host, _):
        flow_of_it = export()
        (one,) = ended(made, flow_of_it)
        assert one.flow is flow_of_it
        assert words in str(one.error or "")
        assert (one.error is None) == (word == "done")
        made.close()
        assert [seen.target for seen in host.seen if seen.method == "DELETE"] == ["/runs/r1"] * cancelled


def asked(auth: str, path: str) -> Flow:
    made = ask(source(THINGS.replace("/v1/things", path), auth=auth))
    return made.endpoint.unfold(made)


def test_one_token_serves_many_and_is_renewed_once_where_it_is_refused() -> None:
    tokens = iter(["token-one", "token-two", "token-three"])
    auth = OAUTH % ""

    def answer(seen: Seen) -> Say:
        if seen.target == "/token":
            return say({"access_token": next(tokens), "token_type": "bearer", "expires_in": 3600})
        dead = seen.headers["authorization"] == "Bearer token-one" and seen.target == "/late"
        return say({"error": "expired"}, 401) if dead or seen.target == "/never" else say({"data": [{"id": 1}]})

    secrets = {"client_id": "the-client", "client_secret": "the-secret"}
    with executor(auth, secrets, answer) as (made, host, redactor):
        good = ended(made, asked(auth, "/a"), asked(auth, "/b"))
        assert all(one.error is None for one in good)
        assert host.targets().count("/token") == 1
        (late,) = ended(made, asked(auth, "/late"))
        assert late.error is None
        assert host.targets().count("/token") == 2
        (never,) = ended(made, asked(auth, "/never"))
        assert isinstance(never.error, ProviderError)
        assert "401" in str(never.error)
        assert host.targets().count("/token") == 3
        first = next(seen for seen in host.seen if seen.target == "/token")
        assert first.headers["authorization"] == "Basic " + base64.b64encode(b"the-client:the-secret").decode()
        assert parse_qs(first.body.decode()) == {"grant_type": ["client_credentials"]}
        for secret in ("token-one", "the-secret", base64.b64encode(b"the-client:the-secret").decode()):
            assert secret not in redactor.redact(f"x {secret} y")


def test_a_refused_client_ends_the_dataset_with_the_word_and_what_to_check() -> None:
    auth = OAUTH % ""
    answer = {"error": "invalid_client", "error_description": "unknown"}
    secrets = {"client_id": "the-client", "client_secret": "the-secret"}
    with executor(auth, secrets, lambda _: say(answer, 401)) as (made, host, _):
        (one,) = ended(made, asked(auth, "/a"))
        assert "sign-in at api: api refused with 401: OAuth2 invalid_client: unknown; check client_id" in str(one.error)
        assert host.targets() == ["/token"]


def test_a_sign_in_flow_carries_what_it_captures() -> None:
    def answer(seen: Seen) -> Say:
        if seen.target == "/nonce":
            return say({"nonce": "nonce-77"})
        if seen.target == "/login":
            return say({"life": 3600}, x_token="session-88")
        return say({"data": [{"id": 1}]})

    secrets = {"1.form.user": "the-user", "2.json.proof.password": "the-password"}
    with executor(SIGN_IN, secrets, answer) as (made, host, redactor):
        (one,) = ended(made, asked(SIGN_IN, "/a"))
        assert one.error is None
        nonce, login, things = host.seen
        assert parse_qs(nonce.body.decode()) == {"user": ["the-user"], "app": ["reports"]}
        assert json.loads(login.body) == {"nonce": "nonce-77", "proof": {"password": "the-password"}}
        assert things.headers["x-session"] == "s=session-88"
        assert redactor.redact("nonce-77 session-88") == "*** ***"


def test_a_sign_in_that_gives_nothing_names_what_is_missing() -> None:
    with executor(SIGN_IN, {"1.form.user": "the-user", "2.json.proof.password": "the-password"}, lambda _: say({})) as (
        made,
        _,
        _,
    ):
        (one,) = ended(made, asked(SIGN_IN, "/a"))
        assert "the answer has no nonce at $.nonce" in str(one.error)


LIVE = "sesshush99"
ASTRAY = [
    (b'{"token": "sesshush99"}', 200, "it has token", "$.tokn"),
    (b'{"tokn": "sess\\r\\nsesshush99", "life": 5}', 200, "holds a line break", "$.tokn"),
    (b'{"tokn": ["sesshush99"], "life": 5}', 200, "is a list", "$.tokn"),
    (b'{"tokn": "a", "life": "sesshush99"}', 200, "no number of seconds: it is text", "$.tokn"),
    (b'{"tokn": "a", "lif": "sesshush99"}', 200, "no life of the session at $.life; it has tokn, lif", "$.tokn"),
    (b"sesshush99", 200, "it is no JSON", "$.tokn"),
    (b"sesshush99", 403, "HTTP 403; the answer to a sign-in is not shown: it is no JSON", "$.tokn"),
    (b'{"message": "no, sesshush99"}', 422, "HTTP 422; the answer to a sign-in is not shown: it has message", "$.tokn"),
    (b'{"token": "sesshush99"}', 200, "the header X-Tokn", '{ header = "X-Tokn" }'),
]


@pytest.mark.parametrize(("body", "status", "words", "place"), ASTRAY)
def test_the_answer_to_a_sign_in_is_never_quoted(body: bytes, status: int, words: str, place: str) -> None:
    place = place if place.startswith("{") else f'"{place}"'
    request = 'request = { path = "/login" }'
    auth = f'[auth.sign_in]\nexpires_in = "$.life"\nsteps = [{{ {request}, capture = {{ session = {place} }} }}]\n'
    step = token(auth).steps[0]
    verdict = step.judge(step.request, Reply(status, {"x-token": LIVE}, body))
    assert isinstance(verdict, Refused)
    assert words in verdict.words
    assert LIVE not in repr(verdict)


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ({"token": LIVE}, 200),
        ({"access_token": [LIVE]}, 200),
        ({"access_token": LIVE, "token_type": LIVE}, 200),
        ({"access_token": LIVE, "expires_in": LIVE}, 200),
        ({"message": LIVE}, 403),
        (LIVE, 401),
    ],
)
def test_the_answer_of_a_token_endpoint_is_never_quoted(document: object, status: int) -> None:
    step = token().steps[0]
    verdict = step.judge(step.request, says(document, status))
    assert isinstance(verdict, Refused)
    assert LIVE not in repr(verdict)


def test_basic_is_sent_and_learnt() -> None:
    auth = 'auth = { basic = { user = { env = "A" }, password = { env = "B" } } }\n'
    secrets = {"user": "the-user", "password": "pass:word"}
    with executor(auth, secrets, lambda _: say({"data": [{"id": 1}]})) as (made, host, redactor):
        (one,) = ended(made, asked(auth, "/a"))
        assert one.answer is not None
        assert isinstance(one.answer.rows, Rows)
        sent = base64.b64encode(b"the-user:pass:word").decode()
        assert host.seen[0].headers["authorization"] == f"Basic {sent}"
        assert redactor.redact(sent) == "***"


def test_a_value_in_a_path_is_one_segment_and_encoded_once() -> None:
    text = THINGS.replace('"/v1/things" }', '"/v1/{{ params.id }}/x", query = { q = "{{ params.id }}" } }')
    text = text.replace("columns", 'params = { id = { type = "string" } }\ncolumns')
    made = ask(source(text), params={"id": "a/b?c=d%2F é&e"})
    with executor('auth = { bearer = { env = "A" } }\n', {"session": "the-token"}, lambda _: say({"data": []})) as (
        run,
        host,
        _,
    ):
        (one,) = ended(run, made.endpoint.unfold(made))
        assert one.error is None
        assert host.targets() == ["/v1/a%2Fb%3Fc%3Dd%252F%20%C3%A9%26e/x?q=a%2Fb%3Fc%3Dd%252F%20%C3%A9%26e"]
