"""Expressions: what renders, what is refused and where, and what waits for `each`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportrunner.expression import (
    Expression,
    ExpressionError,
    expressions,
    parse,
    parse_tree,
    render_tree,
)

START = dt.datetime(2026, 11, 9, tzinfo=ZoneInfo("America/New_York"))
SCOPE: Mapping[str, object] = {
    "params": {
        "day": dt.date(2026, 9, 1),
        "n": 5,
        "money": Decimal("1E+3"),
        "half": 0.5,
        "yes": True,
        "none": None,
        "list": ["a", 2, dt.date(2026, 1, 2)],
        "naive": dt.datetime(2026, 1, 2, 3, 4),  # noqa: DTZ001  the point of it
        "a b": "spaced",
        "template": "{{ each }}",
        "odd": {1},
    },
    "windows": {"week": {"start": START, "label": "2026-W46", "first_day": dt.date(2026, 11, 9), "zone": "UTC"}},
    "job": {"title": "Größe 'n' Ämter"},
    "as_of": dt.datetime(2026, 11, 16, 13, 2, 3, 999, tzinfo=dt.UTC),
}


def expression(text: str) -> Expression:
    parsed = parse(text)
    assert isinstance(parsed, Expression)
    return parsed


def refused(text: str, scope: Mapping[str, object] | None = None) -> ExpressionError:
    try:
        parsed = parse(text)
        value = parsed.render(scope) if scope is not None and isinstance(parsed, Expression) else parsed
    except ExpressionError as error:
        return error
    pytest.fail(f"not refused: {value!r}")


@pytest.mark.parametrize("text", ["", "1_12345", "{ a }", "50 % }} {", "select '{%' || x", "{ {", "#}{"])
def test_a_string_without_braces_stays_a_string(text: str) -> None:
    assert parse(text) == text
    assert type(parse(text)) is str


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ params.day }}", dt.date(2026, 9, 1)),
        ("{{params.n}}", 5),
        ("{{ params.yes }}", True),
        ("{{ params.money }}", Decimal(1000)),
        ("{{ params.list }}", ["a", 2, dt.date(2026, 1, 2)]),
        ('{{ params["a b"] }}', "spaced"),
        ("{{ (windows.week).label }}", "2026-W46"),
        ("{{ as_of }}", SCOPE["as_of"]),
        (" {{ params.n }}", " 5"),
        ("{{ params.n }}{{ params.n }}", "55"),
        ("{{ params.yes }}/{{ params.half }}/{{ params.money }}", "true/0.5/1000"),
        ("from {{ params.day }} to {{ as_of }}", "from 2026-09-01 to 2026-11-16T13:02:03+00:00"),
        ("at {{ windows.week.start }}", "at 2026-11-09T00:00:00-05:00"),
        ("{{ params.template }}!", "{{ each }}!"),
        ("a\r\n{{ params.n }}\r\n\n", "a\r\n5\r\n\n"),
        ("{{ params.n }}}", "5}"),
        ("{{\n  params.n\r\n}}", 5),
        ("{{ windows.week.start | unix }}", 1794200400),
        ("{{ params.day | day_id }}", "20260901"),
        ("{{ windows.week.start | day_id }}", "20261109"),
        ("{{ params.list | join }}", "a, 2, 2026-01-02"),
        ('{{ params.list | join("; ") | lower }}', "a; 2; 2026-01-02"),
        ("{{ params.list | join('}}') }}", "a}}2}}2026-01-02"),
        (r'{{ params.list | join("\n") }}', "a\n2\n2026-01-02"),
        ("{{ job.title | lower }}", "größe 'n' ämter"),
        ("{{ job.title | slug }}", "grosse-n-amter"),
        ("{{ params.n | slug }}", "5"),
        ('{{ params.day | date("%-d %B %Y") | slug }}', "1-september-2026"),
    ],
)
def test_rendering(text: str, value: object) -> None:
    rendered = expression(text).render(SCOPE)
    assert rendered == value
    assert type(rendered) is type(value)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("%Y-%m-%d %H:%M:%S", "2026-09-01 15:04:05"),
        ("%A, %-d %B %y (%a %b %e)", "Tuesday, 1 September 26 (Tue Sep  1)"),
        ("%F %T %z %Z", "2026-09-01 15:04:05 -0400 EDT"),
        ("%I:%M %p %-I %-H %-m", "03:04 PM 3 15 9"),
        ("day %j, %G-W%V-%u, 100%%", "day 244, 2026-W36-2, 100%"),
    ],
)
def test_dates_are_english(form: str, text: str) -> None:
    moment = dt.datetime(2026, 9, 1, 15, 4, 5, tzinfo=ZoneInfo("America/New_York"))
    assert expression(f'{{{{ as_of | date("{form}") }}}}').render({"as_of": moment}) == text


@given(st.datetimes(dt.datetime(1000, 1, 1), dt.datetime(9999, 1, 1), timezones=st.just(dt.UTC)))  # noqa: DTZ001
def test_dates_agree_with_strftime_in_the_c_locale(moment: dt.datetime) -> None:
    form = "%Y %y %m %d %e %j %B %b %A %a %u %G %V %F %H %I %p %M %S %T %z %Z %% %-d %-m %-H %-I"
    assert expression(f"{{{{ as_of | date('{form}') }}}}").render({"as_of": moment}) == moment.strftime(form)


@pytest.mark.parametrize(
    ("text", "at", "message", "hint"),
    [
        ("é {{ windws.week }}", "windws", '"windws" is not known here; did you mean "windows"?', ""),
        ("{{ x }}", "x", '"x" is not known here', "known: params, windows, job, as_of, each"),
        ("{{ params.a() }}", "(", "nothing can be called here", "leave the parentheses out"),
        ("{{ params.a is defined }}", "is", "there are no tests here", "decide it in sql or in a template"),
        ("{{ params.a == 1 }}", "==", "nothing can be compared here", "decide it in sql or in a template"),
        ("{{ each not in params.a }}", "not", "nothing can be compared here", "decide it in sql or in a template"),
        ("{{ params.a if each else 1 }}", "if", "there are no conditions here", "decide it in sql or in a template"),
        ("{{ not each }}", "not", "there are no conditions here", "decide it in sql or in a template"),
        ("{{ params.a or 1 }}", "or", "there are no conditions here", "decide it in sql or in a template"),
        (
            "{{ params.n + 1 }}",
            "+",
            "there is no arithmetic here",
            "compute it in sql, or define another window or param",
        ),
        ("{{-params.n }}", "{{-params.n }}", "spaces cannot be controlled here", "write {{ and }}"),
        (
            "{{ - params.n}}x",
            "-",
            "there is no arithmetic here",
            "compute it in sql, or define another window or param",
        ),
        (
            "{{ each ~ 'x' }}",
            "~",
            "there is no arithmetic here",
            "compute it in sql, or define another window or param",
        ),
        ("{{ params[0] }}", "[", "a part is named by a word or by text", 'write .name or ["name"]'),
        ("{{ params.list.0 }}", "0", "a part is named by a word or by text", 'write .name or ["name"]'),
        ("{{ [each] }}", "[", "nothing can be built here", "give it as a param"),
        ("{{ each, 1 }}", ",", "nothing can be built here", "give it as a param"),
        ('{{ "x" }}', '{{ "x" }}', "a plain value needs no braces", "write it without {{ }}"),
        ("{{ (each | lower).x }}", "|", "a filter comes last", "put the filter last"),
        ("{{ a b }}", "b", 'unexpected "b"', "an expression has names, attributes and filters only"),
        ("{{ each $ }}", "$", 'unexpected "$"', "an expression has names, attributes and filters only"),
        (
            "{{ each. }}",
            "{{ each. }}",
            "this cannot be read as an expression",
            "an expression has names, attributes and filters only",
        ),
        ("x {{ }}", "{{ }}", "there is no name between the braces", "write {{ name }}"),
        ("x {{ each }", "{{", '"{{" is not closed', "write {{ name }} with both braces and quotes closed"),
        ('{{ each | join(") }}', "{{", '"{{" is not closed', "write {{ name }} with both braces and quotes closed"),
        (
            "a {%- if x %}b{% endif %}",
            "{%- if x %}",
            "there are no statements here",
            "write {{ name }}, or leave it out",
        ),
        ("a {# b #}", "{# b #}", "there are no comments here", "write {{ name }}, or leave it out"),
        (
            "{{ each | dat }}",
            "dat",
            'there is no filter "dat"; did you mean "date"?',
            "known: date, unix, unix_ms, utc, day_id, join, lower, slug",
        ),
        (
            "{{ each | default('x') }}",
            "default",
            'there is no filter "default"',
            "known: date, unix, unix_ms, utc, day_id, join, lower, slug",
        ),
        ("{{ each | date }}", "date", "date takes one text", 'write date("%Y-%m-%d")'),
        ("{{ each | lower(1) }}", "lower", "lower takes nothing", "write lower"),
        ("{{ each | join(1) }}", "join", "join takes one text", 'write join(", ")'),
        ("{{ each | join(params.n) }}", "join", "join takes plain values only", 'write join("...") with a plain value'),
        ("{{ each | join(sep=',') }}", "join", "join takes plain values only", 'write join("...") with a plain value'),
        ("{{ each | join('\\q') }}", "\\q", "unknown escape", 'write "\\\\" for a backslash'),
    ],
)
def test_refused_when_read(text: str, at: str, message: str, hint: str) -> None:
    error = refused(text)
    assert (text[error.offset :][: error.width], error.message, error.hint) == (at, message, hint)


@pytest.mark.parametrize("form", ["%Q", "%", "%-Y", "%E"])
def test_an_unknown_directive_is_refused_when_read(form: str) -> None:
    error = refused(f'{{{{ each | date("{form}") }}}}')
    assert (error.message, error.offset, error.width) == (f'date has no "{form}"', 10, 4)
    assert error.hint.startswith("known: %Y %y %m")


@pytest.mark.parametrize(
    ("text", "at", "message", "hint"),
    [
        ("{{ windows.weak.label }}", "weak", 'windows has no "weak"; did you mean "week"?', ""),
        ("{{ windows.week.lable }}", "lable", 'windows.week has no "lable"; did you mean "label"?', ""),
        ("{{ windows.week.x }}", "x", 'windows.week has no "x"', "known: start, label, first_day, zone"),
        ('é\r\n{{ windows.week["zome"] }}', "zome", 'windows.week has no "zome"; did you mean "zone"?', ""),
        ("{{ each }}", "each", '"each" is not known here', "known: params, windows, job, as_of"),
        ("{{ as_of.year }}", "year", "as_of is a timestamp and has no parts", "use a filter"),
        ("{{ params.none }}", "none", "params.none has no value", "give it one, or a default"),
        ("{{ windows }}", "windows", "windows is a table", "name one of its parts: windows.week"),
        (
            "{{ params.list }}.",
            "{{ params.list }}",
            "a list cannot stand in a text",
            'write {{ params.list | join(", ") }}',
        ),
        ("{{ params.odd }}.", "{{ params.odd }}", "a value of another kind cannot stand in a text", ""),
        (
            "{{ params.naive }}.",
            "{{ params.naive }}",
            "a timestamp without a zone is no instant",
            "write it with an offset, such as 2026-11-16T09:00:00Z",
        ),
        (
            "{{ params.day | unix }}",
            "unix",
            "unix needs a timestamp, found a date",
            "use a timestamp, such as {{ windows.week.start | unix }}",
        ),
        ("{{ params.n | date('%Y') }}", "date", "date needs a date or a timestamp, found a number", ""),
        (
            "{{ params.day | date('%H') }}",
            "date",
            'a date has no time for "%H"',
            "use a timestamp, such as a window's start",
        ),
        ("{{ params.n | day_id }}", "day_id", "day_id needs a date or a timestamp, found a number", ""),
        ("{{ job.title | join }}", "join", "join needs a list, found text", "leave the filter out"),
        ("{{ params.n | lower }}", "lower", "lower needs text, found a number", "leave the filter out"),
    ],
)
def test_refused_when_rendered(text: str, at: str, message: str, hint: str) -> None:
    error = refused(text, SCOPE)
    assert (text[error.offset :][: error.width], error.message, error.hint) == (at, message, hint)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Zoë O'Brien", "zoe-o-brien"),
        ("王 伟", "王-伟"),
        ("हिन्दी", "हिन्दी"),
        ("İstanbul", "istanbul"),
        ("--A__b--", "a-b"),
    ],
)
def test_slugs_keep_letters_of_every_script(name: str, slug: str) -> None:
    assert expression("{{ each | slug }}").render({"each": name}) == slug


def test_an_empty_slug_is_refused() -> None:
    assert refused("{{ each | slug }}", {"each": "?!"}).message == "nothing is left of it as a slug"


def test_objects_are_never_looked_into() -> None:
    assert (
        refused("{{ params.odd.__class__ }}", SCOPE).message == "params.odd is a value of another kind and has no parts"
    )
    assert refused("{{ job.title.__class__ }}", SCOPE).message == "job.title is text and has no parts"


def test_names_and_singleness() -> None:
    both = expression('{{ windows.week.label }} {{ each }} {{ params["a b"] | lower }}')
    assert both.names == {("windows", "week", "label"), ("each",), ("params", "a b")}
    assert not both.single
    assert expression("{{ each }}").single
    assert not expression(" {{ each }}").single


TREE: dict[str, Any] = {
    "label": "{{ windows.week.label }}",
    "plain": [1, "x", None, dt.date(2026, 1, 1)],
    "filters": {"entryIdIn": ["{{ each }}", "{{ params.n }}-{{ each }}"], "n": "{{ params.n }}"},
}


def test_a_tree_is_copied_and_rendered() -> None:
    tree, errors = parse_tree(TREE)
    assert errors == []
    assert [loc for loc, _ in expressions(tree)] == [
        ("label",), ("filters", "entryIdIn", 0), ("filters", "entryIdIn", 1), ("filters", "n"),
    ]  # fmt: skip
    assert tree["plain"] == TREE["plain"]
    assert tree["plain"] is not TREE["plain"]
    data, errors = render_tree(tree, {**SCOPE, "each": "1_a"})
    assert errors == []
    assert data == {**TREE, "label": "2026-W46", "filters": {"entryIdIn": ["1_a", "5-1_a"], "n": 5}}


def test_what_is_kept_waits_and_the_rest_is_filled_in() -> None:
    tree, _ = parse_tree(TREE)
    partial, errors = render_tree(tree, SCOPE, keep=frozenset({"each"}))
    assert errors == []
    assert (partial["label"], partial["filters"]["n"]) == ("2026-W46", 5)
    waiting = dict(expressions(partial))
    assert {loc: (left.text, left.names) for loc, left in waiting.items()} == {
        ("filters", "entryIdIn", 0): ("{{ each }}", frozenset({("each",)})),
        ("filters", "entryIdIn", 1): ("5-{{ each }}", frozenset({("each",)})),
    }
    assert render_tree(partial, {"each": 7})[0]["filters"] == {"entryIdIn": [7, "5-7"], "n": 5}


def test_what_is_filled_in_is_never_read_again() -> None:
    partial = expression("{{ params.template }} {{ each }}").substitute(SCOPE, frozenset({"each"}))
    assert partial.render({"each": "x"}) == "{{ each }} x"


def test_offsets_of_what_waits_count_into_what_the_user_wrote() -> None:
    text = "{{ params.day }}: {{ each.x }}"
    partial = expression(text).substitute(SCOPE, frozenset({"each"}))
    with pytest.raises(ExpressionError) as caught:
        partial.render({"each": "v"})
    assert text[caught.value.offset :][: caught.value.width] == "x"


def test_all_errors_of_a_tree_are_collected() -> None:
    tree, errors = parse_tree({"a": ["{{ x }}", "{{ each }}"], "b": "{{ 1 + 1 }}", "c": "{{ params.q }}"})
    assert [(loc, error.message) for loc, error in errors] == [
        (("a", 0), '"x" is not known here'),
        (("b",), "there is no arithmetic here"),
    ]
    assert tree["a"][0] == "{{ x }}"
    _, errors = render_tree(tree, SCOPE, keep=frozenset({"each"}))
    assert [loc for loc, _ in errors] == [("c",)]


PIECES = st.sampled_from(
    [
        *(
            "{{",
            "}}",
            "{",
            "}",
            "each",
            "params",
            "windows.week",
            ".x",
            "(",
            ")",
            "[",
            "]",
            "|",
            "date('%Y')",
            "lower",
            "join",
        ),
        *(
            '"',
            "'",
            "\\",
            "+",
            "-",
            "~",
            "1",
            "1.5",
            ",",
            ":",
            "if",
            "is",
            "not",
            "==",
            "{%",
            "%}",
            "{#",
            "#}",
            "\r",
            "\n",
            "é",
        ),
    ]
)
SOUP = st.lists(PIECES, max_size=12)
TEXTS = (
    SOUP.map(" ".join)
    | SOUP.map("".join)
    | SOUP.map(lambda pieces: "{{" + " ".join(pieces) + "}}")
    | st.text(max_size=9)
)


@given(TEXTS)
def test_nothing_but_declared_errors(text: str) -> None:
    offending = ""
    try:
        parsed = parse(text)
        value = parsed.render({**SCOPE, "each": "v"}) if isinstance(parsed, Expression) else text
    except ExpressionError as error:
        value = error.message
        offending = text[error.offset :][: error.width]
        inside = error.offset >= 0 and len(offending) == error.width > 0
    else:
        inside = "{{" not in text or value != text
    assert inside, (value, offending)


def test_hostile_lengths_end_quickly() -> None:
    assert refused("{{ " + "(" * 5000 + "each" + ")" * 5000 + " }}").message == "this expression is too long"
    assert refused("{{ " + "9" * 5000 + " }}").message == "this expression is too long"
    assert refused("{{ each" + ".x" * 5000 + " }}", {"each": "v"}).message == "each is text and has no parts"
    assert refused("{{" * 20000).message == '"{{" is not closed'
