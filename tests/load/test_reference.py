"""Reference data: rows written in the job and files beside it, matched with the columns that are declared."""

# ruff: noqa: E501 - a line of a table is one case

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from projects import ROOT, loaded, problem, problems

from reportrunner.ask import FileNode, InlineNode
from reportrunner.table import Column, ColumnType

OUT = '\n[outputs.o]\nformat = "csv"\ndataset = "x"\n'
X = "[datasets.x]\n"


def inline(rows: str, keys: str = "") -> InlineNode:
    job = loaded(f"{X}rows = [{rows}]\n{keys}")
    assert not job.diagnostics
    node = job.nodes["x"]
    assert isinstance(node, InlineNode)
    return node


def test_rows_are_typed_by_their_values() -> None:
    node = inline('{ t = "a", i = 1, d = 0.9, b = true, day = 2026-09-01, at = 2026-09-01T09:00:00+02:00 }')
    assert [(column.name, column.type.value) for column in node.columns] == [
        ("t", "string"), ("i", "integer"), ("d", "decimal"), ("b", "boolean"), ("day", "date"), ("at", "timestamp"),
    ]  # fmt: skip
    moment = dt.datetime(2026, 9, 1, 7, tzinfo=dt.UTC)
    assert node.rows.rows == [("a", 1, Decimal("0.9"), True, dt.date(2026, 9, 1), moment)]
    assert node.rows.rows[0][5].tzinfo is dt.UTC


def test_whole_numbers_among_others_are_decimals() -> None:
    node = inline("{ d = 1 }, { d = 0.5 }, { d = 2 }")
    assert node.columns[0].type is ColumnType.DECIMAL
    assert node.rows.rows == [(Decimal(1),), (Decimal("0.5"),), (Decimal(2),)]


def test_declared_types_win_and_marks_and_order_stand() -> None:
    node = inline(
        '{ id = "b", share = 1, secs = 90 }, { id = "a", share = 0.5, secs = 1.5 }',
        'columns = { share = "ratio", secs = "duration" }\nkey = ["id"]\nsorted_by = ["share"]\npersonal = ["id"]\n',
    )
    assert node.columns == (
        Column("id", ColumnType.STRING, personal=True),
        Column("share", ColumnType.RATIO),
        Column("secs", ColumnType.DURATION),
    )
    assert (node.key, node.order) == (("id",), ("share",))
    assert inline('{ id = "b" }', 'key = ["id"]\n').order == ("id",)


def test_no_rows_have_the_declared_columns() -> None:
    node = inline("", 'columns = { a = "string", n = "integer" }\n')
    assert ([column.name for column in node.columns], list(node.rows.rows)) == (["a", "n"], [])
    assert problem(f"{X}rows = []{OUT}") == '[]: there are no rows and no columns | write columns = { name = "string" }'


def test_expressions_stand_in_rows_with_their_type() -> None:
    job = loaded(
        f'{X}rows = [{{ n = "{{{{ params.n }}}}", t = "n{{{{ params.n }}}}" }}]\n[params]\nn = {{ type = "integer", default = 3 }}\n'
    )
    assert job.nodes["x"].rows.rows == [(3, "n3")]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('rows = [{ id = "a", n = 1 }, { id = "b" }]', ['{ id = "b" }: row 2 has no "n", row 1 has it']),
        ('rows = [{ id = "a" }, { id = "b", n = 1 }]', ['n: row 2 has "n", row 1 has not']),
        ('rows = [{ title = "a" }, { titel = "b" }]', ['titel: row 2 has "titel", row 1 has not; did you mean "title"?']),
        ('rows = [{ titel = "a" }, { title = "b" }, { title = "c" }]', ['titel: row 1 has "titel", row 2 has not; did you mean "title"?']),
        ('rows = [{ n = 1 }, { n = "two" }]', ['"two": "n" is integer, found text "two"']),
        ("rows = [{ n = true }, { n = 1 }]", ['1: "n" is boolean, found 1']),
        ('rows = [{ n = 1.5 }]\ncolumns = { n = "integer" }', ['1.5: "n" is integer, found 1.5']),
        ("rows = [{ n = nan }]", ['nan: "n" is decimal, found nan']),
        ("rows = [{ at = 2026-09-01T09:00:00 }]", ["2026-09-01T09:00:00: 2026-09-01T09:00:00 has no zone; write 2026-09-01T09:00:00Z, or another offset"]),
        ('rows = [{ day = 2026-09-01 }]\ncolumns = { day = "timestamp" }', ['2026-09-01: "day" is timestamp, found the date 2026-09-01']),
        ('rows = [{ id = "a" }]\ncolumns = { di = "string" }', ['di: the rows have no column "di"; did you mean "id"?']),
        ('rows = [{ id = "a" }]\nkey = ["di"]', ['"di": there is no column "di"; did you mean "id"?']),
        ('rows = [{ id = "a" }]\npersonal = ["name"]\nsorted_by = ["nr"]', ['"name": there is no column "name"', '"nr": there is no column "nr"']),
        ("rows = [{ id = 1, ID = 2 }]", ['[datasets.x]: two columns are called "ID", and SQL does not tell them apart']),
        ('rows = [{ " " = 1 }]', ['[datasets.x]: " " is no name of a column']),
        ("rows = 5", ["5: expected a list of tables, found 5"]),
    ],
)  # fmt: skip
def test_rows_that_do_not_fit(text: str, said: list[str]) -> None:
    assert problems(f"{X}{text}{OUT}") == said


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "reportrunner.toml").write_text("", "utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/people.csv").write_text('\ufeffid,"full name",team\na,A,x\n', "utf-8")
    (tmp_path / "data/broken.csv").write_bytes(b"id,name\nJ\xffrg,x\n")
    (tmp_path / "data/semicolons.csv").write_text("id;team\na;x\n", "utf-8")
    (tmp_path / "data/tabs.csv").write_text("id\tteam\na\tx\n", "utf-8")
    (tmp_path / "data/capital.csv").write_text("id,Team\na,x\n", "utf-8")
    return tmp_path


