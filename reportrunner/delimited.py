"""Delimited answers by their header: rows of text become typed rows, and nothing is found by its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from reportrunner.cell import parse_column
from reportrunner.errors import ProviderError
from reportrunner.table import Column, Note, Rows, Value
from reportrunner.verdict import plain

SAVE_AS_UTF8 = "save the file as UTF-8"
Parse = Callable[[list[str], Column], list[Value]]


def typed_rows(
    header: Sequence[str], cells: Sequence[list[str]], columns: tuple[Column, ...], parse: Parse = parse_column
) -> Rows:
    """Return the rows in the order of `columns`; names are compared in lower case.

    ProviderError of kind "unreadable" for a row of another width, a declared column that is missing or comes twice, or
    a value of another type; a column that nobody declares is dropped and noted.
    """
    names = [name.strip().lower() for name in header]
    for number, row in enumerate(cells, 1):
        if len(row) != len(names):
            raise unreadable(f"row {number} has {len(row)} fields where the header has {len(names)}")
    doubled = sorted({c.name for c in columns if names.count(c.name.lower()) > 1})
    if doubled:
        raise unreadable(f"the header names {', '.join(doubled)} more than once")
    missing = [column.name for column in columns if column.name.lower() not in names]
    if missing:
        raise unreadable(f"the answer has no column {', '.join(missing)}; it has {', '.join(names)}")
    by_name = dict(zip(names, map(list, zip(*cells, strict=True)), strict=True)) if cells else {}
    try:
        typed = [parse(by_name[column.name.lower()], column) for column in columns] if cells else []
    except ValueError as error:
        raise unreadable(str(error)) from None
    return Rows(columns, list(zip(*typed, strict=True)), dropped(names, columns))


def decoded(body: bytes) -> str:
    """Return a text file's characters without its byte order mark; ProviderError when it is not UTF-8."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise unreadable(f"byte {error.start:,} of the file is not UTF-8") from None


def not_utf8(path: Path) -> tuple[int, str] | None:
    """Return the first line of a file that is not UTF-8 and what is wrong with it; None where there is none."""
    try:
        body = path.read_bytes()
        body.decode("utf-8-sig")
    except OSError:
        return None
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        return line, f"is not UTF-8: byte {error.start + 1:,} of the file is 0x{body[error.start]:02x}"
    return None


def dropped(names: Sequence[str], columns: tuple[Column, ...]) -> tuple[Note, ...]:
    """Return a note for every name that no column declares."""
    known = {column.name.lower() for column in columns}
    said = "the answer has a column {!r} that nothing declares; it was dropped"
    return tuple(Note("unexpected_column", said.format(plain(name, 80))) for name in names if name not in known)


def unreadable(message: str) -> ProviderError:
    """Return the error of an answer that cannot be read; what it quotes of the answer is made fit to print."""
    return ProviderError(plain(message), kind="unreadable")
