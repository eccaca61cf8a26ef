"""Reports sent as CSV files by e-mail: `report.exportToCsv` (kaltura.md §4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from reportrunner.ask import Ask, Endpoint
from reportrunner.days import Days
from reportrunner.diagnose import Hinted
from reportrunner.flow import Flow
from reportrunner.providers.kaltura import wire
from reportrunner.providers.kaltura.actions import MAILED, judge_object, once
from reportrunner.providers.kaltura.buckets import Slice
from reportrunner.providers.kaltura.catalogue import DELIMITER, report_types
from reportrunner.providers.kaltura.dataset import KalturaDataset
from reportrunner.providers.kaltura.filters import TableFilters, write_filter
from reportrunner.providers.kaltura.listing import column, knowing, write
from reportrunner.providers.kaltura.question import ObjectIds, Report, refuse_commas
from reportrunner.providers.kaltura.times import dates
from reportrunner.spec import EndpointDataset
from reportrunner.spelling import did_you_mean
from reportrunner.strict import Strict
from reportrunner.table import ColumnType

EXPORT = (
    column(ColumnType.STRING, "referenceJobId", "Id of the job", "kaltura.md §4 (source-proven)"),
    column(ColumnType.STRING, "reportEmail", "Where the links go", "kaltura.md §4 (source-proven)", personal=True),
)
KINDS = {"table": 1, "total": 2, "graph": 3}
_GROUP = re.compile(r"[A-Za-z0-9_ ]+")


def _group(value: str) -> str:
    if not _GROUP.fullmatch(value):
        raise Hinted(
            "reportsItemsGroup takes letters, digits, _ and blanks", 'write reportsItemsGroup = "Weekly plays"'
        )
    if len(value) > 100:
        raise Hinted(f"the service cuts a name of {len(value)} characters to 100", f'write "{value[:100].strip()}"')
    return value


def _address(value: str) -> str:
    if not re.fullmatch(r"[^@\s,;]+@[^@\s,;]+", value):
        raise Hinted(f'"{value}" is no e-mail address', 'write recipientEmail = "name@example.org"')
    return value


class ExportItem(Strict):
    """One report of an export."""

    diagnostic_owner: ClassVar[str] = "a report item"
    familiar: ClassVar[Mapping[str, str]] = {
        "reportType": 'is spelt report here; write report = "TOP_CONTENT"',
        "reportTitle": 'is spelt title here; write title = "..."',
        "action": 'is spelt kind here; write kind = "table"',
        "filter": "is spelt filters here; write filters = { ... }",
    }
    report: Report
    kind: Literal["table", "total", "graph"] = "table"
    title: str | None = None
    filters: TableFilters | None = None
    order: str | None = Field(default=None, pattern=r"^[+-]\w+$", description='A column with a sign: "-count_plays"')
    objectIds: ObjectIds = Field(default=[])  # noqa: N815

    @model_validator(mode="after")
    def _exists(self) -> Self:
        report = report_types()[self.report]
        refuse_commas(report, self.objectIds)
        known = report.table_columns or ()
        if (self.kind == "table" and not known) or (self.kind == "total" and not report.total_columns):
            raise Hinted(f"{report.name} has no {self.kind}", 'write kind = "graph"', key="report", at="value")
        if self.order is not None and self.order[1:] not in known:
            near = did_you_mean(self.order[1:], known)
            message = f'{report.name} has no column "{self.order[1:]}"{near}'
            raise Hinted(message, f"one of {', '.join(known)}", key="order", at="value")
        return self


class ExportReports(KalturaDataset):
    """`report.exportToCsv`: sends reports as CSV files by e-mail."""

    diagnostic_owner: ClassVar[str] = "report.exportToCsv"
    endpoint: Literal["report.exportToCsv"]
    window: str
    reportItems: list[ExportItem] = Field(min_length=1)  # noqa: N815
    reportsItemsGroup: Annotated[str, AfterValidator(_group)] | None = None  # noqa: N815
    recipientEmail: Annotated[str, AfterValidator(_address)] | None = None  # noqa: N815


def unfold_export(ask: Ask) -> Flow:
    """Return the flow of an export of reports; each item asks over the dataset's window."""
    parameters = ask.parameters
    assert isinstance(parameters, ExportReports)
    assert ask.window is not None
    given = {"recipientEmail": parameters.recipientEmail, "reportsItemsGroup": parameters.reportsItemsGroup}
    params: dict[str, Any] = {
        "objectType": "KalturaReportExportParams",
        **{name: value for name, value in given.items() if value is not None},
        "timeZoneOffset": ask.window.offset_at_start,
        "reportItems": [_item(ask, item) for item in parameters.reportItems],
    }
    request = wire.call("report", "exportToCsv", write("params", params))
    return once(ask, request, knowing(judge_object, kind="KalturaReportExportResponse", needs=""), EXPORT)


def _item(ask: Ask, item: ExportItem) -> Mapping[str, object]:
    assert ask.window is not None
    bucketed = report_types()[item.report].shape == "time-series"
    offset = ask.window.utc_offset if bucketed else ask.window.offset_at_start
    pairs = (*write_filter(item.filters), *dates(Slice(ask.window, offset), by_day=bucketed))
    given = {"reportTitle": item.title, "order": item.order, "objectIds": DELIMITER.join(item.objectIds) or None}
    return {
        "objectType": "KalturaReportExportItem",
        "action": KINDS[item.kind],
        "reportType": item.report,
        "filter": {name[len("reportInputFilter[") : -1]: value for name, value in pairs},
        **{name: value for name, value in given.items() if value is not None},
        "responseOptions": {
            "objectType": "KalturaReportResponseOptions",
            "delimiter": DELIMITER,
            "skipEmptyDates": False,
        },
    }


def _mails(parameters: EndpointDataset) -> str:
    assert isinstance(parameters, ExportReports)
    to = parameters.recipientEmail or "the session's user"
    reports = ", ".join(report_types()[item.report].name for item in parameters.reportItems)
    return f"mails {reports} to {to}"


ENDPOINTS = (
    Endpoint(
        name="report.exportToCsv",
        summary="Mail reports as CSV files",
        parameters=ExportReports,
        unfold=unfold_export,
        columns=lambda _: EXPORT,
        days=Days("job", "source-proven"),
        permissions="ANALYTICS_BASE",
        action=_mails,
        limits=("tables are cut at 60,000 rows without a word",),
        traps=(MAILED,),
    ),
)
