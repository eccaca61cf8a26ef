"""The library as the services see it: the account's entries, plain ones beside them, categories, tags, captions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import shake_128

from reportrunner.sandbox.universe import OWNERS, entries

_HOUR = 3600
_FIRST_PLAIN = 1_577_923_200  # 2020-01-02
_TOPICS = ("Onboarding", "Safety", "Product", "Sales", "Research", "Culture", "Finance")
_CAPTIONED = 85  # of 256: about one in three


@dataclass(frozen=True, slots=True)
class Item:
    """One entry; ``created_at`` in unix seconds, ``duration`` in seconds."""

    entry_id: str
    name: str
    media_type: str
    owner: str
    duration: int
    created_at: int
    tags: tuple[str, ...]
    category: int

    @property
    def live(self) -> bool:
        """Whether it is a live stream."""
        return self.media_type == "Live stream"


@dataclass(frozen=True, slots=True)
class Category:
    """One category; ``parent`` 0 for one at the top."""

    id: int
    name: str
    parent: int

    @property
    def path(self) -> tuple[Category, ...]:
        """From the top down to itself."""
        above = {category.id: category for category in CATEGORIES}.get(self.parent)
        return (*above.path, self) if above else (self,)


CATEGORIES = (
    Category(4001, "Compliance", 0),
    Category(4002, "Privacy", 4001),
    Category(4003, "Workplace", 4001),
    Category(4004, "Events", 0),
    Category(4005, "Talks", 0),
    Category(4006, "Archive", 0),
)
_CATEGORY = {
    **dict.fromkeys(("1_gdpr1", "1_gdpr2", "1_priv1"), 4002),
    **dict.fromkeys(("1_fire1", "1_ergo1", "1_acce1"), 4003),
    **dict.fromkeys(("1_brib1", "1_phis1", "1_code1"), 4001),
    **dict.fromkeys(("1_town1", "1_earn1", "1_quest1"), 4004),
}


def _plain(number: int) -> Item:
    """Give entry ``number`` (from 1 on); three at a time are made in the same second."""
    topic = _TOPICS[number % len(_TOPICS)]
    return Item(
        entry_id=f"1_lib{number:05d}",
        name=f"{topic} clip {number}",
        media_type="Video",
        owner=tuple(OWNERS)[number % len(OWNERS)],
        duration=60 + 3 * (number % 400),
        created_at=_FIRST_PLAIN + (number - 1) // 3 * _HOUR,
        tags=("library", topic.lower()),
        category=4006,
    )


@lru_cache(maxsize=4)
def items(plain: int) -> tuple[Item, ...]:
    """List the account's own entries and so many plain ones, which nobody ever plays."""
    own = tuple(
        Item(
            entry_id=entry.entry_id,
            name=entry.name,
            media_type=entry.media_type,
            owner=entry.owner,
            duration=0 if entry.live else entry.duration,
            created_at=entry.created_at,
            tags=("live", "event") if entry.live else ("course", "compliance") if entry.pull > 15 else ("course",),
            category=_CATEGORY.get(entry.entry_id, 4005),
        )
        for entry in entries()
    )
    return (*own, *(_plain(number) for number in range(1, plain + 1)))


def item(entry_id: str, plain: int) -> Item | None:
    """Find an entry by its id."""
    return next((found for found in items(plain) if found.entry_id == entry_id), None)


@cache
def inside(category: int) -> frozenset[int]:
    """Find a category and all below it."""
    return frozenset(found.id for found in CATEGORIES if category in {step.id for step in found.path})


@dataclass(frozen=True, slots=True)
class Line:
    """One caption line; times in milliseconds."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Caption:
    """One caption track of an entry."""

    asset_id: str
    language: str
    code: str
    made: bool
    lines: tuple[Line, ...]


_SAID = {
    "English": ("Welcome to {}", "Please report what looks wrong", "That was all, thank you"),
    "German": ("Willkommen zu {}", "Bitte melden Sie, was falsch aussieht", "Das war alles, danke"),
}


@lru_cache(maxsize=65_536)
def captions(found: Item) -> tuple[Caption, ...]:
    """List the caption tracks of an entry: none of live ones and of two in three others; one in four has two."""
    share, second = shake_128(f"captions|{found.entry_id}".encode()).digest(2)
    if found.live or share >= _CAPTIONED:
        return ()
    languages = (("English", "en"), ("German", "de"))[: 2 if second < 64 else 1]
    return tuple(
        Caption(
            asset_id=f"{found.entry_id}_{code}",
            language=language,
            code=code,
            made=second % 2 == 0,
            lines=tuple(
                Line(text.format(found.name), 4000 * place, 4000 * place + 3500)
                for place, text in enumerate(_SAID[language])
            ),
        )
        for language, code in languages
    )
