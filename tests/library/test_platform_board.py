"""jobs/platform/board: people once, minutes in one unit, against the raw plays, meetings and rooms of the sandbox."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from hashlib import shake_128
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from platform_words import DAY, rounded, share, words
from running import Finished, in_zone, run

from reportrunner.sandbox import Faults
from reportrunner.sandbox import cloudflare_meetings as kit
from reportrunner.sandbox import livekit_universe as livekit
from reportrunner.sandbox.cloudflare_recordings import recordings_of
from reportrunner.sandbox.people import ANONYMOUS
from reportrunner.sandbox.universe import HOME, entries, events

JOB = "platform/board"
PROJECT = "p_4rtnvq8d2kx"
UPLOAD = 4 * 60_000


class World:
    """What was on the platform in five days of a zone, as it stood at a moment; all in unix seconds."""

    def __init__(self, first: dt.date, zone: str, as_of: dt.date, bad: int = 1) -> None:
        days = (first, first + 5 * DAY, as_of)
        self.start, self.end, self.now = (
            int(dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).timestamp()) for day in days
        )
        self.bad = bad
        self.span = range(first.toordinal() - 1, first.toordinal() + 7)
        self.ids: dict[str, set[str]] = {"Broadcasts": set(), "Meetings": set(), "Rooms": set()}
        self.rows = [self.broadcasts(), self.meetings(), self.rooms()]
        self.rows.sort(key=lambda row: (-row["minutes"], row["service"]))

    def inside(self, moment: float) -> bool:
        return self.start <= moment < self.end

    def row(self, service: str, held: int, minutes: Fraction, well: list[bool], measured: str) -> dict[str, Any]:
        return {
            "service": service,
            "held": held,
            "people": len(self.ids[service]),
            "minutes": rounded(minutes, 1),
            "well": rounded(Fraction(sum(well), len(well)), 4) if well else None,
            "good": sum(well),
            "of": len(well),
            "measured": measured,
        }

    def broadcasts(self) -> dict[str, Any]:
        plays = [play for play in events(None, self.start, self.end) if play.playback in ("live", "dvr")]
        self.unknown = sum(play.user_id == ANONYMOUS for play in plays)
        self.ids["Broadcasts"] = {play.user_id.lower() for play in plays if play.user_id != ANONYMOUS}
        well, told = [], set()
        for entry in entries():
            for day in map(dt.date.fromordinal, self.span):
                if not entry.live or day.weekday() != 2:
                    continue
                begins = int(dt.datetime.combine(day, dt.time(11), HOME).timestamp())
                for at in range(begins, begins + entry.duration + 1_800, 60):
                    if self.inside(at):
                        told.add(entry.entry_id)
                        bits = (shake_128(f"health|{entry.entry_id}|{one}|{at}".encode()).digest(2) for one in "01")
                        well += [bit[0] < 200 for bit in bits]
        minutes = Fraction(sum(play.watched for play in plays), 60)
        return self.row("Broadcasts", len(told), minutes, well, "health reports of broadcasts")

    def meetings(self) -> dict[str, Any]:
        begun = [one for day in self.span for one in kit.sessions_of(day - livekit.EPOCH)]
        held = [one for one in begun if self.inside(one.start / 1000)]
        people = [each for one in held for each in one.people if each.joined <= self.now * 1000]
        self.ids["Meetings"] = {each.person.user_id.lower() for each in people}
        ticks = sum((min(each.left, self.now * 1000) - each.joined) // 3_000 for each in people)
        taken = [each for one in begun for each in recordings_of(one) if self.inside(each.invoked / 1000)]
        well = [not each.failed for each in taken if each.failed or each.stopped + UPLOAD <= self.now * 1000]
        self.running = sum(one.end > self.now * 1000 for one in held)
        return self.row("Meetings", len(held), Fraction(ticks, 20), well, "recordings of meetings")

    def rooms(self) -> dict[str, Any]:
        begun = [one for day in self.span for one in livekit.sessions_of(PROJECT, day)]
        held = [one for one in begun if self.inside(one.start / livekit.MICRO)]
        assert all(one.end <= self.now * livekit.MICRO for one in held)
        people = [each for one in held for each in one.participants]
        self.ids["Rooms"] = {each.identity.partition("#")[0].lower() for each in people}
        spent = sum(stay.left - stay.joined for each in people for stay in each.connections)
        well = [value > self.bad for one in held for value in one.quality]
        return self.row("Rooms", len(held), Fraction(spent, livekit.MINUTE), well, "minutes of rooms")


def assert_true(finished: Finished, world: World) -> str:
    """Every cell of the file, and the first screen; returns the page's words."""
    assert finished.code == 0, finished.err
    found = [
        {
            name: text if name in ("service", "measured") else Decimal(text) if text else None
            for name, text in row.items()
        }
        for row in finished.rows("services.csv")
    ]
    assert found == world.rows
    page, everybody = words(finished.page("report.html")), set().union(*world.ids.values())
    several = sum(sum(one in ids for ids in world.ids.values()) > 1 for one in everybody)
    minutes = sum((Fraction(row["minutes"]) for row in world.rows), Fraction(0))
    told = [f"{row['good']:,} of {row['of']:,} {row['measured']}" for row in world.rows if row["of"]]
    assert (
        f"{len(everybody):,} people spent {rounded(minutes / 60, 0):,} hours on it, "
        f"{share(Fraction(world.rows[0]['minutes']) / minutes)} of them in {world.rows[0]['service'].lower()}. "
        f"Went well: {', '.join(told[:-1])} and {told[-1]}."
    ) in page
    assert f"people, each counted once {len(everybody):,} {several:,} on more than one service" in page
    for row in world.rows:
        said = f"people in {row['service'].lower()} {row['people']:,} {rounded(Fraction(row['minutes']), 0):,} minutes"
        assert said in page
    return page


