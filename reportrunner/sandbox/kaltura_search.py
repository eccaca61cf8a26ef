"""elasticsearch_esearch.searchEntry: operators over entry and caption items (kaltura.md §10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reportrunner.sandbox.kaltura_asked import MAX_MATCHES, Visit, enum, group, list_response, ordered, pager, required
from reportrunner.sandbox.kaltura_entries import entry_thing
from reportrunner.sandbox.kaltura_errors import ApiError, not_simulated
from reportrunner.sandbox.kaltura_filters import SEARCH_CAPTION, SEARCH_ENTRY, SEARCH_ORDER
from reportrunner.sandbox.kaltura_session import number
from reportrunner.sandbox.kaltura_wire import Params, Thing
from reportrunner.sandbox.library import Caption, Item, Line, captions, items

_AND, _OR, _NOT = "1", "2", "3"
_EXACT, _PARTIAL, _STARTS, _EXISTS, _RANGE = "1", "2", "3", "4", "5"
_ORDERS: dict[str, Callable[[Item], Any]] = {
    "created_at": lambda found: (found.created_at, found.entry_id),
    "updated_at": lambda found: (found.created_at, found.entry_id),
    "name": lambda found: (found.name, found.entry_id),
}
_TEXTS: dict[str, Callable[[Item], tuple[str, ...]]] = {
    "id": lambda found: (found.entry_id,),
    "name": lambda found: (found.name,),
    "tags": lambda found: found.tags,
}
_BOUNDS: dict[str, Callable[[int, int], bool]] = {
    "greaterThanOrEqual": lambda value, bound: value >= bound,
    "greaterThan": lambda value, bound: value > bound,
    "lessThanOrEqual": lambda value, bound: value <= bound,
    "lessThan": lambda value, bound: value < bound,
}
_ITEM_KINDS = {"KalturaESearchEntryItem", "KalturaESearchCaptionItem", "KalturaESearchEntryOperator"}
_Hit = tuple[Caption, Line]


@dataclass(frozen=True, slots=True)
class _Found:
    """What a search item says of an entry: whether it stays, and the caption lines that were hit."""

    stays: bool
    hits: tuple[_Hit, ...] = ()


_Test = Callable[[Item], _Found]


def search_entries(params: Params, visit: Visit) -> Thing:
    """``elasticsearch_esearch.searchEntry``."""
    required(params, "searchParams")
    asked, page = group(params, "searchParams"), pager(params)
    if page.asked * page.index > MAX_MATCHES:
        raise ApiError("CRITERIA EXCEEDED MAX MATCHES ALLOWED")
    for name in ("objectStatuses", "objectId", "objectIds", "aggregations", "scoreFunctionParams"):
        if asked.get(name):
            raise not_simulated(f"a search with {name}")
    test = _operator(group(asked, "searchOperator"))
    hits = {one.entry_id: found.hits for one in items(visit.library) if (found := test(one)).stays}
    library = [one for one in items(visit.library) if one.entry_id in hits]
    results = ordered(library, _order(asked), _ORDERS, "-created_at")
    objects = [_result(one, hits[one.entry_id], visit.session.partner) for one in page.page(results)]
    return list_response("KalturaESearchEntryResponse", objects, len(results))


def _order(asked: Params) -> str:
    wanted = [step for step in group(group(asked, "orderBy"), "orderItems").values() if isinstance(step, dict)]
    for step in wanted:
        field = enum(step, "sortField", "KalturaESearchEntryOrderByFieldName", SEARCH_ORDER)
        if len(wanted) > 1 or field not in _ORDERS:
            raise not_simulated(f"a search ordered by {field} or by several fields")
        descending = enum(step, "sortOrder", "KalturaESearchSortOrder", {"asc", "desc"}) != "asc"
        return f"{'-' if descending else '+'}{field}"
    return ""


def _operator(asked: Params) -> _Test:
    kind = enum(asked, "operator", "KalturaESearchOperatorType", {_AND, _OR, _NOT}) or _AND
    tests = [_item(item) for item in group(asked, "searchItems").values()]
    if not tests:
        raise not_simulated("a search without items")

    def test(one: Item) -> _Found:
        found = [inner(one) for inner in tests]
        hits = tuple(hit for part in found if part.stays for hit in part.hits)
        if kind == _NOT:
            return _Found(not any(part.stays for part in found))
        stays = all(part.stays for part in found) if kind == _AND else any(part.stays for part in found)
        return _Found(stays, hits)

    return test


def _item(asked: object) -> _Test:
    fields: Params = asked if isinstance(asked, dict) else {}
    kind = str(fields.get("objectType", ""))
    if kind == "KalturaESearchEntryOperator":
        return _operator(fields)
    if kind not in _ITEM_KINDS:
        if kind.startswith("KalturaESearch") and kind.endswith(("Item", "Operator")):
            raise not_simulated(f"a search for a {kind}")
        raise ApiError("OBJECT_TYPE_ABSTRACT", OBJECT_TYPE="KalturaESearchEntryBaseItem")
    how = enum(fields, "itemType", "KalturaESearchItemType", {_EXACT, _PARTIAL, _STARTS, _EXISTS, _RANGE})
    term = str(fields.get("searchTerm") or "").strip().lower()
    if how in (_EXACT, _PARTIAL, _STARTS) and not term:
        raise ApiError("EMPTY SEARCH TERM IS NOT ALLOWED")
    return _caption_item(fields, how, term) if kind == "KalturaESearchCaptionItem" else _entry_item(fields, how, term)


def _entry_item(fields: Params, how: str, term: str) -> _Test:
    name = enum(fields, "fieldName", "KalturaESearchEntryFieldName", SEARCH_ENTRY)
    if name == "created_at" and how in (_RANGE, _EXACT):
        limits = group(fields, "range") if how == _RANGE else {"greaterThanOrEqual": term, "lessThanOrEqual": term}
        bounds = [(_BOUNDS[bound], number(limits, bound, 0)) for bound in _BOUNDS if bound in limits]
        if not bounds:
            raise not_simulated("a range without bounds")
        return lambda one: _Found(all(holds(one.created_at, bound) for holds, bound in bounds))
    if how == _EXISTS and name in (*_TEXTS, "created_at"):
        return lambda _: _Found(True)
    if name not in _TEXTS or how not in (_EXACT, _PARTIAL, _STARTS):
        raise not_simulated(f"a search for {name or 'no field'} with itemType {how or 'none'}")
    return lambda one: _Found(any(_matches(text, how, term) for text in _TEXTS[name](one)))


def _caption_item(fields: Params, how: str, term: str) -> _Test:
    name = enum(fields, "fieldName", "KalturaESearchCaptionFieldName", SEARCH_CAPTION)
    if name not in ("content", "language", "label") or how in ("", _RANGE):
        raise not_simulated(f"a caption search for {name or 'no field'} with itemType {how or 'none'}")

    def test(one: Item) -> _Found:
        hits = tuple(
            (caption, line)
            for caption in captions(one)
            for line in caption.lines
            if how == _EXISTS or _matches(line.text if name == "content" else caption.language, how, term)
        )
        return _Found(bool(hits), hits)

    return test


def _matches(text: str, how: str, term: str) -> bool:
    """EXACT_MATCH wants the words side by side, PARTIAL any of them, STARTS_WITH the beginning, in any case."""
    text = text.lower()
    if how == _STARTS:
        return text.startswith(term)
    if how == _PARTIAL:
        return any(word in text for word in term.split())
    return f" {' '.join(term.split())} " in f" {' '.join(text.split())} "


def _result(one: Item, hits: tuple[_Hit, ...], partner: int) -> Thing:
    data = None
    if hits:
        lines = [
            Thing(
                "KalturaESearchCaptionItemData",
                {
                    "line": line.text,
                    "startsAt": line.start,
                    "endsAt": line.end,
                    "language": caption.language,
                    "captionAssetId": caption.asset_id,
                    "label": caption.language,
                },
            )
            for caption, line in hits
        ]
        fields = {"totalCount": len(lines), "items": lines, "itemsType": "caption"}
        data = [Thing("KalturaESearchItemDataResult", fields)]
    return Thing("KalturaESearchEntryResult", {"object": entry_thing(one, partner), "itemsData": data})
