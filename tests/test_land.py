"""Landing: order, exactness, digests that depend on content alone, and CSV files with all their faults."""

import datetime as dt
import random
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from reportrunner.cell import UNIX, parse_column
from reportrunner.errors import InvalidError, OutputError, ProviderError
from reportrunner.land import Part, land, landing, read_csv_file, read_header
from reportrunner.table import Bulk, Column, ColumnType, Dialect, Form, Rows, Table, Value
from reportrunner.table_file import rows

T = ColumnType
AT = dt.datetime(2026, 11, 16, 12, 0, 0, 123456, tzinfo=dt.UTC)
COLUMNS = (
    Column("id", T.STRING),
    Column("plays", T.INTEGER),
    Column("paid", T.DECIMAL),
    Column("rate", T.RATIO),
    Column("live", T.BOOLEAN),
    Column("day", T.DATE),
    Column("at", T.TIMESTAMP),
    Column("watched", T.DURATION),
)
TEXT = """id,plays,paid,rate,live,day,at,watched
b,9007199254740993,0.10,0.5,true,2026-11-16,2026-11-16T12:00:00.123456Z,61.5
,,,,,,,
"é ""q"", x",-1.0,1.5E2,.25,FALSE,0001-01-01,2026-11-16T14:00:00.123456+02:00,0
a,0,-7,1,1,9999-12-31,2026-11-16 12:00:00.1234569z,1e-12
"""
VALUES: list[tuple[Value, ...]] = [
    ("b", 2**53 + 1, Decimal("0.1"), Decimal("0.5"), True, dt.date(2026, 11, 16), AT, Decimal("61.5")),
    ("", None, None, None, None, None, None, None),
    ('é "q", x', -1, 150, Decimal("0.25"), False, dt.date(1, 1, 1), AT, 0),
    ("a", 0, -7, 1, True, dt.date(9999, 12, 31), AT, Decimal("1e-12")),
]


def landed(path: Path, values: list[tuple[Value, ...]], *columns: Column, order: tuple[str, ...] = ()) -> Table:
    return land(Rows(columns, values), "d", path / "d.duckdb", order)


def bulk(path: Path, text: str, columns: tuple[Column, ...] = COLUMNS, dialect: Dialect | None = None) -> Bulk:
    file = path / "answer.csv"
    file.write_bytes(text.encode())
    return Bulk(columns, file, dialect or Dialect())


def test_values_come_back_as_they_went_in(tmp_path: Path) -> None:
    table = landed(tmp_path, VALUES, *COLUMNS, order=("id",))
    assert rows(table) == [VALUES[1], VALUES[3], VALUES[0], VALUES[2]]
    assert (table.rows, table.columns) == (4, COLUMNS)
    assert [p.name for p in tmp_path.iterdir()] == ["d.duckdb"]


def test_rows_and_bulk_have_one_digest(tmp_path: Path) -> None:
    first = landed(tmp_path, VALUES, *COLUMNS, order=("id",))
    second = land(bulk(tmp_path, TEXT), "other", tmp_path / "o.duckdb", ("id",))
    assert rows(first) == rows(second)
    assert first.digest == second.digest
    assert first.digest == "beafe13deb9566a6d6f48c33c5097222d925ea04f85911724beb9ac6374feb5d"


def test_the_digest_is_of_the_content_alone(tmp_path: Path) -> None:
    values: list[tuple[Value, ...]] = [(f"u{n * 7919 % 50_000}", n) for n in range(50_000)]
    columns = (Column("u", T.STRING), Column("n", T.INTEGER))
    first = landed(tmp_path, values, *columns, order=("u",))
    random.Random(1).shuffle(values)
    again = land(Rows(columns, values), "d", tmp_path / "e.duckdb", ("u",))
    halves = (Part(Rows(columns, values[:9])), Part(Rows(columns, values[9:])))
    parts = land(halves, "d", tmp_path / "f.duckdb", ("u",))
    assert first.digest == again.digest == parts.digest
    changed = landed(tmp_path, [*values[1:], (values[0][0], -1)], *columns, order=("u",))
    renamed = landed(tmp_path, values, Column("v", T.STRING), columns[1], order=("v",))
    assert len({first.digest, changed.digest, renamed.digest}) == 3


def test_null_zero_and_empty_differ(tmp_path: Path) -> None:
    columns = (Column("s", T.STRING), Column("n", T.INTEGER))
    nothing, empty = landed(tmp_path, [(None, None)], *columns), landed(tmp_path, [("", None)], *columns)
    zero = landed(tmp_path, [("", 0)], *columns)
    assert len({nothing.digest, empty.digest, zero.digest}) == 3
    assert rows(zero) == [("", 0)]


