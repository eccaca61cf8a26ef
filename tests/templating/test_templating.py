"""Templates: what they may do, what they may not, and how their errors read."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import CodeType

import pytest
from jinja2.bccache import Bucket
from sample_report import report, templates

from reportrunner.errors import Diagnostic, InvalidError
from reportrunner.templating.renderer import Renderer
from reportrunner.templating.sealed import Memory, Sealed, builtin_names
from reportrunner.window import Window

REPORT = report()
COLUMNS = {name: tuple(column.name for column in found.columns) for name, found in REPORT.datasets.items()}


def shown(source: str, **others: str) -> str:
    return Renderer({"page.html.j2": source, **others}).page("page.html.j2", REPORT, "page").html


def wrong(source: str, **others: str) -> Diagnostic:
    with pytest.raises(InvalidError) as caught:
        shown(source, **others)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


def checked(source: str) -> list[tuple[int, int, str, str]]:
    found = Renderer({"page.html.j2": source, "part.html.j2": ""}).check("page.html.j2", COLUMNS)
    return [(each.line, each.column, each.message, each.hint) for each in found]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ report.title }}", "Compliance training: who is overdue"),
        ("{{ report.as_of }}", "16 November 2026, 00:00 EST"),
        ("{{ report.params.campaign_start | date('long') }}", "1 September 2026"),
        ("{{ report.windows.week | span }}", "9\u201315 November 2026"),
        ("{{ report.windows.week.days }} {{ report.windows.week.label }}", "7 2026-W46"),
        ("{{ report.datasets.overdue.rows[0].manager }}", "Adaeze Okonkwo"),
        ("{{ report.datasets.overdue.rows | length }}", "60"),
        ("{{ report.datasets.by_manager.rows | sum(attribute='people') }}", "248"),
        ("{{ (1 / 3) | percent }} {{ 7 * 0.1 }}", "33% 0.7"),
        ("{{ report.sandbox }} {{ report.datasets.overdue.columns[0].personal }}", "no \u2013"),
        ("{{ '<b>' }}", "&lt;b&gt;"),
        ("{% for name in report.datasets %}{{ name }} {% endfor %}", "overdue by_manager by_course activity polls "),
    ],
)
def test_what_a_template_finds(source: str, text: str) -> None:
    assert shown(source) == text


@pytest.mark.parametrize(
    "source",
    [
        "{{ report.__class__ }}",
        "{{ report.title.__class__.__mro__ }}",
        "{{ report.as_of.now() }}",
        "{{ report.as_of.today() }}",
        "{{ report.as_of.astimezone() }}",
        "{{ report.as_of.strftime('%c') }}",
        "{{ report.as_of.tzinfo }}",
        "{{ '%999999999d' % 1 }}",
        "{{ 'a' * 1000000 }}",
        "{{ [1] * 1000000 }}",
        "{{ 9 ** 99999999 }}",
        "{{ range(1000000) | length }}",
        "{{ '{0.__class__}'.format(report) }}",
        "{{ 'a'.center(99999999) }}",
        "{{ chart._pictures }}",
        "{{ report._values }}",
        "{{ chart.bar }}",
        "{{ report.datasets }}",
        "{{ report.datasets.overdue.rows.values.append(1) }}",
        "{% set big = namespace(n=10) %}{% for i in range(99) %}{% set big.n = big.n * big.n %}{% endfor %}",
        "{{ 1 / 0 }}",
    ],
)
def test_what_a_template_may_not_do(source: str) -> None:
    assert wrong(f"one\n{source}").line == 2


@pytest.mark.parametrize("name", ["lipsum()", "1 | random", "'a' | center(9)", "'%d' | format(1)", "1 | pprint"])
def test_chance_and_bombs_are_not_there(name: str) -> None:
    assert "there is no" in checked(f"{{{{ {name} }}}}")[0][2]


def test_an_error_has_its_place_in_the_file() -> None:
    found = wrong("<p>\n  {{ report.tilte }}\n</p>")
    assert found == Diagnostic(
        file="templates/page.html.j2",
        line=2,
        column=13,
        message='report has no "tilte"',
        hint='did you mean "title"?',
        source="  {{ report.tilte }}",
        width=5,
    )


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        ("{{ repot.title }}", 'there is no "repot"', 'did you mean "report"?'),
        ("{{ report.datasets.overdu }}", 'there is no dataset "overdu"', 'did you mean "overdue"?'),
        ("{{ report.datasets.overdue.rows[0].manger }}", 'the row has no "manger"', 'did you mean "manager"?'),
        ("{{ report.datasets.overdue.totalrows }}", 'a dataset has no "totalrows"', 'did you mean "total_rows"?'),
        ("{{ report.checks | html_table(lmit=1) }}", 'a table has no option "lmit"', 'did you mean "limit"?'),
        ("{{ 'x' | number }}", 'number needs a number, not the text "x"', ""),
        (
            "{{ chart.bar(report.datasets.polls, x='answer', y='vote') }}",
            'there is no column "vote"',
            'did you mean "votes"?',
        ),
        ("{% if 1 %}", "Unexpected end of template.", ""),
        ("{{ 1 + 'a' }}", "TypeError: unsupported operand", ""),
    ],
)  # fmt: skip
def test_errors_while_rendering(source: str, message: str, hint: str) -> None:
    found = wrong(source)
    assert found.line == 1
    assert found.message.startswith(message)
    assert found.hint == hint


def test_an_error_in_an_included_template_is_shown_there() -> None:
    found = wrong('{% include "part.html.j2" %}', **{"part.html.j2": "\n\n{{ nothing }}"})
    assert (found.file, found.line) == ("templates/part.html.j2", 3)


def test_an_error_in_a_built_in_part_is_shown_where_it_was_called() -> None:
    found = wrong('{% import "builtin:parts.html.j2" as parts %}\n{{ parts.tiles([{"label": 1}]) }}')
    assert (found.file, found.line) == ("templates/page.html.j2", 2)


def test_a_bug_of_ours_is_not_blamed_on_the_template(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr("reportrunner.templating.vocabulary.html_table", lambda *_: broken())
    monkeypatch.setattr("reportrunner.templating.renderer._PACKAGE", __file__)
    with pytest.raises(ZeroDivisionError):
        shown("{{ report.datasets.overdue | html_table }}")


def test_macros_of_imported_templates_see_the_report() -> None:
    spark = "{{ chart.spark(report.datasets.polls, y='votes') | length > 9 }}"
    part = f"{{% macro head() %}}{{{{ report.label }}}} {spark}{{% endmacro %}}"
    source = '{% import "part.html.j2" as part %}{{ part.head() }}'
    assert shown(source, **{"part.html.j2": part}) == "2026-W46 yes"


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        (("2026-11-16T11:00", "2026-11-16T12:00"), "16 November 2026, 11:00\u201312:00 EST"),
        (("2026-11-15T23:00", "2026-11-16T01:00"), "15 November 2026, 23:00 EST \u2013 16 November 2026, 01:00 EST"),
        (("2026-11-01T00:30", "2026-11-01T04:00"), "1 November 2026, 00:30 EDT \u2013 1 November 2026, 04:00 EST"),
    ],
)
def test_a_window_that_begins_inside_a_day_says_its_clock(hours: tuple[str, str], told: str) -> None:
    begin, end = (dt.datetime.fromisoformat(hour).replace(tzinfo=REPORT.as_of.tzinfo) for hour in hours)
    show = Window(begin, end, "America/New_York", "show")
    page = Renderer({"page.html.j2": "{{ report.windows.show | span }}"})
    assert page.page("page.html.j2", replace(REPORT, windows={"show": show}), "a").html == told


def test_one_renderer_keeps_reports_apart() -> None:
    renderer = Renderer({"page.html.j2": "{{ report.label }} {{ output }}"})
    first = renderer.page("page.html.j2", REPORT, "a").html
    second = renderer.page("page.html.j2", replace(REPORT, label="2026-W47"), "b").html
    assert (first, second) == ("2026-W46 a", "2026-W47 b")


@pytest.mark.parametrize("name", [*templates(), "builtin:report", "builtin:digest"])
def test_shipped_templates_are_clean(name: str) -> None:
    assert Renderer(templates()).check(name, COLUMNS) == ()


def test_every_built_in_template_compiles() -> None:
    renderer = Renderer({})
    assert [renderer.check(name, COLUMNS) for name in builtin_names() if name.endswith(".j2")] == [()] * 6


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("{{ report.titel }}", (1, 11, 'report has no "titel"', 'did you mean "title"?')),
        ("\n{{ 1 | numbr }}", (2, 8, 'there is no filter "numbr"', 'did you mean "number"?')),
        ("{{ 1 is evn }}", (1, 9, 'there is no test "evn"', 'did you mean "even"?')),
        ("{{ chart.bra() }}", (1, 10, 'chart has no "bra"', 'did you mean "bar"?')),
        ("{{ report.datasets.polss }}", (1, 20, 'there is no dataset "polss"', 'did you mean "polls"?')),
        ("{% include 'prt.html.j2' %}", (1, 13, 'there is no template "prt.html.j2"', 'did you mean "part.html.j2"?')),
        ("{% import 'x.j2' as p %}", (1, 12, 'there is no template "x.j2"', "")),
        ("{% set total = 1 %}{{ totl }}", (1, 23, 'there is no "totl"', 'did you mean "total"?')),
        ("a\n{% for %}", (2, 1, "Expected an expression, got 'end of statement block'", "")),
    ],
)  # fmt: skip
def test_check_without_data(source: str, found: tuple[int, int, str, str]) -> None:
    assert checked(source) == [found]


def test_check_finds_all_errors_at_once() -> None:
    assert len(checked("{{ report.titel }}\n{{ 1 | numbr }}\n{{ nothing }}")) == 3


def test_a_template_that_is_not_there() -> None:
    (found,) = Renderer(templates()).check("complianze.html.j2")
    assert (found.message, found.hint) == (
        'there is no template "complianze.html.j2"',
        'did you mean "compliance.html.j2"?',
    )


@pytest.mark.parametrize("name", ["../secret", "builtin:../report.py", "builtin:.", "/etc/passwd"])
def test_no_other_file_can_be_read(name: str) -> None:
    assert "there is no template" in wrong(f'{{% include "{name}" %}}').message


def test_draws() -> None:
    renderer = Renderer({"plain.html.j2": '{% extends "builtin:base.html.j2" %}', "c.html.j2": "{{ chart.bar() }}"})
    assert [renderer.draws(name) for name in ("plain.html.j2", "c.html.j2", "builtin:report", "no")] == [
        False,
        True,
        True,
        False,
    ]


def test_a_text_is_compiled_once_and_another_text_of_that_name_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    real = Sealed.compile

    def counted(self: Sealed, source: str, name: str, filename: str) -> CodeType:
        compiled.append(source)
        return real(self, source, name, filename)

    monkeypatch.setattr(Sealed, "compile", counted)
    assert [shown("{{ 6 * 7 }} once"), shown("{{ 6 * 7 }} once"), shown("{{ 6 * 7 }} anew")] == [
        "42 once", "42 once", "42 anew",
    ]  # fmt: skip
    assert compiled == ["{{ 6 * 7 }} once", "{{ 6 * 7 }} anew"]


def test_compiled_templates_are_not_kept_without_end() -> None:
    memory = Memory(most=2)
    made = [Bucket(Sealed(), name, "sum") for name in ("a", "b", "c")]
    for bucket in made:
        bucket.code = compile("1", "x", "eval")
        memory.dump_bytecode(bucket)
        bucket.code = None
        memory.load_bytecode(bucket)
        assert bucket.code is not None
    memory.load_bytecode(forgotten := Bucket(Sealed(), "a", "sum"))
    assert forgotten.code is None
