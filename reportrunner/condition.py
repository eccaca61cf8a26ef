"""Conditions of checks, such as `>= 5`: an operator and a literal."""

from __future__ import annotations

import datetime as dt
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from reportrunner.table import Value

_FORM = re.compile(r"\s*(==|!=|<=|>=|<(?!=)|>(?!=))\s*(.+?)\s*")
_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """What a value must be."""

    sign: str
    literal: Decimal | str | bool

    def holds(self, value: Value) -> bool:
        """Tell whether the value is so; null never is, and values of different kinds never compare.

        Dates and instants compare as text, in ISO form.
        """
        if isinstance(value, dt.date):
            value = value.isoformat()
        if value is None or _kind(value) is not _kind(self.literal):
            return False
        return _OPERATORS[self.sign](value, self.literal)

    def __str__(self) -> str:
        """Print the condition as it is written."""
        literal = str(self.literal).lower() if isinstance(self.literal, bool) else self.literal
        return f"{self.sign} {literal}"


def _kind(value: Value) -> type:
    return next((kind for kind in (bool, str) if isinstance(value, kind)), Decimal)


def parse_condition(text: str) -> Condition:
    """Read a condition; ValueError when it is none."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f'"{text}" is no condition')
    sign, literal = match.groups()
    if literal in {"true", "false"}:
        return Condition(sign, literal == "true")
    if len(literal) > 1 and literal[0] == literal[-1] and literal[0] in "'\"":
        return Condition(sign, literal[1:-1])
    try:
        number = Decimal(literal)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise ValueError(f'"{literal}" is neither a number nor quoted text')
    return Condition(sign, number)
