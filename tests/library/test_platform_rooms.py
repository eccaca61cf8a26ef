"""jobs/platform/rooms: out of memory, and equal to the sandbox's rooms themselves; days that nobody kept are said."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from platform_words import DAY, day_of, rounded, share, words
from running import Finished, copy_library, in_zone, run

from reportrunner.sandbox import Faults
from reportrunner.sandbox.livekit_universe import MICRO, MINUTE, Session, sessions_of

JOB = "platform/rooms"
PROJECT = "p_4rtnvq8d2kx"
NEW_YORK = "America/New_York"
MONDAY = dt.date(2026, 11, 9)
STORES = ("platform-rooms-sessions", "platform-rooms-quality")


class Seen:
    """A session as it stood at a moment: what was billed, and how its minutes went."""

    def __init__(self, session: Session, now: int, zone: str) -> None:
        stays = [stay for one in session.participants for stay in one.connections if stay.joined <= now]
        self.room = session.room or "(no name)"
        self.day = day_of(session.start / MICRO, zone)
        self.running, self.start = session.end > now, session.start
        self.attempts, self.failed = len(stays) + session.failed, session.failed
        self.minutes = sum(-(-(min(stay.left, now) - stay.joined) // MINUTE) for stay in stays)
        length, sofar = session.end - session.start, min(session.end, now) - session.start
        self.bytes = session.billed * sofar // length
        self.quality = session.quality[: sofar // MINUTE]


class World:
    """The sessions of some days of a zone, as they stood at a moment."""

    def __init__(self, days: Iterable[dt.date], zone: str, now: int, *, bad: int = 1, size: int = 0) -> None:
        self.days, self.bad = list(days), bad
        span = range(self.days[0].toordinal() - 1, self.days[-1].toordinal() + 2)
        seen = [Seen(one, now, zone) for day in span for one in sessions_of(PROJECT, day, size) if one.start < now]
        self.seen = [one for one in seen if one.day in self.days]

    def row(self, seen: list[Seen]) -> dict[str, Any]:
        told = [value for one in seen for value in one.quality]
        bad = sum(value <= self.bad for value in told)
        return {
            "sessions": len(seen),
            "billable_minutes": sum(one.minutes for one in seen),
            "gigabytes": rounded(Fraction(sum(one.bytes for one in seen), 10**9), 3),
            "bad_minutes": bad,
            "quality_minutes": len(told),
            "bad_share": rounded(Fraction(bad, len(told)), 4) if told else None,
            "connection_attempts": sum(one.attempts for one in seen),
            "failed_attempts": sum(one.failed for one in seen),
        }

    def rooms(self) -> list[dict[str, Any]]:
        names = {one.room for one in self.seen}
        rows = [{"room": name, **self.row([one for one in self.seen if one.room == name])} for name in names]
        return sorted(rows, key=lambda row: (-row["billable_minutes"], row["room"]))

    def week(self, monday: dt.date) -> list[dict[str, Any]]:
        rows = []
        for day in (monday + n * DAY for n in range(7)):
            row = self.row([one for one in self.seen if one.day == day])
            kept = day in self.days
            names = ("sessions", "billable_minutes", "bad_share")
            rows.append({"day": str(day), "kept": kept, **{name: row[name] if kept else None for name in names}})
        return rows


def cells(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    plain: dict[str, Any] = {"true": True, "false": False, "": None}

    def cell(name: str, text: str) -> Any:
        return plain[text] if text in plain else text if name in ("room", "day") else Decimal(text)

    return [{name: cell(name, text) for name, text in row.items()} for row in rows]


def moment(day: dt.date, zone: str, hour: int = 0) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), ZoneInfo(zone))


def micro(at: dt.datetime) -> int:
    return int(at.timestamp()) * MICRO


def assert_true(finished: Finished, world: World, monday: dt.date) -> str:
    """Every cell of both files, and the first screen; returns the page's words."""
    assert finished.code == 0, finished.err
    assert cells(finished.rows("rooms.csv")) == world.rooms()
    assert cells(finished.rows("days.csv")) == world.week(monday)
    page, row = words(finished.page("report.html")), world.row(world.seen)
    badly = share(Fraction(row["bad_minutes"], row["quality_minutes"]))
    assert f"{row['billable_minutes']:,} minutes were billed, and {badly} of the time in rooms went badly." in page
    assert f"billed minutes {row['billable_minutes']:,} of {row['sessions']:,} sessions" in page
    assert f"billed traffic {sum(Decimal(each['gigabytes']) for each in world.rooms()):,.1f} GB" in page
    assert f"went badly {badly} {row['bad_minutes']:,} of {row['quality_minutes']:,} minutes" in page
    lost = rounded(Fraction(row["failed_attempts"], row["connection_attempts"]) * 100, 1)
    assert f"of connections failed {lost}% {row['failed_attempts']:,} of {row['connection_attempts']:,}" in page
    return page


