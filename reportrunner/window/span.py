"""Lengths of time as a job writes them: calendar spans (`28 days`, `-1 month`) and durations (`2s`, `1h30m`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from reportrunner.spelling import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable

Field = Literal["months", "days", "seconds"]

_LONG: dict[str, tuple[Field, int]] = {
    "year": ("months", 12),
    "quarter": ("months", 3),
    "month": ("months", 1),
    "week": ("days", 7),
    "day": ("days", 1),
    "hour": ("seconds", 3600),
    "minute": ("seconds", 60),
    "second": ("seconds", 1),
}
_SHORT = {"w": "week", "d": "day", "h": "hour", "m": "minute", "min": "minute", "s": "second", "sec": "second"}
_UNITS = (
    _LONG | {f"{word}s": unit for word, unit in _LONG.items()} | {word: _LONG[long] for word, long in _SHORT.items()}
)
_MILLISECONDS = {word: timedelta(milliseconds=1) for word in ("ms", "millisecond", "milliseconds")}
_CLOCK = {word: timedelta(**{field: n}) for word, (field, n) in _UNITS.items() if field != "months"} | _MILLISECONDS
_PART = re.compile(r"([0-9]{1,9})\s*([A-Za-z]+)\s*")
_TEXT = re.compile(rf"\s*([-+]?)\s*((?:{_PART.pattern})+)")


class WindowError(ValueError):
    """What is wrong with a window, its zone or a length of time, and what to type instead."""

    def __init__(self, message: str, window_name: str = "", key: str = "") -> None:
        """Keep the window's name and the TOML key at fault; both may be empty until `located` fills them."""
        super().__init__(message)
        self.message = message
        self.window_name = window_name
        self.key = key

    def located(self, window_name: str, key: str) -> WindowError:
        """Return the same error, said of this window and key."""
        return WindowError(self.message, window_name, key)


@dataclass(frozen=True, slots=True)
class Span:
    """A signed length on the calendar: months and days move the wall clock, seconds are elapsed time."""

    months: int = 0
    days: int = 0
    seconds: int = 0

    def __post_init__(self) -> None:
        """Refuse parts that pull in opposite directions."""
        parts = (self.months, self.days, self.seconds)
        if min(parts) < 0 < max(parts):
            message = f"the parts of a span have one sign: {parts}"
            raise ValueError(message)

    @property
    def sign(self) -> int:
        """-1, 0 or 1."""
        total = self.months + self.days + self.seconds
        return (total > 0) - (total < 0)

    def __neg__(self) -> Span:
        """Return the same length the other way."""
        return Span(-self.months, -self.days, -self.seconds)

    def __str__(self) -> str:
        """Return the text that `parse_span` reads back."""
        parts = [
            _said(abs(self.months), "month", {"year": 12}),
            _said(abs(self.days), "day", {}),
            _said(abs(self.seconds), "second", {"hour": 3600, "minute": 60}),
        ]
        return ("-" if self.sign < 0 else "") + (" ".join(filter(None, parts)) or "0 days")


def parse_span(text: str) -> Span:
    """Read `28 days`, `-1 month`, `12h`, `1 day 6 hours`; `m` is minutes, months are written out."""
    backwards, parts = _parts(text, _UNITS, 'such as "28 days", "-1 month" or "90s"')
    totals: dict[Field, int] = {"months": 0, "days": 0, "seconds": 0}
    for count, word in parts:
        field, factor = _UNITS[word]
        totals[field] += count * factor
    span = Span(**totals)
    return -span if backwards else span


def parse_duration(text: str) -> timedelta:
    """Read a length of clock time (`500ms`, `2s`, `20m`, `1h30m`); a day is 24 hours, there are no months."""
    backwards, parts = _parts(text, _CLOCK, 'such as "2s", "20m" or "1h30m"')
    if backwards:
        raise WindowError(f'"{text}" is negative; a duration has no sign')
    return sum((_CLOCK[word] * count for count, word in parts), timedelta())


def _parts(text: str, units: Iterable[str], example: str) -> tuple[bool, list[tuple[int, str]]]:
    found = _TEXT.fullmatch(text)
    if not found:
        raise WindowError(f'"{text}" is no length of time; write a number and a unit, {example}')
    known = set(units)
    parts = [(int(count), word.lower()) for count, word in _PART.findall(found[2])]
    for _, word in parts:
        if word not in known:
            near = suggest(word, sorted(known))
            hint = f'did you mean "{near}"?' if near else f"write a length {example}"
            raise WindowError(f'"{text}": unknown unit "{word}"; {hint}')
    return found[1] == "-", parts


def _said(count: int, unit: str, larger: dict[str, int]) -> str:
    if not count:
        return ""
    for name, size in larger.items():
        if count % size == 0:
            count, unit = count // size, name
            break
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
