"""Buckets of time: their labels, and how a window whose offset changes is cut for them (kaltura.md §5.5, §6).

One `timeZoneOffset` holds for a whole question. Buckets that lie on one side of a change are asked with the offset of
that side; a day, month or year with the change inside is asked by exact instants, and what the service labels as its
neighbour is added to it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from reportrunner.cell import UNIX
from reportrunner.table import Column, ColumnType, Form
from reportrunner.window import Window, slices
from reportrunner.window.period import PeriodName
from reportrunner.window.window import window_of
from reportrunner.window.zone import first_change, load_zone

Interval = Literal["years", "months", "days", "hours", "minutes", "ten_minutes", "ten_seconds"]
SECONDS = {"hours": 3600, "minutes": 60, "ten_minutes": 600, "ten_seconds": 10}
"""Intervals whose buckets are all of one length."""
DATE_COLUMNS = {"months": "month_id", "years": "year_id"}
_PERIODS: dict[str, PeriodName] = {"days": "day", "months": "month", "years": "year"}
_DAYS = {"days": Form("%Y%m%d", length=8), "months": Form("%Y%m", length=6), "years": Form("%Y", length=4)}
_ISO = Form("%Y-%m-%dT%H:%M:%S.%f%z")
_UNIX_INTERVALS = {
    "realtime": frozenset({"days", "hours", "minutes", "ten_seconds"}),
    "qoe": frozenset({"days", "hours", "minutes", "ten_seconds", "ten_minutes"}),
}


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a window that one offset serves; a `bucket` is one that holds the change of offset itself."""

    window: Window
    offset: int
    bucket: dt.date | None = None
    """Its first day."""
    spills: bool = False
    """Whether the bucket is longer than the service knows, so that its end is labelled as the next one."""


def whole(window: Window) -> tuple[Slice, ...]:
    """Return the window as one slice, with the offset at its start."""
    return (Slice(window, window.offset_at_start),)


def cut(window: Window, interval: Interval) -> tuple[Slice, ...]:
    """Cut a window so that every slice has one offset, or is one bucket with the change inside."""
    if not window.offset_changes:
        return whole(window)
    if interval in SECONDS:
        return tuple(Slice(part, part.offset_at_start) for part in _at_changes(window))
    found: list[Slice] = []
    for part in slices(window, _PERIODS[interval]):
        if part.offset_changes:
            found.append(_bucket(part, interval))
        elif found and found[-1].bucket is None and found[-1].offset == part.offset_at_start:
            before = found[-1].window
            joined = window_of(before.start_unix, part.end_unix, window.zone)
            found[-1] = Slice(joined, part.offset_at_start)
        else:
            found.append(Slice(part, part.offset_at_start))
    return tuple(found)


def _at_changes(window: Window) -> Iterator[Window]:
    info, start = load_zone(window.zone), window.start_unix
    while (change := first_change(start, window.end_unix, info)) is not None:
        yield window_of(start, change, window.zone)
        start = change
    yield window_of(start, window.end_unix, window.zone)


def _bucket(part: Window, interval: Interval) -> Slice:
    """Return the slice of a bucket; on the clock of its start the service sees its last second."""
    offset = part.offset_at_start
    last = dt.datetime.fromtimestamp(part.end_unix - 1 - offset * 60, dt.UTC).date()
    first = _first_day(part.first_day, interval)
    return Slice(part, offset, first, spills=_first_day(last, interval) > first)


def _first_day(day: dt.date, interval: Interval) -> dt.date:
    return day if interval == "days" else day.replace(day=1) if interval == "months" else day.replace(month=1, day=1)


def date_column(interval: Interval, family: str, offset: int) -> Column:
    """Return the first column of a time series, with the form that its labels have in this family (kaltura.md §5.5)."""
    name = DATE_COLUMNS.get(interval, "date_id")
    day = interval in _DAYS
    source = "kaltura.md §5.5"
    said = f"{interval.removesuffix('s').replace('_', ' ')} in the job's time zone"
    if interval in _UNIX_INTERVALS.get(family, frozenset()):
        return Column(name, ColumnType.TIMESTAMP, "", None, False, f"begin of the {said}", source, form=UNIX)
    if interval == "months" or (day and family not in _UNIX_INTERVALS):
        return Column(name, ColumnType.DATE, "", None, False, f"first day: {said}", source, form=_DAYS[interval])
    if interval == "hours" and family not in _UNIX_INTERVALS:
        form = Form("%Y%m%d%H%z", _suffix(offset), length=10)
        return Column(name, ColumnType.TIMESTAMP, "", None, False, f"begin of the {said}", source, form=form)
    said = f"begin of the {said}; the offset in its label is not verified by any source"
    return Column(name, ColumnType.TIMESTAMP, "", None, False, said, source, form=_ISO)


def _suffix(offset: int) -> str:
    """Write minutes of UTC minus local as an ISO offset: 300 is -0500."""
    sign = "-" if offset > 0 else "+"
    return f"{sign}{abs(offset) // 60:02d}{abs(offset) % 60:02d}"


def estimate(window: Window, interval: Interval) -> int:
    """Return how many buckets a window has."""
    if interval in SECONDS:
        return -((window.start_unix - window.end_unix) // SECONDS[interval])
    return len(slices(window, _PERIODS[interval]))


def outside(value: object, window: Window) -> bool:
    """Tell whether the label of a bucket lies outside the window that was asked."""
    if isinstance(value, dt.datetime):
        return not window.start_unix - _DAY < value.timestamp() < window.end_unix
    if isinstance(value, dt.date):
        return not window.first_day - dt.timedelta(days=366) < value <= window.last_day
    return False


_DAY = 86_400
"""A bucket may begin before the window: the day, hour or minute that holds its start."""
