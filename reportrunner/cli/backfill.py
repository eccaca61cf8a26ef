"""`reportrunner backfill`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from reportrunner.cli.options import Found, environment_params, find_jobs, given_params, live_options, wall_clock
from reportrunner.cli.terminal import start_logging

if TYPE_CHECKING:
    from reportrunner.backfill import Due, Steered
    from reportrunner.cli.backfill_text import Tally
    from reportrunner.job import JobSpec
    from reportrunner.prepare import Bench, Order, Prepared


class Options(TypedDict):
    """What the command line gives."""

    job: Path
    first: date
    last: date
    period: str
    params: Sequence[str]
    dry_run: bool
    sandbox: bool
    out: Path | None
    side_by_side: int
    workers: int
    verbose: int
    log_file: Path | None


def _day(_: click.Context, option: click.Parameter, text: str) -> date:
    """Read a day as a job writes it."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise click.BadParameter(f'"{text}" is no day; write it like 2026-05-18', param=option)


@click.command("backfill")
@click.argument("job", metavar="JOB", type=click.Path(path_type=Path))
@click.option("--from", "first", required=True, callback=_day, metavar="DAY", help="First day of the first period.")
@click.option("--to", "last", required=True, callback=_day, metavar="DAY", help="Last day of the last period.")
@click.option(
    "--period", default="", metavar="WORD", help="How long one run is, where the job's window names no period."
)
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="Value of a param; may repeat.")
@click.option("--dry-run", is_flag=True, help="Say which periods are done and which would run; send nothing.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for documents; default <root>/out.")
@click.option(
    "--jobs",
    "side_by_side",
    default=4,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Periods side by side; one by one where they read a history.",
)
@live_options
def command(**options: Unpack[Options]) -> int:
    """Run a job once for every period between two days.

    A period whose documents stand published, and answer the same question, is done and is skipped: the same command
    goes on where a killed one ended, and runs again what failed. The folder of every published run goes to standard
    output, everything else to standard error.
    """
    start_logging(options["verbose"], options["log_file"])
    found = _one_job(options["job"])

    from reportrunner.backfill import dues, periods_between, refuse_ahead
    from reportrunner.cli.backfill_text import Tally
    from reportrunner.cli.trips import OUT
    from reportrunner.job import Moment
    from reportrunner.load import Given
    from reportrunner.prepare import Bench, Order
    from reportrunner.window.zone import use_packaged_zones

    use_packaged_zones()
    wall = wall_clock().replace(microsecond=0)
    given = Given(given_params(options["params"]), environment_params())
    order = Order(found.path, found.root, found.shown, found.shown_root, Moment("", wall, options["sandbox"]), given)
    bench = Bench(order)
    job, steering = _steering(order, bench, options["period"])
    due = dues(steering, periods_between(steering.period, options["first"], options["last"], job.timezone))
    if not options["sandbox"]:
        refuse_ahead(due, wall.astimezone(due[0].as_of.tzinfo))
    tally = Tally(due, f"{job.title}  {job.name}", *_commands(found.shown, options))
    ready = _prepared(order, bench, steering, tally)
    if tally.hopeless:
        return tally.code
    _refuse_unfit([one for _, one in ready], steering)
    place = (options["out"] or found.root / OUT) / job.name
    with ExitStack() as stack:
        if not options["dry_run"]:
            stack.enter_context(_alone(found, place))
        waiting = _not_done(ready, place, tally)
        if options["dry_run"]:
            tally.tell_plan()
            return tally.code
        stack.callback(tally.say_end)  # interrupted or not
        while waiting:
            _run(waiting, options, tally)
            ran = {due.label for due, _ in waiting}
            ready = [(due, one) for due, one in ready if due.label not in ran]
            waiting = _not_done(ready, place, tally)  # what a run keeps may be what a later period that is done read
    return tally.code


@contextmanager
def _alone(found: Found, place: Path) -> Iterator[None]:
    """Keep two backfills of a job into one folder apart: each would make revisions of what the other makes."""
    from reportrunner.errors import UsageError
    from reportrunner.inputs import sha256
    from reportrunner.project_root import STATE
    from reportrunner.publish import alone

    lock = found.root / STATE / f"backfill-{sha256(str(place.resolve()).encode())[:16]}.lock"
    with alone(lock) as is_alone:
        if not is_alone:
            raise UsageError(f"another backfill of {found.shown} is under way; let it end, and what it did is skipped")
        yield


def _one_job(path: Path) -> Found:
    from reportrunner.errors import UsageError

    found = find_jobs([path], "")
    if len(found) > 1:
        raise UsageError(f"backfill takes one job, and {path} holds {len(found)}, such as {found[0].shown}")
    return found[0]


