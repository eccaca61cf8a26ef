"""Checks and outputs of a job: formats, paths, attachments, what they go over, and the columns they speak of."""

# ruff: noqa: E501 - a line of a table is one case

from __future__ import annotations

from decimal import Decimal

import pytest
from projects import loaded, planned, problem, problems

from reportrunner.condition import Condition
from reportrunner.errors import OutputError
from reportrunner.table import Column, ColumnType

DATA = '[datasets.people]\nrows = [{ team = "A", name = "x", n = 1, day = 2026-01-01 }]\n[datasets.late]\nsql = "select team, n, day from people"\n[datasets.plain]\nrows = [{ a = 1 }]\n'
CSV = '[outputs.list]\nformat = "csv"\ndataset = "people"\n'
REST = '[outputs.rest]\nformat = "html"\n'
MAIL = 'format = "email"\nto = ["a@example.org"]\n'


def test_outputs_have_a_path_inside_the_run_folder() -> None:
    job = planned(f'{DATA}{CSV}[outputs.deep]\nformat = "html"\npath = "pages/{{{{ as_of | day_id }}}}.html"\n').job
    assert [(output.name, output.options.path, output.each) for output in job.outputs] == [
        ("list", None, None),
        ("deep", "pages/20261116.html", None),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[outputs.o]\nformat = "html"\npath = "../x.html"\n', ['"../x.html": "../x.html" leaves the run folder | write a path inside it, such as "o.html"']),
        ('[outputs.o]\nformat = "html"\npath = "/x.html"\n', ['"/x.html": "/x.html" leaves the run folder | write a path inside it, such as "o.html"']),
        ('[outputs.o]\nformat = "html"\npath = "a//x.html"\n', ['"a//x.html": "a//x.html" names no file in the run folder | write a path inside it, such as "o.html"']),
        ('[outputs.o]\nformat = "html"\npath = ""\n', []),
        ('[outputs.o]\nformat = "html"\npath = "manifest.toml"\n', ['"manifest.toml": "manifest.toml" is also the path of the manifest | give one of the two another path']),
        ('[outputs.o]\nformat = "html"\npath = "List.csv"\n', ['"List.csv": "List.csv" is also the path of output "list" | give one of the two another path']),
        ('[outputs.o]\nformat = "html"\npath = "list.csv/x.html"\n', ['"list.csv/x.html": "list.csv/x.html" and "list.csv" cannot both be: one is a folder and a file | rename one']),
        ('[outputs.p]\nformat = "html"\npath = "a/b.html"\n[outputs.o]\nformat = "html"\npath = "a"\n', ['"a": "a" and "a/b.html" cannot both be: one is a folder and a file | rename one']),
        ("[outputs.o]\n", ['[outputs.o]: output "o" has no format | the formats: csv, html, email']),
        ('[outputs.o]\nformat = "xlsx"\n', ['"xlsx": there is no format "xlsx" | the formats: csv, html, email']),
        ('[outputs.o]\nfromat = "html"\ntemplat = "x"\n', ['fromat: unknown key "fromat" in an output; did you mean "format"?', 'templat: unknown key "templat" in an html output; did you mean "template"?']),
        ('[outputs.o]\nformat = "csv"\n', ['[outputs.o]: a csv output needs the key "dataset" (text) | add dataset = "..."']),
        ('[outputs.o]\nformat = "csv"\ndataset = "peple"\n', ['"peple": there is no dataset "peple"; did you mean "people"?']),
        ('[outputs.o]\nformat = "html"\ndatasets = ["people", "plian"]\n', ['"plian": there is no dataset "plian"; did you mean "plain"?']),
        (f'[outputs.o]\n{MAIL}attach = ["lits"]\n', ['"lits": there is no output "lits" to attach; did you mean "list"?']),
        (f'[outputs.o]\n{MAIL}attach = ["o"]\n', ['"o": output "o" cannot attach itself']),
        (f'[outputs.o]\n{MAIL}attach = ["list", "p"]\n[outputs.p]\n{MAIL}attach = ["q"]\n[outputs.q]\n{MAIL}attach = ["o", "list"]\n', ['"p": outputs attach one another in a circle: o -> p -> q -> o']),
        (f'[outputs.o]\n{MAIL}attach = ["p"]\n[outputs.p]\n{MAIL}attach = ["q"]\n[outputs.q]\n{MAIL}attach = ["p"]\n', ['"q": outputs attach one another in a circle: p -> q -> p']),
        ('[outputs.o]\nformat = "email"\n', ['[outputs.o]: this e-mail goes to nobody | add to = ["team@example.org"]']),
        ('[outputs.o]\nformat = "email"\ncc = ["x"]\n', ['"x": "x" is not an e-mail address | write it bare, such as "team@example.org"']),
        ('[outputs.o]\nformat = "html"\npath = "{{ each }}.html"\n', ['each: each has nothing to go over here | add each = { dataset = "...", column = "..." }']),
        ('[outputs.o]\nformat = "html"\npath = "{{ windows.w.label }}.html"\n', ['w: windows has no "w"']),
        ('[outputs."per team"]\nformat = "html"\n', ['"per team": "per team" is no name: lower-case letters, digits and _, a letter first | write "per_team"']),
    ],
)  # fmt: skip
def test_an_output_that_is_wrong(text: str, said: list[str]) -> None:
    assert problems(DATA + CSV + REST + text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('select = ["n", "name"]', []),
        ('select = ["nn", "name"], label = { tame = "Team", n = "N" }', ['"nn": dataset "people" has no column "nn"; did you mean "n"?', 'tame: dataset "people" has no column "tame"; did you mean "name"?']),
        ('select = ["zzzzz"]', ['"zzzzz": dataset "people" has no column "zzzzz" | its columns: team, name, n, day']),
    ],
)  # fmt: skip
def test_the_columns_a_csv_shows(text: str, said: list[str]) -> None:
    assert problems(f"{DATA}{CSV}columns = {{ {text} }}\n{REST}") == said


