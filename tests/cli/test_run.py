"""`run` on jobs that ask no provider: what is published where, and which exit code wins."""

from __future__ import annotations

import json
import re
import stat
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from reportrunner.cli.main import run_command
from reportrunner.run import WORST_FIRST, worst

GOOD = """
title    = "People"
timezone = "Europe/Berlin"
label    = "now"
tags     = ["good"]

[datasets.people]
rows = [{ name = "Ana", days = "3" }, { name = "Bo", days = "x" }]

[outputs.people]
format  = "csv"
dataset = "people"
"""
FAILING_CHECK = """
[checks.nobody]
sql     = "select name from people"
message = "There should be nobody"
"""
SQL_FAILS = """
[datasets.numbers]
sql = "select cast(days as integer) as n from people"
[datasets.more]
sql = "select n + 1 as n from numbers"
[outputs.more]
format  = "csv"
dataset = "more"
"""
CHECK_SQL_FAILS = """
[checks.numbers]
sql = "select cast(days as integer) as n from people where n > 1"
"""
RENDER_FAILS = """
[outputs.page]
format   = "html"
template = "page.html.j2"
"""
ASKS = """
[datasets.total]
source   = "kaltura"
endpoint = "report.getTotal"
report   = "USER_TOP_CONTENT"
window   = "week"
filters  = { playbackTypeIn = ["vod"] }
[windows.week]
period = "week"
offset = -1
[outputs.total]
format  = "csv"
dataset = "total"
"""
PROJECT = """
[sources.kaltura]
provider = "kaltura"
base_url = "http://127.0.0.1:9"
partner  = 10042
auth     = { admin_secret = { env = "NO_SUCH_SECRET" } }
"""
Said = pytest.CaptureFixture[str]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html.j2").write_text("{{ 1 / (report.datasets.people.total_rows - 2) }}")
    (tmp_path / "reportrunner.toml").write_text(PROJECT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_SUCH_SECRET", raising=False)
    return tmp_path


def job(project: Path, name: str, *more: str) -> str:
    file = project / "jobs" / f"{name}.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(GOOD + "".join(more))
    return f"jobs/{name}.toml"


def records(project: Path) -> dict[str, dict[str, Any]]:
    found = [json.loads(file.read_text()) for file in (project / ".reportrunner").glob("runs/*/run.json")]
    return {record["job"]: record for record in found}


def published(project: Path) -> set[str]:
    return {path.parent.relative_to(project / "out").as_posix() for path in (project / "out").rglob("manifest.toml")}


def test_standard_output_carries_the_folder_and_nothing_else(project: Path, capsys: Said) -> None:
    assert run_command(["run", job(project, "people")]) == 0
    said = capsys.readouterr()
    assert said.out == "out/people/now\n"
    assert (project / "out/people/now/people.csv").read_text() == "name,days\nAna,3\nBo,x\n"
    assert {path.name for path in (project / "out/people/now").iterdir()} == {
        "people.csv", "manifest.toml", "run.json",
    }  # fmt: skip
    assert said.err.splitlines() == [
        "people: people landed, 2 rows",
        "",
        "People  people, now",
        "  people         2 rows",
        "",
        "  out/people/now/people.csv",
        "done: 1 file",
    ]


def test_a_rerun_is_the_next_revision(project: Path, capsys: Said) -> None:
    named = job(project, "a/people")
    assert [run_command(["run", named]) for _ in range(2)] == [0, 0]
    assert capsys.readouterr().out == "out/a/people/now\nout/a/people/now.r2\n"
    record = json.loads((project / "out/a/people/now.r2/run.json").read_text())
    assert (record["supersedes"], record["changed"]) == ("now", [])


def test_what_lands_is_for_its_owner_only(project: Path) -> None:
    assert run_command(["run", job(project, "people")]) == 0
    (run,) = (project / ".reportrunner" / "runs").iterdir()
    for folder in (project / ".reportrunner", run.parent, run):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (run / "run.json").read_bytes() == (project / "out/people/now/run.json").read_bytes()


def test_an_error_finding_publishes_and_is_exit_5(project: Path, capsys: Said) -> None:
    assert run_command(["run", job(project, "people", FAILING_CHECK)]) == 5
    said = capsys.readouterr()
    assert said.out == "out/people/now\n"
    assert "✗ checks.nobody: There should be nobody (2)" in said.err
    assert "      name Ana" in said.err
    assert json.loads((project / "out/people/now/run.json").read_text())["exit_code"] == 5


def test_sql_that_fails_on_data_is_exit_3_with_its_place_and_loses_what_needs_it(project: Path, capsys: Said) -> None:
    assert run_command(["run", job(project, "people", SQL_FAILS)]) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert "jobs/people.toml:15:15: error: " in said.err
    assert "Could not convert string 'x' to INT32" in said.err
    assert 'numbers", which failed' not in said.err, "who is behind is not told as an error of its own"
    assert said.err.endswith("nothing was published\n")
    assert not (project / "out").exists() or published(project) == set()
    record = records(project)["people"]
    assert record["exit_code"] == 3
    assert record["datasets"]["more"] == 'needs dataset "numbers", which failed'


@pytest.mark.parametrize("broken", [CHECK_SQL_FAILS, RENDER_FAILS])
def test_what_fails_after_landing_ends_its_own_job_and_no_other(project: Path, capsys: Said, broken: str) -> None:
    names = [job(project, "a"), job(project, "b", broken), job(project, "c")]
    assert run_command(["run", *names, "--jobs", "1"]) == 3
    said = capsys.readouterr()
    assert said.out.splitlines() == ["out/a/now", "out/c/now"]
    assert published(project) == {"a/now", "c/now"}
    assert said.err.count("nothing was published") == 1
    assert records(project)["b"]["exit_code"] == 3
    assert records(project)["b"]["errors"]


def test_an_invalid_job_does_not_stop_the_others(project: Path, capsys: Said) -> None:
    names = [job(project, "a"), job(project, "b", "[nonsense]\n"), job(project, "c", FAILING_CHECK)]
    assert run_command(["run", *names]) == 3
    said = capsys.readouterr()
    assert sorted(said.out.splitlines()) == ["out/a/now", "out/c/now"]
    assert 'jobs/b.toml:13:2: error: unknown key "nonsense" in this job' in said.err
    assert "b" not in records(project)


def test_a_missing_secret_leaves_out_its_job_and_no_other(project: Path, capsys: Said) -> None:
    names = [job(project, "a"), job(project, "b", ASKS)]
    assert run_command(["run", *names, "--as-of", "2024-06-17"]) == 3
    said = capsys.readouterr()
    assert said.out == "out/a/now\n"
    assert "environment variable NO_SUCH_SECRET is not set" in said.err


def test_a_disk_that_refuses_is_exit_6_and_stands_in_the_record(project: Path, capsys: Said) -> None:
    (project / "full").write_text("a file")
    assert run_command(["run", job(project, "people"), "--out", "full"]) == 6
    said = capsys.readouterr()
    assert said.out == ""
    assert "error: cannot write to full/people: " in said.err
    assert records(project)["people"]["exit_code"] == 6


def test_a_state_folder_that_cannot_be_is_exit_6(project: Path, capsys: Said) -> None:
    (project / ".reportrunner").write_text("a file")
    assert run_command(["run", job(project, "people")]) == 6
    assert "error: cannot write to " in capsys.readouterr().err
    assert not (project / "out").exists()


def test_a_later_as_of_is_refused_live_and_fine_on_the_sandbox(project: Path, capsys: Said) -> None:
    named = job(project, "people")
    assert run_command(["run", named, "--as-of", "2099-01-01"]) == 2
    assert run_command(["run", named, "--as-of", "2099-01-01", "--sandbox"]) == 0
    assert capsys.readouterr().out == "out/people/now\n"


@pytest.mark.parametrize("side_by_side", ["1", "2", "9"])
def test_many_jobs_side_by_side_each_end_once(project: Path, capsys: Said, side_by_side: str) -> None:
    names = [job(project, f"j{n}") for n in range(6)]
    assert run_command(["run", "jobs", "--jobs", side_by_side]) == 0
    assert sorted(capsys.readouterr().out.splitlines()) == [f"out/j{n}/now" for n in range(6)]
    assert len(names) == len(records(project))


ORDER = """
[datasets.order]
source         = "kaltura"
endpoint       = "reach_entryVendorTask.add"
entryId        = "1_gdpr1"
reachProfileId = 7
catalogItemId  = 8
"""


def test_jobs_that_would_change_something_are_refused_together_and_named(
    project: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr("socket.socket.connect", refuse)
    (project / "jobs" / "b").mkdir()
    named = [job(project, "people"), job(project, "one", ORDER), job(project, "b/two", ORDER.replace("1_g", "1_h"))]
    assert run_command(["run", *named]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    lines = said.err.splitlines()
    assert "these datasets change something at the provider:" in lines[-4]
    assert lines[-3:] == [
        "  one: datasets.order orders catalogue item 8 for 1_gdpr1",
        "  b/two: datasets.order orders catalogue item 8 for 1_hdpr1",
        "nothing was sent; give --allow-actions to let them",
    ]
    assert published(project) == set()
    assert records(project) == {}


def test_a_go_ahead_is_no_secret(project: Path, capsys: Said) -> None:
    """With the switch the run goes on to what it needs next."""
    assert run_command(["run", job(project, "one", ORDER), "--allow-actions"]) == 3
    assert "NO_SUCH_SECRET" in capsys.readouterr().err


def test_jobs_are_picked_by_their_marks(project: Path, capsys: Said) -> None:
    job(project, "a")
    (project / "jobs" / "b.toml").write_text(GOOD.replace('["good"]', '["other"]'))
    assert run_command(["run", "--select", "tag:good"]) == 0
    assert capsys.readouterr().out == "out/a/now\n"


def test_the_log_file_holds_one_object_a_line(project: Path) -> None:
    assert run_command(["run", job(project, "people"), "--log-file", "run.log"]) == 0
    assert run_command(["run", "jobs/people.toml"]) == 0
    lines = [json.loads(line) for line in (project / "run.log").read_text().splitlines()]
    assert [line["message"] for line in lines] == ["people: people landed: 2 rows"]
    assert {frozenset(line) for line in lines} == {frozenset({"time", "level", "name", "message"})}


def test_a_log_file_that_cannot_be_written_is_a_usage_error(project: Path, capsys: Said) -> None:
    assert run_command(["run", job(project, "people"), "--log-file", "nowhere/run.log"]) == 2
    assert "--log-file" in capsys.readouterr().err


def test_the_worst_code_wins_in_the_order_of_the_contract() -> None:
    assert WORST_FIRST == (1, 6, 4, 3, 5, 0)
    for codes in permutations((0, 3, 5, 4, 6, 1), 3):
        assert worst(codes) == next(code for code in (1, 6, 4, 3, 5, 0) if code in codes)
    assert worst(()) == 0


def test_several_jobs_are_told_of_together_at_the_end(project: Path, capsys: Said) -> None:
    mild = FAILING_CHECK.replace("message", 'severity = "warn"\nmessage')
    named = [
        job(project, "a"),
        job(project, "b", mild),
        job(project, "c", FAILING_CHECK),
        job(project, "d", "nonsense"),
    ]
    assert run_command(["run", *named]) == 3
    last = capsys.readouterr().err.splitlines()[-1]
    assert re.fullmatch(r".* 2 of 4 jobs done, 1 with warnings; no request in \d+\.\d s", last)
    assert run_command(["run", named[0], "--sandbox", job(project, "asks", ASKS)]) == 0
    assert re.search(r" 2 of 2 jobs done; 2 requests in \d", capsys.readouterr().err.splitlines()[-1])
    assert run_command(["run", named[0]]) == 0
    assert capsys.readouterr().err.splitlines()[-1].startswith("done")
