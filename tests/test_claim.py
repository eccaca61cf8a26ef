"""The provider's own word on an answer, held against its rows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from reportrunner.claim import SHOWN, agree, sums_of, unmet
from reportrunner.table import Claim, Column, ColumnType, Note, Value

PLAYS, MINUTES = Column("plays", ColumnType.INTEGER), Column("minutes", ColumnType.DECIMAL)
BOTH = (PLAYS, MINUTES)


def test_claimed_columns_are_added_up_wherever_they_stand() -> None:
    rows: list[tuple[Value, ...]] = [(Decimal("0.1"), "ana", 2), (None, "bo", None), (Decimal("0.2"), "cy", 3)]
    assert sums_of(Claim(BOTH, (5, Decimal("0.3"))), ["minutes", "name", "plays"], rows) == (5, Decimal("0.3"))
    assert sums_of(Claim(BOTH, (0, 0)), ["minutes", "name", "plays"], []) == (0, 0)
    assert sums_of(Claim(), ["minutes"], [(Decimal(1),)]) == ()


def notes(claim: Claim, sums: tuple[Value, ...] = (), rows: int = 0) -> list[Note]:
    return list(unmet(claim, sums, rows))


def test_what_adds_up_says_nothing() -> None:
    assert notes(Claim(BOTH, (5, Decimal("0.3")), rows=2, about=2, most=9), (Decimal(5), Decimal("0.3")), 2) == []
    assert notes(Claim(BOTH, (None, 0)), (0, None)) == []
    assert notes(Claim(), (), 7) == []


def test_sums_that_differ_are_named_column_by_column() -> None:
    (note,) = notes(Claim(BOTH, (6, Decimal("1E+2"))), (Decimal(5), Decimal("0.30")))
    assert note.code == "unreconciled"
    assert note.message == "the rows do not add up to the provider's own total: plays: rows sum to 5, the total says 6"
    assert note.sample == (
        "plays: rows sum to 5, the total says 6", "minutes: rows sum to 0.30, the total says 100",
    )  # fmt: skip
    (one,) = notes(Claim(BOTH, (5, Decimal(7))), (5, 8))
    assert one.sample == ("minutes: rows sum to 8, the total says 7",)


def test_the_sample_of_differing_sums_is_short() -> None:
    many = tuple(Column(f"c{n}", ColumnType.INTEGER) for n in range(9))
    (note,) = notes(Claim(many, (1,) * 9), (0,) * 9)
    assert len(note.sample) == SHOWN


@pytest.mark.parametrize(
    ("mine", "its", "exact", "equal"),
    [
        (10**15, 10**15 + 1, True, False),
        (10**15, 10**15 + 1, False, True),
        (Decimal("1.000000001"), Decimal(1), False, True),
        (Decimal("1.00000001"), Decimal(1), False, False),
        (Decimal(0), Decimal("1e-12"), False, False),
        (-5, 5, False, False),
        (None, 0, True, True),
        (None, None, False, True),
        (Decimal("5.0"), 5, True, True),
    ],
)
def test_integers_are_equal_and_decimals_to_a_billionth(mine: Value, its: Value, exact: bool, equal: bool) -> None:
    assert agree(mine, its, exact=exact) is agree(its, mine, exact=exact) is equal
    column = PLAYS if exact else MINUTES
    assert (notes(Claim((column,), (its,)), (mine,)) == []) is equal


@pytest.mark.parametrize(("said", "came"), [(1204, 1203), (1203, 1204), (0, 1)])
def test_rows_that_were_counted_are_as_many(said: int, came: int) -> None:
    (note,) = notes(Claim(rows=said), (), came)
    assert note == Note("row_count", f"the provider counts {said:,} rows, and {came:,} came")


@pytest.mark.parametrize(
    ("about", "came", "told"), [(1105, 1000, False), (1106, 1000, True), (5, 0, False), (6, 0, True), (1, 99, False)]
)
def test_an_estimate_tells_only_of_many_missing_rows(about: int, came: int, told: bool) -> None:
    found = notes(Claim(about=about), (), came)
    said = f"the provider estimates {about:,} rows, and only {came:,} came"
    assert found == ([Note("row_estimate", said)] if told else [])
