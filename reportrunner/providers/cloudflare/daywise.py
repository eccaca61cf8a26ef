"""`realtime.kit.analytics.daywise`: sessions and recordings by day, two sparse lists joined on the day (§1.2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Final, Literal

from reportrunner.ask import Ask, Endpoint
from reportrunner.days import Days
from reportrunner.delimited import unreadable
from reportrunner.flow import Flow, Reply
from reportrunner.json_cell import json_cell
from reportrunner.providers.cloudflare.dataset import KitDataset, fetch, get, kit_path
from reportrunner.providers.cloudflare.times import as_days, days_of, read_day, whole_days
from reportrunner.providers.cloudflare.wire import EnvelopeJudge, load
from reportrunner.table import Claim, Column, ColumnType, Note, Rows, Value, declare
from reportrunner.window import Window

PERMISSIONS: Final = "Realtime or Realtime Admin, by an API token (documented)"
UNKNOWN_DAYS: Final = Days("unknown")
_INTEGER, _DECIMAL = ColumnType.INTEGER, ColumnType.DECIMAL
DAY: Final = Column("day", ColumnType.DATE, description="The day, of an unknown time zone", source="cloudflare.md §1.2")


def _column(name: str, kind: ColumnType, unit: str, description: str) -> Column:
    return Column(name, kind, unit, additive=True, personal=False, description=description, source="cloudflare.md §1.2")


SESSIONS: Final = (
    _column("total_sessions", _INTEGER, "count", "Sessions of the day"),
    _column("total_session_minutes", _DECIMAL, "minutes", "Minutes consumed by sessions of the day"),
)
RECORDINGS: Final = (
    _column("total_recordings", _INTEGER, "count", "Recordings of the day"),
    _column("total_recording_minutes", _DECIMAL, "minutes", "Minutes recorded on the day; fractions are kept"),
)
COLUMNS: Final = (DAY, *SESSIONS, *RECORDINGS)
PARTS: Final[Mapping[str, Mapping[str, str]]] = {
    "session_stats": {
        "total_sessions": "sessions_count",
        "total_session_minutes": "sessions_minutes_consumed",
    },
    "recording_stats": {
        "total_recordings": "recording_count",
        "total_recording_minutes": "recording_minutes_consumed",
    },
}
"""The two lists of the answer: their columns, and what each column's sum is called beside them."""
ByDay = dict[dt.date, dict[str, Value]]


class Daywise(KitDataset):
    """`realtime.kit.analytics.daywise`: sessions and recordings by day."""

    diagnostic_owner: ClassVar[str] = "realtime.kit.analytics.daywise"
    endpoint: Literal["realtime.kit.analytics.daywise"]
    window: str

    def fixed(self) -> tuple[Column, ...]:
        """Return the columns: there are no others."""
        return COLUMNS


def unfold_daywise(ask: Ask) -> Flow:
    """Return the one call; both dates are always sent, for what one alone means is not documented."""
    assert ask.window is not None
    whole_days(ask.window, ask.endpoint.name)
    first, last = as_days(ask.window)
    query = (("start_date", first), ("end_date", last))
    request = get(ask, kit_path(ask, "analytics/daywise"), query)
    columns = declare(COLUMNS, ask.parameters.columns)
    reader = DaywiseReader(columns, ask.window, always=ask.parameters.empty == "ok")
    return fetch(ask, request, EnvelopeJudge("data"), reader)


@dataclass(frozen=True, slots=True)
class DaywiseReader:
    """Reads the body: a row for every day of the window, zeros where the service names no activity.

    An answer that names no day at all stays without rows, so that an app that does not exist is no quiet week; with
    `always`, which is what empty = "ok" says, that is a week of zeros too.
    """

    columns: tuple[Column, ...]
    window: Window
    always: bool = False

    def __call__(self, replies: tuple[Reply, ...]) -> Rows:
        """Return the rows of the one reply."""
        answer = load(replies[0])
        if self.always and "data" not in answer:
            raise unreadable("the answer has no data: quiet days would be made up")
        data = _object(answer.get("data"), "data")
        days: ByDay = {}
        claimed: list[tuple[Column, Value]] = []
        for part, named in PARTS.items():
            stats = _object(data.get(part), part)
            columns = tuple(column for column in self.columns if column.name in named)
            _add(days, stats, part, columns)
            totals = ((column, stats.get(named[column.name])) for column in columns)
            claimed += [(column, json_cell(total, column.type)) for column, total in totals if total is not None]
        return self._rows(days, claimed)

    def _rows(self, days: ByDay, claimed: list[tuple[Column, Value]]) -> Rows:
        wanted = days_of(self.window)
        outside = sorted(set(days) - set(wanted))
        names = [column.name for column in COLUMNS[1:]]
        filled = wanted if days or self.always else []
        rows = [(day, *(days.get(day, {}).get(name, 0) or 0 for name in names)) for day in filled]
        totals = [(column, _less(value, (days[day].get(column.name) for day in outside))) for column, value in claimed]
        claim = Claim(tuple(column for column, _ in totals), tuple(value for _, value in totals))
        return Rows(self.columns, rows, outside_of(outside, self.window), claim)


def outside_of(days: list[dt.date], window: Window) -> tuple[Note, ...]:
    """Return a note on days that came and are none of the window's; they are dropped."""
    if not days:
        return ()
    said = f"days came that {window.label} does not hold, and were dropped: {', '.join(map(str, days[:5]))}"
    return (Note("cloudflare.outside_window", said, tuple(map(str, days[:5]))),)


def _less(total: Value, dropped: Any) -> Value:
    return Decimal(str(total or 0)) - sum((Decimal(str(value or 0)) for value in dropped), Decimal(0))


def _object(value: Any, name: str) -> Mapping[str, Any]:
    """Return an object of the body; no part of it is said to be always there."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise unreadable(f"{name} is no object")
    return value


def _add(days: ByDay, stats: Mapping[str, Any], part: str, columns: tuple[Column, ...]) -> None:
    """Add a list's days to those known; one day twice in a list would be counted once or twice, nobody knows."""
    listed = stats.get("day_stats") or []
    if not isinstance(listed, list):
        raise unreadable(f"{part}.day_stats is no list")
    seen: set[dt.date] = set()
    for number, entry in enumerate(listed, 1):
        try:
            fields = _object(entry, f"day {number} of {part}")
            day = read_day(fields.get("day"))
            values = {column.name: json_cell(fields.get(column.name), column.type) for column in columns}
        except ValueError as error:
            raise unreadable(f"{part}, day {number}: {error}") from None
        if day in seen:
            raise unreadable(f"{part} names {day} twice")
        seen.add(day)
        days.setdefault(day, {}).update(values)


DAYWISE = Endpoint(
    name=Daywise.diagnostic_owner,
    summary="Sessions and recordings of an app by day, a row for every day",
    parameters=Daywise,
    unfold=unfold_daywise,
    columns=lambda _: COLUMNS,
    key=lambda _: ("day",),
    days=UNKNOWN_DAYS,
    permissions=PERMISSIONS,
    limits=("the longest range that the service answers is not documented",),
    traps=(
        "sessions and recordings are two lists of different days: they are joined on the day, and missing days are 0",
        "both dates are always sent: without them the service answers the last 30 days",
        "whether end_date belongs to the answer is not documented: the last day is asked, days outside are dropped",
        "minutes have fractions, those of recordings too; an answer that names no day at all is an empty dataset",
        "the body's own totals are held against the sums of its days",
    ),
)
ENDPOINTS = (DAYWISE,)
