"""Who has not finished: the showcase's answers against the sandbox's own world, computed here in another way."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from showcase import JOB, Ran, copy_project, run_here

from reportrunner.sandbox.people import ANONYMOUS
from reportrunner.sandbox.polls import poll_answers
from reportrunner.sandbox.universe import WHOLE, Event, events

NEW_YORK = ZoneInfo("America/New_York")
COURSE = {"1_gdpr1": "GDPR basics", "1_gdpr2": "Data subjects"}
REQUIRED = Decimal("0.9")


@dataclass(frozen=True)
class World:
    """What the sandbox's people did, seen from outside its API."""

    campaign: list[Event]
    week: list[Event]
    same_offset: list[Event]
    """Those of the same seven days, each counted from midnight at the offset of the first."""
    polls: int

    @classmethod
    def of(cls, start: dt.date, as_of: dt.date) -> World:
        """The plays from the campaign's first day on, and those of the last complete ISO week, in New York days."""
        monday = as_of - dt.timedelta(days=as_of.weekday() + 7)
        sunday = monday + dt.timedelta(days=7)
        entries = frozenset(COURSE)
        return cls(
            events(entries, _midnight(start, NEW_YORK), _midnight(as_of, NEW_YORK)),
            events(entries, _midnight(monday, NEW_YORK), _midnight(sunday, NEW_YORK)),
            events(entries, _midnight(monday, NEW_YORK), _midnight(monday, NEW_YORK) + 7 * 86_400),
            len(poll_answers(entries, _midnight(monday, dt.UTC), _midnight(sunday, dt.UTC))),
        )

    def completion(self) -> dict[tuple[str, str], int]:
        """How much of an entry a person has seen, in exact parts of the whole."""
        seen: dict[tuple[str, str], int] = defaultdict(int)
        for event in self.campaign:
            seen[event.user_id, event.entry_id] += event.completion
        return seen

    def status(self, roster: list[str]) -> dict[tuple[str, str], str]:
        """The standing of everyone on the roster in every course."""
        seen = self.completion()
        standing = {}
        for user in roster:
            for entry in COURSE:
                done = seen.get((user, entry))
                enough = done is not None and Decimal(done) >= REQUIRED * WHOLE
                standing[user, entry] = "never started" if done is None else "finished" if enough else "in progress"
        return standing


def _midnight(day: dt.date, zone: dt.tzinfo) -> int:
    return int(dt.datetime.combine(day, dt.time(), zone).timestamp())


