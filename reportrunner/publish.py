"""Publishing: a run folder appears whole or not at all, and never replaces another."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from reportrunner.disk import LOCKLESS, lock, private, sync
from reportrunner.errors import OutputError

STAGING = ".publishing-"


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Hold a job's folder, so that runs of one job publish one after the other; sweeps what a killed run left.

    Raises OutputError when the disk refuses.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise _refused(folder, error) from None
    try:
        if lock(held, fcntl.LOCK_EX):
            _remove_staged(folder)
        yield
    finally:
        os.close(held)


@contextmanager
def alone(file: Path) -> Iterator[bool]:
    """Hold a file for as long as a process works, which a killed one lets go of; False while another holds it.

    Raises OutputError when the disk refuses. Where the file system knows no locks, everybody is alone.
    """
    try:
        private(file.parent)
        held = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise _refused(file, error) from None
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in {*LOCKLESS, errno.EWOULDBLOCK}:
                raise _refused(file, error) from None
            yield error.errno in LOCKLESS
        else:
            yield True
    finally:
        os.close(held)


def publish(files: Mapping[str, Callable[[], Iterator[bytes]]], folder: Path, label: str) -> Path:
    """Write the files aside, then switch: returns `<folder>/<label>`, or `<label>.r2` and so on for a rerun.

    A file is what gives its bytes in pieces. Raises OutputError when the disk refuses; nothing is left half-written.
    """
    staging = folder / f"{STAGING}{label}-{os.getpid()}"
    try:
        staging.mkdir()
        for name, pieces in files.items():
            _write(staging / name, pieces())
        for path in staging.rglob("*"):
            if path.is_dir():
                sync(path)
        sync(staging)
        return _switch(staging, folder, label)
    except OSError as error:
        raise _refused(folder, error) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def revisions(folder: Path, label: str) -> list[Path]:
    """Return what stands under this label, oldest first."""
    return [path for _, path in _numbered(folder, label)]


def sweep(folder: Path) -> None:
    """Remove what a killed run left aside, unless a run is publishing there this moment."""
    with suppress(OSError):  # publishing will tell what is wrong with the folder
        held = os.open(folder, os.O_RDONLY)
        try:
            if lock(held, fcntl.LOCK_EX | fcntl.LOCK_NB):
                _remove_staged(folder)
        finally:
            os.close(held)


def _remove_staged(folder: Path) -> None:
    for path in folder.glob(f"{STAGING}*"):
        shutil.rmtree(path, ignore_errors=True)


def _numbered(folder: Path, label: str) -> list[tuple[int, Path]]:
    """Return the revisions with their numbers, which have gaps where somebody cleared up."""
    pattern = re.compile(re.escape(label) + r"(?:\.r(\d+))?")
    paths = [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
    return sorted((int(match[1] or 1), path) for path in paths if (match := pattern.fullmatch(path.name)))


def _switch(staging: Path, folder: Path, label: str) -> Path:
    last = max((number for number, _ in _numbered(folder, label)), default=0)
    for number in count(last + 1):
        target = folder / (label if number == 1 else f"{label}.r{number}")
        try:
            staging.rename(
                target
            )  # refused when the target holds files: where there are no locks, another may be first
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                raise
        else:
            sync(folder)
            return target
    raise AssertionError


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())


def _refused(folder: Path, error: OSError) -> OutputError:
    return OutputError(f"cannot write to {folder}: {error.strerror or error}")
