"""Spectrum's world: the connections of each hour and zone, and what they left behind as events, for any hour."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from hashlib import shake_128
from typing import NamedTuple

from reportrunner.sandbox.cloudflare_ids import COLOS, ZONE_IDS, spectrum_apps

HOUR = 3_600_000
EVENTS = ("connect", "progress", "disconnect", "originError", "clientFiltered")
LARGE = 9_007_199_254_740_993
"""2^53 + 1, sent back each day by the second zone's second application: no float holds it."""

_BITS = 12
_COLO = (0, 0, 0, 1, 1, 2, 3, 3)


class Connection(NamedTuple):
    """One connection: ``start`` in unix milliseconds (UTC), ``length`` in milliseconds, bytes of its whole life."""

    start: int
    length: int
    app: str
    colo: str
    ip: str
    ingress: int
    egress: int
    fate: str


class Happened(NamedTuple):
    """One event of a connection: ``length`` is how long the connection had lasted by then, in milliseconds.

    Bytes are told once: half of them by ``progress`` where there is one, the rest by ``disconnect``.
    """

    at: int
    event: str
    app: str
    colo: str
    ip: str
    ingress: int
    egress: int
    length: int


@lru_cache(maxsize=40_000)
def connections_of(zone_id: str, hour: int) -> tuple[Connection, ...]:
    """Return the connections of a zone that start in an hour (hours since 1970); each lasts less than another hour."""
    quiet = hour % 24 in (1, 2)
    head = shake_128(f"cloudflare zone {zone_id}|{hour}".encode())
    count = head.digest(1)[0] % (3 if quiet else 9)
    bits = head.digest(1 + count * _BITS)
    made = [_connection(zone_id, hour * HOUR, bits[1 + n * _BITS : 1 + (n + 1) * _BITS]) for n in range(count)]
    if zone_id == ZONE_IDS[1] and hour % 24 == 3:
        app = spectrum_apps(zone_id)[1]
        made.append(
            Connection(hour * HOUR + 60_000, 120_000, app, "NRT", "6", 512, LARGE + hour // 24 % 7 * 2, "disconnect")
        )
    return tuple(made)


def _connection(zone_id: str, start: int, bits: bytes) -> Connection:
    drawn = int.from_bytes(bits[:4])
    fate = "originError" if bits[4] < 8 else "clientFiltered" if bits[4] < 20 else "disconnect"
    lasted = fate == "disconnect"
    return Connection(
        start + drawn % HOUR,
        (int.from_bytes(bits[5:8]) % 3_000_000 if lasted else 0),
        spectrum_apps(zone_id)[bits[8] % 3 // 2],
        COLOS[_COLO[bits[9] % 8]],
        "6" if bits[10] % 4 == 0 else "4",
        (drawn % 90_001 if lasted else 0),
        (drawn % 7_000_003 if lasted else 0),
        fate,
    )


@lru_cache(maxsize=40_000)
def _happened_from(zone_id: str, hour: int) -> tuple[Happened, ...]:
    """Return what happened to the connections that start in an hour."""
    found = []
    for each in connections_of(zone_id, hour):
        start, length, app, colo, ip, ingress, egress, fate = each
        if fate != "disconnect":
            found.append(Happened(start, fate, app, colo, ip, 0, 0, 0))
            continue
        found.append(Happened(start, "connect", app, colo, ip, 0, 0, 0))
        told = (0, 0)
        if length > 1_200_000:
            told = (ingress // 2, egress // 2)
            found.append(Happened(start + length // 2, "progress", app, colo, ip, *told, length // 2))
        found.append(Happened(start + length, "disconnect", app, colo, ip, ingress - told[0], egress - told[1], length))
    return tuple(found)


def happened(zone_id: str, since: int, until: int) -> Iterator[Happened]:
    """Yield the events of a zone in a half-open span of time (unix milliseconds), in no particular order."""
    for hour in range(max(0, since // HOUR - 1), max(0, -(-until // HOUR))):
        for each in _happened_from(zone_id, hour):
            if since <= each.at < until:
                yield each


def open_connections(zone_id: str, since: int, until: int) -> list[Connection]:
    """Return the connections of a zone that were open at some time of a span shorter than an hour."""
    hours = range(since // HOUR - 1, until // HOUR + 1)
    return [
        each
        for hour in hours
        for each in connections_of(zone_id, hour)
        if each.length and each.start < until and each.start + each.length > since
    ]
