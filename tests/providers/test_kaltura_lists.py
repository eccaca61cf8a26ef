"""Lists: filters in the provider's words, ids in groups, pages in a growing window, objects as typed rows."""

# ruff: noqa: E501 - a line of a table is one case

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from asking import WEEK, ask, flow
from projects import problem
from replies import exception, says

from reportrunner.errors import ProviderError
from reportrunner.flow import Done, More, Refused, Reply, Verdict
from reportrunner.providers.kaltura.listing import value_of, write
from reportrunner.table import Column, ColumnType, Note, Rows
from reportrunner.window import Window

ENTRIES: dict[str, Any] = {"source": "kaltura", "endpoint": "baseEntry.list"}
CATEGORIES: dict[str, Any] = {"source": "kaltura", "endpoint": "category.list"}
CAPTIONS: dict[str, Any] = {
    "source": "kaltura",
    "endpoint": "caption_captionAsset.list",
    "filters": {"entryIdIn": ["1_a", "1_b"]},
}
SERVERS: dict[str, Any] = {"source": "kaltura", "endpoint": "entryServerNode.list"}
KINDS = {
    "baseEntry.list": "KalturaBaseEntryListResponse",
    "category.list": "KalturaCategoryListResponse",
    "caption_captionAsset.list": "KalturaCaptionAssetListResponse",
    "entryServerNode.list": "KalturaEntryServerNodeListResponse",
}
OUT = '[outputs.o]\nformat = "html"\n'
ENTRY = {
    "id": "1_gdpr1",
    "name": "GDPR basics",
    "createdAt": 1_794_200_400,
    "updatedAt": "1794200401",
    "duration": 620,
    "type": 1,
    "mediaType": 1,
    "status": 2,
    "tags": "gdpr, privacy",
    "plays": 41,
    "views": 50,
    "userId": "ana.berg@example.org",
    "objectType": "KalturaMediaEntry",
}


def page(keys: dict[str, Any], *objects: object, total: int = 3) -> Reply:
    return says({"objects": list(objects), "totalCount": total, "objectType": KINDS[keys["endpoint"]]})


def form(keys: dict[str, Any], window: Window | None = None) -> dict[str, str]:
    request = flow(keys, window).steps[0].request
    pairs = [(name, str(value)) for name, value in request.form or ()]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def asked_filter(keys: dict[str, Any], window: Window | None = None) -> dict[str, str]:
    return {name[7:-1]: value for name, value in form(keys, window).items() if name.startswith("filter[")}


def judged(keys: dict[str, Any], reply: Reply, at: tuple[int, int] = (1, 1)) -> Verdict:
    step = flow(keys, None).steps[0]
    first = step.request
    if at == (1, 1):
        return step.judge(first, reply)
    more = step.judge(first, full(keys))
    assert isinstance(more, More)
    request = next(r for r in _pages(step.judge, more, keys) if (r.page, r.wave) == at)
    return step.judge(request, reply)


def _pages(judge: Any, more: More, keys: dict[str, Any]) -> list[Any]:
    found = list(more.requests)
    following = judge(found[-1], full(keys))
    return found + (_pages(judge, following, keys) if isinstance(following, More) else [])


def full(keys: dict[str, Any]) -> Reply:
    return page(keys, *({"id": str(number)} for number in range(500)))


def read(keys: dict[str, Any], *replies: Reply) -> list[dict[str, object]]:
    rows = flow(keys, None).read(replies)
    assert isinstance(rows, Rows)
    names = [column.name for column in rows.columns]
    return [dict(zip(names, row, strict=True)) for row in rows.rows]


# --- what is asked -------------------------------------------------------------------------------------------


def test_a_list_says_its_class_an_order_and_a_page() -> None:
    assert form(ENTRIES) == {
        "format": "1",
        "ks": "<session:kaltura>",
        "filter[objectType]": "KalturaBaseEntryFilter",
        "filter[orderBy]": "+createdAt",
        "pager[pageSize]": "500",
        "pager[pageIndex]": "1",
    }
    assert flow(ENTRIES, None).steps[0].request.path == "/api_v3/service/baseEntry/action/list"


def test_filters_are_joined_by_commas_and_words_become_codes() -> None:
    filters = {
        "tagsMultiLikeOr": ["gdpr", "privacy law"],
        "categoriesIdsMatchAnd": [7, 8],
        "statusIn": ["ready", "3", 4],
        "typeIn": ["media_clip", "room"],
        "freeText": "board",
    }
    assert asked_filter({**ENTRIES, "filters": filters, "orderBy": "-updatedAt"}) == {
        "objectType": "KalturaBaseEntryFilter",
        "tagsMultiLikeOr": "gdpr,privacy law",
        "categoriesIdsMatchAnd": "7,8",
        "statusIn": "2,3,4",
        "typeIn": "1,room.room",
        "freeText": "board",
        "orderBy": "-updatedAt",
    }


