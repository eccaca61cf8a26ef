"""Whether the rows of an answer bear out what the provider itself says of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from reportrunner.table import Claim, ColumnType, Note, Value

TOLERANCE = Decimal("1e-9")
"""Relative, for decimals; integers must be equal (DESIGN section 3)."""
SHOWN = 5
ESTIMATE = Decimal("1.1")
"""An estimate tells of missing rows only when it is larger than their number by more than a tenth."""


def sums_of(claim: Claim, names: Sequence[str], rows: Sequence[tuple[Value, ...]]) -> tuple[Value, ...]:
    """Add up the claimed columns of rows in memory; `names` are the columns of the rows."""
    places = [names.index(column.name) for column in claim.columns]
    return tuple(sum((_number(row[place]) for row in rows), Decimal(0)) for place in places)


def unmet(claim: Claim, sums: Sequence[Value], rows: int) -> Iterator[Note]:
    """Yield a note for what does not agree with the claim: sums of its columns, or the number of rows."""
    wrong = [
        f"{column.name}: rows sum to {_number(mine):f}, the total says {_number(its):f}"
        for column, mine, its in zip(claim.columns, sums, claim.totals, strict=True)
        if not agree(mine, its, exact=column.type is ColumnType.INTEGER)
    ]
    if wrong:
        said = f"the rows do not add up to the provider's own total: {wrong[0]}"
        yield Note("unreconciled", said, tuple(wrong[:SHOWN]))
    if claim.rows is not None and claim.rows != rows:
        yield Note("row_count", f"the provider counts {claim.rows:,} rows, and {rows:,} came")
    if claim.about is not None and claim.about > rows * ESTIMATE + SHOWN:
        yield Note("row_estimate", f"the provider estimates {claim.about:,} rows, and only {rows:,} came")


def agree(mine: Value, its: Value, *, exact: bool) -> bool:
    """Tell whether a sum and a total say the same; no value is 0."""
    ours, theirs = _number(mine), _number(its)
    return ours == theirs if exact else abs(ours - theirs) <= TOLERANCE * max(abs(ours), abs(theirs))


def _number(value: Value) -> Decimal:
    return Decimal(0) if value is None else Decimal(str(value))
