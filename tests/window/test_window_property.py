"""Properties of windows near every change of a clock; the oracle walks the zone's wall clock, minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reportrunner.window import Window, slices, window_of
from reportrunner.window.form import Between, Form, Last, Like, Period
from reportrunner.window.period import PeriodName, bounds
from reportrunner.window.resolve import resolve_one
from reportrunner.window.span import Span, WindowError
from reportrunner.window.zone import at, day_of, day_unix, first_change, use_packaged_zones

use_packaged_zones()

DAY, MINUTE = 86_400, 60
FIRST, LAST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2000, 2038))
FAR = datetime(2045, 1, 1, tzinfo=UTC)
ZONES = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Havana",
    "America/New_York",
    "America/Nuuk",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Casey",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Pyongyang",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Dublin",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Fakaofo",
    "UTC",
]
PERIODS: tuple[PeriodName, ...] = get_args(PeriodName)
quick = settings(max_examples=150)


def _minutes_ahead(unix: int, zone: ZoneInfo) -> int:
    ahead = datetime.fromtimestamp(unix, UTC).astimezone(zone).utcoffset()
    assert ahead is not None
    return ahead // timedelta(minutes=1)


@cache
def _changes(name: str) -> tuple[int, ...]:
    """Every change of the zone's offset from 2000 to 2037, to the minute."""
    zone = ZoneInfo(name)
    seen = [(unix, _minutes_ahead(unix, zone)) for unix in range(FIRST, LAST, DAY // 2)]
    found = []
    for (before, old), (after, new) in pairwise(seen):
        if old != new:
            low, high = before, after
            while high - low > MINUTE:
                middle = (low + high) // (2 * MINUTE) * MINUTE
                low, high = (middle, high) if _minutes_ahead(middle, zone) == old else (low, middle)
            found.append(high)
    return tuple(found)


def _walk(change: int, zone: ZoneInfo) -> tuple[list[int], list[int]]:
    """Return when days and hours begin within two days of the change, seen by reading the clock."""
    minutes = set(range(change // 900 * 900 - 3 * DAY, change + 3 * DAY, 900))
    minutes |= set(range(change - 130 * MINUTE, change + 130 * MINUTE, MINUTE))
    days, hours = [], []
    newest, shown = date.min, (0, date.min, 0)
    for unix in sorted(minutes):
        wall = datetime.fromtimestamp(unix, UTC).astimezone(zone)
        if wall.date() > newest:
            newest = wall.date()
            days.append(unix)
        here = (_minutes_ahead(unix, zone), wall.date(), wall.hour)
        if here != shown:
            shown = here
            hours.append(unix)
    near = range(change - 2 * DAY, change + 2 * DAY)
    return [unix for unix in days if unix in near], [unix for unix in hours if unix in near]


def _check_against_the_clock(change: int, name: str) -> None:
    zone = ZoneInfo(name)
    days, hours = _walk(change, zone)
    around = window_of(change - 2 * DAY, change + 2 * DAY, name)
    found_days = [part.start_unix for part in slices(around, "day")]
    found_hours = [part.start_unix for part in slices(around, "hour")]
    assert [unix for unix in found_days if unix != around.start_unix or unix in days] == days
    assert [unix for unix in found_hours if unix != around.start_unix or unix in hours] == hours
    assert first_change(change - DAY // 2, change + DAY // 2, zone) == change
    assert around.offset_changes is True


@st.composite
def instants(draw: st.DrawFn) -> tuple[int, str]:
    """A zone and a second, mostly within two days of a change of its clock."""
    name = draw(st.sampled_from(ZONES))
    changes = _changes(name) or (FIRST + 5000 * DAY,)
    change = draw(st.sampled_from(changes))
    return change + draw(st.integers(-2 * DAY, 2 * DAY) | st.sampled_from([-1, 0, 1, -3600, 3600])), name


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """A window from seconds to months long, at least one end near a change."""
    start, name = draw(instants())
    return window_of(start, start + draw(st.integers(1, 3 * DAY) | st.integers(1, 100).map(DAY.__mul__)), name)


@st.composite
def day_windows(draw: st.DrawFn) -> Window:
    """A window of whole days."""
    unix, name = draw(instants())
    zone = ZoneInfo(name)
    first = day_of(unix, zone)
    end = day_unix(first + timedelta(days=draw(st.integers(1, 40))), zone)
    assume(day_unix(first, zone) < end)
    return window_of(day_unix(first, zone), end, name)


@quick
@given(windows(), st.sampled_from(PERIODS))
def test_slices_leave_no_gap_and_do_not_overlap(window: Window, period: PeriodName) -> None:
    parts = slices(window, period)
    zone = ZoneInfo(window.zone)
    assert (parts[0].start_unix, parts[-1].end_unix) == (window.start_unix, window.end_unix)
    assert all(one.end_unix == two.start_unix for one, two in pairwise(parts))
    assert len({part.label for part in parts}) == len(parts)
    for part in parts:
        whole = bounds(period, part.start_unix, zone)
        assert bounds(period, part.end_unix - 1, zone) == whole
        if part not in (parts[0], parts[-1]):
            assert (part.start_unix, part.end_unix) == whole


@quick
@given(st.sampled_from(ZONES), st.integers(0, 200))
def test_days_and_hours_are_those_of_the_clock(name: str, which: int) -> None:
    changes = _changes(name)
    assume(changes)
    _check_against_the_clock(changes[which % len(changes)], name)


@quick
@given(day_windows())
def test_a_window_of_days_is_made_of_its_days(window: Window) -> None:
    days = slices(window, "day")
    assert window.whole_days
    assert (window.first_day, window.last_day, window.days) == (days[0].first_day, days[-1].last_day, len(days))
    assert all(day.first_day == day.last_day and day.label == day.first_day.isoformat() for day in days)
    assert sum(day.end_unix - day.start_unix for day in days) == window.end_unix - window.start_unix


@quick
@given(windows())
def test_the_offset_is_one_number_or_refused(window: Window) -> None:
    inside = [change for change in _changes(window.zone) if window.start_unix < change < window.end_unix]
    zone = ZoneInfo(window.zone)
    assert window.offset_changes is bool(inside)
    assert window.offset_at_start == -_minutes_ahead(window.start_unix, zone)
    if inside:
        with pytest.raises(WindowError, match="changes inside"):
            _ = window.utc_offset
    else:
        assert window.utc_offset == -_minutes_ahead(window.end_unix - 1, zone)


def _read_end(text: str) -> date | datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H%M%S%z") if "T" in text else date.fromisoformat(text)


@quick
@given(windows())
def test_a_label_of_days_and_instants_reads_back(window: Window) -> None:
    left, _, right = window.label.partition("..")
    form = Between(_read_end(left), _read_end(right or left))
    assert resolve_one("it", {"it": form}, window.zone, FAR) == window


def _read_period(label: str) -> tuple[date, PeriodName]:
    if "T" in label:
        return date.fromisoformat(label[:10]), "hour"
    if "W" in label:
        return date.fromisocalendar(int(label[:4]), int(label[6:]), 1), "week"
    if "Q" in label:
        return date(int(label[:4]), int(label[6:]) * 3 - 2, 1), "quarter"
    period: PeriodName = "year" if len(label) == 4 else "month" if len(label) == 7 else "day"
    return date.fromisoformat(f"{label}-01-01"[:10]), period


@quick
@given(instants(), st.sampled_from(PERIODS), st.integers(-3, -1))
def test_complete_periods_follow_one_another_and_their_labels_read_back(
    place: tuple[int, str], period: PeriodName, back: int
) -> None:
    unix, name = place
    as_of = at(unix, ZoneInfo(name))
    window = resolve_one("it", {"it": Period(period, back)}, name, as_of)
    after = bounds(period, window.end_unix, ZoneInfo(name))
    later = resolve_one("it", {"it": Period(period, back + 1)}, name, as_of) if back < -1 else None
    assert window.end_unix <= unix
    assert (later.start_unix if later else bounds(period, unix, ZoneInfo(name))[0]) == window.end_unix == after[0]
    first, found = _read_period(window.label)
    assert (first, found) == (window.first_day, period)
    if period == "hour":
        assert int(window.label[11:13]) == window.start.hour
    else:
        assert window.whole_days


@quick
@given(instants(), st.integers(1, 60))
def test_the_last_days_are_as_many_as_asked_and_end_today(place: tuple[int, str], days: int) -> None:
    unix, name = place
    window = resolve_one("it", {"it": Last(Span(days=days))}, name, at(unix, ZoneInfo(name)))
    assert (window.days, window.whole_days) == (days, True)
    assert window.end_unix <= unix
    assert bounds("day", unix, ZoneInfo(name))[0] == window.end_unix


def _there_and_back(window: Window, shift: Span) -> Window:
    edges = Between(window.start, window.end)
    forms: dict[str, Form] = {"it": edges, "there": Like("it", shift), "back": Like("there", -shift)}
    return resolve_one("back", forms, window.zone, FAR)


@quick
@given(day_windows(), st.integers(-400, 400))
def test_days_moved_by_days_come_back(window: Window, days: int) -> None:
    # days beside the one that Apia and Fakaofo skipped have no partner on the other side
    assume(window.zone not in ("Pacific/Apia", "Pacific/Fakaofo"))
    assert _there_and_back(window, Span(days=days)) == window


@quick
@given(day_windows(), st.integers(-30, 30))
def test_days_that_every_month_has_moved_by_months_come_back(window: Window, months: int) -> None:
    assume(window.first_day.day <= 28 and window.last_day.day <= 27)
    assume(window.zone not in ("Pacific/Apia", "Pacific/Fakaofo"))
    assert _there_and_back(window, Span(months=months)) == window


@quick
@given(instants(), st.sampled_from(["year", "quarter", "month"]), st.integers(-5, -1))
def test_whole_months_moved_by_their_length_stay_whole(place: tuple[int, str], period: PeriodName, by: int) -> None:
    unix, name = place
    length = {"year": 12, "quarter": 3, "month": 1}[period]
    forms: dict[str, Form] = {"it": Period(period, -1), "moved": Like("it", Span(months=length * by))}
    as_of = at(unix, ZoneInfo(name))
    moved = resolve_one("moved", forms, name, as_of)
    assert moved == resolve_one("it", {"it": Period(period, -1 + by)}, name, as_of)


@quick
@given(windows(), st.integers(-90 * DAY, 90 * DAY))
def test_seconds_are_elapsed_time(window: Window, seconds: int) -> None:
    moved = resolve_one(
        "moved",
        {"it": Between(window.start, window.end), "moved": Like("it", Span(seconds=seconds))},
        window.zone,
        FAR,
    )
    assert (moved.start_unix, moved.end_unix) == (window.start_unix + seconds, window.end_unix + seconds)
