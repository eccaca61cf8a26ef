"""Progress as lines where nobody watches, and as a block that is drawn again where somebody does."""

from __future__ import annotations

import io
import logging
import os
import re
from collections.abc import Iterator
from contextlib import redirect_stderr
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from plans import S, asking, columns, plan

from reportrunner.ask import InlineNode
from reportrunner.cli.progress import Progress
from reportrunner.cli.terminal import REDACTOR, start_logging
from reportrunner.environment import Notice
from reportrunner.gather import Gathered
from reportrunner.plan import RunPlan
from reportrunner.prepare import Prepared
from reportrunner.run import Ended, Trip
from reportrunner.table import Rows

SEEN = columns(name=S)


class Terminal(io.StringIO):
    """A standard error that somebody watches; `lines` is what stands on it now."""

    def isatty(self) -> bool:
        return True

    @property
    def lines(self) -> list[str]:
        shown: list[str] = []
        for piece in re.split(r"(\x1b\[\d+A\x1b\[J)", self.getvalue()):
            up = re.fullmatch(r"\x1b\[(\d+)A\x1b\[J", piece)
            if up:
                assert int(up[1]) <= len(shown), "no more is erased than was drawn"
                shown = shown[: len(shown) - int(up[1])]
            else:
                shown += re.sub(r"\x1b\[[\d;]*m", "", piece).splitlines()
        return shown


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((60, 24)))
    monkeypatch.setattr("reportrunner.cli.progress._SECONDS_BETWEEN", -1.0)
    return Terminal()


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    start_logging(0, None)
    yield
    start_logging(0, None)


def of(name: str = "weekly") -> RunPlan:
    course = InlineNode("course", Rows(SEEN, [("a",)]), (), ())
    return plan(course, asking("progress", SEEN), asking("polls", SEEN), name=name)


def ended(of: RunPlan) -> Ended:
    trip = cast("Trip", type("T", (), {"prepared": cast("Prepared", type("P", (), {"plan": of}))}))
    return Ended(trip, Gathered(), 0)


def notice(dataset: str, what: str, detail: str = "", wait: float = 0.0, run: str = "weekly") -> Notice:
    return Notice(dataset, "fetch", what, detail, wait, run)  # type: ignore[arg-type]


def test_where_nobody_watches_there_is_one_line_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress([of()]) as progress:
        said = progress.of("weekly")
        progress.notice(notice("progress", "sent", "attempt 1"))
        progress.notice(notice("progress", "retry", "HTTP 503", 2.4))
        progress.notice(notice("polls", "retry", "429 Too Many Requests", 0.2))
        progress.notice(notice("polls", "waiting", wait=9.0))
        progress.notice(notice("polls", "paused", "house takes no more requests for 4.8 min", 287.0))
        progress.notice(notice("progress", "done"))
        said("course", "landed", "1 rows")
        said("progress", "landed", "2 rows")
        said("polls", "lost", "datasets.polls, step poll: no")
        progress.ended(ended(of()))
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        "weekly: progress, fetch again, 2 s: HTTP 503",
        "weekly: polls, fetch again: 429 Too Many Requests",
        "weekly: polls waits: house takes no more requests for 4.8 min",
        "weekly: course landed, 1 rows",
        "weekly: progress landed, 2 rows",
        "weekly: polls lost",
    ]


def test_where_somebody_watches_the_block_shows_what_is_under_way(terminal: Terminal) -> None:
    with redirect_stderr(terminal), Progress([of()]) as progress:
        assert terminal.lines == ["weekly", "  · progress    0 sent  ", "  · polls       0 sent  "]
        progress.notice(notice("progress", "sent"))
        progress.notice(notice("progress", "sent"))
        progress.notice(notice("polls", "waiting", wait=12.0))
        assert terminal.lines == ["weekly", "  · progress    2 sent  fetch", "  · polls       0 sent  waits, 12 s"]
        progress.notice(notice("polls", "retry", "HTTP 503", 3.0))
        progress.notice(notice("polls", "paused", "house takes no more requests for 4.8 min", 287.0))
        assert terminal.lines[-1] == "  · polls       0 sent  waits: house takes no more requests f"[:59]
        progress.notice(notice("polls", "retry", "HTTP 503", 3.0))
        progress.of("weekly")("progress", "landed", "2 rows")
        assert terminal.lines == [
            "weekly",
            "  ✓ progress    2 sent  landed: 2 rows",
            "  · polls       0 sent  again, 3 s: HTTP 503",
        ]
    assert terminal.lines == []


