"""`spectrum.analytics.events.bytime`: a row per interval and values of the dimensions (§2.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from reportrunner.ask import Ask, Endpoint
from reportrunner.cell import parse_cell
from reportrunner.delimited import unreadable
from reportrunner.flow import Flow, Reply
from reportrunner.providers.cloudflare.answer import Answer, Asked, cell
from reportrunner.providers.cloudflare.dataset import fetch, get
from reportrunner.providers.cloudflare.filters import written
from reportrunner.providers.cloudflare.spectrum import (
    LIMITS,
    MOMENT,
    PERMISSIONS,
    SOURCE,
    TRAPS,
    ZONE,
    EventsDataset,
    event_columns,
    events_query,
)
from reportrunner.providers.cloudflare.times import MONTHS, ZONE_UNKNOWN, begins_period, whole_periods
from reportrunner.providers.cloudflare.wire import EnvelopeJudge, load
from reportrunner.spec import EndpointDataset
from reportrunner.table import Column, ColumnType, Note, Rows, Value, declare
from reportrunner.window import Window
from reportrunner.window.span import WindowError

Delta = Literal["year", "quarter", "month", "week", "day", "hour", "dekaminute", "minute"]
SECONDS: Final[Mapping[str, int]] = {
    "minute": 60,
    "dekaminute": 600,
    "hour": 3_600,
    "day": 86_400,
    "week": 7 * 86_400,
    "month": 28 * 86_400,
    "quarter": 90 * 86_400,
    "year": 365 * 86_400,
}
"""The shortest length of each, from the finest to the coarsest."""
PERIODS: Final = ("day", "week", "month", "quarter", "year")
"""Those that begin with a day, so that a time zone decides what is in them."""
BUCKETS: Final = 12_000
"""The most intervals that are asked for; how many the service gives is not documented (§7)."""
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


class ByTime(EventsDataset):
    """`spectrum.analytics.events.bytime`: events by time."""

    diagnostic_owner: ClassVar[str] = "spectrum.analytics.events.bytime"
    familiar: ClassVar[dict[str, str]] = {
        **EventsDataset.familiar,
        "interval": 'is called time_delta here; write time_delta = "hour"',
    }
    endpoint: Literal["spectrum.analytics.events.bytime"]
    time_delta: Delta = Field(description="Length of an interval")

    def fixed(self) -> tuple[Column, ...]:
        """Return the columns: what is chosen, the interval, and whether it is whole."""
        return series_columns(self)


def series_columns(parameters: EndpointDataset) -> tuple[Column, ...]:
    """Return the columns of a series."""
    dimensions, metrics = event_columns(parameters)
    return (*dimensions, START, END, *metrics, COMPLETE)


def unfold_series(ask: Ask) -> Flow:
    """Return the one call, refused before it is sent where its intervals would be too many."""
    parameters = ask.parameters
    assert isinstance(parameters, ByTime)
    assert ask.window is not None
    check_buckets(ask.window, parameters.time_delta)
    if parameters.time_delta in PERIODS:
        whole_periods(ask.window, parameters.time_delta)
    query = (("time_delta", parameters.time_delta), *events_query(ask))
    request = get(ask, f"/zones/{parameters.zone_id}/spectrum/analytics/events/bytime", query)
    reader = SeriesReader(asked_of(ask), ask.window, parameters.time_delta, parameters.columns)
    return fetch(ask, request, EnvelopeJudge("result"), reader)


def asked_of(ask: Ask) -> Asked:
    """Return what the reader of an answer must know of its question."""
    parameters = ask.parameters
    assert isinstance(parameters, EventsDataset)
    assert ask.window is not None
    dimensions, metrics = event_columns(parameters)
    typed = {column.name: column for column in declare((*dimensions, *metrics), _known(parameters))}
    return Asked(
        tuple(typed[column.name] for column in dimensions),
        tuple(typed[column.name] for column in metrics),
        "" if parameters.filters is None else written(parameters.filters),
        ask.window.start_unix,
        ask.window.end_unix,
        ask.now,
        parameters.limit,
    )


def _known(parameters: EventsDataset) -> Mapping[str, str]:
    chosen = {*parameters.dimensions, *parameters.metrics}
    return {name: word for name, word in parameters.columns.items() if name in chosen}


def buckets(window: Window, delta: str) -> int:
    """Return how many intervals a window can have at most: one more than fit, for they need not begin with it."""
    return (window.end_unix - window.start_unix) // SECONDS[delta] + 1


def check_buckets(window: Window, delta: str) -> None:
    """Refuse more than `BUCKETS` intervals, with a length that fits."""
    count = buckets(window, delta)
    if count > BUCKETS:
        coarser = next((name for name in SECONDS if buckets(window, name) <= BUCKETS), "year")
        raise WindowError(
            f"{count:,} intervals of a {delta} are more than are asked at once ({BUCKETS:,})"
            f'; write time_delta = "{coarser}", or a shorter window'
        )


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


def series_key(parameters: EndpointDataset) -> tuple[str, ...]:
    """Return what names a row: its dimensions and where its interval begins."""
    return (*(column.name for column in event_columns(parameters)[0]), START.name)


SERIES: Final = Endpoint(
    name=ByTime.diagnostic_owner,
    summary="Events of Spectrum by time: a row per interval and values of the dimensions",
    parameters=ByTime,
    unfold=unfold_series,
    columns=series_columns,
    key=series_key,
    findings=lambda parameters: (ZONE_UNKNOWN,) if getattr(parameters, "time_delta", "") in PERIODS else (),
    zone=f"{ZONE}; days and longer intervals are taken for those of UTC, which no source says",
    permissions=PERMISSIONS,
    limits=(f"more than {BUCKETS:,} intervals are refused before they are asked", *LIMITS),
    traps=(
        "time_delta is always sent: year, quarter, month, week, day, hour, dekaminute or minute",
        "intervals are those of the answer; one without them, or with other lengths, is no answer",
        "the last intervals may not be processed yet (data_lag): complete is false there, with cloudflare.incomplete",
        "a window that cuts a day, week, month, quarter or year of UTC is refused: its ends would look whole",
        "from which moment these count is not documented: window.zone_unknown, and cloudflare.interval_edges",
        *TRAPS,
    ),
)
