"""The manifest: what was asked, what came back and what was written, the same bytes for the same run."""

from __future__ import annotations

import datetime as dt
import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

import tomli_w

from reportrunner import __version__
from reportrunner.ask import EndpointNode, Node, QueryNode
from reportrunner.flow import Exchange
from reportrunner.gather import Gathered
from reportrunner.memory import HistoryNode, moments
from reportrunner.plan import RunPlan
from reportrunner.report import Document, Finding
from reportrunner.table import Landed
from reportrunner.window import Window
from reportrunner.window.zone import TZ_VERSION

SCHEMA = 1


def write_manifest(
    plan: RunPlan,
    gathered: Gathered,
    findings: Iterable[Finding],
    documents: Iterable[Document],
    inputs: Mapping[str, str],
    *,
    sandbox: bool,
) -> bytes:
    """Return `manifest.toml`; `inputs` are the hashes of the job file, its sources, templates and reference files.

    Nothing in it depends on when or where the run was: polls, retries, sign-ins, ports and times are for run.json.
    """
    found = list(findings)
    manifest: dict[str, Any] = {
        "schema": SCHEMA,
        "version": __version__,
        **question(plan, inputs, sandbox=sandbox),
        "datasets": {
            name: _dataset(
                node, gathered.landed[name], gathered.exchanges.get(name, ()), _of(found, f"datasets.{name}")
            )
            for name, node in sorted(plan.nodes.items())
            if name in gathered.landed
        },
        "checks": {f.subject.removeprefix("checks."): _finding(f) for f in found if f.subject.startswith("checks.")},
        "documents": [
            {
                "output": document.output,
                "path": document.path,
                "media_type": document.media_type,
                **_measured(document),
            }
            for document in documents
        ],
    }
    return tomli_w.dumps(manifest).encode()


def question(plan: RunPlan, inputs: Mapping[str, str], *, sandbox: bool) -> dict[str, Any]:
    """Return what was asked, as the manifest begins: known before anything is sent."""
    job = plan.job
    return {
        "job": job.name,
        "title": job.title,
        "label": plan.label,
        "timezone": job.timezone,
        "as_of": job.as_of.isoformat(),
        "sandbox": sandbox,
        "time_zone_data": TZ_VERSION,
        "params": {name: _plain(value) for name, value in sorted(job.params.items())},
        "inputs": dict(sorted(inputs.items())),
        "windows": {name: _window(window) for name, window in job.windows.items()},
    }


def as_read(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part of a manifest as it is read back."""
    return tomllib.loads(tomli_w.dumps(said))


def _of(findings: Iterable[Finding], subject: str) -> list[dict[str, Any]]:
    return [_finding(finding) for finding in findings if finding.subject == subject]


def _finding(finding: Finding) -> dict[str, Any]:
    said: dict[str, Any] = {"code": finding.code, "severity": finding.severity, "message": finding.message}
    if finding.count:
        said["count"] = finding.count
    if finding.accepted:
        said["accepted"] = finding.accepted
    return said


def _window(window: Window) -> dict[str, Any]:
    return {
        "label": window.label,
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "zone": window.zone,
    }


def _dataset(
    node: Node, landed: Landed, exchanges: tuple[Exchange, ...], findings: list[dict[str, Any]]
) -> dict[str, Any]:
    said: dict[str, Any] = {
        "rows": landed.table.rows,
        "columns": [f"{column.name} {column.type}" for column in landed.table.columns],
        "sha256": landed.table.digest,
        "findings": findings,
    }
    if isinstance(node, EndpointNode):
        slices = {"slices": [part.label for part in node.slices]} if node.split else {}
        said = {"source": node.source.name, "endpoint": node.endpoint.name, **slices, **said}
        said["exchanges"] = [
            {
                "step": exchange.step,
                "method": exchange.method,
                "url": exchange.path,
                "request": exchange.request,
                "status": exchange.status,
                "reply": exchange.reply,
            }
            for exchange in exchanges
        ]
    if isinstance(node, QueryNode):
        said["inputs"] = sorted(node.inputs)
    if isinstance(node, HistoryNode):
        said["history"] = {"name": node.into, "as_of": [f"{moment.isoformat()}" for moment in moments(landed.fed)]}
    if landed.kept is not None:
        covered = (dt.datetime.fromtimestamp(unix, dt.UTC) for unix in (landed.kept.start, landed.kept.end))
        said["kept"] = {"into": landed.kept.into, "covered": [moment.isoformat() for moment in covered]}
    return said


def _measured(document: Document) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    for piece in document.pieces():
        digest.update(piece)
        size += len(piece)
    return {"bytes": size, "sha256": digest.hexdigest()}


def _plain(value: object) -> object:
    """Return a param as TOML; decimals as text, for a float would change them."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, bool | int | str | dt.date):
        return value
    return str(value)
