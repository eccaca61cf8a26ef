"""How the services read parameters and filters and answer lists (kaltura.md §1, §10)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from reportrunner.sandbox.kaltura_errors import ApiError, not_simulated
from reportrunner.sandbox.kaltura_session import Session, number
from reportrunner.sandbox.kaltura_wire import Params, Thing

MAX_MATCHES = 10_000

_TEN_YEARS = 315_360_000
_MAX_PAGE = 500
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks and when; ``now`` in unix seconds, ``library`` the number of plain entries beside the account's own."""

    session: Session
    now: int
    library: int


@dataclass(frozen=True, slots=True)
class Pager:
    """``size`` objects a page, capped at 500 silently; ``index`` from 1 on; ``asked`` is the size before the cap."""

    size: int
    index: int
    asked: int

    def page(self, found: Sequence[_Item]) -> Sequence[_Item]:
        """Cut the page out of what was found."""
        return found[(self.index - 1) * self.size : self.index * self.size]


def required(params: Params, name: str) -> Any:
    """Give a parameter that must be there; raises MISSING_MANDATORY_PARAMETER."""
    if name not in params:
        raise ApiError("MISSING_MANDATORY_PARAMETER", PARAM_NAME=name)
    return params[name]


def group(params: Params, name: str) -> Params:
    """Give the fields of an object parameter; none when it is missing or no object."""
    found = params.get(name)
    return found if isinstance(found, dict) else {}


def pager(params: Params) -> Pager:
    """Read the generic pager."""
    asked = group(params, "pager")
    size = number(asked, "pageSize", 30)
    return Pager(max(0, min(size, _MAX_PAGE)), max(1, number(asked, "pageIndex", 1)), size)


def enum(asked: Params, name: str, kind: str, known: Collection[str]) -> str:
    """Read an enum field, "" when absent; raises INVALID_ENUM_VALUE (wire values are case-sensitive)."""
    value = str(asked.get(name) or "")
    if value and value not in known:
        raise ApiError("INVALID_ENUM_VALUE", ENUM_VAL=value, PARAM_NAME=name, ENUM_TYPE=kind)
    return value


def moment(asked: Params, name: str, now: int) -> int:
    """Read a ``time`` field: what is at most ten years is relative to now (kaltura.md §1)."""
    value = number(asked, name, 0)
    return now + value if value not in (0, -1) and abs(value) <= _TEN_YEARS else value


def listed(asked: Params, name: str) -> frozenset[str] | None:
    """Read a comma list, None when absent; nothing is trimmed, and the empty pieces of a token's list mean nothing."""
    text = asked.get(name)
    return frozenset(text.split(",")) - {""} if isinstance(text, str) and text else None


def refuse_others(asked: Params, known: Collection[str], simulated: Collection[str], what: str) -> None:
    """Refuse a filter field that the provider knows and the sandbox does not: it never answers an unfiltered list."""
    for name, value in asked.items():
        if name in known and name not in simulated and value not in ("", {}):
            raise not_simulated(f"{what} filtered by {name}")


def ordered(found: list[_Item], order: str, keys: dict[str, Callable[[_Item], Any]], default: str) -> list[_Item]:
    """Sort by ``+name`` or ``-name``; an unknown order, an unencoded plus among them, is the default one."""
    order = order if order[:1] in ("+", "-") and order[1:] in keys else default
    return sorted(found, key=keys[order[1:]], reverse=order[0] == "-")


def list_response(kind: str, objects: Sequence[Thing], total: int) -> Thing:
    """Make a list answer; ``objects`` is missing when there are none."""
    return Thing(kind, {"objects": list(objects) or None, "totalCount": total})
