"""The sandbox's LiveKit projects: strict about tokens and parameters, protobuf JSON, and the faults of the service."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from reportrunner.sandbox import CREDENTIALS, Faults, Sandbox
from reportrunner.sandbox.livekit_json import details, list_entry, timestamp
from reportrunner.sandbox.livekit_token import fault_of, sign
from reportrunner.sandbox.livekit_universe import BIG, DAY, EPOCH, MICRO, sessions_of

TODAY = datetime(2026, 11, 16, 12, tzinfo=UTC)
NOW = int(TODAY.timestamp())
KEY, SECRET, TOKEN = (CREDENTIALS["livekit"][name] for name in ("api_key", "api_secret", "session"))
CLAIMS = {"iss": KEY, "nbf": NOW, "exp": NOW + 60, "video": {"roomList": True}}
MONDAY = TODAY.toordinal()


class Asking:
    """One sandbox and its caller."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def get(self, path: str = "", token: str = TOKEN, method: str = "GET", **query: Any) -> requests.Response:
        url = f"{self.sandbox.base_url}/api/project/p_any/sessions{path}"
        return requests.request(
            method, url, params=query, headers={"Authorization": f"Bearer {token}"}, timeout=5, allow_redirects=False
        )

    def ids(self, **query: Any) -> list[str]:
        reply = self.get(**{"start": "2026-11-10", "end": "2026-11-17", **query})
        assert reply.status_code == 200, reply.text
        return [one["sessionId"] for one in reply.json().get("sessions", [])]


def running(**faults: Any) -> Iterator[Asking]:
    with Sandbox(clock=time.time, today=TODAY.timestamp, faults=Faults(**faults)) as sandbox:
        yield Asking(sandbox)


@pytest.fixture(scope="module")
def healthy() -> Iterator[Asking]:
    yield from running()


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({}, ""),
        ({"exp": NOW - 59}, ""),
        ({"exp": NOW - 60}, "expired"),
        ({"exp": None}, "exp is required"),
        ({"nbf": NOW + 60}, ""),
        ({"nbf": NOW + 61}, "not valid yet"),
        ({"iss": "APIother"}, "issuer"),
        ({"video": {}}, "roomList"),
        ({"video": {"room_list": True}}, "roomList"),
        ({"video": {"roomList": "true"}}, "roomList"),
        ({"video": None, "roomList": True}, "roomList"),
    ],
)
def test_a_token_is_checked_as_the_services_library_does(changed: dict[str, Any], fault: str) -> None:
    said = fault_of(f"Bearer {sign({**CLAIMS, **changed}, SECRET)}", NOW)
    assert fault in said
    assert bool(said) == bool(fault)


def test_a_token_of_another_form_is_none() -> None:
    good = sign(CLAIMS, SECRET)
    assert "signature" in fault_of(f"Bearer {sign(CLAIMS, SECRET + 'x')}", NOW)
    assert "HS256" in fault_of(f"Bearer {sign(CLAIMS, SECRET, {'alg': 'none'})}", NOW)
    assert "decoded" in fault_of("Bearer a.b.c", NOW)
    for header in ("", good, f"Basic {good}", "Bearer x"):
        assert fault_of(header, NOW) == "no bearer token"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"limit": 0}, "invalid limit"),
        ({"limit": "ten"}, "invalid limit"),
        ({"page": -1}, "invalid page"),
        ({"start": "2026-11-8"}, "is not YYYY-MM-DD"),
        ({"start": "2026-02-30"}, "day"),
        ({"start": "2026-11-12", "end": "2026-11-11"}, "start is after end"),
        ({"start": "2026-11-08"}, "within 7 days"),
        ({"status": "active"}, "unknown parameter status"),
        ({" limit": 5}, "unknown parameter"),
        ({"limit": [5, 6]}, "comes twice"),
    ],
)
def test_parameters_are_checked(healthy: Asking, query: dict[str, Any], said: str) -> None:
    reply = healthy.get(**query)
    assert (reply.status_code, said in reply.text) == (400, True), reply.text


def test_paths_and_methods_are_checked(healthy: Asking) -> None:
    assert healthy.get("/").status_code == 404
    assert healthy.get("/RM_a/participants").status_code == 404
    assert healthy.get(method="POST").status_code == 405
    assert (healthy.get("/RM_a").status_code, healthy.get("/RM_a").text) == (404, "session not found")
    url = f"{healthy.sandbox.base_url}/api/project/p_missing/sessions"
    assert requests.get(url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=5).text == "project not found"
    assert healthy.get(token="x").status_code == 401


def test_pages_begin_with_0_newest_first_and_end_with_an_empty_one(healthy: Asking) -> None:
    pages = [healthy.ids(limit=40, page=number) for number in range(6)]
    every = [name for page in pages for name in page]
    assert len(every) == len(set(every)) > 100
    assert pages[-1] == []
    assert healthy.get(start="2026-11-10", end="2026-11-17", page=99).json() == {}
    assert len(healthy.ids()) == 10
    began = [one["createdAt"] for one in healthy.get(start="2026-11-10", end="2026-11-17", limit=40).json()["sessions"]]
    assert began[0] > began[-1]


