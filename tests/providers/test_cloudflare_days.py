"""Short intervals added up into days of the job: what is missing, unknown or askew is never a whole day."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from asking import ask, days
from cloudflare_asking import BYTIME, asked, read, refusal, v4

from reportrunner.errors import ProviderError
from reportrunner.window import Window
from reportrunner.window.span import WindowError

DAY = days("2026-01-05", "2026-01-06")
KEYS: dict[str, Any] = {
    **BYTIME,
    "time_delta": "day",
    "zone_mismatch": "hours",
    "metrics": ["count"],
    "dimensions": [],
}
START = dt.datetime(2026, 1, 5, 5, tzinfo=dt.UTC)


def moment(hour: int) -> str:
    return (START + dt.timedelta(hours=hour)).strftime("%Y-%m-%dT%H:%M:%SZ")


def landed(hours: list[tuple[int, int]], values: list[Any], lag: int | None = 3, **more: Any) -> list[Any]:
    told = {
        "rows": 1,
        **({} if lag is None else {"data_lag": lag}),
        "query": {"dimensions": [], "metrics": ["count"]},
        "time_intervals": [[moment(first), moment(end)] for first, end in hours],
        "data": [{"metrics": [values]}],
        "totals": {},
    }
    return list(read(KEYS, v4(told), window=DAY, **more).rows)


HOURS = [(hour, hour + 1) for hour in range(24)]


def test_the_hours_of_a_day_are_its_sum() -> None:
    assert landed(HOURS, list(range(24))) == [(DAY.start, DAY.end, 276, True)]
    assert landed(HOURS, [2**60] * 24)[0][2] == 24 * 2**60


def test_a_day_with_a_missing_hour_is_not_known_to_be_complete() -> None:
    assert landed(HOURS[:-1], [1] * 23) == [(DAY.start, DAY.end, 23, None)]
    assert landed(HOURS[:5] + HOURS[6:], [1] * 23) == [(DAY.start, DAY.end, 23, None)]


def test_a_day_is_not_complete_while_one_of_its_hours_is_not() -> None:
    assert landed(HOURS, [1] * 24, now=START + dt.timedelta(hours=23, minutes=30))[0][-1] is False
    assert landed(HOURS, [1] * 24, lag=None)[0][-1] is None


def test_a_sum_with_an_unknown_hour_is_unknown() -> None:
    assert landed(HOURS, [1] * 23 + [None]) == [(DAY.start, DAY.end, None, True)]


@pytest.mark.parametrize("hours", [[(-1, 0)], [(23, 25)], [(24, 25)], [(0, 24), (24, 48)]])
def test_an_interval_that_lies_in_no_single_day_is_no_answer(hours: list[tuple[int, int]]) -> None:
    with pytest.raises(ProviderError, match="lies in no single day that was asked"):
        landed(hours, [1] * len(hours))


def test_an_answer_without_intervals_has_no_days() -> None:
    assert read(KEYS, v4({"rows": 0, "data_lag": 0, "data": [], "totals": {}}), window=DAY).rows == []


@pytest.mark.parametrize(
    ("zone", "step"),
    [("America/New_York", "hour"), ("Asia/Kolkata", "dekaminute"), ("Asia/Kathmandu", "minute"), ("UTC", "hour")],
)
def test_the_step_is_the_coarsest_that_begins_with_every_day(zone: str, step: str) -> None:
    made = asked(KEYS, days("2026-01-05", "2026-01-07", zone))
    assert ("time_delta", step) in made.steps[0].request.query


@pytest.mark.parametrize(
    ("window", "delta", "words"),
    [
        (days("2024-01-01", "2026-01-01"), "day", 'write a shorter window, split = "month", zone_mismatch'),
        (days("2025-10-01", "2025-12-01", "Asia/Kathmandu"), "day", 'split = "week"'),
        (days("2024-01-01", "2026-01-01"), "month", 'write a shorter window, zone_mismatch = "utc-days"'),
        (days("2026-01-05", "2026-01-06T12:00"), "day", "cuts the first or the last"),
        (days("2026-01-06", "2026-01-13"), "week", "whole weeks from Monday"),
    ],
)
def test_what_cannot_be_added_up_is_refused(window: Window, delta: str, words: str) -> None:
    with pytest.raises(WindowError, match=words):
        asked({**KEYS, "time_delta": delta}, window)


def test_what_does_not_add_up_is_refused_whatever_the_window() -> None:
    said = refusal({**KEYS, "metrics": ["durationAvg", "count", "duration90th"]})
    assert said == (
        "durationAvg, duration90th cannot be added up over shorter intervals",
        'write metrics = ["count"], or zone_mismatch = "utc-days", or time_delta = "hour"',
    )
    assert refusal({**KEYS, "columns": {"count": "string"}})[0].startswith("count cannot be added up")
    assert refusal({**KEYS, "time_delta": "minute"})[1] == "remove it"


def test_whose_days_they_are_follows_the_choice() -> None:
    kinds = {way: ask({**KEYS, "zone_mismatch": way}, DAY) for way in ("hours", "utc-days", None)}
    told = {way: made.endpoint.days_of(made.parameters) for way, made in kinds.items()}
    assert {way: (one.kind, one.doubtful) for way, one in told.items()} == {
        "hours": ("instants", False),
        "utc-days": ("zone", True),
        None: ("zone", True),
    }
    assert kinds["hours"].endpoint.covers(kinds["hours"]) == DAY
    moved = kinds["utc-days"].endpoint.covers(kinds["utc-days"])
    assert moved is not None
    assert (moved.zone, moved.first_day) == ("UTC", DAY.first_day)
