"""Says what is wrong in a user's file the way a good compiler does: nearest words, placed validation errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ValidationError

from reportrunner.diagnose.shape import (
    Place,
    choices,
    describe,
    example,
    find_place,
    found,
    is_model,
    known_keys,
    repair,
    tag_kind,
    union_members,
    written,
)
from reportrunner.errors import Diagnostic
from reportrunner.spelling import suggest
from reportrunner.toml_file import At, Loc, TomlFile, is_secret_key

_LISTED = 12
_BOUNDS = {
    "greater_than_equal": "must be {ge} or more",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be {le} or less",
    "less_than": "must be less than {lt}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
}


class Hinted(ValueError):  # noqa: N818  it is no error class of its own, but what a validator says
    """Raised in a validator: what is wrong, what to type instead, and which key of the table is meant, if one is."""

    def __init__(self, message: str, hint: str = "", *, key: str | Loc = "", at: At = "key") -> None:
        """Keep both texts apart; `key` is a key of the table or a path from there, `at` its name or its value."""
        super().__init__(message)
        self.hint = hint
        self.path: Loc = (key,) if isinstance(key, str) and key else tuple(key)
        self.at = at


@dataclass(frozen=True, slots=True)
class _Flaw:
    """One pydantic error at its place."""

    type: str
    place: Place
    input: object
    context: Mapping[str, Any]
    words: str

    @property
    def is_mismatch(self) -> bool:
        """Whether the value is of another type altogether."""
        if self.type == "literal_error":
            return type(self.input) not in {type(value) for value in choices(self.place.kind)}
        return self.type.endswith("_type") or self.type == "is_instance_of"


@dataclass(frozen=True, slots=True)
class _Said:
    """What is said about a flaw, and where."""

    message: str
    hint: str
    loc: Loc
    at: At = "value"
    missing: str = ""
    """The key that is missing from the table at `loc`."""
    meant: frozenset[Loc] = frozenset()
    """The keys that an unknown one probably stands for; they are not also called missing."""


def explain_validation(file: TomlFile, base: Loc, error: ValidationError, model: type[BaseModel]) -> list[Diagnostic]:
    """Turn pydantic's errors about the table at `base` into placed diagnostics, in the order of the file."""
    flaws = [
        _Flaw(raw["type"], find_place(model, raw["loc"]), raw["input"], raw.get("ctx", {}), raw["msg"])
        for raw in error.errors(include_url=False)
    ]
    said = [_say(flaw, base) for flaw in _settled(flaws)]
    meant = frozenset[Loc]().union(*(one.meant for one in said))
    placed = [
        file.diagnostic((*base, *one.loc), one.message, hint=one.hint, at=one.at)
        for one in said
        if not one.missing or (*one.loc, one.missing) not in meant
    ]
    return sorted(dict.fromkeys(placed), key=lambda one: (one.line, one.column))


def first_words(file: TomlFile, base: Loc, error: ValueError, model: type[BaseModel]) -> str:
    """Return on one line why a value does not fit into the table at `base`: of several reasons the first."""
    if isinstance(error, ValidationError):
        return explain_validation(file, base, error, model)[0].message
    return str(error).partition("\n")[0]


def _settled(flaws: Iterable[_Flaw], depth: int = 0) -> Iterator[_Flaw]:
    """Keep, of the errors of all members of a union, those of the member that was probably meant."""
    groups: dict[Loc, dict[str, list[_Flaw]]] = {}
    for flaw in flaws:
        if len(flaw.place.unions) <= depth:
            yield flaw
            continue
        path, _, label = flaw.place.unions[depth]
        groups.setdefault(path, {}).setdefault(label, []).append(flaw)
    for path, members in groups.items():
        fitting = [
            member
            for member in members.values()
            if len(members) == 1 or not any(flaw.is_mismatch and flaw.place.path == path for flaw in member)
        ]
        if fitting:
            nearest = min(fitting, key=len)
            yield from _settled(nearest, depth + 1)
        else:
            first = next(iter(members.values()))[0]
            kind = first.place.unions[depth][1]
            yield replace(first, type="union_type", place=replace(first.place, path=path, kind=kind))


def _say(flaw: _Flaw, base: Loc) -> _Said:
    place = flaw.place
    keys = [part for part in (*base, *place.path) if isinstance(part, str)]
    hidden = any(is_secret_key(key) or key == "auth" for key in keys)
    name = f'"{keys[-1]}"' if keys else "this file"
    at: At = "header" if isinstance(flaw.input, Mapping) else "value"
    if flaw.type == "extra_forbidden":
        return _unknown(place)
    if flaw.type == "missing":
        return _missing(place.path, place.model, place.kind, place.field.description if place.field else None)
    if flaw.type == "union_tag_not_found":
        return _missing((*place.path, _tag(flaw)), None, tag_kind(place.kind, _tag(flaw)), None)
    if flaw.type == "union_tag_invalid":
        expected = re.findall(r"'([^']*)'", flaw.context["expected_tags"])
        message, hint = _not_a_choice(f'"{_tag(flaw)}"', flaw.context["tag"], expected, hidden)
        return _Said(message, hint, (*place.path, _tag(flaw)))
    if flaw.type in {"literal_error", "enum"} and place.is_key:
        message, hint = _not_a_choice("a key here", flaw.input, choices(place.kind), hidden)
        return _Said(message, hint, place.path, "key")
    if flaw.type in {"literal_error", "enum"}:
        return _Said(*_not_a_choice(name, flaw.input, choices(place.kind), hidden), place.path)
    if flaw.type in {"value_error", "assertion_error"}:
        return _from_validator(flaw.context["error"], place.path, "key" if place.is_key else at)
    if flaw.is_mismatch:
        return _Said(*_mismatch(place.kind, flaw.input, hidden), place.path, "key" if place.is_key else at)
    return _Said(*_out_of_bounds(flaw, name, hidden), place.path, "key" if place.is_key else at)