def test_rows_stand_in_order_then_by_every_column_nulls_first_text_by_code_point(tmp_path: Path) -> None:
    values: list[tuple[Value, ...]] = [
        ("é", 1),
        ("z", 1),
        ("Z", 1),
        ("a", 2),
        (None, 2),
        ("a", None),
        ("🦆", 0),
        ("", 1),
    ]
    table = landed(tmp_path, values, Column("s", T.STRING), Column("n", T.INTEGER), order=("n",))
    assert rows(table) == [
        ("a", None), ("🦆", 0), ("", 1), ("Z", 1), ("z", 1), ("é", 1), (None, 2), ("a", 2),
    ]  # fmt: skip


def test_an_empty_answer_keeps_its_columns(tmp_path: Path) -> None:
    from_rows = landed(tmp_path, [], *COLUMNS)
    from_text = land(bulk(tmp_path, TEXT.partition("\n")[0] + "\n"), "d", tmp_path / "e.duckdb", ())
    assert (from_rows.rows, from_rows.columns) == (0, COLUMNS)
    assert from_rows.digest == from_text.digest


def test_integers_beyond_64_bits_are_exact(tmp_path: Path) -> None:
    column = Column("n", T.INTEGER)
    values: list[tuple[Value, ...]] = [(2**127 - 1,), (-(2**127) + 1,), (2**63,), (1,)]
    table = landed(tmp_path, values, column)
    text = land(
        bulk(tmp_path, "".join(f"{v[0]}\n" for v in [("n",), *values]), (column,)), "d", tmp_path / "e.duckdb", ()
    )
    assert rows(table) == sorted(values, key=lambda row: int(str(row[0])))
    assert table.digest == text.digest


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        (Column("paid", T.DECIMAL), Decimal("1.0000000000001"), 'row 2, column "paid": .* 12 digits'),
        (Column("paid", T.DECIMAL), Decimal(10**26), 'row 2, column "paid": .* too big'),
        (Column("plays", T.INTEGER), "12", 'row 2, column "plays": .* not an integer'),
        (Column("name", T.STRING), {"a": 1}, 'row 2, column "name": .* not text'),
    ],
)
def test_what_would_be_rounded_or_cut_is_an_error(tmp_path: Path, column: Column, value: Value, words: str) -> None:
    with pytest.raises(ProviderError, match=words) as caught:
        landed(tmp_path, [(None,), (value,)], column)
    assert (caught.value.kind, caught.value.dataset) == ("unreadable", "d")
    assert list(tmp_path.iterdir()) == []


def test_a_short_row_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="row 1 has 1 values for 2 columns"):
        landed(tmp_path, [("a",)], Column("a", T.STRING), Column("b", T.STRING))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,n\nx,1\ny\n", "line 3 has 1 fields for 2 columns"),
        ("a,n\nx,1\ny,2,3\n", "line 3 has 3 fields for 2 columns"),
        ("a,n\nx,1\n\ny,12.7\n", 'line 4, column "n": "12.7" is no integer'),
        ('a,n\n"x\ny",1\nz,1e3\n', 'line 4, column "n": "1e3" is no integer'),
        ("n,a\nq,x\n", 'line 2, column "n": "q" is no integer'),
        ("a\nx\n", 'it has no column "n"'),
        ("", 'it has no column "a"'),
    ],
)
def test_a_bad_line_of_a_bulk_answer_is_named(tmp_path: Path, text: str, words: str) -> None:
    columns = (Column("a", T.STRING), Column("n", T.INTEGER))
    with pytest.raises(ProviderError, match=words):
        land(bulk(tmp_path, text, columns), "d", tmp_path / "d.duckdb", ())
    assert not (tmp_path / "d.duckdb").exists()


def test_a_pipe_file_without_quotes_or_header(tmp_path: Path) -> None:
    columns = (Column("a", T.STRING), Column("n", T.INTEGER))
    dialect = Dialect(delimiter="|", quote="", header=False, null="NULL")
    table = land(bulk(tmp_path, '"x" y|1\nNULL|NULL\n|', columns, dialect), "d", tmp_path / "d.duckdb", ())
    assert rows(table) == [(None, None), ("", None), ('"x" y', 1)]


