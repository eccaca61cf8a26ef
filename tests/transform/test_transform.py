"""User SQL in the child: exact results, one order, as_of as now, no way out, and a parent that outlives it all."""

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest

from reportrunner.errors import SqlError
from reportrunner.land import land
from reportrunner.query import Query
from reportrunner.table import Column, ColumnType, Rows, Table, Value
from reportrunner.table_file import rows
from reportrunner.transform import SqlLimits, SqlSession, bind_all, run_query, transform

T = ColumnType
AS_OF = dt.datetime(2026, 11, 16, 5, tzinfo=dt.UTC)
COLUMNS = (
    Column("user", T.STRING, personal=True),
    Column("plays", T.INTEGER, "plays"),
    Column("paid", T.DECIMAL),
    Column("rate", T.RATIO),
    Column("seen", T.TIMESTAMP),
)
VALUES: list[tuple[Value, ...]] = [
    ("b", 2**53 + 1, Decimal("0.10"), Decimal("0.5"), AS_OF),
    ("a", 2, Decimal("0.20"), None, None),
    ("a", 1, Decimal("285569598.29"), Decimal("0.25"), AS_OF),
    ("", None, None, None, None),
    (None, 2**70, Decimal(3), Decimal(1), AS_OF),
]


@pytest.fixture(scope="module")
def progress(tmp_path_factory: pytest.TempPathFactory) -> Table:
    return land(Rows(COLUMNS, VALUES), "progress", tmp_path_factory.mktemp("t") / "progress.duckdb", ("user",))


@pytest.fixture(scope="module")
def session(progress: Table) -> Iterator[SqlSession]:
    with SqlSession({"progress": progress, 'odd "name" é': progress}, AS_OF) as session:
        yield session


def ask(session: SqlSession, sql: str, **parameters: Value) -> list[tuple[Value, ...]]:
    return list(session.rows(Query("q", sql, parameters))[0].rows)


def test_lands_a_table_like_any_other(progress: Table, tmp_path: Path) -> None:
    query = Query(
        "per_user", 'select "user", sum(plays) as plays, count(*) as n from progress group by all', {}, ("n",)
    )
    table = transform(query, {"progress": progress}, tmp_path / "r.duckdb", AS_OF)
    expected = Rows(table.columns, [("b", 2**53 + 1, 1), ("", None, 1), (None, 2**70, 1), ("a", 3, 2)])
    assert rows(table) == [(None, 2**70, 1), ("", None, 1), ("b", 2**53 + 1, 1), ("a", 3, 2)]
    assert table.digest == land(expected, "other", tmp_path / "o.duckdb", ("n",)).digest
    assert sorted(p.name for p in tmp_path.iterdir()) == ["o.duckdb", "r.duckdb"]
    assert table.columns[0].personal is True


def test_an_empty_result_keeps_its_columns(progress: Table, tmp_path: Path) -> None:
    query = Query("none", "select seen, rate, paid * 2 as twice from progress where false")
    table = transform(query, {"progress": progress}, tmp_path / "r.duckdb", AS_OF)
    assert table.rows == 0
    assert [(c.name, c.type) for c in table.columns] == [("seen", T.TIMESTAMP), ("rate", T.RATIO), ("twice", T.DECIMAL)]


def test_two_runs_have_one_digest(progress: Table, tmp_path: Path) -> None:
    query = Query("q", "select p.paid, q.rate, now() as t from progress p, progress q order by p.paid desc limit 7")
    digests = {transform(query, {"progress": progress}, tmp_path / f"{n}.duckdb", AS_OF).digest for n in range(2)}
    assert len(digests) == 1


def test_the_querys_own_order_is_kept_and_its_ties_broken(session: SqlSession) -> None:
    sql = 'select "user" as u, plays from progress order by u desc nulls last'
    assert ask(session, sql) == [("b", 2**53 + 1), ("a", 1), ("a", 2), ("", None), (None, 2**70)]
    assert ask(session, sql + " limit 2;") == [("b", 2**53 + 1), ("a", 1)]
    unordered = 'select "user" as u, plays from progress'
    assert ask(session, unordered)[:2] == [(None, 2**70), ("", None)]


