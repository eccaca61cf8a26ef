"""Run user SQL in a locked-down child process: bind it, ask it for rows, or land its result as a table."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from reportrunner.errors import SqlError
from reportrunner.query import Bound, Query, SqlIssue
from reportrunner.table import Column, Rows, Table
from reportrunner.transform.process import SqlProcess
from reportrunner.transform.wire import decode, decode_column, encode, encode_column


@dataclass(frozen=True, slots=True)
class SqlLimits:
    """What one query may take."""

    seconds: int = 60
    """Wall time of a request; the child is killed after it."""
    memory: int = 512 * 2**20
    """Bytes DuckDB may use before it spills; the process may have `overhead` more."""
    overhead: int = 1536 * 2**20
    disk: int = 16 * 2**30
    """Bytes of spill, and of the largest file."""


class SqlSession:
    """One child process over fixed inputs, for any number of queries; SqlError when one fails or goes too far."""

    def __init__(
        self,
        inputs: Mapping[str, Table],
        as_of: dt.datetime,
        limits: SqlLimits | None = None,
        output: Path | None = None,
    ) -> None:
        """Say what it works on; `output` is the file that `write` may create.

        `as_of`, in the job's zone, is what now() answers, and its day is what current_date does.
        """
        self._limits = limits or SqlLimits()
        self._opening = {
            "op": "open",
            "as_of": as_of.astimezone(dt.UTC).isoformat(),
            "local": as_of.replace(tzinfo=None).isoformat(),
            "memory": self._limits.memory,
            "disk": self._limits.disk,
            "address": self._limits.memory + self._limits.overhead,
            "output": str(output) if output else None,
            "inputs": [
                {"name": name, "file": str(t.file.resolve()), "columns": [encode_column(c) for c in t.columns]}
                for name, t in inputs.items()
            ],
        }
        self._near = output.parent if output else None

    def __enter__(self) -> Self:
        """Start the child and lock it down."""
        with ExitStack() as stack:
            spill = tempfile.mkdtemp(prefix=".spill-", dir=self._near)
            stack.callback(shutil.rmtree, spill, ignore_errors=True)
            self._process = SqlProcess()
            stack.callback(self._process.close)
            self._ask({**self._opening, "spill": spill})
            self._opened = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """End the child and remove what it spilled."""
        self._opened.close()

    def rows(self, query: Query, limit: int | None = None) -> tuple[Rows, int]:
        """Return the first `limit` rows as values, ordered as a dataset would be, and how many rows there are."""
        reply = self._ask({"op": "rows", "query": _query(query), "limit": limit})
        rows = [tuple(map(decode, row)) for row in reply["rows"]]
        return Rows(tuple(map(decode_column, reply["columns"])), rows), int(reply["total"])

    def write(self, query: Query) -> tuple[Column, ...]:
        """Write the result into the output file, once, and return its columns."""
        return tuple(map(decode_column, self._ask({"op": "write", "query": _query(query)})["columns"]))

    def bind(self, queries: Sequence[Query], schemas: Mapping[str, tuple[Column, ...] | None]) -> dict[str, Bound]:
        """Bind queries against empty tables; see `bind_all`."""
        known = {name: columns for name, columns in schemas.items() if columns is not None}
        reply = self._ask({
            "op": "bind",
            "queries": [_query(query) for query in queries],
            "schemas": {name: [encode_column(c) for c in columns] for name, columns in known.items()},
            "unknown": [name for name in schemas if name not in known],
        })  # fmt: skip
        return {name: _bound(entry) for name, entry in reply["bound"].items()}

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        late = threading.Event()

        def stop() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(self._limits.seconds, stop)
        timer.start()
        try:
            reply = self._process.exchange({**request, "seconds": self._limits.seconds})
        finally:
            timer.cancel()
        if reply is None:
            if not late.is_set() and (self._process.ended or 0) >= 0:
                raise RuntimeError(f"the process for SQL ended by itself, with {self._process.ended}")
            limit = f"{self._limits.seconds} s" if late.is_set() else "its memory or processor time"
            raise SqlError(f"the query was stopped: it took more than {limit}")
        if "bug" in reply:
            raise RuntimeError(reply["bug"])
        if issues := reply.get("issues"):
            first = SqlIssue(*issues[0])
            raise SqlError("; ".join(filter(None, (first.message, first.hint))), first.offset)
        return reply


def transform(
    query: Query, inputs: Mapping[str, Table], file: Path, as_of: dt.datetime, limits: SqlLimits | None = None
) -> Table:
    """Land the result of a query as the table `query.name`.

    Its rows stand in the query's own ORDER BY (ties by all columns), else by `query.order`, then all columns. Binary
    numbers (avg, a division) are landed by their 15 sure digits, decimals rounded to 12 digits after the point.
    SqlError where the SQL is wrong, fails on the data or goes beyond its limits; OutputError when the disk fails.
    """
    from reportrunner.table_file import seal

    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(file.name + ".partial")
    partial.unlink(missing_ok=True)
    try:
        with SqlSession(inputs, as_of, limits, partial) as session:
            columns = session.write(query)
        return seal(partial, file, query.name, columns)
    finally:
        partial.unlink(missing_ok=True)


def bind_all(
    queries: Sequence[Query],
    schemas: Mapping[str, tuple[Column, ...] | None],
    as_of: dt.datetime,
    limits: SqlLimits | None = None,
) -> dict[str, Bound]:
    """Bind every query of a job in one child, against empty tables; all issues of all of them, by name.

    `schemas` are the datasets that are no SQL (None: columns unknown). What reads a broken or unknown dataset stays
    unbound without an issue of its own.
    """
    with SqlSession({}, as_of, limits) as session:
        return session.bind(queries, schemas)


def run_query(
    query: Query, inputs: Mapping[str, Table], as_of: dt.datetime, limit: int | None = None
) -> tuple[Rows, int]:
    """Return the first rows of one query and how many there are; several queries are cheaper in one SqlSession."""
    with SqlSession(inputs, as_of) as session:
        return session.rows(query, limit)


def _query(query: Query) -> dict[str, Any]:
    parameters = {name: encode(value) for name, value in query.parameters.items()}
    return {"name": query.name, "sql": query.sql, "parameters": parameters, "order": list(query.order)}


def _bound(entry: Mapping[str, Any]) -> Bound:
    columns = entry["columns"]
    issues = tuple(SqlIssue(*issue) for issue in entry["issues"])
    return Bound(None if columns is None else tuple(map(decode_column, columns)), tuple(entry["tables"]), issues)
