"""`reportrunner plan`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from reportrunner.cli.options import find_jobs, given_params, job_arguments, wall_clock


@click.command("plan")
@job_arguments
@click.option("--sandbox", is_flag=True, help="Allow an --as-of later than now, as run --sandbox does.")
@click.option("--json", "as_json", is_flag=True, help="Print the plans as JSON.")
def command(
    jobs: Sequence[Path], select: str, as_of: str, params: Sequence[str], *, sandbox: bool, as_json: bool
) -> int:
    """Show what jobs would ask and write: windows, requests, files. Sends nothing, needs no secret."""
    found = find_jobs(jobs, select)

    import json

    from reportrunner.cli.plan_text import plan_facts, plan_text
    from reportrunner.cli.prepare import prepare_all
    from reportrunner.job import Moment

    prepared, code = prepare_all(found, Moment(as_of, wall_clock(), sandbox), given_params(params))
    facts = [plan_facts(ready.plan) for ready in prepared]
    if as_json:
        click.echo(json.dumps(facts, indent=1, ensure_ascii=False))
    elif facts:
        click.echo("\n\n".join(plan_text(fact) for fact in facts))
    return code
