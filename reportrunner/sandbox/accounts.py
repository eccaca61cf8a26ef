"""The accounts of the sandbox: the parent and its child accounts, whose plays are a share of the parent's world."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from hashlib import shake_128

from reportrunner.sandbox.crowd import CROWD, crowd_events
from reportrunner.sandbox.universe import ACCOUNT, Entry, Event, entries, events, mondays, week_events

PARENT = ACCOUNT
CHILDREN = tuple(range(10101, 10113))
"""Twelve direct child accounts, by partner id."""

_SHARE = 64
"""Of 256: how many of the parent's viewers are a child's viewers too."""


@lru_cache(maxsize=65_536)
def _belongs(partner: int, viewer: str) -> bool:
    return shake_128(f"account|{partner}|{viewer}".encode()).digest(1)[0] < _SHARE


@lru_cache(maxsize=8192)
def _child_week(partner: int, entry: Entry, monday: int) -> tuple[Event, ...]:
    week = week_events(entry, monday)
    return tuple(replace(event, partner=partner) for event in week if _belongs(partner, event.viewer))


@lru_cache(maxsize=64)
def account_events(
    partner: int, entry_ids: frozenset[str] | None, start: int, end: int, crowd: int = 0
) -> tuple[Event, ...]:
    """List the plays of one account, as `events` does for the parent: a child has those of its own viewers.

    A crowd, if any, is the parent's alone.
    """
    if partner not in CHILDREN:
        crowded = crowd and (entry_ids is None or CROWD.entry_id in entry_ids)
        return (*events(entry_ids, start, end), *(crowd_events(crowd, start, end) if crowded else ()))
    if end <= start:
        return ()
    return tuple(
        event
        for entry in entries()
        if entry_ids is None or entry.entry_id in entry_ids
        for monday in mondays(start, end)
        for event in _child_week(partner, entry, monday)
        if start <= event.at < end
    )


def reachable(partner: int) -> tuple[int, ...]:
    """List the accounts that an account's reports over several accounts may speak of: itself and direct children."""
    return (partner,) if partner in CHILDREN else (partner, *CHILDREN)


@lru_cache(maxsize=1)
def account_names() -> dict[int, str]:
    """Name every account by partner id; one name has a comma and one a semicolon."""
    towns = "Lisbon Oslo Nairobi Osaka Lima Turin Porto Gdansk Quito Leeds Basel Accra".split()
    named = {child: f"Example {town}" for child, town in zip(CHILDREN, towns, strict=True)}
    return {PARENT: "Example Corp", **named, CHILDREN[2]: "Example Nairobi, Ltd.", CHILDREN[5]: "Example Turin; labs"}