@pytest.mark.parametrize("keys", [ENTRIES, CATEGORIES, CAPTIONS, SERVERS])
def test_a_window_is_of_creation_and_half_open(keys: dict[str, Any]) -> None:
    sent = asked_filter(keys, WEEK)
    assert (sent["createdAtGreaterThanOrEqual"], sent["createdAtLessThanOrEqual"]) == ("1794200400", "1794805199")
    assert "createdAtLessThanOrEqual" not in asked_filter(keys)


def test_plugin_services_are_asked_by_their_whole_name() -> None:
    assert flow(CAPTIONS, None).steps[0].request.path == "/api_v3/service/caption_captionAsset/action/list"
    assert asked_filter(CAPTIONS) == {
        "objectType": "KalturaCaptionAssetFilter",
        "entryIdIn": "1_a,1_b",
        "orderBy": "+createdAt",
    }
    assert asked_filter(
        {**SERVERS, "filters": {"statusIn": ["broadcasting", "error"], "serverTypeIn": ["backup"]}}
    ) == {
        "objectType": "KalturaEntryServerNodeFilter",
        "statusIn": "2,-1",
        "serverTypeIn": "1",
        "orderBy": "+createdAt",
    }


# --- ids in groups -------------------------------------------------------------------------------------------


def test_eight_thousand_ids_are_asked_in_groups_and_none_twice() -> None:
    ids = [f"1_{number:08}" for number in range(7_777)]
    keys = {**ENTRIES, "filters": {"idIn": [*ids, *ids[:10]]}}
    step = flow(keys, None).steps[0]
    more = step.judge(step.request, page(keys))
    assert isinstance(more, More)
    requests = (step.request, *more.requests)
    groups = [str(dict(request.form or ())["filter[idIn]"]).split(",") for request in requests]
    assert [one for group in groups for one in group] == ids
    assert {len(group) for group in groups[:-1]} == {500}
    assert [request.page for request in requests] == list(range(1, 17))
    assert [step.judge(request, page(keys)) for request in more.requests] == [Done()] * 15


def test_few_ids_are_one_request_and_a_full_page_of_them_is_whole() -> None:
    keys = {**ENTRIES, "filters": {"idIn": [str(number) for number in range(500)]}}
    assert judged(keys, full(keys)) == Done()
    over = judged(keys, page(keys, *({"id": "x"} for _ in range(501))))
    assert getattr(over, "words", "") == "501 objects came back for 500 ids"


def test_any_group_may_be_short() -> None:
    keys = {**ENTRIES, "filters": {"idIn": [str(number) for number in range(501)]}}
    assert [row["id"] for row in read(keys, page(keys), page(keys, {"id": "500"}))] == ["500"]


def test_more_ids_than_a_group_are_other_questions_than_fewer() -> None:
    many = {**ENTRIES, "filters": {"idIn": [str(number) for number in range(1_000)]}}
    few = {**ENTRIES, "filters": {"idIn": [str(number) for number in range(500)]}}
    assert flow(many, None).identity() != flow(few, None).identity()


# --- pages ---------------------------------------------------------------------------------------------------


def test_pages_are_walked_in_a_window_that_grows_to_the_limit() -> None:
    step = flow(ENTRIES, None).steps[0]
    more = step.judge(step.request, full(ENTRIES))
    assert isinstance(more, More)
    pages = _pages(step.judge, more, ENTRIES)
    assert [(request.page, request.wave) for request in pages] == [
        *((number, 3) for number in (2, 3)),
        *((number, 7) for number in range(4, 8)),
        *((number, 15) for number in range(8, 16)),
        *((number, 20) for number in range(16, 21)),
    ]
    last = step.judge(pages[-1], full(ENTRIES))
    assert isinstance(last, Refused)
    assert (last.kind, last.hint) == ("truncated", "narrow the window or the filters")
    assert judged(ENTRIES, full(ENTRIES), (2, 3)) == Done()


def test_a_short_page_ends_whatever_the_count_says() -> None:
    assert judged(ENTRIES, page(ENTRIES, ENTRY, total=9_000)) == Done()
    assert judged(ENTRIES, says({"totalCount": 0, "objectType": KINDS["baseEntry.list"]})) == Done()


