"""The quiz reports, whose lists have commas and whose second page is everything again (kaltura.md §4.1)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sandbox_caller import KS, PIPE, WEEK, Caller, Clock, midnight, rows_of, when

from reportrunner.sandbox import Sandbox
from reportrunner.sandbox.people import people
from reportrunner.sandbox.quizzes import QuizAnswer, quiz_answers
from reportrunner.sandbox.universe import WHOLE, events

ONE = {"objectIds": "1_phis1"}
TWO = {"objectIds": "1_phis1,1_fire1"}


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    with Sandbox(clock=Clock()) as sandbox:
        yield Caller(sandbox)


def answers(*entry_ids: str) -> list[QuizAnswer]:
    return quiz_answers(events(frozenset(entry_ids), midnight("2026-11-09", 300), midnight("2026-11-16", 300)))


def rows(caller: Caller, wire: str, *params: dict[str, str], size: int = 20_000, page: int = 1) -> list[dict[str, str]]:
    pager = {"pager[pageSize]": str(size), "pager[pageIndex]": str(page)}
    return rows_of(caller.json("report.getTable", KS, WEEK, PIPE, pager, *params, reportType=f"quiz.{wire}"))


def test_questions_have_right_and_wrong_answers_and_percentages_to_100(caller: Caller) -> None:
    found = rows(caller, "QUIZ", ONE)
    assert [row["question_id"] for row in found] == [f"1_phis1_q{number}" for number in range(1, 5)]
    for row in found:
        mine = [answer for answer in answers("1_phis1") if answer.question_id == row["question_id"]]
        right = sum(answer.correct for answer in mine)
        assert (row["num_of_correct_answers"], row["num_of_wrong_answers"]) == (str(right), str(len(mine) - right))
        assert float(row["percentage"]) == pytest.approx(100 * right / len(mine))
        assert 1 < float(row["percentage"]) < 100


def test_users_of_one_quiz_and_of_several(caller: Caller) -> None:
    one = {row["user_id"]: row for row in rows(caller, "QUIZ_USER_PERCENTAGE", ONE)}
    assert one.keys() == {answer.user_id for answer in answers("1_phis1")}
    assert one.keys() <= people().keys()
    several = {row["user_id"]: row for row in rows(caller, "QUIZ_USER_AGGREGATE_BY_QUESTION", TWO)}
    assert several.keys() == one.keys() | {answer.user_id for answer in answers("1_fire1")}
    for user, row in several.items():
        mine = [answer for answer in answers("1_phis1", "1_fire1") if answer.user_id == user]
        assert int(row["num_of_correct_answers"]) + int(row["num_of_wrong_answers"]) == len(mine)


def test_row_25_quiz_page_two_gives_all_rows_again(caller: Caller) -> None:
    every = rows(caller, "QUIZ_USER_PERCENTAGE", ONE)
    size = len(every) - 1
    assert rows(caller, "QUIZ_USER_PERCENTAGE", ONE, size=size) == every[:size]
    assert rows(caller, "QUIZ_USER_PERCENTAGE", ONE, size=size, page=2) == every
    assert rows(caller, "QUIZ_USER_PERCENTAGE", ONE, size=size, page=99) == every
    assert rows(caller, "QUIZ_USER_PERCENTAGE", ONE, size=1, page=2) == every[1:2]
    assert rows(caller, "QUIZ_USER_PERCENTAGE", ONE, size=len(every)) == every


def test_the_count_is_zero_and_12000_is_no_limit(caller: Caller) -> None:
    pager = {"pager[pageSize]": "20000", "pager[pageIndex]": "3"}
    answer = caller.json("report.getTable", KS, WEEK, ONE, pager, reportType="quiz.QUIZ")
    assert answer["totalCount"] == 0
    assert answer["data"].count(";") == 4
    assert caller.json("report.getTable", KS, WEEK, ONE, reportType="quiz.QUIZ")["args"] == {"PARAM_NAME": "pager"}


def test_lists_have_commas_whatever_the_delimiter(caller: Caller) -> None:
    assert rows(caller, "QUIZ_AGGREGATE_BY_QUESTION", {"objectIds": "1_phis1_q1|1_fire1_q2"}) == []
    found = rows(caller, "QUIZ_AGGREGATE_BY_QUESTION", {"objectIds": "1_phis1_q1,1_fire1_q2"})
    assert [row["question_id"] for row in found] == ["1_fire1_q2", "1_phis1_q1"]
    two = sorted({answer.user_id for answer in answers("1_phis1")})[:2]
    users = when(userIds=",".join(two))
    assert [row["user_id"] for row in rows(caller, "QUIZ_USER_PERCENTAGE", ONE, users)] == two
    assert rows(caller, "QUIZ_USER_PERCENTAGE", ONE, when(userIds="|".join(two))) == []


def test_several_entries_or_none_or_no_quiz_are_empty_where_one_quiz_is_wanted(caller: Caller) -> None:
    for ids in ("1_phis1,1_fire1", "1_gdpr1", "0_none", ""):
        pager = {"pager[pageSize]": "500", "objectIds": ids}
        table = caller.json("report.getTable", KS, WEEK, pager, reportType="quiz.QUIZ")
        assert table == {"objectType": "KalturaReportTable"}
        total = caller.json("report.getTotal", KS, WEEK, reportType="quiz.QUIZ", objectIds=ids)
        assert (total["header"], total["data"]) == ("average", "")


def test_users_over_all_quizzes_need_entries_or_users(caller: Caller) -> None:
    assert rows(caller, "QUIZ_USER_AGGREGATE_BY_QUESTION") == []
    user = answers("1_phis1")[0].user_id
    (row,) = rows(caller, "QUIZ_USER_AGGREGATE_BY_QUESTION", when(userIds=user))
    assert row["user_id"] == user


def test_the_total_is_the_average_and_there_are_no_graphs(caller: Caller) -> None:
    mine = answers("1_phis1")
    total = caller.json("report.getTotal", KS, WEEK, ONE, reportType="quiz.QUIZ")
    assert float(total["data"]) == pytest.approx(100 * sum(answer.correct for answer in mine) / len(mine))
    assert caller.json("report.getGraphs", KS, WEEK, ONE, reportType="quiz.QUIZ")["code"] == "INTERNAL_SERVERL_ERROR"


def test_an_order_is_by_its_column(caller: Caller) -> None:
    shares = [float(row["percentage"]) for row in rows(caller, "QUIZ", ONE, {"order": "-percentage"})]
    assert shares == sorted(shares, reverse=True)
    assert shares[::-1] == [float(row["percentage"]) for row in rows(caller, "QUIZ", ONE, {"order": "+percentage"})]


def test_who_answers_has_seen_half_and_answers_once() -> None:
    plays = events(frozenset(["1_code1"]), midnight("2026-09-01", 240), midnight("2026-11-16", 300))
    found = quiz_answers(plays)
    asked = {(answer.user_id, answer.question_id) for answer in found}
    assert len(asked) == len(found) > 100
    seen = {event.user_id for event in plays if event.completion * 2 >= WHOLE} & people().keys()
    assert {answer.user_id for answer in found} == seen
