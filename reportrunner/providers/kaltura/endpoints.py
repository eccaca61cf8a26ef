"""The report service's tables and totals: their keys, and how each becomes a flow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from reportrunner.ask import Ask, Endpoint
from reportrunner.diagnose import Hinted
from reportrunner.flow import Flow, Pairs
from reportrunner.providers.kaltura import wire
from reportrunner.providers.kaltura.catalogue import (
    DELIMITER,
    MAX_ROWS,
    OFFSETS,
    PAGE_SIZE,
    ReportType,
    columns,
    report_names,
    report_types,
)
from reportrunner.providers.kaltura.dataset import KalturaDataset, fetch
from reportrunner.providers.kaltura.filters import ReportFilters, TableFilters, TotalFilters, separable, write_filter
from reportrunner.spec import EndpointDataset
from reportrunner.spelling import suggest
from reportrunner.table import Column, declare
from reportrunner.window import Window
from reportrunner.window.span import WindowError

RELATIVE = 315_360_000
"""Unix seconds up to this one count from now (kaltura.md §1)."""
Interval = Literal["years", "months", "days", "hours", "minutes", "ten_minutes", "ten_seconds"]


def _report(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return value
    wire_id = report_names().get(str(value).strip().upper())
    if wire_id is None:
        names = [report.name for report in report_types().values()]
        near = "" if str(value).strip().isdigit() else suggest(str(value).upper(), [*names, *report_types()])
        raise Hinted(
            f'there is no report type "{value}"' + (f'; did you mean "{near}"?' if near else ""),
            "" if near else "reportrunner explain kaltura.report.getTable lists them",
        )
    return wire_id


ObjectIds = list[Annotated[str, separable(DELIMITER)]]
Report = Annotated[str, BeforeValidator(_report), Field(description="Name or wire id of the report type")]


class ReportDataset(KalturaDataset):
    """Keys common to the calls of the report service."""

    familiar: ClassVar[Mapping[str, str]] = {
        "reportType": 'is spelt report here; write report = "USER_TOP_CONTENT", or a wire id',
        "reportInputFilter": "is spelt filters here; write filters = { ... }",
        "pager": "is not needed: all pages are fetched",
        "timeZoneOffset": "is computed from the job's timezone; remove it",
    }
    window: str
    report: Report
    objectIds: ObjectIds = Field(default=[], description="Entry ids, unless the report says otherwise")  # noqa: N815

    @model_validator(mode="after")
    def _one_of_a_quiz(self) -> Self:
        given = write_filter(getattr(self, "filters", None))
        texts = [DELIMITER.join(self.objectIds), *(str(text) for _, text in given)]
        if self.report.startswith("quiz.") and any(sign in text for text in texts for sign in (DELIMITER, ",")):
            raise Hinted(
                f"{self.type.name} separates values by commas, unlike every other report", "ask one value at a time"
            )
        return self

    @property
    def type(self) -> ReportType:
        """The report type as the catalogue knows it."""
        return report_types()[self.report]


class GetTable(ReportDataset):
    """`report.getTable`: the rows of a report, all pages."""

    diagnostic_owner: ClassVar[str] = "report.getTable"
    endpoint: Literal["report.getTable"]
    filters: TableFilters | None = None
    interval: Interval | None = None
    order: str | None = Field(default=None, description='A column with a sign, such as "-count_plays"')

    @field_validator("report")
    @classmethod
    def _has_table(cls, value: str) -> str:
        if report_types()[value].table_columns is None:
            raise Hinted(f"{report_types()[value].name} has no table", 'ask endpoint = "report.getTotal"')
        return value

    @model_validator(mode="after")
    def _buckets(self) -> Self:
        if self.type.shape == "time-series" and self.interval == "years":
            raise Hinted(
                "the service drops the year column of such a table",
                'write interval = "months" and add up in SQL what may be added up',
                key="interval",
                at="value",
            )
        if self.type.joined and self.interval not in {None, "days", "months"}:
            message = f"{self.type.name} answers zeros for {self.interval}"
            raise Hinted(message, 'write interval = "days"', key="interval", at="value")
        return self

    @model_validator(mode="after")
    def _order(self) -> Self:
        names, order = table_names(self), self.order
        if order is not None and (order[:1] not in {"+", "-"} or order[1:] not in names):
            near = suggest(order.lstrip("+-"), names)
            sign = order[0] if order[:1] in {"+", "-"} else "-"
            message = f'{self.type.name} cannot be ordered by "{order}"'
            message += f'; did you mean "{sign}{near}"?' if near else ""
            hint = "" if near else f"write + or - and one of {', '.join(names)}"
            raise Hinted(message, hint, key="order", at="value")
        return self


class GetTotal(ReportDataset):
    """`report.getTotal`: one row of totals."""

    diagnostic_owner: ClassVar[str] = "report.getTotal"
    endpoint: Literal["report.getTotal"]
    filters: TotalFilters | None = None

    @field_validator("report")
    @classmethod
    def _has_total(cls, value: str) -> str:
        if not report_types()[value].total_columns:
            raise Hinted(f"{report_types()[value].name} has no totals", 'ask endpoint = "report.getTable"')
        return value


def unfold_table(ask: Ask) -> Flow:
    """Return the flow of a table: pages of 500, whose window grows."""
    parameters = ask.parameters
    assert isinstance(parameters, GetTable)
    body = [
        *_question(ask, parameters, parameters.filters),
        *((("order", parameters.order),) if parameters.order else ()),
        ("pager[pageSize]", str(PAGE_SIZE)),
        ("pager[pageIndex]", "1"),
    ]
    request = wire.call("report", "getTable", body, page=1, wave=1)
    read = partial(wire.read_table, columns=declare(table_columns(parameters), parameters.columns))
    return fetch(ask, request, wire.judge_table, read)


def unfold_total(ask: Ask) -> Flow:
    """Return the flow of a total: one call."""
    parameters = ask.parameters
    assert isinstance(parameters, GetTotal)
    request = wire.call("report", "getTotal", _question(ask, parameters, parameters.filters))
    read = partial(wire.read_total, columns=declare(total_columns(parameters), parameters.columns))
    return fetch(ask, request, wire.judge_total, read)


def _question(ask: Ask, parameters: ReportDataset, filters: ReportFilters | None) -> Pairs:
    """Write what table, total and graphs of one question share."""
    assert ask.window is not None
    object_ids = (("objectIds", DELIMITER.join(parameters.objectIds)),) if parameters.objectIds else ()
    interval = getattr(parameters, "interval", None)
    return (
        ("reportType", parameters.report),
        *write_filter(filters),
        *_dates(ask.window, bucketed=parameters.type.shape == "time-series"),
        *((("reportInputFilter[interval]", interval),) if interval else ()),
        ("responseOptions[objectType]", "KalturaReportResponseOptions"),
        ("responseOptions[delimiter]", DELIMITER),
        ("responseOptions[skipEmptyDates]", "false"),
        *object_ids,
    )


def _dates(window: Window, *, bucketed: bool) -> Pairs:
    """Write the window: whole days of buckets by day ids, everything else by exact instants (kaltura.md §6).

    `toDate` is the last second that belongs to the window. An offset holds for a whole window, so a bucketed one must
    not change it.
    """
    offset = window.utc_offset if bucketed else window.offset_at_start
    if offset not in OFFSETS:
        raise WindowError(f"the service does not know the offset of {window.zone} ({offset} minutes)", "", "")
    if window.start_unix <= RELATIVE:
        raise WindowError("the service reads instants before 1980 as counted from now; begin later", "", "")
    if window.end_unix - window.start_unix < 2:
        raise WindowError("the service reads a window of one second as a whole day; ask for two or more", "", "")
    zone = ("reportInputFilter[timeZoneOffset]", str(offset))
    if bucketed and window.whole_days:
        return (
            ("reportInputFilter[fromDay]", f"{window.first_day:%Y%m%d}"),
            ("reportInputFilter[toDay]", f"{window.last_day:%Y%m%d}"),
            zone,
        )
    return (
        ("reportInputFilter[fromDate]", str(window.start_unix)),
        ("reportInputFilter[toDate]", str(window.end_unix - 1)),
        zone,
    )


def table_columns(parameters: EndpointDataset) -> tuple[Column, ...]:
    """Return the columns of a report's table."""
    assert isinstance(parameters, GetTable)
    return columns(table_names(parameters))


