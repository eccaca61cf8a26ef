"""`reportrunner schema`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("schema")
@click.argument("which", type=click.Choice(["job", "project"]), default="job")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Write both schemas into this folder.")
def command(which: str, out: Path | None) -> int:
    """Print the JSON Schema of job files (or of the project file), or write both into a folder."""
    from reportrunner.cli.terminal import say
    from reportrunner.formats import FORMATS
    from reportrunner.providers import PROVIDERS
    from reportrunner.schema import job_schema, project_schema, to_text

    texts = {"job": to_text(job_schema(PROVIDERS, FORMATS)), "project": to_text(project_schema(PROVIDERS))}
    if out is None:
        click.echo(texts[which], nl=False)
        return 0
    out.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        path = out / f"{name}.schema.json"
        path.write_text(text, "utf-8")
        say(f"wrote {path}")
    return 0
