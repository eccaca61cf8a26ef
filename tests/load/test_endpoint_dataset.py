"""Datasets that ask an endpoint: source, endpoint, window, columns, and what `each` goes over."""

# ruff: noqa: E501 - a line of a table is one case

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from projects import FROM_PLAYS, ROOT, WEEK, loaded, planned, problem, problems

from reportrunner.ask import EndpointNode
from reportrunner.closing import CEILING, Closing, Each
from reportrunner.providers.kaltura import PROVIDER
from reportrunner.table import Column, ColumnType

ALL = ", ".join(sorted(PROVIDER.endpoints))
SOURCES = sorted(tomllib.loads((ROOT / "reportrunner.toml").read_text("utf-8"))["sources"])
ANY_SOURCE = " or ".join(f'"{name}"' for name in SOURCES)
OUT = '\n[outputs.o]\nformat = "html"\n'
COURSE = '[datasets.course]\nrows = [{ id = "1_b", n = 1 }, { id = "1_a", n = 2 }, { id = "1_b", n = 3 }]\n'
ROSTER = '[datasets.roster]\nfile = "data/roster.csv"\ncolumns = { user_id = "string", name = "string", email = "string", manager = "string" }\npersonal = ["user_id"]\n'
QUERY = '[datasets.late]\nsql = "select id, n, n > 1 as flag from course"\npersonal = ["id"]\n'
ENTRY = 'filters = { entryIdIn = ["{{ each }}"] }\n'


def plays(text: str) -> EndpointNode:
    job = planned(f"{WEEK}{FROM_PLAYS}{text}{COURSE}{ROSTER}{QUERY}{OUT}")
    node = job.nodes["plays"]
    assert isinstance(node, EndpointNode)
    return node


def test_without_each_it_is_asked_once() -> None:
    node = plays("")
    assert (node.each, node.key, node.order, node.source.name) == (None, ("name",), ("name",), "kaltura")
    assert node.ask() == node.sample()
    assert node.ask().value is None
    assert node.window is not None
    assert node.window.label == "2026-W46"


@pytest.mark.parametrize(
    ("each", "column", "values"),
    [
        ('{ dataset = "course", column = "id" }', Column("id", ColumnType.STRING), ("1_b", "1_a")),
        ('{ dataset = "course", column = "id", as = "entry" }', Column("entry", ColumnType.STRING), ("1_b", "1_a")),
        ('{ values = ["x", "y", "x"], as = "entry" }', Column("entry", ColumnType.STRING), ("x", "y")),
        ('{ values = [], as = "entry" }', Column("entry", ColumnType.STRING), ()),
        ('{ dataset = "roster", column = "user_id" }', Column("user_id", ColumnType.STRING, personal=True), None),
        ('{ dataset = "late", column = "id" }', Column("id", ColumnType.STRING, personal=True), None),
        ('{ dataset = "late", column = "id", as = "e" }', Column("e", ColumnType.STRING, personal=True), None),
    ],
)  # fmt: skip
def test_what_each_goes_over(each: str, column: Column, values: tuple[str, ...] | None) -> None:
    node = plays(f"each = {each}\n{ENTRY}")
    assert node.each is not None
    assert (node.each.column, node.each.values, node.each.bound) == (column, values, True)
    assert node.columns[-1] == column
    assert node.key == (column.name, "name") == node.order
    assert node.ask(Closing("1_z")).parameters.filters.entryIdIn == ["1_z"]  # type: ignore[attr-defined]
    assert node.ask(Closing("1_z")).value == "1_z"


def test_each_keeps_the_type_of_its_values() -> None:
    custom = (
        '[datasets.plays]\nsource = "kaltura"\nendpoint = "report.getCsvFromStringParams"\nid = 3007\nwindow = "week"\n'
    )
    for each, kind, value in (
        ('{ dataset = "course", column = "n" }', ColumnType.INTEGER, 1),
        ('{ dataset = "late", column = "n" }', ColumnType.INTEGER, 1),
        ('{ values = [1.5, 2.5], as = "n" }', ColumnType.DECIMAL, Decimal("1.5")),
    ):
        text = (
            f'{WEEK}{custom}each = {each}\nparams = {{ entries_ids = "e{{{{ each }}}}" }}\n{COURSE}{ROSTER}{QUERY}{OUT}'
        )
        node = planned(text).nodes["plays"]
        assert isinstance(node, EndpointNode)
        assert node.each is not None
        assert node.each.column.type is kind
        assert node.ask(Closing(value)).parameters.params == {"entries_ids": f"e{value}"}  # type: ignore[attr-defined]


