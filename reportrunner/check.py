"""Checking: tables -> findings. The job's own checks, and the rules that hold for every dataset."""

# ruff: noqa: S608 - names are written by `_quoted`; numbers are numbers of the job's own check

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reportrunner.ask import BoundCheck, EndpointNode, Node
from reportrunner.claim import agree
from reportrunner.days import ZONE_UNKNOWN
from reportrunner.job import JobSpec, Rules
from reportrunner.memory import HistoryNode
from reportrunner.query import SqlText
from reportrunner.report import Finding, FindingSeverity
from reportrunner.table import ColumnType, Landed, Rows, Value, additive_columns

SAMPLE = 5
ERRORS = frozenset(
    {
        "cloudflare.truncated",
        "conflicting",
        "history.missing_days",
        "kaltura.percent",
        "rest.full_page",
        "row_count",
        "secret_in_reply",
        "unreconciled",
    }
)
"""Notes of a reader that are errors; every other one is a warning."""
Ask = Callable[[SqlText, int | None], tuple[Rows, int]]
"""Answers SQL over the landed tables: the first rows, and how many there are."""


def run_checks(checks: Iterable[BoundCheck], ask: Ask) -> tuple[Finding, ...]:
    """Return one finding per check of the job, passed ones included."""
    return tuple(_run(check, ask) for check in checks)


def _run(check: BoundCheck, ask: Ask) -> Finding:
    if check.sql is not None and check.expect:
        problems = _unmet(check, *ask(check.sql, 1))
        return _finding(check, len(problems), problems)
    if check.sql is not None:
        rows, total = ask(check.sql, SAMPLE)
        return _finding(check, total, _sample(rows))
    problems, count = [], 0
    for sql, said in _rules(check):
        rows, total = ask(SqlText(sql), SAMPLE)
        problems += [f"{said}: {text}" for text in _sample(rows)]
        count += total
    if check.rows:
        found = ask(SqlText(f"select count(*) as n from {_quoted(check.dataset)}"), 1)[0].rows[0][0]
        if not check.rows.holds(found):
            problems.append(f"{found} rows, expected {check.rows}")
            count += 1
    return _finding(check, count, problems)


def _finding(check: BoundCheck, count: int, sample: Sequence[str]) -> Finding:
    severity: FindingSeverity = "ok" if count == 0 else "warn" if check.severity == "warn" else "error"
    return Finding(
        "check", severity, f"checks.{check.name}", check.message or check.name, count, tuple(sample[:SAMPLE])
    )


def _rules(check: BoundCheck) -> Iterable[tuple[str, str]]:
    """Yield the rules of a check on a dataset as SQL whose rows are violations."""
    table = _quoted(check.dataset)
    if check.unique:
        columns = ", ".join(map(_quoted, check.unique))
        yield (
            f"select {columns}, count(*) as times from {table} group by all having count(*) > 1 order by all",
            "not unique",
        )
    for name in check.not_null:
        yield (
            f"select count(*) as rows_without from {table} where {_quoted(name)} is null having count(*) > 0",
            f"{name} is null",
        )
    for name, (low, high) in check.between.items():
        column = _quoted(name)
        yield (
            f"select {column} from {table} where {column} < {low} or {column} > {high} order by all",
            f"{name} outside {low} to {high}",
        )


def _unmet(check: BoundCheck, rows: Rows, total: int) -> list[str]:
    if total != 1:
        return [f"the check's SQL gave {total} rows, expect needs exactly one"]
    row = dict(zip((column.name for column in rows.columns), rows.rows[0], strict=True))
    problems = []
    for name, condition in check.expect.items():
        if name not in row:
            problems.append(f'the check\'s SQL gives no column "{name}"')
        elif not condition.holds(row[name]):
            problems.append(f"{name} is {_shown(row[name])}, expected {condition}")
    return problems


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _sample(rows: Rows) -> list[str]:
    names = [column.name for column in rows.columns]
    return [", ".join(f"{n} {_shown(v)}" for n, v in zip(names, row, strict=True)) for row in rows.rows[:SAMPLE]]


