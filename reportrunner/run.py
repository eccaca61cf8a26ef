"""The river: load, plan, gather, check, render, publish. First this, then that, and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from reportrunner import __version__
from reportrunner.ask import QueryNode, needs_of
from reportrunner.check import apply_rules, run_checks
from reportrunner.compose import compose, documents_due
from reportrunner.disk import private
from reportrunner.environment import Sent
from reportrunner.errors import OutputError, ReportrunnerError, SqlError
from reportrunner.execute import Executor
from reportrunner.gather import Gathered, Gathering, Place, Said, gather
from reportrunner.history import Memory
from reportrunner.inputs import input_hashes
from reportrunner.job import JobSpec
from reportrunner.manifest import write_manifest
from reportrunner.plan import RunPlan
from reportrunner.prepare import Prepared
from reportrunner.project_root import STATE
from reportrunner.publish import publish, revisions, sweep, turn
from reportrunner.query import Query, SqlText
from reportrunner.record import Record, write_record
from reportrunner.render import render
from reportrunner.report import Finding
from reportrunner.table import Landed, Rows, Table, mark_personal
from reportrunner.transform import SqlSession, transform
from reportrunner.window.zone import TZ_VERSION


@dataclass(frozen=True, slots=True)
class Trip:
    """One run about to happen: what, where it reads and writes, whom it tells, and the clock for its record."""

    prepared: Prepared
    id: str
    state: Path
    """The run's own folder in the project's state: landed tables and run.json."""
    out: Path
    said: Said
    started: dt.datetime
    now: Callable[[], dt.datetime]


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of a run; `folder` is None when nothing was published."""

    trip: Trip
    gathered: Gathered
    exit_code: int
    findings: tuple[Finding, ...] = ()
    folder: Path | None = None
    files: tuple[str, ...] = ()
    errors: tuple[ReportrunnerError, ...] = ()
    """Why nothing was published: the datasets' own errors, or what failed after them."""


def run(trips: Iterable[Trip], executor: Executor, side_by_side: int) -> Iterator[Ended]:
    """Carry out runs over one executor, so many at a time, and yield each as it ends; one that ended is let go of."""
    under_way: dict[Gathering, Trip] = {}

    def begun() -> Iterator[Gathering]:
        for trip in trips:
            sweep(_folder(trip))
            _private(trip.state)
            gathering = gathering_of(trip, executor)
            under_way[gathering] = trip
            yield gathering

    for gathering in gather(begun(), executor, side_by_side):
        yield finish(under_way.pop(gathering), gathering.result, executor.sent)


def gathering_of(trip: Trip, executor: Executor) -> Gathering:
    """Return the gathering of a run; nothing is started yet."""
    place = Place(trip.prepared.order.root, trip.state / "tables", memory_of(trip.prepared, trip.id))
    plan = trip.prepared.plan
    return Gathering(plan, executor, place, _transformer(plan.job), trip.said, partial(held_back, plan))


def landed_table(prepared: Prepared, executor: Executor, tables: Path, said: Said) -> Gathered:
    """Land what the plan holds into a folder and stop there: for looking at one dataset."""
    plan = prepared.plan
    place = Place(prepared.order.root, tables, memory_of(prepared))
    gathering = Gathering(plan, executor, place, _transformer(plan.job), said)
    return next(gather([gathering], executor, 1)).result


def memory_of(prepared: Prepared, run: str = "") -> Memory:
    """Return what a run remembers with; without its id it only reads. What the stand-in tells is kept apart."""
    order, job = prepared.order, prepared.plan.job
    moment, state = order.moment, order.root / STATE
    known = Memory(job, state, partial(withheld, prepared.plan), moment.wall, run=run, nodes=prepared.plan.nodes)
    if moment.sandbox:
        return replace(known, root=state / "sandbox", now=job.as_of, sandbox=True)
    if prepared.archive:
        return replace(known, root=order.root / Path(prepared.archive).expanduser(), archived=True)
    return known


def finish(trip: Trip, gathered: Gathered, sent: Sequence[Sent]) -> Ended:
    """Check, render and publish; what fails ends this run alone, publishes nothing and stands in its record."""
    errors = tuple(gathered.lost.values())
    if not errors:
        try:
            return _published(trip, gathered, sent)
        except ReportrunnerError as error:
            errors = (error,)
    ended = Ended(trip, gathered, worst(error.exit_code for error in errors), errors=errors)
    with suppress(OutputError):  # a full disk has been told of already
        _keep(trip.state, _record(ended, sent, b"", ()))
    return ended


def _published(trip: Trip, gathered: Gathered, sent: Sequence[Sent]) -> Ended:
    """Check, render and publish what has landed; an error finding publishes with a banner."""
    plan, order, renderer = trip.prepared.plan, trip.prepared.order, trip.prepared.renderer
    findings = check(plan, gathered)
    inputs = inputs_of(trip.prepared)
    provenance = {"reportrunner": __version__, "job file": inputs["job"][:12], "time-zone data": TZ_VERSION}
    report = compose(plan, gathered.landed, findings, provenance, sandbox=order.moment.sandbox)
    documents = render(documents_due(plan, report, gathered.landed), renderer)
    manifest = write_manifest(plan, gathered, findings, documents, inputs, sandbox=report.sandbox)
    files = {document.path: document.pieces for document in documents}
    ended = Ended(trip, gathered, 5 if report.status == "error" else 0, findings, None, tuple(files))
    with turn(_folder(trip)):
        record = _record(ended, sent, manifest, revisions(_folder(trip), plan.label))
        _keep(trip.state, record)
        own = {"manifest.toml": manifest, "run.json": record}
        whole = {name: partial(iter, (content,)) for name, content in own.items()}
        folder = publish({**files, **whole}, _folder(trip), plan.label)
    return replace(ended, folder=folder)


