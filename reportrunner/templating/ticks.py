"""Where the time axis of a chart is labelled: at full minutes, hours or days, so that no label is off by a bit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_STEPS = (
    1, 5, 10, 30, _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR, 2 * _HOUR,
    3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY, 28 * _DAY,
)  # fmt: skip


def ticks(places: Collection[str], most: int) -> tuple[list[int], str]:
    """Return at which milliseconds of UTC an axis is labelled, and how; `places` are ISO days or instants."""
    found = sorted({_seconds(place) for place in places})
    if all(place % _DAY == 0 for place in found):
        every = -(-len(found) // most) or 1
        return [place * 1000 for place in found[::every]], "%-d %b"
    first, last = found[0], found[-1]
    longest = -(-(last - first) // (most * _DAY)) * _DAY
    step = next((step for step in _STEPS if (last - first) // step < most), longest)
    full = min(step, _DAY)
    labelled = range(-(-first // full) * full, last + 1, step)
    return [place * 1000 for place in labelled or (first,)], _format(step, first, last)


def _format(step: int, first: int, last: int) -> str:
    if step >= _DAY:
        return "%-d %b"
    clock = "%H:%M" if step >= _MINUTE else "%H:%M:%S"
    return clock if first // _DAY == last // _DAY else f"%-d %b {clock}"


def _seconds(place: str) -> int:
    clock = dt.datetime.fromisoformat(place)
    return int(clock.replace(tzinfo=clock.tzinfo or dt.UTC).timestamp())
