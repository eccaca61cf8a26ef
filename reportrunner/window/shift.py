"""Windows and instants, moved: by lengths of everybody's calendar, and by units of a project's.

By months, whole months stay whole months; other whole days move their first and last day, and a day that the month
lacks becomes its last. By units of a calendar, what is made of whole units stays so; else a day keeps its place in the
unit: the same week of the year, a year before. A 53rd week has no such place in a year of 52, and is refused.
Business days are counted, and days off with them: from a Sunday, one back is Friday and one on is Monday.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from reportrunner.window.calendar import PER_YEAR, Calendar, Steps, Unit
from reportrunner.window.span import Span, WindowError
from reportrunner.window.zone import day_of, day_unix, load_zone, shift_day, shift_instant

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from reportrunner.window.window import Window

ONE = timedelta(days=1)
_FINER: dict[Unit, tuple[Unit, ...]] = {
    "year": ("year", "quarter", "month"),
    "quarter": ("quarter", "month"),
    "month": ("month",),
}


def moved_instant(unix: int, by: Span | Steps, zone: ZoneInfo) -> int:
    """Move the wall clock by months, days or business days; a day's start stays one."""
    if isinstance(by, Span):
        return shift_instant(unix, by, zone)
    day = day_of(unix, zone)
    return shift_instant(unix, Span(days=(_business_day(day, by, zone) - day).days), zone)


def moved_window(model: Window, by: Span | Steps) -> tuple[int, int]:
    """Return start and exclusive end of a window that was moved, in Unix seconds; WindowError where it cannot be."""
    zone = load_zone(model.zone)
    if isinstance(by, Span):
        return _by_span(model, by, zone)
    calendar, unit = by.period.calendar, by.period.unit
    if unit == "day":
        return _by_business_days(model, by, zone)
    if unit == "week":
        return _by_span(model, Span(days=7 * by.count), zone)
    if calendar.pattern is None:
        return _by_span(model, Span(months=by.months), zone)
    return _by_units(model, by, zone)


def _by_span(model: Window, by: Span, zone: ZoneInfo) -> tuple[int, int]:
    start = shift_instant(model.start_unix, by, zone)
    end_day = model.last_day + ONE
    if not model.whole_days or (model.first_day.day == 1 and end_day.day == 1):
        return start, shift_instant(model.end_unix, by, zone)
    last = shift_day(model.last_day, by)
    return start, day_unix(last + ONE, zone) + by.seconds


def _by_business_days(model: Window, by: Steps, zone: ZoneInfo) -> tuple[int, int]:
    start = moved_instant(model.start_unix, by, zone)
    business = by.period.calendar.business
    assert business is not None
    if model.whole_days and business.holds(model.last_day, by.period.calendar.name):
        return start, day_unix(_business_day(model.last_day, by, zone) + ONE, zone)
    return start, moved_instant(model.end_unix, by, zone)


def _business_day(day: date, by: Steps, zone: ZoneInfo) -> date:
    calendar, step = by.period.calendar, ONE * by.sign
    assert calendar.business is not None
    for _ in range(abs(by.count)):
        day += step
        while not calendar.business.holds(day, calendar.name) or day_unix(day, zone) == day_unix(day + ONE, zone):
            day += step
    return day


def _by_units(model: Window, by: Steps, zone: ZoneInfo) -> tuple[int, int]:
    calendar, unit = by.period.calendar, by.period.unit
    first, after = model.first_day, model.last_day + ONE
    for finer in _FINER[unit] if model.whole_days else ():
        ordinals = [calendar.ordinal(finer, day) for day in (first, after)]
        if [calendar.start(finer, ordinal) for ordinal in ordinals] == [first, after]:
            count = by.count * PER_YEAR[finer] // PER_YEAR[unit]
            start, end = (day_unix(calendar.start(finer, ordinal + count), zone) for ordinal in ordinals)
            return start, end
    if model.whole_days:
        last = model.last_day + _gap(model.last_day, by)
        return day_unix(first + _gap(first, by), zone), day_unix(last + ONE, zone)
    ends = (model.start_unix, model.end_unix)
    start, end = (shift_instant(unix, Span(days=_gap(day_of(unix, zone), by).days), zone) for unix in ends)
    return start, end


def _gap(day: date, by: Steps) -> timedelta:
    """Return how far the same day of another unit is away; WindowError if that one is too short to have it."""
    calendar, unit = by.period.calendar, by.period.unit
    here = calendar.ordinal(unit, day)
    there = here + by.count
    gap = calendar.start(unit, there) - calendar.start(unit, here)
    end = calendar.start(unit, there + 1)
    if day + gap < end:
        return gap
    raise WindowError(_shorter(calendar, day, by, calendar.start(unit, there), end))


def _shorter(calendar: Calendar, day: date, by: Steps, first: date, end: date) -> str:
    own = calendar.start("week", calendar.ordinal("week", day))
    weeks = (end - timedelta(days=7) - own).days // 7
    week, unit = calendar.label("week", own), calendar.label(by.period.unit, first)
    text = f"{week} has no counterpart in {unit}, which has {(end - first).days // 7} weeks"
    return f'{text}; write shift = "{weeks} {calendar.name}-weeks" for its last week'
