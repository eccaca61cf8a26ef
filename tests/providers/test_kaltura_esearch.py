"""Search of entries: how a search is compiled, which searches say nothing, what its results hold."""

# ruff: noqa: E501 - a line of a table is one case

from __future__ import annotations

from typing import Any

import pytest
from asking import flow
from projects import problem
from replies import exception, says

from reportrunner.errors import ProviderError
from reportrunner.flow import Again, Done, More, Refused, Reply, Verdict
from reportrunner.providers.kaltura.esearch import FIELDS
from reportrunner.table import Rows

CAPTIONED = {"type": "caption", "field": "content", "match": "exists"}
SEARCH: dict[str, Any] = {
    "source": "kaltura",
    "endpoint": "elasticsearch_esearch.searchEntry",
    "search": {"operator": "AND", "items": [CAPTIONED]},
}
OUT = '[outputs.o]\nformat = "html"\n'


def params(**more: object) -> dict[str, str]:
    request = flow({**SEARCH, **more}, None).steps[0].request
    assert request.path == "/api_v3/service/elasticsearch_esearch/action/searchEntry"
    sent = {name: str(value) for name, value in request.form or ()}
    assert (sent["pager[pageSize]"], sent["pager[pageIndex]"]) == ("500", "1")
    return {name[12:]: value for name, value in sent.items() if name.startswith("searchParams")}


def page(*results: object) -> Reply:
    return says({"objects": list(results), "totalCount": 0, "objectType": "KalturaESearchEntryResponse"})


def judged(reply: Reply) -> Verdict:
    step = flow(SEARCH, None).steps[0]
    return step.judge(step.request, reply)


def test_entries_with_captions_are_asked_with_four() -> None:
    assert params() == {
        "[objectType]": "KalturaESearchEntryParams",
        "[searchOperator][objectType]": "KalturaESearchEntryOperator",
        "[searchOperator][operator]": "1",
        "[searchOperator][searchItems][0][objectType]": "KalturaESearchCaptionItem",
        "[searchOperator][searchItems][0][itemType]": "4",
        "[searchOperator][searchItems][0][fieldName]": "content",
        "[orderBy][objectType]": "KalturaESearchOrderBy",
        "[orderBy][orderItems][0][objectType]": "KalturaESearchEntryOrderByItem",
        "[orderBy][orderItems][0][sortField]": "created_at",
        "[orderBy][orderItems][0][sortOrder]": "asc",
    }


def test_groups_nest_and_every_kind_has_its_class() -> None:
    search = {
        "operator": "NOT",
        "items": [
            {"operator": "OR", "items": [{"type": "entry", "field": "name", "match": "partial", "term": "board"}]},
            {
                "type": "entry",
                "field": "created_at",
                "match": "range",
                "range": {"greaterThanOrEqual": 5, "lessThan": 9},
            },
            {
                "type": "metadata",
                "xpath": "/*[local-name()='a']",
                "metadataProfileId": 7,
                "match": "exact",
                "term": "x",
            },
            {"type": "category", "field": "full_ids", "match": "starts_with", "term": "1>2"},
            {"type": "cue_point", "field": "type", "match": "exact", "term": "quiz"},
            {"type": "unified", "match": "partial", "term": "x"},
        ],
    }
    sent = params(search=search, objectStatuses=["ready", "pending"], orderBy="-name")
    items = "[searchOperator][searchItems]"
    assert (sent["[searchOperator][operator]"], sent[f"{items}[0][operator]"]) == ("3", "2")
    assert sent[f"{items}[0][searchItems][0][searchTerm]"] == "board"
    assert sent[f"{items}[1][range][objectType]"] == "KalturaESearchRange"
    assert (sent[f"{items}[1][range][greaterThanOrEqual]"], sent[f"{items}[1][range][lessThan]"]) == ("5", "9")
    assert (sent[f"{items}[2][xpath]"], sent[f"{items}[2][metadataProfileId]"]) == ("/*[local-name()='a']", "7")
    assert [sent[f"{items}[{n}][objectType]"] for n in range(1, 6)] == [
        "KalturaESearchEntryItem",
        "KalturaESearchEntryMetadataItem",
        "KalturaESearchCategoryEntryItem",
        "KalturaESearchCuePointItem",
        "KalturaESearchUnifiedItem",
    ]
    assert [sent[f"{items}[{n}][itemType]"] for n in range(1, 6)] == ["5", "1", "3", "1", "2"]
    assert (sent["[objectStatuses]"], sent["[orderBy][orderItems][0][sortOrder]"]) == ("2,4", "desc")


@pytest.mark.parametrize(
    ("kind", "enum"),
    [("entry", "Entry"), ("caption", "Caption"), ("category", "CategoryEntry"), ("cue_point", "CuePoint")],
)
def test_the_fields_are_those_of_the_client_library(kind: str, enum: str) -> None:
    from KalturaClient.Plugins import ElasticSearch

    names = vars(getattr(ElasticSearch, f"KalturaESearch{enum}FieldName"))
    assert set(FIELDS[kind]) == {value for name, value in names.items() if name.isupper()}


