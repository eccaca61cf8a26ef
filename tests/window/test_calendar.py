"""Calendars of a project, held against those that companies and governments publish."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from calendars import BRITISH, FEDERAL, FISCAL, MAKER, OFFICE, RETAIL, SUNDAYS, YEAR_END

from reportrunner.window.business import BusinessDays
from reportrunner.window.calendar import Calendar, DateYears, PatternYears, Unit, YearEnd
from reportrunner.window.span import WindowError

ONE = timedelta(days=1)


def _said(calendar: Calendar, unit: Unit, day: str) -> str:
    """The unit that holds the day: its label, its first and its last day."""
    first, after = calendar.span(unit, date.fromisoformat(day))
    return f"{calendar.label(unit, first)} {first} {after - ONE}".strip()


def _years(calendar: Calendar, first: int, last: int) -> dict[str, tuple[date, date, int]]:
    """Fiscal years by label: first and last day, and how many weeks."""
    found = {}
    for year in range(first, last + 1):
        start, after = calendar.start("year", year), calendar.start("year", year + 1)
        found[calendar.label("year", start)] = (start, after - ONE, (after - start).days // 7)
    return found


def test_the_retail_calendar_is_the_one_that_is_published() -> None:
    """The 4-5-4 calendar of the US National Retail Federation: it names years by their start, and lists them so."""
    found = {label: (str(first), str(last)) for label, (first, last, _) in _years(RETAIL, 2022, 2028).items()}
    assert found == {
        "FY21": ("2021-01-31", "2022-01-29"),
        "FY22": ("2022-01-30", "2023-01-28"),
        "FY23": ("2023-01-29", "2024-02-03"),
        "FY24": ("2024-02-04", "2025-02-01"),
        "FY25": ("2025-02-02", "2026-01-31"),
        "FY26": ("2026-02-01", "2027-01-30"),
        "FY27": ("2027-01-31", "2028-01-29"),
    }
    long = [label for label, (_, _, weeks) in _years(RETAIL, 2000, 2030).items() if weeks == 53]
    assert long == ["FY00", "FY06", "FY12", "FY17", "FY23", "FY28"]


def test_quarters_of_a_retailer_are_those_of_its_annual_report() -> None:
    """Quarters of a clothing company's fiscal 2017 and 2018, from its annual report: the last of 2017 is longer."""
    ends, first = [], date(2017, 1, 29)
    for _ in range(8):
        _, after = RETAIL.span("quarter", first)
        ends.append((str(after - ONE), (after - first).days // 7))
        first = after
    assert ends == [
        ("2017-04-29", 13),
        ("2017-07-29", 13),
        ("2017-10-28", 13),
        ("2018-02-03", 14),
        ("2018-05-05", 13),
        ("2018-08-04", 13),
        ("2018-11-03", 13),
        ("2019-02-02", 13),
    ]


def test_months_of_the_retail_calendar_are_four_five_and_four_weeks() -> None:
    """February, March and May of 2023 and January of the same year with its fifth week, as published."""
    assert [_said(RETAIL, "month", day) for day in ("2023-01-29", "2023-03-15", "2023-04-30", "2024-02-03")] == [
        "FY23-P01 2023-01-29 2023-02-25",
        "FY23-P02 2023-02-26 2023-04-01",
        "FY23-P04 2023-04-30 2023-05-27",
        "FY23-P12 2023-12-31 2024-02-03",
    ]
    assert _said(RETAIL, "week", "2024-01-31") == "FY23-W53 2024-01-28 2024-02-03"
    assert _said(RETAIL, "week", "2024-02-04") == "FY24-W01 2024-02-04 2024-02-10"
    assert _said(RETAIL, "quarter", "2024-02-03") == "FY23-Q4 2023-10-29 2024-02-03"


def test_years_that_end_on_the_last_saturday_are_those_of_a_maker_of_computers() -> None:
    """Fiscal years of Apple by their last days, from its reports; 2000, 2006, 2012, 2017 and 2023 had 53 weeks."""
    ends = {label: str(last) for label, (_, last, _) in _years(MAKER, 1999, 2025).items()}
    assert ends == {
        "FY99": "1999-09-25", "FY00": "2000-09-30", "FY01": "2001-09-29", "FY02": "2002-09-28", "FY03": "2003-09-27",
        "FY04": "2004-09-25", "FY05": "2005-09-24", "FY06": "2006-09-30", "FY07": "2007-09-29", "FY08": "2008-09-27",
        "FY09": "2009-09-26", "FY10": "2010-09-25", "FY11": "2011-09-24", "FY12": "2012-09-29", "FY13": "2013-09-28",
        "FY14": "2014-09-27", "FY15": "2015-09-26", "FY16": "2016-09-24", "FY17": "2017-09-30", "FY18": "2018-09-29",
        "FY19": "2019-09-28", "FY20": "2020-09-26", "FY21": "2021-09-25", "FY22": "2022-09-24", "FY23": "2023-09-30",
        "FY24": "2024-09-28", "FY25": "2025-09-27",
    }  # fmt: skip
    long = [label for label, (_, _, weeks) in _years(MAKER, 1999, 2025).items() if weeks == 53]
    assert long == ["FY00", "FY06", "FY12", "FY17", "FY23"]


def test_the_53rd_week_goes_where_it_is_put() -> None:
    """Apple's first quarters of fiscal 2022 and 2023 ended on 25 December 2021 and 31 December 2022, by its reports."""
    assert _said(MAKER, "quarter", "2021-10-01") == "FY22-Q1 2021-09-26 2021-12-25"
    assert _said(MAKER, "quarter", "2022-10-01") == "FY23-Q1 2022-09-25 2022-12-31"
    assert _said(MAKER, "month", "2022-12-31") == "FY23-P03 2022-11-27 2022-12-31"
    assert _said(MAKER, "month", "2023-09-30") == "FY23-P12 2023-09-03 2023-09-30"
    assert _said(MAKER, "week", "2023-09-30") == "FY23-W53 2023-09-24 2023-09-30"


@pytest.mark.parametrize(
    ("calendar", "unit", "day", "said"),
    [
        pytest.param(FISCAL, "year", "2026-01-31", "FY26 2025-02-01 2026-01-31", id="february"),
        pytest.param(FISCAL, "year", "2026-02-01", "FY27 2026-02-01 2027-01-31", id="february-next"),
        pytest.param(FISCAL, "quarter", "2026-11-16", "FY27-Q4 2026-11-01 2027-01-31", id="february-quarter"),
        pytest.param(FISCAL, "month", "2026-11-16", "FY27-P10 2026-11-01 2026-11-30", id="february-month"),
        pytest.param(BRITISH, "year", "2026-04-05", "FY26 2025-04-06 2026-04-05", id="british"),
        pytest.param(BRITISH, "year", "2026-04-06", "FY27 2026-04-06 2027-04-05", id="british-next"),
        pytest.param(BRITISH, "quarter", "2026-07-05", "FY27-Q1 2026-04-06 2026-07-05", id="british-quarter"),
        pytest.param(BRITISH, "month", "2026-03-05", "FY26-P11 2026-02-06 2026-03-05", id="british-month"),
        pytest.param(FEDERAL, "year", "2025-10-01", "FY26 2025-10-01 2026-09-30", id="federal"),
        pytest.param(FEDERAL, "quarter", "2025-12-31", "FY26-Q1 2025-10-01 2025-12-31", id="federal-quarter"),
        pytest.param(SUNDAYS, "week", "2026-11-14", "2026-11-08 2026-11-14", id="sunday-weeks"),
        pytest.param(SUNDAYS, "week", "2026-11-15", "2026-11-15 2026-11-21", id="sunday-weeks-next"),
        pytest.param(OFFICE, "day", "2026-11-27", "2026-11-27 2026-11-27", id="business-day"),
        pytest.param(OFFICE, "day", "2026-11-26", "2026-11-25 2026-11-25", id="holiday"),
        pytest.param(OFFICE, "day", "2026-11-29", "2026-11-27 2026-11-27", id="weekend"),
    ],
)
def test_units(calendar: Calendar, unit: Unit, day: str, said: str) -> None:
    """The British fiscal year begins on 6 April, the US federal one on 1 October; both are named by their end."""
    assert _said(calendar, unit, day) == said


def test_years_are_named_by_the_end_unless_by_the_start() -> None:
    assert DateYears(2, named_start=True).number(2026) == 2026
    assert DateYears(2).number(2026) == 2027
    assert [DateYears(1, named_start=start).number(2026) for start in (True, False)] == [2026, 2026]


def test_a_year_that_ends_in_the_next_one_keeps_its_number() -> None:
    """Years nearest to 31 December end in January now and then; no number is left out, and none comes twice."""
    assert _said(YEAR_END, "year", "2021-01-02") == "FY20 2019-12-29 2021-01-02"
    assert _said(YEAR_END, "year", "2021-01-03") == "FY21 2021-01-03 2022-01-01"
    assert _said(YEAR_END, "year", "2022-01-02") == "FY22 2022-01-02 2022-12-31"
    by_start = Calendar("c", PatternYears((4, 4, 5), YearEnd(5, 12, 31), named_start=True), 6)
    assert list(_years(by_start, 2019, 2024)) == ["FY19", "FY20", "FY21", "FY22", "FY23", "FY24"]


@pytest.mark.parametrize("calendar", [FISCAL, BRITISH, FEDERAL, RETAIL, MAKER, YEAR_END, SUNDAYS], ids=lambda c: c.name)
def test_units_follow_one_another_and_hold_their_days(calendar: Calendar) -> None:
    for unit in calendar.units:
        labels = set()
        first = calendar.span(unit, date(1995, 1, 1))[0]
        while first.year < 2045:
            start, after = calendar.span(unit, first)
            assert start == first < after
            assert calendar.span(unit, after - ONE) == (start, after)
            assert calendar.ordinal(unit, after) == calendar.ordinal(unit, first) + 1
            assert calendar.start(unit, calendar.ordinal(unit, first)) == first
            label = calendar.label(unit, first)
            assert not label or label not in labels
            labels.add(label)
            first = after


@pytest.mark.parametrize("calendar", [RETAIL, MAKER, YEAR_END], ids=lambda c: c.name)
def test_years_of_weeks_have_52_or_53_and_everything_in_them_fits(calendar: Calendar) -> None:
    for year in range(1971, 2100):
        start, after = calendar.start("year", year), calendar.start("year", year + 1)
        weeks = (after - start).days / 7
        assert weeks in {52, 53}
        assert start.weekday() == calendar.week_starts
        months = [calendar.start("month", year * 12 + n) for n in range(13)]
        assert (months[0], months[12]) == (start, after)
        assert [calendar.start("quarter", year * 4 + n) for n in range(5)] == months[::3]
        assert sum((b - a).days // 7 not in {4, 5} for a, b in pairwise(months)) <= (weeks == 53)


def test_business_days_of_a_year_without_listed_holidays_are_not_known() -> None:
    business = BusinessDays(holidays=frozenset({date(2025, 12, 25), date(2026, 12, 25)}))
    assert business.latest(date(2026, 12, 27), "office") == date(2026, 12, 24)
    with pytest.raises(WindowError) as caught:
        business.latest(date(2027, 1, 4), "office")
    assert caught.value.message == (
        'whether 2027-01-04 is a business day is not known: calendar "office" lists holidays of 2025, 2026;'
        " add those of 2027 to [calendars.office]"
    )
    assert BusinessDays().latest(date(2027, 1, 3), "office") == date(2027, 1, 1)
    assert BusinessDays(weekend=frozenset({4, 5})).latest(date(2027, 1, 2), "office") == date(2026, 12, 31)


@pytest.mark.parametrize("year", [0, 10_000])
def test_no_calendar_leaves_the_years_there_are(year: int) -> None:
    for calendar in (FISCAL, RETAIL):
        with pytest.raises(OverflowError):
            calendar.start("year", year)
    with pytest.raises(OverflowError):
        SUNDAYS.start("week", year * 60 - 1)
