"""Pages of RealtimeKit lists: offsets from 1, the page numbers 0 and 1 both the first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from reportrunner.sandbox.cloudflare_asked import Asked
from reportrunner.sandbox.faults import FaultCounter

DEFAULT_SIZE = 25


@dataclass(frozen=True, slots=True)
class Page:
    """Which page is asked for, from 1, and what the switched faults do to it."""

    number: int
    size: int
    stuck: bool = False
    again: bool = False

    def of(self, things: Sequence[Any], shown: Callable[[Any], Any]) -> tuple[list[Any], dict[str, int]]:
        """Return a page of a list as it is shown, and its ``paging``."""
        number = 1 if self.stuck else self.number
        first = (number - 1) * self.size
        start = first - self.size if self.again and number > 1 else first
        cut = things[start : start + self.size]
        paging = {"total_count": len(things), "start_offset": first + 1, "end_offset": first + len(cut)}
        return [shown(each) for each in cut], paging


def page_asked(asked: Asked, counter: FaultCounter, action: str, bounds: tuple[int, int] = (0, 10**9)) -> Page:
    """Read ``page_no`` and ``per_page``; a page size of 0 is as good as none."""
    number = max(1, asked.number("page_no", 0) or 1)
    size = asked.number("per_page", *bounds) or DEFAULT_SIZE
    if counter.faults.cloudflare_page_cap:
        size = min(size, counter.faults.cloudflare_page_cap)
    later = number > 1
    stuck = later and counter.due("cloudflare_stuck_page", action)
    return Page(number, size, stuck, later and counter.due("cloudflare_repeated_page", action))


def stamp(moment: int) -> str:
    """Return unix milliseconds as RealtimeKit writes a moment."""
    return datetime.fromtimestamp(moment // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{moment % 1000:03d}Z"


def twentieths(count: int) -> int | float:
    """Return twentieths of a minute as minutes: a whole number where it is one."""
    return count // 20 if count % 20 == 0 else count / 20
