"""The wire to the child loses no type and no digit."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

from reportrunner.table import Column, ColumnType
from reportrunner.transform.wire import decode, decode_column, encode, encode_column


def test_values_survive_json() -> None:
    zone = dt.timezone(dt.timedelta(hours=-5))
    values: list[Any] = [
        None,
        True,
        0,
        2**100,
        "",
        "é",
        Decimal("1.10"),
        dt.date(2026, 1, 2),
        dt.datetime(2026, 1, 2, tzinfo=zone),
        [1, "a"],
    ]
    back = [decode(json.loads(json.dumps(encode(value)))) for value in values]
    assert back == values
    assert [type(value) for value in back] == [type(value) for value in values]
    assert str(back[6]) == "1.10"


def test_columns_survive_json() -> None:
    column = Column("n", ColumnType.RATIO, "percent", additive=False, personal=True, description="d", source="s §1")
    assert decode_column(json.loads(json.dumps(encode_column(column)))) == column
