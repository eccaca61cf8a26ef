"""Calendars of a project: fiscal years, weeks that begin elsewhere, business days. Dates only; period.py adds zones.

A calendar counts its years, quarters, months and weeks one after the other: `ordinal` gives the number of the one that
holds a day, `start` the first day of that number. Business days are no such count: there are days between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from reportrunner.window.business import BusinessDays

Unit = Literal["year", "quarter", "month", "week", "day"]
UNITS: tuple[Unit, ...] = ("year", "quarter", "month", "week", "day")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PER_YEAR: dict[Unit, int] = {"year": 1, "quarter": 4, "month": 12}
_LETTERS: dict[Unit, str] = {"quarter": "Q", "month": "P", "week": "W"}


@dataclass(frozen=True, slots=True)
class DateYears:
    """Fiscal years that begin on a day of the year, and their months on that day of the month (28 or less)."""

    month: int
    day: int = 1
    named_start: bool = False

    def month_ordinal(self, day: date) -> int:
        """Return the number of the fiscal month that holds the day; twelve make a year."""
        return day.year * 12 + day.month - self.month - (day.day < self.day)

    def month_start(self, ordinal: int) -> date:
        """Return the first day of the fiscal month of that number."""
        year, month = divmod(ordinal + self.month - 1, 12)
        return _date(year, month + 1, self.day)

    def number(self, year: int) -> int:
        """Return the calendar year that names the fiscal year: the one in which it ends, or in which it starts."""
        return year if self.named_start or (self.month, self.day) == (1, 1) else year + 1


@dataclass(frozen=True, slots=True)
class YearEnd:
    """The last day of a year of weeks: the last such weekday of a month, or the one nearest to a date."""

    weekday: int
    month: int
    day: int | None = None
    """The day to be nearest to; None: the last of the month."""

    def nominal(self, year: int) -> date:
        """Return the day around which the year ends."""
        if self.day is not None:
            return _date(year, self.month, self.day)
        return _date(year + self.month // 12, self.month % 12 + 1, 1) - timedelta(days=1)

    def of(self, year: int) -> date:
        """Return the last day of the fiscal year that ends in, or nearest to, that calendar year."""
        nominal = self.nominal(year)
        latest = nominal + timedelta(days=0 if self.day is None else 3)
        return latest - timedelta(days=(latest.weekday() - self.weekday) % 7)


@dataclass(frozen=True, slots=True)
class PatternYears:
    """Fiscal years of 52 or 53 whole weeks; every quarter has three months of so many weeks."""

    pattern: tuple[int, int, int]
    ends: YearEnd
    named_start: bool = False
    week_53: int = 12
    """The month, 1 to 12, that has the 53rd week."""

    def year_of(self, day: date) -> int:
        """Return the number of the fiscal year that holds the day: of the calendar year it ends in, or nearest to."""
        year = day.year - 1
        while self.ends.of(year) < day:
            year += 1
        return year

    def year_start(self, year: int) -> date:
        """Return the first day of the fiscal year of that number."""
        return self.ends.of(year - 1) + timedelta(days=1)

    def month_ordinal(self, day: date) -> int:
        """Return the number of the fiscal month that holds the day; twelve make a year."""
        year = self.year_of(day)
        week = (day - self.year_start(year)).days // 7
        return year * 12 + sum(until <= week for until in self._month_ends(year))

    def month_start(self, ordinal: int) -> date:
        """Return the first day of the fiscal month of that number."""
        year, month = divmod(ordinal, 12)
        return self.year_start(year) + timedelta(weeks=(0, *self._month_ends(year))[month])

    def _month_ends(self, year: int) -> list[int]:
        weeks = list(self.pattern * 4)
        weeks[self.week_53 - 1] += (self.year_start(year + 1) - self.year_start(year)).days // 7 - 52
        return list(accumulate(weeks))

    def number(self, year: int) -> int:
        """Return the calendar year that names the fiscal year, by the days around which it starts and ends."""
        return (self.ends.nominal(year - 1) + timedelta(days=1)).year if self.named_start else year


@dataclass(frozen=True, slots=True)
class Calendar:
    """`[calendars.x]`: years, weeks and business days of its own, as far as it says any."""

    name: str
    years: DateYears | PatternYears | None = None
    week_starts: int | None = None
    """The weekday, 0 for Monday, with which its weeks begin."""
    business: BusinessDays | None = None
    prefix: str = "FY"

    @property
    def units(self) -> tuple[Unit, ...]:
        """The units that this calendar has."""
        own: tuple[Unit, ...] = ("year", "quarter", "month") if self.years else ()
        week: tuple[Unit, ...] = ("week",) if self.week_starts is not None else ()
        day: tuple[Unit, ...] = ("day",) if self.business else ()
        return (*own, *week, *day)

    @property
    def words(self) -> tuple[str, ...]:
        """The periods that this calendar adds, as windows write them."""
        return tuple(f"{self.name}-{unit}" for unit in self.units)

    @property
    def pattern(self) -> PatternYears | None:
        """Its years, if they are made of weeks."""
        return self.years if isinstance(self.years, PatternYears) else None

    @property
    def facts(self) -> str:
        """All that it says, the same text for the same calendar."""
        business = self.business and (sorted(self.business.weekend), sorted(map(str, self.business.holidays)))
        return f"{self.years} {self.week_starts} {business} {self.prefix}"

    def ordinal(self, unit: Unit, day: date) -> int:
        """Return the number of the year, quarter, month or week that holds the day."""
        if unit == "week":
            assert self.week_starts is not None
            return (day.toordinal() - 1 - self.week_starts) // 7
        assert self.years is not None
        return self.years.month_ordinal(day) * PER_YEAR[unit] // 12

    def start(self, unit: Unit, ordinal: int) -> date:
        """Return the first day of the year, quarter, month or week of that number."""
        if unit == "week":
            assert self.week_starts is not None
            return _day(ordinal * 7 + 1 + self.week_starts)
        assert self.years is not None
        return self.years.month_start(ordinal * 12 // PER_YEAR[unit])

    def span(self, unit: Unit, day: date) -> tuple[date, date]:
        """Return the first day of the unit that holds the day, and the first day after it.

        Of business days it is the last one that had begun by then.
        """
        if unit == "day":
            assert self.business is not None
            day = self.business.latest(day, self.name)
            return day, day + timedelta(days=1)
        ordinal = self.ordinal(unit, day)
        return self.start(unit, ordinal), self.start(unit, ordinal + 1)

    def label(self, unit: Unit, first: date) -> str:
        """Return the name of the unit that begins on the day, or an empty text where its days name it."""
        if unit == "day" or (unit == "week" and not self.pattern):
            return ""
        assert self.years is not None
        year = self.ordinal("year", first)
        name = f"{self.prefix}{self.years.number(year) % 100:02}"
        if unit == "year":
            return name
        if unit == "week":
            return f"{name}-W{(first - self.start('year', year)).days // 7 + 1:02}"
        index = self.ordinal(unit, first) - year * PER_YEAR[unit] + 1
        return f"{name}-{_LETTERS[unit]}{index:0{1 if unit == 'quarter' else 2}}"


@dataclass(frozen=True, slots=True)
class CalendarPeriod:
    """A unit of a project's calendar: `fiscal-quarter`, `retail-week`, `office-day`."""

    calendar: Calendar
    unit: Unit

    def __str__(self) -> str:
        """Return the word that windows write."""
        return f"{self.calendar.name}-{self.unit}"


