"""The child process of user SQL: requests come in as lines, and answers leave as lines."""

# ruff: noqa: S608 - user SQL runs here, as parsed, judged and locked down; names are written by `quoted`

from __future__ import annotations

import json
import os
import resource
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Any

from reportrunner.cell import SCALES
from reportrunner.duck import DATA, Duck, DuckError, literal, order_by, parse_with, quoted, reading, sql_type
from reportrunner.query import IN_CIRCLE, SqlIssue
from reportrunner.table import Column, ColumnType
from reportrunner.table_file import to_value
from reportrunner.transform.rules import CLOCK
from reportrunner.transform.sql import Reading, near, read, worded
from reportrunner.transform.tree import inherited, with_ties_broken, without_end
from reportrunner.transform.wire import decode, decode_column, encode, encode_column

_STAGE = "temp.result"
_KINDS = {
    ColumnType.STRING: {"VARCHAR", "UUID", "ENUM"},
    ColumnType.INTEGER: {
        "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", '"NULL"',
    },
    ColumnType.DECIMAL: {"DECIMAL", "DOUBLE", "FLOAT"},
    ColumnType.BOOLEAN: {"BOOLEAN"},
    ColumnType.DATE: {"DATE"},
    ColumnType.TIMESTAMP: {"TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"},
}  # fmt: skip
_BY_DUCK = {word: kind for kind, words in _KINDS.items() for word in words}
_HINTS = {"INTERVAL": "epoch(...) gives its seconds", "BLOB": "base64(...) gives text"}


class QueryError(Exception):
    """A query that cannot be bound or failed on its data."""

    def __init__(self, *issues: SqlIssue) -> None:
        """Keep the issues in the order of the text."""
        super().__init__(issues[0].message)
        self.issues = issues


