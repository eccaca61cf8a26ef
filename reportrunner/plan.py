"""Planning: JobSpec -> RunPlan. Binds SQL, orders the datasets, unfolds what is known; sends nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reportrunner.ask import BoundCheck, EndpointNode, Node, QueryNode, needs_of
from reportrunner.diagnose import did_you_mean
from reportrunner.errors import Diagnostic, InvalidError
from reportrunner.flow import Flow
from reportrunner.job import BoundOutput, JobSpec
from reportrunner.query import Bound, Query, SqlIssue, SqlText
from reportrunner.span import WindowError
from reportrunner.table import Column, mark_personal

Bind = Callable[[Sequence[Query], Mapping[str, tuple[Column, ...] | None]], Mapping[str, Bound]]
CheckOutput = Callable[[BoundOutput, Mapping[str, tuple[str, ...]]], Iterable[Diagnostic]]


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What a run will do: datasets in dependency order, the flows that are known already, bound checks."""

    job: JobSpec
    label: str
    nodes: Mapping[str, Node]
    flows: Mapping[str, tuple[Flow, ...]]
    """Per dataset that asks an endpoint; a dataset with an open `each` has none yet."""
    checks: tuple[BoundCheck, ...]
    warnings: tuple[Diagnostic, ...]


def plan_run(job: JobSpec, bind: Bind, check_output: CheckOutput) -> RunPlan:
    """Return the plan of a job; InvalidError carries everything wrong with the job, loading's problems included."""
    planner = _Planner(job)
    planner.bind(bind)
    nodes = planner.ordered()
    flows = {name: planner.unfolded(node) for name, node in nodes.items() if isinstance(node, EndpointNode)}
    planner.check_uses()
    columns = {name: tuple(column.name for column in node.columns) for name, node in planner.nodes.items()}
    for output in job.outputs:
        planner.problems += check_output(output, columns)
    errors = [problem for problem in planner.problems if problem.severity == "error"]
    if errors:
        raise InvalidError(tuple(planner.problems))
    known = {name: flow for name, flow in flows.items() if flow is not None}
    return RunPlan(job, label_of(job), nodes, known, planner.checks, tuple(planner.problems))


def label_of(job: JobSpec) -> str:
    """Return the run folder's name: the job's label, marked when params were given on the command line."""
    label = job.label or job.as_of.strftime("%Y-%m-%d")
    if not job.given_params:
        return label
    text = "\n".join(f"{name}={value}" for name, value in sorted(job.given_params.items()))
    return f"{label}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"


