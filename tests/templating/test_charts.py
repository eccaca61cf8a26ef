"""Charts: what may be drawn, its words, its bytes."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest
from sample_report import N, R, S, by_course, by_manager, overdue

from reportrunner.table import Column, ColumnType, Value
from reportrunner.templating.charts import TONES, inline_svg, png, specification
from reportrunner.templating.figure import Figure, Kind, figure, fitting, summary, text_chart
from reportrunner.templating.view import Rows
from reportrunner.templating.words import UnfitError
from reportrunner.window.zone import load_zone

NAMES: list[tuple[Value, ...]] = [
    ('fill="#2a5a99" role="x" <b>', 7, 3, Decimal("0.5"), dt.date(2026, 11, 9)),
    ("Łukasz; |", 5, 4, Decimal("0.7"), dt.date(2026, 11, 10)),
    ("Zoë", 1, None, Decimal(1), dt.date(2026, 11, 11)),
]
COLUMNS = (
    Column("name", S), Column("n", N), Column("k", N), Column("rate", R), Column("day", ColumnType.DATE),
)  # fmt: skip
ROWS = Rows(COLUMNS, NAMES)


def drawn(kind: Kind, rows: Rows = ROWS, **options: object) -> Figure:
    return figure(kind, rows, options, dt.UTC)


EVERY: dict[Kind, Figure] = {
    "bar": drawn("bar", x="name", y="n", title="Bars"),
    "line": drawn("line", x="day", y=["n", "k"], title="Lines"),
    "stacked": drawn("stacked", x="name", y=["n", "k"], note="rate", title="Parts"),
    "heatmap": drawn("heatmap", x="day", y="name", value="n", title="Heat"),
    "spark": drawn("spark", y="n", title="Spark"),
}


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        ("bar", {"x": "name", "y": "nn"}, 'no column "nn"; did you mean "n"'),
        ("bar", {"x": "name", "y": "day"}, 'column "day" is of type date; chart.bar draws numbers'),
        ("bar", {"x": "name"}, 'needs y="column"'),
        ("bar", {"x": "name", "y": "n", "titel": "x"}, 'no option "titel"; did you mean "title"'),
        ("bar", {"x": "name", "y": ["n", "k"]}, "draws one y column"),
        ("bar", {"x": "name", "y": "n", "tone": "goood"}, 'no tone "goood"; did you mean "good"'),
        ("line", {"x": "name", "y": "n"}, "needs a date or timestamp on x"),
        ("heatmap", {"x": "day", "y": "name", "value": "name"}, "colours by a number"),
    ],
)
def test_what_cannot_be_drawn_is_refused(kind: Kind, options: dict[str, object], words: str) -> None:
    with pytest.raises(UnfitError, match=words):
        figure(kind, ROWS, options, dt.UTC)


def test_two_rows_of_one_bar_are_refused() -> None:
    with pytest.raises(UnfitError, match="in two rows"):
        drawn("bar", Rows(COLUMNS, [*NAMES, NAMES[0]]), x="name", y="n")


def test_things_of_one_name_are_told_apart_by_their_key() -> None:
    columns = (Column("id", S), *COLUMNS[:2], Column("part", S), COLUMNS[3])
    rows = Rows(columns, [
        ("1_a", "Untitled", 4, "x", Decimal("0.5")), ("1_b", "Welcome", 3, "x", Decimal("0.6")),
        ("1_c", "Untitled ", 2, "x", Decimal("0.7")), ("1_b", "Welcome", 1, "y", Decimal("0.6")),
    ])  # fmt: skip
    names = ["Untitled (1_a)", "Welcome", "Untitled (1_c)"]
    made = drawn("stacked", rows, x="name", y="n", series="part", key="id", note="rate")
    assert list(dict.fromkeys(point.x for point in made.points)) == names
    assert dict(made.notes) == dict(zip(names, ["50%", "60%", "70%"], strict=True))
    with pytest.raises(UnfitError, match="in two rows"):
        drawn("stacked", rows, x="name", y="n", series="part")
    with pytest.raises(UnfitError, match='no column "idd"; did you mean "id"'):
        drawn("bar", rows, x="name", y="n", key="idd")


def test_an_hour_that_the_clock_repeats_is_no_repeated_row() -> None:
    zone = load_zone("America/New_York")
    passes = [dt.datetime(2026, 11, 1, hour, tzinfo=dt.UTC) for hour in (5, 6)]
    rows = Rows((Column("at", ColumnType.TIMESTAMP), COLUMNS[1]), [(at, n) for n, at in enumerate(passes)])
    assert [point.x for point in figure("line", rows, {"x": "at", "y": "n"}, zone).points] == [
        "2026-11-01T01:00:00Z"
    ] * 2
    with pytest.raises(UnfitError, match="in two rows"):
        figure("line", Rows(rows.columns, [rows.values[1]] * 2), {"x": "at", "y": "n"}, zone)


def test_negative_bars_are_refused() -> None:
    with pytest.raises(UnfitError, match="no negative numbers"):
        drawn("bar", Rows(COLUMNS[:2], [("a", -1)]), x="name", y="n")


def test_parts_of_a_bar_carry_their_size_where_there_is_room() -> None:
    rows = Rows(COLUMNS[:3], [("a", 400, 2), ("b", 9, 90)])
    drawing = specification(drawn("stacked", rows, x="name", y=["n", "k"]), 304)
    told = [(each["x"], each["y"], each["words"]) for each in drawing["layer"][-1]["data"]["values"]]
    assert told == [("a", 200.0, "400"), ("b", 54.0, "90")]
    assert len(specification(EVERY["bar"], 304)["layer"]) == 2


def test_bars_can_be_sorted_and_cut() -> None:
    made = drawn("bar", Rows(COLUMNS[:2], [("a", 1), ("b", 9), ("c", 5)]), x="name", y="n", sort="desc", limit=2)
    assert [point.x for point in made.points] == ["b", "c"]
    assert made.left_out == 1


def test_nothing_is_drawn_where_there_is_no_value() -> None:
    assert [(point.x, point.series) for point in EVERY["line"].points][-2:] == [
        ("2026-11-10", "K"),
        ("2026-11-11", "N"),
    ]


def test_summary_and_text() -> None:
    made = drawn("bar", Rows(COLUMNS[:2], [("Ann", 4), ("Bo", 2)]), x="name", y="n")
    assert summary(made) == "Bar chart. Ann: 4; Bo: 2."
    assert text_chart(made).split("\n") == ["Ann  4  " + "█" * 20, "Bo   2  " + "█" * 10]
    assert summary(drawn("bar", Rows(COLUMNS[:2], []), x="name", y="n")) == "Bar chart without data."


def test_parts_as_text() -> None:
    assert text_chart(EVERY["stacked"]).split("\n")[2:] == [
        'fill="#2a5a99" role="x" <b>  7  3   50%',
        "Łukasz; |                    5  4   70%",
        "Zoë                          1  \u2013  100%",
    ]


def test_fitting() -> None:
    late = overdue()
    managers = by_manager(late)
    assert fitting(Rows(managers.columns, managers.rows))[0] == "bar"
    assert fitting(Rows(late.columns, late.rows)) == (None, {})
    days = Rows((COLUMNS[4], COLUMNS[1]), [(dt.date(2026, 1, 1), 1), (dt.date(2026, 1, 2), 2)])
    assert fitting(days)[0] == "line"


def test_specification_names_no_data_but_its_own() -> None:
    text = str(specification(EVERY["stacked"], 680))
    assert "url" not in text
    assert "rate" not in text


def test_the_legend_of_lines_shows_lines() -> None:
    assert specification(EVERY["line"], 680)["encoding"]["color"]["legend"]["symbolType"] == "stroke"
    one = drawn("line", x="day", y="n", title="One")
    assert specification(one, 680)["encoding"]["color"]["legend"] is None


def test_a_day_by_the_minute_says_the_day_once_and_days_by_the_hour_each_time() -> None:
    columns = (Column("at", ColumnType.TIMESTAMP), Column("n", N))

    def axis(*hours: int) -> str:
        start = dt.datetime(2026, 11, 11, tzinfo=dt.UTC)
        rows = Rows(columns, [(start + dt.timedelta(hours=hour), 1) for hour in hours])
        return str(specification(drawn("line", rows, x="at", y="n"), 680)["encoding"]["x"]["axis"]["format"])

    assert axis(11, 12) == "%H:%M"
    assert axis(11, 36) == "%-d %b %H:%M"
    assert axis(0, 24) == "%-d %b"


@pytest.mark.parametrize("kind", list(EVERY))
def test_svg_is_painted_by_the_page(kind: Kind) -> None:
    svg = inline_svg(EVERY[kind])
    tags = "".join(re.findall(r"<[^>]*>", svg))
    assert "var(--rr-" in tags
    assert not any(tone in tags for tone in TONES.values())
    assert 'role="img"' in tags
    assert "http" not in tags
    assert re.search(r"<title id=[^>]+>\w+</title><desc id=[^>]+>[^<]+", svg)
    identifiers = re.findall(r'\bid="([^"]+)"', svg)
    assert len(identifiers) == len(set(identifiers)) > 0


def test_data_is_never_taken_for_drawing() -> None:
    svg = inline_svg(EVERY["bar"])
    assert 'fill="#2a5a99" role="x" &lt;b&gt;' in svg
    assert "<b>" not in svg


@pytest.mark.parametrize("kind", list(EVERY))
def test_png(kind: Kind) -> None:
    content = png(EVERY[kind])
    assert content.startswith(b"\x89PNG")
    assert int.from_bytes(content[16:20]) == 2 * (120 if kind == "spark" else 560)


def test_a_wide_and_a_narrow_drawing() -> None:
    course = by_course(overdue())
    made = drawn("stacked", Rows(course.columns, course.rows), x="title", y=["finished", "never_started"])
    assert re.findall(r'class="(rr-\w+)".*?width="(\d+)"', inline_svg(made)) == [
        ("rr-wide", "680"),
        ("rr-narrow", "304"),
    ]


def test_same_bytes_from_many_threads() -> None:
    with ThreadPoolExecutor(4) as pool:
        pictures = list(pool.map(png, [EVERY["bar"]] * 4))
        drawings = list(pool.map(inline_svg, [EVERY["line"]] * 4))
    assert len(set(pictures)) == 1
    assert len(set(drawings)) == 1


@pytest.mark.full
def test_same_bytes_in_another_process_zone_and_hash_seed() -> None:
    code = (
        "import hashlib, test_charts as t\n"
        "for made in t.EVERY.values():\n"
        "    print(hashlib.sha256(t.png(made) + t.inline_svg(made).encode()).hexdigest())\n"
    )
    seen = set()
    for seed, zone, locale in (("1", "UTC", "C"), ("2", "Asia/Kolkata", "de_DE.UTF-8")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale}
        environment["PYTHONPATH"] = os.pathsep.join(map(str, [Path(__file__).parent, Path(__file__).parents[1]]))
        seen.add(subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True).stdout)
    assert len(seen) == 1
