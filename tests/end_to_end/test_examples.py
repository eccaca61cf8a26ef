"""Every example, run as the command runs it on one sandbox: its documents, its plan, and its numbers counted again.

What is expected stands in `tests/golden/examples/<job>/` and `tests/golden/plans/examples/`. With
REPORTRUNNER_GOLDEN=write in the environment it is written anew; read what changed before keeping it.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import os
import re
import shutil
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from published import page_words, reduced
from showcase import AS_OF, ROOT, Ran, copy_project, files, run_apart, run_here

from reportrunner.cli.main import run_command
from reportrunner.sandbox import Faults
from reportrunner.sandbox.accounts import account_events
from reportrunner.sandbox.categories import category_of, inside
from reportrunner.sandbox.library import captions, items
from reportrunner.sandbox.livekit_universe import sessions_of
from reportrunner.sandbox.people import ANONYMOUS, people, roster
from reportrunner.sandbox.polls import poll_answers
from reportrunner.sandbox.universe import WHOLE, Event, events

GOLDEN = Path(__file__).parents[1] / "golden"
FOLDER = "jobs/examples"
JOBS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / FOLDER).rglob("*.toml"))
ACTION = "jobs/examples/kaltura/actions/order-captions.toml"
LARGE = "jobs/examples/kaltura/large.toml"
NEW_YORK = ZoneInfo("America/New_York")
NOW = dt.datetime(2026, 11, 16, 12, tzinfo=dt.UTC).timestamp()
"""The sandbox's clock: what is on air, and how far its log of beacons goes back."""
LIVE = ("1_earn1", "1_quest1", "1_town1")
WARNED = {
    "jobs/examples/cloudflare/meetings.toml": {"checks.recordings_are_whole"},
    "jobs/examples/kaltura/beacons.toml": {"checks.both_streams_at_once"},
    "jobs/examples/rest/issues.toml": {"checks.nobody_waits_for_a_month"},
    "jobs/examples/rest/merged.toml": {"checks.reviewed"},
}
"""Warnings that an example is there to show."""


def name_of(job: str) -> str:
    return job.removeprefix(f"{FOLDER}/").removesuffix(".toml").replace("/", "-")


