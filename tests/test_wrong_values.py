"""Wrong values anywhere in the showcase job or its project: always a placed diagnostic, never a traceback."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from projects import JOB, ROOT, Binding, copy_project, prepared, project_text

from reportrunner.errors import Diagnostic, InvalidError
from reportrunner.toml_file.index import build_index
from reportrunner.window.zone import use_packaged_zones

PROJECT = "reportrunner.toml"
VALUES = (
    "5", '"x"', "[]", "{}", "true", "1.5", "2026-01-01", "2026-01-01T00:00:00", "07:30:00", "[[1]]", '""', "nan",
    "[{}]", "{ a = { b = 1 } }", '"{{ nope }}"', '"{{ windows.week }}"', '"{{ each }}"',
    '"{{ params.campaign_start }}"',
)  # fmt: skip
SECTIONS = ("params", "windows", "datasets", "checks", "outputs", "sources", "calendars")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    use_packaged_zones()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reportrunner.prepare.bind_all", Binding())
        yield copy_project(tmp_path_factory.mktemp("project"))


def spans(text: str) -> list[tuple[int, int]]:
    """Where every value stands that is written behind a key or in a list."""
    index = build_index(text, lambda key: str(tomllib.loads(f"{key} = 0").popitem()[0]))
    found = {
        index.find(path, "value") for path in index.marks if index.find(path, "value") != index.find(path, "header")
    }
    listed = {index.find(path, "value") for path in index.marks if isinstance(path[-1], int)}
    return sorted((span.start, span.end) for span in found | listed)


def given(file: str) -> str:
    """What stands in the copy."""
    return project_text() if file == PROJECT else (ROOT / file).read_text("utf-8")


def judge(project: Path, file: str, text: str) -> None:
    """Prepare with this text in place of the file; what is said, if anything, has its place."""
    right = given(file)
    (project / file).write_text(text, "utf-8")
    said: tuple[Diagnostic, ...] = ()
    try:
        prepared(project)
    except InvalidError as error:
        said = error.diagnostics
    finally:
        (project / file).write_text(right, "utf-8")
    assert [found for found in said if not (found.line and found.column)] == []


@pytest.mark.parametrize("file", [JOB, PROJECT])
@pytest.mark.parametrize("turn", range(4))
def test_one_wrong_value_at_every_place(file: str, turn: int, project: Path) -> None:
    text = given(file)
    for number, (start, end) in enumerate(spans(text)):
        if number % 4 == turn:
            judge(project, file, text[:start] + VALUES[number % len(VALUES)] + text[end:])


@pytest.mark.full
@pytest.mark.parametrize("file", [JOB, PROJECT])
@pytest.mark.parametrize("value", VALUES)
def test_every_wrong_value_at_every_place(file: str, value: str, project: Path) -> None:
    text = given(file)
    places = spans(text)
    assert len(places) > (150 if file == JOB else 10)
    for start, end in places:
        judge(project, file, text[:start] + value + text[end:])


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("value", ["5", '"x"', "[]", "[{}]", "{ a = 5 }", "{ a = [] }", "{ a = {} }"])
def test_a_section_that_is_none(section: str, value: str, project: Path) -> None:
    file = PROJECT if section in {"sources", "calendars"} else JOB
    text = given(file)
    judge(project, file, f"{section} = {value}\n" + re.sub(rf"(?ms)^\[{section}\b.*?(?=^\[|\Z)", "", text))
