"""What an ask of a defined endpoint sends: windows, params that are left out, typed bodies, days of a zone."""

from __future__ import annotations

from pathlib import Path

import pytest
from asking import WEEK, days
from pydantic import ValidationError
from rests import BEARER, HEAD, THINGS, ask, flow, request, said, source

from reportrunner.days import Days
from reportrunner.window.span import WindowError

QUERY = 'request  = { path = "/v1/things" }'
UTC_WEEK = days("2026-11-09", "2026-11-16", "UTC")
PART = days("2026-11-09T06:00:00", "2026-11-16")


def asking(query: str, more: str = "") -> str:
    return THINGS.replace(QUERY, f'request = {{ path = "/v1/things", query = {{ {query} }} }}') + more


def test_a_window_is_sent_as_the_definition_writes_it() -> None:
    query = """
    a = "{{ window.start }}", b = "{{ window.end | utc | date('%FT%TZ') }}", c = "{{ window.end | unix_ms }}",
    d = "{{ window.last_second | unix }}", e = "{{ window.first_day }}..{{ window.last_day }}\""""
    assert request(asking(query.replace("\n", "")), window=WEEK).query == (
        ("a", "2026-11-09T00:00:00-05:00"),
        ("b", "2026-11-16T05:00:00Z"),
        ("c", "1794805200000"),
        ("d", "1794805199"),
        ("e", "2026-11-09..2026-11-15"),
    )


def test_what_was_not_given_is_left_out() -> None:
    text = asking(
        'a = "{{ params.a }}", w = "since {{ window.start | unix }}", s = "{{ params.s }}", fixed = 3, yes = true',
        'window = "optional"\nparams = { a = { type = "string", required = false },'
        ' s = { type = "string", many = true, required = false } }\n',
    )
    assert request(text).query == (("fixed", "3"), ("yes", "true"))
    assert request(text, params={"a": "x", "s": ["1", "2"]}, window=WEEK).query == (
        ("a", "x"), ("w", "since 1794200400"), ("s", "1"), ("s", "2"), ("fixed", "3"), ("yes", "true"),
    )  # fmt: skip


def test_a_body_keeps_its_types() -> None:
    text = THINGS.replace(
        QUERY,
        'request = { method = "POST", path = "/v1/search", json = { n = "{{ params.n }}", many = "{{ params.many }}",'
        ' day = "{{ params.day }}", on = true, text = "n is {{ params.n }}", rate = "{{ params.rate }}",'
        ' deep = [{ gone = "{{ params.gone }}", x = 1.5 }] } }',
    ).replace(
        "columns",
        'params = { n = { type = "integer" }, many = { type = "integer", many = true }, day = { type = "date" },'
        ' rate = { type = "decimal" }, gone = { type = "string", required = false } }\ncolumns',
    )
    import datetime as dt

    one = flow(text, params={"n": 2**60, "many": [1, 2], "day": dt.date(2026, 11, 16), "rate": 0.25})
    assert (
        one.steps[0]
        .request.canonical()
        .endswith(
            '{"day":"2026-11-16","deep":[{"x":1.5}],"many":[1,2],"n":1152921504606846976,"on":true,"rate":0.25,'
            '"text":"n is 1152921504606846976"}]'
        )
    )
    assert one.steps[0].repeatable is False
    assert (
        flow(
            text + "retry = { repeatable = true }\n",
            params={"n": 1, "many": [1], "day": dt.date(2026, 1, 1), "rate": 1},
        )
        .steps[0]
        .repeatable
    )


DAYS = 'day = "{{ window.first_day }}"'


def test_days_are_asked_over_whole_days_of_their_zone_alone() -> None:
    with pytest.raises(WindowError, match="knows whole days only"):
        flow(asking(DAYS), window=PART)
    zoned = asking(DAYS, 'zone = "UTC"\n')
    with pytest.raises(WindowError, match=r'counts days of UTC \(documented\).*, or timezone = "UTC" in the job'):
        flow(zoned, window=WEEK)
    assert flow(zoned, window=UTC_WEEK).steps[0].request.query == (("day", "2026-11-09"),)
    instants = asking('since = "{{ window.start | unix }}"')
    assert flow(instants, window=PART).steps
    with pytest.raises(WindowError, match="knows whole days only"):
        flow(instants + "whole_days = true\n", window=PART)


@pytest.mark.parametrize(
    ("query", "whole"),
    [
        (DAYS, True),
        ("d = \"{{ window.start | date('%Y-%m-%d') }}\"", True),
        ('d = "{{ window.end | day_id }}"', True),
        ("d = \"{{ window.start | date('%Y-%m-%dT%H:%M') }}\"", False),
        ("d = \"{{ window.start | date('%FT%T') }}\"", False),
        ('d = "{{ window.label }} {{ window.start }}"', False),
    ],
)
def test_what_sends_a_day_is_known_by_its_expression(query: str, whole: bool) -> None:
    text = asking(query)
    if whole:
        with pytest.raises(WindowError):
            flow(text, window=PART)
    else:
        assert flow(text, window=PART).steps


def test_a_zone_that_nobody_knows_is_a_finding_and_one_of_instants_is_none() -> None:
    days_asked = ask(source(asking(DAYS)), window=WEEK)
    assert days_asked.endpoint.days == Days("unknown")
    zoned = ask(source(asking(DAYS, 'zone = "UTC"\nzone_from = "source-proven"\n')), window=UTC_WEEK)
    assert zoned.endpoint.days == Days("zone", "source-proven", "UTC")
    instants = ask(source(asking('since = "{{ window.start | unix }}"')), window=WEEK)
    assert instants.endpoint.findings(instants.parameters) == ()
    assert instants.endpoint.days == Days("instants", "documented")


def test_a_window_is_needed_where_the_request_names_it() -> None:
    with pytest.raises(ValidationError, match="window"):
        ask(source(asking(DAYS)))


def test_an_action_says_what_it_changes(tmp_path: Path) -> None:
    text = THINGS.replace('path = "/v1/things"', 'method = "DELETE", path = "/v1/things"') + 'action = "deletes it"\n'
    assert said(HEAD + BEARER + text, tmp_path) == []
    one = ask(source(text))
    assert one.endpoint.action(one.parameters) == "deletes it"
    read = ask(source())
    assert read.endpoint.action(read.parameters) == ""


def test_a_page_is_read_alone_without_the_count_of_all() -> None:
    from replies import says

    text = THINGS + 'total = "$.total"\npaging = { by = "page", name = "page" }\n'
    one = flow(text)
    assert one.early is not None
    assert one.early((says({"data": [{"id": 1}], "total": 9}),)).claim is None
    assert flow().early is None


def test_equal_asks_are_one_and_others_are_not() -> None:
    text = asking('a = "{{ params.a }}"', 'params = { a = { type = "string" } }\n')
    same, equal, other = (flow(text, params={"a": value}) for value in ("x", "x", "y"))
    assert same.identity() == equal.identity() != other.identity()
    assert same == equal
