"""The quizzes of the sandbox: entries that ask questions, and what learners who watched half of one answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import shake_128

from reportrunner.sandbox.people import people
from reportrunner.sandbox.universe import WHOLE, Event

QUIZZES = {"1_fire1": 3, "1_phis1": 4, "1_code1": 5}
"""Quiz entries and how many questions each asks."""

_RIGHT = 176
"""Of 256: how many answers are right."""


@dataclass(frozen=True, slots=True)
class QuizAnswer:
    """One answer; ``answered_at`` in unix seconds."""

    entry_id: str
    question_id: str
    user_id: str
    correct: bool
    answered_at: int


def questions(entry_id: str) -> tuple[str, ...]:
    """List the cue point ids of a quiz's questions, in order."""
    return tuple(f"{entry_id}_q{number}" for number in range(1, QUIZZES.get(entry_id, 0) + 1))


def quiz_answers(plays: Iterable[Event]) -> list[QuizAnswer]:
    """List the answers that belong to plays: whoever has an account and saw half of a quiz answers it, once."""
    found: dict[tuple[str, str], QuizAnswer] = {}
    for event in sorted(plays, key=lambda event: (event.at, event.user_id)):
        if event.completion * 2 < WHOLE or event.user_id not in people():
            continue
        ids = questions(event.entry_id)
        bits = shake_128(f"quiz|{event.user_id}|{event.entry_id}".encode()).digest(max(1, len(ids)))
        for number, question_id in enumerate(ids):
            answer = QuizAnswer(event.entry_id, question_id, event.user_id, bits[number] < _RIGHT, event.at)
            found.setdefault((event.user_id, question_id), answer)
    return list(found.values())
