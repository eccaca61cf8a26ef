"""The category tree of the sandbox's account, its entries' tags, and the categories in which players sit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from reportrunner.sandbox.universe import Event, entries


@dataclass(frozen=True, slots=True)
class Category:
    """One category; ``parent`` 0 for one at the top."""

    id: int
    name: str
    parent: int

    @property
    def path(self) -> tuple[Category, ...]:
        """From the top down to itself."""
        above = by_id().get(self.parent)
        return (*above.path, self) if above else (self,)

    @property
    def full_name(self) -> str:
        """The names of its path joined with ``>``."""
        return ">".join(step.name for step in self.path)


CATEGORIES = (
    Category(4001, "Compliance", 0),
    Category(4002, "Privacy", 4001),
    Category(4003, "Workplace", 4001),
    Category(4004, "Events", 0),
    Category(4005, "Talks", 0),
    Category(4006, "Archive", 0),
)
CONTEXTS = (4001, 4002, 4003, 4004)
"""The categories whose pages have a player: the playback contexts."""

_CATEGORY = {
    **dict.fromkeys(("1_gdpr1", "1_gdpr2", "1_priv1"), 4002),
    **dict.fromkeys(("1_fire1", "1_ergo1", "1_acce1"), 4003),
    **dict.fromkeys(("1_brib1", "1_phis1", "1_code1"), 4001),
    **dict.fromkeys(("1_town1", "1_earn1", "1_quest1"), 4004),
}
_ELSEWHERE = 4005


@cache
def by_id() -> dict[int, Category]:
    """Return every category by its id."""
    return {category.id: category for category in CATEGORIES}


def category_of(entry_id: str) -> int:
    """Find the one category of an entry."""
    return _CATEGORY.get(entry_id, _ELSEWHERE)


@cache
def inside(category: int) -> frozenset[int]:
    """Find a category and all below it."""
    return frozenset(found.id for found in CATEGORIES if category in {step.id for step in found.path})


@cache
def ids_of_names(full_names: frozenset[str]) -> frozenset[int]:
    """Find the ids of categories by full names; unknown names have none."""
    return frozenset(category.id for category in CATEGORIES if category.full_name in full_names)


@cache
def tags() -> dict[str, tuple[str, ...]]:
    """Return the tags of every entry; live ones have others than courses."""
    return {
        entry.entry_id: ("live", "event")
        if entry.live
        else ("course", "compliance")
        if entry.pull > 15
        else ("course",)
        for entry in entries()
    }


def context(event: Event) -> int:
    """Find the category in which a play's player sat."""
    return CONTEXTS[event.traits[6] % len(CONTEXTS)]