def test_sums_of_money_and_big_integers_are_exact(session: SqlSession) -> None:
    assert ask(session, "select sum(paid) as s, sum(plays) as n from progress") == [
        (Decimal("285569601.59"), 2**70 + 2**53 + 4),
    ]


def test_binary_numbers_land_by_their_sure_digits(session: SqlSession) -> None:
    sql = """select avg(x) as a, 0.1::double + 0.2::double as b, 1::double / 3 as c, 1e20::double as d,
        0.1::float as f from (values (0.1), (0.2)) v(x)"""
    assert ask(session, sql) == [
        (Decimal("0.15"), Decimal("0.3"), Decimal("0.333333333333"), Decimal(10) ** 20, Decimal("0.1")),
    ]


def test_null_empty_and_zero_differ(session: SqlSession) -> None:
    sql = """select count(*) filter ("user" = '') as e, count(*) filter ("user" is null) as n from progress"""
    assert ask(session, sql) == [(1, 1)]


def test_now_is_as_of_whatever_it_is_called(session: SqlSession) -> None:
    sql = "select now() as a, current_timestamp as b, current_date as c, today() as d, localtimestamp as e"
    assert ask(session, sql) == [(AS_OF, AS_OF, AS_OF.date(), AS_OF.date(), AS_OF)]
    assert ask(session, "select seen from progress where seen = now()") == [(AS_OF,)] * 3


def test_timestamps_keep_their_instant_in_any_zone(session: SqlSession) -> None:
    sql = "select seen at time zone 'America/New_York' as local, seen from progress where plays = 1"
    assert ask(session, sql) == [(AS_OF - dt.timedelta(hours=5), AS_OF)]


def test_parameters_are_values_and_never_text(session: SqlSession) -> None:
    nasty = "x' or '1' = '1"
    assert ask(session, 'select plays from progress where "user" = $u', u=nasty) == []
    assert ask(session, "select $u as u", u=nasty) == [(nasty,)]
    values: dict[str, Value] = {"a": Decimal("1.5"), "b": AS_OF, "c": AS_OF.date(), "d": 2**70, "e": True, "f": None}
    assert ask(session, "select $a as a, $b as b, $c as c, $d as d, $e as e, $f as f", **values) == [
        tuple(values.values())
    ]
    listed = Query("q", "select plays from progress where plays in $p", {"p": (1, 2)})
    assert session.rows(listed)[0].rows == [(1,), (2,)]


def test_names_with_quotes_and_letters_beyond_ascii(session: SqlSession) -> None:
    assert ask(session, 'select count(*) as "größe ""n""" from "odd ""name"" é"') == [(5,)]


def test_rows_may_be_limited_and_are_counted(session: SqlSession) -> None:
    found, total = session.rows(Query("q", "select plays from progress"), limit=2)
    assert (found.rows, total) == ([(None,), (1,)], 5)
    assert run_query(Query("q", "select 1 as one"), {}, AS_OF)[0].rows == [(1,)]


@pytest.mark.parametrize(
    ("sql", "words", "marked"),
    [
        ("select 'é' as e, plas from progress", 'no column "plas"; did you mean "plays"', "plas"),
        ("select p.plas from progress p", 'no column "plas"; did you mean "plays"', "plas"),
        ("select 1 as one from progres", 'no dataset "progres"; did you mean "progress"', "progres"),
        ("select 1 as one from duckdb_settings", "no dataset", "duckdb_settings"),
        ("select summ(plays) from progress", r"no function summ\(\); did you mean sum\(\)", "summ"),
        ("select 1 as a, 2 as A", 'two columns are called "[aA]"', None),
        ("select interval 1 day as i", r'"i" has the type INTERVAL.*epoch\(', None),
        ("select [1] as l", r'"l" has the type INTEGER\[\]', None),
        ("select $p as x", r"no value for \$p", None),
        ("select random() as r", r"other values on every run", "random()"),
        ("select 'é' as e, cast(\"user\" as integer) as n from progress", "Could not convert string", "cast("),
        ("select 1 // (plays - 1) as n from progress", r"Division by zero[^S]*$", None),
        ("select 1::double / 0 as x", 'column "x" holds a number that is not finite', None),
        ("select 1e30 as x", "1e\\+30", None),
        (
            "select paid * 1e20::decimal(38, 12) * 1e9::decimal(38, 12) as x from progress",
            "precision|verflow|scale",
            None,
        ),
        ("select date '10000-01-01' as d", 'column "d" holds a date beyond 9999', None),
    ],
)
def test_an_error_says_what_and_where(session: SqlSession, sql: str, words: str, marked: str | None) -> None:
    with pytest.raises(SqlError, match=words) as caught:
        ask(session, sql)
    if marked is not None:
        assert caught.value.offset is not None
        assert sql[caught.value.offset :].startswith(marked)


