"""The door: every way a command can end, and the one place where nothing passes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from reportrunner import __version__
from reportrunner.cli.main import COMMANDS, run_command
from reportrunner.cli.terminal import REDACTOR
from reportrunner.errors import InterruptedRunError, OutputError, ProviderError, SecretError, SqlError, UsageError

ROOT = Path(__file__).parents[2]
Said = pytest.CaptureFixture[str]
Do = Callable[[Callable[[], int]], None]


@pytest.fixture
def ls_does(monkeypatch: pytest.MonkeyPatch) -> Do:
    """Let a command do what a test says."""

    def replace(what: Callable[[], int]) -> None:
        monkeypatch.setattr("reportrunner.cli.ls.command", click.Command("ls", callback=what))

    return replace


def failing(error: BaseException) -> Callable[[], int]:
    def fail() -> int:
        raise error

    return fail


@pytest.mark.parametrize("code", [0, 3, 4, 5, 6])
def test_a_command_says_its_own_code(ls_does: Do, code: int) -> None:
    ls_does(lambda: code)
    assert run_command(["ls"]) == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("no such thing"), 2),
        (SecretError("TOKEN is not set"), 3),
        (SqlError("division by zero"), 3),
        (ProviderError("datasets.polls, step poll: no"), 4),
        (OutputError("the disk is full"), 6),
        (InterruptedRunError("stopped"), 130),
    ],
)
def test_an_error_of_a_kind_is_one_sentence_and_its_code(
    ls_does: Do, capsys: Said, error: Exception, code: int
) -> None:
    ls_does(failing(error))
    assert run_command(["ls"]) == code
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"error: {error}\n")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupt_is_130_and_one_word(ls_does: Do, capsys: Said, error: BaseException) -> None:
    ls_does(failing(error))
    assert run_command(["ls"]) == 130
    said = capsys.readouterr()
    assert (said.out, said.err.strip()) == ("", "interrupted")


def test_a_bug_is_told_with_what_an_issue_needs_and_without_secrets(ls_does: Do, capsys: Said) -> None:
    def fail() -> int:
        REDACTOR.learn("a-secret/of this run")
        raise RuntimeError("no a-secret/of this run and no a-secret%2Fof%20this%20run")

    ls_does(fail)
    assert run_command(["ls"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("This is a bug in reportrunner, not in your job. Please report it with what follows.\n")
    assert f"```\nreportrunner {__version__}, Python 3." in said.err
    assert "RuntimeError: no *** and no ***\n```" in said.err
    assert "line " in said.err
    assert "a-secret/" not in said.err.rpartition("RuntimeError")[2]


def test_a_command_hides_nothing_that_was_another_ones(ls_does: Do) -> None:
    REDACTOR.learn("a-secret/of another run")
    ls_does(lambda: 0)
    assert run_command(["ls"]) == 0
    assert REDACTOR.redact("a-secret/of another run") == "a-secret/of another run"


@pytest.mark.parametrize(
    ("typed", "near"), [("rum", '; did you mean "run"?'), ("valdate", '; did you mean "validate"?'), ("quux", "")]
)
def test_an_unknown_command_names_the_nearest(capsys: Said, typed: str, near: str) -> None:
    assert run_command([typed]) == 2
    assert f'there is no command "{typed}"{near}\n' in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["run", "--nonsense"], ["run", "--workers", "0"], ["run", "--jobs", "x"]])
def test_a_wrong_option_is_a_usage_error(capsys: Said, arguments: list[str]) -> None:
    assert run_command(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "Usage: reportrunner run" in said.err


def test_help_and_version_go_to_standard_output(capsys: Said) -> None:
    assert run_command(["--version"]) == 0
    assert capsys.readouterr().out == f"reportrunner, version {__version__}\n"
    assert run_command(["--help"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert [line.split()[0] for line in said.out.partition("Commands:\n")[2].splitlines()] == list(COMMANDS)


def test_help_imports_no_command() -> None:
    code = (
        "import sys; from reportrunner.cli.main import run_command; run_command(['--help']); "
        "print(*sorted(m for m in sys.modules if m.startswith(('reportrunner.', 'pydantic', 'duckdb', 'requests'))))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_environ())
    assert said.stdout.splitlines()[-1] == "reportrunner.cli reportrunner.cli.main"


def _environ() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}


JOB = """
title    = "People"
timezone = "Europe/Berlin"
label    = "now"
[datasets.people]
rows = [{ name = "Ana" }]
[outputs.people]
format  = "csv"
dataset = "people"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "jobs").mkdir()
    for name in ("a", "b"):
        (tmp_path / "jobs" / f"{name}.toml").write_text(JOB)
    (tmp_path / "reportrunner.toml").write_text("")
    return tmp_path


def with_closed(project: Path, streams: str, *arguments: str) -> tuple[int, bytes, bytes]:
    """Run a command with pipes whose reader has gone before it writes."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "reportrunner", *arguments],
            cwd=project,
            env=_environ(),
            stdout=writing if "out" in streams else subprocess.PIPE,
            stderr=writing if "err" in streams else subprocess.PIPE,
        )
    finally:
        os.close(writing)
    out, err = process.communicate(timeout=30)
    return process.returncode, out or b"", err or b""


@pytest.mark.parametrize("streams", ["out", "err", "out and err"])
def test_a_run_goes_on_when_nobody_listens(project: Path, streams: str) -> None:
    code, _, err = with_closed(project, streams, "run", "jobs", "-v")
    assert code == 0
    assert b"Exception ignored" not in err
    assert b"Traceback" not in err
    assert {path.parent.parent.name for path in (project / "out").rglob("manifest.toml")} == {"a", "b"}


@pytest.mark.parametrize(
    "arguments", [("ls",), ("--help",), ("explain", "report"), ("run", "--help"), ("schema", "job"), ("plan", "jobs")]
)
def test_a_command_whose_reader_has_gone_ends_quietly(project: Path, arguments: tuple[str, ...]) -> None:
    code, _, err = with_closed(project, "out", *arguments)
    assert (code, err) == (0, b"")


def test_an_interrupt_before_the_door_is_open_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    from reportrunner import __main__

    monkeypatch.setattr("reportrunner.cli.main.run_command", lambda _: failing(KeyboardInterrupt())())
    monkeypatch.setattr("os._exit", sys.exit)
    with pytest.raises(SystemExit) as ended:
        __main__.main()
    assert ended.value.code == 130
