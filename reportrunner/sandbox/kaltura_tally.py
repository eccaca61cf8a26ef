"""Metrics over plays: one tally feeds tables, totals and graphs, so that they agree to the last digit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from reportrunner.sandbox.people import ANONYMOUS
from reportrunner.sandbox.universe import WHOLE, Event

Number = int | float


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
    reached: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    viewers: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    videos: set[str] = field(default_factory=set)

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
        if event.user_id != ANONYMOUS:
            self.known.add(event.user_id)


def tally(events: Iterable[Event]) -> Tally:
    """One tally over all of them."""
    whole = Tally()
    for event in events:
        whole.add(event)
    return whole


def tallies(events: Iterable[Event], key: Callable[[Event], str]) -> dict[str, Tally]:
    """One tally per key, in order of first appearance."""
    found: dict[str, Tally] = {}
    for event in events:
        found.setdefault(key(event), Tally()).add(event)
    return found


def _ratio(part: Number, whole: int) -> Number:
    return part / whole if whole else 0


# The unit of every time is minutes; ratios run from 0 to 1 (kaltura.md §5.6).
METRICS: dict[str, Callable[[Tally], Number]] = {
    "count_plays": lambda t: t.plays,
    "count_plays_25": lambda t: t.reached[0],
    "count_plays_50": lambda t: t.reached[1],
    "count_plays_75": lambda t: t.reached[2],
    "count_plays_100": lambda t: t.reached[3],
    "play_through_ratio": lambda t: _ratio(t.reached[3], t.plays),
    "count_loads": lambda t: t.loads,
    "count_viral": lambda t: t.viral,
    "load_play_ratio": lambda t: _ratio(t.plays, t.loads),
    "sum_time_viewed": lambda t: t.watched / 60,
    "avg_time_viewed": lambda t: _ratio(t.watched / 60, t.plays),
    "sum_view_period": lambda t: t.period / 60,
    "avg_view_period_time": lambda t: _ratio(t.period / 60, t.plays),
    "avg_view_drop_off": lambda t: _ratio(t.quarters / 4, t.plays),
    "avg_completion_rate": lambda t: _ratio(t.completion / WHOLE, t.plays),
    "total_completion_rate": lambda t: min(1, t.completion / WHOLE),
    "unique_known_users": lambda t: len(t.known),
    "unique_viewers": lambda t: len(t.viewers),
    "unique_videos": lambda t: len(t.videos),
    "engagement_ranking": lambda t: round(10 * _ratio(t.completion / WHOLE, t.plays)),
}

NON_LINEAR = frozenset(METRICS) - {
    *("count_plays", "count_plays_25", "count_plays_50", "count_plays_75", "count_plays_100"),
    *("count_loads", "count_viral", "sum_time_viewed", "sum_view_period"),
}


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
