"""What our client lands of the other services is what the official client (XML) reads from the same sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from asking import Bench, ask, bench, days, flow
from KalturaClient import KalturaClient, KalturaConfiguration
from KalturaClient.Plugins.Beacon import KalturaBeaconFilter, KalturaBeaconIndexType
from KalturaClient.Plugins.Caption import KalturaCaptionAssetFilter
from KalturaClient.Plugins.Core import (
    KalturaBaseEntryFilter,
    KalturaCategoryFilter,
    KalturaEntryServerNodeFilter,
    KalturaFilterPager,
    KalturaKeyValue,
    KalturaLiveReportInputFilter,
    KalturaLiveReportType,
    KalturaReportInputFilter,
    KalturaReportResponseOptions,
    KalturaSessionType,
)
from KalturaClient.Plugins.ElasticSearch import (
    KalturaESearchCaptionItem,
    KalturaESearchEntryOperator,
    KalturaESearchEntryParams,
    KalturaESearchItemType,
    KalturaESearchOperatorType,
)

from reportrunner.sandbox import SANDBOX_ADMIN_SECRET, Faults, Sandbox
from reportrunner.window import Window, window_of

AIR = 1_795_017_600  # Wednesday 2026-11-18, 11:00 in New York
NOW = AIR + 1200
SHOW = window_of(AIR, AIR + 600, "America/New_York")
MONTH = days("2026-10-19", "2026-11-19")
WEEK = days("2026-11-09", "2026-11-16")
ALL = KalturaFilterPager(pageSize=500)
OPTIONS = KalturaReportResponseOptions(delimiter="|", skipEmptyDates=False)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock=lambda: NOW, faults=Faults(library=700)) as running:
        yield running


@pytest.fixture(scope="module")
def official(sandbox: Sandbox) -> Any:
    made = KalturaClient(KalturaConfiguration(sandbox.base_url))
    made.setKs(made.session.start(SANDBOX_ADMIN_SECRET, "", KalturaSessionType.ADMIN, 10042))
    return made


@pytest.fixture
def ours(sandbox: Sandbox) -> Iterator[Bench]:
    with bench(sandbox.base_url) as made:
        yield made


def landed(ours: Bench, window: Window | None, **keys: Any) -> list[dict[str, Any]]:
    return ours.landed(flow({"source": "kaltura", **keys}, window))


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def value(thing: Any) -> Any:
    plain = thing.getValue() if hasattr(thing, "getValue") else thing
    return None if plain is NotImplemented else plain


def test_entries_of_all_pages_are_the_same(official: Any, ours: Bench) -> None:
    mine = {row["id"]: row for row in landed(ours, None, endpoint="baseEntry.list")}
    pages = [
        official.baseEntry.list(KalturaBaseEntryFilter(orderBy="+createdAt"), KalturaFilterPager(500, number)).objects
        for number in (1, 2)
    ]
    theirs = {entry.id: entry for page in pages for entry in page}
    assert len(theirs) == 716
    assert mine.keys() == theirs.keys()
    for name, entry in theirs.items():
        row = mine[name]
        assert (row["name"], row["createdAt"], row["tags"] or "") == (
            entry.name,
            at(entry.createdAt),
            value(entry.tags) or "",
        )


def test_categories_and_captions_are_the_same(official: Any, ours: Bench) -> None:
    theirs = official.category.list(KalturaCategoryFilter(), ALL).objects
    mine = {row["id"]: row["fullName"] for row in landed(ours, None, endpoint="category.list")}
    assert mine == {category.id: category.fullName for category in theirs}
    ids = "1_gdpr1,1_gdpr2,1_fire1,1_lib00001,1_lib00002,1_lib00003"
    captions = official.caption.captionAsset.list(KalturaCaptionAssetFilter(entryIdIn=ids), ALL).objects
    rows = landed(ours, None, endpoint="caption_captionAsset.list", filters={"entryIdIn": ids.split(",")})
    assert {(row["id"], row["entryId"], row["language"]) for row in rows} == {
        (caption.id, caption.entryId, value(caption.language)) for caption in captions
    }
    assert len(rows) > 1


def test_beacons_are_the_same_and_their_inner_document_too(official: Any, ours: Bench) -> None:
    fields = {"relatedObjectTypeIn": "4", "objectIdIn": "1_town1", "eventTypeIn": "0_healthData,1_healthData"}
    asked = KalturaBeaconFilter(indexTypeEqual=KalturaBeaconIndexType.LOG, **fields)
    pages = [official.beacon.beacon.list(asked, KalturaFilterPager(500, number)).objects for number in (1, 2)]
    theirs = {beacon.id: beacon for page in pages for beacon in page}
    filters = {
        "indexTypeEqual": "Log",
        "relatedObjectTypeIn": [4],
        "objectIdIn": ["1_town1"],
        "eventTypeIn": ["0_healthData", "1_healthData"],
    }
    mine = landed(ours, None, endpoint="beacon_beacon.list", filters=filters)
    assert len(mine) == len(theirs) > 10
    for row in mine:
        beacon = theirs[row["id"]]
        inner = json.loads(beacon.privateData)
        assert (row["updatedAt"], row["severity"]) == (at(beacon.updatedAt), inner["maxSeverity"])
    alerts = landed(ours, None, endpoint="beacon_beacon.list#alerts", filters=filters)
    assert len(alerts) == sum(len(json.loads(beacon.privateData)["alerts"]) for beacon in theirs.values())


def test_who_watches_live_is_the_same(official: Any, ours: Bench) -> None:
    asked = KalturaLiveReportInputFilter(entryIds="1_town1", fromTime=AIR, toTime=AIR + 590)
    (graph,) = official.liveReports.getEvents(KalturaLiveReportType.ENTRY_TIME_LINE, asked)
    theirs = [tuple(map(int, point.split(","))) for point in graph.data.split(";")[:-1]]
    mine = landed(ours, SHOW, endpoint="liveReports.getEvents", filters={"entryIds": ["1_town1"]})
    assert [(int(row["time"].timestamp()), row["audience"], row["dvr_audience"]) for row in mine] == theirs
    assert len(mine) > 10


def test_server_nodes_are_the_same(official: Any, ours: Bench) -> None:
    theirs = official.entryServerNode.list(KalturaEntryServerNodeFilter(entryIdEqual="1_town1"), ALL).objects
    mine = landed(ours, None, endpoint="entryServerNode.list", filters={"entryIdEqual": "1_town1"})
    assert {str(row["id"]) for row in mine} == {str(node.id) for node in theirs}
    assert len(mine) == 2


def test_what_a_search_finds_is_the_same(official: Any, ours: Bench) -> None:
    item = KalturaESearchCaptionItem(fieldName="content", itemType=KalturaESearchItemType.EXISTS)
    operator = KalturaESearchEntryOperator(operator=KalturaESearchOperatorType.AND_OP, searchItems=[item])
    params = KalturaESearchEntryParams(searchOperator=operator)
    found = official.elasticSearch.eSearch.searchEntry(params, ALL).objects
    search = {"operator": "AND", "items": [{"type": "caption", "field": "content", "match": "exists"}]}
    mine = landed(ours, None, endpoint="elasticsearch_esearch.searchEntry", search=search)
    assert {row["id"] for row in mine} == {result.object.id for result in found}
    assert len(mine) > 100


def question(window: Window, offset: int) -> Any:
    return KalturaReportInputFilter(
        fromDay=f"{window.first_day:%Y%m%d}",
        toDay=f"{window.last_day:%Y%m%d}",
        timeZoneOffset=offset,
        playbackTypeIn="vod|live|dvr",
    )


FILTERS = {"playbackTypeIn": ["vod", "live", "dvr"]}


def test_graphs_are_the_same(official: Any, ours: Bench) -> None:
    graphs = official.report.getGraphs("1", question(WEEK, 300), NotImplemented, NotImplemented, OPTIONS)
    mine = landed(ours, WEEK, endpoint="report.getGraphs", report="TOP_CONTENT", filters=FILTERS)
    assert len(mine) == 7
    for graph in graphs:
        points = dict(point.split("|") for point in graph.data.split(";")[:-1])
        assert {f"{row['date_id']:%Y%m%d}": float(row[graph.id]) for row in mine} == pytest.approx(
            {label: float(number) for label, number in points.items()}
        )


def test_base_totals_are_the_same(official: Any, ours: Bench) -> None:
    theirs = official.report.getBaseTotal("17", question(WEEK, 300), NotImplemented, OPTIONS)
    mine = landed(ours, WEEK, endpoint="report.getBaseTotal", report=17)
    assert {row["id"]: float(row["data"]) for row in mine} == {total.id: float(total.data) for total in theirs}


def test_custom_reports_are_the_same_by_all_three_calls(official: Any, ours: Bench) -> None:
    text = "from_date_id=20261109;to_date_id=20261115;timezone_offset=300"
    keys: Mapping[str, Any] = {"id": 3007}
    calls = ("report.getCsvFromStringParams", "report.getCsv", "report.execute")
    mine = [landed(ours, WEEK, endpoint=call, **keys) for call in calls]
    response = official.report.execute(3007, [_pair(*pair.split("=")) for pair in text.split(";")])
    names = response.columns.split(",")
    theirs = [dict(zip(names, row.value.split(","), strict=True)) for row in response.results]
    assert mine[0] == mine[1] == mine[2]
    assert sorted((row["user_id"], row["entry_id"], str(row["play"])) for row in mine[0]) == sorted(
        (row["user_id"], row["entry_id"], row["play"]) for row in theirs
    )


def _pair(key: str, text: str) -> Any:
    return KalturaKeyValue(key, text)


def test_an_export_lands_what_the_official_link_gives(official: Any, ours: Bench) -> None:
    mine = landed(ours, WEEK, endpoint="report.getUrlForReportAsCsv", report="TOP_CONTENT", filters=FILTERS)
    window = question(WEEK, 300)
    table = official.report.getTable("1", window, ALL, NotImplemented, NotImplemented, OPTIONS)
    plays = {row.split("|")[0]: int(row.split("|")[2]) for row in table.data.split(";")[:-1]}
    assert {row["object_id"]: row["count_plays"] for row in mine} == plays
    assert {"Data subjects; rights | duties"} <= {row["entry_name"] for row in mine}


def test_a_task_that_we_order_is_there_for_the_official_client(official: Any, ours: Bench) -> None:
    keys = {"source": "kaltura", "endpoint": "reach_entryVendorTask.add"}
    keys |= {"entryId": "1_fire1", "reachProfileId": 7, "catalogItemId": 12}  # type: ignore[dict-item]
    assert ask(keys, None).endpoint.action(ask(keys, None).parameters) == "orders catalogue item 12 for 1_fire1"
    (mine,) = ours.landed(flow(keys, None))
    (theirs,) = official.reach.entryVendorTask.list().objects
    assert (mine["id"], mine["entryId"]) == (theirs.id, theirs.entryId)
