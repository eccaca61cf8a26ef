"""`spectrum.analytics.events.bytime`: a row per interval and values of the dimensions (§2.3)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from reportrunner.ask import Ask, Endpoint
from reportrunner.days import Days
from reportrunner.diagnose import Hinted
from reportrunner.flow import Flow
from reportrunner.providers.cloudflare.adding_up import AddingReader
from reportrunner.providers.cloudflare.answer import Asked
from reportrunner.providers.cloudflare.dataset import fetch, get
from reportrunner.providers.cloudflare.filters import written
from reportrunner.providers.cloudflare.intervals import (
    BUCKETS,
    PERIODS,
    UTC_PERIODS,
    Delta,
    Wanted,
    Way,
    choices_of,
    days_of,
    series_of,
)
from reportrunner.providers.cloudflare.series_answer import (
    COMPLETE,
    END,
    START,
    SeriesReader,
)
from reportrunner.providers.cloudflare.spectrum import (
    LIMITS,
    PERMISSIONS,
    TRAPS,
    EventsDataset,
    event_columns,
    events_query,
)
from reportrunner.providers.cloudflare.wire import EnvelopeJudge
from reportrunner.spec import EndpointDataset
from reportrunner.table import Column, ColumnType, declare

_INTEGER, _DECIMAL = ColumnType.INTEGER, ColumnType.DECIMAL


class ByTime(EventsDataset):
    """`spectrum.analytics.events.bytime`: events by time."""

    diagnostic_owner: ClassVar[str] = "spectrum.analytics.events.bytime"
    familiar: ClassVar[dict[str, str]] = {
        **EventsDataset.familiar,
        "interval": 'is called time_delta here; write time_delta = "hour"',
    }
    endpoint: Literal["spectrum.analytics.events.bytime"]
    time_delta: Delta = Field(description="Length of an interval")
    zone_mismatch: Way | None = Field(
        default=None, description="Where its days are not the job's: those of UTC, or the job's added up from hours"
    )

    @model_validator(mode="after")
    def _of_days(self) -> Self:
        if self.zone_mismatch is not None and self.time_delta not in PERIODS:
            said = f'intervals with time_delta = "{self.time_delta}" are exact instants: there is nothing to choose'
            raise Hinted(said, "remove it", key="zone_mismatch")
        return self

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        uneven = self.uneven
        if self.zone_mismatch == "hours" and uneven:
            said = f"{', '.join(uneven)} cannot be added up over shorter intervals"
            left = [name for name in self.metrics if name not in uneven]
            ways = [f"metrics = {json.dumps(left)}"] if left else []
            ways += ['zone_mismatch = "utc-days"', 'time_delta = "hour"']
            raise Hinted(said, f"write {', or '.join(ways)}", key="zone_mismatch", at="value")
        return self

    @property
    def uneven(self) -> tuple[str, ...]:
        """The chosen metrics whose sums mean nothing, as the catalogue and the job's own types have them."""
        columns = declare(event_columns(self)[1], _known(self))
        return tuple(c.name for c in columns if not c.additive or c.type not in {_INTEGER, _DECIMAL})

    def fixed(self) -> tuple[Column, ...]:
        """Return the columns: what is chosen, the interval, and whether it is whole."""
        return series_columns(self)


def series_columns(parameters: EndpointDataset) -> tuple[Column, ...]:
    """Return the columns of a series."""
    dimensions, metrics = event_columns(parameters)
    return (*dimensions, START, END, *metrics, COMPLETE)


def unfold_series(ask: Ask) -> Flow:
    """Return the one call, refused before it is sent where its intervals would be too many."""
    parameters = ask.parameters
    assert isinstance(parameters, ByTime)
    made = series_of(wanted(ask))
    moved = replace(ask, window=made.window)
    query = (("time_delta", made.delta), *events_query(moved))
    request = get(ask, f"/zones/{parameters.zone_id}/spectrum/analytics/events/bytime", query)
    reader = SeriesReader(asked_of(moved), made.window, made.delta, parameters.columns)
    adding = AddingReader(reader, len(parameters.dimensions), made.periods)
    return fetch(ask, request, EnvelopeJudge("result"), adding if made.periods else reader)


def wanted(ask: Ask) -> Wanted:
    """Return the series as a dataset wants it, before it is known what is asked for it."""
    parameters = ask.parameters
    assert isinstance(parameters, ByTime)
    assert ask.window is not None
    return Wanted(ask.endpoint.name, ask.window, parameters.time_delta, parameters.zone_mismatch, parameters.uneven)


def _days(parameters: EndpointDataset) -> Days:
    assert isinstance(parameters, ByTime)
    return days_of(parameters.time_delta, parameters.zone_mismatch)


def asked_of(ask: Ask) -> Asked:
    """Return what the reader of an answer must know of its question."""
    parameters = ask.parameters
    assert isinstance(parameters, EventsDataset)
    assert ask.window is not None
    dimensions, metrics = event_columns(parameters)
    typed = {column.name: column for column in declare((*dimensions, *metrics), _known(parameters))}
    return Asked(
        tuple(typed[column.name] for column in dimensions),
        tuple(typed[column.name] for column in metrics),
        "" if parameters.filters is None else written(parameters.filters),
        ask.window.start_unix,
        ask.window.end_unix,
        ask.now,
        parameters.limit,
    )


def _known(parameters: EventsDataset) -> Mapping[str, str]:
    chosen = {*parameters.dimensions, *parameters.metrics}
    return {name: word for name, word in parameters.columns.items() if name in chosen}


def series_key(parameters: EndpointDataset) -> tuple[str, ...]:
    """Return what names a row: its dimensions and where its interval begins."""
    return (*(column.name for column in event_columns(parameters)[0]), START.name)


SERIES: Final = Endpoint(
    name=ByTime.diagnostic_owner,
    summary="Events of Spectrum by time: a row per interval and values of the dimensions",
    parameters=ByTime,
    unfold=unfold_series,
    columns=series_columns,
    key=series_key,
    days=UTC_PERIODS,
    days_asked=_days,
    choices=lambda ask: choices_of(wanted(ask)),
    covers=lambda ask: series_of(wanted(ask)).window,
    permissions=PERMISSIONS,
    limits=(f"more than {BUCKETS:,} intervals are refused before they are asked", *LIMITS),
    traps=(
        "time_delta is always sent: year, quarter, month, week, day, hour, dekaminute or minute",
        "intervals are those of the answer; one without them, or with other lengths, is no answer",
        "the last intervals may not be processed yet (data_lag): complete is false there, with cloudflare.incomplete",
        "a window that cuts a day, week, month, quarter or year is refused: its ends would look whole",
        "so is one whose days are not those of UTC, unless zone_mismatch chooses utc-days or hours",
        "from which moment days count is not documented: window.zone_unknown, and cloudflare.interval_edges",
        *TRAPS,
    ),
)
ENDPOINTS: Final = (SERIES,)
