"""The project around the current folder, for commands that can do without one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reportrunner.ask import Source
from reportrunner.errors import InvalidError, UsageError


def sources_here() -> Mapping[str, Source]:
    """Return the sources of the project around the current folder that have no errors; none where there is none."""
    from reportrunner.load import load_project
    from reportrunner.prepare import FAMILIES
    from reportrunner.project_root import PROJECT_FILE, find_root

    try:
        root = find_root(Path.cwd())
        return load_project(root, PROJECT_FILE, FAMILIES).sources
    except (UsageError, InvalidError):
        return {}