def test_each_part_brings_its_value(tmp_path: Path) -> None:
    columns, entry = (Column("n", T.INTEGER),), Column("entry", T.STRING)
    text = bulk(tmp_path, "n\n2\n", columns)
    parts = (Part(text, ((entry, "1_b'c"),)), Part(Rows(columns, [(1,), (None,)]), ((entry, "1_a"),)))
    table = land(parts, "d", tmp_path / "d.duckdb", ("entry",))
    assert table.columns == (*columns, entry)
    assert rows(table) == [(None, "1_a"), (1, "1_a"), (2, "1_b'c")]


def test_names_may_be_anything_but_twice_the_same(tmp_path: Path) -> None:
    names = ['a"b', "größe", "select", "x y"]
    table = landed(tmp_path, [("1", "2", "3", "4")], *(Column(n, T.STRING) for n in names), order=("größe",))
    assert rows(table) == [("1", "2", "3", "4")]
    with pytest.raises(ValueError, match="no table can have these columns"):
        landed(tmp_path, [], Column("A", T.STRING), Column("a", T.STRING))


def test_landing_again_replaces_the_file_and_a_failure_keeps_it(tmp_path: Path) -> None:
    column = Column("n", T.INTEGER)
    first = landed(tmp_path, [(1,)], column)
    (tmp_path / "d.duckdb.partial").write_text("left by a kill")
    assert rows(landed(tmp_path, [(2,)], column)) == [(2,)]
    with pytest.raises(ProviderError):
        landed(tmp_path, [("x",)], column)
    assert rows(first) == [(2,)]


def test_a_disk_that_fails_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "d.duckdb").mkdir()
    with pytest.raises(OutputError, match='dataset "d"'):
        landed(tmp_path, [(1,)], Column("n", T.INTEGER))


ROSTER = (Column("user_id", T.STRING), Column("joined", T.DATE), Column("n", T.INTEGER))


def test_a_project_file_is_read_by_header(tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_bytes('\ufeffn,user_id,joined\r\n1,"a, ""b""\r\nc",2026-11-16\r\n\r\n,,\r\n'.encode())
    assert read_header(Bulk((), file, Dialect())) == ("n", "user_id", "joined")
    read = read_csv_file(file, ROSTER, "data/roster.csv")
    assert read == Rows(ROSTER, [('a, "b"\r\nc', dt.date(2026, 11, 16), 1), ("", None, None)])


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (b"user_id,joined,n,x\n", [(1, 'the column "x" is not declared under columns')]),
        (b"user_id,n\n", [(1, 'there is no column "joined", which columns declares')]),
        (b"user_id,n,n,joined\n", [(1, 'the header names "n" twice')]),
        (b"user_id,joined,n\na,2026-11-16,1\nb,1\n", [(3, "2 fields where the header has 3")]),
        (
            b'user_id,joined,n\n"a\nb",2026-13-01,x\nc,,y\n',
            [
                (3, 'column "joined": "2026-13-01" is no day of the calendar'),
                (3, 'column "n": "x" is no integer'),
                (4, 'column "n": "y" is no integer'),
            ],
        ),
        (b"user_id,joined,n\n\xff,,\n", [(2, "is not UTF-8: byte 18 of the file is 0xff")]),
        (b'user_id,joined,n\n"a"b,,\n', [(2, "is no CSV: ',' expected after '\"'")]),
        (None, [(0, "cannot be read: No such file or directory")]),
    ],
)
def test_every_fault_of_a_project_file_is_told(
    tmp_path: Path, text: bytes | None, faults: list[tuple[int, str]]
) -> None:
    file = tmp_path / "roster.csv"
    if text is not None:
        file.write_bytes(text)
    with pytest.raises(InvalidError) as caught:
        read_csv_file(file, ROSTER, "data/roster.csv")
    assert [(d.line, d.message) for d in caught.value.diagnostics] == faults
    assert {d.file for d in caught.value.diagnostics} == {"data/roster.csv"}


