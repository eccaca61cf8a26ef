"""Where something stands in a JSON answer: JSONPath, compiled once; the one room of its library.

The library costs more to import than a described API to check, and nearly every path is one of names and places in
lists, which needs none.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator

from reportrunner.diagnose import Hinted
from reportrunner.spelling import did_you_mean
from reportrunner.verdict import plain

if TYPE_CHECKING:
    import jsonpath  # imported where a path needs it

_PLAIN = re.compile(r"\$((?:\.[A-Za-z_][A-Za-z0-9_-]*|\['[^'\\]*'\])*)")
_KNOWN = re.compile(r"\$(?:\.[A-Za-z_][A-Za-z0-9_]*|\[(?:\*|0|-?[1-9][0-9]{0,8})\])*")
"""Paths that the library is known to take, unasked."""
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*)|\['([^'\\]*)'\]")
EVERY = "[*]"
"""What a path of rows may end with: the members of the list are rows with and without it."""

_NAMED = 12


@lru_cache(maxsize=1024)
def _compiled(path: str) -> jsonpath.JSONPath:
    import jsonpath

    query = jsonpath.compile(path, strict=True)
    assert isinstance(query, jsonpath.JSONPath)
    return query


@lru_cache(maxsize=1024)
def steps_of(path: str) -> tuple[str, ...] | None:
    """Return the names a path goes through where it is nothing but names, such as `$.amount.value`; else None."""
    plain = _PLAIN.fullmatch(path)
    return tuple(dotted or quoted for dotted, quoted in _STEP.findall(plain[1])) if plain else None


def find(path: str, document: Any) -> list[Any]:
    """Return everything that stands at the path; nothing is no error."""
    steps = steps_of(path)
    if steps is None:
        return list(_compiled(path).findall(document))
    for step in steps:
        if not isinstance(document, dict) or step not in document:
            return []
        document = document[step]
    return [document]


def one(path: str, document: Any) -> Any:
    """Return the first thing that stands at the path, None where nothing does."""
    found = find(path, document)
    return found[0] if found else None


def beside(path: str, document: Any) -> str:
    """Say what an answer has where a path leads astray: names alone, for its values may be secrets."""
    if document is None:
        return "; it is no JSON"
    said, missing = "", ""
    for step in steps_of(path) or ():
        if not isinstance(document, dict) or step not in document:
            missing = step
            break
        said, document = f"{said or '$'}.{step}", document[step]
    if not isinstance(document, dict):
        return f"; {said or 'it'} is {kind_of(document)}"
    if not document:
        return f"; {said or 'it'} is an empty object"
    names = [plain(str(name), 40) for name in document]
    return f"; {said or 'it'} has {', '.join(names[:_NAMED])}{did_you_mean(missing, names) if missing else ''}"


def kind_of(value: Any) -> str:
    """Return what a JSON value is, in words and without its content."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "text" if value else "empty text"
    if value is None:
        return "null"
    return "a list" if isinstance(value, list) else "an object" if isinstance(value, dict) else "a number"


def check_path(path: str) -> str:
    """Return the path; Hinted when it is none."""
    if not path.startswith("$"):
        right = f"$.{path.lstrip('.')}"
        raise Hinted(
            f'"{path}" is no JSONPath: it begins with $', f'write "{right}"' if _PLAIN.fullmatch(right) else ""
        )
    if _KNOWN.fullmatch(path):
        return path
    import jsonpath

    try:
        _compiled(path)
    except jsonpath.JSONPathError as error:
        words = str(error.args[0] if error.args else error).partition("\n")[0]
        raise Hinted(f'"{path}" is no JSONPath: {words}', 'write a path such as "$.data" or "$.amount.value"') from None
    return path


JsonPath = Annotated[str, AfterValidator(check_path)]
"""A JSONPath, such as `$.data` or `$.links.next`."""
