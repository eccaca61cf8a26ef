"""The answer of Spectrum's event reads: rows of dimensions and metrics, and what the answer says of itself (§2.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from reportrunner.delimited import unreadable
from reportrunner.json_cell import json_cell
from reportrunner.providers.cloudflare.filters import same_form
from reportrunner.table import Claim, Column, ColumnType, Note, Value
from reportrunner.verdict import plain


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, and when: what an answer is held against."""

    dimensions: tuple[Column, ...]
    metrics: tuple[Column, ...]
    filters: str
    since: int
    until: int
    """Both ends in Unix seconds."""
    now: dt.datetime
    limit: int | None = None

    def column(self, name: str) -> Column:
        """Return the column of a dimension or a metric that was asked."""
        return next(column for column in (*self.dimensions, *self.metrics) if column.name == name)


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of an envelope, its parts checked as far as they do not depend on the read."""

    result: Mapping[str, Any]
    asked: Asked

    def hold_question(self) -> None:
        """Refuse an answer that says it is of other filters or of another span; one that does not say is taken."""
        echo = self.result.get("query")
        told: Mapping[str, Any] = echo if isinstance(echo, dict) else {}
        filters = told.get("filters")
        if filters and isinstance(filters, str) and same_form(filters) != same_form(self.asked.filters):
            said, mine = plain(filters, 120), self.asked.filters or "none"
            raise unreadable(f"the answer is of another question: its filters are {said}, and {mine} were asked")
        for name, unix in (("since", self.asked.since), ("until", self.asked.until)):
            moment, wanted = _moment(told.get(name)), dt.datetime.fromtimestamp(unix, dt.UTC)
            if moment is not None and moment != wanted:
                said = f"its {name} is {moment.isoformat()}, and {wanted.isoformat()} was asked"
                raise unreadable(f"the answer is of another question: {said}")

    @property
    def data(self) -> list[Mapping[str, Any]]:
        """The rows as they came."""
        found = self.result.get("data")
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise unreadable("the result has no list of rows")
        return found

    def order(self, which: str) -> tuple[Column, ...]:
        """Return the columns of `dimensions` or `metrics` in the order of the query that the answer repeats.

        An answer that does not repeat it is read in the order asked; one that repeats another question is no answer.
        """
        columns = self.asked.dimensions if which == "dimensions" else self.asked.metrics
        names = [column.name for column in columns]
        echo = self.result.get("query")
        told = echo.get(which) if isinstance(echo, dict) else None
        if not told:
            return columns
        if not isinstance(told, list) or sorted(map(str, told)) != sorted(names):
            raise unreadable(f"the answer is of {which} {plain(str(told), 120)}, and {', '.join(names)} were asked")
        return tuple(self.asked.column(str(name)) for name in told)

    def dimensions_of(self, row: Mapping[str, Any], columns: Sequence[Column], number: int) -> dict[str, Value]:
        """Return a row's dimensions by name; `columns` in the order of the answer."""
        values = row.get("dimensions") or []
        if not isinstance(values, list) or len(values) != len(columns):
            found = len(values) if isinstance(values, list) else "no list of"
            raise unreadable(f"row {number} has {found} dimensions where {len(columns)} were asked")
        return {c.name: cell(value, c, number) for c, value in zip(columns, values, strict=True)}

    @property
    def lag(self) -> Decimal | None:
        """Seconds before now that are not processed yet; None where the answer does not say."""
        found = self.result.get("data_lag")
        return Decimal(str(found)) if isinstance(found, int | Decimal) and not isinstance(found, bool) else None

    def whole(self, end: dt.datetime) -> bool | None:
        """Tell whether all events before this moment are counted; None where the answer does not say."""
        if self.lag is None:
            return None
        return Decimal(str(end.timestamp())) <= Decimal(str(self.asked.now.timestamp())) - self.lag

    def claim(self) -> Claim | None:
        """Return the totals of what adds up; an answer that a limit cuts has others."""
        if self._limit is not None and len(self.data) >= self._limit:
            return None
        totals = self.result.get("totals")
        told = totals if isinstance(totals, dict) else {}
        found = [(column, told.get(column.name)) for column in self.asked.metrics if column.additive]
        found = [(column, total) for column, total in found if total is not None]
        return Claim(tuple(c for c, _ in found), tuple(cell(total, c, 0) for c, total in found))

    @property
    def _limit(self) -> int | None:
        echo = self.result.get("query")
        told = echo.get("limit") if isinstance(echo, dict) else None
        return self.asked.limit or (int(told) if isinstance(told, int | Decimal) and told > 0 else None)

    def notes(self, cells: Mapping[str, Sequence[Value]]) -> Iterator[Note]:
        """Yield what the answer itself gives reason to doubt; `cells` are all values of each metric."""
        rows, came = self.result.get("rows"), len(self.data)
        if self._limit is not None and came >= self._limit:
            yield Note("cloudflare.truncated", f"{came:,} rows came, as many as the limit of {self._limit:,}")
        elif isinstance(rows, int | Decimal) and rows != came:
            yield Note("row_count", f"the answer counts {rows:,} rows, and {came:,} came")
        for column in self.asked.metrics:
            values = [value for value in cells.get(column.name, ()) if isinstance(value, int | Decimal)]
            for said in self._outside(column, values):
                yield Note("unreconciled", said, (said,))

    def _bound(self, which: str, column: Column) -> Value:
        """Return the answer's own `min` or `max` of a metric, as its cells are; None where it says none."""
        told = self.result.get(which)
        bound = told.get(column.name) if isinstance(told, dict) else None
        if not isinstance(bound, int | Decimal) or isinstance(bound, bool):
            return None
        return bound if column.type is ColumnType.INTEGER else cell(bound, column, 0)

    def _outside(self, column: Column, values: Sequence[int | Decimal]) -> Iterator[str]:
        """Yield what lies outside the answer's own bounds; 0 may be an interval in which nothing happened."""
        highest, lowest = self._bound("max", column), self._bound("min", column)
        if isinstance(highest, int | Decimal) and values and max(values) > highest:
            yield f"{column.name}: a value is {max(values):,}, and the answer's own maximum is {highest:,}"
        least = min((value for value in values if value), default=None)
        if isinstance(lowest, int | Decimal) and least is not None and least < lowest:
            yield f"{column.name}: a value is {least:,}, and the answer's own minimum is {lowest:,}"

    def has_bounds(self) -> bool:
        """Tell whether the answer says anything that its numbers can be held against: totals, a minimum, a maximum."""
        claim = self.claim()
        bounds = (self._bound(which, column) for which in ("min", "max") for column in self.asked.metrics)
        return bool(claim and claim.columns) or any(bound is not None for bound in bounds)


def _moment(told: Any) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None
    return moment.replace(tzinfo=dt.UTC) if moment is not None and moment.tzinfo is None else moment


def cell(raw: Any, column: Column, number: int) -> Value:
    """Return a value of a row as its column has it; null stays null."""
    try:
        return json_cell(raw, column.type)
    except ValueError as error:
        where = f"row {number}" if number else "totals"
        hint = ""
        if column.type is ColumnType.INTEGER:
            hint = f'; where fractions are right, write columns = {{ {column.name} = "decimal" }}'
        raise unreadable(f'{where}, "{column.name}": {error}{hint}') from None
