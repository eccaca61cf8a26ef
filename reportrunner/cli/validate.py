"""`reportrunner validate`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from reportrunner.cli.options import find_jobs, given_params, job_arguments, wall_clock


@click.command("validate")
@job_arguments
def command(jobs: Sequence[Path], select: str, as_of: str, params: Sequence[str]) -> int:
    """Say everything that is wrong with jobs, all at once; send nothing, need no secret."""
    found = find_jobs(jobs, select)

    from reportrunner.cli.prepare import prepare_all
    from reportrunner.cli.terminal import say, style
    from reportrunner.job import Moment

    prepared, code = prepare_all(found, Moment(as_of, wall_clock(), sandbox=True), given_params(params), samples=True)
    for ready in prepared:
        counts = (
            f"{len(ready.plan.nodes)} datasets, {len(ready.plan.checks)} checks, {len(ready.plan.job.outputs)} outputs"
        )
        say(f"{ready.order.shown}: {style('valid', fg='green')}, {counts}")
    return code