def test_a_result_is_an_entry_with_the_languages_that_matched() -> None:
    lines = [{"language": "German"}, {"language": "English"}, {"language": "English"}, {"line": "x"}]
    found = {
        "object": {"id": "1_a", "name": "Board", "status": 2, "createdAt": 1_794_200_400},
        "itemsData": [{"totalCount": 4, "items": lines, "itemsType": "caption"}],
        "objectType": "KalturaESearchEntryResult",
    }
    rows = flow(SEARCH, None).read((page(found, {"object": {"id": "1_b"}}),))
    assert isinstance(rows, Rows)
    names = [column.name for column in rows.columns]
    first, second = (dict(zip(names, row, strict=True)) for row in rows.rows)
    assert (first["id"], first["status_name"], first["caption_languages"]) == ("1_a", "ready", "English,German")
    assert (second["id"], second["status_name"], second["caption_languages"]) == ("1_b", None, None)


def test_a_result_without_its_object_is_unreadable() -> None:
    with pytest.raises(ProviderError, match="has no object"):
        flow(SEARCH, None).read((page({"highlight": []}),))


def test_pages_grow_until_a_short_one() -> None:
    assert judged(page()) == Done()
    assert isinstance(judged(page(*[{"object": {"id": "1"}}] * 500)), More)


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("EMPTY SEARCH TERM IS NOT ALLOWED", 'add term = "..." to every item, or match = "exists"'),
        ("CRITERIA EXCEEDED MAX MATCHES ALLOWED", "narrow the window or the filters"),
    ],
)
def test_codes_with_blanks_are_answered(code: str, hint: str) -> None:
    verdict = judged(says(exception(code, "told; in words: all")))
    assert isinstance(verdict, Refused)
    assert (verdict.words, verdict.hint) == (f"{code}: told; in words: all", hint)


def test_a_search_that_is_down_is_asked_again() -> None:
    assert isinstance(judged(says(exception("SEARCH_ENGINE_QUERY_FAILED"))), Again)


ITEM = "search = {{ items = [{{ {} }}] }}"


@pytest.mark.parametrize(
    ("item", "answer"),
    [
        ('type = "caption", field = "content", match = 3', '3: match is a word, and 3 means starts_with | write match = "starts_with"; "has any" is match = "exists"'),
        ('type = "caption", field = "content", match = 4', '4: match is a word, and 4 means exists | write match = "exists"'),
        ('type = "caption", field = "content", match = "exists", itemType = 3', 'itemType: unknown key "itemType" in a search item | itemType is spelt match here: 1 exact, 2 partial, 3 starts_with, 4 exists, 5 range'),
        ('type = "caption", field = "content", match = "starts_with"', '"starts_with": match = "starts_with" needs a term | add term = "...", or match = "exists" where any will do'),
        ('type = "caption", field = "content", match = "exists", term = "x"', 'term: match = "exists" takes no term | remove term'),
        ('type = "entry", field = "plays", match = "range"', '"range": match = "range" needs a range | add range = { greaterThanOrEqual = 1 }'),
        ('type = "entry", field = "plays", match = "range", range = { }', "range: a range without a bound is none | write greaterThanOrEqual = 1 or lessThan = 10"),
        ('type = "caption", field = "contents", match = "exists"', '"contents": caption has no field "contents"; did you mean "content"? | one of caption_asset_id, content, end_time, label, language, start_time'),
        ('operator = "XOR", items = [{ type = "entry", field = "name", match = "exists" }]', '"XOR": "operator" cannot be "XOR"; did you mean "OR"? | one of "AND", "OR", "NOT"'),
        ('operator = "OR", searchItems = []', 'searchItems: unknown key "searchItems" in a search | searchItems is spelt items here; write items = [{ type = "entry", ... }]'),
        ('operator = "OR", items = [{ type = "entry", feild = "name", match = "exists" }]', 'feild: unknown key "feild" in a search item; did you mean "field"?'),
        ('type = "unified", field = "name", match = "partial", term = "x"', 'field: an item of type "unified" has no field | remove it'),
        ('type = "entry", field = "name", xpath = "/a", match = "exists"', "xpath: xpath belongs to items of type metadata | remove it"),
    ],
)  # fmt: skip
def test_what_is_answered(item: str, answer: str) -> None:
    head = '[datasets.d]\nsource = "kaltura"\nendpoint = "elasticsearch_esearch.searchEntry"\n'
    assert problem(head + ITEM.format(item) + f"\n{OUT}") == answer


def test_a_window_would_do_nothing() -> None:
    head = '[windows.week]\nperiod = "week"\n[datasets.d]\nsource = "kaltura"\nendpoint = "elasticsearch_esearch.searchEntry"\nwindow = "week"\n'
    said = problem(head + ITEM.format('type = "caption", field = "content", match = "exists"') + f"\n{OUT}")
    assert said.startswith('"week": elasticsearch_esearch.searchEntry takes no window | remove it')
