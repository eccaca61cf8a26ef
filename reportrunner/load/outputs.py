"""The checks and outputs of a job file: sections become bound values, or a list of what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reportrunner.ask import BoundCheck, FileNode, InlineNode
from reportrunner.checker import Checker, Loc, named
from reportrunner.closing import Each
from reportrunner.condition import Condition, parse_condition
from reportrunner.each import bind_each, close_each
from reportrunner.errors import InvalidError
from reportrunner.expression import expressions
from reportrunner.fan_out_spec import EachSpec
from reportrunner.formats.common import Format
from reportrunner.job import BoundOutput, path_fault
from reportrunner.load.datasets import DatasetLoader
from reportrunner.outgoing import Outgoing
from reportrunner.spec import CheckSpec, JobFile, OutputSpec
from reportrunner.spelling import did_you_mean
from reportrunner.table import Column, ColumnType


def load_checks(checker: Checker, sections: Mapping[str, Any], datasets: DatasetLoader) -> tuple[BoundCheck, ...]:
    """Load the checks; their SQL is bound later, with the columns of all datasets known."""
    checks = (_check(checker, name, section, datasets) for name, section in sections.items())
    return tuple(check for check in checks if check is not None)


def _check(checker: Checker, name: str, section: Any, datasets: DatasetLoader) -> BoundCheck | None:
    loc: Loc = ("checks", name)
    sql = datasets.bound_sql(section["sql"], (*loc, "sql")) if "sql" in section else None
    tree = {**section, "sql": sql.text if sql else ""} if "sql" in section else section
    data = checker.rendered(tree, loc)
    spec = None if data is None else checker.validated(CheckSpec, data, loc)
    if spec is None or ("sql" in section and sql is None):
        return None
    expect = {key: _condition(checker, text, (*loc, "expect", key)) for key, text in (spec.expect or {}).items()}
    rows = None if spec.rows is None else _condition(checker, spec.rows, (*loc, "rows"))
    if spec.dataset is not None and spec.dataset not in datasets.declared:
        message = f'there is no dataset "{spec.dataset}"' + did_you_mean(spec.dataset, datasets.declared)
        checker.problem((*loc, "dataset"), message)
    return BoundCheck(
        name=name,
        severity=spec.severity,
        message=spec.message,
        dataset=spec.dataset or "",
        sql=sql,
        expect={key: condition for key, condition in expect.items() if condition is not None},
        rows=rows,
        unique=tuple(spec.unique or ()),
        not_null=tuple(spec.not_null or ()),
        between={key: (value[0], value[1]) for key, value in (spec.between or {}).items()},
    )


def _condition(checker: Checker, text: str, loc: Loc) -> Condition | None:
    try:
        return parse_condition(text)
    except ValueError as error:
        checker.problem(loc, str(error), 'write an operator and a literal, such as ">= 5"')
        return None


def load_outputs(
    checker: Checker, sections: Mapping[str, Any], formats: Mapping[str, Format], datasets: DatasetLoader
) -> tuple[BoundOutput, ...]:
    """Load the outputs and what they refer to; paths must differ and stay in the run folder."""
    declared = named(checker.file.data, "outputs", JobFile)
    outputs = [_output(checker, name, section, formats, datasets) for name, section in sections.items()]
    bound = tuple(output for output in outputs if output is not None)
    _check_paths(checker, bound)
    _check_attachments(checker, bound, declared)
    return bound


def _check_paths(checker: Checker, outputs: Iterable[BoundOutput]) -> None:
    taken: dict[str, str] = {"manifest.toml": "the manifest", "run.json": "the record of the run"}
    for output in outputs:
        loc, path = ("outputs", output.name, "path"), output_path(output.name, output.options)
        folders = {"/".join(path.split("/")[:n]) for n in range(1, path.count("/") + 1)}
        inside = next((other for other in taken if other.startswith(f"{path}/") or other in folders), "")
        if fault := path_fault(path):
            checker.problem(loc, fault, f'write a path inside it, such as "{output.name}.{output.options.extension}"')
        elif path.casefold() in taken:
            other = taken[path.casefold()]
            checker.problem(loc, f'"{path}" is also the path of {other}', "give one of the two another path")
        elif inside:
            checker.problem(loc, f'"{path}" and "{inside}" cannot both be: one is a folder and a file', "rename one")
        elif output.each is not None and not _speaks_of_each(output):
            hint = f'write path = "{output.name}-{{{{ each | slug }}}}.{output.options.extension}"'
            checker.problem(loc, "the path is the same for every value of each", hint)
        taken.setdefault(path.casefold(), f'output "{output.name}"')


def _speaks_of_each(output: BoundOutput) -> bool:
    return any(("each",) in found.names for loc, found in expressions(output.tree) if loc == ("path",))


def _check_attachments(checker: Checker, outputs: Iterable[BoundOutput], declared: frozenset[str]) -> None:
    attached = {output.name: tuple(getattr(output.options, "attach", ())) for output in outputs}
    told: set[frozenset[str]] = set()
    for name, others in attached.items():
        for number, other in enumerate(others):
            loc: Loc = ("outputs", name, "attach", number)
            if other not in declared:
                message = f'there is no output "{other}" to attach' + did_you_mean(other, declared - {name})
                checker.problem(loc, message)
            elif (circle := _way(other, name, attached, ())) and frozenset(circle) not in told:
                told.add(frozenset(circle))
                said = f"outputs attach one another in a circle: {' -> '.join((name, *circle))}"
                checker.problem(loc, said if other != name else f'output "{name}" cannot attach itself')


def _way(start: str, end: str, attached: Mapping[str, tuple[str, ...]], trail: tuple[str, ...]) -> tuple[str, ...]:
    """Return the outputs on the way from one to another, both included; none when there is no way."""
    if start == end:
        return (*trail, end)
    if start in trail:
        return ()
    ways = (_way(other, end, attached, (*trail, start)) for other in attached.get(start, ()))
    return next((way for way in ways if way), ())


def output_path(name: str, options: OutputSpec) -> str:
    """Return the path of a document inside the run folder."""
    return options.path or f"{name}.{options.extension}"


def _output(
    checker: Checker, name: str, section: Any, formats: Mapping[str, Format], datasets: DatasetLoader
) -> BoundOutput | None:
    loc: Loc = ("outputs", name)
    section = checker.mended(section, ["format", "each"], loc, "an output")
    word = section.get("format")
    form = formats.get(str(word))
    if form is None:
        known = f"the formats: {', '.join(formats)}"
        if word is None:
            checker.problem(loc, f'output "{name}" has no format', known, at="header")
        else:
            checker.problem((*loc, "format"), f'there is no format "{word}"' + did_you_mean(str(word), formats), known)
        return None
    tree = checker.rendered(section, loc, keep=frozenset({"each"}))
    each = _each(checker, section, loc, datasets) if "each" in section else None
    if tree is None or ("each" in section and each is None):
        return None
    closed = close_each(checker, tree, each, form.options, loc)
    if closed is None:
        return None
    each, options = closed
    _check_datasets(checker, options, loc, datasets)
    output = BoundOutput(name, tree, options, each)
    _check_values(checker, output, datasets)
    return output


def _check_values(checker: Checker, output: BoundOutput, datasets: DatasetLoader) -> None:
    """Say which values do not fit where `each` stands, where the job or a file of the project holds them already."""
    node = datasets.nodes.get(output.each.dataset) if output.each else None
    if output.each is None or not isinstance(node, InlineNode | FileNode):
        return
    try:
        Outgoing(output, node, checker.file).close(datasets.values(node, output.each.of))
    except InvalidError as error:
        checker.problems += error.diagnostics


def _check_datasets(checker: Checker, options: OutputSpec, loc: Loc, datasets: DatasetLoader) -> None:
    one = getattr(options, "dataset", None)
    places: list[tuple[Loc, str]] = [((*loc, "dataset"), one)] if one else []
    places += [((*loc, "datasets", i), n) for i, n in enumerate(getattr(options, "datasets", None) or ())]
    for place, dataset in places:
        if dataset not in datasets.declared:
            checker.problem(place, f'there is no dataset "{dataset}"' + did_you_mean(dataset, datasets.declared))


def _each(checker: Checker, section: Any, loc: Loc, datasets: DatasetLoader) -> Each | None:
    loc = (*loc, "each")
    data = checker.rendered(section["each"], loc)
    spec = None if data is None else checker.validated(EachSpec, data, loc)
    if spec is None:
        return None
    if spec.dataset is None:
        checker.problem(loc, "an output goes over a column", 'write each = { dataset = "overdue", column = "manager" }')
        return None
    if spec.dataset not in datasets.declared:
        message = f'there is no dataset "{spec.dataset}"' + did_you_mean(spec.dataset, datasets.declared)
        checker.problem((*loc, "dataset"), message)
        return None
    node = datasets.nodes.get(spec.dataset)
    each = Each(Column(spec.name, ColumnType.STRING), spec.dataset, spec.column or "", bound=False)
    return each if node is None else bind_each(each, node.columns)
