"""`backfill` on jobs that ask no provider: what runs, what is skipped, what is said, and which exit code wins."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from reportrunner.cli.main import run_command
from reportrunner.publish import alone

PEOPLE = """
title    = "People of a week"
timezone = "Europe/Berlin"
label    = "{{ windows.week.label }}"

[windows.week]
period = "week"
offset = -1

[datasets.people]
rows = [{ week = "{{ windows.week.label }}", day = "{{ windows.week.first_day }}" }]

[outputs.people]
format  = "csv"
dataset = "people"
"""
ONCE = """
[datasets.weeks]
rows = [{ week = "{{ windows.week.label }}", n = 1 }, { week = "2024-W24", n = 2 }]
key  = ["week"]
[outputs.weeks]
format  = "csv"
dataset = "weeks"
"""
"""An error finding in one week, whose key does not name its rows."""
SQL_FAILS = """
[datasets.numbers]
sql = "select cast(case week when '2024-W24' then 'x' else '1' end as integer) as n from people"
[outputs.numbers]
format  = "csv"
dataset = "numbers"
"""
CAMPAIGN = """
[windows.campaign]
from = 2024-06-17
to   = "as_of"
[datasets.days]
rows = [{ days = "{{ windows.campaign.days }}" }]
[outputs.days]
format  = "csv"
dataset = "days"
"""
SHIFTED = """
like = "day"
shift = "{{ as_of | date('-%d days') }}"
[windows.day]
period = "day"
"""
WEEKS = ("--from", "2024-06-03", "--to", "2024-06-23")
LABELS = ["2024-W23", "2024-W24", "2024-W25"]
Said = pytest.CaptureFixture[str]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "reportrunner.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def job(*more: str, text: str = PEOPLE) -> str:
    Path("jobs/people.toml").write_text(text + "".join(more))
    return "jobs/people.toml"


def backfill(*more: str) -> int:
    return run_command(["backfill", "jobs/people.toml", *(WEEKS if "--from" not in more else ()), *more])


def published() -> list[str]:
    return sorted(path.name for path in Path("out/people").iterdir()) if Path("out/people").exists() else []


def record(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(Path("out/people", name, "run.json").read_text())
    return read


def documents(folder: Path) -> dict[str, bytes]:
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: content for name, content in found.items() if not name.endswith("run.json")}


def test_every_period_is_run_and_equals_the_single_run(project: Path, capsys: Said) -> None:
    job()
    assert backfill() == 0
    said = capsys.readouterr()
    assert sorted(said.out.splitlines()) == [f"out/people/{label}" for label in LABELS]
    assert said.err.splitlines()[-2:] == [
        "People of a week  people, 3 periods from 2024-06-03 to 2024-06-23",
        "  3 published",
    ]
    for as_of in ("2024-06-10", "2024-06-17", "2024-06-24"):
        assert run_command(["run", "jobs/people.toml", "--as-of", as_of, "--out", "single"]) == 0
    assert documents(Path("out")) == documents(Path("single"))


def test_what_is_told_of_each_period(project: Path, capsys: Said) -> None:
    job(ONCE)
    assert backfill("--jobs", "1") == 5
    said = capsys.readouterr()
    assert said.out.splitlines() == [f"out/people/{label}" for label in LABELS]
    landed = [f"people {label}: {name} landed" for label in LABELS for name in ("people", "weeks")]
    lines = said.err.splitlines()
    assert sorted(line.partition(",")[0] for line in lines if " landed, " in line) == landed
    assert [line for line in lines if " landed, " not in line] == [
        "✓ 2024-W23: 2 files",
        "",
        "  ✗ datasets.weeks: 1 row repeats a week with other values",
        "      2024-W24",
        "✗ 2024-W24: 1 error, 2 files",
        "✓ 2024-W25: 2 files",
        "",
        "People of a week  people, 3 periods from 2024-06-03 to 2024-06-23",
        "  2 published, 1 failed",
        "  ✗ 2024-W24  exit 5: datasets.weeks: 1 row repeats a week with other values",
        "      reportrunner run jobs/people.toml --as-of 2024-06-17",
        "the same command runs what is missing, and nothing else:",
        "  reportrunner backfill jobs/people.toml --from 2024-06-03 --to 2024-06-23",
    ]


def test_the_end_says_in_how_many_periods_there_were_warnings(project: Path, capsys: Said) -> None:
    check = (
        '[checks.few]\nsql = "select week from people where week >= \'2024-W24\'"\nseverity = "warn"\nmessage = "Few"\n'
    )
    job(check)
    assert backfill() == 0
    assert "  3 published (2 with warnings)" in capsys.readouterr().err.splitlines()


def test_what_is_done_is_skipped_and_what_failed_is_run_alone(project: Path, capsys: Said) -> None:
    job(ONCE)
    assert backfill() == 5
    capsys.readouterr()
    assert backfill() == 5
    said = capsys.readouterr()
    assert said.out == "out/people/2024-W24.r2\n"
    assert said.err.splitlines()[:3] == [
        "✓ 2024-W23: done already",
        "! 2024-W24: runs again, 2024-W24 does not do: it ended with 5",
        "✓ 2024-W25: done already",
    ]
    assert "  2 done already, 1 failed" in said.err.splitlines()


def test_a_period_that_fails_stops_no_other_and_is_run_again(project: Path, capsys: Said) -> None:
    job(SQL_FAILS)
    assert backfill() == 3
    said = capsys.readouterr()
    assert published() == ["2024-W23", "2024-W25"]
    assert "✗ 2024-W24: nothing was published" in said.err.splitlines()
    assert "  2 published, 1 failed" in said.err.splitlines()
    (line,) = [line for line in said.err.splitlines() if line.startswith("  ✗ 2024-W24  exit 3: ")]
    assert "Could not convert string 'x' to INT32" in line
    shutil.rmtree("out/people/2024-W25")
    assert backfill() == 3
    assert published() == ["2024-W23", "2024-W25"]
    assert "  1 done already, 1 published, 1 failed" not in (again := capsys.readouterr().err)
    assert "  1 published, 1 done already, 1 failed" in again


def test_nothing_is_run_when_all_is_done(project: Path, capsys: Said) -> None:
    job()
    assert [backfill(), backfill()] == [0, 0]
    assert published() == LABELS
    assert len(list(Path(".reportrunner/runs").iterdir())) == 3
    assert capsys.readouterr().err.splitlines()[-1] == "  3 done already"


def test_a_changed_job_is_run_again_and_says_what_changed(project: Path, capsys: Said) -> None:
    job()
    assert backfill() == 0
    capsys.readouterr()
    job("\n# a comment\n")
    assert backfill() == 0
    assert "! 2024-W23: runs again, 2024-W23 does not do: changed since: inputs job" in capsys.readouterr().err
    assert published() == sorted([*LABELS, *(f"{label}.r2" for label in LABELS)])
    assert (record("2024-W23.r2")["supersedes"], record("2024-W23.r2")["changed"]) == ("2024-W23", ["inputs job"])


def test_a_single_run_counts_as_done(project: Path, capsys: Said) -> None:
    job()
    assert run_command(["run", "jobs/people.toml", "--as-of", "2024-06-17"]) == 0
    assert backfill() == 0
    assert "✓ 2024-W24: done already" in capsys.readouterr().err
    assert published() == LABELS


def test_more_weeks_run_only_what_is_new(project: Path, capsys: Said) -> None:
    job()
    assert backfill("--from", "2024-06-10", "--to", "2024-06-16") == 0
    assert backfill() == 0
    assert capsys.readouterr().err.splitlines()[-1] == "  2 published, 1 done already"


def test_an_invalid_period_is_told_once_and_stops_no_other(project: Path, capsys: Said) -> None:
    job(CAMPAIGN)
    assert backfill() == 3
    said = capsys.readouterr().err
    assert published() == ["2024-W25"]
    assert said.count("from = 2024-06-17 is not before as_of") == 4  # the diagnostics of two moments, and two lines
    assert "so it is in 2024-W23\n" in said
    assert "  ✗ 2024-W24  exit 3: jobs/people.toml:18:8: from" in said
    assert "  1 published, 2 failed" in said.splitlines()


def test_an_invalid_job_is_told_once(project: Path, capsys: Said) -> None:
    job("[outputs.more]\nformat = 'csv'\ndataset = 'peple'\n")
    assert backfill() == 3
    said = capsys.readouterr().err
    assert said.count('did you mean "people"?') == 1
    assert "so it is in" not in said
    assert published() == []


def test_a_broken_window_is_told_as_what_it_is(project: Path, capsys: Said) -> None:
    job(text=PEOPLE.replace('"week"', '"weak"', 1))
    assert backfill() == 3
    assert "jobs/people.toml:7:10: error:" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["windows = 3\n", "windows = []\n", "label = 3\n", "label = '{{ windows.'\n", "title = 3\nx ="]
)
def test_what_is_no_job_is_told_as_run_tells_it(project: Path, capsys: Said, text: str) -> None:
    named = job(text=text)
    assert backfill() == 3
    said = capsys.readouterr().err
    assert run_command(["run", named, "--as-of", "2024-06-10"]) == 3
    assert said.splitlines()[:1] == capsys.readouterr().err.splitlines()[:1]


def test_a_dry_run_tells_what_would_be_done_and_does_nothing(project: Path, capsys: Said) -> None:
    job()
    assert backfill("--from", "2024-06-03", "--to", "2024-06-09") == 0
    capsys.readouterr()
    assert backfill("--dry-run", "--from", "2024-06-03", "--to", "2024-06-16") == 0
    assert capsys.readouterr().out.splitlines() == [
        "2024-W23  as of 2024-06-10  done",
        "2024-W24  as of 2024-06-17  runs",
    ]
    job(CAMPAIGN)
    assert backfill("--dry-run") == 3
    assert capsys.readouterr().out.splitlines() == [
        "2024-W23  as of 2024-06-10  exit 3",
        "2024-W24  as of 2024-06-17  exit 3",
        "2024-W25  as of 2024-06-24  runs",
    ]
    assert published() == ["2024-W23"]


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        (
            PEOPLE.replace("{{ windows.week.label }}", "now", 1), (),
            'are both labelled "now"; write label = "{{ windows.week.label }}" in jobs/people.toml',
        ),
        (
            PEOPLE, ("--from", "2024-06-05", "--to", "2024-06-23"),
            "--from 2024-06-05 lies inside 2024-W23, which begins on Monday 2024-06-03; write --from 2024-06-03",
        ),
        (PEOPLE, ("--param", "team=a"), 'this job has no param "team"'),
        (PEOPLE, ("--period", "month"), 'the window "week" of people is a week, not a month; leave --period out'),
        (PEOPLE, ("--from", "2124-06-05", "--to", "2124-06-11"), "2124-W23 cannot be reported before 2124-06-12T00:00"),
        (PEOPLE, ("--from", "2024-13-05", "--to", "2124-06-11"), '"2024-13-05" is no day; write it like 2026-05-18'),
        (PEOPLE, ("--from", "20240603", "--to", "2124-06-11"), '"20240603" is no day; write it like 2026-05-18'),
        (
            PEOPLE.replace('period = "week"\noffset = -1', SHIFTED),
            ("--from", "2024-06-03", "--to", "2024-06-04"), "a backfill needs a window that is written without as_of",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_a_usage_error_and_runs_nothing(
    project: Path, capsys: Said, text: str, more: tuple[str, ...], said: str
) -> None:
    job(text=text)
    assert backfill(*more) == 2
    assert said in capsys.readouterr().err
    assert published() == []
    assert not Path(".reportrunner").exists()


def test_a_folder_of_jobs_is_no_job(project: Path, capsys: Said) -> None:
    job()
    shutil.copy("jobs/people.toml", "jobs/more.toml")
    assert run_command(["backfill", "jobs", *WEEKS]) == 2
    assert "backfill takes one job, and jobs holds 2, such as jobs/more.toml" in capsys.readouterr().err


def test_what_was_given_is_given_again(project: Path, capsys: Said) -> None:
    job('[params]\nteam = { type = "string" }\n[datasets.team]\nrows = [{ team = "{{ params.team }}" }]\n',
        '[outputs.team]\nformat = "csv"\ndataset = "team"\n', ONCE)  # fmt: skip
    assert backfill("--param", "team=sales & co", "--out", "there") == 5
    lines = capsys.readouterr().err.splitlines()
    more = "--param 'team=sales & co' --out there"
    assert f"      reportrunner run jobs/people.toml --as-of 2024-06-17 {more}" in lines
    assert lines[-1] == f"  reportrunner backfill jobs/people.toml --from 2024-06-03 --to 2024-06-23 {more}"
    assert len([path for path in Path("there/people").iterdir() if path.name.startswith("2024-W24-")]) == 1


def test_days_by_a_window_that_counts_them(project: Path, capsys: Said) -> None:
    text = PEOPLE.replace('period = "week"\noffset = -1', 'last = "1 day"')
    job(text=text)
    assert backfill("--from", "2024-03-30", "--to", "2024-04-01", "--period", "day") == 0
    assert published() == ["2024-03-30", "2024-03-31", "2024-04-01"]
    assert "2024-03-31,2024-03-31" in Path("out/people/2024-03-31/people.csv").read_text().splitlines()


def test_runs_have_names_of_their_own(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["aaaaaa", "aaaaaa", "bbbbbb", "bbbbbb", "aaaaaa", "cccccc"])
    monkeypatch.setattr("secrets.token_hex", lambda _: next(drawn))
    monkeypatch.setattr("reportrunner.cli.trips.wall_clock", lambda: dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    job()
    assert backfill("--jobs", "3") == 0
    assert sorted(path.name[-6:] for path in Path(".reportrunner/runs").iterdir()) == ["aaaaaa", "bbbbbb", "cccccc"]


def test_no_file_stays_open_when_a_run_has_ended(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []
    count = lambda *_: opened.append(len(list(Path("/proc/self/fd").iterdir())))  # noqa: E731
    monkeypatch.setattr("reportrunner.cli.backfill_text.say_line", count)
    job(text=PEOPLE.replace('"week"', '"day"', 1))
    assert backfill("--from", "2024-06-03", "--to", "2024-06-12", "--jobs", "1") == 0
    assert len(opened) == 10
    assert len(set(opened[5:])) == 1


def test_two_backfills_at_once_do_not_make_revisions_of_one_another(project: Path, capsys: Said) -> None:
    job()
    assert backfill() == 0
    (lock,) = Path(".reportrunner").glob("backfill-*.lock")
    with alone(lock) as is_alone:
        assert is_alone
        assert backfill() == 2
        assert "another backfill of jobs/people.toml is under way" in capsys.readouterr().err
        assert backfill("--dry-run") == 0
        assert backfill("--out", "there", "--from", "2024-06-03", "--to", "2024-06-09") == 0
    assert backfill() == 0
    assert published() == LABELS


HARVEST = """
[datasets.seen]
sql        = "select day, week from people"
accumulate = { key = ["day"], into = "history/people", window = "week" }
"""
RECALLED = """
[windows.month]
from = 2024-06-03
to   = "as_of"
[datasets.recalled]
history = "history/people"
window  = "month"
at      = "day"
columns = { day = "date", week = "string" }
accept  = { "history.missing_days" = "weeks before the first are not asked" }
[outputs.recalled]
format  = "csv"
dataset = "recalled"
"""


def recalled(folder: str) -> list[str]:
    return [line.split(",")[1] for line in Path("out/people", folder, "recalled.csv").read_text().split()[1:]]


def test_a_period_whose_history_has_grown_is_not_done(project: Path, capsys: Said) -> None:
    job(HARVEST, RECALLED)
    assert backfill("--from", "2024-06-10", "--to", "2024-06-23") == 0
    assert (recalled("2024-W24"), recalled("2024-W25")) == (["2024-W24"], ["2024-W24", "2024-W25"])
    capsys.readouterr()
    assert backfill() == 0, "the week before is new, and those after it read what it keeps: one command is enough"
    assert published() == [*LABELS[:2], "2024-W24.r2", "2024-W25", "2024-W25.r2"]
    assert (recalled("2024-W23"), recalled("2024-W24.r2"), recalled("2024-W25.r2")) == (
        LABELS[:1],
        LABELS[:2],
        LABELS,
    )
    said = capsys.readouterr().err
    assert said.count("2024-W24: done already") == 1
    assert "! 2024-W24: runs again, 2024-W24 does not do: changed since: datasets.recalled.history" in said
    assert "  3 published\n" in said
    assert backfill() == 0
    assert "  3 done already" in capsys.readouterr().err


def test_the_same_moment_seen_once_more_makes_no_period_run_again(project: Path, capsys: Said) -> None:
    name = job(HARVEST, RECALLED)
    assert backfill() == 0
    assert run_command(["run", name, "--as-of", "2024-06-10"]) == 0
    capsys.readouterr()
    assert backfill() == 0
    assert "  3 done already" in capsys.readouterr().err


def test_a_period_whose_kept_rows_are_gone_is_not_done(project: Path, capsys: Said) -> None:
    """A broken file is moved away: the same command harvests that week again, and only that."""
    job(HARVEST)
    assert backfill() == 0
    kept = project / ".reportrunner/history/people" / record("2024-W24")["kept"]["seen"]
    kept.unlink()
    capsys.readouterr()
    assert backfill() == 0
    assert published() == [*LABELS[:2], "2024-W24.r2", *LABELS[2:]]
    said = capsys.readouterr().err
    assert "2024-W24 does not do: what it kept of seen is not in history/people any more" in said
    assert "  1 published, 2 done already\n" in said


def test_a_history_that_is_gone_is_told(project: Path, capsys: Said) -> None:
    job(HARVEST, RECALLED)
    assert backfill() == 0
    (project / ".reportrunner/history/people/notes.txt").write_text("mine")
    capsys.readouterr()
    assert backfill() == 6
    said = capsys.readouterr().err
    assert "notes.txt is no observation" in said
    assert "  3 failed\n" in said
