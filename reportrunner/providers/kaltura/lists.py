"""Lists of what an account holds: entries, categories, captions, live servers (kaltura.md §10)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from reportrunner.ask import Ask, Endpoint
from reportrunner.days import Days
from reportrunner.diagnose import Hinted
from reportrunner.flow import Done, Flow, More, Refused, Reply, Request, Verdict
from reportrunner.providers.kaltura import fields, wire
from reportrunner.providers.kaltura.dataset import KalturaDataset, fetch_together
from reportrunner.providers.kaltura.hints import scope
from reportrunner.providers.kaltura.listing import (
    FIRST_PAGE,
    LIST_PAGE,
    MATCHES,
    Numbers,
    Row,
    Text,
    Texts,
    judge_pages,
    knowing,
    load,
    named,
    objects_of,
    read_objects,
    read_pages,
    write_list_filter,
)
from reportrunner.providers.kaltura.times import seconds_of
from reportrunner.spec import EndpointDataset
from reportrunner.strict import Strict
from reportrunner.table import Column, Rows, declare

_CREATED = 'is decided by the window; write window = "name" beside filters'
_FAMILIAR: Mapping[str, str] = {
    "createdAtGreaterThanOrEqual": _CREATED,
    "createdAtLessThanOrEqual": _CREATED,
    "objectType": "is not needed; remove it",
}


class ListFilters(Strict):
    """Base of the filters of the lists."""

    diagnostic_noun: ClassVar[str] = "filter"
    familiar: ClassVar[Mapping[str, str]] = _FAMILIAR


class ListDataset(KalturaDataset):
    """Keys of every list; a window is of the day of creation."""

    familiar: ClassVar[Mapping[str, str]] = {
        "filter": "is spelt filters here; write filters = { ... }",
        "pager": "is not needed: all pages are fetched",
    }
    orderBy: Literal["+createdAt", "-createdAt", "+updatedAt", "-updatedAt"] = "+createdAt"  # noqa: N815


class EntryFilters(ListFilters):
    """The filter of `baseEntry.list`."""

    diagnostic_owner: ClassVar[str] = "baseEntry.list"
    familiar: ClassVar[Mapping[str, str]] = {
        **_FAMILIAR,
        "idEqual": 'is spelt idIn; write idIn = ["1_abc"]',
        "statusEqual": 'is spelt statusIn; write statusIn = ["ready"]',
        "entryIdIn": 'is spelt idIn here; write idIn = ["1_abc"]',
    }
    idIn: Texts | None = Field(default=None, description="Any number of entry ids")  # noqa: N815
    nameEqual: Text | None = None  # noqa: N815
    freeText: Text | None = None  # noqa: N815
    userIdIn: Texts | None = None  # noqa: N815
    tagsMultiLikeOr: Texts | None = None  # noqa: N815
    tagsMultiLikeAnd: Texts | None = None  # noqa: N815
    categoriesIdsMatchOr: Numbers | None = Field(  # noqa: N815
        default=None, description="Entries of these very categories, without those below them"
    )
    categoriesIdsMatchAnd: Numbers | None = None  # noqa: N815
    categoryAncestorIdIn: Numbers | None = Field(  # noqa: N815
        default=None, description="Entries of these categories and of all below them"
    )
    referenceIdIn: Texts | None = None  # noqa: N815
    rootEntryIdIn: Texts | None = None  # noqa: N815
    typeIn: fields.EntryTypes | None = None  # noqa: N815
    statusIn: fields.EntryStatuses | None = Field(  # noqa: N815
        default=None, description="The service shows ready entries only, unless told otherwise"
    )


class ListEntries(ListDataset):
    """`baseEntry.list`: entries of the account."""

    diagnostic_owner: ClassVar[str] = "baseEntry.list"
    endpoint: Literal["baseEntry.list"]
    filters: EntryFilters | None = None


class CategoryFilters(ListFilters):
    """The filter of `category.list`."""

    diagnostic_owner: ClassVar[str] = "category.list"
    familiar: ClassVar[Mapping[str, str]] = {**_FAMILIAR, "idEqual": "is spelt idIn; write idIn = [123]"}
    idIn: Numbers | None = None  # noqa: N815
    parentIdIn: Numbers | None = None  # noqa: N815
    ancestorIdIn: Numbers | None = None  # noqa: N815
    fullNameIn: Texts | None = None  # noqa: N815
    fullNameStartsWith: Text | None = None  # noqa: N815
    freeText: Text | None = None  # noqa: N815


class ListCategories(ListDataset):
    """`category.list`: categories of the account."""

    diagnostic_owner: ClassVar[str] = "category.list"
    endpoint: Literal["category.list"]
    filters: CategoryFilters | None = None


class OfEntries(ListFilters):
    """Base of filters that name entries."""

    entryIdEqual: Text | None = None  # noqa: N815
    entryIdIn: Texts | None = None  # noqa: N815


class CaptionFilters(OfEntries):
    """The filter of `caption_captionAsset.list`."""

    diagnostic_owner: ClassVar[str] = "caption_captionAsset.list"
    statusIn: fields.CaptionStatuses | None = None  # noqa: N815

    @model_validator(mode="after")
    def _of_entries(self) -> Self:
        if self.entryIdEqual is None and self.entryIdIn is None:
            raise Hinted("the service lists captions of named entries only", 'add entryIdIn = ["1_abc"]')
        return self


class ListCaptions(ListDataset):
    """`caption_captionAsset.list`: captions of entries."""

    diagnostic_owner: ClassVar[str] = "caption_captionAsset.list"
    endpoint: Literal["caption_captionAsset.list"]
    filters: CaptionFilters


class ServerFilters(OfEntries):
    """The filter of `entryServerNode.list`."""

    diagnostic_owner: ClassVar[str] = "entryServerNode.list"
    statusIn: fields.ServerStatuses | None = None  # noqa: N815
    serverTypeIn: fields.ServerTypes | None = None  # noqa: N815


class ListServers(ListDataset):
    """`entryServerNode.list`: the servers that live entries are at."""

    diagnostic_owner: ClassVar[str] = "entryServerNode.list"
    endpoint: Literal["entryServerNode.list"]
    filters: ServerFilters | None = None


@dataclass(frozen=True, slots=True)
class ListCall:
    """How one of the lists is asked and read."""

    service: str
    response: str
    filter: str
    columns: tuple[Column, ...]
    row: Row


def _row(item: Mapping[str, Any], *, words: Mapping[str, tuple[str, Mapping[str, str]]]) -> Mapping[str, Any]:
    """Add to an object the words of its codes."""
    return {**item, **{word: named(item.get(code), names) for word, (code, names) in words.items()}}


CALLS: Mapping[str, ListCall] = {
    "baseEntry.list": ListCall(
        "baseEntry",
        "KalturaBaseEntryListResponse",
        "KalturaBaseEntryFilter",
        fields.ENTRIES,
        partial(_row, words=fields.ENTRY_WORDS),
    ),
    "category.list": ListCall(
        "category", "KalturaCategoryListResponse", "KalturaCategoryFilter", fields.CATEGORIES, dict
    ),
    "caption_captionAsset.list": ListCall(
        "caption_captionAsset",
        "KalturaCaptionAssetListResponse",
        "KalturaCaptionAssetFilter",
        fields.CAPTIONS,
        partial(_row, words=fields.CAPTION_WORDS),
    ),
    "entryServerNode.list": ListCall(
        "entryServerNode",
        "KalturaEntryServerNodeListResponse",
        "KalturaEntryServerNodeFilter",
        fields.SERVERS,
        partial(_row, words=fields.SERVER_WORDS),
    ),
}


def unfold_list(ask: Ask) -> Flow:
    """Return the flow of a list: pages that a window of page numbers walks, or groups of ids."""
    parameters = ask.parameters
    assert isinstance(parameters, ListDataset)
    listed = CALLS[ask.endpoint.name]
    columns = declare(listed.columns, parameters.columns)
    given = list_filter(ask)
    ids = tuple(dict.fromkeys(given.get("idIn", ())))
    if not ids:
        request = wire.call(
            listed.service, "list", (*write_list_filter(listed.filter, given), *FIRST_PAGE), page=1, wave=1
        )
        read = partial(read_pages, columns=columns, row=listed.row)
        return fetch_together(ask, (request,), knowing(judge_pages, kind=listed.response), read)
    groups = [list(ids[place : place + LIST_PAGE]) for place in range(0, len(ids), LIST_PAGE)]
    first, *rest = (_group(listed, {**given, "idIn": group}, number, ids) for number, group in enumerate(groups, 1))
    judge = knowing(judge_group, kind=listed.response, rest=tuple(rest))
    return fetch_together(ask, (first,), judge, partial(_read_groups, columns=columns, row=listed.row))


def list_filter(ask: Ask) -> dict[str, Any]:
    """Return the fields of a list's filter, those that the window decides among them."""
    filters, order = getattr(ask.parameters, "filters", None), getattr(ask.parameters, "orderBy", None)
    given: dict[str, Any] = {} if filters is None else filters.model_dump(exclude_none=True)
    if order is not None:
        given["orderBy"] = order
    if ask.window is not None:
        given["createdAtGreaterThanOrEqual"], given["createdAtLessThanOrEqual"] = seconds_of(ask.window)
    return given


