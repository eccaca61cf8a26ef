"""The sandbox's captions and searches (kaltura.md §10)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from service_asker import LIVE, At, ids, page, refusal, running, where

from reportrunner.sandbox.library import captions, items


@pytest.fixture(scope="module")
def at() -> Iterator[At]:
    yield from running()


@pytest.fixture(scope="module")
def large() -> Iterator[At]:
    yield from running(library=12_000)


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
