"""`reportrunner schema`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("schema")
@click.argument("which", type=click.Choice(["job", "project", "fixtures", "rest"]), default="job")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Write all schemas into this folder.")
def command(which: str, out: Path | None) -> int:
    """Print the JSON Schema of job files or of another kind of file, or write all of them into a folder.

    In a project the endpoints that its sources define are part of the schema of job files. `rest` is the schema of
    files that sources of that provider include.
    """
    from reportrunner.cli.project import project_here
    from reportrunner.cli.terminal import say
    from reportrunner.formats import FORMATS
    from reportrunner.providers import PROVIDERS
    from reportrunner.schema import every_schema, to_text

    schemas = every_schema(PROVIDERS, FORMATS, project_here()[0].values())
    texts = {name: to_text(one) for name, one in schemas.items()}
    if out is None:
        click.echo(texts[which], nl=False)
        return 0
    out.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        path = out / f"{name}.schema.json"
        path.write_text(text, "utf-8")
        say(f"wrote {path}")
    return 0