@dataclass(frozen=True)
class Ended:
    """All examples after one run."""

    ran: Ran

    def folder(self, job: str) -> Path:
        """Where a job's one run was published."""
        (found,) = (self.ran.folder / job.removeprefix(f"{FOLDER}/").removesuffix(".toml")).iterdir()
        return found

    def rows(self, job: str, file: str, of: str = "kaltura") -> list[dict[str, str]]:
        """A CSV that an example published."""
        text = (self.folder(f"{FOLDER}/{of}/{job}.toml") / file).read_text("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = copy_project(tmp_path_factory.mktemp("examples"))
    shutil.copytree(ROOT / FOLDER, made / FOLDER)
    return made


@pytest.fixture(scope="module")
def ended(project: Path) -> Ended:
    """One worker, so that the sandbox numbers what is ordered in one order; both clocks stand still."""
    with patch("reportrunner.cli.live.wall_clock", lambda: dt.datetime.fromtimestamp(NOW, dt.UTC)):
        ran = run_here(project, "--workers", "1", job=FOLDER, clock=lambda: NOW)
    return Ended(ran)


def told(folder: Path) -> dict[str, str]:
    """What a run published, as it is compared."""
    found = {}
    for name, content in files(folder).items():
        text = content.decode()
        if name == "manifest.toml":
            found[name] = reduced(text)
        elif name.endswith(".html"):
            found[name.removesuffix(".html") + ".txt"] = page_words(text)
        elif name != "run.json":
            found[name] = text
    return found


def compare(place: Path, found: Mapping[str, str]) -> None:
    if os.environ.get("REPORTRUNNER_GOLDEN") == "write":
        shutil.rmtree(place, ignore_errors=True)
        for name, text in found.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(text.encode())
    assert found == {name: content.decode() for name, content in files(place).items()}


@pytest.mark.parametrize("job", JOBS, ids=name_of)
def test_what_an_example_publishes(job: str, ended: Ended) -> None:
    folder = ended.folder(job)
    record = json.loads((folder / "run.json").read_text("utf-8"))
    assert record["exit_code"] == 0
    found = [one for one in record["findings"] if one["severity"] != "ok"]
    assert {one["severity"] for one in found} <= {"warn"}
    assert {one["subject"] for one in found} == WARNED.get(job, set())
    compare(GOLDEN / "examples" / name_of(job), told(folder))


@pytest.mark.parametrize("job", JOBS, ids=name_of)
def test_an_example_has_no_warning(job: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["validate", str(project / job), "--as-of", AS_OF]) == 0
    assert re.search(r": valid, \d+ datasets?, \d+ checks?, \d+ outputs?$", capsys.readouterr().err.rstrip())


@pytest.mark.parametrize("job", JOBS, ids=name_of)
def test_what_an_example_would_ask(
    job: str, project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    assert run_command(["plan", job, "--sandbox", "--as-of", AS_OF]) == 0
    compare_text(GOLDEN / "plans" / "examples" / f"{name_of(job)}.txt", capsys.readouterr().out)


def compare_text(file: Path, found: str) -> None:
    if os.environ.get("REPORTRUNNER_GOLDEN") == "write":
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(found, "utf-8")
    assert found == file.read_text("utf-8")


@pytest.mark.parametrize("job", JOBS, ids=name_of)
def test_an_example_is_read_in_a_minute(job: str) -> None:
    text = (ROOT / job).read_text("utf-8")
    data = tomllib.loads(text)
    assert data["title"].endswith("?")
    assert data.get("checks")
    assert text.count("#") >= 2, "a comment says which trap is avoided"
    assert len(text.splitlines()) <= 110
    assert max(map(len, text.splitlines())) <= 250
    for param in data.get("params", {}).values():
        assert param["help"]
        assert "default" in param


def test_nothing_expected_is_left_over_from_an_example_that_is_gone() -> None:
    names = {name_of(job) for job in JOBS}
    assert {path.name for path in (GOLDEN / "examples").iterdir()} == names
    assert {path.stem for path in (GOLDEN / "plans" / "examples").iterdir()} == names


def test_an_api_is_defined_once_for_all_its_jobs() -> None:
    """And by one file, whose hash the project file has."""
    jobs = [tomllib.loads((ROOT / job).read_text("utf-8")) for job in JOBS if "/rest/" in job]
    asked = Counter(d["source"] for job in jobs for d in job["datasets"].values() if "source" in d)
    assert (len(jobs), set(asked)) == (5, {"payments", "codehost", "helpdesk"})
    sources = tomllib.loads((ROOT / "reportrunner.toml").read_text("utf-8"))["sources"]
    for name in asked:
        assert "endpoints" not in sources[name]
        file = ROOT / sources[name]["include"]["file"]
        assert hashlib.sha256(file.read_bytes()).hexdigest() == sources[name]["include"]["sha256"]


# --- the numbers, counted again ------------------------------------------------------------------------------------


def midnight(day: str) -> int:
    return int(dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), NEW_YORK).timestamp())


def plays(first: str, end: str, *entries: str, vod: bool = False) -> list[Event]:
    """The plays of whole days in New York; `end` is the first day that does not count."""
    found = events(frozenset(entries) or None, midnight(first), midnight(end))
    return [one for one in found if not vod or one.playback == "vod"]


def minutes(of: Iterable[Event]) -> Decimal:
    return Decimal(sum(one.watched for one in of)) / 60


def test_table(ended: Ended) -> None:
    rows = {row["plays"]: row for row in ended.rows("table", "ranking.csv")}
    assert len(rows) == 5
    for entry in ("1_gdpr1", "1_gdpr2", "1_fire1", "1_phis1", "1_code1"):
        mine = plays("2026-10-01", "2026-11-01", entry)
        row = rows[str(len(mine))]
        assert Decimal(row["minutes_viewed"]) == minutes(mine)
        seen = Decimal(sum(one.completion for one in mine)) / WHOLE / len(mine)
        assert abs(Decimal(row["seen"]) - seen) < Decimal("1e-11")


