"""The checks and outputs of a job file: sections become bound values, or a list of what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reportrunner.ask import BoundCheck, Each, Node, QueryNode
from reportrunner.checker import Checker, Loc
from reportrunner.condition import Condition, parse_condition
from reportrunner.datasets import DatasetLoader
from reportrunner.diagnose import did_you_mean
from reportrunner.expression import render_tree
from reportrunner.formats.common import Format
from reportrunner.job import BoundOutput
from reportrunner.spec import CheckSpec, EachSpec, OutputSpec
from reportrunner.table import Column, ColumnType
from reportrunner.toml_value import SAMPLES


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
    rows = _condition(checker, spec.rows, (*loc, "rows")) if spec.rows else None
    if spec.dataset is not None:
        _check_columns(checker, spec, loc, datasets)
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
        between={key: (value[0], value[-1]) for key, value in (spec.between or {}).items()},
    )


def _condition(checker: Checker, text: str, loc: Loc) -> Condition | None:
    try:
        return parse_condition(text)
    except ValueError as error:
        checker.problem(loc, str(error), 'write an operator and a literal, such as ">= 5"')
        return None


def _check_columns(checker: Checker, spec: CheckSpec, loc: Loc, datasets: DatasetLoader) -> None:
    assert spec.dataset is not None
    if spec.dataset not in datasets.declared:
        message = f'there is no dataset "{spec.dataset}"' + did_you_mean(spec.dataset, datasets.declared)
        checker.problem((*loc, "dataset"), message)
        return
    node = datasets.nodes.get(spec.dataset)
    for key, value in (spec.between or {}).items():
        if len(value) != 2:
            checker.problem((*loc, "between", key), "between takes two numbers", f"write {key} = [0, 1]")
    if node is None or isinstance(node, QueryNode):
        return
    names = [column.name for column in node.columns]
    asked = [(("unique", i), n) for i, n in enumerate(spec.unique or ())]
    asked += [(("not_null", i), n) for i, n in enumerate(spec.not_null or ())]
    asked += [(("between", n), n) for n in spec.between or ()]  # type: ignore[misc]
    for place, column in asked:
        if column not in names:
            checker.problem(
                (*loc, *place), f'dataset "{spec.dataset}" has no column "{column}"' + did_you_mean(column, names)
            )


def load_outputs(
    checker: Checker, sections: Mapping[str, Any], formats: Mapping[str, Format], datasets: DatasetLoader
) -> tuple[BoundOutput, ...]:
    """Load the outputs and what they refer to; paths must differ and stay in the run folder."""
    outputs = [_output(checker, name, section, formats, datasets) for name, section in sections.items()]
    bound = tuple(output for output in outputs if output is not None)
    paths: dict[str, str] = {"manifest.toml": "the manifest", "run.json": "the record of the run"}
    for output in bound:
        path = output_path(output.name, output.options)
        parts = path.split("/")
        if path.startswith("/") or "\\" in path or "" in parts or "." in parts or ".." in parts:
            checker.problem(
                ("outputs", output.name, "path"), f'"{path}" leaves the run folder', "write a path inside it"
            )
        elif path in paths:
            checker.problem(
                ("outputs", output.name, "path"), f'"{path}" is also the path of {paths[path]}', "give one another path"
            )
        paths.setdefault(path, f'output "{output.name}"')
        for number, other in enumerate(getattr(output.options, "attach", None) or ()):
            if other not in sections or other == output.name:
                message = f'there is no output "{other}" to attach' + did_you_mean(other, set(sections) - {output.name})
                checker.problem(("outputs", output.name, "attach", number), message)
    return bound


def output_path(name: str, options: OutputSpec) -> str:
    """Return the path of a document inside the run folder."""
    return options.path or f"{name}.{options.extension}"


def _output(
    checker: Checker, name: str, section: Any, formats: Mapping[str, Format], datasets: DatasetLoader
) -> BoundOutput | None:
    loc: Loc = ("outputs", name)
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
    data, errors = render_tree(tree, {"each": SAMPLES[each.column.type]} if each else {})
    if errors:
        checker.problem(loc, "{{ each }} needs each = { dataset = ..., column = ... }", at="header")
        return None
    options = checker.validated(form.options, data, loc)
    if options is None:
        return None
    _check_datasets(checker, options, loc, datasets)
    return BoundOutput(name, tree, options, each)


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
    node: Node | None = datasets.nodes.get(spec.dataset)
    names = [column.name for column in node.columns] if node and not isinstance(node, QueryNode) else []
    if names and spec.column not in names:
        message = f'dataset "{spec.dataset}" has no column "{spec.column}"' + did_you_mean(str(spec.column), names)
        checker.problem((*loc, "column"), message)
        return None
    return Each(Column(spec.name, ColumnType.STRING), spec.dataset, spec.column or "")
