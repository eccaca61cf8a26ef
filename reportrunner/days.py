"""Whose days a service counts, how sure that is, and what a job chose where they are not its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, Literal

from reportrunner.window import Window
from reportrunner.window.zone import at, day_of, day_unix, first_change, load_zone

Kind = Literal["job", "zone", "instants", "unknown", "params", "none"]
Sure = Literal["source-proven", "documented", "unknown"]
UTC: Final = "UTC"
UTC_DAYS: Final = "utc-days"
SERVICE_DAYS: Final = "service-days"
_BASIS: Final = {"source-proven": "source-proven", "documented": "documented", "unknown": "no source says so"}


@dataclass(frozen=True, slots=True)
class Days:
    """Whose days an endpoint counts: the job's, those of a zone, none because it takes instants, or nobody knows."""

    kind: Kind
    sure: Sure = "unknown"
    zone: str = ""
    """The zone's name, where `kind` is `zone`."""
    words: str = ""
    """What must be said beside it."""

    @property
    def said(self) -> str:
        """The sentence for footers, plans and `explain`; empty where there is nothing to say."""
        if self.kind == "none":
            return f"no days: {self.words}" if self.words else ""
        whose = {
            "job": f"days of the job's time zone ({_BASIS[self.sure]})",
            "zone": f"days of {self.zone} ({_BASIS[self.sure]})",
            "instants": f"exact instants ({_BASIS[self.sure]})",
            "unknown": "days of an unknown time zone (no source says which)",
            "params": "what its params say",
        }[self.kind]
        return f"{whose}; {self.words}" if self.words else whose

    @property
    def doubtful(self) -> bool:
        """Whether no source says whose days they are."""
        return self.kind == "unknown" or (self.kind == "zone" and self.sure == "unknown")


NO_DAYS: Final = Days("none")
ZONE_UNKNOWN: Final = (
    "window.zone_unknown",
    "No source says in which time zone its days are: numbers near the window's ends may be a neighbour's",
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a job chose where a service does not serve its window as it is: the key, the way, and what came of it."""

    key: str
    way: str
    words: str

    @property
    def said(self) -> str:
        """The sentence for footers and plans."""
        return f'{self.key} = "{self.way}": {self.words}'


@lru_cache(maxsize=1024)
def in_step(window: Window, zone: str) -> bool:
    """Tell whether every day of the window is the day of the same date in another zone."""
    own, other = load_zone(window.zone), load_zone(zone)
    return own.key == other.key or all(day_unix(day, own) == day_unix(day, other) for day in _edges(window))


def same_dates(window: Window, zone: str) -> Window:
    """Return the window of the same dates, counted in another zone."""
    info = load_zone(zone)
    start, end = (day_unix(day, info) for day in (window.first_day, window.last_day + timedelta(days=1)))
    return Window(at(start, info), at(end, info), info.key, window.label)


def touching(window: Window, zone: str) -> Window:
    """Return the window of all days of another zone that have a second of this one."""
    info = load_zone(zone)
    first, last = day_of(window.start_unix, info), day_of(window.end_unix - 1, info)
    start, end = day_unix(first, info), day_unix(last + timedelta(days=1), info)
    return Window(at(start, info), at(end, info), info.key, window.label)


def apart(window: Window, zone: str) -> str:
    """Say by how much days of another zone begin apart from the window's own, and where that changes."""
    own, other = load_zone(window.zone), load_zone(zone)
    said: list[tuple[str, date]] = []
    for day in _edges(window):
        length = length_of(day_unix(day, other) - day_unix(day, own))
        if not said or said[-1][0] != length:
            said.append((length, day))
    first, *rest = said
    others = [(f"{length} it" if length == "with" else length, day) for length, day in rest]
    changed = "".join(f", {length} from {day} on" for length, day in others if day <= window.last_day)
    ends = f", and the last ends {others[-1][0]}" if others and others[-1][1] > window.last_day else ""
    return f"each begins {first[0]} that of {window.zone}{changed}{ends}"


def same_dates_choice(window: Window, zone: str, way: str) -> Choice:
    """Return what is said where the same dates are counted as the service counts them."""
    several = window.first_day != window.last_day
    span = f"{window.first_day} to {window.last_day} are days" if several else f"{window.first_day} is the day"
    return Choice("zone_mismatch", way, f"{span} of {zone}; {apart(window, zone)}")


def days_way(zone: str) -> str:
    """Return the word for "the same dates, as the service counts them": the contract has one for UTC."""
    return UTC_DAYS if zone == UTC else SERVICE_DAYS


def changes_of(window: Window) -> Iterator[int]:
    """Yield every instant inside the window from which its zone has another offset."""
    info, start = load_zone(window.zone), window.start_unix
    while (change := first_change(start, window.end_unix, info)) is not None:
        yield change
        start = change


def around_change(window: Window) -> tuple[date, str]:
    """Return the first day on which the window's clock changes, and which windows beside it have one offset each."""
    day = day_of(next(changes_of(window)), load_zone(window.zone))
    before = [f"to = {day - timedelta(days=1)}"] if day > window.first_day else []
    behind = [f"from = {day + timedelta(days=1)}"] if day < window.last_day else []
    beside = " and one with ".join([*before, *behind])
    return day, f"a window with {beside}" if beside else ""


def clock_change(window: Window) -> str:
    """Say where the window's offset changes first: `2026-11-01T01:00:00-05:00`; empty where it does not."""
    change = next(changes_of(window), None)
    return "" if change is None else at(change, load_zone(window.zone)).isoformat()


def length_of(seconds: int) -> str:
    """Say how far one moment lies from another: `1 hour before`."""
    if not seconds:
        return "with"
    hours, minutes = divmod(abs(seconds) // 60, 60)
    said = [f"{hours} hour{'s' * (hours != 1)}"] * bool(hours) + [f"{minutes} minutes"] * bool(minutes)
    return f"{' '.join(said)} {'after' if seconds > 0 else 'before'}"


def _edges(window: Window) -> Iterator[date]:
    """Yield every day of the window and the one behind it."""
    day = window.first_day
    while day <= window.last_day + timedelta(days=1):
        yield day
        day += timedelta(days=1)
