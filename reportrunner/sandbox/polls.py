"""The polls of the sandbox's virtual events: who answered what, computed from the plays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import shake_128

from reportrunner.sandbox.people import people
from reportrunner.sandbox.universe import Event, events
from reportrunner.sandbox.virtual_events import VIRTUAL_EVENT, came

_QUESTIONS = (
    ("Was the pace right?", ("Too slow", "Just right", "Too fast")),
    ('Would you know what to do after a "data breach"?', ("Yes", "No", "Not sure, I would ask")),
    ("How useful was this, from 1 to 5?", ("1", "2", "3", "4", "5")),
)
_SHARE = 90  # of 256: how many viewers answer one poll


@dataclass(frozen=True, slots=True)
class PollAnswer:
    """One answer; ``answered_at`` in unix seconds."""

    poll_id: str
    poll_question: str
    entry_id: str
    user_id: str
    email: str
    answer: str
    answered_at: int


def _answers(event_id: str, event: Event) -> list[PollAnswer]:
    person = people().get(event.user_id)
    if person is None or not came(event_id, event.user_id):
        return []
    seed = f"poll|{event.viewer}|{event.entry_id}|{event.at}"
    if event_id != VIRTUAL_EVENT:
        seed = f"{event_id}|{seed}"
    bits = shake_128(seed.encode()).digest(2 * len(_QUESTIONS))
    return [
        PollAnswer(
            poll_id=f"{event_id}-{event.entry_id}-{number + 1}",
            poll_question=question,
            entry_id=event.entry_id,
            user_id=person.user_id,
            email=person.email,
            answer=choices[bits[2 * number + 1] % len(choices)],
            answered_at=event.at,
        )
        for number, (question, choices) in enumerate(_QUESTIONS)
        if bits[2 * number] < _SHARE
    ]


def poll_answers(
    entry_ids: frozenset[str], start: int, end: int, event_ids: Iterable[str] = (VIRTUAL_EVENT,)
) -> list[PollAnswer]:
    """List the answers given with ``start <= answered_at < end`` (unix seconds) on those entries, by time."""
    plays = events(entry_ids, start, end)
    found = [answer for event_id in sorted(event_ids) for event in plays for answer in _answers(event_id, event)]
    return sorted(found, key=lambda answer: (answer.answered_at, answer.user_id, answer.poll_id))
