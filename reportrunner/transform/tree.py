"""DuckDB's syntax tree of a query: walking it, finding places in the text, ties of its order, inherited columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reportrunner.table import Column, ColumnType

Tree = dict[str, Any]
Parser = Callable[[str], Tree]
_NOWHERE = 2**64 - 1
_KEEPING = frozenset({"coalesce", "ifnull", "min", "max", "round", "any_value", "first", "last"})


def walk(root: Tree) -> Iterator[tuple[Tree, frozenset[str]]]:
    """Yield every node with the common table expressions it can see; without recursion, for SQL can be deep."""
    stack: list[tuple[Any, frozenset[str]]] = [(root, frozenset())]
    while stack:
        node, scope = stack.pop()
        if isinstance(node, list):
            stack += [(child, scope) for child in reversed(node)]
        elif isinstance(node, dict):
            for entry in (node.get("cte_map") or {}).get("map", []):
                name, body = entry["key"].lower(), entry["value"]["query_node"]
                recursive = body.get("type") == "RECURSIVE_CTE_NODE"
                stack.append((body, scope | {name} if recursive else scope))
                scope |= {name}
            yield node, scope
            stack += [(v, scope) for k, v in reversed(node.items()) if k != "cte_map" and isinstance(v, dict | list)]


def order_of(node: Tree) -> list[Tree] | None:
    """Return what the node orders by; None when it has no ORDER BY of its own."""
    found = (m["orders"] for m in node.get("modifiers") or [] if m.get("type") == "ORDER_MODIFIER")
    return next(found, None)


def place(node: Tree, sql: str) -> tuple[int | None, int]:
    """Return where a node stands in the text and how wide it is, in characters; None when DuckDB does not say."""
    start, length = node.get("query_location", _NOWHERE), node.get("query_location_length", 1)
    if start == _NOWHERE:
        return None, 1
    first = characters(sql, start)
    return first, max(1, characters(sql, start + length) - first)


def characters(sql: str, count: int) -> int:
    """Return how many characters the first `count` bytes of the text are."""
    return len(sql.encode()[:count].decode(errors="ignore"))


def without_end(sql: str, node: Tree, parser: Parser) -> str:
    """Return the query without its closing semicolon, so that it can stand inside another."""
    for mark in re.finditer(";", sql):
        text = sql[: mark.start()]
        tree = parser(text)
        if not tree["error"] and [_bare(s["node"]) for s in tree["statements"]] == [_bare(node)]:
            return text
    return sql


def with_ties_broken(sql: str, node: Tree, width: int, parser: Parser) -> str:
    """Return the query with all `width` columns added behind its own ORDER BY, so that equal rows have one order.

    The place is guessed and proven by parsing again; where none fits, the text comes back as it was.
    """
    orders = order_of(node)
    if not orders or orders[-1]["expression"].get("class") == "STAR":
        return sql
    ties = [_tie(n) for n in range(1, width + 1)]
    wanted = _bare({**node, "modifiers": [
        {**m, "orders": m["orders"] + ties} if m.get("type") == "ORDER_MODIFIER" else m for m in node["modifiers"]
    ]})  # fmt: skip
    start = place(orders[-1]["expression"], sql)[0] or 0
    ends = [
        m.start()
        for m in re.finditer(r"\b(limit|offset|fetch)\b|\)|;|$(?![\s\S])", sql, re.IGNORECASE)
        if m.start() > start
    ]
    for end in reversed(ends):
        text = f"{sql[:end]}\n, {', '.join(str(n) for n in range(1, width + 1))} {sql[end:]}"
        tree = parser(text)
        if not tree["error"] and len(tree["statements"]) == 1 and _bare(tree["statements"][0]["node"]) == wanted:
            return text
    return sql


def _tie(number: int) -> Tree:
    literal = {"kind": "INTEGER", "text": str(number)}
    constant = {"class": "CONSTANT", "type": "VALUE_CONSTANT", "alias": "", "literal": literal}
    return {"type": "ORDER_DEFAULT", "null_order": "ORDER_DEFAULT", "expression": constant}


def _bare(node: Any) -> Any:
    if isinstance(node, dict):
        return {k: _bare(v) for k, v in node.items() if not k.startswith("query_location")}
    return [_bare(v) for v in node] if isinstance(node, list) else node


def inherited(node: Tree, schemas: Mapping[str, Sequence[Column]]) -> dict[str, Column]:
    """Return, by result name, what columns inherit that are passed through from a table, or wrapped by coalesce, max...

    A wrapped one keeps type, unit and whether it is personal; what is not cheap to know is left out.
    """
    if node.get("type") != "SELECT_NODE" or not node.get("from_table"):
        return {}
    local = {entry["key"].lower() for entry in node["cte_map"]["map"]}
    tables = {a: c for a, t in _sources(node["from_table"]) if (c := schemas.get(t.lower())) and t.lower() not in local}
    found: dict[str, list[Column]] = {}
    for item in node["select_list"]:
        if item["class"] == "STAR" and not item["replace_list"]:
            for alias, columns in tables.items():
                if item["relation_name"].lower() in {"", alias}:
                    for column in columns:
                        found.setdefault(column.name, []).append(column)
        elif (origin := _origin(item, tables)) is not None:
            name = item["alias"] or (item["column_names"][-1] if item["class"] == "COLUMN_REF" else "")
            found.setdefault(name, []).append(replace(origin, name=name))
    return {name: columns[0] for name, columns in found.items() if name and all(c == columns[0] for c in columns)}


def _sources(table: Tree) -> Iterator[tuple[str, str]]:
    if table["type"] == "JOIN":
        yield from _sources(table["left"])
        yield from _sources(table["right"])
    elif table["type"] == "BASE_TABLE":
        yield (table["alias"] or table["table_name"]).lower(), table["table_name"]


def _origin(item: Tree, tables: Mapping[str, Sequence[Column]]) -> Column | None:
    if item["class"] == "COLUMN_REF":
        *alias, name = (part.lower() for part in item["column_names"])
        found = [c for a, cs in tables.items() if not alias or alias == [a] for c in cs if c.name.lower() == name]
        return found[0] if len(found) == 1 else None
    wrapper = str(item.get("function_name") or item.get("type", "").rpartition("_")[2]).lower()
    arguments = [a.get("expression", a) for a in item.get("arguments") or item.get("children") or []]
    columns = [c for a in arguments if (c := _origin(a, tables)) is not None]
    if len(columns) != 1 or any(a["class"] not in {"COLUMN_REF", "CONSTANT", "FUNCTION", "CAST"} for a in arguments):
        return None
    column = columns[0]
    adding = column.type is ColumnType.DURATION and wrapper in {"sum", "avg"}
    if wrapper in _KEEPING or adding or (wrapper == "avg" and column.type is ColumnType.RATIO):
        return Column(column.name, column.type, unit=column.unit, personal=column.personal)
    return None
