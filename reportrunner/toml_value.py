"""TOML values as the cells of tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from reportrunner.table import ColumnType, Value

SAMPLES: Mapping[ColumnType, Value] = {
    ColumnType.STRING: "sample",
    ColumnType.INTEGER: 1,
    ColumnType.DECIMAL: Decimal(1),
    ColumnType.RATIO: Decimal(1),
    ColumnType.BOOLEAN: True,
    ColumnType.DATE: dt.date(2026, 1, 1),
    ColumnType.TIMESTAMP: dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    ColumnType.DURATION: Decimal(1),
}
"""A value of each type, for checking what is known only later."""


def kind_of(value: object) -> ColumnType:
    """Return the column type of a TOML value."""
    kinds: tuple[tuple[type, ColumnType], ...] = (
        (bool, ColumnType.BOOLEAN),
        (int, ColumnType.INTEGER),
        (float, ColumnType.DECIMAL),
        (Decimal, ColumnType.DECIMAL),
        (dt.datetime, ColumnType.TIMESTAMP),
        (dt.date, ColumnType.DATE),
    )
    return next((kind for python, kind in kinds if isinstance(value, python)), ColumnType.STRING)


_PYTHON: Mapping[ColumnType, tuple[type, ...]] = {
    ColumnType.STRING: (str,),
    ColumnType.INTEGER: (int,),
    ColumnType.DECIMAL: (int, float, Decimal),
    ColumnType.RATIO: (int, float, Decimal),
    ColumnType.BOOLEAN: (bool,),
    ColumnType.DATE: (dt.date,),
    ColumnType.TIMESTAMP: (dt.datetime,),
    ColumnType.DURATION: (int, float, Decimal),
}


def fits(value: object, kind: ColumnType) -> bool:
    """Tell whether a TOML value can stand in a column of this type: no number is text, no instant without zone."""
    if isinstance(value, bool) or not isinstance(value, _PYTHON[kind]):
        return isinstance(value, bool) and kind is ColumnType.BOOLEAN
    if isinstance(value, dt.datetime):
        return kind is ColumnType.TIMESTAMP and value.tzinfo is not None
    return not isinstance(value, float | Decimal) or Decimal(str(value)).is_finite()


def plain_value(value: Any, kind: ColumnType) -> Value:
    """Return a TOML value as a cell of that type: floats become exact decimals, instants UTC."""
    if isinstance(value, float) or (
        isinstance(value, int) and not isinstance(value, bool) and kind is not ColumnType.INTEGER
    ):
        return Decimal(str(value))
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC)
    return value  # type: ignore[no-any-return]
