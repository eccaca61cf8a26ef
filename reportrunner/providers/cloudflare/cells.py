"""JSON objects as typed rows: what is secret in them never becomes a cell (§1.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from reportrunner.delimited import unreadable
from reportrunner.json_cell import json_cell
from reportrunner.spelling import did_you_mean
from reportrunner.table import Column, Note, Value

DENIED: Final = re.compile(r"(downloadurl|downloadlink|streamkey|storageconfig)s?$")
"""Ends of fields that open something to whoever reads them, their letters alone: `summaryDownloadUrl`, `stream_key`."""


@lru_cache(maxsize=4096)
def is_denied(name: str) -> bool:
    """Tell whether a field is never landed, however it is spelt: keys of streams, links to files, keys of a bucket."""
    parts = ("".join(filter(str.isalpha, part)).lower() for part in name.split("."))
    return any(DENIED.search(part) for part in parts)


def without_secrets(value: Any) -> Any:
    """Return a JSON value in which no field that is denied is left, however deep."""
    if isinstance(value, dict):
        return {name: without_secrets(item) for name, item in value.items() if not is_denied(name)}
    return [without_secrets(item) for item in value] if isinstance(value, list) else value


def rows_of(found: Sequence[Mapping[str, Any]], columns: tuple[Column, ...]) -> list[tuple[Value, ...]]:
    """Return objects as rows; what is left out is null. ProviderError names row and column."""
    return [_row(without_secrets(fields), columns, number) for number, fields in enumerate(found, 1)]


def _row(fields: Mapping[str, Any], columns: tuple[Column, ...], number: int) -> tuple[Value, ...]:
    values: list[Value] = []
    for column in columns:
        try:
            values.append(json_cell(field_of(fields, column.name), column.type))
        except ValueError as error:
            raise unreadable(f'row {number}, column "{column.name}": {error}') from None
    return tuple(values)


def field_of(fields: Any, name: str) -> Any:
    """Return the field of that name; `object.name` leads into an object where no field has the whole name."""
    if not isinstance(fields, Mapping):
        return None
    if name in fields or "." not in name:
        return fields.get(name)
    first, _, rest = name.partition(".")
    return field_of(fields.get(first), rest)


def absent(
    found: Sequence[Mapping[str, Any]], columns: tuple[Column, ...], known: tuple[Column, ...]
) -> tuple[Note, ...]:
    """Return a note for every column that only the job declares and that no object has."""
    catalogued = {column.name for column in known}
    fields = sorted({name for one in found for name in one})
    said = 'no object of the answer has "{}": it is null in all of them, or misspelt'
    return tuple(
        Note("cloudflare.absent_column", said.format(c.name) + did_you_mean(c.name, fields))
        for c in columns
        if c.name not in catalogued and found and all(field_of(one, c.name) is None for one in found)
    )
