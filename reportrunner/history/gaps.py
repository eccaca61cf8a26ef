"""What is missing: the days of a span that nothing covers, as values and in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from reportrunner.window.zone import day_of, day_unix, load_zone

Span = tuple[int, int]
"""Unix seconds, half-open."""
SHOWN = 12
"""Stretches of days that are named."""
_DAY = dt.timedelta(days=1)


def missing_days(covered: Iterable[Span], span: Span, zone: str) -> list[dt.date]:
    """Return the days of a zone of which a part lies in the span and is covered by nothing."""
    info = load_zone(zone)
    days: dict[dt.date, None] = {}
    for start, end in _holes(covered, span):
        day = day_of(start, info)
        while day_unix(day, info) < end:
            if day_unix(day, info) < day_unix(day + _DAY, info):  # a day that the zone skipped was never there
                days[day] = None
            day += _DAY
    return list(days)


def _holes(covered: Iterable[Span], span: Span) -> Iterator[Span]:
    reached, last = span
    for start, end in sorted(covered):
        if start >= last:
            break
        if start > reached:
            yield reached, start
        reached = max(reached, end)
    if reached < last:
        yield reached, last


def in_words(days: Iterable[dt.date]) -> str:
    """Return days as a list, those that follow one another as from and to."""
    runs: list[list[dt.date]] = []
    for day in days:
        if runs and day - runs[-1][-1] == _DAY:
            runs[-1][1:] = [day]
        else:
            runs.append([day])
    texts = [" to ".join(map(str, run)) for run in runs]
    more = [f"and {len(texts) - SHOWN:,} more stretches of days"] if len(texts) > SHOWN else []
    return ", ".join([*texts[:SHOWN], *more])
