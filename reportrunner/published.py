"""What stands published for a label, read strictly: whether it answers the question that a run would ask again.

Nothing but the published folder counts: it appears whole or not at all, so a run that was killed is not done.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from reportrunner import manifest, record
from reportrunner.errors import OutputError
from reportrunner.job import path_fault
from reportrunner.publish import revisions

_UNASKED = frozenset({"time_zone_data"})
"""What a manifest says of its question that may differ: other rules of a zone tell by the windows that they give."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the newest revision of a label is to a run that would be made now."""

    state: Literal["nothing", "done", "other"]
    """`other` stands for another question, ended with an error, or is not whole: the run is the next revision."""
    folder: str = ""
    why: str = ""
    """Why what stands does not do."""


class _UnfitError(Exception):
    """Why a published folder does not do."""


Told = Callable[[], Mapping[str, Sequence[str]]]
"""Gives per dataset that reads a history as of when the observations are that it would read now."""

Holds = Callable[[str, str], bool]
"""Tells whether a history, by its name, still has the file in which a run kept what it saw."""


def standing(
    folder: Path, label: str, question: Mapping[str, Any], told: Told = dict, holds: Holds = lambda _, __: True
) -> Standing:
    """Return what stands under a label in a job's folder; `question` is what a manifest of the run would begin with."""
    found = revisions(folder, label)
    if not found:
        return Standing("nothing")
    newest = found[-1]
    try:
        read, ran = _read(newest, question)
        _as_kept(read, ran, holds)
        _as_told(read, told)
    except _UnfitError as unfit:
        return Standing("other", newest.name, str(unfit))
    return Standing("done", newest.name)


def _read(folder: Path, question: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the manifest and the record of a folder, or raise what is unfit about it.

    It is unreadable, of another question, ended with an error, or is not whole.
    """
    read, ran = _manifest(folder / "manifest.toml"), _record(folder / "run.json")
    asked = _comparable({name: read.get(name) for name in question})
    changed = _changed(asked, _comparable(manifest.as_read(question)))
    if changed:
        raise _UnfitError(f"changed since: {', '.join(changed)}")
    code = ran.get("exit_code")
    if code != 0 or type(code) is not int:
        raise _UnfitError(f"it ended with {code}")
    documents = read.get("documents")
    for document in documents if isinstance(documents, list) else [None]:
        _whole(folder, document)
    return read, ran


def _as_kept(read: Mapping[str, Any], ran: Mapping[str, Any], holds: Holds) -> None:
    """Raise a dataset of which the history has lost what this run kept: only another run brings it back."""
    kept, datasets = ran.get("kept", {}), read.get("datasets")
    for name, file in kept.items() if isinstance(kept, dict) else ():
        dataset = datasets.get(name) if isinstance(datasets, dict) else None
        facts = dataset.get("kept") if isinstance(dataset, dict) else None
        into = facts.get("into") if isinstance(facts, dict) else None
        if not (isinstance(into, str) and isinstance(file, str) and holds(into, file)):
            raise _UnfitError(f"what it kept of {name} is not in {into} any more")


def _as_told(read: Mapping[str, Any], told: Told) -> None:
    """Raise a dataset whose history has grown since, or is not there any more."""
    try:
        now = told()
    except OutputError as error:
        raise _UnfitError(str(error)) from None
    datasets = read.get("datasets")
    for name, moments in now.items():
        then = datasets.get(name) if isinstance(datasets, dict) else None
        history = then.get("history") if isinstance(then, dict) else None
        if not isinstance(history, dict) or history.get("as_of") != list(moments):
            raise _UnfitError(f"changed since: datasets.{name}.history")


def _manifest(path: Path) -> dict[str, Any]:
    try:
        read = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise _UnfitError(f"its {path.name} cannot be read") from None
    return _of_schema(path, read, manifest.SCHEMA)


def _record(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise _UnfitError(f"its {path.name} cannot be read") from None
    return _of_schema(path, read, record.SCHEMA)


def _of_schema(path: Path, read: object, schema: int) -> dict[str, Any]:
    if not isinstance(read, dict) or read.get("schema") != schema:
        raise _UnfitError(f"its {path.name} is of another schema")
    return read


def _comparable(question: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in question.items() if name not in _UNASKED}


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Name what differs between two questions, in words of the manifest: `inputs job`, `params team`."""
    changed: list[str] = []
    for name in record.differing(before, after):
        old, new = before.get(name), after.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            changed += [f"{name} {part}" for part in record.differing(old, new)]
        else:
            changed.append(name)
    return changed


def _whole(folder: Path, document: object) -> None:
    """Raise what is unfit about a document: it is what the manifest says, byte for byte, or the run is not done."""
    facts = document if isinstance(document, dict) else {}
    path = facts.get("path")
    if not isinstance(path, str) or path_fault(path):
        raise _UnfitError("its manifest.toml cannot be read")
    try:
        with (folder / path).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise _UnfitError(f"its {path} is not there") from None
    if found != facts.get("sha256"):
        raise _UnfitError(f"its {path} is not what was published")
