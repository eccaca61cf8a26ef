"""A job that remembers, as the command runs it: day after day, with days missed, runs killed, and secrets planted."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from showcase import ROOT, Ran, environment, files, nothing_published, point_at, run_here, standing
from test_canary import found_in

from reportrunner.sandbox import CREDENTIALS
from reportrunner.sandbox.livekit_universe import Session, sessions_of

JOB = "jobs/daily.toml"
PROJECT = "p_4rtnvq8d2kx"
ZONE = ZoneInfo("America/New_York")
STORE = ".reportrunner/sandbox/history/sessions"
REAL = ".reportrunner/history/sessions"
SECRETS = {
    "LIVEKIT_API_KEY": CREDENTIALS["livekit"]["api_key"],
    "LIVEKIT_API_SECRET": CREDENTIALS["livekit"]["api_secret"],
}
DAILY = """
title    = "Sessions, day by day"
timezone = "America/New_York"
label    = "{{ windows.day.label }}"
[windows.day]
last = "1 day"
[windows.period]
from = 2026-11-02
to   = "as_of"
[datasets.sessions]
source     = "livekit"
endpoint   = "sessions.list"
window     = "day"
accumulate = { key = ["sessionId"], into = "history/sessions" }
[datasets.known]
history = "history/sessions"
window  = "period"
at      = "createdAt"
[outputs.known]
format  = "csv"
dataset = "known"
[outputs.report]
format   = "html"
datasets = ["known"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    made = tmp_path / "project"
    (made / "jobs").mkdir(parents=True)
    text = (ROOT / "reportrunner.toml").read_text("utf-8").partition("\n# APIs of our own")[0]
    (made / "reportrunner.toml").write_text(text)
    (made / JOB).write_text(DAILY)
    return made


def on(project: Path, day: int, *more: str) -> Ran:
    """Run the job as of the start of a day of November: it harvests the day before."""
    return run_here(project, "--as-of", f"2026-11-{day:02}", *more, job=JOB)


def told(ran: Ran) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(ran.documents["known.csv"].decode("utf-8-sig"))))


def truth(days: Iterable[int]) -> list[str]:
    """The ids of the sessions that began on these days of November in New York, told by the universe itself."""
    found: list[Session] = []
    for day in days:
        start, end = (int(dt.datetime(2026, 11, n, tzinfo=ZONE).timestamp()) * 1_000_000 for n in (day, day + 1))
        utc = dt.date(2026, 11, day).toordinal()
        found += [one for n in (utc, utc + 1) for one in sessions_of(PROJECT, n) if start <= one.start < end]
    return sorted(one.session_id for one in found)


def missing(ran: Ran) -> list[str]:
    findings = tomllib.loads(ran.documents["manifest.toml"].decode())["datasets"]["known"]["findings"]
    return [one["message"] for one in findings if one["code"] == "history.missing_days"]


def test_a_missed_day_is_named_and_healed_and_no_session_counts_twice(project: Path) -> None:
    first = on(project, 3)
    assert first.code == 0
    assert ", kept in history/sessions\n" in first.err
    missed = on(project, 5)
    assert missed.code == 5
    assert missing(missed) == ["no run has kept these days: 2026-11-03"]
    assert sorted(row["sessionId"] for row in told(missed)) == truth([2, 4])
    assert b"missing: 2026-11-03" in missed.documents["report.html"]
    assert on(project, 4).code == 0
    healed = on(project, 5)
    assert (healed.code, missing(healed)) == (0, [])
    assert sorted(row["sessionId"] for row in told(healed)) == truth([2, 3, 4])
    assert b"kept by runs as of 3 moments, over 2026-11-02 to 2026-11-04" in healed.documents["report.html"]


def test_a_job_sees_the_same_beside_one_of_another_zone(project: Path) -> None:
    """The days of Tokyo begin fourteen hours earlier: what had not begun there yet would be missing here."""
    (project / "jobs/other.toml").write_text(DAILY.replace("America/New_York", "Asia/Tokyo").replace("/ses", "/their"))
    assert on(project, 3, str(project / "jobs/other.toml")).code == 0
    told = (project / "out/daily/2026-11-02/known.csv").read_text("utf-8-sig")
    assert sorted(row["sessionId"] for row in csv.DictReader(io.StringIO(told))) == truth([2])


@pytest.mark.full
def test_ten_days_with_one_missed(project: Path) -> None:
    """And a rerun gives the same bytes, and one as of an earlier day those of that day."""
    days = range(3, 13)
    ran = {day: on(project, day) for day in days if day != 9}
    assert {day: one.code for day, one in ran.items()} == {day: 0 if day < 9 else 5 for day in ran}
    last = ran[12]
    assert missing(last) == ["no run has kept these days: 2026-11-08"]
    assert sorted(row["sessionId"] for row in told(last)) == truth([*range(2, 8), *range(9, 12)])
    for day in (12, 6):
        assert on(project, day).documents == ran[day].documents
    assert on(project, 9).code == 0
    healed = on(project, 12)
    assert healed.code == 0
    assert sorted(row["sessionId"] for row in told(healed)) == truth(range(2, 12))


