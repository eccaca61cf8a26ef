"""Pages of RealtimeKit's lists: where they are in an answer, and when they end (§1.3)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from reportrunner.delimited import unreadable
from reportrunner.flow import Done, More, Refused, Reply, Request, Verdict
from reportrunner.json_cell import canonical
from reportrunner.providers.cloudflare.cells import absent, rows_of
from reportrunner.providers.cloudflare.wire import judge_envelope, load
from reportrunner.table import Claim, Column, Note, Rows

FIRST: Final = 1
"""The first page: whether 0 is another one is not documented, and offsets are counted from 1."""
PAGES: Final = 1_000
"""The most pages of one list; a list that is longer is no list, or asked too wide."""
_LARGEST: Final = 10**38
"""No service counts so far; a larger exponent would fill the memory with digits."""
_COUNT: Final = re.compile(r"[0-9]{1,18}")
Objects = list[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the objects of an answer stand: under this name in `data`, or `data` itself."""

    name: str = ""

    def objects(self, data: Any) -> Objects | None:
        """Return the objects, or None where there are no such.

        Some reads answer a list where their schema has an object, or nest `data` in `data` (§8 rows 11 and 12).
        """
        if isinstance(data, list):
            return data if all(isinstance(one, dict) for one in data) else None
        if not isinstance(data, dict):
            return None
        for name in (self.name, "data"):
            if name and name in data:
                return self._inner(data[name])
        if set(data) <= {"paging"}:
            return []
        return [data] if not self.name or "id" in data else None

    def _inner(self, found: Any) -> Objects | None:
        if found is None:
            return []
        holds = isinstance(found, dict) and self.name in found
        return self.objects(found if holds or isinstance(found, list) else [found])


@dataclass(frozen=True, slots=True)
class Paging:
    """What an answer says of its place among all; numbers of objects, counted from 1."""

    total: int
    first: int
    last: int


def paging_of(answer: Mapping[str, Any]) -> Paging | None:
    """Return the paging at the top of an answer or inside its data, or None where neither is whole."""
    data = answer.get("data")
    for owner in (answer, data):
        found = owner.get("paging") if isinstance(owner, dict) else None
        if isinstance(found, dict):
            numbers = [_count(found.get(name)) for name in ("total_count", "start_offset", "end_offset")]
            told = [number for number in numbers if number is not None]
            if len(told) == len(numbers):
                return Paging(*told)
    return None


def _count(raw: object) -> int | None:
    """Return a number of objects, which may have come as a text; None for what is none."""
    if isinstance(raw, Decimal):
        raw = int(raw) if abs(raw) < _LARGEST and raw == int(raw) else None
    return int(str(raw)) if _COUNT.fullmatch(str(raw)) else None


def marks_of(found: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Return what objects are known by: their ids, or all of what they hold where they have none."""
    names = (canonical(one.get("id") or dict(one)) for one in found)
    return frozenset(hashlib.sha256(name.encode()).hexdigest()[:20] for name in names)


@dataclass(frozen=True, slots=True)
class PageJudge:
    """Judges a page: an empty one, one that ends at the total, and one that adds no object are the last."""

    place: Place

    def __call__(self, request: Request, reply: Reply) -> Verdict:
        """Say whether more pages are to be asked."""
        verdict = judge_envelope(reply, "data")
        if verdict is not None:
            return verdict
        answer = load(reply)
        found = self.place.objects(answer.get("data"))
        if found is None:
            return Refused("unreadable", f"data holds no {self.place.name or 'objects'}")
        paging = paging_of(answer)
        if request.page == FIRST and paging and found and paging.first > 1:
            return Refused("unreadable", f"page 1 begins at object {paging.first}: the pages before it are not known")
        if not found or not request.page or (paging and paging.last >= paging.total):
            return Done()
        new = marks_of(found).difference(*(page.split() for page in request.before))
        if not new:
            return Done()
        if request.page >= PAGES:
            return Refused("truncated", f"{PAGES:,} pages came and no end", "narrow what is asked, or raise per_page")
        return More((next_page(request, new),))


def next_page(request: Request, new: frozenset[str]) -> Request:
    """Return the request for the page behind; it remembers, in one text per page, which objects came before."""
    query = tuple((n, str(request.page + 1) if n == "page_no" else v) for n, v in request.query)
    before = (*request.before, " ".join(sorted(new)))
    return replace(request, query=query, page=request.page + 1, before=before)


@dataclass(frozen=True, slots=True)
class ListReader:
    """Reads the objects of all pages; one that came with two pages is one (§1.3).

    One that changed on the way stays twice: rows with one id and other values are an error where they are landed.
    """

    place: Place
    known: tuple[Column, ...]
    columns: tuple[Column, ...]
    rooms: bool = False
    """Whether the rooms inside a session follow it as rows of their own."""

    def __call__(self, replies: Sequence[Reply]) -> Rows:
        """Return the rows, held against the number that the last page counts."""
        found: Objects = []
        paging: Paging | None = None
        seen: set[str] = set()
        notes: list[Note] = []
        for number, reply in enumerate(replies):
            answer = load(reply)
            objects = self.place.objects(answer.get("data"))
            if objects is None:
                raise unreadable(f"data holds no {self.place.name or 'objects'}")
            found += objects
            here = paging_of(answer)
            marks = marks_of(objects)
            if number and objects and marks <= seen and not (here and here.last >= here.total):
                said = "a page held only objects of earlier pages, and was taken for the end of the list"
                notes.append(Note("cloudflare.repeated_page", said))
            seen |= marks
            paging = here or paging
        distinct = list({canonical(dict(one)): one for one in found}.values())
        total = paging.total if paging and not self.rooms else None
        listed = [room for one in distinct for room in _with_rooms(one)] if self.rooms else distinct
        for number, one in enumerate(listed if self.known else (), 1):
            if not one.get("id"):
                raise unreadable(f"object {number} of {self.place.name} has no id: nothing tells it from others")
        rows = rows_of(listed, self.columns)
        return Rows(self.columns, rows, (*absent(listed, self.columns, self.known), *notes), Claim(rows=total))


def _with_rooms(session: Mapping[str, Any], parent: str | None = None) -> Objects:
    """Return a session and the breakout rooms inside it, each with the id of the one it is in."""
    rooms = session.get("breakout_rooms") or []
    inner = [row for room in rooms for row in _with_rooms(room, session.get("id"))]
    return [{**session, "parent_id": parent}, *inner]
