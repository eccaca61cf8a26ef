"""What can be known of a template without data: syntax, and every name, filter, test and template it speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import TypeVar, cast, get_args

from jinja2 import TemplateSyntaxError, nodes
from jinja2.meta import find_referenced_templates

from reportrunner.errors import Diagnostic
from reportrunner.spelling import did_you_mean
from reportrunner.templating.figure import Kind
from reportrunner.templating.sealed import TOP_NAMES, Sealed, Shelf, environment
from reportrunner.templating.view import FIELDS
from reportrunner.templating.vocabulary import FILTERS

_CHARTS = (*get_args(Kind), "fitting")


N = TypeVar("N", bound=nodes.Node)


@dataclass(frozen=True, slots=True)
class Tree:
    """A template as it was parsed, its nodes sorted by kind, since every rule goes through all of some."""

    body: Sequence[nodes.Node]
    kinds: Mapping[type[nodes.Node], Sequence[tuple[int, nodes.Node]]]
    """The nodes of each kind, and which of all they are."""
    reads: tuple[str, ...]
    """The templates that it names."""

    def all(self, *kinds: type[N]) -> Iterator[N]:
        """Go through the nodes of these kinds, in the order in which they were parsed."""
        found = [numbered for kind in kinds for numbered in self.kinds.get(kind, ())]
        if len(kinds) > 1:
            found.sort(key=itemgetter(0))
        return (cast(N, node) for _, node in found)


Trees = dict[str, Tree]


def diagnostic(shelf: Shelf, name: str, line: int, message: str) -> Diagnostic:
    """Return the diagnostic, its caret under the first word that the message quotes, where the line has it."""
    lines = (shelf.source(name) or "").splitlines()
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    body, _, hint = message.partition("; did you mean ")
    quoted = re.search(r'"([^"]+)"', body)
    word = quoted[1] if quoted else ""
    found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) if word else None
    column = found.start() + 1 if found else len(text) - len(text.lstrip()) + 1 if text else 0
    width = len(word) if found else max(1, len(text.strip()))
    hint = f"did you mean {hint}" if hint else ""
    return Diagnostic(shelf.shown(name), line, column, body, hint, source=text, width=width)


def check(shelf: Shelf, name: str, datasets: Mapping[str, tuple[str, ...]] | None) -> tuple[Diagnostic, ...]:
    """Return every error of a template and of those it includes; `datasets` gives the columns it may rely on."""
    if shelf.source(name) is None:
        message = f'there is no template "{name}"{did_you_mean(name, shelf.names())}'
        return (diagnostic(shelf, name, 0, message),)
    made = environment(shelf)
    made.filters.update(dict.fromkeys(FILTERS, str))
    found: list[tuple[str, int, str]] = []
    trees = _closure(shelf, name, found)
    given = set(TOP_NAMES).union(*map(_assigned, trees.values()))
    named = {each: {block.name for block in tree.all(nodes.Block)} for each, tree in trees.items()}
    for each, tree in trees.items():
        blocks = set().union(*(names for other, names in named.items() if other != each))
        wrongs = [*_words(made, tree), *_missing_templates(shelf, tree), *_names(tree, given), *_blocks(tree, blocks)]
        wrongs += [wrong for dotted in tree.all(nodes.Getattr) for wrong in _attribute(dotted, datasets)]
        found += [(each, line, message) for line, message in wrongs]
    return tuple(diagnostic(shelf, *wrong) for wrong in dict.fromkeys(found))


def closure(shelf: Shelf, name: str) -> tuple[str, ...]:
    """Return the names of a template and of all that it reads."""
    return tuple(_closure(shelf, name, []))


def draws(shelf: Shelf, name: str) -> bool:
    """Say whether the template or one it includes calls a chart."""
    if shelf.source(name) is None:
        return False
    trees = _closure(shelf, name, [])
    return any(node.name == "chart" for tree in trees.values() for node in tree.all(nodes.Name))


@lru_cache(maxsize=256)
def _parsed(source: str, name: str) -> Tree:
    """Return the tree of a text, which is looked at and never changed: the jobs of a project share templates."""
    tree = environment(Shelf({}, "")).parse(source, name)
    reads = tuple(each for each in find_referenced_templates(tree) if each)
    kinds: dict[type[nodes.Node], list[tuple[int, nodes.Node]]] = {}
    for number, node in enumerate(tree.find_all(nodes.Node)):
        kinds.setdefault(type(node), []).append((number, node))
    return Tree(tree.body, kinds, reads)


def _closure(shelf: Shelf, name: str, wrongs: list[tuple[str, int, str]]) -> Trees:
    trees: Trees = {}
    waiting = [name]
    while waiting:
        here = waiting.pop()
        source = shelf.source(here)
        if here in trees or source is None:
            continue
        try:
            trees[here] = _parsed(source, here)
        except TemplateSyntaxError as error:
            wrongs.append((here, error.lineno, str(error.message)))
            continue
        waiting += trees[here].reads
    return trees


def _words(made: Sealed, tree: Tree) -> Iterator[tuple[int, str]]:
    for part in tree.all(nodes.Filter):
        if part.name not in made.filters:
            yield part.lineno, f'there is no filter "{part.name}"{did_you_mean(part.name, made.filters)}'
    for test in tree.all(nodes.Test):
        if test.name not in made.tests:
            yield test.lineno, f'there is no test "{test.name}"{did_you_mean(test.name, made.tests)}'


def _assigned(tree: Tree) -> Iterator[str]:
    """Go through the names that a template sets, imports, loops over or takes as arguments, wherever it does."""
    for name in tree.all(nodes.Name):
        if name.ctx != "load":
            yield name.name
    for node in tree.all(nodes.Import, nodes.FromImport, nodes.Macro, nodes.For):
        if isinstance(node, nodes.Import):
            yield node.target
        elif isinstance(node, nodes.FromImport):
            yield from (name if isinstance(name, str) else name[1] for name in node.names)
        elif isinstance(node, nodes.Macro):
            yield from (node.name, "caller", "varargs", "kwargs")
        else:
            yield "loop"


def _blocks(tree: Tree, known: set[str]) -> Iterator[tuple[int, str]]:
    """Find blocks that no parent has a place for: what they hold would appear nowhere."""
    if any(isinstance(node, nodes.Extends) for node in tree.body):
        for block in tree.body:
            if isinstance(block, nodes.Block) and block.name not in known:
                blocks = f"; its blocks: {', '.join(sorted(known))}"
                yield (
                    block.lineno,
                    f'the extended template has no block "{block.name}"{did_you_mean(block.name, known) or blocks}',
                )


def _names(tree: Tree, given: set[str]) -> Iterator[tuple[int, str]]:
    # a name set in one template may be used in a block of another, so what any of them sets is known to all
    for name in tree.all(nodes.Name):
        if name.ctx == "load" and name.name not in given and name.name not in {"self", "super"}:
            yield name.lineno, f'there is no "{name.name}"{did_you_mean(name.name, given)}'


def _missing_templates(shelf: Shelf, tree: Tree) -> Iterator[tuple[int, str]]:
    for node in tree.all(nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport):
        target = node.template  # type: ignore[attr-defined]
        if isinstance(target, nodes.Const) and shelf.source(str(target.value)) is None:
            near = did_you_mean(str(target.value), shelf.names())
            yield node.lineno, f'there is no template "{target.value}"{near}'


def _attribute(dotted: nodes.Getattr, datasets: Mapping[str, tuple[str, ...]] | None) -> Iterator[tuple[int, str]]:
    owner, name = dotted.node, dotted.attr
    if isinstance(owner, nodes.Name) and owner.name == "report" and name not in FIELDS["report"]:
        yield dotted.lineno, f'report has no "{name}"{did_you_mean(name, FIELDS["report"])}'
    if isinstance(owner, nodes.Name) and owner.name == "chart" and name not in _CHARTS:
        yield dotted.lineno, f'chart has no "{name}"{did_you_mean(name, _CHARTS)}'
    is_datasets = isinstance(owner, nodes.Getattr) and owner.attr == "datasets"
    if is_datasets and datasets is not None and name not in datasets:
        yield dotted.lineno, f'there is no dataset "{name}"{did_you_mean(name, datasets)}'
