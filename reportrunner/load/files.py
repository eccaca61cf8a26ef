"""Files of the project that its project file names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from reportrunner.checker import Checker, Loc
from reportrunner.spelling import did_you_mean


def own_file(checker: Checker, root: Path, name: str, loc: Loc, kinds: Iterable[str]) -> Path | None:
    """Return a file of the project, or None with the problem added; `kinds` are patterns of what may be meant."""
    home = root.resolve()
    try:
        path = (root / name).resolve()
        is_file = path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        path, is_file = home, False
    if not path.is_relative_to(home):
        checker.problem(loc, f'"{name}" leaves the project', "keep the file in the project")
        return None
    if not is_file:
        folder = path.parent if path.parent.is_dir() and path != home else home
        there = [each.relative_to(home).as_posix() for kind in kinds for each in folder.glob(kind)]
        checker.problem(loc, f'there is no file "{name}" in the project' + did_you_mean(name, there))
        return None
    return path
