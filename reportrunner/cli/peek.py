"""`reportrunner peek`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from reportrunner.cli.options import Found, find_jobs, given_params, live_options, not_empty, refuse_actions, wall_clock

if TYPE_CHECKING:
    from reportrunner.ask import Node
    from reportrunner.prepare import Prepared


class Options(TypedDict):
    """What the command line gives."""

    target: str
    rows: int
    as_of: str
    params: Sequence[str]
    sandbox: bool
    workers: int
    verbose: int
    log_file: Path | None


@click.command("peek")
@click.argument("target", metavar="JOB.DATASET")
@click.option("--rows", default=10, show_default=True, type=click.IntRange(1, 1000), help="How many rows.")
@click.option(
    "--as-of", default="", callback=not_empty, metavar="WHEN", help="The moment it pretends to be; default now."
)
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="Value of a param; may repeat.")
@live_options
def command(**options: Unpack[Options]) -> int:
    """Fetch one dataset and its inputs, print its first rows with their types, publish nothing."""
    found, dataset = _target(options["target"])

    from reportrunner.cli.live import live
    from reportrunner.cli.prepare import prepare_all
    from reportrunner.cli.progress import Progress
    from reportrunner.cli.terminal import say, say_error, start_logging
    from reportrunner.job import Moment
    from reportrunner.run import landed_table, worst
    from reportrunner.table_file import rows

    start_logging(options["verbose"], options["log_file"])
    moment = Moment(options["as_of"], wall_clock(), options["sandbox"])
    prepared, code = prepare_all([found], moment, given_params(options["params"]))
    if code:
        return code
    ready = _only(prepared[0], dataset)
    refuse_actions([ready.plan])
    progress = Progress([ready.plan])
    with (
        tempfile.TemporaryDirectory(prefix="reportrunner-") as folder,
        progress,
        live([ready], progress.notice, sandbox=options["sandbox"], workers=options["workers"]) as opened,
    ):
        if opened.code:
            return opened.code
        gathered = landed_table(ready, opened.executor, Path(folder), progress.of(ready.plan.run))
        if dataset not in gathered.landed:
            for error in gathered.lost.values():
                say_error(error)
            return worst(error.exit_code for error in gathered.lost.values())
        table, notes = gathered.landed[dataset].table, gathered.landed[dataset].notes
        head = [[column.name for column in table.columns], [str(column.type) for column in table.columns]]
        click.echo(_grid([*head, *([_cell(value) for value in row] for row in rows(table, options["rows"]))]))
        click.echo(f"{table.rows:,} rows")
        for said in [*(note.message for note in notes), *_unkept(ready.plan.nodes[dataset])]:
            say(f"! {said}")
    return 0


def _unkept(node: Node) -> Iterator[str]:
    """Say what a run would show of a history, and a look does not."""
    from reportrunner.memory import HistoryNode

    if isinstance(node, HistoryNode) and node.feeder:
        yield f'what was fetched of dataset "{node.feeder}" is not among them: peek keeps nothing'


def _target(text: str) -> tuple[Found, str]:
    """Read JOB.DATASET, where JOB is a name under jobs/ or a path with or without its suffix."""
    name, dot, dataset = text.rpartition(".")
    if not dot or not name or dataset == "toml":
        raise click.UsageError(f'peek takes JOB.DATASET, such as weekly-compliance.overdue, not "{text}"')
    for candidate in (Path(name), Path(f"{name}.toml"), Path("jobs") / f"{name}.toml"):
        if candidate.is_file():
            return find_jobs([candidate], "")[0], dataset
    raise click.UsageError(f'there is no job "{name}": reportrunner ls lists them')


def _only(ready: Prepared, dataset: str) -> Prepared:
    """Return the job with that dataset and what it needs, and no outputs."""
    from reportrunner.ask import needs_of
    from reportrunner.spelling import did_you_mean

    nodes = ready.plan.nodes
    if dataset not in nodes:
        raise click.UsageError(f'{ready.plan.job.name} has no dataset "{dataset}"{did_you_mean(dataset, nodes)}')
    wanted, waiting = set[str](), [dataset]
    while waiting:
        name = waiting.pop()
        wanted.add(name)
        waiting += [need for need in needs_of(nodes[name]) if need not in wanted]
    kept = {name: node for name, node in nodes.items() if name in wanted}
    return replace(ready, plan=replace(ready.plan, nodes=kept))


def _cell(value: object) -> str:
    text = "null" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)
    text = "".join(char if char.isprintable() else "·" for char in text)
    return text if len(text) <= 40 else text[:39] + "…"


def _grid(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines)
