"""What a run was made of: the files of the project it read, and their hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from reportrunner.ask import FileNode
from reportrunner.errors import Diagnostic, InvalidError
from reportrunner.plan import RunPlan
from reportrunner.sources import needed_sources

TEMPLATES = "templates"


def read_templates(root: Path) -> dict[str, str]:
    """Return the project's templates, name to text; a name is the path under `templates/`.

    Raises InvalidError for one that is no text.
    """
    folder = root / TEMPLATES
    home = root.resolve()
    paths = [path for path in sorted(folder.rglob("*.j2")) if path.is_file() and path.resolve().is_relative_to(home)]
    return {path.relative_to(folder).as_posix(): _text(path, root) for path in paths}


def _text(path: Path, root: Path) -> str:
    raw = _bytes(path, root)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8"
        raise InvalidError(
            (Diagnostic(path.relative_to(root).as_posix(), line, 1, message, "save the file as UTF-8"),)
        ) from None


def _bytes(path: Path, root: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"the file cannot be read: {str(error.strerror).lower()}"
        raise InvalidError((Diagnostic(path.relative_to(root).as_posix(), 0, 0, message),)) from None


def input_hashes(plan: RunPlan, root: Path, templates: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the hashes of the job file, the sources and calendars it speaks of, its reference files and templates."""
    job = plan.job
    hashes = {"job": sha256(job.file.text.encode())}
    sources = needed_sources(plan.nodes.values(), job.sources)
    for name, source in sources.items():
        hashes[f"sources.{name}"] = sha256(source.settings.model_dump_json(exclude_none=True).encode())
    for name, calendar in job.calendars.items():
        hashes[f"calendars.{name}"] = sha256(calendar.facts.encode())
    for node in plan.nodes.values():
        if isinstance(node, FileNode):
            hashes[node.file] = sha256(_bytes(root / node.file, root))
    return hashes | {f"{TEMPLATES}/{name}": sha256(text.encode()) for name, text in templates}


def sha256(content: bytes) -> str:
    """Return the hash as manifests write it."""
    return hashlib.sha256(content).hexdigest()