def test_the_columns_of_a_query_are_looked_up_too() -> None:
    text = f'{DATA}[outputs.o]\nformat = "csv"\ndataset = "late"\ncolumns = {{ select = ["tema"] }}\n{REST}'
    assert problem(text) == '"tema": dataset "late" has no column "tema"; did you mean "team"?'


@pytest.mark.parametrize(
    ("dataset", "column", "kind", "path"),
    [
        ("people", "team", ColumnType.STRING, "{{ each | slug }}.csv"),
        ("late", "team", ColumnType.STRING, "{{ each | slug }}.csv"),
        ("people", "day", ColumnType.DATE, "{{ each | date('%Y') }}.csv"),
        ("late", "day", ColumnType.DATE, "{{ each | date('%Y') }}.csv"),
        ("late", "n", ColumnType.INTEGER, "n{{ each }}.csv"),
    ],
)
def test_an_output_goes_over_a_column_of_any_type(dataset: str, column: str, kind: ColumnType, path: str) -> None:
    text = f'{DATA}[outputs.o]\nformat = "csv"\ndataset = "people"\neach = {{ dataset = "{dataset}", column = "{column}" }}\npath = "{path}"\n{REST}'
    (output, _) = planned(text).job.outputs
    assert output.each is not None
    assert (output.each.column, output.each.of, output.each.bound) == (Column(column, kind), column, True)


