"""Every change of every clock from 1970 to 2100, two days to both sides: windows against the zone files themselves.

Of two zones whose clocks show the same for twelve days to both sides of a change, one is looked at: nothing that is
looked at here reaches further.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from calendars import SUNDAYS, unit
from transitions import DAY, FIRST, HOUR, LAST, Change, Clock, changes, clock, seconds_ahead, zones

from reportrunner.window import Window, slices, window_of
from reportrunner.window.period import AnyPeriod, bounds
from reportrunner.window.shift import moved_window
from reportrunner.window.span import Span
from reportrunner.window.zone import day_of, first_change, offset, shift_instant, use_packaged_zones

use_packaged_zones()

TWO_DAYS = 2 * DAY
PARTS = 4
"""In how many tests all of them are looked at, so that processes share them."""
MOMENTS = (-DAY, -2 * HOUR, -5400, -HOUR, -1800, -1, 0, 1, 1800, HOUR, 5400, 2 * HOUR, DAY)
PERIODS: tuple[AnyPeriod, ...] = ("hour", "day", "week", "month", unit(SUNDAYS, "week"))


def _date(day: int) -> date:
    return date(1970, 1, 1) + timedelta(days=day)


def _distinct(by_zone: Iterable[tuple[Change, ...]]) -> Iterator[Clock]:
    """Clocks around changes, each once that shows the same at the same instants."""
    seen = set()
    for others in by_zone:
        for change in others:
            found = clock(change, others)
            if found.stretches not in seen:
                seen.add(found.stretches)
                yield found


def _check(found: Clock) -> None:
    zone, change = ZoneInfo(found.change.zone), found.change
    assert [offset(change.unix + n, zone) for n in (-1, 0)] == [change.old, change.new]
    assert first_change(change.unix - HOUR, change.unix + HOUR, zone) == change.unix
    around = window_of(change.unix - TWO_DAYS, change.unix + TWO_DAYS, change.zone)
    cut = {str(period): slices(around, period) for period in PERIODS}
    for period in PERIODS:
        _check_partition(around, cut[str(period)])
        _check_bounds(period, cut[str(period)][1:-1], change.unix, zone)
    days = found.days()
    _check_days(cut["day"], days)
    inside = range(around.start_unix + 1, around.end_unix)
    assert [part.start_unix for part in cut["hour"][1:]] == [unix for unix in found.hours() if unix in inside]
    for part in cut["day"][1:-1]:
        _check_moved_day(part, days)
    for moment in MOMENTS:
        begun = max(day for day, start in days.items() if start <= change.unix + moment)
        assert day_of(change.unix + moment, zone) == _date(begun)
        for count in (-7, -1, 1, 7):
            _check_moved_instant(change.unix + moment, count, found, days)


def _check_partition(around: Window, parts: tuple[Window, ...]) -> None:
    """No gap, no overlap, nothing beyond, no name twice."""
    assert (parts[0].start_unix, parts[-1].end_unix) == (around.start_unix, around.end_unix)
    assert all(one.end_unix == two.start_unix for one, two in pairwise(parts))
    assert len({part.label for part in parts}) == len(parts)


def _check_bounds(period: AnyPeriod, parts: tuple[Window, ...], change: int, zone: ZoneInfo) -> None:
    """From wherever one looks in a whole slice, it is the same; of hours those about the change are looked at."""
    for part in parts:
        if period != "hour" or abs(part.start_unix - change) < 3 * HOUR:
            for unix in (part.start_unix, (part.start_unix + part.end_unix) // 2, part.end_unix - 1):
                assert bounds(period, unix, zone) == (part.start_unix, part.end_unix)


def _check_days(parts: tuple[Window, ...], days: dict[int, int]) -> None:
    """Slices by day are the days that the clock shows, each whole, under its name; the outermost are cut."""
    zone = ZoneInfo(parts[0].zone)
    inside = [(unix, _date(day)) for day, unix in days.items() if parts[0].end_unix <= unix < parts[-1].end_unix]
    assert [(part.start_unix, part.first_day) for part in parts[1:]] == inside
    for part in parts[1:-1]:
        assert part.whole_days
        assert part.first_day == part.last_day == day_of(part.end_unix - 1, zone)
        assert (part.label, part.days) == (part.first_day.isoformat(), 1)


def _check_moved_day(part: Window, days: dict[int, int]) -> None:
    """A day moved by days is the other day and comes back, unless the zone never had that day: then it is nothing."""
    own = (part.first_day - date(1970, 1, 1)).days
    for count in (-7, -1, 1, 7):
        start, end = moved_window(part, Span(days=count))
        if own + count not in days:
            assert start == end
            with pytest.raises(ValueError, match="not a window"):
                window_of(start, end, part.zone)
            continue
        there = window_of(start, end, part.zone)
        assert (there.start_unix, there.label) == (days[own + count], _date(own + count).isoformat())
        assert moved_window(there, Span(days=-count)) == (part.start_unix, part.end_unix)


def _moved(unix: int, count: int, found: Clock, days: dict[int, int]) -> int:
    """Where the clock says that an instant is so many days later: the start of a day stays one."""
    begun = {start: day for day, start in days.items()}
    if unix in begun:
        later = begun[unix] + count
        return days[later] if later in days else days[later + 1]
    wall = found.shown(unix)
    shown = found.instants(wall + count * DAY)
    if not shown:
        return found.jump(wall + count * DAY)
    return shown[-1] if found.instants(wall)[0] != unix else shown[0]


def _check_moved_instant(unix: int, count: int, found: Clock, days: dict[int, int]) -> None:
    """An instant moved by days shows the same time; it comes back where the clock shows both times, and as often."""
    zone = ZoneInfo(found.change.zone)
    there = shift_instant(unix, Span(days=count), zone)
    assert there == _moved(unix, count, found, days)
    back = shift_instant(there, Span(days=-count), zone)
    assert back == _moved(there, -count, found, days)
    here, gone = found.instants(found.shown(unix)), found.instants(found.shown(unix) + count * DAY)
    if unix not in days.values() and there not in days.values():
        assert (back == unix) == (bool(gone) and (here[0] == unix or len(gone) == 2))


def test_a_sample_of_every_kind_of_change() -> None:
    clocks = list(_distinct(changes(name) for name in zones()))
    assert len(clocks) > 9000
    for found in clocks[::150]:
        _check(found)


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        pytest.param("Europe/Berlin", "2026-03-29", id="berlin-spring"),
        pytest.param("Europe/Berlin", "2026-10-25", id="berlin-autumn"),
        pytest.param("America/New_York", "2026-03-08", id="new-york-spring"),
        pytest.param("America/New_York", "2026-11-01", id="new-york-autumn"),
        pytest.param("America/Sao_Paulo", "2018-11-04", id="sao-paulo-no-midnight"),
        pytest.param("America/Sao_Paulo", "2018-02-17", id="sao-paulo-two-midnights"),
        pytest.param("Asia/Beirut", "2022-03-27", id="beirut-no-midnight"),
        pytest.param("Africa/Cairo", "2023-04-28", id="cairo-no-midnight"),
        pytest.param("America/Santiago", "2022-09-11", id="santiago-no-midnight"),
        pytest.param("Pacific/Apia", "2011-12-30", id="apia-no-day"),
        pytest.param("Australia/Lord_Howe", "2026-10-04", id="lord-howe-half-an-hour"),
        pytest.param("Africa/Monrovia", "1972-01-07", id="monrovia-seconds"),
        pytest.param("Pacific/Kwajalein", "1993-08-21", id="kwajalein-no-day"),
        pytest.param("America/Havana", "2012-11-04", id="havana-two-midnights"),
        pytest.param("America/St_Johns", "2010-11-07", id="st-johns-back-across-midnight"),
    ],
)
def test_the_awkward_days(zone: str, day: str) -> None:
    others = changes(zone)
    number = (date.fromisoformat(day) - date(1970, 1, 1)).days
    spans = [((change.unix + change.old) // DAY, (change.unix + change.new) // DAY) for change in others]
    (found,) = (change for change, span in zip(others, spans, strict=True) if min(span) <= number <= max(span))
    _check(clock(found, others))


def test_kolkata_has_no_change_to_be_awkward_at() -> None:
    assert changes("Asia/Kolkata") == ()


@pytest.mark.full
@pytest.mark.parametrize("part", range(PARTS))
def test_every_change_of_every_zone(part: int) -> None:
    clocks = list(_distinct(changes(name) for name in zones()))
    assert len(clocks) > 9000
    for found in clocks[part::PARTS]:
        _check(found)


@pytest.mark.full
def test_no_clock_changes_twice_within_a_day_and_no_change_is_overlooked() -> None:
    """Offsets between changes are what the changes say, asked every ten days of every zone."""
    for name in zones():
        found, zone = changes(name), ZoneInfo(name)
        assert all(two.unix - one.unix > DAY and two.old == one.new for one, two in pairwise(found))
        edges = [FIRST, *(change.unix for change in found), LAST]
        offsets = [found[0].old if found else seconds_ahead(FIRST, zone), *(change.new for change in found)]
        for (start, end), ahead in zip(pairwise(edges), offsets, strict=True):
            assert {seconds_ahead(unix, zone) for unix in (*range(start, end, 10 * DAY), end - 1)} == {ahead}