def test_total(ended: Ended) -> None:
    rows = ended.rows("total", "comparison.csv")
    assert [row["month"] for row in rows] == ["2026-09", "2026-10"]
    months = (plays("2026-09-01", "2026-10-01"), plays("2026-10-01", "2026-11-01"))
    for row, mine in zip(rows, months, strict=True):
        assert int(row["plays"]) == len(mine)
        assert int(row["viewers"]) == len({one.user_id for one in mine} - {ANONYMOUS})
        assert Decimal(row["minutes_viewed"]) == minutes(mine)
    change = Decimal(100) * (len(months[1]) - len(months[0])) / len(months[0])
    assert abs(Decimal(rows[1]["percent_more_plays"]) - change) <= Decimal("0.05")


def test_earnings(ended: Ended) -> None:
    rows = ended.rows("earnings", "quarters.csv")
    assert [row["quarter"] for row in rows] == ["FY26-Q3", "FY27-Q3"]
    for row, year in zip(rows, (2025, 2026), strict=True):
        mine = plays(f"{year}-08-01", f"{year}-11-01")
        assert int(row["plays"]) == len(mine)
        assert int(row["viewers"]) == len({one.user_id for one in mine} - {ANONYMOUS})
    days = Counter(
        f"{dt.datetime.fromtimestamp(one.at, NEW_YORK):%Y-%m-%d}" for one in plays("2026-11-07", "2026-11-16")
    )
    rows = ended.rows("earnings", "around_the_call.csv")
    assert {row["day"]: int(row["plays"]) for row in rows} == days
    assert [int(row["days_from_call"]) for row in rows] == list(range(-4, 5))


def test_graphs(ended: Ended) -> None:
    mine = plays("2026-10-19", "2026-11-16", vod=True)
    days = Counter(dt.datetime.fromtimestamp(one.at, NEW_YORK).strftime("%A") for one in mine)
    rows = ended.rows("graphs", "weekdays.csv")
    assert {row["weekday"]: int(row["plays"]) for row in rows} == days
    assert [int(row["hours"]) for row in rows] == [96] * 6 + [97]


def test_dashboard(ended: Ended) -> None:
    rows = ended.rows("dashboard", "entries.csv")
    of: dict[str, list[Event]] = defaultdict(list)
    for one in plays("2026-10-01", "2026-11-01", vod=True):
        if category_of(one.entry_id) in inside(4001):
            of[one.entry_id].append(one)
    assert {row["object_id"]: int(row["count_plays"]) for row in rows} == {entry: len(his) for entry, his in of.items()}
    for row in rows:
        assert Decimal(row["sum_time_viewed"]) == minutes(of[row["object_id"]])


def test_webcast(ended: Ended) -> None:
    start = midnight("2026-11-11") + 11 * 3600
    seconds: dict[str, Counter[str]] = defaultdict(Counter)
    for one in events(frozenset({"1_town1"}), start, start + 5400):
        seconds[one.user_id].update({one.playback: one.watched, "all": one.watched})
    rows = {row["user_id"]: row for row in ended.rows("webcast", "people.csv")}
    assert set(rows) == set(seconds)
    for user, watched in seconds.items():
        row = rows[user]
        told = [int(row[name]) for name in ("sum_view_time_live", "sum_view_time_dvr", "sum_view_time")]
        assert told == [watched["live"], watched["dvr"], watched["all"]]
    assert len(ended.rows("webcast", "seconds.csv")) == 540


def test_live_events(ended: Ended) -> None:
    rows = {row["entry_id"]: row for row in ended.rows("live-events", "peaks.csv")}
    for entry in LIVE:
        watching = {"live": Counter[int](), "dvr": Counter[int]()}
        for one in plays("2026-11-11", "2026-11-12", entry):
            watching[one.playback].update(range(one.at - one.at % 10, one.at + one.watched, 10))
        both = watching["live"] + watching["dvr"]
        row = rows[entry]
        assert int(row["most_viewers"]) == max(both.values())
        assert both[int(dt.datetime.fromisoformat(row["at"]).timestamp())] == max(both.values())
        assert int(row["most_live"]) == max(watching["live"].values())
        assert int(row["most_delayed"]) == max(watching["dvr"].values())
        assert abs(Decimal(row["hours_watched"]) - Decimal(both.total()) / 360) <= Decimal("0.05")


