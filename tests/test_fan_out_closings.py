"""How often a dataset asks: closings of values known and landed, what may begin early, and values that do not fit."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import Annotated

import pytest
from plans import S, asking, columns, endpoint
from pydantic import Field

from reportrunner.ask import Ask, EndpointNode
from reportrunner.closing import CEILING, Closing, Each, Split
from reportrunner.errors import InvalidError
from reportrunner.expression import parse_tree
from reportrunner.fan_out import FanOut, flows_of
from reportrunner.flow import Flow
from reportrunner.spec import EndpointDataset
from reportrunner.table import Column, Rows
from reportrunner.toml_file import TomlFile
from reportrunner.window.window import slices, window_of

ID = columns(id=S)
TEXT = '[datasets.words]\neach = { dataset = "ids", column = "id", pack = 2 }\n'
FILE = TomlFile("jobs/words.toml", TEXT, tomllib.loads(TEXT))
OVER_IDS = Each(Column("id", S), "ids", "id")
MONTHS = slices(window_of(1_788_235_200, 1_796_101_200, "America/New_York"), "month")


class Many(EndpointDataset):
    """Takes words of at most four letters, two of them at most."""

    many: Annotated[list[Annotated[str, Field(max_length=4)]], Field(max_length=2)]


def unfold(ask: Ask) -> Flow:
    raise AssertionError(ask)


def fan(pack: int = 0, split: Split | None = None) -> FanOut:
    tree, _ = parse_tree({"source": "house", "endpoint": "question", "many": ["{{ each }}"]})
    parameters = Many(source="house", endpoint="question", many=["some"])
    node = asking("words", ID, "{{ each }}", replace(OVER_IDS, pack=pack), endpoint=endpoint())
    node = replace(node, tree=tree, parameters=parameters, split=split)
    return FanOut(replace(node, endpoint=replace(node.endpoint, parameters=Many, unfold=unfold)), FILE)


@pytest.mark.parametrize(
    ("closing", "said"),
    [
        (Closing("longer"), 'the value "longer" does not fit where each stands: "many[1]" must have at most 4'),
        (Closing(pack=("a", "longer")), 'the value "longer" does not fit where each stands: '),
        (Closing(pack=("a", "b", "c")), "the pack of a and 2 more does not fit where each stands: "),
    ],
)
def test_what_does_not_fit_is_named(closing: Closing, said: str) -> None:
    with pytest.raises(InvalidError) as caught:
        fan(len(closing.pack)).flow(closing)
    (found,) = caught.value.diagnostics
    assert (found.file, found.line) == ("jobs/words.toml", 2)
    assert found.message.startswith(said.partition('"many')[0])


def test_values_of_a_page_begin_once_and_packs_never() -> None:
    page = Rows(ID, [("b",), ("a",), (None,), ("b",)])
    assert fan().early(page, [Closing("a")]) == [Closing("b")]
    assert fan(2).early(page, []) == []
    assert fan().early(Rows(columns(other=S), [("a",)]), []) == []


def test_a_value_of_a_page_begins_in_every_slice() -> None:
    split = Split("month", Column("slice", S), MONTHS)
    found = fan(split=split).early(Rows(ID, [("a",)]), [Closing("a", slice=MONTHS[0])])
    assert found == [Closing("a", slice=month) for month in MONTHS[1:]]


def test_what_begins_early_ends_at_the_ceiling() -> None:
    page = Rows(ID, [(f"v{number}",) for number in range(CEILING + 5)])
    begun = [Closing(f"w{number}") for number in range(3)]
    assert len(fan().early(page, begun)) == CEILING - 3


def test_what_has_begun_is_not_unfolded_anew() -> None:
    flow = asking_flow(asking("words", ID))
    assert flows_of(fan(), [Closing("a")], {Closing("a"): flow}) == [flow]


def asking_flow(node: EndpointNode) -> Flow:
    return node.endpoint.unfold(node.ask())


def test_an_ask_without_each_is_closed_once() -> None:
    assert FanOut(asking("words", ID), FILE).known() == (Closing(),)
