"""A project's own CSV files: read whole, matched by name, with every fault at its line."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from reportrunner.cell import parse_cell, parse_column
from reportrunner.delimited import SAVE_AS_UTF8, not_utf8
from reportrunner.errors import Diagnostic, InvalidError
from reportrunner.land.bulk import reader_of
from reportrunner.table import Column, Dialect, Rows, Value

_MANY = 20
"""Diagnostics of one CSV file; a wrong column would otherwise fill the screen."""


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
            reader = reader_of(lines, dialect)
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
        line, said = not_utf8(path) or (0, f"is not UTF-8: {error.reason}")
        raise InvalidError((Diagnostic(shown, line, 1 if line else 0, said, hint=SAVE_AS_UTF8),)) from None
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
