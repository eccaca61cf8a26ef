"""Short intervals of a series, added up into the periods that a job counts by: whole days of its zone, and longer."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from reportrunner.delimited import unreadable
from reportrunner.flow import Reply
from reportrunner.providers.cloudflare.intervals import Span
from reportrunner.table import Rows, Value


@dataclass(slots=True)
class _Sum:
    """What the intervals of one row and one period come to."""

    metrics: list[Value]
    seconds: int = 0
    complete: list[Value] = field(default_factory=list)

    def add(self, values: tuple[Value, ...], seconds: int, *, complete: Value) -> None:
        """Add an interval; a sum with an unknown part is unknown."""
        self.metrics = [_plus(mine, value) for mine, value in zip(self.metrics, values, strict=True)]
        self.seconds += seconds
        self.complete.append(complete)

    def whole(self, length: int) -> bool | None:
        """Tell whether all of a period had been processed; None where an interval is missing, or does not say."""
        if False in self.complete:
            return False
        return True if self.seconds == length and all(self.complete) else None


@dataclass(frozen=True, slots=True)
class AddingReader:
    """Reads short intervals and lands periods: a row per period and values of the dimensions."""

    read: Callable[[tuple[Reply, ...]], Rows]
    dimensions: int
    """How many columns name a row before its interval."""
    periods: tuple[Span, ...]

    def __call__(self, replies: tuple[Reply, ...]) -> Rows:
        """Return the sums; an interval that lies in no period, or in two, is no answer to what was asked."""
        fine = self.read(replies)
        starts = [start for start, _ in self.periods]
        sums: dict[tuple[tuple[Value, ...], int], _Sum] = {}
        for row in fine.rows:
            name, (start, end, *metrics, complete) = row[: self.dimensions], row[self.dimensions :]
            place = self._place(starts, start, end)
            found = sums.setdefault((name, place), _Sum([0] * len(metrics)))
            found.add(tuple(metrics), _unix(end) - _unix(start), complete=complete)
        rows = [self._row(name, self.periods[place], found) for (name, place), found in sums.items()]
        return replace(fine, rows=rows)

    def _place(self, starts: list[int], start: Any, end: Any) -> int:
        place = bisect_right(starts, _unix(start)) - 1
        if place < 0 or start.microsecond or end.timestamp() > self.periods[place][1]:
            said = f"the interval from {start.isoformat()} to {end.isoformat()} lies in no single day that was asked"
            raise unreadable(said)
        return place

    def _row(self, name: tuple[Value, ...], period: Span, found: _Sum) -> tuple[Value, ...]:
        start, end = (dt.datetime.fromtimestamp(unix, dt.UTC) for unix in period)
        return (*name, start, end, *found.metrics, found.whole(period[1] - period[0]))


def _unix(moment: Any) -> int:
    assert isinstance(moment, dt.datetime)
    return int(moment.timestamp())


def _plus(mine: Value, value: Value) -> Value:
    if mine is None or value is None:
        return None
    assert isinstance(mine, int | Decimal)
    assert isinstance(value, int | Decimal)
    return mine + value
