"""Composing: landed tables and findings -> the Report that templates see, and the documents that are due of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from reportrunner.ask import EndpointNode
from reportrunner.choices import choices_of
from reportrunner.formats import FORMATS
from reportrunner.job import BoundOutput
from reportrunner.load.outputs import output_path
from reportrunner.memory import HistoryNode, moments
from reportrunner.outgoing import Outgoing
from reportrunner.plan import RunPlan
from reportrunner.render import Due
from reportrunner.report import DatasetView, Finding, Report, SourceNote
from reportrunner.table import Landed, Value
from reportrunner.table_file import column_values, null_count, stored
from reportrunner.window.zone import load_zone

RESERVED = frozenset({"manifest.toml", "run.json"})
OTHER_PATH = "write another path; two values may differ in what a slug leaves out"
_WORST = {"error": 0, "warn": 1, "ok": 2}


def compose(
    plan: RunPlan,
    landed: Mapping[str, Landed],
    findings: Sequence[Finding],
    provenance: Mapping[str, str],
    *,
    sandbox: bool,
) -> Report:
    """Return the report of a run whose datasets have all landed."""
    job = plan.job
    return Report(
        job=job.name,
        title=job.title,
        label=plan.label,
        timezone=job.timezone,
        as_of=job.as_of,
        params=job.params,
        windows=job.windows,
        datasets={name: _view(plan, name, landed[name], findings) for name in job.nodes},
        checks=tuple(finding for finding in findings if finding.subject.startswith("checks.")),
        findings=tuple(sorted((f for f in findings if f.severity != "ok"), key=lambda f: _WORST[f.severity])),
        sources=tuple(
            _note(node, landed[name]) if isinstance(node, EndpointNode) else _remembered(node, landed[name])
            for name, node in plan.nodes.items()
            if isinstance(node, EndpointNode | HistoryNode)
        ),
        provenance=provenance,
        sandbox=sandbox,
    )


def _view(plan: RunPlan, name: str, landed: Landed, findings: Iterable[Finding]) -> DatasetView:
    node, table = plan.nodes[name], landed.table
    return DatasetView(
        name=name,
        description=plan.job.rules[name].description,
        columns=table.columns,
        rows=stored(table),
        total_rows=table.rows,
        findings=tuple(finding for finding in findings if finding.subject == f"datasets.{name}"),
        window=node.window if isinstance(node, EndpointNode | HistoryNode) else None,
    )


def _note(node: EndpointNode, landed: Landed) -> SourceNote:
    endpoint = node.endpoint
    return SourceNote(node.name, node.source.name, endpoint.name, notes_of(node), node.window, landed.table.rows)


def notes_of(node: EndpointNode) -> tuple[str, ...]:
    """Return what must be said beside a dataset's numbers: whose days they are and what the job chose among it."""
    days = node.endpoint.days_of(node.parameters).said
    chosen = (choice.said for choice in choices_of(node))
    return (*_parts(node), *node.endpoint.notes(node.parameters), *((days,) if days else ()), *chosen)


def _remembered(node: HistoryNode, landed: Landed) -> SourceNote:
    """Tell what a history was fed by, and what of it is missing, whether or not the job lives with that."""
    told = moments(landed.fed)
    fed = (
        f"kept by runs as of {len(told):,} moments" if len(told) > 1 else "kept by a run" if told else "kept by no run"
    )
    span = ""
    if told:
        first, last = min(one.start for one in landed.fed), max(one.end for one in landed.fed)
        zone = load_zone(node.window.zone) if node.window else dt.UTC
        days = [dt.datetime.fromtimestamp(unix, zone).date() for unix in (first, last - 1)]
        span = f", over {days[0]} to {days[1]}"
    missing = (f"missing: {landed.gaps}",) if landed.gaps else ()
    notes = (f"{fed}{span}", *missing)
    return SourceNote(node.name, "memory", node.into, notes, node.window, landed.table.rows)


def _parts(node: EndpointNode) -> tuple[str, ...]:
    """Say that the window was not asked as a whole: what does not add up was counted once per slice."""
    if node.split is None:
        return ()
    count = len(node.slices)
    slices = "1 slice" if count == 1 else f"{count:,} slices"
    return (f"asked in {slices}, one per {node.split.by}; nothing is added up over them",)


def documents_due(plan: RunPlan, report: Report, landed: Mapping[str, Landed]) -> list[Due]:
    """Return the documents that are due; an output with `each` is due once per value, with that value's rows only.

    Raises InvalidError where a value does not fit where it stands, or two would write the same file.
    """
    due: dict[str, Due] = {}
    for output in plan.job.outputs:
        form = FORMATS[output.options.format]
        if output.each is None:
            path = output_path(output.name, output.options)
            due[path] = Due(output.name, path, form, output.options, report)
            continue
        table = landed[output.each.dataset].table
        outgoing = Outgoing(output, plan.nodes[output.each.dataset], plan.job.file)
        if null_count(table, output.each.of):
            said = f'rows of "{table.name}" have no {output.each.of}: no document would hold them'
            raise outgoing.invalid("each", said)
        values = column_values(table, output.each.of)
        for value, options in zip(values, outgoing.close(values), strict=True):
            path = output_path(output.name, options)
            said = f'output "{output.name}" would write {path} for {value}'
            if path.casefold() in RESERVED:
                raise outgoing.invalid("path", f"{said}, a name of the run folder itself", OTHER_PATH)
            if path in due:
                other = due[path]
                first = other.each[1] if other.each else f"output {other.output}"
                raise outgoing.invalid(
                    "path", f"{said}, and that is written already for {first}", _apart(due[path], output, value)
                )
            narrowed = narrow(report, output.each.of, value)
            due[path] = Due(output.name, path, form, options, narrowed, (output.each.of, value))
    return list(due.values())


def _apart(other: Due, output: BoundOutput, value: Value) -> str:
    """Say how two documents would come to have paths of their own."""
    same = other.each is not None and str(other.each[1]).strip().casefold() == str(value).strip().casefold()
    if not same or output.each is None:
        return OTHER_PATH
    mend = f'mend {output.each.of} in dataset "{output.each.dataset}"'
    return f"the two differ only in capitals or blanks: if they are one, {mend}"


def narrow(report: Report, column: str, value: Value) -> Report:
    """Return the report with only the rows where `column` is `value`; datasets without that column are left out.

    They are left out because a document for one person must not hold the rows of all; so are the samples of findings.
    """
    datasets = {}
    for name, view in report.datasets.items():
        names = [c.name for c in view.columns]
        if column in names:
            place = names.index(column)
            kept = tuple(row for row in view.rows if row[place] == value)
            datasets[name] = replace(view, rows=kept, total_rows=len(kept), findings=_discreet(view.findings))
    return replace(
        report,
        datasets=datasets,
        checks=_discreet(report.checks),
        findings=_discreet(report.findings),
        sources=tuple(replace(note, rows=None) for note in report.sources),
    )


def _discreet(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(replace(finding, sample=()) for finding in findings)