def test_the_first_run_says_how_many_days_it_knows(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB)
    now = moment(dt.date(2026, 11, 16), NEW_YORK)
    world = World((dt.date(2026, 11, 11) + n * DAY for n in range(5)), NEW_YORK, micro(now))
    page = assert_true(finished, world, MONDAY)
    assert "5 of 7 days were kept. In these, " in page
    assert "Not kept: Monday, 9 November; Tuesday, 10 November." in page
    assert finished.findings["checks.every_day_was_kept"] == ("warn", 2)
    assert finished.findings["checks.every_end_was_seen"] == ("warn", sum(one.running for one in world.seen))
    assert sum(one.running for one in world.seen) > 0
    kept = tmp_path / "project" / ".reportrunner" / "sandbox" / "history"
    assert sorted(path.name for path in kept.iterdir()) == sorted(STORES)


def test_run_every_day_it_is_whole(tmp_path: Path) -> None:
    """Seven mornings; what ran when it was first seen has its end, and all its minutes, by the next day."""
    size, project = 6, copy_library(tmp_path / "project", JOB)
    job = project / "jobs" / f"{JOB}.toml"
    whole = job.read_text("utf-8")
    harvest = whole.partition("# --- the week, from memory")[0] + '[outputs.seen]\nformat = "csv"\ndataset = "seen"\n'
    for day in (dt.date(2026, 11, 10) + n * DAY for n in range(7)):
        last = day == dt.date(2026, 11, 16)
        job.write_text(whole if last else harvest, "utf-8")  # what six mornings would report, nobody reads here
        at = moment(day, NEW_YORK, 9 if last else 0)
        finished = run(project, JOB, "--as-of", at.isoformat(), faults=Faults(livekit_sessions=size))
        assert finished.code == 0, finished.err
    world = World((MONDAY + n * DAY for n in range(7)), NEW_YORK, micro(at), size=size)
    page = assert_true(finished, world, MONDAY)
    assert "were kept" not in page
    assert "Not kept" not in page
    assert {severity for severity, _ in finished.findings.values()} == {"ok"}
    assert finished.sandbox.count("sessions.get") == sum(one.day > dt.date(2026, 11, 10) for one in world.seen)


def test_another_scale_and_zone_over_the_change_of_the_clock(tmp_path: Path) -> None:
    """Two runs are enough where they overlap; Sunday, 25 October has 25 hours in Berlin."""
    size, monday, zone, project = 6, dt.date(2026, 10, 19), "Europe/Berlin", tmp_path / "project"
    copy_library(project, JOB)
    job = project / "jobs" / f"{JOB}.toml"
    job.write_text(in_zone(zone)(job.read_text("utf-8")), "utf-8")
    for day in (dt.date(2026, 10, 22), dt.date(2026, 10, 26)):
        at = moment(day, zone, 9)
        given = ("--param", "bad_at_most=3", "--as-of", at.isoformat())
        finished = run(project, JOB, *given, faults=Faults(livekit_sessions=size))
    world = World((monday + n * DAY for n in range(7)), zone, micro(at), bad=3, size=size)
    assert_true(finished, world, monday)
    assert {severity for severity, _ in finished.findings.values()} == {"ok"}


def test_a_week_that_nobody_kept_is_no_quiet_week(tmp_path: Path) -> None:
    """On a Saturday the last complete week is beyond what a first run may ask for."""
    finished = run(tmp_path / "project", JOB, "--as-of", "2026-11-14", faults=Faults(livekit_sessions=2))
    assert finished.code == 0, finished.err
    assert "Nothing is known of this week: no run has kept a day of it." in words(finished.page("report.html"))
    assert finished.findings["checks.every_day_was_kept"] == ("warn", 7)
    assert finished.rows("rooms.csv") == []