def test_too_many_matches_are_refused_with_the_way_out() -> None:
    verdict = judged(ENTRIES, says(exception("QUERY_EXCEEDED_MAX_MATCHES_ALLOWED")))
    assert isinstance(verdict, Refused)
    assert (verdict.kind, verdict.hint) == ("refused", "narrow the window or the filters")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"objects": [], "objectType": "KalturaMediaListResponse"}, "the answer is no KalturaBaseEntryListResponse"),
        ([], "the answer is no KalturaBaseEntryListResponse: []"),
        (None, "the answer is no KalturaBaseEntryListResponse: null"),
        ({"objects": ["x"], "objectType": KINDS["baseEntry.list"]}, "are no objects"),
        ({"objects": {}, "objectType": KINDS["baseEntry.list"]}, "are no objects"),
        ({"objects": [{}] * 501, "objectType": KINDS["baseEntry.list"]}, "page 1 has 501 objects where 500 were asked"),
    ],
)
def test_what_is_no_list(answer: object, words: str) -> None:
    verdict = judged(ENTRIES, says(answer))
    assert isinstance(verdict, Refused)
    assert verdict.kind == "unreadable"
    assert words in verdict.words


# --- rows ----------------------------------------------------------------------------------------------------


def test_an_entry_is_a_typed_row_and_its_codes_have_words() -> None:
    (row,) = read({**ENTRIES, "columns": {"rootEntryId": "string"}}, page(ENTRIES, {**ENTRY, "rootEntryId": "1_root"}))
    assert row == {
        "id": "1_gdpr1",
        "name": "GDPR basics",
        "description": None,
        "createdAt": dt.datetime.fromtimestamp(1_794_200_400, dt.UTC),
        "updatedAt": dt.datetime.fromtimestamp(1_794_200_401, dt.UTC),
        "duration": 620,
        "type": "1",
        "type_name": "media_clip",
        "mediaType": 1,
        "media_type_name": "video",
        "status": "2",
        "status_name": "ready",
        "tags": "gdpr, privacy",
        "categories": None,
        "categoriesIds": None,
        "referenceId": None,
        "userId": "ana.berg@example.org",
        "plays": 41,
        "views": 50,
        "lastPlayedAt": None,
        "rootEntryId": "1_root",
    }
    made = ask(ENTRIES, None)
    assert made.endpoint.key(made.parameters) == ("id",)
    assert [c.name for c in made.endpoint.columns(made.parameters) if c.personal] == ["userId"]


def test_a_caption_and_a_server_are_rows() -> None:
    caption = {"id": "1_c", "entryId": "1_a", "language": "English", "format": "3", "isDefault": 1, "status": 2}
    (row,) = read(CAPTIONS, page(CAPTIONS, caption))
    assert (row["format_name"], row["isDefault"], row["status_name"], row["languageCode"]) == (
        "webvtt",
        True,
        "ready",
        None,
    )
    node = {"id": 9, "entryId": "1_live1", "serverNodeId": 3, "status": -1, "serverType": "1"}
    (row,) = read(SERVERS, page(SERVERS, node))
    assert (row["id"], row["status"], row["status_name"], row["server_type_name"]) == (9, -1, "error", "backup")
    (row,) = read(SERVERS, page(SERVERS, {**node, "status": 77}))
    assert (row["status"], row["status_name"]) == (77, "77")


def test_a_category_is_a_row() -> None:
    category = {"id": 7, "name": "Law", "fullName": "Courses>Law", "parentId": 3, "entriesCount": 12, "owner": "ana"}
    (row,) = read(CATEGORIES, page(CATEGORIES, category))
    assert (row["id"], row["fullName"], row["entriesCount"]) == (7, "Courses>Law", 12)


def test_a_column_that_no_object_has_is_told() -> None:
    keys = {**ENTRIES, "columns": {"rootEntryid": "string", "adminTags": "string"}}
    rooted = {**ENTRY, "rootEntryId": "1_root", "adminTags": "x"}
    found = flow(keys, None).read((page(ENTRIES, ENTRY, rooted),))
    said = (
        'no object of the answer has "rootEntryid": it is null in all of them, or misspelt; did you mean "rootEntryId"?'
    )
    assert found.notes == (Note("kaltura.absent_column", said),)
    assert flow(keys, None).read((page(ENTRIES),)).notes == ()


def test_a_value_of_another_type_names_row_and_column() -> None:
    with pytest.raises(ProviderError, match='row 2, column "plays": "many" is no integer'):
        read(ENTRIES, page(ENTRIES, ENTRY, {**ENTRY, "plays": "many"}))