def test_closing_an_output_checks_what_the_value_makes_of_it() -> None:
    text = f'{DATA}[outputs.o]\n{MAIL.replace("a@", "{{ each }}@")}each = {{ dataset = "people", column = "team" }}\npath = "{{{{ each }}}}.eml"\nsubject = "For {{{{ each }}}} of {{{{ job.title }}}}"\n{REST}'
    output = planned(text).job.outputs[0]
    closed = output.close("ann")
    assert (closed.path, closed.to, closed.subject) == ("ann.eml", ("ann@example.org",), "For ann of Weekly")  # type: ignore[attr-defined]
    for value, said in (
        ("ann lee", 'output "o" cannot be made for "ann lee": the value does not fit where each stands'),
        ("a/../../b", 'output "o" cannot be made for "a/../../b": "a/../../b.eml" leaves the run folder'),
    ):
        with pytest.raises(OutputError) as caught:
            output.close(value)
        assert str(caught.value) == said
    over_path = f'{DATA}[outputs.o]\nformat = "html"\neach = {{ dataset = "people", column = "team" }}\npath = "{{{{ each }}}}.html"\n{REST}'
    with pytest.raises(OutputError, match=r'cannot be made for "\.\./x": "\.\./x\.html" leaves the run folder'):
        planned(over_path).job.outputs[0].close("../x")
    by_slug = over_path.replace("{{ each }}", "{{ each | slug }}")
    with pytest.raises(OutputError, match="nothing is left of it as a slug"):
        planned(by_slug).job.outputs[0].close("!!")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('each = { dataset = "people", column = "tema" }\npath = "{{ each }}.html"\n', '"tema": dataset "people" has no column "tema"; did you mean "team"?'),
        ('each = { dataset = "late", column = "tema" }\npath = "{{ each }}.html"\n', '"tema": dataset "late" has no column "tema"; did you mean "team"?'),
        ('each = { dataset = "peple", column = "team" }\npath = "{{ each }}.html"\n', '"peple": there is no dataset "peple"; did you mean "people"?'),
        ('each = { datset = "people", column = "team" }\npath = "{{ each }}.html"\n', 'datset: unknown key "datset" in each; did you mean "dataset"?'),
        ('each = { values = ["a"], as = "x" }\npath = "{{ each }}.html"\n', '{ values = ["a"], as = "x" }: an output goes over a column | write each = { dataset = "overdue", column = "manager" }'),
        ('each = { dataset = "people", column = "team" }\n', '[outputs.o]: the path is the same for every value of each | write path = "o-{{ each | slug }}.html"'),
        ('each = { dataset = "people", column = "team" }\npath = "x.html"\n', '"x.html": the path is the same for every value of each | write path = "o-{{ each | slug }}.html"'),
        ('each = { dataset = "people", column = "n" }\npath = "{{ each | lower }}.html"\n', "lower: lower needs text, found a number | leave the filter out"),
        ('each = { dataset = "late", column = "n" }\npath = "{{ each | lower }}.html"\n', "lower: lower needs text, found a number | leave the filter out"),
        ('each = { dataset = "people", column = "team" }\npath = "{{ each }}.html"\ndatasets = ["people", "plain"]\n', '"plain": dataset "plain" has no column "team" to pick the rows of each document by'),
    ],
)  # fmt: skip
def test_what_an_output_goes_over(text: str, said: str) -> None:
    assert problem(f'{DATA}[outputs.o]\nformat = "html"\n{text}{REST}') == said


def test_a_csv_per_value_needs_the_column_it_picks_by() -> None:
    text = f'{DATA}[outputs.o]\nformat = "csv"\ndataset = "plain"\neach = {{ dataset = "people", column = "team" }}\npath = "{{{{ each }}}}.csv"\n{REST}'
    assert problem(text) == '"plain": dataset "plain" has no column "team" to pick the rows of each document by'


