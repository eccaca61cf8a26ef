"""RealtimeKit's world: meetings held again and again, each time a session with its people, computed for any day.

Moments are unix milliseconds (UTC). Time spent is a multiple of 3 s, so that minutes are twentieths and add up exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import shake_128

from reportrunner.sandbox.cloudflare_ids import Key, id_of
from reportrunner.sandbox.people import Person, roster

DAY = 86_400_000
MINUTE = 60_000
TICK = 3_000
FIRST_DAY = (date(2024, 1, 1) - date(1970, 1, 1)).days
"""The app is as old as this; nothing happened before."""

_MONDAY = 4  # days since 1970 to the first Monday
_BRIDGE_END = 6 * DAY + 23 * 60 * MINUTE


@dataclass(frozen=True, slots=True)
class Meeting:
    """A room that sessions are held in; ``kind`` is what a session's ``type`` says."""

    id: str
    title: str
    kind: str


BRIDGE = Meeting("b01d6e00-0000-4000-8000-000000000001", "Operations bridge", "meeting")
TOWN_HALL = Meeting("b01d6e00-0000-4000-8000-000000000002", "Town hall", "livestream")
WORKSHOP = Meeting("b01d6e00-0000-4000-8000-000000000003", "Privacy workshop", "meeting")
LATE_SHIFT = Meeting("b01d6e00-0000-4000-8000-000000000004", "Late shift; handover, weekly", "meeting")
STANDUP = Meeting("b01d6e00-0000-4000-8000-000000000005", "=Stand-up", "meeting")
INTERVIEW = Meeting("b01d6e00-0000-4000-8000-000000000006", "Interviews: été", "meeting")
MEETINGS = {each.id: each for each in (BRIDGE, TOWN_HALL, WORKSHOP, LATE_SHIFT, STANDUP, INTERVIEW)}


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody in a session; ``aside`` is the time spent in its breakout rooms, in milliseconds."""

    key: Key
    person: Person
    joined: int
    left: int
    aside: int = 0

    @property
    def id(self) -> str:
        """The participant's id."""
        return id_of(self.key)

    @property
    def peer_id(self) -> str:
        """The id of the connection: the one a peer report is asked by."""
        return id_of(Key("peer", self.key.day, self.key.index, self.key.number))

    def ticks(self, now: int) -> int:
        """Time spent until ``now``, in whole ticks of 3 s."""
        return max(0, min(self.left, now) - self.joined) // TICK


@dataclass(frozen=True, slots=True)
class Session:
    """One time that a meeting was held; who comes in ``people`` comes in no particular order."""

    key: Key
    meeting: Meeting
    start: int
    end: int
    people: tuple[Participant, ...]

    @property
    def id(self) -> str:
        """The session's id."""
        return id_of(self.key)

    def ticks(self, now: int) -> int:
        """Return the time that all its people spent in it until ``now``, in ticks of 3 s."""
        return sum(each.ticks(now) for each in self.people)

    def present(self, now: int) -> int:
        """How many people are in it at a moment."""
        return sum(each.joined <= now < each.left for each in self.people)

    def most(self, now: int) -> int:
        """How many people were in it at once, at most, until ``now``."""
        moves = sorted((at, step) for each in self.people for at, step in ((each.joined, 1), (each.left, -1)))
        count = most = 0
        for at, step in moves:
            if at > now:
                break
            count += step
            most = max(most, count)
        return most


@lru_cache(maxsize=4096)
def sessions_of(day: int) -> tuple[Session, ...]:
    """Return the sessions that start on a day (days since 1970, UTC)."""
    if day < FIRST_DAY:
        return ()
    weekday = (day - _MONDAY) % 7
    if weekday > 4:
        return ()
    bits = shake_128(f"cloudflare day {day}".encode()).digest(16)
    meetings = [STANDUP, *([INTERVIEW] * (bits[0] % 4))]
    meetings += [BRIDGE] if weekday == 0 else []
    meetings += [TOWN_HALL] if weekday == 2 else []
    meetings += [WORKSHOP] if weekday in (1, 3) else []
    meetings += [LATE_SHIFT] if weekday == 4 else []
    return tuple(_session(day, index, meeting) for index, meeting in enumerate(meetings))


def sessions_between(first: int, last: int) -> Iterator[Session]:
    """Yield the sessions that start from one moment to another, both inclusive."""
    for day in range(max(FIRST_DAY, first // DAY), last // DAY + 1):
        yield from (each for each in sessions_of(day) if first <= each.start <= last)


def _session(day: int, index: int, meeting: Meeting) -> Session:
    bits = shake_128(f"cloudflare session {day}|{index}".encode()).digest(16)
    midnight = day * DAY
    drawn = int.from_bytes(bits[8:12])
    if meeting is BRIDGE:
        start, length, crowd = midnight + 2 * MINUTE, _BRIDGE_END - 2 * MINUTE, 4
    elif meeting is TOWN_HALL:
        start, length, crowd = midnight + 16 * 60 * MINUTE + drawn % 60_000, 55 * MINUTE, 230 + bits[3] % 30
    elif meeting is LATE_SHIFT:
        start, length, crowd = midnight + 23 * 60 * MINUTE + drawn % 900_000, 100 * MINUTE, 3 + bits[3] % 4
    else:
        start = midnight + 7 * 60 * MINUTE + drawn % (12 * 60 * MINUTE)
        length, crowd = (10 + bits[4] % 50) * MINUTE, 2 + bits[3] % 9
    length += bits[5] % 20 * TICK
    aside = 5 * MINUTE if meeting is WORKSHOP else 0
    people = tuple(_participant(Key("participant", day, index, n), (start, length), aside) for n in range(crowd))
    return Session(Key("session", day, index), meeting, start, start + length, people)


def _participant(key: Key, span: tuple[int, int], aside: int) -> Participant:
    start, length = span
    bits = shake_128(f"cloudflare person {key.day}|{key.index}|{key.number}".encode()).digest(6)
    staff = roster()
    person = staff[(key.number * 13 + key.day * 7 + key.index * 31) % len(staff)]
    late = (bits[0] + 256 * bits[1]) % max(1, length // 4 // TICK) * TICK if key.number else 0
    early = (bits[2] + 256 * bits[3]) % max(1, length // 4 // TICK) * TICK if key.number else 0
    return Participant(key, person, start + late, start + length - early, aside if bits[4] % 2 else 0)


def breakouts(session: Session) -> tuple[Session, ...]:
    """Return the breakout rooms of a workshop: two halves of those who went aside, for as long as they did."""
    aside = [each for each in session.people if each.aside]
    if not aside:
        return ()
    start = session.start + session.people[0].aside
    rooms = []
    for number in (0, 1):
        people = tuple(
            Participant(each.key, each.person, start, start + each.aside)
            for each in aside
            if each.key.number % 2 == number
        )
        key = Key("breakout", session.key.day, session.key.index, number)
        end = start + session.people[0].aside if not people else people[0].left
        rooms.append(Session(key, session.meeting, start, end, people))
    return tuple(rooms)
