"""The syntax tree: ties behind the user's own order, the closing semicolon, and what result columns inherit."""

import pytest

from reportrunner.duck import parse
from reportrunner.table import Column, ColumnType
from reportrunner.transform.sql import read
from reportrunner.transform.tree import inherited, with_ties_broken, without_end

T = ColumnType


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("select a, b from t order by a", "select a, b from t order by a\n, 1, 2 "),
        ("select a, b from t order by a -- limit\n", "select a, b from t order by a -- limit\n\n, 1, 2 "),
        ("(select a, b from t order by a desc limit 3)", "(select a, b from t order by a desc \n, 1, 2 limit 3)"),
        ("select a, b from t order by f(a, ')') offset 2", "select a, b from t order by f(a, ')') \n, 1, 2 offset 2"),
        ("from t union from u order by 1 limit (select 1)", "from t union from u order by 1 \n, 1, 2 limit (select 1)"),
        ("select a, b from t order by all", "select a, b from t order by all"),
        ("select a, b from t", "select a, b from t"),
    ],
)
def test_ties_are_broken_by_all_columns(sql: str, wanted: str) -> None:
    node = read(sql, parse).node
    assert node
    assert with_ties_broken(sql, node, 2, parse) == wanted


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [("select 1", "select 1"), ("select 1 ; -- x;", "select 1 "), ("select ';' as a;", "select ';' as a")],
)
def test_the_closing_semicolon_goes(sql: str, wanted: str) -> None:
    node = read(sql, parse).node
    assert node
    assert without_end(sql, node, parse) == wanted


USER = Column("user_id", T.STRING, personal=True, description="who")
SECONDS = Column("watched", T.DURATION, "seconds", additive=True)
RATE = Column("rate", T.RATIO, additive=False)
SCHEMAS = {"p": (USER, SECONDS, RATE), "q": (Column("rate", T.RATIO, "other"), Column("title", T.STRING))}


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("select user_id from p", {"user_id": USER}),
        ("select x.User_ID as who from P x", {"who": Column("who", T.STRING, personal=True, description="who")}),
        ("select coalesce(p.rate, 0) as r from p join q on true", {"r": Column("r", T.RATIO)}),
        ("select rate from p join q on true", {}),
        ("select sum(watched) as w, avg(rate) as a, sum(rate) as s, rate * 2 as d from p", {
            "w": Column("w", T.DURATION, "seconds"), "a": Column("a", T.RATIO),
        }),
        ("select * from p", {"user_id": USER, "watched": SECONDS, "rate": RATE}),
        ("select q.* from p, q", {"rate": SCHEMAS["q"][0], "title": SCHEMAS["q"][1]}),
        ("with p as (select 1 as user_id) select user_id from p", {}),
        ("select user_id from p union select title from q", {}),
    ],
)  # fmt: skip
def test_columns_inherit_what_is_known(sql: str, wanted: dict[str, Column]) -> None:
    assert inherited(read(sql, parse).node or {}, SCHEMAS) == wanted
