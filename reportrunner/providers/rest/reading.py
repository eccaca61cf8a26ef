"""Records as typed rows: every column is found by name or path, every value is exact or an error."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from reportrunner.cell import parse_form
from reportrunner.delimited import typed_rows, unreadable
from reportrunner.flow import Reply
from reportrunner.json_cell import canonical, json_cell
from reportrunner.providers.rest.answer import UNIX_FORMS, ColumnSpec
from reportrunner.providers.rest.definition import EndpointSpec
from reportrunner.providers.rest.ending import doubts
from reportrunner.providers.rest.places import find, kind_of, one, steps_of
from reportrunner.providers.rest.records import Page, page_of
from reportrunner.spec import EndpointDataset
from reportrunner.spelling import did_you_mean
from reportrunner.table import Claim, Column, ColumnType, Form, Note, Rows, Value, declare
from reportrunner.verdict import plain

_DIGITS = 60
"""An exponent beyond this makes no number that a column could hold."""
_MILLISECONDS = 100_000_000_000
"""A number of seconds beyond it is some year after 5000: it counts milliseconds."""
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NAMED = 12


@dataclass(frozen=True, slots=True)
class Reading:
    """How one column is found and read."""

    column: Column
    place: str
    """A JSONPath, or a name."""
    null: frozenset[str]
    form: str = ""
    optional: bool = False


def columns_of(spec: EndpointSpec, parameters: EndpointDataset | None = None) -> tuple[Column, ...]:
    """Return the columns of an endpoint, with the job's own types where `parameters` has them."""
    known = tuple(column.column(name) for name, column in spec.columns.items())
    return known if parameters is None else declare(known, parameters.columns)


def readings_of(spec: EndpointSpec, parameters: EndpointDataset) -> tuple[Reading, ...]:
    """Return how each column of a dataset is read."""
    return tuple(_reading(spec, column) for column in columns_of(spec, parameters))


def _reading(spec: EndpointSpec, column: Column) -> Reading:
    own: ColumnSpec | None = spec.columns.get(column.name)
    null = frozenset((*spec.response.null, *(own.null if own else ())))
    if own is None:
        return Reading(column, column.name, null)
    return Reading(column, own.from_ or column.name, null, own.form or "", own.optional)


def read_pages(replies: tuple[Reply, ...], spec: EndpointSpec, readings: tuple[Reading, ...]) -> Rows:
    """Read whole answers, page after page, and hold them against the provider's own count."""
    pages = [page_of(reply, spec.response) for reply in replies]
    rows = _rows(pages, spec, readings)
    first = pages[0]
    notes = doubts(spec.paging, replies[0], first.document, len(first.rows)) if len(pages) == 1 else ()
    return replace(rows, claim=_claim(pages[-1], spec), notes=(*rows.notes, *notes))


def read_one(replies: tuple[Reply, ...], spec: EndpointSpec, readings: tuple[Reading, ...]) -> Rows:
    """Read one page alone: it may lack a column that a later one has, and no count of the whole answer is its own."""
    pages = [page_of(reply, spec.response) for reply in replies]
    return _rows(pages, spec, tuple(replace(reading, optional=True) for reading in readings))


def _claim(page: Page, spec: EndpointSpec) -> Claim | None:
    place = spec.total or getattr(spec.paging, "total", None)
    if place is None:
        return None
    total = one(place, page.document)
    if not isinstance(total, int) or isinstance(total, bool):
        raise unreadable(f"there is no number of rows at {place}")
    return Claim(rows=total)


def _rows(pages: Sequence[Page], spec: EndpointSpec, readings: tuple[Reading, ...]) -> Rows:
    columns = tuple(reading.column for reading in readings)
    if pages and pages[0].header is not None:
        parts = [_of_text(page, readings) for page in pages]
        notes = tuple(dict.fromkeys(note for part in parts for note in part.notes)) if spec.others == "warn" else ()
        return Rows(columns, [row for part in parts for row in part.rows], notes)
    records = [row for page in pages for row in page.rows]
    found = [_typed(record, readings, number) for number, record in enumerate(records, 1)]
    _all_there(records, readings)
    return Rows(columns, found, _unexpected(records, readings) if spec.others == "warn" else ())