def test_a_job_that_ends_leaves_the_block_to_the_others(terminal: Terminal) -> None:
    with redirect_stderr(terminal), Progress([of("a"), of("b")]) as progress:
        assert [line for line in terminal.lines if not line.startswith(" ")] == ["a", "b"]
        progress.ended(ended(of("a")))
        assert terminal.lines == []
        progress.notice(notice("polls", "sent", run="b"))
        assert [line for line in terminal.lines if not line.startswith(" ")] == ["b"]


def test_a_line_never_wraps_and_a_block_never_scrolls(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((40, 5)))
    with redirect_stderr(terminal), Progress([of("a" * 99), of("b"), of("c")]) as progress:
        progress.notice(notice("polls", "retry", "山田花子" * 20, run="b"))
        assert len(terminal.lines) == 3
        monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((40, 50)))
        progress.notice(notice("polls", "retry", "山田花子" * 20, run="b"))
        cells = [sum(2 if ord(char) > 0x2E80 else 1 for char in line) for line in terminal.lines]
        assert max(cells) <= 39
        assert len(cells) == 9


def test_secrets_are_hidden_in_the_block(terminal: Terminal) -> None:
    known = REDACTOR._values, REDACTOR._longest
    REDACTOR.learn("the-session-itself")
    with redirect_stderr(terminal), Progress([of()]) as progress:
        progress.notice(notice("polls", "retry", "INVALID_KS: the-session-itself"))
        assert "  · polls       0 sent  again: INVALID_KS: ***" in terminal.lines
    REDACTOR._values, REDACTOR._longest = known
    assert "the-session" not in terminal.getvalue()


def test_drawing_keeps_a_pace_but_shows_every_wait(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reportrunner.cli.progress._SECONDS_BETWEEN", 1e9)
    with redirect_stderr(terminal), Progress([of()]) as progress:
        before = len(terminal.getvalue())
        for _ in range(1000):
            progress.notice(notice("progress", "sent"))
        assert len(terminal.getvalue()) == before
        progress.notice(notice("progress", "waiting", wait=3.0))
        assert "  · progress  1000 sent  waits, 3 s" in terminal.lines


@pytest.mark.parametrize("verbosity", [1, 2])
def test_nothing_is_drawn_among_log_lines(terminal: Terminal, verbosity: int) -> None:
    with redirect_stderr(terminal):
        start_logging(verbosity, None)
    with redirect_stderr(terminal), Progress([of()]) as progress:
        progress.notice(notice("progress", "sent", "attempt 1"))
        progress.of("weekly")("progress", "landed", "2 rows")
    assert "\x1b[J" not in terminal.getvalue()
    assert "I weekly: progress landed: 2 rows" in terminal.lines
    assert ("D weekly progress fetch: sent attempt 1" in terminal.lines) is (verbosity == 2)


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_that_wants_no_colours_gets_lines(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with redirect_stderr(terminal), Progress([of()]) as progress:
        progress.of("weekly")("progress", "landed", "2 rows")
    assert terminal.getvalue() == "weekly: progress landed, 2 rows\n"


def test_what_belongs_to_no_dataset_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress([of()]) as progress:
        progress.notice(notice("", "retry", "HTTP 503", run=""))
        progress.notice(notice("progress", "retry", "HTTP 503", run="another"))
    assert capsys.readouterr().err == ""


def test_the_log_file_gets_every_event(tmp_path: Path) -> None:
    start_logging(0, tmp_path / "run.log")
    with Progress([of()]) as progress:
        progress.notice(notice("progress", "sent", "attempt 1"))
    logging.getLogger("reportrunner").handlers[0].flush()
    assert "weekly progress fetch: sent attempt 1" in (tmp_path / "run.log").read_text()


def test_runs_of_one_job_are_shown_apart_and_only_those_under_way(terminal: Terminal) -> None:
    first, second = (replace(of(), run=f"weekly {label}") for label in ("2026-W45", "2026-W46"))
    with redirect_stderr(terminal), Progress([first, second], side_by_side=1) as progress:
        progress.notice(notice("progress", "sent", run="weekly 2026-W46"))
        progress.notice(notice("progress", "waiting", wait=2.0, run="weekly 2026-W45"))
        assert terminal.lines == ["weekly 2026-W45", "  · progress    0 sent  waits, 2 s", "  · polls       0 sent  "]
        progress.ended(ended(first))
        progress.notice(notice("progress", "waiting", wait=3.0, run="weekly 2026-W46"))
        assert terminal.lines == ["weekly 2026-W46", "  · progress    1 sent  waits, 3 s", "  · polls       0 sent  "]