def test_an_open_place_is_checked_with_the_type_that_sql_gives() -> None:
    """Whole text that is one expression keeps its type, and this filter takes text."""
    wrong = 'expected text, found 1 | write "1"'
    assert (
        problem(f'{WEEK}{FROM_PLAYS}each = {{ dataset = "late", column = "n" }}\n{ENTRY}{COURSE}{QUERY}{OUT}')
        == f'"{{{{ each }}}}": {wrong}'
    )
    assert (
        problem(f'{WEEK}{FROM_PLAYS}each = {{ dataset = "course", column = "n" }}\n{ENTRY}{COURSE}{OUT}')
        == f'"{{{{ each }}}}": {wrong}'
    )
    text = 'filters = { entryIdIn = ["n{{ each }}"] }\n'
    assert not problems(f'{WEEK}{FROM_PLAYS}each = {{ dataset = "late", column = "n" }}\n{text}{COURSE}{QUERY}{OUT}')


def test_sql_over_an_open_place_sees_its_type() -> None:
    text = 'filters = { entryIdIn = ["n{{ each }}"] }\n'
    over = '[datasets.sums]\nsql = "select n + 1 as next from plays"\n'
    plan = planned(f'{WEEK}{FROM_PLAYS}each = {{ dataset = "late", column = "n" }}\n{text}{over}{COURSE}{QUERY}{OUT}')
    assert [column.type.value for column in plan.nodes["sums"].columns] == ["integer"]
    assert list(plan.nodes) == ["course", "late", "plays", "sums"]
    assert plan.flows == {}


def test_the_ceiling_of_each() -> None:
    rows = ", ".join(f'{{ id = "{number}" }}' for number in range(CEILING + 1))
    many = f'{WEEK}{FROM_PLAYS}each = {{ dataset = "many", column = "id" }}\n{ENTRY}[datasets.many]\nrows = [{rows}]\n'
    (said,) = [one.message for one in loaded(many).diagnostics]
    assert said == "each goes over 10,001 values, and 10,000 are the most"


