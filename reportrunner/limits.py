"""What a provider's account allows: how many requests at once, how many in a span of time, and pauses."""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_RATE: Final = re.compile(r"(\d+)/(\d*)(ms|s|m|h)")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_MARGIN: Final = 1.02
"""Requests travel unevenly: a span that is a little too long keeps the provider's own count within its limit."""
_NEWS: Final = 1.0
"""Seconds by which a pause must grow to be worth a word."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` requests in any `seconds`."""

    count: int
    seconds: float

    def __post_init__(self) -> None:
        """Refuse a rate that allows nothing."""
        if self.count < 1 or self.seconds <= 0:
            raise ValueError('a rate allows at least one request in some time, such as "20/1s"')

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Read `20/1s`, `1200/5m`, `3/h`; ValueError says what to type."""
        found = _RATE.fullmatch(text.strip())
        if found is None:
            raise ValueError(f'"{text}" is no rate; write requests per time, such as "20/1s" or "1200/5m"')
        count, span, unit = found.groups()
        return cls(int(count), int(span or 1) * _SECONDS[unit])


@dataclass(frozen=True, slots=True)
class Limits:
    """What one source may ask of its account."""

    concurrency: int = 16
    rate: Rate | None = None

    def __post_init__(self) -> None:
        """Refuse a concurrency that allows nothing."""
        if self.concurrency < 1:
            raise ValueError("concurrency is at least 1")


def strictest(limits: Iterable[Limits]) -> Limits:
    """Return the limits that satisfy all of these: sources of one account share one budget."""
    every = tuple(limits)
    rates = [each.rate for each in every if each.rate is not None]
    slowest = min(rates, key=lambda rate: (rate.count / rate.seconds, rate.count), default=None)
    return Limits(min(each.concurrency for each in every), slowest)


class Budget:
    """The budget of one account; pure given monotonic seconds, owned by one thread, never sleeps."""

    def __init__(self, limits: Limits) -> None:
        """Begin with nothing sent."""
        self._limits = limits
        self._flying = 0
        self._paused = -math.inf
        # The moments of the last `count` grants: unlike one running mean (GCRA), whose burst and steady flow add up to
        # twice the count in the first span, this never passes the stated number in any span.
        self._grants: deque[float] = deque(maxlen=limits.rate.count if limits.rate else 0)

    def take(self, now: float) -> float:
        """Return 0.0 when a request may go now (then `release` follows), else the moment to ask again.

        The moment is infinite while only a release can help.
        """
        if now < self._paused:
            return self._paused
        if self._flying >= self._limits.concurrency:
            return math.inf
        rate = self._limits.rate
        if rate is not None:
            free = self._grants[0] + rate.seconds * _MARGIN if len(self._grants) == rate.count else -math.inf
            if now < free:
                return free
            self._grants.append(now)
        self._flying += 1
        return 0.0

    def release(self) -> None:
        """Give back the place of a request that has ended."""
        self._flying -= 1

    def pause(self, until: float) -> bool:
        """Send nothing for this account before `until`: a refusal concerns everybody. Tell whether that is news."""
        news = until > self._paused + _NEWS
        self._paused = max(self._paused, until)
        return news
