"""Land answers: rows or delimited text become a sealed table file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reportrunner import cell
from reportrunner.cell import CHECKS
from reportrunner.duck import Duck, DuckError, order_by, quoted, sql_type
from reportrunner.errors import OutputError, ProviderError
from reportrunner.land.bulk import first_fault, header_fault, reading_bulk
from reportrunner.table import Bulk, Column, Rows, Table, Value
from reportrunner.table_file import aside, seal

MEMORY = (64 * 2**20, 512 * 2**20)
"""Bytes to land in: rows beyond them are spilled, so that a million take hardly more than a few. Where one thread
cannot do with the first, such as for very long rows, it is done again with the second."""
_STAGE = "stage"


@dataclass(frozen=True, slots=True)
class Part:
    """One answer of many to the same question, and what its columns do not say: the value of `each`, the slice."""

    data: Rows | Bulk
    constants: tuple[tuple[Column, Value], ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the answer and of the constants, in that order."""
        return self.data.columns + tuple(column for column, _ in self.constants)


def land(data: Rows | Bulk | Sequence[Part], name: str, file: Path, order: tuple[str, ...]) -> Table:
    """Write the table of dataset `name`: ordered by `order`, then by all other columns, nulls first.

    ProviderError of kind "unreadable" for a value that does not fit its column (it names row or line and column);
    OutputError when the disk fails. `file` appears only when all of it is written.
    """
    parts = (Part(data),) if isinstance(data, Rows | Bulk) else tuple(data)
    columns = _agreed(parts, order)
    with aside(file, name) as (partial, spill):
        try:
            try:
                _fill(partial, spill, parts, name, order, MEMORY[0])
            except DuckError as error:
                if not _out_of_memory(error):
                    raise
                partial.unlink(missing_ok=True)
                _fill(partial, spill, parts, name, order, MEMORY[1])
            return seal(partial, file, name, columns)
        except DuckError as error:
            raise OutputError(f'cannot write the table of dataset "{name}": {error}') from error


def _fill(partial: Path, spill: Path, parts: Sequence[Part], name: str, order: tuple[str, ...], memory: int) -> None:
    columns = parts[0].columns
    with Duck(spill, threads=1, memory=memory) as duck:
        duck.attach(partial, "out", writable=True)
        declared = ", ".join(f"{quoted(c.name)} {sql_type(c.type)}" for c in columns)
        duck.run(f"create temp table {_STAGE} ({declared})")
        for part in parts:
            _stage(duck, part, name)
        duck.write(_STAGE, columns, order_by(columns, order))


def _out_of_memory(error: DuckError) -> bool:
    return error.detail.get("exception_type") == "Out of Memory"


def _agreed(parts: Sequence[Part], order: Sequence[str]) -> tuple[Column, ...]:
    if not parts:
        raise ValueError("an answer without parts has no columns; hand in Rows without rows")
    columns = parts[0].columns
    shape = [(c.name, c.type) for c in columns]
    if any([(c.name, c.type) for c in part.columns] != shape for part in parts):
        raise ValueError("the parts of an answer differ in their columns")
    names = [c.name.lower() for c in columns]
    if not columns or len(set(names)) < len(names):
        raise ValueError(f"no table can have these columns: {', '.join(c.name for c in columns)}")
    if missing := set(order) - {c.name for c in columns}:
        raise ValueError(f"the order names columns that are not there: {', '.join(sorted(missing))}")
    return columns


def _stage(duck: Duck, part: Part, name: str) -> None:
    if isinstance(part.data, Rows):
        duck.append(_STAGE, _checked(part, name))
        return
    if wrong := header_fault(part.data):
        raise unreadable_table(name, wrong)
    try:
        duck.run(f"insert into {_STAGE} {reading_bulk(part.data, part.constants)}")
    except DuckError as error:
        if _out_of_memory(error):
            raise
        raise unreadable_table(name, first_fault(part.data) or str(error).partition("\n")[0]) from None


def _checked(part: Part, name: str) -> Iterator[tuple[Value, ...]]:
    columns = part.columns
    tail = tuple(value for _, value in part.constants)
    checks: list[Callable[[Value], Value]] = [CHECKS[c.type] for c in columns]
    for number, row in enumerate(part.data.rows if isinstance(part.data, Rows) else (), start=1):
        try:
            yield tuple(
                [v if v is None else check(v) for check, v in zip(checks, row + tail, strict=True)],
            )
        except ValueError:
            raise unreadable_table(name, f"row {number}{_fault(row + tail, columns)}") from None


def _fault(row: Sequence[Value], columns: Sequence[Column]) -> str:
    if len(row) != len(columns):
        return f" has {len(row)} values for {len(columns)} columns"
    for value, column in zip(row, columns, strict=True):
        try:
            cell.check_value(value, column.type)
        except ValueError as error:
            return f', column "{column.name}": {error}'
    raise AssertionError(row)


def unreadable_table(name: str, what: str) -> ProviderError:
    """Return the error of a dataset whose answer does not fit its columns."""
    return ProviderError(f'dataset "{name}" cannot be read: {what}', dataset=name, kind="unreadable")
