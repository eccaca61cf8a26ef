"""What our client lands of Cloudflare is what the official client reads, and it speaks as the document says."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import requests
from asking import Bench, days
from cloudflare import Cloudflare
from cloudflare_bench import KEYS, NOW, SECRETS, SETTINGS, WEEK, benched, flow
from cloudflare_document import document, operation
from cloudflare_proxy import ValidatingProxy

from reportrunner.providers.cloudflare import PROVIDER
from reportrunner.providers.cloudflare.operations import operations
from reportrunner.sandbox import Sandbox
from reportrunner.sandbox.cloudflare_ids import ACCOUNT_ID, APP_ID, SPECTRUM_APPS, ZONE_IDS
from reportrunner.sandbox.cloudflare_meetings import BRIDGE, TOWN_HALL, WORKSHOP, Session, breakouts, sessions_between
from reportrunner.window import Window

NOW_MS = int(NOW.timestamp() * 1000)
LATELY = days("2026-11-12", "2026-11-19", "UTC")
APP: dict[str, Any] = {"app_id": APP_ID, "account_id": ACCOUNT_ID}
OTHERS = {name for name, each in operations().items() if not each.endpoint}
METRICS = ["count", "bytesIngress", "bytesEgress", "durationAvg", "durationMedian", "duration90th", "duration99th"]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock=time.time, today=NOW.timestamp) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(sandbox: Sandbox) -> Iterator[ValidatingProxy]:
    with ValidatingProxy(sandbox.base_url_of("cloudflare")) as running:
        yield running


@pytest.fixture(scope="module")
def official(sandbox: Sandbox) -> Iterator[Any]:
    base_url = sandbox.base_url_of("cloudflare")
    with Cloudflare(api_token=SECRETS["api_token"], base_url=base_url, max_retries=0) as made:
        yield made


@pytest.fixture
def ours(proxy: ValidatingProxy) -> Iterator[Bench]:
    """Our client through the proxy; what it says against the document fails the test."""
    before = len(proxy.violations)
    with benched(proxy.base_url, SETTINGS) as made:
        yield made
    assert proxy.violations[before:] == []


def landed(ours: Bench, endpoint: str, window: Window | None = WEEK, **keys: Any) -> list[dict[str, Any]]:
    return ours.landed(flow(endpoint, window, **keys))


def moment(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def raw(sandbox: Sandbox, path: str, query: str = "") -> Any:
    """What the official client has no call for."""
    url = f"{sandbox.base_url_of('cloudflare')}{path}?{query}"
    return requests.get(url, headers={"Authorization": f"Bearer {SECRETS['api_token']}"}, timeout=10).json()


KIT = f"/accounts/{ACCOUNT_ID}/realtime/kit/{APP_ID}"
SPAN = {"start_time": "2026-11-09T00:00:00Z", "end_time": "2026-11-15T23:59:59.999Z"}


@pytest.fixture(scope="module")
def hall() -> Session:
    return next(each for each in sessions_between(WEEK.start_unix * 1000, NOW_MS) if each.meeting is TOWN_HALL)


# --- RealtimeKit


def test_usage_by_day_is_the_same(official: Any, ours: Bench) -> None:
    data = official.realtime_kit.analytics.get_org_analytics(**APP, start_date="2026-11-09", end_date="2026-11-15").data
    held = {moment_day(each.day): each for each in data.session_stats.day_stats}
    taken = {moment_day(each.day): each for each in data.recording_stats.day_stats}
    assert held.keys() != taken.keys()
    rows = landed(ours, "realtime.kit.analytics.daywise")
    assert [row["day"] for row in rows] == [date(2026, 11, day) for day in range(9, 16)]
    for row in rows:
        day, recorded = held.get(row["day"]), taken.get(row["day"])
        assert row["total_sessions"] == (day.total_sessions if day else 0)
        assert float(row["total_session_minutes"]) == (day.total_session_minutes if day else 0)
        assert row["total_recordings"] == (recorded.total_recordings if recorded else 0)
        minutes = recorded.total_recording_minutes if recorded else 0
        assert float(row["total_recording_minutes"]) == pytest.approx(minutes, rel=1e-9)


def moment_day(text: str) -> date:
    return datetime.fromisoformat(text).date()


def test_sessions_of_all_pages_are_the_same(official: Any, ours: Bench) -> None:
    theirs = official.realtime_kit.sessions.get_sessions(**APP, **SPAN, per_page=200).data.sessions
    mine = {row["id"]: row for row in landed(ours, "realtime.kit.sessions", per_page=7)}
    assert mine.keys() == {each.id for each in theirs}
    assert len(mine) > 14
    for each in theirs:
        row = mine[each.id]
        for name in ("associated_id", "meeting_display_name", "type", "status", "max_concurrent_participants"):
            assert row[name] == getattr(each, name)
        assert float(row["minutes_consumed"]) == each.minutes_consumed
        for name in ("started_at", "ended_at", "created_at", "updated_at"):
            assert row[name] == moment(getattr(each, name))
    live = landed(ours, "realtime.kit.sessions", LATELY, status="LIVE", search="bridge", participants="1:9")
    assert [row["associated_id"] for row in live] == [BRIDGE.id]
    assert live[0]["ended_at"] is None


def test_a_session_with_its_rooms_is_the_same(official: Any, ours: Bench) -> None:
    held = sessions_between(WEEK.start_unix * 1000, NOW_MS)
    workshop = next(each for each in held if each.meeting is WORKSHOP and breakouts(each))
    theirs = official.realtime_kit.sessions.get_session_details(workshop.id, **APP, include_breakout_rooms=True).data
    rows = landed(ours, "realtime.kit.session", None, session_id=workshop.id, include_breakout_rooms=True)
    assert {(row["id"], row["parent_id"], float(row["minutes_consumed"])) for row in rows} == {
        (theirs.id, None, theirs.minutes_consumed),
        *((room["id"], theirs.id, room["minutes_consumed"]) for room in theirs.breakout_rooms),
    }


def test_participants_of_all_pages_are_the_same(official: Any, ours: Bench, hall: Session) -> None:
    ask = official.realtime_kit.sessions.get_session_participants
    theirs = [each for n in (1, 2) for each in ask(hall.id, **APP, per_page=200, page_no=n).data.participants]
    mine = {row["id"]: row for row in landed(ours, "realtime.kit.participants", None, session_id=hall.id)}
    assert len(mine) == len(theirs) > 200
    for each in theirs:
        row = mine[each.id]
        assert (row["custom_participant_id"], row["display_name"]) == (each.custom_participant_id, each.display_name)
        assert (float(row["duration"]), row["left_at"]) == (each.duration, moment(each.left_at))


def test_recordings_are_the_same(official: Any, ours: Bench) -> None:
    theirs = official.realtime_kit.recordings.get_recordings(**APP, **SPAN, per_page=200).data
    mine = {row["id"]: row for row in landed(ours, "realtime.kit.recordings", per_page=4)}
    assert mine.keys() == {each.id for each in theirs}
    for each in theirs:
        row = mine[each.id]
        for name in ("session_id", "output_file_name", "status", "recording_duration", "file_size"):
            assert row[name] == getattr(each, name)
        for name in ("invoked_time", "started_time", "stopped_time", "download_url_expiry"):
            assert row[name] == moment(getattr(each, name))
    some = landed(ours, "realtime.kit.recordings", LATELY, status=["RECORDING", "ERRORED"], expired=False)
    assert {row["status"] for row in some} <= {"RECORDING", "ERRORED"} != set()
    assert BRIDGE.id in {row["output_file_name"][:36] for row in some}


def test_livestreams_are_the_same_and_no_key_is_landed(official: Any, ours: Bench) -> None:
    theirs = official.realtime_kit.livestreams.get_all_livestreams(**APP, **SPAN, per_page=50).data
    mine = {row["id"]: row for row in landed(ours, "realtime.kit.livestreams", per_page=2, sort_order="DSC")}
    assert mine.keys() == {each.id for each in theirs}
    for each in theirs:
        row = mine[each.id]
        assert "stream_key" not in row
        for name in ("name", "meeting_id", "status", "disabled", "playback_url", "created_at"):
            assert row[name] == getattr(each, name)


def test_livestream_analytics_are_the_same(official: Any, ours: Bench) -> None:
    span = {"start_time": LATELY.start_unix, "end_time": LATELY.end_unix - 1}
    streams = official.realtime_kit.livestreams
    overall = streams.get_livestream_analytics_complete(**APP, **span).data
    names = ("count", "total_ingest_seconds", "total_viewer_seconds")
    (row,) = landed(ours, "realtime.kit.analytics.livestreams.overall", LATELY)
    assert row == {name: getattr(overall, name) for name in names}
    listed = streams.get_livestream_analytics_daywise(**APP, **span).data
    theirs = {each.date and moment_day(each.date): tuple(getattr(each, name) for name in names) for each in listed}
    assert None in theirs
    rows = landed(ours, "realtime.kit.analytics.livestreams.daywise", LATELY)
    assert len(rows) == 8
    for row in rows:
        assert tuple(row[name] for name in names) == theirs.get(row["date"], (0, 0, 0))


def got(ours: Bench, operation: str, params: dict[str, Any], columns: dict[str, str], **keys: Any) -> Any:
    """The rows as they are read, before they are landed."""
    asked = flow("realtime.kit.get", None, operation=operation, params=params, columns=columns, **keys)
    rows = ours.rows(asked)
    return [dict(zip((column.name for column in rows.columns), row, strict=True)) for row in rows.rows]


def test_any_other_read_is_the_same(sandbox: Sandbox, official: Any, ours: Bench, hall: Session) -> None:
    person = hall.people[5]
    sessions, streams = official.realtime_kit.sessions, official.realtime_kit.livestreams
    (mine,) = got(
        ours,
        "GetParticipantDetails",
        {"session_id": hall.id, "participant_id": person.id},
        {"id": "string", "duration": "decimal"},
        list_name="participant",
    )
    theirs = sessions.get_session_participant_details(person.id, **APP, session_id=hall.id).data.participant
    assert (mine["id"], float(mine["duration"])) == (theirs.id, theirs.duration)
    (mine,) = got(
        ours,
        "GetParticipantDataFromPeerId",
        {"peer_id": person.peer_id, "filters": "device_info"},
        {"session_id": "string", "peer_report.metadata.device_info.cpus": "integer"},
        list_name="participant",
    )
    report = sessions.get_participant_data_from_peer_id(person.peer_id, **APP).data.participant
    assert list(mine.values()) == [hall.id, report.peer_report.metadata.device_info.cpus]
    (mine,) = got(ours, "GetSessionSummary", {"session_id": hall.id}, {"sessionId": "string"})
    assert mine == {"sessionId": hall.id}
    (mine,) = got(
        ours,
        "GetSessionTranscript",
        {"session_id": hall.id, "format": "VTT"},
        {"transcript_download_url_expiry": "string"},
    )
    expiry = sessions.get_session_transcripts(hall.id, **APP).data.transcript_download_url_expiry
    assert list(mine.values()) == [expiry]
    (mine,) = got(ours, "GetSessionChat", {"session_id": hall.id}, {"chat_download_url_expiry": "string"})
    assert list(mine.values()) == [expiry]
    live = raw(sandbox, f"{KIT}/meetings/{BRIDGE.id}/livestream")["data"]
    stream, aired = live["livestream"], live["sessions"][0]
    columns = {"id": "string", "ingest_seconds": "integer", "viewer_seconds": "integer"}
    wanted = [{name: aired[name] for name in columns}]
    assert (
        wanted[0]["ingest_seconds"]
        == streams.get_livestream_session_details_for_session_id(aired["id"], **APP).data.ingest_seconds
    )
    bridge = next(each for each in sessions_between(LATELY.start_unix * 1000, NOW_MS) if each.meeting is BRIDGE)
    for name, params, keys in (
        ("livestream-session-details", {"meeting_id": BRIDGE.id}, {"list_name": "sessions"}),
        ("get-v2-livestream-session-livestream-id", {"livestream_id": stream["id"]}, {"list_name": "sessions"}),
        ("get-v2-active-livestream-session-details", {"livestream_id": stream["id"]}, {"list_name": "session"}),
        ("get-v2-livestreams-livestream-session-id", {"livestream-session-id": aired["id"]}, {}),
        (
            "get-v2-livestreamsession-session-meetingId-active-livestream",
            {"session_id": bridge.id},
            {},
        ),
    ):
        assert got(ours, name, params, columns, **keys) == wanted, name
    (mine,) = got(
        ours,
        "get-v2-meetings-meetingId-active-livestream",
        {"meeting_id": BRIDGE.id},
        {"id": "string", "status": "string"},
    )
    assert mine == {"id": streams.get_meeting_active_livestreams(BRIDGE.id, **APP).data.id, "status": "LIVE"}
    (mine,) = got(
        ours, "get_active_recording", {"meeting_id": BRIDGE.id}, {"id": "string", "invoked_time": "timestamp"}
    )
    recording = official.realtime_kit.recordings.get_active_recordings(BRIDGE.id, **APP).data
    assert mine == {"id": recording.id, "invoked_time": recording.invoked_time}
    assert got(ours, "get_one_recording", {"recording_id": recording.id}, {"id": "string"}) == [{"id": recording.id}]


# --- Spectrum


def test_a_summary_is_the_same(official: Any, ours: Bench) -> None:
    asked: dict[str, Any] = {"dimensions": ["coloName", "event"], "metrics": METRICS, "sort": ["-count", "+event"]}
    theirs = official.spectrum.analytics.events.summaries.get(
        zone_id=ZONE_IDS[0], since="2026-11-09T00:00:00Z", until="2026-11-16T00:00:00Z", **asked
    )
    rows = landed(ours, "spectrum.analytics.events.summary", zone_id=ZONE_IDS[0], **asked)
    mine = {(row["coloName"], row["event"]): [float(row[name]) for name in METRICS] for row in rows}
    assert mine == {tuple(row.dimensions): pytest.approx(row.metrics, rel=1e-9) for row in theirs.data}
    assert len(mine) > 15


@pytest.mark.parametrize(
    ("expression", "tables"),
    [
        (
            "event==disconnect AND coloName!=SFO",
            [
                {"dimension": "event", "value": "disconnect"},
                {"dimension": "coloName", "op": "!=", "value": "SFO"},
            ],
        ),
        (
            "event==disconnect;ipVersion==6,event==progress;ipVersion==6",
            [
                {"dimension": "event", "value": ["disconnect", "progress"]},
                {"dimension": "ipVersion", "value": 6},
            ],
        ),
    ],
)
def test_a_series_is_the_same_with_either_form_of_filters(
    official: Any, ours: Bench, expression: str, tables: list[dict[str, Any]]
) -> None:
    asked: dict[str, Any] = {"dimensions": ["ipVersion"], "metrics": ["bytesEgress", "count"], "time_delta": "hour"}
    theirs = official.spectrum.analytics.events.bytimes.get(
        zone_id=ZONE_IDS[0],
        since="2026-11-12T00:00:00Z",
        until="2026-11-19T00:00:00Z",
        filters=expression,
        **asked,
    )
    wanted = {
        (row.dimensions[0], start, end): (egress, count)
        for row in theirs.data
        for (start, end), egress, count in zip(theirs.time_intervals, *row.metrics, strict=True)
    }
    assert len(wanted) >= 168
    for filters in (expression, tables):
        rows = landed(ours, "spectrum.analytics.events.bytime", LATELY, zone_id=ZONE_IDS[0], filters=filters, **asked)
        assert {
            (row["ipVersion"], row["interval_start"], row["interval_end"]): (row["bytesEgress"], row["count"])
            for row in rows
        } == wanted
        whole = datetime(2026, 11, 18, 17, tzinfo=UTC)
        assert all(row["complete"] == (row["interval_end"] <= whole) for row in rows)


def test_bytes_that_the_official_client_rounds_are_exact(sandbox: Sandbox, ours: Bench) -> None:
    query = "since=2026-11-09T00:00:00Z&until=2026-11-16T00:00:00Z&metrics=bytesEgress&filters=coloName%3D%3DNRT"
    theirs = raw(sandbox, f"/zones/{ZONE_IDS[1]}/spectrum/analytics/events/summary", query)["result"]["totals"]
    (row,) = landed(
        ours,
        "spectrum.analytics.events.summary",
        zone_id=ZONE_IDS[1],
        metrics=["bytesEgress"],
        filters="coloName==NRT",
    )
    assert row == theirs
    assert row["bytesEgress"] > 2**53


def test_the_last_minute_and_the_zones_are_the_same(sandbox: Sandbox, official: Any, ours: Bench) -> None:
    apps = list(SPECTRUM_APPS[ZONE_IDS[0]])
    theirs = official.spectrum.analytics.aggregates.currents.get(zone_id=ZONE_IDS[0], app_id=",".join(apps))
    rows = landed(ours, "spectrum.analytics.aggregate.current", None, zone_id=ZONE_IDS[0], app_id=apps)
    mine = {row["appID"]: (row["connections"], row["bytesEgress"], float(row["durationAvg"])) for row in rows}
    assert mine == {each.app_id: (each.connections, each.bytes_egress, each.duration_avg) for each in theirs}
    span = "since=2026-11-09T00:00:00Z&until=2026-11-16T00:00:00Z&cdn_traffic=false"
    report = raw(sandbox, "/user/spectrum_analytics/zones/report", span)["result"]
    zones = landed(ours, "user.spectrum_analytics.zones.report", cdn_traffic=False)
    assert {row["zone_id"]: row["totals.bandwidth.all"] for row in zones} == {
        each["zone_id"]: each["totals"]["bandwidth"]["all"] for each in report
    }


def test_a_key_opens_spectrum_for_our_client(proxy: ValidatingProxy) -> None:
    before = len(proxy.violations)
    with benched(proxy.base_url, KEYS) as ours:
        keys: dict[str, Any] = {"zone_id": ZONE_IDS[0], "metrics": ["count"]}
        (row,) = ours.landed(flow("spectrum.analytics.events.summary", settings=KEYS, **keys))
    assert row["count"] > 0
    assert proxy.violations[before:] == []


def test_every_read_of_the_document_can_be_asked() -> None:
    """By an endpoint of its own or by `realtime.kit.get`; what each lands is compared above."""
    one, zone = BRIDGE.id, {"zone_id": ZONE_IDS[0], "metrics": ["count"]}
    keys: dict[str, dict[str, Any]] = {
        "realtime.kit.session": {"session_id": one},
        "realtime.kit.participants": {"session_id": one},
        "spectrum.analytics.events.bytime": {**zone, "time_delta": "hour"},
        "spectrum.analytics.events.summary": zone,
        "spectrum.analytics.aggregate.current": {"zone_id": ZONE_IDS[0]},
    }
    windowless = {"realtime.kit.session", "realtime.kit.participants", "spectrum.analytics.aggregate.current"}
    names = set(PROVIDER.endpoints) - {"realtime.kit.get"}
    flows = [flow(name, None if name in windowless else WEEK, **keys.get(name, {})) for name in names]
    for path, item in document()["paths"].items():
        operation_id = item["get"]["operationId"]
        if operation_id in OTHERS:
            params = {name: one for name in re.findall(r"{([^}]+)}", path) if name not in APP}
            more = {"operation": operation_id, "params": params, "columns": {"id": "string"}}
            flows.append(flow("realtime.kit.get", None, **more))
    asked = [operation(str(each.steps[0].request.path)) for each in flows]
    assert sorted(map(str, asked)) == sorted(document()["paths"])
