"""Preparing: path -> plan. Loads and plans a job with the families and tools it needs; sends nothing.

What many runs of a project have in common is done once, on a `Bench`: two hundred days of a job bind their SQL once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from reportrunner.errors import Diagnostic
from reportrunner.formats import FORMATS, missing_extra
from reportrunner.inputs import read_templates
from reportrunner.job import BoundOutput, JobSpec, Moment, Project
from reportrunner.load import Families, Given, load_job, load_project
from reportrunner.plan import RunPlan, plan_run
from reportrunner.project_root import PROJECT_FILE, job_name
from reportrunner.providers import PROVIDERS
from reportrunner.query import Bound, Parameter, Query
from reportrunner.table import Column
from reportrunner.templating.renderer import Renderer
from reportrunner.toml_file import read_toml
from reportrunner.transform import bind_all, warm_up

FAMILIES = Families(PROVIDERS, FORMATS)


@dataclass(frozen=True, slots=True)
class Order:
    """What one job is asked for, as the door read it."""

    job: Path
    root: Path
    shown: str
    """The job file as messages print it."""
    shown_root: str
    """What messages put before the project's other files: empty, or a path that ends in `/`."""
    moment: Moment
    given: Given


@dataclass(frozen=True, slots=True)
class Prepared:
    """A job that can run: its plan, and the templates it will need."""

    order: Order
    plan: RunPlan
    renderer: Renderer
    archive: str = ""
    """The project's folder that outlives the machine; empty when it has none."""


class Bench:
    """What the runs of one project have in common: its file and templates, read once, and SQL that was bound before."""

    def __init__(self, order: Order) -> None:
        """Read the project of an order; InvalidError when its file is no TOML or a template no text."""
        if _speaks_sql(order.job):
            warm_up()  # the engine takes as long to load as project and job, and does so beside them
        self.project: Project = load_project(order.root, f"{order.shown_root}{PROJECT_FILE}", FAMILIES)
        self.renderer = Renderer(read_templates(order.root), f"{order.shown_root}templates")
        self._bound: dict[str, Mapping[str, Bound]] = {}

    def bind(
        self, queries: Sequence[Query], schemas: Mapping[str, tuple[Column, ...] | None], as_of: dt.datetime
    ) -> Mapping[str, Bound]:
        """Bind queries; those that differ from earlier ones in nothing but days and texts are bound already."""
        asked = [
            (q.name, q.sql, q.order, {name: _kind(value) for name, value in q.parameters.items()}) for q in queries
        ]
        key = repr((asked, sorted(schemas.items())))
        if key not in self._bound:
            self._bound[key] = bind_all(queries, schemas, as_of)
        return self._bound[key]


def _speaks_sql(job: Path) -> bool:
    """Tell whether a job seems to have SQL; one that is wrong about it waits, or loads an engine in vain."""
    try:
        return b"sql" in job.read_bytes()
    except OSError:
        return False


def _kind(value: Parameter) -> object:
    """Return what binding sees of a value: the type of a text, a day or a moment, else the value itself."""
    if isinstance(value, tuple):
        return tuple(map(_kind, value))
    return (type(value), getattr(value, "tzinfo", None) is None) if isinstance(value, str | dt.date) else value


def outline(order: Order, bench: Bench) -> JobSpec:
    """Load a job and no more: what is wrong with it, and with its project, stands in its diagnostics."""
    file = read_toml(order.job, order.shown)
    job = load_job(file, job_name(order.job, order.root), bench.project, order.moment, order.given, FAMILIES)
    return replace(job, diagnostics=(*bench.project.diagnostics, *job.diagnostics))


def prepare(order: Order, bench: Bench | None = None) -> Prepared:
    """Load and plan a job; InvalidError carries everything that is wrong with it and its project.

    `bench` is that of another job, or another run, of the same project.
    """
    bench = bench or Bench(order)
    job = outline(order, bench)
    plan = plan_run(job, partial(bench.bind, as_of=job.as_of), _output_check(job, bench.renderer))
    return Prepared(order, plan, bench.renderer, bench.project.archive)


def _output_check(
    job: JobSpec, renderer: Renderer
) -> Callable[[BoundOutput, Mapping[str, tuple[str, ...]]], Iterable[Diagnostic]]:
    """Check an output's template, and that what it needs is installed."""

    def look(output: BoundOutput, columns: Mapping[str, tuple[str, ...]]) -> Iterable[Diagnostic]:
        loc = ("outputs", output.name)
        if output.each is not None:
            columns = {name: names for name, names in columns.items() if output.each.of in names or not names}
        template = getattr(output.options, "template", None)
        if template is not None:
            wanted = getattr(output.options, "datasets", None)
            seen = columns if wanted is None else {name: columns[name] for name in wanted if name in columns}
            missing = renderer.missing(template)
            if missing:
                yield job.file.diagnostic((*loc, "template"), missing)
                return
            yield from renderer.check(template, seen)
        extra = missing_extra(output.options, renderer)
        if extra:
            yield job.file.diagnostic(
                loc, f'output "{output.name}" needs more than is installed', hint=extra, at="header"
            )

    return look
