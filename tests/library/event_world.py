"""The truth about the sandbox's virtual events, from its plays and people: none of the code that answers requests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from reportrunner.sandbox import kaltura_custom
from reportrunner.sandbox.people import ANONYMOUS
from reportrunner.sandbox.traits import TRAITS
from reportrunner.sandbox.universe import WHOLE, Entry, Event, entries, events, mark
from reportrunner.sandbox.virtual_events import Registration, registrations

HOME = "America/New_York"
FIRST, LAST = dt.date(2026, 11, 9), dt.date(2026, 11, 13)
REACTIONS = ((4, 15), (5, 6), (6, 13), (7, 4), (8, 11))
"""Which marks of a play are its claps, hearts, thinks, wows and smiles."""
MESSAGES, QUESTIONS = (9, 2), (11, 0)


@dataclass(frozen=True)
class Days:
    """Whole days of a zone, the last one inclusive."""

    first: dt.date = FIRST
    last: dt.date = LAST
    zone: str = HOME

    @property
    def start(self) -> int:
        return midnight(self.first, self.zone)

    @property
    def end(self) -> int:
        return midnight(self.last + dt.timedelta(days=1), self.zone)


def midnight(day: dt.date, zone: str) -> int:
    return int(dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).timestamp())


def library() -> dict[str, Entry]:
    return {entry.entry_id: entry for entry in entries()}


def plays_of(event: str, days: Days, *playback: str) -> list[Event]:
    """What was played at a virtual event in those days, of all playback types or some."""
    found = events(None, days.start, days.end)
    return [p for p in found if TRAITS["virtual_event"](p) == event and (not playback or p.playback in playback)]


def known(plays: Iterable[Event]) -> dict[str, list[Event]]:
    """The plays of each identified person."""
    found: dict[str, list[Event]] = {}
    for play in plays:
        if play.user_id != ANONYMOUS:
            found.setdefault(play.user_id, []).append(play)
    return found


def minutes(plays: Iterable[Event]) -> Decimal:
    return Decimal(sum(play.watched for play in plays)) / 60


def completion(plays: list[Event]) -> float:
    return sum(play.completion for play in plays) / WHOLE / len(plays)


def clicks(plays: Iterable[Event], *lanes: tuple[int, int]) -> int:
    return sum(mark(play.marks, one) + mark(play.marks, two) for play in plays for one, two in lanes)


def registered(event: str, before: int) -> dict[str, Registration]:
    return {one.person.user_id: one for one in registrations(event) if one.registered_at < before}


def unregistered(event: str) -> dict[str, Callable[[str], str]]:
    """An edit of the table of events: this one is held in an application in which nobody registered."""

    def change(text: str) -> str:
        others = [line for line in text.splitlines() if not line.startswith(f"{event},")]
        return "\n".join([*others, f"{event},feed", ""])

    return {"data/events.csv": change}


def day_of(at: int, zone: str) -> dt.date:
    return dt.datetime.fromtimestamp(at, ZoneInfo(zone)).date()


def cell(name: str) -> str:
    """A name as a table of the service gives it, in a cell of a CSV that no spreadsheet takes for a formula."""
    blanked = name.replace(";", " ").replace("|", " ")
    return f"'{blanked}" if blanked.startswith("=") else blanked


def loud_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the report of reactions write its addresses in capitals."""
    reactions = kaltura_custom.CUSTOM["4021"]

    def loud(given: Any, world: Any) -> list[dict[str, str]]:
        return [{**row, "email": row["email"].upper()} for row in reactions.rows(given, world)]

    monkeypatch.setitem(kaltura_custom.CUSTOM, "4021", replace(reactions, rows=loud))
