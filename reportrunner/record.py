"""run.json: the record of one execution, with everything that differs from run to run."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from reportrunner import __version__
from reportrunner.environment import Sent
from reportrunner.report import Finding

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Record:
    """The facts of one execution."""

    id: str
    job: str
    label: str
    started: dt.datetime
    ended: dt.datetime
    exit_code: int
    sandbox: bool
    datasets: Mapping[str, str]
    """Per dataset what became of it: `120 rows`, or why it was lost."""
    findings: Sequence[Finding]
    sent: Sequence[Sent]
    errors: Sequence[str] = ()
    """Why nothing was published; empty when something was."""
    kept: Mapping[str, str] = field(default_factory=dict)
    """Per dataset the file in which it was kept for later runs."""
    fed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Per dataset that reads a history, the files that fed it."""


def write_record(record: Record, manifest: bytes, earlier: Sequence[Path]) -> bytes:
    """Return `run.json`; `earlier` are the folders of the same label, oldest first, which this run supersedes."""
    said: dict[str, Any] = {
        "schema": SCHEMA,
        "run": record.id,
        "version": __version__,
        "job": record.job,
        "label": record.label,
        "started": record.started.isoformat(),
        "ended": record.ended.isoformat(),
        "exit_code": record.exit_code,
        "sandbox": record.sandbox,
        "datasets": dict(record.datasets),
        "errors": list(record.errors),
        "findings": [
            {"code": f.code, "severity": f.severity, "subject": f.subject, "message": f.message, "count": f.count}
            for f in record.findings
        ],
        "requests": [asdict(sent) for sent in record.sent],
    }
    histories = {"kept": dict(record.kept), "fed": {name: list(files) for name, files in record.fed.items()}}
    said |= {name: files for name, files in histories.items() if files}
    if earlier and manifest:
        said["supersedes"] = earlier[-1].name
        said["changed"] = changes(_manifest(earlier[-1] / "manifest.toml"), tomllib.loads(manifest.decode()))
    return (json.dumps(said, indent=1, ensure_ascii=False) + "\n").encode()


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return what differs between two manifests, in words of the job: inputs, datasets, documents."""
    changed = [f"inputs {name}" for name in differing(before.get("inputs", {}), after.get("inputs", {}))]
    tables = [{n: d.get("sha256") for n, d in m.get("datasets", {}).items()} for m in (before, after)]
    changed += [f"datasets {name}" for name in differing(*tables)]
    files = [{d.get("path"): d.get("sha256") for d in m.get("documents", ())} for m in (before, after)]
    return changed + [f"documents {name}" for name in differing(*files)]


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the names that stand for something else in the two, or in one of them only."""
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def _manifest(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
