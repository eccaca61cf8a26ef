"""The checked job: paths of documents, and SQL that fails on data, placed in the job file."""

from __future__ import annotations

import pytest
from projects import loaded

from reportrunner.errors import SqlError
from reportrunner.job import path_fault


@pytest.mark.parametrize("path", ["a.csv", "a/b.csv", "ä ö.csv", ".hidden", "a..b", "..."])
def test_a_path_inside_the_run_folder(path: str) -> None:
    assert path_fault(path) == ""


@pytest.mark.parametrize("path", ["/a", "../a", "a/../b", ".."])
def test_a_path_that_leaves_it(path: str) -> None:
    assert path_fault(path) == f'"{path}" leaves the run folder'


@pytest.mark.parametrize("path", ["", "a//b", "./a", "a/", "a\nb", "a/./b"])
def test_a_path_that_names_no_file(path: str) -> None:
    assert path_fault(path) == f'"{path}" names no file in the run folder'


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("a\\b.csv", '"a\\b.csv" has a backslash, which other systems take for a folder'),
        (" .csv", '" .csv" begins or ends with a blank'),
        ("a /b.csv", '"a /b.csv" begins or ends with a blank'),
        ("a/" + "x" * 256, f'"{"x" * 40}…" has 256 bytes, and a name has at most 255'),
        ("ä" * 128, f'"{"ä" * 40}…" has 256 bytes, and a name has at most 255'),
    ],
)
def test_a_name_that_makes_trouble_is_told(path: str, said: str) -> None:
    assert path_fault(path) == said


def test_a_name_may_be_as_long_as_a_name_can_be() -> None:
    assert path_fault("x" * 255 + "/" + "y" * 255) == ""


def test_sql_that_fails_on_data_is_placed_where_it_was_written() -> None:
    text = '[datasets.q]\nsql = """\nselect {{ params.n }} as m,\n       1 // 0 as n\n"""\n'
    job = loaded(text + '[params]\nn = { type = "integer", default = 1 }\n')
    sql = job.nodes["q"].sql  # type: ignore[union-attr]
    (placed,) = job.sql_invalid(("datasets", "q", "sql"), sql, SqlError("boom", sql.text.index("//"))).diagnostics
    assert (placed.message, placed.source[placed.column - 1 :]) == ("boom", "// 0 as n")
    (whole,) = job.sql_invalid(("datasets", "q", "sql"), sql, SqlError("boom")).diagnostics
    assert (whole.line, whole.source) == (4, 'sql = """')
