"""The calendars of a project file: sections become calendars, or a list of what is wrong with them."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reportrunner.calendar_spec import CalendarSpec, parse_year_end
from reportrunner.checker import Checker, Loc
from reportrunner.errors import Diagnostic
from reportrunner.load.files import own_file
from reportrunner.strict import NAME
from reportrunner.window.business import BusinessDays
from reportrunner.window.calendar import WEEKDAYS, Calendar, DateYears, PatternYears

_YEARS = ("year_starts", "pattern")
_BUSINESS = ("weekend", "holidays", "holidays_file")
_NEEDS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("year_ends", ("pattern",), 'add pattern = "4-4-5", "4-5-4" or "5-4-4"'),
    ("week_53", ("pattern",), 'add pattern = "4-4-5", "4-5-4" or "5-4-4"'),
    ("year_named", _YEARS, 'add year_starts = "02-01", or pattern and year_ends'),
    ("label", _YEARS, 'add year_starts = "02-01", or pattern and year_ends'),
)
"""Keys that mean nothing without one of others, and what to write."""
_CLASHES: tuple[tuple[str, str, str], ...] = (
    ("year_starts", "pattern", "a fiscal year begins on a date, or is made of weeks"),
    ("week_starts", "pattern", "weeks of a pattern begin on the day after the one that year_ends names"),
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(slots=True)
class CalendarLoader:
    """Makes calendars of the sections of a project file."""

    checker: Checker
    root: Path
    shown: str
    """What stands before the project's other files in messages."""
    others: list[Diagnostic] = field(default_factory=list)
    """What is wrong in files that calendars name."""

    def load(self, sections: Mapping[str, Any]) -> dict[str, Calendar | None]:
        """Return the calendars by name, None for each that has errors."""
        return {name: self._calendar(name, section) for name, section in sections.items()}

    def _calendar(self, name: str, section: object) -> Calendar | None:
        loc = ("calendars", name)
        if not re.fullmatch(NAME, name):
            return None
        spec = self.checker.validated(CalendarSpec, section, loc)
        if spec is None:
            return None
        fits, business = self._fits(spec, loc), self._business(spec, loc)
        if not fits or (business is None and any(getattr(spec, key) is not None for key in _BUSINESS)):
            return None
        years, starts = _years(spec), None if spec.week_starts is None else WEEKDAYS.index(spec.week_starts)
        if isinstance(years, PatternYears):
            starts = (years.ends.weekday + 1) % 7
        return Calendar(name, years, starts, business, spec.label or "FY")

    def _fits(self, spec: CalendarSpec, loc: Loc) -> bool:
        """Say of all keys at once which of them do not belong together."""
        before = len(self.checker.problems)
        given = {key for key in CalendarSpec.model_fields if getattr(spec, key) is not None}
        if not given:
            hint = 'write year_starts = "02-01"; pattern and year_ends; week_starts = "sunday"; or holidays'
            self.checker.problem(loc, "this calendar says nothing", hint, at="header")
        for key, other, why in _CLASHES:
            if {key, other} <= given:
                self.checker.problem((*loc, key), f'"{key}" and "{other}" exclude each other: {why}', at="key")
        for key, others, hint in _NEEDS:
            if key in given and not given & set(others):
                named = " or ".join(f'"{other}"' for other in others)
                self.checker.problem((*loc, key), f'"{key}" means nothing without {named}', hint, at="key")
        if "pattern" in given and "year_ends" not in given:
            hint = 'add year_ends = "last saturday of january" or "saturday nearest january 31"'
            message = '"pattern" needs "year_ends", the last day of a year'
            self.checker.problem((*loc, "pattern"), message, hint, at="key")
        return len(self.checker.problems) == before

    def _business(self, spec: CalendarSpec, loc: Loc) -> BusinessDays | None:
        """Return the business days, or None where the calendar has none or their file has errors."""
        if all(getattr(spec, key) is None for key in _BUSINESS):
            return None
        listed = self._listed(spec.holidays_file, loc) if spec.holidays_file is not None else []
        if listed is None:
            return None
        weekend = ("saturday", "sunday") if spec.weekend is None else spec.weekend
        days = frozenset([*(spec.holidays or ()), *listed])
        return BusinessDays(frozenset(WEEKDAYS.index(day) for day in weekend), days)

    def _listed(self, name: str, loc: Loc) -> list[dt.date] | None:
        path = own_file(self.checker, self.root, name, (*loc, "holidays_file"), ("*.csv", "*.txt"))
        if path is None:
            return None
        before = len(self.others)
        try:
            days = list(self._days(path.read_text("utf-8-sig"), f"{self.shown}{name}"))
        except (OSError, UnicodeDecodeError) as error:
            message = f'"{name}" cannot be read: {error.strerror if isinstance(error, OSError) else "it is no text"}'
            self.checker.problem((*loc, "holidays_file"), message, "save it as text in UTF-8, one day a line")
            return None
        if not days and len(self.others) == before:
            message, hint = f'"{name}" lists no holiday', "write one day a line, such as 2026-11-26,Thanksgiving"
            self.checker.problem((*loc, "holidays_file"), message, hint)
            return None
        return days if len(self.others) == before else None

    def _days(self, text: str, shown: str) -> Iterator[dt.date]:
        """Yield the days of a file of holidays; empty lines, lines with # and a first line "date" say none."""
        for number, line in enumerate(text.splitlines(), start=1):
            cell = _first_cell(line)
            if not cell or cell.startswith("#") or (number == 1 and cell.lower() == "date"):
                continue
            if day := _day(cell):
                yield day
                continue
            message, hint = f'"{cell}" is no day', "write one day a line, such as 2026-11-26,Thanksgiving"
            column = max(line.find(cell), 0) + 1
            self.others.append(Diagnostic(shown, number, column, message, hint, source=line, width=len(cell)))


def _first_cell(line: str) -> str:
    try:
        return next(iter(next(csv.reader([line], strict=True), [])), "").strip()
    except csv.Error:
        return line.strip()


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _years(spec: CalendarSpec) -> DateYears | PatternYears | None:
    named_start = spec.year_named == "start"
    if spec.year_starts is not None:
        month, day = (int(part) for part in spec.year_starts.split("-"))
        return DateYears(month, day, named_start)
    if spec.pattern is None or spec.year_ends is None:
        return None
    first, second, third = (int(weeks) for weeks in spec.pattern.split("-"))
    return PatternYears((first, second, third), parse_year_end(spec.year_ends), named_start, spec.week_53 or 12)