@pytest.mark.parametrize("store", STORES)
def test_days_whose_file_was_lost_are_no_quiet_days(store: str, tmp_path: Path) -> None:
    """Two runs keep the week; then what the first one kept is lost, and at last the whole history."""
    few, project = Faults(livekit_sessions=2), tmp_path / "project"
    for day in ("2026-11-11", "2026-11-16"):
        finished = run(project, JOB, "--as-of", day, faults=few)
    assert finished.findings["checks.every_day_was_kept"] == ("ok", 0)
    history = project / ".reportrunner" / "sandbox" / "history" / store
    min(history.glob("*.parquet")).unlink()
    lost = run(project, JOB, "--as-of", "2026-11-16", faults=few)
    now = micro(moment(dt.date(2026, 11, 16), NEW_YORK))
    page = assert_true(lost, World((MONDAY + n * DAY for n in range(2, 7)), NEW_YORK, now, size=2), MONDAY)
    assert "5 of 7 days were kept. In these, " in page
    assert "Not kept: Monday, 9 November; Tuesday, 10 November." in page
    assert lost.findings["checks.every_day_was_kept"] == ("warn", 2)
    shutil.rmtree(history)
    again = run(project, JOB, "--as-of", "2026-11-16", faults=few)
    assert [row["kept"] for row in again.rows("days.csv")] == ["false"] * 2 + ["true"] * 5


def test_a_session_whose_details_are_gone_is_found(tmp_path: Path) -> None:
    """It is kept as the list tells of it, and warned of while it is in the week; its neighbours are whole."""
    gone = sessions_of(PROJECT, dt.date(2026, 11, 12).toordinal(), 2)[0]
    given, project = Faults(livekit_sessions=2, livekit_gone=gone.session_id), tmp_path / "project"
    finished = run(project, JOB, faults=given)
    assert finished.code == 5
    assert finished.findings["checks.nothing_is_lost"] == ("error", 1)
    assert finished.findings["checks.every_session_was_billed"] == ("warn", 1)
    later = run(project, JOB, "--as-of", "2026-11-20", faults=given)
    assert (later.code, later.findings["checks.every_session_was_billed"]) == (0, ("warn", 1))
    whole = World([dt.date(2026, 11, 12)], NEW_YORK, micro(moment(dt.date(2026, 11, 20), NEW_YORK)), size=2)
    (day,) = [row for row in later.rows("days.csv") if row["day"] == "2026-11-12"]
    assert (day["kept"], int(day["sessions"])) == ("true", len(whole.seen))
    rest = [one for one in whole.seen if one.start != gone.start]
    assert int(day["billable_minutes"]) == sum(one.minutes for one in rest)


def test_details_that_were_seen_are_not_forgotten_when_they_are_gone(tmp_path: Path) -> None:
    gone = sessions_of(PROJECT, dt.date(2026, 11, 12).toordinal(), 2)[0]
    few, project = Faults(livekit_sessions=2), tmp_path / "project"
    before = run(project, JOB, faults=few).rows("days.csv")
    finished = run(project, JOB, faults=Faults(livekit_sessions=2, livekit_gone=gone.session_id))
    assert finished.findings["checks.nothing_is_lost"] == ("error", 1)
    assert finished.findings["checks.every_session_was_billed"] == ("ok", 0)
    assert finished.rows("days.csv") == before


def test_days_kept_in_another_zone_are_other_days(tmp_path: Path) -> None:
    """In New York 9 and 10 November are kept; those days of Tokyo began 14 hours earlier, and are not."""
    few = Faults(livekit_sessions=2)
    run(tmp_path / "project", JOB, "--as-of", "2026-11-12", faults=few)
    finished = run(
        tmp_path / "project", JOB, "--as-of", "2026-11-16T09:00+09:00", faults=few, edit=in_zone("Asia/Tokyo")
    )
    assert [row["kept"] for row in finished.rows("days.csv")] == ["false"] * 2 + ["true"] * 5
    assert finished.findings["checks.every_day_was_kept"] == ("warn", 2)
