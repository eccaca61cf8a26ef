"""Land answers as tables: rows or delimited text become one immutable DuckDB file per dataset, in their final order."""

# ruff: noqa: S608 - names are written by `quoted`, texts by `literal`

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reportrunner import cell
from reportrunner.cell import CHECKS, parse_cell, parse_column
from reportrunner.duck import Duck, DuckError, literal, order_by, quoted, sql_type
from reportrunner.errors import Diagnostic, InvalidError, OutputError, ProviderError
from reportrunner.table import Bulk, Column, ColumnType, Dialect, Rows, Table, Value
from reportrunner.table_file import seal

_STAGE = "stage"
_MANY = 20
"""Diagnostics of one CSV file; a wrong column would otherwise fill the screen."""


@dataclass(frozen=True, slots=True)
class Part:
    """One answer of many to the same question, and what its columns do not say: the value of `each`."""

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
    partial = file.with_name(file.name + ".partial")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        spill = Path(tempfile.mkdtemp(prefix=".spill-", dir=file.parent))
    except OSError as error:
        raise OutputError(f'cannot write the table of dataset "{name}": {error.strerror}') from error
    try:
        with Duck(spill, threads=2) as duck:
            duck.attach(partial, "out", writable=True)
            declared = ", ".join(f"{quoted(c.name)} {sql_type(c.type)}" for c in columns)
            duck.run(f"create temp table {_STAGE} ({declared})")
            for part in parts:
                _stage(duck, part, name)
            duck.write(_STAGE, columns, order_by(columns, order))
        return seal(partial, file, name, columns)
    except DuckError as error:
        raise OutputError(f'cannot write the table of dataset "{name}": {error}') from error
    finally:
        partial.unlink(missing_ok=True)
        shutil.rmtree(spill, ignore_errors=True)


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
    try:
        duck.run(_bulk_insert(part.data, part, name))
    except DuckError as error:
        raise _unreadable(name, _first_fault(part.data) or str(error).partition("\n")[0]) from None


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
            raise _unreadable(name, f"row {number}{_fault(row + tail, columns)}") from None


def _fault(row: Sequence[Value], columns: Sequence[Column]) -> str:
    if len(row) != len(columns):
        return f" has {len(row)} values for {len(columns)} columns"
    for value, column in zip(row, columns, strict=True):
        try:
            cell.check_value(value, column.type)
        except ValueError as error:
            return f', column "{column.name}": {error}'
    raise AssertionError(row)


def _unreadable(name: str, what: str) -> ProviderError:
    return ProviderError(f'dataset "{name}" cannot be read: {what}', dataset=name, kind="unreadable")


def _bulk_insert(bulk: Bulk, part: Part, name: str) -> str:
    """Read every cell as text and convert by our own rules: DuckDB's own casts round 12.7 to an integer."""
    dialect = bulk.dialect
    positions = _positions(bulk, name)
    texts = [f"c{n}" for n in range(len(bulk.columns))]
    types = ", ".join(f"{t}: 'VARCHAR'" for t in texts)
    cells = [_conversion(texts[positions[n]], c.type, dialect.null) for n, c in enumerate(bulk.columns)]
    cells += [f"cast({_constant(value)} as {sql_type(c.type)})" for c, value in part.constants]
    return (
        f"insert into {_STAGE} select {', '.join(cells)} from read_csv({literal(str(bulk.file))}, auto_detect=false, "
        f"header={str(dialect.header).lower()}, delim={literal(dialect.delimiter)}, quote={literal(dialect.quote)}, "
        f"escape={literal(dialect.quote)}, columns={{{types}}}, force_not_null=[{', '.join(map(literal, texts))}], "
        "strict_mode=true, null_padding=false, ignore_errors=false, max_line_size=8388608)"
    )


def _positions(bulk: Bulk, name: str) -> list[int]:
    if not bulk.dialect.header:
        return list(range(len(bulk.columns)))
    found = read_header(bulk.file, bulk.dialect)
    wanted = [c.name for c in bulk.columns]
    if sorted(found) != sorted(wanted):
        extra, missing = sorted(set(found) - set(wanted)), sorted(set(wanted) - set(found))
        raise _unreadable(name, _header_fault(extra, missing) or "its header names a column twice")
    return [found.index(column) for column in wanted]


def read_header(file: Path, dialect: Dialect) -> tuple[str, ...]:
    """Return the names in the first line of a delimited file; () when the file is empty."""
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        return tuple(next(_reader(lines, dialect), []))


def _header_fault(extra: Sequence[str], missing: Sequence[str]) -> str:
    said = [f"it has a column {n!r} that is not declared" for n in extra]
    said += [f"it has no column {n!r}" for n in missing]
    return "; ".join(said).replace("'", '"')


