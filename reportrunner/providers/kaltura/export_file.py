"""The file of an export: blocks of totals and table, every cell quoted, some of them guarded (kaltura.md §7.1)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from reportrunner.delimited import typed_rows, unreadable
from reportrunner.errors import ProviderError
from reportrunner.flow import Again, Done, Refused, Reply, Request, Verdict
from reportrunner.providers.kaltura import wire
from reportrunner.table import Bulk, Claim, Column, Dialect, Rows
from reportrunner.verdict import judge_http

MOST = 60_000
"""Rows of one file; more is SEARCH_TOO_GENERAL, and as many as this may be cut (kaltura.md §7.1)."""
_RULE = "# ------------------------------------"


def judge_download(_: Request, reply: Reply) -> Verdict:
    """Judge a file by its beginning: an expired link answers with an error document, or with nothing."""
    verdict = judge_http(reply)
    if verdict is not None:
        return verdict
    text = reply.body.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text or text.startswith((b"<", b"{")):
        return Again("stale", wire.said_of_file(reply))
    if not text.startswith(b'"'):
        return Refused("unreadable", "what came is no export: its first cell is not quoted")
    return Done()


@dataclass(frozen=True, slots=True)
class ExportReader:
    """Finds the table inside an export, and holds it against the totals and the count in the same file."""

    columns: tuple[Column, ...]
    names: tuple[str, ...]
    """The columns of the table, which are also its labels."""
    total: tuple[Column, ...]
    """The columns of the totals that the rows are held against."""
    exact: bool
    """Whether the service's count of rows can be trusted for this report."""

    def __call__(self, replies: tuple[Reply, ...]) -> Rows | Bulk:
        """Return the file with what is known of it; no rows where the file has no table."""
        reply = replies[0]
        assert reply.file is not None
        found = read_blocks(reply.body.decode("utf-8-sig", "replace"))
        if found.header is None:
            return Rows(self.columns, (), (), self._claim(found))
        if found.header != self.names:
            raise unreadable(f"the table of the file is labelled {', '.join(found.header)}, not as was asked")
        dialect = Dialect(skip=found.skip, guarded=True)
        return Bulk(self.columns, reply.file, dialect, (), self._claim(found))

    def _claim(self, found: Blocks) -> Claim:
        values = dict(zip(found.total_labels, found.total_values, strict=False))
        names = {column.name for column in self.columns}
        judged = tuple(c for c in self.total if c.additive and c.name in names and c.name in values)
        try:
            row = typed_rows([c.name for c in judged], [[values[c.name] for c in judged]], judged) if judged else None
        except ProviderError as error:
            raise unreadable(f"the totals of the file cannot be read: {error}") from None
        sums = tuple(row.rows[0]) if row else ()
        exact, about = (found.count, None) if self.exact else (None, found.count)
        return Claim(judged, sums, rows=exact, about=about, most=MOST)


@dataclass(frozen=True, slots=True)
class Blocks:
    """What stands before the rows of an export's table."""

    total_labels: tuple[str, ...] = ()
    total_values: tuple[str, ...] = ()
    header: tuple[str, ...] | None = None
    count: int | None = None
    skip: int = 0
    """Lines before the table's header."""


def read_blocks(head: str) -> Blocks:
    """Read the beginning of an export; ProviderError when it is cut or no CSV."""
    lines = csv.reader(io.StringIO(head, newline=""), strict=True)
    labels: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    try:
        for line in lines:
            if any("\n" in cell for cell in line):
                # Lines are skipped by their number, and a cell of two lines may count as one.
                raise unreadable("a cell before the table runs over a line's end")
            if line[:1] == ["# Total"]:
                labels, values = _after_rule(lines), tuple(_plain(cell) for cell in next(lines, []))
            elif line[:1] == ["# Table"]:
                count = line[3] if len(line) > 3 and line[3].isdigit() else None
                _rule(next(lines, []))
                skip = lines.line_num
                return Blocks(labels, values, tuple(next(lines, [])), None if count is None else int(count), skip)
    except csv.Error as error:
        raise unreadable(f"the file is no export: {error}") from None
    return Blocks(labels, values)


def _after_rule(lines: Iterator[list[str]]) -> tuple[str, ...]:
    _rule(next(lines, []))
    return tuple(next(lines, []))


def _rule(line: list[str]) -> None:
    if line[:1] != [_RULE]:
        raise unreadable("a block of the file does not begin as blocks do")


def _plain(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:2] in tuple("=+-@,") else cell
