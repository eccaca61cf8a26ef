"""Buckets of time of Spectrum analytics: calendar steps in UTC, the first and the last cut to the span asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from reportrunner.sandbox.cloudflare_asked import Wrong

DELTAS = ("year", "quarter", "month", "week", "day", "hour", "dekaminute", "minute")
_EVEN = {"minute": 60, "dekaminute": 600, "hour": 3600, "day": 86_400, "week": 604_800}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_MONDAY = 4 * 86_400
_MOST = 100_000


def edges(delta: str, since: int, until: int) -> list[int]:
    """Return the edges of all buckets in unix milliseconds, the two ends among them; raises Wrong."""
    if delta in _MONTHS:
        inner = _month_edges(_MONTHS[delta], since, until)
    else:
        step, shift = _EVEN[delta] * 1000, _MONDAY * 1000 if delta == "week" else 0
        if (until - since) // step > _MOST:
            raise Wrong(f"time_delta {delta} makes more than {_MOST} intervals of this span")
        first = since - (since - shift) % step + step
        inner = list(range(first, until, step))
    return [since, *inner, until]


def _month_edges(months: int, since: int, until: int) -> list[int]:
    at = datetime.fromtimestamp(since / 1000, UTC)
    number = (at.year * 12 + at.month - 1) // months * months + months
    found = []
    while (edge := _unix(number)) < until:
        found.append(edge)
        number += months
    return found


def _unix(number: int) -> int:
    return int(datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC).timestamp()) * 1000


def rfc3339(moment: int) -> str:
    """Return unix milliseconds as Spectrum writes a moment: a fraction of a second only where there is one."""
    at = datetime.fromtimestamp(moment // 1000, UTC) + timedelta(milliseconds=moment % 1000)
    fraction = f".{moment % 1000:03d}" if moment % 1000 else ""
    return at.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"
