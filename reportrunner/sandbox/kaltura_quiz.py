"""The four quiz reports: comma lists whatever the delimiter is, percentages to 100, broken paging (kaltura.md §4.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from reportrunner.sandbox.kaltura_question import Question, read_pager
from reportrunner.sandbox.kaltura_tally import Number, php_number
from reportrunner.sandbox.quizzes import QUIZZES, QuizAnswer, quiz_answers

Row = TypeVar("Row")

_MOST = 20_000
_BY_QUESTION = {"quiz.QUIZ", "quiz.QUIZ_AGGREGATE_BY_QUESTION"}
_ONE_QUIZ = {"quiz.QUIZ", "quiz.QUIZ_USER_PERCENTAGE"}


def is_quiz(question: Question) -> bool:
    """Whether the report is one of the quiz plugin's."""
    return bool(question.report["family"] == "quiz-plugin")


def _answers(question: Question) -> list[QuizAnswer]:
    """Choose the answers by objectIds and users, both comma lists; a report told nothing has none."""
    wire, ids = question.report["wire"], frozenset(question.object_ids.split(",")) - {""}
    users = frozenset(question.asked.get("userIds", "").split(",")) - {""}
    if wire in _ONE_QUIZ:
        ids &= frozenset(QUIZZES) if len(ids) == 1 else frozenset()
    if not ids and (wire != "quiz.QUIZ_USER_AGGREGATE_BY_QUESTION" or not users):
        return []
    of: Callable[[QuizAnswer], str] = (
        (lambda answer: answer.question_id)
        if wire == "quiz.QUIZ_AGGREGATE_BY_QUESTION"
        else (lambda answer: answer.entry_id)
    )
    return [
        answer
        for answer in quiz_answers(question.plays)
        if (not ids or of(answer) in ids) and (not users or answer.user_id in users)
    ]


def _percentage(answers: list[QuizAnswer]) -> Number:
    return 100 * sum(answer.correct for answer in answers) / len(answers)


def quiz_rows(question: Question, order: str) -> list[dict[str, Any]]:
    """List all rows of a quiz report by column name, by key or in the order asked for."""
    by_question = question.report["wire"] in _BY_QUESTION
    groups: dict[str, list[QuizAnswer]] = {}
    for answer in _answers(question):
        groups.setdefault(answer.question_id if by_question else answer.user_id, []).append(answer)
    columns = question.report["table_columns"]
    found = []
    for key, answers in sorted(groups.items()):
        right = sum(answer.correct for answer in answers)
        found.append(dict(zip(columns, (key, _percentage(answers), right, len(answers) - right), strict=True)))
    name = order.lstrip("+-")
    return sorted(found, key=lambda row: row[name], reverse=order[:1] != "+") if name in columns else found


def quiz_page(rows: list[Row], pager: object) -> list[Row]:
    """Cut a page out, which is all rows again when it reaches past the last one."""
    size, index = read_pager(pager)
    return rows[:_MOST] if size * index > len(rows) else rows[size * (index - 1) : size * index]


def quiz_total(question: Question) -> list[tuple[str, str]]:
    """Answer the average over all answers, 0 to 100; nothing found is empty text."""
    answers = _answers(question)
    return [("average", php_number(_percentage(answers)) if answers else "")]
