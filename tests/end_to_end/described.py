"""Small projects with a source that they define themselves, and runs of their one job."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from showcase import AS_OF, Ran, files

from reportrunner.cli.main import run_command

COLUMNS = 'columns = { id = "integer" }\n'
SOURCE = """
[sources.house]
provider = "rest"
base_url = "https://house.example"
auth     = { bearer = { env = "HOUSE_TOKEN" } }
fixtures = "house.fixtures.toml"

[sources.house.endpoints.things]
summary  = "Things"
"""
JOB = """
title    = "What is there?"
timezone = "UTC"

[datasets.things]
source   = "house"
endpoint = "things"

[outputs.things]
format  = "csv"
dataset = "things"
"""


def project(folder: Path, endpoint: str, fixtures: str = "", *, source: str = SOURCE, job: str = JOB) -> Path:
    """Write a project whose one endpoint is this."""
    (folder / "jobs").mkdir(parents=True)
    (folder / "reportrunner.toml").write_text(source + endpoint, "utf-8")
    (folder / "jobs/things.toml").write_text(job, "utf-8")
    if fixtures:
        (folder / "house.fixtures.toml").write_text(fixtures, "utf-8")
    return folder


def run(root: Path, *more: str, sandbox: bool = True) -> Ran:
    """Run the job in this process."""
    said, told = io.StringIO(), io.StringIO()
    arguments = ["run", str(root / "jobs/things.toml"), "--out", str(root / "out"), "--as-of", AS_OF, *more]
    with redirect_stdout(said), redirect_stderr(told):
        code = run_command([*arguments, "--sandbox"] if sandbox else arguments)
    return Ran(code, said.getvalue(), told.getvalue(), root / "out/things")


def left(root: Path) -> bytes:
    """Return everything that a run left in the project, one after the other."""
    own = ("reportrunner.toml", "jobs/", "house.fixtures.toml")
    return b"\n".join(content for name, content in files(root).items() if not name.startswith(own))
