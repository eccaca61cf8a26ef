"""How much memory landing takes does not depend on how many rows there are."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reportrunner.sandbox import SANDBOX_ADMIN_SECRET, Faults, Sandbox
from reportrunner.sandbox.big_registration import REGISTRATION_COLUMNS
from reportrunner.sandbox.virtual_events import app_guid

pytestmark = pytest.mark.full
TESTS = Path(__file__).parents[1]


def peak(rows: int, file: Path) -> int:
    """Kibibytes at the peak of a process of its own that lands so many rows."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(TESTS.parent), str(TESTS)))}
    with Sandbox(clock=time.time, faults=Faults(export_rows=rows)) as sandbox:
        arguments = [sys.executable, str(TESTS / "full" / "registrations.py"), sandbox.base_url, str(file)]
        done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    landed, kibibytes = map(int, done.stdout.split())
    assert landed == rows
    return kibibytes


def test_a_million_rows_take_hardly_more_memory_than_a_tenth_of_them(tmp_path: Path) -> None:
    few, many = (peak(rows, tmp_path / f"{rows}.duckdb") for rows in (100_000, 1_000_000))
    assert many <= 1.2 * few, (few, many)


PROJECT = """[sources.kaltura]
provider = "kaltura"
base_url = "{url}"
partner  = 10042
auth     = {{ admin_secret = {{ env = "KALTURA_ADMIN_SECRET" }} }}
[sources.kaltura_reports]
provider = "kaltura_reports"
base_url = "{url}"
session  = "kaltura"
"""
JOB = """title = "Who registered?"
timezone = "America/New_York"
label = "all"
[datasets.people]
source = "kaltura_reports"
endpoint = "registration"
filters = { appGuid = "GUID" }
columns = { COLUMNS }
[datasets.counted]
sql = "select count(*) as people, count(distinct email) as addresses from people"
[checks.all_there]
sql = "select count(*) as n from people"
expect = { n = ">= 1" }
[outputs.everybody]
format = "csv"
dataset = "people"
[outputs.summary]
format = "html"
template = "builtin:report"
datasets = ["counted"]
"""


def peak_of_a_run(rows: int, folder: Path) -> int:
    """Kibibytes at the peak of a whole run whose CSV document holds so many rows."""
    (folder / "jobs").mkdir(parents=True)
    columns = ", ".join(
        f'{name} = "{"timestamp" if name.endswith("_at") else "string"}"' for name in REGISTRATION_COLUMNS
    )
    (folder / "jobs" / "all.toml").write_text(JOB.replace("GUID", app_guid("4711")).replace("COLUMNS", columns))
    paths = os.pathsep.join((str(TESTS.parent), str(TESTS)))
    environment = {**os.environ, "PYTHONPATH": paths, "KALTURA_ADMIN_SECRET": SANDBOX_ADMIN_SECRET}
    with Sandbox(clock=time.time, faults=Faults(export_rows=rows)) as sandbox:
        (folder / "reportrunner.toml").write_text(PROJECT.format(url=sandbox.base_url))
        arguments = [sys.executable, str(TESTS / "full" / "whole_run.py"), "run", "jobs/all.toml"]
        done = subprocess.run(
            arguments, cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
        )
    code, kibibytes = map(int, done.stdout.split())
    assert code == 0, done.stderr
    with (folder / "out" / "all" / "all" / "everybody.csv").open("rb") as lines:
        assert sum(1 for _ in lines) == rows + 1
    return kibibytes


def test_a_whole_run_over_a_million_rows_takes_hardly_more_memory_either(tmp_path: Path) -> None:
    few, many = (peak_of_a_run(rows, tmp_path / str(rows)) for rows in (100_000, 1_000_000))
    assert many <= 1.2 * few, (few, many)