def _commands(shown: str, options: Options) -> tuple[list[str], list[str]]:
    """Return what to type for this backfill again, and for a run of its job, whose `--as-of` comes after the job."""
    more = [word for param in options["params"] for word in ("--param", param)]
    more += ["--sandbox"] if options["sandbox"] else []
    more += ["--out", str(options["out"])] if options["out"] else []
    period = ["--period", options["period"]] if options["period"] else []
    days = ["--from", str(options["first"]), "--to", str(options["last"])]
    return ["reportrunner", "backfill", shown, *days, *period, *more], ["reportrunner", "run", shown, *more]


def _steering(order: Order, bench: Bench, word: str) -> tuple[JobSpec, Steered]:
    """Return the job as of now, and the window that steers it; a job with errors tells these first."""
    from reportrunner.backfill import steered
    from reportrunner.errors import InvalidError, UsageError
    from reportrunner.prepare import outline

    job = outline(order, bench)
    try:
        return job, steered(job, word, filter(None, bench.project.calendars.values()))
    except UsageError:
        errors = tuple(one for one in job.diagnostics if one.severity == "error")
        if errors:
            raise InvalidError(errors) from None
        raise


def _prepared(order: Order, bench: Bench, steering: Steered, tally: Tally) -> list[tuple[Due, Prepared]]:
    """Prepare the run of every period; one that is invalid does not stop the others."""
    from reportrunner.backfill import is_period
    from reportrunner.errors import InvalidError, UsageError
    from reportrunner.prepare import prepare

    ready = []
    for due in tally.due:
        try:
            one = prepare(replace(order, moment=replace(order.moment, as_of=due.typed)), bench)
        except InvalidError as error:
            tally.invalid(due, error)
            continue
        window = one.plan.job.windows[steering.name]
        if not is_period(window, due.period):
            said = f'as of {due.typed} the window "{steering.name}" is {window.label}, not {due.label}'
            raise UsageError(f"{said}: a backfill needs a window that is written without as_of")
        ready.append((due, replace(one, plan=replace(one.plan, run=f"{one.plan.job.name} {due.label}"))))
    tally.say_invalid(one.plan.warnings for _, one in ready)
    return ready


def _refuse_unfit(ready: Sequence[Prepared], steering: Steered) -> None:
    """Raise a usage error for what many runs must not do: act, or publish under one label."""
    from reportrunner.ask import action_of
    from reportrunner.errors import UsageError

    labels: dict[str, str] = {}
    for one in ready:
        plan, period = one.plan, one.plan.job.windows[steering.name].label
        for name, node in plan.nodes.items():
            if words := action_of(node):
                said = f"a backfill does not act, and datasets.{name} {words}"
                raise UsageError(f"{said}; let one run at a time: reportrunner run {one.order.shown} --allow-actions")
        if plan.label in labels:
            said = f'the runs of {labels[plan.label]} and {period} are both labelled "{plan.label}"'
            raise UsageError(f'{said}; write label = "{{{{ windows.{steering.name}.label }}}}" in {one.order.shown}')
        labels[plan.label] = period


def _not_done(ready: Sequence[tuple[Due, Prepared]], place: Path, tally: Tally) -> list[tuple[Due, Prepared]]:
    """Return the runs that are still to be made: of a history that has grown since, too."""
    from functools import cache, partial

    from reportrunner.history import told
    from reportrunner.history.store import kept
    from reportrunner.manifest import question
    from reportrunner.published import standing
    from reportrunner.run import inputs_of, memory_of

    read = cache(kept)
    waiting = []
    for due, one in ready:
        asked = question(one.plan, inputs_of(one), sandbox=one.order.moment.sandbox)
        memory = memory_of(one)
        stands = standing(place, one.plan.label, asked, partial(told, memory, read), memory.holds)
        tally.stands(due, stands)
        if stands.state != "done":
            waiting.append((due, one))
    return waiting


def _run(waiting: Sequence[tuple[Due, Prepared]], options: Options, tally: Tally) -> None:
    """Carry out the runs, so many side by side."""
    from reportrunner.cli.live import live, sharing
    from reportrunner.cli.progress import Progress
    from reportrunner.cli.trips import trips
    from reportrunner.memory import HistoryNode
    from reportrunner.run import run

    labels = {one.plan.run: due.label for due, one in waiting}
    runs = [one for _, one in waiting]
    # What one run keeps, the next reads back: periods of such a job follow one another as they do in single runs.
    in_turn = any(isinstance(node, HistoryNode) for one in runs for node in one.plan.nodes.values())
    side_by_side = 1 if in_turn else options["side_by_side"]
    progress = Progress([one.plan for one in runs], side_by_side)
    with progress:
        for group in sharing(runs, sandbox=options["sandbox"]):
            with live(group, progress.notice, sandbox=options["sandbox"], workers=options["workers"]) as opened:
                tally.lacking(opened.code)
                going = trips(opened.ready, options["out"], progress)
                for ended in run(going, opened.executor, side_by_side):
                    progress.ended(ended)
                    tally.ended(labels[ended.trip.prepared.plan.run], ended)
