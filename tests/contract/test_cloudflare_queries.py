"""What we send and what the official client sends for the same question: path, query and credentials, equal in meaning.

The client's requests are caught before they leave; ours are read from the plan. Differences that mean the same are
spelt out: a moment's form, a value that the service takes by itself, and a list that the specification joins.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from asking import ask, days
from cloudflare import Cloudflare

from reportrunner.fill import fill
from reportrunner.window import Window

BASE = "https://cloudflare.example/client/v4"
ACCOUNT = "023e105f4ecef8ad9ca31a8372d0c353"
APP = "14a396e7-ca44-4937-bf1f-050a69118543"
SESSION = "0f1a7b52-6a8f-4d0c-9d0a-6d9f1f5c2b11"
ZONE = "8d4c9f2b6a1e4f0db7c35a9e21f6d840"
WEEK = days("2026-01-05", "2026-01-12", "UTC")
SINCE, UNTIL = (dt.datetime(2026, 1, day, tzinfo=dt.UTC) for day in (5, 12))
LAST = dt.datetime(2026, 1, 11, 23, 59, 59, 999_000, dt.UTC)
KIT: dict[str, Any] = {"source": "cloudflare", "app_id": APP}
EVENTS: dict[str, Any] = {
    "source": "cloudflare",
    "zone_id": ZONE,
    "dimensions": ["event", "coloName"],
    "metrics": ["count", "bytesIngress"],
    "filters": "event==disconnect AND coloName!=SFO",
    "sort": ["+count", "-bytesIngress"],
}
SPECTRUM: Any = {
    "zone_id": ZONE,
    "dimensions": ["event", "coloName"],
    "metrics": ["count", "bytesIngress"],
    "filters": "event==disconnect AND coloName!=SFO",
    "sort": ["+count", "-bytesIngress"],
    "since": SINCE,
    "until": UNTIL,
}
Call = Callable[[Any], object]
Meaning = tuple[str, list[tuple[str, object]]]


def meaning(url: str, defaults: Mapping[str, str]) -> Meaning:
    """Path and pairs, moments as instants; the values that the service takes by itself are taken for said."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    said = {name for name, _ in pairs}
    pairs += [(name, value) for name, value in defaults.items() if name not in said]
    return parts.path, sorted(((name, moment(value)) for name, value in pairs), key=str)


def moment(text: str) -> object:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return text
    return found if found.tzinfo else text


def theirs(call: Call, **defaults: str) -> tuple[Meaning, str]:
    caught: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        caught.append(request)
        return httpx.Response(200, json={"success": True, "errors": [], "messages": [], "result": {}, "data": {}})

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        call(Cloudflare(api_token="token", base_url=BASE, http_client=http, max_retries=0))
    (request,) = caught
    assert request.method == "GET"
    return meaning(str(request.url), defaults), request.headers["Authorization"]


def ours(keys: Mapping[str, Any], window: Window | None, **defaults: str) -> tuple[Meaning, str]:
    made = ask(keys, window)
    sent = fill(made.endpoint.unfold(made).steps[0].request, BASE, lambda _: "token")
    assert sent.method == "GET"
    return meaning(sent.url, defaults), dict(sent.headers)["Authorization"]


def kit(name: str, **keys: Any) -> dict[str, Any]:
    return {**KIT, "endpoint": f"realtime.kit.{name}", **keys}


def get(operation: str, **params: Any) -> dict[str, Any]:
    return kit("get", operation=operation, params=params, columns={"id": "string"})


