"""The filters of expressions, as functions of plain values; dates are English whatever the locale."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_OF_DATE: Mapping[str, Callable[[dt.date], str]] = {
    "Y": lambda day: f"{day.year:04}",
    "y": lambda day: f"{day.year % 100:02}",
    "m": lambda day: f"{day.month:02}",
    "-m": lambda day: str(day.month),
    "d": lambda day: f"{day.day:02}",
    "-d": lambda day: str(day.day),
    "e": lambda day: f"{day.day:2}",
    "j": lambda day: f"{day.timetuple().tm_yday:03}",
    "B": lambda day: _MONTHS[day.month - 1],
    "b": lambda day: _MONTHS[day.month - 1][:3],
    "A": lambda day: _DAYS[day.weekday()],
    "a": lambda day: _DAYS[day.weekday()][:3],
    "u": lambda day: str(day.isoweekday()),
    "G": lambda day: f"{day.isocalendar().year:04}",
    "V": lambda day: f"{day.isocalendar().week:02}",
    "F": lambda day: day.isoformat()[:10],
    "%": lambda _: "%",
}
_OF_TIME: Mapping[str, Callable[[dt.datetime], str]] = {
    "H": lambda time: f"{time.hour:02}",
    "-H": lambda time: str(time.hour),
    "I": lambda time: f"{(time.hour - 1) % 12 + 1:02}",
    "-I": lambda time: str((time.hour - 1) % 12 + 1),
    "p": lambda time: "AM" if time.hour < 12 else "PM",
    "M": lambda time: f"{time.minute:02}",
    "S": lambda time: f"{time.second:02}",
    "T": lambda time: time.strftime("%H:%M:%S"),
    "z": lambda time: time.strftime("%z"),
    "Z": lambda time: time.tzname() or "",
}
_DIRECTIVE = re.compile(r"%(-?.|$)", re.DOTALL)


class ExpressionError(ValueError):
    """An expression cannot be read or rendered: where in the string, counted in characters, and what to type."""

    def __init__(self, message: str, offset: int = 0, width: int = 0, hint: str = "") -> None:
        """Keep the parts; a width of 0 means that the place is not known yet."""
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.width = width
        self.hint = hint


@dataclass(frozen=True, slots=True)
class FilterKind:
    """A filter: what it does, and how many constants it needs and takes."""

    apply: Callable[..., object]
    needs: int = 0
    takes: int = 0
    usage: str = ""


def kind_of(value: object) -> str:
    """Name the kind of a value in a message."""
    if isinstance(value, Mapping):
        return "a table"
    for kind, words in (
        (dt.datetime, "a timestamp"), (dt.date, "a date"), (bool, "true or false"), (str, "text"),
        (int | float | Decimal, "a number"), (list | tuple, "a list"),
    ):  # fmt: skip
        if isinstance(value, kind):
            return words
    return "nothing" if value is None else "a value of another kind"


def as_text(value: object) -> str:
    """Write a value inside a text: dates as ISO, timestamps as RFC 3339 in whole seconds; raises ExpressionError."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return _with_zone(value).replace(microsecond=0).isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list | tuple):
        raise ExpressionError("a list cannot stand in a text", hint='write {{ ... | join(", ") }}')
    raise ExpressionError(f"{kind_of(value)} cannot stand in a text")


def check_arguments(name: str, arguments: tuple[object, ...]) -> None:
    """Check the constants a filter is given, before there is a value; raises ExpressionError."""
    kind = FILTERS[name]
    if not kind.needs <= len(arguments) <= kind.takes or not all(isinstance(given, str) for given in arguments):
        wanted = "nothing" if not kind.takes else "one text"
        raise ExpressionError(f"{name} takes {wanted}", hint=f"write {kind.usage or name}")
    if name == "date":
        for found in _DIRECTIVE.finditer(str(arguments[0])):
            if found[1] not in _OF_DATE and found[1] not in _OF_TIME:
                known = " ".join(f"%{word}" for word in (*_OF_DATE, *_OF_TIME))
                raise ExpressionError(f'date has no "{found[0]}"', hint=f"known: {known}")


def _date(value: object, form: str) -> str:
    if not isinstance(value, dt.date):
        raise ExpressionError(f"date needs a date or a timestamp, found {kind_of(value)}")

    def write(found: re.Match[str]) -> str:
        if found[1] in _OF_DATE:
            return _OF_DATE[found[1]](value)
        if not isinstance(value, dt.datetime):
            raise ExpressionError(
                f'a date has no time for "{found[0]}"', hint="use a timestamp, such as a window's start"
            )
        return _OF_TIME[found[1]](_with_zone(value) if found[1] in {"z", "Z"} else value)

    return _DIRECTIVE.sub(write, form)


def _unix(value: object) -> int:
    if not isinstance(value, dt.datetime):
        hint = "use a timestamp, such as {{ windows.week.start | unix }}"
        raise ExpressionError(f"unix needs a timestamp, found {kind_of(value)}", hint=hint)
    return int((_with_zone(value) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(seconds=1))


def _unix_ms(value: object) -> int:
    return _unix(value) * 1000


def _utc(value: object) -> dt.datetime:
    if not isinstance(value, dt.datetime):
        raise ExpressionError(f"utc needs a timestamp, found {kind_of(value)}")
    return _with_zone(value).astimezone(dt.UTC)


def _day_id(value: object) -> str:
    if not isinstance(value, dt.date):
        raise ExpressionError(f"day_id needs a date or a timestamp, found {kind_of(value)}")
    return f"{value.year:04}{value.month:02}{value.day:02}"


def _join(value: object, separator: str = ", ") -> str:
    if not isinstance(value, list | tuple):
        raise ExpressionError(f"join needs a list, found {kind_of(value)}", hint="leave the filter out")
    return separator.join(as_text(item) for item in value)


def _lower(value: object) -> str:
    if not isinstance(value, str):
        raise ExpressionError(f"lower needs text, found {kind_of(value)}", hint="leave the filter out")
    return value.lower()


def _slug(value: object) -> str:
    """Letters of every script stay, so that two names seldom give one file."""
    plain = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFKD", as_text(value).casefold()))
    letters = (char if unicodedata.category(char)[0] in "LMN" else "-" for char in unicodedata.normalize("NFC", plain))
    slug = re.sub("-+", "-", "".join(letters)).strip("-")
    if not slug:
        raise ExpressionError("nothing is left of it as a slug", hint="leave the filter out")
    return slug


def _with_zone(value: dt.datetime) -> dt.datetime:
    if value.utcoffset() is None:
        raise ExpressionError(
            "a timestamp without a zone is no instant", hint="write it with an offset, such as 2026-11-16T09:00:00Z"
        )
    return value


FILTERS: Mapping[str, FilterKind] = {
    "date": FilterKind(_date, 1, 1, 'date("%Y-%m-%d")'),
    "unix": FilterKind(_unix),
    "unix_ms": FilterKind(_unix_ms),
    "utc": FilterKind(_utc),
    "day_id": FilterKind(_day_id),
    "join": FilterKind(_join, 0, 1, 'join(", ")'),
    "lower": FilterKind(_lower),
    "slug": FilterKind(_slug),
}
