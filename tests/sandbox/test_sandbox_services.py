"""The sandbox's other Kaltura services: true to the universe, strict, traps included (kaltura.md §1, §3, §10, §13)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from sandbox_caller import KS, NOW, WEEK, Caller, Clock, multi, total_in

from reportrunner.sandbox import SANDBOX_ADMIN_SECRET, SANDBOX_KS, Faults, Sandbox, child_secret
from reportrunner.sandbox.accounts import CHILDREN, account_events
from reportrunner.sandbox.library import captions, items
from reportrunner.sandbox.universe import entries, events

AIR = 1_795_017_600  # Wednesday 2026-11-18, 11:00 in New York
TOWN = "1_town1"
LIVE = ("1_town1", "1_earn1", "1_quest1")
ANA = "ana.berg@example.org"


class At:
    """One sandbox whose clock a test sets, and its caller."""

    def __init__(self, sandbox: Sandbox, clock: Clock) -> None:
        self.clock = clock
        self.caller = Caller(sandbox)

    def ask(self, call: str, form: dict[str, str] | None = None, now: float = NOW, **more: object) -> Any:
        self.clock.now = now
        return self.caller.json(call, {**KS, **(form or {})}, **more)


@pytest.fixture(scope="module")
def at() -> Iterator[At]:
    clock = Clock()
    with Sandbox(clock=clock) as sandbox:
        yield At(sandbox, clock)


@pytest.fixture
def fresh() -> Iterator[At]:
    clock = Clock()
    with Sandbox(clock=clock) as sandbox:
        yield At(sandbox, clock)


@pytest.fixture(scope="module")
def large() -> Iterator[At]:
    clock = Clock()
    with Sandbox(clock=clock, faults=Faults(library=12_000)) as sandbox:
        yield At(sandbox, clock)


def where(**fields: object) -> dict[str, str]:
    return {f"filter[{name}]": str(value) for name, value in fields.items()}


def page(size: object, index: object = 1) -> dict[str, str]:
    return {"pager[pageSize]": str(size), "pager[pageIndex]": str(index)}


def ids(answer: Any) -> list[str]:
    return [one["id"] for one in answer.get("objects", [])]


def refusal(answer: Any) -> tuple[str, Any]:
    assert answer["objectType"] == "KalturaAPIException", answer
    return answer["code"], answer["args"]


# --- names


def test_row_01_without_format_a_list_is_xml(at: At) -> None:
    reply = at.caller.raw("baseEntry.list", KS, page(1))
    assert reply.headers["Content-Type"] == "text/xml"
    assert "<result><objectType>KalturaBaseEntryListResponse</objectType><objects><item><objectType>" in reply.text


def test_row_02_a_json_body_counts_only_with_the_exact_content_type(at: At) -> None:
    body = json.dumps({"ks": SANDBOX_KS, "filter": {"idIn": "1_gdpr1"}, "format": 1})
    path = "/api_v3/service/baseEntry/action/list?format=1"
    assert ids(at.caller.post(path, body, Content_Type="APPLICATION/json").json()) == ["1_gdpr1"]
    ignored = at.caller.post(path, body, Content_Type="application/json;charset=utf-8").json()
    assert ignored["code"] == "MISSING_KS"


def test_row_13_a_blocked_service_stays_blocked_for_its_seconds() -> None:
    clock = Clock()
    with Sandbox(clock=clock, faults=Faults(blocked_seconds=10)) as sandbox:
        at = At(sandbox, clock)
        assert refusal(at.ask("category.list")) == (
            "ACTION_BLOCKED",
            {"ACTION_NAME": "list", "SERVICE_NAME": "category"},
        )
        assert refusal(at.ask("category.list", now=NOW + 9))[0] == "ACTION_BLOCKED"
        assert at.ask("category.list", now=NOW + 10)["totalCount"] == 6


@pytest.mark.parametrize(
    "name", ["beacon", "eventNotificationTemplate", "entryVendorTask", "captionAsset", "eSearch", "appTokens"]
)
def test_row_19_a_bare_plugin_name_does_not_exist(at: At, name: str) -> None:
    assert refusal(at.ask(f"{name}.list")) == ("SERVICE_DOES_NOT_EXISTS", {"SRV_NAME": name})


@pytest.mark.parametrize(
    ("service", "action"),
    [("thumbAsset", "addFromEntry"), ("liveReports", "getEvent"), ("elasticsearch_esearch", "search")],
)
def test_row_19_an_action_that_does_not_exist(at: At, service: str, action: str) -> None:
    wanted = {"ACTION_NAME": action, "SERVICE_NAME": service}
    assert refusal(at.ask(f"{service}.{action}")) == ("ACTION_DOES_NOT_EXISTS", wanted)


@pytest.mark.parametrize(
    "call", ["liveReports.exportToCsv", "baseEntry.get", "appToken.list", "session.impersonateByKs"]
)
def test_an_action_that_exists_and_is_not_simulated_says_so(at: At, call: str) -> None:
    error = at.ask(call)
    assert error["code"] == "INTERNAL_SERVERL_ERROR"
    assert error["message"].endswith(f"(sandbox: {call} is not simulated)")


def test_names_are_case_insensitive_and_logged_as_the_provider_spells_them(at: At) -> None:
    assert ids(at.ask("BASEENTRY.List", where(idEqual=TOWN))) == [TOWN]
    assert at.ask("Caption_CaptionASSET.LIST", where(entryIdEqual=TOWN))["totalCount"] == 0
    assert [record.action for record in at.caller.sandbox.log[-2:]] == ["baseEntry.list", "caption_captionAsset.list"]


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
    assert found == watching({TOWN}, AIR - 600, AIR + 1200)
    assert all(moment % 10 == 0 for moment, _, _ in found)
    assert found[0][0] >= AIR
    assert {live > 0 for _, live, _ in found} == {delayed > 0 for _, _, delayed in found[-20:]} == {True}


def test_live_events_start_is_aligned_down_and_the_end_is_cut_at_now(at: At) -> None:
    now = AIR + 905
    found = timeline(at, now, entryIds=TOWN, fromTime=AIR + 603, toTime=now + 5000)
    assert found == watching({TOWN}, AIR + 600, AIR + 900)
    assert (found[0][0], found[-1][0]) == (AIR + 600, AIR + 890)


def test_live_events_take_times_relative_to_now(at: At) -> None:
    now = AIR + 1000
    assert timeline(at, now, entryIds=TOWN, fromTime=-110, toTime=-20) == watching({TOWN}, now - 110, now - 20) != []


def test_live_events_of_several_entries_are_summed_and_ids_are_split_at_commas(at: At) -> None:
    both = {"entryIds": "1_town1,1_earn1", "fromTime": AIR, "toTime": AIR + 900}
    assert timeline(at, AIR + 900, **both) == watching({TOWN, "1_earn1"}, AIR, AIR + 900)
    assert timeline(at, AIR + 900, **{**both, "entryIds": "1_town1|1_earn1"}) == []


def test_live_one_keeps_entries_on_air_now_and_their_delayed_viewers(at: At) -> None:
    window = {"entryIds": ",".join(LIVE), "fromTime": AIR, "toTime": AIR + 1800}
    on_air = timeline(at, AIR + 5000, live=1, **window)  # the briefing of 45 and the questions of 30 minutes are over
    assert on_air == watching({TOWN}, AIR, AIR + 1800)
    assert any(delayed for _, _, delayed in on_air)
    assert timeline(at, AIR + 5000, **window) == watching(set(LIVE), AIR, AIR + 1800) != on_air
    assert timeline(at, AIR + 86_400, live=1, **window) == []
    assert refusal(
        at.ask("liveReports.getEvents", {"reportType": "ENTRY_TIME_LINE", **where(entryIds=TOWN, live=2)})
    ) == ("INVALID_ENUM_VALUE", {"ENUM_VAL": "2", "PARAM_NAME": "live", "ENUM_TYPE": "KalturaNullableBoolean"})


def test_live_events_end_after_10000_rows(at: At) -> None:
    found = timeline(at, AIR, entryIds=TOWN, fromTime=AIR - 40 * 7 * 86_400, toTime=AIR)
    assert len(found) == 10_000
    assert found == watching({TOWN}, found[0][0], found[-1][0] + 10)


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
    assert nodes(at, AIR + 60, serverTypeIn="1", createdAtLessThanOrEqual=AIR - 1) == []
    assert len(nodes(at, AIR + 60, serverTypeIn="1")) == 3


def test_the_total_of_server_nodes_is_that_of_the_page(at: At) -> None:
    answer = at.ask("entryServerNode.list", page(4), AIR + 60)
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


# --- entries and categories


def test_the_library_is_the_account_and_the_newest_comes_first(at: At) -> None:
    answer = at.ask("baseEntry.list")
    assert ids(answer) == [entry.entry_id for entry in sorted(entries(), key=lambda e: e.created_at, reverse=True)]
    assert answer["totalCount"] == 16
    assert answer["objects"][0]["objectType"] == "KalturaLiveStreamEntry"
    (gdpr,) = at.ask("baseEntry.list", where(idEqual="1_gdpr1"))["objects"]
    (truth,) = (entry for entry in entries() if entry.entry_id == "1_gdpr1")
    assert gdpr == {
        "id": "1_gdpr1",
        "name": truth.name,
        "partnerId": 10042,
        "userId": truth.owner,
        "creatorId": truth.owner,
        "tags": "course, compliance",
        "categories": "Compliance>Privacy",
        "categoriesIds": "4002",
        "status": "2",
        "type": "1",
        "createdAt": truth.created_at,
        "updatedAt": truth.created_at,
        "duration": truth.duration,
        "msDuration": truth.duration * 1000,
        "mediaType": 1,
        "sourceType": "1",
        "objectType": "KalturaMediaEntry",
    }


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"idIn": "1_gdpr1,1_fire1,0_none,"}, ["1_fire1", "1_gdpr1"]),
        ({"idIn": "1_gdpr1|1_fire1"}, []),
        ({"categoriesIdsMatchOr": "4002"}, ["1_priv1", "1_gdpr2", "1_gdpr1"]),
        (
            {"categoriesIdsMatchOr": "4002,4003", "idNotIn": "1_priv1"},
            ["1_acce1", "1_ergo1", "1_fire1", "1_gdpr2", "1_gdpr1"],
        ),
        ({"nameLike": "GDPR", "orderBy": "+name"}, ["1_gdpr1"]),
        ({"nameEqual": "Fire safety"}, ["1_fire1"]),
        ({"statusIn": "1,4"}, []),
        ({"createdAtLessThanOrEqual": "1551657600"}, ["1_gdpr1"]),
        ({"createdAtGreaterThanOrEqual": "1565913600"}, ["1_quest1"]),
        ({"createdAtGreaterThanOrEqual": "-86400"}, []),
        ({"categoriesIdsMatchOr": "4004", "orderBy": "+createdAt"}, list(LIVE)),
        ({"categoriesIdsMatchOr": "4004", "orderBy": " createdAt"}, list(LIVE)[::-1]),
    ],
)
def test_entries_are_filtered(at: At, fields: dict[str, str], found: list[str]) -> None:
    assert ids(at.ask("baseEntry.list", where(**fields))) == found


def test_a_category_means_everything_below_it(at: At) -> None:
    below = at.ask("baseEntry.list", where(categoriesIdsMatchOr="4001"))["totalCount"]
    assert below == 9
    listed = {one["id"]: one for one in at.ask("category.list")["objects"]}
    assert (listed[4001]["entriesCount"], listed[4001]["directEntriesCount"]) == (9, 3)
    assert (listed[4002]["fullName"], listed[4002]["fullIds"], listed[4002]["depth"]) == (
        "Compliance>Privacy",
        "4001>4002",
        1,
    )
    assert sum(one["directEntriesCount"] for one in listed.values()) == 16


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"idIn": "4003,4001"}, [4001, 4003]),
        ({"parentIdEqual": "4001"}, [4002, 4003]),
        ({"fullNameStartsWith": "Compliance>"}, [4002, 4003]),
        ({"fullNameEqual": "Events"}, [4004]),
        ({"orderBy": "-name", "idIn": "4001,4002,4003"}, [4003, 4002, 4001]),
        ({"idEqual": "1"}, []),
    ],
)
def test_categories_are_filtered(at: At, fields: dict[str, str], found: list[int]) -> None:
    assert [one["id"] for one in at.ask("category.list", where(**fields)).get("objects", [])] == found


@pytest.mark.parametrize(
    ("call", "fields"),
    [
        ("baseEntry.list", {"tagsLike": "course"}),
        ("baseEntry.list", {"mediaTypeEqual": "1", "objectType": "KalturaMediaEntryFilter"}),
        ("category.list", {"tagsLike": "x"}),
        ("entryServerNode.list", {"serverNodeIdEqual": "900"}),
        ("caption_captionAsset.list", {"entryIdEqual": TOWN, "tagsLike": "x"}),
        (
            "caption_captionAsset.list",
            {"entryIdEqual": TOWN, "formatEqual": "1", "objectType": "KalturaCaptionAssetFilter"},
        ),
        ("thumbAsset.list", {"entryIdEqual": TOWN, "thumbParamsIdEqual": "1", "objectType": "KalturaThumbAssetFilter"}),
        ("reach_entryVendorTask.list", {"vendorPartnerIdEqual": "1"}),
        ("eventNotification_eventNotificationTemplate.listTemplates", {"systemNameEqual": "x"}),
    ],
)
def test_a_filter_that_is_known_and_not_simulated_is_refused(at: At, call: str, fields: dict[str, str]) -> None:
    assert "not simulated" in at.ask(call, where(**fields))["message"]


@pytest.mark.parametrize(
    ("call", "fields", "count"),
    [
        ("baseEntry.list", {"entryIdIn": "1_gdpr1"}, 16),
        ("baseEntry.list", {"mediaTypeEqual": "201"}, 16),
        ("category.list", {"idsIn": "4001"}, 6),
        ("thumbAsset.list", {"entryIdEqual": TOWN, "thumbParamsIdEqual": "1"}, 1),
    ],
)
def test_a_filter_that_the_class_lacks_is_ignored_silently(
    at: At, call: str, fields: dict[str, str], count: int
) -> None:
    assert at.ask(call, where(**fields))["totalCount"] == count


def test_pages_of_a_large_library_are_capped_at_500_silently(large: At) -> None:
    first = large.ask("baseEntry.list", page(8000))
    assert (len(first["objects"]), first["totalCount"]) == (500, 12_016)
    assert len(large.ask("baseEntry.list")["objects"]) == 30
    assert "objects" not in large.ask("baseEntry.list", page(0))
    newest = large.ask("baseEntry.list", page(2, 0))
    assert ids(newest) == ["1_lib12000", "1_lib11999"]


def test_beyond_10000_matches_a_list_fails_and_a_window_goes_on(large: At) -> None:
    assert len(large.ask("baseEntry.list", page(500, 20))["objects"]) == 500
    assert refusal(large.ask("baseEntry.list", page(500, 21)))[0] == "QUERY_EXCEEDED_MAX_MATCHES_ALLOWED"
    found: set[str] = set()
    until = 0
    for _ in range(3):
        for number in range(1, 21):
            limit = where(createdAtLessThanOrEqual=until) if until else {}
            objects = large.ask("baseEntry.list", {**page(500, number), **limit}).get("objects", [])
            found |= {one["id"] for one in objects}
            last = objects[-1]["createdAt"] if objects else until
        if last == until:
            break
        until = last
    assert found == {one.entry_id for one in items(12_000)}


def test_plain_entries_are_never_played_and_one_in_three_is_captioned(large: At) -> None:
    plain = items(12_000)[16:]
    assert len({one.entry_id for one in plain}) == 12_000
    assert events(frozenset(one.entry_id for one in plain), int(NOW) - 86_400 * 30, int(NOW)) == []
    assert Counter(Counter(one.created_at for one in plain).values()) == {3: 4000}
    captioned = sum(bool(captions(one)) for one in plain)
    assert 0.3 < captioned / len(plain) < 0.37
    assert large.ask("baseEntry.list", where(idEqual="1_lib00001"))["objects"][0]["categories"] == "Archive"


@pytest.mark.parametrize(
    ("call", "form"),
    [("baseEntry.exportToCsv", {}), ("reach_entryVendorTask.exportToCsv", where(statusEqual=1))],
)
def test_an_export_goes_to_the_address_of_the_user(at: At, call: str, form: dict[str, str]) -> None:
    assert at.ask(call, form, ks=at.caller.session(userId=ANA)) == ANA
    assert refusal(at.ask(call, form)) == ("USER_EMAIL_NOT_FOUND", {"USER_ID": ""})
    assert refusal(at.ask(call, form, ks=at.caller.session(userId="robot")))[1] == {"USER_ID": "robot"}


# --- captions and search


def test_captions_need_an_entry(at: At) -> None:
    assert refusal(at.ask("caption_captionAsset.list"))[1] == {"PARAM_NAME": "filter"}
    wanted = "KalturaAssetFilter::entryIdEqual/KalturaAssetFilter::entryIdIn"
    assert refusal(at.ask("caption_captionAsset.list", where(entryIdEqual=""))) == (
        "PROPERTY_VALIDATION_CANNOT_BE_NULL",
        {"PROP_NAME": wanted},
    )
    own = at.ask("caption_captionAsset.list", where(objectType="KalturaCaptionAssetFilter"))
    assert own["args"]["PROP_NAME"].startswith("KalturaCaptionAssetFilter::")


def test_captions_of_entries_are_those_of_the_library(large: At) -> None:
    some = items(12_000)[:60]
    asked = where(objectType="KalturaAssetFilter", entryIdIn=",".join(one.entry_id for one in some))
    answer = large.ask("caption_captionAsset.list", {**asked, **page(500)})
    truth = [(one.entry_id, caption.language) for one in some for caption in captions(one)]
    assert [(one["entryId"], one["language"]) for one in answer["objects"]] == truth
    assert answer["totalCount"] == len(truth) > 10
    assert {language for _, language in truth} == {"English", "German"}
    assert {one["isDefault"] for one in answer["objects"]} == {0, 1}
    last = answer["objects"][-1]
    assert ids(large.ask("caption_captionAsset.list", {**asked, **where(idEqual=last["id"])})) == [last["id"]]


def item(number: int, kind: str, **fields: object) -> dict[str, str]:
    start = f"searchParams[searchOperator][searchItems][{number}]"
    given = {"objectType": f"KalturaESearch{kind}Item", **fields}
    return {f"{start}[{name}]": str(value) for name, value in given.items()}


def search(at: At, *parts: dict[str, str], operator: int = 1) -> Any:
    form = {name: value for part in parts for name, value in part.items()}
    form["searchParams[objectType]"] = "KalturaESearchEntryParams"
    form["searchParams[searchOperator][operator]"] = str(operator)
    return at.ask("elasticsearch_esearch.searchEntry", form)


def hits(answer: Any) -> set[str]:
    found = {one["object"]["id"] for one in answer.get("objects", [])}
    assert answer["totalCount"] == len(found)
    return found


CAPTIONED = {one.entry_id for one in items(0) if captions(one)}
EXISTS = item(0, "Caption", fieldName="content", itemType=4)


def test_entries_with_captions_are_found_by_exists(at: At) -> None:
    assert hits(search(at, EXISTS)) == CAPTIONED
    assert hits(search(at, EXISTS, operator=3)) == {one.entry_id for one in items(0)} - CAPTIONED
    assert 0 < len(CAPTIONED) < 13


def test_starts_with_taken_for_exists_is_an_error_with_spaces_in_its_code(at: At) -> None:
    guide = item(0, "Caption", fieldName="content", itemType=3)
    assert refusal(search(at, guide)) == ("EMPTY SEARCH TERM IS NOT ALLOWED", [])


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"fieldName": "name", "itemType": 1, "searchTerm": "Fire safety"}, {"1_fire1"}),
        ({"fieldName": "name", "itemType": 1, "searchTerm": "fire"}, {"1_fire1"}),
        ({"fieldName": "name", "itemType": 1, "searchTerm": "fir"}, set()),
        ({"fieldName": "name", "itemType": 2, "searchTerm": "town gdpr"}, {"1_town1", "1_gdpr1"}),
        ({"fieldName": "name", "itemType": 3, "searchTerm": "town h"}, {"1_town1"}),
        ({"fieldName": "tags", "itemType": 1, "searchTerm": "live"}, set(LIVE)),
        ({"fieldName": "tags", "itemType": 4}, {one.entry_id for one in items(0)}),
        ({"fieldName": "id", "itemType": 1, "searchTerm": "1_gdpr2"}, {"1_gdpr2"}),
        ({"fieldName": "created_at", "itemType": 5, "range][lessThan": 1552608000}, {"1_gdpr1"}),
        ({"fieldName": "created_at", "itemType": 5, "range][greaterThanOrEqual": 1565913600}, {"1_quest1"}),
        ({"fieldName": "created_at", "itemType": 1, "searchTerm": "1551657600"}, {"1_gdpr1"}),
    ],
)
def test_entry_items_are_found(at: At, fields: dict[str, object], found: set[str]) -> None:
    assert hits(search(at, item(0, "Entry", **fields))) == found


def test_operators_nest(at: At) -> None:
    name = item(1, "Entry", fieldName="tags", itemType=1, searchTerm="live")
    both = hits(search(at, EXISTS, name, operator=2))
    assert both == CAPTIONED | set(LIVE)
    assert hits(search(at, EXISTS, name)) == set()
    inner = "searchParams[searchOperator][searchItems][1]"
    negated = {
        f"{inner}[objectType]": "KalturaESearchEntryOperator",
        f"{inner}[operator]": "3",
        **{key.replace("[searchItems][1]", "[searchItems][1][searchItems][0]"): text for key, text in name.items()},
    }
    assert hits(search(at, EXISTS, negated)) == CAPTIONED
    live = {key.replace("[searchItems][1]", "[searchItems][0]"): text for key, text in name.items()}
    assert hits(search(at, live, negated)) == set()


def test_lines_of_captions_are_shown_where_they_hit(at: At) -> None:
    answer = search(at, item(0, "Caption", fieldName="content", itemType=1, searchTerm="thank you"))
    assert hits(answer) == CAPTIONED
    for one in answer["objects"]:
        (data,) = one["itemsData"]
        assert (data["itemsType"], data["totalCount"], data["objectType"]) == (
            "caption",
            1,
            "KalturaESearchItemDataResult",
        )
        (line,) = data["items"]
        assert (line["line"], line["startsAt"], line["language"]) == ("That was all, thank you", 8000, "English")
    german = {one.entry_id for one in items(0) if len(captions(one)) == 2}
    assert hits(search(at, item(0, "Caption", fieldName="language", itemType=1, searchTerm="german"))) == german


def test_searches_are_ordered_and_paged(at: At) -> None:
    everything = item(0, "Entry", fieldName="name", itemType=4)
    order = "searchParams[orderBy][orderItems][0]"
    by_name = {f"{order}[sortField]": "name", f"{order}[sortOrder]": "asc"}
    answer = search(at, everything, by_name, page(5, 2))
    names = sorted(one.name for one in items(0))
    assert [one["object"]["name"] for one in answer["objects"]] == names[5:10]
    assert answer["totalCount"] == 16
    descending = search(at, everything, {**by_name, f"{order}[sortOrder]": "desc"})
    assert [one["object"]["name"] for one in descending["objects"]] == names[::-1]
    default = search(at, everything)["objects"]
    assert [one["object"]["id"] for one in default][:3] == list(LIVE)[::-1]


def test_more_than_10000_matches_of_a_search_are_an_error(at: At) -> None:
    assert search(at, EXISTS, page(500, 20))["totalCount"] == len(CAPTIONED)
    assert refusal(search(at, EXISTS, page(500, 21))) == ("CRITERIA EXCEEDED MAX MATCHES ALLOWED", [])
    assert refusal(search(at, EXISTS, page(10_001)))[0] == "CRITERIA EXCEEDED MAX MATCHES ALLOWED"


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        (item(0, "Entry", fieldName="name", itemType=6), "KalturaESearchItemType"),
        (item(0, "Entry", fieldName="nme", itemType=4), "KalturaESearchEntryFieldName"),
        (item(0, "Caption", fieldName="name", itemType=4), "KalturaESearchCaptionFieldName"),
        ({**EXISTS, "searchParams[orderBy][orderItems][0][sortField]": "nme"}, "KalturaESearchEntryOrderByFieldName"),
    ],
)
def test_enums_of_a_search_are_checked(at: At, part: dict[str, str], kind: str) -> None:
    code, args = refusal(search(at, part))
    assert (code, args["ENUM_TYPE"]) == ("INVALID_ENUM_VALUE", kind)
    assert refusal(search(at, EXISTS, operator=4))[1]["ENUM_TYPE"] == "KalturaESearchOperatorType"


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (item(0, "Unified", itemType=1, searchTerm="x"),),
        (item(0, "Entry", fieldName="plays", itemType=4),),
        (item(0, "Entry", fieldName="name", itemType=5),),
        (item(0, "Entry", fieldName="name"),),
        (item(0, "Entry", fieldName="created_at", itemType=5),),
        (item(0, "Caption", fieldName="start_time", itemType=4),),
        (EXISTS, {"searchParams[objectStatuses]": "2"}),
        (EXISTS, {"searchParams[orderBy][orderItems][0][sortField]": "plays"}),
    ],
)
def test_what_a_search_cannot_do_is_refused(at: At, parts: tuple[dict[str, str], ...]) -> None:
    assert "not simulated" in search(at, *parts)["message"]


def test_a_search_needs_parameters_and_items_a_type(at: At) -> None:
    assert refusal(at.ask("elasticsearch_esearch.searchEntry"))[1] == {"PARAM_NAME": "searchParams"}
    untyped = {name: value for name, value in EXISTS.items() if "objectType" not in name}
    assert refusal(search(at, untyped)) == ("OBJECT_TYPE_ABSTRACT", {"OBJECT_TYPE": "KalturaESearchEntryBaseItem"})


# --- what changes something


def ordered_task(**fields: object) -> dict[str, str]:
    given = {"objectType": "KalturaEntryVendorTask", **fields}
    return {f"entryVendorTask[{name}]": str(value) for name, value in given.items()}


def test_a_task_is_added_once_and_listed(fresh: At) -> None:
    whole = ordered_task(entryId="1_gdpr1", reachProfileId=3, catalogItemId=12, notes="please")
    made = fresh.ask("reach_entryVendorTask.add", whole)
    assert (made["status"], made["entryId"], made["createdAt"], made["notes"]) == (1, "1_gdpr1", NOW, "please")
    assert refusal(fresh.ask("reach_entryVendorTask.add", whole, NOW + 5)) == (
        "ENTRY_VENDOR_TASK_DUPLICATION",
        {"ENTRY_ID": "1_gdpr1", "CATALOG_ITEM_ID": "12"},
    )
    other = fresh.ask("reach_entryVendorTask.add", {**whole, "entryVendorTask[catalogItemId]": "13"}, NOW + 5)
    assert fresh.ask("reach_entryVendorTask.list") == {
        "objects": [other, made],
        "totalCount": 2,
        "objectType": "KalturaEntryVendorTaskListResponse",
    }
    for fields, found in (
        ({"catalogItemIdEqual": 13}, [other]),
        ({"statusIn": "2,3"}, []),
        ({"entryIdEqual": "1_gdpr1", "createdAtLessThanOrEqual": int(NOW)}, [made]),
        ({"idEqual": made["id"]}, [made]),
        ({"orderBy": "+id"}, [made, other]),
    ):
        assert fresh.ask("reach_entryVendorTask.list", where(**fields)).get("objects", []) == found
    child = {"secret": child_secret(CHILDREN[0]), "partnerId": str(CHILDREN[0]), "type": "2"}
    ks = fresh.caller.json("session.start", child)
    assert fresh.ask("reach_entryVendorTask.list", ks=ks)["totalCount"] == 0
    assert "code" not in fresh.ask("reach_entryVendorTask.add", whole, ks=ks)


@pytest.mark.parametrize("name", ["entryId", "reachProfileId", "catalogItemId"])
def test_a_task_needs_three_fields(fresh: At, name: str) -> None:
    fields = {"entryId": "1_gdpr1", "reachProfileId": 3, "catalogItemId": 12}
    del fields[name]
    assert refusal(fresh.ask("reach_entryVendorTask.add", ordered_task(**fields))) == (
        "PROPERTY_VALIDATION_CANNOT_BE_NULL",
        {"PROP_NAME": f"KalturaEntryVendorTask::{name}"},
    )
    assert fresh.ask("reach_entryVendorTask.list")["totalCount"] == 0


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"entryId": "1_none"}, "ENTRY_ID_NOT_FOUND"),
        ({"reachProfileId": "x"}, "REACH_PROFILE_NOT_FOUND"),
        ({"catalogItemId": "-1"}, "CATALOG_ITEM_NOT_FOUND"),
    ],
)
def test_a_task_for_what_does_not_exist_is_refused(fresh: At, fields: dict[str, str], code: str) -> None:
    whole = {"entryId": "1_gdpr1", "reachProfileId": "3", "catalogItemId": "12", **fields}
    assert refusal(fresh.ask("reach_entryVendorTask.add", ordered_task(**whole)))[0] == code
    assert refusal(fresh.ask("reach_entryVendorTask.add"))[1] == {"PARAM_NAME": "entryVendorTask"}


def test_a_frame_becomes_a_picture_and_the_default(fresh: At) -> None:
    def defaults() -> list[tuple[str, str]]:
        listed = fresh.ask("thumbAsset.list", where(entryIdEqual="1_gdpr1"))
        return [(one["id"], one["tags"]) for one in listed["objects"]]

    assert defaults() == [("1_gdpr1_t0", "default_thumb")]
    made = fresh.ask("thumbAsset.generate", {"thumbParams[videoOffset]": "12"}, entryId="1_gdpr1")
    assert (made["id"], made["entryId"], made["createdAt"]) == ("1_gdpr1_t1", "1_gdpr1", NOW)
    assert fresh.ask("thumbAsset.setAsDefault", thumbAssetId=made["id"]) is None
    assert defaults() == [("1_gdpr1_t0", ""), ("1_gdpr1_t1", "default_thumb")]
    both = {"entryIdIn": "1_gdpr1,1_gdpr2", "idIn": "1_gdpr1_t1,1_gdpr2_t0"}
    assert ids(fresh.ask("thumbAsset.list", where(**both))) == ["1_gdpr1_t1", "1_gdpr2_t0"]


def test_pictures_of_what_does_not_exist_are_refused(fresh: At) -> None:
    frame = {"thumbParams[videoOffset]": "12"}
    assert refusal(fresh.ask("thumbAsset.generate", frame, entryId="1_none"))[0] == "ENTRY_ID_NOT_FOUND"
    assert refusal(fresh.ask("thumbAsset.generate", entryId="1_gdpr1"))[1] == {"PARAM_NAME": "thumbParams"}
    assert refusal(fresh.ask("thumbAsset.setAsDefault", thumbAssetId="1_gdpr1_t7")) == (
        "THUMB_ASSET_ID_NOT_FOUND",
        {"THUMB_ASSET_ID": "1_gdpr1_t7"},
    )
    assert refusal(fresh.ask("thumbAsset.list"))[0] == "MISSING_MANDATORY_PARAMETER"
    assert refusal(fresh.ask("thumbAsset.list", where(idEqual="1_gdpr1_t0")))[0] == "PROPERTY_VALIDATION_CANNOT_BE_NULL"


TEMPLATES = "eventNotification_eventNotificationTemplate"


def changed(**fields: object) -> dict[str, str]:
    return {f"eventNotificationTemplate[{name}]": str(value) for name, value in fields.items()}


def test_a_template_is_cloned_and_changed_and_never_added(fresh: At) -> None:
    assert refusal(fresh.ask(f"{TEMPLATES}.add", changed(name="x"))) == (
        "SERVICE_FORBIDDEN",
        {"SERVICE": f"{TEMPLATES}->add"},
    )
    listed = fresh.ask(f"{TEMPLATES}.listTemplates", where(typeEqual="httpNotification.Http"))
    (source,) = listed["objects"]
    assert (source["partnerId"], source["eventType"], source["eventObjectType"]) == (0, "3", "1")
    assert fresh.ask(f"{TEMPLATES}.list")["totalCount"] == 0
    stranger = changed(**{"contentType][objectType": "KalturaHttpNotificationObjectData", "name": "Mine"})
    clone = fresh.ask(f"{TEMPLATES}.clone", stranger, id=source["id"])
    assert (clone["partnerId"], clone["name"], clone["createdAt"]) == (10042, "Mine", NOW)
    assert "contentType" not in clone
    asked = changed(**{"url": "https://hook.example.org", "method": 1, "data][apiObjectType": "KalturaBaseEntry"})
    after = fresh.ask(f"{TEMPLATES}.update", asked, NOW + 9, id=clone["id"])
    assert (after["url"], after["method"], after["data"]["apiObjectType"], after["updatedAt"]) == (
        *("https://hook.example.org", 1, "KalturaBaseEntry", NOW + 9),
    )
    assert fresh.ask(f"{TEMPLATES}.list")["objects"] == [after]
    assert fresh.ask(f"{TEMPLATES}.listTemplates")["objects"] == [source]
    assert "objects" not in fresh.ask(f"{TEMPLATES}.list", where(typeEqual="emailNotification.Email"))


def test_a_template_of_others_is_not_found(fresh: At) -> None:
    for action in ("clone", "update"):
        assert refusal(fresh.ask(f"{TEMPLATES}.{action}"))[1] == {"PARAM_NAME": "id"}
        assert refusal(fresh.ask(f"{TEMPLATES}.{action}", id=1))[0] == "EVENT_NOTIFICATION_TEMPLATE_NOT_FOUND"
    assert refusal(fresh.ask(f"{TEMPLATES}.update", changed(name="x"), id=301))[1] == {"ID": "301"}


def test_statistics_are_taken_from_anybody(at: At) -> None:
    assert at.caller.json("stats.collect", {"event[eventType]": "3", "event[entryId]": TOWN}) is True
    assert at.caller.json("stats.collect", {"event[eventType]": "3"}, ks="not-a-session") is True
    assert refusal(at.caller.json("stats.collect"))[1] == {"PARAM_NAME": "event"}


# --- multirequest (kaltura.md §3)


def listing(index: int, **fields: object) -> dict[str, str]:
    given = {"service": "baseEntry", "action": "list", **{f"filter:{name}": value for name, value in fields.items()}}
    return {f"{index}:{name}": str(value) for name, value in given.items()}


def test_row_14_a_gap_or_a_later_start_shortens_a_multirequest_without_an_error(at: At) -> None:
    assert len(multi(at.caller, listing(1), listing(2), listing(4))) == 2
    assert multi(at.caller, listing(2)) == []
    without_action = {"2:service": "baseEntry"}
    assert len(multi(at.caller, listing(1), without_action, listing(3))) == 1
    assert multi(at.caller) == []


def test_row_15_a_failing_element_is_an_exception_among_lists(at: At) -> None:
    wrong = {"2:service": "beacon", "2:action": "list"}
    one, failed, other = multi(at.caller, listing(1, idEqual=TOWN), wrong, listing(3, idEqual=TOWN))
    assert refusal(failed)[0] == "SERVICE_DOES_NOT_EXISTS"
    assert ids(one) == ids(other) == [TOWN]


def test_a_multirequest_needs_no_action_and_takes_json(at: At) -> None:
    single = {"service": "baseEntry", "action": "list", "filter": {"idEqual": TOWN}}
    document = {"ks": SANDBOX_KS, "format": 1, "1": single, "2": single}
    url = f"{at.caller.sandbox.base_url}/api_v3/service/multirequest"
    first, second = at.caller.http.post(url, json=document, timeout=10).json()
    assert first == second == at.ask("baseEntry.list", where(idEqual=TOWN))


def test_index_0_is_taken_and_tokens_count_ordinals(at: At) -> None:
    first, second, third = multi(
        at.caller,
        listing(0, idEqual="1_gdpr1"),
        listing(1, idEqual="1_gdpr2"),
        listing(2, idEqual="{1:result:objects:0:id}"),
    )
    assert (ids(first), ids(second), ids(third)) == (["1_gdpr1"], ["1_gdpr2"], ["1_gdpr1"])


def test_only_session_partner_and_tag_are_inherited_and_only_where_missing(at: At) -> None:
    own = {**listing(1), "1:ks": "not-a-session"}
    top = {"filter:idEqual": TOWN, "pager:pageSize": "1", "responseProfile:fields": "id"}
    refused, inherited = multi(at.caller, own, listing(2), top)
    assert refused["args"]["KSID"] == "not-a-session"
    assert (inherited["totalCount"], len(inherited["objects"])) == (16, 16)
    assert "name" in inherited["objects"][0]
    forbidden = {"partnerId": "10042", "format": "1", **listing(1)}
    (answer,) = at.caller.post("/api_v3/service/multirequest", forbidden).json()
    assert refusal(answer)[0] == "SERVICE_FORBIDDEN"


def test_the_format_counts_at_the_top_only(at: At) -> None:
    form = {**KS, **listing(1), "1:format": "1"}
    reply = at.caller.post("/api_v3/service/multirequest", form)
    assert reply.text.startswith('<?xml version="1.0" encoding="utf-8"?><xml><result><item><objectType>')
    (answer,) = multi(at.caller, {**listing(1, idEqual=TOWN), "1:format": "2"})
    assert ids(answer) == [TOWN]


def test_tokens_follow_lists_and_all_has_a_trailing_comma(at: At) -> None:
    _, some, tag = multi(
        at.caller,
        listing(1, categoriesIdsMatchOr="4002"),
        listing(2, idIn="{1:result:objects:_all:id}"),
        {"3:service": "session", "3:action": "get", "3:session": "x{1:result:objects:_all:id}y{1:result:totalCount}"},
    )
    assert ids(some) == ["1_priv1", "1_gdpr2", "1_gdpr1"]
    assert tag["args"]["KSID"] == "x1_priv1,1_gdpr2,1_gdpr1,y{1:result:totalCount}"


def test_a_token_to_a_failed_or_null_result_is_empty_and_the_next_call_runs_unfiltered(at: At) -> None:
    failing = {"1:service": "baseEntry", "1:action": "none"}
    failed, unfiltered = multi(at.caller, failing, listing(2, idIn="{1:result:objects:0:id}"))
    assert refusal(failed)[0] == "ACTION_DOES_NOT_EXISTS"
    assert unfiltered["totalCount"] == 16
    void = {"1:service": "thumbAsset", "1:action": "setAsDefault", "1:thumbAssetId": "1_gdpr1_t0"}
    nothing, again = multi(at.caller, void, listing(2, idIn="{1:result}"))
    assert nothing is None
    assert again["totalCount"] == 16


def test_a_token_of_a_session_opens_the_next_call(at: At) -> None:
    start = {"service": "session", "action": "start", "secret": SANDBOX_ADMIN_SECRET, "type": "2", "userId": ANA}
    export = {"service": "baseEntry", "action": "exportToCsv", "ks": "{1:result}"}
    form = {f"{n}:{name}": value for n, one in enumerate((start, export), 1) for name, value in one.items()}
    reply = at.caller.post("/api_v3/service/multirequest", {"format": "1", **form}).json()
    assert reply[1] == ANA


def test_a_file_swallows_the_whole_response(at: At) -> None:
    asked = "from_date_id=20261109;to_date_id=20261115;timezone_offset=300"
    given = {"service": "report", "action": "getCsvFromStringParams", "id": "3007", "params": asked}
    form = {**KS, "format": "1", **listing(1), **{f"2:{name}": value for name, value in given.items()}, **total_in(3)}
    reply = at.caller.post("/api_v3/service/multirequest", form)
    assert reply.headers["Content-Type"].startswith("text/csv")
    assert reply.content.startswith(b"\xef\xbb\xbfuser_id,")


def test_reports_and_services_share_a_multirequest(at: At) -> None:
    total = {f"1:{name}": value for name, value in WEEK.items()}
    total |= {"1:service": "report", "1:action": "getTotal", "1:reportType": "13"}
    first, second = multi(at.caller, total, listing(2, idEqual=TOWN))
    assert first == at.ask("report.getTotal", WEEK, reportType=13)
    assert ids(second) == [TOWN]
