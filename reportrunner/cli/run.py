"""`reportrunner run`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict, Unpack

import click

from reportrunner.cli.options import (
    find_jobs,
    given_params,
    job_arguments,
    live_options,
    refuse_actions,
    wall_clock,
)
from reportrunner.cli.terminal import start_logging


class Options(TypedDict):
    """What the command line gives."""

    jobs: Sequence[Path]
    select: str
    as_of: str
    params: Sequence[str]
    sandbox: bool
    out: Path | None
    side_by_side: int
    workers: int
    verbose: int
    log_file: Path | None
    allow_actions: bool


@click.command("run")
@job_arguments
@click.option("--out", type=click.Path(path_type=Path), help="Folder for documents; default <root>/out.")
@click.option(
    "--jobs", "side_by_side", default=4, show_default=True, type=click.IntRange(1, 64), help="Jobs side by side."
)
@click.option(
    "--allow-actions", is_flag=True, help="Let jobs change something at the provider; the stand-in needs no leave."
)
@live_options
def command(**options: Unpack[Options]) -> int:
    """Run jobs and publish their documents.

    The folder of every published run goes to standard output, everything else to standard error.
    """
    started = time.monotonic()
    start_logging(options["verbose"], options["log_file"])
    found = find_jobs(options["jobs"], options["select"])
    params = given_params(options["params"])

    from reportrunner.cli.live import live, sharing
    from reportrunner.cli.prepare import prepare_all
    from reportrunner.cli.progress import Progress
    from reportrunner.cli.summary import say_all, say_summary
    from reportrunner.cli.trips import trips
    from reportrunner.job import Moment
    from reportrunner.run import Ended, run, worst

    prepared, invalid = prepare_all(found, Moment(options["as_of"], wall_clock(), options["sandbox"]), params)
    if not prepared:
        return invalid
    if not options["allow_actions"] and not options["sandbox"]:
        refuse_actions(ready.plan for ready in prepared)
    progress = Progress([ready.plan for ready in prepared], options["side_by_side"])

    codes, runs, sent = [invalid], list[Ended](), 0
    with progress:
        for group in sharing(prepared, sandbox=options["sandbox"]):
            with live(group, progress.notice, sandbox=options["sandbox"], workers=options["workers"]) as opened:
                codes.append(opened.code)
                going = trips(opened.ready, options["out"], progress)
                for ended in run(going, opened.executor, options["side_by_side"]):
                    progress.ended(ended)
                    codes.append(say_summary(ended))
                    runs.append(ended)
                sent += len(opened.executor.sent)
    if len(found) > 1:
        say_all(runs, len(found), sent, time.monotonic() - started)
    return worst(codes)