@pytest.mark.parametrize(
    ("raw", "kind", "value"),
    [
        (None, "integer", None),
        ("", "integer", None),
        ("", "string", ""),
        (7, "string", "7"),
        (True, "string", "true"),
        ([1, {"b": 2}], "string", '[1,{"b":2}]'),
        (-1, "boolean", None),
        (0, "boolean", False),
        ("1", "boolean", True),
        ("2026-11-16", "date", dt.date(2026, 11, 16)),
        ("2026-11-16T09:00:00Z", "timestamp", dt.datetime(2026, 11, 16, 9, tzinfo=dt.UTC)),
        (0, "timestamp", dt.datetime(1970, 1, 1, tzinfo=dt.UTC)),
    ],
)  # fmt: skip
def test_json_values_become_those_of_their_column(raw: object, kind: str, value: object) -> None:
    assert value_of(raw, Column("x", ColumnType(kind))) == value


@pytest.mark.parametrize(
    ("raw", "kind"), [({"a": 1}, "integer"), (True, "integer"), (10**20, "timestamp"), ("x", "date")]
)
def test_json_values_that_no_column_takes(raw: object, kind: str) -> None:
    with pytest.raises(ValueError):
        value_of(raw, Column("x", ColumnType(kind)))


def test_nested_values_are_written_in_brackets_and_what_is_empty_after_them() -> None:
    value = {"a": [1, {"b": True}], "c": {}, "d": [], "e": dt.datetime(2026, 11, 16, tzinfo=dt.UTC)}
    assert write("x", value) == (
        ("x[a][0]", "1"),
        ("x[a][1][b]", "true"),
        ("x[e]", "1794787200"),
        ("x:c:-", ""),
        ("x:d:-", ""),
    )
    assert write("x", []) == (("x:-", ""),)


# --- what is answered before anything is sent ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("endpoint", "more", "answer"),
    [
        ("caption_captionAsset.list", "filters = { }", 'filters: the service lists captions of named entries only | add entryIdIn = ["1_abc"]'),
        ("caption_captionAsset.list", "", '[datasets.d]: caption_captionAsset.list needs the key "filters" (a table) | add filters = { ... }'),
        ("baseEntry.list", 'filters = { idEqual = "1_a" }', 'idEqual: baseEntry.list has no filter "idEqual" | idEqual is spelt idIn; write idIn = ["1_abc"]'),
        ("baseEntry.list", 'filters = { idIn = ["1_a,1_b"] }', '"1_a,1_b": "1_a,1_b" contains ",", which separates values on the wire | write "1_a", "1_b" if these are several; one that contains "," cannot be asked for: pick its rows in sql'),
        ("baseEntry.list", "filters = { createdAtLessThanOrEqual = 5 }", 'createdAtLessThanOrEqual: baseEntry.list has no filter "createdAtLessThanOrEqual" | createdAtLessThanOrEqual is decided by the window; write window = "name" beside filters'),
        ("baseEntry.list", 'filters = { statusIn = ["redy"] }', '"redy": there is no entry status "redy"; did you mean "ready"? | one of error_importing, error_converting, import, preconvert, ready, deleted, pending, moderate, blocked, no_content, infected, scan_failure'),
        ("baseEntry.list", "pager = { pageSize = 1000 }", 'pager: unknown key "pager" in baseEntry.list | pager is not needed: all pages are fetched'),
        ("baseEntry.list", 'orderBy = "createdAt"', '"createdAt": "orderBy" cannot be "createdAt"; did you mean "-createdAt"? | one of "+createdAt", "-createdAt", "+updatedAt", "-updatedAt"'),
        ("category.list", 'filters = { idIn = ["7"] }', '"7": expected an integer, found text "7" | write 7'),
        ("entryServerNode.list", 'filters = { serverTypeIn = ["main"] }', '"main": there is no server type "main" | one of primary, backup, clipping'),
        ("captionAsset.list", "", '"captionAsset.list": kaltura has no endpoint "captionAsset.list"; did you mean "caption_captionAsset.list"?'),
    ],
)  # fmt: skip
def test_what_is_answered(endpoint: str, more: str, answer: str) -> None:
    assert problem(f'[datasets.d]\nsource = "kaltura"\nendpoint = "{endpoint}"\n{more}\n{OUT}') == answer


def test_a_category_without_those_below_it_is_told() -> None:
    plain = {"source": "kaltura", "endpoint": "baseEntry.list"}
    for name, words in (
        ("categoriesIdsMatchOr", "categoriesIdsMatchOr takes the entries of the category itself alone"),
        ("categoryAncestorIdIn", ""),
    ):
        made = ask({**plain, "filters": {name: [4001]}})
        assert made.endpoint.hint(made.parameters).startswith(words)
        assert bool(made.endpoint.hint(made.parameters)) == bool(words)