def test_multi_account(ended: Ended) -> None:
    rows = {row["account"]: row for row in ended.rows("multi-account", "ranking.csv")}
    span = midnight("2026-10-01"), midnight("2026-11-01")
    for partner, account in ((10101, "Lisbon"), (10102, "Oslo"), (10104, "Osaka"), (10105, "Lima")):
        mine = account_events(partner, None, *span)
        assert int(rows[account]["plays"]) == len(mine)
        assert int(rows[account]["viewers"]) == len({one.user_id for one in mine} - {ANONYMOUS})
        assert Decimal(rows[account]["minutes_viewed"]) == minutes(mine)


def test_microservice(ended: Ended) -> None:
    first, end = (int(dt.datetime(2026, 11, day, tzinfo=dt.UTC).timestamp()) for day in (9, 16))
    given = poll_answers(frozenset({"1_gdpr1", "1_gdpr2"}), first, end)
    answers = Counter((one.poll_question, one.answer) for one in given)
    rows = ended.rows("microservice", "answers.csv")
    assert {(row["question"], row["answer"]): int(row["answers"]) for row in rows} == answers


def test_custom_csv(ended: Ended) -> None:
    mine = [one for one in plays("2026-11-09", "2026-11-16", "1_gdpr1", "1_gdpr2") if one.user_id != ANONYMOUS]
    viewers: dict[str, set[str]] = defaultdict(set)
    for one in mine:
        viewers[people()[one.user_id].company.replace(",", " ")].add(one.user_id)
    rows = ended.rows("custom-csv", "companies.csv")
    assert {row["company"]: int(row["people"]) for row in rows} == {c: len(users) for c, users in viewers.items()}
    assert sum(int(row["plays"]) for row in rows) == len(mine)


def test_esearch(ended: Ended) -> None:
    without = {one.entry_id for one in items(0) if not one.live and not captions(one)}
    assert {row["entry_id"] for row in ended.rows("esearch", "missing.csv")} == without


def answered(name: str, at: Callable[[Any], list[Any]]) -> list[Any]:
    """The rows of a source's fixtures, over all its pages."""
    return [
        row
        for file in sorted((ROOT / "apis/fixtures").glob(f"{name}-*.json"))
        for row in at(json.loads(file.read_text()))
    ]


def test_charges(ended: Ended) -> None:
    charges = answered("charges", lambda page: page["data"])
    rows = {row["currency"]: row for row in ended.rows("charges", "taken.csv", "rest")}
    assert set(rows) == {"eur", "usd"}
    for currency, row in rows.items():
        mine = [one for one in charges if one["currency"] == currency]
        cents = {state: sum(o["amount"] for o in mine if o["status"] == state) for state in ("succeeded", "failed")}
        assert (Decimal(row["taken"]), Decimal(row["lost"])) == (
            Decimal(cents["succeeded"]) / 100,
            Decimal(cents["failed"]) / 100,
        )
        assert Decimal(row["refunded"]) == Decimal(sum(one["amount_refunded"] for one in mine)) / 100


def test_balance(ended: Ended) -> None:
    with (ROOT / "apis/fixtures/balance.csv").open(encoding="utf-8") as file:
        told = {(row["reporting_category"], row["currency"]): Decimal(row["net"]) for row in csv.DictReader(file)}
    rows = ended.rows("balance", "balance.csv", "rest")
    assert {(row["reporting_category"], row["currency"]): Decimal(row["net"]) for row in rows} == told


def test_issues(ended: Ended) -> None:
    issues = answered("issues", lambda page: page)
    waiting = {
        one["number"] for one in issues if one["state"] == "open" and not one["assignee"] and "pull_request" not in one
    }
    assert {int(row["number"]) for row in ended.rows("issues", "waiting.csv", "rest")} == waiting


