"""The sandbox's live services are true to the universe: who watches, beacons, server nodes (kaltura.md §10, §13)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from sandbox_caller import NOW, Clock
from service_asker import AIR, LIVE, TOWN, At, page, refusal, running, where

from reportrunner.sandbox import SANDBOX_ADMIN_SECRET, Sandbox, child_secret
from reportrunner.sandbox.accounts import CHILDREN, account_events


@pytest.fixture(scope="module")
def at() -> Iterator[At]:
    yield from running()


# --- liveReports.getEvents


def timeline(at: At, now: float, **fields: object) -> list[tuple[int, int, int]]:
    form = {"reportType": "ENTRY_TIME_LINE", **where(objectType="KalturaLiveReportInputFilter", **fields)}
    (graph,) = at.ask("liveReports.getEvents", {**form, "responseOptions[delimiter]": "|"}, now)
    assert (graph["id"], graph["objectType"]) == ("audience", "KalturaReportGraph")
    assert graph["data"].endswith(";") or not graph["data"]
    found = [tuple(int(number) for number in row.split(",")) for row in graph["data"].split(";")[:-1]]
    return [(at, live, delayed) for at, live, delayed in found]


def watching(entry_ids: set[str], start: int, end: int, partner: int = 10042) -> list[tuple[int, int, int]]:
    """The truth, bucket by bucket, straight from the plays."""
    plays = account_events(partner, frozenset(entry_ids), start - 7200, end)
    found = []
    for bucket in range(start, end, 10):
        inside = Counter(p.playback for p in plays if p.at < bucket + 10 and p.at + p.watched > bucket)
        if inside:
            found.append((bucket, inside["live"], inside["dvr"]))
    return found


def test_live_events_are_the_truth_in_ten_second_buckets(at: At) -> None:
    found = timeline(at, AIR + 3600, entryIds=TOWN, fromTime=AIR - 600, toTime=AIR + 1207)
    assert found == watching({TOWN}, AIR - 600, AIR + 1210)  # the bucket in which toTime lies is told
    assert all(moment % 10 == 0 for moment, _, _ in found)
    assert found[0][0] >= AIR
    assert {live > 0 for _, live, _ in found} == {delayed > 0 for _, _, delayed in found[-20:]} == {True}


def test_what_is_live_is_live_on_the_day_of_the_job_and_sessions_are_of_the_real_day() -> None:
    clock = Clock()
    clock.now = NOW + 300 * 86_400
    with Sandbox(clock=clock, today=lambda: AIR + 1000) as sandbox:
        found = At(sandbox, clock)
        there = clock.now
        relative = {"entryIds": TOWN, "fromTime": -110, "toTime": -20, "live": 1}
        assert timeline(found, there, **relative) == watching({TOWN}, AIR + 890, AIR + 990) != []
        nodes = found.ask("entryServerNode.list", where(entryIdEqual=TOWN), there)["objects"]
        assert [node["status"] for node in nodes] == [1, 2]
        log = {"relatedObjectTypeIn": 4, "objectIdIn": TOWN, "indexTypeEqual": "Log", "eventTypeIn": "0_healthData"}
        (beacon,) = found.ask("beacon_beacon.list", where(**log) | page(1), there)["objects"]
        assert beacon["updatedAt"] == AIR + 960
        expiring = {"secret": SANDBOX_ADMIN_SECRET, "partnerId": "10042", "type": "2", "expiry": "60"}
        ks = found.caller.json("session.start", expiring)
        assert found.ask("category.list", {"ks": ks}, there + 30)["totalCount"] == 6
        assert refusal(found.ask("category.list", {"ks": ks}, there + 61))[0] == "INVALID_KS"


def test_live_events_start_is_aligned_down_and_the_end_is_cut_at_now(at: At) -> None:
    now = AIR + 905
    found = timeline(at, now, entryIds=TOWN, fromTime=AIR + 603, toTime=now + 5000)
    assert found == watching({TOWN}, AIR + 600, AIR + 900)
    assert (found[0][0], found[-1][0]) == (AIR + 600, AIR + 890)


def test_live_events_take_times_relative_to_now(at: At) -> None:
    now = AIR + 1000
    assert timeline(at, now, entryIds=TOWN, fromTime=-110, toTime=-20) == watching({TOWN}, now - 110, now - 10) != []


def test_live_events_of_several_entries_are_summed_and_ids_are_split_at_commas(at: At) -> None:
    both = {"entryIds": "1_town1,1_earn1", "fromTime": AIR, "toTime": AIR + 900}
    assert timeline(at, AIR + 900, **both) == watching({TOWN, "1_earn1"}, AIR, AIR + 900)
    assert timeline(at, AIR + 900, **{**both, "entryIds": "1_town1|1_earn1"}) == []


def test_live_one_keeps_entries_on_air_now_and_their_delayed_viewers(at: At) -> None:
    window = {"entryIds": ",".join(LIVE), "fromTime": AIR, "toTime": AIR + 1800}
    on_air = timeline(at, AIR + 5000, live=1, **window)  # the briefing of 45 and the questions of 30 minutes are over
    assert on_air == watching({TOWN}, AIR, AIR + 1810)
    assert any(delayed for _, _, delayed in on_air)
    assert timeline(at, AIR + 5000, **window) == watching(set(LIVE), AIR, AIR + 1810) != on_air
    assert timeline(at, AIR + 86_400, live=1, **window) == []
    assert refusal(
        at.ask("liveReports.getEvents", {"reportType": "ENTRY_TIME_LINE", **where(entryIds=TOWN, live=2)})
    ) == ("INVALID_ENUM_VALUE", {"ENUM_VAL": "2", "PARAM_NAME": "live", "ENUM_TYPE": "KalturaNullableBoolean"})


def test_live_events_end_after_10000_rows(at: At) -> None:
    found = timeline(at, AIR, entryIds=TOWN, fromTime=AIR - 40 * 7 * 86_400, toTime=AIR)
    assert len(found) == 10_000
    first, last = found[0][0], found[-1][0]
    assert first - AIR < -39 * 7 * 86_400
    assert found[:300] == watching({TOWN}, first, found[299][0] + 10)
    assert found[-50:] == watching({TOWN}, found[-50][0], last + 10)


@pytest.mark.parametrize("times", [{}, {"fromTime": AIR}, {"toTime": AIR}, {"fromTime": AIR, "toTime": AIR - 3600}])
def test_live_events_without_a_usable_window_are_empty(at: At, times: dict[str, int]) -> None:
    assert timeline(at, AIR + 900, entryIds=TOWN, **times) == []


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("PARTNER_TOTAL", "LIVE_REPORTS_WS_FAILURE"),
        ("ENTRY_TOTAL", "LIVE_REPORTS_WS_FAILURE"),
        ("ENTRY_GEO_TIME_LINE", "ANALYTICS_UNSUPPORTED_QUERY"),
        ("ENTRY_SYNDICATION_TOTAL", "ANALYTICS_UNSUPPORTED_QUERY"),
        ("entry_time_line", "INVALID_ENUM_VALUE"),
    ],
)
def test_other_live_reports_are_refused(at: At, kind: str, code: str) -> None:
    assert refusal(at.ask("liveReports.getEvents", where(entryIds=TOWN), reportType=kind))[0] == code


def test_live_events_need_their_report_type_and_are_never_unfiltered(at: At) -> None:
    assert refusal(at.ask("liveReports.getEvents"))[1] == {"PARAM_NAME": "reportType"}
    assert "not simulated" in at.ask("liveReports.getEvents", reportType="ENTRY_TIME_LINE")["message"]


def test_a_child_account_counts_its_own_viewers(at: At) -> None:
    child = CHILDREN[2]
    ks = at.caller.json("session.start", secret=child_secret(child), partnerId=child, type=2)
    window = {"entryIds": TOWN, "fromTime": str(AIR), "toTime": str(AIR + 900)}
    (graph,) = at.ask("liveReports.getEvents", where(**window), AIR + 900, ks=ks, reportType="ENTRY_TIME_LINE")
    truth = watching({TOWN}, AIR, AIR + 900, child)
    assert graph["data"] == "".join(f"{moment},{live},{delayed};" for moment, live, delayed in truth)
    assert 0 < len(truth) <= len(watching({TOWN}, AIR, AIR + 900))


# --- beacons and server nodes


def beacons(at: At, now: float = AIR + 1800, **fields: object) -> list[dict[str, Any]]:
    form = {**where(relatedObjectTypeIn=4, **fields), **page(500)}
    answer = at.ask("beacon_beacon.list", form, now)
    assert answer["objectType"] == "KalturaBeaconListResponse"
    found = answer.get("objects", [])
    assert answer["totalCount"] >= len(found)
    return list(found)


def test_row_20_a_lower_case_index_is_an_enum_error(at: At) -> None:
    asked = where(relatedObjectTypeIn=4, indexTypeEqual="log")
    wanted = {"ENUM_VAL": "log", "PARAM_NAME": "indexTypeEqual", "ENUM_TYPE": "KalturaBeaconIndexType"}
    assert refusal(at.ask("beacon_beacon.list", asked)) == ("INVALID_ENUM_VALUE", wanted)


def test_beacons_need_a_related_object_type_and_say_so_with_spaces(at: At) -> None:
    error = at.ask("beacon_beacon.list", where(indexTypeEqual="Log"))
    assert refusal(error) == ("MISSING MANDATORY PARAMETER RELATED OBJECT TYPE", [])
    assert at.ask("beacon_beacon.list", where(relatedObjectTypeEqual=1)) == {
        "totalCount": 0,
        "objectType": "KalturaBeaconListResponse",
    }
    assert at.ask("beacon_beacon.list", where(relatedObjectTypeEqual=4))["totalCount"] > 0
    assert refusal(at.ask("beacon_beacon.list", where(relatedObjectTypeEqual=9)))[1]["ENUM_TYPE"] == (
        "KalturaBeaconObjectTypes"
    )


def test_health_is_a_json_document_inside_a_string(at: At) -> None:
    found = beacons(at, indexTypeEqual="Log", objectIdIn=TOWN, eventTypeIn="0_healthData")
    assert {(one["eventType"], one["objectId"], one["indexType"]) for one in found} == {("0_healthData", TOWN, "Log")}
    assert len({one["id"] for one in found}) == len(found)
    severities: Counter[int] = Counter()
    for one in found:
        said = json.loads(one["privateData"])
        severities[said["maxSeverity"]] += 1
        assert [alert.keys() for alert in said["alerts"]] == [{"Time", "Code", "Arguments"}] * bool(said["maxSeverity"])
        assert all(alert["Time"] == one["updatedAt"] for alert in said["alerts"])
    assert set(severities) == {0, 1, 2, 3, 4}
    assert severities[0] > sum(severities.values()) / 2


def test_the_log_runs_a_minute_at_a_time_until_now(at: At) -> None:
    found = beacons(at, indexTypeEqual="Log", objectIdIn=TOWN, updatedAtGreaterThanOrEqual=AIR)
    assert [one["updatedAt"] for one in found] == [m for m in range(AIR + 1800, AIR - 1, -60) for _ in range(2)]
    assert {one["eventType"] for one in found} == {"0_healthData", "1_healthData"}
    oldest = beacons(at, indexTypeEqual="Log", objectIdIn=TOWN, updatedAtLessThanOrEqual=-1800, orderBy="+updatedAt")
    assert oldest[0]["updatedAt"] == AIR - 21 * 86_400 - 3600  # eleven o'clock in summer time


def test_the_state_holds_the_latest_of_each_event(at: At) -> None:
    found = beacons(at, now=AIR + 1805, indexTypeEqual="State", objectIdIn="1_town1,1_quest1", orderBy="+objectId")
    kinds = {f"{stream}_{kind}Data" for stream in (0, 1) for kind in ("health", "static", "dynamic")}
    assert [one["objectId"] for one in found] == ["1_quest1"] * 6 + ["1_town1"] * 6
    assert {one["eventType"] for one in found} == kinds
    assert {one["updatedAt"] for one in found} == {AIR + 1800}
    said = {one["eventType"]: json.loads(one["privateData"]) for one in found}
    assert said["0_staticData"].keys() == {"encoder", "width", "height"}
    assert said["1_dynamicData"].keys() == {"bitrate", "frameRate"}


def test_an_unknown_order_of_beacons_is_the_default_one(at: At) -> None:
    asked: dict[str, Any] = {"indexTypeEqual": "Log", "objectIdIn": TOWN}
    assert (
        beacons(at, **asked) == beacons(at, orderBy="-updatedAt", **asked) == beacons(at, orderBy=" updatedAt", **asked)
    )
    assert beacons(at, orderBy="+updatedAt", **asked) != beacons(at, **asked)


def test_beacons_without_an_index_come_from_both(at: At) -> None:
    found = beacons(at, objectIdIn=TOWN, updatedAtGreaterThanOrEqual=AIR + 1800)
    assert Counter(one["indexType"] for one in found) == {"Log": 2, "State": 6}


def nodes(at: At, now: float, **fields: object) -> list[tuple[str, int, str]]:
    answer = at.ask("entryServerNode.list", where(**fields), now)
    found = answer.get("objects", [])
    assert answer["totalCount"] == len(found)
    return [(one["entryId"], one["status"], one["serverType"]) for one in found]


def test_server_nodes_say_what_is_on_air(at: At) -> None:
    assert nodes(at, AIR + 60, entryIdEqual=TOWN) == [(TOWN, 1, "0"), (TOWN, 2, "1")]
    assert nodes(at, AIR + 5400, entryIdEqual=TOWN) == [(TOWN, 4, "0"), (TOWN, 4, "1")]
    assert nodes(at, AIR + 9000, entryIdEqual=TOWN) == nodes(at, NOW, entryIdEqual=TOWN) == []
    assert nodes(at, AIR + 60, entryIdIn="1_town1,1_earn1", statusEqual=1) == [(TOWN, 1, "0"), ("1_earn1", 1, "0")]
    assert len(nodes(at, AIR + 60, entryIdIn="1_town1,")) == 2
    assert nodes(at, AIR + 60, serverTypeIn="1", createdAtLessThanOrEqual=AIR - 1) == []
    assert len(nodes(at, AIR + 60, serverTypeIn="1")) == 3


def test_the_total_of_server_nodes_is_that_of_the_page(at: At) -> None:
    answer = at.ask("entryServerNode.list", page(4), AIR + 65)
    assert {(one["createdAt"], one["updatedAt"]) for one in answer["objects"]} == {(AIR, AIR + 60)}
    assert (answer["totalCount"], len(answer["objects"])) == (4, 4)
    assert at.ask("entryServerNode.list", page(4, 2), AIR + 60)["totalCount"] == 2
    assert at.ask("entryServerNode.list", now=NOW) == {
        "totalCount": 0,
        "objectType": "KalturaEntryServerNodeListResponse",
    }


@pytest.mark.parametrize("field", ["entryIdEqual", "entryIdIn"])
def test_server_nodes_of_an_unknown_entry_are_an_error(at: At, field: str) -> None:
    assert refusal(at.ask("entryServerNode.list", where(**{field: "1_none"}))) == (
        "ENTRY_ID_NOT_FOUND",
        {"ENTRY_ID": "1_none"},
    )
