"""The room of DuckDB: the lock holds without any lint, errors leave as ours, names and texts are safe."""

import datetime as dt
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from reportrunner.duck import Duck, DuckError, borrowed, literal, order_by, parse, quoted
from reportrunner.table import Column, ColumnType, Value

DOORS = {
    "copy to": "copy (select 1) to '{dir}/out.csv'",
    "copy from": "copy t from '{dir}/in.csv'",
    "read_csv": "select * from read_csv('{dir}/in.csv')",
    "read_text": "select * from read_text('{dir}/in.csv')",
    "file as table": "select * from '{dir}/in.csv'",
    "glob": "select * from glob('{dir}/*')",
    "parquet": "copy (select 1) to '{dir}/out.parquet' (format parquet)",
    "attach": "attach '{dir}/other.duckdb' as other",
    "install": "install httpfs",
    "load": "load '{dir}/x.duckdb_extension'",
    "http": "select * from read_csv('https://127.0.0.1/x.csv')",
    "export": "export database '{dir}/dump'",
    "set": "set memory_limit='100GB'",
    "unlock": "set lock_configuration=false",
    "external access": "set enable_external_access=true",
    "pragma": "pragma threads=4",
    "log file": "pragma enable_profiling='json'",
    "secret": "create persistent secret s (type http, bearer_token 'x')",
    "getenv": "select getenv('HOME')",
    "python variable": "select * from python_rows",
    "drop input": "drop table kept.data",
}


@pytest.fixture
def locked(tmp_path: Path) -> Duck:
    (tmp_path / "in.csv").write_text("a\n1\n")
    with Duck(threads=1) as duck:
        duck.attach(tmp_path / "kept.duckdb", "kept", writable=True)
        duck.run("create table kept.data as select 7 as n")
    duck = Duck(tmp_path / "spill")
    duck.attach(tmp_path / "kept.duckdb", "kept")
    duck.run("create table t (a varchar)")
    duck.lock()
    return duck


@pytest.mark.parametrize("door", DOORS)
def test_the_lock_shuts(door: str, locked: Duck, tmp_path: Path) -> None:
    python_rows = [1]
    before = sorted(p.name for p in tmp_path.iterdir())
    with locked as duck:
        with pytest.raises(DuckError):
            duck.fetch(DOORS[door].format(dir=tmp_path))
        assert duck.fetch("select n from kept.data") == [(7,)]
    assert python_rows
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_spilling_still_works_under_the_lock(tmp_path: Path) -> None:
    with Duck(tmp_path / "spill", memory=64 * 2**20) as duck:
        duck.lock()
        duck.run("create temp table r as select md5(i::varchar) as s from range(1500000) x(i)")
        assert duck.fetch("select count(*) from (select s from r order by s)") == [(1_500_000,)]


def test_errors_carry_place_and_detail() -> None:
    with Duck() as duck, pytest.raises(DuckError, match="Referenced column") as caught:
        duck.run("select nme from (select 1 as name)")
    assert caught.value.offset == 7
    assert caught.value.detail["candidates"] == "name"


def test_an_aborted_append_leaves_no_row() -> None:
    def rows() -> Iterator[tuple[Value, ...]]:
        yield ("a",)
        raise RuntimeError("stop")

    with Duck() as duck:
        duck.run("create table t (a varchar)")
        with pytest.raises(RuntimeError, match="stop"):
            duck.append("t", rows())
        assert duck.fetch("select count(*) from t") == [(0,)]


def test_timestamps_are_utc_whatever_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    with Duck() as duck:
        assert duck.fetch("select timestamptz '2026-11-16 00:00:00'::varchar") == [("2026-11-16 00:00:00+00",)]
        moment = dt.datetime(2026, 11, 16, 9, tzinfo=dt.timezone(dt.timedelta(hours=9)))
        assert duck.fetch("select epoch_us($m)", {"m": moment}) == [(1794787200000000,)]


@pytest.mark.parametrize("name", ['a"b', "select", "größe", "a;b'c", "🦆"])
def test_any_name_and_text_survives(name: str) -> None:
    with Duck() as duck:
        duck.run(f"create table t ({quoted(name)} varchar)")
        assert duck.fetch(f"select column_name, {literal(name)} from (describe t)") == [(name, name)]


def test_the_order_is_total_and_puts_nulls_first() -> None:
    columns = [Column(name, ColumnType.STRING) for name in "abc"]
    assert order_by(columns, ["b"]) == '"b" asc nulls first, "a" asc nulls first, "c" asc nulls first'


def test_parsing_runs_nothing() -> None:
    tree = parse("select error('run') from nowhere")
    assert tree["error"] is False


def test_too_deep_a_query_is_our_error() -> None:
    with pytest.raises(DuckError, match="nested too deeply"):
        parse("select " + "+".join("1" * 900))


def test_nothing_is_drawn_on_standard_output() -> None:
    with Duck() as duck:
        assert duck.fetch("select current_setting('enable_progress_bar')") == [(False,)]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    file = tmp_path / "kept.duckdb"
    with Duck() as duck:
        duck.attach(file, "kept", writable=True)
        duck.run("create table kept.data as select 7 as n")
    return file


def test_a_borrowed_duck_is_lent_again_with_nothing_attached(kept: Path) -> None:
    with borrowed() as first:
        first.attach(kept, "t")
        assert first.fetch("select n from t.data") == [(7,)]
    kept.unlink()
    with Duck() as duck:
        duck.attach(kept, "kept", writable=True)
        duck.run("create table kept.data as select 8 as n")
    with borrowed() as second:
        assert second is first
        with pytest.raises(DuckError, match="does not exist"):
            second.fetch("select n from t.data")
        second.attach(kept, "t")
        assert second.fetch("select n from t.data") == [(8,)], "the file as it is now"


def test_two_borrowers_have_a_duck_each_and_a_suspended_question_ends_with_its_own(kept: Path) -> None:
    with borrowed() as first, borrowed() as second:
        assert first is not second
        for duck in (first, second):
            duck.attach(kept, "t")
        chunks = first.chunks("select n from t.data, range(10000)", 10)
        assert next(chunks) == [(7,)] * 10
        assert second.fetch("select n from t.data") == [(7,)]
    with borrowed() as third:
        assert third.fetch("select 1") == [(1,)]


def test_a_duck_that_failed_is_not_lent_again(kept: Path) -> None:
    with pytest.raises(DuckError), borrowed() as failed:  # noqa: PT012 - what fails is inside
        failed.attach(kept, "t")
        failed.fetch("select missing from t.data")
    with borrowed() as other:
        assert other is not failed


def test_no_more_are_kept_than_are_of_use() -> None:
    with ExitStack() as stack:
        lent = [stack.enter_context(borrowed()) for _ in range(6)]
    with ExitStack() as stack:
        again = [stack.enter_context(borrowed()) for _ in range(6)]
    assert len(set(map(id, again)) & set(map(id, lent))) == 4