def _unknown(place: Place) -> _Said:
    model, key, table = place.model, str(place.path[-1]), place.path[:-1]
    owner, noun = _owner(model), getattr(model, "diagnostic_noun", "key")
    known = known_keys(model) if model else []
    if owner and noun != "key":
        message = f'{owner} has no {noun} "{key}"'
    else:
        message = f'unknown {noun} "{key}"' + (f" in {owner}" if owner else "")
    familiar = _familiar(model, key)
    if familiar:
        meant = frozenset((*table, word) for word in re.findall(r"(\w+) =", familiar))
        hint = familiar if familiar.startswith("write ") else f"{key} {familiar}"
        return _Said(message, hint, place.path, "key", meant=meant)
    nearest = suggest(key, known)
    if nearest:
        return _Said(
            message + f'; did you mean "{nearest}"?', "", place.path, "key", meant=frozenset({(*table, nearest)})
        )
    return _Said(message, f"known {noun}s: {_some(known)}" if known else "", place.path, "key")


def _familiar(model: type[BaseModel] | None, key: str) -> str:
    """Return what is said of a word that people know from elsewhere: by the model itself, or by one it builds on."""
    said = (vars(kind).get("familiar", {}).get(key, "") for kind in getattr(model, "__mro__", ()))
    return next(filter(None, said), "")


def _missing(path: Loc, model: type[BaseModel] | None, kind: Any, description: str | None) -> _Said:
    key, owner, noun = str(path[-1]), _owner(model), getattr(model, "diagnostic_noun", "key")
    what = describe(kind)
    told = "" if what == "a value" else f" ({what})"
    message = f'{owner} needs the {noun} "{key}"{told}' if owner else f'the {noun} "{key}" is missing{told}'
    hint = f"add {key} = {example(kind)}" + (f" ({description})" if description else "")
    return _Said(message, hint, path[:-1], "header", missing=key)


def _not_a_choice(name: str, value: object, allowed: Iterable[object], hidden: bool) -> tuple[str, str]:
    allowed = list(allowed)
    same = [choice for choice in allowed if str(choice) == str(value)]
    nearest = suggest(value, [str(choice) for choice in allowed]) if isinstance(value, str) else ""
    if hidden:
        return f"{name} has a value that is not allowed", f"one of {_some(map(written, allowed))}"
    message = f"{name} cannot be {found(value).removeprefix('text ')}"
    if same:
        return message, f"write {written(same[0])}"
    return message + (f'; did you mean "{nearest}"?' if nearest else ""), f"one of {_some(map(written, allowed))}"


def _from_validator(error: Exception, path: Loc, at: At) -> _Said:
    words = str(error)
    if isinstance(error, Hinted) and error.path:
        return _Said(words, error.hint, (*path, *error.path), error.at)
    return _Said(words, error.hint if isinstance(error, Hinted) else "", path, at)


def _mismatch(kind: Any, value: object, hidden: bool) -> tuple[str, str]:
    message = f"expected {describe(kind)}, found {found(value, hidden=hidden)}"
    right = "" if hidden else repair(kind, value)
    if not right and any(is_model(member) for member in (kind, *union_members(kind))):
        right = example(next(member for member in (kind, *union_members(kind)) if is_model(member)))
    return message, f"write {right}" if right else ""


def _out_of_bounds(flaw: _Flaw, name: str, hidden: bool) -> tuple[str, str]:
    description = (flaw.place.field.description if flaw.place.field else None) or ""
    value = found(flaw.input, hidden=hidden)
    if flaw.type == "string_pattern_mismatch":
        form = description or f"it must match {flaw.context['pattern']}"
        return f"{name} has not the form it must have, found {value}", form
    if flaw.type in {"too_short", "string_too_short"} and flaw.context["min_length"] == 1:
        return f"{name} must not be empty", description
    if sentence := _BOUNDS.get(flaw.type):
        told = f", found {value}" if isinstance(flaw.input, int | float | str) else ""
        return f"{name} {sentence.format(**flaw.context)}{told}", description
    words = flaw.words.replace("Input should be", "expected", 1)
    return words[:1].lower() + words[1:], description


def _owner(model: type[BaseModel] | None) -> str:
    return str(getattr(model, "diagnostic_owner", ""))


def _tag(flaw: _Flaw) -> str:
    return str(flaw.context["discriminator"]).strip("'")


def _some(words: Iterable[str]) -> str:
    all_words = list(words)
    return ", ".join(all_words[:_LISTED]) + (", ..." if len(all_words) > _LISTED else "")
