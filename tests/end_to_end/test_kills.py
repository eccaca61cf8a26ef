"""What dies in the middle: the service, the run while it gathers, the run while it publishes, by signal or by hand."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from showcase import Ran, command, copy_project, environment, files, point_at, run_apart, standing

from reportrunner.publish import STAGING

JOB = "jobs/flows.toml"
AS_OF = "2024-06-17"
LABEL = "2024-W24"
NEVER_READY = "export_seconds=600"
PATIENCE = 120
"""Seconds after which what should have happened will not."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_project(tmp_path)


class Running:
    """A run in a process of its own, whose words can be waited for."""

    def __init__(self, project: Path, *more: str, program: tuple[str, ...] = ()) -> None:
        arguments = command(project, "--as-of", AS_OF, *more, job=JOB)
        if program:
            arguments = [sys.executable, *program, *arguments[3:]]
        self.process = subprocess.Popen(
            arguments, cwd=project, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.said: list[str] = []
        self.told = threading.Condition()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self.told:
                self.said.append(line)
                self.told.notify_all()

    def until(self, words: str) -> None:
        with self.told:
            assert self.told.wait_for(lambda: any(words in line for line in self.said), PATIENCE), "".join(self.said)

    def end(self) -> tuple[int, str, str]:
        """Return exit code, standard output and standard error; fails when they never come."""
        code = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        assert self.process.stdout is not None
        return code, self.process.stdout.read(), "".join(self.said)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.reader.join(PATIENCE)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()


@contextmanager
def running(project: Path, *more: str, program: tuple[str, ...] = ()) -> Iterator[Running]:
    one = Running(project, *more, program=program)
    try:
        yield one
    finally:
        one.close()


def published(project: Path) -> list[str]:
    """Name everything in the job's output folder, half-written or not."""
    folder = project / "out" / "flows"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def healthy(project: Path) -> Ran:
    return run_apart(project, "--sandbox", "--as-of", AS_OF, job=JOB)


IMPATIENT = """
import sys
from reportrunner.execute import repeat
from reportrunner.cli.main import run_command
repeat.backoff = lambda *_: 0.05
sys.exit(run_command(sys.argv[1:]))
"""
QUICK = ("-c", IMPATIENT)
"""The command with the waits between attempts made short."""


def kill_the_service(project: Path, program: tuple[str, ...] = ()) -> str:
    with standing(NEVER_READY) as (url, service):
        point_at(project, url)
        with running(project, program=program) as run:
            for dataset in ("table", "total", "viewership"):
                run.until(f"{dataset} landed")
            service.kill()
            code, out, said = run.end()
    assert (code, out) == (4, ""), said
    return said


def test_a_service_that_dies_in_mid_run_is_told_with_dataset_and_step(project: Path) -> None:
    earlier = healthy(project)
    before = files(earlier.folder)
    said = kill_the_service(project, QUICK)
    assert "error: datasets.polls, step poll: kaltura_reports could not be reached: connect: connection refused" in said
    assert "(after 6 attempts)" in said
    assert "nothing was published" in said
    assert files(earlier.folder) == before


@pytest.mark.full
def test_a_service_that_dies_is_not_waited_for_longer_than_half_a_minute(project: Path) -> None:
    said = kill_the_service(project)
    assert "error: datasets.polls, step poll: kaltura_reports could not be reached" in said
    (waited,) = re.findall(r"\((?:for|after) [^)]+\)", said)
    assert waited in {"(for 15.0 s)", "(after 6 attempts)"}
    assert published(project) == []


def test_a_service_that_is_not_there_is_told_for_every_dataset(project: Path) -> None:
    point_at(project, "http://127.0.0.1:9")
    with running(project, program=QUICK) as run:
        code, out, said = run.end()
    assert (code, out) == (4, ""), said
    for dataset in ("table", "total", "viewership", "polls"):
        assert f"error: datasets.{dataset}, sign-in at kaltura: kaltura could not be reached: connect: " in said
    assert published(project) == []


def test_a_run_that_is_killed_while_it_gathers_leaves_nothing_and_the_next_succeeds(project: Path) -> None:
    with standing(NEVER_READY) as (url, _):
        point_at(project, url)
        with running(project) as run:
            run.until("table landed")
            run.process.kill()
            assert run.end()[0] == -signal.SIGKILL
    assert published(project) == []
    ran = healthy(project)
    assert ran.code == 0, ran.err
    assert published(project) == [LABEL]
    assert set(ran.documents) == {"table.csv", "total.csv", "viewership.csv", "polls.csv", "manifest.toml"}


KILLED_AT = """
import os, signal, sys
from reportrunner import publish
from reportrunner.cli.main import run_command
at = os.environ.pop("DIE_AT")
calls = 0
def dying(name, real):
    def call(*arguments):
        global calls
        calls += 1
        if at == f"{name} {calls}" or (name == at):
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments)
    return call
publish._write = dying("write", publish._write)
publish._switch = dying("switch", publish._switch)
sys.exit(run_command(sys.argv[1:]))
"""


@pytest.mark.parametrize("at", ["write 1", "write 4", "switch"])
def test_a_run_that_is_killed_while_it_publishes_leaves_no_half_folder(
    project: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    first = healthy(project)
    before = first.documents
    arguments = command(project, "--sandbox", "--as-of", AS_OF, job=JOB)[3:]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_AT, *arguments],
        cwd=project, env=environment(DIE_AT=at), capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    left = [name for name in published(project) if name != LABEL]
    assert [name.startswith(STAGING) for name in left] == [True]
    assert first.documents == before
    again = healthy(project)
    assert again.code == 0, again.err
    assert published(project) == [LABEL, f"{LABEL}.r2"]
    assert again.documents == before


def test_the_next_run_cleans_up_even_when_it_fails_itself(project: Path) -> None:
    left = project / "out" / "flows" / f"{STAGING}{LABEL}-1"
    left.mkdir(parents=True)
    (left / "half.csv").write_text("a")
    point_at(project, "http://127.0.0.1:9")
    with running(project, program=QUICK) as run:
        assert run.end()[0] == 4
    assert published(project) == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [(NEVER_READY, "table landed"), ("delay_seconds=600", "sent attempt 1")],
    ids=["while it waits for an export", "while it is blocked in a read"],
)
def test_an_interrupted_run_ends_at_once_and_publishes_nothing(project: Path, fault: str, words: str) -> None:
    with standing(fault) as (url, _):
        point_at(project, url)
        with running(project, "-vv") as run:
            run.until(words)
            run.process.send_signal(signal.SIGINT)
            code, out, said = run.end()
    assert (code, out) == (130, ""), said
    told = [line for line in said.splitlines() if not line.startswith("D ")]  # a read that is cut off may tell so later
    assert told[-1] == "interrupted"
    assert "Traceback" not in said
    assert published(project) == []