def table_names(parameters: GetTable) -> tuple[str, ...]:
    """Return the header that objectIds and interval lead to (kaltura.md §4, §5.5)."""
    report = parameters.type
    special = report.table_columns_with_object_ids if parameters.objectIds else None
    names = special or report.table_columns or ()
    if parameters.interval == "months" and names[:1] == ("date_id",):
        return ("month_id", *names[1:])
    return names


def total_columns(parameters: EndpointDataset) -> tuple[Column, ...]:
    """Return the columns of a report's total."""
    assert isinstance(parameters, GetTotal)
    return columns(parameters.type.total_columns or ())


def _key(parameters: EndpointDataset) -> tuple[str, ...]:
    assert isinstance(parameters, GetTable)
    return table_names(parameters)[:1] if parameters.type.shape == "by-dimension" else ()


def _findings(parameters: EndpointDataset) -> tuple[tuple[str, str], ...]:
    assert isinstance(parameters, GetTable | GetTotal)
    report, filters = parameters.type, parameters.filters
    if report.default_playback_types == ("vod",) and getattr(filters, "playbackTypeIn", None) is None:
        ways = 'write playbackTypeIn = ["vod", "live", "dvr"] to count all, or ["vod"] to say that this is meant'
        return (("kaltura.vod_only", f"{report.name} counts on-demand plays only unless told otherwise; {ways}"),)
    return ()


