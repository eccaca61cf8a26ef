from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from plans import N, S
from remembering import INTO, TALKS, ZONE, D, Diary, Row, day, moment, over

from reportrunner.errors import InvalidError, OutputError
from reportrunner.memory import Asked
from reportrunner.table import Column, ColumnType, Landed, Value
from reportrunner.table_file import rows as stored
from reportrunner.window.window import window_of

A, B, C = (("a", moment("2026-11-09T15"), "ended"), ("b", moment("2026-11-10T15"), "ended"), ("c", None, "ended"))
TEN = [(f"2026-11-{number:02}", f"2026-11-{number + 1:02}") for number in range(1, 11)]


def notes(landed: Landed) -> list[str]:
    return [f"{note.code}: {note.message}" for note in landed.notes]


def test_of_each_key_the_row_that_was_seen_last_wins(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    diary.saw("2026-11-11", over("2026-11-10", "2026-11-11"), [("b", moment("2026-11-10T15"), "late")])
    diary.saw("2026-11-10", over("2026-11-09", "2026-11-10"), [A, ("b", moment("2026-11-10T15"), "early")])
    assert diary.rows("2026-11-12") == [A, ("b", moment("2026-11-10T15"), "late")]


def test_what_was_seen_later_as_of_an_earlier_moment_wins(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    span = over("2026-11-09", "2026-11-10")
    diary.saw("2026-11-11", span, [("a", None, "first")], now=moment("2026-11-12T00"))
    diary.saw("2026-11-10", span, [("a", None, "again")], now=moment("2026-11-13T00"))
    assert diary.rows("2026-11-12") == [("a", None, "again")]


def test_what_was_observed_as_of_later_is_not_read(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    diary.saw("2026-11-10", over("2026-11-09", "2026-11-10"), [("a", A[1], "runs")])
    before = diary.read("2026-11-10").table.digest
    diary.saw("2026-11-11", over("2026-11-10", "2026-11-11"), [("a", A[1], "ended"), B])
    assert diary.rows("2026-11-10") == [("a", A[1], "runs")]
    assert diary.read("2026-11-10").table.digest == before
    assert diary.rows("2026-11-11") == [("a", A[1], "ended"), B]
    assert diary.rows("2026-11-09") == []


def test_a_repeated_run_changes_nothing_that_is_read(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    span = over("2026-11-09", "2026-11-11")
    diary.saw("2026-11-11", span, [A, B])
    once = diary.read("2026-11-11", span)
    diary.saw("2026-11-11", span, [A, B])
    twice = diary.read("2026-11-11", span)
    assert once.table.digest == twice.table.digest
    assert len(twice.fed) == 2


def test_ten_days_with_one_missed_and_healed_later(tmp_path: Path) -> None:
    diary, quarter = Diary(tmp_path), over("2026-11-01", "2026-11-11")
    seen: list[Row] = []
    for number, (first, end) in enumerate(TEN):
        row = (f"talk{number}", moment(f"{first}T18"), "ended")
        seen.append(row)
        if first != "2026-11-06":
            diary.saw(end, over(first, end), [row, *seen[number - 1 : number and number != 6 and number]])
    missed = diary.read("2026-11-11", quarter)
    assert stored(missed.table) == [row for row in sorted(seen) if row[0] != "talk5"]
    assert notes(missed) == ["history.missing_days: no run has kept these days: 2026-11-06"]
    assert len(missed.fed) == 9
    diary.saw("2026-11-07", over("2026-11-06", "2026-11-07"), [seen[5]], now=moment("2026-11-11T12"))
    healed = diary.read("2026-11-11", quarter)
    assert (stored(healed.table), healed.notes, len(healed.fed)) == (sorted(seen), (), 10)


def test_a_window_takes_rows_by_their_moment_to_the_microsecond(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    edge = dt.datetime(2026, 11, 10, 5, tzinfo=dt.UTC)  # midnight in New York
    micro = dt.timedelta(microseconds=1)
    rows: list[Row] = [("a", edge - micro, ""), ("b", edge, ""), ("c", edge + dt.timedelta(days=1) - micro, "")]
    rows += [("d", edge + dt.timedelta(days=1), ""), ("e", None, "")]
    diary.saw("2026-11-14", over("2026-11-08", "2026-11-13"), rows)
    landed = diary.read("2026-11-14", over("2026-11-10", "2026-11-11"))
    assert [row[0] for row in stored(landed.table)] == ["b", "c"]
    (said,) = notes(landed)
    assert said.startswith("history.undated: 1 rows have no at:")


def test_a_date_is_a_day_of_the_zone(tmp_path: Path) -> None:
    diary, of = Diary(tmp_path), (Column("id", S), Column("at", D))
    days = [dt.date(2026, 11, number) for number in range(8, 14)]
    diary.saw("2026-11-14", over("2026-11-08", "2026-11-14"), [(str(one), one) for one in days], of)
    landed = diary.read("2026-11-14", over("2026-11-10", "2026-11-12"), of)
    assert [row[1] for row in stored(landed.table)] == days[2:4]
    noons = window_of(day("2026-11-10") + 43_200, day("2026-11-12") + 43_200, ZONE)
    assert [row[1] for row in stored(diary.read("2026-11-14", noons, of).table)] == days[3:5]  # where they begin


def test_without_a_window_a_hole_between_observations_is_missing(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    diary.saw("2026-11-10", over("2026-11-08", "2026-11-09"), [A])
    diary.saw("2026-11-12", over("2026-11-10", "2026-11-12"), [B, C])
    landed = diary.read("2026-11-12")
    assert stored(landed.table) == [A, B, C]
    assert notes(landed) == ["history.missing_days: no run has kept these days: 2026-11-09"]


def test_an_empty_history_has_its_columns_and_all_its_days_missing(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    landed = diary.read("2026-11-12", over("2026-11-10", "2026-11-14"))
    assert (landed.table.rows, landed.table.columns, landed.fed) == (0, TALKS, ())
    assert landed.gaps == "2026-11-10 to 2026-11-11"  # as far as as_of
    assert diary.read("2026-11-12").notes == ()
    assert not (tmp_path / "history").exists()


def test_columns_come_and_go(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    wide = (*TALKS, Column("people", N, personal=True))
    diary.saw("2026-11-10", over("2026-11-09", "2026-11-10"), [A])
    diary.saw("2026-11-11", over("2026-11-10", "2026-11-11"), [(*B, 7)], wide)
    diary.saw("2026-11-12", over("2026-11-11", "2026-11-12"), [("c",)], TALKS[:1])
    landed = diary.read("2026-11-12", None, (Column("people", N), Column("id", S)))
    assert stored(landed.table) == [(None, "a"), (None, "c"), (7, "b")]
    assert landed.table.column("people").personal
    new = diary.read("2026-11-12", None, (TALKS[0], Column("new", D)), feeder="talks")
    assert stored(new.table) == [("a", None), ("b", None), ("c", None)]


def test_every_type_comes_back_as_it_went(tmp_path: Path) -> None:
    kinds: dict[ColumnType, list[Value]] = {
        ColumnType.INTEGER: [0, -1, 2**63 - 1, 2**64, -(10**37)],
        ColumnType.DECIMAL: [Decimal("0.000000000001"), Decimal("-12345678901234567890.5")],
        ColumnType.RATIO: [Decimal("0.1234567890123456"), Decimal(1)],
        ColumnType.BOOLEAN: [True, False],
        ColumnType.DATE: [dt.date(1, 1, 1), dt.date(2026, 2, 28)],
        ColumnType.TIMESTAMP: [dt.datetime(2026, 1, 1, 1, 1, 1, 1, dt.UTC), dt.datetime(1970, 1, 1, tzinfo=dt.UTC)],
        ColumnType.DURATION: [Decimal("0.5"), Decimal(10**9)],
        ColumnType.STRING: ["", "null", "'; drop table seen; --", 'ünï\n"quoted"', "{a: 'b'}"],
    }
    of = (Column("id", S), *(Column(f"{kind}'s \"", kind) for kind in kinds))
    count = max(map(len, kinds.values()))
    rows = [(f"{n}", *(cells[n] if n < len(cells) else None for cells in kinds.values())) for n in range(count)]
    diary = Diary(tmp_path)
    landed = diary.saw("2026-11-10", over("2026-11-09", "2026-11-10"), rows, of)
    diary.saw("2026-11-10", over("2026-11-08", "2026-11-09"), [], of)
    read = diary.read("2026-11-10", None, of)
    assert stored(read.table) == stored(landed.table)
    assert read.table.digest == landed.table.digest


def test_a_key_of_several_columns(tmp_path: Path) -> None:
    diary, of = Diary(tmp_path), (Column("room", S), Column("who", S), Column("n", N))
    accumulate = {"key": ("room", "who")}
    diary.saw(
        "2026-11-10", over("2026-11-09", "2026-11-10"), [("a", "x", 1), ("a", "y", 1), ("b", "x", 1)], of, accumulate
    )
    diary.saw("2026-11-11", over("2026-11-10", "2026-11-11"), [("a", "y", 2)], of, accumulate)
    assert stored(diary.read("2026-11-11", None, of).table) == [("a", "x", 1), ("a", "y", 2), ("b", "x", 1)]
    assert stored(diary.read("2026-11-11", None, of[2:], ("who", "room")).table) == [(1,), (1,), (2,)]


@pytest.mark.parametrize(
    ("of", "key", "said"),
    [
        ((Column("id", N),), (), '"id" is string in "history/talks"'),
        ((Column("id", S), Column("idd", S)), (), '"history/talks" has no column "idd"'),
        ((Column("id", S),), ("at",), 'the key of "history/talks" is id'),
    ],
)
def test_a_history_of_other_rows_is_refused(
    tmp_path: Path, of: tuple[Column, ...], key: tuple[str, ...], said: str
) -> None:
    diary = Diary(tmp_path)
    diary.saw("2026-11-10", over("2026-11-09", "2026-11-10"), [A])
    with pytest.raises(InvalidError, match=said):
        diary.read("2026-11-10", None, of, key)


def test_observations_of_two_kinds_are_refused(tmp_path: Path) -> None:
    """Two jobs may have begun at once, when there was nothing to compare with."""
    one, two = Diary(tmp_path / "one"), Diary(tmp_path / "two")
    one.saw("2026-11-10", over("2026-11-09", "2026-11-10"), [A])
    two.saw("2026-11-11", over("2026-11-09", "2026-11-10"), [A], accumulate={"asked": Asked("elsewhere")})
    two.kept[0].rename(one.folder / INTO / two.kept[0].name)
    with pytest.raises(InvalidError, match='rows are from "somewhere", not "elsewhere"'):
        one.read("2026-11-11")


def test_bytes_that_changed_since_are_found(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    diary.saw("2026-11-10", over("2026-11-09", "2026-11-10"), [A])
    (file,) = diary.kept
    raw = bytearray(file.read_bytes())
    raw[6] ^= 1
    file.write_bytes(raw)
    said = r"parquet is not what was kept: its bytes have changed, or its name; restore it"
    with pytest.raises(OutputError, match=said):
        diary.read("2026-11-10")
    raw[6] ^= 1
    file.unlink()
    file.with_name("copy.parquet").write_bytes(raw)
    with pytest.raises(OutputError, match=f"copy.{said}"):
        diary.read("2026-11-10")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes.txt", b"", "is no observation; nothing else may lie in the folder of a history"),
        ("a.parquet", b"", "cannot be read: .*restore it from a copy"),
        ("a.parquet", b"PAR1 and something else that is no Parquet, PAR1", "cannot be read: .*restore it from a copy"),
    ],
)
def test_a_foreign_file_is_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    diary = Diary(tmp_path)
    diary.saw("2026-11-10", over("2026-11-09", "2026-11-10"), [A])
    (tmp_path / INTO / name).write_bytes(content)
    with pytest.raises(OutputError, match=f"{name} {said}"):
        diary.read("2026-11-10")
    with pytest.raises(OutputError, match=f"{name} {said}"):
        diary.saw("2026-11-11", over("2026-11-10", "2026-11-11"), [B])
    (tmp_path / INTO / name).unlink()
    assert diary.rows("2026-11-11") == [A, B]  # the provider would not have told it again


def test_a_file_that_was_cut_is_named(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    diary.saw("2026-11-10", over("2026-11-09", "2026-11-10"), [A])
    (file,) = diary.kept
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(OutputError, match=f"{file.name} cannot be read"):
        diary.read("2026-11-10")
