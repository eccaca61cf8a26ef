"""Datasets of a job: where their rows come from, SQL with bound values, rules, and what they say of one another."""

# ruff: noqa: E501 - a line of a table is one case

from __future__ import annotations

from decimal import Decimal

import pytest
from projects import FROM_PLAYS, WEEK, loaded, planned, problem, problems

from reportrunner.ask import EndpointNode, FileNode, InlineNode, QueryNode
from reportrunner.job import Rules
from reportrunner.providers.kaltura import PROVIDER

A = '[datasets.a]\nrows = [{ id = "x", n = 1 }]\n'
ONE_OF = " or ".join(f'"{name}"' for name in sorted(PROVIDER.endpoints))
OUT = '\n[outputs.o]\nformat = "html"\n'
PARAMS = '[params]\nday = { type = "date", default = 2026-09-01 }\nshare = { type = "ratio", default = 0.9 }\nids = { type = "list", default = ["x", "y"] }\n'


def query(sql: str) -> QueryNode:
    job = loaded(f"{PARAMS}{WEEK}{A}[datasets.q]\nsql = {sql}\n")
    assert not job.diagnostics
    node = job.nodes["q"]
    assert isinstance(node, QueryNode)
    return node


def test_an_expression_in_sql_is_a_bound_value() -> None:
    sql = query(
        '"select * from a where n < {{ params.share }} and id in (select unnest({{ params.ids }})) and {{ params.day }} < now() and {{ windows.week.days }} = 7"'
    ).sql
    assert sql.text == "select * from a where n < $p1 and id in (select unnest($p2)) and $p3 < now() and $p4 = 7"
    assert [sql.parameters[name] for name in ("p1", "p2", "p4")] == [Decimal("0.9"), ("x", "y"), 7]
    assert str(sql.parameters["p3"]) == "2026-09-01"


def test_sql_remembers_where_its_pieces_were_written() -> None:
    text = "select {{ params.share }} as a, {{ params.day }} as b, nope from a"
    sql = query(f'"{text}"').sql
    assert sql.text == "select $p1 as a, $p2 as b, nope from a"
    for word in ("select", " as a,", " as b,", "nope", "from"):
        assert sql.written(sql.text.index(word)) == text.index(word)
    assert [sql.written(sql.text.index(p)) for p in ("$p1", "$p2")] == [
        text.index("{{ params.share"),
        text.index("{{ params.day"),
    ]
    plain = query('"select 1 as one"').sql
    assert [plain.written(place) for place in (0, 7)] == [0, 7]


@pytest.mark.parametrize("opening", ['"', '"""\n', "'''"])
def test_an_error_behind_an_expression_stands_where_it_was_written(opening: str) -> None:
    sql = f"{opening}select {{{{ params.share }}}} as a, nope, {{{{ params.day }}}} as b from a{opening.strip()}"
    (said, *more) = problems(f"{PARAMS}{A}[datasets.q]\nsql = {sql}\n{OUT}")
    assert said.startswith('nope: there is no column "nope"')
    assert not [one for one in more if "nope" in one]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('sql = "select {{ params.nope }}, {{ windows.weak.label }}, {{ params.shar }} from a"', [
            'nope: params has no "nope" | known: day, share, ids',
            'weak: windows has no "weak"; did you mean "week"?',
            'shar: params has no "shar"; did you mean "share"?',
        ]),
        ('sql = "select {{ params.share() }} from a"', ["(: nothing can be called here | leave the parentheses out"]),
        ('sql = "select {{ each }} as e from a"', ['each: "each" is not known here | known: params, as_of, windows, job']),
        ("sql = 5", ['5: expected text, found 5 | write "5"']),
        ('sql = "select 1 as n"\nkey = ["m"]\nsorted_by = ["m", "n"]\npersonal = ["nn"]', [
            '"m": there is no column "m"',
            '"m": there is no column "m"',
            '"nn": there is no column "nn"; did you mean "n"?',
        ]),
        ('sql = "select 1 as n"\nwindow = "week"', ['window: unknown key "window" in a dataset | known keys: sql, description, key, sorted_by, empty, personal, accept, accumulate']),
        ('file = "data/roster.csv"\nsql = "select 1 as n"\nrows = []', [
            'sql: dataset "q" has "file" already, so it cannot have "sql" | keep one of the two',
            'rows: dataset "q" has "file" already, so it cannot have "rows" | keep one of the two',
        ]),
        ('description = "?"', ['[datasets.q]: dataset "q" does not say where its rows come from | write source and endpoint, or file, or rows, or sql, or history']),
        ('source = "kaltura"', [f'[datasets.q]: dataset "q" has no endpoint | write endpoint = {ONE_OF}']),
        ('source = "nowhere"', ['[datasets.q]: dataset "q" has no endpoint | write endpoint = "..."']),
        ('qsl = "select nope from a"', ['[datasets.q]: there is no column "nope"', 'qsl: unknown key "qsl" in a dataset; did you mean "sql"?']),
        ('sql = "select 1 as n"\naccept = { emty = "why" }', ['emty: there is no finding "emty"; did you mean "empty"?']),
        ('sql = "select 1 as n"\naccept = { empty = "" }', ['"": "empty" is accepted without a reason | write "empty" = "why this is right"']),
        ('sql = "select 1 as n"\nempty = "never"', ['"never": "empty" cannot be "never" | one of "error", "warn", "ok"']),
    ],
)  # fmt: skip
def test_a_dataset_that_is_wrong(text: str, said: list[str]) -> None:
    found = problems(f"{PARAMS}{WEEK}{A}[datasets.q]\n{text}\n{OUT}")
    assert [one for one in found if "nobody uses the window" not in one] == said


