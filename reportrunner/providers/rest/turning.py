"""The next page of an answer: its request, and what tells pages that lead nowhere."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal
from urllib.parse import parse_qsl, urljoin, urlsplit

from reportrunner.flow import Done, Issued, JsonBody, JsonValue, More, Pairs, Refused, Reply, Request, Verdict, show
from reportrunner.providers.rest.ending import astray
from reportrunner.providers.rest.links import next_link
from reportrunner.providers.rest.paging import (
    BodyLink,
    Counted,
    Cursors,
    LinkHeader,
    Offsets,
    PageNumbers,
    PagingSpec,
)
from reportrunner.providers.rest.places import one
from reportrunner.verdict import plain

KEPT = 100
"""Pages back to which one that comes again is told; the executor tells longer circles by their requests."""


def first_page(paging: PagingSpec | None, request: Request) -> Request:
    """Return the first page's request: its size and number go where the definition says."""
    if paging is None:
        return request
    request = replace(request, page=1)
    if isinstance(paging, Counted | Cursors) and paging.size_name is not None and paging.size is not None:
        request = put(request, paging.in_, paging.size_name, paging.size)
    if isinstance(paging, PageNumbers):
        return put(request, paging.in_, paging.name, paging.first)
    return put(request, paging.in_, paging.name, 0) if isinstance(paging, Offsets) else request


def after(paging: PagingSpec, request: Request, reply: Reply, document: Any, rows: list[Any], secret: Pairs) -> Verdict:
    """Return what follows a page of `rows`: More, Done, or Refused where the pages lead nowhere.

    Counted pages are known by their rows, the others by the cursor or link that leads to them: two of those may hold
    equal rows. `secret` are the query pairs that prove who asks: an address of the provider's own may repeat them.
    """
    said = _says_more(paging, document)
    if isinstance(said, Refused):
        return said
    mark: tuple[str, ...] = (_mark(rows),) if isinstance(paging, Counted) else ()
    if isinstance(paging, Counted) and rows and mark[0] in request.before:
        back = (len(request.before) - request.before.index(mark[0])) // 2
        words = f"page {request.page} has the same rows as page {request.page - back}: the pages lead in a circle"
        return Refused("unreadable", words, f'the service seems to ignore "{paging.name}"; check paging')
    following = _next(paging, request, reply, document, len(rows)) if said is not False else None
    if isinstance(following, Refused):
        return following
    if following is None:
        if said is True:
            return Refused("unreadable", f"page {request.page} says that there are more, and not where", "check paging")
        return (astray(paging, reply, document, len(rows)) if request.page == 1 else None) or Done()
    if request.page >= paging.most:
        words = f"{paging.most:,} pages came, and there are more"
        return Refused("truncated", words, "narrow the window or the params, or raise paging.most")
    token, page = following
    known = token if isinstance(paging, Counted) else _mark([token])
    if known in request.before:
        return Refused(
            "unreadable", f'page {request.page} gives the {_noun(paging)} "{plain(token, 80)}" again', "check paging"
        )
    before = (*request.before, *mark, known)[-2 * KEPT :]
    return More((_without_secret(replace(page, page=request.page + 1, before=before), secret),))


def _noun(paging: PagingSpec) -> str:
    return "cursor" if isinstance(paging, Cursors) else "link"


def _says_more(paging: PagingSpec, document: Any) -> bool | Refused | None:
    if paging.more is None:
        return None
    said = one(paging.more, document)
    if isinstance(said, bool):
        return said
    return Refused(
        "unreadable", f"there is neither true nor false at {paging.more}, where the answer says if there is more"
    )


