"""Asks: an open place closed with a value, and what must have landed before."""

from __future__ import annotations

import pytest
from projects import FROM_PLAYS, WEEK, planned
from pydantic import ValidationError

from reportrunner.ask import EndpointNode, needs_of
from reportrunner.closing import Closing
from reportrunner.expression.filters import ExpressionError

PEOPLE = '[datasets.people]\nrows = [{ id = "a" }]\n[datasets.late]\nsql = "select id from people"\n'
OUT = '[outputs.o]\nformat = "html"\n'


def node(each: str, filters: str = '["{{ each }}"]', more: str = "") -> EndpointNode:
    text = f"{WEEK}{FROM_PLAYS}each = {each}\nfilters = {{ entryIdIn = {filters} }}\n{more}{PEOPLE}{OUT}"
    found = planned(text).nodes["plays"]
    assert isinstance(found, EndpointNode)
    return found


LATE = '{ dataset = "late", column = "id" }'


def test_a_value_closes_the_open_place_and_only_that() -> None:
    open_node = node(LATE, '["x", "{{ each }}", "{{ each }}-{{ windows.week.label }}"]')
    closed = open_node.ask(Closing("b"))
    assert closed.parameters.filters.entryIdIn == ["x", "b", "b-2026-W46"]  # type: ignore[attr-defined]
    assert (closed.dataset, closed.value, closed.window) == ("plays", "b", open_node.window)
    assert closed != open_node.ask(Closing("c"))
    assert closed == open_node.ask(Closing("b"))
    assert open_node.sample().value is None


def test_a_value_that_does_not_fit_is_an_error_of_the_value() -> None:
    with pytest.raises(ValidationError, match="separates values on the wire"):
        node(LATE).ask(Closing("a|b"))
    with pytest.raises(ExpressionError, match="nothing is left of it as a slug"):
        node(LATE, '["{{ each | slug }}"]').ask(Closing("!!"))


def test_only_an_open_place_waits_for_its_dataset() -> None:
    assert needs_of(node(LATE)) == ("late",)
    assert needs_of(node('{ dataset = "people", column = "id" }')) == ()
    assert needs_of(node('{ values = ["a"], as = "e" }')) == ()
    plan = planned(f"{PEOPLE}{OUT}")
    assert [needs_of(each) for each in plan.nodes.values()] == [(), ("people",)]
