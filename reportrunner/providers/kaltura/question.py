"""What calls of the report service share: report, window, filters, and how they are written (kaltura.md §4, §6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from reportrunner.ask import Ask
from reportrunner.days import Choice, clock_change
from reportrunner.diagnose import Hinted
from reportrunner.flow import Pairs
from reportrunner.providers.kaltura.buckets import Interval, Slice, cut, whole
from reportrunner.providers.kaltura.catalogue import (
    DELIMITER,
    ReportType,
    report_columns,
    report_names,
    report_types,
)
from reportrunner.providers.kaltura.dataset import KalturaDataset
from reportrunner.providers.kaltura.filters import ReportFilters, listed, separable, write_filter
from reportrunner.providers.kaltura.hints import instead_of, report_hint, scope
from reportrunner.providers.kaltura.times import dates
from reportrunner.spec import EndpointDataset
from reportrunner.spelling import suggest
from reportrunner.table import Column
from reportrunner.window.span import WindowError

TOTAL_PART = "total"
"""The slice of a question that is its own total."""


def _report(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return value
    wire_id = report_names().get(str(value).strip().upper())
    if wire_id is None:
        word = str(value).strip().upper()
        instead = instead_of(word)
        names = [report.name for report in report_types().values()]
        near = "" if instead or word.isdigit() else suggest(word, [*names, *report_types()])
        raise Hinted(
            f'there is no report type "{value}"' + (f'; did you mean "{near}"?' if near else ""),
            instead or ("" if near else "reportrunner explain kaltura.report.getTable lists them"),
        )
    return wire_id


ObjectIds = Annotated[list[Annotated[str, separable(DELIMITER)]], listed("objectIds", DELIMITER)]
Report = Annotated[str, BeforeValidator(_report), Field(description="Name or wire id of the report type")]
Dst = Literal["refuse", "split"]
_NAMES = ("object_id", "device", "os", "custom_var")
"""What objectIds of some reports are instead of ids: names, in which a comma may stand."""


def refuse_commas(report: ReportType, object_ids: Sequence[str]) -> None:
    """Raise Hinted for an id with a comma: it would be one that nothing has, and the answer empty (kaltura.md §6)."""
    for value in object_ids:
        pieces = ", ".join(f'"{piece.strip()}"' for piece in value.split(",") if piece.strip())
        if "," in value and not report.object_ids.startswith(_NAMES):
            message = f'"{value}" would be one id: nothing here separates values by commas'
            raise Hinted(message, f"write {pieces}" if pieces else "remove it", key="objectIds", at="value")


class ReportDataset(KalturaDataset):
    """Keys common to the calls of the report service."""

    familiar: ClassVar[Mapping[str, str]] = {
        "reportType": 'is spelt report here; write report = "USER_TOP_CONTENT", or a wire id',
        "reportInputFilter": "is spelt filters here; write filters = { ... }",
        "pager": "is not needed: all pages are fetched",
        "timeZoneOffset": "is computed from the job's timezone; remove it",
        "responseOptions": "are chosen here; remove them",
        "dimension": "is ignored by the service; remove it",
    }
    window: str
    report: Report
    objectIds: ObjectIds = Field(default=[], description="Entry ids, unless the report says otherwise")  # noqa: N815

    @model_validator(mode="after")
    def _apart(self) -> Self:
        given = write_filter(getattr(self, "filters", None))
        texts = [DELIMITER.join(self.objectIds), *(str(text) for _, text in given)]
        if self.report.startswith("quiz.") and any(sign in text for text in texts for sign in (DELIMITER, ",")):
            raise Hinted(
                f"{self.type.name} separates values by commas, unlike every other report", "ask one value at a time"
            )
        refuse_commas(self.type, self.objectIds)
        return self

    @property
    def type(self) -> ReportType:
        """The report type as the catalogue knows it."""
        return report_types()[self.report]


class BucketedDataset(ReportDataset):
    """Keys of calls that can answer by buckets of time."""

    interval: Interval | None = Field(default=None, description="Length of the buckets; days when left out")
    dst: Dst = Field(
        default="refuse", description="What to do when the offset of the zone changes inside the window: split it"
    )

    def way_to_split(self, *, spills: bool) -> str:
        """Say what to type where the offset changes; a bucket that `spills` is put together from two."""
        return f"let the runner cut it: {self._split(spills=spills)}"

    def _split(self, *, spills: bool) -> str:
        return 'dst = "split" and interval = "hours"' if spills and not self.adds_up else 'dst = "split"'

    @property
    def adds_up(self) -> bool:
        """Whether everything that is asked may be added up over two buckets."""
        return True

    @property
    def buckets(self) -> Interval:
        """The length of its buckets."""
        return self.interval or "days"


def question(parameters: ReportDataset, filters: ReportFilters | None, of: Slice, *, bucketed: bool) -> Pairs:
    """Write what table, total and graphs of one question share, for one slice of its window."""
    object_ids = (("objectIds", DELIMITER.join(parameters.objectIds)),) if parameters.objectIds else ()
    interval = parameters.interval if isinstance(parameters, BucketedDataset) and bucketed else None
    return (
        ("reportType", parameters.report),
        *write_filter(filters),
        *dates(of, by_day=bucketed and interval in {None, "days", "months", "years"}),
        *((("reportInputFilter[interval]", interval),) if interval else ()),
        ("responseOptions[objectType]", "KalturaReportResponseOptions"),
        ("responseOptions[delimiter]", DELIMITER),
        ("responseOptions[skipEmptyDates]", "false"),
        *object_ids,
    )


def slices_of(ask: Ask, parameters: ReportDataset, *, bucketed: bool) -> tuple[Slice, ...]:
    """Return the slices of the ask's window: one, unless the job lets a change of offset split its buckets."""
    assert ask.window is not None
    if not bucketed or not isinstance(parameters, BucketedDataset):
        return whole(ask.window)
    if parameters.dst == "split":
        return cut(ask.window, parameters.buckets)
    try:
        return (Slice(ask.window, ask.window.utc_offset),)
    except WindowError as error:
        spills = any(of.spills for of in cut(ask.window, parameters.buckets))
        raise WindowError(f"{error.message}; or {parameters.way_to_split(spills=spills)}") from None


