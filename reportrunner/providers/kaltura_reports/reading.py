"""The CSV that the Reports Microservice serves, and the columns that a job declares of it (kaltura.md §11)."""

from __future__ import annotations

import csv
import io

from reportrunner.delimited import decoded, dropped, typed_rows, unreadable
from reportrunner.flow import Reply
from reportrunner.spec import EndpointDataset
from reportrunner.table import Bulk, Column, ColumnType, Dialect, Rows

_PERSONAL = frozenset({"name", "user", "nickname", "phone"})
_PERSONAL_ENDS = ("userid", "username", "email", "firstname", "lastname", "fullname", "displayname", "moderatorid")


def declared_columns(parameters: EndpointDataset) -> tuple[Column, ...]:
    """Return the job's own columns: no source lists any; those whose names speak of a person are marked personal."""
    return tuple(
        Column(name, ColumnType(word), personal=True if is_personal(name) else None)
        for name, word in parameters.columns.items()
    )


def is_personal(name: str) -> bool:
    """Tell whether a column's name speaks of a person: `user_id`, `userName`, `to_email`; other names tell nothing."""
    word = "".join(letter for letter in name.lower() if letter.isalnum())
    return word in _PERSONAL or word.endswith(_PERSONAL_ENDS)


def read_file(replies: tuple[Reply, ...], columns: tuple[Column, ...]) -> Rows | Bulk:
    """Read the served file: a small one here, a large one in place by the table engine."""
    reply = replies[0]
    if reply.file is None or reply.size <= len(reply.body):
        return read_csv(replies, columns)
    header = next(csv.reader(io.StringIO(reply.body.decode("utf-8-sig", "replace"), newline="")), [])
    return Bulk(columns, reply.file, Dialect(), dropped([name.strip().lower() for name in header], columns))


def read_csv(replies: tuple[Reply, ...], columns: tuple[Column, ...]) -> Rows:
    """Read the served CSV; columns are found by header, every row's field count is checked.

    Whether the service ends its last line is not documented: both are read, a body cut short is the transport's to see.
    """
    text = decoded(replies[0].body)
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), strict=True) if line]
    except csv.Error as error:
        raise unreadable(f"the file is no CSV: {error}") from None
    if not lines:
        raise unreadable("the file has no header")
    return typed_rows(lines[0], lines[1:], columns)
