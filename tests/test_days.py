"""Whose days are whose: steps, same dates, covering days, and by how much two zones are apart."""

from __future__ import annotations

import pytest
from asking import days

from reportrunner.days import (
    Days,
    apart,
    around_change,
    clock_change,
    days_way,
    in_step,
    same_dates,
    touching,
)
from reportrunner.window import Window

AUTUMN = days("2026-10-26", "2026-11-02")
YEAR = days("2026-01-01", "2027-01-01")


@pytest.mark.parametrize(
    ("window", "zone", "same"),
    [
        (AUTUMN, "America/New_York", True),
        (AUTUMN, "America/Toronto", True),
        (AUTUMN, "UTC", False),
        (days("2026-01-05", "2026-01-12", "Europe/London"), "UTC", True),
        (days("2026-07-06", "2026-07-13", "Europe/London"), "UTC", False),
        # both ends are days of UTC, and half of the days between are not
        (days("2026-01-01", "2027-01-01", "Europe/London"), "UTC", False),
        # midnight at one instant, on another date
        (days("2026-01-05", "2026-01-12", "Pacific/Kiritimati"), "Pacific/Honolulu", False),
    ],
)
def test_days_are_in_step_when_every_date_begins_at_once(window: Window, zone: str, *, same: bool) -> None:
    assert in_step(window, zone) is same


def test_the_same_dates_keep_their_label() -> None:
    moved = same_dates(AUTUMN, "UTC")
    assert (moved.start.isoformat(), moved.end.isoformat()) == (
        "2026-10-26T00:00:00+00:00",
        "2026-11-02T00:00:00+00:00",
    )
    assert (moved.zone, moved.label) == ("UTC", AUTUMN.label)


@pytest.mark.parametrize(
    ("window", "first", "last"),
    [
        (AUTUMN, "2026-10-26", "2026-11-02"),
        (days("2026-10-26", "2026-11-02", "Asia/Kolkata"), "2026-10-25", "2026-11-01"),
        (days("2026-10-26", "2026-11-02", "UTC"), "2026-10-26", "2026-11-01"),
    ],
)
def test_days_that_touch_a_window(window: Window, first: str, last: str) -> None:
    found = touching(window, "UTC")
    assert (found.first_day.isoformat(), found.last_day.isoformat(), found.whole_days) == (first, last, True)


@pytest.mark.parametrize(
    ("window", "zone", "said"),
    [
        (
            days("2026-07-06", "2026-07-13"),
            "UTC",
            "each begins 4 hours before that of America/New_York",
        ),
        (AUTUMN, "UTC", "each begins 4 hours before that of America/New_York, and the last ends 5 hours before"),
        (
            YEAR,
            "UTC",
            (
                "each begins 5 hours before that of America/New_York, 4 hours before from 2026-03-09 on,"
                " 5 hours before from 2026-11-02 on"
            ),
        ),
        (
            days("2026-07-06", "2026-07-13", "Asia/Kolkata"),
            "UTC",
            "each begins 5 hours 30 minutes after that of Asia/Kolkata",
        ),
        (days("2026-01-05", "2026-01-06", "Africa/Lagos"), "UTC", "each begins 1 hour after that of Africa/Lagos"),
        (
            days("2026-10-19", "2026-11-02", "Europe/London"),
            "UTC",
            "each begins 1 hour after that of Europe/London, with it from 2026-10-26 on",
        ),
        (
            days("2026-10-19", "2026-10-26", "Europe/London"),
            "UTC",
            "each begins 1 hour after that of Europe/London, and the last ends with it",
        ),
    ],
)
def test_by_how_much_days_are_apart(window: Window, zone: str, said: str) -> None:
    assert apart(window, zone) == said


@pytest.mark.parametrize(
    ("window", "day", "beside"),
    [
        (AUTUMN, "2026-11-01", "a window with to = 2026-10-31"),
        (days("2026-11-01", "2026-11-09"), "2026-11-01", "a window with from = 2026-11-02"),
        (
            days("2026-10-26", "2026-11-09"),
            "2026-11-01",
            "a window with to = 2026-10-31 and one with from = 2026-11-02",
        ),
        (days("2026-11-01", "2026-11-02"), "2026-11-01", ""),
    ],
)
def test_windows_beside_a_change_of_the_clock(window: Window, day: str, beside: str) -> None:
    found, said = around_change(window)
    assert (found.isoformat(), said) == (day, beside)


def test_what_a_change_of_the_clock_does_to_an_offset() -> None:
    assert clock_change(AUTUMN) == "2026-11-01T01:00:00-05:00"
    assert clock_change(days("2026-07-06", "2026-07-13")) == ""


@pytest.mark.parametrize(
    ("found", "said", "doubtful"),
    [
        (Days("job", "source-proven"), "days of the job's time zone (source-proven)", False),
        (Days("zone", "documented", "UTC"), "days of UTC (documented)", False),
        (Days("zone", "unknown", "UTC"), "days of UTC (no source says so)", True),
        (Days("unknown"), "days of an unknown time zone (no source says which)", True),
        (
            Days("instants", "documented", words="sent as seconds"),
            "exact instants (documented); sent as seconds",
            False,
        ),
        (Days("none", words="one session"), "no days: one session", False),
        (Days("none"), "", False),
        (Days("params"), "what its params say", False),
    ],
)
def test_what_is_said_of_days(found: Days, said: str, *, doubtful: bool) -> None:
    assert (found.said, found.doubtful) == (said, doubtful)


def test_the_word_for_the_services_own_days() -> None:
    assert (days_way("UTC"), days_way("Europe/Berlin")) == ("utc-days", "service-days")
