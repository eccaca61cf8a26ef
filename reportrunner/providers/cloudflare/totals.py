"""Spectrum beside its series: events in sum, the last minute, and the bandwidth of all zones (§2, §2.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field, field_validator

from reportrunner.ask import Ask, Endpoint
from reportrunner.days import Days
from reportrunner.delimited import unreadable
from reportrunner.diagnose import Hinted
from reportrunner.flow import Flow, Pairs, Reply
from reportrunner.providers.cloudflare.answer import Answer, Asked, cell
from reportrunner.providers.cloudflare.cells import rows_of
from reportrunner.providers.cloudflare.dataset import CloudflareDataset, Windowless, fetch, get
from reportrunner.providers.cloudflare.series import asked_of
from reportrunner.providers.cloudflare.source import ShortId
from reportrunner.providers.cloudflare.spectrum import (
    INSTANTS,
    LIMITS,
    PERMISSIONS,
    SOURCE,
    TRAPS,
    EventsDataset,
    event_columns,
    events_query,
)
from reportrunner.providers.cloudflare.times import as_span
from reportrunner.providers.cloudflare.wire import EnvelopeJudge, load
from reportrunner.spec import EndpointDataset
from reportrunner.table import Claim, Column, ColumnType, Note, Rows, Value, declare

_STRING, _INTEGER = ColumnType.STRING, ColumnType.INTEGER


def _bytes(name: str, description: str) -> Column:
    return Column(name, _INTEGER, "bytes", True, False, description, SOURCE)


CURRENT: Final = (
    Column("appID", _STRING, personal=False, description="The Spectrum application", source=SOURCE),
    Column("connections", _INTEGER, "count", True, False, "Connections in the last minute", SOURCE),
    _bytes("bytesIngress", "Bytes that came in"),
    _bytes("bytesEgress", "Bytes that went out"),
    Column("durationAvg", ColumnType.DECIMAL, "ms", False, False, "Average length of connections", SOURCE),
)
ZONES: Final = (
    Column("zone_id", _STRING, personal=False, description="The zone", source=SOURCE),
    _bytes("totals.bandwidth.all", "Bytes in both directions"),
    _bytes("totals.bandwidth.ingress", "Bytes that came in"),
    _bytes("totals.bandwidth.egress", "Bytes that went out"),
)


class Summary(EventsDataset):
    """`spectrum.analytics.events.summary`: events of a window in sum."""

    diagnostic_owner: ClassVar[str] = "spectrum.analytics.events.summary"
    familiar: ClassVar[dict[str, str]] = {
        **EventsDataset.familiar,
        "time_delta": 'belongs to a series; write endpoint = "spectrum.analytics.events.bytime", or remove it',
    }
    endpoint: Literal["spectrum.analytics.events.summary"]

    def fixed(self) -> tuple[Column, ...]:
        """Return the columns: what is chosen."""
        return summary_columns(self)


class Current(Windowless):
    """`spectrum.analytics.aggregate.current`: the last minute by application."""

    diagnostic_owner: ClassVar[str] = "spectrum.analytics.aggregate.current"
    familiar: ClassVar[dict[str, str]] = {
        "appID": 'is spelt app_id here; write app_id = ["..."]',
        "metrics": "cannot be chosen here: the service answers all of them",
    }
    packs: ClassVar[dict[str, int]] = {"app_id": 100}
    """As many ids as fit a URL."""
    endpoint: Literal["spectrum.analytics.aggregate.current"]
    zone_id: ShortId
    app_id: list[ShortId] | None = Field(default=None, min_length=1, description="Ids of Spectrum applications")
    colo_name: Annotated[str, Field(min_length=1, max_length=3)] | None = Field(
        default=None, description="Code of a data centre, such as SFO"
    )

    @field_validator("app_id")
    @classmethod
    def _one_each(cls, value: list[str] | None) -> list[str] | None:
        for one in value or ():
            if "," in one:
                raise Hinted(f'"{one}" are several ids: a comma joins them on the wire', 'write ["...", "..."]')
        return value

    def fixed(self) -> tuple[Column, ...]:
        """Return the columns: there are no others."""
        return CURRENT


class ZonesReport(CloudflareDataset):
    """`user.spectrum_analytics.zones.report`: the bandwidth of every zone of the user."""

    diagnostic_owner: ClassVar[str] = "user.spectrum_analytics.zones.report"
    familiar: ClassVar[dict[str, str]] = EventsDataset.familiar
    endpoint: Literal["user.spectrum_analytics.zones.report"]
    window: str
    cdn_traffic: bool = Field(default=True, description="Count traffic of the CDN too")

    def fixed(self) -> tuple[Column, ...]:
        """Return the columns: there are no others."""
        return ZONES


def summary_columns(parameters: EndpointDataset) -> tuple[Column, ...]:
    """Return the columns of a summary."""
    dimensions, metrics = event_columns(parameters)
    return (*dimensions, *metrics)


@dataclass(frozen=True, slots=True)
class SummaryReader:
    """Reads one number per metric and row."""

    asked: Asked

    def __call__(self, replies: tuple[Reply, ...]) -> Rows:
        """Return the rows of the one reply."""
        result = load(replies[0])["result"]
        if not isinstance(result, dict):
            raise unreadable("the result is no object")
        answer = Answer(result, self.asked)
        answer.hold_question()
        dimensions, metrics = answer.order("dimensions"), answer.order("metrics")
        rows: list[tuple[Value, ...]] = []
        cells: dict[str, list[Value]] = {column.name: [] for column in metrics}
        for number, row in enumerate(answer.data, 1):
            values = {**answer.dimensions_of(row, dimensions, number), **_values(row.get("metrics"), metrics, number)}
            for column in metrics:
                cells[column.name].append(values[column.name])
            rows.append(tuple(values[column.name] for column in (*self.asked.dimensions, *self.asked.metrics)))
        columns = (*self.asked.dimensions, *self.asked.metrics)
        return Rows(columns, rows, (*answer.notes(cells), *_unfinished(answer)), answer.claim())


def _values(raw: Any, metrics: tuple[Column, ...], number: int) -> dict[str, Value]:
    """Return a row's values by metric; a row without metrics has none, which the schema allows."""
    if raw is None:
        return {column.name: None for column in metrics}
    if not isinstance(raw, list) or len(raw) != len(metrics):
        found = len(raw) if isinstance(raw, list) else "no"
        raise unreadable(f"row {number} has {found} values where {len(metrics)} metrics were asked")
    return {column.name: cell(value, column, number) for column, value in zip(metrics, raw, strict=True)}


