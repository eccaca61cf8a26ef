"""Checks and outputs of a job: formats, paths, attachments, what they go over, and the columns they speak of."""

# ruff: noqa: E501 - a line of a table is one case

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from projects import copy_project, loaded, planned, problem, problems

from reportrunner.condition import Condition
from reportrunner.errors import InvalidError
from reportrunner.outgoing import Outgoing
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
        ('[outputs.o]\nformat = "email"\ncc = ["x"]\n', ['"x": "x" is not an e-mail address: there is no @ in it | write it bare, such as "team@example.org"']),
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


MAILED = f'{DATA}[outputs.o]\n{MAIL.replace("a@", "{{ each }}@")}each = {{ dataset = "late", column = "team" }}\npath = "{{{{ each }}}}.eml"\nsubject = "For {{{{ each }}}} of {{{{ job.title }}}}"\n{REST}'


def outgoing(text: str) -> Outgoing:
    job = planned(text).job
    output = job.outputs[0]
    assert output.each
    return Outgoing(output, job.nodes[output.each.dataset], job.file)


def refused(text: str, *values: str) -> list[str]:
    """What is said of the values: what the caret underlines, the sentence, the help."""
    with pytest.raises(InvalidError) as caught:
        outgoing(text).close(values)
    lines = []
    for one in caught.value.diagnostics:
        marked = one.source[one.column - 1 : one.column - 1 + one.width]
        lines.append(f"{marked}: {one.message} | {one.hint}")
    return lines


def test_each_value_closes_an_output() -> None:
    (closed,) = outgoing(MAILED).close(["ann"])
    assert (closed.path, closed.to, closed.subject) == ("ann.eml", ("ann@example.org",), "For ann of Weekly")  # type: ignore[attr-defined]


TO, PATH, SLUG = "{{ each }}@example.org", "{{ each }}.eml", "{{ each | slug }}"
SLUGGED = MAILED.replace(PATH, f"{SLUG}.eml")
AGAIN = 'if that is how they are made, write "{}"; else '


def line(marked: str, reason: str, value: str, place: str = 'dataset "late"', more: str = "", slug: str = "") -> str:
    mend = f"mend team in {place}, or go over a column that fits here"
    said = f'"{marked}": {reason}; output "o" makes it of team "{value}" in {place}{more}'
    return f"{said} | {AGAIN.format(slug) if slug else ''}{mend}"


def no_address(value: str, why: str, place: str = 'dataset "late"', more: str = "") -> str:
    reason = f'"{value}@example.org" is not an e-mail address: {why}'
    return line(TO, reason, value, place, more)


@pytest.mark.parametrize(
    ("text", "values", "said"),
    [
        (MAILED, ["ann lee", "bo"], [no_address("ann lee", "there is a space in it")]),
        (SLUGGED, ["a b", "ok", "c d"], [no_address("a b", "there is a space in it", more=', and so it is with "c d"')]),
        (SLUGGED, ["a b", "c d", "e f", "g h", "i j", "k l"], [no_address("a b", "there is a space in it", more=', and so it is with "c d", "e f", "g h" and 2 more')]),
        (SLUGGED, ["Ann\nBcc: x"], [
            no_address("Ann\\nBcc: x", "there is a line break in it"),
            line("For {{ each }} of {{ job.title }}", 'a header is one line, and "For Ann\\nBcc: x of Weekly" has a line break or the like', "Ann\\nBcc: x"),
        ]),
        (MAILED, ["a//b"], [line(PATH, '"a//b.eml" names no file in the run folder', "a//b", slug=f"{SLUG}.eml")]),
        (SLUGGED, ["!!"], [line(f"{SLUG}.eml", "nothing is left of it as a slug", "!!")]),
        (SLUGGED, ["bo "], [no_address("bo ", "there is a space in it").replace('team "bo "', 'team "bo " (the value ends with a blank)')]),
        (SLUGGED, [""], [line(f"{SLUG}.eml", "nothing is left of it as a slug", "").replace('team ""', 'team "" (the value is empty)')]),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_with_its_value_and_what_to_type(
    text: str, values: list[str], said: list[str]
) -> None:
    assert refused(text, *values) == said


def test_values_that_the_job_or_a_file_holds_are_tried_before_anything_is_sent(tmp_path: Path) -> None:
    rows = 'rows = [{ team = "a b", n = 1 }, { team = "ok", n = 2 }]'
    text = f"{DATA}[datasets.heads]\n{rows}\n{SLUGGED.removeprefix(DATA).replace('late', 'heads')}"
    subject = 'subject = "For {{ each }} of {{ job.title }}"\n'
    assert problems(text.replace(subject, "")) == [no_address("a b", "there is a space in it", 'dataset "heads"')]
    copy_project(tmp_path)
    (tmp_path / "data/heads.csv").write_text("team,n\nok,1\n\nü,2\n")
    on_file = text.replace(rows, 'file = "data/heads.csv"\ncolumns = { team = "string", n = "integer" }')
    assert problems(on_file, root=tmp_path) == [no_address("ü", "ü cannot stand in one", "data/heads.csv")]
    (tmp_path / "data/heads.csv").write_text("team,n\nok\n")
    assert problems(on_file, root=tmp_path) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        ("  ", "it is empty"),
        ("nobody", "there is no @ in it"),
        ("@example.org", "there is nothing before the @"),
        ("ann@", "there is nothing after the @"),
        ("Ann Lee <ann@example.org>", "it holds more than a bare address"),
        ("ann@example.org, bo@example.org", "it holds more than a bare address"),
        ("ann lee@example.org", "there is a space in it"),
        ("ann\t@example.org", "there is a line break in it"),
        ("jürgen@example.org", "ü cannot stand in one"),
        ("a(b)@example.org", "( cannot stand in one"),
        ("ann@-example.org", "-example.org is no name of a host"),
        ("ann..lee@example.org", "a dot stands between two other signs"),
        (".ann@example.org", "a dot stands between two other signs"),
        ("ann.@example.org", "a dot stands between two other signs"),
        ("ann@example..org", "a dot stands between two other signs"),
    ],
)
def test_why_a_text_is_no_address(text: str, why: str) -> None:
    mail = MAIL.replace('"a@example.org"', json.dumps(text, ensure_ascii=False))
    job = f"{DATA}[outputs.o]\n{mail}{REST}"
    (said,) = [one for one in problems(job) if "nobody uses" not in one]
    quoted = json.dumps(text, ensure_ascii=False)
    assert said == f'{quoted}: {quoted} is not an e-mail address: {why} | write it bare, such as "team@example.org"'


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
