"""Cloudflare's official client reads from the sandbox what the universe holds, and both speak as the document says."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cloudflare import BadRequestError, Cloudflare, NotFoundError, RateLimitError
from cloudflare._models import BaseModel
from cloudflare_proxy import ValidatingProxy

from reportrunner.sandbox import CREDENTIALS, Faults, Sandbox
from reportrunner.sandbox.cloudflare_connections import happened
from reportrunner.sandbox.cloudflare_ids import ACCOUNT_ID, APP_ID, SPECTRUM_APPS, ZONE_IDS
from reportrunner.sandbox.cloudflare_meetings import BRIDGE, TOWN_HALL, Session, sessions_between
from reportrunner.sandbox.cloudflare_recordings import recordings_between
from reportrunner.sandbox.cloudflare_streams import livestreams_between

NOW = datetime(2026, 11, 18, 17, 30, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
START = datetime(2026, 11, 9, tzinfo=UTC)
START_MS = int(START.timestamp() * 1000)
APP: dict[str, Any] = {"app_id": APP_ID, "account_id": ACCOUNT_ID}
SECRETS = CREDENTIALS["cloudflare"]
ZONE = ZONE_IDS[0]  # the other one has numbers that the client rounds


@pytest.fixture(scope="module")
def proxy() -> Iterator[ValidatingProxy]:
    with (
        Sandbox(clock=time.time, today=NOW.timestamp) as sandbox,
        ValidatingProxy(sandbox.base_url_of("cloudflare")) as proxy,
    ):
        yield proxy


@pytest.fixture(scope="module")
def client(proxy: ValidatingProxy) -> Iterator[Any]:
    with Cloudflare(api_token=SECRETS["api_token"], base_url=proxy.base_url, max_retries=0) as made:
        yield made


@pytest.fixture(autouse=True)
def as_documented(proxy: ValidatingProxy) -> Iterator[None]:
    before = len(proxy.violations)
    yield
    assert proxy.violations[before:] == []


@pytest.fixture(scope="module")
def hall() -> Session:
    return next(each for each in sessions_between(START_MS, NOW_MS) if each.meeting is TOWN_HALL)


def known(answer: Any) -> Any:
    """The answer, having looked that it holds no field that the client's types do not know."""
    assert unknown(answer) == []
    return answer


def unknown(value: Any) -> list[str]:
    if not isinstance(value, BaseModel):
        return [name for each in value for name in unknown(each)] if isinstance(value, list) else []
    aliases = {field.alias for field in type(value).model_fields.values()}  # the client keeps these twice
    extra = value.model_extra or {}
    inner = [getattr(value, name) for name in value.model_fields_set - set(extra)]
    return [*(name for name in extra if name not in aliases), *(name for each in inner for name in unknown([each]))]


def test_sessions(client: Any) -> None:
    truth = {each.id: each for each in sessions_between(START_MS, NOW_MS)}
    first, second = (
        known(client.realtime_kit.sessions.get_sessions(**APP, start_time=START, page_no=n, per_page=15))
        for n in (1, 2)
    )
    rows = [*first.data.sessions, *second.data.sessions]
    assert second.paging.end_offset == second.paging.total_count == len(rows) == len(truth)
    for row in rows:
        session = truth[row.id]
        assert datetime.fromisoformat(row.started_at).timestamp() * 1000 == session.start
        assert (row.minutes_consumed * 20, row.associated_id) == (session.ticks(NOW_MS), session.meeting.id)
        assert row.status == ("LIVE" if session.end > NOW_MS else "ENDED")
    hall = next(each for each in truth.values() if each.meeting is TOWN_HALL)
    assert known(client.realtime_kit.sessions.get_session_details(hall.id, **APP)).data.id == hall.id
    live = client.realtime_kit.sessions.get_sessions(**APP, status="LIVE", start_time=START, search="bridge")
    assert [each.associated_id for each in live.data.sessions] == [BRIDGE.id]