def test_nodes_stand_in_file_order_whatever_refers_to_what() -> None:
    each = 'each = { dataset = "a", column = "id" }\nfilters = { entryIdIn = ["{{ each }}"] }\n'
    file = '[datasets.f]\nfile = "data/roster.csv"\ncolumns = { user_id = "string", name = "string", email = "string", manager = "string" }\n'
    job = loaded(f'{WEEK}{FROM_PLAYS}{each}[datasets.q]\nsql = "select 1 as n"\n{file}{A}')
    assert not job.diagnostics
    assert {name: type(node) for name, node in job.nodes.items()} == {
        "plays": EndpointNode,
        "q": QueryNode,
        "f": FileNode,
        "a": InlineNode,
    }
    assert list(job.nodes) == ["plays", "q", "f", "a"]


def test_rules_have_the_default_of_their_kind() -> None:
    job = loaded(
        f'{WEEK}{FROM_PLAYS}reconcile = "totals"\naccept = {{ empty = "new course" }}\n{A}[datasets.q]\nsql = "select 1 as n"\n[datasets.r]\nsql = "select 1 as n"\nempty = "error"\ndescription = "R"\n[datasets.totals]\nsource = "kaltura"\nendpoint = "report.getTotal"\nreport = 13\nwindow = "week"\nempty = "ok"\n'
    )
    assert not job.diagnostics
    assert job.rules == {
        "plays": Rules("error", {"empty": "new course"}, "totals"),
        "a": Rules("error", {}),
        "q": Rules("ok", {}),
        "r": Rules("error", {}, description="R"),
        "totals": Rules("ok", {}),
    }


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("nope", '"nope": there is no dataset "nope" to reconcile with'),
        ("play", '"play": there is no dataset "play" to reconcile with'),
        ("plays", '"plays": there is no dataset "plays" to reconcile with'),
        ("a", '"a": "plays" and "a" share no column whose sum means anything'),
    ],
)
def test_what_a_dataset_reconciles_with(other: str, said: str) -> None:
    assert problem(f'{WEEK}{FROM_PLAYS}reconcile = "{other}"\n{A}{OUT}') == said


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ('[datasets.q]\nsql = "select n from r"\n[datasets.r]\nsql = "select n from q"\n', "[datasets.q]: datasets need one another in a circle: q -> r -> q"),
        ('[datasets.z]\nsql = "select n from q"\n[datasets.q]\nsql = "select n from q"\n', "[datasets.q]: datasets need one another in a circle: q -> q"),
        (
            f'{FROM_PLAYS}each = {{ dataset = "q", column = "n" }}\nfilters = {{ entryIdIn = ["{{{{ each }}}}"] }}\n[datasets.q]\nsql = "select name as n from plays"\n',
            "[datasets.plays]: datasets need one another in a circle: plays -> q -> plays",
        ),
        (
            f'{FROM_PLAYS}each = {{ dataset = "plays", column = "name" }}\nfilters = {{ entryIdIn = ["{{{{ each }}}}"] }}\n',
            '"plays": datasets need one another in a circle: plays -> plays',
        ),
    ],
)  # fmt: skip
def test_a_circle_is_said_once_with_the_way_round(sections: str, said: str) -> None:
    found = problems(f"{WEEK}{sections}{OUT}")
    assert [one for one in found if "nobody uses" not in one] == [said]


def test_a_query_knows_its_columns_and_inputs_after_planning() -> None:
    plan = planned(f'{A}[datasets.q]\nsql = "select n, id as person from a"\nkey = ["n"]\npersonal = ["person"]\n{OUT}')
    node = plan.nodes["q"]
    assert isinstance(node, QueryNode)
    assert node.inputs == ("a",)
    assert [(column.name, column.type.value, column.personal) for column in node.columns] == [
        ("n", "integer", None),
        ("person", "string", True),
    ]
    assert (node.key, node.order) == (("n",), ("n",))
