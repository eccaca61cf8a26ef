"""The answer of `spectrum.analytics.events.bytime`, read: a row per interval and values of the dimensions (§2.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from reportrunner.cell import parse_cell
from reportrunner.delimited import unreadable
from reportrunner.flow import Reply
from reportrunner.providers.cloudflare.answer import Answer, Asked, cell
from reportrunner.providers.cloudflare.intervals import SECONDS
from reportrunner.providers.cloudflare.spectrum import MOMENT, SOURCE
from reportrunner.providers.cloudflare.times import MONTHS, begins_period
from reportrunner.providers.cloudflare.wire import load
from reportrunner.table import Column, ColumnType, Note, Rows, Value, declare
from reportrunner.window import Window

START: Final = Column("interval_start", MOMENT, personal=False, description="Where the interval begins", source=SOURCE)
END: Final = Column("interval_end", MOMENT, personal=False, description="Where it ends, exclusive", source=SOURCE)
COMPLETE: Final = Column(
    "complete",
    ColumnType.BOOLEAN,
    personal=False,
    description="Whether all its events had been processed when it was asked; null where the service does not say",
    source=SOURCE,
)
Interval = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True, slots=True)
class SeriesReader:
    """Reads metrics x intervals x rows; every length is checked, for a series read askew looks right (§2.3)."""

    asked: Asked
    window: Window
    delta: str
    declared: Mapping[str, str]

    def __call__(self, replies: tuple[Reply, ...]) -> Rows:
        """Return the rows of the one reply."""
        answer = Answer(_result(replies[0]), self.asked)
        answer.hold_question()
        intervals = self._intervals(answer.result)
        dimensions, metrics = answer.order("dimensions"), answer.order("metrics")
        whole = [answer.whole(end) for _, end in intervals]
        rows: list[tuple[Value, ...]] = []
        cells: dict[str, list[Value]] = {column.name: [] for column in metrics}
        for number, row in enumerate(answer.data, 1):
            of = answer.dimensions_of(row, dimensions, number)
            values = _values(row.get("metrics"), metrics, len(intervals), number)
            for name, column in values.items():
                cells[name] += column
            named = [of[column.name] for column in self.asked.dimensions]
            for place, (start, end) in enumerate(intervals):
                found = (values[column.name][place] for column in self.asked.metrics)
                rows.append((*named, start, end, *found, whole[place]))
        notes = (
            *answer.notes(cells),
            *_either_way(answer, intervals),
            *self._edges(intervals),
            *_unfinished(answer, intervals),
        )
        columns = declare((*self.asked.dimensions, START, END, *self.asked.metrics, COMPLETE), self.declared)
        return Rows(columns, rows, notes, answer.claim())

    def _intervals(self, result: Mapping[str, Any]) -> list[Interval]:
        told = result.get("time_intervals")
        if not told and not result.get("data"):
            return []
        if not isinstance(told, list) or not told:
            raise unreadable("the answer has no time_intervals: nothing says when its numbers were")
        found = [_interval(pair, number) for number, pair in enumerate(told, 1)]
        for (_, end), (start, _) in pairwise(found):
            if start < end:
                raise unreadable(f"the interval that begins at {start.isoformat()} overlaps the one before")
        return found

    def _edges(self, intervals: Sequence[Interval]) -> Iterator[Note]:
        if not intervals:
            return
        start, end = intervals[0][0], intervals[-1][1]
        asked = (self.window.start_unix, self.window.end_unix)
        gaps = [later for (_, earlier), (later, _) in pairwise(intervals) if later > earlier]
        if (start.timestamp(), end.timestamp()) != asked:
            said = f"the intervals go from {start.isoformat()} to {end.isoformat()}, and the window does not"
            yield Note("cloudflare.interval_edges", said)
        short = [interval for interval in {intervals[0], intervals[-1]} if _is_cut(interval, self.delta)]
        if short:
            first, last = min(short)
            said = f"{len(short)} of the outer intervals are no whole {self.delta}, such as"
            said = f"{said} {first.isoformat()} to {last.isoformat()}"
            yield Note("cloudflare.interval_edges", said)
        if gaps:
            said = f"{len(gaps):,} intervals are missing between the others, the first before {gaps[0].isoformat()}"
            yield Note("cloudflare.interval_edges", said, tuple(gap.isoformat() for gap in gaps[:5]))


def _is_cut(interval: Interval, delta: str) -> bool:
    start, end = (round(moment.timestamp()) for moment in interval)
    whole = delta not in MONTHS or (begins_period(start, delta) and begins_period(end, delta))
    return end - start < SECONDS[delta] or not whole


def _result(reply: Reply) -> Mapping[str, Any]:
    result = load(reply)["result"]
    if not isinstance(result, dict):
        raise unreadable("the result is no object")
    return result


def _interval(pair: Any, number: int) -> Interval:
    if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(moment, str) for moment in pair):
        raise unreadable(f"interval {number} is no pair of start and end")
    try:
        start, end = (parse_cell(moment, MOMENT) for moment in pair)
    except ValueError as error:
        raise unreadable(f"interval {number}: {error}") from None
    if not isinstance(start, dt.datetime) or not isinstance(end, dt.datetime) or start >= end:
        raise unreadable(f"interval {number} does not end after it begins")
    return start, end


def _values(raw: Any, metrics: tuple[Column, ...], count: int, number: int) -> dict[str, list[Value]]:
    """Return a row's values by metric; a row without metrics has none, which the schema allows."""
    if raw is None:
        return {column.name: [None] * count for column in metrics}
    if not isinstance(raw, list) or len(raw) != len(metrics):
        found = len(raw) if isinstance(raw, list) else "no"
        raise unreadable(f"row {number} has {found} lists of values where {len(metrics)} metrics were asked")
    lists: dict[str, list[Value]] = {}
    for column, values in zip(metrics, raw, strict=True):
        if not isinstance(values, list):
            raise unreadable(f"row {number}, {column.name}: one value for all intervals, where each has its own")
        if len(values) != count:
            raise unreadable(f"row {number}, {column.name}: {len(values)} values for {count} intervals")
        lists[column.name] = [cell(value, column, number) for value in values]
    return lists


def _either_way(answer: Answer, intervals: Sequence[Interval]) -> Iterator[Note]:
    """Yield a note on a square of numbers that nothing tells apart from the same square turned."""
    count = len(intervals)
    if count > 1 and count == len(answer.asked.metrics) and answer.data and not answer.has_bounds():
        said = f"{count} metrics by {count} intervals came without totals, minimum or maximum of any"
        yield Note("cloudflare.orientation", said)


def _unfinished(answer: Answer, intervals: Sequence[Interval]) -> Iterator[Note]:
    open_ones = [start for start, end in intervals if answer.whole(end) is False]
    if open_ones:
        said = (
            f"{len(open_ones):,} intervals, from {open_ones[0].isoformat()} on, were not processed to their end"
            f" (data_lag {answer.lag:f} s): complete is false there"
        )
        yield Note("cloudflare.incomplete", said, tuple(start.isoformat() for start in open_ones[:5]))
