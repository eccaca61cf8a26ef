"""Expressions in strings, `{{ windows.week.label }}`: names, attributes and a listed set of filters, nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reportrunner.expression.filters import ExpressionError, as_text
from reportrunner.expression.syntax import ROOTS, Slot, read_slot

__all__ = [
    "ROOTS",
    "Expression",
    "ExpressionError",
    "Slot",
    "expressions",
    "parse",
    "parse_tree",
    "render_tree",
    "spread_tree",
]

Loc = tuple[str | int, ...]
Errors = list[tuple[Loc, ExpressionError]]

_BLOCK = re.compile(r"""\{\{((?:[^"'{}]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\{(?!\{)|\}(?!\}))*)\}\}""", re.DOTALL)
_FOREIGN = re.compile(r"\{%-?\s*\w[^{}]*%\}|\{#.*?#\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Expression:
    """A string with at least one `{{ ... }}`, parsed."""

    text: str
    pieces: tuple[str | Slot, ...]

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The expressions in it, in order."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Slot))

    @property
    def names(self) -> frozenset[tuple[str, ...]]:
        """Every path it mentions, such as ("windows", "week", "label")."""
        return frozenset(slot.path for slot in self.slots)

    def is_exactly(self, path: tuple[str, ...]) -> bool:
        """Tell whether it is one expression that names this path, with nothing around it and no filter on it."""
        return self.single and self.slots[0].path == path and not self.slots[0].filters

    @property
    def single(self) -> bool:
        """Whether it is exactly one expression and nothing else, and so keeps its type."""
        return len(self.pieces) == 1 and isinstance(self.pieces[0], Slot)

    def render(self, scope: Mapping[str, object]) -> object:
        """Return the value of a single expression with its type, else text; raises ExpressionError."""
        if self.single:
            return self.slots[0].value(scope)
        return "".join(piece if isinstance(piece, str) else _slot_text(piece, scope) for piece in self.pieces)

    def substitute(self, scope: Mapping[str, object], keep: frozenset[str]) -> Expression:
        """Render all but what hangs on the kept roots; offsets still count into the text the user wrote."""
        merged: list[str | Slot] = []
        for piece in self.pieces:
            kept = piece if isinstance(piece, str) or piece.path[0] in keep else _slot_text(piece, scope)
            if isinstance(kept, str) and merged and isinstance(merged[-1], str):
                merged[-1] += kept
            else:
                merged.append(kept)
        text = "".join(piece if isinstance(piece, str) else piece.source for piece in merged)
        return replace(self, text=text, pieces=tuple(merged))


def parse(text: str, roots: tuple[str, ...] = ROOTS) -> Expression | str:
    """Parse a string whose expressions name `roots`; one without `{{` is returned as it is; raises ExpressionError."""
    if foreign := _FOREIGN.search(text):
        what = "comments" if foreign[0].startswith("{#") else "statements"
        raise ExpressionError(
            f"there are no {what} here", foreign.start(), len(foreign[0]), "write {{ name }}, or leave it out"
        )
    pieces: list[str | Slot] = []
    end = 0
    while (start := text.find("{{", end)) >= 0:
        block = _BLOCK.match(text, start)
        if block is None:
            raise ExpressionError('"{{" is not closed', start, 2, "write {{ name }} with both braces and quotes closed")
        pieces += [text[end:start], read_slot(block[1], start, roots)]
        end = block.end()
    pieces.append(text[end:])
    return Expression(text, tuple(piece for piece in pieces if piece != "")) if len(pieces) > 1 else text


def parse_tree(data: Any) -> tuple[Any, Errors]:
    """Copy dicts and lists with every string parsed; what cannot be parsed stays a string and is reported."""
    return _mapped(data, lambda leaf: parse(leaf) if isinstance(leaf, str) else leaf)


def render_tree(tree: Any, scope: Mapping[str, object], keep: frozenset[str] = frozenset()) -> tuple[Any, Errors]:
    """Render every Expression of a tree; those that mention a root in `keep` stay, with all else filled in."""

    def render(leaf: object) -> object:
        if not isinstance(leaf, Expression):
            return leaf
        waits = any(path[0] in keep for path in leaf.names)
        return leaf.substitute(scope, keep) if waits else leaf.render(scope)

    return _mapped(tree, render)


def spread_tree(tree: Any, path: tuple[str, ...], values: Sequence[object]) -> Any:
    """Copy dicts and lists; an item of a list that is exactly the expression of a path becomes these values."""
    if isinstance(tree, Mapping):
        return {key: spread_tree(value, path, values) for key, value in tree.items()}
    if not isinstance(tree, list | tuple):
        return tree
    items: list[object] = []
    for item in tree:
        if isinstance(item, Expression) and item.is_exactly(path):
            items += values
        else:
            items.append(spread_tree(item, path, values))
    return items


def expressions(tree: Any, loc: Loc = ()) -> Iterator[tuple[Loc, Expression]]:
    """Go through the Expressions of a tree with their paths."""
    if isinstance(tree, Expression):
        yield loc, tree
    elif isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from expressions(value, (*loc, key))
    elif isinstance(tree, list | tuple):
        for number, value in enumerate(tree):
            yield from expressions(value, (*loc, number))


def _mapped(tree: Any, change: Callable[[Any], object]) -> tuple[Any, Errors]:
    errors: Errors = []

    def walk(node: Any, loc: Loc) -> Any:
        if isinstance(node, Mapping):
            return {key: walk(value, (*loc, key)) for key, value in node.items()}
        if isinstance(node, list | tuple):
            items = [walk(value, (*loc, number)) for number, value in enumerate(node)]
            return tuple(items) if isinstance(node, tuple) else items
        try:
            return change(node)
        except ExpressionError as error:
            errors.append((loc, error))
            return node

    return walk(tree, ()), errors


def _slot_text(slot: Slot, scope: Mapping[str, object]) -> str:
    try:
        return as_text(slot.value(scope))
    except ExpressionError as error:
        if error.width:
            raise
        hint = error.hint.replace("...", slot.source.strip("{} \n\t"))
        raise ExpressionError(error.message, slot.offset, len(slot.source), hint) from None
