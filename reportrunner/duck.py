"""The room of DuckDB: connections, its types for ours, its words for errors; its exceptions end here."""

# ruff: noqa: S608 - names are written by `quoted`, texts by `literal` or bound

from __future__ import annotations

import atexit
import hashlib
import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import duckdb

from reportrunner.cell import SCALES
from reportrunner.errors import SqlError
from reportrunner.table import Column, ColumnType, Value

DATA = "data"
"""The name of the one table in a table file."""
_MEMORY = 512 * 2**20
_TYPES = {
    ColumnType.STRING: "VARCHAR",
    ColumnType.INTEGER: "HUGEINT",
    ColumnType.BOOLEAN: "BOOLEAN",
    ColumnType.DATE: "DATE",
    ColumnType.TIMESTAMP: "TIMESTAMP WITH TIME ZONE",
    **{kind: f"DECIMAL(38, {scale})" for kind, scale in SCALES.items()},
}


class DuckError(SqlError):
    """What DuckDB said; `detail` has its own fields (name, candidates, error_subtype) where it gave any.

    `offset` counts bytes of the statement sent, as DuckDB does; `place` turns it into characters of the user's text.
    """

    def __init__(self, message: str, offset: int | None = None, detail: Mapping[str, str] | None = None) -> None:
        """Keep DuckDB's words and where it points."""
        super().__init__(message, offset)
        self.detail = detail or {}


