"""A user's SQL as values: the text with its bound values, what is wrong with it, and what binding found out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from reportrunner.table import Column, Value

Parameter = Value | tuple[Value, ...]
IN_CIRCLE = "these datasets read one another in a circle"


@dataclass(frozen=True, slots=True)
class SqlText:
    """A query whose expressions became bound values `$p1`, `$p2`; it remembers where each piece was written."""

    text: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    pieces: tuple[tuple[int, int], ...] = ((0, 0),)
    """Where a piece begins in `text`, and where in the job file's string."""

    def written(self, offset: int) -> int:
        """Return the place in the job file's string of a place in `text`."""
        begins, stands = max(piece for piece in self.pieces if piece[0] <= offset)
        return stands + offset - begins


@dataclass(frozen=True, slots=True)
class SqlIssue:
    """One thing wrong in a user's SQL; offset and width count characters of its text, offset None is the whole."""

    message: str
    offset: int | None = None
    hint: str = ""
    width: int = 1


@dataclass(frozen=True, slots=True)
class Query:
    """One SELECT of a dataset or a check; `parameters` holds a value for every `$name` in it, and no other."""

    name: str
    sql: str
    parameters: Mapping[str, Parameter] = field(default_factory=lambda: MappingProxyType({}))
    order: tuple[str, ...] = ()
    """Columns that order the result where the query has no ORDER BY of its own."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What binding found out about a query."""

    columns: tuple[Column, ...] | None
    """None when it could not be bound, or reads a dataset whose columns are unknown."""
    tables: tuple[str, ...]
    issues: tuple[SqlIssue, ...]
