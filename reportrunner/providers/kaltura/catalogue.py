"""What is known of Kaltura's reports, filter fields and columns: data files, read when first needed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from reportrunner.cell import UNIX
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
    family: str
    description: str
    shape: str
    table_columns: tuple[str, ...] | None
    total_columns: tuple[str, ...] | None
    default_playback_types: tuple[str, ...]
    object_ids: str
    table_columns_with_object_ids: tuple[str, ...] | None
    total_count: str
    joined: bool
    """Assembled from several queries: its time series knows days, months and years only (kaltura.md §5.5)."""
    extra_columns: tuple[str, ...]
    """What useFriendlyHeadersNames adds to the table."""
    forced_playback_types: tuple[str, ...]
    """Counted whatever the filter says."""
    graph_kind: str
    graph_ids: tuple[str, ...] | None
    """None: getGraphs fails; (): it answers an empty list (kaltura.md §8)."""
    graph_points: tuple[str, ...]
    """Names of the points of the one graph of a `by_name` report (kaltura.md §5.4)."""
    base_id: str
    """The report that a multi-account variant repeats."""
    paging_warning: str
    confidence: str
    """Why the columns are not quite sure, if they are not."""
    in_server: bool
    """Whether server 22.19 knows it; a newer client does."""


@dataclass(frozen=True, slots=True)
class CustomReport:
    """A report of getCsv and getCsvFromStringParams; these are server configuration, known from guides only."""

    id: int
    name: str
    parameters: tuple[str, ...]
    window: Mapping[str, str]
    """Which parameters the window fills: `from`, `to` and, for days, `offset`; empty where no guide says."""
    columns: tuple[Column, ...]
    confidence: Literal["documented", "mentioned"]
    form: Literal["day_id", "unix", ""]
    """How the window is written: days as YYYYMMDD, or Unix seconds."""
    complete: bool
    """Whether the guides list all columns."""
    required: tuple[str, ...]
    privilege: str
    """Name of the privilege that the session needs, such as `virtualeventid`."""


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
        family=entry["family"],
        description=entry["description"],
        shape=entry.get("shape") or "",
        table_columns=names("table_columns"),
        total_columns=names("total_columns"),
        default_playback_types=names("default_playback_types") or (),
        object_ids=entry.get("objectIds_filter") or "",
        table_columns_with_object_ids=names("table_columns_when_objectIds_given"),
        total_count=entry.get("end_user_total_count") or "",
        joined="joined" in (entry.get("columns_confidence") or ""),
        extra_columns=names("extra_columns_with_useFriendlyHeadersNames") or (),
        forced_playback_types=names("forced_playback_types") or (),
        graph_kind=entry.get("graph_kind") or "",
        graph_ids=names("graph_ids"),
        graph_points=names("graph_points") or (),
        base_id=str(entry.get("base_id") or ""),
        paging_warning=entry.get("paging_warning") or "",
        confidence=entry.get("columns_confidence") or "",
        in_server=entry["in_server_22_19"],
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
            facts["approximate"],
        )
        for name, facts in _data("columns.json").items()
    }


@cache
def _overrides() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """Return what columns mean otherwise in a family or a single report: facts by family or wire id, and by name."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for entry in _data("column_overrides.json"):
        facts = {key: value for key, value in entry.items() if key not in {"reports", "column"}}
        facts |= {"type": ColumnType(facts["type"])} if "type" in facts else {}
        for key in entry["reports"].split():
            found.setdefault(key, {})[entry["column"]] = facts
    return found


def columns(names: tuple[str, ...]) -> tuple[Column, ...]:
    """Return the columns called `names`, as no report in particular means them.

    One that no source describes is text of unknown meaning.
    """
    known = _columns()
    return tuple(_formed(known.get(name) or Column(name, ColumnType.STRING)) for name in names)


def _formed(column: Column) -> Column:
    unix = column.type is ColumnType.TIMESTAMP and column.unit == "unix s"
    return replace(column, form=UNIX) if unix else column


def report_columns(wire_id: str, names: tuple[str, ...]) -> tuple[Column, ...]:
    """Return the columns called `names` as this report means them: its family's facts, then its own."""
    family, own = (_overrides().get(key, {}) for key in (report_types()[wire_id].family, wire_id))
    return tuple(
        _formed(replace(column, **{**family.get(column.name, {}), **own.get(column.name, {})}))
        for column in columns(names)
    )


@cache
def _row_keys() -> Mapping[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = _data("row_keys.json")
    return found


def report_key(wire_id: str, object_ids: bool) -> tuple[str, ...]:
    """Return the columns that name a row of a by-dimension table; () where none do or the report is no such table.

    A row whose key is empty names nothing: the service blanks what it no longer knows, so several such rows may come.
    """
    entry = _row_keys().get(wire_id, {"key": ()})
    return tuple(entry.get("object_ids", entry["key"]) if object_ids else entry["key"])


@cache
def custom_reports() -> Mapping[int, CustomReport]:
    """Return the custom reports that public guides name (kaltura.md §7.2), by id."""
    return {int(number): _custom_report(int(number), entry) for number, entry in _data("custom_reports.json").items()}


def _custom_report(number: int, entry: Mapping[str, Any]) -> CustomReport:
    return CustomReport(
        number,
        entry["name"],
        tuple(entry["parameters"]),
        entry["window"],
        tuple(
            Column(name, ColumnType(type_), unit, additive, personal, description, "kaltura.md §7.2 (documented)")
            for name, (type_, unit, additive, personal, description) in entry["columns"].items()
        ),
        entry["confidence"],
        entry["form"],
        entry["complete"],
        tuple(entry["required"]),
        entry["privilege"],
    )
