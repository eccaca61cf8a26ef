"""The switch crowd=N: one more entry with so many viewers, most of them in both of any two weeks running."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sandbox_caller import KS, PIPE, Caller, Clock, midnight, rows_of, when

from reportrunner.sandbox import Faults, Sandbox
from reportrunner.sandbox.crowd import CROWD, crowd_events, crowd_user

SIZE = 13_000
CROWDED = when(entryIdIn="1_crowd1", objectType="KalturaEndUserReportInputFilter", timeZoneOffset=300)
FORTNIGHT = when(fromDay=20261102, toDay=20261115)
FIRST, SECOND = when(fromDay=20261102, toDay=20261108), when(fromDay=20261109, toDay=20261115)


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    with Sandbox(clock=Clock(), faults=Faults.parse([f"crowd={SIZE}"])) as sandbox:
        yield Caller(sandbox)


def users(caller: Caller, window: dict[str, str], size: int, index: int = 1) -> list[str]:
    pager = {"pager[pageSize]": str(size), "pager[pageIndex]": str(index)}
    return [
        row["name"] for row in rows_of(caller.json("report.getTable", KS, CROWDED, window, pager, PIPE, reportType=13))
    ]


def test_a_fortnight_has_every_user_and_12000_rows_are_not_enough(caller: Caller) -> None:
    total = caller.json("report.getTotal", KS, CROWDED, FORTNIGHT, PIPE, reportType=13)
    assert total["data"].split("|")[0] == str(SIZE)
    assert len(users(caller, FORTNIGHT, 20_000)) == 12_000
    pages = [users(caller, FORTNIGHT, 4000, page) for page in (1, 2, 3)]
    assert len({user for page in pages for user in page}) == 12_000
    later = {"pager[pageSize]": "4000", "pager[pageIndex]": "4"}
    error = caller.json("report.getTable", KS, CROWDED, FORTNIGHT, later, reportType=13)
    assert error["code"] == "INTERNAL_SERVERL_ERROR"


def test_most_users_are_in_both_weeks(caller: Caller) -> None:
    halves = [set(users(caller, window, 12_000)) for window in (FIRST, SECOND)]
    assert [len(half) for half in halves] == [SIZE * 4 // 5] * 2
    assert len(halves[0] & halves[1]) == SIZE * 3 // 5
    assert halves[0] | halves[1] == {crowd_user(number) for number in range(SIZE)}


def test_a_link_gives_all_rows_in_one_file(caller: Caller) -> None:
    pager = {"pager[pageSize]": "60000", "reportTitle": "x", "reportText": "y", "headers": ";User"}
    url = caller.json("report.getUrlForReportAsCsv", KS, CROWDED, FORTNIGHT, pager, reportType=13)
    text = caller.http.get(url, timeout=30).content.decode("utf-8-sig")
    assert len(set(text.split('"User"\n')[1].splitlines())) == SIZE


def test_without_the_switch_there_is_no_such_entry() -> None:
    with Sandbox(clock=Clock()) as sandbox:
        caller = Caller(sandbox)
        assert users(caller, FORTNIGHT, 500) == []
        plain = caller.rows(KS, FORTNIGHT, reportType=38)
        assert CROWD.entry_id not in {row["object_id"] for row in plain}
    assert crowd_events(0, midnight("2026-11-02", 300), midnight("2026-11-16", 300)) == []


def test_with_the_switch_the_other_entries_are_the_same(caller: Caller) -> None:
    with Sandbox(clock=Clock()) as sandbox:
        plain = Caller(sandbox).rows(KS, FORTNIGHT, reportType=38)
    crowded = {row["object_id"]: row for row in caller.rows(KS, FORTNIGHT, reportType=38)}
    assert crowded.pop("1_crowd1")["creator_name"] == "Training Team"
    assert crowded == {row["object_id"]: row for row in plain}


def test_a_crowd_has_as_many_users_as_it_says() -> None:
    made = crowd_events(25_000, midnight("1999-11-01", 300), midnight("1999-11-15", 300))
    assert len({event.user_id for event in made}) == 25_000
