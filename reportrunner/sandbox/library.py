"""The library as the services see it: the account's entries, plain ones beside them, and captions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import shake_128

from reportrunner.sandbox.categories import category_of, tags
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
            tags=tags()[entry.entry_id],
            category=category_of(entry.entry_id),
        )
        for entry in entries()
    )
    return (*own, *(_plain(number) for number in range(1, plain + 1)))


def item(entry_id: str, plain: int) -> Item | None:
    """Find an entry by its id."""
    return next((found for found in items(plain) if found.entry_id == entry_id), None)


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