def test_participants(client: Any, hall: Session) -> None:
    sessions = client.realtime_kit.sessions
    rows = []
    for number in (1, 2):
        answer = sessions.get_session_participants(
            hall.id, **APP, page_no=number, per_page=200, include_peer_events=True, sort_by="duration"
        )
        rows += answer.data.participants
    truth = {each.id: each for each in hall.people}
    assert {row.id: row.duration * 20 for row in rows} == {each.id: each.ticks(NOW_MS) for each in hall.people}
    assert {row.custom_participant_id for row in rows} == {each.person.user_id for each in hall.people}
    row = rows[7]
    assert row.peer_events[0].peer_id == truth[row.id].peer_id
    one = known(sessions.get_session_participant_details(row.id, **APP, session_id=hall.id)).data.participant
    assert (one.display_name, one.duration) == (row.display_name, row.duration)
    report = known(sessions.get_participant_data_from_peer_id(row.peer_events[0].peer_id, **APP, filters="events"))
    assert report.data.participant.session_id == hall.id
    assert report.data.participant.peer_report.metadata.events[0].name == "audio_on"


def test_files_of_a_session(client: Any, hall: Session) -> None:
    sessions = client.realtime_kit.sessions
    assert hall.id in known(sessions.get_session_chat(hall.id, **APP)).data.chat_download_url
    assert known(sessions.get_session_summary(hall.id, **APP)).data.session_id == hall.id
    assert ".srt" in known(sessions.get_session_transcripts(hall.id, **APP, format="SRT")).data.transcript_download_url


def test_recordings(client: Any) -> None:
    recordings = client.realtime_kit.recordings
    truth = {each.id: each for each in recordings_between(START_MS, NOW_MS)}
    answer = recordings.get_recordings(**APP, start_time=START, per_page=100, sort_order="ASC")
    assert [row.id for row in answer.data] == sorted(truth, key=lambda one: truth[one].invoked)
    for row in answer.data:
        recording = truth[row.id]
        assert (row.status, row.session_id) == (recording.status(NOW_MS), recording.session.id)
        over = recording.stopped <= NOW_MS and not recording.failed
        assert row.recording_duration == (recording.seconds(NOW_MS) if over else None)
    assert known(recordings.get_one_recording(answer.data[0].id, **APP)).data.file_size == answer.data[0].file_size
    assert known(recordings.get_active_recordings(BRIDGE.id, **APP)).data.status == "RECORDING"
    uploaded = recordings.get_recordings(**APP, start_time=START, status=["UPLOADED"], expired=False)
    assert {row.status for row in uploaded.data} == {"UPLOADED"}
    with pytest.raises(NotFoundError):
        recordings.get_active_recordings(TOWN_HALL.id, **APP)


@pytest.mark.parametrize("home", ["analytics", "livestreams"])
def test_daywise_analytics(client: Any, home: str) -> None:
    ask = getattr(client.realtime_kit, home).get_org_analytics
    data = known(ask(**APP, start_date="2026-11-09", end_date="2026-11-30")).data
    sessions, taken = list(sessions_between(START_MS, NOW_MS)), list(recordings_between(START_MS, NOW_MS))
    assert data.session_stats.sessions_count == len(sessions)
    assert round(data.session_stats.sessions_minutes_consumed * 20) == sum(each.ticks(NOW_MS) for each in sessions)
    assert sum(day.total_sessions for day in data.session_stats.day_stats) == len(sessions)
    assert data.recording_stats.recording_count == len(taken)
    seconds = sum(day.total_recording_minutes for day in data.recording_stats.day_stats) * 60
    assert round(seconds) == sum(each.seconds(NOW_MS) for each in taken)


