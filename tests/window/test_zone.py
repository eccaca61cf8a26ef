"""Days and wall clocks: the awkward days by name, as_of, zones."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from importlib.metadata import version
from zoneinfo import ZoneInfo

import pytest

from reportrunner.window.span import Span, WindowError
from reportrunner.window.zone import (
    TZ_VERSION,
    at,
    day_of,
    day_unix,
    first_change,
    load_zone,
    offset,
    only_instant,
    parse_as_of,
    shift_day,
    shift_instant,
    skipped_days,
    unix_of,
    use_packaged_zones,
)

AWKWARD = [
    pytest.param("Europe/Berlin", "2026-03-29", "2026-03-29T00:00:00+01:00", 23, id="berlin-spring"),
    pytest.param("Europe/Berlin", "2026-10-25", "2026-10-25T00:00:00+02:00", 25, id="berlin-autumn"),
    pytest.param("America/New_York", "2026-03-08", "2026-03-08T00:00:00-05:00", 23, id="new-york-spring"),
    pytest.param("America/New_York", "2026-11-01", "2026-11-01T00:00:00-04:00", 25, id="new-york-autumn"),
    pytest.param("America/Sao_Paulo", "2018-11-04", "2018-11-04T01:00:00-02:00", 23, id="sao-paulo-no-midnight"),
    pytest.param("America/Sao_Paulo", "2018-02-17", "2018-02-17T00:00:00-02:00", 25, id="sao-paulo-autumn"),
    pytest.param("Asia/Beirut", "2022-03-27", "2022-03-27T01:00:00+03:00", 23, id="beirut-no-midnight"),
    pytest.param("Africa/Cairo", "2023-04-28", "2023-04-28T01:00:00+03:00", 23, id="cairo-no-midnight"),
    pytest.param("America/Santiago", "2022-09-11", "2022-09-11T01:00:00-03:00", 23, id="santiago-no-midnight"),
    pytest.param("Pacific/Apia", "2011-12-29", "2011-12-29T00:00:00-10:00", 24, id="apia-eve-of-no-day"),
    pytest.param("Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00", 0, id="apia-no-day"),
    pytest.param("Australia/Lord_Howe", "2026-10-04", "2026-10-04T00:00:00+10:30", 23.5, id="lord-howe-spring"),
    pytest.param("Australia/Lord_Howe", "2026-04-05", "2026-04-05T00:00:00+11:00", 24.5, id="lord-howe-autumn"),
    pytest.param("Asia/Kolkata", "2026-03-29", "2026-03-29T00:00:00+05:30", 24, id="kolkata-plain"),
    pytest.param("America/Toronto", "1919-03-31", "1919-03-31T00:30:00-04:00", 23.5, id="toronto-gap-over-midnight"),
    pytest.param("America/St_Johns", "2010-11-07", "2010-11-07T00:00:00-02:30", 25, id="st-johns-two-midnights"),
    pytest.param("America/Havana", "2012-11-04", "2012-11-04T00:00:00-04:00", 25, id="havana-two-midnights"),
]


@pytest.fixture(scope="module", autouse=True)
def _packaged_zones() -> None:
    use_packaged_zones()


@pytest.mark.parametrize(("zone", "day", "start", "hours"), AWKWARD)
def test_awkward_days(zone: str, day: str, start: str, hours: float) -> None:
    info, this = ZoneInfo(zone), date.fromisoformat(day)
    begin, end = (day_unix(this + timedelta(days=n), info) for n in (0, 1))
    assert at(begin, info).isoformat() == start
    assert end - begin == hours * 3600
    if hours:
        assert [day_of(unix, info) for unix in (begin, end - 1)] == [this, this]
        assert day_of(begin - 1, info) < this < day_of(end, info)


def test_a_skipped_day_is_counted() -> None:
    apia = ZoneInfo("Pacific/Apia")
    assert skipped_days(date(2011, 12, 1), date(2012, 1, 1), apia) == 1
    assert skipped_days(date(2011, 12, 31), date(2012, 12, 31), apia) == 0
    assert skipped_days(date(2026, 1, 1), date(2026, 12, 31), ZoneInfo("Europe/Berlin")) == 0


def test_the_wall_clock_of_an_instant_knows_its_fold() -> None:
    zone = ZoneInfo("America/New_York")
    first = unix_of(datetime(2026, 11, 1, 5, 30, tzinfo=UTC))
    assert [at(first, zone).fold, at(first + 3600, zone).fold] == [0, 1]
    assert [unix_of(at(unix, zone)) for unix in (first, first + 3600)] == [first, first + 3600]
    assert [offset(first, zone), offset(first + 3600, zone)] == [-4 * 3600, -5 * 3600]


def test_the_first_change_of_an_offset_is_found_to_the_second() -> None:
    zone = ZoneInfo("America/New_York")
    change = unix_of(datetime(2026, 11, 1, 6, tzinfo=UTC))
    assert first_change(change - 90 * 86_400, change + 90 * 86_400, zone) == change
    assert first_change(change - 1, change + 1, zone) == change
    assert first_change(change - 86_400, change, zone) is None
    assert first_change(change, change + 86_400, zone) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Amerika/New_York", 'did you mean "America/New_York"?'),
        ("america/new_york", 'did you mean "America/New_York"?'),
        ("New York", 'did you mean "America/New_York"?'),
        ("Europe/Berln", 'did you mean "Europe/Berlin"?'),
        ("GMT+2", "an offset knows no summer; write the IANA name of a place"),
        ("utc -5", "an offset knows no summer"),
        ("+05:30", "an offset knows no summer"),
        ("America", 'unknown time zone "America"'),
        ("../etc/passwd", 'unknown time zone "../etc/passwd"'),
        ("", 'unknown time zone ""; write an IANA name such as "America/New_York" or "UTC"'),
    ],
)
def test_an_unknown_zone_is_told_the_nearest(name: str, words: str) -> None:
    with pytest.raises(WindowError) as caught:
        load_zone(name)
    assert words in str(caught.value)
    assert caught.value.key == "timezone"


def test_the_version_is_that_of_the_package() -> None:
    assert version("tzdata") == TZ_VERSION


def test_the_packaged_zones_win_over_those_of_the_system() -> None:
    code = (
        "from reportrunner.window.zone import use_packaged_zones, load_zone\n"
        "import zoneinfo, datetime as dt\n"
        "before = load_zone('UTC')\n"
        "use_packaged_zones()\n"
        "assert zoneinfo.TZPATH == () and load_zone('UTC') is not before\n"
        "assert load_zone('Asia/Tokyo').utcoffset(dt.datetime(2026, 1, 1)) == dt.timedelta(hours=9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=os.environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("day", "span", "moved"),
    [
        ("2026-03-31", Span(months=-1), "2026-02-28"),
        ("2024-02-29", Span(months=-12), "2023-02-28"),
        ("2026-01-15", Span(months=-1), "2025-12-15"),
        ("2026-12-31", Span(months=2), "2027-02-28"),
        ("2026-03-01", Span(days=-7), "2026-02-22"),
        ("2026-03-31", Span(months=-1, days=-1), "2026-02-27"),
    ],
)
def test_a_day_moves_on_the_calendar(day: str, span: Span, moved: str) -> None:
    assert shift_day(date.fromisoformat(day), span) == date.fromisoformat(moved)


@pytest.mark.parametrize("span", [Span(months=-12 * 3000), Span(months=12 * 9000), Span(days=-999_999)])
def test_a_day_does_not_leave_the_calendar(span: Span) -> None:
    with pytest.raises(OverflowError):
        shift_day(date(2026, 1, 1), span)


@pytest.mark.parametrize(
    ("zone", "moment", "span", "moved"),
    [
        # over a change of the clock, days and months keep the wall clock, hours the elapsed time
        ("America/New_York", "2026-11-02T09:30:00-05:00", Span(days=-2), "2026-10-31T09:30:00-04:00"),
        ("America/New_York", "2026-11-02T09:30:00-05:00", Span(seconds=-48 * 3600), "2026-10-31T10:30:00-04:00"),
        # a start of a day stays one, where midnight does not exist too
        ("America/Sao_Paulo", "2018-11-05T00:00:00-02:00", Span(days=-1), "2018-11-04T01:00:00-02:00"),
        ("America/Sao_Paulo", "2018-11-04T01:00:00-02:00", Span(days=-1), "2018-11-03T00:00:00-03:00"),
        # into a gap: the first instant after it
        ("America/New_York", "2026-03-09T02:30:00-04:00", Span(days=-1), "2026-03-08T03:00:00-04:00"),
        # into a repeated hour: the pass it came from, else the first
        ("America/New_York", "2026-11-02T01:30:00-05:00", Span(days=-1), "2026-11-01T01:30:00-04:00"),
        ("America/New_York", "2026-11-01T01:30:00-05:00", Span(), "2026-11-01T01:30:00-05:00"),
        ("America/New_York", "2026-11-01T01:30:00-05:00", Span(months=-72), "2020-11-01T01:30:00-05:00"),
        ("America/New_York", "2026-11-01T01:30:00-04:00", Span(months=-72), "2020-11-01T01:30:00-04:00"),
        ("Europe/Berlin", "2026-03-31T12:00:00+02:00", Span(months=-1), "2026-02-28T12:00:00+01:00"),
    ],
)
def test_an_instant_moves_on_the_wall_clock(zone: str, moment: str, span: Span, moved: str) -> None:
    info = ZoneInfo(zone)
    assert at(shift_instant(unix_of(datetime.fromisoformat(moment)), span, info), info).isoformat() == moved


WALL = datetime(2026, 11, 16, 14, 30, 5, 999_999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("2026-11-16", "America/New_York", "2026-11-16T00:00:00-05:00"),
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04T01:00:00-02:00"),
        ("2026-11-16T09:30", "America/New_York", "2026-11-16T09:30:00-05:00"),
        ("2026-11-16 09:30:15", "America/New_York", "2026-11-16T09:30:15-05:00"),
        ("2026-11-16T09:30:00Z", "America/New_York", "2026-11-16T04:30:00-05:00"),
        ("2026-11-16T09:30+01:00", "Asia/Kolkata", "2026-11-16T14:00:00+05:30"),
        ("2026-11-01T01:30-05:00", "America/New_York", "2026-11-01T01:30:00-05:00"),
        (None, "America/New_York", "2026-11-16T09:30:05-05:00"),
    ],
)
def test_as_of_is_read_in_the_zone(text: str | None, zone: str, moment: str) -> None:
    found = parse_as_of(text, zone, WALL)
    assert found.isoformat() == moment
    assert str(found.tzinfo) == zone


def test_the_wall_may_come_in_any_zone() -> None:
    wall = WALL.astimezone(timezone(timedelta(hours=9)))
    assert parse_as_of(None, "UTC", wall).isoformat() == "2026-11-16T14:30:05+00:00"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-11-31", '"2026-11-31" is no date or time in whole seconds; write 2026-11-16, 2026-11-16T09:30 (local)'),
        ("yesterday", "is no date or time"),
        ("20261116", "is no date or time"),
        ("2026-11-16T09:30:00.5Z", "is no date or time in whole seconds"),
        ("0001-01-01T00:00:00+14:00", "is no date or time"),
        ("2026-03-08T02:30", "does not exist in America/New_York: the clock jumps to 2026-03-08T03:00:00-04:00"),
        ("2026-11-01T01:30", "write 2026-11-01T01:30:00-04:00 or 2026-11-01T01:30:00-05:00"),
    ],
)
def test_a_wrong_as_of_is_told_what_to_write(text: str, words: str) -> None:
    with pytest.raises(WindowError) as caught:
        parse_as_of(text, "America/New_York", WALL)
    assert words in str(caught.value)
    assert caught.value.key == "as_of"


def test_a_time_the_clock_shows_once_is_one_instant() -> None:
    zone = ZoneInfo("Europe/Berlin")
    assert only_instant(datetime(2026, 7, 1, 12), zone) == unix_of(datetime(2026, 7, 1, 10, tzinfo=UTC))  # noqa: DTZ001


def test_a_new_day_stays_begun_when_the_clock_falls_back_across_midnight() -> None:
    zone = ZoneInfo("America/St_Johns")
    begun = day_unix(date(2010, 11, 7), zone)
    shown_again = begun + 30 * 60
    assert at(shown_again, zone).isoformat() == "2010-11-06T23:30:00-03:30"
    assert day_of(shown_again, zone) == date(2010, 11, 7)
