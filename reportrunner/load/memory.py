"""What a job remembers: `accumulate` of a dataset, and datasets that read a history."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from reportrunner.ask import Endpoint, EndpointNode, Node, QueryNode, Source
from reportrunner.checker import Checker, Loc, checked_columns, row_order
from reportrunner.closing import Each, Split
from reportrunner.expression import Expression, expressions, render_tree
from reportrunner.load.defaults import own_fields
from reportrunner.memory import Accumulate, Asked, HistoryNode
from reportrunner.memory_spec import AccumulateSpec
from reportrunner.spec import HistoryDataset
from reportrunner.spelling import did_you_mean
from reportrunner.table import Column, ColumnType, declare
from reportrunner.window import Window

HOW = frozenset(
    "dst excludedFields large limit metrics order orderBy pages per_page poll select sort sort_by sort_order "
    "too_old".split()
)
"""Keys of endpoints that decide how rows come, or with which columns, and not which rows."""
ACCOUNTS = ("partner", "project", "account")
"""Settings of a source that say whose data it asks for."""
PLACED = frozenset({ColumnType.TIMESTAMP, ColumnType.DATE})


def accumulated(
    checker: Checker,
    spec: AccumulateSpec,
    columns: tuple[Column, ...],
    windows: tuple[Window | None, Window | None],
    loc: Loc,
) -> Accumulate | None:
    """Return what `accumulate` says, or None with its problems added; `windows` are the dataset's own and the named."""
    loc, (own, named) = (*loc, "accumulate"), windows
    names = [column.name for column in columns]
    for number, name in enumerate(spec.key):
        if columns and name not in names:
            checker.problem((*loc, "key", number), f'there is no column "{name}"' + did_you_mean(name, names))
    if own is not None and spec.window is not None:
        checker.problem((*loc, "window"), "the dataset has a window of its own", "remove it")
    if own is None and spec.window is None:
        said = "nothing says of which days the rows are: the dataset has no window"
        checker.problem(loc, said, 'add window = "days" to accumulate', at="key")
    if (own or named) is None:
        return None
    return Accumulate(tuple(spec.key), spec.into, named)


def refuse_open(checker: Checker, section: Mapping[str, Any], acts: str, loc: Loc) -> None:
    """Refuse to keep what an action answers, and one history per value of `each`."""
    loc = (*loc, "accumulate")
    if any(path[0] == "each" for _, found in expressions(section["accumulate"]) for path in found.names):
        checker.problem(loc, "a dataset goes into one history, whatever each is", "write one name", at="key")
    if acts:
        checker.problem(loc, f"the dataset {acts}: what an action answers is no history", "remove it", at="key")


def refuse_sliced(checker: Checker, accumulate: Accumulate, split: Split | None, loc: Loc) -> None:
    """Refuse a key under which rows of several slices would be one row, and slices that a later run cuts elsewhere."""
    if split is not None and split.column.name not in accumulate.key:
        said = f"rows of several slices have one key: {split.column.name} is no part of it"
        checker.problem((*loc, "accumulate", "key"), said, f'add "{split.column.name}"')
    if split is not None and split.cut:
        said = (
            f"{split.cut[0].label} is a part of a {split.by}, and another run keeps another part of it beside this one"
        )
        hint = f"accumulate over a window of whole {split.by}s, or split by a shorter period"
        checker.problem((*loc, "split"), f"{said}: their sum would count days twice", hint)


def asked_of(
    sources: tuple[Source, Source],
    endpoint: Endpoint,
    section: Mapping[str, Any],
    each: Each | None,
    scope: Mapping[str, object],
) -> Asked:
    """Return what the rows of an endpoint's dataset answer; of two sources the second is whose sessions it has."""
    return Asked(_origin(sources, endpoint), _question(endpoint, section, each, scope))


def _origin(sources: tuple[Source, Source], endpoint: Endpoint) -> str:
    source, url = sources[0], urlsplit(sources[0].settings.base_url)
    accounts = [str(getattr(one.settings, name, "") or "") for one in sources for name in ACCOUNTS]
    place = f"at {url.hostname}{url.path.rstrip('/')}"
    return " ".join(filter(None, (source.provider.name, endpoint.name, place, *dict.fromkeys(accounts))))


def _question(endpoint: Endpoint, section: Mapping[str, Any], each: Each | None, scope: Mapping[str, object]) -> str:
    """Return what decides which rows come: the endpoint's keys, and what `each` has of known values."""
    own = sorted(own_fields(endpoint))
    asked = {key: _written(section[key], scope) for key in own if key in section and key not in HOW}
    asked |= {"definition": endpoint.definition} if endpoint.definition else {}
    if each is not None and each.values is not None:
        named = section["each"].get("values")
        values = each.values if named is None else _written(named, scope)
        asked["each"] = sorted({str(value) for value in values}) if isinstance(values, list | tuple) else values
    return json.dumps(asked, ensure_ascii=False, default=str)


