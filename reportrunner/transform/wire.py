"""The words between us and the child process that runs user SQL: values and columns as JSON, exactly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from reportrunner.table import Column, ColumnType, Value


def encode(value: Value | tuple[Value, ...] | list[Value]) -> Any:
    """Return a value, or a list of them, as JSON that `decode` restores with its type."""
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, dt.datetime):
        return {"timestamp": value.isoformat()}
    if isinstance(value, dt.date):
        return {"date": value.isoformat()}
    if isinstance(value, tuple | list):
        return [encode(each) for each in value]
    return value


def decode(value: Any) -> Any:
    """Restore what `encode` wrote."""
    if isinstance(value, dict):
        ((kind, text),) = value.items()
        if kind == "decimal":
            return Decimal(text)
        return dt.datetime.fromisoformat(text) if kind == "timestamp" else dt.date.fromisoformat(text)
    return [decode(each) for each in value] if isinstance(value, list) else value


def encode_column(column: Column) -> dict[str, Any]:
    """Return a column with all its meaning as JSON."""
    return asdict(column)


def decode_column(column: Mapping[str, Any]) -> Column:
    """Restore what `encode_column` wrote."""
    return Column(**{**column, "type": ColumnType(column["type"])})
