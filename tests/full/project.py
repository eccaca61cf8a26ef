"""The showcase job, run as a user runs it, in a copy of the project that may be given further outputs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
JOB = "jobs/weekly-compliance.toml"
AS_OF = "2026-11-16"
MOMENTS = {"live/operations": "2026-11-11T11:30:00-05:00"}
"""As of when a job of the library is documented and pictured that shows little on the day of all the others."""
PARTS = ("reportrunner.toml", "jobs", "data", "templates", "apis")


@dataclass(frozen=True, slots=True)
class Command:
    """What a command said and how it ended."""

    out: str
    err: str
    code: int


def copy_project(into: Path, outputs: str = "") -> Path:
    """Copy the project's own files, the job extended by `outputs` (TOML), and return the copy's root."""
    into.mkdir(exist_ok=True)
    for name in PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, into / name)
        else:
            shutil.copy(source, into / name)
    job = into / JOB
    job.write_text(job.read_text(encoding="utf-8") + outputs, encoding="utf-8")
    return into


def reportrunner(root: Path, *arguments: str, patience: int = 120) -> Command:
    """Run the command line in a project, for `patience` seconds at most."""
    environment = {**os.environ, "HOME": str(root), "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "reportrunner", *arguments],
        cwd=root, env=environment, capture_output=True, text=True, timeout=patience, check=False,
    )  # fmt: skip
    return Command(done.stdout, done.stderr, done.returncode)


def run_job(root: Path) -> Path:
    """Run the job against the sandbox and return the folder of its documents."""
    done = reportrunner(root, "run", JOB, "--sandbox", "--as-of", AS_OF)
    if done.code != 0:
        raise RuntimeError(f"the job ended with {done.code}\n{done.err}")
    return root / done.out.strip()


def run_library(root: Path) -> Path:
    """Run every job of the library in a copy of the project at `root`, and return where its documents are."""
    copy_project(root)
    everything = ("jobs", "--select", "tag:library", "--as-of", AS_OF)
    at_their_moment = [(f"jobs/{job}.toml", "--as-of", moment) for job, moment in MOMENTS.items()]
    for asked in (everything, *at_their_moment):
        done = reportrunner(root, "run", *asked, "--sandbox", patience=1_200)
        if done.code != 0:
            raise RuntimeError(f"{' '.join(asked)} ended with {done.code}\n{done.err}")
    return root / "out"