class _Planner:
    """Works on a copy of the job's nodes and collects what is wrong."""

    def __init__(self, job: JobSpec) -> None:
        self.job = job
        self.problems: list[Diagnostic] = list(job.diagnostics)
        self.nodes: dict[str, Node] = dict(job.nodes)
        self.checks: tuple[BoundCheck, ...] = job.checks

    def bind(self, bind: Bind) -> None:
        """Bind every query and check against the columns of what it reads; unknown names are problems."""
        queries = {name: node.sql for name, node in self.nodes.items() if isinstance(node, QueryNode)}
        checks = {f"checks.{check.name}": check.sql for check in self.checks if check.sql}
        if not queries and not checks:
            return
        schemas: dict[str, tuple[Column, ...] | None] = {
            name: node.columns for name, node in self.nodes.items() if not isinstance(node, QueryNode)
        }
        schemas |= {name: None for name in self.job.declared if name not in self.nodes}
        asked = [Query(name, sql.text, sql.parameters) for name, sql in {**queries, **checks}.items()]
        bound = bind(asked, schemas)
        for name, sql in queries.items():
            self._bound_query(name, sql, bound[name])
        for name, sql in checks.items():
            self._issues(("checks", name.removeprefix("checks."), "sql"), sql, bound[name].issues)
        self.checks = tuple(
            replace(check, inputs=bound[f"checks.{check.name}"].tables if check.sql else (check.dataset,))
            for check in self.checks
        )

    def _bound_query(self, name: str, sql: SqlText, bound: Bound) -> None:
        node = self.nodes[name]
        assert isinstance(node, QueryNode)
        self._issues(("datasets", name, "sql"), sql, bound.issues)
        columns = mark_personal(bound.columns or (), node.personal)
        names = [column.name for column in columns]
        for key in ("key", "sorted_by", "personal"):
            for place, column in enumerate(self.job.file.data["datasets"][name].get(key, ())):
                if columns and column not in names:
                    message = f'there is no column "{column}"' + did_you_mean(column, names)
                    self._problem(("datasets", name, key, place), message)
        self.nodes[name] = replace(node, columns=columns, inputs=bound.tables)

    def _issues(self, loc: tuple[str, ...], sql: SqlText, issues: Iterable[SqlIssue]) -> None:
        for issue in issues:
            within = None if issue.offset is None else (sql.written(issue.offset), issue.width)
            self.problems.append(self.job.file.diagnostic(loc, issue.message, hint=issue.hint, within=within))

    def ordered(self) -> dict[str, Node]:
        """Return the nodes so that each stands behind what it needs; a circle is a problem."""
        done: dict[str, Node] = {}
        waiting = dict(self.nodes)
        while waiting:
            ready = [name for name, node in waiting.items() if not set(needs_of(node)) & set(waiting)]
            if not ready:
                circle = ", ".join(waiting)
                self._problem(
                    ("datasets", next(iter(waiting))), f"these datasets need one another: {circle}", at="header"
                )
                return done
            done |= {name: waiting.pop(name) for name in ready}
        return done

    def unfolded(self, node: EndpointNode) -> tuple[Flow, ...] | None:
        """Return the flows of a dataset, or None while its `each` is open."""
        is_open = node.each is not None and node.each.values is None
        values = (None,) if node.each is None else node.each.values or ()
        asks = [node.sample()] if is_open else [node.ask(value) for value in values]
        try:
            flows = tuple(node.endpoint.unfold(ask) for ask in asks)
        except WindowError as error:
            self._problem(("datasets", node.name, "window"), error.message)
            return ()
        return None if is_open else flows

    def check_uses(self) -> None:
        """Tell which windows and datasets nobody uses."""
        data = self.job.file.data
        text = str([value for key, value in data.items() if key != "windows"])
        windows = data.get("windows", {})
        for name, section in windows.items():
            likes = [other.get("like") for other in windows.values() if isinstance(other, dict)]
            asked = [d.get("window") for d in data.get("datasets", {}).values() if isinstance(d, dict)]
            if name not in likes and name not in asked and f"windows.{name}" not in text + str(section):
                hint = "remove it, or use it in a dataset"
                self._problem(("windows", name), f'nobody uses the window "{name}"', hint, at="header")
        used = self._used_datasets()
        for name in self.nodes:
            if used is not None and name not in used:
                message = f'nobody uses the dataset "{name}"'
                diagnostic = self.job.file.diagnostic(("datasets", name), message, severity="warning", at="header")
                self.problems.append(diagnostic)

    def _used_datasets(self) -> set[str] | None:
        """Return the datasets that something needs; None when an output takes all of them."""
        options = [output.options for output in self.job.outputs]
        if any(hasattr(o, "datasets") and o.datasets is None for o in options):
            return None
        used = {name for o in options for name in getattr(o, "datasets", None) or ()}
        used |= {name for o in options if (name := getattr(o, "dataset", None))}
        used |= {name for check in self.checks for name in check.inputs}
        used |= {rules.reconcile for rules in self.job.rules.values()}
        for node in self.nodes.values():
            used |= set(needs_of(node))
            if isinstance(node, EndpointNode) and node.each:
                used.add(node.each.dataset)
        return used

    def _problem(self, loc: tuple[str | int, ...], message: str, hint: str = "", *, at: str = "value") -> None:
        self.problems.append(self.job.file.diagnostic(loc, message, hint=hint, at=at))  # type: ignore[arg-type]
