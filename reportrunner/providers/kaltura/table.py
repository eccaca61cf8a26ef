"""`report.getTable`: its keys, and how it becomes a flow of pages, slices and the total it is held against."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from reportrunner.ask import Ask, Endpoint
from reportrunner.diagnose import Hinted
from reportrunner.flow import Flow, Request
from reportrunner.providers.kaltura import export, wire
from reportrunner.providers.kaltura.buckets import Slice, estimate
from reportrunner.providers.kaltura.catalogue import MAX_ROWS, PAGE_SIZE, report_columns, report_types
from reportrunner.providers.kaltura.dataset import fetch_together
from reportrunner.providers.kaltura.export_file import MOST
from reportrunner.providers.kaltura.filters import TableFilters
from reportrunner.providers.kaltura.hints import report_hint, scope
from reportrunner.providers.kaltura.paging import QUIZ_LIMIT, TableJudge
from reportrunner.providers.kaltura.question import (
    dst_choice,
    meanings,
    question,
    reports_with,
    same_question,
    slices_of,
    total_columns,
    vod_only,
)
from reportrunner.providers.kaltura.rows import Sliced, TableReader
from reportrunner.providers.kaltura.tabular import (
    TabularDataset,
    catalogued,
    header,
    not_additive,
    table_key,
    wanted_columns,
)
from reportrunner.providers.kaltura.total import DAYS, companion
from reportrunner.table import Column, additive_columns, declare
from reportrunner.window.span import WindowError

Large = Literal["error", "split", "csv"]
WAYS = f"a table has at most {MAX_ROWS:,} rows"


class GetTable(TabularDataset):
    """`report.getTable`: the rows of a report, all pages."""

    diagnostic_owner: ClassVar[str] = "report.getTable"
    endpoint: Literal["report.getTable"]
    filters: TableFilters | None = None
    large: Large = Field(
        default="error",
        description=f"What to do about more than {MAX_ROWS:,} rows: ask smaller windows and add up, or export as CSV",
    )

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.large == "split" and not self.bucketed:
            if not self.row_key:
                message = f"no source says what names a row of {self.type.name}, so parts of it cannot be put together"
                raise Hinted(message, 'write large = "csv", or narrow the window', key="large", at="value")
            if wrong := not_additive(self):
                message = f"{', '.join(wrong)} of {self.type.name} cannot be added up over smaller windows"
                fitting = [name for name in header(self) if name not in wrong]
                hint = f'write large = "csv", or select = {_listed(fitting)}'
                raise Hinted(message, hint, key="large", at="value")
        return self

    def way_to_split(self, *, spills: bool) -> str:
        """Say what to type where the offset changes: a file has one for all its buckets."""
        if self.large == "csv":
            return f'ask for pages: large = "error" with {self._split(spills=spills)}'
        return super().way_to_split(spills=spills)


def unfold_table(ask: Ask) -> Flow:
    """Return the flow of a table: pages of 500 whose window grows, per slice, and the total beside them."""
    parameters = ask.parameters
    assert isinstance(parameters, GetTable)
    assert ask.window is not None
    if parameters.large == "csv":
        columns = catalogued(parameters, ask.window.offset_at_start)
        return export.unfold_table_as_csv(ask, parameters, parameters.filters, columns)
    slices = slices_of(ask, parameters, bucketed=parameters.bucketed)
    requests = [_page(parameters, of, f"{n:03d}" if len(slices) > 1 else "") for n, of in enumerate(slices)]
    _check_slices(ask, parameters, slices)
    judged = _judged_total(parameters)
    also = (*requests[1:], *((companion(ask, parameters, parameters.filters),) if judged else ()))
    judge = TableJudge(parameters.type.name, parameters.large, _ways(parameters), quiz=_quiz(parameters))
    return fetch_together(ask, (requests[0], *also), judge, _reader(ask, parameters, slices, judged))


def _page(parameters: GetTable, of: Slice, part: str) -> Request:
    body = [
        *question(parameters, parameters.filters, of, bucketed=parameters.bucketed),
        *((("order", parameters.order),) if parameters.order else ()),
        ("pager[pageSize]", str(QUIZ_LIMIT if _quiz(parameters) else PAGE_SIZE)),
        ("pager[pageIndex]", "1"),
    ]
    return wire.call("report", "getTable", body, page=1, wave=1, part=part)


def _quiz(parameters: GetTable) -> bool:
    return parameters.report.startswith("quiz.")


def _judged_total(parameters: GetTable) -> tuple[Column, ...]:
    """Return the columns whose sums are held against the total; none where the job does that, or lives without it."""
    if parameters.reconcile or "unreconciled" in parameters.accept or _quiz(parameters) or parameters.type.joined:
        return ()
    total = total_columns(parameters)
    names = additive_columns(wanted_columns(parameters), total)
    return tuple(column for column in total if column.name in names)


def _reader(ask: Ask, parameters: GetTable, slices: tuple[Slice, ...], judged: tuple[Column, ...]) -> TableReader:
    return TableReader(
        columns=declare(wanted_columns(parameters), parameters.columns),
        header=tuple(column.name for column in catalogued(parameters)),
        slices=tuple(Sliced(of, declare(catalogued(parameters, of.offset), parameters.columns)) for of in slices),
        window=ask.window,
        total=judged,
        key=parameters.row_key,
        buckets=parameters.bucketed,
        quiz=_quiz(parameters),
        counted=parameters.type.total_count == "row count",
    )


def _check_slices(ask: Ask, parameters: GetTable, slices: tuple[Slice, ...]) -> None:
    """Refuse at plan time what no answer could be right for."""
    assert ask.window is not None
    wrong = not_additive(parameters)
    for of in slices:
        if of.spills and wrong:
            raise WindowError(
                f"{of.bucket} is longer than the service's {parameters.buckets}, and what it counts beyond cannot be"
                f' added to {", ".join(wrong)}; select columns that add up, or write interval = "hours"'
            )
    if parameters.bucketed and parameters.large == "error":
        rows = estimate(ask.window, parameters.buckets)
        if rows >= MAX_ROWS:
            ways = _ways(parameters, exported=rows < MOST)
            raise WindowError(f"{rows:,} buckets are more than a table can page to ({MAX_ROWS:,}); {ways}")


def _ways(parameters: GetTable, *, exported: bool = True) -> str:
    """Say which ways are open to more rows than a table can have."""
    ways = ["narrow the window or the filters"]
    if parameters.large == "error" and not _quiz(parameters):
        ways += ['write large = "csv"'] if exported else []
        if parameters.bucketed or (parameters.row_key and not not_additive(parameters)):
            ways.append('write large = "split"')
        elif parameters.row_key:
            ways.append('select columns that add up and write large = "split"')
    return ", or ".join(ways)


def _listed(names: list[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def rows_expected(ask: Ask) -> int | None:
    """Return how many rows a time series will have."""
    parameters = ask.parameters
    assert isinstance(parameters, GetTable)
    return estimate(ask.window, parameters.buckets) if parameters.bucketed and ask.window else None


TABLE = Endpoint(
    name="report.getTable",
    summary="Rows of a report, all pages",
    parameters=GetTable,
    unfold=unfold_table,
    columns=wanted_columns,
    reports=reports_with("table_columns"),
    report_columns=lambda wire_id: report_columns(wire_id, report_types()[wire_id].table_columns or ()),
    key=table_key,
    findings=vod_only,
    notes=lambda parameters: meanings(parameters, wanted_columns(parameters)),
    hint=scope,
    report_note=report_hint,
    question=same_question,
    lossy=("kaltura.lossy_text", "`;` and `|` arrive as blanks in a table"),
    rows=rows_expected,
    days=DAYS,
    choices=lambda ask: dst_choice(ask, bucketed=getattr(ask.parameters, "bucketed", False)),
    permissions="ANALYTICS_BASE",
    limits=(
        f"{MAX_ROWS:,} rows are the most a table can page to: more end the run with exit 4, unless large says else",
        f"a quiz report is asked once, for at most {QUIZ_LIMIT:,} rows: its pages come back whole, over and over",
    ),
    traps=(
        "a misspelt filter is ignored by the service: every filter is checked here",
        "totalCount is 0 or approximate: pages are fetched until a short one",
        "reports of the historical family count on-demand plays only, unless playbackTypeIn says otherwise",
        "`;` and `|` in names arrive as blanks: use a CSV export where exact names matter",
        "sums of columns that add up are held against the service's own total, asked in the same request",
    ),
)
ENDPOINTS = (TABLE,)
