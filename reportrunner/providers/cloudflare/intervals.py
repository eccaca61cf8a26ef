"""Intervals of a series: their lengths, how many there may be, and whose days those of a day and longer are.

From which moment the service counts days is not documented; they are taken for those of UTC. A window whose own days,
weeks or months are others is refused, unless the job chooses what it wants: the same dates of UTC, or its own days
added up from intervals that are short enough to begin where its days do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

from reportrunner.days import UTC, UTC_DAYS, Choice, Days, same_dates, same_dates_choice
from reportrunner.providers.cloudflare.times import begins_period, edges
from reportrunner.window import Window
from reportrunner.window.span import WindowError

Delta = Literal["year", "quarter", "month", "week", "day", "hour", "dekaminute", "minute"]
Way = Literal["utc-days", "hours"]
SECONDS: Final[Mapping[str, int]] = {
    "minute": 60,
    "dekaminute": 600,
    "hour": 3_600,
    "day": 86_400,
    "week": 7 * 86_400,
    "month": 28 * 86_400,
    "quarter": 90 * 86_400,
    "year": 365 * 86_400,
}
"""The shortest length of each, from the finest to the coarsest."""
PERIODS: Final = ("day", "week", "month", "quarter", "year")
"""Those that begin with a day, so that a time zone decides what is in them."""
STEPS: Final = ("hour", "dekaminute", "minute")
"""What days can be added up from, the coarsest first."""
BUCKETS: Final = 12_000
"""The most intervals that are asked for; how many the service gives is not documented (§7)."""
_FOR_PERIODS: Final = "for intervals of a day and longer; shorter ones are exact instants"
UTC_PERIODS: Final = Days("zone", "unknown", UTC, _FOR_PERIODS)
_EXACT: Final = "sent in RFC 3339 as UTC"
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Series:
    """What is asked for a window: over which span, by which intervals, and the periods that they are added up into."""

    window: Window
    delta: str
    periods: tuple[Span, ...] = ()
    """In Unix seconds; none where the intervals themselves are landed."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A series as a dataset wants it."""

    endpoint: str
    window: Window
    delta: str
    way: str | None = None
    uneven: tuple[str, ...] = ()
    """Its metrics that do not add up."""


def days_of(delta: str, way: str | None) -> Days:
    """Return whose days such a series counts."""
    if delta not in PERIODS:
        return Days("instants", "source-proven", words=_EXACT)
    if way == "hours":
        return Days("instants", "source-proven", words=f"{_EXACT}, and added up into {delta}s of the job's time zone")
    return Days("zone", "unknown", UTC)


def series_of(wanted: Wanted) -> Series:
    """Return what is asked; WindowError where the window is not served, with all ways out."""
    window, delta = wanted.window, wanted.delta
    if delta not in PERIODS:
        check_buckets(window, delta)
        return Series(window, delta)
    ends = (window.start_unix, window.end_unix)
    of_utc = all(begins_period(end, delta) for end in ends)
    own = all(begins_period(end, delta, window.zone) for end in ends)
    if not own and (not of_utc or wanted.way == "hours"):
        raise _cut(wanted)
    if wanted.way == "hours":
        return _added_up(wanted)
    if not own or (of_utc and all(begins_period(edge, delta) for edge in edges(window, delta))):
        check_buckets(window, delta)
        return Series(window, delta)
    if wanted.way == UTC_DAYS:
        moved = same_dates(window, UTC)
        check_buckets(moved, delta)
        return Series(moved, delta)
    raise _others_days(wanted)


