"""`reportrunner ls`."""

from __future__ import annotations

import tomllib
from pathlib import Path

import click

from reportrunner.cli.options import Found, find_jobs


@click.command("ls")
@click.option("--select", default="", metavar="tag:x,owner:y", help="Only jobs with one of these.")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
def command(folder: Path | None, select: str) -> int:
    """List the jobs of the project, or of a folder: file, tags, owner, title."""
    from reportrunner.project_root import find_root

    found = find_jobs([folder or find_root(Path.cwd()) / "jobs"], select)
    rows = [("job", "tags", "owner", "title"), *(_row(job) for job in found)]
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    for row in rows:
        click.echo("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]).rstrip())
    return 0


def _row(job: Found) -> tuple[str, str, str, str]:
    try:
        data = tomllib.loads(job.path.read_text("utf-8"))
    except (OSError, ValueError):
        return (job.shown, "", "", "cannot be read: reportrunner validate says why")
    tags = data.get("tags", [])
    return (job.shown, ",".join(map(str, tags)), str(data.get("owner", "")), str(data.get("title", "")))
