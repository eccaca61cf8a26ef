"""The parameters of the sandbox's Reports Microservice, checked strictly: what is wrong is HTTP 422 with words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_DAY = 86_400


class WrongParameterError(Exception):
    """Says which parameter is wrong and what it must be."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Entries, events and a half-open span of unix seconds."""

    entry_ids: frozenset[str]
    event_ids: frozenset[str]
    start: int
    end: int


def exactly(given: object, *names: str) -> dict[str, Any]:
    """Return a JSON object that has these members and no other."""
    if not isinstance(given, dict):
        raise WrongParameterError(f"an object with {', '.join(names)} is wanted")
    strange, missing = sorted(given.keys() - set(names)), sorted(set(names) - given.keys())
    if strange or missing:
        said = [f"{name} is not known" for name in strange] + [f"{name} is missing" for name in missing]
        raise WrongParameterError(f"{'; '.join(said)}; wanted are exactly {', '.join(names)}")
    return given


def asked(given: object) -> Asked:
    """Read what reports on virtual events take."""
    members = exactly(given, "entries_ids", "virtual_event_ids", "from_date_id", "to_date_id")
    return Asked(texts(members, "entries_ids"), texts(members, "virtual_event_ids"), *days(members))


def days(given: Mapping[str, Any]) -> tuple[int, int]:
    """Read the days as a half-open span of unix seconds; they are UTC days, the last one inclusive."""
    start, last = _day(given, "from_date_id"), _day(given, "to_date_id")
    if last < start:
        raise WrongParameterError("to_date_id is before from_date_id")
    return start, last + _DAY


def text(given: Mapping[str, Any], name: str) -> str:
    """Read a text."""
    value = given[name]
    if not isinstance(value, str) or not value:
        raise WrongParameterError(f"{name} must be a text")
    return value


def texts(given: Mapping[str, Any], name: str) -> frozenset[str]:
    """Read a list of texts."""
    value = given[name]
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise WrongParameterError(f"{name} must be a list of texts")
    return frozenset(value)


def whole(given: Mapping[str, Any], name: str) -> int:
    """Read a whole number from 0 on."""
    value = given[name]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise WrongParameterError(f"{name} must be a whole number")
    return value


def _day(given: Mapping[str, Any], name: str) -> int:
    value = given[name]
    try:
        day = datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC)
    except (TypeError, ValueError):
        day = None
    if day is None or f"{day:%Y-%m-%d}" != value:
        raise WrongParameterError(f"{name} must be a day as YYYY-MM-DD")
    return int(day.timestamp())
