"""Spectrum's filters: what the grammar knows, what is refused, and with what to type instead."""

# ruff: noqa: E501 - a line of a table is one case

from __future__ import annotations

from typing import Any

import pytest
from cloudflare_asking import EVENTS, query, refusal, url
from hypothesis import given
from hypothesis import strategies as st

from reportrunner.providers.cloudflare.filters import Comparison, Condition, compiled, parse_filter


def condition(dimension: str = "coloName", op: str = "==", value: object = "SFO") -> dict[str, Any]:
    return {"dimension": dimension, "op": op, "value": value}


def sent(filters: object) -> str:
    return dict(query({**EVENTS, "filters": filters}))["filters"]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("event==connect", [["event==connect"]]),
        ("event==connect AND coloName!=SFO", [["event==connect", "coloName!=SFO"]]),
        ("event==connect;coloName!=SFO", [["event==connect", "coloName!=SFO"]]),
        ("event==connect,ipVersion==6", [["event==connect"], ["ipVersion==6"]]),
        ("event==connect OR ipVersion==6;coloName==FRA", [["event==connect"], ["ipVersion==6", "coloName==FRA"]]),
        ("coloName>=A AND coloName<B", [["coloName>=A", "coloName<B"]]),
    ],
)
def test_an_expression_is_read_with_and_binding_tighter(text: str, rows: list[list[str]]) -> None:
    assert [[str(one) for one in row] for row in parse_filter(text)] == rows
    assert sent(text) == text


@pytest.mark.parametrize(
    ("tables", "text"),
    [
        ([condition()], "coloName==SFO"),
        ([{"dimension": "coloName", "value": "SFO"}], "coloName==SFO"),
        ([condition(), condition("event", "!=", "connect")], "coloName==SFO;event!=connect"),
        ([condition("ipVersion", "==", 6)], "ipVersion==6"),
        ([condition(value=["SFO", "FRA"])], "coloName==SFO,coloName==FRA"),
        ([condition(op="!=", value=["SFO", "FRA"])], "coloName!=SFO;coloName!=FRA"),
        (
            [condition("event", "==", "connect"), condition(value=["SFO", "FRA"])],
            "event==connect;coloName==SFO,event==connect;coloName==FRA",
        ),
        (
            [{"any": [condition(), condition("ipVersion", "==", "6")]}, condition("event", "==", "progress")],
            "coloName==SFO;event==progress,ipVersion==6;event==progress",
        ),
    ],
)
def test_tables_become_one_expression(tables: list[dict[str, Any]], text: str) -> None:
    assert sent(tables) == text


def test_it_is_encoded_once() -> None:
    assert "filters=coloName%3D%3DSFO%3Bevent%21%3Dconnect&" in url(
        {**EVENTS, "filters": [condition(), condition("event", "!=", "connect")]}
    )


@pytest.mark.parametrize(
    ("filters", "said", "hint"),
    [
        ("event==disconnect%20AND%20coloName!=SFO", "encoded already", 'write filters = "event==disconnect AND coloName!=SFO"'),
        ("event==connect%3BcoloName!=SFO", "encoded already", 'write filters = "event==connect;coloName!=SFO"'),
        ([condition(value="S%46O")], "encoded already", 'write value = "SFO"'),
        ("event=connect", '"=" is no operator', "one of =="),
        ("event=~connect", '"=~" is no operator', "one of =="),
        ("event", "compares nothing", "write filters ="),
        ("event==connect AND ", "holds the word", ""),
        ("event == connect", "blanks that belong to no value", 'write "event==connect"'),
        ("event==connect; coloName==SFO", "blanks that belong to no value", 'write "coloName==SFO"'),
        ('coloName=="SFO"', "is quoted", "write coloName==SFO"),
        ('coloName=="SFO', "nothing can be quoted", "write the value without it"),
        ([condition(value="SF'O")], "nothing can be quoted", "write the value without it"),
        ("coloName==SFO|LAX", 'holds "|"', "write coloName==SFO OR coloName==LAX; in a table, a list"),
        ([condition(value="SFO|LAX")], 'holds "|"', "write coloName==SFO OR coloName==LAX; in a table, a list"),
        ("event==connect\nOR\nevent==progress", r"hold '\n' where only a blank", "write the expression in one line"),
        ("event==connect\tAND coloName==SFO", r"hold '\t' where only a blank", "write the expression in one line"),
        ([condition(value="'SFO'")], "is quoted", "write coloName==SFO"),
        ("event==connect,,coloName==SFO", "a condition is missing", "write filters ="),
        ("event==", "compared with nothing", "write filters ="),
        ("(event==connect)", "no parentheses", 'write "a==1'),
        ("event==connect and coloName!=SFO", "the word and", "write AND in capitals"),
        ("event==conect", 'did you mean "connect"?', "one of connect"),
        ("ipVersion==5", 'is never "5"', "one of 4, 6"),
        ("coloname==SFO", 'did you mean "coloName"?', "one of event"),
        ("appId==abc", 'did you mean "appID"?', "one of event"),
        ("bytesIngress>100", "is a metric", "one of event"),
        ([condition("country")], 'no dimension "country"', "one of event"),
        ([condition(value="SFO,FRA")], "means OR", "write one condition"),
        ([condition(value="SFO;FRA")], "means AND", "write one condition"),
        ([condition(value="a AND b")], "the word AND", "write one condition"),
        ([condition(value="")], "compared with nothing", "write filters ="),
        ([condition(value=[])], "compared with nothing", "add value"),
        ([condition(value=" SFO")], "cannot be written", "a value has"),
        ([condition(op=">", value=["A", "B"])], "compares with one value", 'write op = "=="'),
        ([{"dimension": "event"}], "compared with nothing", "add value"),
        ([{}], "a dimension, or any", "write dimension"),
        ([{"any": [condition()], "value": "x"}], "belong to a dimension", "move them"),
        (condition(), "an expression or a list of tables", "write [["),
        ([condition(value=list("abcdefghijklmnop")), condition("appID", value=list("abcdefghijklmnop"))], "256 alternatives", "ask with"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_what_can(filters: object, said: str, hint: str) -> None:
    found = refusal({**EVENTS, "filters": filters})
    assert said in found[0]
    assert found[1].startswith(hint)


WORDS = st.text("ABCxyz019-_.", min_size=1, max_size=6)
CONDITIONS = st.builds(
    lambda dimension, op, values: Condition.model_validate({"dimension": dimension, "op": op, "value": values}),
    st.sampled_from(["appID", "coloName"]),
    st.sampled_from(["==", "!="]),
    st.lists(WORDS, min_size=1, max_size=3),
)


def holds(one: Comparison, row: dict[str, str]) -> bool:
    same = row[one.dimension] == one.value
    return same if one.op == "==" else not same


@given(st.lists(CONDITIONS, min_size=1, max_size=3), st.fixed_dictionaries({"appID": WORDS, "coloName": WORDS}))
def test_the_expression_means_what_the_tables_mean(conditions: list[Condition], row: dict[str, str]) -> None:
    drawn = [value for one in conditions if isinstance(one.value, list) for value in one.value]
    for chosen in (row, {**row, "coloName": str(drawn[0])}, {"appID": str(drawn[-1]), "coloName": str(drawn[0])}):
        wanted = all(_true(one, chosen) for one in conditions)
        read = parse_filter(compiled(conditions))
        assert any(all(holds(one, chosen) for one in parts) for parts in read) is wanted


def _true(one: Condition, row: dict[str, str]) -> bool:
    assert isinstance(one.value, list)
    found = row[str(one.dimension)] in one.value
    return found if one.op == "==" else not found
