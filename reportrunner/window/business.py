"""Business days: the days that are neither weekend nor holiday, of the years whose holidays are listed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from reportrunner.window.span import WindowError

ONE = timedelta(days=1)


@dataclass(frozen=True)
class BusinessDays:
    """A weekend and holidays. A year of which no holiday is listed has none only if no year has any."""

    weekend: frozenset[int] = frozenset({5, 6})
    holidays: frozenset[date] = frozenset()

    @cached_property
    def _years(self) -> frozenset[int]:
        return frozenset(day.year for day in self.holidays)

    def holds(self, day: date, name: str) -> bool:
        """Tell whether the day is a business day; WindowError where the holidays of its year are not listed."""
        if day.weekday() in self.weekend or day in self.holidays:
            return False
        if self._years and day.year not in self._years:
            known = ", ".join(str(year) for year in sorted(self._years))
            text = f'whether {day} is a business day is not known: calendar "{name}" lists holidays of {known}'
            raise WindowError(f"{text}; add those of {day.year} to [calendars.{name}]")
        return True

    def latest(self, day: date, name: str) -> date:
        """Return the day itself, or the last business day before it."""
        while not self.holds(day, name):
            day -= ONE
        return day
