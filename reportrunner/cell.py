"""Cells: text as typed values, and typed values checked against their column, exactly and without a sniff."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import partial

from reportrunner.table import Column, ColumnType, Form, Value

SCALES = {ColumnType.DECIMAL: 12, ColumnType.DURATION: 12, ColumnType.RATIO: 16}
"""Digits kept after the point; a text with more is rounded half up there. 14 significant digits, the most that Kaltura
writes, survive whole in decimals from 10 up and in ratios from 0.001 up; a smaller decimal keeps its first 12 digits
after the point. The product of two such columns still has a type."""

INTEGER = r"[+-]?[0-9]+(\.0*)?"
NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?"
DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
TIMESTAMP = DATE + r"[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
UNIX = Form("unix s")
"""Seconds since 1970."""
LONGEST_NUMBER = 40
"""Characters; beyond them the table engine would cut digits where we round."""
TRUE, FALSE = ("true", "1"), ("false", "0")

_INTEGER, _NUMBER, _DATE, _TIMESTAMP = (re.compile(p) for p in (INTEGER, NUMBER, DATE, TIMESTAMP))
_EXACT = Context(prec=400, rounding=ROUND_HALF_UP, Emax=2000, Emin=-2000)
_WIDTH = 38
_BIGGEST = 2**127 - 1


def parse_cell(text: str, kind: ColumnType, null: str = "") -> Value:
    """Read one cell; ValueError says what is wrong.

    An empty cell is null, but for strings, where it stays ""; the text `null`, where not empty, is null for every type.
    Integers may carry a zero fraction ("12.0"), numbers an exponent; digits finer than `SCALES` are rounded half up,
    fractions of a second finer than a microsecond are cut; a timestamp needs its offset and becomes UTC.
    """
    if text == null and (null or kind is not ColumnType.STRING):
        return None
    if not text and kind is not ColumnType.STRING:
        return None
    return _PARSERS[kind](text)


def parse_form(text: str, column: Column, null: str = "") -> Value:
    """Read one cell as its column writes it; ValueError says what is wrong."""
    form = column.form
    if form is None:
        return parse_cell(text, column.type, null)
    if not text or text == null:
        return None
    try:
        if form == UNIX:
            return dt.datetime.fromtimestamp(_seconds(text), dt.UTC)
        moment = dt.datetime.strptime(_of_length(text, form) + form.suffix, form.format)  # noqa: DTZ007  # a day has no zone
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{_shown(text)} is not written as {form.format}") from None
    return moment.date() if column.type is ColumnType.DATE else moment.astimezone(dt.UTC)


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise ValueError(text)
    return int(text)


def _of_length(text: str, form: Form) -> str:
    if form.length and len(text) != form.length:
        raise ValueError(text)
    return text


def parse_column(texts: Iterable[str], column: Column, null: str = "") -> list[Value]:
    """Read a column of cells like `parse_cell`; ValueError names the row (counted from 1) and the column."""
    kind = column.type
    parser = _PARSERS[kind] if column.form is None else partial(parse_form, column=column)
    if kind is ColumnType.STRING:
        return [None if null and text == null else text for text in texts]
    values: list[Value] = []
    for number, text in enumerate(texts, start=1):
        try:
            values.append(None if not text or text == null else parser(text))
        except ValueError as error:
            raise ValueError(f'row {number}, column "{column.name}": {error}') from None
    return values


def check_value(value: Value, kind: ColumnType) -> Value:
    """Return the value as its column holds it; ValueError when it is of another type or would be rounded or cut."""
    return None if value is None else CHECKS[kind](value)


def plain(number: Decimal) -> Decimal:
    """Drop the trailing zeros of a fixed scale: 12.500000000000 is 12.5, and 100 stays 100."""
    short = _EXACT.normalize(number)
    return _EXACT.quantize(short, Decimal(1)) if int(short.as_tuple().exponent) > 0 else short


def _string(text: str) -> str:
    return text


def _integer(text: str) -> int:
    if text.isdigit() and text.isascii():
        return _fits(int(text)) if len(text) > 38 else int(text)
    if not _INTEGER.fullmatch(text):
        raise ValueError(f"{_shown(text)} is no integer")
    return _fits(int(text.partition(".")[0]))


def _number(kind: ColumnType) -> Callable[[str], Decimal]:
    scale = SCALES[kind]
    unit = Decimal(1).scaleb(-scale)
    limit = Decimal(10) ** (_WIDTH - scale)

    def parse(text: str) -> Decimal:
        if not _NUMBER.fullmatch(text) or len(text) > LONGEST_NUMBER:
            raise ValueError(f"{_shown(text)} is no number")
        try:
            number = _EXACT.quantize(Decimal(text), unit)
        except InvalidOperation:
            raise ValueError(f"{_shown(text)} is too big for {kind}") from None
        if abs(number) >= limit:
            raise ValueError(f"{_shown(text)} is too big for {kind}")
        return number

    return parse


def _boolean(text: str) -> bool:
    word = text.lower()
    if word not in TRUE + FALSE:
        raise ValueError(f"{_shown(text)} is neither true nor false")
    return word in TRUE


def _date(text: str) -> dt.date:
    if not _DATE.fullmatch(text):
        raise ValueError(f"{_shown(text)} is no date like 2026-11-16")
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{_shown(text)} is no day of the calendar") from None


def _timestamp(text: str) -> dt.datetime:
    if not _TIMESTAMP.fullmatch(text):
        raise ValueError(f"{_shown(text)} is no timestamp with offset like 2026-11-16T09:30:00Z")
    try:
        return dt.datetime.fromisoformat(text.upper()).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{_shown(text)} is no moment of the calendar") from None


def _fits(number: int) -> int:
    if abs(number) > _BIGGEST:
        raise ValueError(f"{_shown(str(number))} is beyond 128 bits")
    return number


def _shown(text: str) -> str:
    return f'"{text[:60]}…"' if len(text) > 60 else f'"{text}"'


def _check_string(value: Value) -> Value:
    if not isinstance(value, str):
        raise _wrong(value, "text")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError("text with half a surrogate pair") from None
    return value


def _check_integer(value: Value) -> Value:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(value, "an integer")
    return _fits(value)


def _check_number(kind: ColumnType) -> Callable[[Value], Value]:
    scale = SCALES[kind]
    unit = Decimal(1).scaleb(-scale)
    limit = Decimal(10) ** (_WIDTH - scale)

    def check(value: Value) -> Value:
        if not isinstance(value, int | Decimal) or isinstance(value, bool):
            raise _wrong(value, "an exact number")
        number = Decimal(value)
        if not number.is_finite():
            raise ValueError(f"{number} is no number")
        if abs(number) >= limit:
            raise ValueError(f"{number} is too big for {kind}")
        fixed = _EXACT.quantize(number, unit)
        if fixed != number:
            raise ValueError(f"{number} has more than the {scale} digits after the point that {kind} keeps")
        return fixed

    return check


def _check_boolean(value: Value) -> Value:
    if not isinstance(value, bool):
        raise _wrong(value, "true or false")
    return value


def _check_date(value: Value) -> Value:
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise _wrong(value, "a date")
    return value


def _check_timestamp(value: Value) -> Value:
    if not isinstance(value, dt.datetime) or value.tzinfo is None:
        raise _wrong(value, "a timestamp with offset")
    return value.astimezone(dt.UTC)


def _wrong(value: object, wanted: str) -> ValueError:
    return ValueError(f"{_shown(str(value))} ({type(value).__name__}) is not {wanted}")


_PARSERS: dict[ColumnType, Callable[[str], Value]] = {
    ColumnType.STRING: _string,
    ColumnType.INTEGER: _integer,
    ColumnType.DECIMAL: _number(ColumnType.DECIMAL),
    ColumnType.RATIO: _number(ColumnType.RATIO),
    ColumnType.DURATION: _number(ColumnType.DURATION),
    ColumnType.BOOLEAN: _boolean,
    ColumnType.DATE: _date,
    ColumnType.TIMESTAMP: _timestamp,
}
CHECKS: dict[ColumnType, Callable[[Value], Value]] = {
    ColumnType.STRING: _check_string,
    ColumnType.INTEGER: _check_integer,
    ColumnType.DECIMAL: _check_number(ColumnType.DECIMAL),
    ColumnType.RATIO: _check_number(ColumnType.RATIO),
    ColumnType.DURATION: _check_number(ColumnType.DURATION),
    ColumnType.BOOLEAN: _check_boolean,
    ColumnType.DATE: _check_date,
    ColumnType.TIMESTAMP: _check_timestamp,
}
