"""The room of kept observations: one immutable Parquet file each, in the folder of their history.

A file is written aside and gets its name in one step, so that any number of writers lose nothing and one that is
killed leaves nothing half. Its name ends in the hash of its bytes: what was changed since is found.
"""

# ruff: noqa: S608 - names are written by `quoted`, texts by `literal` or bound

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from reportrunner.disk import lock, private, sync
from reportrunner.duck import DATA, Duck, literal, quoted
from reportrunner.errors import OutputError, SqlError
from reportrunner.table import Column, ColumnType, Observation, Table

SCHEMA = 1
ENTRY = "reportrunner.observation"
"""What the facts of an observation are called inside its file."""
STAGING = ".keeping-"
_ADVICE = "restore it from a copy, or move it away and live with the gap"


def keep(table: Table, observation: Observation, folder: Path) -> Observation:
    """Write the table and its facts as a new file of the folder; OutputError when the disk refuses."""
    try:
        with _shared(folder):
            staging = folder / f"{STAGING}{secrets.token_hex(8)}"
            staging.mkdir(mode=0o700)
            try:
                aside = staging / "rows.parquet"
                _write(table, observation, aside)
                file = folder / _name(observation, aside)
                aside.rename(file)
                sync(folder)
            finally:
                shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror or error}") from None
    except SqlError as error:
        raise OutputError(f'cannot keep dataset "{table.name}" in {folder}: {error}') from error
    return replace(observation, file=file)


def kept(folder: Path) -> list[Observation]:
    """Return every observation of a folder, the one that was seen last at the end; none where there is no folder.

    OutputError names a file that is none of ours, or cannot be read.
    """
    found, faults = survey(folder)
    if faults:
        raise faults[0]
    return found


def survey(folder: Path) -> tuple[list[Observation], list[OutputError]]:
    """Return the observations of a folder as `kept` does, and what is wrong with its other files."""
    try:
        files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except FileNotFoundError:
        return [], []
    except OSError as error:
        raise OutputError(f"cannot read {folder}: {error.strerror or error}") from None
    found, faults = list[Observation](), list[OutputError]()
    for file, text in _entries(files):
        try:
            found.append(_observation(file, text))
        except OutputError as error:
            faults.append(error)
    return sorted(found, key=lambda one: (one.seen, one.as_of, one.run, one.file.name)), faults


def verify(observation: Observation) -> None:
    """Compare a file with the hash in its name; OutputError where it was changed since it was kept."""
    try:
        with observation.file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise OutputError(f"cannot read {observation.file}: {error.strerror or error}") from None
    if not observation.file.stem.endswith(f"-{digest[:16]}"):
        raise OutputError(f"{observation.file} is not what was kept: its bytes have changed, or its name; {_ADVICE}")


def _write(table: Table, observation: Observation, aside: Path) -> None:
    with Duck() as duck:
        duck.attach(table.file, "t")
        stored = {name: kind for name, kind, *_ in duck.fetch(f"describe t.{DATA}")}
        # Parquet has no integers of 128 bit.
        cells = ", ".join(
            f"cast({quoted(c.name)} as DECIMAL(38, 0)) as {quoted(c.name)}"
            if stored[c.name] == "HUGEINT"
            else quoted(c.name)
            for c in table.columns
        )
        facts = literal(json.dumps(_facts(observation), ensure_ascii=False, sort_keys=True))
        duck.run(
            f"copy (select {cells} from t.{DATA}) to {literal(str(aside))} "
            f"(format parquet, compression zstd, kv_metadata {{{quoted(ENTRY)}: {facts}}})"
        )
    aside.chmod(0o600)
    sync(aside)


def _name(observation: Observation, file: Path) -> str:
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    moment = observation.seen.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{moment}-{observation.run}-{secrets.token_hex(4)}-{digest[:16]}.parquet"


def _facts(observation: Observation) -> dict[str, Any]:
    facts = {name: value for name, value in asdict(observation).items() if name not in {"file", "columns"}}
    columns = [{"name": c.name, "type": c.type.value, "personal": bool(c.personal)} for c in observation.columns]
    moments = {name: facts[name].astimezone(dt.UTC).isoformat() for name in ("as_of", "seen")}
    return {"schema": SCHEMA, **facts, **moments, "columns": columns}


def _observation(file: Path, text: str | OutputError) -> Observation:
    if isinstance(text, OutputError):
        raise text
    try:
        facts = json.loads(text)
        schema = facts.pop("schema")
        if schema != SCHEMA:
            raise OutputError(f"{file} was kept by another version of reportrunner (schema {schema}, not {SCHEMA})")
        columns = tuple(
            Column(c["name"], ColumnType(c["type"]), personal=c["personal"] or None) for c in facts["columns"]
        )
        moments = {name: dt.datetime.fromisoformat(facts[name]) for name in ("as_of", "seen")}
        return Observation(**{**facts, **moments, "columns": columns, "key": tuple(facts["key"]), "file": file})
    except (ValueError, TypeError, KeyError, AttributeError):
        raise OutputError(f"{file} is no observation: its facts cannot be read; {_ADVICE}") from None


def _entries(files: Sequence[Path]) -> Iterator[tuple[Path, str | OutputError]]:
    """Yield the facts of files, read all at once; where that fails, one after the other, to name those at fault."""
    ours = [file for file in files if file.suffix == ".parquet" and file.is_file()]
    with Duck() as duck:
        try:
            found = _facts_of(duck, ours)
        except SqlError:
            found = {}
        for file in files:
            if str(file) in found:
                yield file, found[str(file)]
            elif file not in ours:
                yield file, OutputError(f"{file} is no observation; nothing else may lie in the folder of a history")
            else:
                yield file, _alone(duck, file)


def _alone(duck: Duck, file: Path) -> str | OutputError:
    try:
        found = _facts_of(duck, [file])
    except SqlError as error:
        return OutputError(f"{file} cannot be read: {error}; {_ADVICE}")
    said = f"{file} is a Parquet file of somebody else, and no observation; move it away"
    return found.get(str(file)) or OutputError(said)


def _facts_of(duck: Duck, files: Sequence[Path]) -> dict[str, str]:
    if not files:
        return {}
    found = duck.fetch(
        "select file_name, decode(value) from parquet_kv_metadata($files) where decode(key) = $entry",
        {"files": [str(file) for file in files], "entry": ENTRY},
    )
    return dict(found)


@contextmanager
def _shared(folder: Path) -> Iterator[None]:
    """Hold a folder beside other writers; what a killed one left goes when there is none."""
    private(folder)
    held = os.open(folder, os.O_RDONLY)
    try:
        if lock(held, fcntl.LOCK_EX | fcntl.LOCK_NB):
            for left in folder.glob(f"{STAGING}*"):
                shutil.rmtree(left, ignore_errors=True)
        lock(held, fcntl.LOCK_SH)
        yield
    finally:
        os.close(held)
