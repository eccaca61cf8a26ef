"""Conditions of checks: an operator and a literal."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from reportrunner.condition import Condition, parse_condition
from reportrunner.table import Value


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        (">= 5", 5, True),
        (">= 5", 4, False),
        ("> 5", Decimal("5.1"), True),
        ("< -1.5", -2, True),
        ("<= 1e3", 1000, True),
        ("!= 0", 0, False),
        ("== 0", Decimal("0.0"), True),
        ("  ==0 ", 0, True),
        ("== 'a'", "a", True),
        ('!= "a"', "b", True),
        ("< 'b'", "a", True),
        ("== true", True, True),
        ("== false", True, False),
        (">= '2026-01-01'", dt.date(2026, 1, 2), True),
        ("== '2026-01-02T00:00:00+00:00'", dt.datetime(2026, 1, 2, tzinfo=dt.UTC), True),
        ("== ''", "", True),
    ],
)
def test_a_value_is_so_or_not(text: str, value: Value, holds: bool) -> None:
    assert parse_condition(text).holds(value) is holds


@pytest.mark.parametrize("sign", ["==", "!=", "<", "<=", ">", ">="])
@pytest.mark.parametrize(
    ("literal", "value"),
    [("1", None), ("1", "1"), ("'1'", 1), ("1", True), ("true", 1), ("2026", dt.date(2026, 1, 1)), ("true", "true")],
)
def test_null_and_values_of_other_kinds_never_hold(sign: str, literal: str, value: Value) -> None:
    assert not parse_condition(f"{sign} {literal}").holds(value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", '"" is no condition'),
        ("5", '"5" is no condition'),
        ("= 5", '"= 5" is no condition'),
        (">=", '">=" is no condition'),
        (">= many", '"many" is neither a number nor quoted text'),
        (">= nan", '"nan" is neither a number nor quoted text'),
        (">= Infinity", '"Infinity" is neither a number nor quoted text'),
        ("== 'a", '"\'a" is neither a number nor quoted text'),
        ("== '", '"\'" is neither a number nor quoted text'),
    ],
)
def test_what_is_no_condition(text: str, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_condition(text)
    assert str(caught.value) == said


@pytest.mark.parametrize("text", [">= 5", "== a", "!= true", "< 1.50"])
def test_a_condition_prints_as_it_was_written(text: str) -> None:
    sign, literal = text.split()
    quoted = f"'{literal}'" if literal == "a" else literal
    assert str(parse_condition(f"{sign} {quoted}")) == text
    assert parse_condition(f"{sign}{quoted}") == parse_condition(f" {sign}  {quoted} ")
    assert isinstance(parse_condition(text.replace("a", "'a'")), Condition)