def choices_of(wanted: Wanted) -> tuple[Choice, ...]:
    """Return what the job chose where its days are not those of the service."""
    made = series_of(wanted)
    if wanted.way == UTC_DAYS and made.window != wanted.window:
        return (same_dates_choice(wanted.window, UTC, UTC_DAYS),)
    if not made.periods:
        return ()
    lengths = sorted({(end - start) / 3_600 for start, end in made.periods} - {24.0}) if wanted.delta == "day" else []
    uneven = f", of {' and '.join(f'{hours:g}' for hours in lengths)} hours where the clock changes" if lengths else ""
    count = len(made.periods)
    periods = f"{count} {wanted.delta}{'s' * (count != 1)} of {wanted.window.zone}"
    words = f"{periods}{uneven}, added up from intervals of {_one(made.delta)}"
    return (Choice("zone_mismatch", "hours", words),)


def _added_up(wanted: Wanted) -> Series:
    window = wanted.window
    cuts = edges(window, wanted.delta)
    step = next((name for name in STEPS if not any(cut % SECONDS[name] for cut in cuts)), None)
    if step is None:
        raise WindowError(
            f"{wanted.delta}s of {window.zone} do not begin with a minute of UTC here, so no interval adds up to them"
            f'; write zone_mismatch = "{UTC_DAYS}", or timezone = "UTC" in the job'
        )
    count = buckets(window, step)
    if count > BUCKETS:
        fits = "month" if 31 * SECONDS["day"] // SECONDS[step] < BUCKETS else "week"
        split = f'split = "{fits}", ' if wanted.delta == "day" else ""
        raise WindowError(
            f"{wanted.delta}s of {window.zone} are added up from intervals of {_one(step)}, and {count:,} of them are"
            f" more than are asked at once ({BUCKETS:,})"
            f'; write a shorter window, {split}zone_mismatch = "{UTC_DAYS}", or timezone = "UTC" in the job'
        )
    return Series(window, step, tuple(pairwise(cuts)))


def _one(delta: str) -> str:
    return f"an {delta}" if delta == "hour" else f"a {delta}"


def buckets(window: Window, delta: str) -> int:
    """Return how many intervals a window can have at most: one more than fit, for they need not begin with it."""
    return (window.end_unix - window.start_unix) // SECONDS[delta] + 1


def check_buckets(window: Window, delta: str) -> None:
    """Refuse more than `BUCKETS` intervals, with a length that fits."""
    count = buckets(window, delta)
    if count > BUCKETS:
        coarser = next((name for name in SECONDS if buckets(window, name) <= BUCKETS), "year")
        raise WindowError(
            f"{count:,} intervals of {_one(delta)} are more than are asked at once ({BUCKETS:,})"
            f'; write time_delta = "{coarser}", or a shorter window'
        )


def _cut(wanted: Wanted) -> WindowError:
    """Refuse a window that cuts a period of days or more: its first and last numbers would look like whole ones."""
    delta, zone = wanted.delta, wanted.window.zone
    monday = " from Monday" if delta == "week" else ""
    way = f"a window of whole {delta}s{monday}"
    if wanted.way is None and zone != UTC:
        way += f' with timezone = "UTC" or zone_mismatch = "{UTC_DAYS}"'
        way += ' or "hours"' if not wanted.uneven else ""
    return WindowError(
        f"intervals of a {delta} are those of UTC, as far as is known, and this window cuts the first or the last"
        f'; write {way}, or time_delta = "hour" and add up in SQL'
    )


def _others_days(wanted: Wanted) -> WindowError:
    """Refuse days of another zone, with every way out as it is typed."""
    delta, window = wanted.delta, wanted.window
    ways = [
        f'zone_mismatch = "{UTC_DAYS}" for the same dates as the service counts them',
        'timezone = "UTC" in the job',
    ]
    if not wanted.uneven:
        ways.insert(1, f'zone_mismatch = "hours" to ask by the hour and add up {delta}s of {window.zone}')
    ways.append('time_delta = "hour" and add up in SQL')
    rest = f"; {' and '.join(wanted.uneven)} cannot be added up" if wanted.uneven else ""
    return WindowError(
        f"{wanted.endpoint} counts {delta}s of UTC, as far as is known, and this window's are those of {window.zone}"
        f"; write {', '.join(ways[:-1])}, or {ways[-1]}{rest}"
    )