def test_each_over_an_unbound_query_stays_a_guess() -> None:
    job = loaded(f'{WEEK}{FROM_PLAYS}each = {{ dataset = "late", column = "nope" }}\n{ENTRY}{COURSE}{QUERY}')
    node = job.nodes["plays"]
    assert isinstance(node, EndpointNode)
    assert node.each == Each(Column("nope", ColumnType.STRING), "late", "nope", bound=False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'each = {{ dataset = "late", column = "nn" }}\n{ENTRY}', ['"nn": dataset "late" has no column "nn"; did you mean "n"?']),
        (f'each = {{ dataset = "cuorse", column = "id" }}\n{ENTRY}', ['"cuorse": there is no dataset "cuorse"; did you mean "course"?']),
        (f'each = {{ dataset = "course" }}\n{ENTRY}', ['each: each needs a dataset and its column, or values | write { dataset = "course", column = "entry_id" } or { values = ["a", "b"], as = "name" }']),
        (f'each = {{ values = ["a"] }}\n{ENTRY}', ['each: each over values has no name for its column | add as = "entry_id"']),
        (f'each = {{ values = ["a", 5], as = "e" }}\n{ENTRY}', ["5: the first value is string, found 5"]),
        (f'each = {{ values = ["a", "b|c"], as = "e" }}\n{ENTRY}', ['"{{ each }}": "b|c" contains "|", which separates values on the wire | write "b", "c" if these are several; one that contains "|" cannot be asked for: pick its rows in sql']),
        (f'each = {{ dataset = "course", column = "id", as = "name" }}\n{ENTRY}', ['{ dataset = "course", column = "id", as = "name" }: each adds a column "name", which the answer has too | add as = "another_name"']),
        (f'eahc = {{ dataset = "course", column = "id" }}\n{ENTRY}', ['eahc: unknown key "eahc" in a dataset; did you mean "each"?']),
        (ENTRY, ['each: each has nothing to go over here | add each = { dataset = "...", column = "..." }']),
        ('each = { dataset = "course", column = "id" }\nfilters = { entryIdIn = ["{{ each | unix }}"] }\n', ["unix: unix needs a timestamp, found text | use a timestamp, such as {{ windows.week.start | unix }}"]),
        ('columns = { cuont_plays = "integer" }\n', ['cuont_plays: report.getTable has no column "cuont_plays"; did you mean "count_plays"?']),
        ('columns = { my_own = "integer" }\n', []),
        ('sorted_by = ["plays"]\nkey = ["nam"]\n', ['"plays": there is no column "plays"; did you mean "count_plays"?', '"nam": there is no column "nam"; did you mean "name"?']),
        ('privileges = "x"\n', ['"x": expected a list of text, found text "x" | write ["x"]']),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_dataset(text: str, said: list[str]) -> None:
    assert problems(f"{WEEK}{FROM_PLAYS}{text}{COURSE}{QUERY}{OUT}") == said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('source   = "kaltura"', 'source = "kaltra"', '"kaltra": there is no source "kaltra"; did you mean "kaltura"?'),
        ('source   = "kaltura"', 'source = "heaven"', f'"heaven": there is no source "heaven" | there is {", ".join(SOURCES)}'),
        ('source   = "kaltura"', "source = 5", f"5: expected the name of a source, found 5 | write source = {ANY_SOURCE}"),
        ('source   = "kaltura"', "", f"[datasets.plays]: an endpoint needs a source | write source = {ANY_SOURCE}"),
        ('"report.getTable"', '"getTable"', '"getTable": kaltura has no endpoint "getTable"; did you mean "report.getTable"?'),
        ('"report.getTable"', '"report.bogus"', f'"report.bogus": kaltura has no endpoint "report.bogus" | there is {ALL}'),
        ('"report.getTable"', "5", f'5: kaltura has no endpoint "5" | there is {ALL}'),
        ('window   = "week"', 'window = "weak"', '"weak": there is no window "weak"; did you mean "week"?'),
        ('window   = "week"', 'window = "autumn"', '"autumn": there is no window "autumn" | there is week'),
    ],
)  # fmt: skip
def test_names_of_source_endpoint_and_window(old: str, new: str, said: str) -> None:
    label = 'label = "{{ windows.week.label }}"\n'
    assert problem(f"{label}{WEEK}{FROM_PLAYS.replace(old, new)}{OUT}") == said


def test_a_source_that_is_broken_is_not_also_missing(tmp_path: Path) -> None:
    (tmp_path / "reportrunner.toml").write_text('[sources.kaltura]\nprovider = "kaltura"\n', "utf-8")
    label = 'label = "{{ windows.week.label }}"\n'
    assert problems(f"{label}{WEEK}{FROM_PLAYS}{OUT}", root=tmp_path) == []


def test_a_given_session_is_not_widened(tmp_path: Path) -> None:
    source = '[sources.kaltura]\nprovider = "kaltura"\nbase_url = "https://a.example"\npartner = 1\nauth = { ks = { env = "KS" } }\n'
    (tmp_path / "reportrunner.toml").write_text(source, "utf-8")
    said = problem(f'{WEEK}{FROM_PLAYS}privileges = ["edit:*"]\n{OUT}', root=tmp_path)
    assert said.startswith('["edit:*"]: source "kaltura" gives a session, and a given session cannot be widened')
    assert planned(f"{WEEK}{FROM_PLAYS}{OUT}", root=tmp_path).nodes["plays"].name == "plays"


