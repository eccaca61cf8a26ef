"""What the types of a pydantic model ask for, in a user's words: which keys, which values, what to type."""

from __future__ import annotations

import datetime as dt
import enum
import json
import re
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

Loc = tuple[str | int, ...]

_SHOWN = 40
_ONE = {
    str: "text",
    bool: "true or false",
    int: "an integer",
    float: "a number",
    Decimal: "a number",
    dt.datetime: "a timestamp",
    dt.date: "a date",
    dt.time: "a time of day",
    dt.timedelta: "a duration",
}
_MANY = {
    str: "text",
    int: "integers",
    float: "numbers",
    Decimal: "numbers",
    dt.datetime: "timestamps",
    dt.date: "dates",
}
_EXAMPLES = {str: '"..."', bool: "true", int: "1", float: "0.5", Decimal: "0.5", dt.date: "2026-01-31"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pydantic `loc` leads: the path without tags and labels, the type there, and the unions passed."""

    path: Loc
    kind: Any
    model: type[BaseModel] | None = None
    """The innermost model the path goes through."""
    field: FieldInfo | None = None
    is_key: bool = False
    unions: tuple[tuple[Loc, Any, str], ...] = ()


def find_place(model: type[BaseModel], loc: Loc) -> Place:
    """Follow a pydantic `loc` through fields, tables, lists and unions."""
    kind: Any = model
    path: Loc = ()
    owner: type[BaseModel] | None = None
    field: FieldInfo | None = None
    unions: tuple[tuple[Loc, Any, str], ...] = ()
    for part, following in zip(loc, (*loc[1:], None), strict=False):
        kind = bare(kind)
        if members := union_members(kind):
            unions = (*unions, (path, kind, str(part)))
            kind = _member(members, str(part))
        elif is_model(kind):
            owner, path = kind, (*path, part)
            field = _fields(kind).get(str(part))
            kind = field.annotation if field else None
        elif following == "[key]":
            return Place((*path, part), _key_kind(kind), owner, field, is_key=True, unions=unions)
        elif _is_container(kind):
            path, kind = (*path, part), _item(kind, part)
        elif kind in {None, Any}:
            path = (*path, part)
    return Place(path, bare(kind), owner, field, unions=unions)


def known_keys(model: type[BaseModel]) -> list[str]:
    """Name the keys a table of this model may have, as users write them, those it must have first."""
    return sorted(_fields(model), key=lambda key: not _fields(model)[key].is_required())


def bare(kind: Any) -> Any:
    """Take `Annotated` and `| None` off a type."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif isinstance(kind, types.UnionType) or get_origin(kind) is Union:
            present = [arg for arg in get_args(kind) if arg is not type(None)]
            if len(present) > 1:
                return kind
            kind = present[0]
        else:
            return kind


def union_members(kind: Any) -> tuple[Any, ...]:
    """List the members of a union; empty for any other type."""
    if isinstance(kind, types.UnionType) or get_origin(kind) is Union:
        return tuple(bare(arg) for arg in get_args(kind) if arg is not type(None))
    return ()


def is_model(kind: Any) -> bool:
    """Say whether a type is a pydantic model."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def choices(kind: Any) -> tuple[object, ...]:
    """List the values that a Literal or an Enum allows, those of a union's members included."""
    if members := union_members(kind):
        return tuple(value for member in members for value in choices(member))
    if get_origin(kind) is Literal:
        return get_args(kind)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return tuple(member.value for member in kind)
    return ()


def tag_kind(kind: Any, tag: str) -> Any:
    """Return the type of a union's discriminator: all its members' tags."""
    values = [value for member in union_members(kind) if is_model(member) for value in choices(_tag_type(member, tag))]
    return Literal[tuple(values)] if values else Any


def describe(kind: Any) -> str:
    """Say what a type asks for: `a list of text`."""
    kind = bare(kind)
    if members := union_members(kind):
        *front, last = dict.fromkeys(describe(member) for member in sorted(members, key=_is_container))
        return f"{', '.join(front)} or {last}" if front else last
    if values := choices(kind):
        return listed(values) if len(values) == 1 else f"one of {listed(values)}"
    if is_model(kind) or _is_mapping(kind):
        return "a table"
    if _is_container(kind):
        item = bare(_item(kind, 0))
        tables = all(is_model(member) or _is_mapping(member) for member in union_members(item) or (item,))
        many = "tables" if tables else _MANY.get(item, "")
        return f"a list of {many}" if many else "a list"
    return _ONE.get(kind, "a value")


def example(kind: Any) -> str:
    """Write a value of a type in TOML, with dots for what only the user knows."""
    kind = bare(kind)
    if members := union_members(kind):
        return example(members[0])
    if values := choices(kind):
        return written(values[0])
    if is_model(kind):
        if said := getattr(kind, "diagnostic_example", ""):
            return str(said)
        needed = [f"{key} = {example(field.annotation)}" for key, field in _fields(kind).items() if field.is_required()]
        return f"{{ {', '.join(needed) or '...'} }}"
    if _is_container(kind):
        return "{ ... }" if _is_mapping(kind) else f"[{example(_item(kind, 0))}]"
    return _EXAMPLES.get(kind, "...")


def repair(kind: Any, value: object) -> str:
    """Write in TOML what was probably meant by a value of the wrong type; empty if that cannot be known."""
    kind = bare(kind)
    if members := union_members(kind):
        others = [member for member in members if member is not str]
        is_loose = all(is_model(member) or _is_container(member) for member in others)
        return next((right for member in (members if is_loose else others) if (right := repair(member, value))), "")
    if _is_container(kind) and not _is_mapping(kind):
        if isinstance(value, list | dict):
            return ""
        item = bare(_item(kind, 0))
        inner = written(value) if _fits(item, value) else repair(item, value)
        return f"[{inner}]" if inner else ""
    if isinstance(value, list):
        return written(value[0]) if len(value) == 1 and _fits(kind, value[0]) else ""
    if kind is str and isinstance(value, int | float | dt.date) and not isinstance(value, bool):
        return f'"{written(value)}"'
    if kind is int and isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _unquoted(kind, value) if isinstance(value, str) else ""


def listed(values: Iterable[object]) -> str:
    """Write values one after the other."""
    return ", ".join(written(value) for value in values)


def written(value: object) -> str:
    """Write a scalar as TOML has it."""
    if isinstance(value, enum.Enum):
        return written(value.value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)


def found(value: object, *, hidden: bool = False) -> str:
    """Name a value in a message, shortened; a hidden one only by its kind."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list"
    if hidden:
        return "text" if isinstance(value, str) else "another value"
    if isinstance(value, str):
        return "text " + written(value if len(value) <= _SHOWN else value[: _SHOWN - 3] + "...")
    if isinstance(value, dt.date):
        return f"the {'timestamp' if isinstance(value, dt.datetime) else 'date'} {written(value)}"
    return written(value)[:_SHOWN]


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {_alias(name, field): field for name, field in model.model_fields.items()}


def _alias(name: str, field: FieldInfo) -> str:
    return field.validation_alias if isinstance(field.validation_alias, str) else field.alias or name


def _is_mapping(kind: Any) -> bool:
    origin = get_origin(kind) or kind
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _is_container(kind: Any) -> bool:
    origin = get_origin(kind) or kind
    return (
        isinstance(origin, type) and origin not in {str, bytes} and issubclass(origin, Iterable) and not is_model(kind)
    )


def _item(kind: Any, part: str | int) -> Any:
    arguments = get_args(kind)
    if not arguments:
        return Any
    if _is_mapping(kind):
        return arguments[1]
    fixed = get_origin(kind) is tuple and arguments[-1] is not Ellipsis and isinstance(part, int)
    return arguments[min(int(part), len(arguments) - 1)] if fixed else arguments[0]


def _key_kind(kind: Any) -> Any:
    return get_args(kind)[0] if get_args(kind) else str


def _member(members: tuple[Any, ...], label: str) -> Any:
    """Find the member of a union that pydantic means by a label: a tag, a class name, or `list[str]`."""
    for member in members:
        if is_model(member) and (label == member.__name__ or label in _tags(member)):
            return member
    words = re.findall(r"\w+", label)
    for member in members:
        name = getattr(get_origin(member) or member, "__name__", "").lower()
        if name and name in [word.lower() for word in words]:
            return member
    return None


def _tags(model: type[BaseModel]) -> Iterator[str]:
    for field in model.model_fields.values():
        yield from (str(getattr(value, "value", value)) for value in choices(bare(field.annotation)))


def _tag_type(model: type[BaseModel], tag: str) -> Any:
    field = _fields(model).get(tag) or model.model_fields.get(tag)
    return bare(field.annotation) if field else None


def _fits(kind: Any, value: object) -> bool:
    kind = bare(kind)
    if members := union_members(kind):
        return any(_fits(member, value) for member in members)
    if values := choices(kind):
        return value in values
    return kind is Any or (kind is float and type(value) is int) or type(value) is kind


def _unquoted(kind: Any, value: str) -> str:
    if kind is bool and value.lower() in {"true", "false"}:
        return value.lower()
    if kind is int and re.fullmatch(r"[+-]?(0|[1-9][0-9]{0,17})", value):
        return value
    if kind in {float, Decimal} and re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?", value):
        return value
    try:
        if kind in {dt.date, dt.datetime}:
            return written(kind.fromisoformat(value))
    except ValueError:
        return ""
    return ""
