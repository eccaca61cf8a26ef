"""Items of lists that become several."""

from __future__ import annotations

from typing import Any

import pytest

from reportrunner.expression import Expression, parse, parse_tree, render_tree, spread_tree

EACH = ("each",)


@pytest.mark.parametrize(
    ("data", "spread"),
    [
        ({"a": ["{{ each }}"]}, {"a": ["x", "y"]}),
        ({"a": ["1", "{{each}}", "2"]}, {"a": ["1", "x", "y", "2"]}),
        ({"a": [{"b": ["{{ each }}"]}]}, {"a": [{"b": ["x", "y"]}]}),
        ({"a": [["{{ each }}"]]}, {"a": [["x", "y"]]}),
        ({"a": ["{{ params.p }}"]}, {"a": ["z"]}),
        ({"a": 1, "b": "text"}, {"a": 1, "b": "text"}),
    ],
)
def test_an_item_that_is_exactly_the_expression_becomes_the_values(data: Any, spread: Any) -> None:
    tree, errors = parse_tree(data)
    assert not errors
    assert render_tree(spread_tree(tree, EACH, ["x", "y"]), {"params": {"p": "z"}}) == (spread, [])


@pytest.mark.parametrize(
    ("text", "exactly"),
    [
        ("{{ each }}", True),
        (" {{ each }}", False),
        ("{{ each | lower }}", False),
        ("{{ params.each }}", False),
        ("{{ each }}{{ each }}", False),
    ],
)
def test_what_is_exactly_an_expression(text: str, exactly: bool) -> None:
    found = parse(text)
    assert isinstance(found, Expression)
    assert found.is_exactly(EACH) is exactly
