"""Live viewers by the ten seconds: `liveReports.getEvents` (kaltura.md §10)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from reportrunner.ask import Ask, Endpoint
from reportrunner.days import Days
from reportrunner.diagnose import Hinted
from reportrunner.flow import Done, Flow, Refused, Reply, Request, Verdict
from reportrunner.providers.kaltura import wire
from reportrunner.providers.kaltura.dataset import KalturaDataset, fetch_together
from reportrunner.providers.kaltura.listing import NARROW, Texts, column, knowing, load, write
from reportrunner.providers.kaltura.times import seconds_of
from reportrunner.spec import EndpointDataset
from reportrunner.strict import Strict
from reportrunner.table import Column, ColumnType, Rows, Value, declare
from reportrunner.verdict import excerpt
from reportrunner.window import Window
from reportrunner.window.span import WindowError

BUCKET = 10
"""Seconds that a row counts."""
LIMIT = 10_000
ONLY = "ENTRY_TIME_LINE"
_ROW = re.compile(r"([0-9]{1,12}),([0-9]{1,18}),([0-9]{1,18})")
_SOURCE = "kaltura.md §10 (source-proven)"
COLUMNS = (
    column(ColumnType.TIMESTAMP, "time", "Begin of the ten seconds", _SOURCE),
    column(ColumnType.INTEGER, "audience", "Viewers at the live edge", _SOURCE, unit="viewers", additive=False),
    column(ColumnType.INTEGER, "dvr_audience", "Viewers who play back", _SOURCE, unit="viewers", additive=False),
)
_IN_FILTERS = "stands in filters; write filters = {{ {} }}"


class LiveFilters(Strict):
    """The filter of `liveReports.getEvents`."""

    diagnostic_owner: ClassVar[str] = "liveReports.getEvents"
    diagnostic_noun: ClassVar[str] = "filter"
    familiar: ClassVar[Mapping[str, str]] = {
        "fromTime": 'is decided by the window; write window = "name" beside filters',
        "toTime": 'is decided by the window; write window = "name" beside filters',
        "objectType": "is not needed; remove it",
    }
    entryIds: Texts = Field(description="Live entries; the answer counts them together")  # noqa: N815
    live: bool | None = Field(
        default=None, description="true: only entries that broadcast now; it removes no viewer who plays back"
    )

    @field_validator("live", mode="before")
    @classmethod
    def _switch(cls, value: object) -> object:
        if isinstance(value, int) and not isinstance(value, bool) and value in {0, 1}:
            raise Hinted(f"live is a switch, found {value}", f"write live = {'true' if value else 'false'}")
        return value


class GetEvents(KalturaDataset):
    """`liveReports.getEvents`: viewers of live entries, one row per ten seconds."""

    diagnostic_owner: ClassVar[str] = "liveReports.getEvents"
    familiar: ClassVar[Mapping[str, str]] = {
        "reportType": f'is spelt report here, and "{ONLY}" is its default; remove it',
        "filter": 'is spelt filters here; write filters = { entryIds = ["..."] }',
        "entryIds": _IN_FILTERS.format('entryIds = ["..."]'),
        "live": _IN_FILTERS.format("live = true"),
        "fromTime": "is decided by the window; remove it",
        "toTime": "is decided by the window; remove it",
        "pager": "does nothing here; remove it",
    }
    endpoint: Literal["liveReports.getEvents"]
    window: str
    filters: LiveFilters
    report: str = Field(default=ONLY, description="The one report that this call knows")

    @field_validator("report")
    @classmethod
    def _only(cls, value: str) -> str:
        if value != ONLY:
            raise Hinted(f'liveReports.getEvents answers "{ONLY}" only, found "{value}"', f'write report = "{ONLY}"')
        return value


def unfold_events(ask: Ask) -> Flow:
    """Return the flow of one call over the buckets that begin inside the window.

    The service counts from fromTime to ten seconds after toTime (its kKavaLiveReportsMgr).
    """
    parameters = ask.parameters
    assert isinstance(parameters, GetEvents)
    assert ask.window is not None
    first, last = _buckets(ask.window)
    filters = {
        "objectType": "KalturaLiveReportInputFilter",
        "entryIds": ",".join(parameters.filters.entryIds),
        "fromTime": first,
        "toTime": last,
    }
    if parameters.filters.live is not None:
        filters["live"] = "1" if parameters.filters.live else "0"
    request = wire.call("liveReports", "getEvents", (("reportType", ONLY), *write("filter", filters)))
    read = partial(read_events, columns=declare(COLUMNS, parameters.columns))
    return fetch_together(ask, (request,), knowing(judge_events, first=first, last=last), read)


def _buckets(window: Window) -> tuple[int, int]:
    start, end = seconds_of(window)
    first, last = -(-start // BUCKET) * BUCKET, end // BUCKET * BUCKET
    if first > last:
        raise WindowError("the service counts by the ten seconds, and none begin in this window; widen it", "", "")
    return first, last


def judge_events(_: Request, reply: Reply, *, first: int, last: int) -> Verdict:
    """Judge the answer: one graph whose rows are aligned, rise and lie in the window; empty buckets are left out."""
    answer, verdict = wire.judge_answer(reply)
    if verdict is not None:
        return verdict
    graph = answer[0] if isinstance(answer, list) and len(answer) == 1 else None
    data = graph.get("data") if isinstance(graph, dict) and graph.get("id") == "audience" else None
    if not isinstance(data, str):
        return Refused("unreadable", f'the answer is not one graph "audience": {excerpt(reply.body)}')
    if data and not data.endswith(";"):
        return Refused("unreadable", "the graph ends inside a row: every row ends in a semicolon")
    before = first - BUCKET
    for number, text in enumerate(data.split(";")[:-1], 1):
        found = _ROW.fullmatch(text)
        if found is None:
            return Refused("unreadable", f'row {number} is no "time,audience,dvrAudience": {excerpt(text.encode())}')
        time = int(found[1])
        if time % BUCKET or not before < time <= last:
            return Refused("unreadable", f"row {number} has the time {time}, which is out of step or out of the window")
        before = time
    if data.count(";") >= LIMIT:
        return Refused("truncated", f"{LIMIT:,} rows came back, the most such an answer holds", NARROW)
    return Done()


def read_events(replies: Sequence[Reply], columns: tuple[Column, ...]) -> Rows:
    """Read the one graph; its cells are joined by commas whatever the delimiter."""
    rows: list[tuple[Value, ...]] = []
    for text in load(replies[0])[0]["data"].split(";")[:-1]:
        time, audience, dvr = map(int, text.split(","))
        rows.append((dt.datetime.fromtimestamp(time, dt.UTC), audience, dvr))
    return Rows(columns, rows)


def _notes(parameters: EndpointDataset) -> tuple[str, ...]:
    assert isinstance(parameters, GetEvents)
    skipped = "ten seconds without a viewer have no row"
    together = "the viewers of all entries are counted together"
    return (skipped, together) if len(parameters.filters.entryIds) > 1 else (skipped,)


ENDPOINTS = (
    Endpoint(
        name="liveReports.getEvents",
        summary="Viewers of live entries, one row per ten seconds",
        parameters=GetEvents,
        unfold=unfold_events,
        columns=lambda _: COLUMNS,
        key=lambda _: ("time",),
        notes=_notes,
        days=Days("instants", "source-proven"),
        limits=(f"{LIMIT:,} rows are the most an answer holds: so many end the run with exit 4",),
        traps=(
            "live = true keeps entries that broadcast now; viewers who play back stay, in dvr_audience",
            "ten seconds without a viewer have no row",
            "rows are buckets that begin inside the window",
            "end a live window 20 seconds ago: younger numbers are still on their way",
        ),
    ),
)
