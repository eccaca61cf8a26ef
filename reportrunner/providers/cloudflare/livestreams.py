"""Analytics of livestreams, by day and overall, asked in Unix seconds (§1, §8 row 10)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal

from reportrunner.ask import Ask, Endpoint
from reportrunner.days import Days
from reportrunner.delimited import unreadable
from reportrunner.flow import Flow, Reply
from reportrunner.json_cell import json_cell
from reportrunner.providers.cloudflare.cells import rows_of
from reportrunner.providers.cloudflare.dataset import KitDataset, fetch, get, kit_path
from reportrunner.providers.cloudflare.daywise import PERMISSIONS, UNKNOWN_DAYS, outside_of
from reportrunner.providers.cloudflare.times import as_unix, days_of, read_day, whole_days
from reportrunner.providers.cloudflare.wire import EnvelopeJudge, load
from reportrunner.table import Column, ColumnType, Rows, Value, declare
from reportrunner.window import Window

SOURCE: Final = "cloudflare.md §1"
COUNTS: Final = (
    Column("count", ColumnType.INTEGER, "count", True, False, "Sessions of livestreams", SOURCE),
    Column("total_ingest_seconds", ColumnType.INTEGER, "seconds", True, False, "Seconds that were streamed", SOURCE),
    Column("total_viewer_seconds", ColumnType.INTEGER, "seconds", True, False, "Seconds that were watched", SOURCE),
)
DATE: Final = Column("date", ColumnType.DATE, description="The day; null where the service names none", source=SOURCE)
_FILTERS: Final = (
    "has no published meaning here; endpoint realtime.kit.get takes what the specification declares of other reads"
)


class LivestreamAnalytics(KitDataset):
    """Keys of both."""

    familiar: ClassVar[Mapping[str, str]] = {**KitDataset.familiar, "filters": _FILTERS}
    window: str


class LivestreamsDaywise(LivestreamAnalytics):
    """`realtime.kit.analytics.livestreams.daywise`: livestreams by day."""

    diagnostic_owner: ClassVar[str] = "realtime.kit.analytics.livestreams.daywise"
    endpoint: Literal["realtime.kit.analytics.livestreams.daywise"]

    def fixed(self) -> tuple[Column, ...]:
        """Return the columns: there are no others."""
        return (DATE, *COUNTS)


class LivestreamsOverall(LivestreamAnalytics):
    """`realtime.kit.analytics.livestreams.overall`: livestreams of a window."""

    diagnostic_owner: ClassVar[str] = "realtime.kit.analytics.livestreams.overall"
    endpoint: Literal["realtime.kit.analytics.livestreams.overall"]

    def fixed(self) -> tuple[Column, ...]:
        """Return the columns: there are no others."""
        return COUNTS


@dataclass(frozen=True, slots=True)
class DaysReader:
    """Reads the days: zeros for those without a stream, a row without a day where the service names none."""

    columns: tuple[Column, ...]
    window: Window
    always: bool = False

    def __call__(self, replies: tuple[Reply, ...]) -> Rows:
        """Return the rows of the one reply."""
        answer = load(replies[0])
        if self.always and "data" not in answer:
            raise unreadable("the answer has no data: days without a stream would be made up")
        listed = answer.get("data") or []
        if not isinstance(listed, list):
            raise unreadable("data is no list of days")
        days: dict[dt.date, tuple[Value, ...]] = {}
        undated: list[tuple[Value, ...]] = []
        for number, entry in enumerate(listed, 1):
            day, counts = self._entry(entry, number)
            if day in days:
                raise unreadable(f"data names {day} twice")
            if day is None:
                undated.append((None, *counts))
            else:
                days[day] = counts
        wanted = days_of(self.window)
        outside = sorted(set(days) - set(wanted))
        zeros = (0,) * len(COUNTS)
        filled = wanted if listed or self.always else []
        rows = [(day, *days.get(day, zeros)) for day in filled]
        return Rows(self.columns, [*rows, *undated], outside_of(outside, self.window))

    def _entry(self, entry: Any, number: int) -> tuple[dt.date | None, tuple[Value, ...]]:
        if not isinstance(entry, dict):
            raise unreadable(f"day {number} is no object")
        try:
            day = None if entry.get("date") is None else read_day(entry["date"])
            counts = tuple(json_cell(entry.get(column.name), column.type) for column in self.columns[1:])
        except ValueError as error:
            raise unreadable(f"day {number}: {error}") from None
        return day, tuple(0 if value is None else value for value in counts)


@dataclass(frozen=True, slots=True)
class OverallReader:
    """Reads the one object."""

    columns: tuple[Column, ...]

    def __call__(self, replies: tuple[Reply, ...]) -> Rows:
        """Return one row, or none where the answer has no numbers at all."""
        data = load(replies[0]).get("data") or {}
        nested = data.get("data") if isinstance(data, dict) else None
        data = nested if isinstance(nested, dict) else data
        if not isinstance(data, dict):
            raise unreadable("data is no object")
        if data and not any(column.name in data for column in self.columns):
            raise unreadable(f"data has none of {', '.join(column.name for column in self.columns)}")
        found = [{**dict.fromkeys((column.name for column in self.columns), 0), **_given(data)}] if data else []
        return Rows(self.columns, rows_of(found, self.columns))


def _given(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value is not None}


def unfold_days(ask: Ask) -> Flow:
    """Return the call for the days of a window."""
    assert ask.window is not None
    whole_days(ask.window, ask.endpoint.name)
    columns = declare((DATE, *COUNTS), ask.parameters.columns)
    return _fetch(ask, "daywise", DaysReader(columns, ask.window, always=ask.parameters.empty == "ok"))


def unfold_overall(ask: Ask) -> Flow:
    """Return the call for the whole of a window."""
    return _fetch(ask, "overall", OverallReader(declare(COUNTS, ask.parameters.columns)))


def _fetch(ask: Ask, which: str, read: Callable[[tuple[Reply, ...]], Rows]) -> Flow:
    assert ask.window is not None
    first, last = as_unix(ask.window)
    request = get(ask, kit_path(ask, f"analytics/livestreams/{which}"), (("start_time", first), ("end_time", last)))
    return fetch(ask, request, EnvelopeJudge("data"), read)


_SECONDS: Final = "start and end are sent as Unix seconds, as the specification has them; guides show RFC 3339"
ENDPOINTS: Final = (
    Endpoint(
        name=LivestreamsDaywise.diagnostic_owner,
        summary="Livestreams of an app by day, a row for every day",
        parameters=LivestreamsDaywise,
        unfold=unfold_days,
        columns=lambda _: (DATE, *COUNTS),
        key=lambda _: ("date",),
        days=UNKNOWN_DAYS,
        permissions=PERMISSIONS,
        limits=("the longest range that the service answers is not documented",),
        traps=(_SECONDS, "date may be null: such a row stays, without a day", "days without a stream are 0"),
    ),
    Endpoint(
        name=LivestreamsOverall.diagnostic_owner,
        summary="Livestreams of an app over a window",
        parameters=LivestreamsOverall,
        unfold=unfold_overall,
        columns=lambda _: COUNTS,
        days=Days("instants", "source-proven", words="sent as Unix seconds"),
        permissions=PERMISSIONS,
        limits=("the longest range that the service answers is not documented",),
        traps=(
            _SECONDS,
            "a number that is left out is 0; an answer with none of them is an error",
            "the last second that belongs to the window is sent as the end, for both readings of it",
        ),
    ),
)
