"""`report.getUrlForReportAsCsv`: a link, a download, and the one table inside the file (kaltura.md §7.1)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import field_validator

from reportrunner.ask import Ask, Endpoint
from reportrunner.diagnose import Hinted
from reportrunner.flow import Again, Done, Flow, Hole, Refused, Reply, Request, Step, Verdict
from reportrunner.providers.kaltura import wire
from reportrunner.providers.kaltura.buckets import estimate
from reportrunner.providers.kaltura.catalogue import DELIMITER, report_columns, report_types
from reportrunner.providers.kaltura.dataset import flow_of
from reportrunner.providers.kaltura.envelope import packable
from reportrunner.providers.kaltura.export_file import MOST, ExportReader, judge_download
from reportrunner.providers.kaltura.filters import ReportFilters, TableFilters
from reportrunner.providers.kaltura.hints import report_hint, scope
from reportrunner.providers.kaltura.question import (
    Dst,
    meanings,
    question,
    reports_with,
    same_question,
    slices_of,
    total_columns,
    vod_only,
)
from reportrunner.providers.kaltura.tabular import TabularDataset, catalogued, table_key, wanted_columns
from reportrunner.providers.kaltura.total import DAYS
from reportrunner.table import Column, declare
from reportrunner.window.span import WindowError

HEADER_PART = "header"
"""The slice of the question that asks the table's own header: the file's labels are ours and prove nothing."""
_SESSION = re.compile(r"/ks/([^/]+)/")


class GetUrlForReportAsCsv(TabularDataset):
    """`report.getUrlForReportAsCsv`: the rows of a report as a CSV export, with exact names."""

    diagnostic_owner: ClassVar[str] = "report.getUrlForReportAsCsv"
    familiar: ClassVar = {
        **TabularDataset.familiar,
        "headers": "is built here, one label per column: the service does not match labels to columns; remove it",
        "reportTitle": "is of no use to a table; remove it",
        "reportText": "is of no use to a table; remove it",
    }
    endpoint: Literal["report.getUrlForReportAsCsv"]
    filters: TableFilters | None = None

    @field_validator("dst")
    @classmethod
    def _one_offset(cls, value: Dst) -> Dst:
        if value == "split":
            raise Hinted(
                "a file has one offset for all its buckets, and cannot be split", 'ask endpoint = "report.getTable"'
            )
        return value

    def way_to_split(self, *, spills: bool) -> str:
        """Say what to type where the offset changes: a file has one for all its buckets."""
        return f'ask for pages: endpoint = "report.getTable" with {self._split(spills=spills)}'


def unfold_export(ask: Ask) -> Flow:
    """Return the flow of an export."""
    parameters = ask.parameters
    assert isinstance(parameters, GetUrlForReportAsCsv)
    assert ask.window is not None
    offset = ask.window.offset_at_start
    return unfold_table_as_csv(ask, parameters, parameters.filters, catalogued(parameters, offset))


def unfold_table_as_csv(
    ask: Ask, parameters: TabularDataset, filters: ReportFilters | None, columns: tuple[Column, ...]
) -> Flow:
    """Return the link and the download of a report's table; the table's own header is asked along with the link."""
    slices = slices_of(ask, parameters, bucketed=parameters.bucketed)
    if len(slices) > 1:
        raise WindowError("a file has one offset for all its buckets: a window with a change of offset needs pages")
    rows = estimate(slices[0].window, parameters.buckets) if parameters.bucketed else 0
    if rows >= MOST:
        raise WindowError(f"{rows:,} buckets are more than a file can hold ({MOST:,}): narrow the window")
    asked = question(parameters, filters, slices[0], bucketed=parameters.bucketed)
    ordered = (("order", parameters.order),) if parameters.order else ()
    names = tuple(column.name for column in columns)
    total = total_columns(parameters)
    labels = f"{','.join(column.name for column in total)};{','.join(names)}"
    titled = (("reportTitle", ask.dataset), ("reportText", ask.dataset), ("headers", labels))
    sized = (("pager[pageSize]", str(MOST)), ("pager[pageIndex]", "1"))
    link = wire.call("report", "getUrlForReportAsCsv", [*titled, *asked, *ordered, *sized])
    one = (("pager[pageSize]", "1"), ("pager[pageIndex]", "1"))
    probe = wire.call("report", "getTable", [*asked, *ordered, *one], page=1, wave=1, part=HEADER_PART)
    steps = (
        Step("link", link, LinkJudge(names), also=(probe,), packable=packable(link) and packable(probe)),
        Step("download", Request("GET", Hole("capture", "link")), judge_download, download=True),
    )
    wanted = set(parameters.select) or set(names)
    declared = declare(tuple(column for column in columns if column.name in wanted), parameters.columns)
    exact = parameters.type.total_count == "row count"
    judged = () if "unreconciled" in parameters.accept or parameters.type.joined else total
    return flow_of(ask, steps, ExportReader(declared, names, judged, exact=exact))


@dataclass(frozen=True, slots=True)
class LinkJudge:
    """Takes the link, and refuses it when the table has other columns than the labels that were sent."""

    names: tuple[str, ...]

    def __call__(self, request: Request, reply: Reply) -> Verdict:
        """Judge the link or the header."""
        if request.part == HEADER_PART:
            return self._header(request, reply)
        answer, verdict = wire.judge_answer(reply)
        if verdict is not None:
            return verdict
        if not answer:
            return Again("failed", "the service gave no link: it tells nothing of why an export fails")
        if not isinstance(answer, str) or not answer.isprintable():
            return Refused("unreadable", "getUrlForReportAsCsv gave what is no link")
        inside = _SESSION.search(answer)
        captures = {"link": answer, **({"link session": inside[1]} if inside else {})}
        return Done(captures, secret=tuple(captures))

    def _header(self, request: Request, reply: Reply) -> Verdict:
        rows = wire.table_rows(request, reply)
        if not isinstance(rows, int):
            return rows
        header = str(json.loads(reply.body).get("header") or "")
        if header and tuple(header.lower().split(DELIMITER)) != tuple(name.lower() for name in self.names):
            words = f"the table has the columns {header.replace(DELIMITER, ', ')}, not {', '.join(self.names)}"
            hint = 'a file cannot be read whose columns are not known; ask endpoint = "report.getTable"'
            return Refused("unreadable", words, hint)
        return Done()


EXPORT = Endpoint(
    name="report.getUrlForReportAsCsv",
    summary="Rows of a report as a CSV export: names as they are, up to 60,000 rows",
    parameters=GetUrlForReportAsCsv,
    unfold=unfold_export,
    columns=wanted_columns,
    reports=reports_with("table_columns"),
    report_columns=lambda wire_id: report_columns(wire_id, report_types()[wire_id].table_columns or ()),
    key=table_key,
    findings=vod_only,
    notes=lambda parameters: meanings(parameters, wanted_columns(parameters)),
    hint=scope,
    report_note=report_hint,
    question=same_question,
    days=DAYS,
    permissions="ANALYTICS_BASE",
    limits=(f"{MOST:,} rows are the most a file holds: as many as that end the run with exit 4",),
    traps=(
        "labels are not matched to columns: they are built here, and the table's own header is asked along",
        "without labels for the table the file has no table: totals;table are always sent",
        "the link holds a session: it is a secret, never journalled, and asked again when it has expired",
        "a cell that begins with =, +, -, @ or a comma carries an apostrophe, which is taken off",
        "an empty report has no table block at all",
    ),
)
ENDPOINTS = (EXPORT,)