@dataclass(frozen=True, slots=True)
class Steps:
    """So many units of a calendar, back or on: `-1 fiscal-quarter`, or `5 business days` of the calendar `office`."""

    count: int
    period: CalendarPeriod
    word: str = ""
    """What the unit is called where it is not called by its period."""

    @property
    def sign(self) -> int:
        """-1, 0 or 1."""
        return (self.count > 0) - (self.count < 0)

    @property
    def months(self) -> int:
        """How many months that is, where its units begin on dates; 0 for what is made of days or weeks."""
        per_year = PER_YEAR.get(self.period.unit)
        return 0 if per_year is None or self.period.calendar.pattern else self.count * 12 // per_year

    def __neg__(self) -> Steps:
        """Return as many the other way."""
        return Steps(-self.count, self.period, self.word)

    def __str__(self) -> str:
        """Return the text as windows write it."""
        return f"{self.count} {self.word or self.period}{'s' if abs(self.count) != 1 else ''}"


def _date(year: int, month: int, day: int) -> date:
    if not date.min.year <= year <= date.max.year:
        raise OverflowError
    return date(year, month, day)


def _day(ordinal: int) -> date:
    if not 1 <= ordinal <= date.max.toordinal():
        raise OverflowError
    return date.fromordinal(ordinal)
