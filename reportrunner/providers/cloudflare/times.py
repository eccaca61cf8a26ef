"""One product, three ways to write a window: days, Unix seconds, RFC 3339; each is made here and nowhere else (§1, §2).

Whether an end belongs to what is asked is documented nowhere. Each form ends with the last day, second or millisecond
that belongs to the window, so that neither reading counts anything of the time behind it.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from reportrunner.days import UTC
from reportrunner.window import Window
from reportrunner.window.span import WindowError
from reportrunner.window.zone import day_of, day_unix, load_zone

MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
_DAY: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[Tt ]00:00:00(?:\.0+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?)?")


def whole_days(window: Window, endpoint: str) -> None:
    """Refuse a window that ends inside a day, for an endpoint that knows whole days only."""
    if not window.whole_days:
        raise WindowError(
            f"{endpoint} knows whole days only, and this window ends inside one"
            '; write a period of days or more with offset = -1, last = "7 days", or dates in from and to'
        )


def begins_period(unix: int, delta: str, zone: str = UTC) -> bool:
    """Tell whether a day, a week from Monday, a month, a quarter or a year of a zone begins at a moment."""
    info = load_zone(zone)
    day = day_of(unix, info)
    return unix == day_unix(day, info) and _is_first(day, delta)


def edges(window: Window, delta: str) -> tuple[int, ...]:
    """Return where the periods of a window's own days begin and end; the outermost are its own ends."""
    info = load_zone(window.zone)
    count = (window.last_day - window.first_day).days
    days = (window.first_day + dt.timedelta(days=n) for n in range(1, count + 1))
    inner = (day_unix(day, info) for day in days if _is_first(day, delta))
    # a day that the zone skipped begins with the one behind it
    return tuple(dict.fromkeys((window.start_unix, *inner, window.end_unix)))


def _is_first(day: dt.date, delta: str) -> bool:
    if delta == "week":
        return day.weekday() == 0
    return delta not in MONTHS or (day.day == 1 and (day.month - 1) % MONTHS[delta] == 0)


def as_days(window: Window) -> tuple[str, str]:
    """Return the first and the last day as `YYYY-MM-DD`."""
    return window.first_day.isoformat(), window.last_day.isoformat()


def as_unix(window: Window) -> tuple[str, str]:
    """Return the first and the last second in Unix seconds."""
    return str(window.start_unix), str(window.end_unix - 1)


def as_moments(window: Window) -> tuple[str, str]:
    """Return the first and the last millisecond in RFC 3339: the services' own moments have milliseconds."""
    return _moment(window.start_unix), f"{_moment(window.end_unix - 1)[:-1]}.999Z"


def as_span(window: Window) -> tuple[str, str]:
    """Return start and end in RFC 3339, for series whose buckets begin and end there."""
    return _moment(window.start_unix), _moment(window.end_unix)


def _moment(unix: int) -> str:
    return dt.datetime.fromtimestamp(unix, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_day(text: object) -> dt.date:
    """Return the day of a bare date or of a timestamp at midnight; ValueError for another moment."""
    found = _DAY.fullmatch(text) if isinstance(text, str) else None
    if not found:
        raise ValueError(f"{str(text)[:60]!r} is no day: neither a date nor a midnight")
    return dt.date.fromisoformat(found[1])


def days_of(window: Window) -> list[dt.date]:
    """Return every calendar day of a window of whole days."""
    count = (window.last_day - window.first_day).days + 1
    return [window.first_day + dt.timedelta(days=n) for n in range(count)]
