"""Cells: what is read, what is refused, and that nothing is rounded in silence."""

import datetime as dt
from decimal import Decimal

import pytest

from reportrunner.cell import check_value, parse_cell, parse_column, plain
from reportrunner.table import Column, ColumnType, Value

T = ColumnType


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (T.STRING, "", ""),
        (T.STRING, " a ", " a "),
        (T.INTEGER, "", None),
        (T.INTEGER, "9007199254740993", 9007199254740993),
        (T.INTEGER, "-12.00", -12),
        (T.INTEGER, "1180591620717411303424", 2**70),
        (T.DECIMAL, "", None),
        (T.DECIMAL, "285569598.29", Decimal("285569598.29")),
        (T.DECIMAL, "1.5E-3", Decimal("0.0015")),
        (T.DECIMAL, "33.333333333333336", Decimal("33.333333333333")),
        (T.DECIMAL, "0.0000000000005", Decimal("1E-12")),
        (T.DECIMAL, "-0.0000000000005", Decimal("-1E-12")),
        (T.RATIO, "0.0012345678901234", Decimal("0.0012345678901234")),
        (T.DURATION, "61.5", Decimal("61.5")),
        (T.BOOLEAN, "True", True),
        (T.BOOLEAN, "0", False),
        (T.DATE, "2026-11-16", dt.date(2026, 11, 16)),
        (T.TIMESTAMP, "2026-11-16T09:30:00Z", dt.datetime(2026, 11, 16, 9, 30, tzinfo=dt.UTC)),
        (T.TIMESTAMP, "2026-11-16t09:30:00.5+02:00", dt.datetime(2026, 11, 16, 7, 30, 0, 500_000, tzinfo=dt.UTC)),
        (T.TIMESTAMP, "2026-11-16 09:30:00.123456789Z", dt.datetime(2026, 11, 16, 9, 30, 0, 123_456, tzinfo=dt.UTC)),
    ],
)
def test_reads(kind: ColumnType, text: str, value: Value) -> None:
    read = parse_cell(text, kind)
    assert read == value
    assert type(read) is type(value)
    assert check_value(read, kind) == value


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (T.INTEGER, "12.5", "no integer"),
        (T.INTEGER, "1e3", "no integer"),
        (T.INTEGER, "1_000", "no integer"),
        (T.INTEGER, " 1", "no integer"),
        (T.INTEGER, "٣", "no integer"),
        (T.INTEGER, str(2**127), "beyond 128 bits"),
        (T.DECIMAL, "NaN", "no number"),
        (T.DECIMAL, "1,5", "no number"),
        (T.DECIMAL, "1" * 41, "no number"),
        (T.DECIMAL, "1e26", "too big"),
        (T.DECIMAL, "1e999", "too big"),
        (T.RATIO, "45%", "no number"),
        (T.BOOLEAN, "yes", "neither true nor false"),
        (T.DATE, "20261116", "no date"),
        (T.DATE, "2026-02-30", "no day of the calendar"),
        (T.TIMESTAMP, "2026-11-16T09:30:00", "offset"),
        (T.TIMESTAMP, "2026-11-16T25:30:00Z", "no moment"),
        (T.TIMESTAMP, "0001-01-01T00:00:00+14:00", "no moment"),
    ],
)
def test_refuses(kind: ColumnType, text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_cell(text, kind)


def test_a_null_text_is_null_for_every_type() -> None:
    assert [parse_cell("N/A", kind, "N/A") for kind in T] == [None] * len(T)
    assert parse_cell("", T.STRING, "N/A") == ""


@pytest.mark.parametrize("kind", list(T))
def test_a_column_reads_as_its_cells(kind: ColumnType) -> None:
    texts = {T.DATE: "2026-11-16", T.TIMESTAMP: "2026-11-16T00:00:00Z", T.BOOLEAN: "true"}.get(kind, "12")
    column = [texts, "", "-"]
    assert parse_column(column, Column("c", kind), "-") == [parse_cell(text, kind, "-") for text in column]


def test_a_bad_cell_names_row_and_column() -> None:
    with pytest.raises(ValueError, match='row 2, column "plays": "x" is no integer'):
        parse_column(["1", "x"], Column("plays", T.INTEGER))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (T.INTEGER, True),
        (T.INTEGER, Decimal(1)),
        (T.DECIMAL, 1.5),
        (T.DECIMAL, Decimal("0.0000000000001")),
        (T.DECIMAL, Decimal("NaN")),
        (T.DECIMAL, Decimal("1e26")),
        (T.BOOLEAN, 1),
        (T.DATE, dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
        (T.TIMESTAMP, dt.date(2026, 1, 1)),
        (T.TIMESTAMP, dt.datetime(2026, 1, 1)),  # noqa: DTZ001
        (T.STRING, 1),
        (T.STRING, "\ud800"),
    ],
)
def test_a_value_of_another_type_is_refused(kind: ColumnType, value: Value) -> None:
    with pytest.raises(ValueError, match=r".+"):
        check_value(value, kind)


def test_plain_keeps_every_digit() -> None:
    big = Decimal("99999999999999999999999999.999999999999")
    assert plain(big) == big
    assert [str(plain(Decimal(text))) for text in ("12.500", "100.000", "0E-12", "-1.0")] == ["12.5", "100", "0", "-1"]
