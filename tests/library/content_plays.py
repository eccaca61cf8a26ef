"""What was played in the sandbox's world, straight from its list of plays: the truth of the jobs about content."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from running import Finished

from reportrunner.sandbox.universe import WHOLE, Event, entries, events

NEW_YORK, KOLKATA = "America/New_York", "Asia/Kolkata"
LIBRARY = {entry.entry_id: entry for entry in entries()}
Span = tuple[int, int]


def span(zone: str, first: str, last: str) -> Span:
    """The instants of inclusive days of a zone."""
    start = dt.datetime.fromisoformat(first).replace(tzinfo=ZoneInfo(zone))
    after = dt.datetime.fromisoformat(last) + dt.timedelta(days=1)
    return int(start.timestamp()), int(after.replace(tzinfo=ZoneInfo(zone)).timestamp())


def plays(when: Span, entry: str | None = None, playback: Sequence[str] = ("vod",)) -> list[Event]:
    """The plays in those instants, of one entry or all."""
    return [one for one in events(frozenset([entry]) if entry else None, *when) if one.playback in playback]


def by_entry(found: Iterable[Event]) -> dict[str, list[Event]]:
    """The plays of each entry."""
    of: dict[str, list[Event]] = defaultdict(list)
    for one in found:
        of[one.entry_id].append(one)
    return dict(of)


def reached(found: Iterable[Event], percent: int) -> int:
    """How many plays came to that percent of their entry."""
    return sum(one.completion * 100 >= percent * WHOLE for one in found)


def minutes(found: Iterable[Event]) -> float:
    """Minutes viewed."""
    return sum(one.watched for one in found) / 60


def completion(found: Sequence[Event]) -> float:
    """How much of the entry a play saw, on average."""
    return sum(one.completion for one in found) / WHOLE / len(found)


def loads(found: Iterable[Event]) -> int:
    """How often the player was shown."""
    return sum(one.loads for one in found)


def cell(text: str) -> str:
    """A text as it stands in a CSV: nothing that a spreadsheet would take for a formula."""
    return f"'{text}" if text[:1] in "=+-@" else text


def near(text: str, number: float, to: float = 1e-9) -> bool:
    """Whether a cell holds that number."""
    return abs(float(text) - number) <= to


def share(part: float, whole: float) -> str:
    """A share as a page says it."""
    return f"{int(part / whole * 100 + 0.5)}%"


def words(text: str) -> str:
    """A text on one line, with plain signs in place of those of print."""
    return " ".join(text.replace("\N{MINUS SIGN}", "-").replace("\N{EN DASH}", "-").split())


def wrong(finished: Finished) -> dict[str, tuple[str, int]]:
    """What a run found wrong: subject, severity and count."""
    return {subject: found for subject, found in finished.findings.items() if found[0] != "ok"}
