"""When a table is whole, when it goes on, and when it is too large (kaltura.md §4.1)."""

from __future__ import annotations

from dataclasses import dataclass

from reportrunner.flow import Done, More, Refused, Reply, Request, Split, Verdict
from reportrunner.providers.kaltura import wire
from reportrunner.providers.kaltura.catalogue import MAX_ROWS, PAGE_SIZE
from reportrunner.providers.kaltura.question import TOTAL_PART

QUIZ_LIMIT = 20_000
"""Rows for which quiz reports are asked at once: their pages come back whole, over and over (kaltura.md §4.1)."""
LAST_PAGE = MAX_ROWS // PAGE_SIZE
HOUR = 3600
SHORTEST = 2
"""Seconds of a window."""
_FROM, _TO, _OFFSET = (f"reportInputFilter[{name}]" for name in ("fromDate", "toDate", "timeZoneOffset"))


@dataclass(frozen=True, slots=True)
class TableJudge:
    """Judges the pages of a table, and the total that travels with them."""

    report: str
    large: str
    ways: str
    quiz: bool = False

    def __call__(self, request: Request, reply: Reply) -> Verdict:
        """Judge a page: a full one asks for more, in a window that doubles; a short one ends."""
        if request.part == TOTAL_PART:
            return wire.judge_total(request, reply)
        rows = wire.table_rows(request, reply)
        if not isinstance(rows, int):
            return rows
        limit = QUIZ_LIMIT if self.quiz else PAGE_SIZE
        if rows > limit:
            words = f"page {request.page} has {rows:,} rows where {limit} were asked: this report does not page"
            return Refused("unreadable", words, "narrow the window or the filters")
        if rows < limit:
            return Done()
        if self.quiz or request.page >= LAST_PAGE:
            return self._too_many(request)
        if request.page < request.wave:
            return Done()
        last = min(request.wave * 2 + 1, LAST_PAGE)
        return More(tuple(wire.turn_page(request, page, last) for page in range(request.page + 1, last + 1)))

    def _too_many(self, request: Request) -> Verdict:
        halves = _halves(request) if self.large == "split" else ()
        if halves:
            return Split(halves)
        most = QUIZ_LIMIT if self.quiz else MAX_ROWS
        said = f"{most:,} rows came back, and a table cannot page further: rows are missing"
        if self.large == "split":
            return Refused("truncated", f"{said}, within an hour of the window", 'narrow the filters, or large = "csv"')
        return Refused("truncated", said, self.ways)


def _halves(request: Request) -> tuple[Request, ...]:
    """Return the first pages of both halves of a window, cut at a full hour of the offset asked; none inside an hour.

    No bucket of an hour or less lies on both sides; a half of one second would be read as a whole day (kaltura.md §6).
    """
    form = {name: text for name, text in request.form or () if isinstance(text, str)}
    if _FROM not in form or _TO not in form:
        return ()
    start, last = int(form[_FROM]), int(form[_TO])
    middle = (start + last + 1) // 2
    middle -= (middle - int(form[_OFFSET]) * 60) % HOUR
    middle += HOUR if middle - start < SHORTEST else 0
    if middle - start < SHORTEST or last + 1 - middle < SHORTEST:
        return ()
    ends = ((start, middle - 1), (middle, last))
    return tuple(_between(request, first, end, f"{request.part}{n}") for n, (first, end) in enumerate(ends))


def _between(request: Request, start: int, last: int, part: str) -> Request:
    new = {_FROM: str(start), _TO: str(last), "pager[pageIndex]": "1"}
    form = tuple((name, new.get(name, text)) for name, text in request.form or ())
    return Request(request.method, request.path, form=form, page=1, wave=1, part=part)
