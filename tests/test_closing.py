"""What closes an ask: values one by one or in packs, each in every slice of the window."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportrunner.closing import WHOLE, Closing, closings
from reportrunner.window.window import slices, window_of
from reportrunner.window.zone import unix_of, use_packaged_zones

use_packaged_zones()
AUTUMN = window_of(1_788_235_200, 1_796_101_200, "America/New_York")
"""From 1 September to 1 December 2026."""
MONTHS = slices(AUTUMN, "month")


def test_an_ask_without_open_places_is_closed_once() -> None:
    assert closings(None, 0, ()) == (WHOLE,)
    assert WHOLE.label == ""


def test_values_are_asked_one_by_one_in_their_order() -> None:
    assert closings(["b", "a"], 0, ()) == (Closing("b"), Closing("a"))
    assert closings([], 0, ()) == closings([], 200, MONTHS) == ()


def test_packs_are_filled_in_the_order_of_the_values() -> None:
    assert [one.pack for one in closings(list("edcba"), 2, ())] == [("e", "d"), ("c", "b"), ("a",)]


def test_every_value_or_pack_is_asked_in_every_slice() -> None:
    assert [(one.value, one.slice) for one in closings(["a", "b"], 0, MONTHS)] == [
        (value, month) for value in "ab" for month in MONTHS
    ]
    assert [one.slice for one in closings(None, 0, MONTHS)] == list(MONTHS)
    assert [(one.pack, one.slice) for one in closings(["a", "b", "c"], 2, MONTHS[:1])] == [
        (("a", "b"), MONTHS[0]),
        (("c",), MONTHS[0]),
    ]


@given(st.lists(st.integers(), unique=True, max_size=60), st.integers(1, 20))
def test_packs_lose_no_value_and_hold_none_twice(values: list[int], pack: int) -> None:
    found = closings(values, pack, ())
    assert [value for one in found for value in one.pack] == values
    assert all(0 < len(one.pack) <= pack for one in found)
    assert len(found) == -(-len(values) // pack)


@pytest.mark.parametrize(
    ("closing", "label"),
    [
        (Closing("1_a"), "1_a"),
        (Closing(0), "0"),
        (Closing(pack=("1_a",)), "1_a"),
        (Closing(pack=("1_a", "1_b", "1_c")), "1_a and 2 more"),
        (Closing(slice=MONTHS[0]), "2026-09"),
        (Closing("1_a", slice=MONTHS[1]), "1_a, 2026-10"),
    ],
)
def test_what_messages_call_an_answer(closing: Closing, label: str) -> None:
    assert closing.label == label


def test_slices_are_told_apart_by_their_instants() -> None:
    assert len({Closing("a", slice=month) for month in MONTHS}) == 3
    assert unix_of(MONTHS[0].end) == unix_of(MONTHS[1].start)
