"""What people watched of courses, from the sandbox's raw plays: nothing here is shared with what answers requests."""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import re
from collections import defaultdict
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from reportrunner.sandbox.universe import WHOLE, Event, events

NEW_YORK = "America/New_York"


def midnight(day: dt.date, zone: str) -> int:
    """The first second of a day in that zone."""
    return int(dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).timestamp())


def plays(entry_ids: Iterable[str], first: dt.date, as_of: dt.date, zone: str) -> list[Event]:
    """Every play of these entries from the first day on, up to the start of as_of's day."""
    return events(frozenset(entry_ids), midnight(first, zone), midnight(as_of, zone))


def day_of(event: Event, zone: str) -> dt.date:
    """The day on which somebody in that zone saw it."""
    return dt.datetime.fromtimestamp(event.at, ZoneInfo(zone)).date()


def by_person_and_entry(found: Iterable[Event]) -> dict[tuple[str, str], list[Event]]:
    """The plays of each person and entry."""
    mine: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in found:
        mine[event.user_id, event.entry_id].append(event)
    return dict(mine)


def seen(mine: Iterable[Event]) -> Decimal:
    """How much of an entry somebody saw, all viewings added up and capped."""
    return min(Decimal(1), Decimal(sum(event.completion for event in mine)) / WHOLE)


def minutes(mine: Iterable[Event]) -> Decimal:
    """Minutes watched."""
    return Decimal(sum(event.watched for event in mine)) / 60


def rounded(value: Decimal, digits: int) -> Decimal:
    """As a reader rounds: halves go up."""
    return value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def people_of(text: str) -> list[dict[str, str]]:
    """The people of a roster file."""
    return list(csv.DictReader(io.StringIO(text, newline="")))


def cell(text: str) -> str:
    """A text as a CSV holds it: what a spreadsheet would take for a formula has an apostrophe before it."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def cells_of(page: str) -> list[list[str]]:
    """The cells of every row of every table of a page, uncut."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", page, re.DOTALL)
    return [[html.unescape(told) for told in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)] for row in rows]
