"""Windows in the terms of a project's calendars, and windows around an event."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from calendars import BRITISH, FISCAL, MAKER, OFFICE, RETAIL, SUNDAYS, unit

from reportrunner.window import Window, slices, window_of
from reportrunner.window.business import BusinessDays
from reportrunner.window.calendar import Calendar, CalendarPeriod, Steps, Unit
from reportrunner.window.form import Around, Between, Form, Last, Length, Like, Period, Since, ToDate
from reportrunner.window.period import AnyPeriod
from reportrunner.window.resolve import resolve_one
from reportrunner.window.span import Span, WindowError
from reportrunner.window.zone import load_zone, parse_as_of, use_packaged_zones

NEW_YORK = "America/New_York"
WALL = datetime(2030, 1, 1, tzinfo=UTC)
OFFICE_DAY = unit(OFFICE, "day")


@pytest.fixture(scope="module", autouse=True)
def _packaged_zones() -> None:
    use_packaged_zones()


def _one(form: Form, as_of: str = "2026-11-16", zone: str = NEW_YORK, **others: Form) -> Window:
    return resolve_one("it", {"it": form, **others}, zone, parse_as_of(as_of, zone, WALL))


def _refused(form: Form, as_of: str = "2026-11-16", zone: str = NEW_YORK, **others: Form) -> tuple[str, str]:
    with pytest.raises(WindowError) as caught:
        _one(form, as_of, zone, **others)
    assert caught.value.window_name == "it"
    return caught.value.key, caught.value.message


def _days(window: Window) -> str:
    assert window.whole_days
    return f"{window.first_day}..{window.last_day}"


def _business(count: int) -> Steps:
    return Steps(count, OFFICE_DAY, "business day")


@pytest.mark.parametrize(
    ("calendar", "name", "offset", "as_of", "label", "days"),
    [
        (FISCAL, "quarter", -1, "2026-11-16", "FY27-Q3", "2026-08-01..2026-10-31"),
        (FISCAL, "quarter", -4, "2026-11-16", "FY26-Q4", "2025-11-01..2026-01-31"),
        (FISCAL, "year", -1, "2026-11-16", "FY26", "2025-02-01..2026-01-31"),
        (FISCAL, "year", -1, "2026-02-01", "FY26", "2025-02-01..2026-01-31"),
        (FISCAL, "year", -1, "2026-01-31", "FY25", "2024-02-01..2025-01-31"),
        (FISCAL, "month", -1, "2026-11-16", "FY27-P09", "2026-10-01..2026-10-31"),
        (BRITISH, "month", -1, "2026-11-16", "FY27-P07", "2026-10-06..2026-11-05"),
        (RETAIL, "week", -1, "2026-11-16", "FY26-W41", "2026-11-08..2026-11-14"),
        (RETAIL, "month", -1, "2024-02-04", "FY23-P12", "2023-12-31..2024-02-03"),
        (RETAIL, "year", -1, "2024-02-04", "FY23", "2023-01-29..2024-02-03"),
        (SUNDAYS, "week", -1, "2026-11-16", "2026-11-08..2026-11-14", "2026-11-08..2026-11-14"),
        (SUNDAYS, "week", -1, "2026-11-15", "2026-11-08..2026-11-14", "2026-11-08..2026-11-14"),
        (OFFICE, "day", -1, "2026-11-16", "2026-11-13", "2026-11-13..2026-11-13"),
        (OFFICE, "day", -1, "2026-11-15", "2026-11-13", "2026-11-13..2026-11-13"),
        (OFFICE, "day", -1, "2026-11-14", "2026-11-13", "2026-11-13..2026-11-13"),
        (OFFICE, "day", -2, "2026-11-15", "2026-11-12", "2026-11-12..2026-11-12"),
        (OFFICE, "day", -2, "2026-11-28", "2026-11-25", "2026-11-25..2026-11-25"),
        (OFFICE, "day", -6, "2026-11-16", "2026-11-06", "2026-11-06..2026-11-06"),
    ],
)
def test_complete_periods(calendar: Calendar, name: Unit, offset: int, as_of: str, label: str, days: str) -> None:
    window = _one(Period(unit(calendar, name), offset), as_of)
    assert (window.label, _days(window)) == (label, days)
    assert not set(window.label) & set("/:")


def test_running_periods_are_cut_at_as_of() -> None:
    assert _one(ToDate(unit(FISCAL, "quarter"))).label == "2026-11-01..2026-11-15"
    assert _one(Period(unit(FISCAL, "quarter"), 0)).label == "2026-11-01..2026-11-15"
    assert _one(ToDate(unit(RETAIL, "year")), "2026-11-16T09:30").label == "2026-02-01..2026-11-16T093000-0500"
    assert _one(Period(OFFICE_DAY, 0), "2026-11-16T09:30").label == "2026-11-16..2026-11-16T093000-0500"


def test_a_running_period_that_there_is_not_is_refused() -> None:
    key, message = _refused(ToDate(unit(FISCAL, "quarter")), "2026-11-01")
    assert key == "to_date"
    assert message == (
        "the fiscal-quarter begins just at as_of (2026-11-01T00:00:00-04:00), nothing of it has run;"
        ' write period = "fiscal-quarter", offset = -1 for the one that has ended'
    )
    assert _refused(Period(OFFICE_DAY, 0), "2026-11-15T09:30") == (
        "offset",
        "as_of (2026-11-15T09:30:00-05:00) lies in no office-day; write offset = -1 for the one that has ended",
    )
    assert _refused(ToDate(OFFICE_DAY), "2026-11-15T09:30")[0] == "to_date"


def test_business_days_are_counted_back() -> None:
    assert _days(_one(Last(_business(5)))) == "2026-11-09..2026-11-15"
    assert _days(_one(Last(_business(5)), "2026-11-17")) == "2026-11-10..2026-11-16"
    assert _days(_one(Last(_business(1)), "2026-11-29")) == "2026-11-27..2026-11-28"
    assert _days(_one(Last(_business(2)), "2026-11-30")) == "2026-11-25..2026-11-29"
    assert _days(_one(Last(_business(2), until=date(2026, 11, 14)))) == "2026-11-12..2026-11-13"
    assert _refused(Last(_business(0))) == (
        "last",
        'last = "0 business days" looks back by itself; write "1 business day" or more',
    )
    assert _refused(Last(_business(-5))) == (
        "last",
        'last = "-5 business days" looks back by itself; write "5 business days"',
    )
    assert (
        _refused(Last(_business(10_001)))[1]
        == 'last = "10001 business days" is too far; write "10000 business days" or less'
    )


def test_lag_goes_with_every_form_and_calendar() -> None:
    two = _business(2)
    assert _one(Period("week", -1, lag=two), "2026-11-17").label == "2026-W45"
    assert _one(Period("week", -1, lag=two), "2026-11-18").label == "2026-W46"
    assert _one(Period("week", -1, lag=two), "2026-11-18T00:00:01").label == "2026-W46"
    assert _one(Period(unit(FISCAL, "quarter"), -1, lag=Span(days=16))).label == "FY27-Q2"
    assert _one(Period(unit(FISCAL, "quarter"), -1, lag=Span(days=15))).label == "FY27-Q3"
    assert _one(Period(unit(RETAIL, "week"), -1, lag=two), "2026-11-16").label == "FY26-W40"
    assert _one(Period(OFFICE_DAY, -1, lag=two), "2026-11-16").label == "2026-11-11"
    assert _days(_one(Last(_business(5), lag=two), "2026-11-18")) == "2026-11-09..2026-11-15"
    assert _days(_one(Last(Span(days=7), lag=two), "2026-11-16")) == "2026-11-05..2026-11-11"
    assert _one(ToDate(unit(FISCAL, "year"), lag=two), "2026-11-16").label == "2026-02-01..2026-11-11"
    assert _one(Between(date(2026, 11, 1), "as_of", lag=two), "2026-11-16").label == "2026-11-01..2026-11-11"
    live = _one(Since(Span(seconds=-60), lag=two), "2026-11-16T09:30")
    assert live.end.isoformat() == "2026-11-12T09:30:00-05:00"
    week = Period(unit(RETAIL, "week"), -1)
    assert _one(Like("week", Span(), lag=two), "2026-11-16", week=week).label == "FY26-W40"
    event = Around(date(2026, 11, 10), Span(days=1), Span(days=5), cut=True, lag=two)
    assert _days(_one(event, "2026-11-16")) == "2026-11-09..2026-11-11"


def test_a_lag_is_refused_as_a_lag() -> None:
    assert _refused(Period("week", -1, lag=_business(-2))) == (
        "lag",
        'lag moves as_of back by itself; write lag = "2 business days"',
    )
    unlisted = _refused(Period("week", -1, lag=_business(2)), "2026-01-01")
    assert unlisted[0] == "lag"
    assert unlisted[1] == (
        'whether 2025-12-31 is a business day is not known: calendar "office" lists holidays of 2026;'
        " add those of 2025 to [calendars.office]"
    )
    assert _refused(Period(OFFICE_DAY), "2027-01-04")[0] == "period"
    assert _refused(Last(_business(1)), "2027-01-05")[0] == "last"


@pytest.mark.parametrize(
    ("model", "shift", "as_of", "label"),
    [
        (Period(unit(FISCAL, "quarter")), Steps(-1, unit(FISCAL, "quarter")), "2026-11-16", "FY27-Q2"),
        (Period(unit(FISCAL, "quarter")), Steps(-1, unit(FISCAL, "year")), "2026-11-16", "FY26-Q3"),
        (Period(unit(FISCAL, "quarter")), Span(months=-12), "2026-11-16", "FY26-Q3"),
        (Period(unit(FISCAL, "quarter")), Span(months=-3), "2026-11-16", "FY27-Q2"),
        (Period(unit(FISCAL, "month")), Span(months=-1), "2026-04-16", "FY27-P01"),
        (Period(unit(BRITISH, "month")), Span(months=-1), "2026-11-16", "FY27-P06"),
        (Period(unit(BRITISH, "quarter")), Steps(-2, unit(BRITISH, "quarter")), "2026-11-16", "FY26-Q4"),
        (Period(unit(BRITISH, "year")), Span(months=-12), "2026-11-16", "FY25"),
        (Period(unit(RETAIL, "week")), Steps(-1, unit(RETAIL, "year")), "2026-11-16", "FY25-W41"),
        (Period(unit(RETAIL, "week")), Steps(-1, unit(RETAIL, "year")), "2024-11-11", "FY23-W40"),
        (Period(unit(RETAIL, "week")), Steps(-1, unit(RETAIL, "quarter")), "2026-11-16", "FY26-W28"),
        (Period(unit(RETAIL, "week")), Steps(-1, unit(RETAIL, "month")), "2026-11-16", "FY26-W37"),
        (Period(unit(RETAIL, "week")), Steps(-52, unit(RETAIL, "week")), "2024-02-04", "FY23-W01"),
        (Period(unit(RETAIL, "week")), Steps(-53, unit(RETAIL, "week")), "2024-02-04", "FY22-W52"),
        (Period(unit(RETAIL, "week")), Span(days=-7), "2026-11-16", "FY26-W40"),
        (Period(unit(RETAIL, "month")), Steps(-1, unit(RETAIL, "year")), "2024-02-04", "FY22-P12"),
        (Period(unit(RETAIL, "month"), -13), Steps(1, unit(RETAIL, "year")), "2024-02-04", "FY23-P12"),
        (Period(unit(RETAIL, "month")), Steps(-1, unit(RETAIL, "quarter")), "2026-11-16", "FY26-P06"),
        (Period(unit(RETAIL, "quarter")), Steps(-1, unit(RETAIL, "year")), "2024-02-04", "FY22-Q4"),
        (Period(unit(RETAIL, "year")), Steps(-1, unit(RETAIL, "year")), "2024-02-04", "FY22"),
        (Period(unit(RETAIL, "year")), Steps(-1, unit(RETAIL, "quarter")), "2024-02-04", "2022-10-30..2023-10-28"),
        (Period(unit(MAKER, "quarter")), Steps(-1, unit(MAKER, "year")), "2023-01-01", "FY22-Q1"),
        (Period(unit(SUNDAYS, "week")), Steps(-1, unit(SUNDAYS, "week")), "2026-11-16", "2026-11-01..2026-11-07"),
        (Period(OFFICE_DAY), Steps(-1, OFFICE_DAY), "2026-11-17", "2026-11-13"),
        (Period(OFFICE_DAY), Steps(-1, OFFICE_DAY), "2026-11-28", "2026-11-25"),
        (Last(_business(5)), _business(-5), "2026-11-16", "2026-11-02..2026-11-08"),
        (Last(_business(5)), _business(-5), "2026-11-17", "2026-11-03..2026-11-09"),
        (Last(_business(5)), _business(-5), "2026-11-15", "2026-11-02..2026-11-08"),
        (Period("hour"), _business(-1), "2026-11-16T09:30", "2026-11-13T08"),
        (Period("week"), Steps(-1, unit(RETAIL, "year")), "2026-11-16", "2025-W46"),
        (ToDate(unit(FISCAL, "quarter")), Steps(-1, unit(FISCAL, "year")), "2026-11-16", "2025-11-01..2025-11-15"),
        (ToDate(unit(RETAIL, "quarter")), Steps(-1, unit(RETAIL, "year")), "2026-11-16", "2025-11-02..2025-11-16"),
        (
            ToDate(unit(RETAIL, "year")),
            Steps(-1, unit(RETAIL, "year")),
            "2026-03-11T09:30",
            "2025-02-02..2025-03-12T093000-0400",
        ),
    ],
)
def test_shifts_in_the_terms_of_a_calendar(model: Form, shift: Length, as_of: str, label: str) -> None:
    assert _one(Like("model", shift), as_of, model=model).label == label


def test_the_53rd_week_has_no_counterpart_and_is_refused_loudly() -> None:
    year_before = Like("week", Steps(-1, unit(RETAIL, "year")))
    assert _refused(year_before, "2024-02-04", week=Period(unit(RETAIL, "week"))) == (
        "shift",
        'FY23-W53 has no counterpart in FY22, which has 52 weeks; write shift = "-53 retail-weeks" for its last week',
    )
    assert _refused(year_before, "2024-02-01T09:30", week=ToDate(unit(RETAIL, "year")))[0] == "shift"
    quarter_before = Like("week", Steps(-1, unit(RETAIL, "quarter")))
    assert _refused(quarter_before, "2024-02-04", week=Period(unit(RETAIL, "week")))[1] == (
        'FY23-W53 has no counterpart in FY23-Q3, which has 13 weeks; write shift = "-14 retail-weeks" for its last week'
    )


@pytest.mark.parametrize(
    ("months", "advice"),
    [(-12, "-1 retail-year"), (-24, "-2 retail-years"), (-3, "-1 retail-quarter"), (-2, "-2 retail-months")],
)
def test_months_do_not_move_weeks(months: int, advice: str) -> None:
    key, message = _refused(Like("week", Span(months=months)), week=Period(unit(RETAIL, "week")))
    assert key == "shift"
    assert message.endswith(f'leaves the weeks of the calendar "retail"; write shift = "{advice}"')
    assert _one(Like("it2", Steps(-1, unit(RETAIL, "month"))), it2=Period(unit(RETAIL, "month"))).label == "FY26-P08"


@pytest.mark.parametrize("name", ["year", "quarter", "month"])
def test_months_of_another_calendar_do_not_move_weeks_either(name: Unit) -> None:
    key, message = _refused(Like("week", Steps(-1, unit(FISCAL, name))), week=Period(unit(RETAIL, "week")))
    assert key == "shift"
    assert message.startswith(f'shift = "-1 fiscal-{name}" leaves the weeks of the calendar "retail"')
    assert message.endswith(f'write shift = "-1 retail-{name}"')


UNITS: tuple[Unit, ...] = ("year", "quarter", "month", "week")
PAIRS = [
    (unit(calendar, own), unit(calendar, by))
    for calendar in (FISCAL, BRITISH, RETAIL, MAKER)
    for own in calendar.units
    for by in calendar.units
    if UNITS.index(by) <= UNITS.index(own)
]


@pytest.mark.parametrize(("period", "by"), PAIRS, ids=str)
def test_there_and_back_is_where_it_began(period: CalendarPeriod, by: CalendarPeriod) -> None:
    """Whole units moved by whole units come back; of weeks all but the last of a longer unit, which go nowhere."""
    refused = 0
    forms: dict[str, Form] = {
        "model": Period(period),
        "there": Like("model", Steps(-1, by)),
        "back": Like("there", Steps(1, by)),
    }
    for n in range(0, 3650, 97):
        as_of = parse_as_of((date(2016, 2, 10) + timedelta(days=n)).isoformat(), NEW_YORK, WALL)
        model = resolve_one("model", forms, NEW_YORK, as_of)
        try:
            assert resolve_one("back", forms, NEW_YORK, as_of) == model
        except WindowError:
            refused += 1
    assert refused == 0 or (period.unit == "week" and by.unit != "week")
    assert refused > 0 or period.unit != "week" or by.unit != "month"


@pytest.mark.parametrize(
    ("form", "as_of", "label"),
    [
        (Around(date(2026, 11, 2), Span(days=7), Span(days=7)), "2026-11-16", "2026-10-26..2026-11-09"),
        (Around(date(2026, 11, 2), Span(), Span()), "2026-11-16", "2026-11-02"),
        (Around(date(2026, 11, 2), Span(days=2), Span(days=14)), "2026-11-30", "2026-10-31..2026-11-16"),
        (Around(date(2026, 11, 10), Span(days=14), Span(days=14)), "2026-11-16", "2026-10-27..2026-11-24"),
        (Around(date(2026, 11, 10), Span(days=14), Span(days=14), cut=True), "2026-11-16", "2026-10-27..2026-11-15"),
        (
            Around(date(2026, 11, 10), Span(days=14), Span(days=14), cut=True),
            "2026-11-16T09:30",
            "2026-10-27..2026-11-16T093000-0500",
        ),
        (Around(date(2026, 3, 31), Span(months=1), Span()), "2026-11-16", "2026-02-28..2026-03-31"),
        (
            Around(datetime.fromisoformat("2026-11-12T15:00"), Span(seconds=3600), Span(seconds=3 * 3600)),
            "2026-11-16",
            "2026-11-12T140000-0500..2026-11-12T180000-0500",
        ),
        (
            Around(datetime.fromisoformat("2026-11-12T15:00Z"), Span(days=14), Span()),
            "2026-11-16",
            "2026-10-29T100000-0400..2026-11-12T100000-0500",
        ),
    ],
)
def test_around_an_event(form: Around, as_of: str, label: str) -> None:
    assert _one(form, as_of).label == label


def test_what_lies_around_nothing_is_refused() -> None:
    key, message = _refused(Around(date(2026, 12, 2), Span(days=14), Span(days=14), cut=True))
    assert key == "around"
    assert message == (
        "the window around 2026-12-02 begins at 2026-11-18T00:00:00-05:00, not before"
        " as_of (2026-11-16T00:00:00-05:00); write an earlier one, or a later as_of"
    )
    moment = datetime.fromisoformat("2026-11-12T15:00")
    assert _refused(Around(moment, Span(), Span()))[0] == "around"
    twice = datetime.fromisoformat("2026-11-01T01:30")
    assert "is there twice in America/New_York" in _refused(Around(twice, Span(seconds=60), Span()))[1]
    assert _refused(Around(date(2026, 11, 2), Span(months=12 * 9000), Span()))[0] == "around"


def test_a_business_day_that_the_zone_skipped_is_none() -> None:
    """Samoa had no 30 December 2011, a Friday."""
    apia = "Pacific/Apia"
    office = CalendarPeriod(Calendar("office", business=BusinessDays()), "day")
    assert _one(Period(office), "2011-12-31", apia).label == "2011-12-29"
    assert _one(Period(office, -2), "2012-01-03", apia).label == "2011-12-29"
    assert _days(_one(Last(Steps(2, office)), "2012-01-02", apia)) == "2011-12-28..2012-01-01"
    assert _one(Period("day", lag=Steps(1, office)), "2012-01-02", apia).label == "2011-12-28"


def test_slices_by_a_calendar() -> None:
    zone = load_zone(NEW_YORK)
    window = _one(Period(unit(RETAIL, "year")), "2024-02-04")
    parts = slices(window, unit(RETAIL, "month"))
    assert [part.label for part in parts] == [f"FY23-P{n:02}" for n in range(1, 13)]
    assert len(slices(window, unit(RETAIL, "week"))) == 53
    assert (parts[0].start, parts[-1].end) == (window.start, window.end)
    assert zone.key == window.zone
    with pytest.raises(ValueError, match="office-days leave gaps"):
        slices(_one(Last(Span(days=7))), OFFICE_DAY)


def test_labels_are_for_whole_periods_only() -> None:
    week: AnyPeriod = unit(RETAIL, "week")
    window = _one(Period(week))
    assert window_of(window.start_unix, window.end_unix, NEW_YORK, week).label == "FY26-W41"
    assert window_of(window.start_unix, window.end_unix - 1, NEW_YORK, week).label != "FY26-W41"
    assert window_of(window.start_unix, window.end_unix, NEW_YORK).label == "2026-11-08..2026-11-14"
