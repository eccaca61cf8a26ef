"""JSON values as cells: numbers exact, and one text for documents that say the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from reportrunner.cell import check_value, parse_cell
from reportrunner.table import ColumnType, Value
from reportrunner.verdict import plain

_DIGITS: Final = 60
"""An exponent beyond this makes no number that a column could hold."""
_SHOWN: Final = 60


def json_cell(raw: Any, kind: ColumnType) -> Value:
    """Return a JSON value as a column's type has it, exactly; ValueError where it has none.

    Fractions are to be parsed as Decimal. Numbers and truth values arrive as such or as texts; a text column takes
    anything, whole objects in their canonical form.
    """
    if raw is None:
        return None
    if kind is ColumnType.STRING:
        return raw if isinstance(raw, str) else canonical(raw)
    if isinstance(raw, list | dict):
        raise ValueError(f"{plain(canonical(raw), _SHOWN)} is no {kind}")  # noqa: TRY004  a wrong value, like the others
    if isinstance(raw, bool):
        if kind is not ColumnType.BOOLEAN:
            raise ValueError(f"{canonical(raw)} is no {kind}")
        return raw
    if isinstance(raw, int) and kind is ColumnType.INTEGER:
        return check_value(raw, kind)
    return parse_cell(raw if isinstance(raw, str) else canonical(raw), kind)


def canonical(value: Any) -> str:
    """Write a JSON value in the one form that equal values share, its numbers exact; ValueError for monstrous ones."""
    if isinstance(value, Decimal):
        if abs(value.adjusted()) > _DIGITS:
            raise ValueError("a number with an exponent beyond all columns")
        return f"{value:f}"
    if isinstance(value, Mapping):
        inner = (f"{json.dumps(name, ensure_ascii=False)}:{canonical(value[name])}" for name in sorted(value))
        return f"{{{','.join(inner)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(canonical, value))}]"
    return json.dumps(value, ensure_ascii=False)