FLAT = """
import resource, sys
from pathlib import Path
from reportrunner.land import land
from reportrunner.table import Bulk, Column, ColumnType as T, Dialect
columns = tuple(Column(n, t) for n, t in zip("abcd", (T.STRING, T.INTEGER, T.DECIMAL, T.DATE)))
table = land(Bulk(columns, Path(sys.argv[1]), Dialect(header=False)), "d", Path(sys.argv[2]), ("b",))
print(table.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.full
def test_memory_stays_flat_on_ten_million_rows(tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("w") as file:
        file.writelines(f"user{n * 7919 % 10**7},{n},{n}.25,2026-11-{n % 28 + 1:02d}\n" for n in range(10**7))
    command = [sys.executable, "-c", FLAT, str(tmp_path / "a.csv"), str(tmp_path / "d.duckdb")]
    count, megabytes = map(int, subprocess.run(command, check=True, capture_output=True).stdout.split())
    assert count == 10**7
    assert megabytes < 900


GUARDED = Dialect(skip=2, guarded=True)


def test_a_table_inside_a_file_is_read_without_its_apostrophes(tmp_path: Path) -> None:
    columns = (Column("Name", T.STRING), Column("n", T.DECIMAL))
    text = (
        """"Title"\n"# Table","","Total Count","4"\n"other","N","name"\n"1","'-5","'=x"\n"1","7","'"\n"1","","'a"\n"""
    )
    table = land(bulk(tmp_path, text, columns, GUARDED), "d", tmp_path / "d.duckdb", ())
    assert rows(table) == [("'", Decimal(7)), ("'a", None), ("=x", Decimal(-5))]
    with pytest.raises(ProviderError, match='line 5, column "n": "-x" is no number'):
        land(bulk(tmp_path, text.replace('"7"', '"\'-x"'), columns, GUARDED), "d", tmp_path / "e.duckdb", ())


def test_days_and_moments_are_read_in_the_form_they_are_written_in(tmp_path: Path) -> None:
    columns = (
        Column("day", T.DATE, form=Form("%Y%m%d")),
        Column("hour", T.TIMESTAMP, form=Form("%Y%m%d%H%z", "-0500")),
        Column("at", T.TIMESTAMP, form=UNIX),
    )
    text = "day,hour,at\n20261115,2026111523,1794717000\n,,\n"
    expected: list[tuple[Value, ...]] = [
        (None, None, None),
        (
            dt.date(2026, 11, 15),
            dt.datetime(2026, 11, 16, 4, tzinfo=dt.UTC),
            dt.datetime.fromtimestamp(1794717000, dt.UTC),
        ),
    ]
    assert rows(land(bulk(tmp_path, text, columns), "d", tmp_path / "d.duckdb", ())) == expected
    assert [
        parse_column([cell, ""], c)[0] for cell, c in zip(text.split()[1].split(","), columns, strict=True)
    ] == list(expected[1])
    for wrong, words in (("2026-11-15", "is not written as %Y%m%d"), ("x", "%Y%m%d")):
        with pytest.raises(ProviderError, match=words):
            land(bulk(tmp_path, text.replace("20261115,", f"{wrong},", 1), columns), "d", tmp_path / "e.duckdb", ())


@pytest.mark.parametrize(
    ("form", "kind", "good", "bad"),
    [
        (Form("%Y%m%d", length=8), T.DATE, ["20261115"], ["2026119", "202611151", "20261131"]),
        (Form("%Y%m%d%H%z", "-0500", length=10), T.TIMESTAMP, ["2026111523"], ["20261115", "2026111524"]),
        (
            Form("%Y-%m-%dT%H:%M:%S.%f%z"),
            T.TIMESTAMP,
            [f"2026-11-15T23:00:00.000{offset}" for offset in ("Z", "-05:00", "+0530")],
            ["2026-11-15", "2026-11-15T23:00:00.000"],
        ),
    ],
)
def test_a_form_is_read_alike_in_memory_and_in_bulk(
    tmp_path: Path, form: Form, kind: T, good: list[str], bad: list[str]
) -> None:
    column = Column("at", kind, form=form)
    landed = land(
        bulk(tmp_path, "at\n" + "".join(f"{text}\n" for text in good), (column,)), "d", tmp_path / "d.duckdb", ()
    )
    assert sorted(row[0] for row in rows(landed)) == sorted(parse_column(good, column))  # type: ignore[type-var]
    for text in bad:
        with pytest.raises(ValueError, match="is not written as"):
            parse_column([text], column)
        with pytest.raises(ProviderError, match="is not written as"):
            land(bulk(tmp_path, f"at\n{text}\n", (column,)), "d", tmp_path / "e.duckdb", ())


def test_what_does_not_fit_into_little_memory_is_landed_with_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = (Column("n", T.INTEGER), Column("text", T.STRING))
    text = "n,text\n" + "".join(f"{number},{number:0600d}\n" for number in range(40_000))
    monkeypatch.setattr(landing, "MEMORY", (10 * 2**20, 512 * 2**20))
    assert land(bulk(tmp_path, text, columns), "d", tmp_path / "d.duckdb", ()).rows == 40_000
    monkeypatch.setattr(landing, "MEMORY", (10 * 2**20, 10 * 2**20))
    with pytest.raises(OutputError, match=r"allocate|pin|memory"):
        land(bulk(tmp_path, text, columns), "d", tmp_path / "e.duckdb", ())
