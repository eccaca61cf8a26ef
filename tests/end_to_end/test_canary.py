"""Secrets are planted where a run could let them out, and looked for everywhere it writes; a control finds them all."""

from __future__ import annotations

import base64
import io
import json
import subprocess
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from urllib.parse import quote

import duckdb
import pytest
from showcase import ROOT, command, copy_project, environment, files, point_at, standing

from reportrunner.cli.main import run_command
from reportrunner.cli.terminal import REDACTOR, start_logging
from reportrunner.sandbox import SANDBOX_ADMIN_SECRET, SANDBOX_TOKENS
from reportrunner.secret import Redactor

AS_OF = "2024-06-17"
JOB = "jobs/flows.toml"
WRONG = "wrong-secret/canary+7f3a==&é"
BOGUS = "djJ8MTAwNDJ8bogus/canary+session=="
PLANTED = str(ROOT / "tests" / "end_to_end" / "planted.py")


def forms(secret: str) -> list[bytes]:
    """Return the secret as it could stand in a file: raw, escaped, and inside base64 at each alignment."""
    raw = secret.encode()
    found = [raw, quote(secret).encode(), quote(secret, safe="").encode()]
    found.append(json.dumps(secret).strip('"').encode())
    for lead in range(3):
        text = base64.b64encode(b"\0" * lead + raw + b"\0" * (-(lead + len(raw)) % 3))
        found.append(text[(0, 4, 4)[lead] : -4])
    return found


def hidden(content: bytes, secrets: list[str]) -> list[str]:
    """Return the secrets that stand in these bytes."""
    return [secret for secret in secrets if any(form in content for form in forms(secret))]


def everything(project: Path) -> Iterator[tuple[str, bytes]]:
    """Yield all that a run wrote below its project: every file, and the rows of every table as text."""
    for name, content in files(project).items():
        if name.startswith(("data/", "templates/", "jobs/")) or name == "reportrunner.toml":
            continue
        yield name, content
        if name.endswith(".duckdb"):
            with duckdb.connect(str(project / name), read_only=True) as con:
                cells = con.execute("select columns(*)::varchar from data").fetchall()
            yield f"{name}, rows", "\n".join(str(cell) for row in cells for cell in row).encode()
        if name.endswith(".parquet"):
            with duckdb.connect() as con:
                file = str(project / name)
                cells = con.execute("select columns(*)::varchar from read_parquet($file)", {"file": file}).fetchall()
                facts = con.execute("select decode(value) from parquet_kv_metadata($file)", {"file": file}).fetchall()
            yield f"{name}, rows", "\n".join(str(cell) for row in [*cells, *facts] for cell in row).encode()


def found_in(project: Path, said: dict[str, str], secrets: list[str]) -> dict[str, list[str]]:
    """Name every place where a secret stands."""
    places = [*everything(project), *((name, text.encode()) for name, text in said.items())]
    return {name: found for name, content in places if (found := hidden(content, secrets))}


def command_lines() -> bytes:
    """Everything that `ps` shows of every process."""
    found = b""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += file.read_bytes()
        except OSError:
            continue  # it has ended
    return found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_project(tmp_path / "project")


def without_privileges(project: Path) -> None:
    """Leave out what a given session cannot ask, and give the source one."""
    text = (project / JOB).read_text()
    start, end = text.index("[datasets.polls]"), text.index("[outputs.table]")
    outputs = text[end : text.index("[outputs.polls]")]
    (project / JOB).write_text(text[:start] + outputs)
    file = project / "reportrunner.toml"
    asked = 'admin_secret = { env = "KALTURA_ADMIN_SECRET" }'
    assert asked in file.read_text()
    file.write_text(file.read_text().replace(asked, 'ks = { env = "KALTURA_KS" }'))


CASES = {
    "secrets in the data": (5, {}),
    "a wrong secret": (4, {"KALTURA_ADMIN_SECRET": WRONG}),
    "a session that is echoed": (4, {"KALTURA_KS": BOGUS}),
}


