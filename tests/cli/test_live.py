"""What a live command opens: files for downloads, and the sources that a stand-in takes the place of."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from reportrunner.cli.live import spooling
from reportrunner.errors import OutputError


def dead_process() -> str:
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
        return str(process.pid)


def modes(*folders: Path) -> list[int]:
    return [stat.S_IMODE(folder.stat().st_mode) for folder in folders]


def test_files_for_downloads_are_new_and_for_their_owner_only(tmp_path: Path) -> None:
    state = tmp_path / "state"
    old = os.umask(0o022)
    try:
        with spooling(state) as spool:
            assert not state.exists(), "a run without downloads leaves no folder"
            files = [spool() for _ in range(3)]
            assert len(set(files)) == 3
            assert {file.parent for file in files} == {state / "spool" / str(os.getpid())}
            assert [file.exists() for file in files] == [False] * 3
            assert modes(state, state / "spool", files[0].parent) == [0o700] * 3
    finally:
        os.umask(old)


def test_they_are_gone_at_the_end_whatever_the_end(tmp_path: Path) -> None:
    def broken() -> None:
        with spooling(tmp_path) as spool:
            spool().write_bytes(b"rows of people")
            raise KeyboardInterrupt

    with spooling(tmp_path) as spool:
        spool().write_bytes(b"rows of people")
    assert list((tmp_path / "spool").iterdir()) == []
    with pytest.raises(KeyboardInterrupt):
        broken()
    assert list((tmp_path / "spool").iterdir()) == []


def test_what_killed_processes_left_goes_and_what_others_use_stays(tmp_path: Path) -> None:
    left = {name: tmp_path / "spool" / name for name in (dead_process(), "no-number", str(os.getppid()), "1")}
    for folder in left.values():
        folder.mkdir(parents=True)
        (folder / "1").write_bytes(b"rows of people")
    with spooling(tmp_path):
        assert {folder.name for folder in (tmp_path / "spool").iterdir()} == {str(os.getppid()), "1"}
    assert {folder.name for folder in (tmp_path / "spool").iterdir()} == {str(os.getppid()), "1"}


def test_a_place_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with spooling(tmp_path / "state") as spool, pytest.raises(OutputError, match=r"cannot write to .*/state/spool/"):
        spool()
