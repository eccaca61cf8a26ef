"""The periods of a backfill and the moment of each run, value to value; and what is said of days that are no edges."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import pytest
from plans import job as job_of
from projects import loaded

from reportrunner.backfill import (
    MOST,
    Due,
    Steered,
    as_of_for,
    dues,
    is_period,
    periods_between,
    refuse_ahead,
    steered,
)
from reportrunner.errors import UsageError
from reportrunner.window import Window
from reportrunner.window.business import BusinessDays
from reportrunner.window.calendar import Calendar, CalendarPeriod, DateYears, PatternYears, Steps, YearEnd
from reportrunner.window.form import Between, Form, Last, Like, Period, Since, ToDate
from reportrunner.window.period import AnyPeriod, PeriodName
from reportrunner.window.resolve import resolve_one
from reportrunner.window.span import Span, parse_span
from reportrunner.window.zone import parse_as_of, use_packaged_zones

NEW_YORK = "America/New_York"
WEEK = Period("week")
FISCAL = Calendar("fiscal", DateYears(2))
SHOP = Calendar("shop", PatternYears((4, 5, 4), YearEnd(5, 1, 31), named_start=True), 6)
OFFICE = Calendar("office", business=BusinessDays(holidays=frozenset({date(2026, 5, 25)})))
QUARTER, SHOP_WEEK, OFFICE_DAY = (
    CalendarPeriod(FISCAL, "quarter"), CalendarPeriod(SHOP, "week"), CalendarPeriod(OFFICE, "day"),
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _packaged_zones() -> None:
    use_packaged_zones()


def steering(form: Form, period: AnyPeriod, zone: str = NEW_YORK, **others: Form) -> Steered:
    return Steered("it", period, lambda as_of: resolve_one("it", {"it": form, **others}, zone, as_of))


def between(period: AnyPeriod, first: str, last: str, zone: str = NEW_YORK) -> tuple[Window, ...]:
    return periods_between(period, date.fromisoformat(first), date.fromisoformat(last), zone)


def labels(period: AnyPeriod, first: str, last: str, zone: str = NEW_YORK) -> list[str]:
    return [window.label for window in between(period, first, last, zone)]


def refused(call: Any, *arguments: Any) -> list[str]:
    with pytest.raises(UsageError) as caught:
        call(*arguments)
    return str(caught.value).splitlines()


# --- which periods ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "first", "last", "zone", "found"),
    [
        ("year", "2024-01-01", "2026-12-31", NEW_YORK, ["2024", "2025", "2026"]),
        ("quarter", "2026-07-01", "2027-03-31", NEW_YORK, ["2026-Q3", "2026-Q4", "2027-Q1"]),
        ("month", "2026-01-01", "2026-03-31", NEW_YORK, ["2026-01", "2026-02", "2026-03"]),
        ("week", "2026-12-21", "2027-01-10", NEW_YORK, ["2026-W52", "2026-W53", "2027-W01"]),
        ("day", "2026-03-07", "2026-03-09", NEW_YORK, ["2026-03-07", "2026-03-08", "2026-03-09"]),
        ("day", "2011-12-29", "2011-12-31", "Pacific/Apia", ["2011-12-29", "2011-12-31"]),
        ("day", "2026-09-05", "2026-09-06", "America/Santiago", ["2026-09-05", "2026-09-06"]),
        (QUARTER, "2025-02-01", "2025-10-31", NEW_YORK, ["FY26-Q1", "FY26-Q2", "FY26-Q3"]),
        (SHOP_WEEK, "2026-01-25", "2026-02-07", NEW_YORK, ["FY25-W52", "FY26-W01"]),
        (OFFICE_DAY, "2026-05-22", "2026-05-26", NEW_YORK, ["2026-05-22", "2026-05-26"]),
        (OFFICE_DAY, "2026-05-23", "2026-05-26", NEW_YORK, ["2026-05-26"]),
    ],
)
def test_periods_between_two_days(period: PeriodName, first: str, last: str, zone: str, found: list[str]) -> None:
    assert labels(period, first, last, zone) == found


def test_periods_meet_and_begin_and_end_with_the_days() -> None:
    for period in get_args(PeriodName):
        first, last = ("2026-01-01", "2026-12-31") if period != "week" else ("2025-12-29", "2027-01-03")
        found = between(period, *(("2026-03-08", "2026-03-08") if period == "hour" else (first, last)))
        assert [one.end for one in found[:-1]] == [one.start for one in found[1:]]
    assert len(between("hour", "2026-03-08", "2026-03-08")) == 23
    assert len(between("hour", "2026-11-01", "2026-11-01")) == 25


@pytest.mark.parametrize(
    ("period", "first", "last", "said"),
    [
        (
            "week", "2026-05-20", "2026-11-15",
            ["--from 2026-05-20 lies inside 2026-W21, which begins on Monday 2026-05-18; write --from 2026-05-18"],
        ),
        (
            "week", "2026-05-22", "2026-11-15",
            ["--from 2026-05-22 lies inside 2026-W21, which begins on Monday 2026-05-18; write --from 2026-05-25"],
        ),
        (
            "week", "2026-05-18", "2026-11-10",
            ["--to 2026-11-10 lies inside 2026-W46, which ends on Sunday 2026-11-15; write --to 2026-11-08"],
        ),
        (
            "week", "2026-05-18", "2026-11-12",
            ["--to 2026-11-12 lies inside 2026-W46, which ends on Sunday 2026-11-15; write --to 2026-11-15"],
        ),
        (
            "month", "2026-01-02", "2026-03-30",
            [
                "--from 2026-01-02 lies inside 2026-01, which begins on 2026-01-01; write --from 2026-01-01",
                "--to 2026-03-30 lies inside 2026-03, which ends on 2026-03-31; write --to 2026-03-31",
            ],
        ),
        (
            "quarter", "2026-05-31", "2026-06-01",
            [
                "--from 2026-05-31 lies inside 2026-Q2, which begins on 2026-04-01; write --from 2026-04-01",
                "--to 2026-06-01 lies inside 2026-Q2, which ends on 2026-06-30; write --to 2026-06-30",
            ],
        ),
        (
            "day", "2026-05-02", "2026-05-01",
            ["--from 2026-05-02 is later than --to 2026-05-01; write the earlier day as --from"],
        ),
        (
            QUARTER, "2025-02-01", "2026-01-30",
            ["--to 2026-01-30 lies inside FY26-Q4, which ends on 2026-01-31; write --to 2026-01-31"],
        ),
        (
            SHOP_WEEK, "2026-02-02", "2026-02-07",
            ["--from 2026-02-02 lies inside FY26-W01, which begins on Sunday 2026-02-01; write --from 2026-02-01"],
        ),
        (OFFICE_DAY, "2026-05-23", "2026-05-25", ["there is no office-day from 2026-05-23 to 2026-05-25"]),
        (
            OFFICE_DAY, "2027-05-23", "2027-05-25",
            [
                (
                    'whether 2027-05-21 is a business day is not known: calendar "office" lists holidays of 2026;'
                    " add those of 2027 to [calendars.office]"
                )
            ],
        ),
        ("day", "1969-12-31", "2026-05-01", ["--from 1969-12-31: no report is about that year"]),
        ("day", "2026-01-01", "9999-12-31", ["--to 9999-12-31: no report is about that year"]),
        (
            "hour", "2026-01-01", "2026-12-31",
            [f"--from 2026-01-01 --to 2026-12-31 is more than {MOST:,} runs; write a nearer day"],
        ),
    ],
)  # fmt: skip
def test_a_day_that_is_no_edge_is_answered_with_the_nearest(
    period: PeriodName, first: str, last: str, said: list[str]
) -> None:
    assert refused(between, period, first, last) == said


# --- as of when ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "period", "first", "last", "typed"),
    [
        (Period("year"), "year", "2024-01-01", "2025-12-31", ["2025-01-01", "2026-01-01"]),
        (Period("quarter"), "quarter", "2026-07-01", "2026-12-31", ["2026-10-01", "2027-01-01"]),
        (Period("month"), "month", "2026-01-01", "2026-02-28", ["2026-02-01", "2026-03-01"]),
        (WEEK, "week", "2026-10-19", "2026-11-08", ["2026-10-26", "2026-11-02", "2026-11-09"]),
        (Period("day"), "day", "2026-03-07", "2026-03-08", ["2026-03-08", "2026-03-09"]),
        (Period("week", -2), "week", "2026-10-19", "2026-11-01", ["2026-11-02", "2026-11-09"]),
        (Period("month", -3), "month", "2026-01-01", "2026-01-31", ["2026-04-01"]),
        (Period("week", -1, parse_span("2 days")), "week", "2026-10-26", "2026-11-01", ["2026-11-04"]),
        (Period("week", -2, parse_span("2 days")), "week", "2026-10-26", "2026-11-01", ["2026-11-11"]),
        (Period("day", -1, parse_span("6h")), "day", "2026-03-07", "2026-03-07", ["2026-03-08T07:00:00-04:00"]),
        (Period("month", -1, parse_span("1 month")), "month", "2026-01-01", "2026-01-31", ["2026-03-01"]),
        (Last(Span(days=1)), "day", "2026-10-31", "2026-11-01", ["2026-11-01", "2026-11-02"]),
        (Last(Span(days=7)), "week", "2026-10-26", "2026-11-08", ["2026-11-02", "2026-11-09"]),
        (Last(Span(days=7), lag=Span(days=1)), "week", "2026-10-26", "2026-11-01", ["2026-11-03"]),
        (Last(Span(months=1)), "month", "2026-01-01", "2026-02-28", ["2026-02-01", "2026-03-01"]),
        (Since(parse_span("-1 week")), "week", "2026-10-26", "2026-11-01", ["2026-11-02"]),
        (Period(QUARTER), QUARTER, "2025-02-01", "2025-07-31", ["2025-05-01", "2025-08-01"]),
        (Period(SHOP_WEEK, -2), SHOP_WEEK, "2026-01-25", "2026-02-07", ["2026-02-08", "2026-02-15"]),
        (Period(OFFICE_DAY), OFFICE_DAY, "2026-05-22", "2026-05-26", ["2026-05-23", "2026-05-27"]),
        (Period(OFFICE_DAY, -1, Steps(1, OFFICE_DAY)), OFFICE_DAY, "2026-05-22", "2026-05-22", ["2026-05-27"]),
        (Last(Steps(1, OFFICE_DAY)), OFFICE_DAY, "2026-05-26", "2026-05-27", ["2026-05-27", "2026-05-28"]),
        (Since(parse_span("-2h"), parse_span("-1h")), "hour", "2026-11-01", "2026-11-01", None),
    ],
)
def test_a_run_is_of_the_first_moment_as_of_which_its_window_is_the_period(
    form: Form, period: AnyPeriod, first: str, last: str, typed: list[str] | None
) -> None:
    steers = steering(form, period)
    found = dues(steers, between(period, first, last))
    if typed is not None:
        assert [due.typed for due in found] == typed
    for due in found:
        as_of = parse_as_of(due.typed, NEW_YORK, datetime(2030, 1, 1, tzinfo=UTC))
        assert as_of == due.as_of
        assert is_period(steers.resolve(as_of), due.period)


@pytest.mark.parametrize("period", get_args(PeriodName))
@pytest.mark.parametrize("offset", [-1, -2, -5])
@pytest.mark.parametrize("lag", [None, Span(days=3), Span(seconds=5400)])
def test_every_period_offset_and_lag_is_steered_and_no_earlier_moment_would_do(
    period: PeriodName, offset: int, lag: Span | None
) -> None:
    first, last = ("2026-10-26", "2026-11-08") if period in {"week", "day", "hour"} else ("2026-01-01", "2026-12-31")
    steers = steering(Period(period, offset, lag), period)
    for due in dues(steers, between(period, first, last)[:30]):
        assert is_period(steers.resolve(due.as_of), due.period)
        before = datetime.fromtimestamp(due.as_of.timestamp() - 1, due.as_of.tzinfo)
        assert not is_period(steers.resolve(before), due.period)


def test_a_window_that_is_like_a_period_is_steered_by_it() -> None:
    steers = steering(Like("week", parse_span("-1 week")), "week", week=WEEK)
    assert [due.typed for due in dues(steers, between("week", "2026-10-19", "2026-10-25"))] == ["2026-11-02"]


@pytest.mark.parametrize(
    ("form", "period", "first", "last", "said"),
    [
        (
            Between(date(2026, 9, 1), "as_of"), "week", "2026-10-19", "2026-11-01",
            'is 2026-W43: as of 2026-10-26 it is 2026-09-01..2026-10-25; write period = "week", offset = -1 in it',
        ),
        (
            Between(date(2026, 10, 19), date(2026, 10, 25)), "week", "2026-10-19", "2026-11-01",
            'is 2026-W44: as of 2026-11-02 it is 2026-10-19..2026-10-25; write period = "week", offset = -1 in it',
        ),
        (
            Last(Span(days=28)), "month", "2026-01-01", "2026-02-28",
            'is 2026-01: as of 2026-02-01 it is 2026-01-04..2026-01-31; write period = "month", offset = -1 in it',
        ),
        (
            Period("month", 0), "month", "2026-01-01", "2026-01-31",
            (
                "is 2026-01: as of 2026-02-01 the month begins just at as_of (2026-02-01T00:00:00-05:00), nothing of it"
                ' has run; write period = "month", offset = -1 in it'
            ),
        ),
        (
            ToDate("year"), "month", "2026-02-01", "2026-02-28",
            'is 2026-02: as of 2026-03-01 it is 2026-01-01..2026-02-28; write period = "month", offset = -1 in it',
        ),
        (
            Period("day", -1, Span(months=1)), "day", "2026-03-30", "2026-03-30",  # a month before April 30 is March 30
            'is 2026-03-30: as of 2026-03-31 it is 2026-02-27; write period = "day", offset = -1 in it',
        ),
    ],
)  # fmt: skip
def test_a_window_that_is_never_the_period_is_refused_with_what_it_is_then(
    form: Form, period: AnyPeriod, first: str, last: str, said: str
) -> None:
    (found,) = refused(dues, steering(form, period), between(period, first, last))
    assert found == f'there is no moment as of which the window "it" {said}'


def test_a_moment_without_a_window_hides_no_moment_before_it() -> None:
    """A week a year ago, told in a year of 53 weeks: as of the week after the 53rd there is none."""
    year_ago = Like("week", Steps(-1, CalendarPeriod(SHOP, "year")))
    steers = steering(year_ago, SHOP_WEEK, week=Period(SHOP_WEEK))
    found = dues(steers, between(SHOP_WEEK, "2022-01-30", "2023-01-28"))
    assert [due.typed for due in found] == [str(date(2023, 2, 5) + timedelta(weeks=n)) for n in range(52)]


def test_a_moment_before_the_end_of_the_period_does_not_do() -> None:
    steers = steering(Like("week", parse_span("1 week")), "week", week=WEEK)
    (period,) = between("week", "2026-10-19", "2026-10-25")
    assert is_period(steers.resolve(datetime(2026, 10, 20, tzinfo=UTC)), period)
    assert as_of_for(period, steers.resolve) is None


# --- which window ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "word", "name", "period"),
    [
        ('[windows.a]\nperiod = "week"\n[windows.b]\nperiod = "day"', "", "a", "week"),
        ('label = "{{ windows.b.label }}"\n[windows.a]\nperiod = "week"\n[windows.b]\nperiod = "day"', "", "b", "day"),
        (
            (
                'label = "{{ windows.a.label }} {{ windows.b.label }}"\n'
                '[windows.a]\nfrom = 2026-09-01\nto = "as_of"\n[windows.b]\nperiod = "day"'
            ),
            "", "b", "day",
        ),
        ('[windows.a]\nlast = "7 days"', "week", "a", "week"),
        ('[windows.a]\nlike = "b"\nshift = "-1 month"\n[windows.b]\nperiod = "month"', "", "a", "month"),
        ('[windows.a]\nperiod = "week"', "week", "a", "week"),
    ],
)  # fmt: skip
def test_the_window_of_the_label_steers_or_else_the_first(text: str, word: str, name: str, period: str) -> None:
    found = steered(loaded(text), word)
    assert (found.name, found.period) == (name, period)


@pytest.mark.parametrize(
    ("text", "word", "said"),
    [
        ("", "", "job has no window, so nothing tells the run of one period from that of another"),
        (
            '[windows.a]\nlast = "7 days"', "",
            (
                'the window "a" of job names no period;'
                " say how long one run is, such as --period week, or give it a period"
            ),
        ),
        ('[windows.a]\nperiod = "week"', "month", 'the window "a" of job is a week, not a month; leave --period out'),
        ('[windows.a]\nlast = "7 days"', "weak", '--period weak is no period; did you mean "week"?'),
        (
            '[windows.a]\nlast = "7 days"', "sprint",
            "--period sprint is no period; there are year, quarter, month, week, day, hour",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_steered_is_refused(text: str, word: str, said: str) -> None:
    assert refused(steered, loaded(text), word) == [said]


def test_a_period_of_a_calendar_is_named_as_windows_name_it() -> None:
    job = loaded('[windows.a]\nlast = "7 days"')
    assert steered(job, "shop-week", [FISCAL, SHOP]).period == SHOP_WEEK
    assert refused(steered, job, "shop-weak", [FISCAL, SHOP]) == [
        '--period shop-weak is no period; did you mean "shop-week"?'
    ]


def test_a_circle_of_windows_ends() -> None:
    text = '[windows.a]\nlike = "b"\nshift = "-1 month"\n[windows.b]\nlike = "a"\nshift = "-1 month"'
    assert "names no period" in refused(steered, loaded(text))[0]


def test_a_job_without_a_file_of_windows_has_none() -> None:
    assert "has no window" in refused(steered, job_of({}))[0]


# --- ahead of now ----------------------------------------------------------------------------------------


def due_weeks(first: str, last: str) -> tuple[Due, ...]:
    return dues(steering(WEEK, "week"), between("week", first, last))


def test_a_run_ahead_of_now_is_refused_with_the_last_day_that_may_be() -> None:
    found = due_weeks("2026-10-26", "2026-11-15")
    refuse_ahead(found, found[-1].as_of)
    now = datetime.fromisoformat("2026-11-12T09:30:00-05:00")
    (said,) = refused(refuse_ahead, found, now)
    assert said == (
        "2026-W46 cannot be reported before 2026-11-16T00:00:00-05:00, and it is 2026-11-12T09:30:00-05:00;"
        " write --to 2026-11-08; only --sandbox can look ahead"
    )
    (said,) = refused(refuse_ahead, found[-1:], now)
    assert said.endswith("; write earlier days; only --sandbox can look ahead")
