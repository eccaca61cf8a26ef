"""Reference data of a job: rows written in it, and CSV files beside it, checked against their declared columns."""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from reportrunner.checker import Checker, Loc
from reportrunner.delimited import SAVE_AS_UTF8, not_utf8
from reportrunner.diagnose.shape import found
from reportrunner.spec import FileDataset, RowsDataset
from reportrunner.spelling import did_you_mean, suggest
from reportrunner.strict import Scalar
from reportrunner.table import Column, ColumnType, Value
from reportrunner.toml_value import fits, kind_of, plain_value


def check_file(checker: Checker, root: Path, spec: FileDataset, loc: Loc) -> Mapping[str, str]:
    """Say what is wrong with a file as far as its first line tells; return its columns, misspelt ones put right."""
    path = (root / spec.file).resolve()
    if not path.is_relative_to(root.resolve()):
        checker.problem((*loc, "file"), f'"{spec.file}" leaves the project', "keep the file in the project")
    elif not path.is_file():
        folder = path.parent if path.parent.is_dir() else root
        there = [found.relative_to(root.resolve()).as_posix() for found in folder.resolve().glob("*.csv")]
        message = f'there is no file "{spec.file}" in the project' + did_you_mean(spec.file, there)
        checker.problem((*loc, "file"), message)
    elif fault := not_utf8(path):
        line, said = fault
        checker.problem((*loc, "file"), f"line {line:,} of {spec.file} {said}", SAVE_AS_UTF8)
    elif mark := _other_separator(path, spec):
        message = f"the columns of {spec.file} are separated by {mark}"
        checker.problem((*loc, "file"), message, "separate them by commas")
    elif header := _header(path):
        return _matched(checker, spec, header, (*loc, "columns"))
    return spec.columns


def _matched(checker: Checker, spec: FileDataset, header: list[str], loc: Loc) -> Mapping[str, str]:
    undeclared = [name for name in header if name not in spec.columns]
    columns = dict(spec.columns)
    for name in [name for name in spec.columns if name not in header]:
        near = suggest(name, undeclared)
        message = f'{spec.file} has no column "{name}"' + (f'; did you mean "{near}"?' if near else "")
        checker.problem((*loc, name), message, "" if near else f"its columns: {', '.join(header)}", at="key")
        if near:
            undeclared.remove(near)
            if near.casefold() != name.casefold():  # in other capitals the file is wrong, and the job right
                columns[near] = columns.pop(name)
    for name in undeclared:
        message = f'{spec.file} has a column "{name}" that is not declared'
        checker.problem(loc, message, f'add {name} = "string"', at="key")
    return columns


def _other_separator(path: Path, spec: FileDataset) -> str:
    """Name the sign between the columns where the first line has no comma, and declared names between such signs."""
    with path.open(encoding="utf-8-sig") as lines:
        line = lines.readline().strip()
    if "," in line or len(spec.columns) < 2:
        return ""
    for mark, said in {";": '";"', "\t": "tabs", "|": '"|"'}.items():
        names = {name.strip().strip('"') for name in line.split(mark)}
        if len(names) > 1 and names & set(spec.columns):
            return said
    return ""


def _header(path: Path) -> list[str]:
    """Return the names in the first line; none where it cannot be read, which the run tells with its place."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return next(csv.reader(lines, strict=True), [])
    except (OSError, ValueError, csv.Error):
        return []


def texts_of(path: Path, columns: Iterable[Column], name: str) -> list[Value]:
    """Return the distinct texts of a column of text; none where the file cannot be read, which the run tells."""
    if Column(name, ColumnType.STRING) not in [Column(column.name, column.type) for column in columns]:
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            texts = dict.fromkeys(row[name] for row in csv.DictReader(lines, strict=True))
            return [text for text in texts if text is not None]  # a line may be too short
    except (OSError, ValueError, csv.Error, KeyError):
        return []


def inline_rows(checker: Checker, spec: RowsDataset, loc: Loc) -> tuple[tuple[Column, ...], list[tuple[Value, ...]]]:
    """Return the columns and typed rows of a dataset written in the job; what does not fit is a problem."""
    rows, names = _evened(checker, spec, (*loc, "rows"))
    if not names:
        checker.problem((*loc, "rows"), "there are no rows and no columns", 'write columns = { name = "string" }')
    for name in [name for name in spec.columns if name not in names]:
        message = f'the rows have no column "{name}"' + did_you_mean(name, names)
        checker.problem((*loc, "columns", name), message, at="key")
    columns = tuple(Column(name, _kind(name, rows, spec.columns)) for name in names)
    for number, row in enumerate(rows):
        for column, message in _misfits(row, columns):
            checker.problem((*loc, "rows", number, column.name), message)
    return columns, [tuple(_cell(row, column) for column in columns) for row in rows]


def _evened(checker: Checker, spec: RowsDataset, loc: Loc) -> tuple[list[dict[str, Scalar]], list[str]]:
    """Return the rows with misspelt keys put right, and the names that most rows have; of equals those of the first."""
    counts = Counter(frozenset(row) for row in spec.rows)
    usual = counts.most_common(1)[0][0] if counts else frozenset()
    model = next((number for number, row in enumerate(spec.rows, start=1) if row.keys() == usual), 0)
    names = list(spec.rows[model - 1] if model else spec.columns)
    rows = [dict(row) for row in spec.rows]
    for number, row in enumerate(rows):
        for extra in [key for key in row if key not in names]:
            near = suggest(extra, set(names) - set(row))
            message = f'row {number + 1} has "{extra}", row {model} has not' + (
                f'; did you mean "{near}"?' if near else ""
            )
            checker.problem((*loc, number, extra), message, at="key")
            if near:
                row[near] = row.pop(extra)
        for missing in [key for key in names if key not in row]:
            checker.problem((*loc, number), f'row {number + 1} has no "{missing}", row {model} has it')
    return rows, names


def _kind(name: str, rows: Iterable[Mapping[str, Scalar]], declared: Mapping[str, str]) -> ColumnType:
    """Return the declared type, or that of the first value; whole numbers among others are decimals."""
    if name in declared:
        return ColumnType(declared[name])
    kinds = [kind_of(row[name]) for row in rows if name in row]
    if set(kinds) == {ColumnType.INTEGER, ColumnType.DECIMAL}:
        return ColumnType.DECIMAL
    return kinds[0] if kinds else ColumnType.STRING


def _misfits(row: Mapping[str, Scalar], columns: tuple[Column, ...]) -> Iterator[tuple[Column, str]]:
    for column in columns:
        value = row.get(column.name)
        if isinstance(value, dt.datetime) and value.tzinfo is None and column.type is ColumnType.TIMESTAMP:
            yield column, f"{value.isoformat()} has no zone; write {value.isoformat()}Z, or another offset"
        elif value is not None and not fits(value, column.type):
            yield column, f'"{column.name}" is {column.type.value}, found {found(value)}'


def _cell(row: Mapping[str, Scalar], column: Column) -> Value:
    value = row.get(column.name)
    return plain_value(value, column.type) if value is not None and fits(value, column.type) else None
