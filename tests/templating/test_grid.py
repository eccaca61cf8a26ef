"""Tables: HTML with scopes and notes, aligned text, and what is refused."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from sample_report import N, R, S, overdue

from reportrunner.table import Column, ColumnType, Value
from reportrunner.templating.grid import TEXT_WIDTH, align, columns_of, grid, html_table, text_table, title
from reportrunner.templating.view import Rows
from reportrunner.templating.words import UnfitError

PEOPLE: list[tuple[Value, ...]] = [
    ("Zoë <b>", "Ann & Co", 3, Decimal("0.5")), ("Zoë <b>", '"Bo"', None, Decimal(1)), ("Ada", "C", 1200, None),
]  # fmt: skip
ROWS = Rows((Column("manager", S), Column("name", S), Column("plays", N, unit="min"), Column("rate", R)), PEOPLE)


def made(**options: object) -> str:
    return html_table(grid(ROWS, options, dt.UTC))


def test_cells_are_escaped_and_typed() -> None:
    table = made(caption="A & B")
    assert "<caption>A &amp; B</caption>" in table
    assert '<th scope="col" class="n">Plays (min)</th>' in table
    assert "<tr><td>Zoë &lt;b&gt;</td><td>Ann &amp; Co</td>" in table
    assert '<td class="n">1,200</td><td class="n">\u2013</td>' in table
    assert "<b>" not in table


@pytest.mark.parametrize(
    ("column", "heading"),
    [
        (Column("watched", N, unit="min"), "Watched (min)"),
        (Column("minutes_watched", N, unit="min"), "Minutes watched"),
        (Column("count_plays", N, unit="plays"), "Count plays"),
        (Column("size", N, unit="bytes"), "Size"),
        (Column("first", ColumnType.TIMESTAMP, unit="unix s"), "First"),
    ],
)
def test_a_heading_tells_the_unit_of_a_number_once(column: Column, heading: str) -> None:
    assert title(column) == heading


def test_dates_do_not_break_and_a_phone_names_them() -> None:
    columns = (Column("name", S), Column("last_seen", ColumnType.DATE))
    rows = Rows(columns, [("Ada", dt.date(2026, 11, 9)), ("Bo", None)])
    table = html_table(grid(rows, {"stack": True}, dt.UTC))
    assert '<th scope="col" class="d">Last seen</th>' in table
    assert '<td>Ada</td><td class="d" data-l="Last seen">2026-11-09</td>' in table
    assert '<td>Bo</td><td class="d" data-l="Last seen">\u2013</td>' in table


def test_groups_and_limit() -> None:
    table = made(group="manager", limit=2, more="people.csv")
    assert table.count("<tbody>") == 1
    assert '<th scope="rowgroup" colspan="3">Zoë &lt;b&gt; <span class="rr-count">2</span></th>' in table
    assert '<p class="rr-more">1 more row in people.csv</p>' in table
    assert "Ada" not in table


def test_a_group_says_what_it_counts_and_how_much_of_it_is_shown() -> None:
    table = made(group="manager", limit=1, count="<play>", anchor="m")
    assert '<tr class="rr-group" id="m-1">' in table
    assert '<span class="rr-count">1 of 2 &lt;play&gt;s</span>' in table
    assert '<span class="rr-count">1 &lt;play&gt;</span>' in made(group="manager", count="<play>")
    assert "1 of 2" not in text_table(grid(ROWS, {"group": "manager"}, dt.UTC))


def test_only_a_named_region_is_a_landmark() -> None:
    assert 'role="region" aria-label="People"' in made(caption="People")
    assert 'role="group" aria-label="Table"' in made()


def test_empty_table_says_so() -> None:
    assert html_table(grid([], {"empty": "Nobody <yet>"}, dt.UTC)) == '<p class="rr-empty">Nobody &lt;yet&gt;</p>'


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"columns": ["nmae"]}, 'no column "nmae"; did you mean "name"'),
        ({"colums": ["name"]}, 'no option "colums"; did you mean "columns"'),
        ({"formats": {"rate": "percnt"}}, 'did you mean "percent"'),
        ({"group": "boss"}, 'no column "boss"'),
    ],
)
def test_misspellings_are_answered(options: dict[str, object], words: str) -> None:
    with pytest.raises(UnfitError, match=words):
        grid(ROWS, options, dt.UTC)


def test_text_is_refused_as_rows() -> None:
    with pytest.raises(UnfitError, match="needs a dataset or its rows"):
        grid("overdue", {}, dt.UTC)


def test_text_table_is_aligned() -> None:
    assert text_table(grid(ROWS, {"columns": ["name", "plays", "rate"], "limit": 2}, dt.UTC)).split("\n") == [
        "Name      Plays (min)  Rate",
        "--------  -----------  ----",
        "Ann & Co            3   50%",
        '"Bo"                \u2013  100%',
        "1 more row",
    ]


def test_text_table_fits_the_line() -> None:
    view = overdue()
    lines = text_table(grid(Rows(view.columns, view.rows), {}, dt.UTC)).split("\n")
    assert len(lines) == 62
    assert max(map(columns_of, lines)) <= TEXT_WIDTH
    assert len({len(line) for line in lines[1:2]}) == 1


def test_wide_letters_take_two_columns() -> None:
    assert columns_of("李雷") == 4
    assert columns_of("e\u0301") == 1
    assert align(["a", "b"], [["李雷", "x"], ["abcd", "y"]], [False, False])[2:] == ["李雷  x", "abcd  y"]
