"""Who is let in at the sandbox's Cloudflare, how often, and what its fault switches do (cloudflare.md §3 to §5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from cloudflare_caller import KIT, PAIR, REPORT, TOKEN, ZONE, Cloud, running
from sandbox_caller import NOW, Clock

from reportrunner.sandbox import Faults, Sandbox
from reportrunner.sandbox.cloudflare_ids import ACCOUNT_ID, APP_ID, SPECTRUM_APPS

SPAN = {"start_time": "2026-11-02T00:00:00Z", "end_time": "2026-11-18T00:00:00Z"}
HOURS = {"since": "2026-11-10T00:00:00Z", "until": "2026-11-10T03:00:00Z", "time_delta": "hour"}
DAYWISE, BYTIME = f"{KIT}/analytics/daywise", f"{ZONE}/events/bytime"


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    yield from running()


def series(cloud: Cloud) -> Any:
    return cloud.json(BYTIME, {**HOURS, "metrics": ["count", "bytesIngress"]})["result"]


# --- who


def test_a_token_opens_everything_and_a_key_spectrum_alone(cloud: Cloud) -> None:
    assert cloud.json(DAYWISE, headers=TOKEN)["success"]
    for path, query in ((BYTIME, HOURS), (f"{ZONE}/aggregate/current", ""), (REPORT, "")):
        assert cloud.json(path, query, PAIR) == cloud.json(path, query, TOKEN)
    assert cloud.refused(DAYWISE, headers=PAIR)[0] == 401


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 400, 9106),
        ({"X-Auth-Email": PAIR["X-Auth-Email"]}, 400, 9106),
        ({"X-Auth-Key": PAIR["X-Auth-Key"]}, 400, 9106),
        (TOKEN | PAIR, 400, 9106),
        (TOKEN | {"X-Auth-Email": PAIR["X-Auth-Email"]}, 400, 9106),
        ({"Authorization": TOKEN["Authorization"].removeprefix("Bearer ")}, 400, 6003),
        ({"Authorization": "Bearer no token"}, 400, 6003),
        (PAIR | {"X-Auth-Key": "too short"}, 400, 6003),
        ({"Authorization": "Bearer another-token"}, 401, 10000),
        (PAIR | {"X-Auth-Email": "other@example.org"}, 401, 10000),
        (PAIR | {"X-Auth-Key": "0" * 37}, 401, 10000),
    ],
)
def test_who_is_not_let_in_hears_why_in_the_v4_envelope(
    cloud: Cloud, headers: dict[str, str], status: int, code: int
) -> None:
    for path, query in ((BYTIME, HOURS), (DAYWISE, "")):
        got, body = cloud.refused(path, query, headers)
        assert (got, body["success"], body["errors"][0]["code"]) == (status, False, code)
        assert ("error_chain" in body["errors"][0]) == (code == 6003)
        assert ("result" in body, "messages" in body) == ((code != 10000,) * 2)


def test_an_id_in_the_path_that_nobody_has(cloud: Cloud) -> None:
    other = "0" * 32
    for path in (DAYWISE.replace(ACCOUNT_ID, other), f"/zones/{other}/spectrum/analytics/aggregate/current"):
        status, body = cloud.refused(path)
        assert (status, [each["code"] for each in body["errors"]]) == (404, [7003, 7000])
    status, body = cloud.refused(DAYWISE.replace(APP_ID, "00000000-0000-0000-0000-000000000000"))
    assert (status, body) == (404, {"success": False, "error": {"code": 404, "message": "App not found"}})
    for path in ("", "/zones", f"{ZONE}/aggregates/current", f"{KIT}/session", f"{KIT}/analytics/"):
        status, body = cloud.refused(path)
        assert (status, [each["code"] for each in body["errors"]]) == (404, [7000])


def test_a_users_own_account_app_and_zone_exist(cloud: Cloud) -> None:
    mine = "0123456789abcdef0123456789abcdef"
    path = DAYWISE.replace(ACCOUNT_ID, mine).replace(APP_ID, "01234567-89ab-cdef-0123-456789abcdef")
    assert cloud.json(path) == cloud.json(DAYWISE)
    current = cloud.json(f"/zones/{mine}/spectrum/analytics/aggregate/current")
    assert (
        len({row["appID"] for row in current["result"]} - {app for apps in SPECTRUM_APPS.values() for app in apps}) == 2
    )


def test_nothing_is_changed_here(cloud: Cloud) -> None:
    reply = cloud.raw(DAYWISE, method="POST")
    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (405, 7001)


# --- how often


def limits(reply: requests.Response) -> tuple[int, int, str]:
    found = re.fullmatch(r'"default";r=(\d+);t=(\d+)', reply.headers["Ratelimit"])
    assert found
    return int(found[1]), int(found[2]), reply.headers["Ratelimit-Policy"]


def test_every_answer_says_what_is_left() -> None:
    for cloud in running():
        assert limits(cloud.raw(DAYWISE)) == (1199, 300, '"default";q=1200;w=300')
        assert limits(cloud.raw(DAYWISE, "nothing=1"))[0] == 1198
        assert limits(cloud.raw("/nowhere"))[0] == 1197
        assert limits(cloud.raw(BYTIME, HOURS, PAIR))[0] == 1199
        assert limits(cloud.raw(BYTIME, HOURS, {}))[0] == 1199


def test_a_quota_used_up_closes_the_door_for_a_whole_window() -> None:
    clock = Clock()
    with Sandbox(clock=clock, today=lambda: NOW, faults=Faults.parse(["cloudflare_quota=3/10s"])) as sandbox:
        cloud = Cloud(sandbox)
        assert [limits(cloud.raw(DAYWISE))[:2] for _ in range(3)] == [(2, 10), (1, 10), (0, 10)]
        clock.now += 4
        late = cloud.raw(DAYWISE)
        assert (late.status_code, late.headers["Retry-After"], limits(late)[:2]) == (429, "10", (0, 10))
        assert late.json()["errors"][0]["code"] == 10429
        assert cloud.raw(BYTIME, HOURS, PAIR).status_code == 200
        clock.now += 9.5
        still = cloud.raw(DAYWISE)
        assert (still.status_code, still.headers["Retry-After"]) == (429, "1")
        clock.now += 0.5
        again = cloud.raw(DAYWISE)
        assert (again.status_code, "Retry-After" in again.headers, limits(again)[:2]) == (200, False, (2, 10))


@pytest.mark.parametrize("text", ["5", "5/10", "0/10s", "5/0s", "5/1m"])
def test_a_quota_has_one_form(text: str) -> None:
    with pytest.raises(ValueError, match="is no quota such as 5/10s"):
        Faults.parse([f"cloudflare_quota={text}"])


# --- faults


def test_success_false_comes_with_status_200_in_either_envelope() -> None:
    for cloud in running(**vars_of("cloudflare_success_false=2")):
        kit, v4 = cloud.json(DAYWISE), cloud.json(BYTIME, HOURS)
        assert kit == {"success": False, "error": {"code": 500, "message": "Internal error"}}
        assert (v4["success"], v4["result"], len(v4["errors"])) == (False, None, 1)
        assert cloud.json(DAYWISE)["success"]


def vars_of(*switches: str) -> dict[str, Any]:
    parsed = Faults.parse(switches)
    return {name: getattr(parsed, name) for name in (each.partition("=")[0] for each in switches)}


def test_a_proxy_s_page_and_a_late_retry_after() -> None:
    for cloud in running(**vars_of("http_502=1", "http_429=1", "retry_after=120")):
        first, second, third = (cloud.raw(DAYWISE) for _ in range(3))
        assert (first.status_code, first.headers["Retry-After"]) == (429, "120")
        assert (second.status_code, second.headers["Content-Type"]) == (502, "text/html")
        assert (third.status_code, limits(third)[0]) == (200, 1197)


def test_cut_bodies_and_dropped_connections() -> None:
    for cloud in running(**vars_of("cut_body=sessions:1", "drop_connection=analytics.daywise:1")):
        with pytest.raises(requests.RequestException):
            cloud.raw(DAYWISE)
        with pytest.raises(requests.RequestException):
            cloud.raw(f"{KIT}/sessions", SPAN).json()


def test_a_stuck_page_is_the_first_and_a_repeated_one_has_new_offsets() -> None:
    for cloud in running(**vars_of("cloudflare_stuck_page=1", "cloudflare_repeated_page=2")):
        one, stuck, repeated, two = (
            cloud.json(f"{KIT}/sessions", {**SPAN, "per_page": "5", "page_no": number}) for number in ("1", *"222")
        )
        assert stuck == one
        assert repeated["data"] == one["data"]
        assert repeated["paging"]["start_offset"] == 6
        assert two["data"] != one["data"]
        assert two["paging"] == repeated["paging"]


def test_a_page_cap_shows_in_the_offsets() -> None:
    for cloud in running(cloudflare_page_cap=3):
        paging = cloud.json(f"{KIT}/sessions", {**SPAN, "per_page": "50", "page_no": "2"})["paging"]
        assert (paging["start_offset"], paging["end_offset"]) == (4, 6)


def test_bent_answers_by_time(cloud: Cloud) -> None:
    right = series(cloud)
    lists = right["data"][0]["metrics"]
    for bad in running(**vars_of("cloudflare_short_cells=1")):
        assert series(bad)["data"][0]["metrics"] == [lists[0], lists[1][:-1]]
    for bad in running(**vars_of("cloudflare_transposed=1")):
        assert series(bad)["data"][0]["metrics"] == [list(each) for each in zip(*lists, strict=True)]
    for bad in running(**vars_of("cloudflare_no_intervals=1")):
        bent = series(bad)
        assert bent == {name: value for name, value in right.items() if name != "time_intervals"}
        assert series(bad) == right
    for bad in running(**vars_of("cloudflare_no_metrics=1")):
        assert series(bad)["data"] == [{}]
    for bad in running(**vars_of("cloudflare_reordered=1")):
        bent = series(bad)
        assert bent["query"]["metrics"] == ["bytesIngress", "count"]
        assert bent["data"][0]["metrics"] == lists[::-1]


def test_null_cells_stand_where_nothing_happened(cloud: Cloud) -> None:
    asked = {**HOURS, "time_delta": "minute"}
    plain = cloud.json(BYTIME, asked)["result"]["data"][0]["metrics"][0]
    for bad in running(**vars_of("cloudflare_null_cells=1")):
        assert cloud is not bad
        assert bad.json(BYTIME, asked)["result"]["data"][0]["metrics"][0] == [value or None for value in plain]
    assert 0 in plain


def test_the_log_keeps_the_query_and_no_secret(cloud: Cloud) -> None:
    cloud.raw(f"{ZONE}/events/summary", {"metrics": ["count", "bytesIngress"]}, TOKEN)
    record = cloud.sandbox.log[-1]
    assert (record.action, record.status) == ("spectrum.analytics.events.summary", 200)
    assert record.parameters == (("metrics.0", "count"), ("metrics.1", "bytesIngress"))
    assert not any(secret in repr(cloud.sandbox.log) for secret in (TOKEN["Authorization"][7:], PAIR["X-Auth-Key"]))