def test_a_file_has_the_declared_columns() -> None:
    job = loaded(
        '[datasets.x]\nfile = "data/roster.csv"\ncolumns = { user_id = "string", name = "string", email = "string", manager = "string" }\nkey = ["user_id"]\npersonal = ["email"]\n'
    )
    node = job.nodes["x"]
    assert isinstance(node, FileNode)
    assert (ROOT / node.file).is_file()
    assert [(column.name, column.personal) for column in node.columns] == [
        ("user_id", None),
        ("name", None),
        ("email", True),
        ("manager", None),
    ]
    assert (node.key, node.order, job.rules["x"].empty, job.diagnostics) == (("user_id",), ("user_id",), "error", ())


@pytest.mark.parametrize(
    ("file", "columns", "said"),
    [
        ("data/people.csv", 'id = "string", "full name" = "string", team = "string"', []),
        ("data/people.csv", 'team = "string", id = "string", "full name" = "string"', []),
        ("data/people.csv", 'id = "string", "full_name" = "string", team = "string"', ['"full_name": data/people.csv has no column "full_name"; did you mean "full name"?']),
        ("data/people.csv", 'id = "string", "full name" = "string"', ['columns: data/people.csv has a column "team" that is not declared | add team = "string"']),
        ("data/people.csv", 'id = "string", "full name" = "string", team = "string", age = "integer"', ['age: data/people.csv has no column "age" | its columns: id, full name, team']),
        ("data/peple.csv", 'id = "string"', ['"data/peple.csv": there is no file "data/peple.csv" in the project; did you mean "data/people.csv"?']),
        ("date/people.csv", 'id = "string"', ['"date/people.csv": there is no file "date/people.csv" in the project']),
        ("../people.csv", 'id = "string"', ['"../people.csv": "../people.csv" leaves the project | keep the file in the project']),
        ("data/broken.csv", 'id = "string"', ['"data/broken.csv": line 2 of data/broken.csv is not UTF-8: byte 10 of the file is 0xff | save the file as UTF-8']),
        ("data/semicolons.csv", 'id = "string", team = "string"', ['"data/semicolons.csv": the columns of data/semicolons.csv are separated by ";" | separate them by commas']),
        ("data/tabs.csv", 'id = "string", team = "string"', ['"data/tabs.csv": the columns of data/tabs.csv are separated by tabs | separate them by commas']),
        ("data/capital.csv", 'id = "string", team = "string" }\nkey = ["team"]\npersonal = ["team"]\nsorted_by = ["id"]\naccept = {', ['team: data/capital.csv has no column "team"; did you mean "Team"?']),
        ("data/people.csv", "", ['columns: "columns" must not be empty']),
    ],
)  # fmt: skip
def test_a_file_is_matched_by_its_first_line(file: str, columns: str, said: list[str], root: Path) -> None:
    assert problems(f'{X}file = "{file}"\ncolumns = {{ {columns} }}{OUT}', root=root) == said


def test_a_misspelt_column_is_called_right_in_what_follows(root: Path) -> None:
    found = problems(
        f'{X}file = "data/people.csv"\ncolumns = {{ id = "string", "full name" = "string", taem = "string" }}\nkey = ["team"]\n[checks.c]\nsql = "select team from x"\n{OUT}',
        root=root,
    )
    assert found == ['taem: data/people.csv has no column "taem"; did you mean "team"?']
