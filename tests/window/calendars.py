"""Calendars as projects have them, as values: for tests of windows that speak of them."""

from __future__ import annotations

from datetime import date

from reportrunner.calendar_spec import parse_year_end
from reportrunner.window.business import BusinessDays
from reportrunner.window.calendar import Calendar, CalendarPeriod, DateYears, PatternYears, Unit

FISCAL = Calendar("fiscal", DateYears(2))
BRITISH = Calendar("british", DateYears(4, 6))
FEDERAL = Calendar("federal", DateYears(10))
RETAIL = Calendar("retail", PatternYears((4, 5, 4), parse_year_end("saturday nearest january 31"), named_start=True), 6)
MAKER = Calendar("maker", PatternYears((5, 4, 4), parse_year_end("last saturday of september"), week_53=3), 6)
YEAR_END = Calendar("year_end", PatternYears((4, 4, 5), parse_year_end("saturday nearest december 31")), 6)
SUNDAYS = Calendar("us", week_starts=6)
OFFICE = Calendar("office", business=BusinessDays(holidays=frozenset({date(2026, 11, 26), date(2026, 12, 25)})))


def unit(calendar: Calendar, name: Unit) -> CalendarPeriod:
    """The period of that calendar."""
    return CalendarPeriod(calendar, name)
