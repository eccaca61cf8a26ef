"""CSV: one dataset as it is. UTF-8, commas, bare line feeds; no cell of text can become a formula."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from reportrunner.errors import Diagnostic, InvalidError
from reportrunner.formats.common import Format, Writing
from reportrunner.report import DatasetView, Document, Pieces, Report
from reportrunner.spec import OutputSpec
from reportrunner.spelling import did_you_mean
from reportrunner.strict import Strict
from reportrunner.table import Column, ColumnType, Value
from reportrunner.templating.words import plain

CHUNK = 20_000
"""Rows that are written at a time."""
_MARK = "\x1f"
_QUOTED = re.compile('[",\r\n]')
# a spreadsheet also reads the full-width forms as the start of a formula
_FORMULA = re.compile("[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


class Presentation(Strict):
    """Which columns are written, in which order and under which heading."""

    diagnostic_owner: ClassVar[str] = "columns"
    select: Annotated[tuple[str, ...], Field(strict=False)] = ()
    label: Mapping[str, str] = {}


class CsvOutput(OutputSpec):
    """`format = "csv"`: one dataset, whole."""

    diagnostic_owner: ClassVar[str] = "a csv output"
    extension: ClassVar[str] = "csv"
    format: Literal["csv"]
    dataset: str
    columns: Presentation | None = Field(
        default=None, description='Such as { select = ["manager", "name"], label = { name = "Person" } }'
    )
    bom: bool = Field(default=False, description="Begin with a byte order mark, which older spreadsheets need")


def write(report: Report, options: CsvOutput, writing: Writing) -> Document:
    """Return the dataset as CSV: null is empty, "" is quoted, decimals without exponent, instants RFC 3339 in UTC."""
    dataset = report.datasets[options.dataset]
    chosen = _chosen(dataset, options.columns or Presentation(), writing.output)
    head = ",".join(_cell(_guarded(label)) for _, _, label in chosen) + "\n"

    def made() -> Iterator[bytes]:
        yield head.encode("utf-8-sig" if options.bom else "utf-8")
        for rows in batched(iter(dataset.rows), CHUNK):
            yield _lines(rows, chosen).encode()

    content = Pieces(made) if len(dataset.rows) > CHUNK else b"".join(made())
    return Document(writing.output, writing.path, "text/csv; charset=utf-8", content)


def _lines(rows: Sequence[tuple[Value, ...]], chosen: Sequence[tuple[int, Column, str]]) -> str:
    columns = [_texts(column, [row[place] for row in rows]) for place, column, _ in chosen]
    lines = map(",".join, zip(*columns, strict=True)) if len(columns) > 1 else (cell or '""' for cell in columns[0])
    return "\n".join([*lines, ""])


def batched(rows: Iterator[tuple[Value, ...]], size: int) -> Iterator[tuple[tuple[Value, ...], ...]]:
    """Give the rows so many at a time."""
    while batch := tuple(islice(rows, size)):
        yield batch


def _chosen(dataset: DatasetView, shown: Presentation, output: str) -> list[tuple[int, Column, str]]:
    places = {column.name: place for place, column in enumerate(dataset.columns)}
    for name in (*shown.select, *shown.label):
        if name not in places:
            message = f'output "{output}": dataset "{dataset.name}" has no column "{name}"{did_you_mean(name, places)}'
            raise InvalidError((Diagnostic("", 0, 0, message),))
    names = shown.select or tuple(places)
    return [(places[name], dataset.columns[places[name]], shown.label.get(name, name)) for name in names]


def _texts(column: Column, values: Sequence[Value]) -> list[str]:
    if column.type is ColumnType.STRING:
        return _strings(values)
    show = _SHOW[column.type]
    return ["" if value is None else show(value) for value in values]


def _strings(values: Sequence[Value]) -> list[str]:
    texts = [value if isinstance(value, str) else "" if value is None else str(value) for value in values]
    # one search over the whole column: most columns need neither quotes nor guard, and are done here
    joined = _MARK + _MARK.join(texts)
    if not _QUOTED.search(joined) and not re.search(_MARK + _FORMULA.pattern, joined):
        return texts if all(texts) else ["" if v is None else t or '""' for t, v in zip(texts, values, strict=True)]
    return ["" if v is None else _cell(_guarded(t)) or '""' for t, v in zip(texts, values, strict=True)]


def _guarded(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def _cell(text: str) -> str:
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if _QUOTED.search(text) else text


def _number(value: Value) -> str:
    return plain(value if isinstance(value, Decimal) else Decimal(str(value)))


def _instant(value: Value) -> str:
    assert isinstance(value, dt.datetime)
    aware = value if value.tzinfo else value.replace(tzinfo=dt.UTC)
    return aware.astimezone(dt.UTC).isoformat().removesuffix("+00:00") + "Z"


_SHOW: Mapping[ColumnType, Callable[[Value], str]] = {
    ColumnType.INTEGER: str,
    ColumnType.DECIMAL: _number,
    ColumnType.RATIO: _number,
    ColumnType.DURATION: _number,
    ColumnType.BOOLEAN: lambda value: "true" if value else "false",
    ColumnType.DATE: lambda value: value.isoformat() if isinstance(value, dt.date) else str(value),
    ColumnType.TIMESTAMP: _instant,
}

FORMAT = Format("csv", CsvOutput, write)
