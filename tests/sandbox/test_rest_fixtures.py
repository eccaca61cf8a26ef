"""The stand-in for sources that a project describes: it answers its fixtures, and tells what is nearest otherwise."""

from __future__ import annotations

import gzip
import io
import json
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from reportrunner.sandbox import Faults, First, RestExchange, RestReply, Sandbox

PAGE = RestExchange("GET", "/charges", (RestReply(200, (), b"one"),), query=(("limit", "2"), ("day", "*")))
NEXT = RestExchange("GET", "/charges", (RestReply(200, (), b"two"),), query=(("limit", "2"), ("after", "b")))
LOOSE = RestExchange("GET", "/loose", (RestReply(200, (), b"any"),), query=(("limit", "2"),), any_query=True)
FORM = RestExchange("POST", "/runs", (RestReply(201, (), b"made"),), form=(("type", "payouts"), ("from", "*")))
BODY = RestExchange("POST", "/graphql", (RestReply(),), json={"query": "*", "variables": {"first": 2, "ids": ["a"]}})
POLL = RestExchange("GET", "/runs/1", (RestReply(200, (), b"pending"), RestReply(200, (), b"succeeded")))
LINK = RestExchange(
    "GET", "/link", (RestReply(200, (("Link", '<{{ base_url }}/charges>; rel="next"'),), b'{"at": "{{base_url}}/f"}'),)
)
KEPT = RestExchange("GET", "/kept", (RestReply(),), headers={"authorization": "Bearer sandbox-token", "x-old": ""})
PACKED = RestExchange("GET", "/packed", (RestReply(200, (), b"a,b\n", "gzip"), RestReply(200, (), b"a,b\n", "zip")))
SQUEEZED = RestExchange("GET", "/squeezed", (RestReply(200, (), b"text", gzip=True),))
ALL = (PAGE, NEXT, LOOSE, FORM, BODY, POLL, LINK, KEPT, PACKED, SQUEEZED)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock=time.time, rest={"pay": ALL, "empty": ()}) as made:
        yield made


def ask(sandbox: Sandbox, path: str, method: str = "GET", **more: Any) -> requests.Response:
    return requests.request(method, sandbox.base_url_of("rest", "pay") + path, timeout=5, **more)


def test_a_request_gets_the_reply_of_its_exchange(sandbox: Sandbox) -> None:
    assert ask(sandbox, "/charges?limit=2&day=2026-11-09").text == "one"
    assert ask(sandbox, "/charges?after=b&limit=2").text == "two"
    assert ask(sandbox, "/loose?more=1&limit=2").text == "any"
    made = ask(sandbox, "/runs", "POST", data={"from": "1", "type": "payouts"})
    assert (made.status_code, made.text) == (201, "made")
    told = {"query": "query { x }", "variables": {"first": 2, "ids": ["a"]}}
    assert ask(sandbox, "/graphql", "POST", json=told).status_code == 200


def test_replies_come_in_turn_and_the_last_one_stays(sandbox: Sandbox) -> None:
    assert [ask(sandbox, "/runs/1").text for _ in range(4)] == ["pending", "succeeded", "succeeded", "succeeded"]


def test_links_lead_back_to_the_stand_in(sandbox: Sandbox) -> None:
    reply = ask(sandbox, "/link")
    here = f"{sandbox.base_url}/rest/pay"
    assert (reply.headers["link"], reply.json()) == (f'<{here}/charges>; rel="next"', {"at": f"{here}/f"})


def test_bodies_come_packed(sandbox: Sandbox) -> None:
    assert gzip.decompress(ask(sandbox, "/packed").content) == b"a,b\n"
    with zipfile.ZipFile(io.BytesIO(ask(sandbox, "/packed").content)) as archive:
        assert [archive.read(name) for name in archive.namelist()] == [b"a,b\n"]
    reply = ask(sandbox, "/squeezed")
    assert (reply.headers["content-encoding"], reply.text) == ("gzip", "text")


