"""Table files: a written one made durable and immutable, and the values read back from it."""

# ruff: noqa: S608 - names are written by `quoted`

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from reportrunner.cell import SCALES, plain
from reportrunner.disk import sync
from reportrunner.duck import DATA, Duck, borrowed, quoted, reading
from reportrunner.errors import OutputError, SqlError
from reportrunner.table import Column, ColumnType, Table, Value

IN_MEMORY = 20_000
"""Rows of a table that a document may keep in memory."""
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@contextmanager
def aside(file: Path, name: str) -> Iterator[tuple[Path, Path]]:
    """Give the place in which a table is written before `seal` names it, and a folder for what memory does not hold.

    Both are gone afterwards. OutputError when the disk refuses.
    """
    partial = file.with_name(file.name + ".partial")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        spill = Path(tempfile.mkdtemp(prefix=".spill-", dir=file.parent))
    except OSError as error:
        raise OutputError(f'cannot write the table of dataset "{name}": {error.strerror}') from error
    try:
        yield partial, spill
    finally:
        partial.unlink(missing_ok=True)
        shutil.rmtree(spill, ignore_errors=True)


def seal(partial: Path, file: Path, name: str, columns: tuple[Column, ...]) -> Table:
    """Hash and count the written table file, make it durable, and give it its final name in one step."""
    try:
        with borrowed() as duck:
            duck.attach(partial, "t")
            digest = duck.digest(columns, "t")
            rows = duck.fetch(f"select count(*) from t.{DATA}")[0][0]
        sync(partial)
        partial.replace(file)
        sync(file.parent)
    except (OSError, SqlError) as error:
        raise OutputError(f'cannot write the table of dataset "{name}": {error}') from error
    return Table(name, columns, file, rows, digest)


def iter_rows(table: Table, chunk: int = 10_000, limit: int | None = None) -> Iterator[tuple[Value, ...]]:
    """Yield the rows in stored order; timestamps aware in UTC, decimals without trailing zeros."""
    turned = [(n, _CELLS[c.type]) for n, c in enumerate(table.columns) if c.type in _CELLS]
    end = "" if limit is None else f" limit {limit:d}"
    with opened(table) as duck:
        for rows in duck.chunks(f"select {reading(table.columns)} from t.{DATA}{end}", chunk):
            if not turned:
                yield from rows
                continue
            for row in rows:
                cells = list(row)
                for n, turn in turned:
                    if cells[n] is not None:
                        cells[n] = turn(cells[n])
                yield tuple(cells)


def rows(table: Table, limit: int | None = None) -> list[tuple[Value, ...]]:
    """Return all rows, or the first `limit`, in stored order."""
    return list(iter_rows(table, limit=limit))


class StoredRows(Sequence[tuple[Value, ...]]):
    """The rows of a large table, read when somebody goes through them; a part that is asked for is read each time."""

    def __init__(self, table: Table) -> None:
        """Read nothing yet."""
        self._table = table

    def __len__(self) -> int:
        """Return the number of rows."""
        return self._table.rows

    def __iter__(self) -> Iterator[tuple[Value, ...]]:
        """Go through the rows, a chunk in memory at a time."""
        return iter_rows(self._table)

    def __getitem__(self, key: Any) -> Any:
        """Return a row, or the rows of a slice as a tuple."""
        if isinstance(key, slice):
            start, stop, step = key.indices(len(self))
            if step == 1:
                return tuple(islice(iter_rows(self._table, limit=max(stop, 0)), start, None))
            return tuple(self)[key]
        place = range(len(self))[key]
        return next(islice(iter_rows(self._table, limit=place + 1), place, None))


def stored(table: Table) -> Sequence[tuple[Value, ...]]:
    """Return the rows for a document: those of a small table in memory, those of a large one where they lie."""
    return tuple(rows(table)) if table.rows <= IN_MEMORY else StoredRows(table)


def column_values(table: Table, column: str) -> list[Value]:
    """Return the distinct values of a column that are not null, in the order of their first row."""
    kind = table.column(column).type
    name, cell = quoted(column), _CELLS.get(kind)
    read = reading([table.column(column)])
    with opened(table) as duck:
        found = duck.fetch(
            f"select {read} from (select {name}, min(rowid) as r from t.{DATA} where {name} is not null group by 1) "
            "as v order by v.r"
        )
    return [value if cell is None else cell(value) for (value,) in found]


def null_count(table: Table, column: str) -> int:
    """Return how many rows have no value in `column`."""
    with opened(table) as duck:
        return int(duck.fetch(f"select count(*) from t.{DATA} where {quoted(column)} is null")[0][0])


def duplicates(table: Table, key: Sequence[str], *, blanks: bool = False) -> int:
    """Return how many rows repeat the key of an earlier row; nulls count as equal.

    With `blanks`, rows in which a part of the key is null or empty are left out.
    """
    names = ", ".join(map(quoted, key))
    where = " and ".join(f"coalesce(cast({quoted(name)} as varchar), '') <> ''" for name in key) if blanks else "true"
    with opened(table) as duck:
        found = duck.fetch(
            f"select count(*), (select count(*) from (select distinct {names} from t.{DATA} where {where}))"
            f" from t.{DATA} where {where}"
        )[0]
    return int(found[0]) - int(found[1])


def sums(table: Table, columns: Sequence[str], only: Mapping[str, Value]) -> tuple[tuple[Value, ...], int]:
    """Return the sums of columns and the number of rows: of those rows where these columns have these values."""
    chosen = "".join(f", sum({quoted(name)})" for name in columns)
    values = {f"v{number}": value for number, value in enumerate(only.values())}
    held = " and ".join(f"{quoted(name)} is not distinct from ${v}" for name, v in zip(only, values, strict=True))
    with opened(table) as duck:
        found = duck.fetch(f"select count(*){chosen} from t.{DATA} where {held or 'true'}", values or None)[0]
    return tuple(found[1:]), int(found[0])


@contextmanager
def opened(table: Table) -> Iterator[Duck]:
    """Open a table file read-only as `t.data`; OutputError when it cannot be read."""
    try:
        with borrowed() as duck:
            duck.attach(table.file, "t")
            yield duck
    except SqlError as error:
        raise OutputError(f'cannot read the table of dataset "{table.name}": {error}') from error


def to_value(value: Any, kind: ColumnType) -> Value:
    """Turn a fetched cell of a `reading` into a value."""
    cell = _CELLS.get(kind)
    known: Value = value
    return known if cell is None or value is None else cell(value)


def _moment(microseconds: int) -> dt.datetime:
    return _EPOCH + dt.timedelta(microseconds=microseconds)


_CELLS: Mapping[ColumnType, Any] = {
    ColumnType.TIMESTAMP: _moment,
    **dict.fromkeys(SCALES, plain),
}
