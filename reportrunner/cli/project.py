"""The project around the current folder, for commands that can do without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from reportrunner.ask import Source
from reportrunner.errors import Diagnostic, InvalidError, UsageError


def project_here() -> tuple[Mapping[str, Source], Sequence[Diagnostic]]:
    """Return the sources of the project around the current folder, and what is wrong with it; nothing without one."""
    from reportrunner.load import load_project
    from reportrunner.prepare import FAMILIES
    from reportrunner.project_root import PROJECT_FILE, find_root

    try:
        project = load_project(find_root(Path.cwd()), PROJECT_FILE, FAMILIES)
    except UsageError:
        return {}, ()
    except InvalidError as error:
        return {}, error.diagnostics
    return project.sources, project.diagnostics
