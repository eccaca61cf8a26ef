from __future__ import annotations

import datetime as dt

import pytest

from reportrunner.history.gaps import in_words, missing_days
from reportrunner.window.zone import day_unix, load_zone

ZONE = "America/New_York"


def at(day: str, hours: int = 0, zone: str = ZONE) -> int:
    return day_unix(dt.date.fromisoformat(day), load_zone(zone)) + 3600 * hours


def missing(covered: list[tuple[int, int]], first: str, end: int) -> str:
    return in_words(missing_days(covered, (at(first), end), ZONE))


@pytest.mark.parametrize(
    ("covered", "said"),
    [
        ([], "2026-10-30 to 2026-11-03"),
        ([(at("2026-10-30"), at("2026-11-04"))], ""),
        ([(at("2026-10-01"), at("2026-12-01"))], ""),
        ([(at("2026-10-30"), at("2026-11-01")), (at("2026-11-02"), at("2026-11-04"))], "2026-11-01"),
        ([(at("2026-11-02"), at("2026-11-04")), (at("2026-10-30"), at("2026-11-01"))], "2026-11-01"),
        ([(at("2026-11-01"), at("2026-11-02"))], "2026-10-30 to 2026-10-31, 2026-11-02 to 2026-11-03"),
        ([(at("2026-10-30"), at("2026-11-04")), (at("2026-10-31"), at("2026-11-01"))], ""),
        # The longest day of the year is covered by two halves that meet, and not by two that leave a second out.
        ([(at("2026-10-30"), at("2026-11-01", 12)), (at("2026-11-01", 12), at("2026-11-04"))], ""),
        ([(at("2026-10-30"), at("2026-11-01", 12) - 1), (at("2026-11-01", 12), at("2026-11-04"))], "2026-11-01"),
        ([(at("2026-10-30"), at("2026-11-01", 24)), (at("2026-11-02"), at("2026-11-04"))], "2026-11-01"),
        ([(at("2026-10-30"), at("2026-11-01", 25)), (at("2026-11-02"), at("2026-11-04"))], ""),
    ],
)
def test_a_day_that_is_not_covered_wholly_is_missing(covered: list[tuple[int, int]], said: str) -> None:
    assert missing(covered, "2026-10-30", at("2026-11-04")) == said


def test_the_last_day_counts_as_far_as_the_span_reaches() -> None:
    covered = [(at("2026-11-01"), at("2026-11-03", 8))]
    assert missing(covered, "2026-11-01", at("2026-11-03", 8)) == ""
    assert missing(covered, "2026-11-01", at("2026-11-03", 9)) == "2026-11-03"
    assert missing(covered, "2026-11-02", at("2026-11-01")) == ""


def test_a_day_that_a_zone_never_had_is_not_missing() -> None:
    apia = "Pacific/Apia"
    span = at("2011-12-28", zone=apia), at("2012-01-02", zone=apia)
    assert [day.day for day in missing_days([], span, apia)] == [28, 29, 31, 1]


def test_many_stretches_are_counted() -> None:
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=2 * n) for n in range(15)]
    assert in_words(days).endswith("2026-01-23, and 3 more stretches of days")