def test_an_unused_parameter_is_told(session: SqlSession) -> None:
    with pytest.raises(SqlError, match="may not stand inside quotes"):
        ask(session, "select '$p' as x", p=1)


def test_an_order_by_a_column_that_is_not_there(session: SqlSession) -> None:
    with pytest.raises(SqlError, match='no column "play" to order by; did you mean "plays"'):
        session.rows(Query("q", "select plays from progress", {}, ("play",)))


SMALL = SqlLimits(memory=64 * 2**20, overhead=512 * 2**20)
BOMBS = [
    "repeat('x', 3000000000)",
    "array_to_string(range(0, 100000000), ',')",
    pytest.param("lpad('x', 2000000000, 'y')", marks=pytest.mark.full),
]


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_memory_bomb_is_an_error_and_the_parent_lives(progress: Table, tmp_path: Path, bomb: str) -> None:
    query = Query("q", f"select length({bomb}) as n from progress")
    with pytest.raises(SqlError, match="memory"):
        transform(query, {"progress": progress}, tmp_path / "r.duckdb", AS_OF, SMALL)
    assert list(tmp_path.iterdir()) == []


def test_binding_evaluates_no_constant_bomb() -> None:
    columns = bind_all([Query("q", f"select {BOMBS[0]} as x")], {}, AS_OF)["q"].columns
    assert columns == (Column("x", T.STRING),)


def test_endless_recursion_is_killed_in_time(tmp_path: Path) -> None:
    endless = "with recursive r as (select 1 as n union all select n + 1 from r) select count(*) as n from r"
    with pytest.raises(SqlError, match="more than 1 s"):
        transform(Query("q", endless), {}, tmp_path / "r.duckdb", AS_OF, SqlLimits(seconds=1))
    assert list(tmp_path.iterdir()) == []