@pytest.mark.parametrize(
    ("zone", "first", "as_of", "bad"),
    [
        ("America/New_York", dt.date(2026, 11, 10), dt.date(2026, 11, 16), 1),
        ("America/New_York", dt.date(2026, 10, 31), dt.date(2026, 11, 6), 3),
        ("Asia/Tokyo", dt.date(2026, 11, 10), dt.date(2026, 11, 16), 1),
    ],
    ids=["as it is", "over the change of the clock, another scale", "another zone"],
)
def test_every_number_is_what_happened(tmp_path: Path, zone: str, first: dt.date, as_of: dt.date, bad: int) -> None:
    given = ("--as-of", as_of.isoformat(), *(("--param", f"bad_at_most={bad}") if bad != 1 else ()))
    finished = run(tmp_path / "project", JOB, *given, edit=in_zone(zone) if zone != "America/New_York" else None)
    world = World(first, zone, as_of, bad)
    page = assert_true(finished, world)
    assert f"{world.unknown:,} plays of broadcasts by nobody known count in the time" in page
    warned = {"checks.all_have_ended"} if world.running else set()
    assert {subject for subject, (severity, _) in finished.findings.items() if severity != "ok"} == warned


def test_days_without_a_broadcast_and_ids_that_do_not_meet(tmp_path: Path) -> None:
    """Nothing was broadcast, so nothing is told of how well; the limit is one that no ids could reach."""
    finished = run(tmp_path / "project", JOB, "--as-of", "2026-11-04", "--param", "same_people=1")
    world = World(dt.date(2026, 10, 29), "America/New_York", dt.date(2026, 11, 4))
    assert world.rows[-1]["service"] == "Broadcasts"
    assert (world.rows[-1]["minutes"], world.rows[-1]["well"]) == (0, None)
    page = assert_true(finished, world)
    assert "by nobody known" not in page
    assert finished.findings["checks.the_ids_meet"][0] == "warn"


def test_a_room_that_counts_people_and_names_none_is_found(tmp_path: Path) -> None:
    gone = next(one for one in livekit.sessions_of(PROJECT, dt.date(2026, 11, 12).toordinal(), 3) if one.participants)
    given = Faults(livekit_sessions=3, livekit_gone=gone.session_id)
    finished = run(tmp_path / "project", JOB, faults=given)
    assert finished.code == 5
    assert finished.findings["checks.nobody_is_missing"] == ("error", 1)