def _written(value: Any, scope: Mapping[str, object]) -> Any:
    """Return a value as the job writes it, with its params filled in: two values of a param are two questions.

    What else stands in expressions differs from run to run: windows, as_of, and params that say when.
    """
    if isinstance(value, Expression):
        return _plain(value.render(scope)) if _lasts(value, scope) else value.text
    if isinstance(value, Mapping):
        return {key: _written(item, scope) for key, item in sorted(value.items())}
    return [_written(item, scope) for item in value] if isinstance(value, list) else value


def _lasts(text: Expression, scope: Mapping[str, object]) -> bool:
    """Tell whether an expression is made of params alone, none of which is a day or a moment."""
    params = scope.get("params")
    if not isinstance(params, Mapping) or any(path[0] != "params" or len(path) != 2 for path in text.names):
        return False
    return not any(isinstance(params.get(path[1]), dt.date) for path in text.names)


def _plain(value: object) -> object:
    return [str(item) for item in value] if isinstance(value, list | tuple) else str(value)


def feeder_of(sections: Mapping[str, Any], scope: Mapping[str, object], into: str) -> str:
    """Return the dataset of the job that goes into a history; empty when none does."""
    for name, section in sections.items():
        spec = section.get("accumulate")
        rendered, errors = render_tree(spec.get("into") if isinstance(spec, Mapping) else None, scope)
        if not errors and rendered == into:
            return name
    return ""


def check_shared(checker: Checker, nodes: Mapping[str, Node | None]) -> None:
    """Refuse two datasets of a job that go into one history: which of them a row came from would not be known."""
    first: dict[str, str] = {}
    for name, node in nodes.items():
        accumulate = node.accumulate if isinstance(node, EndpointNode | QueryNode) else None
        if accumulate is not None and first.setdefault(accumulate.into, name) != name:
            said = f'dataset "{first[accumulate.into]}" goes into "{accumulate.into}" already'
            checker.problem(("datasets", name, "accumulate", "into"), said, f'write "{accumulate.into}-{name}"')


def history_node(
    checker: Checker, name: str, spec: HistoryDataset, fed: tuple[Window | None, Node | None], loc: Loc
) -> HistoryNode | None:
    """Return the node of a dataset that reads a history, or None with its problems added.

    `fed` is the window, and the dataset of the same job that goes into it; where that is one of an endpoint, its
    columns are known.
    """
    window, feeder = fed
    known = _of_feeder(checker, spec, feeder, loc) if isinstance(feeder, EndpointNode) else ()
    if not known and not spec.columns:
        said = f'no dataset of an endpoint in this job accumulates into "{spec.history}", so its columns are not known'
        checker.problem((*loc, "history"), said, 'add columns = { sessionId = "string" }, with all that you need')
        return None
    columns = checked_columns(checker, known or declare((), spec.columns), spec, loc)
    accumulate = feeder.accumulate if isinstance(feeder, EndpointNode | QueryNode) else None
    key = tuple(spec.key) or (accumulate.key if accumulate else ())
    if accumulate and set(key) != set(accumulate.key):
        said = f'the key of "{spec.history}" is {" + ".join(accumulate.key)}'
        checker.problem((*loc, "key"), said, f"write key = {json.dumps(list(accumulate.key))}, or leave it out")
    _check_at(checker, spec, columns, loc)
    order = row_order(spec) or (key if set(key) <= {column.name for column in columns} else ())
    by = feeder.name if feeder else ""
    return HistoryNode(name, spec.history, window, spec.at or "", columns, order, key, by)


def _of_feeder(checker: Checker, spec: HistoryDataset, feeder: EndpointNode, loc: Loc) -> tuple[Column, ...]:
    """Return the columns of the dataset that feeds a history, those that the history names where it names some."""
    loc, types = (*loc, "columns"), {column.name: column.type for column in feeder.columns}
    for name, word in spec.columns.items():
        if name not in types:
            said = f'dataset "{feeder.name}" has no column "{name}"' + did_you_mean(name, types)
            checker.problem((*loc, name), said, at="key")
        elif types[name] != word:
            said = f'"{name}" is {types[name]} in dataset "{feeder.name}"'
            checker.problem((*loc, name), said, f'write "{types[name]}"')
    return tuple(column for column in feeder.columns if not spec.columns or column.name in spec.columns)


def _check_at(checker: Checker, spec: HistoryDataset, columns: tuple[Column, ...], loc: Loc) -> None:
    if spec.at is None:
        return
    column = next((column for column in columns if column.name == spec.at), None)
    if column is None:
        near = did_you_mean(spec.at, [column.name for column in columns])
        hint = "" if near else f'add {spec.at} = "timestamp" to columns'
        checker.problem((*loc, "at"), f'there is no column "{spec.at}"{near}', hint)
    elif column.type not in PLACED:
        said = f'"{spec.at}" is {column.type}: a row is placed in a window by a timestamp or a date'
        placing = [f'at = "{column.name}"' for column in columns if column.type in PLACED]
        checker.problem((*loc, "at"), said, f"write {' or '.join(placing) or 'one of them, and add it to columns'}")
