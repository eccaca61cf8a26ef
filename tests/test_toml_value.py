"""TOML values as cells: their types, what fits where, and what they become."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from reportrunner.table import ColumnType
from reportrunner.toml_value import SAMPLES, fits, kind_of, plain_value

T = ColumnType
ZONED = dt.datetime(2026, 9, 1, 9, tzinfo=dt.timezone(dt.timedelta(hours=2)))
DAY = dt.date(2026, 9, 1)
NAIVE = dt.datetime(2026, 9, 1)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("a", T.STRING),
        (1, T.INTEGER),
        (True, T.BOOLEAN),
        (1.5, T.DECIMAL),
        (Decimal("1.5"), T.DECIMAL),
        (DAY, T.DATE),
        (ZONED, T.TIMESTAMP),
        (None, T.STRING),
        (["a"], T.STRING),
    ],
)
def test_the_type_of_a_value(value: object, kind: ColumnType) -> None:
    assert kind_of(value) is kind


FITTING: dict[ColumnType, list[object]] = {
    T.STRING: ["a", ""],
    T.INTEGER: [1, 0],
    T.DECIMAL: [1, 1.5, Decimal("1.5")],
    T.RATIO: [1, 1.5],
    T.DURATION: [1, 1.5],
    T.BOOLEAN: [True, False],
    T.DATE: [DAY],
    T.TIMESTAMP: [ZONED],
}
VALUES = ("a", 1, 1.5, True, DAY, ZONED, NAIVE, float("nan"), float("inf"), Decimal("nan"), None, ["a"])


@pytest.mark.parametrize("kind", list(ColumnType))
def test_what_fits_where(kind: ColumnType) -> None:
    right = FITTING[kind]
    assert all(fits(value, kind) for value in right)
    wrong = [v for v in VALUES if not any(type(v) is type(r) and v == r for r in right)]
    assert [value for value in wrong if fits(value, kind)] == []


@pytest.mark.parametrize("kind", list(ColumnType))
def test_every_type_has_a_sample_that_fits(kind: ColumnType) -> None:
    assert fits(SAMPLES[kind], kind)


@pytest.mark.parametrize(
    ("value", "kind", "cell"),
    [
        (0.1, T.DECIMAL, Decimal("0.1")),
        (1, T.DECIMAL, Decimal(1)),
        (1, T.INTEGER, 1),
        (90, T.DURATION, Decimal(90)),
        (True, T.BOOLEAN, True),
        ("a", T.STRING, "a"),
        (DAY, T.DATE, DAY),
        (ZONED, T.TIMESTAMP, dt.datetime(2026, 9, 1, 7, tzinfo=dt.UTC)),
    ],
)
def test_a_value_becomes_a_cell(value: object, kind: ColumnType, cell: object) -> None:
    found = plain_value(value, kind)
    assert (found, type(found)) == (cell, type(cell))
    assert not isinstance(found, dt.datetime) or found.tzinfo is dt.UTC
