"""Worlds written by hand, and what a job's own SQL makes of them: for what the stand-in never shows.

A file in `worlds/` is of one job. Its tables are text: names of columns, then rows, cells set apart by bars. An empty
cell is null, and in quotes a text keeps its blanks: '' has no letters. `given` are datasets that are no SQL: those of
the file, then those of a world; one that is not given is empty. `instead` are datasets that another rule would have
made. `gives` says what datasets made by SQL hold, as far as columns are named, and `finds` what the job's checks find,
all of it: severity, then the first rows as a person reads them.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from full.project import MOMENTS
from showcase import AS_OF, ROOT

from reportrunner.ask import InlineNode, QueryNode
from reportrunner.cell import parse_cell
from reportrunner.check import run_checks
from reportrunner.duck import Duck, quoted, reading
from reportrunner.job import Moment
from reportrunner.load import Given
from reportrunner.plan import RunPlan
from reportrunner.prepare import Bench, Order, prepare
from reportrunner.query import SqlText
from reportrunner.report import Finding
from reportrunner.table import Column, Rows, Value
from reportrunner.table_file import to_value
from reportrunner.transform.child import Child
from reportrunner.transform.rules import CLOCK
from reportrunner.transform.wire import encode

WORLDS = Path(__file__).parent / "worlds"
WALL = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
Cells = tuple[Value, ...]


@dataclass(frozen=True)
class World:
    """Tables that a job might be given one day, and what it must say of them."""

    job: str
    says: str
    given: Mapping[str, str] = field(default_factory=dict)
    instead: Mapping[str, str] = field(default_factory=dict)
    gives: Mapping[str, str] = field(default_factory=dict)
    finds: Mapping[str, Sequence[str]] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    as_of: str = ""

    @property
    def plan(self) -> RunPlan:
        """The job as it would run in this world."""
        return _plan(self.job, self.as_of or MOMENTS.get(self.job, AS_OF), tuple(self.params.items()))


def worlds_of(job: str) -> Iterator[World]:
    """Yield the worlds of a job, `events/roi`."""
    data = tomllib.loads((WORLDS / f"{job.replace('/', '-')}.toml").read_text("utf-8"))
    of_all: dict[str, str] = data.get("given", {})
    for world in data["world"]:
        yield World(job, **{**world, "given": {**of_all, **world.get("given", {})}})


class Seen(Child):
    """The tables of a world, and what the job makes of them: its SQL is staged as a run stages it, in this process."""

    def __init__(self, world: World, duck: Duck) -> None:
        """Write down what is given, then make what is made, each after what it is made of."""
        self.duck, self.schemas = duck, {}
        self._plan = world.plan
        as_of = self._plan.job.as_of
        for name, kind in CLOCK.items():
            now = f"timestamptz '{as_of}'" if kind.endswith("tz") else f"timestamp '{as_of.replace(tzinfo=None)}'"
            duck.run(f"create macro {name}() as cast({now} as {kind})")
        made = {name: node for name, node in self._plan.nodes.items() if isinstance(node, QueryNode)}
        for name, node in self._plan.nodes.items():
            if not isinstance(node, QueryNode):
                of_job = node.rows.rows if isinstance(node, InlineNode) else ()
                self._declare(name, node.columns)
                duck.append(name, of_job or _cells(world.given.get(name, ""), node.columns))
        assert world.given.keys() <= self.schemas.keys(), "what is given is no SQL"
        while made:
            name = next(name for name, node in made.items() if set(node.inputs) <= self.schemas.keys())
            node = made.pop(name)
            if name in world.instead:
                self._declare(name, node.columns)
                duck.append(name, _cells(world.instead[name], node.columns))
                continue
            columns, order = self._stage(_request(node.sql, node.order))
            self._declare(name, columns)
            duck.run(f"insert into {quoted(name)} select * from temp.result order by {order}")

    def as_written(self, name: str, text: str) -> tuple[list[Cells], list[Cells]]:
        """Return the rows of a written table, and those of a dataset in the columns that are written."""
        of = {column.name: column for column in self.schemas[name]}
        columns = [of[word] for word in _lines(text)[0]]
        found = self.duck.fetch(f"select {reading(columns)} from {quoted(name)}")
        return list(_cells(text, columns)), [_values(row, columns) for row in found]

    def findings(self) -> list[Finding]:
        """Return what the job's own checks find wrong."""
        return [one for one in run_checks(self._plan.checks, self._ask) if one.severity != "ok"]

    def _ask(self, sql: SqlText, limit: int | None) -> tuple[Rows, int]:
        columns, order = self._stage(_request(sql))
        end = "" if limit is None else f" limit {limit}"
        found = self.duck.fetch(f"select {reading(columns)} from temp.result order by {order}{end}")
        total: int = self.duck.fetch("select count(*) from temp.result")[0][0]
        return Rows(columns, [_values(row, columns) for row in found]), total


def _request(sql: SqlText, order: Sequence[str] = ()) -> dict[str, Any]:
    parameters = {name: encode(value) for name, value in sql.parameters.items()}
    return {"sql": sql.text, "parameters": parameters, "order": order}


def _values(row: Sequence[Any], columns: Sequence[Column]) -> Cells:
    return tuple(to_value(cell, column.type) for cell, column in zip(row, columns, strict=True))


def _cells(text: str, columns: Sequence[Column]) -> Iterator[Cells]:
    """Yield the rows of a written table as a dataset has them; a column that is not written is null."""
    head, *lines = _lines(text) or [[]]
    assert set(head) <= {column.name for column in columns}, f"no such columns: {set(head)}"
    for line in lines:
        cells = dict(zip(head, line, strict=True))
        yield tuple(_value(cells.get(column.name, ""), column) for column in columns)


def _value(text: str, column: Column) -> Value:
    if len(text) > 1 and text[0] == text[-1] == "'":
        return parse_cell(text[1:-1], column.type)
    return parse_cell(text, column.type) if text else None


def _lines(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in text.splitlines() if line.strip()]


@cache
def _plan(job: str, as_of: str, params: tuple[tuple[str, str], ...]) -> RunPlan:
    order = _order(job, as_of, dict(params))
    return prepare(order, _bench()).plan


@cache
def _bench() -> Bench:
    """What all jobs have in common: their SQL and templates are read and bound once."""
    return Bench(_order("events/roi", AS_OF, {}))


def _order(job: str, as_of: str, params: dict[str, Any]) -> Order:
    shown = f"jobs/{job}.toml"
    return Order(ROOT / shown, ROOT, shown, "", Moment(as_of, WALL, sandbox=True), Given(params, {}))
