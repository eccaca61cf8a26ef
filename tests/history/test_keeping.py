from __future__ import annotations

import datetime as dt
import fcntl
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from plans import N, asking, endpoint, query
from remembering import INTO, TALKS, ZONE, Diary, day, moment, over

from reportrunner.errors import InvalidError, OutputError
from reportrunner.history import remember, store
from reportrunner.history.store import STAGING, kept
from reportrunner.land import land
from reportrunner.memory import Accumulate, Asked
from reportrunner.table import Column, Landed, Note, Rows, Value
from reportrunner.window.window import window_of

A = ("a", moment("2026-11-09T15"), "ended")
NINTH = over("2026-11-09", "2026-11-10")


def test_a_run_keeps_what_it_landed_with_its_facts(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    landed = diary.saw("2026-11-10", NINTH, [A])
    (one,) = kept(tmp_path / INTO)
    assert one == landed.kept
    assert one.into == INTO
    assert (one.job, one.dataset, one.origin, one.key, one.run) == ("weekly", "talks", "somewhere", ("id",), "run001")
    assert (one.start, one.end, one.rows, one.digest) == (day("2026-11-09"), day("2026-11-10"), 1, landed.table.digest)
    assert [(c.name, c.type) for c in one.columns] == [(c.name, c.type) for c in TALKS]
    assert one.as_of == one.seen == dt.datetime(2026, 11, 10, 5, tzinfo=dt.UTC)


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    diary = Diary(tmp_path / "new" / "folder")
    mask = os.umask(0)
    try:
        diary.folder.parent.mkdir()
        diary.saw("2026-11-10", NINTH, [A])
    finally:
        os.umask(mask)
    modes = {path.relative_to(tmp_path).as_posix(): path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert modes["new/folder/history"] == modes[f"new/folder/{INTO}"] == 0o700
    assert [mode for name, mode in modes.items() if name.endswith(".parquet")] == [0o600]


def test_what_is_still_to_come_is_not_covered(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    diary.saw("2026-11-11", over("2026-11-10", "2026-11-16"), [])
    diary.saw("2026-11-10", over("2026-11-11", "2026-11-12"), [])
    assert [(one.start, one.end) for one in kept(tmp_path / INTO)] == [
        (day("2026-11-11"), day("2026-11-11")),
        (day("2026-11-10"), day("2026-11-11")),
    ]


def test_an_endpoint_says_what_it_covers(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    half = window_of(day("2026-11-09") + 43_200, day("2026-11-10"), ZONE)
    node = asking("talks", TALKS, endpoint=endpoint(covers=lambda _: half))
    node = replace(node, window=NINTH, accumulate=Accumulate(("id",), INTO))
    table = land(Rows(TALKS, [A]), "talks", tmp_path / "t.duckdb", ())
    landed = remember(node, Landed(table), {}, diary.memory("2026-11-10"))
    assert landed.kept
    assert (landed.kept.start, landed.kept.end) == (day("2026-11-09") + 43_200, day("2026-11-10"))


def test_what_is_made_of_a_list_covers_no_more_than_the_list(tmp_path: Path) -> None:
    """Details of sessions, where the list left out what is too old; another window of the job has no say."""
    diary = Diary(tmp_path)
    half = window_of(day("2026-11-09") + 43_200, day("2026-11-10"), ZONE)
    clamped = replace(asking("list", TALKS, endpoint=endpoint(covers=lambda _: half)), window=NINTH)
    whole = replace(asking("all", TALKS), window=over("2026-11-01", "2026-11-02"))
    later = replace(
        asking("later", TALKS, endpoint=endpoint(covers=lambda _: half)), window=over("2026-11-12", "2026-11-13")
    )
    nodes = {node.name: node for node in (clamped, whole, later, query("made", "list", "all"))}
    for window, start in ((NINTH, half.start_unix), (over("2026-11-01", "2026-11-02"), day("2026-11-01"))):
        node = replace(query("talks", "made", "later"), accumulate=Accumulate(("id",), INTO, window))
        table = land(Rows(TALKS, [A]), "talks", tmp_path / "t.duckdb", ())
        landed = remember(node, Landed(table), {}, diary.memory("2026-11-10", nodes=nodes))
        assert landed.kept
        assert landed.kept.start == start


def test_what_is_made_of_one_day_does_not_cover_a_week(tmp_path: Path) -> None:
    """`accumulate` names a longer window than what the rows come from was asked over."""
    diary = Diary(tmp_path)
    nodes = {"list": replace(asking("list", TALKS), window=NINTH), "file": query("file")}
    accumulate = Accumulate(("id",), INTO, over("2026-11-02", "2026-11-16"))
    node = replace(query("talks", "list", "file"), accumulate=accumulate)
    table = land(Rows(TALKS, [A]), "talks", tmp_path / "t.duckdb", ())
    landed = remember(node, Landed(table), {}, diary.memory("2026-11-16", nodes=nodes))
    assert landed.kept
    assert (landed.kept.start, landed.kept.end) == (NINTH.start_unix, NINTH.end_unix)


def test_nothing_is_kept_without_accumulate_or_by_who_only_looks(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    landed = Landed(land(Rows(TALKS, [A]), "talks", tmp_path / "t.duckdb", ()))
    node = replace(query("talks"), accumulate=Accumulate(("id",), INTO, NINTH))
    assert remember(query("talks"), landed, {}, diary.memory("2026-11-10")) is landed
    assert remember(node, landed, {}, diary.memory("2026-11-10", run="")) is landed
    assert remember(node, landed, {}, None) is landed
    assert not (tmp_path / "history").exists()


def test_doubtful_rows_are_not_kept_and_that_is_said(tmp_path: Path) -> None:
    diary = Diary(tmp_path, withheld=lambda name, landed: f"{name} of {len(landed)} is doubtful")
    landed = diary.saw("2026-11-10", NINTH, [A])
    assert landed.notes == (Note("history.not_kept", "nothing was kept: talks of 1 is doubtful"),)
    assert landed.kept is None
    assert not (tmp_path / "history").exists()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([A, (None, None, "")], '1 rows have no id, which "accumulate" takes for their name'),
        ([A, ("a", None, ""), ("b", None, "")], "1 rows repeat the id of another one"),
    ],
)
def test_rows_that_the_key_does_not_name_are_an_error(tmp_path: Path, rows: list[tuple[Value, ...]], said: str) -> None:
    with pytest.raises(InvalidError, match=said):
        Diary(tmp_path).saw("2026-11-10", NINTH, rows)
    assert not (tmp_path / "history").exists()


@pytest.mark.parametrize(
    ("of", "accumulate", "said"),
    [
        (TALKS, {"key": ("id", "at")}, r"the key is id, not id \+ at"),
        (TALKS, {"asked": Asked("elsewhere")}, 'rows are from "somewhere", not "elsewhere"'),
        (TALKS, {"asked": Asked("somewhere", '{"filters": {"room": "a"}}')}, 'filters was null, not {"room": "a"}'),
        ((TALKS[0], TALKS[1], Column("state", N)), {}, 'column "state" is string, not integer'),
    ],
)
def test_a_history_takes_rows_of_one_kind(
    tmp_path: Path, of: tuple[Column, ...], accumulate: dict[str, object], said: str
) -> None:
    diary = Diary(tmp_path)
    diary.saw("2026-11-10", NINTH, [A])
    (file,) = diary.kept
    with pytest.raises(InvalidError, match=f"the history is of other rows: in {file}, {said}"):
        diary.saw("2026-11-11", NINTH, [("b", moment("2026-11-10T01"), None)], of, accumulate)
    assert diary.kept == [file]


def test_a_file_of_another_history_is_found(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    diary.saw("2026-11-10", NINTH, [A])
    diary.saw("2026-11-10", NINTH, [A], accumulate={"into": "history/others"})
    (other,) = (tmp_path / "history/others").iterdir()
    other.rename(tmp_path / INTO / other.name)
    with pytest.raises(InvalidError, match='rows were kept in "history/others", not in "history/talks"'):
        diary.saw("2026-11-10", NINTH, [A])
    with pytest.raises(OutputError, match='was kept in "history/others": move it back'):
        diary.read("2026-11-10")


def test_stand_in_and_real_data_do_not_mix(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    diary.saw("2026-11-10", NINTH, [A], sandbox=True)
    with pytest.raises(OutputError, match="is stand-in data in the other's folder"):
        diary.saw("2026-11-11", NINTH, [A])
    with pytest.raises(OutputError, match="is stand-in data in the other's folder"):
        diary.read("2026-11-11")


def test_an_archive_that_is_not_there_is_no_empty_one(tmp_path: Path) -> None:
    diary = Diary(tmp_path / "mount", archived=True)
    with pytest.raises(OutputError, match="mount is not there"):
        diary.read("2026-11-10")
    assert not diary.folder.exists()


def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / "history").write_text("in the way")
    with pytest.raises(OutputError, match="history"):
        Diary(tmp_path).saw("2026-11-10", NINTH, [A])


def test_what_a_killed_writer_left_is_never_read_and_goes(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    left = tmp_path / INTO / f"{STAGING}0123"
    left.mkdir(parents=True)
    (left / "rows.parquet").write_bytes(b"PAR1 half")
    assert diary.read("2026-11-10").fed == ()
    diary.saw("2026-11-10", NINTH, [A])
    assert not left.exists()
    assert len(diary.kept) == 1


def test_what_another_writer_is_at_stays(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    staging = tmp_path / INTO / f"{STAGING}0123"
    staging.mkdir(parents=True)
    held = os.open(tmp_path / INTO, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_SH)
        diary.saw("2026-11-10", NINTH, [A])
    finally:
        os.close(held)
    assert staging.exists()


WRITER = """
import sys
from pathlib import Path
from remembering import Diary, over
name = sys.argv[1]
diary = Diary(Path("shared"), Path(name))
print(flush=True)
input()
for n in range(4):
    diary.saw("2026-11-10", over("2026-11-09", "2026-11-10"), [(f"{name}{n}", None, "")])
"""


def test_two_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    tests = Path(__file__).parents[1]
    path = os.pathsep.join(map(str, (tests, tests.parent)))
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=tmp_path,
            env={"PYTHONPATH": path},
        )
        for name in "xy"
    ]
    for writer in writers:
        assert writer.stdout
        writer.stdout.readline()
    for writer in writers:
        assert writer.stdin
        writer.stdin.write(b"\n")
        writer.stdin.flush()
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    for writer in writers:
        writer.communicate()
    diary = Diary(tmp_path / "shared", tmp_path)
    assert [row[0] for row in diary.rows("2026-11-10")] == [f"{name}{n}" for name in "xy" for n in range(4)]
    assert len(diary.kept) == len(list((tmp_path / "shared" / INTO).iterdir())) == 8


@pytest.mark.parametrize("step", ["_write", "_name", "rename", "sync"])
def test_a_writer_that_ends_midway_leaves_nothing_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    class KilledError(BaseException):
        pass

    def killed(*_: object) -> None:
        raise KilledError

    diary = Diary(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(Path if step == "rename" else store, step, killed)
        with pytest.raises(KilledError):
            diary.saw("2026-11-10", NINTH, [A])
    assert diary.rows("2026-11-10") == []
    diary.saw("2026-11-10", NINTH, [A])
    assert diary.rows("2026-11-10") == [A]
    assert [path.suffix for path in (tmp_path / INTO).iterdir()] == [".parquet"]
