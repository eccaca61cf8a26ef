"""What loading works with: the file under the pen, the names expressions may use, and the list of what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from reportrunner.diagnose import explain_validation
from reportrunner.errors import Diagnostic, Severity
from reportrunner.expression import parse_tree, render_tree
from reportrunner.expression.filters import ExpressionError
from reportrunner.spec import DatasetSpec
from reportrunner.spelling import did_you_mean, suggest
from reportrunner.table import Column, mark_personal
from reportrunner.toml_file import TomlFile

M = TypeVar("M", bound=BaseModel)
Loc = tuple[str | int, ...]


@dataclass(slots=True)
class Checker:
    """Collects every problem of one file, so that all are said at once."""

    file: TomlFile
    scope: dict[str, object] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)
    unread: list[Loc] = field(default_factory=list)
    """Where an expression could not be read: what stands there is not looked at any further."""

    def problem(
        self,
        loc: Loc,
        message: str,
        hint: str = "",
        *,
        at: Literal["key", "value", "header"] = "value",
        severity: Severity = "error",
    ) -> None:
        """Add a problem at a place of the file."""
        self.problems.append(self.file.diagnostic(loc, message, hint=hint, at=at, severity=severity))

    def validated(self, model: type[M], data: object, loc: Loc) -> M | None:
        """Return the model of `data`, or None with its problems added."""
        try:
            return model.model_validate(data)
        except ValidationError as error:
            self.problems.extend(explain_validation(self.file, loc, error, model))
            return None

    def parsed(self, data: Any, loc: Loc) -> Any:
        """Return the tree of `data` with its expressions parsed; one that cannot be is a problem and stays text."""
        tree, errors = parse_tree(data)
        self.unread += [(*loc, *place) for place, _ in errors]
        self._expressions(errors, loc)
        return tree

    def is_unread(self, loc: Loc) -> bool:
        """Tell whether something at this place or inside it could not be read."""
        return any(place[: len(loc)] == loc for place in self.unread)

    def rendered(self, tree: Any, loc: Loc, keep: frozenset[str] = frozenset()) -> Any | None:
        """Return the tree with its expressions rendered, or None with the problems added."""
        data, errors = render_tree(tree, self.scope, keep=keep)
        self._expressions(errors, loc)
        return None if errors or self.is_unread(loc) else data

    def mended(
        self, section: Mapping[str, Any], meant: Iterable[str], loc: Loc, owner: str, known: Iterable[str] = ()
    ) -> dict[str, Any]:
        """Put right the keys that tell which model a section has, where one is misspelt, so that the rest is checked.

        The model itself cannot say that: its own misspelt key hides which one it is. `known` are no misspellings.
        """
        mended = dict(section)
        for key in section:
            near = suggest(key, set(meant) - set(mended))
            if near and key not in meant and key not in known:
                self.problem((*loc, key), f'unknown key "{key}" in {owner}; did you mean "{near}"?', at="key")
                mended[near] = mended.pop(key)
        return mended

    def _expressions(self, errors: Iterable[tuple[Loc, ExpressionError]], loc: Loc) -> None:
        for place, error in errors:
            self.expression_problem((*loc, *place), error)

    def expression_problem(self, loc: Loc, error: ExpressionError) -> None:
        """Add what is wrong inside the string at `loc`."""
        within = (error.offset, error.width)
        self.problems.append(self.file.diagnostic(loc, error.message, hint=error.hint, within=within))


def checked_columns(checker: Checker, columns: tuple[Column, ...], spec: DatasetSpec, loc: Loc) -> tuple[Column, ...]:
    """Return a dataset's columns with the job's personal marks; names that no column has are problems.

    So are names that no table can have: SQL knows no difference between upper and lower case.
    """
    fitting: dict[str, Column] = {}
    for column in columns:
        if not column.name.strip() or not column.name.isprintable():
            checker.problem((*loc, "columns", column.name), f'"{column.name}" is no name of a column', at="key")
        elif column.name.lower() in fitting:
            message = f'two columns are called "{column.name}", and SQL does not tell them apart'
            checker.problem((*loc, "columns", column.name), message, at="key")
        else:
            fitting[column.name.lower()] = column
    columns = tuple(fitting.values())
    names = [column.name for column in columns]
    for key in ("key", "sorted_by", "personal"):
        for number, name in enumerate(getattr(spec, key)):
            if columns and name not in names:
                checker.problem((*loc, key, number), f'there is no column "{name}"' + did_you_mean(name, names))
    return mark_personal(columns, spec.personal)


def row_order(spec: DatasetSpec) -> tuple[str, ...]:
    """Return the columns that order a dataset's rows: `sorted_by`, else `key`."""
    return tuple(spec.sorted_by) or tuple(spec.key)


def tables(data: Mapping[str, Any], key: str) -> dict[str, dict[str, Any]]:
    """Return the sub-tables of a section; what is no table is left to validation."""
    section = data.get(key)
    if not isinstance(section, dict):
        return {}
    return {name: value for name, value in section.items() if isinstance(value, dict)}


def strays(data: Mapping[str, Any], key: str, model: type[BaseModel]) -> dict[str, Any]:
    """Return what stands under misspellings of a section's key: `[dataset.x]` is meant to be there."""
    known = model.model_fields
    words = [word for word in data if word not in known and suggest(word, known) == key]
    return {name: value for word in words for name, value in tables(data, word).items()}


def named(data: Mapping[str, Any], key: str, model: type[BaseModel]) -> frozenset[str]:
    """Return the names of a section, those of strays included."""
    section = data.get(key)
    return frozenset(section if isinstance(section, dict) else ()) | frozenset(strays(data, key, model))