def test_checks_of_every_kind() -> None:
    text = """
[checks.rows_bad]
sql = "select name from people where n > {{ params.n }}"
message = "too many"
severity = "warn"
[checks.one_row]
sql = "select count(*) as total, max(day) as last from people"
expect = { total = ">= 1", last = "== '2026-01-01'" }
[checks.whole]
dataset = "late"
rows = "<= 5"
unique = ["team", "n"]
not_null = ["team"]
between = { n = [0, 1.5] }
[params]
n = { type = "integer", default = 5 }
"""
    one, two, three = planned(DATA + text + REST).checks
    assert one.sql is not None
    assert (one.sql.text, one.sql.parameters, one.inputs) == (
        "select name from people where n > $p1",
        {"p1": 5},
        ("people",),
    )
    assert (one.message, one.severity, two.severity) == ("too many", "warn", "error")
    assert two.expect == {"total": Condition(">=", Decimal(1)), "last": Condition("==", "2026-01-01")}
    assert (three.dataset, three.rows, three.unique, three.not_null) == (
        "late",
        Condition("<=", Decimal(5)),
        ("team", "n"),
        ("team",),
    )
    assert (three.between, three.inputs) == ({"n": (0, 1.5)}, ("late",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('sql = "select nme from people"', ['nme: there is no column "nme" | did you mean "name"?']),
        ('sql = "select {{ params.x }} as n"', ['x: params has no "x"', None]),
        ('sql = "select 1 as n"\nexpect = { m = ">= 1" }', ['m: the sql of this check gives no column "m" | it gives n']),
        ('sql = "select 1 as num"\nexpect = { nums = ">= 1" }', ['nums: the sql of this check gives no column "nums"; did you mean "num"?']),
        ('sql = "select 1 as n"\nexpect = { n = "more" }', ['"more": "more" is no condition | write an operator and a literal, such as ">= 5"']),
        ('sql = "select 1 as n"\nrows = ">= 1"', ['[checks.c]: rows, unique, not_null and between belong to a check on a dataset | write dataset = "name"']),
        ('sql = "select 1 as n"\ndataset = "people"', ["dataset: a check has either sql or a dataset, and this one has both | keep one"]),
        ('message = "?"', ['[checks.c]: a check has either sql or a dataset | write sql = "select ..." whose rows are violations']),
        ('dataset = "people"', ['[checks.c]: a check on a dataset has rows, unique, not_null or between | write rows = ">= 1" or unique = ["id"]']),
        ('dataset = "peple"\nrows = ">= 1"', ['"peple": there is no dataset "peple"; did you mean "people"?']),
        ('dataset = "people"\nrows = ""', ['"": "" is no condition | write an operator and a literal, such as ">= 5"']),
        ('dataset = "late"\nunique = ["tema"]\nnot_null = ["nn"]', ['"tema": dataset "late" has no column "tema"; did you mean "team"?', '"nn": dataset "late" has no column "nn"; did you mean "n"?']),
        ('dataset = "people"\nbetween = { team = [0, 1], m = [0, 1] }', ['team: "team" is string, and between compares numbers', 'm: dataset "people" has no column "m" | its columns: team, name, n, day']),
        ('dataset = "people"\nbetween = { n = [1, 0] }', ["[1, 0]: between takes a lower and an upper bound | write [0, 1]"]),
        ('dataset = "people"\nbetween = { n = [] }', ["[]: between takes a lower and an upper bound | write [0, 1]"]),
        ('dataset = "people"\nrows = ">= 1"\nseverity = "warning"', ['"warning": "severity" cannot be "warning"; did you mean "warn"? | one of "error", "warn"']),
    ],
)  # fmt: skip
def test_a_check_that_is_wrong(text: str, said: list[str | None]) -> None:
    found = problems(f"{DATA}[checks.c]\n{text}\n{REST}")
    assert found == [one for one in said if one]


def test_a_check_over_a_dataset_with_errors_says_nothing_of_columns() -> None:
    broken = '[datasets.broken]\nsql = "select nope from people"\n'
    said = problems(f'{DATA}{broken}[checks.c]\ndataset = "broken"\nunique = ["x"]\n{REST}')
    assert [one.partition(":")[0] for one in said] == ["nope"]
    assert loaded(DATA).checks == ()
