"""Preparing: path -> plan. Loads and plans a job with the families and tools it needs; sends nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from reportrunner.errors import Diagnostic
from reportrunner.formats import FORMATS, missing_extra
from reportrunner.inputs import read_templates
from reportrunner.job import BoundOutput, JobSpec, Moment, Project
from reportrunner.load import Families, Given, load_job, load_project
from reportrunner.plan import RunPlan, plan_run
from reportrunner.project_root import job_name
from reportrunner.providers import PROVIDERS
from reportrunner.templating.renderer import Renderer
from reportrunner.toml_file import read_toml
from reportrunner.transform import bind_all

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


def project_of(order: Order) -> Project:
    """Return the project of a job; InvalidError when its file is no TOML."""
    return load_project(order.root, f"{order.shown_root}reportrunner.toml", FAMILIES)


def prepare(order: Order, project: Project | None = None) -> Prepared:
    """Load and plan a job; InvalidError carries everything that is wrong with it and its project.

    `project` is what `project_of` gave for another job of the same project: many jobs read it once.
    """
    project = project or project_of(order)
    file = read_toml(order.job, order.shown)
    job = load_job(file, job_name(order.job, order.root), project, order.moment, order.given, FAMILIES)
    job = replace(job, diagnostics=(*project.diagnostics, *job.diagnostics))
    renderer = Renderer(read_templates(order.root), f"{order.shown_root}templates")
    plan = plan_run(job, lambda queries, schemas: bind_all(queries, schemas, job.as_of), _output_check(job, renderer))
    return Prepared(order, plan, renderer)


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
