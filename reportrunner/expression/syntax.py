"""One `{{ ... }}`: jinja2's parser reads it, a whitelist judges it, and what remains is a path and filters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import Environment, TemplateSyntaxError, nodes

from reportrunner.expression.filters import FILTERS, ExpressionError, check_arguments, kind_of
from reportrunner.spelling import did_you_mean

ROOTS = ("params", "windows", "job", "as_of", "each")

_ESCAPE = re.compile(r"\\[^nrt\\\"']")
_ALLOWED = "an expression has names, attributes and filters only"
_DECIDE = "decide it in sql or in a template"
_REFUSED: tuple[tuple[tuple[type[nodes.Node], ...], str, tuple[str, ...], str], ...] = (
    ((nodes.Call,), "nothing can be called here", ("(",), "leave the parentheses out"),
    ((nodes.Test,), "there are no tests here", ("is",), _DECIDE),
    ((nodes.Compare,), "nothing can be compared here", ("==", "!=", "<", "<=", ">", ">=", "in", "not"), _DECIDE),
    (
        (nodes.And, nodes.Or, nodes.Not, nodes.CondExpr),
        "there are no conditions here",
        ("and", "or", "not", "if"),
        _DECIDE,
    ),
    (
        (nodes.BinExpr, nodes.UnaryExpr, nodes.Concat),
        "there is no arithmetic here",
        ("+", "-", "*", "/", "//", "%", "**", "~"),
        "compute it in sql, or define another window or param",
    ),
    ((nodes.Getitem,), "a part is named by a word or by text", ("[",), 'write .name or ["name"]'),
    ((nodes.Getattr,), "a filter's result has no parts", (".",), "put the filter last"),
    ((nodes.Filter,), "a filter comes last", ("|",), "put the filter last"),
    ((nodes.List, nodes.Tuple, nodes.Dict), "nothing can be built here", ("[", "(", "{", ","), "give it as a param"),
)


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter with its constant arguments, and where it stands."""

    name: str
    arguments: tuple[object, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Slot:
    """One `{{ ... }}`: a path of names and the filters applied to what stands there."""

    source: str
    offset: int
    """Counted in characters into the text as the user wrote it; so are the others."""
    path: tuple[str, ...]
    places: tuple[int, ...]
    """The offset of each name of the path."""
    filters: tuple[Filter, ...] = ()

    def value(self, scope: Mapping[str, object]) -> object:
        """Look the path up and apply the filters; raises ExpressionError."""
        found = self._look_up(scope)
        for step in self.filters:
            try:
                found = FILTERS[step.name].apply(found, *step.arguments)
            except ExpressionError as error:
                raise ExpressionError(error.message, step.offset, len(step.name), error.hint) from None
        return found

    def _look_up(self, scope: Mapping[str, object]) -> object:
        found: object = scope
        for number, (name, offset) in enumerate(zip(self.path, self.places, strict=True)):
            above = ".".join(self.path[:number])
            if not isinstance(found, Mapping):
                raise ExpressionError(
                    f"{above} is {kind_of(found)} and has no parts", offset, len(name), "use a filter"
                )
            if name not in found:
                raise _unknown(above, name, offset, [str(key) for key in found])
            found = found[name]
        path, offset = ".".join(self.path), self.places[-1]
        if isinstance(found, Mapping):
            known = ", ".join(f"{path}.{key}" for key in list(found)[:8])
            raise ExpressionError(f"{path} is a table", offset, len(self.path[-1]), f"name one of its parts: {known}")
        if found is None:
            raise ExpressionError(f"{path} has no value", offset, len(self.path[-1]), "give it one, or a default")
        return found


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(autoescape=False)  # noqa: S701  only its parser is used, nothing is rendered with it


def read_slot(inner: str, start: int, roots: tuple[str, ...] = ROOTS) -> Slot:
    """Read what stands between the braces at an offset, which names one of `roots`; raises ExpressionError."""
    # jinja reads every line ending as one newline, which would shift the offsets
    source = "{{" + inner.replace("\r", " ") + "}}"
    whole = (start, len(source))
    if inner[:1] in {"-", "+"} or inner[-1:] in {"-", "+"}:
        raise ExpressionError("spaces cannot be controlled here", *whole, "write {{ and }}")
    if not inner.strip():
        raise ExpressionError("there is no name between the braces", *whole, "write {{ name }}")
    if escape := _ESCAPE.search(inner):
        raise ExpressionError("unknown escape", start + 2 + escape.start(), 2, 'write "\\\\" for a backslash')
    try:
        tree = _environment().parse(source)
        tokens = _tokens(source, start)
    except TemplateSyntaxError as error:
        raise _misread(error, source, start) from None
    except (ValueError, RecursionError):
        raise ExpressionError("this expression is too long", *whole, _ALLOWED) from None
    output = tree.body[0] if len(tree.body) == 1 else None
    if not isinstance(output, nodes.Output) or len(output.nodes) != 1:
        raise ExpressionError("not an expression", *whole, _ALLOWED)
    slot = _chain(output.nodes[0], tokens, source, start)
    if slot.path[0] not in roots:
        raise _unknown("", slot.path[0], slot.places[0], list(roots))
    return slot


def _tokens(source: str, start: int) -> list[tuple[int, str, str]]:
    tokens = []
    for _, kind, value in _environment().lex(source):
        if kind != "whitespace":
            tokens.append((start, kind, value))
        start += len(value)
    return tokens


def _misread(error: TemplateSyntaxError, source: str, start: int) -> ExpressionError:
    words = error.message or ""
    if odd := re.fullmatch(r"unexpected char '(.+)' at (\d+)", words):
        return ExpressionError(f'unexpected "{odd[1]}"', start + int(odd[2]), 1, _ALLOWED)
    if odd := re.search(r", got '(.+)'$", words):
        with suppress(TemplateSyntaxError):
            for offset, _, value in _tokens(source, start):
                if value == odd[1]:
                    return ExpressionError(f'unexpected "{value}"', offset, len(value), _ALLOWED)
    return ExpressionError("this cannot be read as an expression", start, len(source), _ALLOWED)


def _chain(node: nodes.Node, tokens: list[tuple[int, str, str]], source: str, start: int) -> Slot:
    """Turn the syntax tree, a chain from the last filter down to the root's name, into a slot."""
    parts: list[tuple[str, bool]] = []
    calls: list[tuple[str, tuple[object, ...]]] = []
    while not isinstance(node, nodes.Name):
        if isinstance(node, nodes.Filter) and node.node is not None and not parts:
            calls.append((node.name, _arguments(node, tokens)))
            node = node.node
        elif isinstance(node, nodes.Getattr):
            parts.append((node.attr, False))
            node = node.node
        elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            parts.append((node.arg.value, True))
            node = node.node
        else:
            raise _refusal(node, tokens, (start, len(source)))
    rest = iter(tokens)
    places = [_next_place(rest, node.name)]
    places += [_next_place(rest, None if quoted else name) for name, quoted in reversed(parts)]
    filters = tuple(_filter(name, arguments, _next_place(rest, name)) for name, arguments in reversed(calls))
    return Slot(source, start, (node.name, *(name for name, _ in reversed(parts))), tuple(places), filters)


def _next_place(tokens: Iterator[tuple[int, str, str]], name: str | None) -> int:
    """Find where a name comes next; None stands for a key in quotes."""
    for offset, kind, value in tokens:
        if name is None and kind == "string":
            return offset + 1
        if name is not None and kind == "name" and value == name.partition(".")[0]:
            return offset
    raise AssertionError("the parser and the lexer disagree")


def _arguments(node: nodes.Filter, tokens: list[tuple[int, str, str]]) -> tuple[object, ...]:
    if node.kwargs or node.dyn_args or node.dyn_kwargs or not all(isinstance(arg, nodes.Const) for arg in node.args):
        offset = next((offset for offset, _, value in tokens if value == node.name.partition(".")[0]), tokens[0][0])
        hint = f'write {node.name}("...") with a plain value'
        raise ExpressionError(f"{node.name} takes plain values only", offset, len(node.name), hint)
    return tuple(arg.value for arg in node.args if isinstance(arg, nodes.Const))


def _filter(name: str, arguments: tuple[object, ...], offset: int) -> Filter:
    if name not in FILTERS:
        nearest = did_you_mean(name, FILTERS)
        raise ExpressionError(
            f'there is no filter "{name}"{nearest}', offset, len(name), f"known: {', '.join(FILTERS)}"
        )
    try:
        check_arguments(name, arguments)
    except ExpressionError as error:
        raise ExpressionError(error.message, offset, len(name), error.hint) from None
    return Filter(name, arguments, offset)


def _refusal(node: nodes.Node, tokens: list[tuple[int, str, str]], whole: tuple[int, int]) -> ExpressionError:
    if isinstance(node, nodes.Const):
        return ExpressionError("a plain value needs no braces", *whole, "write it without {{ }}")
    for kinds, message, words, hint in _REFUSED:
        if isinstance(node, kinds):
            for offset, kind, value in tokens:
                if value in words and kind in {"operator", "name"}:
                    return ExpressionError(message, offset, len(value), hint)
            number = next(((offset, len(value)) for offset, kind, value in tokens if kind == "integer"), whole)
            return ExpressionError(message, *number, hint)
    return ExpressionError("this is not known here", *whole, _ALLOWED)


def _unknown(above: str, name: str, offset: int, known: list[str]) -> ExpressionError:
    message = f'{above} has no "{name}"' if above else f'"{name}" is not known here'
    nearest = did_you_mean(name, known)
    hint = "" if nearest else f"known: {', '.join(known[:12])}" if known else ""
    return ExpressionError(message + nearest, offset, len(name), hint)
