"""The list of removed handlings is whole and fits the package as it is; trying them takes minutes."""

from __future__ import annotations

import re

import pytest
from trap_mutations import HERE, LIST, ROOT, ROWS, Mutation, mutations, try_all, written

ALL = mutations()


def test_every_row_has_one_change() -> None:
    assert [one.row for one in ALL] == list(ROWS)
    assert len({(one.file, one.old, one.new) for one in ALL}) == len(ALL)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.row)
def test_a_change_fits_the_package(one: Mutation) -> None:
    text = (ROOT / "reportrunner" / one.file).read_text("utf-8")
    assert one.applied(text) != text
    tests = re.findall(r"^def (test_\w+)", (HERE.parents[1] / one.test_file).read_text("utf-8"), re.MULTILINE)
    kept = LIST.read_text("utf-8").splitlines()
    (line,) = (line for line in kept if line.startswith(f"| {one.row} |"))
    failed = re.findall(r"`(test_\w+)`", line)
    assert failed
    assert set(failed) <= {name for name in tests if name.startswith(one.prefix)}


@pytest.mark.full
def test_every_change_is_noticed() -> None:
    outcomes = try_all(ALL)
    assert [one.mutation.row for one in outcomes if not one.killed] == []
    assert LIST.read_text("utf-8") == written(outcomes)
