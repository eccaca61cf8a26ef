"""Pages and slices of a table, read into one set of typed rows (kaltura.md §5.1, §5.5)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from reportrunner.delimited import dropped, typed_rows, unreadable
from reportrunner.errors import ProviderError
from reportrunner.flow import Reply
from reportrunner.providers.kaltura import wire
from reportrunner.providers.kaltura.buckets import Slice, outside
from reportrunner.providers.kaltura.catalogue import DELIMITER, PAGE_SIZE
from reportrunner.providers.kaltura.question import TOTAL_PART
from reportrunner.table import Claim, Column, ColumnType, Note, Rows, Value
from reportrunner.window import Window

Row = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Sliced:
    """A slice of a window, and the columns of the header as they are written there."""

    of: Slice
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class TableReader:
    """Reads the replies of a table; everything is found by header name, nothing by place."""

    columns: tuple[Column, ...]
    """The columns that are wanted."""
    header: tuple[str, ...]
    """The columns that the catalogue knows: of these nothing is said when they are not wanted."""
    slices: tuple[Sliced, ...]
    window: Window | None
    total: tuple[Column, ...]
    """The columns of the total that travels along; none when it does not."""
    key: tuple[str, ...]
    buckets: bool
    quiz: bool
    counted: bool
    """Whether the service's totalCount can be trusted for this report."""

    def __call__(self, replies: tuple[Reply, ...]) -> Rows:
        """Read pages and total; ProviderError when they do not fit together."""
        parts = {part: list(group) for part, group in groupby(replies, key=lambda reply: reply.part)}
        totals = parts.pop(TOTAL_PART, [])
        notes: dict[Note, None] = {}
        found: list[list[Row]] = []
        for part, pages in parts.items():
            read = self._part(self._slice(part), pages)
            notes |= dict.fromkeys(read.notes)
            found.append(list(read.rows))
        rows = [row for part_rows in found for row in part_rows]
        if len(found) > 1 and not self.buckets:
            rows = merged(rows, self.columns, self.key)
        notes |= dict.fromkeys(silent(found) if self.buckets else ())
        count = self._count(parts) if self.counted else None
        notes |= dict.fromkeys(_percents(self.columns, rows))
        return Rows(self.columns, rows, tuple(notes), self._claim(totals, count))

    def _slice(self, part: str) -> Sliced:
        return self.slices[int(part[:3])] if len(self.slices) > 1 else self.slices[0]

    def _part(self, sliced: Sliced, pages: Sequence[Reply]) -> Rows:
        wanted = {column.name for column in self.columns}
        columns = tuple(column for column in sliced.columns if column.name in wanted)
        rows: list[Row] = []
        notes: dict[Note, None] = {}
        short = 0
        for number, reply in enumerate(pages, 1):
            answer = json.loads(reply.body)
            texts = wire.split_rows(answer)
            if texts and short:
                raise unreadable(f"page {short} is short although page {number} has rows: rows moved between the pages")
            if len(texts) < PAGE_SIZE:
                short = short or number
            if texts:
                page = self._page(number, answer["header"], texts, columns)
                rows += page.rows
                notes |= dict.fromkeys(page.notes)
        if self.buckets:
            rows = self._labelled(rows, columns, sliced.of)
        return Rows(columns, rows, tuple(notes))

    def _page(self, number: int, header: str, texts: list[str], columns: tuple[Column, ...]) -> Rows:
        names = header.split(DELIMITER)
        try:
            page = typed_rows(names, [row.split(DELIMITER) for row in texts], columns)
        except ProviderError as error:
            raise unreadable(f"page {number}: {error}") from None
        known = {name.lower() for name in self.header}
        unexpected = [name.strip().lower() for name in names if name.strip().lower() not in known]
        return Rows(columns, page.rows, dropped(unexpected, columns))

    def _labelled(self, rows: list[Row], columns: tuple[Column, ...], of: Slice) -> list[Row]:
        """Make a bucket with a change of offset inside one row, and hold the labels of buckets against the window."""
        labelled = bool(columns) and columns[0].name == self.header[0]
        if of.bucket is not None and rows:
            first = min((row[0] for row in rows), key=str)
            told = [(first, *row[1:]) for row in rows] if labelled else rows
            rows = merged(told, columns, (columns[0].name,) if labelled else ())
        for row in rows if labelled else ():
            if self.window is not None and outside(row[0], self.window):
                raise unreadable(f"a bucket is labelled {row[0]}, which is outside the window {self.window.label}")
        return rows

    def _count(self, parts: dict[str, list[Reply]]) -> int | None:
        """Return the service's count of a table asked in one part; rows of several parts are put together."""
        if len(parts) != 1:
            return None
        ((first, *_),) = parts.values()
        count = json.loads(first.body).get("totalCount")
        return count if isinstance(count, int) else None

    def _claim(self, totals: Sequence[Reply], count: int | None) -> Claim | None:
        if not totals:
            return None if count is None else Claim(rows=count)
        total = wire.read_total(totals, self.total)
        return Claim(self.total, total.rows[0], count)


def silent(parts: Sequence[Sequence[Row]]) -> Iterator[Note]:
    """Tell of parts of a window without buckets: the service has none where nothing happened (kaltura.md §5.3)."""
    empty = sum(not rows for rows in parts)
    if 0 < empty < len(parts):
        said = f"{empty} of {len(parts)} parts of the window came without a bucket, although empty ones were asked for"
        yield Note("row_count", said)


def _percents(columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[Note]:
    """Tell of shares above 1: the server's own code suggests that newer ones write completion as per cent."""
    for place, column in enumerate(columns):
        if column.type is ColumnType.RATIO and column.name.endswith("completion_rate"):
            largest = max((value for row in rows if isinstance(value := row[place], Decimal)), default=Decimal(0))
            if largest > 1:
                said = f"{column.name} holds {largest:f}, and a share is 1 at most: this service writes per cent"
                yield Note("kaltura.percent", said)


def merged(rows: Sequence[Row], columns: Sequence[Column], key: Sequence[str]) -> list[Row]:
    """Put rows of one key together: what adds up is added, of texts the last one stays."""
    names = [column.name for column in columns]
    places = [names.index(name) for name in key]
    adds = [column.additive is True for column in columns]
    found: dict[tuple[Value, ...], Row] = {}
    for row in rows:
        of = tuple(row[place] for place in places)
        found[of] = tuple(_together(found[of], row, adds)) if of in found else row
    return list(found.values())


def _together(mine: Row, its: Row, adds: Sequence[bool]) -> Iterator[Value]:
    for a, b, add in zip(mine, its, adds, strict=True):
        if not add:
            yield a if b is None else b
        elif isinstance(a, int | Decimal) and isinstance(b, int | Decimal):
            yield a + b
        else:
            yield b if a is None else a
