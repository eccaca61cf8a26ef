"""Planning: JobSpec -> RunPlan. Binds SQL, orders the datasets, unfolds what is known; sends nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reportrunner.ask import BoundCheck, EndpointNode, Node, QueryNode, needs_of
from reportrunner.checker import Checker
from reportrunner.closing import Each
from reportrunner.each import bind_each, close_each
from reportrunner.errors import Diagnostic, InvalidError
from reportrunner.flow import Flow
from reportrunner.job import BoundOutput, JobSpec
from reportrunner.plan.column_names import check_checks, check_each, check_outputs
from reportrunner.plan.envelopes import share_envelopes
from reportrunner.plan.slices import slices_fault
from reportrunner.plan.uses import check_uses
from reportrunner.query import IN_CIRCLE, Bound, Query, SqlIssue, SqlText
from reportrunner.spelling import did_you_mean
from reportrunner.table import Column, mark_personal
from reportrunner.window.span import WindowError

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
    envelopes: tuple[tuple[str, ...], ...]
    """Datasets whose first calls travel in one request."""
    checks: tuple[BoundCheck, ...]
    warnings: tuple[Diagnostic, ...]
    run: str
    """What tells it from the other runs of one call: the job's name, and the label where a job runs more than once."""


def plan_run(job: JobSpec, bind: Bind, check_output: CheckOutput) -> RunPlan:
    """Return the plan of a job; InvalidError carries everything wrong with the job, loading's problems included."""
    planner = _Planner(job)
    planner.bind(bind)
    nodes = planner.ordered()
    flows = {name: planner.unfolded(node) for name, node in nodes.items() if isinstance(node, EndpointNode)}
    planner.check_names()
    check_uses(planner.checker, replace(planner.job, nodes=planner.nodes, checks=planner.checks))
    columns: dict[str, tuple[str, ...]] = dict.fromkeys(sorted(job.declared), ())
    columns |= {name: tuple(column.name for column in node.columns) for name, node in planner.nodes.items()}
    problems = planner.checker.problems
    for output in planner.job.outputs:
        problems += check_output(output, columns)
    if any(problem.severity == "error" for problem in problems):
        # What seems unused may be used by what is broken.
        raise InvalidError(tuple(problem for problem in problems if problem.severity == "error"))
    known = {name: flow for name, flow in flows.items() if flow is not None}
    envelopes = tuple(share_envelopes(nodes, known))
    return RunPlan(planner.job, label_of(job), nodes, known, envelopes, planner.checks, tuple(problems), job.name)


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
        self.checker = Checker(job.file, problems=list(job.diagnostics))
        self.nodes: dict[str, Node] = dict(job.nodes)
        self.checks: tuple[BoundCheck, ...] = job.checks
        self._results: dict[str, tuple[Column, ...]] = {}

    def bind(self, bind: Bind) -> None:
        """Bind every query and check against the columns of what it reads; unknown names are problems."""
        queries = {name: node.sql for name, node in self.nodes.items() if isinstance(node, QueryNode)}
        checks = {f"checks.{check.name}": check.sql for check in self.checks if check.sql}
        asked = [Query(name, sql.text, sql.parameters) for name, sql in {**queries, **checks}.items()]
        bound = bind(asked, self._schemas()) if asked else {}
        while self._bind_places({name: self._columns(name, bound[name]) for name in queries}):
            bound = bind(asked, self._schemas())
        for name, sql in queries.items():
            self._bound_query(name, sql, bound[name])
        for name, sql in checks.items():
            self._issues(("checks", name.removeprefix("checks."), "sql"), sql, bound[name].issues)
        self.checks = tuple(
            replace(check, inputs=bound[f"checks.{check.name}"].tables if check.sql else (check.dataset,))
            for check in self.checks
        )
        self._results = {check.name: bound[f"checks.{check.name}"].columns or () for check in self.checks if check.sql}

    def _schemas(self) -> dict[str, tuple[Column, ...] | None]:
        known = {name: node.columns or None for name, node in self.nodes.items() if not isinstance(node, QueryNode)}
        return {**known, **{name: None for name in sorted(self.job.declared) if name not in self.nodes}}

    def _bind_places(self, columns: Mapping[str, tuple[Column, ...]]) -> bool:
        """Give every `each` over a query the type that binding found, and tell whether that changed a dataset."""
        changed = False
        for name, node in self.nodes.items():
            if isinstance(node, EndpointNode) and node.each and not node.each.bound:
                each = bind_each(node.each, columns.get(node.each.dataset, ()))
                if each.bound:
                    changed = changed or each.column.type is not node.each.column.type
                    self.nodes[name] = self._with_each(node, each)
        outputs = [self._with_columns(output, columns) for output in self.job.outputs]
        self.job = replace(self.job, outputs=tuple(outputs))
        return changed

    def _with_each(self, node: EndpointNode, each: Each) -> EndpointNode:
        closed = close_each(self.checker, node.tree, each, node.endpoint.parameters, ("datasets", node.name))
        named = each.column.name if not each.pack else None
        columns = tuple(each.column if column.name == named else column for column in node.columns)
        parameters = node.parameters if closed is None else closed[1]
        return replace(node, each=each, parameters=parameters, columns=columns)

    def _with_columns(self, output: BoundOutput, columns: Mapping[str, tuple[Column, ...]]) -> BoundOutput:
        if output.each is None or output.each.bound:
            return output
        each = bind_each(output.each, columns.get(output.each.dataset, ()))
        if not each.bound:
            return output
        closed = close_each(self.checker, output.tree, each, type(output.options), ("outputs", output.name))
        return replace(output, each=each, options=output.options if closed is None else closed[1])

    def _columns(self, name: str, bound: Bound) -> tuple[Column, ...]:
        node = self.nodes[name]
        assert isinstance(node, QueryNode)
        return mark_personal(bound.columns or (), node.personal)

    def _bound_query(self, name: str, sql: SqlText, bound: Bound) -> None:
        node = self.nodes[name]
        assert isinstance(node, QueryNode)
        self._issues(("datasets", name, "sql"), sql, bound.issues)
        columns = self._columns(name, bound)
        names = [column.name for column in columns]
        for key in ("key", "sorted_by", "personal"):
            for place, column in enumerate(self.job.file.data["datasets"][name].get(key, ())):
                if columns and column not in names:
                    message = f'there is no column "{column}"' + did_you_mean(column, names)
                    self.checker.problem(("datasets", name, key, place), message)
        for place, column in enumerate(node.accumulate.key if node.accumulate else ()):
            if columns and column not in names:
                message = f'there is no column "{column}"' + did_you_mean(column, names)
                self.checker.problem(("datasets", name, "accumulate", "key", place), message)
        self.nodes[name] = replace(node, columns=columns, inputs=bound.tables)

    def _issues(self, loc: tuple[str, ...], sql: SqlText, issues: Iterable[SqlIssue]) -> None:
        for issue in issues:
            if issue.message.startswith(IN_CIRCLE):
                continue  # `ordered` names the way round, this one only who is on it
            within = None if issue.offset is None else (sql.written(issue.offset), issue.width)
            self.checker.problems.append(self.job.file.diagnostic(loc, issue.message, hint=issue.hint, within=within))

    def ordered(self) -> dict[str, Node]:
        """Return the nodes so that each stands behind what it needs; a circle is a problem."""
        done: dict[str, Node] = {}
        waiting = dict(self.nodes)
        while waiting:
            ready = [name for name, node in waiting.items() if not set(needs_of(node)) & set(waiting)]
            if not ready:
                circle = _circle({name: [n for n in needs_of(node) if n in waiting] for name, node in waiting.items()})
                said = f"datasets need one another in a circle: {' -> '.join(circle)}"
                self.checker.problem(("datasets", circle[0]), said, at="header")
                return done
            done |= {name: waiting.pop(name) for name in ready}
        return done

    def unfolded(self, node: EndpointNode) -> tuple[Flow, ...] | None:
        """Return the flows of a dataset, or None while its `each` is open."""
        is_open = node.each is not None and node.each.values is None
        closings = node.closings(node.each.values or () if node.each else ())
        asks = [node.sample(part) for part in node.slices or (None,)] if is_open else map(node.ask, closings)
        try:
            flows = tuple(node.endpoint.unfold(ask) for ask in asks)
        except WindowError as error:
            message, _, hint = error.message.partition("; ")
            self.checker.problem(("datasets", node.name, "window"), message, hint)
            return ()
        if fault := slices_fault(node):
            self.checker.problem(("datasets", node.name, "split"), f"{node.endpoint.name} {fault}", "remove split")
        return None if is_open else flows

    def check_names(self) -> None:
        """Look up every name of a column that the job speaks, now that all columns are known."""
        columns = {name: node.columns for name, node in self.nodes.items()}
        for name, node in self.nodes.items():
            if isinstance(node, EndpointNode):
                check_each(self.checker, node.each, columns, ("datasets", name))
        check_checks(self.checker, self.checks, columns, self._results)
        check_outputs(self.checker, self.job.outputs, columns)


def _circle(needs: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a way from a name back to itself, where every name needs at least one other."""
    trail = [next(iter(needs))]
    while needs[trail[-1]][0] not in trail:
        trail.append(needs[trail[-1]][0])
    start = needs[trail[-1]][0]
    return [*trail[trail.index(start) :], start]
