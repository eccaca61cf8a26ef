"""The validating proxy sees every kind of wrong request and wrong answer: it can fail."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from cloudflare_proxy import ValidatingProxy, answer_violations, request_violations

from reportrunner.sandbox import CREDENTIALS, Faults, Sandbox
from reportrunner.sandbox.cloudflare_ids import ACCOUNT_ID, APP_ID, ZONE_IDS
from reportrunner.sandbox.cloudflare_meetings import BRIDGE

BASE = "/client/v4"
KIT = f"{BASE}/accounts/{ACCOUNT_ID}/realtime/kit/{APP_ID}"
ZONE = f"{BASE}/zones/{ZONE_IDS[0]}/spectrum/analytics"
TOKEN = {"Authorization": f"Bearer {CREDENTIALS['cloudflare']['api_token']}"}
PAIR = {"X-Auth-Email": CREDENTIALS["cloudflare"]["email"], "X-Auth-Key": CREDENTIALS["cloudflare"]["api_key"]}


@pytest.mark.parametrize(
    "target",
    [
        f"{ZONE}/events/bytime?time_delta=hour&metrics=count&metrics=bytesIngress&since=2026-01-05T00%3A00%3A00Z",
        f"{ZONE}/events/summary?sort=%2Bcount&filters=event%3D%3Ddisconnect+AND+coloName%21%3DSFO",
        f"{ZONE}/aggregate/current?appID=a,b&colo_name=SFO",
        f"{KIT}/analytics/daywise?start_date=2026-01-05&end_date=2026-01-06",
        f"{KIT}/recordings?status=UPLOADED,ERRORED&expired=true&page_no=1&per_page=50",
        f"{BASE}/user/spectrum_analytics/zones/report?cdn_traffic=false",
    ],
)
def test_a_right_request_passes(target: str) -> None:
    assert request_violations("GET", target, TOKEN) == []


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (f"{ZONE}/events/bytimes", "Path not found"),
        (f"{ZONE}/aggregates/current", "Path not found"),
        (f"{ZONE}/events/bytime", "Missing required query parameter: time_delta"),
        (f"{ZONE}/events/bytime?time_delta=auto", "'auto' is not one of"),
        (f"{ZONE}/events/summary?metrics=count,bytesIngress", "'count,bytesIngress' is not one of"),
        (f"{ZONE}/events/summary?dimensions[]=event", "no query parameter dimensions[]"),
        (f"{ZONE}/events/summary?limit=5", "no query parameter limit"),
        (f"{ZONE}/events/summary?since=2026-01-05T00:00:00", "is not a 'date-time'"),
        (f"{ZONE}/events/summary?since=2026-01-05T00:00:00+00:00", "is not a 'date-time'"),
        (f"{ZONE}/events/summary?sort=+count", "does not match"),
        (f"{ZONE}/events/summary?filters=event%3D%3Da%2520AND%2520event%3D%3Db", "encoded twice"),
        (f"{ZONE}/events/summary?filters=", "filters is empty"),
        (f"{ZONE}/aggregate/current?appID=a&appID=b", "appID is repeated"),
        (f"{ZONE}/aggregate/current?app_id=a", "no query parameter app_id"),
        (f"{ZONE}/aggregate/current?colo_name=SFO1", "too long"),
        (f"{KIT}/recordings?status=UPLOADED&status=ERRORED", "status is repeated"),
        (f"{KIT}/recordings?expired=True", "expired is no boolean"),
        (f"{KIT}/recordings/nothing", "is not a 'uuid'"),
        (f"{KIT}/sessions?page_no=-1", "less than the minimum"),
        (f"{KIT}/sessions?per_page=many", "Failed to cast"),
        (f"{KIT}/sessions?start_time=1767571200", "is not a 'date-time'"),
        (f"{KIT}/sessions/{BRIDGE.id}/participants?per_page=201", "greater than the maximum"),
        (f"{KIT}/livestreams?sort_order=DESC", "'DESC' is not one of"),
        (f"{KIT}/analytics/livestreams/overall?start_time=2026-01-05", "Failed to cast"),
        (f"{KIT}/analytics/daywise?start_date=2026-01-05T00:00:00Z", "does not match"),
        (f"{KIT}/analytics/daywise?start_date=1767571200", "does not match"),
        (f"{KIT.replace(ACCOUNT_ID, ACCOUNT_ID + '0')}/sessions", "too long"),
    ],
)
def test_each_kind_of_wrong_request_is_seen(target: str, words: str) -> None:
    found = request_violations("GET", target, TOKEN)
    assert any(words in each for each in found), found


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        (f"{KIT}/sessions", {}),
        (f"{KIT}/sessions", PAIR),
        (f"{KIT}/sessions", {"Authorization": "Basic abc"}),
        (f"{ZONE}/aggregate/current", {"X-Auth-Email": "a@example.org"}),
        (f"{ZONE}/aggregate/current", TOKEN | PAIR),
        (f"{KIT}/sessions", TOKEN | PAIR),
    ],
)
def test_wrong_credentials_are_seen(target: str, headers: dict[str, str]) -> None:
    assert request_violations("GET", target, headers) != []
    assert request_violations("GET", f"{ZONE}/aggregate/current", PAIR) == []


def test_a_wrong_method_and_a_body_are_seen() -> None:
    assert "Operation post not found" in request_violations("POST", f"{KIT}/sessions", TOKEN)[0]
    assert request_violations("GET", f"{KIT}/sessions", TOKEN, b"{}") == ["a body"]


RESULT: dict[str, Any] = {"rows": 0, "data": [], "data_lag": 3, "min": {}, "max": {}, "totals": {}, "query": {}}
V4: dict[str, Any] = {"success": True, "errors": [], "messages": []}


@pytest.mark.parametrize(
    ("target", "body", "words"),
    [
        (f"{ZONE}/events/summary", {**V4, "result": RESULT}, ""),
        (f"{ZONE}/events/summary", {**V4, "success": False, "result": RESULT}, "False is not one of [True]"),
        (f"{ZONE}/events/summary", {"success": True, "result": RESULT}, "'errors' is a required property"),
        (f"{ZONE}/events/summary", {**V4, "result": {"rows": 0}}, "'data' is a required property"),
        (f"{ZONE}/events/summary", {**V4, "result": {**RESULT, "rows": "0"}}, "'0' is not of type 'number'"),
        (f"{KIT}/sessions", {"success": True, "data": {"sessions": [{}]}}, "'id' is a required property"),
        (f"{KIT}/recordings", {"success": True, "data": []}, "'paging' is a required property"),
        (f"{KIT}/livestreams", {"success": True, "data": {}}, "{} is not of type 'array'"),
        (f"{KIT}/livestreams", {"success": True, "data": [{"status": "live"}]}, "'live' is not one of"),
    ],
)
def test_each_kind_of_wrong_answer_is_seen(target: str, body: Any, words: str) -> None:
    found = answer_violations(target, 200, "application/json", json.dumps(body).encode())
    assert any(words in each for each in found) if words else found == []


def test_a_failure_is_looked_at_where_the_document_has_one() -> None:
    failure = {"success": False, "errors": [{"code": 10400, "message": "no"}], "messages": [], "result": None}
    body = json.dumps(failure).encode()
    assert answer_violations(f"{ZONE}/events/summary", 400, "application/json", body) == []
    assert answer_violations(f"{ZONE}/events/summary", 400, "application/json", b"{}") != []
    assert answer_violations(f"{KIT}/sessions", 400, "application/json", b"{}") == []


@pytest.fixture
def proxy() -> Iterator[ValidatingProxy]:
    faults = Faults.parse(["cloudflare_success_false=spectrum.analytics.events.summary:1"])
    with (
        Sandbox(clock=time.time, today=lambda: 1_795_000_000.0, faults=faults) as sandbox,
        ValidatingProxy(sandbox.base_url_of("cloudflare")) as running,
    ):
        yield running


def test_everything_goes_through_and_what_is_wrong_is_noted(proxy: ValidatingProxy) -> None:
    path = ZONE.removeprefix(BASE)
    right = requests.get(f"{proxy.base_url}{path}/aggregate/current", headers=TOKEN, timeout=10)
    assert (right.status_code, proxy.violations) == (200, [])
    assert right.headers["Ratelimit-Policy"] == '"default";q=1200;w=300'
    wrong = requests.get(f"{proxy.base_url}{path}/aggregate/current?limit=1", headers=TOKEN, timeout=10)
    assert wrong.status_code == 400
    assert [(each.side, each.words) for each in proxy.violations] == [("request", "no query parameter limit")]
    failed = requests.get(f"{proxy.base_url}{path}/events/summary", headers=TOKEN, timeout=10)
    assert failed.json()["success"] is False
    assert {each.side for each in proxy.violations[1:]} == {"answer"}
    assert proxy.operations == {
        "/zones/{zone_id}/spectrum/analytics/aggregate/current",
        "/zones/{zone_id}/spectrum/analytics/events/summary",
    }


def test_what_the_client_has_no_call_for_is_answered_as_documented(proxy: ValidatingProxy) -> None:
    with requests.Session() as http:
        http.headers.update(TOKEN)
        kit = KIT.removeprefix(BASE)
        live = http.get(
            f"{proxy.base_url}{kit}/sessions?status=LIVE&search=bridge&start_time=2026-11-16T00:00:00Z"
        ).json()
        (session,) = live["data"]["sessions"]
        held = http.get(f"{proxy.base_url}{kit}/sessions/{session['id']}/livestream-sessions").json()
        assert held["data"]["paging"]["total_count"] == 1
        for path in (f"{kit}/meetings/{BRIDGE.id}/livestream", "/user/spectrum_analytics/zones/report"):
            assert http.get(proxy.base_url + path).status_code == 200
    assert proxy.violations == []
