"""The accounts of the sandbox: the parent and its child accounts, whose plays are a share of the parent's world."""

from __future__ import annotations

from functools import lru_cache
from hashlib import shake_128

from reportrunner.sandbox.universe import Event, events

PARENT = 10042
CHILDREN = tuple(range(10101, 10113))
"""Twelve direct child accounts, by partner id."""

_SHARE = 64
"""Of 256: how many of the parent's viewers are a child's viewers too."""


@lru_cache(maxsize=65_536)
def _belongs(partner: int, viewer: str) -> bool:
    return shake_128(f"account|{partner}|{viewer}".encode()).digest(1)[0] < _SHARE


def account_events(partner: int, entry_ids: frozenset[str] | None, start: int, end: int) -> list[Event]:
    """List the plays of one account, as `events` does for the parent: a child has those of its own viewers."""
    found = events(entry_ids, start, end)
    return [event for event in found if _belongs(partner, event.viewer)] if partner in CHILDREN else found
