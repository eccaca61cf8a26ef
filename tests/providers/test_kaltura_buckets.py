"""Buckets of time: what their labels say, where a window is cut, how many there are (kaltura.md §5.5, §6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise

import pytest
from asking import ZONE, days

from reportrunner.cell import parse_form
from reportrunner.providers.kaltura.buckets import (
    Interval,
    Slice,
    cut,
    date_column,
    estimate,
    outside,
    whole,
)
from reportrunner.providers.kaltura.catalogue import report_types
from reportrunner.table import ColumnType
from reportrunner.window import Window, window_of

DAY, HOUR = 86_400, 3600
IDS = ("historical", "webcast", "event-platform", "event-registration", "multi-account", "immersive-agents")
WINTER = 300
NOON = dt.datetime(2026, 11, 9, 17, tzinfo=dt.UTC)
"""Noon in New York, in winter."""
UNIX_NOON = str(int(NOON.timestamp()))
ISO_NOON = ("2026-11-09T12:00:00.000-05:00", "2026-11-09T17:00:00.000Z", "2026-11-09T17:00:00.000+0000")


def instant(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).timestamp())


def read(family: str, interval: Interval, label: str, offset: int = WINTER) -> object:
    return parse_form(label, date_column(interval, family, offset))


# --- labels (kaltura.md §5.5) --------------------------------------------------------------------------------


@pytest.mark.parametrize("family", IDS)
@pytest.mark.parametrize(
    ("interval", "label", "wanted"),
    [
        ("years", "2026", dt.date(2026, 1, 1)),
        ("months", "202611", dt.date(2026, 11, 1)),
        ("days", "20261109", dt.date(2026, 11, 9)),
        ("hours", "2026110912", NOON),
        *(("minutes", label, NOON) for label in ISO_NOON),
        *(("ten_seconds", label, NOON) for label in ISO_NOON),
        *(("ten_minutes", label, NOON) for label in ISO_NOON),
    ],
)
def test_labels_of_most_families(family: str, interval: Interval, label: str, wanted: object) -> None:
    assert read(family, interval, label) == wanted


@pytest.mark.parametrize("family", ["realtime", "qoe"])
@pytest.mark.parametrize(
    ("interval", "label", "wanted"),
    [
        *(("years", label, NOON) for label in ISO_NOON),
        ("months", "202611", dt.date(2026, 11, 1)),
        ("days", UNIX_NOON, NOON),
        ("hours", UNIX_NOON, NOON),
        ("minutes", UNIX_NOON, NOON),
        ("ten_seconds", UNIX_NOON, NOON),
    ],
)
def test_labels_of_realtime_and_experience_reports(family: str, interval: Interval, label: str, wanted: object) -> None:
    assert read(family, interval, label) == wanted


def test_ten_minutes_are_seconds_in_experience_reports_only() -> None:
    assert read("qoe", "ten_minutes", UNIX_NOON) == NOON
    assert [read("realtime", "ten_minutes", label) for label in ISO_NOON] == [NOON] * 3


@pytest.mark.parametrize(
    ("family", "interval", "label"),
    [
        ("historical", "days", "2026-11-09"),
        ("historical", "days", UNIX_NOON),
        ("historical", "days", "20261131"),
        ("historical", "months", "20261109"),
        ("historical", "hours", "20261109"),
        ("historical", "hours", "2026110924"),
        ("historical", "minutes", UNIX_NOON),
        ("realtime", "days", "20261109T"),
        ("realtime", "hours", "-5"),
        ("realtime", "ten_minutes", UNIX_NOON),
        ("qoe", "ten_minutes", ISO_NOON[0]),
    ],
)
def test_a_label_in_another_form_is_no_label(family: str, interval: Interval, label: str) -> None:
    with pytest.raises(ValueError, match="is not written as"):
        read(family, interval, label)


@pytest.mark.parametrize(
    ("offset", "hour"), [(0, 12), (300, 17), (240, 16), (-60, 11), (-330, 6.5), (210, 15.5), (-840, -2), (720, 24)]
)
def test_an_hour_begins_where_its_offset_puts_it(offset: int, hour: float) -> None:
    midnight = dt.datetime(2026, 11, 9, tzinfo=dt.UTC)
    assert read("historical", "hours", "2026110912", offset) == midnight + dt.timedelta(hours=hour)


def test_the_first_column_has_three_names_and_says_what_no_source_verifies() -> None:
    names = {interval: date_column(interval, "historical", 0).name for interval in ("years", "months", "days")}
    assert names == {"years": "year_id", "months": "month_id", "days": "date_id"}
    for family in ("historical", "realtime", "qoe"):
        for interval in ("hours", "minutes", "ten_minutes", "ten_seconds"):
            column = date_column(interval, family, 0)
            assert (column.name, column.type) == ("date_id", ColumnType.TIMESTAMP)
    assert "not verified" in date_column("minutes", "historical", 0).description
    assert "not verified" not in date_column("hours", "historical", 0).description


def test_every_family_with_a_series_of_time_is_tried_here() -> None:
    found = {report.family for report in report_types().values() if report.shape == "time-series"}
    assert found <= {*IDS, "realtime", "qoe", "chat-and-collaboration"}


# --- where a window is cut (kaltura.md §6) -------------------------------------------------------------------

WINDOWS = {
    "autumn": days("2026-10-26", "2026-11-09"),
    "ends with the autumn day": days("2026-10-26", "2026-11-02"),
    "the autumn day": days("2026-11-01", "2026-11-02"),
    "spring": days("2026-03-02", "2026-03-16"),
    "a year": days("2026-01-01", "2027-01-01"),
    "part of days": days("2026-10-31T09:30", "2026-11-01T18:45"),
    "no change": days("2026-11-09", "2026-11-16"),
    "Berlin autumn": days("2026-10-19", "2026-11-02", "Europe/Berlin"),
    "Berlin spring": days("2026-03-23", "2026-04-06", "Europe/Berlin"),
    "Lord Howe autumn": days("2026-03-30", "2026-04-12", "Australia/Lord_Howe"),
    "Lord Howe spring": days("2026-09-28", "2026-10-12", "Australia/Lord_Howe"),
    "Kolkata": days("2026-01-01", "2027-01-01", "Asia/Kolkata"),
    "Santiago autumn": days("2026-03-30", "2026-04-12", "America/Santiago"),
    "Santiago spring": days("2026-08-31", "2026-09-13", "America/Santiago"),
}
CUT: tuple[Interval, ...] = ("days", "months", "hours", "minutes", "ten_minutes", "ten_seconds")


def ends(found: Sequence[Slice]) -> list[tuple[int, int]]:
    return [(one.window.start_unix, one.window.end_unix) for one in found]


@pytest.mark.parametrize("interval", CUT)
@pytest.mark.parametrize("name", WINDOWS)
def test_slices_are_the_window_without_gap_or_overlap(name: str, interval: Interval) -> None:
    window = WINDOWS[name]
    found = ends(cut(window, interval))
    assert (found[0][0], found[-1][1]) == (window.start_unix, window.end_unix)
    assert all(mine[1] == its[0] for mine, its in pairwise(found))


@pytest.mark.parametrize("interval", CUT)
@pytest.mark.parametrize("name", WINDOWS)
def test_a_slice_has_the_offset_of_all_its_time_unless_it_is_one_bucket(name: str, interval: Interval) -> None:
    for one in cut(WINDOWS[name], interval):
        assert one.offset == one.window.offset_at_start
        assert one.window.offset_changes == (one.bucket is not None)
        assert one.bucket is None or interval in {"days", "months"}


@pytest.mark.parametrize("interval", CUT)
@pytest.mark.parametrize("name", ["no change", "Kolkata"])
def test_without_a_change_nothing_is_cut(name: str, interval: Interval) -> None:
    assert cut(WINDOWS[name], interval) == whole(WINDOWS[name])


AT_AUTUMN, AT_SPRING = instant("2026-11-01T06:00Z"), instant("2026-03-08T07:00Z")


@pytest.mark.parametrize(("name", "change"), [("autumn", AT_AUTUMN), ("spring", AT_SPRING)])
def test_hours_are_cut_at_the_very_change(name: str, change: int) -> None:
    window = WINDOWS[name]
    found = cut(window, "hours")
    assert ends(found) == [(window.start_unix, change), (change, window.end_unix)]
    assert [one.offset for one in found] == ([240, 300] if name == "autumn" else [300, 240])


@pytest.mark.parametrize(
    ("name", "bucket", "length", "offset"),
    [
        ("autumn", "2026-11-01", 25 * HOUR, 240),
        ("ends with the autumn day", "2026-11-01", 25 * HOUR, 240),
        ("the autumn day", "2026-11-01", 25 * HOUR, 240),
        ("spring", "2026-03-08", 23 * HOUR, 300),
        ("Berlin autumn", "2026-10-25", 25 * HOUR, -120),
        ("Berlin spring", "2026-03-29", 23 * HOUR, -60),
        ("Lord Howe autumn", "2026-04-05", 24 * HOUR + 1800, -660),
        ("Lord Howe spring", "2026-10-04", 24 * HOUR - 1800, -630),
        ("Santiago autumn", "2026-04-04", 25 * HOUR, 180),
    ],
)
def test_the_day_of_a_change_stands_alone(name: str, bucket: str, length: int, offset: int) -> None:
    found = cut(WINDOWS[name], "days")
    (one,) = (one for one in found if one.bucket)
    assert (str(one.bucket), one.offset) == (bucket, offset)
    assert one.window.end_unix - one.window.start_unix == length
    assert len(found) <= 3


def test_a_day_that_begins_with_the_change_has_none_inside() -> None:
    window = WINDOWS["Santiago spring"]
    change = instant("2026-09-06T04:00Z")
    found = cut(window, "days")
    assert ends(found) == [(window.start_unix, change), (change, window.end_unix)]
    assert [(one.offset, one.bucket) for one in found] == [(240, None), (180, None)]


def test_months_stand_alone_where_the_change_is_inside() -> None:
    found = cut(WINDOWS["a year"], "months")
    told = [(f"{one.window.start:%m-%d}", str(one.bucket or ""), one.offset) for one in found]
    assert told == [
        ("01-01", "", 300),
        ("03-01", "2026-03-01", 300),
        ("04-01", "", 240),
        ("11-01", "2026-11-01", 240),
        ("12-01", "", 300),
    ]


def test_a_part_of_a_bucket_is_known_by_the_buckets_first_day() -> None:
    part = days("2026-10-31T09:30", "2026-11-20")
    assert [str(one.bucket) for one in cut(part, "months") if one.bucket] == ["2026-11-01"]
    (inside,) = cut(days("2026-11-01T00:30", "2026-11-01T18:45"), "days")
    assert (str(inside.bucket), inside.offset) == ("2026-11-01", 240)


SPILLING = {
    "autumn": "2026-11-01 as days",
    "ends with the autumn day": "2026-11-01 as days",
    "the autumn day": "2026-11-01 as days",
    "a year": "2026-11-01 as days, 2026-11-01 as months",
    "Berlin autumn": "2026-10-25 as days, 2026-10-01 as months",
    "Lord Howe autumn": "2026-04-05 as days",
    "Santiago autumn": "2026-04-04 as days",
}


@pytest.mark.parametrize("name", WINDOWS)
def test_only_a_whole_bucket_in_autumn_spills_over_its_end(name: str) -> None:
    """What ends before its month or day does is labelled as one bucket, however the clock is turned."""
    found = [f"{one.bucket} as {of}" for of in CUT for one in cut(WINDOWS[name], of) if one.spills]
    assert ", ".join(found) == SPILLING.get(name, "")


# --- how many there are, and what lies outside ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "interval", "count"),
    [
        ("no change", "days", 7),
        ("no change", "hours", 168),
        ("no change", "minutes", 10_080),
        ("no change", "ten_minutes", 1008),
        ("no change", "ten_seconds", 60_480),
        ("autumn", "days", 14),
        ("autumn", "hours", 14 * 24 + 1),
        ("spring", "days", 14),
        ("spring", "hours", 14 * 24 - 1),
        ("a year", "months", 12),
        ("a year", "years", 1),
        ("Santiago spring", "days", 13),
        ("part of days", "days", 2),
    ],
)
def test_the_estimate_is_the_number_of_buckets(name: str, interval: Interval, count: int) -> None:
    assert estimate(WINDOWS[name], interval) == count


def test_a_begun_bucket_is_counted() -> None:
    assert estimate(window_of(WEEK.start_unix, WEEK.start_unix + HOUR + 1, ZONE), "hours") == 2
    assert estimate(window_of(WEEK.start_unix, WEEK.start_unix + HOUR - 1, ZONE), "hours") == 1


WEEK: Window = WINDOWS["no change"]


@pytest.mark.parametrize(
    ("label", "is_outside"),
    [
        (dt.date(2026, 11, 9), False),
        (dt.date(2026, 11, 15), False),
        (dt.date(2026, 11, 16), True),
        (dt.date(2026, 11, 1), False),
        (dt.date(2026, 1, 1), False),
        (dt.date(2025, 11, 8), True),
        (dt.date(2027, 1, 1), True),
        (WEEK.start, False),
        (WEEK.start - dt.timedelta(hours=23), False),
        (WEEK.start - dt.timedelta(hours=24), True),
        (WEEK.end - dt.timedelta(seconds=1), False),
        (WEEK.end, True),
        (None, False),
        ("20251109", False),
    ],
)
def test_a_label_lies_outside_unless_its_bucket_may_touch_the_window(label: object, is_outside: bool) -> None:
    assert outside(label, WEEK) is is_outside
