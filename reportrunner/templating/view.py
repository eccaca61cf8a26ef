"""A report as templates see it: rows whose cells have names, and names that answer a misspelling."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from reportrunner.report import Finding, FindingSeverity, Report, SourceNote
from reportrunner.table import Column, Value
from reportrunner.window import Window

Item = TypeVar("Item")


class Row:
    """One row: `row.manager` or `row["manager"]`. It has no public method, so no column name is taken."""

    __slots__ = ("_rows", "_values")

    def __init__(self, values: tuple[Value, ...], rows: Rows) -> None:
        """Keep the values and the rows they stand in, which know the columns."""
        self._values = values
        self._rows = rows

    def __getitem__(self, key: str | int) -> Value:
        """Return the cell of that column; KeyError when there is none."""
        return self._values[self._rows.places[key] if isinstance(key, str) else key]

    def __iter__(self) -> Iterator[Value]:
        """Go through the cells in the order of the columns."""
        return iter(self._values)

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self._values)


class Rows(Sequence[Row]):
    """The rows of a dataset in their order."""

    __slots__ = ("columns", "places", "values")

    def __init__(self, columns: tuple[Column, ...], values: Sequence[tuple[Value, ...]]) -> None:
        """Keep the values as they are; rows are made when somebody looks."""
        self.columns = columns
        self.values = values
        self.places = {column.name: place for place, column in enumerate(columns)}

    def __getitem__(self, key: Any) -> Any:
        """Return a row, or rows for a slice."""
        if isinstance(key, slice):
            return Rows(self.columns, self.values[key])
        return Row(self.values[key], self)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.values)

    def __iter__(self) -> Iterator[Row]:
        """Go through the rows."""
        return (Row(values, self) for values in self.values)


class Names(Generic[Item]):
    """Things by name: `report.datasets.overdue`. It has no public method, so no name is taken."""

    __slots__ = ("_items", "_what")

    def __init__(self, items: Mapping[str, Item], what: str) -> None:
        """Keep the things in the order of the job; `what` is one of them in words."""
        self._items = dict(items)
        self._what = what

    def __getitem__(self, name: str) -> Item:
        """Return the thing of that name; KeyError when there is none."""
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return iter(self._items)

    def __contains__(self, name: object) -> bool:
        """Say whether there is such a name."""
        return name in self._items

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._items)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A landed dataset: `dataset.{name, description, columns, rows, total_rows, findings, window}`."""

    name: str
    description: str
    columns: tuple[Column, ...]
    rows: Rows
    total_rows: int
    findings: tuple[Finding, ...]
    window: Window | None


@dataclass(frozen=True, slots=True)
class ReportView:
    """What a template calls `report` (`explain report`)."""

    job: str
    title: str
    label: str
    timezone: str
    as_of: dt.datetime
    params: Names[object]
    windows: Names[Window]
    datasets: Names[Dataset]
    checks: tuple[Finding, ...]
    findings: tuple[Finding, ...]
    sources: tuple[SourceNote, ...]
    provenance: Names[str]
    sandbox: bool
    status: FindingSeverity


FIELDS: Mapping[str, tuple[str, ...]] = {
    "report": tuple(ReportView.__dataclass_fields__),
    "dataset": tuple(Dataset.__dataclass_fields__),
}


def view(report: Report) -> ReportView:
    """Return the report as templates see it."""
    datasets = {
        name: Dataset(
            found.name,
            found.description,
            found.columns,
            Rows(found.columns, found.rows),
            found.total_rows,
            found.findings,
            found.window,
        )
        for name, found in report.datasets.items()
    }
    return ReportView(
        job=report.job,
        title=report.title,
        label=report.label,
        timezone=report.timezone,
        as_of=report.as_of,
        params=Names(report.params, "param"),
        windows=Names(report.windows, "window"),
        datasets=Names(datasets, "dataset"),
        checks=report.checks,
        findings=report.findings,
        sources=report.sources,
        provenance=Names(report.provenance, "fact"),
        sandbox=report.sandbox,
        status=report.status,
    )


def gather(rows: object) -> Rows | None:
    """Return what a template hands a table or a chart as rows; None when it is neither dataset nor rows."""
    if isinstance(rows, Dataset):
        return rows.rows
    if isinstance(rows, Rows):
        return rows
    if isinstance(rows, str) or not isinstance(rows, Iterable):
        return None
    listed = list(rows)
    if not all(isinstance(row, Row) for row in listed):
        return None
    columns = listed[0]._rows.columns if listed else ()  # noqa: SLF001
    return Rows(columns, [row._values for row in listed])  # noqa: SLF001


def cells(rows: Rows, column: str) -> list[Value]:
    """Return one column's cells; KeyError when there is no such column."""
    place = rows.places[column]
    return [values[place] for values in rows.values]
