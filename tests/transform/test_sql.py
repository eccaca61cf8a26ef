"""User SQL by itself: what it reads, what it may not do, at which character, and what to write instead."""

import pytest

from reportrunner.duck import Duck, parse
from reportrunner.transform.rules import CLOCK, MACHINE, RANDOM, TABLE_FUNCTIONS
from reportrunner.transform.sql import lint, read, tables_of


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ('select * from a join "b c" t on true where x in (select y from q)', ("a", "b c", "q")),
        ("with x as (select * from a), y as (select * from x) select * from y, z", ("a", "z")),
        ("with a as (select * from a where n) select * from a", ("a",)),
        ("with recursive r as (select 1 as n union all select n + 1 from r) select * from r", ()),
        ("select (with x as (from b) select count(*) from x) from x", ("b", "x")),
        ("from a union select * from b order by 1", ("a", "b")),
        ("select * from A, a", ("A", "a")),
        ("select from from", ()),
    ],
)
def test_tables(sql: str, tables: tuple[str, ...]) -> None:
    assert tables_of(sql) == tables


@pytest.mark.parametrize(
    "sql",
    [
        "select now(), current_date, current_timestamp from a",
        "select string_agg(x, ',' order by x), list(distinct x order by x), arg_max(x, n order by x) from a",
        "select row_number() over (order by n), lag(n) over w, sum(n) over () from a window w as (order by n)",
        "select distinct on (x) x, n from a order by x, n",
        "select name.lower(), age(now(), d), list_first([1]), mode() within group (order by n) from a",
        "select * from a, generate_series(1, 3), unnest([1]);",
        "select count(*), sum(n), max(x), quantile_cont(n, 0.5) from a where x = $x and y in $y -- end",
        "values (1)",
        "with x as (from a) from x",
        "select 'random() ; drop table x' as quoted from a",
    ],
)
def test_allowed(sql: str) -> None:
    assert lint(sql) == ()


@pytest.mark.parametrize(
    ("sql", "marked", "words"),
    [
        ("select 'é', random() from a", "random()", "other values on every run"),
        ("select gen_random_uuid() from a", "gen_random_uuid()", "other values on every run"),
        ("select nextval('s') from a", "nextval('s')", "asks about the machine"),
        ("select getenv('HOME')", "getenv('HOME')", "asks about the machine"),
        ("select current_setting('threads')", "current_setting('threads')", "asks about the machine"),
        ("select system.main.now()", "system.main.now()", "without a schema"),
        ("select age(d) from a", "age(d)", "reads the clock"),
        ("select ago(interval 1 day)", "ago(interval 1 day)", "reads the clock"),
        ("select string_agg(x, ',') from a", "string_agg(x, ',')", "which row arrives first"),
        ("select list(x) filter (n > 0) from a", "list(x) filter (n > 0)", "which row arrives first"),
        ("select x.list() from a", "x.list()", "which row arrives first"),
        ("select any_value(x) from a", "any_value(x)", "which row arrives first"),
        ("select arg_min(x, n) from a", "arg_min(x, n)", "which row arrives first"),
        ("select row_number() over (partition by x) from a", "row_number() over (partition by x)", "arrives first"),
        ("select first(x) over () from a", "first(x) over ()", "arrives first"),
        ("select distinct on (x) x, n from a", "x", "arrives first"),
        ("select * from read_csv('x.csv')", "read_csv('x.csv')", "SQL reads datasets only"),
        ("select * from glob('*')", "glob('*')", "SQL reads datasets only"),
        ("select * from query('select 1')", "query('select 1')", "SQL reads datasets only"),
        ("select * from pragma_version()", "pragma_version()", "SQL reads datasets only"),
        ("select * from information_schema.tables", "information_schema.tables", "without a schema"),
        ("from a tablesample 10%", "a tablesample 10%", "other rows on every run"),
        ("select 1; select 22", "22", "one SELECT statement"),
        ("drop table a", "d", "one SELECT statement"),
        ("pragma version", "p", "one SELECT statement"),
        ("copy a to 'x.csv'", "c", "one SELECT statement"),
        ("summarize a", "s", "one SELECT statement"),
        ("select 'ä' as x form a", "form", "syntax error"),
        ("select ? from a", "?", "no value for this place"),
    ],
)
def test_refused_at_its_place(sql: str, marked: str, words: str) -> None:
    (issue,) = lint(sql)
    assert words in issue.message
    assert issue.offset is not None
    assert sql[issue.offset :].startswith(marked)
    assert issue.width == len(marked)


def test_empty_sql_is_refused() -> None:
    assert [issue.message for issue in lint(" -- nothing")] == ["a dataset is one SELECT statement"]


def test_all_issues_in_the_order_of_the_text() -> None:
    sql = "with x as (select list(n) as l, uuid() as u from read_text('f')) select last(l) from x"
    assert [sql[i.offset or 0 :][:4] for i in lint(sql)] == ["list", "uuid", "read", "last"]


def test_reading_knows_order_and_parameters() -> None:
    said = read("select * from a where x = $b or y = $a or z = $b order by 1 limit 3", parse)
    assert (said.ordered, said.parameters) == (True, ("b", "a"))
    assert not read("select * from (select * from a order by 1)", parse).ordered


def test_every_function_that_duckdb_calls_volatile_has_a_rule() -> None:
    with Duck() as duck:
        found = duck.fetch(
            "select distinct function_name from duckdb_functions() "
            "where stability in ('VOLATILE', 'CONSISTENT_WITHIN_QUERY') order by 1"
        )
    names = {name for (name,) in found}
    assert len(names) > 20
    assert names - RANDOM - MACHINE - set(CLOCK) == {"error"}


def test_every_table_function_of_duckdb_but_four_is_refused() -> None:
    with Duck() as duck:
        found = duck.fetch("select distinct function_name from duckdb_functions() where function_type like 'table%'")
    names = {name for (name,) in found if name.isidentifier()} - TABLE_FUNCTIONS
    assert len(names) > 80
    assert [name for name in names if not lint(f"select * from {name}('x')")] == []
