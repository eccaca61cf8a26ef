"""What goes to standard error and into logs, and what is kept out of both."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from reportrunner.cli.terminal import REDACTOR, narrating, say, say_error, start_logging, tell
from reportrunner.errors import Diagnostic, InvalidError, ProviderError

SECRET = "a-secret/of this run"
Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def known() -> Iterator[None]:
    before = REDACTOR._values, REDACTOR._longest
    REDACTOR.learn(SECRET)
    yield
    REDACTOR._values, REDACTOR._longest = before
    start_logging(0, None)


def test_words_go_to_standard_error_and_data_to_standard_output(capsys: Said) -> None:
    say(f"words with {SECRET}")
    tell(f"data with {SECRET}")
    said = capsys.readouterr()
    assert (said.err, said.out) == ("words with ***\n", "data with ***\n")


def test_an_error_is_one_sentence_and_a_diagnostic_quotes_its_line(capsys: Said) -> None:
    say_error(ProviderError(f"datasets.polls, step poll: no {SECRET}"))
    assert capsys.readouterr().err == "error: datasets.polls, step poll: no ***\n"
    say_error(InvalidError((Diagnostic("jobs/a.toml", 3, 1, "wrong", source="x = 1"),)))
    assert capsys.readouterr().err.startswith("jobs/a.toml:3:1: error: wrong\n")


@pytest.mark.parametrize(("verbosity", "lines"), [(0, 0), (1, 1), (2, 2)])
def test_verbosity_says_more(capsys: Said, verbosity: int, lines: int) -> None:
    start_logging(verbosity, None)
    assert narrating() is bool(verbosity)
    log = logging.getLogger("reportrunner.transport")
    log.info("step with %s", SECRET)
    log.debug("request with %s", SECRET)
    assert capsys.readouterr().err.splitlines() == ["I step with ***", "D request with ***"][:lines]


def test_the_log_file_holds_everything_but_secrets(tmp_path: Path, capsys: Said) -> None:
    start_logging(0, tmp_path / "run.log")
    logging.getLogger("reportrunner").error("it failed with %s", SECRET, exc_info=ValueError(SECRET))
    start_logging(0, None)
    (line,) = (tmp_path / "run.log").read_text().splitlines()
    said = json.loads(line)
    assert (said["level"], said["name"], said["message"]) == ("error", "reportrunner", "it failed with ***")
    assert said["time"].endswith("+00:00")
    assert capsys.readouterr().err == ""


def test_warnings_of_the_http_library_go_the_same_way(tmp_path: Path, capsys: Said) -> None:
    start_logging(0, tmp_path / "run.log")
    logging.getLogger("urllib3.connection").warning("Failed to parse headers (url=https://x.example/?ks=%s)", SECRET)
    assert capsys.readouterr().err == ""
    start_logging(1, None)
    logging.getLogger("urllib3.connection").warning("Failed to parse headers (url=https://x.example/?ks=%s)", SECRET)
    assert capsys.readouterr().err == "W Failed to parse headers (url=https://x.example/?ks=***)\n"
    assert "ks=***" in (tmp_path / "run.log").read_text()
