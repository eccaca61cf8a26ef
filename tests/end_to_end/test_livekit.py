"""Jobs over LiveKit as the command runs them: a list, all that is known of its sessions, and no secret anywhere."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from showcase import Ran, command, copy_project, environment, point_at, run_here, standing
from test_canary import found_in, hidden

from reportrunner.cli.main import run_command
from reportrunner.cli.terminal import REDACTOR
from reportrunner.sandbox import CREDENTIALS, Faults
from reportrunner.sandbox.livekit_http import LivekitHttp

JOB = "jobs/livekit.toml"
PARTS = {
    "details": "",
    "people": "#participants",
    "stays": "#connections",
    "quality": "#quality",
    "bits": "#publishBps",
}
PLANTED = str(Path(__file__).with_name("planted_livekit.py"))
SECRETS: Mapping[str, str] = {
    "LIVEKIT_API_KEY": CREDENTIALS["livekit"]["api_key"],
    "LIVEKIT_API_SECRET": CREDENTIALS["livekit"]["api_secret"],
}


def job(days: int, parts: Mapping[str, str] = PARTS) -> str:
    text = f"""
title    = "Everything about sessions"
timezone = "America/New_York"
[windows.days]
last = "{days} days"
[datasets.sessions]
source   = "livekit"
endpoint = "sessions.list"
window   = "days"
[outputs.sessions]
format  = "csv"
dataset = "sessions"
"""
    for name, part in parts.items():
        text += f"""
[datasets.{name}]
source   = "livekit"
endpoint = "sessions.get{part}"
each     = {{ dataset = "sessions", column = "sessionId" }}
id       = "{{{{ each }}}}"
[outputs.{name}]
format  = "csv"
dataset = "{name}"
"""
    return text


def project_with(folder: Path, text: str) -> Path:
    project = copy_project(folder)
    (project / JOB).write_text(text)
    return project


def rows(ran: Ran, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(ran.documents[f"{name}.csv"].decode("utf-8-sig"))))


def test_one_request_per_session_and_equal_bytes_with_any_number_of_workers(tmp_path: Path) -> None:
    project = project_with(tmp_path, job(2))
    one = run_here(project, "--workers", "1", job=JOB, out="one")
    many = run_here(project, "--workers", "64", job=JOB, out="many", faults=Faults(shuffle_seed=5))
    assert (one.code, many.code) == (0, 0), one.err + many.err
    assert one.documents == many.documents
    assert set(one.documents) == {"manifest.toml", "sessions.csv", *(f"{name}.csv" for name in PARTS)}
    listed = [row["sessionId"] for row in rows(one, "sessions")]
    assert len(listed) > 40
    for ran in (one, many):
        assert ran.sandbox
        asked = [record.parameter("id") for record in ran.sandbox.log if record.action == "sessions.get"]
        assert sorted(map(str, asked)) == sorted(listed)
    assert [row["sessionId"] for row in rows(one, "details")] == listed
    assert len(rows(one, "stays")) > len(rows(one, "people")) > len(listed)


def test_details_begin_before_the_list_has_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_with(tmp_path, job(2, {"details": ""}))
    begun, early = threading.Event(), []
    listing, one = LivekitHttp._listed, LivekitHttp._one

    def held_back(self: LivekitHttp, project: str, query: str) -> Any:
        if "page=0" not in query:
            early.append(begun.wait(20))
        return listing(self, project, query)

    def told(self: LivekitHttp, project: str, session_id: str) -> Any:
        begun.set()
        return one(self, project, session_id)

    monkeypatch.setattr(LivekitHttp, "_listed", held_back)
    monkeypatch.setattr(LivekitHttp, "_one", told)
    ran = run_here(project, "--workers", "4", job=JOB)
    assert ran.code == 0, ran.err
    assert early == [True]


def test_a_session_that_is_gone_is_a_warning_and_the_others_are_there(tmp_path: Path) -> None:
    project = project_with(tmp_path, job(1, {"details": ""}))
    whole = run_here(project, job=JOB, out="whole")
    listed = [row["sessionId"] for row in rows(whole, "details")]
    ran = run_here(project, job=JOB, out="gone", faults=Faults(livekit_gone=listed[2]))
    assert ran.code == 0, ran.err
    assert [row["sessionId"] for row in rows(ran, "details")] == [*listed[:2], *listed[3:]]
    (folder,) = ran.folder.iterdir()
    found = json.loads((folder / "run.json").read_text("utf-8"))["findings"]
    (warning,) = [one for one in found if one["severity"] != "ok"]
    assert (warning["code"], warning["severity"]) == ("livekit.session_gone", "warn")


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    return project_with(tmp_path / "project", job(2, {"details": "", "people": "#participants"}))


def test_no_key_secret_or_token_is_written_anywhere(planted: Path, tmp_path: Path) -> None:
    told = tmp_path / "tokens"
    told.touch()
    with standing(script=(PLANTED, str(told))) as (url, _):
        point_at(planted, url)
        arguments = command(planted, "-vv", "--log-file", "run.log", job=JOB)
        environ = environment(**SECRETS)
        ran = subprocess.run(
            arguments, cwd=planted, env=environ, capture_output=True, text=True, timeout=120, check=False
        )
        plan = subprocess.run(
            [*arguments[:3], "plan", JOB],
            cwd=planted,
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ran.returncode == 5, ran.stderr
    assert plan.returncode == 0, plan.stderr
    tokens = told.read_text().splitlines()
    assert [token.count(".") for token in tokens] == [2]
    said = {"stdout": ran.stdout, "stderr": ran.stderr, "plan": plan.stdout}
    assert found_in(planted, said, [*SECRETS.values(), *tokens]) == {}
    shown = (planted / ran.stdout.strip() / "sessions.csv").read_text()
    assert ",room ***," in shown
    assert ",room harmless," in shown
    assert "sent attempt 1" in (planted / "run.log").read_text()
    assert "Bearer <session:livekit>" in plan.stdout


def test_without_the_redactor_all_three_are_found(
    planted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(type(REDACTOR), "redact", lambda _, text: text)
    monkeypatch.setattr(type(REDACTOR), "redact_bytes", lambda _, raw: raw)
    monkeypatch.setattr(REDACTOR, "_values", REDACTOR._values)
    monkeypatch.setattr(REDACTOR, "_longest", REDACTOR._longest)
    told = tmp_path / "tokens"
    told.touch()
    with standing(script=(PLANTED, str(told))) as (url, _):
        point_at(planted, url)
        assert run_command(["run", str(planted / JOB), "--out", str(planted / "out")]) == 0
    secrets = [*SECRETS.values(), *told.read_text().splitlines()]
    places = found_in(planted, {}, secrets)
    assert {secret for found in places.values() for secret in found} == set(secrets)
    assert hidden(capsys.readouterr().out.encode(), secrets) == []
