"""Settling: what came of a dataset's flows becomes one table, held against the provider's own word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from plans import D, N, S, asking, columns

from reportrunner.ask import EndpointNode
from reportrunner.closing import Closing, Each, Split
from reportrunner.errors import ProviderError
from reportrunner.flow import Answer
from reportrunner.settle import settled
from reportrunner.table import Bulk, Claim, Column, Dialect, Landed, Note, Rows, Value
from reportrunner.table_file import rows
from reportrunner.window.window import slices, window_of

SEEN = columns(name=S, plays=N, minutes=D)
NAME, PLAYS, MINUTES = SEEN
OF = Each(Column("entry_id", S), "", "", ("a", "b"))


def node(*key: str, each: Each | None = None, order: tuple[str, ...] = ()) -> EndpointNode:
    of = (*SEEN, each.column) if each else SEEN
    return asking("progress", of, "{{ each }}" if each else "all", each, key=key, order=order)


def memory(*cells: tuple[Value, ...], claim: Claim | None = None, notes: tuple[Note, ...] = ()) -> Answer:
    return Answer(Rows(SEEN, list(cells), notes, claim), ())


def file(folder: Path, *lines: str, claim: Claim | None = None, notes: tuple[Note, ...] = ()) -> Answer:
    path = folder / f"{len(list(folder.iterdir()))}.csv"
    path.write_text("name,plays,minutes\n" + "".join(f"{line}\n" for line in lines))
    return Answer(Bulk(SEEN, path, Dialect(), notes, claim), ())


def land(folder: Path, of: EndpointNode, *answers: Answer, values: Sequence[Value] = (None,)) -> Landed:
    return settled(of, [Closing(value) for value in values], answers, folder / "progress.duckdb")


def land_closed(folder: Path, of: EndpointNode, *answers: tuple[Closing, Answer]) -> Landed:
    closings, given = zip(*answers, strict=True)
    return settled(of, closings, given, folder / "progress.duckdb")


def codes(landed: Landed) -> list[str]:
    return [note.code for note in landed.notes]


ANA, BO = ("ana", 2, Decimal("0.1")), ("bo", 3, Decimal("0.2"))
FIVE = Claim((PLAYS, MINUTES), (5, Decimal("0.3")), rows=2)


# --- rows in memory --------------------------------------------------------------------------------------


def test_rows_that_bear_out_the_claim_land_without_a_word(tmp_path: Path) -> None:
    landed = land(tmp_path, node("name"), memory(BO, ANA, claim=FIVE))
    assert rows(landed.table) == [ANA, BO]
    assert landed.notes == ()


def test_rows_that_do_not_are_told(tmp_path: Path) -> None:
    landed = land(tmp_path, node("name"), memory(ANA, claim=FIVE))
    assert codes(landed) == ["unreconciled", "row_count"]
    assert landed.notes[0].message.endswith("plays: rows sum to 2, the total says 5")
    assert landed.notes[1].message == "the provider counts 2 rows, and 1 came"


def test_repeats_are_dropped_before_the_sums_and_counted_with_the_rows(tmp_path: Path) -> None:
    """A row that came twice is one row twice: the provider counts both, and its total counts one."""
    claim = Claim((PLAYS,), (5,), rows=3)
    landed = land(tmp_path, node("name"), memory(ANA, BO, ANA, claim=claim))
    assert landed.notes == (Note("duplicated", "1 row came twice and was dropped"),)
    assert landed.table.rows == 2


def test_rows_without_a_key_may_repeat_and_all_count(tmp_path: Path) -> None:
    landed = land(tmp_path, node(), memory(ANA, BO, ANA, claim=Claim((PLAYS,), (7,), rows=3)))
    assert (landed.notes, landed.table.rows) == ((), 3)


def test_a_dataset_is_told_of_conflicts_beside_its_claim(tmp_path: Path) -> None:
    landed = land(tmp_path, node("name"), memory(ANA, ("ana", 9, None), claim=Claim((PLAYS,), (11,))))
    assert landed.notes == (Note("conflicting", "1 row repeats a name with other values", ("ana",)),)


def test_no_answers_are_an_empty_table_with_all_columns(tmp_path: Path) -> None:
    landed = land(tmp_path, node("name", each=OF), values=())
    assert (landed.table.rows, [c.name for c in landed.table.columns]) == (0, ["name", "plays", "minutes", "entry_id"])


def test_every_value_is_held_against_its_own_claim_and_named(tmp_path: Path) -> None:
    answers = (memory(ANA, claim=Claim((PLAYS,), (2,))), memory(BO, claim=Claim((PLAYS,), (4,), about=99)))
    landed = land(tmp_path, node("name", "entry_id", each=OF), *answers, values=("a", "b"))
    assert rows(landed.table) == [(*ANA, "a"), (*BO, "b")]
    assert [(n.code, n.message.partition(":")[0]) for n in landed.notes] == [
        ("unreconciled", "b"),
        ("row_estimate", "b"),
    ]


def test_two_errors_that_add_up_to_nothing_are_two_errors(tmp_path: Path) -> None:
    answers = (memory(ANA, claim=Claim((PLAYS,), (3,))), memory(BO, claim=Claim((PLAYS,), (2,))))
    assert codes(land(tmp_path, node(each=OF), *answers, values=("a", "b"))) == ["unreconciled"] * 2


def test_notes_of_readers_come_first_and_once(tmp_path: Path) -> None:
    note = Note("unexpected_column", "x")
    answers = (memory(ANA, notes=(note,)), memory(BO, notes=(note,), claim=Claim(rows=9)))
    assert codes(land(tmp_path, node(each=OF), *answers, values=("a", "b"))) == ["unexpected_column", "row_count"]


# --- files -----------------------------------------------------------------------------------------------


def test_a_file_that_bears_out_its_claim_lands_in_order(tmp_path: Path) -> None:
    landed = land(tmp_path, node("name", order=("plays",)), file(tmp_path, "bo,3,0.2", "ana,2,0.1", claim=FIVE))
    assert rows(landed.table) == [ANA, BO]
    assert landed.notes == ()


def test_a_file_that_does_not_is_told(tmp_path: Path) -> None:
    landed = land(tmp_path, node("name"), file(tmp_path, "ana,2,0.1", claim=FIVE))
    assert codes(landed) == ["unreconciled", "row_count"]


def test_files_of_several_values_are_each_held_against_their_claim(tmp_path: Path) -> None:
    answers = (
        file(tmp_path, "ana,2,0.1", claim=Claim((PLAYS,), (2,), rows=1)),
        file(tmp_path, "bo,3,0.2", "ana,1,0", claim=Claim((PLAYS,), (5,), rows=2)),
    )
    landed = land(tmp_path, node("name", "entry_id", each=OF), *answers, values=("a", "b"))
    assert rows(landed.table) == [("ana", 1, Decimal(0), "b"), (*ANA, "a"), (*BO, "b")]
    assert [(n.code, n.message.partition(":")[0]) for n in landed.notes] == [("unreconciled", "b")]


def test_rows_beside_a_file_are_held_against_their_claim_too(tmp_path: Path) -> None:
    answers = (memory(ANA, claim=Claim((PLAYS,), (9,))), file(tmp_path, "bo,3,0.2"))
    landed = land(tmp_path, node(each=OF), *answers, values=("a", "b"))
    assert rows(landed.table) == [(*ANA, "a"), (*BO, "b")]
    assert landed.notes[0].message.startswith("a: the rows do not add up")


@pytest.mark.parametrize(("most", "cut"), [(2, True), (3, False), (None, False)])
def test_a_file_with_the_most_rows_that_one_holds_may_be_cut(tmp_path: Path, most: int | None, cut: bool) -> None:
    answer = file(tmp_path, "ana,2,0.1", "bo,3,0.2", claim=Claim(most=most))
    if not cut:
        assert land(tmp_path, node("name"), answer).notes == ()
        return
    with pytest.raises(
        ProviderError, match='dataset "progress": 2 rows came, the most that one answer holds'
    ) as caught:
        land(tmp_path, node("name"), answer)
    assert (caught.value.kind, caught.value.exit_code, caught.value.dataset) == ("truncated", 4, "progress")


def test_repeats_of_a_key_in_a_file_are_told(tmp_path: Path) -> None:
    landed = land(tmp_path, node("name"), file(tmp_path, "ana,2,0.1", "ana,3,0.1"))
    assert landed.notes == (Note("conflicting", "1 row repeats a name with other values"),)


def test_notes_of_a_file_are_kept(tmp_path: Path) -> None:
    note = Note("secret_in_reply", "x")
    assert land(tmp_path, node(), file(tmp_path, "ana,2,0.1", notes=(note,))).notes == (note,)


def test_notes_that_say_the_same_are_one_with_the_samples_of_all(tmp_path: Path) -> None:
    said = [Note("gone", "missing", (f"s{number}",)) for number in range(9)]
    answers = [memory((f"p{n}", 1, Decimal(1)), notes=(note, Note("other", "once"))) for n, note in enumerate(said)]
    landed = land(tmp_path, node("name"), *answers, values=[str(number) for number in range(9)])
    assert landed.notes == (Note("gone", "missing", ("s0", "s1", "s2", "s3", "s4")), Note("other", "once"))


# --- packs -----------------------------------------------------------------------------------------------

PACKED = replace(OF, pack=2)
FIRST, SECOND = Closing(pack=("a", "b")), Closing(pack=("c",))
NOT_ADDED = "; answers of packs are not added up: write each without pack, or the values as one list"


def packed(*key: str, split: Split | None = None) -> EndpointNode:
    of = (*SEEN, split.column) if split else SEEN
    return replace(asking("progress", of, "{{ each }}", PACKED, key=key), split=split)


def test_rows_of_packs_are_one_table_without_a_column_for_the_value(tmp_path: Path) -> None:
    landed = land_closed(tmp_path, packed("name"), (FIRST, memory(ANA)), (SECOND, memory(BO)))
    assert (rows(landed.table), landed.notes) == ([ANA, BO], ())


@pytest.mark.parametrize("again", [("ana", 9, None), ANA], ids=["other values", "the same values"])
def test_rows_of_two_packs_with_one_key_conflict_even_when_they_are_equal(
    tmp_path: Path, again: tuple[Value, ...]
) -> None:
    """Two packs may well count alike: to drop one as a repeat would halve the sum without a word."""
    landed = land_closed(tmp_path, packed("name"), (FIRST, memory(ANA)), (SECOND, memory(again)))
    assert landed.notes == (Note("conflicting", f"1 row repeats a name{NOT_ADDED}", ("ana",)),)
    assert landed.table.rows == 2


@pytest.mark.parametrize("in_files", [False, True])
def test_rows_of_several_packs_that_nothing_names_conflict(in_files: bool, tmp_path: Path) -> None:
    """What everybody without a name watched comes once per pack, as what everybody in a country watched does."""
    answers = [memory(ANA, ("", 1, Decimal(0))), memory(BO, ("", 2, Decimal(0)))]
    if in_files:
        answers = [file(tmp_path, "ana,2,0.1", ",1,0"), file(tmp_path, "bo,3,0.2", ",2,0")]
    landed = land_closed(tmp_path, packed("name"), (FIRST, answers[0]), (SECOND, answers[1]))
    assert codes(landed) == ["conflicting"]
    assert landed.table.rows == 4
    alone = memory(ANA, ("", 1, Decimal(0)), ("", 2, Decimal(0)))
    assert land_closed(tmp_path, packed("name"), (FIRST, alone)).notes == (), "one list is one question"


def test_repeats_within_a_pack_are_repeats(tmp_path: Path) -> None:
    landed = land_closed(tmp_path, packed("name"), (FIRST, memory(ANA, ANA)), (SECOND, memory(BO)))
    assert (rows(landed.table), codes(landed)) == ([ANA, BO], ["duplicated"])


def test_a_claim_of_a_pack_is_held_against_its_own_rows(tmp_path: Path) -> None:
    good, bad = memory(ANA, claim=Claim((PLAYS,), (2,))), memory(BO, claim=Claim((PLAYS,), (4,)))
    landed = land_closed(tmp_path, packed("name"), (FIRST, good), (SECOND, bad))
    assert [note.message.partition(":")[0] for note in landed.notes] == ["c"]
    landed = land_closed(tmp_path, packed("name"), (SECOND, good), (FIRST, bad))
    assert [note.message.partition(":")[0] for note in landed.notes] == ["a and 1 more"]


def test_files_of_packs_are_each_held_against_their_claim(tmp_path: Path) -> None:
    good = file(tmp_path, "ana,2,0.1", claim=Claim((PLAYS,), (2,), rows=1))
    bad = file(tmp_path, "bo,3,0.2", claim=Claim((PLAYS,), (5,), rows=1))
    landed = land_closed(tmp_path, packed("name"), (FIRST, good), (SECOND, bad))
    assert rows(landed.table) == [ANA, BO]
    assert [(note.code, note.message.partition(":")[0]) for note in landed.notes] == [("unreconciled", "c")]
    assert sorted(path.suffix for path in tmp_path.iterdir() if path.is_file()) == [".csv", ".csv", ".duckdb"]


def test_files_of_two_packs_with_one_key_conflict(tmp_path: Path) -> None:
    answers = (file(tmp_path, "ana,2,0.1"), file(tmp_path, "ana,2,0.1"))
    landed = land_closed(tmp_path, packed("name"), (FIRST, answers[0]), (SECOND, answers[1]))
    assert landed.notes == (Note("conflicting", f"1 row repeats a name{NOT_ADDED}"),)


# --- slices ----------------------------------------------------------------------------------------------

MONTHS = slices(window_of(1_788_235_200, 1_796_101_200, "America/New_York"), "month")
BY_MONTH = Split("month", Column("month", S), MONTHS)
SEPTEMBER, OCTOBER = (Closing(slice=month) for month in MONTHS[:2])


def test_rows_carry_the_label_of_their_slice_and_equal_ones_stay_apart(tmp_path: Path) -> None:
    of = replace(asking("progress", (*SEEN, *BY_MONTH.columns), key=("month", "name")), split=BY_MONTH)
    landed = land_closed(tmp_path, of, (SEPTEMBER, memory(ANA)), (OCTOBER, memory(ANA, claim=Claim((PLAYS,), (3,)))))
    assert rows(landed.table) == [(*ANA, *BY_MONTH.values(month)) for month in MONTHS[:2]]
    assert [note.message.partition(":")[0] for note in landed.notes] == ["2026-10"]


def test_files_of_slices_are_each_held_against_their_claim(tmp_path: Path) -> None:
    of = replace(asking("progress", (*SEEN, *BY_MONTH.columns), key=("month", "name")), split=BY_MONTH)
    answers = (
        file(tmp_path, "ana,2,0.1", claim=Claim((PLAYS,), (2,))),
        file(tmp_path, "ana,2,0.1", claim=Claim(rows=2)),
    )
    landed = land_closed(tmp_path, of, (SEPTEMBER, answers[0]), (OCTOBER, answers[1]))
    assert rows(landed.table) == [(*ANA, *BY_MONTH.values(month)) for month in MONTHS[:2]]
    assert [(note.code, note.message.partition(":")[0]) for note in landed.notes] == [("row_count", "2026-10")]


def test_packs_conflict_within_a_slice_only(tmp_path: Path) -> None:
    of = packed("month", "name", split=BY_MONTH)
    first, second = (Closing(pack=("a", "b"), slice=month) for month in MONTHS[:2])
    other = Closing(pack=("c",), slice=MONTHS[0])
    assert land_closed(tmp_path, of, (first, memory(ANA)), (second, memory(ANA))).notes == ()
    assert codes(land_closed(tmp_path, of, (first, memory(ANA)), (other, memory(ANA)))) == ["conflicting"]
