"""Spelling: the known word that a misspelt one probably stands for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache


def suggest(word: str, known: Iterable[str]) -> str:
    """Return the known word nearest to a misspelt one, or an empty text; case and separators do not count."""
    return _nearest(word, frozenset(known))


@lru_cache(maxsize=4096)
def _nearest(word: str, names: frozenset[str]) -> str:
    """Look once for each: jobs ask the same of the same keys again and again."""
    typed = _plain(word)
    limit = 0 if len(typed) < 2 else min(3, max(1, (len(typed) + 1) // 3))
    ranked = sorted((_distance(typed, _plain(name)), len(set(typed) ^ set(_plain(name))), name) for name in names)
    if ranked and ranked[0][0] <= limit:
        return ranked[0][2]
    if len(typed) < 3:
        return ""
    longer = [name for name in names if _plain(name).startswith(typed)]
    parts = [name for name in names if typed in re.split(r"[\s._-]", name.casefold())]
    shorter = [name for name in names if len(name) >= 3 and typed.startswith(_plain(name))]
    return next((found[0] for found in (longer, parts, shorter) if len(found) == 1), "")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the end of a sentence, `; did you mean "x"?`, or an empty text."""
    nearest = suggest(word, known)
    return f'; did you mean "{nearest}"?' if nearest else ""


def _plain(word: str) -> str:
    return re.sub(r"[\s._-]", "", word).casefold()


def _distance(left: str, right: str) -> int:
    """Count insertions, deletions, replacements and swaps of neighbours between two words."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        last, before, row = before, row, [i]
        for j, b in enumerate(right, start=1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                best = min(best, last[j - 2] + 1)
            row.append(best)
    return row[-1]
