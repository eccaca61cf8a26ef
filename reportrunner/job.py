"""The checked job and its project: everything of the TOML files resolved, nothing sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reportrunner.ask import BoundCheck, Node, Source
from reportrunner.closing import Each
from reportrunner.errors import Diagnostic, InvalidError, SqlError
from reportrunner.query import SqlText
from reportrunner.spec import OutputSpec
from reportrunner.toml_file import TomlFile
from reportrunner.window import Window
from reportrunner.window.calendar import Calendar
from reportrunner.window.form import Form


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with `reportrunner.toml`."""

    root: Path
    file: TomlFile
    sources: Mapping[str, Source]
    declared: frozenset[str]
    """Names of all sources of the file, those with errors included."""
    diagnostics: tuple[Diagnostic, ...] = ()
    archive: str = ""
    """The folder that outlives the machine, as the project writes it."""
    calendars: Mapping[str, Calendar | None] = field(default_factory=dict)
    """Its calendars by name; None for each that has errors."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When a run pretends to be, and when it really is; both read once, in the door."""

    as_of: str
    """As typed, or empty for now."""
    wall: dt.datetime
    sandbox: bool = False
    """With the stand-in an `as_of` later than now is allowed."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a dataset says of itself for the built-in checks."""

    empty: str
    """What an answer without rows is: error, warn or ok."""
    accept: Mapping[str, str]
    """Codes of findings it lives with, and why."""
    reconcile: str = ""
    """The dataset that holds the provider's total of the same question."""
    description: str = ""


LONGEST_NAME = 255
"""Bytes of the name of a file or a folder."""


def path_fault(path: str) -> str:
    """Say what is wrong with the path of a document inside the run folder; empty when nothing is."""
    parts = path.split("/")
    if path.startswith("/") or ".." in parts:
        return f'"{path}" leaves the run folder'
    if "" in parts or "." in parts or not path.isprintable():
        return f'"{path}" names no file in the run folder'
    if "\\" in path:
        return f'"{path}" has a backslash, which other systems take for a folder'
    if any(part != part.strip() for part in parts):
        return f'"{path}" begins or ends with a blank'
    if longest := next((part for part in parts if len(part.encode()) > LONGEST_NAME), ""):
        return f'"{longest[:40]}…" has {len(longest.encode())} bytes, and a name has at most {LONGEST_NAME}'
    return ""


@dataclass(frozen=True, slots=True)
class BoundOutput:
    """An output of the job; with `each` it becomes one document per value."""

    name: str
    tree: Mapping[str, Any]
    """Its keys with at most `each` left to render."""
    options: OutputSpec
    """The keys with a sample in place of `each`."""
    each: Each | None = None


@dataclass(frozen=True, slots=True)
class JobSpec:
    """A job file, checked and rendered: params, windows, datasets in file order, checks and outputs."""

    name: str
    """The path under `jobs/` without suffix; otherwise the file's stem."""
    file: TomlFile
    sources: Mapping[str, Source]
    title: str
    tags: tuple[str, ...]
    owner: str
    timezone: str
    as_of: dt.datetime
    label: str
    params: Mapping[str, object]
    given_params: Mapping[str, str]
    """The params given on the command line, as typed: they mark the label."""
    windows: Mapping[str, Window]
    calendars: Mapping[str, Calendar]
    """The calendars that its windows speak of."""
    nodes: Mapping[str, Node]
    declared: frozenset[str]
    """Names of all datasets of the file, those with errors included."""
    checks: tuple[BoundCheck, ...]
    outputs: tuple[BoundOutput, ...]
    rules: Mapping[str, Rules]
    diagnostics: tuple[Diagnostic, ...]
    forms: Mapping[str, Form] = field(default_factory=dict)
    """How the windows were written, those included that have none as of this moment."""

    def sql_invalid(self, loc: tuple[str, ...], sql: SqlText, error: SqlError) -> InvalidError:
        """Return what SQL said when it failed on data, placed in the job file."""
        within = None if error.offset is None else (sql.written(error.offset), 1)
        return InvalidError((self.file.diagnostic(loc, str(error), within=within),))
