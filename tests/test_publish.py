from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from reportrunner import publish as publishing
from reportrunner.errors import OutputError
from reportrunner.publish import STAGING, revisions, sweep, turn

FILES = {"overdue.csv": b"a,b\n1,2\n", "people/ana.eml": b"To: ana\n", "manifest.toml": b"schema = 1\n"}


def publish(files: Mapping[str, bytes], folder: Path, label: str) -> Path:
    """Publish files of one piece each."""
    return publishing.publish({name: partial(iter, (content,)) for name, content in files.items()}, folder, label)


def published(folder: Path, label: str = "2026-W46") -> Path:
    with turn(folder):
        return publish(FILES, folder, label)


def found(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_all_files_appear_under_the_label_and_nothing_else_stays(tmp_path: Path) -> None:
    place = published(tmp_path / "out" / "weekly")
    assert place == tmp_path / "out" / "weekly" / "2026-W46"
    assert found(place) == FILES
    assert [path.name for path in place.parent.iterdir()] == ["2026-W46"]


def test_a_rerun_becomes_the_next_revision_and_touches_no_other(tmp_path: Path) -> None:
    places = [published(tmp_path).name for _ in range(11)]
    assert places == ["2026-W46", *(f"2026-W46.r{n}" for n in range(2, 12))]
    assert [path.name for path in revisions(tmp_path, "2026-W46")] == places
    assert published(tmp_path, "2026-W4").name == "2026-W4"
    assert [path.name for path in revisions(tmp_path, "2026-W4")] == ["2026-W4"]


def test_a_number_that_somebody_cleared_away_is_not_given_again(tmp_path: Path) -> None:
    for _ in range(3):
        published(tmp_path)
    for name in ("2026-W46", "2026-W46.r2"):
        (tmp_path / name).rename(tmp_path.parent / f"{tmp_path.name}-{name}")
    assert [path.name for path in revisions(tmp_path, "2026-W46")] == ["2026-W46.r3"]
    assert published(tmp_path).name == "2026-W46.r4"


def test_an_empty_folder_or_a_file_of_that_name_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "2026-W46").mkdir()
    assert published(tmp_path).name == "2026-W46.r2"
    assert found(tmp_path / "2026-W46") == {}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
@pytest.mark.parametrize("call", [1, 2, 3, 5])
def test_a_disk_that_refuses_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, call: int
) -> None:
    calls = 0
    real = os.fsync

    def refuse(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls == call:
            raise OSError(number, os.strerror(number))
        real(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(OutputError, match=os.strerror(number)) as caught:
            published(tmp_path)
    assert caught.value.exit_code == 6
    assert list(tmp_path.iterdir()) == []
    assert found(published(tmp_path)) == FILES


def test_a_place_that_is_no_folder_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot write to"):
        published(tmp_path / "file" / "weekly")


def test_two_documents_that_cannot_both_be_leave_nothing(tmp_path: Path) -> None:
    with turn(tmp_path), pytest.raises(OutputError):
        publish({"a": b"", "a/b": b""}, tmp_path, "x")
    assert list(tmp_path.iterdir()) == []


def test_runs_of_one_label_at_once_each_get_a_folder_of_their_own(tmp_path: Path) -> None:
    start = threading.Barrier(8)

    def one(number: int) -> tuple[Path, bytes]:
        content = b"%d" % number
        start.wait()
        with turn(tmp_path):
            return publish(dict.fromkeys(FILES, content), tmp_path, "2026-W46"), content

    with ThreadPoolExecutor(8) as pool:
        places = list(pool.map(one, range(8)))
    assert {place.name for place, _ in places} == {"2026-W46", *(f"2026-W46.r{n}" for n in range(2, 9))}
    assert {path.name for path in tmp_path.iterdir()} == {place.name for place, _ in places}
    for place, content in places:
        assert found(place) == dict.fromkeys(FILES, content)


def test_what_is_found_in_a_turn_stays_true_until_it_ends(tmp_path: Path) -> None:
    order: list[str] = []

    def other() -> None:
        with turn(tmp_path):
            order.append(publish(FILES, tmp_path, "x").name)

    with turn(tmp_path):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(0.1)
        assert revisions(tmp_path, "x") == []
        order.append(publish(FILES, tmp_path, "x").name)
    thread.join(10)
    assert order == ["x", "x.r2"]


KILLED = """
import os, signal, sys
from pathlib import Path
from reportrunner import publish
call, calls = int(sys.argv[1]), 0
def kill(*arguments):
    global calls
    calls += 1
    if calls == call:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments)
real, os.fsync = os.fsync, kill
folder = Path(sys.argv[2])
with publish.turn(folder):
    publish.publish({f"{n}.csv": lambda: iter((b"x" * 9,)) for n in range(3)}, folder, "2026-W46")
"""


@pytest.mark.parametrize("call", [1, 2, 3, 4, 5])
def test_a_run_that_is_killed_in_between_leaves_no_half_folder_and_the_next_cleans_up(
    tmp_path: Path, call: int
) -> None:
    child = subprocess.run([sys.executable, "-c", KILLED, str(call), str(tmp_path)], timeout=30, check=False)
    assert child.returncode == -signal.SIGKILL
    names = [path.name for path in tmp_path.iterdir()]
    if call == 5:  # the folder had its name, and only the last wait for the disk was cut short
        assert names == ["2026-W46"]
        assert set(found(tmp_path / "2026-W46")) == {"0.csv", "1.csv", "2.csv"}
    else:
        assert [name.startswith(STAGING) for name in names] == [True]
    place = published(tmp_path)
    assert place.name == ("2026-W46.r2" if call == 5 else "2026-W46")
    assert found(place) == FILES
    assert not list(tmp_path.glob(f"{STAGING}*"))


def test_sweeping_removes_what_a_killed_run_left_and_nothing_of_a_living_one(tmp_path: Path) -> None:
    left = tmp_path / f"{STAGING}2026-W46-1"
    left.mkdir()
    published_before = tmp_path / "2026-W45"
    published_before.mkdir()
    held = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    sweep(tmp_path)
    assert left.is_dir()
    os.close(held)
    sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["2026-W45"]


def test_sweeping_where_nothing_was_ever_published_is_fine(tmp_path: Path) -> None:
    sweep(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("lacking", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_still_publishes_whole_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lacking: int
) -> None:
    def none(held: int, how: int) -> None:
        raise OSError(lacking, os.strerror(lacking))

    monkeypatch.setattr(fcntl, "flock", none)
    left = tmp_path / f"{STAGING}2026-W46-1"
    left.mkdir()
    assert found(published(tmp_path)) == FILES
    assert left.is_dir(), "without a lock nobody knows whose it is"


def test_where_there_are_no_locks_the_name_that_another_took_first_is_left_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[..., Path] = Path.rename

    def late(self: Path, target: Path) -> Path:
        if not target.exists() and target.name == "2026-W46":
            target.mkdir()
            (target / "theirs").write_text("x")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", late)
    assert published(tmp_path).name == "2026-W46.r2"
    assert found(tmp_path / "2026-W46") == {"theirs": b"x"}
