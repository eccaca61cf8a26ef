"""RealtimeKit at the sandbox: one world behind every endpoint, in the wire's own shapes (cloudflare.md §1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from cloudflare_caller import KIT, NOW_MS, Cloud, Named, running

from reportrunner.sandbox.cloudflare_ids import Key, id_of, key_of
from reportrunner.sandbox.cloudflare_meetings import BRIDGE, DAY, TOWN_HALL, WORKSHOP, sessions_between, sessions_of
from reportrunner.sandbox.cloudflare_recordings import recordings_between
from reportrunner.sandbox.cloudflare_streams import livestreams_between

SPAN = {"start_time": "2026-11-02T00:00:00Z", "end_time": "2026-11-18T23:59:59Z"}
DAYS = {"start_date": "2026-11-02", "end_date": "2026-11-18"}
FIRST = 1_793_577_600_000  # 2026-11-02T00:00:00Z


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    yield from running()


@pytest.fixture(scope="module")
def sessions(cloud: Cloud) -> list[Any]:
    return list(cloud.pages(f"{KIT}/sessions", {**SPAN, "per_page": "20"}, "data", "sessions"))


@pytest.fixture(scope="module")
def recordings(cloud: Cloud) -> list[Any]:
    return list(cloud.pages(f"{KIT}/recordings", {**SPAN, "per_page": "9"}, "data"))


@pytest.fixture(scope="module")
def livestreams(cloud: Cloud) -> list[Any]:
    return list(cloud.pages(f"{KIT}/livestreams", {**SPAN, "per_page": "4"}, "data"))


def held(sessions: list[Any], **wanted: str) -> Any:
    return next(each for each in sessions if wanted.items() <= each.items())


def test_an_id_says_what_it_names_and_nothing_else_does() -> None:
    key = Key("broadcast", 20_000, 101, 1)
    assert key_of(id_of(key)) == key
    assert key_of(id_of(key)[:-1] + ("1" if id_of(key)[-1] == "0" else "0")) is None
    assert key_of("b01d6e00-0000-4000-8000-000000000001") is None
    assert key_of("1") is None


def test_every_session_of_the_world_is_listed_once(sessions: list[Any]) -> None:
    truth = {each.id: each for each in sessions_between(FIRST, NOW_MS)}
    assert [each["id"] for each in sessions] != sorted(each["id"] for each in sessions)
    assert Counter(each["id"] for each in sessions) == Counter(truth.keys())
    for each in sessions:
        assert each["minutes_consumed"] * 20 == truth[each["id"]].ticks(NOW_MS)


def test_what_runs_now_is_live_without_an_end_and_what_is_later_does_not_exist(sessions: list[Any]) -> None:
    live = [each for each in sessions if each["status"] == "LIVE"]
    assert held(live, associated_id=BRIDGE.id)["live_participants"] == 4
    assert all("ended_at" not in each for each in live)
    assert all(each["ended_at"] <= "2026-11-18T11:06:40.000Z" for each in sessions if each not in live)
    assert max(each["started_at"] for each in sessions) <= "2026-11-18T11:06:40.000Z"


def test_days_count_the_sessions_and_recordings_that_are_listed(
    cloud: Cloud, sessions: list[Any], recordings: list[Any]
) -> None:
    data = cloud.json(f"{KIT}/analytics/daywise", DAYS)["data"]
    stats, taken = data["session_stats"], data["recording_stats"]
    assert stats["sessions_count"] == len(sessions)
    assert stats["sessions_minutes_consumed"] == sum(each["minutes_consumed"] for each in sessions)
    assert {day["day"]: day["total_sessions"] for day in stats["day_stats"]} == Counter(
        f"{each['started_at'][:10]}T00:00:00.000Z" for each in sessions
    )
    assert taken["recording_count"] == len(recordings)
    by_day: Counter[str] = Counter()
    for each in recordings_between(FIRST, NOW_MS):
        by_day[next(row["invoked_time"] for row in recordings if row["id"] == each.id)[:10]] += each.seconds(NOW_MS)
    for day in taken["day_stats"]:
        assert abs(day["total_recording_minutes"] * 60 - by_day[day["day"][:10]]) < Decimal("1e-9")
    assert any(day["total_recording_minutes"] % 1 for day in taken["day_stats"])


def test_the_two_lists_of_days_are_sparse_unordered_and_not_of_the_same_days(cloud: Cloud) -> None:
    data = cloud.json(f"{KIT}/analytics/daywise", DAYS)["data"]
    held_days, taken_days = ([day["day"] for day in data[name]["day_stats"]] for name in data)
    assert "2026-11-07T00:00:00.000Z" in set(taken_days) - set(held_days)
    assert held_days != sorted(held_days)
    assert len(held_days) < 17


def test_an_empty_span_has_no_lists(cloud: Cloud) -> None:
    weekend = cloud.json(f"{KIT}/analytics/daywise", {"start_date": "2026-11-15", "end_date": "2026-11-15"})
    assert weekend["data"] == {"session_stats": {"sessions_count": 0, "sessions_minutes_consumed": 0}}
    future = cloud.json(f"{KIT}/analytics/daywise", {"start_date": "2027-01-01", "end_date": "2027-01-31"})
    assert future == weekend


def test_without_dates_the_last_30_days_are_meant(cloud: Cloud) -> None:
    named = cloud.json(f"{KIT}/analytics/daywise", {"start_date": "2026-10-20", "end_date": "2026-11-18"})
    assert cloud.json(f"{KIT}/analytics/daywise") == named


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("analytics/daywise", {"start_date": "2026-11-02T00:00:00Z", "end_date": "2026-11-03T00:00:00Z"}),
        ("analytics/daywise", {"start_date": "1793577600", "end_date": "1793664000"}),
        ("analytics/daywise", {"start_date": "20261102", "end_date": "20261103"}),
        ("analytics/daywise", {"start_date": "2026-11-02"}),
        ("analytics/daywise", {"start_date": "2026-11-03", "end_date": "2026-11-02"}),
        ("analytics/livestreams/daywise", {"start_time": "2026-11-02T00:00:00Z", "end_time": "2026-11-03T00:00:00Z"}),
        ("analytics/livestreams/overall", {"start_time": "2026-11-02", "end_time": "2026-11-03"}),
        ("analytics/livestreams/overall", {"start_time": "1793577600000", "end_time": "1793664000000"}),
        ("analytics/livestreams/overall", {"start_time": "1793577600", "end_time": "1793664000", "filters": "a==b"}),
        ("sessions", {"start_time": "2026-11-02", "end_time": "2026-11-03"}),
        ("sessions", {"start_time": "2026-11-02T00:00:00"}),
        ("recordings", {"start_time": "1793577600"}),
        ("livestreams", {"end_time": "2026-11-31T00:00:00Z"}),
        ("sessions", {"page_no": "-1"}),
        ("sessions", {"page_no": "1.5"}),
        ("sessions", {"sort_order": "DSC"}),
        ("sessions", {"sort_by": "minutes_consumed"}),
        ("sessions", {"status": "ended"}),
        ("sessions", {"participants": "10"}),
        ("sessions", {"limit": "10"}),
        ("recordings", {"expired": "True"}),
        ("recordings", {"status": "UPLOADED,DONE"}),
        ("livestreams", {"sort_order": "DESC"}),
    ],
)
def test_what_is_not_right_is_refused_in_the_service_s_own_envelope(cloud: Cloud, path: str, query: Named) -> None:
    status, body = cloud.refused(f"{KIT}/{path}", query)
    assert status == 400
    assert body == {"success": False, "error": {"code": 400, "message": body["error"]["message"]}}


def test_pages_count_from_one_and_page_0_is_page_1(cloud: Cloud) -> None:
    first, zero, last, beyond = (
        cloud.json(f"{KIT}/sessions", {**SPAN, "per_page": "7", "page_no": number}) for number in ("1", "0", "7", "8")
    )
    assert zero == first
    total = first["paging"]["total_count"]
    assert first["paging"] == {"total_count": total, "start_offset": 1, "end_offset": 7}
    assert last["paging"] == {"total_count": total, "start_offset": 43, "end_offset": total}
    assert beyond["data"]["sessions"] == []


def test_lists_are_narrowed_and_ordered(cloud: Cloud, sessions: list[Any], recordings: list[Any]) -> None:
    def asked(path: str, *names: str, **query: str) -> list[Any]:
        return list(cloud.pages(f"{KIT}/{path}", {**SPAN, "per_page": "50", **query}, *names))

    some = asked("sessions", "data", "sessions", associated_id=TOWN_HALL.id)
    assert [each["id"] for each in some] == [e["id"] for e in sessions if e["associated_id"] == TOWN_HALL.id] != []
    spent = [e["minutes_consumed"] for e in asked("sessions", "data", "sessions", sort_by="minutesConsumed")]
    assert spent == sorted(spent, reverse=True)
    small = asked("sessions", "data", "sessions", participants="1:4", status="ENDED")
    assert {e["id"] for e in small} == {
        e.id for e in sessions_between(FIRST, NOW_MS) if len(e.people) <= 4 and e.end <= NOW_MS
    }
    assert asked("sessions", "data", "sessions", search="été")[0]["meeting_display_name"] == "Interviews: été"
    failed = asked("recordings", "data", status="ERRORED,RECORDING")
    assert {each["status"] for each in failed} == {"ERRORED", "RECORDING"}
    assert failed == [each for each in recordings if each["status"] in ("ERRORED", "RECORDING")]
    repeated = cloud.json(f"{KIT}/recordings", {**SPAN, "status": ["ERRORED", "RECORDING"]})
    assert repeated["data"] == failed
    gone, kept = (asked("recordings", "data", expired=each) for each in ("true", "false"))
    assert len(gone) + len(kept) == len(recordings)
    assert gone[0]["download_url_expiry"] <= "2026-11-18T11:06:40.000Z"
    assert [e["invoked_time"] for e in asked("recordings", "data", sort_order="ASC")] == sorted(
        e["invoked_time"] for e in recordings
    )


def test_a_failed_recording_has_nulls_where_there_is_nothing(cloud: Cloud, recordings: list[Any]) -> None:
    failed = held(recordings, status="ERRORED")
    assert {name for name, value in failed.items() if value is None} == {
        "started_time", "stopped_time", "file_size", "download_url", "download_url_expiry", "audio_download_url"
    }  # fmt: skip
    one = cloud.json(f"{KIT}/recordings/{failed['id']}")["data"]
    assert {name: failed[name] for name in one if name != "start_reason"} == {
        name: one[name] for name in one if name != "start_reason"
    }


def test_a_session_and_its_people_add_up(cloud: Cloud, sessions: list[Any]) -> None:
    hall = held(sessions, associated_id=TOWN_HALL.id, status="ENDED")
    path = f"{KIT}/sessions/{hall['id']}"
    assert cloud.json(path)["data"] == hall
    people = list(cloud.pages(f"{path}/participants", {"per_page": "200"}, "data", "participants"))
    assert len(people) == len({each["id"] for each in people}) > 200
    assert sum(each["duration"] for each in people) == hall["minutes_consumed"]
    first = cloud.json(f"{path}/participants")["data"]
    assert first["paging"] == {"total_count": len(people), "start_offset": 1, "end_offset": 25}
    for bad in ("0", "201"):
        status = cloud.raw(f"{path}/participants", {"per_page": bad}).status_code
        assert (bad, status) in {("0", 400), ("201", 400)}
    one = cloud.json(f"{path}/participants/{people[3]['id']}", {"include_peer_events": "true"})["data"]["participant"]
    events = one.pop("peer_events")
    assert one == people[3]
    assert [each["event_name"] for each in events] == ["PEER_CREATED", "PEER_JOINING", "PEER_LEAVING"]
    report = cloud.json(f"{KIT}/sessions/peer-report/{events[0]['peer_id']}", {"filters": "device_info"})
    person = report["data"]["participant"]
    assert (person["id"], person["duration"], person["session_id"]) == (one["id"], one["duration"], hall["id"])
    assert list(person["peer_report"]["metadata"]) == ["device_info"]


def test_breakout_rooms_are_told_on_request_and_consolidated_with_the_view(cloud: Cloud, sessions: list[Any]) -> None:
    workshop = next(
        each
        for each in sessions
        if each["associated_id"] == WORKSHOP.id
        and cloud.json(f"{KIT}/sessions/{each['id']}", {"include_breakout_rooms": "true"})["data"]["breakout_rooms"]
    )
    path = f"{KIT}/sessions/{workshop['id']}"
    assert "breakout_rooms" not in cloud.json(path)["data"]
    rooms = cloud.json(path, {"include_breakout_rooms": "true"})["data"]["breakout_rooms"]
    raw, whole = (
        sum(each["duration"] for each in cloud.json(f"{path}/participants", {"view": view})["data"]["participants"])
        for view in ("raw", "consolidated")
    )
    assert whole - raw == sum(room["minutes_consumed"] for room in rooms) > 0
    assert cloud.json(f"{KIT}/sessions/{rooms[0]['id']}")["data"] == rooms[0]


def test_files_of_a_session_are_links_once_it_is_over(cloud: Cloud, sessions: list[Any]) -> None:
    over, live = held(sessions, status="ENDED"), held(sessions, status="LIVE")
    assert set(cloud.json(f"{KIT}/sessions/{over['id']}/chat")["data"]) == {
        "chat_download_url", "chat_download_url_expiry"
    }  # fmt: skip
    assert set(cloud.json(f"{KIT}/sessions/{over['id']}/summary")["data"]) == {
        "sessionId", "summaryDownloadUrl", "summaryDownloadUrlExpiry"
    }  # fmt: skip
    link = cloud.json(f"{KIT}/sessions/{over['id']}/transcript", {"format": "VTT"})["data"]["transcript_download_url"]
    assert "transcript.vtt" in link
    for name in ("chat", "summary", "transcript"):
        assert cloud.refused(f"{KIT}/sessions/{live['id']}/{name}")[0] == 404


def test_livestreams_by_day_overall_and_listed_are_the_same_ones(cloud: Cloud, livestreams: list[Any]) -> None:
    asked = {"start_time": str(FIRST // 1000), "end_time": str(NOW_MS // 1000)}
    days = cloud.json(f"{KIT}/analytics/livestreams/daywise", asked)["data"]
    overall = cloud.json(f"{KIT}/analytics/livestreams/overall", asked)["data"]
    truth = list(livestreams_between(FIRST, NOW_MS))
    assert overall["count"] == len(livestreams) == len(truth)
    assert overall == {name: sum(day[name] for day in days) for name in overall}
    assert overall["total_ingest_seconds"] == sum(b.ingest(NOW_MS) for each in truth for b in each.aired(NOW_MS))
    nowhere = next(day for day in days if day["date"] is None)
    assert nowhere["count"] == sum(each["status"] == "ERRORED" for each in livestreams) > 0
    assert nowhere["total_ingest_seconds"] == 0


def test_a_livestream_its_sessions_and_its_meeting(cloud: Cloud, livestreams: list[Any], sessions: list[Any]) -> None:
    live = held(livestreams, status="LIVE", meeting_id=BRIDGE.id)
    assert live["stream_key"]
    whole = cloud.json(f"{KIT}/livestreams/{live['id']}")
    assert whole["data"]["livestream"] == live
    on_air = whole["data"]["sessions"][0]
    assert on_air["stopped_time"] is None
    assert cloud.json(f"{KIT}/livestreams/{live['id']}/active-livestream-session")["data"] == {
        "livestream": live,
        "session": on_air,
    }
    assert cloud.json(f"{KIT}/livestreams/sessions/{on_air['id']}")["data"] == on_air
    assert cloud.json(f"{KIT}/meetings/{BRIDGE.id}/active-livestream")["data"] == live
    assert cloud.json(f"{KIT}/meetings/{BRIDGE.id}/livestream") == whole
    bridge = held(sessions, associated_id=BRIDGE.id, status="LIVE")
    assert cloud.json(f"{KIT}/sessions/{bridge['id']}/livestream-sessions")["data"] == {
        "data": [on_air],
        "paging": {"total_count": 1, "start_offset": 1, "end_offset": 1},
    }
    alone = cloud.json(f"{KIT}/livestreams", {**SPAN, "exclude_meetings": "true"})
    assert {each["meeting_id"] for each in alone["data"]} == {None}


def test_what_is_not_there_is_404_in_the_service_s_envelope(cloud: Cloud, livestreams: list[Any]) -> None:
    idle = held(livestreams, status="IDLE")
    nobody = "b01d6e00-0000-4000-8000-0000000000ff"
    tomorrow = sessions_of(NOW_MS // DAY + 1)[0]
    for path in (
        f"sessions/{nobody}", f"sessions/{tomorrow.id}", f"sessions/{nobody}/participants", f"recordings/{nobody}",
        f"sessions/peer-report/{nobody}", f"livestreams/{nobody}", f"livestreams/sessions/{nobody}",
        f"livestreams/{idle['id']}/active-livestream-session", f"meetings/{nobody}/livestream",
        f"meetings/{TOWN_HALL.id}/active-livestream", f"recordings/active-recording/{TOWN_HALL.id}",
    ):  # fmt: skip
        status, body = cloud.refused(f"{KIT}/{path}")
        assert (status, body["error"]["code"]) == (404, 404), path
    assert cloud.json(f"{KIT}/recordings/active-recording/{BRIDGE.id}")["data"]["status"] == "RECORDING"


def test_now_is_what_the_job_pretends() -> None:
    for early in running(today=1_793_577_600.0):  # two minutes before anybody met on Monday
        data = early.json(f"{KIT}/analytics/daywise", DAYS)["data"]
        assert data == {"session_stats": {"sessions_count": 0, "sessions_minutes_consumed": 0}}
        assert early.json(f"{KIT}/sessions", SPAN)["data"]["sessions"] == []
