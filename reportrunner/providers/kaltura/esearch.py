"""Search of entries: `elasticsearch_esearch.searchEntry` (kaltura.md §10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from reportrunner.ask import Ask, Endpoint
from reportrunner.days import Days
from reportrunner.delimited import unreadable
from reportrunner.diagnose import Hinted
from reportrunner.flow import Flow, Refused, Reply, Request, Verdict
from reportrunner.providers.kaltura import fields, wire
from reportrunner.providers.kaltura.dataset import fetch_together
from reportrunner.providers.kaltura.listing import (
    FIRST_PAGE,
    LIST_PAGE,
    MATCHES,
    Windowless,
    column,
    judge_pages,
    named,
    read_pages,
    write,
)
from reportrunner.spelling import did_you_mean
from reportrunner.strict import Strict
from reportrunner.table import ColumnType, declare

KIND = "KalturaESearchEntryResponse"
OPERATORS = {"AND": 1, "OR": 2, "NOT": 3}
MATCHINGS = {"exact": 1, "partial": 2, "starts_with": 3, "exists": 4, "range": 5}
CLASSES = {
    "entry": "KalturaESearchEntryItem",
    "caption": "KalturaESearchCaptionItem",
    "metadata": "KalturaESearchEntryMetadataItem",
    "category": "KalturaESearchCategoryEntryItem",
    "cue_point": "KalturaESearchCuePointItem",
    "unified": "KalturaESearchUnifiedItem",
}
FIELDS: Mapping[str, tuple[str, ...]] = {
    "entry": tuple(
        "access_control_id admin_tags broadcast_entry_id captions_content conversion_profile_id created_at"
        " creator_kuser_id credit description display_in_search end_date entitled_kusers_edit entitled_kusers_publish"
        " entitled_kusers_view entry_type external_source_type flavor_params_ids id is_live is_quiz is_scheduled"
        " kuser_id last_played_at length_in_msecs media_type moderation_status name parent_id partner_sort_value plays"
        " push_publish rank recorded_entry_id recycled_at redirect_entry_id reference_id room_type root_id site_url"
        " source_type start_date tags template_entry_id updated_at user_names votes".split()
    ),
    "caption": ("caption_asset_id", "content", "end_time", "label", "language", "start_time"),
    "category": ("ancestor_id", "ancestor_name", "full_ids", "id", "name"),
    "cue_point": tuple("answers end_time explanation hint id name question start_time sub_type tags text type".split()),
}
"""The fields of each kind, from the client library (ElasticSearch.py); metadata has a path and unified has none."""
HINTS = {"EMPTY SEARCH TERM IS NOT ALLOWED": 'add term = "..." to every item, or match = "exists"'}
_SOURCE = "KalturaGeneratedAPIClientsPython (ElasticSearch.py)"
COLUMNS = (
    *(c for c in fields.ENTRIES if c.name != "categoriesIds"),
    column(ColumnType.STRING, "caption_languages", "Languages of the captions that matched, joined by commas", _SOURCE),
)


def _matching(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool) and value in MATCHINGS.values():
        word = next(word for word, code in MATCHINGS.items() if code == value)
        more = '; "has any" is match = "exists"' if value == 3 else ""
        raise Hinted(f"match is a word, and {value} means {word}", f'write match = "{word}"{more}')
    return value


class Range(Strict):
    """Bounds of `match = "range"`."""

    diagnostic_owner: ClassVar[str] = "a range"
    greaterThanOrEqual: int | None = None  # noqa: N815
    greaterThan: int | None = None  # noqa: N815
    lessThanOrEqual: int | None = None  # noqa: N815
    lessThan: int | None = None  # noqa: N815

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if not self.model_dump(exclude_none=True):
            raise Hinted("a range without a bound is none", "write greaterThanOrEqual = 1 or lessThan = 10")
        return self


class Item(Strict):
    """One condition of a search."""

    diagnostic_owner: ClassVar[str] = "a search item"
    familiar: ClassVar[Mapping[str, str]] = {
        "itemType": "is spelt match here: 1 exact, 2 partial, 3 starts_with, 4 exists, 5 range",
        "fieldName": 'is spelt field here; write field = "content"',
        "searchTerm": 'is spelt term here; write term = "..."',
        "objectType": 'is spelt type here; write type = "caption"',
    }
    type: Literal["entry", "caption", "metadata", "category", "cue_point", "unified"]
    match: Annotated[Literal["exact", "partial", "starts_with", "exists", "range"], BeforeValidator(_matching)]
    field: str | None = None
    term: str | None = Field(default=None, min_length=1)
    range: Range | None = None
    xpath: str | None = Field(default=None, min_length=1, description="Path of a metadata field")
    metadataProfileId: int | None = Field(default=None, gt=0)  # noqa: N815

    @model_validator(mode="after")
    def _said_what(self) -> Self:
        wanted = {"exists": None, "range": "range"}.get(self.match, "term")
        for key in ("term", "range"):
            given = getattr(self, key) is not None
            if given and key != wanted:
                raise Hinted(f'match = "{self.match}" takes no {key}', f"remove {key}", key=key)
            if not given and key == wanted:
                example = '"..."' if key == "term" else "{ greaterThanOrEqual = 1 }"
                ways = ', or match = "exists" where any will do' if key == "term" else ""
                raise Hinted(
                    f'match = "{self.match}" needs a {key}', f"add {key} = {example}{ways}", key="match", at="value"
                )
        return self

    @model_validator(mode="after")
    def _said_where(self) -> Self:
        known = FIELDS.get(self.type)
        if known is not None and self.field not in known:
            if self.field is None:
                raise Hinted(f'an item of type "{self.type}" needs a field', f"one of {', '.join(known)}")
            near = did_you_mean(self.field, known)
            raise Hinted(
                f'{self.type} has no field "{self.field}"{near}', f"one of {', '.join(known)}", key="field", at="value"
            )
        if known is None and self.field is not None:
            other = 'write xpath = "..."' if self.type == "metadata" else "remove it"
            raise Hinted(f'an item of type "{self.type}" has no field', other, key="field")
        for key in ("xpath", "metadataProfileId"):
            if self.type != "metadata" and getattr(self, key) is not None:
                raise Hinted(f"{key} belongs to items of type metadata", "remove it", key=key)
        return self


def _kind(value: object) -> str:
    """Tell a group from an item by a key that only groups have."""
    keys = set(value) if isinstance(value, Mapping) else set()
    return "Group" if isinstance(value, Group) or keys & {"items", "operator", "searchItems"} else "Item"


class Group(Strict):
    """Conditions under one operator."""

    diagnostic_owner: ClassVar[str] = "a search"
    familiar: ClassVar[Mapping[str, str]] = {
        "searchItems": 'is spelt items here; write items = [{ type = "entry", ... }]',
        "objectType": "is not needed; remove it",
    }
    operator: Literal["AND", "OR", "NOT"] = "AND"
    items: list[Annotated[Annotated[Item, Tag("Item")] | Annotated[Group, Tag("Group")], Discriminator(_kind)]] = Field(
        min_length=1
    )


class SearchEntry(Windowless):
    """`elasticsearch_esearch.searchEntry`: entries that a search finds."""

    diagnostic_owner: ClassVar[str] = "elasticsearch_esearch.searchEntry"
    familiar: ClassVar[Mapping[str, str]] = {
        "searchParams": 'is spelt search here; write search = { operator = "AND", items = [...] }',
        "searchOperator": 'is spelt search here; write search = { operator = "AND", items = [...] }',
        "pager": "is not needed: all pages are fetched",
    }
    endpoint: Literal["elasticsearch_esearch.searchEntry"]
    search: Group
    objectStatuses: fields.EntryStatuses | None = None  # noqa: N815
    orderBy: Literal["+created_at", "-created_at", "+updated_at", "-updated_at", "+name", "-name"] = "+created_at"  # noqa: N815


def unfold_search(ask: Ask) -> Flow:
    """Return the flow of a search: pages of 500 in a fixed order."""
    parameters = ask.parameters
    assert isinstance(parameters, SearchEntry)
    order = {
        "objectType": "KalturaESearchEntryOrderByItem",
        "sortField": parameters.orderBy[1:],
        "sortOrder": "asc" if parameters.orderBy[0] == "+" else "desc",
    }
    search: dict[str, object] = {
        "objectType": "KalturaESearchEntryParams",
        "searchOperator": compile_search(parameters.search),
        "orderBy": {"objectType": "KalturaESearchOrderBy", "orderItems": [order]},
    }
    if parameters.objectStatuses:
        search["objectStatuses"] = ",".join(parameters.objectStatuses)
    form = (*write("searchParams", search), *FIRST_PAGE)
    request = wire.call("elasticsearch_esearch", "searchEntry", form, page=1, wave=1)
    read = partial(read_pages, columns=declare(COLUMNS, parameters.columns), row=_entry)
    return fetch_together(ask, (request,), judge_search, read)


def compile_search(search: Group | Item) -> Mapping[str, object]:
    """Return a search as the service nests it."""
    if isinstance(search, Group):
        return {
            "objectType": "KalturaESearchEntryOperator",
            "operator": OPERATORS[search.operator],
            "searchItems": [compile_search(item) for item in search.items],
        }
    item: dict[str, object] = {"objectType": CLASSES[search.type], "itemType": MATCHINGS[search.match]}
    given = {"fieldName": search.field, "searchTerm": search.term, "xpath": search.xpath}
    item |= {name: value for name, value in given.items() if value is not None}
    if search.metadataProfileId is not None:
        item["metadataProfileId"] = search.metadataProfileId
    if search.range is not None:
        item["range"] = {"objectType": "KalturaESearchRange", **search.range.model_dump(exclude_none=True)}
    return item


def judge_search(request: Request, reply: Reply) -> Verdict:
    """Judge a page of a search like one of a list; its codes contain spaces."""
    verdict = judge_pages(request, reply, kind=KIND)
    if isinstance(verdict, Refused):
        hint = HINTS.get(verdict.words.partition(":")[0], verdict.hint)
        return replace(verdict, hint=hint)
    return verdict


def _entry(result: Mapping[str, Any]) -> Mapping[str, Any]:
    entry = result.get("object")
    if not isinstance(entry, dict):
        raise unreadable("a result of the search has no object")
    words = {word: named(entry.get(code), names) for word, (code, names) in fields.ENTRY_WORDS.items()}
    return {**entry, **words, "caption_languages": _languages(result)}


def _languages(result: Mapping[str, Any]) -> str | None:
    """Return the languages of the caption lines that matched, where the answer tells them."""
    lines = [line for data in result.get("itemsData") or [] for line in data.get("items") or []]
    found = {str(line["language"]) for line in lines if line.get("language")}
    return ",".join(sorted(found)) or None


ENDPOINTS = (
    Endpoint(
        name="elasticsearch_esearch.searchEntry",
        summary="Entries that a search finds, all pages",
        parameters=SearchEntry,
        unfold=unfold_search,
        columns=lambda _: COLUMNS,
        days=Days("none", words="all that match, of whatever day"),
        key=lambda _: ("id",),
        limits=(f"the service gives the first {MATCHES:,} matches: more end the run with exit 4",),
        traps=(
            'match = "exists" is 4 on the wire; 3, which guides write, means starts_with and needs a term',
            f"pages of {LIST_PAGE} are fetched until a short one",
            "whether itemsData names every language of an entry is not known: ask caption_captionAsset.list for all",
        ),
    ),
)
