"""`[calendars.x]` as a strict, frozen model; which keys belong together is said in load/calendars.py."""

from __future__ import annotations

import datetime as dt
import re
from calendar import monthrange
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from reportrunner.diagnose import Hinted
from reportrunner.spelling import did_you_mean
from reportrunner.strict import Strict
from reportrunner.window.calendar import WEEKDAYS, YearEnd

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
LABEL = r"^[A-Za-z][A-Za-z0-9_]{0,15}$"
_YEAR_END = re.compile(
    r"(?:last (?P<last>\w+) of (?P<of>\w+)|(?P<near>\w+) nearest (?P<month>\w+) (?P<day>[0-9]{1,2}))"
)
_YEAR_END_HELP = 'write "last saturday of january" or "saturday nearest january 31"'


def _year_starts(value: str) -> str:
    found = re.fullmatch(r"([0-9]{2})-([0-9]{2})", value)
    month, day = (int(part) for part in found.groups()) if found else (0, 0)
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        raise Hinted(f'"{value}" is no day of a year', 'write month and day, such as "02-01"')
    if day > 28:
        hint = f'write "{month:02}-28" or "{month % 12 + 1:02}-01", or pattern and year_ends for years of whole weeks'
        raise Hinted(f'"{value}" is a day that not every month has, and fiscal months begin on it too', hint)
    return value


def _year_ends(value: str) -> str:
    parse_year_end(value)
    return value


def parse_year_end(text: str) -> YearEnd:
    """Read `last saturday of january` or `saturday nearest january 31`; Hinted says what to write instead."""
    found = _YEAR_END.fullmatch(" ".join(text.lower().split()))
    if not found:
        raise Hinted(f'"{text}" names no end of a year', _YEAR_END_HELP)
    weekday = _index(found["last"] or found["near"], WEEKDAYS, text, "weekday")
    month = _index(found["of"] or found["month"], MONTHS, text, "month") + 1
    if found["day"] is None:
        return YearEnd(weekday, month)
    day, longest = int(found["day"]), monthrange(2023, month)[1]
    if not 1 <= day <= longest:
        message = f'"{text}": {MONTHS[month - 1]} has no day {day} in every year'
        raise Hinted(message, f"write a day from 1 to {longest}")
    return YearEnd(weekday, month, day)


def _index(word: str, words: tuple[str, ...], text: str, noun: str) -> int:
    if word not in words:
        near = did_you_mean(word, words)
        raise Hinted(f'"{text}": "{word}" is no {noun}{near}', "" if near else _YEAR_END_HELP)
    return words.index(word)


def _label(value: str) -> str:
    if not re.fullmatch(LABEL, value):
        hint = 'write label = "RY"'
        raise Hinted(f'"{value}" cannot begin a label: letters, digits and _, a letter first, 16 at most', hint)
    return value


def _weekend(value: list[Weekday]) -> list[Weekday]:
    if twice := next((day for number, day in enumerate(value) if day in value[:number]), None):
        raise Hinted(f'"{twice}" is there twice, and may stand for another day', "write each day of the weekend once")
    if len(value) == len(WEEKDAYS):
        raise Hinted("a week whose every day is weekend has no business day", 'write weekend = ["saturday", "sunday"]')
    return value


class CalendarSpec(Strict):
    """`[calendars.x]`: a fiscal year, weeks, business days, or several of them."""

    diagnostic_owner: ClassVar[str] = "a calendar"
    year_starts: Annotated[str, AfterValidator(_year_starts)] | None = Field(
        default=None,
        description='Month and day on which the fiscal year begins, such as "02-01"',
        json_schema_extra={"pattern": r"^(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])$"},
    )
    pattern: Literal["4-4-5", "4-5-4", "5-4-4"] | None = Field(
        default=None, description="Weeks of the three months of a quarter, for a fiscal year of whole weeks"
    )
    year_ends: Annotated[str, AfterValidator(_year_ends)] | None = Field(
        default=None, description='"last saturday of january" or "saturday nearest january 31", with a pattern'
    )
    week_53: int | None = Field(
        default=None, ge=1, le=12, description="The month, 1 to 12, that has the 53rd week; the last one when left out"
    )
    year_named: Literal["end", "start"] | None = Field(
        default=None, description="The calendar year that names a fiscal year: in which it ends (default) or starts"
    )
    label: Annotated[str, AfterValidator(_label)] | None = Field(
        default=None,
        description='What labels of its years begin with; "FY" when left out',
        json_schema_extra={"pattern": LABEL},
    )
    week_starts: Weekday | None = Field(default=None, description="The day with which its weeks begin")
    weekend: Annotated[list[Weekday], AfterValidator(_weekend)] | None = Field(
        default=None, description="Days that are no business days; saturday and sunday when left out"
    )
    holidays: list[dt.date] | None = Field(default=None, description="Days that are no business days")
    holidays_file: str | None = Field(
        default=None, description="A file of the project with one holiday a line, such as 2026-11-26,Thanksgiving"
    )
