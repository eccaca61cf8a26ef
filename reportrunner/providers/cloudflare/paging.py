"""Pages of RealtimeKit's lists: where they are in an answer, and when they end (§1.3)."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from reportrunner.delimited import unreadable
from reportrunner.flow import Done, More, Refused, Reply, Request, Verdict
from reportrunner.providers.cloudflare.cells import absent, canonical, rows_of
from reportrunner.providers.cloudflare.wire import judge_envelope, load
from reportrunner.table import Claim, Column, Rows

FIRST: Final = 1
"""The first page: whether 0 is another one is not documented, and offsets are counted from 1."""
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
        return [] if found is None else self.objects(found) if isinstance(found, list) else self.objects([found])


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
            numbers = [found.get(name) for name in ("total_count", "start_offset", "end_offset")]
            if all(isinstance(number, int | Decimal) for number in numbers):
                return Paging(*(int(number) for number in numbers if number is not None))
    return None


@dataclass(frozen=True, slots=True)
class PageJudge:
    """Judges a page: an empty one, one that ends at the total, and one that does not go on are the last."""

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
        here = paging.first if paging else zlib.crc32(canonical(list(found)).encode())
        stands = here <= request.wave if paging else here == request.wave
        return Done() if request.page > FIRST and stands else More((next_page(request, here),))


def next_page(request: Request, here: int) -> Request:
    """Return the request for the page behind; it remembers where this one began."""
    query = tuple((n, str(request.page + 1) if n == "page_no" else v) for n, v in request.query)
    return replace(request, query=query, page=request.page + 1, wave=here)


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
        for reply in replies:
            answer = load(reply)
            objects = self.place.objects(answer.get("data"))
            if objects is None:
                raise unreadable(f"data holds no {self.place.name or 'objects'}")
            found += objects
            paging = paging_of(answer) or paging
        distinct = list({canonical(dict(one)): one for one in found}.values())
        total = paging.total if paging and not self.rooms else None
        listed = [room for one in distinct for room in _with_rooms(one)] if self.rooms else distinct
        rows = rows_of(listed, self.columns)
        return Rows(self.columns, rows, absent(listed, self.columns, self.known), Claim(rows=total))


def _with_rooms(session: Mapping[str, Any], parent: str | None = None) -> Objects:
    """Return a session and the breakout rooms inside it, each with the id of the one it is in."""
    rooms = session.get("breakout_rooms") or []
    inner = [row for room in rooms for row in _with_rooms(room, session.get("id"))]
    return [{**session, "parent_id": parent}, *inner]
