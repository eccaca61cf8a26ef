from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from plans import S, asking, columns, plan

from reportrunner.ask import FileNode
from reportrunner.errors import InvalidError
from reportrunner.inputs import input_hashes, read_templates
from reportrunner.window.calendar import Calendar, DateYears


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_templates_are_read_by_their_path_below_templates(tmp_path: Path) -> None:
    (tmp_path / "templates" / "parts").mkdir(parents=True)
    (tmp_path / "templates" / "b.html.j2").write_text("é", "utf-8")
    (tmp_path / "templates" / "parts" / "a.j2").write_text("a")
    (tmp_path / "templates" / "notes.txt").write_bytes(b"\xff")
    assert read_templates(tmp_path) == {"b.html.j2": "é", "parts/a.j2": "a"}
    assert read_templates(tmp_path / "nowhere") == {}


def test_a_template_that_is_no_text_is_a_diagnostic(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.j2").write_bytes(b"one\ntwo \xe9\n")
    with pytest.raises(InvalidError) as caught:
        read_templates(tmp_path)
    (said,) = caught.value.diagnostics
    assert (said.file, said.line, said.message) == ("templates/a.j2", 2, "byte 0xe9 is not UTF-8")


def parts(**changes: Any) -> Any:
    roster = FileNode("roster", "data/roster.csv", columns(user_id=S), (), ())
    return plan(roster, asking("progress", columns(name=S)), **changes)


def test_the_hashes_are_of_the_job_its_sources_its_files_and_its_templates(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "roster.csv").write_text("user_id\nana\n")
    of = parts()
    hashes = input_hashes(of, tmp_path, [("page.j2", "text")])
    assert list(hashes) == ["job", "sources.house", "data/roster.csv", "templates/page.j2"]
    assert hashes["job"] == digest(of.job.file.text)
    assert hashes["data/roster.csv"] == digest("user_id\nana\n")
    assert hashes["templates/page.j2"] == digest("text")
    assert hashes["sources.house"] == digest(of.job.sources["house"].settings.model_dump_json(exclude_none=True))


def test_a_calendar_that_windows_speak_of_is_an_input(tmp_path: Path) -> None:
    of = plan(calendars={"fiscal": Calendar("fiscal", DateYears(2))})
    hashes = input_hashes(of, tmp_path, [])
    assert list(hashes) == ["job", "calendars.fiscal"]
    assert hashes != input_hashes(plan(calendars={"fiscal": Calendar("fiscal", DateYears(3))}), tmp_path, [])


def test_a_source_that_nobody_asks_is_no_input(tmp_path: Path) -> None:
    of = plan()
    assert list(input_hashes(of, tmp_path, [])) == ["job"]


def test_a_file_that_went_away_meanwhile_is_a_diagnostic(tmp_path: Path) -> None:
    with pytest.raises(InvalidError) as caught:
        input_hashes(parts(), tmp_path, [])
    (said,) = caught.value.diagnostics
    assert (said.file, said.message) == ("data/roster.csv", "the file cannot be read: no such file or directory")
