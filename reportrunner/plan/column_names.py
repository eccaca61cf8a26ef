"""The names of columns that a job speaks, looked up once SQL is bound and the columns of all datasets are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reportrunner.ask import BoundCheck
from reportrunner.checker import Checker, Loc
from reportrunner.closing import Each
from reportrunner.job import BoundOutput
from reportrunner.spelling import did_you_mean
from reportrunner.table import Column, ColumnType

Columns = Mapping[str, tuple[Column, ...]]
"""Per dataset; empty where they are not known, and nothing is said of those."""
NUMBERS = frozenset({ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.RATIO, ColumnType.DURATION})


def check_each(checker: Checker, each: Each | None, columns: Columns, loc: Loc) -> None:
    """Look up the column that an `each` goes over."""
    if each is not None and each.dataset:
        _look_up(checker, each.dataset, [((*loc, "each", "column"), each.of)], columns)


def check_checks(checker: Checker, checks: Iterable[BoundCheck], columns: Columns, results: Columns) -> None:
    """Look up what checks say of a dataset's columns, and what `expect` says of the check's own (`results`)."""
    for check in checks:
        loc: Loc = ("checks", check.name)
        names = [((*loc, "unique", number), name) for number, name in enumerate(check.unique)]
        names += [((*loc, "not_null", number), name) for number, name in enumerate(check.not_null)]
        _look_up(checker, check.dataset, names, columns)
        _look_up(checker, check.dataset, [((*loc, "between", name), name) for name in check.between], columns, key=True)
        for column in columns.get(check.dataset, ()):
            if column.name in check.between and column.type not in NUMBERS:
                message = f'"{column.name}" is {column.type.value}, and between compares numbers'
                checker.problem((*loc, "between", column.name), message, at="key")
        known = [column.name for column in results.get(check.name, ())]
        for name in [name for name in check.expect if known and name not in known]:
            message = f'the sql of this check gives no column "{name}"' + did_you_mean(name, known)
            hint = "" if message.endswith("?") else f"it gives {', '.join(known)}"
            checker.problem((*loc, "expect", name), message, hint, at="key")


def check_outputs(checker: Checker, outputs: Iterable[BoundOutput], columns: Columns) -> None:
    """Look up the columns that outputs show, and those that pick the rows of each document."""
    by_name = {output.name: output for output in outputs}
    for output in by_name.values():
        loc: Loc = ("outputs", output.name)
        check_each(checker, output.each, columns, loc)
        shown = getattr(output.options, "columns", None)
        if shown is not None:
            dataset = getattr(output.options, "dataset", "")
            chosen: list[tuple[Loc, str]] = [
                ((*loc, "columns", "select", n), name) for n, name in enumerate(shown.select)
            ]
            _look_up(checker, dataset, chosen, columns)
            _look_up(
                checker, dataset, [((*loc, "columns", "label", name), name) for name in shown.label], columns, key=True
            )
        if output.each is not None:
            _check_attached(checker, output, output.each, by_name, columns)
            for place, dataset in _datasets(output):
                if columns.get(dataset) and output.each.of not in {column.name for column in columns[dataset]}:
                    message = (
                        f'dataset "{dataset}" has no column "{output.each.of}" to pick the rows of each document by'
                    )
                    checker.problem((*loc, *place), message)


def _check_attached(
    checker: Checker, output: BoundOutput, each: Each, outputs: Mapping[str, BoundOutput], columns: Columns
) -> None:
    """Refuse to attach, to a document for one, a table that holds the rows of all."""
    for number, name in enumerate(getattr(output.options, "attach", ())):
        other = outputs.get(name)
        dataset = getattr(other.options, "dataset", "") if other and other.each is None else ""
        if each.of in {column.name for column in columns.get(dataset, ())}:
            message = f'"{name}" holds the rows of every {each.of}, and this message is for one'
            hint = f"give [outputs.{name}] the same each"
            checker.problem(("outputs", output.name, "attach", number), message, hint)


def _datasets(output: BoundOutput) -> Iterator[tuple[Loc, str]]:
    if one := getattr(output.options, "dataset", None):
        yield ("dataset",), one
    for number, name in enumerate(getattr(output.options, "datasets", None) or ()):
        yield ("datasets", number), name


def _look_up(
    checker: Checker, dataset: str, names: Iterable[tuple[Loc, str]], columns: Columns, *, key: bool = False
) -> None:
    known = [column.name for column in columns.get(dataset, ())]
    for loc, name in names:
        if known and name not in known:
            message = f'dataset "{dataset}" has no column "{name}"' + did_you_mean(name, known)
            hint = "" if message.endswith("?") else f"its columns: {', '.join(known)}"
            checker.problem(loc, message, hint, at="key" if key else "value")
