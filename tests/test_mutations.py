"""One slip of a finger anywhere in the showcase job: the error stands there, alone, and names the right word."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mutations import SLIPS, Word, slip, text, words
from projects import JOB, Binding, copy_project, prepared

from reportrunner.cli.main import run_command
from reportrunner.errors import Diagnostic, InvalidError
from reportrunner.sandbox import SANDBOX_ADMIN_SECRET, Sandbox
from reportrunner.window.zone import use_packaged_zones

NEW_NAMES: dict[tuple[str | int, ...], str] = {
    ("datasets", "viewership"): "no SQL, check or template names it: it is simply called otherwise",
    ("checks", "ids_are_as_watched"): "nothing refers to a check",
    ("checks", "ids_are_whole"): "nothing refers to a check",
    ("checks", "everyone_known"): "nothing refers to a check",
    ("checks", "nobody_anonymous"): "nothing refers to a check",
    ("checks", "everyone_has_a_standing"): "nothing refers to a check",
    ("checks", "completion_is_a_share"): "nothing refers to a check",
    ("outputs", "report"): "no other output attaches it",
    ("outputs", "summary"): "no other output attaches it",
    **{
        ("datasets", "polls", "columns", name): "no catalogue knows the columns of pollsActivity, and nothing reads it"
        for name in ("poll_id", "poll_question", "entry_id", "answer", "answered_at")
    },
}
"""Names that the job itself gives and that nothing speaks of: misspelt, they are other names, and right."""


def defines(word: Word) -> bool:
    """Tell whether the job gives this name itself; misspelt, it is its uses that are wrong, and they name both.

    So it is with the first of two rows that disagree: which of them is right cannot be known.
    """
    return word.kind == "name" or (
        word.kind in {"columns", "row"} and word.path[1] in {"polls", "course"} and word.path[2:4] != ("rows", 1)
    )


SPOKEN = tuple(word for word in words() if not defines(word))
NUMBERED = list(enumerate(SPOKEN))
GIVEN = tuple(word for word in words() if defines(word) and word.path not in NEW_NAMES)
UNHEARD = tuple(word for word in words() if defines(word) and word.path in NEW_NAMES)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the project whose job file each test writes anew."""
    use_packaged_zones()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reportrunner.prepare.bind_all", Binding())
        yield copy_project(tmp_path_factory.mktemp("project"))


def replaced(word: Word, misspelt: str) -> str:
    return text()[: word.offset] + misspelt + text()[word.offset + len(word.text) :]


def problems(project: Path, word: Word, how: str) -> tuple[Diagnostic, ...]:
    misspelt = slip(word.text, how)
    assert misspelt != word.text
    (project / JOB).write_text(replaced(word, misspelt), "utf-8")
    try:
        return prepared(project).plan.warnings
    except InvalidError as error:
        return error.diagnostics


def expect_one(found: tuple[Diagnostic, ...], word: Word) -> None:
    """One error, at the word, whose sentence or help has the word as it should be."""
    (only,) = found
    assert (only.file, only.line, only.column, only.severity) == (JOB, *word.place, "error")
    assert word.text in f"{only.message} {only.hint}"


@pytest.mark.parametrize(("number", "word"), NUMBERED, ids=str)
def test_a_misspelt_word_is_told_where_it_stands(project: Path, number: int, word: Word) -> None:
    expect_one(problems(project, word, SLIPS[number % 3]), word)


@pytest.mark.full
@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.parametrize(("number", "word"), NUMBERED, ids=str)
def test_so_are_the_other_slips(project: Path, number: int, word: Word, turn: int) -> None:
    found = problems(project, word, SLIPS[(number + turn) % 3])
    if word.text == "id" and len(found) == 2:  # one letter is like no word, so the key is told as missing too
        assert found[0].message.endswith('needs the key "id" (an integer)')
        found = found[1:]
    expect_one(found, word)


@pytest.mark.parametrize("how", SLIPS)
@pytest.mark.parametrize("word", GIVEN, ids=str)
def test_a_misspelt_definition_is_told_at_its_uses(project: Path, word: Word, how: str) -> None:
    found = problems(project, word, how)
    assert found
    for each in found:
        assert each.severity == "error"
        assert word.text in each.message
        assert slip(word.text, how) in f"{each.message} {each.hint}"


@pytest.mark.parametrize("word", UNHEARD, ids=str)
def test_a_name_that_nothing_speaks_of_may_be_any(project: Path, word: Word) -> None:
    assert problems(project, word, "double") == ()


ONE_OF_EACH = [*{word.kind: word for word in SPOKEN}.values(), None]


@pytest.mark.parametrize("word", ONE_OF_EACH, ids=str)
def test_no_request_is_sent_for_a_misspelt_job(
    word: Word | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sources stand at a sandbox that listens, and the secret is right: only the job is wrong, or nothing."""
    root = copy_project(tmp_path)
    if word:
        (root / JOB).write_text(replaced(word, slip(word.text, "swap")), "utf-8")
    monkeypatch.chdir(root)
    monkeypatch.setenv("KALTURA_ADMIN_SECRET", SANDBOX_ADMIN_SECRET)
    with Sandbox(clock=time.time) as sandbox:
        project = (root / "reportrunner.toml").read_text("utf-8")
        (root / "reportrunner.toml").write_text(re.sub(r'"https://[^"]*"', f'"{sandbox.base_url}"', project), "utf-8")
        code = run_command(["run", JOB, "--as-of", "2024-11-18", "--param", "campaign_start=2024-09-01"])
        assert (code, bool(sandbox.log)) == ((3, False) if word else (0, True))
    assert (root / "out").exists() is (word is None)


def test_the_list_is_whole() -> None:
    assert len(SPOKEN) > 200
    assert {word.path for word in UNHEARD} == set(NEW_NAMES)
    assert len(SPOKEN) + len(GIVEN) + len(UNHEARD) == len(words())
