from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from reportrunner.json_cell import canonical, json_cell
from reportrunner.table import ColumnType, Value


def load(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("null", ColumnType.STRING, None),
        ("9007199254740993", ColumnType.INTEGER, 9007199254740993),
        ('"9007199254740993"', ColumnType.INTEGER, 9007199254740993),
        ("1e2", ColumnType.INTEGER, 100),
        ("0.1", ColumnType.DECIMAL, Decimal("0.1")),
        ("true", ColumnType.BOOLEAN, True),
        ('"false"', ColumnType.BOOLEAN, False),
        ("1.50", ColumnType.STRING, "1.50"),
        ('{"b": [1, 0.30], "a": "é"}', ColumnType.STRING, '{"a":"é","b":[1,0.30]}'),
    ],
)
def test_a_value_is_taken_exactly(text: str, kind: ColumnType, value: Value) -> None:
    assert json_cell(load(text), kind) == value


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("true", ColumnType.INTEGER, "true is no integer"),
        ("[1]", ColumnType.DECIMAL, r"\[1\] is no decimal"),
        ("12.5", ColumnType.INTEGER, '"12.5" is no integer'),
        ("1" + "0" * 40, ColumnType.INTEGER, "beyond 128 bits"),
        ("1e999", ColumnType.DECIMAL, "beyond all columns"),
    ],
)
def test_what_a_column_cannot_hold_is_refused(text: str, kind: ColumnType, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        json_cell(load(text), kind)


def test_documents_that_say_the_same_are_one_text() -> None:
    assert canonical(load('{"x": {"b": 1, "a": null}}')) == canonical(load('{"x":{"a":null,"b":1}}'))