def dst_choice(ask: Ask, *, bucketed: bool) -> tuple[Choice, ...]:
    """Return what the job chose where the offset changes inside a window of buckets."""
    parameters, window = ask.parameters, ask.window
    assert isinstance(parameters, ReportDataset)
    assert window is not None
    parts = len(slices_of(ask, parameters, bucketed=bucketed))
    words = f"the offset of {window.zone} changes at {clock_change(window)}, and the window is asked in {parts} parts"
    return (Choice("dst", "split", words),) if parts > 1 else ()


def same_question(parameters: EndpointDataset) -> str:
    """Return what a table and an export of the same question share."""
    assert isinstance(parameters, BucketedDataset)
    keys = {"report", "objectIds", "filters", "interval", "window", "impersonate", "role", "privileges"}
    return parameters.model_dump_json(include=keys)


def total_columns(parameters: EndpointDataset) -> tuple[Column, ...]:
    """Return the columns of a report's total."""
    assert isinstance(parameters, ReportDataset)
    return report_columns(parameters.report, parameters.type.total_columns or ())


def vod_only(parameters: EndpointDataset) -> tuple[tuple[str, str], ...]:
    """Tell of a report that counts on-demand plays only, because nothing else was said (kaltura.md §5.6)."""
    assert isinstance(parameters, ReportDataset)
    report, filters = parameters.type, getattr(parameters, "filters", None)
    if report.default_playback_types == ("vod",) and getattr(filters, "playbackTypeIn", None) is None:
        ways = 'write playbackTypeIn = ["vod", "live", "dvr"] to count all, or ["vod"] to say that this is meant'
        return (("kaltura.vod_only", f"{report.name} counts on-demand plays only unless told otherwise; {ways}"),)
    return ()


def meanings(parameters: EndpointDataset, columns: tuple[Column, ...]) -> tuple[str, ...]:
    """Say beside the numbers what a guide gets wrong, which of them no source defines, and which are estimates."""
    assert isinstance(parameters, ReportDataset)
    hint = report_hint(parameters.report)
    unknown = tuple(f"{column.name}: {column.description}" for column in columns if column.source.endswith("(unknown)"))
    estimates = [column.name for column in columns if column.approximate]
    said = tuple(words for words in (hint, scope(parameters)) if words)
    return said + unknown + ((f"estimated by the service: {', '.join(estimates)}",) if estimates else ())


def reports_with(kind: str) -> Callable[[], tuple[tuple[str, str, str], ...]]:
    """Return what lists the report types that have this kind of columns."""
    return lambda: tuple(
        (report.wire, report.name, report.description) for report in report_types().values() if getattr(report, kind)
    )
