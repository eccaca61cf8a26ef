"""What we write of the other services means what the official client library writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from asking import WEEK, flow
from KalturaClient.Plugins import Beacon, Caption, Core, ElasticSearch, Reach

from reportrunner.providers.kaltura import fields

FROM, TO = WEEK.start_unix, WEEK.end_unix - 1


def ours(name: str, **keys: object) -> object:
    """One parameter of our request, its brackets nested and its numbered tables made lists."""
    tree: dict[str, Any] = {}
    for key, value in (
        flow({"source": "kaltura", **keys}, WEEK if "window" in keys else None).steps[0].request.form or ()
    ):
        first, *rest = key.replace("]", "").split("[")
        place = tree
        for part in [first, *rest][:-1]:
            place = place.setdefault(part, {})
        place[[first, *rest][-1]] = str(value)
    return listed(tree[name])


def listed(tree: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    values = {key: listed(value) for key, value in tree.items()}
    return list(values.values()) if list(values) == [str(n) for n in range(len(values))] else values


def texts(tree: Any) -> Any:
    """The same with every leaf as the text that a form sends; the server reads `False` in any case."""
    if isinstance(tree, dict):
        return {key: texts(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [texts(value) for value in tree]
    return str(tree).lower() if str(tree) in {"True", "False"} else str(tree)


def theirs(made: Any) -> Any:
    return texts(json.loads(made.toParams().toJson()))


LIVE = Core.KalturaLiveReportInputFilter(
    entryIds="1_a,1_b", fromTime=FROM, toTime=WEEK.end_unix - 10, live=Core.KalturaNullableBoolean(1)
)
BEACONS = Beacon.KalturaBeaconFilter(
    orderBy="+updatedAt",
    relatedObjectTypeIn="4",
    eventTypeIn="0_healthData",
    objectIdIn="1_a",
    indexTypeEqual=Beacon.KalturaBeaconIndexType("Log"),
    updatedAtGreaterThanOrEqual=FROM,
    updatedAtLessThanOrEqual=TO,
)
ENTRIES = Core.KalturaBaseEntryFilter(
    orderBy="+createdAt",
    tagsMultiLikeOr="a,b",
    statusIn="2,4",
    categoriesIdsMatchOr="7",
    createdAtGreaterThanOrEqual=FROM,
    createdAtLessThanOrEqual=TO,
)
CAPTIONS = Caption.KalturaCaptionAssetFilter(orderBy="+createdAt", entryIdIn="1_a,1_b", statusIn="2")
SERVERS = Core.KalturaEntryServerNodeFilter(orderBy="+createdAt", entryIdEqual="1_a", statusIn="2", serverTypeIn="0")
CATEGORIES = Core.KalturaCategoryFilter(orderBy="+createdAt", ancestorIdIn="7", fullNameStartsWith="Courses")
SEARCH = ElasticSearch.KalturaESearchEntryParams(
    objectStatuses="2",
    orderBy=ElasticSearch.KalturaESearchOrderBy(
        orderItems=[
            ElasticSearch.KalturaESearchEntryOrderByItem(
                sortField=ElasticSearch.KalturaESearchEntryOrderByFieldName("created_at"),
                sortOrder=ElasticSearch.KalturaESearchSortOrder("asc"),
            )
        ]
    ),
    searchOperator=ElasticSearch.KalturaESearchEntryOperator(
        operator=ElasticSearch.KalturaESearchOperatorType(2),
        searchItems=[
            ElasticSearch.KalturaESearchCaptionItem(
                fieldName=ElasticSearch.KalturaESearchCaptionFieldName("content"),
                itemType=ElasticSearch.KalturaESearchItemType(4),
            ),
            ElasticSearch.KalturaESearchEntryItem(
                fieldName=ElasticSearch.KalturaESearchEntryFieldName("plays"),
                itemType=ElasticSearch.KalturaESearchItemType(5),
                range=ElasticSearch.KalturaESearchRange(greaterThanOrEqual=5),
            ),
            ElasticSearch.KalturaESearchEntryMetadataItem(
                itemType=ElasticSearch.KalturaESearchItemType(1), searchTerm="x", xpath="/a", metadataProfileId=7
            ),
        ],
    ),
)
TASK = Reach.KalturaEntryVendorTask(entryId="1_a", reachProfileId=7, catalogItemId=8)
TASKS = Reach.KalturaEntryVendorTaskFilter(statusIn="1", catalogItemIdIn="8", reachProfileIdIn="7")
EXPORT = Core.KalturaReportExportParams(
    recipientEmail="ana@example.org",
    timeZoneOffset=300,
    reportsItemsGroup="Weekly",
    reportItems=[
        Core.KalturaReportExportItem(
            reportTitle="Plays",
            action=Core.KalturaReportExportItemType(1),
            reportType=Core.KalturaReportType("1"),
            filter=Core.KalturaReportInputFilter(fromDate=FROM, toDate=TO, timeZoneOffset=300, entryIdIn="1_a"),
            order="-count_plays",
            responseOptions=Core.KalturaReportResponseOptions(delimiter="|", skipEmptyDates=False),
        )
    ],
)
ITEMS = [
    {"type": "caption", "field": "content", "match": "exists"},
    {"type": "entry", "field": "plays", "match": "range", "range": {"greaterThanOrEqual": 5}},
    {"type": "metadata", "match": "exact", "term": "x", "xpath": "/a", "metadataProfileId": 7},
]
HEALTH = {
    "relatedObjectTypeIn": ["entry"],
    "eventTypeIn": ["0_healthData"],
    "objectIdIn": ["1_a"],
    "indexTypeEqual": "Log",
}
CASES: Mapping[str, tuple[str, Any, dict[str, object]]] = {
    "liveReports.getEvents": (
        "filter",
        LIVE,
        {"window": "week", "filters": {"entryIds": ["1_a", "1_b"], "live": True}},
    ),
    "beacon_beacon.list": ("filter", BEACONS, {"window": "week", "filters": HEALTH}),
    "baseEntry.list": (
        "filter",
        ENTRIES,
        {
            "window": "week",
            "filters": {"tagsMultiLikeOr": ["a", "b"], "statusIn": ["ready", 4], "categoriesIdsMatchOr": [7]},
        },
    ),
    "caption_captionAsset.list": (
        "filter",
        CAPTIONS,
        {"filters": {"entryIdIn": ["1_a", "1_b"], "statusIn": ["ready"]}},
    ),
    "entryServerNode.list": (
        "filter",
        SERVERS,
        {"filters": {"entryIdEqual": "1_a", "statusIn": ["broadcasting"], "serverTypeIn": ["primary"]}},
    ),
    "category.list": ("filter", CATEGORIES, {"filters": {"ancestorIdIn": [7], "fullNameStartsWith": "Courses"}}),
    "elasticsearch_esearch.searchEntry": (
        "searchParams",
        SEARCH,
        {"objectStatuses": ["ready"], "search": {"operator": "OR", "items": ITEMS}},
    ),
    "reach_entryVendorTask.add": (
        "entryVendorTask",
        TASK,
        {"entryId": "1_a", "reachProfileId": 7, "catalogItemId": 8},
    ),
    "reach_entryVendorTask.exportToCsv": (
        "filter",
        TASKS,
        {"filters": {"statusIn": ["pending"], "catalogItemIdIn": [8], "reachProfileIdIn": [7]}},
    ),
    "report.exportToCsv": (
        "params",
        EXPORT,
        {
            "window": "week",
            "recipientEmail": "ana@example.org",
            "reportsItemsGroup": "Weekly",
            "reportItems": [
                {"report": 1, "title": "Plays", "order": "-count_plays", "filters": {"entryIdIn": ["1_a"]}}
            ],
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("endpoint", CASES)
def test_a_request_means_what_the_official_one_means(endpoint: str) -> None:
    name, official, keys = CASES[endpoint]
    assert ours(name, endpoint=endpoint, **keys) == theirs(official)


def words(owner: Any, name: str) -> dict[str, str]:
    members = {key: value for key, value in vars(getattr(owner, name)).items() if key.isupper()}
    return {str(value): key.lower() for key, value in members.items()}


@pytest.mark.parametrize(
    ("ours_", "owner", "enum"),
    [
        ("ENTRY_STATUSES", Core, "KalturaEntryStatus"),
        ("MEDIA_TYPES", Core, "KalturaMediaType"),
        ("CAPTION_STATUSES", Caption, "KalturaCaptionAssetStatus"),
        ("SERVER_STATUSES", Core, "KalturaEntryServerNodeStatus"),
        ("TASK_STATUSES", Reach, "KalturaEntryVendorTaskStatus"),
    ],
)
def test_codes_have_the_official_words(ours_: str, owner: Any, enum: str) -> None:
    assert dict(getattr(fields, ours_)) == words(owner, enum)


@pytest.mark.parametrize(
    ("columns", "owner", "kinds"),
    [
        ("ENTRIES", Core, ("KalturaMediaEntry",)),
        ("CATEGORIES", Core, ("KalturaCategory",)),
        ("CAPTIONS", Caption, ("KalturaCaptionAsset",)),
        ("SERVERS", Core, ("KalturaEntryServerNode",)),
    ],
)
def test_columns_are_properties_of_the_official_objects(columns: str, owner: Any, kinds: tuple[str, ...]) -> None:
    declared = {column.name for column in getattr(fields, columns) if not column.name.endswith("_name")}
    official = {
        name
        for kind in kinds
        for base in getattr(owner, kind).__mro__
        for name in base.__dict__.get("PROPERTY_LOADERS", {})
    }
    assert declared <= official
