"""Delimited text in bulk: the SQL that reads a file in place with explicit types, and where it is wrong."""

# ruff: noqa: S608 - names are written by `quoted`, texts by `literal`

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice

from reportrunner import cell
from reportrunner.cell import UNIX, parse_form
from reportrunner.duck import literal, sql_type
from reportrunner.table import Bulk, Column, ColumnType, Dialect, Value

GUARDS = "=+-@,"
"""A cell that begins with one of these carries an apostrophe in front, where the dialect is `guarded`."""


def reading_bulk(bulk: Bulk, constants: Iterable[tuple[Column, Value]]) -> str:
    """Return the select that reads every cell as text and converts it by our own rules.

    DuckDB's own casts round 12.7 to an integer. Columns of the file that the bulk does not name are left out.
    """
    dialect = bulk.dialect
    names = file_columns(bulk)
    types = ", ".join(f"c{n}: 'VARCHAR'" for n in range(len(names)))
    texts = {name: _unguarded(f"c{n}") if dialect.guarded else f"c{n}" for n, name in enumerate(names)}
    cells = [_conversion(texts[c.name.lower()], c, dialect.null) for c in bulk.columns]
    cells += [f"cast({_constant(value)} as {sql_type(c.type)})" for c, value in constants]
    whole = ", ".join(literal(f"c{n}") for n in range(len(names)))
    return (
        f"select {', '.join(cells)} from read_csv({literal(str(bulk.file))}, auto_detect=false, skip={dialect.skip}, "
        f"header={str(dialect.header).lower()}, delim={literal(dialect.delimiter)}, quote={literal(dialect.quote)}, "
        f"escape={literal(dialect.quote)}, columns={{{types}}}, force_not_null=[{whole}], "
        "strict_mode=true, null_padding=false, ignore_errors=false, max_line_size=8388608, buffer_size=8388608)"
    )


def file_columns(bulk: Bulk) -> list[str]:
    """Return the file's columns by place, in lower case; those of the bulk where the file names none."""
    names = read_header(bulk) if bulk.dialect.header else tuple(column.name for column in bulk.columns)
    return [name.strip().lower() for name in names]


def header_fault(bulk: Bulk) -> str:
    """Say what is wrong with a file's header; empty when every column of the bulk is there once."""
    names = file_columns(bulk)
    missing = [f'it has no column "{column.name}"' for column in bulk.columns if column.name.lower() not in names]
    doubled = any(names.count(column.name.lower()) > 1 for column in bulk.columns)
    return "; ".join(missing) or ("its header names a column twice" if doubled else "")


def read_header(bulk: Bulk) -> tuple[str, ...]:
    """Return the names in the header of a delimited file; () when the file is empty."""
    with bulk.file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        return tuple(next(_after(lines, bulk.dialect), []))


def _after(lines: Iterator[str], dialect: Dialect) -> csv._reader:  # type: ignore[name-defined]
    for _ in islice(lines, dialect.skip):
        pass
    return reader_of(lines, dialect)


def reader_of(lines: Iterator[str], dialect: Dialect) -> csv._reader:  # type: ignore[name-defined]
    """Return a reader of text in a dialect."""
    if not dialect.quote:
        return csv.reader(lines, delimiter=dialect.delimiter, quoting=csv.QUOTE_NONE, quotechar=None, strict=True)
    return csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True)


def _unguarded(text: str) -> str:
    guards = f"contains({literal(GUARDS)}, substr({text}, 2, 1))"
    guarded = f"""starts_with({text}, {literal("'")}) and length({text}) > 1 and {guards}"""
    return f"(case when {guarded} then substr({text}, 2) else {text} end)"


def _conversion(text: str, column: Column, null: str) -> str:
    """Return the SQL that reads a cell as `parse_cell` and `parse_form` do."""
    kind = column.type
    empty = [literal(null)] if null else []
    if kind is ColumnType.STRING:
        return f"nullif({text}, {empty[0]})" if empty else text
    missing = f"when {text} in ({', '.join([*empty, literal('')])}) then null"
    good = f"cast({text} as {sql_type(kind)})"
    if column.form is not None:
        return f"case {missing} {_formed(text, column)} {_otherwise(text)}"
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


def _formed(text: str, column: Column) -> str:
    """Return the arms that read a moment or a day written in a form of its own."""
    assert column.form is not None
    if column.form == UNIX:
        return f"when {_matches(text, '[0-9]{1,12}')} then to_timestamp(cast({text} as BIGINT))"
    form = column.form
    # DuckDB reads no Z where an offset stands.
    whole = f"regexp_replace({text}, 'Z$', '+0000')" if not form.suffix else f"{text} || {literal(form.suffix)}"
    written = f"try_strptime({whole}, {literal(form.format)})"
    wide = f"length({text}) = {form.length} and " if form.length else ""
    return f"when {wide}{written} is not null then cast({written} as {sql_type(column.type)})"


def first_fault(bulk: Bulk) -> str:
    """Find the first bad cell by reading the text again, now with line numbers; only ever called on an error."""
    dialect = bulk.dialect
    names = file_columns(bulk)
    by_name = {column.name.lower(): column for column in bulk.columns}
    columns = [by_name.get(name) for name in names]
    with bulk.file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        reader = _after(lines, dialect)
        if dialect.header:
            next(reader, [])
        with suppress(csv.Error):
            for row in reader:
                line = reader.line_num + dialect.skip
                if row and len(row) != len(names):
                    return f"line {line} has {len(row)} fields for {len(names)} columns"
                if said := _cell_fault(row, columns, dialect):
                    return f"line {line}, {said}"
    return ""


def _cell_fault(row: Sequence[str], columns: Sequence[Column | None], dialect: Dialect) -> str:
    for text, column in zip(row, columns, strict=False):
        if column is None:
            continue
        plain = text[1:] if dialect.guarded and text[:1] == "'" and text[1:2] in tuple(GUARDS) else text
        try:
            parse_form(plain, column, dialect.null)
        except ValueError as error:
            return f'column "{column.name}": {error}'
    return ""
