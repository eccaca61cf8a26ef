"""Periods and lengths as windows write them, of everybody's calendar and of the project's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import get_args

from reportrunner.diagnose import Hinted
from reportrunner.spelling import did_you_mean
from reportrunner.window.calendar import UNITS, Calendar, CalendarPeriod, Steps
from reportrunner.window.form import Length
from reportrunner.window.period import AnyPeriod, PeriodName
from reportrunner.window.span import WindowError, parse_span

Calendars = Mapping[str, Calendar | None]
"""The calendars of a project; None for each that has errors."""
PERIODS: tuple[PeriodName, ...] = get_args(PeriodName)
_BUSINESS_DAYS = re.compile(r"\s*([-+]?)\s*([0-9]{1,9})\s+business[ -]days?\s*")
_UNITS = re.compile(r"\s*([-+]?)\s*([0-9]{1,9})\s+([a-z][a-z0-9_]*-[a-z]+)\s*")
_COME_WITH: Mapping[str, str] = {
    "year": 'years come with year_starts = "02-01", or with pattern and year_ends',
    "quarter": 'quarters come with year_starts = "02-01", or with pattern and year_ends',
    "month": 'months come with year_starts = "02-01", or with pattern and year_ends',
    "week": 'weeks come with week_starts = "sunday", or with pattern and year_ends',
    "day": "business days come with weekend or holidays",
    "hour": 'hours belong to no calendar: write "hour"',
}


class CalendarFaultError(Exception):
    """A window speaks of a calendar that has errors of its own, which are told there."""


def period_of(word: str, key: str, calendars: Calendars) -> AnyPeriod:
    """Return the period of a word; Hinted tells the nearest, or what the project's calendars offer."""
    if word in PERIODS:
        return word
    name, _, unit = word.rpartition("-")
    if name in calendars and unit in _COME_WITH:
        return _unit_of(name, unit, key, calendars)
    own = [each for calendar in calendars.values() if calendar for each in calendar.words]
    if key == "split":  # business days leave days between
        own = [word for word in own if not word.endswith("-day")]
    words = own if key == "shift" else [*PERIODS, *own]
    known = f"one of {', '.join(words)}"
    if name and unit in UNITS and name not in calendars:
        near = did_you_mean(word, own)
        hint = "" if near else f"add [calendars.{name}] to reportrunner.toml" + (f", or write {known}" if words else "")
        raise Hinted(f'there is no calendar "{name}"{near}', hint, key=key, at="value")
    raise Hinted(f'"{key}" cannot be "{word}"{did_you_mean(word, words)}', known if words else "", key=key, at="value")


def _unit_of(name: str, unit: str, key: str, calendars: Calendars) -> CalendarPeriod:
    calendar = calendars[name]
    if calendar is None:
        raise CalendarFaultError
    found = next((own for own in calendar.units if own == unit), None)
    if found is None:
        noun = "business days" if unit == "day" else f"{unit}s"
        hint = f"it has {', '.join(calendar.words)}; {_COME_WITH[unit]}"
        raise Hinted(f'calendar "{name}" has no {noun}', hint, key=key, at="value")
    return CalendarPeriod(calendar, found)


def length_of(text: str, key: str, calendars: Calendars, calendar: str | None) -> Length:
    """Read a length; `calendar` is the one whose business days are meant. Hinted or WindowError says what to write."""
    if found := _BUSINESS_DAYS.fullmatch(text):
        period = _business_day(text, key, calendars, calendar)
        return Steps(_count(found), period, "business day")
    if found := _UNITS.fullmatch(text):
        word = found[3] if found[3].rpartition("-")[2] in UNITS else found[3].removesuffix("s")
        unit = period_of(word, key, calendars)
        if isinstance(unit, CalendarPeriod):
            if key != "shift" and unit.unit != "day":
                instead = f'period = "{word}", offset = -{found[2]}' if key == "last" else 'lag = "1 day"'
                raise Hinted(f"{key} counts days, and no {word}s", f"write {instead}", key=key, at="value")
            return Steps(_count(found), unit)
    try:
        return parse_span(text)
    except WindowError as error:
        raise error.located("", key) from None


def counts_business_days(*texts: str | None) -> bool:
    """Tell whether one of these lengths is so many business days."""
    return any(text is not None and _BUSINESS_DAYS.fullmatch(text) for text in texts)


def _count(found: re.Match[str]) -> int:
    return -int(found[2]) if found[1] == "-" else int(found[2])


def _business_day(text: str, key: str, calendars: Calendars, name: str | None) -> CalendarPeriod:
    fitting = [each for each, calendar in calendars.items() if calendar and calendar.business]
    if name is None:
        known = " or ".join(f'calendar = "{each}"' for each in fitting)
        missing = 'add [calendars.office] with holidays to reportrunner.toml, and calendar = "office"'
        hint = f"add {known}" if known else missing
        raise Hinted(f'"{text}" does not say whose business days', hint, key=key, at="value")
    if name not in calendars:
        near = did_you_mean(name, calendars)
        hint = "" if near else f"add [calendars.{name}] with holidays to reportrunner.toml"
        raise Hinted(f'there is no calendar "{name}"{near}', hint, key="calendar", at="value")
    return _unit_of(name, "day", "calendar", calendars)