class Duck:
    """One private DuckDB in memory, spilling into `spill`; UTC, without extensions, with errors that have positions."""

    def __init__(self, spill: Path | None = None, *, memory: int = _MEMORY, disk: int = 0, threads: int = 1) -> None:
        """Open it; `memory` and `disk` (of spill; 0 is as DuckDB likes) are bytes."""
        config: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "memory_limit": f"{memory}B",
            "threads": str(threads),
            "temp_directory": str(spill) if spill else "",
        }
        if disk:
            config["max_temp_directory_size"] = f"{disk}B"
        with _translated():
            self._con = duckdb.connect(":memory:", config=config)
            self._con.execute("set TimeZone='UTC'; set errors_as_json=true; set python_enable_replacements=false")
            # It would draw on standard output, which carries data.
            self._con.execute("set enable_progress_bar=false")
        self._attached: list[str] = []

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it with all it has attached."""
        self.close()

    def close(self) -> None:
        """Close it with all it has attached."""
        self._con.close()

    def run(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Execute for the effect."""
        with _translated():
            self._con.execute(sql, parameters) if parameters else self._con.execute(sql)

    def fetch(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Execute and return every row."""
        with _translated():
            con = self._con.execute(sql, parameters) if parameters else self._con.execute(sql)
            return con.fetchall()

    def chunks(self, sql: str, size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Execute and hand out `size` rows at a time; nothing else may run on this Duck meanwhile."""
        with _translated():
            con = self._con.execute(sql)
            while rows := con.fetchmany(size):
                yield rows

    def append(self, table: str, rows: Iterable[tuple[Value, ...]]) -> None:
        """Append checked rows; an exception out of `rows` leaves none of them behind."""
        with _translated(), self._con.appender(table) as appender:
            appender.append_rows(rows)

    def attach(self, file: Path, alias: str, *, writable: bool = False) -> None:
        """Attach a table file under `alias`."""
        self.run(f"attach {literal(str(file))} as {quoted(alias)} {'' if writable else '(read_only)'}")
        self._attached.append(alias)

    def detach_all(self) -> None:
        """Let go of every file."""
        while self._attached:
            self.run(f"detach {quoted(self._attached.pop())}")

    def lock(self) -> None:
        """Shut every door for good: files, network, extensions, settings. What is attached stays readable."""
        self.run("set enable_external_access=false")
        self.run("set lock_configuration=true")

    def write(self, source: str, columns: Sequence[Column], order: str, alias: str = "out") -> None:
        """Create the one table of the attached file from the staged table `source`; order as SQL.

        Integers are stored in 64 bit where all of the column fit, else in 128.
        """
        wide = self._wide(source, columns)
        chosen = ", ".join(
            f"cast({quoted(c.name)} as {sql_type(c.type, wide=c.name in wide)}) as {quoted(c.name)}" for c in columns
        )
        self.run(f"create table {quoted(alias)}.{DATA} as select {chosen} from {source} order by {order}")
        self.run(f"checkpoint {quoted(alias)}")
        self.run(f"detach {quoted(alias)}")
        self._attached.remove(alias)

    def _wide(self, source: str, columns: Sequence[Column]) -> set[str]:
        integers = [c.name for c in columns if c.type is ColumnType.INTEGER]
        if not integers:
            return set()
        tests = ", ".join(
            f"bool_or(cast({quoted(n)} as HUGEINT) not between {-(2**63)} and {2**63 - 1})" for n in integers
        )
        return {
            name
            for name, beyond in zip(integers, self.fetch(f"select {tests} from {source}")[0], strict=True)
            if beyond
        }

    def digest(self, columns: Sequence[Column], alias: str) -> str:
        """Hash the attached table: its columns, then every row as CSV with each value quoted and nulls bare."""
        sha = hashlib.sha256(json.dumps([[c.name, c.type] for c in columns], ensure_ascii=False).encode() + b"\n")
        chosen = ", ".join(f"epoch_us({_q})" if kind is ColumnType.TIMESTAMP else _q for _q, kind in _named(columns))
        reading, writing = os.pipe()

        def hash_all() -> None:
            with os.fdopen(reading, "rb") as pipe:
                while block := pipe.read(1 << 20):
                    sha.update(block)

        hasher = threading.Thread(target=hash_all)
        hasher.start()
        try:
            self.run(
                f"copy (select {chosen} from {quoted(alias)}.{DATA}) to '/dev/fd/{writing}' "
                "(format csv, header false, force_quote *, nullstr '', use_tmp_file false)"
            )
        finally:
            os.close(writing)
            hasher.join()
        return sha.hexdigest()


_IDLE: list[Duck] = []
"""Ducks with nothing attached, for whoever looks next."""
_KEPT = 4


@contextmanager
def borrowed() -> Iterator[Duck]:
    """Lend a Duck for looking into table files, and nothing else: opening one costs more than most questions to it.

    One that failed is closed, and its next borrower has a new one.
    """
    try:
        duck = _IDLE.pop()
    except IndexError:
        duck = Duck()
    try:
        yield duck
        duck.detach_all()
    except BaseException:
        duck.close()
        raise
    if len(_IDLE) < _KEPT:
        _IDLE.append(duck)
    else:
        duck.close()


@atexit.register
def _close_idle() -> None:
    while _IDLE:
        _IDLE.pop().close()


def parse(sql: str) -> dict[str, Any]:
    """Return DuckDB's syntax tree of the statements of `sql`; nothing is bound or run."""
    with Duck(memory=64 * 2**20) as duck:
        return parse_with(duck, sql)


def parse_with(duck: Duck, sql: str) -> dict[str, Any]:
    """Return the syntax tree as `parse` does, in a Duck that is already open."""
    text = duck.fetch("select json_serialize_sql($sql)", {"sql": sql})[0][0]
    try:
        tree: dict[str, Any] = json.loads(text)
    except RecursionError:
        raise DuckError("the SQL is nested too deeply") from None
    return tree


def reading(columns: Sequence[Column]) -> str:
    """Return the select list that `to_values` understands; timestamps as microseconds, for DuckDB would want pytz."""
    return ", ".join(f"epoch_us({name})" if kind is ColumnType.TIMESTAMP else name for name, kind in _named(columns))


def sql_type(kind: ColumnType, *, wide: bool = True) -> str:
    """Return DuckDB's type of a column; integers have 128 bit where `wide`, else 64."""
    return "BIGINT" if kind is ColumnType.INTEGER and not wide else _TYPES[kind]


def order_by(columns: Sequence[Column], order: Sequence[str]) -> str:
    """Return a total order as SQL: `order` first, then every other column; nulls first, text by code points."""
    names = [*order, *(c.name for c in columns if c.name not in order)]
    return ", ".join(f"{quoted(name)} asc nulls first" for name in names)


def quoted(name: str) -> str:
    """Return a name as SQL, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text of ours as SQL; texts of users are bound, never written."""
    return "'" + text.replace("'", "''") + "'"


def _named(columns: Sequence[Column]) -> list[tuple[str, ColumnType]]:
    return [(quoted(c.name), c.type) for c in columns]


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise _translate(str(error)) from None
    except MemoryError:
        raise DuckError("out of memory") from None


def _translate(text: str) -> DuckError:
    start = text.find("{")
    try:
        detail = json.loads(text[start:]) if start >= 0 else {}
    except ValueError:
        detail = {}
    if not isinstance(detail, dict) or "exception_message" not in detail:
        return DuckError(text)
    position = detail.get("position")
    return DuckError(str(detail["exception_message"]), int(position) if position else None, detail)