def test_a_day_is_the_same_for_ever_and_each_project_has_its_own() -> None:
    assert sessions_of("p_a", MONDAY) == sessions_of("p_a", MONDAY)
    assert {one.session_id for one in sessions_of("p_a", MONDAY)}.isdisjoint(
        one.session_id for one in sessions_of("p_b", MONDAY)
    )
    assert len(sessions_of("p_a", MONDAY, 1000)) == len({one.session_id for one in sessions_of("p_a", MONDAY, 1000)})


def test_a_day_has_sessions_at_every_edge() -> None:
    midnight = (MONDAY - EPOCH) * DAY
    found = sessions_of("p_a", MONDAY)
    starts = {one.start - midnight for one in found}
    assert {0, 14_400 * MICRO, 18_000 * MICRO, 18_000 * MICRO - 1} <= starts
    assert any(one.end > midnight + DAY for one in found)
    assert {one.bytes_out for one in found} >= {BIG}
    assert any(not one.participants for one in found)
    for one in found:
        assert len({person.identity for person in one.participants}) == len(one.participants)
        for person in one.participants:
            for stay in person.connections:
                assert one.start <= stay.joined < stay.left <= one.end


def test_what_is_zero_is_left_out_and_64_bits_are_texts() -> None:
    late = (MONDAY + 2 - EPOCH) * DAY
    entries = [list_entry(one, late) for one in sessions_of("p_a", MONDAY)]
    assert all(value not in (0, "", [], {}, False) for entry in entries for value in entry.values())
    assert {type(entry["bandwidthOut"]) for entry in entries if "bandwidthOut" in entry} == {str}
    assert {type(entry["numParticipants"]) for entry in entries if "numParticipants" in entry} == {int}
    assert any("bandwidthIn" not in entry for entry in entries)
    assert all("numActiveParticipants" not in entry for entry in entries)
    whole = [details(one, late) for one in sessions_of("p_a", MONDAY)]
    assert {type(one["bandwidth"]) for one in whole if "bandwidth" in one} == {str}
    points = [point for one in whole for point in one.get("quality", [])]
    assert any("value" not in point for point in points)


def test_timestamps_have_0_3_6_or_9_digits() -> None:
    assert timestamp(0) == "1970-01-01T00:00:00Z"
    assert timestamp(250_000) == "1970-01-01T00:00:00.250Z"
    assert timestamp(123_457) == "1970-01-01T00:00:00.123457Z"
    assert timestamp(7 * 17_637) == "1970-01-01T00:00:00.123459789Z"


def test_a_session_that_runs_and_one_that_has_just_ended() -> None:
    one = max(sessions_of("p_a", MONDAY), key=lambda each: len(each.participants))
    middle = (one.start + one.end) // 2
    assert "endedAt" not in list_entry(one, middle)
    assert "endTime" not in details(one, middle)
    just = details(one, one.end + MICRO)
    assert ("endTime" in just, "participants" in just) == (True, False)
    assert "participants" in details(one, one.end + 301 * MICRO)
    assert "numActiveParticipants" not in list_entry(one, one.end + MICRO)


def test_end_is_read_in_either_way() -> None:
    for reading, last in (("exclusive", "2026-11-12"), ("inclusive", "2026-11-13")):
        for asking in running(livekit_end=reading):
            reply = asking.get(start="2026-11-12", end="2026-11-13", limit=200)
            assert max(one["createdAt"] for one in reply.json()["sessions"])[:10] == last


def test_faults_of_lists() -> None:
    for asking in running(livekit_cap=7):
        assert len(asking.ids(limit=100)) == 7
    for asking in running(livekit_arrivals=2):
        first, second = asking.ids(limit=20), asking.ids(limit=20, page=1)
        assert second[:2] == first[-2:]
    for asking in running(livekit_days=6):
        assert asking.get(start="2026-11-09", end="2026-11-17").status_code == 400
    for asking in running(livekit_sessions=120):
        assert len(asking.ids(start="2026-11-13", end="2026-11-14", limit=500)) == 120


def test_faults_of_answers() -> None:
    switched = Faults.parse(["livekit_plan=1", "livekit_snake=1", "expire_session_after=4"])
    with Sandbox(clock=time.time, today=TODAY.timestamp, faults=switched) as sandbox:
        asking = Asking(sandbox)
        plan = asking.get()
        assert (plan.status_code, "Scale plan" in plan.text) == (403, True)
        assert "session_id" in asking.get().json()["sessions"][0]
        name = asking.ids()[0]
        assert asking.get(f"/{name}").json()["roomId"] == name
        assert [asking.get().status_code for _ in range(2)] == [401, 200]
        assert json.dumps([record.parameters for record in sandbox.log]).count(name) == 1
    for gone in running(livekit_gone=name):
        assert gone.get(f"/{name}").status_code == 404
