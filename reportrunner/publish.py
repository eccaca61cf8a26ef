"""Publishing: a run folder appears whole or not at all, and never replaces another."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Mapping
from itertools import count
from pathlib import Path

from reportrunner.errors import OutputError

STAGING = ".publishing-"


def publish(files: Mapping[str, bytes], folder: Path, label: str) -> Path:
    """Write the files aside, then switch: returns `<folder>/<label>`, or `<label>.r2` and so on for a rerun.

    Raises OutputError when the disk refuses; nothing is left half-written.
    """
    staging = folder / f"{STAGING}{label}-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sweep(folder)
        staging.mkdir()
        for name, content in files.items():
            _write(staging / name, content)
        _sync(staging)
        return _switch(staging, folder, label)
    except OSError as error:
        shutil.rmtree(staging, ignore_errors=True)
        raise OutputError(f"cannot write to {folder}: {error.strerror or error}") from None


def revisions(folder: Path, label: str) -> list[Path]:
    """Return what stands under this label, oldest first."""
    found = [folder / label] if (folder / label).is_dir() else []
    number = 2
    while (folder / f"{label}.r{number}").is_dir():
        found.append(folder / f"{label}.r{number}")
        number += 1
    return found


def sweep(folder: Path) -> None:
    """Remove what a killed run left aside; a run that still lives keeps its own."""
    for path in folder.glob(f"{STAGING}*"):
        owner = path.name.rpartition("-")[2]
        if not (owner.isdigit() and _alive(int(owner))):
            shutil.rmtree(path, ignore_errors=True)


def _switch(staging: Path, folder: Path, label: str) -> Path:
    for number in count(len(revisions(folder, label)) + 1):
        target = folder / (label if number == 1 else f"{label}.r{number}")
        try:
            staging.rename(target)  # refused when the target holds files: a run that ended just before took the name
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                raise
        else:
            _sync(folder)
            return target
    raise AssertionError


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
