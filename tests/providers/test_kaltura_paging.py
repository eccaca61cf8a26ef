"""When a table is whole, when it goes on, and when it is too large (kaltura.md §4.1)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from replies import ANY, PAST_THE_END, exception, says, table, total

from reportrunner.flow import Again, Done, More, Refused, Request
from reportrunner.providers.kaltura import wire
from reportrunner.providers.kaltura.paging import QUIZ_LIMIT, TableJudge

TABLE = TableJudge("USER_TOP_CONTENT", "error", "narrow the window")
QUIZ = TableJudge("QUIZ", "error", "ask one entry", quiz=True)
FULL = says(table(f"u{n}|1" for n in range(500)))
SHORT = says(table(f"u{n}|1" for n in range(499)))


def page(number: int, wave: int) -> Request:
    return wire.turn_page(ANY, number, wave)


def waves(last_page: int) -> list[list[int]]:
    """The pages asked together, where every page up to `last_page` is full."""
    found, asked = [[1]], [page(1, 1)]
    while asked:
        verdicts = [TABLE(request, FULL if request.page <= last_page else SHORT) for request in asked]
        asked = [request for verdict in verdicts if isinstance(verdict, More) for request in verdict.requests]
        found += [[request.page for request in asked]] if asked else []
    return found


def test_the_window_of_pages_doubles_until_a_short_one() -> None:
    assert waves(0) == [[1]]
    assert waves(1) == [[1], [2, 3]]
    assert waves(2) == [[1], [2, 3]]
    assert waves(3) == [[1], [2, 3], [4, 5, 6, 7]]
    assert waves(7)[-1] == list(range(8, 16))
    assert waves(15)[-1] == list(range(16, 25))
    assert waves(23)[-1] == list(range(16, 25))
    assert sorted(number for wave in waves(23) for number in wave) == list(range(1, 25))


def test_a_page_differs_from_the_first_in_its_number_only() -> None:
    first = wire.call("report", "getTable", [("order", "-x"), ("pager[pageSize]", "500"), ("pager[pageIndex]", "1")])
    third = wire.turn_page(first, 3, 3)
    assert third.form == (*(first.form or ())[:-1], ("pager[pageIndex]", "3"))
    assert (third.method, third.path, third.page, third.wave) == (first.method, first.path, 3, 3)


def test_a_full_last_page_means_that_rows_are_missing() -> None:
    verdict = TABLE(page(24, 24), FULL)
    assert isinstance(verdict, Refused)
    assert verdict.kind == "truncated"
    assert verdict.words.startswith("12,000 rows came back")
    assert TABLE(page(24, 24), SHORT) == Done()


@pytest.mark.parametrize("count", [0, 1, 7, 999_999, None])
def test_total_count_decides_nothing(count: int | None) -> None:
    full = {**json.loads(FULL.body), "totalCount": count}
    short = {**json.loads(SHORT.body), "totalCount": count}
    assert isinstance(TABLE(page(1, 1), says(full)), More)
    assert TABLE(page(1, 1), says(short)) == Done()


def test_a_page_that_gives_all_rows_again_is_refused() -> None:
    verdict = TABLE(page(2, 3), says(table(f"u{n}|1" for n in range(700))))
    assert isinstance(verdict, Refused)
    assert verdict.words == "page 2 has 700 rows where 500 were asked: this report does not page"


def test_pages_of_a_slice_stay_pages_of_it() -> None:
    verdict = TABLE(replace(page(1, 1), part="001"), FULL)
    assert isinstance(verdict, More)
    assert [(request.page, request.wave, request.part) for request in verdict.requests] == [
        (2, 3, "001"),
        (3, 3, "001"),
    ]


def test_only_the_last_page_of_a_window_asks_for_more() -> None:
    assert TABLE(page(2, 3), FULL) == Done()
    assert isinstance(TABLE(page(3, 3), FULL), More)


def test_the_total_that_travels_along_is_judged_as_one() -> None:
    asked = replace(ANY, part="total")
    assert TABLE(asked, says(total("count_plays", "41"))) == Done()
    verdict = TABLE(asked, FULL)
    assert isinstance(verdict, Refused)
    assert "is no KalturaReportTotal" in verdict.words
    assert isinstance(TABLE(asked, says(exception("DRUID_QUERY_TIMED_OUT"))), Again)


@pytest.mark.parametrize("rows", [0, 1, 499, 500, 501, QUIZ_LIMIT - 1])
def test_a_quiz_never_goes_on(rows: int) -> None:
    answer = says(table(["x|1"] * rows)) if rows else says(PAST_THE_END)
    assert QUIZ(page(1, 1), answer) == Done()


def test_a_quiz_of_as_many_rows_as_were_asked_may_have_more() -> None:
    verdict = QUIZ(page(1, 1), says(table(["x|1"] * QUIZ_LIMIT)))
    assert verdict == Refused(
        "truncated", "20,000 rows came back, and a table cannot page further: rows are missing", "ask one entry"
    )


def test_a_window_by_days_cannot_be_halved() -> None:
    split = TableJudge("USER_TOP_CONTENT", "split", "narrow the window")
    verdict = split(page(24, 24), FULL)
    assert isinstance(verdict, Refused)
    assert verdict.kind == "truncated"
