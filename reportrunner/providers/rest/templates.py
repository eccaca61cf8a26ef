"""Strings of an endpoint's requests: `{{ params.x }}`, `{{ window.start | unix }}`, `{{ captured.job }}`."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from reportrunner.expression import Expression, ExpressionError, parse
from reportrunner.expression.expression import Slot
from reportrunner.expression.filters import as_text
from reportrunner.flow import Hole, JsonBody, JsonValue, Pairs, Segment, Text
from reportrunner.window import Window

Loc = tuple[str | int, ...]
ROOTS: Final = ("params", "window", "captured")
_WINDOW: Final = ("start", "end", "first_day", "last_day", "label", "zone", "days")
WINDOW_NAMES: Final = (*_WINDOW, "last_second", "utc_offset")
"""What a request may ask of its window; `last_second` is the last one inside it."""
_TIME_OF_DAY: Final = frozenset("HIMSTpzZ")


@dataclass(frozen=True, slots=True)
class Scope:
    """What the templates of one ask see: the params that are given, and the window if there is one."""

    params: Mapping[str, object] = field(default_factory=dict)
    window: Window | None = None

    def look(self, slot: Slot) -> object:
        """Return the value of an expression; WindowError where the window has no such thing."""
        return slot.value({"params": self.params, "window": self._window(slot)})

    def lacks(self, slot: Slot) -> bool:
        """Tell whether an expression names what was not given: its pair is left out."""
        root = slot.path[0]
        return (root == "window" and self.window is None) or (root == "params" and slot.path[1] not in self.params)

    def _window(self, slot: Slot) -> Mapping[str, object]:
        name = slot.path[1] if slot.path[0] == "window" and len(slot.path) > 1 else ""
        if self.window is None or not name:
            return {}
        if name == "last_second":
            return {name: self.window.end - dt.timedelta(seconds=1)}
        return {known: getattr(self.window, known) for known in (*_WINDOW, *({"utc_offset"} & {name}))}


@lru_cache(maxsize=4096)
def read(text: str) -> Expression | str:
    """Return a string's expression, or the string itself; raises ExpressionError."""
    return parse(text, ROOTS)


def slots_of(tree: Any) -> Iterator[Slot]:
    """Go through the expressions of strings, lists and tables; what cannot be read is left out."""
    if isinstance(tree, str):
        try:
            found = read(tree)
        except ExpressionError:
            return
        yield from found.slots if isinstance(found, Expression) else ()
    elif isinstance(tree, Mapping):
        for value in tree.values():
            yield from slots_of(value)
    elif isinstance(tree, list | tuple):
        for value in tree:
            yield from slots_of(value)


def leaves(tree: Any, loc: Loc = ()) -> Iterator[tuple[Loc, Any]]:
    """Go through what stands in lists and tables, with its place."""
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from leaves(value, (*loc, key))
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from leaves(value, (*loc, number))
    else:
        yield loc, tree


def strings(tree: Any) -> Iterator[tuple[Loc, str]]:
    """Go through the strings of a tree, with their places."""
    return ((loc, value) for loc, value in leaves(tree) if isinstance(value, str))


def is_day(slot: Slot) -> bool:
    """Tell whether an expression sends a day of the window: it can say nothing of an instant inside one."""
    if slot.path[:1] != ("window",) or len(slot.path) < 2:
        return False
    if slot.path[1] in {"first_day", "last_day", "days"} or any(step.name == "day_id" for step in slot.filters):
        return True
    forms = [str(step.arguments[0]) for step in slot.filters if step.name == "date"]
    return any(not {letter for _, letter in _directives(form)} & _TIME_OF_DAY for form in forms)


def _directives(form: str) -> Iterator[tuple[str, str]]:
    place = form.find("%")
    while 0 <= place < len(form) - 1:
        width = 2 if form[place + 1] == "-" else 1
        yield form[place : place + 1 + width], form[place + width : place + width + 1]
        place = form.find("%", place + 1 + width)


def write_text(template: object, scope: Scope) -> Text | None:
    """Return a scalar or a template as text, None where it names what was not given."""
    pieces = _pieces(template, scope, segment=False)
    return None if pieces is None else _joined(pieces)


def write_path(template: str, scope: Scope) -> Text:
    """Return a path; each value in it is one segment, whatever characters it has."""
    pieces = _pieces(template, scope, segment=True)
    assert pieces is not None, "a path names required params only"
    return _joined(pieces)


def write_pairs(given: Mapping[str, Any], scope: Scope) -> Pairs:
    """Return query, form or headers; a list gives its name once for each of its values."""
    return tuple((name, text) for name, value in given.items() for text in _texts(value, scope))


def write_json(value: Any, scope: Scope) -> JsonValue:
    """Return a JSON value; a string that is exactly one expression keeps its type, what was not given is left out."""
    if isinstance(value, Mapping):
        pairs = ((name, write_json(item, scope)) for name, item in value.items() if _is_given(item, scope))
        return JsonBody(tuple(pairs))
    if isinstance(value, list | tuple):
        return tuple(write_json(item, scope) for item in value if _is_given(item, scope))
    if not isinstance(value, str):
        return as_json(value)
    found = read(value)
    if isinstance(found, str):
        return found
    if found.single and found.slots[0].path[0] != "captured":
        return as_json(scope.look(found.slots[0]))
    text = write_text(value, scope)
    assert isinstance(text, str | Hole), "a captured value stands alone in JSON"
    return text


def as_json(value: object) -> JsonValue:
    """Return a plain value as JSON has it: days and instants as ISO 8601; ExpressionError for what JSON cannot say."""
    if isinstance(value, list | tuple):
        return tuple(as_json(item) for item in value)
    if isinstance(value, dt.date):
        return as_text(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ExpressionError(f"{value} cannot be sent as JSON")


def _texts(value: Any, scope: Scope) -> Iterator[Text]:
    found = read(value) if isinstance(value, str) else value
    if isinstance(found, Expression) and found.single and not scope.lacks(found.slots[0]):
        slot = found.slots[0]
        whole = None if slot.path[0] == "captured" else scope.look(slot)
        if isinstance(whole, list | tuple):
            value = list(whole)
    if isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item, scope)
        return
    text = write_text(value, scope)
    if text is not None:
        yield text


def _is_given(value: Any, scope: Scope) -> bool:
    found = read(value) if isinstance(value, str) else value
    return not isinstance(found, Expression) or not any(scope.lacks(slot) for slot in found.slots)


def _pieces(template: object, scope: Scope, *, segment: bool) -> list[str | Hole | Segment] | None:
    found = read(template) if isinstance(template, str) else as_text(template)
    if isinstance(found, str):
        return [found]
    if any(scope.lacks(slot) for slot in found.slots):
        return None
    pieces: list[str | Hole | Segment] = []
    for piece in found.pieces:
        if isinstance(piece, str):
            pieces.append(piece)
        elif piece.path[0] == "captured":
            pieces.append(Hole("capture", piece.path[1]))
        else:
            text = as_text(scope.look(piece))
            pieces.append(Segment(text) if segment else text)
    return pieces


def _joined(pieces: list[str | Hole | Segment]) -> Text:
    merged: list[Any] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        else:
            merged.append(piece)
    return merged[0] if len(merged) == 1 else tuple(merged)
