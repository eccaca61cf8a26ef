"""Whether rows are of one history: where they come from, what was asked for them, and what they were made of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from reportrunner.ask import EndpointNode, Node, QueryNode
from reportrunner.memory import HistoryNode
from reportrunner.table import Landed, Observation

MADE_OF = "made of"
"""Stands among the keys of a question; no key of an endpoint is called so."""
OWN = "asked"
"""What the job itself asked, beside the histories that it read."""
Pair = tuple[str, str]
"""An origin, and a question as JSON."""


def origin_of(node: Node) -> str:
    """Return where the rows of a dataset come from: an endpoint of an account, or a query of any name and text."""
    return node.asked.origin if isinstance(node, EndpointNode) else "sql"


def question_of(node: Node, nodes: Mapping[str, Node], landed: Mapping[str, Landed]) -> str:
    """Return what decides which rows come, as JSON: the dataset's own question, and whatever it was made of."""
    own = json.loads(node.asked.question) if isinstance(node, EndpointNode) else {}
    made = _made_of(node, nodes, landed)
    return json.dumps({**own, **({MADE_OF: made} if made else {})}, ensure_ascii=False)


def unlike(old: Observation, new: Observation) -> str:
    """Say why two observations cannot be of one history; empty when they can: columns may come and go."""
    types = {column.name: column.type for column in new.columns}
    changed = next((c for c in old.columns if types.get(c.name, c.type) is not c.type), None)
    if old.into != new.into:
        return f'rows were kept in "{old.into}", not in "{new.into}"'
    if set(old.key) != set(new.key):
        return f"the key is {' + '.join(old.key)}, not {' + '.join(new.key)}"
    if old.origin != new.origin:
        return f'rows are from "{old.origin}", not "{new.origin}"'
    if what := _asked(_question(old), _question(new)):
        return what
    return f'column "{changed.name}" is {changed.type}, not {types[changed.name]}' if changed else ""


def _made_of(node: Node, nodes: Mapping[str, Node], landed: Mapping[str, Landed]) -> dict[str, list[tuple[str, Any]]]:
    """Return what a dataset's rows go back to: what was asked, and what stands behind each history.

    Files and rows of the project are not named: like SQL they are the job's own words, and may change.
    """
    found: dict[str, set[Pair]] = {}
    for other in _behind(node, nodes):
        if isinstance(other, EndpointNode):
            found.setdefault(OWN, set()).add((other.asked.origin, other.asked.question))
        elif isinstance(other, HistoryNode):
            fed = landed[other.name].fed if other.name in landed else ()
            found.setdefault(other.into, set()).update(pair for one in fed for pair in _pairs(one))
    return {name: [(origin, json.loads(text)) for origin, text in sorted(found[name])] for name in sorted(found)}


def _behind(node: Node, nodes: Mapping[str, Node]) -> Iterator[Node]:
    """Yield the datasets that decide which rows come; a history is the last of its way, for it says what fed it."""
    seen, waiting = {node.name}, [*_read(node)]
    while waiting:
        name = waiting.pop()
        if name not in seen and name in nodes:
            seen.add(name)
            waiting += _read(nodes[name])
            yield nodes[name]


def _read(node: Node) -> tuple[str, ...]:
    if isinstance(node, EndpointNode):
        return node.each.waits_for if node.each else ()
    return node.inputs if isinstance(node, QueryNode) else ()


def _pairs(one: Observation) -> Iterator[Pair]:
    question = _question(one)
    behind: Mapping[str, Sequence[tuple[str, Any]]] = question.pop(MADE_OF, {})
    for origin, asked in ((one.origin, question), *(pair for pairs in behind.values() for pair in pairs)):
        yield origin, json.dumps(asked, ensure_ascii=False)


def _question(one: Observation) -> dict[str, Any]:
    return dict(json.loads(one.question or "{}"))


def _asked(before: dict[str, Any], after: dict[str, Any]) -> str:
    old, new = before.pop(MADE_OF, {}), after.pop(MADE_OF, {})
    if before != after:
        return _changed(before, after)
    if new and not old:
        said = f"new ones are made of {_named(_origins(new))}"
        return f"nothing says what rows were made of (earlier versions did not keep that), and {said}"
    return next((words for name in sorted({*old, *new}) if (words := _unlike(name, old.get(name), new.get(name)))), "")


def _unlike(name: str, old: Sequence[Any] | None, new: Sequence[Any] | None) -> str:
    """Say how two runs differ in what they asked, or in what stood behind a history that they read."""
    if name != OWN and (old is None or new is None):
        return _swapped([name] if new is None else [], [name] if old is None else [])
    if name != OWN and not (old and new):
        return ""  # a history that had nothing to tell gave no rows
    old, new, place = old or (), new or (), "" if name == OWN else f', in "{name}"'
    gone, come = [pair for pair in old if pair not in new], [pair for pair in new if pair not in old]
    before, after = ([origin for origin, _ in pairs] for pairs in (old, new))
    if said := _swapped([one for one, _ in gone if one not in after], [one for one, _ in come if one not in before]):
        return said + place
    for origin, first in gone:
        for other, second in come:
            if origin == other:
                return f'of "{origin}"{place}, {_changed(first, second)}'
    for origin, asked in (*gone, *come):
        was, now = ("", " not") if gone else ("not ", "")
        return f'"{origin}"{place} was {was}asked {json.dumps(asked, ensure_ascii=False)}, and is{now} now'
    return ""


def _swapped(gone: Iterable[str], come: Iterable[str]) -> str:
    gone, come = list(dict.fromkeys(gone)), list(dict.fromkeys(come))
    if gone and come:
        return f"rows are made of {_named(gone)}, not of {_named(come)}"
    if gone or come:
        return (
            f"rows are {'' if gone else 'not '}made of {_named(gone or come)}, and new ones are{' not' if gone else ''}"
        )
    return ""


def _origins(made: Mapping[str, Iterable[Any]]) -> list[str]:
    own = dict.fromkeys(origin for origin, _ in made.get(OWN, ()))
    return [*own, *(name for name in made if name != OWN)]


def _named(names: Iterable[str]) -> str:
    return " and ".join(f'"{name}"' for name in names)


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    key = next(key for key in sorted({*before, *after}) if before.get(key) != after.get(key))
    old, new = (json.dumps(asked.get(key), ensure_ascii=False) for asked in (before, after))
    return f"{key} was {old}, not {new}"
