"""SQL as a value: where a place of its text was written."""

from __future__ import annotations

import pytest

from reportrunner.query import SqlText

WRITTEN = "a {{ x }} bc {{ y | unix }}d"
SQL = SqlText("a $p1 bc $p2d", {"p1": 1, "p2": 2}, ((0, 0), (2, 2), (5, 9), (9, 13), (12, 27)))


@pytest.mark.parametrize(
    ("word", "written"), [("a", "a"), ("$p1", "{{ x"), (" bc", " bc"), ("$p2", "{{ y"), ("d", "d")]
)
def test_every_piece_knows_where_it_was_written(word: str, written: str) -> None:
    assert SQL.written(SQL.text.index(word)) == WRITTEN.index(written)


def test_the_end_of_the_text_is_the_end_of_what_was_written() -> None:
    assert SQL.written(len(SQL.text)) == len(WRITTEN)
    assert SqlText("select 1").written(3) == 3
