"""How long connections lasted: from joining to leaving, where both are told and in order (livekit.md §3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from reportrunner.providers.livekit import wire


def span(connection: wire.Fields) -> dt.timedelta | None:
    """Return how long a connection lasted; None while it lasts, and where it cannot be told."""
    joined, left = wire.moment(connection.get("joinedAt")), wire.moment(connection.get("leftAt"))
    return None if joined is None or left is None or left < joined else left - joined


def lasts(connection: wire.Fields) -> bool:
    """Tell whether a connection has not ended: it has no leftAt."""
    return wire.moment(connection.get("leftAt")) is None


def untimed(connection: wire.Fields) -> bool:
    """Tell whether a connection has ended and its length is not known: no joinedAt, or one after leftAt."""
    return not lasts(connection) and span(connection) is None


def connected(connections: Sequence[wire.Fields]) -> str | None:
    """Return the seconds of those that ended; None where there are none, or nothing but what cannot be told."""
    closed = [lasted for one in connections if (lasted := span(one)) is not None]
    if not closed and (not connections or any(untimed(one) for one in connections)):
        return None
    return seconds_of(sum(closed, dt.timedelta()))


def seconds_of(lasted: dt.timedelta) -> str:
    """Write a length of time as exact seconds."""
    micro = lasted // dt.timedelta(microseconds=1)
    return f"{micro // 1_000_000}.{micro % 1_000_000:06d}"
