"""Delimited answers by their header: nothing by place, nothing half."""

from __future__ import annotations

from decimal import Decimal

import pytest

from reportrunner.delimited import decoded, dropped, typed_rows, unreadable
from reportrunner.errors import ProviderError
from reportrunner.table import Column, ColumnType, Note, Rows

NAME = Column("name", ColumnType.STRING)
PLAYS = Column("plays", ColumnType.INTEGER)
RATE = Column("Rate", ColumnType.RATIO)


def test_columns_are_found_by_name_and_given_in_the_order_declared() -> None:
    found = typed_rows(["RATE ", " plays", "Name"], [["0.5", "3", "ana"], ["", "", ""]], (NAME, PLAYS, RATE))
    assert found == Rows((NAME, PLAYS, RATE), [("ana", 3, Decimal("0.5")), ("", None, None)], ())


def test_without_rows_the_columns_stay_and_are_still_checked() -> None:
    assert typed_rows(["name", "plays"], [], (PLAYS,)).columns == (PLAYS,)
    with pytest.raises(ProviderError, match="the answer has no column plays; it has name"):
        typed_rows(["name"], [], (NAME, PLAYS))


def test_all_missing_columns_are_named_at_once() -> None:
    with pytest.raises(ProviderError, match="has no column plays, Rate; it has name"):
        typed_rows(["name"], [["ana"]], (NAME, PLAYS, RATE))


@pytest.mark.parametrize("row", [[], ["ana"], ["ana", "1", ""]])
def test_a_row_of_another_width_is_unreadable(row: list[str]) -> None:
    with pytest.raises(ProviderError, match=f"row 2 has {len(row)} fields where the header has 2"):
        typed_rows(["name", "plays"], [["bo", "1"], row], (NAME, PLAYS))


def test_a_declared_column_that_comes_twice_is_unreadable() -> None:
    for header in (["name", "plays", "plays"], ["name", "plays", "PLAYS "]):
        with pytest.raises(ProviderError, match="the header names plays more than once"):
            typed_rows(header, [["ana", "1", "2"]], (NAME, PLAYS))


def test_a_column_that_nobody_declares_may_come_twice() -> None:
    found = typed_rows(["name", "x", "x"], [["ana", "1", "2"]], (NAME,))
    assert found.rows == [("ana",)]
    assert [note.code for note in found.notes] == ["unexpected_column"] * 2


def test_a_value_of_another_type_names_row_and_column() -> None:
    with pytest.raises(ProviderError, match='row 2, column "plays": "few" is no integer') as caught:
        typed_rows(["name", "plays"], [["ana", "1"], ["bo", "few"]], (NAME, PLAYS))
    assert caught.value.kind == "unreadable"


def test_another_parser_may_be_given() -> None:
    found = typed_rows(["name"], [["ana"]], (NAME,), lambda texts, column: [f"{column.name} {t}" for t in texts])
    assert found.rows == [("name ana",)]


def test_what_is_dropped_is_said() -> None:
    said = "the answer has a column 'new' that nothing declares; it was dropped"
    assert dropped(["name", "new"], (NAME,)) == (Note("unexpected_column", said),)


def test_a_text_file_loses_its_mark_and_nothing_else() -> None:
    assert decoded(b"\xef\xbb\xbfa\r\n\xc3\xa9") == "a\r\né"
    assert decoded(b"") == ""
    with pytest.raises(ProviderError, match="byte 2 of the file is not UTF-8"):
        decoded(b"ab\xff")


def test_what_is_quoted_of_an_answer_is_short_and_printable() -> None:
    with pytest.raises(ProviderError) as caught:
        typed_rows(["<html>\x1b[31m" + "x" * 9_000], [], (NAME,))
    assert len(str(caught.value)) == 500
    assert str(caught.value).isprintable()
    (note,) = typed_rows(["name", "a\ud800" + "b" * 9_000], [], (NAME,)).notes
    assert len(note.message) < 200
    assert note.message.isprintable()


def test_unreadable_is_an_error_of_the_provider() -> None:
    assert (unreadable("x").kind, unreadable("x").exit_code) == ("unreadable", 4)