def test_the_child_inherits_no_environment_and_no_file(progress: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KALTURA_TOKEN", "canary")
    with SqlSession({"progress": progress}, AS_OF) as session:
        pid = session._process.pid
        assert b"canary" not in Path(f"/proc/{pid}/environ").read_bytes()
        files = sorted(Path(f"/proc/{pid}/fd").iterdir(), key=lambda path: int(path.name))
        assert [path.readlink().as_posix() for path in files[:3]] == ["/dev/null"] * 3
        assert ask(session, "select 1 as one") == [(1,)]
    assert not Path(f"/proc/{pid}").exists()


def test_a_child_that_died_is_a_sql_error(progress: Table) -> None:
    with SqlSession({"progress": progress}, AS_OF) as session:
        os.kill(session._process.pid, signal.SIGKILL)
        with pytest.raises(SqlError, match="stopped"):
            ask(session, "select 1 as one")


def test_inputs_stay_untouched(progress: Table, tmp_path: Path) -> None:
    before = progress.file.read_bytes()
    transform(Query("q", "select * from progress"), {"progress": progress}, tmp_path / "r.duckdb", AS_OF)
    assert progress.file.read_bytes() == before


def test_binding_a_job_in_one_start() -> None:
    queries = [
        Query("last", "select who, total / n as mean from middle"),
        Query(
            "middle",
            'select "user" as who, sum(paid) as total, count(*) as n from progress where seen < $t group by 1',
            {"t": AS_OF},
        ),
        Query("misspelt", "select plas from progress"),
        Query("needs_misspelt", "select * from misspelt"),
        Query("stranger", "select list(x) as l from progess"),
        Query("unknown", "select anything from endpoint"),
        Query("hen", "from egg"),
        Query("egg", "from hen"),
    ]
    bound = bind_all(queries, {"progress": COLUMNS, "endpoint": None}, AS_OF)
    assert {name: [(c.name, c.type.value) for c in b.columns or ()] for name, b in bound.items() if b.columns} == {
        "middle": [("who", "string"), ("total", "decimal"), ("n", "integer")],
        "last": [("who", "string"), ("mean", "decimal")],
    }
    assert bound["last"].columns
    assert bound["last"].columns[0].personal is True
    assert bound["last"].tables == ("middle",)
    assert {name: [(i.message, i.offset) for i in b.issues] for name, b in bound.items() if b.issues} == {
        "misspelt": [('there is no column "plas"', 7)],
        "stranger": [
            ("list() without an order depends on which row arrives first", 7),
            ('there is no dataset "progess"', 25),
        ],
        "hen": [("these datasets read one another in a circle: egg, hen", None)],
        "egg": [("these datasets read one another in a circle: egg, hen", None)],
    }
    assert bound["misspelt"].issues[0].hint == 'did you mean "plays"?'


def test_binding_knows_the_types_that_landing_gives(progress: Table, tmp_path: Path) -> None:
    sql = "select *, plays + 1 as n, avg(rate) over () as r, sum(paid) over () as s, paid / 2 as h from progress"
    bound = bind_all([Query("q", sql)], {"progress": COLUMNS}, AS_OF)["q"]
    assert bound.columns == transform(Query("q", sql), {"progress": progress}, tmp_path / "r.duckdb", AS_OF).columns


def test_children_are_forked_off_one_process_and_outlive_it(progress: Table) -> None:
    with SqlSession({"progress": progress}, AS_OF) as first, SqlSession({"progress": progress}, AS_OF) as second:
        parents = {_parent(session._process.pid) for session in (first, second)}
        (server,) = parents
        assert len(list(Path(f"/proc/{server}/task").iterdir())) == 1, "nothing may fork beside a thread"
        os.kill(server, signal.SIGKILL)
        assert ask(first, "select 1 as one") == [(1,)]
        with SqlSession({"progress": progress}, AS_OF) as third:
            assert ask(third, "select count(*) > 0 as some from progress") == [(True,)]
            assert _parent(third._process.pid) != server
        assert ask(second, "select 2 as two") == [(2,)]


def _parent(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("PPid:")))


def test_a_child_knows_nothing_of_its_sisters(progress: Table) -> None:
    with SqlSession({"progress": progress}, AS_OF) as first, SqlSession({"progress": progress}, AS_OF) as second:
        held = [
            {path.readlink().as_posix() for path in Path(f"/proc/{session._process.pid}/fd").iterdir()}
            for session in (first, second)
        ]
        assert not {link for link in held[0] & held[1] if link.startswith(("socket:", "pipe:"))}


def test_many_sessions_at_once(progress: Table) -> None:
    def count(number: int) -> object:
        with SqlSession({"progress": progress}, AS_OF) as session:
            return ask(session, f"select {number} as n")

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(count, range(64))) == [[(number,)] for number in range(64)]


def test_nothing_is_left_when_the_program_ends(tmp_path: Path) -> None:
    program = """
import datetime as dt
from reportrunner.query import Query
from reportrunner.transform import SqlSession
from reportrunner.transform.process import _SERVER
with SqlSession({}, dt.datetime(2026, 11, 16, tzinfo=dt.UTC)) as session:
    session.rows(Query("q", "select 1 as one"))
    print(session._process.pid, _SERVER.process.pid)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert done.stderr == ""
    assert [pid for pid in done.stdout.split() if Path(f"/proc/{pid}").exists()] == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_when_the_program_is_killed(tmp_path: Path, number: int) -> None:
    program = """
import datetime as dt, sys, time
from reportrunner.transform import SqlSession
from reportrunner.transform.process import _SERVER
session = SqlSession({}, dt.datetime(2026, 11, 16, tzinfo=dt.UTC)).__enter__()
print(session._process.pid, _SERVER.process.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=tmp_path, stdout=subprocess.PIPE, text=True,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        pids = process.stdout.readline().split()
        process.send_signal(number)
        process.wait()
    assert len(pids) == 2
    end = time.monotonic() + 10
    while left := [pid for pid in pids if Path(f"/proc/{pid}").exists() and _running(pid)]:
        assert time.monotonic() < end, left
        time.sleep(0.02)


def _running(pid: str) -> bool:
    try:
        return "(zombie)" not in Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return False