class Child:
    """One locked-down DuckDB with the inputs of one dataset, or of the checks of a job."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        """Attach inputs and output, bind the clock to as_of, then shut every door."""
        os.chdir(request["spill"])
        self.duck = Duck(Path(request["spill"]), memory=request["memory"], disk=request["disk"])
        self.schemas: dict[str, tuple[Column, ...]] = {}
        for number, entry in enumerate(request["inputs"]):
            self.duck.attach(Path(entry["file"]), f"in{number}")
            columns = tuple(map(decode_column, entry["columns"]))
            chosen = ", ".join(quoted(c.name) for c in columns)
            self.duck.run(f"create view {quoted(entry['name'])} as select {chosen} from in{number}.{DATA}")
            self.schemas[entry["name"]] = columns
        if request["output"]:
            self.duck.attach(Path(request["output"]), "out", writable=True)
        for name, kind in CLOCK.items():
            instant = kind in {"timestamptz", "timetz"}
            moment = f"timestamptz {literal(request['as_of'])}" if instant else f"timestamp {literal(request['local'])}"
            self.duck.run(f"create macro {name}() as cast({moment} as {kind})")
        self.duck.lock()

    def bind(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Bind queries against empty tables, each after those that it reads."""
        for name, columns in request["schemas"].items():
            self._declare(name, tuple(map(decode_column, columns)))
        waiting = {q["name"]: (q, self._read(q["sql"])) for q in request["queries"]}
        hopeless = set(request["unknown"])
        known = [*self.schemas, *waiting, *hopeless]
        bound: dict[str, Any] = {}
        while waiting:
            names = {n.lower() for n in waiting}
            ready = [n for n, (_, r) in waiting.items() if not names & {t.lower() for t in r.tables}]
            circle = not ready
            for name in ready or list(waiting):
                query, said = waiting.pop(name)
                issues = [*said.issues, *_strangers(said, known)]
                if circle:
                    issues.append(SqlIssue(f"{IN_CIRCLE}: {', '.join(sorted(names))}"))
                columns = None
                if not issues and not hopeless & set(said.tables):
                    try:
                        columns = self._columns(query, said)
                        self._declare(name, columns)
                    except QueryError as error:
                        issues += error.issues
                hopeless |= set() if columns else {name}
                bound[name] = _answer(columns, said, issues)
        return {"bound": bound}

    def rows(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Run a query and return its first rows as values, and how many there are."""
        columns, order = self._stage(request["query"])
        end = "" if request["limit"] is None else f" limit {int(request['limit'])}"
        found = self.duck.fetch(f"select {reading(columns)} from {_STAGE} order by {order}{end}")
        total = self.duck.fetch(f"select count(*) from {_STAGE}")[0][0]
        values = [[encode(to_value(v, c.type)) for v, c in zip(row, columns, strict=True)] for row in found]
        return {"columns": [encode_column(c) for c in columns], "rows": values, "total": total}

    def write(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Run a query into the table file that was attached for it."""
        columns, order = self._stage(request["query"])
        self.duck.write(_STAGE, columns, order)
        return {"columns": [encode_column(c) for c in columns]}

    def _read(self, sql: str) -> Reading:
        return read(sql, partial(parse_with, self.duck))

    def _declare(self, name: str, columns: Sequence[Column]) -> None:
        shape = ", ".join(f"{quoted(c.name)} {sql_type(c.type, wide=False)}" for c in columns)
        self.duck.run(f"create table {quoted(name)} ({shape})")
        self.schemas[name] = tuple(columns)

    def _stage(self, query: Mapping[str, Any]) -> tuple[tuple[Column, ...], str]:
        sql = query["sql"]
        said = self._read(sql)
        if issues := [*said.issues, *_strangers(said, list(self.schemas))]:
            raise QueryError(*issues)
        columns = self._columns(query, said)
        if missing := [name for name in query["order"] if name not in {c.name for c in columns}]:
            names = [c.name for c in columns]
            raise QueryError(
                *(SqlIssue(f'the result has no column "{n}" to order by', hint=near(n, names)) for n in missing)
            )
        assert said.node
        parser = partial(parse_with, self.duck)
        text = without_end(sql, said.node, parser)
        if said.ordered:
            text = with_ties_broken(text, said.node, len(columns), parser)
        cells = [f"{_landed(f'c{n}', c, self._types[n])} as {quoted(c.name)}" for n, c in enumerate(columns)]
        places = ", ".join(f"c{n}" for n in range(len(columns)))
        head = f"create or replace temp table result as select {', '.join(cells)} from (\n"
        self._run(head, text, f"\n) as landed({places})", query)
        return columns, "rowid" if said.ordered else order_by(columns, query["order"])

    def _columns(self, query: Mapping[str, Any], said: Reading) -> tuple[Column, ...]:
        given, used = set(query["parameters"]), set(said.parameters)
        if given != used:
            raise QueryError(*(SqlIssue(f"there is no value for ${n}") for n in sorted(used - given)),
                             *(_in_quotes(query["sql"], n) for n in sorted(given - used)))  # fmt: skip
        described = self._run("describe ", query["sql"], "", query)
        self._types = [_plain_type(row[1]) for row in described]
        if unfit := _unfit([row[0] for row in described], self._types):
            raise QueryError(*unfit)
        origins = inherited(said.node or {}, {name.lower(): columns for name, columns in self.schemas.items()})
        return tuple(
            _column(row[0], _BY_DUCK[kind], origins.get(row[0]))
            for row, kind in zip(described, self._types, strict=True)
        )

    def _run(self, head: str, sql: str, tail: str, query: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        values = {name: decode(value) for name, value in query["parameters"].items()}
        try:
            return self.duck.fetch(head + sql + tail, values)
        except DuckError as error:
            columns = [c.name for table, cs in self.schemas.items() if table.lower() in sql.lower() for c in cs]
            raise QueryError(worded(error, sql, len(head.encode()), columns)) from None


def _in_quotes(sql: str, name: str) -> SqlIssue:
    hint = "take the quotes away: the value is bound, not pasted into the text"
    return SqlIssue("{{ }} may not stand inside quotes", sql.find(f"${name}"), hint, 2)


def _strangers(said: Reading, known: Sequence[str]) -> list[SqlIssue]:
    names = {name.lower() for name in known}
    absent = [(table, offset) for table, offset in said.reads if table.lower() not in names]
    return [
        SqlIssue(f'there is no dataset "{table}"', offset, near(table, known), len(table)) for table, offset in absent
    ]


def _answer(columns: Sequence[Column] | None, said: Reading, issues: Sequence[SqlIssue]) -> dict[str, Any]:
    return {
        "columns": None if columns is None else [encode_column(c) for c in columns],
        "tables": list(said.tables),
        "issues": [_issue(issue) for issue in issues],
    }


def _issue(issue: SqlIssue) -> list[Any]:
    return [issue.message, issue.offset, issue.hint, issue.width]


def _plain_type(text: str) -> str:
    return text if text.endswith("[]") else text.partition("(")[0]


def _unfit(names: Sequence[str], kinds: Sequence[str]) -> list[SqlIssue]:
    issues = [
        SqlIssue(
            f'column "{name}" has the type {kind}, which no dataset can hold', None, _HINTS.get(kind, "cast it to text")
        )
        for name, kind in zip(names, kinds, strict=True)
        if kind not in _BY_DUCK
    ]
    lower = [name.lower() for name in names]
    twice = sorted({name for name in names if lower.count(name.lower()) > 1})
    return issues + [SqlIssue(f'two columns are called "{name}"', None, 'name one with "as"') for name in twice[:1]]


def _column(name: str, kind: ColumnType, origin: Column | None) -> Column:
    if origin and (origin.type is kind or (kind is ColumnType.DECIMAL and origin.type in SCALES)):
        return replace(origin, name=name)
    return Column(name, kind)


def _landed(place: str, column: Column, kind: str) -> str:
    """Return the SQL that lands a result column; binary numbers by their 15 sure digits, the rest of them is noise."""
    wanted = sql_type(column.type)
    wrong = f"error('column \"{column.name.replace(chr(39), '')}\" holds '"
    if kind in {"DOUBLE", "FLOAT"}:
        digits = f"format('{{:.{15 if kind == 'DOUBLE' else 6}g}}', {place})"
        finite = f"when isfinite({place}) then cast({digits} as {wanted})"
        return f"case when {place} is null then null {finite} else {wrong} || 'a number that is not finite') end"
    if column.type in {ColumnType.DATE, ColumnType.TIMESTAMP}:
        known = f"cast({place} as DATE) between date '0001-01-01' and date '9999-12-31'"
        moment = f"cast({place} as {wanted})"
        return (
            f"case when {place} is null then null when {known} then {moment} else {wrong} || 'a date beyond 9999') end"
        )
    return f"cast({place} as {wanted})"


def _limit(request: Mapping[str, Any]) -> None:
    """Bound what this process may take, for the time of one request."""
    spent = int(time.process_time()) + request["seconds"] + 1
    resource.setrlimit(resource.RLIMIT_CPU, (spent, resource.RLIM_INFINITY))
    if request["op"] == "open":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (request["address"], request["address"]))
        resource.setrlimit(resource.RLIMIT_FSIZE, (request["disk"], request["disk"]))


def _serve(request: dict[str, Any], child: Child | None) -> tuple[dict[str, Any], Child | None]:
    _limit(request)
    try:
        if child is None:
            return {}, Child(request)
        return {"bind": child.bind, "rows": child.rows, "write": child.write}[request["op"]](request), child
    except QueryError as error:
        return {"issues": [_issue(issue) for issue in error.issues]}, child
    except DuckError as error:
        return {"issues": [[str(error), None, "", 1]]}, child
    except MemoryError:
        return {"issues": [["out of memory", None, "", 1]]}, child
    except RecursionError:
        return {"issues": [["the SQL is nested too deeply", None, "", 1]]}, child
    except Exception:  # noqa: BLE001 - the parent raises it again, as the bug that it is
        return {"bug": traceback.format_exc()}, child


def serve(asked: IO[bytes], answers: IO[bytes]) -> None:
    """Serve requests, one JSON line each, until they end."""
    child: Child | None = None
    for line in asked:
        reply, child = _serve(json.loads(line), child)
        answers.write(json.dumps(reply).encode() + b"\n")
        answers.flush()
