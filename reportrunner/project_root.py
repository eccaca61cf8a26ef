"""Where a project begins, the nearest folder upward that has `reportrunner.toml`, and what its jobs are called."""

from __future__ import annotations

from pathlib import Path

from reportrunner.errors import UsageError

PROJECT_FILE = "reportrunner.toml"
STATE = ".reportrunner"
"""The folder of a project in which runs keep what is not published."""


def find_root(start: Path) -> Path:
    """Return the root of the project that holds `start`; UsageError when there is none."""
    for folder in (start, *start.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    raise UsageError(f"no {PROJECT_FILE} in {start.name or start} or above: this is no reportrunner project")


def job_name(path: Path, root: Path) -> str:
    """Return the path under `jobs/` without suffix, or the file's stem outside it."""
    try:
        return path.resolve().relative_to((root / "jobs").resolve()).with_suffix("").as_posix()
    except ValueError:
        return path.stem
