"""A crowd for one more entry, on demand: so many distinct users, most of them there in any two weeks running."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from reportrunner.sandbox.universe import WHOLE, Entry, Event, midnight, mondays, more, more_stream

CROWD = Entry(
    entry_id="1_crowd1",
    name="Yearly notice to everybody",
    media_type="Video",
    source="Upload",
    owner="training@example.org",
    duration=600,
    created_at=int(datetime(2019, 6, 3, tzinfo=UTC).timestamp()),
    pull=255,
)

_OFFICE_HOURS = 36_000
_DEVICES = ("Computer", "Mobile", "Tablet")


def crowd_user(number: int) -> str:
    """Name one of the crowd, from 0 on; nobody of it is in the account's list of people."""
    return f"crowd.{number:06d}@example.org"


@lru_cache(maxsize=32)
def _week(size: int, monday: int) -> tuple[Event, ...]:
    """Compute a week's plays by time: of five users one stays away in odd weeks and one in even ones."""
    away = monday // 7 % 2
    stream = more_stream(f"crowd|{monday}", size)
    eight = [midnight(monday + day) + 8 * 3600 for day in range(5)]
    found = []
    for number in range(size):
        if number % 5 == away:
            continue
        traits, marks = more(stream, number)
        user = crowd_user(number)
        watched = 3 * (1 + (number * 37 + monday) % 200)
        found.append(
            Event(
                at=eight[traits[0] % 5] + (traits[1] * 256 + traits[2]) * _OFFICE_HOURS // 65_536,
                user_id=user,
                viewer=user,
                entry_id=CROWD.entry_id,
                watched=watched,
                period=watched,
                completion=watched * (WHOLE // CROWD.duration),
                loads=1,
                viral=0,
                playback="vod",
                device=_DEVICES[number % 3],
                country="United States" if number % 4 else "Germany",
                traits=traits,
                marks=marks,
            )
        )
    return tuple(sorted(found, key=lambda event: (event.at, event.viewer)))


def crowd_events(size: int, start: int, end: int) -> list[Event]:
    """List the plays of a crowd of that size with ``start <= at < end`` (unix seconds), by time."""
    if end <= start or not size:
        return []
    return [event for monday in mondays(start, end) for event in _week(size, monday) if start <= event.at < end]
