"""What the measurements share: a project of their own, a service beside it, and the wall clock."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportrunner.sandbox import CREDENTIALS, SANDBOX_ADMIN_SECRET

ROOT = Path(__file__).parents[1]
PROJECT = """
[sources.kaltura]
provider = "kaltura"
base_url = "{url}"
partner  = 10042
auth     = {{ admin_secret = {{ env = "KALTURA_ADMIN_SECRET" }} }}

[sources.kaltura_reports]
provider = "kaltura_reports"
base_url = "{url}"
session  = "kaltura"
"""


@dataclass(frozen=True)
class Figure:
    """One measured thing: seconds, the floor it is held against, and what else is worth knowing."""

    name: str
    seconds: float
    floor: float
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many times the floor it took."""
        return self.seconds / self.floor


def environment() -> dict[str, str]:
    """Return the environment of every process that is started here."""
    livekit = {f"LIVEKIT_{name.upper()}": CREDENTIALS["livekit"][name] for name in ("api_key", "api_secret")}
    return {**os.environ, **livekit, "PYTHONPATH": str(ROOT), "KALTURA_ADMIN_SECRET": SANDBOX_ADMIN_SECRET}


@contextmanager
def service(*arguments: str) -> Iterator[str]:
    """Run a Python program that prints its URL, and yield that."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env=environment(),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@dataclass(frozen=True)
class Ran:
    """A run that ended well: its wall seconds, start of Python included, and its record."""

    seconds: float
    record: dict[str, Any]

    def requests(self, step: str) -> int:
        """How many requests of a step went out."""
        return sum(one["step"] == step for one in self.record["requests"])


def run_job(url: str, job: str, *more: str, project: str = PROJECT) -> Ran:
    """Run a job in a project of its own against a service."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        root = Path(folder)
        (root / "jobs").mkdir()
        (root / "jobs" / "bench.toml").write_text(job)
        (root / "reportrunner.toml").write_text(project.format(url=url))
        arguments = [sys.executable, "-m", "reportrunner", "run", "jobs/bench.toml", "--as-of", "2024-06-17", *more]
        started = time.perf_counter()
        done = subprocess.run(
            arguments, cwd=root, env=environment(), capture_output=True, text=True, timeout=300, check=False
        )
        seconds = time.perf_counter() - started
        if done.returncode:
            raise SystemExit(done.stderr)
        (record,) = (root / ".reportrunner" / "runs").glob("*/run.json")
        return Ran(seconds, json.loads(record.read_text()))


def wall(arguments: Sequence[str], times: int = 15) -> float:
    """Return the median seconds of a command; once before, so that files are in memory."""
    taken = []
    for _ in range(times + 1):
        started = time.perf_counter()
        subprocess.run(arguments, cwd=ROOT, env=environment(), capture_output=True, check=True)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken[1:])
