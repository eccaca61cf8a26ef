"""What a run was made of: the files of the project it read, and their hashes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from reportrunner.ask import FileNode
from reportrunner.manifest import sha256
from reportrunner.plan import RunPlan
from reportrunner.sources import needed_sources

TEMPLATES = "templates"


def read_templates(root: Path) -> dict[str, str]:
    """Return the project's templates, name to text; a name is the path under `templates/`."""
    folder = root / TEMPLATES
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*.j2"))
        if path.is_file()
    }


def input_hashes(plan: RunPlan, root: Path, templates: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the hashes of the job file, the sections of the sources it asks, its reference files and templates."""
    job = plan.job
    hashes = {"job": sha256(job.file.text.encode())}
    sources = needed_sources(plan.nodes.values(), job.sources)
    for name, source in sources.items():
        hashes[f"sources.{name}"] = sha256(source.settings.model_dump_json(exclude_none=True).encode())
    for node in plan.nodes.values():
        if isinstance(node, FileNode):
            hashes[node.file] = sha256((root / node.file).read_bytes())
    return hashes | {f"{TEMPLATES}/{name}": sha256(text.encode()) for name, text in templates}
