"""What was said and downloaded at the sandbox's virtual events, computed from the plays of those who came."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import shake_128

from reportrunner.sandbox.people import Person, people
from reportrunner.sandbox.universe import Event, events
from reportrunner.sandbox.virtual_events import came

MODERATORS = ("m.ortega@example.org", "s.lind@example.org", "j.park@example.org")
ATTACHMENTS = (("slides", "Slides, final (2).pdf"), ("handout", 'The "short" handout'))

# Texts that break naive readers of CSV: separators, quotes, line breaks, a formula, another script.
_TEXTS = (
    "Thank you!",
    "Could you repeat that, please?",
    'He said "no", didn\'t he?',
    "First point\nSecond point",
    "=1+1",
    "où sont les diapos; merci",
    "質問があります",
    "Only you can read this",
)
_ACTIONS = ("message_deleted", "user_muted", "message_pinned")
_MOST = 3  # messages after one play
_BYTES = 8
_SPAN = 3_600  # messages come within so many seconds after the play


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message; times in unix seconds; ``action`` is what a moderator did about it, if anything."""

    message_id: str
    event_id: str
    entry_id: str
    room: str
    sender: Person
    to_user_id: str
    text: str
    sent_at: int
    action: str
    moderator_id: str
    acted_at: int


@dataclass(frozen=True, slots=True)
class Download:
    """One download of an attachment; ``downloaded_at`` in unix seconds."""

    event_id: str
    entry_id: str
    attachment_id: str
    attachment_title: str
    person: Person
    downloaded_at: int


@cache
def _everybody() -> tuple[str, ...]:
    return tuple(people())


def _room(byte: int) -> str:
    return "group" if byte < 150 else "moderators" if byte < 200 else "private"


def _said(event_id: str, event: Event) -> list[Message]:
    seed = f"chat|{event_id}|{event.viewer}|{event.entry_id}|{event.at}"
    count, *bits = shake_128(seed.encode()).digest(1 + _BYTES * _MOST)
    found = []
    for number in range(count % (_MOST + 1)):
        room, text, hour, second, other, person, action, wait = bits[number * _BYTES : (number + 1) * _BYTES]
        sent_at = event.at + (hour * 256 + second) % _SPAN
        done = _ACTIONS[action % 3] if action < 40 else ""
        found.append(
            Message(
                message_id=shake_128(f"{seed}|{number}".encode()).hexdigest(8),
                event_id=event_id,
                entry_id=event.entry_id,
                room=_room(room),
                sender=people()[event.user_id],
                to_user_id=_everybody()[(other * 256 + person) % len(_everybody())] if room >= 200 else "",
                text=_TEXTS[text % len(_TEXTS)],
                sent_at=sent_at,
                action=done,
                moderator_id=MODERATORS[wait % len(MODERATORS)] if done else "",
                acted_at=sent_at + 5 + wait if done else 0,
            )
        )
    return found


def messages(event_ids: Iterable[str], entry_ids: frozenset[str], start: int, end: int) -> list[Message]:
    """List what was said with ``start <= sent_at < end`` (unix seconds) at those events on those entries, by time."""
    plays = events(entry_ids, start - _SPAN, end)
    found = [
        message
        for event_id in sorted(event_ids)
        for event in plays
        if came(event_id, event.user_id)
        for message in _said(event_id, event)
        if start <= message.sent_at < end
    ]
    return sorted(found, key=lambda message: (message.sent_at, message.message_id))


def downloads(event_ids: Iterable[str], entry_ids: frozenset[str], start: int, end: int) -> list[Download]:
    """List the downloads with ``start <= downloaded_at < end`` (unix seconds) at those events on those entries."""
    found = []
    for event_id in sorted(event_ids):
        for event in events(entry_ids, start, end):
            share = shake_128(f"attachment|{event_id}|{event.viewer}|{event.at}".encode()).digest(2)
            if share[0] < 80 and came(event_id, event.user_id):
                name, title = ATTACHMENTS[share[1] % len(ATTACHMENTS)]
                whole = f"{event.entry_id}-{name}"
                found.append(Download(event_id, event.entry_id, whole, title, people()[event.user_id], event.at))
    return sorted(found, key=lambda one: (one.downloaded_at, one.person.user_id, one.event_id))
