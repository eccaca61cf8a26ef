"""What loading works with: mended keys, stray sections, and the order of rows."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from reportrunner.checker import Checker, named, row_order, strays, tables
from reportrunner.spec import DatasetSpec, JobFile
from reportrunner.toml_file import TomlFile


def checker(text: str) -> Checker:
    return Checker(TomlFile("a.toml", text, tomllib.loads(text)))


@pytest.mark.parametrize(
    ("section", "mended", "said"),
    [
        ({"file": 1}, {"file": 1}, []),
        ({"fiel": 1, "key": 2}, {"file": 1, "key": 2}, ['unknown key "fiel" in a dataset; did you mean "file"?']),
        ({"file": 1, "fiel": 2}, {"file": 1, "fiel": 2}, []),
        ({"fiel": 1, "fille": 2}, {"file": 1, "fille": 2}, ['unknown key "fiel" in a dataset; did you mean "file"?']),
        ({"window": 1}, {"window": 1}, []),
    ],
)
def test_a_key_is_mended_once_and_said(section: dict[str, int], mended: dict[str, int], said: list[str]) -> None:
    one = checker("\n".join(f"{key} = {value}" for key, value in section.items()))
    assert one.mended(section, ["file", "sql"], (), "a dataset") == mended
    assert [problem.message for problem in one.problems] == said


@pytest.mark.parametrize(
    ("data", "found", "names"),
    [
        ({"datasets": {"a": {}, "b": 5}}, {"a": {}}, {"a", "b"}),
        ({"datasets": 5}, {}, set()),
        ({}, {}, set()),
        ({"datsets": {"a": {}}, "dataset": {"b": {}}, "outputs": {"c": {}}}, {}, {"a", "b"}),
    ],
)
def test_names_of_a_section_and_of_its_misspellings(data: Any, found: dict[str, Any], names: set[str]) -> None:
    assert tables(data, "datasets") == found
    assert named(data, "datasets", JobFile) == names
    assert set(strays(data, "datasets", JobFile)) == names - set(data.get("datasets") or () if found else ())


def test_what_could_not_be_read_is_said_once_and_left_alone() -> None:
    one = checker('a = "{{ now() }}"\nb = "{{ params.x }}"\nc = "{{ params.y }}"\n')
    one.scope["params"] = {"x": 1}
    tree = one.parsed(one.file.data, ())
    assert one.rendered(tree["b"], ("b",)) == 1
    assert one.rendered(tree["a"], ("a",)) is None
    assert one.rendered(tree, ()) is None
    assert [problem.line for problem in one.problems] == [1, 3]
    assert (one.is_unread(("a",)), one.is_unread(("b",)), one.is_unread(())) == (True, False, True)


def test_rows_stand_by_sorted_by_else_key() -> None:
    assert row_order(DatasetSpec(key=["a"], sorted_by=["b"])) == ("b",)
    assert row_order(DatasetSpec(key=["a"])) == ("a",)
    assert row_order(DatasetSpec()) == ()
