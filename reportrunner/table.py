"""Tables as values: columns with their meaning, rows on their way in, and the handle of a landed file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

Value = str | int | Decimal | bool | dt.date | dt.datetime | None


class ColumnType(StrEnum):
    """The types of columns and params (DESIGN section 3)."""

    STRING = "string"
    INTEGER = "integer"
    DECIMAL = "decimal"
    RATIO = "ratio"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    """An instant; aware, stored in UTC."""
    DURATION = "duration"
    """An exact number of seconds."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a day or a moment is written: a format of strptime, and what has to be put behind the text first."""

    format: str
    suffix: str = ""
    length: int = 0
    """Characters of the text; 0: any number. Formats of digits alone would find a day in other digits too."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column and what is known of it; None and "" mean that no source says."""

    name: str
    type: ColumnType
    unit: str = ""
    additive: bool | None = None
    """Whether sums over rows mean anything: False for uniques, averages and ratios."""
    personal: bool | None = None
    description: str = ""
    source: str = ""
    """Where the meaning is written, such as `kaltura.md §5.6`."""
    approximate: bool = False
    """Whether the provider estimates it: distinct counts, and what is computed from them."""
    form: Form | None = None
    """How its cells are written in an answer, where that is not ISO 8601."""

    def with_personal(self) -> Column:
        """Return the same column marked as personal."""
        return replace(self, personal=True)


@dataclass(frozen=True, slots=True)
class Note:
    """What a reader noticed in an answer; becomes a finding with this code."""

    code: str
    message: str
    sample: tuple[str, ...] = ()
    """The first rows concerned, as text; for documents, not for manifests."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The provider's own word on an answer: the sums of some columns, and how many rows there are."""

    columns: tuple[Column, ...] = ()
    totals: tuple[Value, ...] = ()
    rows: int | None = None
    about: int | None = None
    """How many rows there are by an estimate."""
    most: int | None = None
    """An answer of this many rows has been cut."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Small answers: Python rows in the order of `columns`."""

    columns: tuple[Column, ...]
    rows: Sequence[tuple[Value, ...]]
    notes: tuple[Note, ...] = ()
    claim: Claim | None = None


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited text file is written."""

    delimiter: str = ","
    quote: str = '"'
    """Empty when the file knows no quoting."""
    header: bool = True
    null: str = ""
    skip: int = 0
    """Lines before the header."""
    guarded: bool = False
    """Whether cells that a spreadsheet would take for a formula carry an apostrophe in front."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """Large answers: a text file that the table engine reads itself, with explicit types."""

    columns: tuple[Column, ...]
    file: Path
    dialect: Dialect
    notes: tuple[Note, ...] = ()
    claim: Claim | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A landed dataset: one immutable file, its rows in their final order."""

    name: str
    columns: tuple[Column, ...]
    file: Path
    rows: int
    digest: str
    """SHA-256 over columns, types and rows in order: equal tables have equal digests, wherever they were landed."""

    def column(self, name: str) -> Column:
        """Return the column called `name`; KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Observation:
    """What one run saw of a dataset and kept; spans are Unix seconds, half-open."""

    into: str
    """The history that it was kept in."""
    job: str
    dataset: str
    origin: str
    question: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    as_of: dt.datetime
    seen: dt.datetime
    """When it was really asked; under the stand-in as_of."""
    start: int
    end: int
    """All rows of this span were asked for, none of what is outside it."""
    run: str
    rows: int
    digest: str
    """That of the landed table."""
    sandbox: bool
    file: Path = Path()


@dataclass(frozen=True, slots=True)
class Landed:
    """A landed dataset and what was noticed on the way."""

    table: Table
    notes: tuple[Note, ...] = ()
    kept: Observation | None = None
    """What of it was kept for later runs."""
    fed: tuple[Observation, ...] = ()
    """What it was read from, where it is a history."""
    gaps: str = ""
    """The days of its window that nothing it was read from covers, in words."""


def declare(known: tuple[Column, ...], given: Mapping[str, str]) -> tuple[Column, ...]:
    """Return the known columns with the job's own types, then the columns that only the job knows."""
    names = {column.name for column in known}
    typed = tuple(replace(c, type=ColumnType(given[c.name])) if c.name in given else c for c in known)
    return typed + tuple(Column(name, ColumnType(word)) for name, word in given.items() if name not in names)


def additive_columns(table: Iterable[Column], total: Iterable[Column]) -> tuple[str, ...]:
    """Return the columns of both whose sums over rows mean something."""
    names = {column.name for column in total}
    return tuple(column.name for column in table if column.additive and column.name in names)


def mark_personal(columns: tuple[Column, ...], personal: Iterable[str]) -> tuple[Column, ...]:
    """Return the columns with the job's own marks added."""
    marked = set(personal)
    return tuple(c.with_personal() if c.name in marked else c for c in columns)
