"""The open place of a section: what holds `{{ each }}` is checked with a value before its own values are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from reportrunner.checker import Checker, Loc
from reportrunner.closing import Each
from reportrunner.expression import render_tree, spread_tree
from reportrunner.expression.filters import ExpressionError
from reportrunner.strict import Strict
from reportrunner.table import Column, ColumnType, Value
from reportrunner.toml_value import SAMPLES

M = TypeVar("M", bound=Strict)
ADDRESS = "sample@example.org"


def close_each(
    checker: Checker, tree: Mapping[str, Any], each: Each | None, model: type[M], loc: Loc
) -> tuple[Each | None, M] | None:
    """Return the section's model with its first value in the open place, or None with the problems added.

    Every known value is tried. Where SQL is still to tell the type of the values, the first type that fits is taken.
    """
    if each is not None and not each.bound:
        for kind in SAMPLES:
            guess = replace(each, column=replace(each.column, type=kind))
            closed = close_each(Checker(checker.file), tree, replace(guess, bound=True), model, loc)
            if closed is not None:
                return guess, closed[1]
    if each is not None and not each.values and each.column.type is ColumnType.STRING:
        # Text may have to be an address, or what the model says; only when it fits as none is something wrong.
        for text in (SAMPLES[ColumnType.STRING], ADDRESS, *model.samples):
            data, errors = render_tree(tree, {"each": text})
            found = None if errors else Checker(checker.file).validated(model, data, loc)
            if found is not None:
                return (each, found) if _packs_fit(checker, tree, (each, (text,)), model, loc) else None
    first: M | None = None
    for value in _values(each):
        data, errors = render_tree(tree, {} if each is None else {"each": value})
        if errors:
            _say(checker, errors, each, loc)
            return None
        checked = checker.validated(model, data, loc)
        if checked is None:
            return None
        first = first or checked
    assert first is not None
    return (each, first) if each is None or _packs_fit(checker, tree, (each, _values(each)), model, loc) else None


def _packs_fit(
    checker: Checker, tree: Mapping[str, Any], packed: tuple[Each, tuple[Value, ...]], model: type[Strict], loc: Loc
) -> bool:
    """Tell whether values that fit alone fit together, with the problems added; a sample is taken twice."""
    each, values = packed
    values = values if each.values else values * min(each.pack, 2)
    for first in range(0, len(values) if each.pack else 0, each.pack or 1):
        data, _ = render_tree(spread_tree(tree, ("each",), values[first : first + each.pack]), {})
        if checker.validated(model, data, loc) is None:
            return False
    return True


def bind_each(each: Each, columns: Iterable[Column]) -> Each:
    """Return the open place with what binding found out about the column that it goes over."""
    column = next((column for column in columns if column.name == each.of), None)
    if column is None:
        return each
    return replace(each, column=replace(each.column, type=column.type, personal=column.personal), bound=True)


def _values(each: Each | None) -> tuple[Value, ...]:
    if each is None:
        return (None,)
    return each.values or (SAMPLES[each.column.type],)


def _say(checker: Checker, errors: Iterable[tuple[Loc, ExpressionError]], each: Each | None, loc: Loc) -> None:
    for place, error in errors:
        if each is None:
            hint = 'add each = { dataset = "...", column = "..." }'
            error = ExpressionError("each has nothing to go over here", error.offset, error.width, hint)  # noqa: PLW2901
        checker.expression_problem((*loc, *place), error)