@pytest.mark.parametrize("case", CASES)
def test_no_secret_is_written_anywhere(project: Path, tmp_path: Path, case: str) -> None:
    code, environ = CASES[case]
    told = tmp_path / "sessions"
    told.touch()
    with standing(script=(PLANTED, str(told))) as (url, _):
        point_at(project, url)
        if "KALTURA_KS" in environ:
            without_privileges(project)
        run = subprocess.Popen(
            command(project, "--as-of", AS_OF, "-vv", "--log-file", "run.log", job=JOB),
            cwd=project, env=environment(**environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        seen = b""
        while run.poll() is None:
            seen += command_lines()
        out, err = run.communicate()
    assert run.returncode == code, err
    secrets = [SANDBOX_ADMIN_SECRET, WRONG, BOGUS, *told.read_text().splitlines()]
    assert len(secrets) == (5 if code == 5 else 3), "two sessions were issued where the secret was right"
    said = {"stdout": out, "stderr": err}
    assert found_in(project, said, secrets) == {}
    assert hidden(seen, secrets) == []
    assert b"--log-file" in seen
    assert "sent attempt 1" in err
    assert "sent attempt 1" in (project / "run.log").read_text()
    if code == 5:
        answers = (project / out.strip() / "polls.csv").read_text()
        assert ",***," in answers
        assert ",see https://cdn.example/ks/***/report.csv," in answers
        assert ",harmless," in answers
        assert "datasets.polls: a reply held a secret of this run; *** stands in its place" in err
    else:
        assert "START_SESSION_ERROR" in err or "INVALID_KS: " in err


@pytest.mark.parametrize("case", CASES)
def test_without_the_redactor_every_one_is_found(
    project: Path, tmp_path: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: were nothing hidden, the search above would see it."""
    code, environ = CASES[case]
    for name, value in {"KALTURA_ADMIN_SECRET": SANDBOX_ADMIN_SECRET, **environ}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Redactor, "redact", lambda _, text: text)
    monkeypatch.setattr(Redactor, "redact_bytes", lambda _, raw: raw)
    told = tmp_path / "sessions"
    told.touch()
    out, err = io.StringIO(), io.StringIO()
    with standing(script=(PLANTED, str(told))) as (url, _), redirect_stdout(out), redirect_stderr(err):
        point_at(project, url)
        if "KALTURA_KS" in environ:
            without_privileges(project)
        arguments = command(project, "--as-of", AS_OF, "-vv", "--log-file", str(project / "run.log"), job=JOB)
        ended = run_command(["run", str(project / JOB), *arguments[5:]])
        start_logging(0, None)
    places = found_in(project, {"stdout": out.getvalue(), "stderr": err.getvalue()}, [
        SANDBOX_ADMIN_SECRET, WRONG, BOGUS, *told.read_text().splitlines(),
    ])  # fmt: skip
    every = {secret for found in places.values() for secret in found}
    names = {name.rpartition("/")[2] for name in places}
    if case == "secrets in the data":
        assert ended == 0
        assert SANDBOX_ADMIN_SECRET in every
        assert len(every) == 2, "the admin secret and the session that the polls were asked with"
        assert {"polls.csv", "viewership.csv", "polls.duckdb, rows", "viewership.duckdb, rows"} <= names
    elif case == "a session that is echoed":
        assert ended == code
        assert every == {BOGUS}
        assert {"stderr", "run.json", "run.log"} <= names
    else:
        assert ended == code
        assert every == set(), "a wrong secret comes back in no reply"


# --- links, and the sessions before and inside them ------------------------------------------------------

EXPORT_JOB = "jobs/export.toml"
EXPORT = """
title    = "A file behind a link"
timezone = "America/New_York"

[windows.week]
period = "week"
offset = -1

[datasets.export]
source   = "kaltura"
endpoint = "report.getUrlForReportAsCsv"
report   = "USER_TOP_CONTENT"
window   = "week"
filters  = { entryIdIn = ["1_gdpr1"], playbackTypeIn = ["vod"] }

[outputs.export]
format  = "csv"
dataset = "export"
"""
TOKEN = SANDBOX_TOKENS["0_plain1"]
TOKENS = {"APP_TOKEN_ID": TOKEN.id, "APP_TOKEN": TOKEN.secret}
KINDS = {
    "an app token": (3, 1, 1),
    "a child account": (2, 0, 1),
    "the admin secret": (2, 0, 1),
    "a session made here": (1, 0, 1),
}
"""Ways to a session, and what each leads to: sessions that the service issues (one inside the link), hashes, links."""


def linked(project: Path, case: str) -> None:
    """Write the job and the source of a case."""
    file = project / "reportrunner.toml"
    asked = 'auth     = { admin_secret = { env = "KALTURA_ADMIN_SECRET" } }'
    assert asked in file.read_text()
    if case == "an app token":
        auth = 'auth = { app_token = { id = { env = "APP_TOKEN_ID" }, secret = { env = "APP_TOKEN" } } }'
        file.write_text(file.read_text().replace(asked, auth))
    if case == "a session made here":
        file.write_text(file.read_text().replace(asked, asked.replace(" } }", " }, local = true }")))
    child = "\nimpersonate = 10101\n" if case == "a child account" else "\n"
    (project / EXPORT_JOB).write_text(EXPORT.replace("\nfilters", f"{child}filters"))


def kinds(secrets: list[str]) -> tuple[int, int, int]:
    """Count sessions, hashes and links."""
    links = sum(secret.startswith("http://") for secret in secrets)
    sessions = sum(secret.startswith("djJ8") for secret in secrets)
    return sessions, len(secrets) - sessions - links, links


@pytest.mark.parametrize("case", KINDS)
def test_no_session_hash_or_link_is_written_anywhere(project: Path, tmp_path: Path, case: str) -> None:
    told = tmp_path / "secrets"
    told.touch()
    linked(project, case)
    with standing(script=(PLANTED, str(told))) as (url, _):
        point_at(project, url)
        run = subprocess.run(
            command(project, "--as-of", AS_OF, "-vv", "--log-file", "run.log", job=EXPORT_JOB),
            cwd=project, env=environment(**TOKENS), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert run.returncode == 5, run.stderr
    secrets = told.read_text().splitlines()
    assert kinds(secrets) == KINDS[case]
    said = {"stdout": run.stdout, "stderr": run.stderr}
    assert found_in(project, said, [SANDBOX_ADMIN_SECRET, TOKEN.secret, *secrets]) == {}
    shown = (project / run.stdout.strip() / "export.csv").read_text()
    assert f",{' and '.join(['seen ***', *['***'] * (len(secrets) - 1)])}," in shown
    assert "datasets.export: a reply held a secret of this run; *** stands in its place" in run.stderr
    assert not list((project / ".reportrunner" / "spool").glob("*")), "downloads are gone"


@pytest.mark.parametrize("case", KINDS)
def test_without_the_redactor_sessions_hashes_and_links_are_found(
    project: Path, tmp_path: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"KALTURA_ADMIN_SECRET": SANDBOX_ADMIN_SECRET, **TOKENS}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Redactor, "redact", lambda _, text: text)
    monkeypatch.setattr(Redactor, "redact_bytes", lambda _, raw: raw)
    told = tmp_path / "secrets"
    told.touch()
    linked(project, case)
    out, err = io.StringIO(), io.StringIO()
    with standing(script=(PLANTED, str(told))) as (url, _), redirect_stdout(out), redirect_stderr(err):
        point_at(project, url)
        ended = run_command(["run", str(project / EXPORT_JOB), *command(project, "--as-of", AS_OF)[5:]])
    assert ended == 0, err.getvalue()
    secrets = told.read_text().splitlines()
    places = found_in(project, {"stdout": out.getvalue(), "stderr": err.getvalue()}, secrets)
    assert {secret for found in places.values() for secret in found} == set(secrets)
    assert {"export.csv", "export.duckdb, rows"} <= {name.rpartition("/")[2] for name in places}


def test_the_search_sees_every_form() -> None:
    for secret in (SANDBOX_ADMIN_SECRET, WRONG, BOGUS):
        raw = secret.encode()
        wrapped = [b"x=" + raw, quote(secret).encode(), *(base64.b64encode(b"a" * n + raw + b"bc") for n in range(3))]
        assert [hidden(content, [secret]) for content in wrapped] == [[secret]] * 5
    assert hidden(b"nothing of the kind", [SANDBOX_ADMIN_SECRET, WRONG, BOGUS]) == []


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    """Leave no secret of these tests in the redactor that the process shares."""
    known = REDACTOR._values, REDACTOR._longest
    yield
    REDACTOR._values, REDACTOR._longest = known