def _notes(parameters: EndpointDataset) -> tuple[str, ...]:
    """Say beside the numbers which of them no source defines."""
    known = table_columns(parameters) if isinstance(parameters, GetTable) else total_columns(parameters)
    return tuple(f"{column.name}: {column.description}" for column in known if column.source.endswith("(unknown)"))


def _reports(kind: str) -> Callable[[], tuple[tuple[str, str, str], ...]]:
    """Return what lists the report types that have this kind of columns."""
    return lambda: tuple(
        (report.wire, report.name, report.description) for report in report_types().values() if getattr(report, kind)
    )


TABLE = Endpoint(
    name="report.getTable",
    summary="Rows of a report, all pages",
    parameters=GetTable,
    unfold=unfold_table,
    columns=table_columns,
    reports=_reports("table_columns"),
    report_columns=lambda wire_id: columns(report_types()[wire_id].table_columns or ()),
    key=_key,
    findings=_findings,
    notes=_notes,
    zone="days of the job's time zone (source-proven)",
    permissions="ANALYTICS_BASE",
    traps=(
        "a misspelt filter is ignored by the service: every filter is checked here",
        "totalCount is 0 or approximate: pages are fetched until a short one",
        f"{MAX_ROWS:,} rows are the most a table can page to: more end the run with exit 4",
        "reports of the historical family count on-demand plays only, unless playbackTypeIn says otherwise",
        "`;` and `|` in names arrive as blanks: use a CSV export where exact names matter",
    ),
)
TOTAL = Endpoint(
    name="report.getTotal",
    summary="One row of totals of a report",
    parameters=GetTotal,
    unfold=unfold_total,
    columns=total_columns,
    reports=_reports("total_columns"),
    report_columns=lambda wire_id: columns(report_types()[wire_id].total_columns or ()),
    findings=_findings,
    notes=_notes,
    zone="days of the job's time zone (source-proven)",
    permissions="ANALYTICS_BASE",
    traps=("an empty answer is null in every column, not 0",),
)