def inputs_of(prepared: Prepared) -> dict[str, str]:
    """Return the hashes of the files that a run is made of."""
    templates = prepared.renderer.read_by(_templates(prepared.plan))
    return input_hashes(prepared.plan, prepared.order.root, templates)


def held_back(plan: RunPlan, gathered: Gathered) -> str:
    """Say why a run must not act on what it has read: a dataset failed, or a check found an error."""
    if gathered.lost:
        return f'dataset "{next(iter(gathered.lost))}" failed'
    errors = [finding for finding in check(plan, gathered) if finding.severity == "error"]
    return f"{errors[0].subject} found an error: {errors[0].message}" if errors else ""


def withheld(plan: RunPlan, name: str, landed: Mapping[str, Landed]) -> str:
    """Say why what a dataset has landed must not be kept: a rule found an error, in it or in what it was made of."""
    wanted, waiting = set[str](), [name]
    while waiting:
        each = waiting.pop()
        if each in landed and each not in wanted:
            wanted.add(each)
            waiting += [*needs_of(plan.nodes[each]), plan.job.rules[each].reconcile]
    nodes = {each: node for each, node in plan.nodes.items() if each in wanted}
    rules = {each: plan.job.rules[each] for each in nodes}
    narrowed = replace(plan, nodes=nodes, checks=(), job=replace(plan.job, rules=rules))
    found = check(narrowed, Gathered({each: landed[each] for each in nodes}))
    errors = [finding for finding in found if finding.severity == "error"]
    return f"{errors[0].code} in {errors[0].subject}, {errors[0].message}" if errors else ""


def check(plan: RunPlan, gathered: Gathered) -> tuple[Finding, ...]:
    """Return what the job's checks and the built-in rules found on the tables that have landed."""
    ready = tuple(check for check in plan.checks if set(check.inputs) <= gathered.landed.keys())
    tables = {name: landed.table for name, landed in gathered.landed.items()}
    with ExitStack() as stack:
        opened: list[SqlSession] = []

        def ask(sql: SqlText, limit: int | None) -> tuple[Rows, int]:
            if not opened:  # most jobs of a machine that only harvests have nothing to ask
                opened.append(stack.enter_context(SqlSession(tables, plan.job.as_of)))
            try:
                return opened[0].rows(Query("check", sql.text, sql.parameters), limit)
            except SqlError as error:
                of = next((("checks", c.name, "sql") for c in plan.checks if c.sql is sql), ())
                raise plan.job.sql_invalid(of, sql, error) from None

        return (*run_checks(ready, ask), *apply_rules(plan.job, plan.nodes, gathered.landed, ask))


WORST_FIRST = (1, 6, 4, 3, 5, 0)


def worst(codes: Iterable[int]) -> int:
    """Return the exit code that wins over the others (DESIGN section 4); 0 for none."""
    return min(codes, key=WORST_FIRST.index, default=0)


def _transformer(job: JobSpec) -> Callable[[QueryNode, Mapping[str, Table], Path], Table]:
    def carry(node: QueryNode, inputs: Mapping[str, Table], file: Path) -> Table:
        query = Query(node.name, node.sql.text, node.sql.parameters, node.order)
        try:
            table = transform(query, inputs, file, job.as_of)
        except SqlError as error:
            raise job.sql_invalid(("datasets", node.name, "sql"), node.sql, error) from None
        return replace(table, columns=mark_personal(table.columns, node.personal))

    return carry


def _templates(plan: RunPlan) -> tuple[str, ...]:
    options = [output.options for output in plan.job.outputs]
    return tuple(template for o in options if (template := getattr(o, "template", None)))


def _record(ended: Ended, sent: Sequence[Sent], manifest: bytes, earlier: Sequence[Path]) -> bytes:
    trip, gathered = ended.trip, ended.gathered
    plan = trip.prepared.plan
    states = {name: f"{landed.table.rows} rows" for name, landed in gathered.landed.items()}
    states |= {name: str(error) for name, error in gathered.lost.items()}
    states |= {name: f'needs dataset "{other}", which failed' for name, other in gathered.behind.items()}
    record = Record(
        id=trip.id,
        job=plan.job.name,
        label=plan.label,
        started=trip.started,
        ended=trip.now(),
        exit_code=ended.exit_code,
        sandbox=trip.prepared.order.moment.sandbox,
        datasets={name: states[name] for name in plan.nodes if name in states},
        findings=ended.findings,
        errors=[str(error) for error in ended.errors],
        sent=[one for one in sent if one.run in {"", plan.run}],
        kept={name: landed.kept.file.name for name, landed in gathered.landed.items() if landed.kept},
        fed={name: [one.file.name for one in landed.fed] for name, landed in gathered.landed.items() if landed.fed},
    )
    return write_record(record, manifest, earlier)


def _folder(trip: Trip) -> Path:
    return trip.out / trip.prepared.plan.job.name


def _private(folder: Path) -> None:
    """Make a folder that its owner alone can read, and those above it: what lands there is personal."""
    try:
        private(folder)
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror}") from None


def _keep(folder: Path, record: bytes) -> None:
    try:
        (folder / "run.json").write_bytes(record)
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror}") from None
