"""`report.getGraphs`: series of one report, landed as one table with a column per series (kaltura.md §5.4)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar, Literal, Self

from pydantic import field_validator, model_validator

from reportrunner.ask import Ask, Endpoint
from reportrunner.delimited import typed_rows, unreadable
from reportrunner.diagnose import Hinted
from reportrunner.flow import Done, Flow, Refused, Reply, Request, Verdict
from reportrunner.providers.kaltura import wire
from reportrunner.providers.kaltura.buckets import Slice, date_column, outside
from reportrunner.providers.kaltura.catalogue import DELIMITER, report_columns, report_types
from reportrunner.providers.kaltura.dataset import fetch_together
from reportrunner.providers.kaltura.filters import GraphFilters
from reportrunner.providers.kaltura.hints import report_hint, scope
from reportrunner.providers.kaltura.question import (
    BucketedDataset,
    dst_choice,
    meanings,
    question,
    reports_with,
    slices_of,
    vod_only,
)
from reportrunner.providers.kaltura.rows import Row, merged, silent
from reportrunner.providers.kaltura.total import DAYS
from reportrunner.spec import EndpointDataset
from reportrunner.table import Column, ColumnType, Rows, declare
from reportrunner.verdict import excerpt
from reportrunner.window import Window
from reportrunner.window.span import WindowError

PAIRED = "multi_by_date_id"
"""Kind of graph whose points hold several names each, joined with commas whatever the delimiter is."""


class GetGraphs(BucketedDataset):
    """`report.getGraphs`: the series of a report."""

    diagnostic_owner: ClassVar[str] = "report.getGraphs"
    unpacked: ClassVar[str] = (
        "graphs are one series per answer, and series of packs are not added up"
        "; remove pack: each then gives a series per value"
    )
    endpoint: Literal["report.getGraphs"]
    filters: GraphFilters | None = None

    @field_validator("report")
    @classmethod
    def _has_graphs(cls, value: str) -> str:
        if not report_types()[value].graph_ids:
            raise Hinted(f"{report_types()[value].name} has no graphs", 'ask endpoint = "report.getTable"')
        return value

    @model_validator(mode="after")
    def _buckets(self) -> Self:
        kind = self.kind
        if self.interval is not None and "date" not in kind:
            message = f"the graphs of {self.type.name} are no series of time, so {self.interval} changes nothing"
            raise Hinted(message, "remove it", key="interval", at="value")
        if kind == PAIRED and self.interval not in {None, "days"}:
            message = (
                f"the graphs of {self.type.name} are labelled by day whatever is asked, and names repeat in a point"
            )
            raise Hinted(message, 'write interval = "days"', key="interval", at="value")
        if self.type.joined and self.interval not in {None, "days", "months"}:
            message = f"{self.type.name} answers zeros for {self.interval}"
            raise Hinted(message, 'write interval = "days"', key="interval", at="value")
        return self

    @property
    def kind(self) -> str:
        """What its points stand for; objectIds make those of a drill-down names (kaltura.md §5.4)."""
        kind = self.type.graph_kind
        return "multi_by_name" if kind == PAIRED and self.objectIds else kind

    @property
    def adds_up(self) -> bool:
        """Whether everything that is asked may be added up over two buckets."""
        return all(column.additive for column in report_columns(self.report, self.series))

    @property
    def series(self) -> tuple[str, ...]:
        """The series: ids of graphs, or the points of the one graph whose points are metrics."""
        return self.type.graph_points if self.kind == "by_name" else self.type.graph_ids or ()


def graph_columns(parameters: EndpointDataset) -> tuple[Column, ...]:
    """Return the columns: what a point stands for, then a column per series."""
    assert isinstance(parameters, GetGraphs)
    return _columns(parameters, 0)


def _columns(parameters: GetGraphs, offset: int) -> tuple[Column, ...]:
    return (*_labels(parameters, offset), *report_columns(parameters.report, parameters.series))


def _labels(parameters: GetGraphs, offset: int) -> tuple[Column, ...]:
    """Return the columns that name a point."""
    name = Column("name", ColumnType.STRING, "", None, None, "what the point stands for", "kaltura.md §5.4")
    date = date_column(parameters.buckets, parameters.type.family, offset)
    match parameters.kind:
        case "by_name":
            return ()
        case "multi_by_name":
            return (name,)
        case "multi_by_date_id":
            return (date, name)
        case _:
            return (date,)


def unfold_graphs(ask: Ask) -> Flow:
    """Return the flow of graphs: one call per slice."""
    parameters = ask.parameters
    assert isinstance(parameters, GetGraphs)
    assert ask.window is not None
    bucketed = "date" in parameters.kind
    slices = slices_of(ask, parameters, bucketed=bucketed)
    wrong = [column.name for column in report_columns(parameters.report, parameters.series) if not column.additive]
    for of in slices:
        if of.spills and wrong:
            raise WindowError(
                f"{of.bucket} is longer than the service's {parameters.buckets}, and what it counts beyond cannot be"
                f' added to {", ".join(wrong)}; write interval = "hours", or end the window before that day'
            )
    requests = [
        wire.call(
            "report",
            "getGraphs",
            question(parameters, parameters.filters, of, bucketed=bucketed),
            part=f"{number:03d}" if len(slices) > 1 else "",
        )
        for number, of in enumerate(slices)
    ]
    judge = GraphJudge(parameters.type.graph_ids or ())
    columns = declare(graph_columns(parameters), parameters.columns)
    read = GraphReader(
        columns, tuple((of, declare(_columns(parameters, of.offset), parameters.columns)) for of in slices),
        len(_labels(parameters, 0)), parameters.kind, parameters.series, ask.window if bucketed else None,
    )  # fmt: skip
    return fetch_together(ask, tuple(requests), judge, read)


@dataclass(frozen=True, slots=True)
class GraphJudge:
    """Judges a list of graphs: each known one must be there, as text."""

    ids: tuple[str, ...]

    def __call__(self, _: Request, reply: Reply) -> Verdict:
        """Judge a reply."""
        answer, verdict = wire.judge_answer(reply)
        if verdict is not None:
            return verdict
        if not isinstance(answer, list) or not all(_is_graph(item) for item in answer):
            return Refused("unreadable", f"the answer is no list of graphs: {excerpt(reply.body)}")
        found = {item["id"] for item in answer}
        missing = [name for name in self.ids if name not in found]
        if missing:
            return Refused("unreadable", f"there is no graph {', '.join(missing)}; there is {', '.join(sorted(found))}")
        return Done()


def _is_graph(item: object) -> bool:
    return isinstance(item, dict) and isinstance(item.get("id"), str) and isinstance(item.get("data"), str)


@dataclass(frozen=True, slots=True)
class GraphReader:
    """Reads graphs into one table."""

    columns: tuple[Column, ...]
    slices: tuple[tuple[Slice, tuple[Column, ...]], ...]
    labels: int
    """How many columns name a point."""
    kind: str
    series: tuple[str, ...]
    window: Window | None
    """The window that labels of time must lie in; none where they are no time."""

    def __call__(self, replies: tuple[Reply, ...]) -> Rows:
        """Read every slice; ProviderError for a point that is none, comes twice, or lies outside the window."""
        parts: list[list[Row]] = []
        for part, group in groupby(replies, key=lambda reply: reply.part):
            of, columns = self.slices[int(part or 0)]
            cells = self._cells(json.loads(next(group).body))
            found = list(typed_rows([c.name for c in columns], cells, columns).rows)
            parts.append(self._within(found, of))
        notes = tuple(silent(parts)) if self.window is not None else ()
        return Rows(self.columns, [row for rows in parts for row in rows], notes)

    def _cells(self, answer: Sequence[dict[str, Any]]) -> list[list[str]]:
        if self.kind == "by_name":
            found = [point for item in answer for point in self._points(item["data"])]
            points = dict(found)
            if len(points) < len(found):
                raise unreadable("the graph has two points of one name")
            return [[points.get(name, "") for name in self.series]] if points else []
        graphs = {item["id"]: item["data"] for item in answer}
        table: dict[tuple[str, ...], dict[str, str]] = {}
        for name in self.series:
            for label, value in self._named_points(graphs[name]):
                cell = table.setdefault(label, {})
                if name in cell:
                    raise unreadable(f"the graph {name} has two points for {' '.join(label)}")
                cell[name] = value
        return [[*label, *(cell.get(name, "") for name in self.series)] for label, cell in table.items()]

    def _named_points(self, data: str) -> Iterator[tuple[tuple[str, ...], str]]:
        for x, y in self._points(data):
            if self.kind != PAIRED:
                yield (x,), y
                continue
            for pair in filter(None, y.split(",")):
                name, colon, value = pair.rpartition(":")
                if not colon:
                    raise unreadable(f'the point {x} holds "{pair}", which names nothing')
                yield (x, name), value

    def _points(self, data: str) -> Iterator[tuple[str, str]]:
        """Split a graph into points: each ends in `;`, and the first delimiter parts it (kaltura.md §5.4)."""
        pieces = data.split(";")
        if pieces.pop():
            raise unreadable("a graph ends inside a point: every point ends in a semicolon")
        for piece in pieces:
            x, delimiter, y = piece.partition(DELIMITER)
            if not delimiter:
                raise unreadable(f'the point "{piece}" has no value')
            yield x, y

    def _within(self, rows: list[Row], of: Slice) -> list[Row]:
        """Make a bucket with a change of offset inside one row, and hold the labels against the window."""
        if self.window is None:
            return rows
        if of.bucket is not None and rows:
            label = min((row[0] for row in rows), key=str)
            names = [column.name for column in self.columns[: self.labels]]
            rows = merged([(label, *row[1:]) for row in rows], self.columns, names)
        for row in rows:
            if outside(row[0], self.window):
                raise unreadable(f"a point is labelled {row[0]}, which is outside the window {self.window.label}")
        return rows


def _key(parameters: EndpointDataset) -> tuple[str, ...]:
    assert isinstance(parameters, GetGraphs)
    return tuple(column.name for column in _labels(parameters, 0))


GRAPHS = Endpoint(
    name="report.getGraphs",
    summary="The series of a report, a column for each",
    parameters=GetGraphs,
    unfold=unfold_graphs,
    columns=graph_columns,
    reports=reports_with("graph_ids"),
    report_columns=lambda wire_id: graph_columns(GetGraphs.model_construct(report=wire_id)),
    key=_key,
    findings=vod_only,
    notes=lambda parameters: meanings(parameters, graph_columns(parameters)),
    hint=scope,
    report_note=report_hint,
    days=DAYS,
    choices=lambda ask: dst_choice(ask, bucketed="date" in getattr(ask.parameters, "kind", "")),
    permissions="ANALYTICS_BASE, or KMC_READ_ONLY",
    traps=(
        "empty days are asked for: the service leaves them out by itself",
        "labels are day ids such as 20260601, never dashed, or seconds in other families: they are read as dates",
        "points of devices hold several names each, joined with commas whatever the delimiter is",
    ),
)
ENDPOINTS = (GRAPHS,)
