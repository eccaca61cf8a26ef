"""Windows as values: their days, offsets, labels, equality and slices."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from reportrunner.window import Window, slices, window_of
from reportrunner.window.period import PeriodName
from reportrunner.window.span import WindowError
from reportrunner.window.zone import at, unix_of, use_packaged_zones

NEW_YORK = "America/New_York"


@pytest.fixture(scope="module", autouse=True)
def _packaged_zones() -> None:
    use_packaged_zones()


def _window(start: str, end: str, zone: str = NEW_YORK, period: PeriodName | None = None) -> Window:
    info = ZoneInfo(zone)
    moments = (datetime.fromisoformat(text) for text in (start, end))
    first, last = (unix_of(m if m.tzinfo else m.replace(tzinfo=info)) for m in moments)
    return window_of(first, last, zone, period)


def test_a_week_says_all_about_itself() -> None:
    week = _window("2026-11-09", "2026-11-16", period="week")
    assert (week.start.isoformat(), week.end.isoformat()) == ("2026-11-09T00:00:00-05:00", "2026-11-16T00:00:00-05:00")
    assert (week.first_day, week.last_day, week.days) == (date(2026, 11, 9), date(2026, 11, 15), 7)
    assert (week.label, week.zone, week.whole_days) == ("2026-W46", NEW_YORK, True)
    assert (week.utc_offset, week.offset_at_start, week.offset_changes) == (300, 300, False)
    assert week.end_unix - week.start_unix == 7 * 86_400
    assert week.start_unix == 1_794_200_400


def test_days_are_touched_not_measured() -> None:
    assert _window("2026-11-09T23:59:59", "2026-11-10T00:00:01").days == 2
    assert _window("2026-11-09T23:59:59", "2026-11-10T00:00:01").whole_days is False
    assert _window("2026-11-09", "2026-11-10T12:00").whole_days is False
    assert _window("2026-11-01", "2026-11-02").days == 1
    assert _window("2018-11-04T01:00", "2018-11-05", "America/Sao_Paulo").whole_days is True
    assert _window("2011-12-29", "2012-01-01", "Pacific/Apia").days == 2


@pytest.mark.parametrize(
    ("start", "end", "period", "label"),
    [
        ("2026-01-01", "2027-01-01", "year", "2026"),
        ("2026-10-01", "2027-01-01", "quarter", "2026-Q4"),
        ("2026-01-01", "2026-04-01", "quarter", "2026-Q1"),
        ("2026-11-01", "2026-12-01", "month", "2026-11"),
        ("2026-11-09", "2026-11-16", "week", "2026-W46"),
        ("2024-12-30", "2025-01-06", "week", "2025-W01"),
        ("2026-11-16", "2026-11-17", "day", "2026-11-16"),
        ("2026-11-16T13:00", "2026-11-16T14:00", "hour", "2026-11-16T13"),
        ("2026-11-01T01:00-04:00", "2026-11-01T01:00-05:00", "hour", "2026-11-01T01-0400"),
        ("2026-11-01T01:00-05:00", "2026-11-01T02:00-05:00", "hour", "2026-11-01T01-0500"),
        ("2026-11-01T02:00", "2026-11-01T03:00", "hour", "2026-11-01T02"),
        # a part of a period, or more than one, does not bear its name
        ("2026-11-01", "2026-11-16", "month", "2026-11-01..2026-11-15"),
        ("2026-11-02", "2026-11-16", "week", "2026-11-02..2026-11-15"),
        ("2026-11-01", "2026-12-01", None, "2026-11-01..2026-11-30"),
        ("2026-11-16", "2026-11-17", None, "2026-11-16"),
        ("2026-09-01", "2026-11-16T09:30", None, "2026-09-01..2026-11-16T093000-0500"),
        ("2026-09-01T08:00", "2026-11-16", None, "2026-09-01T080000-0400..2026-11-15"),
        ("2026-11-16T09:29:50", "2026-11-16T09:30", None, "2026-11-16T092950-0500..2026-11-16T093000-0500"),
    ],
)
def test_labels(start: str, end: str, period: PeriodName | None, label: str) -> None:
    window = _window(start, end, period=period)
    assert window.label == label
    assert not set(window.label) & set(':/\\ *?"<>|')


OFFSETS = [
    ("New York EDT", NEW_YORK, "2026-07-01", 240),
    ("New York EST", NEW_YORK, "2026-01-15", 300),
    ("Los Angeles PDT", "America/Los_Angeles", "2026-07-01", 420),
    ("Los Angeles PST", "America/Los_Angeles", "2026-01-15", 480),
    ("Paris CET", "Europe/Paris", "2026-01-15", -60),
    ("Paris CEST", "Europe/Paris", "2026-07-01", -120),
    ("Kolkata", "Asia/Kolkata", "2026-07-01", -330),
    ("Tokyo", "Asia/Tokyo", "2026-07-01", -540),
    ("UTC", "UTC", "2026-07-01", 0),
]


@pytest.mark.parametrize(("name", "zone", "day", "minutes"), OFFSETS)
def test_the_offset_is_utc_minus_local(name: str, zone: str, day: str, minutes: int) -> None:
    assert _window(day, f"{day}T12:00", zone).utc_offset == minutes


def test_the_offset_is_refused_where_it_changes_inside() -> None:
    week = _window("2026-10-26", "2026-11-02", period="week")
    assert (week.offset_changes, week.offset_at_start) == (True, 240)
    with pytest.raises(WindowError, match=r"changes inside 2026-W44, at 2026-11-01T01:00:00-05:00.*two windows"):
        _ = week.utc_offset
    # there and back within the window is a change too
    assert _window("2026-01-01", "2027-01-01").offset_changes is True
    # at its very ends it is none
    assert _window("2026-10-01T00:00-04:00", "2026-11-01T01:00-05:00").utc_offset == 240
    assert _window("2026-11-01T01:00-05:00", "2026-12-01").utc_offset == 300


def test_equality_is_of_instants() -> None:
    first = _window("2026-11-01T01:00-04:00", "2026-11-01T01:30-04:00")
    second = _window("2026-11-01T01:00-05:00", "2026-11-01T01:30-05:00")
    assert first.start == second.start, "the trap: one zone's wall clocks compare without their fold"
    assert first != second
    assert first == _window("2026-11-01T05:00+00:00", "2026-11-01T05:30+00:00")
    assert len({first, second, _window("2026-11-01T01:00-04:00", "2026-11-01T01:30-04:00")}) == 2
    assert first != "2026-11-01"


def test_no_window_is_empty_or_of_another_zone() -> None:
    zone = ZoneInfo(NEW_YORK)
    one, two = at(1_794_200_400, zone), at(1_794_200_401, zone)
    assert Window(one, two, NEW_YORK, "x").end_unix == 1_794_200_401
    for start, end, name in ((one, one, NEW_YORK), (two, one, NEW_YORK), (one, two, "UTC")):
        with pytest.raises(ValueError, match="not a window in"):
            Window(start, end, name, "x")


def _hours(window: Window) -> list[tuple[str, int]]:
    return [(hour.label[11:], hour.end_unix - hour.start_unix) for hour in slices(window, "hour")]


def test_hours_at_a_change_of_the_clock() -> None:
    spring = _hours(_window("2026-03-08", "2026-03-08T05:00"))
    assert spring == [("00", 3600), ("01", 3600), ("03", 3600), ("04", 3600)]
    lord_howe = _hours(_window("2026-04-05T00:00", "2026-04-05T03:00", "Australia/Lord_Howe"))
    assert lord_howe == [("00", 3600), ("01+1100", 3600), ("01+1030", 1800), ("02", 3600)]
    half = _hours(_window("2026-10-04T01:00", "2026-10-04T04:00", "Australia/Lord_Howe"))
    assert half == [("01", 3600), ("02", 1800), ("03", 3600)]


def test_slices_cut_at_periods_and_keep_the_rest() -> None:
    window = _window("2026-10-30T12:00", "2026-11-11")
    assert [part.label for part in slices(window, "week")] == [
        "2026-10-30T120000-0400..2026-11-01",
        "2026-W45",
        "2026-11-09..2026-11-10",
    ]
    assert [part.label for part in slices(window, "month")] == [
        "2026-10-30T120000-0400..2026-10-31",
        "2026-11-01..2026-11-10",
    ]
    apia = _window("2011-12-28", "2012-01-02", "Pacific/Apia")
    assert [part.label for part in slices(apia, "day")] == ["2011-12-28", "2011-12-29", "2011-12-31", "2012-01-01"]


def test_a_window_is_closed_to_changes() -> None:
    week = _window("2026-11-09", "2026-11-16")
    with pytest.raises(AttributeError):
        week.label = "other"  # type: ignore[misc]
