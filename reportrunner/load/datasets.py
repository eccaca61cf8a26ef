"""The datasets of a job file: each section becomes a node of the plan, or a list of what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reportrunner.ask import FileNode, InlineNode, Node, QueryNode
from reportrunner.checker import Checker, Loc, checked_columns, row_order
from reportrunner.expression import Expression
from reportrunner.expression.filters import ExpressionError
from reportrunner.finding_codes import CODES
from reportrunner.job import Project, Rules
from reportrunner.load.endpoint_dataset import EndpointLoader, Times
from reportrunner.load.halves import halves
from reportrunner.load.memory import accumulated, check_shared, feeder_of, history_node
from reportrunner.load.reference import check_file, inline_rows, texts_of
from reportrunner.query import SqlText
from reportrunner.spec import DatasetSpec, FileDataset, HistoryDataset, RowsDataset, SqlDataset
from reportrunner.spelling import did_you_mean
from reportrunner.table import Rows, Value, additive_columns, declare

KINDS = ("endpoint", "file", "rows", "sql", "history")


class DatasetLoader:
    """Loads the sections in an order in which an `each` finds the dataset it goes over."""

    def __init__(
        self,
        checker: Checker,
        project: Project,
        times: Times,
        sections: Mapping[str, Any],
        declared: frozenset[str],
    ) -> None:
        """Take the parsed sections and all names that are meant to be datasets; nothing is loaded yet."""
        self.checker = checker
        self.project = project
        self.sections = sections
        self.declared = declared
        self.rules: dict[str, Rules] = {}
        self._loaded: dict[str, Node | None] = {}
        self._halves = halves(checker.file.data, sections)
        self._endpoints = EndpointLoader(checker, project, times, (declared, self._halves.told), self.load)

    @property
    def nodes(self) -> dict[str, Node]:
        """The datasets without errors, in file order."""
        return {name: node for name in self.sections if (node := self._loaded.get(name)) is not None}

    def values(self, node: InlineNode | FileNode, column: str) -> list[Value]:
        """Return the distinct values of a column that are known before anything is asked."""
        if isinstance(node, FileNode):
            return texts_of(self.project.root / node.file, node.columns, column)
        places = [place for place, one in enumerate(node.columns) if one.name == column]
        found = dict.fromkeys(row[place] for place in places for row in node.rows.rows)
        return [value for value in found if value is not None]

    def load_all(self) -> None:
        """Load every section and check what they say of one another."""
        for name in self.sections:
            self.load(name, ())
        check_shared(self.checker, self._loaded)
        for name, rules in self.rules.items():
            self._check_reconcile(name, rules.reconcile)

    def load(self, name: str, trail: tuple[str, ...]) -> Node | None:
        """Load one section, once; `trail` are the datasets whose `each` led here."""
        if name in self.sections and name not in self._loaded:
            self._loaded[name] = None
            self._loaded[name] = self._load(name, (*trail, name))
        return self._loaded.get(name)

    def _load(self, name: str, trail: tuple[str, ...]) -> Node | None:
        loc: Loc = ("datasets", name)
        section = self.sections[name]
        said = [kind for kind in KINDS if kind in section]
        meant = [*KINDS, "source", "each"] if not said else ["source", "each"] if said == ["endpoint"] else []
        section = self.checker.mended(section, meant, loc, "a dataset", self._endpoints.keys(section))
        kinds = [kind for kind in KINDS if kind in section]
        if len(kinds) != 1:
            self._no_kind(name, kinds, section, loc)
            return None
        match kinds[0]:
            case "file":
                return self._file(name, section, loc)
            case "rows":
                return self._inline(name, section, loc)
            case "sql":
                return self._query(name, section, loc)
            case "history":
                return self._history(name, section, loc, trail)
            case _:
                return self._endpoint(name, section, loc, trail)

    def _no_kind(self, name: str, kinds: list[str], section: Mapping[str, Any], loc: Loc) -> None:
        if len(kinds) > 1:
            places = [(*loc, kind) for kind in kinds[1:]]
            for place, kind in zip(places, kinds[1:], strict=True):
                message = f'dataset "{name}" has "{kinds[0]}" already, so it cannot have "{kind}"'
                self.checker.problem(place, message, "keep one of the two", at="key")
        elif "source" in section:
            self.checker.problem(loc, f'dataset "{name}" has no endpoint', self._endpoints.known(section), at="header")
        elif name in self._halves.near:
            said = (
                f'dataset "{name}" has nothing but {" and ".join(section)}; did you mean "{self._halves.near[name]}"?'
            )
            self.checker.problem(loc, said, at="header")
        elif name not in self._halves.told:
            hint = "write source and endpoint, or file, or rows, or sql, or history"
            self.checker.problem(loc, f'dataset "{name}" does not say where its rows come from', hint, at="header")

    def _file(self, name: str, section: Any, loc: Loc) -> Node | None:
        data = self.checker.rendered(section, loc)
        spec = None if data is None else self.checker.validated(FileDataset, data, loc)
        if spec is None:
            return None
        declared = check_file(self.checker, self.project.root, spec, loc)
        columns = checked_columns(self.checker, declare((), declared), spec, loc)
        self._rules(name, spec, "error")
        return FileNode(name, spec.file, columns, row_order(spec), tuple(spec.key))

    def _inline(self, name: str, section: Any, loc: Loc) -> Node | None:
        data = self.checker.rendered(section, loc)
        spec = None if data is None else self.checker.validated(RowsDataset, data, loc)
        if spec is None:
            return None
        columns, rows = inline_rows(self.checker, spec, loc)
        columns = checked_columns(self.checker, columns, spec, loc)
        self._rules(name, spec, "error")
        return InlineNode(name, Rows(columns, rows), row_order(spec), tuple(spec.key))

    def _query(self, name: str, section: Any, loc: Loc) -> Node | None:
        sql = self.bound_sql(section["sql"], (*loc, "sql"))
        data = self.checker.rendered({**section, "sql": sql.text if sql else ""}, loc)
        spec = None if data is None else self.checker.validated(SqlDataset, data, loc)
        if spec is None or sql is None:
            return None
        self._rules(name, spec, "ok")
        accumulate = None
        if spec.accumulate is not None:
            span = self._endpoints.window(spec.accumulate.window, (*loc, "accumulate", "window"))
            accumulate = accumulated(self.checker, spec.accumulate, (), (None, span), loc)
        return QueryNode(name, sql, (), (), row_order(spec), tuple(spec.key), tuple(spec.personal), accumulate)

    def _history(self, name: str, section: Any, loc: Loc, trail: tuple[str, ...]) -> Node | None:
        data = self.checker.rendered(section, loc)
        spec = None if data is None else self.checker.validated(HistoryDataset, data, loc)
        if spec is None:
            return None
        feeder = feeder_of(self.sections, self.checker.scope, spec.history)
        if feeder in trail:
            circle = " -> ".join([*trail[trail.index(feeder) :], feeder])
            self.checker.problem((*loc, "history"), f"datasets need one another in a circle: {circle}")
            return None
        fed = self.load(feeder, trail) if feeder else None
        window = self._endpoints.window(spec.window, (*loc, "window"))
        if (feeder and fed is None) or (spec.window is not None and window is None):
            return None
        self._rules(name, spec, "error")
        return history_node(self.checker, name, spec, (window, fed), loc)

    def bound_sql(self, sql: Any, loc: Loc) -> SqlText | None:
        """Return SQL whose expressions are bound values, never text; None with the problems added."""
        if self.checker.is_unread(loc):
            return None
        if not isinstance(sql, Expression):
            return SqlText(sql)
        parameters: dict[str, Value | tuple[Value, ...]] = {}
        text, pieces, written = "", [(0, 0)], 0
        wrong = False
        for piece in sql.pieces:
            pieces.append((len(text), written))
            if isinstance(piece, str):
                text += piece
                written += len(piece)
                continue
            try:
                value = piece.value(self.checker.scope)
            except ExpressionError as error:
                self.checker.expression_problem(loc, error)
                wrong = True
                continue
            name = f"p{len(parameters) + 1}"
            parameters[name] = tuple(value) if isinstance(value, list) else value  # type: ignore[assignment]
            text += f"${name}"
            written += len(piece.source)
        return None if wrong else SqlText(text, parameters, tuple(dict.fromkeys(pieces)))

    def _endpoint(self, name: str, section: Any, loc: Loc, trail: tuple[str, ...]) -> Node | None:
        node = self._endpoints.load(name, section, loc, trail)
        if node is not None:
            self._rules(name, node.parameters, "error")
        return node

    def _rules(self, name: str, spec: DatasetSpec, empty: str) -> None:
        for code in spec.accept:
            if code not in CODES:
                self.checker.problem(
                    ("datasets", name, "accept", code),
                    f'there is no finding "{code}"' + did_you_mean(code, CODES),
                    at="key",
                )
        reconcile = getattr(spec, "reconcile", None) or ""
        self.rules[name] = Rules(spec.empty or empty, spec.accept, reconcile, spec.description)

    def _check_reconcile(self, name: str, other: str) -> None:
        loc = ("datasets", name, "reconcile")
        if not other:
            return
        if other not in self.declared or other == name:
            message = f'there is no dataset "{other}" to reconcile with'
            self.checker.problem(loc, message + did_you_mean(other, self.declared - {name}))
            return
        table, total = self._loaded.get(name), self._loaded.get(other)
        if table is not None and total is not None and not additive_columns(table.columns, total.columns):
            self.checker.problem(loc, f'"{name}" and "{other}" share no column whose sum means anything')