def _conversion(text: str, kind: ColumnType, null: str) -> str:
    """Return the SQL that reads a cell as `parse_cell` does."""
    empty = [literal(null)] if null else []
    if kind is ColumnType.STRING:
        return f"nullif({text}, {empty[0]})" if empty else text
    missing = f"when {text} in ({', '.join([*empty, literal('')])}) then null"
    good = f"cast({text} as {sql_type(kind)})"
    if kind is ColumnType.INTEGER:
        # The first arm is the fast one: a text that equals its own number needs no pattern.
        fast = f"when cast(try_cast({text} as BIGINT) as VARCHAR) = {text} then cast({text} as HUGEINT)"
        whole = f"cast(split_part({text}, '.', 1) as HUGEINT)"
        return f"case {fast} {missing} when {_matches(text, cell.INTEGER)} then {whole} {_otherwise(text)}"
    if kind is ColumnType.BOOLEAN:
        words = [
            f"when lower({text}) in ({', '.join(map(literal, ws))}) then {ws[0]}" for ws in (cell.TRUE, cell.FALSE)
        ]
        return f"case {missing} {' '.join(words)} {_otherwise(text)}"
    if kind is ColumnType.DATE:
        return f"case {missing} when {_matches(text, cell.DATE)} then {good} {_otherwise(text)}"
    if kind is ColumnType.TIMESTAMP:
        moment = f"cast(upper({text}) as {sql_type(kind)})"
        return f"case {missing} when {_matches(text, cell.TIMESTAMP)} then {moment} {_otherwise(text)}"
    short = f"length({text}) <= {cell.LONGEST_NUMBER}"
    return f"case {missing} when {short} and {_matches(text, cell.NUMBER)} then {good} {_otherwise(text)}"


def _matches(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {literal(pattern)})"


def _otherwise(text: str) -> str:
    return f"else error('unreadable: ' || {text}) end"


def _constant(value: Value) -> str:
    return "null" if value is None else literal(str(value))


def _first_fault(bulk: Bulk) -> str:
    """Find the first bad cell by reading the text again, now with line numbers; only ever called on an error."""
    dialect = bulk.dialect
    columns = bulk.columns
    with bulk.file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        reader = _reader(lines, dialect)
        if dialect.header:
            header: list[str] = next(reader, [])
            columns = tuple(sorted(columns, key=lambda c: header.index(c.name)))
        with suppress(csv.Error):
            for row in reader:
                if row and len(row) != len(columns):
                    return f"line {reader.line_num} has {len(row)} fields for {len(columns)} columns"
                for text, column in zip(row, columns, strict=False):
                    try:
                        parse_cell(text, column.type, dialect.null)
                    except ValueError as error:
                        return f'line {reader.line_num}, column "{column.name}": {error}'
    return ""


def _reader(lines: Iterator[str], dialect: Dialect) -> csv._reader:  # type: ignore[name-defined]
    if not dialect.quote:
        return csv.reader(lines, delimiter=dialect.delimiter, quoting=csv.QUOTE_NONE, quotechar=None, strict=True)
    return csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True)


def read_csv_file(path: Path, columns: tuple[Column, ...], shown: str, dialect: Dialect | None = None) -> Rows:
    """Read a project's own CSV, its header matched by name; InvalidError with every fault at its line.

    `shown` is the path as the user wrote it. A byte order mark and CRLF are fine, blank lines are skipped.
    """
    dialect = dialect or Dialect()
    faults: list[Diagnostic] = []
    numbers: list[int] = []
    records: list[list[str]] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = _reader(lines, dialect)
            header: list[str] = next(reader, [])
            faults += _header_faults(header, columns, shown)
            for row in reader:
                if row and len(row) != len(header):
                    what = f"{len(row)} fields where the header has {len(header)}"
                    faults.append(Diagnostic(shown, reader.line_num, 1, what))
                elif row:
                    numbers.append(reader.line_num)
                    records.append(row)
    except OSError as error:
        raise InvalidError((Diagnostic(shown, 0, 0, f"cannot be read: {error.strerror}"),)) from None
    except UnicodeDecodeError as error:
        raise InvalidError((Diagnostic(shown, 0, 0, f"is not UTF-8: {error.reason}"),)) from None
    except csv.Error as error:
        raise InvalidError((Diagnostic(shown, reader.line_num, 1, f"is no CSV: {error}"),)) from None
    if faults:
        raise InvalidError(tuple(faults[:_MANY]))
    return _parsed(records, numbers, header, columns, shown)


def _header_faults(header: Sequence[str], columns: Sequence[Column], shown: str) -> list[Diagnostic]:
    wanted = {c.name for c in columns}
    said = [f'the column "{n}" is not declared under columns' for n in header if n not in wanted]
    said += [f'there is no column "{c.name}", which columns declares' for c in columns if c.name not in header]
    said += [f'the header names "{n}" twice' for n in sorted({n for n in header if header.count(n) > 1})]
    return [Diagnostic(shown, 1, 1, message) for message in said]


def _parsed(
    records: list[list[str]], numbers: list[int], header: list[str], columns: tuple[Column, ...], shown: str
) -> Rows:
    faults: list[Diagnostic] = []
    values: list[list[Value]] = []
    for column in columns:
        at = header.index(column.name)
        texts = [record[at] for record in records]
        try:
            values.append(parse_column(texts, column))
        except ValueError:
            faults += _cell_faults(texts, numbers, column, shown)
    if faults:
        raise InvalidError(tuple(sorted(faults, key=lambda d: d.line)[:_MANY]))
    return Rows(columns, list(zip(*values, strict=True)))


def _cell_faults(texts: list[str], numbers: list[int], column: Column, shown: str) -> list[Diagnostic]:
    faults = []
    for number, text in zip(numbers, texts, strict=True):
        try:
            parse_cell(text, column.type)
        except ValueError as error:
            faults.append(Diagnostic(shown, number, 1, f'column "{column.name}": {error}'))
    return faults
