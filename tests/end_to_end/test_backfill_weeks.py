"""Weeks of a job over a sandbox: each once, equal to single runs, killed and continued, one failing and run alone."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from showcase import copy_project, environment, files, parse_faults, point_at

from reportrunner.cli.main import run_command
from reportrunner.publish import STAGING
from reportrunner.sandbox import SANDBOX_ADMIN_SECRET, Sandbox

PLAYS = """
title    = "Plays of a week"
timezone = "America/New_York"

[windows.week]
period = "week"
offset = -1

[datasets.plays]
source   = "kaltura"
endpoint = "report.getTable"
report   = "USER_TOP_CONTENT"
window   = "week"
filters  = { entryIdIn = ["1_gdpr1"], playbackTypeIn = ["vod"] }

[datasets.bandwidth]
source   = "kaltura"
endpoint = "report.getTotal"
report   = "USER_TOP_CONTENT"
window   = "week"
filters  = { entryIdIn = ["1_gdpr2"], playbackTypeIn = ["vod"] }

[outputs.plays]
format  = "csv"
dataset = "plays"
[outputs.bandwidth]
format  = "csv"
dataset = "bandwidth"
"""
JOB = "jobs/plays.toml"
Said = tuple[int, str, str]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = copy_project(tmp_path)
    (project / JOB).write_text(PLAYS)
    return project


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reportrunner.execute.repeat.backoff", lambda *_: 0.01)


@contextmanager
def serving(project: Path, monkeypatch: pytest.MonkeyPatch, *switches: str) -> Iterator[Sandbox]:
    """Turn the project's sources to a sandbox of this process, whose log tells what it was asked."""
    monkeypatch.setenv("KALTURA_ADMIN_SECRET", SANDBOX_ADMIN_SECRET)
    text = (project / "reportrunner.toml").read_text()
    with Sandbox(clock=time.time, faults=parse_faults(switches)) as sandbox:
        point_at(project, sandbox.base_url)
        yield sandbox
    (project / "reportrunner.toml").write_text(text)


def called(*arguments: str) -> Said:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run_command(arguments)
    return code, out.getvalue(), err.getvalue()


def days(first: str, count: int) -> tuple[str, ...]:
    last = date.fromisoformat(first) + timedelta(weeks=count, days=-1)
    return ("--from", first, "--to", last.isoformat())


def backfill(project: Path, *more: str) -> Said:
    return called("backfill", str(project / JOB), "--out", str(project / "out"), *more)


def singly(project: Path, first: str, count: int, *more: str) -> None:
    for week in range(1, count + 1):
        as_of = (date.fromisoformat(first) + timedelta(weeks=week)).isoformat()
        single = ("--as-of", as_of, "--out", str(project / "single"), *more)
        assert called("run", str(project / JOB), *single)[0] == 0


def documents(folder: Path) -> dict[str, bytes]:
    """Everything published, but what differs from run to run."""
    return {name: content for name, content in files(folder).items() if not name.endswith("run.json")}


def asked(sandbox: Sandbox) -> Counter[str]:
    """How often the sandbox answered the table of each week, by the day on which the week begins."""
    found: Counter[str] = Counter()
    for record in sandbox.log:
        named = dict(record.parameters)
        if record.status == 200 and not record.outcome and "report.getTable" in record.calls:
            (start,) = {value for name, value in named.items() if name.endswith("reportInputFilter.fromDate")}
            found[datetime.fromtimestamp(int(start), UTC).date().isoformat()] += 1
    return found


def test_weeks_across_a_change_of_the_clock_equal_single_runs(project: Path) -> None:
    code, out, err = backfill(project, *days("2026-10-19", 3), "--sandbox")
    assert code == 0, err
    assert sorted(Path(line).name for line in out.splitlines()) == ["2026-W43", "2026-W44", "2026-W45"]
    singly(project, "2026-10-19", 3, "--sandbox")
    assert documents(project / "out") == documents(project / "single")
    manifest = (project / "out/plays/2026-W44/manifest.toml").read_text()
    assert 'start = "2026-10-26T00:00:00-04:00"' in manifest
    assert 'end = "2026-11-02T00:00:00-05:00"' in manifest


