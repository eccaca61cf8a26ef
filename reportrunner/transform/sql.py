"""A user's SQL by itself: what it reads, what it may not do, and DuckDB's complaints in our words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from reportrunner.errors import SqlError
from reportrunner.query import SqlIssue
from reportrunner.transform.rules import judge
from reportrunner.transform.tree import Parser, Tree, characters, order_of, place, walk

__all__ = ["Reading", "SqlIssue", "lint", "near", "read", "tables_of", "worded"]

_FOR_OTHERS = re.compile(r"Candidate functions|Possible solutions|\bSET\b")
"""Advice of DuckDB that nobody can follow here, or that fills a screen."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a query says by itself, before it meets any table."""

    reads: tuple[tuple[str, int], ...] = ()
    """Names read from that are no common table expressions, each with its first place, in the order of the text."""
    parameters: tuple[str, ...] = ()
    issues: tuple[SqlIssue, ...] = ()
    node: Tree | None = None
    """The one SELECT; None when there is none."""

    @property
    def tables(self) -> tuple[str, ...]:
        """The names read from."""
        return tuple(name for name, _ in self.reads)

    @property
    def ordered(self) -> bool:
        """Whether the query has an ORDER BY of its own at the top."""
        return self.node is not None and order_of(self.node) is not None


def tables_of(sql: str) -> tuple[str, ...]:
    """Return the datasets that a query reads; () when it cannot be parsed."""
    from reportrunner.duck import parse

    return read(sql, parse).tables


def lint(sql: str) -> tuple[SqlIssue, ...]:
    """Return everything that a query may not do, in the order of its text."""
    from reportrunner.duck import parse

    return read(sql, parse).issues


def read(sql: str, parser: Parser) -> Reading:
    """Parse and judge a query; nothing is bound or run."""
    try:
        tree = parser(sql)
    except SqlError as error:
        return Reading(issues=(SqlIssue(str(error)),))
    if tree["error"]:
        return Reading(issues=(_syntax(tree, sql),))
    statements = [s["node"] for s in tree["statements"]]
    if len(statements) != 1:
        places = [place(node, sql) for node, _ in walk(statements[1])] if statements else []
        offset, width = next(((at, wide) for at, wide in places if at is not None), (None, 1))
        issue = SqlIssue("a dataset is one SELECT statement", offset, "keep one and drop the rest", width)
        return Reading(issues=(issue,))
    tables: dict[str, int] = {}
    parameters: dict[str, None] = {}
    issues: list[SqlIssue] = []
    for node, scope in walk(statements[0]):
        issues += judge(node, sql)
        if node.get("type") == "BASE_TABLE" and node["table_name"].lower() not in scope:
            tables.setdefault(node["table_name"], place(node, sql)[0] or 0)
        if node.get("class") == "PARAMETER":
            parameters.setdefault(node["identifier"])
    named = tuple(sorted(tables.items(), key=lambda table: table[1]))
    return Reading(named, tuple(parameters), _sorted(issues), statements[0])


def _syntax(tree: Tree, sql: str) -> SqlIssue:
    if str(tree["error_message"]).startswith("Only SELECT"):
        return SqlIssue("a dataset is one SELECT statement", 0, "begin with select, with, from or values")
    start, length = json.loads(tree.get("location", "[0, 0]"))
    offset = characters(sql, start)
    width = max(1, characters(sql, start + length) - offset)
    return SqlIssue(str(tree["error_message"]), offset if "location" in tree else None, "", width)


def worded(error: SqlError, sql: str, prefix: int, known: Sequence[str]) -> SqlIssue:
    """Turn DuckDB's complaint into ours; `prefix` is how many bytes stood before the user's text."""
    detail: Mapping[str, str] = getattr(error, "detail", {})
    where = None if error.offset is None or error.offset < prefix else characters(sql, error.offset - prefix)
    message = str(error)
    absent = re.match(r'Referenced column "(.+?)" (?:was )?not found|.* does not have a column named "(.+?)"', message)
    if absent:
        name = absent[1] or absent[2]
        owner = re.compile(r'(?:\w+|"[^"]*")\s*\.\s*').match(sql, where) if where is not None else None
        return SqlIssue(f'there is no column "{name}"', owner.end() if owner else where, near(name, known), len(name))
    function = re.match(r"\w+ Function with name (\S+) does not exist", message)
    if function:
        guess = str(detail.get("candidates", "")).split(",")[0]
        return SqlIssue(f"there is no function {function[1]}()", where, f"did you mean {guess}()?" if guess else "")
    if detail.get("exception_type") == "Out of Memory":
        return SqlIssue("the query needs more memory than it may have", where, "select fewer columns or shorter texts")
    first, _, rest = message.partition("\n")
    said = re.sub(r",? or SET .*", ".", first)
    return SqlIssue(said, where, "" if _FOR_OTHERS.search(rest) else " ".join(rest.split()))


def near(word: str, known: Sequence[str]) -> str:
    """Return `did you mean "x"?` for the nearest known word, or nothing."""
    found = get_close_matches(word.lower(), [name for name in known if name != word], n=1, cutoff=0.6)
    return f'did you mean "{found[0]}"?' if found else ""


def _sorted(issues: Sequence[SqlIssue]) -> tuple[SqlIssue, ...]:
    return tuple(sorted(issues, key=lambda i: -1 if i.offset is None else i.offset))
