"""Time axes: labelled where a clock is full, and never more often than there is room for."""

from __future__ import annotations

import datetime as dt

import pytest

from reportrunner.templating.ticks import ticks

START = dt.datetime(2026, 11, 11, 11, 5, tzinfo=dt.UTC)


def shown(start: dt.datetime, step: dt.timedelta, count: int, most: int = 8) -> list[str]:
    """The labels under `count` places, one every `step`."""
    found, clock = ticks([f"{start + step * n:%Y-%m-%dT%H:%M:%S}Z" for n in range(count)], most)
    return [dt.datetime.fromtimestamp(at / 1000, dt.UTC).strftime(clock) for at in found]


def test_ten_minutes_by_ten_seconds_are_labelled_at_full_minutes() -> None:
    ten = dt.timedelta(seconds=10)
    assert shown(START, ten, 60) == ["11:06", "11:08", "11:10", "11:12", "11:14"]
    assert shown(START, ten, 60, 4) == ["11:05", "11:10"]


def test_five_days_by_the_hour_are_labelled_at_midnight() -> None:
    monday = dt.datetime(2026, 11, 9, tzinfo=dt.UTC)
    assert shown(monday, dt.timedelta(hours=1), 120) == ["9 Nov", "10 Nov", "11 Nov", "12 Nov", "13 Nov"]
    assert shown(monday.replace(hour=7), dt.timedelta(hours=1), 120, 4) == ["10 Nov", "12 Nov", "14 Nov"]


def test_a_night_says_its_days_and_a_minute_its_seconds() -> None:
    night = shown(START.replace(hour=20, minute=0), dt.timedelta(hours=1), 12, 4)
    assert night == ["11 Nov 21:00", "12 Nov 00:00", "12 Nov 03:00", "12 Nov 06:00"]
    assert shown(START, dt.timedelta(seconds=1), 20) == ["11:05:00", "11:05:05", "11:05:10", "11:05:15"]


def test_days_are_labelled_where_they_have_a_point() -> None:
    found, clock = ticks([f"2026-11-{day:02}" for day in range(2, 30, 7)], 3)
    assert clock == "%-d %b"
    assert [dt.datetime.fromtimestamp(at / 1000, dt.UTC).day for at in found] == [2, 16]


@pytest.mark.parametrize("minutes", [1, 7, 50, 333, 2_000, 50_000, 999_999])
def test_there_is_always_a_label_and_never_too_many(minutes: int) -> None:
    for most in (4, 8):
        found = shown(START, dt.timedelta(minutes=minutes), 2, most)
        assert 1 <= len(found) <= most


def test_a_single_place_is_labelled() -> None:
    assert shown(START + dt.timedelta(seconds=7), dt.timedelta(seconds=1), 1) == ["11:05:07"]