def _unfinished(answer: Answer) -> Iterator[Note]:
    end = dt.datetime.fromtimestamp(answer.asked.until, dt.UTC)
    if answer.whole(end) is False:
        said = f"the window's end was not processed when it was asked (data_lag {answer.lag:f} s): numbers still grow"
        yield Note("cloudflare.incomplete", said)


@dataclass(frozen=True, slots=True)
class ObjectsReader:
    """Reads a result that is a list of objects."""

    columns: tuple[Column, ...]
    asked: Pairs = ()
    """The span that the answer must repeat, where it says one."""

    def __call__(self, replies: tuple[Reply, ...]) -> Rows:
        """Return the rows of the one reply, held against the number that the envelope counts."""
        answer = load(replies[0])
        found = answer["result"]
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise unreadable("the result is no list of objects")
        info = answer.get("result_info")
        total = info.get("total_count") if isinstance(info, dict) else None
        notes = tuple(_other_span(answer.get("query"), dict(self.asked)))
        count = int(total) if isinstance(total, int) and not isinstance(total, bool) else None
        return Rows(self.columns, rows_of(found, self.columns), notes, Claim(rows=count))


def _other_span(echo: Any, asked: Mapping[str, Any]) -> Iterator[Note]:
    """Yield a note where the answer says that it is of another span; seconds are compared, forms may differ."""
    for name, mine in asked.items():
        its = echo.get(name) if isinstance(echo, dict) else None
        if isinstance(its, str) and _seconds(its) != _seconds(str(mine)):
            yield Note("cloudflare.interval_edges", f"{name} is {its} in the answer, and {mine} was asked")


def _seconds(text: str) -> float | str:
    try:
        return dt.datetime.fromisoformat(text).timestamp()
    except ValueError:
        return text


def unfold_summary(ask: Ask) -> Flow:
    """Return the one call for a window in sum."""
    parameters = ask.parameters
    assert isinstance(parameters, Summary)
    request = get(ask, f"/zones/{parameters.zone_id}/spectrum/analytics/events/summary", events_query(ask))
    return fetch(ask, request, EnvelopeJudge("result"), SummaryReader(asked_of(ask)))


def unfold_current(ask: Ask) -> Flow:
    """Return the one call for the last minute; ids are one text with commas, by definition (§2.1)."""
    parameters = ask.parameters
    assert isinstance(parameters, Current)
    query = (
        *((("appID", ",".join(parameters.app_id)),) if parameters.app_id else ()),
        *((("colo_name", parameters.colo_name),) if parameters.colo_name else ()),
    )
    request = get(ask, f"/zones/{parameters.zone_id}/spectrum/analytics/aggregate/current", query)
    return fetch(ask, request, EnvelopeJudge("result"), ObjectsReader(declare(CURRENT, parameters.columns)))


def unfold_zones(ask: Ask) -> Flow:
    """Return the one call for all zones."""
    parameters = ask.parameters
    assert isinstance(parameters, ZonesReport)
    assert ask.window is not None
    since, until = as_span(ask.window)
    span: Pairs = (("since", since), ("until", until))
    query: Pairs = (*span, ("cdn_traffic", str(parameters.cdn_traffic).lower()))
    request = get(ask, "/user/spectrum_analytics/zones/report", query)
    return fetch(ask, request, EnvelopeJudge("result"), ObjectsReader(declare(ZONES, parameters.columns), span))


ENDPOINTS: Final = (
    Endpoint(
        name=Summary.diagnostic_owner,
        summary="Events of Spectrum over a window, a row per values of the dimensions",
        parameters=Summary,
        unfold=unfold_summary,
        columns=summary_columns,
        key=lambda parameters: tuple(column.name for column in event_columns(parameters)[0]),
        days=INSTANTS,
        permissions=PERMISSIONS,
        limits=LIMITS,
        traps=TRAPS,
    ),
    Endpoint(
        name=Current.diagnostic_owner,
        summary="The last minute of Spectrum's applications",
        parameters=Current,
        unfold=unfold_current,
        columns=lambda _: CURRENT,
        key=lambda _: ("appID",),
        days=Days("none", words="the last minute, by the service's own clock"),
        permissions=PERMISSIONS,
        limits=("one minute, and it cannot be asked again",),
        traps=("connections is what events call count", "two runs give two answers: no window narrows it"),
    ),
    Endpoint(
        name=ZonesReport.diagnostic_owner,
        summary="Bandwidth of every zone of the user",
        parameters=ZonesReport,
        unfold=unfold_zones,
        columns=lambda _: ZONES,
        key=lambda _: ("zone_id",),
        days=INSTANTS,
        permissions="User Details Read or Write, by an API token or by e-mail and key (documented)",
        limits=("the longest span is not documented",),
        traps=("both ends are always sent", "traffic of the CDN is counted too, unless cdn_traffic = false"),
    ),
)