def _next(
    paging: PagingSpec, request: Request, reply: Reply, document: Any, rows: int
) -> tuple[str, Request] | Refused | None:
    """Return the next page's request and what it is known by; None after the last page."""
    if isinstance(paging, PageNumbers | Offsets):
        return _counted(paging, request, document, rows)
    if isinstance(paging, Cursors):
        cursor = (
            reply.headers.get((paging.next_header or "").lower()) if paging.next is None else one(paging.next, document)
        )
        if cursor is None or cursor == "" or cursor is False:
            return None
        if not isinstance(cursor, str | int) or isinstance(cursor, bool):
            return Refused("unreadable", f"the cursor at {paging.next} is neither text nor an integer")
        if len(str(cursor)) > 8_192 or not str(cursor).isprintable():
            return Refused("unreadable", "the cursor is no text that a request can carry")
        return str(cursor), put(request, paging.in_, paging.name, cursor)
    if isinstance(paging, LinkHeader):
        link: Any = next_link(reply.headers.get("link", ""), paging.rel)
    else:
        assert isinstance(paging, BodyLink)
        link = one(paging.next, document) or ""
    if not link:
        return None
    if not isinstance(link, str) or not link.isprintable() or " " in link:
        return Refused("unreadable", "the link to the next page is no address")
    return link, _linked(request, link)


def _counted(
    paging: PageNumbers | Offsets, request: Request, document: Any, rows: int
) -> tuple[str, Request] | Refused | None:
    seen = (int(request.before[-1].rpartition(":")[2]) if request.before else 0) + rows
    if paging.total is not None:
        total = one(paging.total, document)
        if not isinstance(total, int) or isinstance(total, bool):
            return Refused("unreadable", f"there is no number of rows at {paging.total}")
        if not rows and seen < total:
            return Refused("truncated", f"page {request.page} is empty after {seen:,} of {total:,} rows")
        if seen >= total:
            return None
    elif paging.more is None and (not rows or _is_short(paging, rows)):
        return None
    if not rows:
        return Refused("unreadable", f"page {request.page} adds nothing, and the answer says that there is more")
    if isinstance(paging, PageNumbers):
        number = paging.first + request.page
        return f"page {number}:{seen}", put(request, paging.in_, paging.name, number)
    return f"offset:{seen}", put(request, paging.in_, paging.name, seen)


def _is_short(paging: PageNumbers | Offsets, rows: int) -> bool:
    return paging.stop == "short" and rows < (paging.size or 1)


def _mark(rows: list[Any]) -> str:
    raw = json.dumps(rows, sort_keys=True, default=str, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(raw.encode()).hexdigest()[:24]


def _linked(request: Request, link: str) -> Request:
    """Return the request with the address that the provider gave; what it was asked with stands in that address."""
    parts = urlsplit(link)
    if not parts.netloc and not parts.path.startswith("/"):
        here = request.path.url if isinstance(request.path, Issued) else "/" + show(request.path).lstrip("/")
        link = urljoin(here, link)
        link = link if isinstance(request.path, Issued) else link.lstrip("/")
        parts = urlsplit(link)
    query = tuple(parse_qsl(parts.query, keep_blank_values=True))
    return replace(request, path=Issued(parts._replace(query="", fragment="").geturl()), query=query)


def _without_secret(request: Request, secret: Pairs) -> Request:
    """Put the secret pairs of a query in the place of what an address repeats of them."""
    if not secret or not isinstance(request.path, Issued):
        return request
    names = {name for name, _ in secret}
    return replace(request, query=(*(pair for pair in request.query if pair[0] not in names), *secret))


def put(request: Request, place: Literal["query", "form", "json"], name: str, value: str | int) -> Request:
    """Return the request with this value under this name, in place of one that stands there."""
    if place == "json":
        body = request.json or JsonBody(())
        return replace(request, json=_in_json(body, name.split("."), value))
    pairs = request.query if place == "query" else request.form or ()
    new = (*(pair for pair in pairs if pair[0] != name), (name, str(value)))
    return replace(request, query=new) if place == "query" else replace(request, form=new)


def _in_json(body: JsonBody, path: list[str], value: JsonValue) -> JsonBody:
    name, *rest = path
    here: Mapping[str, JsonValue] = dict(body.pairs)
    inner = here.get(name)
    if rest:
        value = _in_json(inner if isinstance(inner, JsonBody) else JsonBody(()), rest, value)
    return JsonBody(tuple({**here, name: value}.items()))