def test_merged(ended: Ended) -> None:
    merged = answered("merged", lambda page: page["data"]["search"]["nodes"])
    sizes = Counter(
        (one["additions"] + one["deletions"] >= 50) + (one["additions"] + one["deletions"] >= 200) for one in merged
    )
    rows = ended.rows("merged", "by_size.csv", "rest")
    assert [int(row["merged"]) for row in rows] == [sizes[size] for size in range(3)]


def test_tickets(ended: Ended) -> None:
    tickets = answered("tickets", lambda page: page["tickets"])
    rows = {row["channel"]: row for row in ended.rows("tickets", "by_channel.csv", "rest")}
    assert {name: int(row["tickets"]) for name, row in rows.items()} == Counter(one["channel"] for one in tickets)
    for name, row in rows.items():
        spans = [
            dt.datetime.fromisoformat(one["solved_at"]) - dt.datetime.fromisoformat(one["created_at"])
            for one in tickets
            if one["channel"] == name and one["solved_at"]
        ]
        mean = sum(spans, dt.timedelta()) / dt.timedelta(hours=len(spans)) if spans else None
        assert (Decimal(row["hours"]) if row["hours"] else None) == (None if mean is None else round(Decimal(mean), 1))


def spread(mine: Iterable[Event]) -> dict[str, list[Any]]:
    """People, plays and minutes by how much a person watched."""
    of: dict[str, list[Event]] = defaultdict(list)
    for one in mine:
        of[one.user_id].append(one)
    found: dict[str, list[Any]] = defaultdict(lambda: [0, 0, Decimal(0)])
    for user, his in of.items():
        told = minutes(his)
        steps = ((60, "under an hour"), (300, "1 to 5 hours"), (600, "5 to 10 hours"))
        name = next((name for most, name in steps if told < most), "10 hours and more")
        if user != ANONYMOUS:
            found[name] = [found[name][0] + 1, found[name][1] + len(his), found[name][2] + told]
    return found


def as_spread(rows: Iterable[Mapping[str, str]]) -> dict[str, list[Any]]:
    return {row["watched"]: [int(row["people"]), int(row["plays"]), Decimal(row["minutes"])] for row in rows}


def test_large(ended: Ended) -> None:
    assert as_spread(ended.rows("large", "spread.csv")) == spread(plays("2026-05-18", "2026-11-16"))


def test_large_is_cut_when_more_rows_come_than_a_table_has(project: Path) -> None:
    crowd = 12_500
    ran = run_here(project, "--param", "days=14", job=LARGE, out="crowd", clock=lambda: NOW, faults=Faults(crowd=crowd))
    assert ran.code == 0, ran.err
    assert ran.sandbox
    rows = list(csv.DictReader(io.StringIO(ran.documents["spread.csv"].decode())))
    mine = account_events(10042, None, midnight("2026-11-02"), midnight("2026-11-16"), crowd)
    assert as_spread(rows) == spread(mine)
    assert sum(int(row["people"]) for row in rows) > crowd