def test_a_privilege_that_the_endpoint_needs_is_asked_for_where_no_session_is_given(tmp_path: Path) -> None:
    polls = '[datasets.polls]\nsource = "kaltura_reports"\nendpoint = "pollsActivity"\nwindow = "week"\nfilters = { entries_ids = ["1_a"], virtual_event_ids = ["4711", "4712"] }\ncolumns = { a = "string" }\n'
    said = '[datasets.polls]: pollsActivity needs a session with the privilege virtualeventid:4711/4712 | add privileges = ["virtualeventid:4711/4712"]'
    assert problem(f"{WEEK}{polls}{OUT}") == said
    source = '[sources.kaltura]\nprovider = "kaltura"\nbase_url = "https://a.example"\npartner = 1\nauth = { ks = { env = "KS" } }\n'
    reports = (
        '[sources.kaltura_reports]\nprovider = "kaltura_reports"\nbase_url = "https://b.example"\nsession = "kaltura"\n'
    )
    (tmp_path / "reportrunner.toml").write_text(source + reports, "utf-8")
    assert planned(f"{WEEK}{polls}{OUT}", root=tmp_path).nodes["polls"].name == "polls"
    said = problem(f'{WEEK}{polls}privileges = ["virtualeventid:4711/4712"]\n{OUT}', root=tmp_path)
    assert "a given session cannot be widened" in said


def test_no_catalogue_means_that_the_job_declares_the_columns() -> None:
    polls = '[datasets.polls]\nsource = "kaltura_reports"\nendpoint = "pollsActivity"\nwindow = "week"\nfilters = { entries_ids = ["1_a"], virtual_event_ids = ["4711"] }\nprivileges = ["virtualeventid:4711"]\n'
    assert (
        problem(f"{WEEK}{polls}{OUT}")
        == '[datasets.polls]: no catalogue knows the columns of pollsActivity here | write columns = { name = "string", ... }'
    )
    node = planned(f'{WEEK}{polls}columns = {{ a = "integer" }}\npersonal = ["a"]\n{OUT}').nodes["polls"]
    assert node.columns == (Column("a", ColumnType.INTEGER, personal=True),)


CUSTOM = '[datasets.csv]\nsource = "kaltura"\nendpoint = "report.getCsvFromStringParams"\n'


def test_an_endpoint_may_need_no_window() -> None:
    text = (
        f'{CUSTOM}id = 4001\nparams = {{ from_date = "{{{{ as_of | unix }}}}" }}\ncolumns = {{ a = "string" }}\n{OUT}'
    )
    plan = planned(text)
    assert dict(plan.flows["csv"][0].steps[0].request.form or ())["params"] == "from_date=1794805200"
    assert plan.nodes["csv"].window is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ("entries_id = 1", 'entries_id: custom report 3007 has no parameter "entries_id"; did you mean "entries_ids"?'),
        ("to_date_id = 1", "to_date_id: params.to_date_id is filled by the window | remove to_date_id"),
    ],
)
def test_parameters_of_a_custom_report(params: str, said: str) -> None:
    assert problem(f'{WEEK}{CUSTOM}id = 3007\nwindow = "week"\nparams = {{ {params} }}\n{OUT}') == said
    installed = f'{WEEK}{CUSTOM}id = 3007\nwindow = "week"\nparams = {{ department = "x" }}\n{OUT}'
    assert planned(installed).flows["csv"]


def test_what_goes_over_a_broken_dataset_is_not_also_broken() -> None:
    broken = '[datasets.people]\nrows = [{ id = 1 }]\nkye = ["id"]\n'
    each = 'each = { dataset = "people", column = "id" }\n'
    found = problems(f"{WEEK}{FROM_PLAYS}{each}{ENTRY}{broken}{OUT}")
    assert found == ['kye: unknown key "kye" in a dataset; did you mean "key"?']


def test_a_key_of_the_endpoint_is_no_misspelling_of_another() -> None:
    item = '{ type = "caption", field = "content", match = "exists" }'
    search = f'source = "kaltura"\nendpoint = "elasticsearch_esearch.searchEntry"\nsearch = {{ items = [{item}] }}\n'
    assert problems(f"[datasets.found]\n{search}{OUT}") == []
    assert problem(f"[datasets.found]\n{search}eahc = {{ values = [1], as = 'n' }}\n{OUT}").startswith("eahc: ")
