"""When the live entries are on air, and who is watching at a moment: every Wednesday from 11:00 in New York."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from reportrunner.sandbox.accounts import account_events
from reportrunner.sandbox.universe import HOME, Entry, entries

BUCKET = 10

_WEDNESDAY = 2
_LATE = 1_800  # the last viewers join just before half past eleven and may watch it all


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One broadcast of an entry: from ``start`` until before ``end``, unix seconds."""

    entry_id: str
    start: int
    end: int


def live_entries() -> tuple[Entry, ...]:
    """List the live entries."""
    return tuple(entry for entry in entries() if entry.live)


def broadcasts(entry: Entry, now: int) -> Iterator[Broadcast]:
    """Give the broadcasts of a live entry that have begun, the latest first, without end."""
    day = datetime.fromtimestamp(now, HOME).date()
    day -= timedelta(days=(day.weekday() - _WEDNESDAY) % 7)
    while True:
        start = int(datetime.combine(day, time(11), HOME).timestamp())
        if start <= now:
            yield Broadcast(entry.entry_id, start, start + entry.duration + _LATE)
        day -= timedelta(days=7)


def on_air(entry: Entry, now: int) -> bool:
    """Whether the entry is being broadcast."""
    return now < next(broadcasts(entry, now)).end


def audience(partner: int, entry_ids: frozenset[str], start: int, end: int) -> dict[int, tuple[int, int]]:
    """Count who watched in each bucket of ten seconds, live and delayed; ``start`` and ``end`` are aligned."""
    longest = max((entry.duration for entry in live_entries()), default=0)
    found: dict[int, tuple[int, int]] = {}
    for event in account_events(partner, entry_ids, start - longest, end):
        first = max(start, event.at - event.at % BUCKET)
        for bucket in range(first, min(end, event.at + event.watched), BUCKET):
            live, delayed = found.get(bucket, (0, 0))
            found[bucket] = (live + (event.playback == "live"), delayed + (event.playback == "dvr"))
    return found