def test_each_record_tells_the_requests_of_its_own_run(project: Path) -> None:
    assert backfill(project, *days("2026-10-19", 2), "--sandbox")[0] == 0
    for label in ("2026-W43", "2026-W44"):
        record: dict[str, Any] = json.loads((project / "out/plays" / label / "run.json").read_text())
        assert {sent["run"] for sent in record["requests"]} == {"", f"plays {label}"}
        assert {sent["dataset"] for sent in record["requests"]} >= {"plays, bandwidth"}
    kept = {path.parent.name for path in (project / ".reportrunner").glob("runs/*/run.json")}
    assert len(kept) == 2


def one_by_one(project: Path) -> None:
    """Have every call go alone, so that a fault of an action strikes it."""
    file = project / "reportrunner.toml"
    file.write_text(file.read_text().replace("[sources.kaltura]\n", "[sources.kaltura]\nenvelope = 1\n"))


def test_one_week_that_fails_is_listed_and_run_alone(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one_by_one(project)
    weeks = days("2024-03-04", 3)
    with serving(project, monkeypatch, "http_500=report.getTable:6") as sandbox:
        code, out, err = backfill(project, *weeks, "--jobs", "1", "--workers", "1")
        assert code == 4, err
        assert [Path(line).name for line in out.splitlines()] == ["2024-W11", "2024-W12"]
        lines = err.splitlines()
        assert "  2 published, 1 failed" in lines
        (failed,) = [line for line in lines if line.startswith("  ✗ ")]
        assert failed.startswith("  ✗ 2024-W10  exit 4: datasets.plays, step fetch: kaltura ")
        assert " --as-of 2024-03-11 " in lines[lines.index(failed) + 1]
        assert asked(sandbox) == {"2024-03-11": 1, "2024-03-18": 1}
        code, out, err = backfill(project, *weeks)
        assert (code, [Path(line).name for line in out.splitlines()]) == (0, ["2024-W10"]), err
        assert asked(sandbox) == {"2024-03-04": 1, "2024-03-11": 1, "2024-03-18": 1}


def test_a_rate_holds_over_all_periods(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = project / "reportrunner.toml"
    file.write_text(file.read_text().replace('rate = "20/1s"', 'rate = "4/1s"', 1))
    with serving(project, monkeypatch) as sandbox:
        started = time.monotonic()
        assert backfill(project, *days("2024-03-04", 6), "--jobs", "6")[0] == 0
        assert time.monotonic() - started > 1
        assert sum(asked(sandbox).values()) == 6


KILLED = """
import os, signal, sys
from reportrunner import publish
from reportrunner.cli.main import run_command
left = int(os.environ.pop("WEEKS"))
real = publish._switch
def dying(*arguments):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments)
publish._switch = dying
sys.exit(run_command(sys.argv[1:]))
"""


def killed(project: Path, weeks: int, *more: str) -> None:
    """Run a backfill that dies while it publishes, when so many weeks are published."""
    arguments = [sys.executable, "-c", KILLED, "backfill", str(project / JOB), "--out", str(project / "out"), *more]
    environ = environment(WEEKS=str(weeks))
    done = subprocess.run(arguments, cwd=project, env=environ, capture_output=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    left = sorted(path.name for path in (project / "out/plays").iterdir())
    assert len([name for name in left if not name.startswith(STAGING)]) == weeks
    assert len([name for name in left if name.startswith(STAGING)]) == 1


@pytest.mark.parametrize(("count", "dies"), [(3, 1), pytest.param(26, 13, marks=pytest.mark.full)])
def test_weeks_that_are_killed_halfway_and_continued_are_each_there_once_and_equal_single_runs(
    project: Path, monkeypatch: pytest.MonkeyPatch, count: int, dies: int
) -> None:
    weeks = days("2024-02-05", count)
    with serving(project, monkeypatch) as sandbox:
        killed(project, dies, *weeks)
        before = documents(project / "out")
        code, out, err = backfill(project, *weeks)
        assert code == 0, err
        assert len(out.splitlines()) == count - dies
        assert f"  {count - dies} published, {dies} done already" in err.splitlines()
        assert backfill(project, *weeks)[1] == ""
        published = sorted(path.name for path in (project / "out/plays").iterdir())
        assert len(published) == count
        assert not [name for name in published if ".r" in name or name.startswith(STAGING)]
        now = documents(project / "out")
        assert {name: content for name, content in now.items() if name in before} == {
            name: content for name, content in before.items() if STAGING not in name
        }
        every = asked(sandbox)
        assert len(every) == count
        assert sum(every.values()) <= count + 4  # what was on its way when it died is asked again, and nothing else
        singly(project, "2024-02-05", count)
    assert now == documents(project / "single")


def test_an_interrupted_backfill_says_what_is_left_and_goes_on(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weeks = days("2024-03-04", 3)
    with serving(project, monkeypatch, "delay_seconds=1"):
        arguments = ["backfill", str(project / JOB), "--out", str(project / "out"), *weeks, "--jobs", "1"]
        process = subprocess.Popen(
            [sys.executable, "-m", "reportrunner", *arguments],
            cwd=project, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 130, err
        assert err.splitlines()[-1] == "interrupted"
        done = len([first, *out.splitlines()])
        assert f"  {done} published, {3 - done} not run" in err.splitlines()
        assert "the same command runs what is missing, and nothing else:" in err.splitlines()
        code, out, err = backfill(project, *weeks)
        assert (code, len(out.splitlines())) == (0, 3 - done), err


def test_services_that_answer_by_the_day_are_asked_on_the_day_of_each_run(project: Path) -> None:
    (project / "jobs/calls.toml").write_text(
        'title = "Calls of a day"\ntimezone = "UTC"\n[windows.day]\nperiod = "day"\n'
        '[datasets.sessions]\nsource = "livekit"\nendpoint = "sessions.list"\nwindow = "day"\n'
        '[outputs.sessions]\nformat = "csv"\ndataset = "sessions"\n'
    )
    job, out = str(project / "jobs/calls.toml"), ("--out", str(project / "out"))
    code, said, err = called("backfill", job, "--from", "2026-10-30", "--to", "2026-10-31", "--sandbox", *out)
    assert code == 0, err
    assert len(said.splitlines()) == 2


def test_a_missing_secret_is_told_once_and_runs_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KALTURA_ADMIN_SECRET", raising=False)
    code, out, err = backfill(project, *days("2024-03-04", 3))
    assert (code, out) == (3, "")
    assert err.count("KALTURA_ADMIN_SECRET") == 1
    assert "  3 not run" in err.splitlines()


HISTORY = """
[windows.before]
last = "14 days"
[datasets.kept]
sql        = "select {{ windows.week.first_day }} as week, count(*) as users from plays"
accumulate = { key = ["week"], into = "history/plays", window = "week" }
[datasets.seen]
history = "history/plays"
window  = "before"
at      = "week"
columns = { week = "date", users = "integer" }
accept  = { "history.missing_days" = "the first week has none before it" }
[outputs.seen]
format  = "csv"
dataset = "seen"
"""


@pytest.mark.full
def test_what_one_week_keeps_the_next_reads_back_as_single_runs_would(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (copy_project(tmp_path / name) / JOB).write_text(PLAYS + HISTORY)
    code, out, err = backfill(tmp_path / "a", *days("2026-10-05", 3), "--sandbox", "--jobs", "4")
    assert code == 0, err
    assert [Path(line).name for line in out.splitlines()] == ["2026-W41", "2026-W42", "2026-W43"]
    rows = (tmp_path / "a/out/plays/2026-W43/seen.csv").read_text().splitlines()
    assert [row.partition(",")[0] for row in rows] == ["week", "2026-10-12", "2026-10-19"]
    singly(tmp_path / "b", "2026-10-05", 3, "--sandbox")
    assert documents(tmp_path / "a/out") == documents(tmp_path / "b/single")
