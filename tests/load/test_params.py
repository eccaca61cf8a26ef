"""Params as values; how a job gives them is told in test_load.py."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from reportrunner.diagnose import Hinted
from reportrunner.load.params import EXAMPLES, default_value, likely_kind, parse_param, sample_value
from reportrunner.spec import ParamSpec

TODAY = dt.date(2026, 11, 16)


@pytest.mark.parametrize("kind", list(EXAMPLES))
def test_the_example_of_a_type_is_of_that_type(kind: str) -> None:
    value = parse_param(EXAMPLES[kind], kind)
    assert type(value) is type(sample_value(kind, TODAY))


@pytest.mark.parametrize(("kind", "text"), [("integer", "1.5"), ("date", "soon"), ("boolean", "ja"), ("string", None)])
def test_what_is_not_of_the_type_is_shown_how(kind: str, text: str | None) -> None:
    with pytest.raises(Hinted) as caught:
        parse_param(text or "", kind) if text else parse_param("", "integer")
    assert caught.value.hint == f"write it like {EXAMPLES[kind if text else 'integer']}"


@pytest.mark.parametrize(("text", "like"), [("25", "0.25"), ("1.5", "0.015"), ("-0.1", "0.9"), ("250", "0.9")])
def test_a_share_in_percent_is_refused(text: str, like: str) -> None:
    with pytest.raises(Hinted, match=f"{text} is no ratio, which lies between 0 and 1") as caught:
        parse_param(text, "ratio")
    assert caught.value.hint == f"write it like {like}"
    with pytest.raises(Hinted, match="is no ratio"):
        default_value(ParamSpec(type="ratio", default=float(text)))


def test_a_list_leaves_out_what_is_empty() -> None:
    assert parse_param(" a,, b ,", "list") == ["a", "b"]
    assert parse_param("", "list") == []


@pytest.mark.parametrize(
    ("text", "kind"), [("0.51", "ratio"), ("12.5", "decimal"), ("100", "decimal"), ("90", "duration")]
)
def test_a_number_is_told_as_it_was_typed(text: str, kind: str) -> None:
    assert str(parse_param(text, kind)) == text


def test_defaults_are_exact() -> None:
    assert default_value(ParamSpec(type="ratio", default=0.1)) == Decimal("0.1")
    assert default_value(ParamSpec(type="integer")) is None
    assert default_value(ParamSpec(type="list", default=[])) == []
    with pytest.raises(Hinted, match="the default is no decimal"):
        default_value(ParamSpec(type="decimal", default=True))


def test_samples_lie_before_today() -> None:
    assert sample_value("date", TODAY) == dt.date(2026, 11, 15)
    assert sample_value("timestamp", TODAY) == dt.datetime(2026, 11, 15, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("section", "kind"),
    [
        ({"type": "date"}, "date"),
        ({"type": "dtae"}, "date"),
        ({"type": "moment", "default": 5}, "integer"),
        ({"tpye": "date", "defualt": dt.date(2026, 1, 1)}, "date"),
        ({"default": ["a"]}, "list"),
        ({"default": True}, "boolean"),
        ({"type": 5}, "string"),
        ({}, "string"),
    ],
)
def test_a_param_with_errors_has_a_likely_type(section: dict[str, object], kind: str) -> None:
    assert likely_kind(section) == kind