def _group(listed: ListCall, given: Mapping[str, object], number: int, ids: tuple[str, ...]) -> Request:
    """Write the call for one group of ids; its clientTag tells lists apart that begin with the same group."""
    tag = hashlib.sha256(",".join(ids).encode()).hexdigest()[:16]
    form = (*write_list_filter(listed.filter, given), *FIRST_PAGE, ("clientTag", f"reportrunner {tag}"))
    return wire.call(listed.service, "list", form, page=number)


def judge_group(request: Request, reply: Reply, *, kind: str, rest: tuple[Request, ...]) -> Verdict:
    """Judge the objects of one group of ids, which fit one page; the first group asks for the others."""
    found, verdict = objects_of(reply, kind)
    if verdict is not None:
        return verdict
    if len(found) > LIST_PAGE:
        return Refused("unreadable", f"{len(found):,} objects came back for {LIST_PAGE} ids")
    return More(rest) if request.page == 1 and rest else Done()


def _read_groups(replies: Sequence[Reply], columns: tuple[Column, ...], row: Row) -> Rows:
    """Read groups of ids: any of them may be short."""
    objects = [one for reply in replies for one in load(reply).get("objects", [])]
    return read_objects([objects], columns=columns, row=row)


def _columns(name: str, _: EndpointDataset) -> tuple[Column, ...]:
    return CALLS[name].columns


def _endpoint(model: type[ListDataset], summary: str, *traps: str, limits: tuple[str, ...] = ()) -> Endpoint:
    name = model.diagnostic_owner
    return Endpoint(
        name=name,
        summary=summary,
        parameters=model,
        unfold=unfold_list,
        columns=partial(_columns, name),
        key=lambda _: ("id",),
        days=Days("instants", "source-proven", words="those of creation"),
        limits=limits,
        hint=scope,
        traps=(*traps, f"pages of {LIST_PAGE} are fetched until a short one; totalCount is not trusted"),
    )


_MANY = (f"more than {MATCHES:,} matches are refused by the service: ask over narrower windows",)
ENDPOINTS = (
    _endpoint(
        ListEntries,
        "Entries of the account, all pages",
        "ready entries only, unless statusIn says otherwise; ids that do not exist are left out without a word",
        limits=_MANY,
    ),
    _endpoint(ListCategories, "Categories of the account, all pages", limits=_MANY),
    _endpoint(ListCaptions, "Captions of entries", "the service needs entryIdEqual or entryIdIn"),
    _endpoint(ListServers, "Servers of live entries, with their status", "an unknown entry is ENTRY_ID_NOT_FOUND"),
)
