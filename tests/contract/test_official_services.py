"""The official Kaltura client with its plugins (XML) drives the sandbox: plain JSON and the universe say the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from KalturaClient import KalturaClient, KalturaConfiguration
from KalturaClient.exceptions import KalturaException
from KalturaClient.Plugins.Beacon import KalturaBeaconFilter, KalturaBeaconIndexType
from KalturaClient.Plugins.Caption import KalturaCaptionAssetFilter
from KalturaClient.Plugins.Core import (
    KalturaAssetFilter,
    KalturaBaseEntryFilter,
    KalturaBaseEntryOrderBy,
    KalturaCategoryFilter,
    KalturaEntryServerNodeFilter,
    KalturaFilterPager,
    KalturaLiveReportInputFilter,
    KalturaLiveReportType,
    KalturaLiveStreamEntry,
    KalturaSessionType,
    KalturaStatsEvent,
    KalturaStatsEventType,
    KalturaThumbParams,
)
from KalturaClient.Plugins.ElasticSearch import (
    KalturaESearchCaptionItem,
    KalturaESearchEntryItem,
    KalturaESearchEntryOperator,
    KalturaESearchEntryParams,
    KalturaESearchItemType,
    KalturaESearchOperatorType,
    KalturaESearchRange,
)
from KalturaClient.Plugins.HttpNotification import KalturaHttpNotificationObjectData, KalturaHttpNotificationTemplate
from KalturaClient.Plugins.Reach import KalturaEntryVendorTask, KalturaEntryVendorTaskFilter

from reportrunner.sandbox import SANDBOX_ADMIN_SECRET, SANDBOX_TOKENS, Faults, Sandbox, child_secret
from reportrunner.sandbox.accounts import CHILDREN
from reportrunner.sandbox.library import captions, items
from reportrunner.sandbox.universe import entries, events

AIR = 1_795_017_600  # Wednesday 2026-11-18, 11:00 in New York
NOW = AIR + 1200
TOWN = "1_town1"
ANA = "ana.berg@example.org"
DECADE = 9 * 365 * 86_400


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock=lambda: NOW, faults=Faults(library=700)) as running:
        yield running


def fresh_client(sandbox: Sandbox) -> Any:
    return KalturaClient(KalturaConfiguration(sandbox.base_url))


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    made = fresh_client(sandbox)
    made.setKs(made.session.start(SANDBOX_ADMIN_SECRET, ANA, KalturaSessionType.ADMIN, 10042))
    return made


def plain(sandbox: Sandbox, client: Any, call: str, **fields: object) -> Any:
    """The same asked in JSON without any client."""
    service, _, action = call.partition(".")
    url = f"{sandbox.base_url}/api_v3/service/{service}/action/{action}"
    return requests.post(url, json={"ks": client.getKs(), "format": 1, **fields}, timeout=10).json()


def read(thing: Any, *names: str) -> list[Any]:
    """Attributes of an official object; enums by their wire value, what did not come as None."""
    values = [getattr(thing, name) for name in names]
    plainer = [value.getValue() if hasattr(value, "getValue") else value for value in values]
    return [None if value is NotImplemented else value for value in plainer]


def equal(theirs: list[Any], ours: list[dict[str, Any]], *names: str) -> None:
    """Both lists hold the same values under those names."""
    assert len(theirs) == len(ours) > 0
    for official, other in zip(theirs, ours, strict=True):
        assert type(official).__name__ == other["objectType"]
        assert read(official, *names) == [other.get(name) for name in names]


def test_who_watches_live_is_the_same_in_xml_in_json_and_in_truth(sandbox: Sandbox, client: Any) -> None:
    asked = KalturaLiveReportInputFilter(entryIds=TOWN, fromTime=AIR, toTime=AIR + 1200, live=1)
    (graph,) = client.liveReports.getEvents(KalturaLiveReportType.ENTRY_TIME_LINE, asked)
    fields = {"entryIds": TOWN, "fromTime": AIR, "toTime": AIR + 1200, "live": 1}
    (other,) = plain(sandbox, client, "liveReports.getEvents", reportType="ENTRY_TIME_LINE", filter=fields)
    assert (graph.id, graph.data) == (other["id"], other["data"])
    rows = [[int(number) for number in row.split(",")] for row in graph.data.split(";")[:-1]]
    plays = events(frozenset([TOWN]), AIR - 7200, AIR + 1200)
    for at, live, delayed in rows:
        inside = [play.playback for play in plays if play.at < at + 10 and play.at + play.watched > at]
        assert (live, delayed) == (inside.count("live"), inside.count("dvr"))
    assert len(rows) == 120
    with pytest.raises(KalturaException) as refused:
        client.liveReports.getEvents(KalturaLiveReportType.ENTRY_GEO_TIME_LINE, asked)
    assert refused.value.code == "ANALYTICS_UNSUPPORTED_QUERY"


def test_beacons_are_the_same_in_xml_and_json(sandbox: Sandbox, client: Any) -> None:
    fields = {"relatedObjectTypeIn": "4", "objectIdIn": TOWN, "eventTypeIn": "0_healthData,1_healthData"}
    asked = KalturaBeaconFilter(orderBy="-updatedAt", indexTypeEqual=KalturaBeaconIndexType.LOG, **fields)
    theirs = client.beacon.beacon.list(asked, KalturaFilterPager(pageSize=100))
    ours = plain(
        *(sandbox, client, "beacon_beacon.list"),
        filter={**fields, "orderBy": "-updatedAt", "indexTypeEqual": "Log"},
        pager={"pageSize": 100},
    )
    equal(
        *(theirs.objects, ours["objects"]),
        *("id", "indexType", "updatedAt", "relatedObjectType", "eventType", "objectId", "privateData"),
    )
    assert theirs.totalCount == ours["totalCount"] > 100
    assert json.loads(theirs.objects[0].privateData).keys() == {"maxSeverity", "alerts"}
    with pytest.raises(KalturaException) as refused:
        client.beacon.beacon.list(KalturaBeaconFilter(relatedObjectTypeIn="4", indexTypeEqual="log"))
    assert refused.value.code == "INVALID_ENUM_VALUE"
    with pytest.raises(KalturaException) as missing:
        client.beacon.beacon.list(KalturaBeaconFilter())
    assert missing.value.code == "MISSING MANDATORY PARAMETER RELATED OBJECT TYPE"


def test_server_nodes_are_the_same_in_xml_and_json(sandbox: Sandbox, client: Any) -> None:
    theirs = client.entryServerNode.list(KalturaEntryServerNodeFilter(entryIdEqual=TOWN))
    ours = plain(sandbox, client, "entryServerNode.list", filter={"entryIdEqual": TOWN})
    equal(theirs.objects, ours["objects"], "id", "entryId", "serverNodeId", "createdAt", "status", "serverType")
    assert (theirs.totalCount, [node.status.getValue() for node in theirs.objects]) == (2, [1, 2])


def test_the_library_is_the_same_in_xml_in_json_and_in_truth(sandbox: Sandbox, client: Any) -> None:
    names = ("id", "name", "userId", "tags", "categoriesIds", "status", "type", "createdAt", "duration", "mediaType")
    found: dict[str, int] = {}
    for number in (1, 2):
        asked = KalturaBaseEntryFilter(orderBy=KalturaBaseEntryOrderBy.CREATED_AT_ASC)
        theirs = client.baseEntry.list(asked, KalturaFilterPager(pageSize=9999, pageIndex=number))
        pager = {"pageSize": 500, "pageIndex": number}
        ours = plain(sandbox, client, "baseEntry.list", filter={"orderBy": "+createdAt"}, pager=pager)
        equal(theirs.objects, ours["objects"], *names)
        assert theirs.totalCount == ours["totalCount"] == 716
        found |= {entry.id: entry.createdAt for entry in theirs.objects}
    assert found == {one.entry_id: one.created_at for one in items(700)}
    assert {entry.entry_id: entry.created_at for entry in entries()}.items() <= found.items()
    (live,) = client.baseEntry.list(KalturaBaseEntryFilter(idEqual=TOWN)).objects
    assert isinstance(live, KalturaLiveStreamEntry)
    assert client.baseEntry.list(KalturaBaseEntryFilter(idEqual="0_none")).objects is NotImplemented


def test_categories_are_the_same_in_xml_and_json(sandbox: Sandbox, client: Any) -> None:
    theirs = client.category.list(KalturaCategoryFilter(fullNameStartsWith="Compliance"))
    ours = plain(sandbox, client, "category.list", filter={"fullNameStartsWith": "Compliance"})
    equal(theirs.objects, ours["objects"], "id", "parentId", "name", "fullName", "entriesCount", "directEntriesCount")
    assert [one.id for one in theirs.objects] == [4001, 4002, 4003]


def test_exports_go_to_the_address_of_the_user(sandbox: Sandbox, client: Any) -> None:
    assert client.baseEntry.exportToCsv(KalturaBaseEntryFilter()) == ANA
    assert client.reach.entryVendorTask.exportToCsv(KalturaEntryVendorTaskFilter()) == ANA
    client.setKs(client.session.start(SANDBOX_ADMIN_SECRET, "", KalturaSessionType.ADMIN, 10042))
    with pytest.raises(KalturaException) as refused:
        client.baseEntry.exportToCsv()
    assert refused.value.code == "USER_EMAIL_NOT_FOUND"


def test_a_search_is_the_same_in_xml_in_json_and_in_truth(sandbox: Sandbox, client: Any) -> None:
    exists = {"objectType": "KalturaESearchCaptionItem", "fieldName": "content", "itemType": 4}
    recent = {
        "objectType": "KalturaESearchEntryItem",
        "fieldName": "created_at",
        "itemType": 5,
        "range": {"lessThanOrEqual": 1_580_000_000},
    }
    ours = plain(
        *(sandbox, client, "elasticsearch_esearch.searchEntry"),
        searchParams={"searchOperator": {"operator": 1, "searchItems": [exists, recent]}},
        pager={"pageSize": 500},
    )
    limit = KalturaESearchRange(lessThanOrEqual=1_580_000_000)
    parts = [
        KalturaESearchCaptionItem(fieldName="content", itemType=KalturaESearchItemType.EXISTS),
        KalturaESearchEntryItem(fieldName="created_at", itemType=KalturaESearchItemType.RANGE, range=limit),
    ]
    operator = KalturaESearchEntryOperator(operator=KalturaESearchOperatorType.AND_OP, searchItems=parts)
    asked = KalturaESearchEntryParams(searchOperator=operator)
    theirs = client.elasticSearch.eSearch.searchEntry(asked, KalturaFilterPager(pageSize=500))
    truth = {one.entry_id for one in items(700) if captions(one) and one.created_at <= 1_580_000_000}
    assert {one.object.id for one in theirs.objects} == {one["object"]["id"] for one in ours["objects"]} == truth
    assert theirs.totalCount == ours["totalCount"] == len(truth) > 50
    first = theirs.objects[0].itemsData[0]
    assert (first.itemsType, first.totalCount) == ("caption", len(first.items))
    assert [line.line for line in first.items] == [line["line"] for line in ours["objects"][0]["itemsData"][0]["items"]]
    parts[0].itemType = KalturaESearchItemType.STARTS_WITH
    with pytest.raises(KalturaException) as refused:
        client.elasticSearch.eSearch.searchEntry(asked)
    assert refused.value.code == "EMPTY SEARCH TERM IS NOT ALLOWED"


def test_captions_are_the_same_in_xml_in_json_and_in_truth(sandbox: Sandbox, client: Any) -> None:
    some = [one for one in items(700) if captions(one)][:20]
    wanted = ",".join(one.entry_id for one in some)
    theirs = client.caption.captionAsset.list(KalturaCaptionAssetFilter(entryIdIn=wanted))
    ours = plain(sandbox, client, "caption_captionAsset.list", filter={"entryIdIn": wanted})
    equal(
        *(theirs.objects, ours["objects"]),
        *("id", "entryId", "language", "languageCode", "isDefault", "format", "status", "label", "createdAt"),
    )
    assert [one.id for one in theirs.objects] == [caption.asset_id for one in some for caption in captions(one)]
    with pytest.raises(KalturaException) as refused:
        client.caption.captionAsset.list(KalturaAssetFilter())
    assert refused.value.code == "PROPERTY_VALIDATION_CANNOT_BE_NULL"


def test_a_task_ordered_is_listed_and_ordered_once(sandbox: Sandbox, client: Any) -> None:
    wanted = KalturaEntryVendorTask(entryId="1_gdpr1", reachProfileId=3, catalogItemId=12)
    made = client.reach.entryVendorTask.add(wanted)
    with pytest.raises(KalturaException) as refused:
        client.reach.entryVendorTask.add(wanted)
    assert refused.value.code == "ENTRY_VENDOR_TASK_DUPLICATION"
    theirs = client.reach.entryVendorTask.list(KalturaEntryVendorTaskFilter(entryIdEqual="1_gdpr1"))
    ours = plain(sandbox, client, "reach_entryVendorTask.list", filter={"entryIdEqual": "1_gdpr1"})
    equal(theirs.objects, ours["objects"], "id", "entryId", "reachProfileId", "catalogItemId", "createdAt", "userId")
    assert [(one.id, one.status.getValue()) for one in theirs.objects] == [(made.id, 1)]


def test_pictures_are_generated_and_switched(sandbox: Sandbox, client: Any) -> None:
    made = client.thumbAsset.generate("1_gdpr1", KalturaThumbParams(videoOffset=12.5))
    assert client.thumbAsset.setAsDefault(made.id) is None
    theirs = client.thumbAsset.list(KalturaAssetFilter(entryIdEqual="1_gdpr1"))
    ours = plain(sandbox, client, "thumbAsset.list", filter={"entryIdEqual": "1_gdpr1"})
    equal(theirs.objects, ours["objects"], "id", "entryId", "tags", "status", "width", "createdAt")
    assert [(one.id, one.tags) for one in theirs.objects][-1] == (made.id, "default_thumb")


def test_templates_are_cloned_and_never_added(sandbox: Sandbox, client: Any) -> None:
    service = client.eventNotification.eventNotificationTemplate
    wanted = KalturaHttpNotificationTemplate(name="Mine", url="https://hook.example.org")
    with pytest.raises(KalturaException) as refused:
        service.add(wanted)
    assert refused.value.code == "SERVICE_FORBIDDEN"
    (source,) = service.listTemplates().objects
    clone = service.clone(source.id, wanted)
    data = KalturaHttpNotificationObjectData(apiObjectType="KalturaBaseEntry")
    after = service.update(clone.id, KalturaHttpNotificationTemplate(data=data))
    assert (after.name, after.url, after.data.apiObjectType) == ("Mine", "https://hook.example.org", "KalturaBaseEntry")
    ours = plain(sandbox, client, "eventNotification_eventNotificationTemplate.list")
    equal(service.list().objects, ours["objects"], "id", "name", "url", "method", "eventType", "eventObjectType")


def test_statistics_are_taken(client: Any) -> None:
    assert client.stats.collect(KalturaStatsEvent(eventType=KalturaStatsEventType.PLAY, entryId=TOWN)) is True


@pytest.mark.parametrize("name", ["0_plain1", "0_md5t1", "0_sha256t1", "0_sha512t1", "0_event1"])
def test_a_token_opens_a_session(sandbox: Sandbox, name: str) -> None:
    used, client = SANDBOX_TOKENS[name], fresh_client(sandbox)
    widget = client.session.startWidgetSession("_10042")
    client.setKs(widget.ks)
    hashed = hashlib.new(used.hash_type, (widget.ks + used.secret).encode()).hexdigest()
    info = client.appToken.startSession(name, hashed, ANA, None, 600, "virtualeventid:9,appId:portal")
    assert (info.userId, info.expiry, info.sessionType.getValue()) == (ANA, NOW + 600, 2)
    assert info.privileges.startswith("virtualeventid:4711,appId:portal," if name == "0_event1" else "appId:portal,")
    client.setKs(info.ks)
    assert client.baseEntry.list(KalturaBaseEntryFilter(idEqual=TOWN)).totalCount == 1
    with pytest.raises(KalturaException) as refused:
        client.appToken.startSession(name, hashed)
    assert refused.value.code == "INVALID_APP_TOKEN_HASH"


@pytest.mark.parametrize("version", ["generateSession", "generateSessionV2"])
@pytest.mark.parametrize(
    ("partner", "secret"), [(10042, SANDBOX_ADMIN_SECRET), (CHILDREN[5], child_secret(CHILDREN[5]))]
)
def test_a_session_generated_locally_is_accepted(sandbox: Sandbox, version: str, partner: int, secret: str) -> None:
    client = fresh_client(sandbox)
    client.setKs(getattr(KalturaClient, version)(secret, ANA, 2, partner, DECADE, "virtualeventid:4711").decode())
    info = client.session.get()
    assert (info.partnerId, info.userId, info.privileges) == (partner, ANA, "virtualeventid:4711")
    assert {entry.partnerId for entry in client.baseEntry.list().objects} == {partner}


def test_the_parent_acts_for_a_child(client: Any) -> None:
    client.setKs(client.session.impersonate(SANDBOX_ADMIN_SECRET, CHILDREN[1], ANA, KalturaSessionType.ADMIN, 10042))
    assert client.session.get().partnerId == CHILDREN[1]
    with pytest.raises(KalturaException) as refused:
        client.session.impersonate(SANDBOX_ADMIN_SECRET, 7, ANA, KalturaSessionType.ADMIN, 10042)
    assert refused.value.code == "PARTNER_ACCESS_FORBIDDEN"


def test_a_role_without_analytics_is_forbidden_reports_only(client: Any) -> None:
    client.setKs(client.session.start(SANDBOX_ADMIN_SECRET, "", KalturaSessionType.ADMIN, 10042, 60, "setrole:20"))
    assert client.baseEntry.list().totalCount == 716
    with pytest.raises(KalturaException) as refused:
        client.liveReports.getEvents(KalturaLiveReportType.ENTRY_TIME_LINE)
    assert refused.value.code == "SERVICE_FORBIDDEN"


def test_a_multirequest_hands_a_list_on(client: Any) -> None:
    client.startMultiRequest()
    found = client.baseEntry.list(KalturaBaseEntryFilter(categoriesIdsMatchOr="4002"))
    client.baseEntry.list(KalturaBaseEntryFilter(idEqual=found.objects[0].id))
    client.category.list()
    listed, first, categories = client.doMultiRequest()
    assert [entry.id for entry in first.objects] == [listed.objects[0].id]
    assert categories.totalCount == 6