def test_what_still_ran_is_replaced_by_what_is_seen_later(project: Path) -> None:
    text = DAILY.replace('last = "1 day"', 'from = 2026-11-02\nto = "as_of"')
    (project / JOB).write_text(text.replace('label    = "{{ windows.day.label }}"\n', ""))
    noon = run_here(project, "--as-of", "2026-11-02T12:00", job=JOB)
    running = {row["sessionId"] for row in told(noon) if not row["endedAt"]}
    assert (noon.code, bool(running)) == (0, True)
    later = run_here(project, "--as-of", "2026-11-02T18:00", job=JOB)
    ended = {row["sessionId"]: row["endedAt"] for row in told(later)}
    assert all(ended[one] for one in running)
    assert len(ended) > len(told(noon))
    assert run_here(project, "--as-of", "2026-11-02T12:00", job=JOB).documents == noon.documents


def test_who_only_looks_keeps_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def looks(*arguments: str) -> int:
        from reportrunner.cli.main import run_command

        return run_command([arguments[0], str(project / arguments[1]), *arguments[2:]])

    assert looks("validate", JOB) == 0
    assert looks("plan", JOB, "--sandbox", "--as-of", "2026-11-03") == 0
    assert looks("peek", "jobs/daily.known", "--sandbox", "--as-of", "2026-11-03") == 0
    told, said = capsys.readouterr()
    assert told.endswith("0 rows\n")
    assert "! no run has kept these days: 2026-11-02\n" in said
    assert '! what was fetched of dataset "sessions" is not among them: peek keeps nothing\n' in said
    assert not (project / ".reportrunner/sandbox").exists()


DOUBTFUL = """
[datasets.few]
sql        = "select * from sessions where false"
empty      = "error"
accumulate = { key = ["sessionId"], into = "history/few", window = "day" }
[datasets.counted]
sql        = "select count(*) as n from few"
accumulate = { key = ["n"], into = "history/counted", window = "day" }
[outputs.few]
format  = "csv"
dataset = "few"
"""


def test_nothing_is_kept_of_what_is_in_doubt_or_made_of_it(project: Path) -> None:
    (project / JOB).write_text(DAILY + DOUBTFUL)
    ran = on(project, 3)
    assert ran.code == 5
    datasets = tomllib.loads(ran.documents["manifest.toml"].decode())["datasets"]
    why = "nothing was kept: empty in datasets.few, no rows came back"
    for name in ("few", "counted"):
        assert why in [one["message"] for one in datasets[name]["findings"]]
        assert "kept" not in datasets[name]
    assert datasets["sessions"]["kept"]["into"] == "history/sessions"
    assert [path.name for path in (project / STORE).parent.iterdir()] == ["sessions"]
    (project / JOB).write_text(DAILY + DOUBTFUL.replace('"error"', '"error"\naccept = { empty = "a test" }'))
    assert on(project, 3).code == 0
    assert sorted(path.name for path in (project / STORE).parent.iterdir()) == ["counted", "few", "sessions"]


BY_SQL = DAILY.replace('accumulate = { key = ["sessionId"], into = "history/sessions" }', "").replace(
    "[datasets.known]",
    """[datasets.details]
source   = "livekit"
endpoint = "sessions.get"
each     = { dataset = "sessions", column = "sessionId" }
id       = "{{ each }}"
[datasets.seen]
sql        = 'select s."sessionId", s."createdAt", d.bandwidth from sessions s join details d using ("sessionId")'
accumulate = { key = ["sessionId"], into = "history/sessions", window = "day" }
[datasets.known]
columns = { sessionId = "string", createdAt = "timestamp" }""",
)
FROM = "livekit sessions.list at cloud-api.livekit.io"
MADE_OF = (
    'made of "livekit sessions.get at cloud-api.livekit.io {0}" and "livekit sessions.list at cloud-api.livekit.io {0}"'
)


@pytest.mark.parametrize(
    ("job", "said"),
    [
        (DAILY, f'rows are from "{FROM} {PROJECT}", not "{FROM} p_another"'),
        (BY_SQL, f"rows are {MADE_OF.format(PROJECT)}, not of {MADE_OF.format('p_another')[8:]}"),
    ],
)
def test_rows_of_another_account_do_not_join_a_history(project: Path, job: str, said: str) -> None:
    """Whether an endpoint feeds it or SQL does: the numbers of two accounts would be one week's."""
    (project / JOB).write_text(job)
    assert on(project, 3).code == 0
    (kept,) = (project / STORE).iterdir()
    text = (project / "reportrunner.toml").read_text()
    (project / "reportrunner.toml").write_text(text.replace(PROJECT, "p_another"))
    refused = on(project, 4)
    assert refused.code == 3
    assert f"the history is of other rows: in {kept}, {said}\n" in refused.err
    assert refused.err.count("help: go into another history, or move the old one away") == 1
    assert list((project / STORE).iterdir()) == [kept]
    assert [path.name for path in refused.folder.iterdir()] == ["2026-11-02"]
    kept.rename(project / kept.name)
    assert on(project, 4).code == 5  # the second is missing now, and said to be
    (project / "reportrunner.toml").write_text(text)
    assert on(project, 4).code == 3