def test_livestreams(client: Any) -> None:
    streams = client.realtime_kit.livestreams
    truth = list(livestreams_between(START_MS, NOW_MS))
    span = {"start_time": int(START.timestamp()), "end_time": int(NOW.timestamp())}
    ingest = sum(aired.ingest(NOW_MS) for each in truth for aired in each.aired(NOW_MS))
    overall = known(streams.get_livestream_analytics_complete(**APP, **span)).data
    assert (overall.count, overall.total_ingest_seconds) == (len(truth), ingest)
    days = known(streams.get_livestream_analytics_daywise(**APP, **span)).data
    assert sum(day.count for day in days) == len(truth)
    assert sum(day.total_viewer_seconds for day in days) == overall.total_viewer_seconds
    listed = streams.get_all_livestreams(**APP, start_time=START, sort_order="DSC", per_page=50, exclude_meetings=False)
    assert {row.id for row in listed.data} == {each.id for each in truth}
    live = next(each for each in truth if each.meeting is BRIDGE and each.on_air(NOW_MS))
    on_air = live.on_air(NOW_MS)
    assert on_air
    one = streams.get_livestream_session_for_livestream_id(live.id, **APP, page_no=1, per_page=5)
    assert one.data.livestream.stream_key
    active = streams.get_active_livestreams_for_livestream_id(live.id, **APP)
    assert (active.data.livestream.id, active.data.session.id) == (live.id, on_air.id)
    session = streams.get_livestream_session_details_for_session_id(on_air.id, **APP)
    assert session.data.ingest_seconds == on_air.ingest(NOW_MS)
    assert streams.get_meeting_active_livestreams(BRIDGE.id, **APP).data.id == live.id


def test_spectrum(client: Any) -> None:
    events = client.spectrum.analytics.events
    asked: dict[str, Any] = {
        "zone_id": ZONE,
        "dimensions": ["event", "ipVersion"],
        "metrics": ["count", "bytesEgress"],
        "filters": "event==disconnect AND coloName!=SFO",
        "sort": ["+ipVersion"],
        "since": START,
        "until": NOW,
    }
    truth = [e for e in happened(ZONE, START_MS, NOW_MS - 30_000) if e.event == "disconnect" and e.colo != "SFO"]
    wanted = [[sum(e.ip == ip for e in truth), sum(e.egress for e in truth if e.ip == ip)] for ip in ("4", "6")]
    summary = known(events.summaries.get(**asked))
    assert [row.dimensions for row in summary.data] == [["disconnect", "4"], ["disconnect", "6"]]
    assert [row.metrics for row in summary.data] == wanted
    series = known(events.bytimes.get(**asked, time_delta="day"))
    assert [[sum(map(int, cells)) for cells in row.metrics] for row in series.data] == wanted
    assert (series.query.sort, series.query.filters) == (["+ipVersion"], asked["filters"])
    assert series.time_intervals[0][0] == START
    assert series.time_intervals[-1][1] == NOW
    current = client.spectrum.analytics.aggregates.currents.get(zone_id=ZONE, app_id=",".join(SPECTRUM_APPS[ZONE]))
    assert [row.app_id for row in known(current)] == list(SPECTRUM_APPS[ZONE])


def test_every_read_that_the_client_has_is_asked_here(client: Any) -> None:
    kit, source = client.realtime_kit, Path(__file__).read_text("utf-8")
    resources = (kit.sessions, kit.recordings, kit.livestreams, kit.analytics)
    reads = {name for resource in resources for name in dir(resource) if name.startswith("get_")}
    assert len(reads) == 19
    assert {name for name in reads if f".{name}" not in source} == set()


def test_a_key_opens_spectrum_for_the_client(proxy: ValidatingProxy) -> None:
    with Cloudflare(api_email=SECRETS["email"], api_key=SECRETS["api_key"], base_url=proxy.base_url) as client:
        assert len(client.spectrum.analytics.aggregates.currents.get(zone_id=ZONE) or ()) == 2


def test_the_client_hears_refusals_but_not_a_success_that_is_none() -> None:
    faults = Faults.parse(["cloudflare_quota=2/60s", "cloudflare_success_false=1"])
    with (
        Sandbox(clock=time.time, today=NOW.timestamp, faults=faults) as sandbox,
        Cloudflare(api_token=SECRETS["api_token"], base_url=sandbox.base_url_of("cloudflare"), max_retries=0) as client,
    ):
        assert client.spectrum.analytics.events.summaries.get(zone_id=ZONE) is None
        with pytest.raises(BadRequestError):
            client.spectrum.analytics.events.summaries.get(zone_id=ZONE, sort=["count"])
        with pytest.raises(RateLimitError) as caught:
            client.spectrum.analytics.events.summaries.get(zone_id=ZONE)
        assert caught.value.response.headers["retry-after"] == "60"
