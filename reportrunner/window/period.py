"""Periods of a zone (year to hour, and those of a project's calendars): their bounds, and the labels of windows.

Labels name folders, so they hold no `:` and no `/`:
- a whole period: `2026`, `2026-Q4`, `2026-11`, `2026-W46` (ISO), `2026-11-16`, `2026-11-16T13`; an hour that a change
  of the clock brings twice says which: `2026-11-01T01-0400`, `2026-11-01T01-0500`;
- a whole period of a calendar: `FY26`, `FY26-Q3`, `FY26-P07`, `FY26-W31`; a week or day without such a name, its days;
- whole days: first and last day, both inclusive: `2026-11-09..2026-11-15`, or `2026-11-09` alone;
- an end that is no start of a day is an instant: `2026-09-01..2026-11-16T093000-0500`.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from reportrunner.window.calendar import CalendarPeriod
from reportrunner.window.span import Span
from reportrunner.window.zone import at, change_between, day_of, day_unix, is_repeated, offset, shift_day

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

PeriodName = Literal["year", "quarter", "month", "week", "day", "hour"]
AnyPeriod = PeriodName | CalendarPeriod
"""A period that a window may be: everybody's, or one of a calendar."""

HOUR = 3600
_LENGTHS = {
    "year": Span(months=12),
    "quarter": Span(months=3),
    "month": Span(months=1),
    "week": Span(days=7),
    "day": Span(days=1),
}


def bounds(period: AnyPeriod, unix: int, zone: ZoneInfo) -> tuple[int, int]:
    """Return start and exclusive end of the period that holds the instant, in Unix seconds.

    Of business days it is the last one that had begun by then.
    """
    if isinstance(period, CalendarPeriod):
        first, after = period.calendar.span(period.unit, day_of(unix, zone))
        start, end = day_unix(first, zone), day_unix(after, zone)
        return (start, end) if start < end else bounds(period, start - 1, zone)  # a day that the zone skipped
    if period == "hour":
        return _hour_bounds(unix, zone)
    first = _first_day(period, day_of(unix, zone))
    return day_unix(first, zone), day_unix(shift_day(first, _LENGTHS[period]), zone)


def _first_day(period: PeriodName, day: date) -> date:
    match period:
        case "year":
            return day.replace(month=1, day=1)
        case "quarter":
            return day.replace(month=day.month - (day.month - 1) % 3, day=1)
        case "month":
            return day.replace(day=1)
        case "week":
            return day - timedelta(days=day.weekday())
        case _:
            return day


def _hour_bounds(unix: int, zone: ZoneInfo) -> tuple[int, int]:
    # an hour is what the clock shows under one offset: 30 minutes at Lord Howe's changes, and one hour twice in autumn
    wall = at(unix, zone)
    start = unix - wall.minute * 60 - wall.second
    end = start + HOUR
    here = offset(unix, zone)
    if offset(start, zone) != here:
        start = change_between(start, unix, zone)
    if offset(end - 1, zone) != here:
        end = change_between(unix, end - 1, zone)
    return start, end


def label_of(start: int, end: int, zone: ZoneInfo, period: AnyPeriod | None = None) -> str:
    """Return the period's name if [start, end) is exactly one such period, else its days or instants."""
    if period and bounds(period, start, zone) == (start, end):
        return _period_label(period, start, end, zone)
    return _range_label(start, end, zone)


def _period_label(period: AnyPeriod, start: int, end: int, zone: ZoneInfo) -> str:
    day = day_of(start, zone)
    if isinstance(period, CalendarPeriod):
        return period.calendar.label(period.unit, day) or _range_label(start, end, zone)
    match period:
        case "year":
            return f"{day:%Y}"
        case "quarter":
            return f"{day:%Y}-Q{(day.month + 2) // 3}"
        case "month":
            return f"{day:%Y-%m}"
        case "week":
            year, week, _ = day.isocalendar()
            return f"{year:04}-W{week:02}"
        case "day":
            return day.isoformat()
        case "hour":
            twice = is_repeated(start, zone) or is_repeated(end - 1, zone)
            return f"{at(start, zone):{'%Y-%m-%dT%H%z' if twice else '%Y-%m-%dT%H'}}"


def _range_label(start: int, end: int, zone: ZoneInfo) -> str:
    first, last = day_of(start, zone), day_of(end - 1, zone)
    left = first.isoformat() if day_unix(first, zone) == start else _instant(start, zone)
    right = last.isoformat() if day_unix(day_of(end, zone), zone) == end else _instant(end, zone)
    return left if left == right else f"{left}..{right}"


def _instant(unix: int, zone: ZoneInfo) -> str:
    return f"{at(unix, zone):%Y-%m-%dT%H%M%S%z}"
