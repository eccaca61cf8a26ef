"""The keys of a model, nested ones below those that hold them, as `explain` prints them."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from reportrunner.diagnose.shape import bare, choices, describe, is_model, listed, union_members, written

WIDTH = 100


def key_lines(model: type[BaseModel], skipped: Collection[str] = ()) -> list[str]:
    """Return the keys that a table of this model may have; one that it refuses, whatever is said, is left out."""
    return list(_keys(model, skipped, "  ", set()))


def _keys(model: type[BaseModel], skipped: Collection[str], indent: str, shown: set[type[BaseModel]]) -> Iterator[str]:
    shown.add(model)
    for name, field in model.model_fields.items():
        key = field.alias or name
        if name in skipped or (name == "window" and not _takes(model, key, "name")):
            continue
        kind = _chosen(model, key, field)
        if kind is None:
            continue
        yield f"{indent}{key}: {_said(kind)}{_standing(field)}"
        yield from _wrapped(field.description or "", f"{indent}    ")
        for table in _tables(kind):
            if table not in shown:
                yield from _keys(table, (), f"{indent}    ", shown)


def _takes(model: type[BaseModel], key: str, value: object) -> bool:
    """Tell whether the rules of the key itself let this value pass."""
    try:
        model.model_validate({key: value})
    except ValidationError as error:
        return all(problem["loc"][:1] != (key,) for problem in error.errors(include_url=False))
    return True


def _chosen(model: type[BaseModel], key: str, field: FieldInfo) -> Any:
    """Return the type with the choices that pass; None where nothing can be chosen but what is there anyway."""
    values = choices(bare(field.annotation))
    passing = tuple(value for value in values if _takes(model, key, value))
    if passing == values:
        return field.annotation
    return None if passing in {(), (field.default,)} else Literal[passing]


def _said(kind: Any) -> str:
    separator = _separator(kind)
    joined = f', joined by "{separator}" on the wire' if separator else ""
    for member in union_members(kind) or (bare(kind),):
        values = choices(bare(get_args(member)[0])) if get_origin(member) is list else ()
        if values:
            return f"a list of {listed(values)}{joined}"
    example = next((text for table in _tables(kind) if (text := getattr(table, "diagnostic_example", ""))), "")
    return f"{describe(kind)}{joined}{f', such as {example}' if example else ''}"


def _separator(kind: Any) -> str:
    """Return what joins the values of a list on the wire, where the type says it."""
    for mark in getattr(kind, "__metadata__", ()):
        if found := getattr(getattr(mark, "func", None), "separator", ""):
            return str(found)
    return next((found for part in get_args(kind) if (found := _separator(part))), "")


def _standing(field: FieldInfo) -> str:
    if field.is_required():
        return " (required)"
    given = isinstance(field.default, str | int) and field.default != "" and field.default is not False
    return f" ({written(field.default)} when left out)" if given else ""


def _tables(kind: Any) -> Iterator[type[BaseModel]]:
    """Yield the models of a key's value: its own, or those of its items."""
    kind = bare(kind)
    if is_model(kind):
        yield kind
    elif union_members(kind) or get_origin(kind) is list:
        for part in get_args(kind):
            yield from _tables(part)


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent)