def roster_of(project: Path) -> list[dict[str, str]]:
    with (project / "data" / "roster.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tables(project: Path) -> dict[str, list[dict[str, Any]]]:
    """Every landed table of the one run, as rows by column name."""
    found = {}
    for file in (project / ".reportrunner" / "runs").glob("*/tables/*.duckdb"):
        with duckdb.connect(str(file), read_only=True) as con:
            con.execute("set TimeZone = 'UTC'")
            described = [row[0] for row in con.execute("describe data").fetchall()]
            names = ", ".join(
                f'cast("{name}" as varchar)' if name.endswith("_at") else f'"{name}"' for name in described
            )
            found[file.stem] = [
                dict(zip(described, row, strict=True)) for row in con.execute(f"select {names} from data").fetchall()
            ]
    return found


def findings(ran: Ran) -> dict[str, tuple[str, int]]:
    """What the run found, by subject: severity and count."""
    record = json.loads((Path(ran.out.strip()) / "run.json").read_text())
    return {found["subject"]: (found["severity"], found["count"]) for found in record["findings"]}


def agree(project: Path, world: World, ran: Ran) -> None:
    """Demand every number of the run from the world."""
    assert ran.code == 0, ran.err
    got = tables(project)
    people = roster_of(project)
    known = [person["user_id"] for person in people]
    standing = world.status(known)

    assert {(row["user_id"], row["entry_id"]): row["status"] for row in got["status"]} == standing
    late = {place: status for place, status in standing.items() if status != "finished"}
    assert {(row["user_id"], row["entry_id"]): row["status"] for row in got["overdue"]} == late
    assert len(got["overdue"]) == len(late)
    with (Path(ran.out.strip()) / "overdue.csv").open(encoding="utf-8", newline="") as file:
        sent = list(csv.DictReader(file))
    assert {(row["user_id"], row["entry_id"]) for row in sent} == set(late)
    assert len(sent) == len(late)

    for row in got["by_course"]:
        statuses = [status for (_, entry), status in standing.items() if entry == row["entry_id"]]
        assert row["assigned"] == len(people)
        for column, status in (
            ("finished", "finished"),
            ("in_progress", "in progress"),
            ("never_started", "never started"),
        ):
            assert row[column] == statuses.count(status)
    assert {row["entry_id"] for row in got["by_course"]} == set(COURSE)
    for row in got["by_manager"]:
        team = {person["user_id"] for person in people if person["manager"] == row["manager"]}
        overdue = [user for (user, _) in late if user in team]
        assert (row["people"], row["overdue_people"]) == (len(team), len(set(overdue)))
        assert row["overdue_courses"] == len(overdue)
    assert {row["manager"] for row in got["by_manager"]} == {person["manager"] for person in people}

    agree_on_viewing(got["progress"], world.campaign)
    agree_on_viewing(got["activity"], world.week)
    for row in got["totals"]:
        mine = [event for event in world.campaign if event.entry_id == row["entry_id"]]
        assert row["count_plays"] == len(mine)
        assert row["sum_time_viewed"] == Decimal(sum(event.watched for event in mine)) / 60
    assert len(got["viewership"]) == len({(event.user_id, event.entry_id) for event in world.same_offset})
    assert len(got["polls"]) == world.polls

    strangers = {event.user_id for event in world.campaign} - set(known) - {ANONYMOUS}
    nameless = {event.entry_id for event in world.campaign if event.user_id == ANONYMOUS}
    found = findings(ran)
    assert found["checks.everyone_known"] == ("warn" if strangers else "ok", len(strangers))
    assert found["checks.nobody_anonymous"] == ("warn" if nameless else "ok", len(nameless))
    assert found["checks.everyone_has_a_standing"] == ("ok", 0)


def agree_on_viewing(rows: list[dict[str, Any]], plays: list[Event]) -> None:
    mine: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in plays:
        mine[event.user_id, event.entry_id].append(event)
    assert {(row["name"], row["entry_id"]) for row in rows} == set(mine)
    assert len(rows) == len(mine)
    for row in rows:
        of = mine[row["name"], row["entry_id"]]
        assert row["count_plays"] == len(of)
        assert row["sum_time_viewed"] == Decimal(sum(event.watched for event in of)) / 60
        seen = min(Decimal(1), Decimal(sum(event.completion for event in of)) / WHOLE)
        assert abs(row["total_completion_rate"] - seen) < Decimal("1e-11")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The showcase without its pages, which say nothing of numbers."""
    made = copy_project(tmp_path)
    text = (made / JOB).read_text()
    (made / JOB).write_text(text[: text.index("[outputs.report]")])
    return made


@pytest.mark.parametrize(
    ("as_of", "start"),
    [
        ("2026-11-16", None),
        ("2026-11-09", None),  # clocks went back a week ago, in the middle of the campaign
        ("2025-03-17", "2025-02-10"),  # and here they went forward
        ("2024-07-18", "2024-05-01"),  # summer, in the middle of a week
    ],
)
def test_every_number_is_the_worlds_own(project: Path, as_of: str, start: str | None) -> None:
    more = ("--param", f"campaign_start={start}") if start else ()
    ran = run_here(project, "--as-of", as_of, *more)
    world = World.of(dt.date.fromisoformat(start or "2026-09-01"), dt.date.fromisoformat(as_of))
    assert len(world.campaign) > 500
    assert len(world.week) > 50
    agree(project, world, ran)


CHANGES = pytest.mark.parametrize(("as_of", "day"), [("2026-11-02", "2026-11-01"), ("2025-03-10", "2025-03-09")])


@CHANGES
def test_a_week_in_which_clocks_change_is_refused_where_one_offset_must_hold(
    project: Path, as_of: str, day: str
) -> None:
    text = (project / JOB).read_text("utf-8")
    (project / JOB).write_text(re.sub(r"(?m)^dst .*\n", "", text), "utf-8")
    ran = run_here(project, "--as-of", as_of, "--param", "campaign_start=2025-02-10")
    assert ran.code == 3
    assert f"the offset of America/New_York changes inside {as_of[:4]}-W" in ran.err
    assert f", on {day}, and custom report 3007 takes one for all its days" in ran.err
    assert 'dst = "one-offset", which counts every day with the offset of the first' in ran.err
    assert ran.sandbox is None
    assert not ran.folder.exists()


@CHANGES
def test_in_such_a_week_the_showcase_has_all_its_numbers_and_says_what_is_an_hour_off(
    tmp_path: Path, as_of: str, day: str
) -> None:
    project = copy_project(tmp_path)
    ran = run_here(project, "--as-of", as_of, "--param", "campaign_start=2025-02-10")
    assert ran.code == 0, ran.err
    page = ran.documents["report.html"].decode()
    assert "every day is counted from midnight at UTC-0" in page
    assert f"the offset of America/New_York changes at {day}" in page
    agree(project, World.of(dt.date(2025, 2, 10), dt.date.fromisoformat(as_of)), ran)


@pytest.fixture
def world() -> World:
    return World.of(dt.date(2026, 9, 1), dt.date(2026, 11, 16))


def test_who_never_started_is_listed_and_who_finished_weeks_ago_is_not(project: Path, world: World) -> None:
    assert run_here(project).code == 0
    got = tables(project)
    late = {(row["user_id"], row["entry_id"]): row["status"] for row in got["overdue"]}
    recent = {(event.user_id, event.entry_id) for event in world.week}
    known = [person["user_id"] for person in roster_of(project)]
    standing = world.status(known)
    never = [place for place, status in standing.items() if status == "never started"]
    early = [place for place, status in standing.items() if status == "finished" and place not in recent]
    assert len(never) > 10
    assert len(early) > 10
    assert all(late[place] == "never started" for place in never)
    assert not set(early) & set(late)


def test_somebody_who_is_taken_off_the_roster_becomes_an_unknown_watcher(project: Path, world: World) -> None:
    file = project / "data" / "roster.csv"
    watched = {event.user_id for event in world.campaign}
    lines = file.read_text("utf-8").splitlines(keepends=True)
    gone = max(number for number, line in enumerate(lines) if line.partition(",")[0] in watched)
    assert gone > len(lines) - 5
    del lines[gone]
    before = findings(run_here(project, out="before"))["checks.everyone_known"][1]
    file.write_text("".join(lines), "utf-8")
    for folder in (project / ".reportrunner" / "runs").iterdir():
        folder.rename(project / f"before-{folder.name}")
    ran = run_here(project)
    agree(project, world, ran)
    assert findings(ran)["checks.everyone_known"] == ("warn", before + 1)


def test_an_id_in_other_letters_is_named_beside_the_one_that_watches(project: Path, world: World) -> None:
    """Nothing is joined by guess: the learner is said to have never started, and an error says why."""
    file = project / "data" / "roster.csv"
    watched = {event.user_id for event in world.campaign}
    lines = file.read_text("utf-8").splitlines(keepends=True)
    first, second = [number for number, line in enumerate(lines) if line.partition(",")[0] in watched][:2]
    lines[first] = lines[first][0].upper() + lines[first][1:]
    lines[second] = lines[second].replace(",", " ,", 1)
    file.write_text("".join(lines), "utf-8")
    ran = run_here(project)
    assert ran.code == 5
    assert findings(ran)["checks.ids_are_as_watched"] == ("error", 2)
    assert findings(ran)["checks.ids_are_whole"] == ("error", 1)


def test_somebody_whom_the_provider_does_not_know_has_never_started(project: Path, world: World) -> None:
    file = project / "data" / "roster.csv"
    added = "new.starter@example.org,New Starter,new.starter@example.org,m.ortega\n"
    file.write_text(file.read_text("utf-8") + added, "utf-8")
    agree(project, world, run_here(project))
    mine = [row for row in tables(project)["overdue"] if row["user_id"] == "new.starter@example.org"]
    assert [(row["entry_id"], row["status"], row["completion"]) for row in mine] == [
        ("1_gdpr1", "never started", 0),
        ("1_gdpr2", "never started", 0),
    ]
