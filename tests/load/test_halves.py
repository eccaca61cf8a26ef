"""A dataset that is written as two tables, one of them misspelt, is one error."""

from __future__ import annotations

import tomllib

import pytest
from projects import WEEK, problems

from reportrunner.load.halves import Halves, halves

ASKED = """
[datasets.polls]
source = "kaltura_reports"
endpoint = "pollsActivity"
window = "week"
privileges = ["virtualeventid:4711"]
filters = { entries_ids = ["1_a"], virtual_event_ids = ["4711"] }
[datasets.polls.columns]
answer = "string"
[outputs.o]
format = "html"
"""
HALF = '{0}: dataset "{0}" has nothing but columns; did you mean "{1}"?'


def found(text: str) -> Halves:
    data = tomllib.loads(text)
    return halves(data, data.get("datasets", {}))


def test_a_dataset_with_nothing_but_tables_belongs_to_the_one_of_nearly_its_name() -> None:
    assert found('[datasets.polls]\nsource = "a"\n[datasets.pols.columns]') == Halves(
        {"pols": "polls"}, frozenset({"polls"})
    )
    assert found('[datasets.polls]\nsource = "a"\n[datasets.viewers.columns]') == Halves({}, frozenset())
    assert found('[datasets.polls]\nsource = "a"\n[datasets.poll]\nsource = "a"') == Halves({}, frozenset())
    assert found("[datasets.polls.columns]\n[datasets.pols.columns]") == Halves({}, frozenset())


def test_under_a_misspelt_word_for_datasets_stand_halves_too() -> None:
    assert found('[datasets.polls]\nsource = "a"\n[dataset.polls.columns]') == Halves({}, frozenset({"polls"}))
    assert found('dataset = 1\n[datasets.polls]\nsource = "a"\n[params]') == Halves({}, frozenset())


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("s.polls.c", "s.pols.c", HALF.format("pols", "polls")),
        ("s.polls]", "s.pols]", HALF.format("polls", "pols")),
        ("datasets.polls.c", "datset.polls.c", 'datset: unknown key "datset" in this job; did you mean "datasets"?'),
        ("datasets.polls]", "datset.polls]", 'datset: unknown key "datset" in this job; did you mean "datasets"?'),
    ],
)  # fmt: skip
def test_one_slip_is_one_error(right: str, wrong: str, said: str) -> None:
    assert problems(WEEK + ASKED) == []
    assert problems(WEEK + ASKED.replace(right, wrong)) == [said]
