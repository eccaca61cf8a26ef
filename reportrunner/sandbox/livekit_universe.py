"""The sessions of LiveKit projects, computed for any UTC day; instants are unix microseconds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import shake_128

from reportrunner.sandbox.people import roster

MICRO = 1_000_000
DAY = 86_400 * MICRO
MINUTE = 60 * MICRO
EPOCH = 719_163
"""The ordinal of 1970-01-01."""
BIG = 2**53 + 1
"""Bytes that no float can hold; in the list one session a day has as many."""
_ROOMS = ("standup", "lobby", "support desk", "board", "webinar 4711", "interviews", "classroom", "")
_PLACES = (
    ("Lisbon, Portugal", "eu-west"),
    ("Osaka, Japan", "ap-northeast"),
    ("Lima, Peru", "us-east"),
    ("", "us-west"),
)
_DEVICES = (
    ("Mac", "mac os x 10.15.7", "Chrome 140.0.0", "JS 2.15.7"),
    ("", "windows 11", "Firefox 143.0", "JS 2.15.7"),
    ("iPhone", "ios 18.6", "", "SWIFT 2.7.2"),
    ("Pixel 8", "android 15", "Chrome 140.0.0", "JS 2.14.0"),
)
# Seconds after midnight at which sessions begin on every day, with microseconds: across midnight in UTC, and at the
# ends of a day in New York, in winter and in summer.
_EDGES = ((85_800, 0), (18_000, 0), (17_999, 999_999), (14_400, 0), (14_399, 123_456), (0, 0))


@dataclass(frozen=True, slots=True)
class Connection:
    """One stay of a participant in a session."""

    participant_id: str
    joined: int
    left: int


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody in a session; ``sources``: camera, microphone, screen, the screen's sound."""

    identity: str
    name: str
    place: tuple[str, str]
    device: tuple[str, str, str, str]
    kind: str
    connect_ms: int
    sources: tuple[bool, bool, bool, bool]
    connections: tuple[Connection, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """One session of a room; ``egress`` 0 never started, 1 active, 2 ended."""

    session_id: str
    room: str
    start: int
    end: int
    bytes_in: int
    bytes_out: int
    billed: int
    egress: int
    failed: int
    participants: tuple[Participant, ...]
    quality: tuple[int, ...]
    bits: tuple[int, ...]
    """Values of every minute."""


@lru_cache(maxsize=64)
def sessions_of(project: str, day: int, size: int = 0) -> tuple[Session, ...]:
    """Compute the sessions that begin on a UTC day (an ordinal), oldest first; ``size``: how many, 0: the usual."""
    count = size or 22 + _bits(project, day)[0] % 7
    return tuple(sorted((_session(project, day, n, count) for n in range(count)), key=lambda one: one.start))


@lru_cache(maxsize=64)
def by_id(project: str, day: int, size: int = 0) -> dict[str, Session]:
    """Return the sessions of a day by their ids."""
    return {one.session_id: one for one in sessions_of(project, day, size)}


def _bits(*key: object, length: int = 24) -> bytes:
    return shake_128("|".join(map(str, key)).encode()).digest(length)


def _id(prefix: str, *key: object) -> str:
    digits = "abcdefghjkmnpqrstuvwxyzACDEFGHJKLMNPQRSTUVWXYZ23456789"
    return prefix + "".join(digits[byte % len(digits)] for byte in _bits(prefix, *key, length=12))


def _session(project: str, day: int, number: int, count: int) -> Session:
    bits = _bits(project, day, number)
    start = (day - EPOCH) * DAY + _begins(number, count, bits)
    seconds = 300 + (bits[4] * 256 + bits[5]) % 4_200
    if number == 0:
        seconds = 3_600 + bits[4]
    end = start + seconds * MICRO + (bits[6] * 4_000 if bits[6] % 3 else 0)
    people = 0 if number % 9 == 8 else 1 + bits[7] % 7
    joined = tuple(_participant(project, day, (number, seat), start, end) for seat in range(people))
    minutes = seconds // 60
    series = _bits("series", project, day, number, length=2 * minutes)
    return Session(
        session_id=_id("RM_", project, day, number),
        room=_ROOMS[bits[8] % len(_ROOMS)],
        start=start,
        end=end,
        bytes_in=people * (bits[9] << 16 | bits[10] << 8 | bits[11]),
        bytes_out=BIG if number == 3 else people * people * (bits[12] << 16 | bits[13] << 8 | bits[14]),
        billed=people * (bits[17] << 18 | bits[18] << 10 | bits[19]),
        egress=(0, 0, 2)[bits[15] % 3],
        failed=int(bits[16] < 40),
        participants=joined,
        quality=tuple(series[:minutes][n] % 6 for n in range(minutes)) if people else (),
        bits=tuple(series[minutes:][n] * 12_000 for n in range(minutes)) if people else (),
    )


def _begins(number: int, count: int, bits: bytes) -> int:
    """Return microseconds after midnight."""
    if number < len(_EDGES):
        seconds, micro = _EDGES[number]
        return seconds * MICRO + micro
    return (number * 86_400 // count * MICRO + (bits[1] * 256 + bits[2]) * 50_000) // 1000 * 1000 % DAY


def _participant(project: str, day: int, seat: tuple[int, int], start: int, end: int) -> Participant:
    bits = _bits("participant", project, day, *seat)
    first = _bits("first", project, day, seat[0], length=2)
    staff = roster()
    person = staff[(first[0] * 256 + first[1] + 97 * seat[1]) % len(staff)]  # nobody is twice in a session
    stays = 1 + (bits[2] < 90) + (bits[2] < 30)
    length = end - start
    cuts = sorted(start + length * (bits[3 + n] + 1) // 260 for n in range(2 * stays))
    connections = tuple(
        Connection(_id("PA_", project, day, *seat, n), cuts[2 * n], cuts[2 * n + 1] + 1500) for n in range(stays)
    )
    return Participant(
        identity=f"{person.user_id}#{seat[1]}" if seat[1] > 4 else person.user_id,
        name=person.name,
        place=_PLACES[bits[10] % len(_PLACES)],
        device=_DEVICES[bits[11] % len(_DEVICES)],
        kind=("UDP", "UDP", "TCP", "TURN")[bits[12] % 4],
        connect_ms=bits[13] * 7,
        sources=(bits[14] < 180, bits[15] < 220, bits[16] < 40, bits[16] < 12),
        connections=connections,
    )