def _shown(value: Value) -> str:
    """Print a cell in the words of the job's author, not of the language this is written in."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def apply_rules(job: JobSpec, nodes: Mapping[str, Node], landed: Mapping[str, Landed], ask: Ask) -> tuple[Finding, ...]:
    """Return what the built-in rules found, accepted findings included as `ok`."""
    findings: list[Finding] = []
    for name, rules in job.rules.items():
        node = nodes.get(name)
        subject = f"datasets.{name}"
        if isinstance(node, EndpointNode):
            findings += [Finding(c, "warn", subject, m) for c, m in node.endpoint.findings(node.parameters)]
            if node.window is not None and node.endpoint.days_of(node.parameters).doubtful:
                code, said = ZONE_UNKNOWN
                findings.append(Finding(code, "warn", subject, said))
        window = node.window if isinstance(node, EndpointNode | HistoryNode) else None
        if window is not None and window.end_unix > job.as_of.timestamp():
            said = f"the window {window.label} reaches beyond as_of ({job.as_of.isoformat()}): its end is still to come"
            findings.append(Finding("window.unfinished", "warn", subject, said))
        got = landed.get(name)
        if got is None:
            continue
        findings += [
            Finding(note.code, _severity(note.code), subject, note.message, sample=note.sample) for note in got.notes
        ]
        held = any(note.code == "action.held_back" for note in got.notes)
        if got.table.rows == 0 and rules.empty != "ok" and not held:
            severity: FindingSeverity = "warn" if rules.empty == "warn" else "error"
            why = node.endpoint.hint(node.parameters) if isinstance(node, EndpointNode) else ""
            said = f"no rows came back{f': {why}' if why else ''}"
            findings.append(Finding("empty", severity, subject, said))
        if rules.reconcile and rules.reconcile in landed:
            findings += _reconcile(name, nodes, landed, rules.reconcile, ask)
    findings += _lossy(nodes, landed, ask)
    return tuple(accepted(finding, job.rules) for finding in findings)


def _lossy(nodes: Mapping[str, Node], landed: Mapping[str, Landed], ask: Ask) -> Iterator[Finding]:
    """Hold the texts of a dataset against those of another one that has them exactly."""
    asking = [node for node in nodes.values() if isinstance(node, EndpointNode) and node.name in landed]
    asked = [node for node in asking if node.each is None and node.split is None]
    for mine in asked:
        question = mine.endpoint.question(mine.parameters)
        exact = [o for o in asked if o.endpoint.lossy is None and (o.source, o.window) == (mine.source, mine.window)]
        other = next((o for o in exact if question and o.endpoint.question(o.parameters) == question), None)
        if mine.endpoint.lossy is None or other is None or not mine.key or mine.key != other.key:
            continue
        code, reason = mine.endpoint.lossy
        differing, sample = _differing(mine, other, ask)
        if differing:
            rows = "1 row has" if differing == 1 else f"{differing:,} rows have"
            said = f'{rows} other texts than in "{other.name}": {reason}'
            yield Finding(code, "warn", f"datasets.{mine.name}", said, differing, tuple(sample))


def _differing(mine: EndpointNode, other: EndpointNode, ask: Ask) -> tuple[int, list[str]]:
    names = {column.name for column in other.columns}
    texts = [c.name for c in mine.columns if c.type is ColumnType.STRING and c.name in names and c.name not in mine.key]
    key = " and ".join(f"m.{_quoted(name)} is not distinct from o.{_quoted(name)}" for name in mine.key)
    unlike = [f"m.{_quoted(name)} is distinct from o.{_quoted(name)}" for name in texts]
    wrong = " or ".join([f"o.{_quoted(mine.key[0])} is null and m.{_quoted(mine.key[0])} is not null", *unlike])
    shown = ", ".join(f"m.{_quoted(name)}" for name in [*mine.key, *texts])
    sql = f"from {_quoted(mine.name)} m left join {_quoted(other.name)} o on {key} where {wrong} order by all"
    rows, count = ask(SqlText(f"select {shown} {sql}"), SAMPLE)
    return count, _sample(rows)


def _severity(code: str) -> FindingSeverity:
    return "error" if code in ERRORS else "warn"


def accepted(finding: Finding, rules: Mapping[str, Rules]) -> Finding:
    """Return the finding as `ok` where the job accepts it, with the job's reason."""
    of = rules.get(finding.subject.removeprefix("datasets."))
    reason = of.accept.get(finding.code, "") if of else ""
    return replace(finding, severity="ok", accepted=reason) if reason else finding


def _reconcile(
    name: str, nodes: Mapping[str, Node], landed: Mapping[str, Landed], other: str, ask: Ask
) -> list[Finding]:
    """Compare the sums of a table with the provider's total, per value of an `each` and per slice that they share."""
    table, total = landed[name].table, landed[other].table
    columns = additive_columns(table.columns, total.columns)
    groups = _shared(nodes, name, other)
    wanted = ", ".join(map(_quoted, groups))
    sums = ", ".join(f"sum({_quoted(c)}) as {_quoted(c)}" for c in columns)
    lead = f"{wanted}, " if groups else ""
    grouped = "group by all" if groups else ""
    summed, _ = ask(SqlText(f"select {lead}{sums} from {_quoted(name)} {grouped}"), None)
    said, _ = ask(SqlText(f"select {lead}{sums} from {_quoted(other)} {grouped}"), None)
    ours = {row[: len(groups)]: row[len(groups) :] for row in summed.rows}
    theirs = {row[: len(groups)]: row[len(groups) :] for row in said.rows}
    differences = []
    for key in sorted(set(ours) | set(theirs), key=str):
        for place, column in enumerate(columns):
            mine = ours[key][place] if key in ours else 0
            its = theirs[key][place] if key in theirs else 0
            exact = table.column(column).type is total.column(column).type is ColumnType.INTEGER
            if not agree(mine, its, exact=exact):
                label = " ".join(map(str, key))
                differences.append(f"{label} {column}: rows sum to {mine or 0}, the total says {its or 0}".strip())
    if not differences:
        return []
    message = f"the rows do not add up to {other}: {differences[0]}"
    return [
        Finding("unreconciled", "error", f"datasets.{name}", message, len(differences), tuple(differences[:SAMPLE]))
    ]


def _shared(nodes: Mapping[str, Node], name: str, other: str) -> tuple[str, ...]:
    """Return the columns that say, in both datasets, which answer a row is of."""
    mine, its = (_added(nodes.get(dataset)) for dataset in (name, other))
    return tuple(column for column, kind in mine.items() if its.get(column) == kind)


def _added(node: Node | None) -> dict[str, str]:
    """Return the columns that the runner adds to a dataset, with what they hold."""
    if not isinstance(node, EndpointNode):
        return {}
    split = node.split
    told = [column for column in node.added if split is None or column != split.start]  # the label says it
    return {column.name: split.by if split and column == split.column else "" for column in told}