@pytest.mark.parametrize(
    ("method", "path", "more", "words"),
    [
        ("GET", "/charges?limit=3&day=1", {}, 'exchange 1 (GET /charges): query limit is "3", not "2"'),
        ("GET", "/charges?limit=2", {}, "exchange 1 (GET /charges): query has no day\n"),
        ("GET", "/charges?limit=2&day=1&x=1", {}, "exchange 1 (GET /charges): query has x, which is not in the fix"),
        ("GET", "/charges?limit=2&limit=2&day=1", {}, 'query limit is ["2", "2"], not "2"'),
        ("GET", "/chargse", {}, "the path is /chargse, not /charges"),
        ("PUT", "/runs/1", {}, "exchange 6 (GET /runs/1): the method is PUT, not GET"),
        ("POST", "/runs", {"data": {"type": "payouts"}}, "exchange 4 (POST /runs): form has no from"),
        ("POST", "/runs", {"json": {"type": "payouts"}}, "exchange 4 (POST /runs): form has no from; form has no type"),
        ("POST", "/graphql", {"data": {"a": "b"}}, "the body is a form, not JSON"),
        ("POST", "/graphql", {"json": {"query": "x", "variables": {"first": 2.0, "ids": ["a"]}}}, "the JSON body is"),
        ("POST", "/graphql", {"json": {"query": "x", "variables": {"first": 2, "ids": []}}}, "the JSON body is"),
        ("GET", "/runs/1", {"json": {}}, "the JSON body is {}, not null"),
        ("GET", "/runs/1", {"data": {"a": "b"}}, "there is a form, and there should be none"),
    ],
)
def test_what_no_exchange_fits_is_answered_with_the_nearest(
    sandbox: Sandbox, method: str, path: str, more: Any, words: str
) -> None:
    reply = ask(sandbox, path, method, **more)
    assert reply.status_code == 404
    assert reply.text.startswith(f"no exchange of the fixtures fits {method} /")
    assert words in reply.text
    assert sandbox.log[-1].outcome == "no_fixture"


def test_headers_must_come_as_the_fixtures_say_and_are_never_repeated(sandbox: Sandbox) -> None:
    right = {"Authorization": "Bearer sandbox-token"}
    assert ask(sandbox, "/kept", headers=right).status_code == 200
    for wrong in ({}, {"Authorization": "Bearer other"}, {**right, "X-Old": "1"}):
        reply = ask(sandbox, "/kept", headers=wrong)
        assert reply.status_code == 401
        assert "Bearer" not in reply.text


def test_the_log_tells_what_was_sent_without_invented_secrets(sandbox: Sandbox) -> None:
    ask(sandbox, "/runs", "POST", data={"type": "payouts", "from": "sandbox-token"})
    ask(sandbox, "/graphql", "POST", json={"query": "x", "variables": {"ids": ["sandbox-token", "b"]}})
    form, body = sandbox.log
    assert (form.method, form.path, form.action) == ("POST", "/rest/pay/runs", "pay.POST /runs")
    assert form.parameters == (("form.type", "payouts"), ("form.from", "***"))
    assert body.parameter("json.variables.ids.0") == "***"
    assert body.parameter("json.variables.ids.1") == "b"
    assert sandbox.count("pay.POST /runs") == 1


def test_a_source_that_is_not_there_has_no_exchanges(sandbox: Sandbox) -> None:
    for name in ("empty", "other"):
        reply = requests.get(f"{sandbox.base_url}/rest/{name}/x", timeout=5)
        assert (reply.status_code, reply.text) == (404, "no exchange of the fixtures fits GET /x: there are none")


def test_the_faults_below_any_api_strike_here_too() -> None:
    faults = Faults(http_503=First(1, "pay.GET /runs/1"))
    with Sandbox(clock=time.time, rest={"pay": ALL}, faults=faults) as sandbox:
        assert [ask(sandbox, "/runs/1").status_code for _ in range(2)] == [503, 200]
        assert json.dumps([one.outcome for one in sandbox.log]) == '["http_503", ""]'