def test_livekit_sessions(ended: Ended) -> None:
    first, end = midnight("2026-11-10") * 10**6, midnight("2026-11-15") * 10**6
    days = range(dt.date(2026, 11, 10).toordinal(), dt.date(2026, 11, 16).toordinal())
    mine = [one for day in days for one in sessions_of("p_4rtnvq8d2kx", day) if first <= one.start < end]
    rooms: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for one in mine:
        stays = [stay for person in one.participants for stay in person.connections]
        billed = sum(-(-(stay.left - stay.joined) // 60_000_000) for stay in stays)
        told = (1, billed, one.billed, len(one.participants))
        rooms[one.room or "(no name)"] = [a + b for a, b in zip(rooms[one.room or "(no name)"], told, strict=True)]
    billing = {row["room"]: row for row in ended.rows("sessions", "billing.csv", "livekit")}
    assert billing.keys() == rooms.keys()
    for room, (sessions, billed, traffic, _) in rooms.items():
        row = billing[room]
        assert (int(row["sessions"]), int(row["billable_minutes"])) == (sessions, billed)
        assert abs(Decimal(row["gigabytes"]) - Decimal(traffic) / 10**9) <= Decimal("0.0005")
    assert len(ended.rows("sessions", "sessions.csv", "livekit")) == len(mine)


def test_livekit_harvest(ended: Ended) -> None:
    """What is remembered of five days is what a job that asks for them is told."""
    rows = ended.rows("harvest", "billing.csv", "livekit")
    assert sum(int(row["sessions"]) for row in rows) > 100
    assert rows == ended.rows("sessions", "billing.csv", "livekit")


def test_joined_attendance(ended: Ended) -> None:
    """Counted from the two universes, person by person: the sessions of rooms, and the plays of the same days."""
    first, end = midnight("2026-11-10"), midnight("2026-11-15")
    days = range(dt.date(2026, 11, 10).toordinal(), dt.date(2026, 11, 16).toordinal())
    rooms: dict[str, dict[str, int]] = defaultdict(dict)
    for one in (one for day in days for one in sessions_of("p_4rtnvq8d2kx", day) if first <= one.start / 10**6 < end):
        for person in one.participants:
            user, stays = person.identity.partition("#")[0], person.connections
            took = sum(stay.left - stay.joined for stay in stays)
            rooms[user][one.session_id] = rooms[user].get(one.session_id, 0) + took
    videos: dict[str, list[Event]] = defaultdict(list)
    for event in plays("2026-11-10", "2026-11-15"):
        videos[event.user_id].append(event)
    rows = ended.rows("attendance", "attendance.csv", "joined")
    assert {row["user_id"]: row["manager"] for row in rows} == {one.user_id: one.manager for one in roster()}
    for row in rows:
        mine, watched = rooms.get(row["user_id"], {}), videos.get(row["user_id"], [])
        assert (int(row["sessions"]), int(row["plays"])) == (len(mine), len(watched))
        assert abs(Decimal(row["room_minutes"]) - Decimal(sum(mine.values())) / 60_000_000) <= Decimal("0.05")
        assert abs(Decimal(row["video_minutes"]) - minutes(watched)) <= Decimal("0.05")
        seen = ("rooms and videos" if watched else "rooms only") if mine else "videos only" if watched else "nowhere"
        assert row["seen"] == seen
    assert Counter(row["seen"] for row in rows).keys() == {"rooms and videos", "rooms only", "videos only", "nowhere"}


def test_livekit_reconnects(ended: Ended) -> None:
    first, end = midnight("2026-11-13") * 10**6, midnight("2026-11-15") * 10**6
    days = range(dt.date(2026, 11, 13).toordinal(), dt.date(2026, 11, 16).toordinal())
    mine = [one for day in days for one in sessions_of("p_4rtnvq8d2kx", day) if first <= one.start < end]
    found: Counter[tuple[str, str, int, Decimal]] = Counter()
    for one in mine:
        for person in one.participants:
            stays = person.connections
            away = sum(after.joined - before.left for before, after in pairwise(stays))
            if len(stays) > 1:
                found[(one.room or "(no name)", person.identity, len(stays) - 1, Decimal(away))] += 1
    rows = ended.rows("reconnects", "gaps.csv", "livekit")
    assert len(rows) == found.total() > 10
    told = sorted((row["room"], row["participant"], int(row["times"])) for row in rows)
    assert told == sorted((room, who, times) for room, who, times, _ in found.elements())
    total = sum((micro for *_, micro in found.elements()), Decimal(0)) / 10**6
    assert abs(sum(Decimal(row["seconds_away"]) for row in rows) - total) <= Decimal("0.05") * len(rows)


def test_an_order_waits_for_a_go_ahead(project: Path) -> None:
    ran = run_apart(project, "--as-of", AS_OF, job=ACTION, out="without")
    assert ran.code == 2
    assert "datasets.orders carries out reach_entryVendorTask.add once for each entry_id" in ran.err
    assert "--allow-actions" in ran.err


def test_an_order_waits_for_its_check(project: Path) -> None:
    ran = run_here(project, "--param", "most=9", job=ACTION, out="held", clock=lambda: NOW)
    assert ran.code == 5
    assert "At most two hours are ordered at once" in ran.err
    assert ran.sandbox
    assert ran.sandbox.count("elasticsearch_esearch.searchEntry") == 1
    assert ran.sandbox.count("reach_entryVendorTask.add") == 0
