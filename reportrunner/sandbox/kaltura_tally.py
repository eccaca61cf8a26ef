"""Running sums over plays: one tally feeds tables, totals and graphs, so that they agree to the last digit."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from reportrunner.sandbox.people import ANONYMOUS
from reportrunner.sandbox.universe import Event, mark

Number = int | float
Key = TypeVar("Key", bound=Hashable)


@dataclass(slots=True)
class Tally:
    """Running sums of plays, all in integers: seconds, quartiles, exact parts of completion."""

    plays: int = 0
    watched: int = 0
    period: int = 0
    loads: int = 0
    viral: int = 0
    quarters: int = 0
    completion: int = 0
    marks: int = 0
    reached: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    viewers: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    videos: set[str] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)

    def add(self, event: Event) -> None:
        """Count one play."""
        self.plays += 1
        self.watched += event.watched
        self.period += event.period
        self.loads += event.loads
        self.viral += event.viral
        self.completion += event.completion
        quarters = event.quarters
        self.quarters += quarters
        for quartile in range(quarters):
            self.reached[quartile] += 1
        self.viewers.add(event.viewer)
        self.videos.add(event.entry_id)
        self.events.append(event)
        if event.user_id != ANONYMOUS:
            self.known.add(event.user_id)

    def mark(self, lane: int) -> int:
        """Add up one lane of the plays' marks."""
        if not self.marks:
            self.marks = sum(event.marks for event in self.events)
        return mark(self.marks, lane)

    def of(self, *playback: str) -> list[Event]:
        """List the plays of some playback types."""
        return [event for event in self.events if event.playback in playback]


def tally(events: Iterable[Event]) -> Tally:
    """One tally over all of them."""
    whole = Tally()
    for event in events:
        whole.add(event)
    return whole


def tallies(events: Iterable[Event], key: Callable[[Event], Key]) -> dict[Key, Tally]:
    """One tally per key, in order of first appearance."""
    found: dict[Key, Tally] = {}
    for event in events:
        found.setdefault(key(event), Tally()).add(event)
    return found


def php_number(value: Number) -> str:
    """Print a number as the server's language prints it: 14 significant digits, no ``-0`` (kaltura.md §5.6)."""
    if isinstance(value, int):
        return str(value)
    text = f"{value:.14G}"
    mantissa, exponent, power = text.partition("E")
    if exponent:
        mantissa = mantissa if "." in mantissa else f"{mantissa}.0"
        return f"{mantissa}E{int(power):+d}"
    return "0" if mantissa == "-0" else mantissa
