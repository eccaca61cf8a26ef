"""Where every path of a TOML text stands: the one room of tree-sitter, entered only when something is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import tree_sitter
import tree_sitter_toml
from tree_sitter import Node

Loc = tuple[str | int, ...]
At = Literal["key", "value", "header"]

_PIECE = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[ \t]*\r?\n[ \t\r\n]*|.)|\r\n|.", re.DOTALL)
_RAW_PIECE = re.compile(r"\r\n|.", re.DOTALL)
_CONTINUED = re.compile(r"\\[ \t]*\r?\n")


class Span(NamedTuple):
    """From and to, counted from 0; bytes inside the index, characters in what its functions return."""

    start: int
    end: int


class Mark(NamedTuple):
    """Where one path stands; a table without a header of its own has the key that names it."""

    key: Span
    value: Span
    header: Span


class Clash(NamedTuple):
    """What is set a second time, and where it was set first."""

    first: Span
    second: Span


@dataclass(slots=True)
class TomlIndex:
    """Path -> mark; filled by one walk over the syntax tree, then only read."""

    text: str
    read_key: Callable[[str], str]
    """Decodes a key in quotes."""
    marks: dict[Loc, Mark] = field(default_factory=dict)
    clash: Clash | None = None
    lengths: dict[Loc, int] = field(default_factory=dict)
    valued: set[Loc] = field(default_factory=set)
    """Set by `key = value`; `declared` by a header, `dotted` by the front parts of a dotted key."""
    declared: set[Loc] = field(default_factory=set)
    dotted: set[Loc] = field(default_factory=set)

    def find(self, loc: Loc, at: At) -> Span:
        """Walk down as far as the file goes; parts that are no keys (pydantic's tags and union labels) are dropped."""
        path: Loc = ()
        dropped = False
        for part in loc:
            dropped = (*path, part) not in self.marks
            path = path if dropped else (*path, part)
        if not path:
            return Span(0, 0)
        mark = self.marks[path]
        side = "header" if dropped and at == "key" else at
        return self.characters({"key": mark.key, "value": mark.value, "header": mark.header}[side])

    def characters(self, span: Span) -> Span:
        """Turn a span of bytes into one of characters."""
        raw = self.text.encode()
        start = len(raw[: span.start].decode())
        return Span(start, start + len(raw[span.start : span.end].decode()))

    def add_table(self, node: Node) -> None:
        """Mark a `[header]` or `[[header]]` and the pairs below it."""
        opener, *rest = node.children
        closer = next((child for child in rest if child.type in {"]", "]]"}), opener)
        header = Span(opener.start_byte, closer.end_byte)
        *front, (last, span) = self._parts(rest[0])
        path: Loc = ()
        for name, place in front:
            path = (*path, name)
            self._check(path, place, self.valued)
            self.marks.setdefault(path, Mark(place, place, place))
            if path in self.lengths:
                path = (*path, self.lengths[path] - 1)
        path = self._open((*path, last), Mark(span, header, header), node.type == "table_array_element")
        for child in rest:
            if child.type == "pair":
                self.add_pair(path, child)

    def _open(self, path: Loc, mark: Mark, is_array: bool) -> Loc:
        self._check(path, mark.header, self.valued, self.declared, self.dotted)
        if is_array:
            if path not in self.lengths:
                self._check(path, mark.header, self.marks)
            self.marks.setdefault(path, mark)
            number = self.lengths.get(path, 0)
            self.lengths[path] = number + 1
            path = (*path, number)
        else:
            self._check(path, mark.header, self.lengths)
            self.declared.add(path)
        self.marks[path] = mark
        return path

    def add_pair(self, base: Loc, node: Node) -> None:
        """Mark `a.b = value` below a table."""
        named = _named(node)
        if len(named) != 2:
            return
        *front, (last, span) = self._parts(named[0])
        path = base
        for name, place in front:
            path = (*path, name)
            self._check(path, place, self.valued, self.declared, self.lengths)
            self.marks.setdefault(path, Mark(place, place, place))
            self.dotted.add(path)
        path = (*path, last)
        self._check(path, span, self.marks)
        self.marks[path] = Mark(span, _span(named[1]), span)
        self.valued.add(path)
        self._add_value(path, named[1])

    def _add_value(self, path: Loc, node: Node) -> None:
        if node.type == "inline_table":
            for child in _named(node):
                self.add_pair(path, child)
        elif node.type == "array":
            for number, child in enumerate(_named(node)):
                here, span = (*path, number), _span(child)
                self.marks[here] = Mark(span, span, span)
                self._add_value(here, child)

    def _check(self, path: Loc, span: Span, *taken: Collection[Loc]) -> None:
        if self.clash is None and any(path in paths for paths in taken):
            self.clash = Clash(self.marks[path].key, span)

    def _parts(self, key: Node) -> list[tuple[str, Span]]:
        """Split a key at its dots, from left to right."""
        last: list[Node] = []
        while key.type == "dotted_key":
            key, *others = key.named_children
            last[:0] = others
        return [(self._name(node), _span(node)) for node in (key, *last)]

    def _name(self, node: Node) -> str:
        written = (node.text or b"").decode()
        return self.read_key(written) if node.type == "quoted_key" else written


def build_index(text: str, read_key: Callable[[str], str]) -> TomlIndex:
    """Index a text that is TOML, or would be but for keys that are set twice (`clash`)."""
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_toml.language()))
    index = TomlIndex(text, read_key)
    for node in parser.parse(text.encode()).root_node.children:
        if node.type == "pair":
            index.add_pair((), node)
        elif node.type in {"table", "table_array_element"}:
            index.add_table(node)
    return index


def inside(text: str, span: tuple[int, int], within: tuple[int, int]) -> Span:
    """Turn (offset, width) in the decoded text of a string value into a span of characters of the file."""
    token = text[slice(*span)]
    quote = token[:3] if token[:3] in {'"""', "'''"} else token[:1]
    body = token[len(quote) : -len(quote)]
    first_break = re.match(r"\r?\n", body) if len(quote) == 3 else None
    basic = quote[0] == '"'
    pieces = (_PIECE if basic else _RAW_PIECE).finditer(body, first_break.end() if first_break else 0)
    spans = [piece.span() for piece in pieces if not (basic and _CONTINUED.match(piece[0]))]
    spans.append((len(body), len(body)))
    first, last = (min(number, len(spans) - 1) for number in (within[0], sum(within) - 1))
    origin = span[0] + len(quote)
    return Span(origin + spans[first][0], origin + spans[max(first, last)][1])


def _span(node: Node) -> Span:
    return Span(node.start_byte, node.end_byte)


def _named(node: Node) -> list[Node]:
    return [child for child in node.named_children if child.type != "comment"]
