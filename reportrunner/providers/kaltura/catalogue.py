"""What is known of Kaltura's reports, filter fields and columns: data files, read when first needed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from reportrunner.table import Column, ColumnType

DELIMITER = "|"
"""Sent as responseOptions[delimiter] and used to join every multi-value filter (kaltura.md §6)."""
PAGE_SIZE = 500
MAX_ROWS = 12_000
"""More rows than this a table cannot page to (kaltura.md §4.1)."""
OFFSETS: frozenset[int] = frozenset(
    int(offset)
    for offset in (
        "-840 -780 -765 -720 -690 -660 -630 -600 -570 -540 -525 -480 -420 -390 -360 -345 -330 -300 -270 -240 -210 -180"
        " -120 -60 0 60 120 180 210 240 270 300 360 420 480 540 570 600 660 720"
    ).split()
)
"""The values of timeZoneOffset that the server takes as they are (kaltura-filter-fields.json)."""


@dataclass(frozen=True, slots=True)
class ReportType:
    """One of the report types, as kaltura-report-types.json tells it."""

    wire: str
    name: str
    description: str
    shape: str
    table_columns: tuple[str, ...] | None
    total_columns: tuple[str, ...] | None
    default_playback_types: tuple[str, ...]
    object_ids: str
    table_columns_with_object_ids: tuple[str, ...] | None
    total_count: str
    family: str
    graph_kind: str
    graph_ids: tuple[str, ...] | None
    graph_points: tuple[str, ...]
    joined: bool
    """Assembled from several queries: its time series knows days, months and years only (kaltura.md §5.5)."""


@dataclass(frozen=True, slots=True)
class CustomReport:
    """A report of getCsv and getCsvFromStringParams; these are server configuration, known from guides only."""

    id: int
    name: str
    parameters: tuple[str, ...]
    window: Mapping[str, str]
    """Which parameters the window fills: `from`, `to`, `offset` and the `form` of the days."""
    columns: tuple[Column, ...]


def _data(name: str) -> Any:
    return json.loads(files(__package__).joinpath("data", name).read_text("utf-8"))


@cache
def report_types() -> Mapping[str, ReportType]:
    """All report types by wire id (`13`, `quiz.QUIZ`)."""
    return {entry["wire"]: _report_type(entry) for entry in _data("report_types.json")}


def _report_type(entry: Mapping[str, Any]) -> ReportType:
    def names(key: str) -> tuple[str, ...] | None:
        value = entry.get(key)
        return None if value is None else tuple(value)

    return ReportType(
        wire=entry["wire"],
        name=entry["name"],
        description=entry["description"],
        shape=entry.get("shape") or "",
        table_columns=names("table_columns"),
        total_columns=names("total_columns"),
        default_playback_types=names("default_playback_types") or (),
        object_ids=entry.get("objectIds_filter") or "",
        table_columns_with_object_ids=names("table_columns_when_objectIds_given"),
        total_count=entry.get("end_user_total_count") or "",
        family=entry["family"],
        graph_kind=entry.get("graph_kind") or "",
        graph_ids=names("graph_ids"),
        graph_points=names("graph_points") or (),
        joined="joined" in (entry.get("columns_confidence") or ""),
    )


@cache
def report_names() -> Mapping[str, str]:
    """Wire ids by upper-case name and by wire id."""
    names = {report.name.upper(): wire for wire, report in report_types().items()}
    return names | {wire.upper(): wire for wire in report_types()}


@cache
def filter_fields() -> Mapping[str, Mapping[str, Any]]:
    """Every filter field of the report service with its declared facts and the class that declares it as `class`."""
    data = _data("filter_fields.json")
    classes = ("KalturaReportInputFilter", "KalturaEndUserReportInputFilter")
    return {name: {**facts, "class": owner} for owner in classes for name, facts in data[owner].items()}


@cache
def _columns() -> Mapping[str, Column]:
    return {
        name: Column(
            name,
            ColumnType(facts["type"]),
            facts["unit"],
            facts["additive"],
            facts["personal"],
            facts["description"],
            facts["source"],
        )
        for name, facts in _data("columns.json").items()
    }


def columns(names: tuple[str, ...]) -> tuple[Column, ...]:
    """Return the columns called `names`; one that no source describes is text of unknown meaning."""
    known = _columns()
    return tuple(known.get(name) or Column(name, ColumnType.STRING) for name in names)


def report_columns(wire_id: str, names: tuple[str, ...]) -> tuple[Column, ...]:
    return columns(names)


def report_key(wire_id: str, object_ids: bool) -> tuple[str, ...]:
    return (report_types()[wire_id].table_columns or ())[:1]


@cache
def custom_reports() -> Mapping[int, CustomReport]:
    """Return the custom reports whose columns a public guide lists (kaltura.md §7.2), by id."""
    return {
        int(number): CustomReport(
            int(number),
            entry["name"],
            tuple(entry["parameters"]),
            entry["window"],
            tuple(
                Column(name, ColumnType(type_), unit, additive, personal, description, "kaltura.md §7.2 (documented)")
                for name, (type_, unit, additive, personal, description) in entry["columns"].items()
            ),
        )
        for number, entry in _data("custom_reports.json").items()
    }
