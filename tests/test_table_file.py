"""Table files read back: stored order, distinct values, duplicates, and files that are not there."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest

from reportrunner.errors import OutputError
from reportrunner.land import land
from reportrunner.table import Column, ColumnType, Rows, Table
from reportrunner.table_file import column_values, duplicates, iter_rows, null_count, rows, sums

T = ColumnType
AT = dt.datetime(2026, 11, 16, tzinfo=dt.UTC)


@pytest.fixture
def table(tmp_path: Path) -> Table:
    columns = (Column("u", T.STRING), Column("n", T.DECIMAL), Column("at", T.TIMESTAMP))
    values = [
        ("b", Decimal("2.50"), AT),
        ("a", None, None),
        ("b", Decimal(100), AT),
        (None, None, AT),
        (None, None, None),
    ]
    return land(Rows(columns, values), "t", tmp_path / "t.duckdb", ("n",))


def test_rows_in_stored_order_whatever_the_chunk(table: Table) -> None:
    stored = rows(table)
    assert [row[0] for row in stored] == [None, None, "a", "b", "b"]
    assert list(iter_rows(table, chunk=1)) == stored == list(iter_rows(table, chunk=1000))
    assert rows(table, limit=2) == stored[:2]
    assert [str(row[1]) for row in stored[3:]] == ["2.5", "100"]
    assert stored[-1][2] == AT
    assert str(stored[-1][2]) == "2026-11-16 00:00:00+00:00"


def test_two_readers_do_not_disturb_each_other(table: Table) -> None:
    first, second = iter_rows(table, chunk=1), iter_rows(table, chunk=1)
    assert [next(first), next(second), *first] == [next(iter_rows(table)), *rows(table)]
    assert list(second) == rows(table)[1:]


def test_distinct_values_in_the_order_of_their_first_row(table: Table) -> None:
    assert column_values(table, "u") == ["a", "b"]
    assert column_values(table, "n") == [Decimal("2.5"), Decimal(100)]
    assert column_values(table, "at") == [AT]
    assert (null_count(table, "u"), null_count(table, "at")) == (2, 2)
    with pytest.raises(KeyError):
        column_values(table, "x")


def test_duplicates_count_rows_beyond_the_first_and_nulls_as_equal(table: Table) -> None:
    assert duplicates(table, ("u",)) == 2
    assert duplicates(table, ("u", "n")) == 1
    assert duplicates(table, ("u", "n", "at")) == 0


def test_sums_and_rows_of_all_or_of_those_with_a_value(table: Table) -> None:
    assert sums(table, ["n"], {}) == ((Decimal("102.5"),), 5)
    assert sums(table, [], {}) == ((), 5)
    assert sums(table, ["n"], {"u": "b"}) == ((Decimal("102.5"),), 2)
    assert sums(table, ["n"], {"u": "a"}) == ((None,), 1), "no value is not 0"
    assert sums(table, ["n"], {"u": None}) == ((None,), 2)
    assert sums(table, ["n"], {"u": "b' or 'a'='a"}) == ((None,), 0)
    assert sums(table, [], {"at": AT}) == ((), 3)


def test_sums_of_integers_are_exact_and_names_may_be_anything(tmp_path: Path) -> None:
    columns = (Column('or"der', T.INTEGER), Column("select", T.STRING))
    of = land(Rows(columns, [(2**62, "a"), (2**62, "a"), (1, "b")]), "t", tmp_path / "t.duckdb", ())
    assert sums(of, ['or"der'], {}) == ((2**63 + 1,), 3)
    assert sums(of, ['or"der'], {"select": "a"}) == ((2**63,), 2)


def test_a_missing_or_damaged_file_is_an_output_error(table: Table) -> None:
    table.file.write_bytes(b"no database")
    with pytest.raises(OutputError, match='dataset "t"'):
        rows(table)


def test_threads_may_land_and_read_side_by_side(tmp_path: Path) -> None:
    columns = (Column("n", T.INTEGER),)

    def work(number: int) -> tuple[str, int]:
        table = land(Rows(columns, [(n,) for n in range(2000)]), "t", tmp_path / f"{number}.duckdb", ("n",))
        return table.digest, len(column_values(table, "n"))

    with ThreadPoolExecutor(8) as pool:
        assert len({*pool.map(work, range(16))}) == 1
