"""Words: numbers, times and names as a reader sees them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from reportrunner.table import Column, ColumnType
from reportrunner.templating import words
from reportrunner.templating.vocabulary import filters


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (None, None, "\u2013"),
        (0, None, "0"),
        (1234567, None, "1,234,567"),
        (-1234, None, "\u22121,234"),
        (Decimal("1E+3"), None, "1,000"),
        (Decimal("12.500"), None, "12.5"),
        (Decimal("0.005"), 2, "0.01"),
        (Decimal("-0.001"), 2, "0.00"),
        (Decimal("-0.5"), None, "\u22120.5"),
        (Decimal("12345678901234567890123456789012345.678"), 2, "12,345,678,901,234,567,890,123,456,789,012,345.68"),
    ],
)
def test_number(value: object, digits: int | None, shown: str) -> None:
    assert words.number(value, digits) == shown


def test_number_groups_by_thin_space() -> None:
    assert words.number(1234567, group="thin") == "1\u202f234\u202f567"


@pytest.mark.parametrize("value", ["12", True, float("nan")])
def test_number_refuses_what_is_none(value: object) -> None:
    with pytest.raises(words.UnfitError, match="number"):
        words.number(value)


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (Decimal("0.873"), 0, "87%"),
        (Decimal("0.999"), 0, ">99%"),
        (Decimal("0.9999"), 1, ">99.9%"),
        (1, 0, "100%"),
        (0, 0, "0%"),
        (Decimal("0.001"), 0, "<1%"),
        (Decimal("12.5"), 0, "1,250%"),
        (None, 0, "\u2013"),
    ],
)
def test_percent_never_rounds_to_all_or_nothing(value: object, digits: int, shown: str) -> None:
    assert words.percent(value, digits) == shown


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0, "seconds", "0 s"),
        (45, "seconds", "45 s"),
        (200, "seconds", "3 min 20 s"),
        (72, "minutes", "1 h 12 min"),
        (3599, "seconds", "59 min 59 s"),
        (7199, "seconds", "2 h"),
        (Decimal("1500.4"), "milliseconds", "2 s"),
        (Decimal("25.5"), "hours", "1 d 1 h"),
        (-90, "seconds", "\u22121 min 30 s"),
    ],
)
def test_duration(value: object, unit: str, shown: str) -> None:
    assert words.duration(value, unit) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_400_000, "12.4 MB"), (None, "\u2013")]
)
def test_bytes(value: object, shown: str) -> None:
    assert words.size(value) == shown


def test_dates_are_english_whatever_the_machine_speaks() -> None:
    day = dt.date(2026, 3, 1)
    assert words.date(day) == "2026-03-01"
    assert words.date(day, "full") == "Sunday, 1 March 2026"
    assert words.date(day, "%a %-d.%-m.%Y, week %V") == "Sun 1.3.2026, week 09"
    instant = dt.datetime(2026, 11, 16, 9, 30, tzinfo=ZoneInfo("America/New_York"))
    assert words.moment(instant) == "16 November 2026, 09:30 EST"


def test_templates_tell_instants_by_the_clock_of_the_job() -> None:
    known = filters(ZoneInfo("America/New_York"))
    instant = dt.datetime(2026, 11, 16, 2, 30, tzinfo=dt.UTC)
    assert known["moment"](instant) == "15 November 2026, 21:30 EST"
    assert known["date"](instant) == "2026-11-15"
    assert known["date"](instant, "%H:%M") == "21:30"
    assert known["date"](dt.date(2026, 11, 16), "long") == "16 November 2026"
    assert known["moment"](None) == words.DASH
    show = words.shower(Column("at", ColumnType.TIMESTAMP), "moment", ZoneInfo("America/New_York"))
    assert show(instant) == "15 November 2026, 21:30 EST"
    assert show(None) == words.DASH


def test_date_answers_a_wrong_format() -> None:
    with pytest.raises(words.UnfitError, match='did you mean "short"'):
        words.date(dt.date(2026, 3, 1), "shrot")
    with pytest.raises(words.UnfitError, match="%Q"):
        words.date(dt.date(2026, 3, 1), "%Q")


@pytest.mark.parametrize(
    ("value", "base", "style", "shown"),
    [
        (15, 12, "number", "+3"),
        (12, 15, "number", "\u22123"),
        (12, 12, "number", "±0"),
        (15, 12, "percent", "+25%"),
        (15, 0, "percent", "\u2013"),
        (Decimal("0.5"), Decimal("0.6"), "points", "\u221210 points"),
        (None, 1, "number", "\u2013"),
    ],
)
def test_delta(value: object, base: object, style: str, shown: str) -> None:
    assert words.delta(value, base, style=style) == shown


@pytest.mark.parametrize(
    ("style", "value", "shown"),
    [
        ("whole", Decimal("68939.55"), "68,940"),
        ("whole", Decimal("0.2"), "<1"),
        ("whole", Decimal("0.00"), "0"),
        ("whole", None, "\u2013"),
        ("change", Decimal("0.081"), "+8%"),
        ("change", Decimal("-0.33"), "\u221233%"),
        ("change", 0, "±0%"),
        ("change", None, "\u2013"),
        ("points", Decimal("-0.0236"), "\u22122.4"),
        ("signed", 9, "+9"),
        ("signed", -6, "\u22126"),
    ],
)
def test_styles_of_a_column(style: str, value: object, shown: str) -> None:
    assert words.STYLES[style](value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [("Łukasz Øster/../x", "lukasz-oster-x"), ("Grüße & Co.", "grusse-co"), ("İris", "iris"), ("a  b", "a-b")],
)
def test_slug(value: str, shown: str) -> None:
    assert words.slug(value) == shown


def test_slug_tells_foreign_names_apart() -> None:
    first, second = words.slug("李雷"), words.slug("韩梅梅")
    assert first != second
    assert first.isascii()
    assert len(first) == 8


def test_days_and_plural() -> None:
    assert words.days(dt.date(2026, 11, 9), dt.date(2026, 11, 15)) == "9\u201315 November 2026"
    assert words.days(dt.date(2026, 10, 30), dt.date(2026, 11, 2)) == "30 October \u2013 2 November 2026"
    assert words.days(dt.date(2025, 12, 30), dt.date(2026, 1, 2)) == "30 December 2025 \u2013 2 January 2026"
    assert (words.plural(1, "person", "people"), words.plural(2000, "row")) == ("1 person", "2,000 rows")


def test_columns_show_their_type() -> None:
    zone = ZoneInfo("America/New_York")
    instant = dt.datetime(2026, 11, 16, 2, 30, tzinfo=dt.UTC)
    assert words.shower(Column("t", ColumnType.TIMESTAMP), "", zone)(instant) == "2026-11-15 21:30"
    assert words.shower(Column("n", ColumnType.INTEGER, unit="bytes"), "", zone)(12_000) == "12.0 kB"
    assert words.shower(Column("d", ColumnType.DECIMAL), "", zone)(Decimal(37)) == "37.00"
    assert words.shower(Column("b", ColumnType.BOOLEAN), "", zone)(False) == "no"
    assert words.shower(Column("s", ColumnType.STRING), "", zone)(None) == "\u2013"
    with pytest.raises(words.UnfitError, match='did you mean "percent"'):
        words.shower(Column("r", ColumnType.RATIO), "precent", zone)
