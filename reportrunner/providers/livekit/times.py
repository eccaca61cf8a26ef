"""How windows are written for LiveKit, here and nowhere else: UTC days, the end being the day behind the last (§2, §7).

Official sources disagree whether the day in `end` is included. The day behind the last one is sent, and rows outside
the window are dropped, so that both readings land the same rows.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from reportrunner.days import Choice
from reportrunner.window import Window, window_of
from reportrunner.window.span import WindowError
from reportrunner.window.zone import unix_of

DAYS: Final = 7
"""A start must lie within so many days of today; whether the last of them passes is not known."""
DAY: Final = dt.timedelta(days=1)


def days_of(window: Window) -> tuple[dt.date, dt.date]:
    """Return the UTC days to ask for: that of the first second, and the one after that of the last."""
    return moment(window.start_unix).date(), moment(window.end_unix - 1).date() + DAY


def span_of(window: Window) -> tuple[dt.datetime, dt.datetime]:
    """Return start and exclusive end, by which rows are kept."""
    return moment(window.start_unix), moment(window.end_unix)


def first_day(window: Window, now: dt.datetime, too_old: str) -> dt.date:
    """Return the first day that is asked for; WindowError where the service would not answer (livekit.md §2)."""
    first, after = days_of(window)
    today = now.astimezone(dt.UTC).date()
    seventh = today - DAYS * DAY
    earliest = seventh + DAY
    if first >= earliest or (too_old == "ask" and first == seventh):
        return first
    if too_old == "clamp" and after > earliest:
        return earliest
    ways = [f'write from = {_day_from(earliest, window)} and to = "as_of"']
    ways += ['write too_old = "clamp" to leave out what is older'] if after > earliest else []
    ways += ['write too_old = "ask" to try the seventh day'] if first == seventh else []
    raise WindowError(
        f"the service answers sessions that began within {DAYS} days of today, {today} in UTC: the window begins on"
        f" {first}, and the earliest day that surely passes is {earliest} in UTC; {', or '.join(ways)}"
    )


def covered(window: Window, now: dt.datetime, too_old: str) -> Window:
    """Return the part of the window that is asked for: what is too old may be left out."""
    asked = first_day(window, now, too_old)
    if asked <= days_of(window)[0]:
        return window
    begins = dt.datetime.combine(asked, dt.time(), dt.UTC)
    return window_of(unix_of(begins), window.end_unix, window.zone)


def choices_of(window: Window, now: dt.datetime, too_old: str) -> tuple[Choice, ...]:
    """Return what the job chose where the window begins before what surely passes."""
    first, asked = days_of(window)[0], first_day(window, now, too_old)
    if asked > first:
        return (Choice("too_old", "clamp", f"sessions that began before {asked} (UTC) are left out"),)
    today = now.astimezone(dt.UTC).date()
    if asked == today - DAYS * DAY:
        return (Choice("too_old", "ask", f"{asked} is the seventh day before today; whether it passes is not known"),)
    return ()


def _day_from(earliest: dt.date, window: Window) -> dt.date:
    """Return the first day of the window's zone that begins no earlier than a UTC day."""
    begins = dt.datetime.combine(earliest, dt.time(), window.start.tzinfo)
    return earliest if begins.astimezone(dt.UTC).date() >= earliest else earliest + DAY


def moment(unix: int) -> dt.datetime:
    """Return an instant in UTC."""
    return dt.datetime.fromtimestamp(unix, dt.UTC)
