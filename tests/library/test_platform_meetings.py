"""jobs/platform/meetings: every number against the sandbox's sessions, recordings and livestreams themselves."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from platform_words import DAY, EPOCH, change, day_of, rounded, signed, words
from running import Finished, in_zone, run

from reportrunner.sandbox.cloudflare_meetings import Session, sessions_of
from reportrunner.sandbox.cloudflare_recordings import Recording, recordings_of
from reportrunner.sandbox.cloudflare_streams import Livestream, livestreams_of

JOB = "platform/meetings"
MONDAY = dt.date(2026, 11, 9)


def minutes(sessions: list[Session], now: int = 2**62) -> Fraction:
    """Time of all people in these sessions, until a moment, in whole 3 s a person."""
    people = [each for one in sessions for each in one.people if each.joined < now]
    return Fraction(sum((min(each.left, now) - each.joined) // 3_000 for each in people), 20)


def recorded(recordings: list[Recording]) -> Fraction:
    return Fraction(sum((each.stopped - each.started) // 1000 for each in recordings if not each.failed), 60)


def watched(streams: list[Livestream], now: int) -> Fraction:
    """Minutes of all viewers; each broadcast counts whole seconds until a moment."""
    aired = [on for each in streams for on in each.broadcasts if on.start < now]
    return Fraction(sum((min(on.end, now) - on.start) // 1000 * on.viewers for on in aired), 60)


def most(session: Session, now: int) -> int:
    """How many people were in it at once, at most: counted at every arrival until a moment."""
    arrivals = [each.joined for each in session.people if each.joined <= now]
    return max(sum(one.joined <= at < one.left for one in session.people) for at in arrivals)


class World:
    """What happened around a week, by the days that the service counts (UTC) and by those of a zone."""

    def __init__(self, monday: dt.date, zone: str) -> None:
        self.monday, self.zone = monday, zone
        span = range((monday - 9 * DAY - EPOCH).days, (monday + 9 * DAY - EPOCH).days)
        self.all = [one for day in span for one in sessions_of(day)]
        self.streams = [each for day in span for each in livestreams_of(day)]
        self.week = [monday + n * DAY for n in range(7)]
        end = dt.datetime.combine(monday + 7 * DAY, dt.time(), ZoneInfo(zone))
        self.now = int(end.timestamp() * 1000)
        """The moment as of which the report was made: the end of its week, where it matters."""

    def sessions(self, *days: dt.date) -> list[Session]:
        return [one for one in self.all if day_of(one.start / 1000, "UTC") in days]

    def recordings(self, *days: dt.date) -> list[Recording]:
        found = [each for one in self.all for each in recordings_of(one)]
        return [each for each in found if day_of(each.invoked / 1000, "UTC") in days]

    def aired(self, *days: dt.date) -> list[Livestream]:
        return [each for each in self.streams if day_of(each.made / 1000, self.zone) in days]

    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                "day": day.isoformat(),
                "sessions": len(self.sessions(day)),
                "session_minutes": rounded(minutes(self.sessions(day))),
                "recordings": len(self.recordings(day)),
                "recording_minutes": rounded(recorded(self.recordings(day))),
                "livestreams": len(self.aired(day)),
                "sessions_before": len(self.sessions(day - 7 * DAY)),
                "session_minutes_before": rounded(minutes(self.sessions(day - 7 * DAY))),
            }
            for day in self.week
        ]

    def meetings(self) -> list[dict[str, Any]]:
        held: dict[str, list[Session]] = {}
        for one in self.all:
            if day_of(one.start / 1000, self.zone) in self.week:
                held.setdefault(one.meeting.title, []).append(one)
        rows = [
            {
                "meeting": title,
                "sessions": len(found),
                "minutes": rounded(minutes(found, self.now)),
                "most_at_once": max(most(one, self.now) for one in found),
                "still_running": sum(one.end > self.now for one in found),
            }
            for title, found in held.items()
        ]
        return sorted(rows, key=lambda row: (-row["minutes"], row["meeting"]))


def cells(rows: list[dict[str, str]], name: str) -> list[dict[str, Any]]:
    """A CSV with its numbers as numbers; `name` is the column that holds none."""
    return [
        {key: cell.removeprefix("'") if key == name else Decimal(cell) for key, cell in row.items()} for row in rows
    ]


def assert_true(finished: Finished, world: World) -> None:
    """Every cell of both files, and the first screen of the page and of the mail."""
    assert finished.code == 0, finished.err
    assert cells(finished.rows("days.csv"), "day") == world.rows()
    assert cells(finished.rows("meetings.csv"), "meeting") == world.meetings()
    week, last_week = world.week, [day - 7 * DAY for day in world.week]
    held, before = world.sessions(*week), world.sessions(*last_week)
    kept, kept_before = world.recordings(*week), world.recordings(*last_week)
    aired, aired_before = world.aired(*week), world.aired(*last_week)
    page, mail = words(finished.page("report.html")), words(finished.mail("summary.eml"))
    for text in (page, mail):
        assert (
            f"{len(held)} sessions took {rounded(minutes(held), 0):,} minutes of people's time, "
            f"{change(minutes(held), minutes(before))} against the week before."
        ) in text
    assert f"{rounded(minutes(before), 0):,} the week before" in page
    assert f"{signed(len(held) - len(before))} against the week before" in page
    assert (
        f"{rounded(recorded(kept), 0):,} minutes recorded; {signed(len(kept) - len(kept_before))} against the week"
    ) in page
    viewed = f"{rounded(watched(aired, world.now), 0):,} minutes watched"
    assert f"{viewed}; {signed(len(aired) - len(aired_before))} against the week" in page
    assert f"{len(kept)} recordings ({rounded(recorded(kept), 0):,} minutes)" in mail
    assert f"{len(aired)} livestreams ({viewed})" in mail
    busiest = max(week, key=lambda day: (minutes(world.sessions(day)), -day.toordinal()))
    assert f"{busiest:%A} had the most, {rounded(minutes(world.sessions(busiest)), 0):,}." in page


@pytest.mark.parametrize(
    ("arguments", "monday"),
    [
        ((), MONDAY),
        (("--param", "app_id=b1234567-0000-4000-8000-00000000000a", "--as-of", "2026-11-11"), MONDAY - 7 * DAY),
    ],
    ids=["as it is", "another app and week, in mid-week"],
)
def test_every_number_is_what_happened(tmp_path: Path, arguments: tuple[str, ...], monday: dt.date) -> None:
    finished = run(tmp_path / "project", JOB, *arguments)
    assert_true(finished, World(monday, "UTC"))
    assert {severity for severity, _ in finished.findings.values()} == {"ok"}
    assert "of 18 days, 18 agree with days of UTC." in words(finished.page("report.html"))


def test_days_of_another_zone_are_told_from_the_service_s(tmp_path: Path) -> None:
    """Over the change of the clock: days stay the service's, livestreams and meetings are those of New York."""
    zone, monday = "America/New_York", dt.date(2026, 10, 26)
    finished = run(tmp_path / "project", JOB, "--as-of", "2026-11-02", edit=in_zone(zone))
    world = World(monday, zone)
    assert_true(finished, world)
    inner = [dt.date(2026, 11, 2) - n * DAY for n in range(2, 20)]
    lately = [
        one for day in range((inner[-1] - EPOCH).days - 1, (inner[0] - EPOCH).days + 2) for one in sessions_of(day)
    ]
    by_utc = [day_of(one.start / 1000, "UTC") for one in lately]
    by_zone = [day_of(one.start / 1000, zone) for one in lately]
    agree = sum(by_utc.count(day) == by_zone.count(day) for day in inner)
    assert 0 < agree < len(inner)
    assert (
        f"of 18 days, {agree} agree with days of America/New_York, 18 with days of UTC. "
        "Livestreams are counted in days of America/New_York."
    ) in words(finished.page("report.html"))
    assert finished.findings["checks.days_are_ours"] == ("warn", 1)
    assert finished.findings["checks.all_have_ended"] == ("warn", 1), "the bridge of Monday, 00:02 UTC, began on Sunday"


def test_a_silent_week_is_a_page_of_zeros_and_a_warning(tmp_path: Path) -> None:
    """Before the app was made nobody met."""
    finished = run(tmp_path / "project", JOB, "--as-of", "2023-11-13")
    assert finished.code == 0, finished.err
    assert finished.findings["checks.somebody_met"] == ("warn", 1)
    assert [row["session_minutes"] for row in finished.rows("days.csv")] == ["0"] * 7
    assert finished.rows("meetings.csv") == []
    for text in (finished.page("report.html"), finished.mail("summary.eml")):
        assert "Nobody met. No session began in this week." in words(text)


def test_livestreams_that_the_list_leaves_out_are_found(tmp_path: Path) -> None:
    def without_meetings(text: str) -> str:
        return text.replace(
            'endpoint    = "realtime.kit.livestreams"\n',
            'endpoint    = "realtime.kit.livestreams"\nexclude_meetings = true\n',
        )

    finished = run(tmp_path / "project", JOB, edit=without_meetings)
    assert finished.code == 0
    assert finished.findings["checks.livestreams_add_up"] == ("warn", 1)
