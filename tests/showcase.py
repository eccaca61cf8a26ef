"""Runs of the showcase job and of a small one, in this process or in one of its own, against a sandbox with faults."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import reportrunner.sandbox
from reportrunner.cli.main import run_command
from reportrunner.sandbox import SANDBOX_ADMIN_SECRET, Faults, Sandbox

ROOT = Path(__file__).parents[1]
JOB = "jobs/weekly-compliance.toml"
AS_OF = "2026-11-16"
LABEL = "2026-W46"

FLOWS = """
title    = "One dataset per flow"
timezone = "America/New_York"

[windows.week]
period = "week"
offset = -1

[datasets.table]
source   = "kaltura"
endpoint = "report.getTable"
report   = "USER_TOP_CONTENT"
window   = "week"
filters  = { entryIdIn = ["1_gdpr1"], playbackTypeIn = ["vod"] }

[datasets.total]
source   = "kaltura"
endpoint = "report.getTotal"
report   = "USER_TOP_CONTENT"
window   = "week"
filters  = { entryIdIn = ["1_gdpr1"], playbackTypeIn = ["vod"] }

[datasets.viewership]
source   = "kaltura"
endpoint = "report.getCsvFromStringParams"
id       = 3007
window   = "week"
params   = { entries_ids = ["1_gdpr1"] }

[datasets.polls]
source     = "kaltura_reports"
endpoint   = "pollsActivity"
window     = "week"
filters    = { entries_ids = ["1_gdpr1"], virtual_event_ids = ["4711"] }
privileges = ["virtualeventid:4711"]

[datasets.polls.columns]
poll_id       = "string"
poll_question = "string"
entry_id      = "string"
user_id       = "string"
email         = "string"
answer        = "string"
answered_at   = "timestamp"

[outputs.table]
format  = "csv"
dataset = "table"
[outputs.total]
format  = "csv"
dataset = "total"
[outputs.viewership]
format  = "csv"
dataset = "viewership"
[outputs.polls]
format  = "csv"
dataset = "polls"
"""
"""The flows of the showcase, without its SQL and charts: what the matrices of faults run over."""

DATASET_OF = {
    "report.getTable": ("table", "fetch"),
    "report.getTotal": ("total", "fetch"),
    "report.getCsvFromStringParams": ("viewership", "fetch"),
    "reports.generate": ("polls", "generate"),
    "reports.status": ("polls", "poll"),
    "reports.serve": ("polls", "serve"),
}
"""The action that the sandbox sees, and what messages call it."""


def copy_project(folder: Path) -> Path:
    """Copy what the showcase needs, so that no test writes into the tree; return the new root."""
    folder.mkdir(exist_ok=True)
    shutil.copytree(ROOT / "data", folder / "data")
    shutil.copytree(ROOT / "templates", folder / "templates")
    shutil.copytree(ROOT / "apis", folder / "apis")
    (folder / "jobs").mkdir()
    shutil.copy(ROOT / JOB, folder / JOB)
    shutil.copy(ROOT / "reportrunner.toml", folder)
    (folder / "jobs" / "flows.toml").write_text(FLOWS)
    return folder


def point_at(project: Path, url: str) -> None:
    """Turn the project's sources to a sandbox that runs by itself."""
    file = project / "reportrunner.toml"
    text = file.read_text()
    for given in ("https://www.kaltura.com", "https://reports.nvp1.ovp.kaltura.com", "https://cloud-api.livekit.io"):
        assert given in text
        text = text.replace(given, url)
    file.write_text(text)


@dataclass(frozen=True)
class Ran:
    """What a run left: exit code, what it said, and where it published."""

    code: int
    out: str
    err: str
    folder: Path
    """The folder of all revisions of the job."""
    sandbox: Sandbox | None = None
    here: Path = field(default_factory=Path.cwd)
    """The current folder of the run, which printed paths are relative to."""

    @property
    def documents(self) -> dict[str, bytes]:
        """Everything of the newest revision but run.json, which is free to differ."""
        (place,) = [line for line in self.out.splitlines() if line]
        return {name: content for name, content in files(self.here / place).items() if name != "run.json"}


def files(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run_here(project: Path, *more: str, job: str = JOB, out: str = "out", **sandbox: Any) -> Ran:
    """Run a job in this process with --sandbox, on a sandbox with these settings (`faults`, `port`)."""
    opened: list[Sandbox] = []

    def stand_in(**given: Any) -> Sandbox:
        opened.append(Sandbox(**{**given, **sandbox}))
        return opened[-1]

    arguments = ["run", str(project / job), "--sandbox", "--out", str(project / out), *more]
    if "--as-of" not in more:
        arguments += ["--as-of", AS_OF]
    said, told = io.StringIO(), io.StringIO()
    with patch.object(reportrunner.sandbox, "Sandbox", stand_in), redirect_stdout(said), redirect_stderr(told):
        code = run_command(arguments)
    folder = project / out / Path(job).relative_to("jobs").with_suffix("")
    return Ran(code, said.getvalue(), told.getvalue(), folder, opened[0] if opened else None)


def environment(**more: str) -> dict[str, str]:
    """Return what a process of its own needs, and nothing of ours."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "KALTURA_ADMIN_SECRET": SANDBOX_ADMIN_SECRET, **more}


def command(project: Path, *more: str, job: str = JOB, out: str = "out") -> list[str]:
    """Return the command line of a run in a process of its own."""
    return [sys.executable, "-m", "reportrunner", "run", job, "--out", str(project / out), *more]


def run_apart(project: Path, *more: str, job: str = JOB, out: str = "out", **environ: str) -> Ran:
    """Run a job in a process of its own, with warnings as errors."""
    arguments = command(project, *more, job=job, out=out)
    done = subprocess.run(
        arguments,
        cwd=project,
        env=environment(PYTHONWARNINGS="error", **environ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    out_lines = "".join(f"{(project / line).resolve()}\n" for line in done.stdout.splitlines())
    folder = project / out / Path(job).relative_to("jobs").with_suffix("")
    return Ran(done.returncode, out_lines, done.stderr, folder)


@contextmanager
def standing(*faults: str, script: Sequence[str] = ("-m", "reportrunner", "sandbox")) -> Iterator[tuple[str, Any]]:
    """Run a sandbox in a process of its own; yields its URL and the process."""
    arguments = [sys.executable, *script, *(word for fault in faults for word in ("--fault", fault))]
    with ExitStack() as stack:
        process = subprocess.Popen(
            arguments, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1
        )
        stack.callback(process.wait)
        stack.callback(process.kill)
        assert process.stdout is not None
        stack.callback(process.stdout.close)
        yield process.stdout.readline().strip(), process


def nothing_published(ran: Ran) -> bool:
    """Say whether a run left no folder, whole or half."""
    return not ran.folder.exists() or list(ran.folder.iterdir()) == []


def parse_faults(switches: Mapping[str, object] | Sequence[str]) -> Faults:
    """Return faults from `name=value` texts or a mapping."""
    texts = [f"{name}={value}" for name, value in switches.items()] if isinstance(switches, Mapping) else switches
    return Faults.parse(texts)