def test_a_run_that_is_killed_before_it_has_kept_leaves_nothing_half(project: Path) -> None:
    script = (
        "import os, sys; from reportrunner.history import store; store._name = lambda *_: os._exit(9);"
        "from reportrunner.cli.main import run_command; sys.exit(run_command(sys.argv[1:]))"
    )
    arguments = ["run", JOB, "--sandbox", "--as-of", "2026-11-03"]
    killed = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=project, env=environment(), capture_output=True, check=False
    )
    assert killed.returncode == 9
    assert list((project / STORE).glob("*.parquet")) == []
    again = on(project, 3)
    assert again.code == 0
    assert sorted(row["sessionId"] for row in told(again)) == truth([2])
    assert [path.suffix for path in (project / STORE).iterdir()] == [".parquet"]


def test_a_sibling_that_fails_takes_nothing_from_memory(project: Path) -> None:
    (project / "data").mkdir()
    (project / "data/bad.csv").write_text("n\nx\n")
    bad = '[datasets.bad]\nfile = "data/bad.csv"\ncolumns = { n = "integer" }\n'
    (project / JOB).write_text(f'{DAILY}{bad}[outputs.bad]\nformat = "csv"\ndataset = "bad"\n')
    ran = on(project, 3)
    assert ran.code == 3
    assert nothing_published(ran)
    assert len(list((project / STORE).glob("*.parquet"))) == 1


@pytest.mark.full
def test_an_archive_holds_what_is_real_and_the_stand_in_stays_away(project: Path) -> None:
    archive = project.parent / "archive"
    with (project / "reportrunner.toml").open("a") as file:
        file.write('\n[archive]\nfolder = "../archive"\n')
    assert on(project, 3).code == 0
    assert not archive.exists()
    with standing() as (url, _):
        point_at(project, url)
        today = dt.datetime.now(ZONE).date()
        (project / JOB).write_text(DAILY.replace("2026-11-02", f"{today - dt.timedelta(days=1)}"))
        run = [sys.executable, "-m", "reportrunner", "run", JOB, "--as-of", f"{today}"]
        environ = environment(**SECRETS)
        away = subprocess.run(run, cwd=project, env=environ, capture_output=True, text=True, check=False)
        archive.mkdir()
        there = subprocess.run(run, cwd=project, env=environ, capture_output=True, text=True, check=False)
    assert (away.returncode, "is not there: make it, or mount it" in away.stderr) == (6, True), away.stderr
    assert there.returncode == 0, there.stderr
    assert len(list((archive / "history/sessions").glob("*.parquet"))) == 1
    assert not (project / REAL).exists()


PLANTED = str(Path(__file__).with_name("planted_livekit.py"))


def test_no_secret_is_remembered(project: Path, tmp_path: Path) -> None:
    today = dt.datetime.now(ZONE).date()
    text = DAILY.replace("2026-11-02", f"{today - dt.timedelta(days=1)}")
    accept = 'accept = { secret_in_reply = "rooms are not looked at" }\n'
    text = text.replace("[datasets.known]", f"{accept}[datasets.known]")
    (project / JOB).write_text(text)
    told_tokens = tmp_path / "tokens"
    told_tokens.touch()
    with standing(script=(PLANTED, str(told_tokens))) as (url, _):
        point_at(project, url)
        arguments = [sys.executable, "-m", "reportrunner", "run", JOB, "--as-of", f"{today}"]
        ran = subprocess.run(
            arguments, cwd=project, env=environment(**SECRETS), capture_output=True, text=True, check=False
        )
    assert ran.returncode == 0, ran.stderr
    (kept,) = (project / REAL).glob("*.parquet")
    with duckdb.connect() as con:
        rooms = con.execute('select distinct "roomName" from read_parquet($file)', {"file": str(kept)}).fetchall()
    assert ("room ***",) in rooms
    secrets = [*SECRETS.values(), *told_tokens.read_text().splitlines()]
    assert len(secrets) == 3
    assert found_in(project, {"stdout": ran.stdout, "stderr": ran.stderr}, secrets) == {}
    record = next(content for name, content in files(project).items() if name.endswith("run.json"))
    assert json.loads(record)["kept"] == {"sessions": kept.name}
