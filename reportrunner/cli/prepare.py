"""Preparing jobs for a command: each is loaded and planned; what is invalid is said, and the others go on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from reportrunner.cli.options import Found, environment_params
from reportrunner.cli.terminal import colored, say, say_error
from reportrunner.errors import InvalidError
from reportrunner.job import Moment
from reportrunner.load import Given
from reportrunner.prepare import Bench, Order, Prepared, prepare
from reportrunner.window.zone import use_packaged_zones


def prepare_all(
    found: Iterable[Found], moment: Moment, params: dict[str, str], *, samples: bool = False
) -> tuple[list[Prepared], int]:
    """Return the jobs that are valid, and the exit code of those that are not (0 or 3)."""
    use_packaged_zones()
    given = Given(params, environment_params(), samples)
    prepared: list[Prepared] = []
    benches: dict[Path, Bench] = {}
    code = 0
    for job in found:
        try:
            order = Order(job.path, job.root, job.shown, job.shown_root, moment, given)
            if job.root not in benches:
                benches[job.root] = Bench(order)
            ready = prepare(order, benches[job.root])
        except InvalidError as error:
            say_error(error)
            code = error.exit_code
            continue
        if ready.plan.warnings:
            say_warnings(ready)
        prepared.append(ready)
    return prepared, code


def say_warnings(ready: Prepared) -> None:
    """Print what is odd about a valid job."""
    from reportrunner.cli.diagnostics import format_diagnostics

    say(format_diagnostics(ready.plan.warnings, color=colored()))
