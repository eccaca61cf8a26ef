"""Every place of the showcase job where a user can misspell a word, and what one slip makes of the word there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from projects import JOB, ROOT

from reportrunner.toml_file.index import Loc, TomlIndex, build_index

SLIPS = ("drop", "double", "swap")
NAMING = frozenset(
    "column dataset empty endpoint file format period reconcile report severity source template timezone to type window"
    " attach key personal playbackTypeIn unique".split()
)
"""Keys whose values are words of a closed set; everything else is free text, a number or an address."""
SECTIONS = ("params", "windows", "datasets", "checks", "outputs")


@dataclass(frozen=True)
class Word:
    """One word of the job file: what it is, where its diagnostic must stand, and where its letters are."""

    kind: str
    path: Loc
    text: str
    place: tuple[int, int]
    """Line and column of the diagnostic, from 1: a value in quotes is marked with them."""
    offset: int

    def __str__(self) -> str:
        line, column = self.place
        return f"{line}:{column}:{self.text}"


def slip(word: str, how: str) -> str:
    """Misspell a word in its middle: a letter dropped, doubled, or swapped with the next that differs."""
    middle = [n for n in (len(word) // 2 + d * s for d in range(len(word)) for s in (1, -1)) if 0 < n < len(word)]
    place = next((n for n in middle if word[n].isalpha()), 0)
    if how == "drop":
        return word[:place] + word[place + 1 :]
    if how == "double":
        return word[:place] + word[place] + word[place:]
    other = next(n for n in (*middle, 0) if n + 1 < len(word) and word[n] != word[n + 1] and word[n : n + 2].isalpha())
    return word[:other] + word[other + 1] + word[other] + word[other + 2 :]


@cache
def text() -> str:
    return (ROOT / JOB).read_text("utf-8")


@cache
def words() -> tuple[Word, ...]:
    """Every word that can be misspelt, in the order of the file."""
    index = build_index(text(), lambda key: str(tomllib.loads(f"{key} = 0").popitem()[0]))
    found = {word.offset: word for word in (*_keys(index), *_values(index), *_headers(), *_expressions(), *_sql())}
    return tuple(found[offset] for offset in sorted(found))


def _at(offset: int) -> tuple[int, int]:
    return text().count("\n", 0, offset) + 1, offset - (text().rfind("\n", 0, offset) + 1) + 1


def _word(kind: str, path: Loc, start: int, end: int) -> Word:
    written = text()[start:end]
    quoted = written[:1] == '"'
    return Word(kind, path, written.strip('"'), _at(start), start + quoted)


def _keys(index: TomlIndex) -> Iterator[Word]:
    for path in index.marks:
        if path and isinstance(path[-1], str):
            span = index.find(path, "key")
            yield _word(_kind(path), path, span.start, span.end)


def _kind(path: Loc) -> str:
    """Tell a key that a model knows from a name that the job itself gives."""
    if len(path) == 2 and path[0] in SECTIONS:
        return "name"
    owner = path[-2] if len(path) > 1 else ""
    if owner in {"columns", "params", "expect", "between", "accept"} and path[0] != "params":
        return str(owner)
    return "row" if isinstance(owner, int) else "key"


def _values(index: TomlIndex) -> Iterator[Word]:
    for path in index.marks:
        named = path[-1] if isinstance(path[-1], str) else path[-2]
        types = len(path) > 1 and path[-2] == "columns"
        if named in NAMING or types:
            span = index.find(path, "value")
            written = text()[span.start : span.end]
            if re.fullmatch(r'"[\w./-]+"', written):
                yield _word("type" if types else "value", path, span.start, span.end)


def _headers() -> Iterator[Word]:
    for found in re.finditer(r"(?m)^\[(\w+)\.", text()):
        yield Word("key", (found[1],), found[1], _at(found.start(1)), found.start(1))


def _expressions() -> Iterator[Word]:
    for block in re.finditer(r"\{\{ ([\w.]+) \}\}", text()):
        for part in re.finditer(r"\w+", block[1]):
            start = block.start(1) + part.start()
            yield Word("expression", (), part[0], _at(start), start)


def _sql() -> Iterator[Word]:
    for block in re.finditer(r'(?ms)^sql\s*= ("""|")(.*?)\1', text()):
        for part in re.finditer(r"\b(?:from|join) (\w+)|\b[a-z]\.(\w+)", block[2]):
            group = 1 if part[1] else 2
            start = block.start(2) + part.start(group)
            yield Word("table" if part[1] else "column", (), part[group], _at(start), start)