OF: Any = {"account_id": ACCOUNT}
PAGES: Any = {"page_no": 1, "per_page": 100}
MOMENTS: Any = {"start_time": SINCE, "end_time": LAST}
CASES: list[tuple[str, dict[str, Any], Call]] = [
    (
        "daywise",
        kit("analytics.daywise"),
        lambda c: c.realtime_kit.analytics.get_org_analytics(APP, **OF, start_date="2026-01-05", end_date="2026-01-11"),
    ),
    (
        "livestreams by day",
        kit("analytics.livestreams.daywise"),
        lambda c: c.realtime_kit.livestreams.get_livestream_analytics_daywise(
            APP, **OF, start_time=1767571200, end_time=1768175999
        ),
    ),
    (
        "livestreams overall",
        kit("analytics.livestreams.overall"),
        lambda c: c.realtime_kit.livestreams.get_livestream_analytics_complete(
            APP, **OF, start_time=1767571200, end_time=1768175999
        ),
    ),
    (
        "sessions",
        kit("sessions", status="ENDED", participants="1:10", search="town hall & co"),
        lambda c: c.realtime_kit.sessions.get_sessions(
            APP,
            **OF,
            **PAGES,
            **MOMENTS,
            status="ENDED",
            participants="1:10",
            search="town hall & co",
            sort_by="createdAt",
            sort_order="ASC",
        ),
    ),
    (
        "recordings",
        kit("recordings", status=["UPLOADED"], expired=False),
        lambda c: c.realtime_kit.recordings.get_recordings(
            APP, **OF, **PAGES, **MOMENTS, status=["UPLOADED"], expired=False, sort_by="invokedTime", sort_order="ASC"
        ),
    ),
    (
        "livestreams",
        kit("livestreams", status="LIVE", exclude_meetings=True, sort_order="DSC"),
        lambda c: c.realtime_kit.livestreams.get_all_livestreams(
            APP, **OF, **PAGES, **MOMENTS, status="LIVE", exclude_meetings=True, sort_order="DSC"
        ),
    ),
    (
        "bytime",
        {**EVENTS, "endpoint": "spectrum.analytics.events.bytime", "time_delta": "dekaminute"},
        lambda c: c.spectrum.analytics.events.bytimes.get(**SPECTRUM, time_delta="dekaminute"),
    ),
    (
        "summary",
        {**EVENTS, "endpoint": "spectrum.analytics.events.summary"},
        lambda c: c.spectrum.analytics.events.summaries.get(**SPECTRUM),
    ),
]
TIMELESS: list[tuple[str, dict[str, Any], Call, dict[str, str]]] = [
    (
        "session",
        kit("session", session_id=SESSION),
        lambda c: c.realtime_kit.sessions.get_session_details(SESSION, **OF, app_id=APP),
        {},
    ),
    (
        "participants",
        kit("participants", session_id=SESSION, sort_by="duration"),
        lambda c: c.realtime_kit.sessions.get_session_participants(
            SESSION, **OF, app_id=APP, page_no=1, per_page=200, sort_by="duration", sort_order="ASC"
        ),
        {"view": "raw"},
    ),
    (
        "transcript",
        get("GetSessionTranscript", session_id=SESSION),
        lambda c: c.realtime_kit.sessions.get_session_transcripts(SESSION, **OF, app_id=APP),
        {},
    ),
    (
        "one recording",
        get("get_one_recording", recording_id=SESSION),
        lambda c: c.realtime_kit.recordings.get_one_recording(SESSION, **OF, app_id=APP),
        {},
    ),
    (
        "current",
        {
            "source": "cloudflare",
            "endpoint": "spectrum.analytics.aggregate.current",
            "zone_id": ZONE,
            "app_id": ["a1", "b2"],
            "colo_name": "SFO",
        },
        lambda c: c.spectrum.analytics.aggregates.currents.get(zone_id=ZONE, app_id="a1,b2", colo_name="SFO"),
        {},
    ),
]


@pytest.mark.parametrize(("keys", "call"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_question_over_a_window_is_the_clients(keys: dict[str, Any], call: Call) -> None:
    assert ours(keys, WEEK) == theirs(call)


@pytest.mark.parametrize(
    ("keys", "call", "defaults"), [case[1:] for case in TIMELESS], ids=[case[0] for case in TIMELESS]
)
def test_a_question_without_one_is_the_clients(keys: dict[str, Any], call: Call, defaults: dict[str, str]) -> None:
    assert ours(keys, None, **defaults) == theirs(call, **defaults)


def test_statuses_of_recordings_are_joined_as_declared_where_the_client_repeats_the_key() -> None:
    (_, mine), _ = ours(kit("recordings", status=["UPLOADED", "ERRORED"]), None)
    (_, its), _ = theirs(lambda c: c.realtime_kit.recordings.get_recordings(APP, **OF, status=["UPLOADED", "ERRORED"]))
    assert [value for name, value in mine if name == "status"] == ["UPLOADED,ERRORED"]
    assert [value for name, value in its if name == "status"] == ["ERRORED", "UPLOADED"]


def test_a_comparison_of_other_values_fails() -> None:
    daywise, by_day = CASES[0][1], CASES[1][2]
    assert ours(daywise, WEEK) != theirs(by_day)
    assert ours({**EVENTS, "endpoint": CASES[7][1]["endpoint"], "sort": ["-count"]}, WEEK) != theirs(CASES[7][2])