def _of_text(page: Page, readings: tuple[Reading, ...]) -> Rows:
    """Read delimited text; names are compared in lower case, as headers are everywhere."""
    names = {name.strip().lower() for name in page.header or ()}
    there = [one for one in readings if not one.optional or one.place.lower() in names]
    wire = [replace(one.column, name=one.place) for one in there]
    by_column = dict(zip(wire, there, strict=True))

    def parse(texts: list[str], column: Column) -> list[Value]:
        reading = by_column[column]
        return [_numbered(text, reading, number) for number, text in enumerate(texts, 1)]

    read = typed_rows(page.header or (), page.rows, tuple(wire), parse)
    places = {one.column.name: place for place, one in enumerate(there)}
    order = [places.get(one.column.name) for one in readings]
    rows = [tuple(None if place is None else row[place] for place in order) for row in read.rows]
    return Rows(tuple(one.column for one in readings), rows, read.notes)


def _numbered(text: str, reading: Reading, number: int) -> Value:
    try:
        return value_of(text, reading)
    except (ValueError, OverflowError) as error:
        raise ValueError(f'row {number:,}, column "{reading.column.name}": {error}') from None


def _typed(record: Any, readings: tuple[Reading, ...], number: int) -> tuple[Value, ...]:
    values: list[Value] = []
    for reading in readings:
        try:
            values.append(value_of(_first(record, reading), reading))
        except (ValueError, OverflowError) as error:
            raise unreadable(f'row {number:,}, column "{reading.column.name}": {error}') from None
    return tuple(values)


def _first(record: Any, reading: Reading) -> Any:
    found = _found(record, reading)
    if len(found) > 1:
        raise ValueError(f"{reading.place} finds {len(found)} values, and a cell holds one")
    return found[0] if found else None


def _found(record: Any, reading: Reading) -> list[Any]:
    if reading.place.startswith("$"):
        return find(reading.place, record)
    return [record[reading.place]] if isinstance(record, dict) and reading.place in record else []


def _all_there(records: Sequence[Any], readings: Iterable[Reading]) -> None:
    """Raise for a column that no row has: its name or path is wrong, or the API has changed."""
    if not records:
        return
    missing = [one for one in readings if not one.optional and not any(_found(record, one) for record in records)]
    if missing:
        names = list(dict.fromkeys(name for record in records if isinstance(record, dict) for name in record))
        said = ", ".join(f'"{one.column.name}" (at {one.place})' for one in missing)
        near = did_you_mean(missing[0].place, names)
        listed = f"; rows have {', '.join(map(str, names[:_NAMED]))}" if names and not near else ""
        if not any(isinstance(record, dict) for record in records):
            listed = f'; each row is {kind_of(records[0])} and no object: write from = "$" for the row itself'
        raise unreadable(f"no row of the answer has {said}{near}{listed}")


def _unexpected(records: Sequence[Any], readings: Iterable[Reading]) -> tuple[Note, ...]:
    known = set()
    for reading in readings:
        steps = steps_of(reading.place) if reading.place.startswith("$") else (reading.place,)
        if not steps:
            return ()
        known.add(steps[0])
    names = dict.fromkeys(name for record in records if isinstance(record, dict) for name in record)
    said = "the answer has a column {!r} that nothing declares; it was dropped"
    return tuple(Note("unexpected_column", said.format(plain(str(name), 80))) for name in names if name not in known)


def value_of(raw: Any, reading: Reading) -> Value:
    """Return a JSON value or a text as its column's type has it; ValueError where it has none."""
    kind = reading.column.type
    if isinstance(raw, str) and raw in reading.null:
        return None
    if kind not in {ColumnType.DATE, ColumnType.TIMESTAMP} or isinstance(raw, bool | list | dict | None):
        return json_cell(raw, kind)
    text = raw if isinstance(raw, str) else canonical(raw)
    if reading.form in UNIX_FORMS:
        return None if not text else _instant(text, reading)
    if reading.form:
        return parse_form(text, replace(reading.column, form=_form(reading.form)))
    if kind is ColumnType.TIMESTAMP and not isinstance(raw, str):
        unit = "unix ms" if abs(Decimal(raw)) >= _MILLISECONDS else "unix s"
        raise ValueError(f'{text} is a number and no timestamp; if it counts from 1970, write form = "{unit}"')
    return json_cell(raw, kind)


def _form(text: str) -> Form:
    """Return the form of strptime; a Z at its end is read as the zone it is."""
    return Form(f"{text[:-1]}%z") if text.endswith("Z") and not text.endswith("%Z") else Form(text)


def _instant(text: str, reading: Reading) -> Value:
    unit = 1000 if reading.form == "unix ms" else 1
    try:
        number = Decimal(text)
        moment = _EPOCH + dt.timedelta(
            microseconds=int(number * 1_000_000 / unit if number.adjusted() < _DIGITS else 1e30)
        )
    except (InvalidOperation, OverflowError, ValueError):
        raise ValueError(f'"{plain(text, 60)}" is no {reading.form} of any day') from None
    return moment.date() if reading.column.type is ColumnType.DATE else moment
