"""Every change of the clock of every zone, read from the zone files themselves: an oracle that no code of ours made."""

from __future__ import annotations

import hashlib
import re
import struct
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

DAY, HOUR = 86_400, 3600
NEAR = 12 * DAY
_BEFORE = -(2**63)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1)
FIRST, LAST = (int((datetime(year, 1, 1, tzinfo=UTC) - EPOCH).total_seconds()) for year in (1970, 2101))


@dataclass(frozen=True)
class Change:
    """A moment at which the offset of a zone becomes another one, in seconds."""

    zone: str
    unix: int
    old: int
    new: int


def seconds_ahead(unix: int, zone: ZoneInfo) -> int:
    """The offset at an instant, asked of zoneinfo alone."""
    ahead = (EPOCH + timedelta(seconds=unix)).astimezone(zone).utcoffset()
    assert ahead is not None
    return int(ahead.total_seconds())


def zone_file(name: str) -> bytes:
    """The compiled zone as the tzdata package holds it."""
    place = files("tzdata") / "zoneinfo"
    for part in name.split("/"):
        place /= part
    return place.read_bytes()


@cache
def zones() -> tuple[str, ...]:
    """The zones that differ: of those whose files are the same, to the byte, the first by name."""
    found: dict[bytes, str] = {}
    for name in sorted(available_timezones()):
        found.setdefault(hashlib.sha256(zone_file(name)).digest(), name)
    return tuple(found.values())


def written(name: str) -> tuple[list[tuple[int, int]], str]:
    """When an offset begins and what it is, as the file's 64-bit block lists it, and the rule after that (RFC 8536)."""
    data = zone_file(name)
    start = _sizes(data, 0, 4)[0]
    end, (_, _, _, times, types, _) = _sizes(data, start, 8)
    moments = struct.unpack_from(f">{times}q", data, start + 44)
    kinds = data[start + 44 + 8 * times : start + 44 + 9 * times]
    table = start + 44 + 9 * times
    offsets = [struct.unpack_from(">i", data, table + 6 * kind)[0] for kind in range(types)]
    listed = [(_BEFORE, offsets[0]), *((moment, offsets[kind]) for moment, kind in zip(moments, kinds, strict=True))]
    return listed, data[end:].decode("ascii").strip()


def _sizes(data: bytes, start: int, width: int) -> tuple[int, tuple[int, ...]]:
    """Where the block that begins here ends, and its counts: isutc, isstd, leaps, times, types, characters."""
    magic, *found = struct.unpack_from(">4s16x6l", data, start)
    assert magic == b"TZif"
    isutc, isstd, leaps, times, types, characters = found
    size = times * (width + 1) + types * 6 + characters + leaps * (width + 4) + isstd + isutc
    return start + 44 + size, tuple(found)


@cache
def changes(name: str) -> tuple[Change, ...]:
    """Every change of the zone's offset from 1970 to 2100: those that its file lists, then those of its rule."""
    listed, rule = written(name)
    last, old = listed[-1][0], listed[0][1]
    found = []
    for moment, offset in [*listed, *(each for each in _by_rule(rule) if each[0] > last)]:
        if offset != old and FIRST < moment < LAST:
            found.append(Change(name, moment, old, offset))
        old = offset
    return tuple(found)


@cache
def _by_rule(rule: str) -> tuple[tuple[int, int], ...]:
    """When offsets begin by a rule such as `CET-1CEST,M3.5.0,M10.5.0/3`, and what they are; none without a comma."""
    found = _RULE.fullmatch(rule)
    if not found:
        assert "," not in rule, rule
        return ()
    winter = -_seconds(found[1])
    summer = -_seconds(found[2]) if found[2] else winter + HOUR
    pairs = []
    for year in range(1970, 2101):
        pairs.append((_day_of_rule(found[3], year) + _seconds(found[4] or "2") - winter, summer))
        pairs.append((_day_of_rule(found[5], year) + _seconds(found[6] or "2") - summer, winter))
    return tuple(sorted(pairs))


_NAME = r"(?:[A-Za-z]+|<[^>]+>)"
_TIME = r"[-+]?\d+(?::\d+)*"
_RULE = re.compile(rf"{_NAME}({_TIME}){_NAME}({_TIME})?,([^,/]+)(?:/({_TIME}))?,([^,/]+)(?:/({_TIME}))?")


def _seconds(text: str) -> int:
    parts = [int(part) for part in text.lstrip("+-").split(":")]
    return (-1 if text[0] == "-" else 1) * sum(part * (HOUR, 60, 1)[n] for n, part in enumerate(parts))


def _day_of_rule(text: str, year: int) -> int:
    """The start of a day in seconds: `M3.5.0` is the fifth, that is the last, Sunday of March."""
    assert text[0] == "M", "no zone counts the days of its year"
    month, week, weekday = (int(part) for part in text[1:].split("."))
    first = date(year, month, 1)
    day = first + timedelta(days=(weekday - first.isoweekday()) % 7 + 7 * (week - 1))
    if day.month != month:
        day -= timedelta(days=7)
    return (day - _EPOCH_DAY).days * DAY


@dataclass(frozen=True)
class Clock:
    """What the clock of a zone shows around a change: stretches of one offset, from which all else is reckoned."""

    change: Change
    stretches: tuple[tuple[int, int, int], ...]
    """Start, end and offset of each."""

    def shown(self, unix: int) -> int:
        """The wall clock in seconds at an instant."""
        return next(unix + offset for start, end, offset in self.stretches if start <= unix < end)

    def instants(self, wall: int) -> list[int]:
        """The instants at which the clock shows this: none, one or two."""
        return [wall - offset for start, end, offset in self.stretches if start <= wall - offset < end]

    def jump(self, wall: int) -> int:
        """The instant at which the clock jumps over what it never shows."""
        pairs = pairwise(self.stretches)
        return next(end for (_, end, old), (_, _, new) in pairs if end + old <= wall < end + new)

    def days(self) -> dict[int, int]:
        """When each day begins that there is, by its number: at the first instant that shows it, or a later one."""
        found: dict[int, int] = {}
        newest = self.shown(self.stretches[0][0]) // DAY
        for start, end, offset in self.stretches:
            walls = {start + offset, *range((start + offset) // DAY * DAY + DAY, end + offset, DAY)}
            for wall in sorted(walls):
                if wall // DAY > newest:
                    newest = wall // DAY
                    found[newest] = wall - offset
        return found

    def hours(self) -> list[int]:
        """When each hour begins: at full hours of the clock, and where its offset changes."""
        found: set[int] = set()
        for start, end, offset in self.stretches:
            found |= {
                start,
                *(wall - offset for wall in range((start + offset) // HOUR * HOUR + HOUR, end + offset, HOUR)),
            }
        return sorted(found)


def clock(change: Change, others: tuple[Change, ...]) -> Clock:
    """The clock of a change's zone for NEAR seconds to both sides of it."""
    first, last = change.unix - NEAR, change.unix + NEAR
    near = [other for other in others if first < other.unix < last]
    edges = [first, *(other.unix for other in near), last]
    offsets = [near[0].old, *(other.new for other in near)]
    return Clock(change, tuple((a, b, offset) for (a, b), offset in zip(pairwise(edges), offsets, strict=True)))
