"""The virtual events of the sandbox: who registered and who came, decided by a hash per event and person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import shake_128

from reportrunner.sandbox.people import Person, people

VIRTUAL_EVENT = "4711"
"""The event to which everybody came."""
VIRTUAL_EVENTS = (VIRTUAL_EVENT, *(str(number) for number in range(4801, 4841)))

_CAME, _REGISTERED = 96, 120  # of 256
_DAY = 86_400
_OPENED = int(datetime(2026, 9, 1, tzinfo=UTC).timestamp())
_OPEN_SECONDS = 60 * _DAY


@dataclass(frozen=True, slots=True)
class Registration:
    """One registration; ``registered_at`` in unix seconds."""

    registration_id: str
    person: Person
    status: str
    registered_at: int


def app_guid(event_id: str) -> str:
    """Return the id of the application that an event is held in."""
    return shake_128(f"app|{event_id}".encode()).hexdigest(12)


def event_of(guid: str) -> str | None:
    """Return the event that is held in an application."""
    return {app_guid(event_id): event_id for event_id in VIRTUAL_EVENTS}.get(guid)


@lru_cache(maxsize=65_536)
def _bits(event_id: str, user_id: str) -> bytes:
    return shake_128(f"event|{event_id}|{user_id}".encode()).digest(5)


def came(event_id: str, user_id: str) -> bool:
    """Tell whether somebody came to an event; nobody comes to one that does not exist."""
    known = event_id in VIRTUAL_EVENTS and user_id in people()
    return known and (event_id == VIRTUAL_EVENT or _bits(event_id, user_id)[0] < _CAME)


def registrations(event_id: str) -> list[Registration]:
    """List the registrations for an event, in account order; who came had registered."""
    found: list[Registration] = []
    for person in people().values() if event_id in VIRTUAL_EVENTS else ():
        bits = _bits(event_id, person.user_id)
        attended = came(event_id, person.user_id)
        if attended or bits[0] < _REGISTERED:
            at = _OPENED + int.from_bytes(bits[1:4], "big") % _OPEN_SECONDS
            name = f"R-{event_id}-{len(found) + 1:04d}"
            found.append(Registration(name, person, "attended" if attended else "registered", at))
    return found
