"""Datasets that ask an endpoint: source, parameters, `each`, window and columns of one section of a job file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from reportrunner.ask import CEILING, Each, Endpoint, EndpointNode, InlineNode, Node, QueryNode, Source
from reportrunner.checker import Checker, Loc, checked_columns, row_order
from reportrunner.diagnose import did_you_mean
from reportrunner.expression import render_tree
from reportrunner.job import Project
from reportrunner.spec import EachSpec, EndpointDataset
from reportrunner.table import Column, ColumnType, Value, declare
from reportrunner.toml_value import SAMPLES, kind_of, plain_value
from reportrunner.window import Window

Load = Callable[[str, tuple[str, ...]], Node | None]
"""Loads another section first; the names are the datasets whose `each` led there."""


class EndpointLoader:
    """Loads sections that ask an endpoint."""

    def __init__(
        self,
        checker: Checker,
        project: Project,
        windows: Mapping[str, Window],
        declared: frozenset[str],
        load_other: Load,
    ) -> None:
        """Take what the sections may refer to."""
        self.checker = checker
        self.project = project
        self.windows = windows
        self.declared = declared
        self.load_other = load_other

    def load(self, name: str, section: Any, loc: Loc, trail: tuple[str, ...]) -> EndpointNode | None:
        """Return the node of a section, or None with its problems added."""
        found = self._find_endpoint(section, loc)
        if found is None:
            return None
        source, endpoint = found
        tree = self.checker.rendered(section, loc, keep=frozenset({"each"}))
        each = self._each(section, loc, trail) if "each" in section else None
        if tree is None or ("each" in section and each is None):
            return None
        samples = (None,) if each is None else each.values or (SAMPLES[each.column.type],)
        parameters = None
        for value in samples:
            data, errors = render_tree(tree, {"each": value} if each else {})
            if errors:
                self.checker.problem(loc, "{{ each }} needs each = { dataset = ..., column = ... }", at="header")
                return None
            checked = self.checker.validated(endpoint.parameters, data, loc)
            if checked is None:
                return None
            parameters = parameters or checked
        if parameters is None:
            return None
        self._privileges(source, parameters, loc)
        window = self._window(parameters.window, loc)
        if parameters.window is not None and window is None:
            return None
        columns = self._endpoint_columns(endpoint, parameters, each, loc)
        key = tuple(parameters.key) or _endpoint_key(endpoint, parameters, each)
        return EndpointNode(
            name, source, endpoint, tree, parameters, window, columns, row_order(parameters) or key, key, each
        )

    def _find_endpoint(self, section: Any, loc: Loc) -> tuple[Source, Endpoint] | None:
        word = section.get("source")
        if not isinstance(word, str):
            self.checker.problem(
                loc, "an endpoint needs a source", f"write source = {_one_of(self.project.declared)}", at="header"
            )
            return None
        if word not in self.project.declared:
            self.checker.problem(
                (*loc, "source"), f'there is no source "{word}"' + did_you_mean(word, self.project.declared)
            )
            return None
        source = self.project.sources.get(word)
        if source is None:
            return None
        asked = section.get("endpoint")
        endpoint = source.provider.endpoints.get(str(asked))
        if endpoint is None:
            familiar = source.provider.familiar.get(str(asked), "")
            known = source.provider.endpoints
            near = f'; did you mean "{familiar}"?' if familiar else did_you_mean(str(asked), known)
            hint = f"its endpoints: {', '.join(known)}"
            self.checker.problem((*loc, "endpoint"), f'{source.provider.name} has no endpoint "{asked}"{near}', hint)
            return None
        return source, endpoint

    def _each(self, section: Any, loc: Loc, trail: tuple[str, ...]) -> Each | None:
        loc = (*loc, "each")
        data = self.checker.rendered(section["each"], loc)
        spec = None if data is None else self.checker.validated(EachSpec, data, loc)
        if spec is None:
            return None
        if spec.values is not None:
            column = Column(spec.name, kind_of(spec.values[0]) if spec.values else ColumnType.STRING)
            return self._known_each(column, [plain_value(value, column.type) for value in spec.values], loc)
        assert spec.dataset is not None
        assert spec.column is not None
        if spec.dataset not in self.declared:
            self.checker.problem(
                (*loc, "dataset"), f'there is no dataset "{spec.dataset}"' + did_you_mean(spec.dataset, self.declared)
            )
            return None
        if spec.dataset in trail:
            self.checker.problem(
                (*loc, "dataset"), f"datasets go round in a circle: {' -> '.join([*trail, spec.dataset])}"
            )
            return None
        node = self.load_other(spec.dataset, trail)
        if node is None:
            return None
        if isinstance(node, QueryNode):
            return Each(Column(spec.name, ColumnType.STRING), spec.dataset, spec.column)
        names = [column.name for column in node.columns]
        if spec.column not in names:
            self.checker.problem(
                (*loc, "column"),
                f'dataset "{spec.dataset}" has no column "{spec.column}"' + did_you_mean(spec.column, names),
            )
            return None
        place = names.index(spec.column)
        column = Column(spec.name, node.columns[place].type, personal=node.columns[place].personal)
        if isinstance(node, InlineNode):
            return self._known_each(column, [row[place] for row in node.rows.rows], loc, spec)
        return Each(column, spec.dataset, spec.column)

    def _known_each(self, column: Column, values: list[Value], loc: Loc, spec: EachSpec | None = None) -> Each | None:
        distinct = tuple(dict.fromkeys(values))
        if len(distinct) > CEILING:
            self.checker.problem(loc, f"each goes over {len(distinct):,} values, and {CEILING:,} are the most")
            return None
        return Each(column, (spec.dataset or "") if spec else "", (spec.column or "") if spec else "", distinct)

    def _privileges(self, source: Source, parameters: EndpointDataset, loc: Loc) -> None:
        borrowed = source.provider.session_source(source.settings)
        owner = self.project.sources.get(borrowed) if borrowed else source
        if parameters.privileges and owner and owner.provider.given_session(owner.settings):
            self.checker.problem(
                (*loc, "privileges"),
                f'source "{owner.name}" gives a session, and a given session cannot be widened',
                "put the privilege into that session, or give the source an admin_secret",
            )

    def _window(self, name: str | None, loc: Loc) -> Window | None:
        if name is None:
            return None
        declared = self.checker.file.data.get("windows", {})
        if name not in declared:
            self.checker.problem((*loc, "window"), f'there is no window "{name}"' + did_you_mean(name, declared))
        return self.windows.get(name)

    def _endpoint_columns(
        self, endpoint: Endpoint, parameters: EndpointDataset, each: Each | None, loc: Loc
    ) -> tuple[Column, ...]:
        columns = declare(endpoint.columns(parameters), parameters.columns)
        if not columns:
            self.checker.problem(
                loc,
                f"no catalogue knows the columns of {endpoint.name} here",
                'write columns = { name = "string", ... }',
                at="header",
            )
        if each is not None and each.column.name in {column.name for column in columns}:
            self.checker.problem(
                (*loc, "each"),
                f'each adds a column "{each.column.name}", which the answer has too',
                'add as = "another_name"',
            )
        return checked_columns(self.checker, columns + ((each.column,) if each else ()), parameters, loc)


def _endpoint_key(endpoint: Endpoint, parameters: EndpointDataset, each: Each | None) -> tuple[str, ...]:
    key = endpoint.key(parameters)
    return (each.column.name, *key) if each and key else key


def _one_of(names: Iterable[str]) -> str:
    return " or ".join(f'"{name}"' for name in sorted(names)) or "..., and describe it in reportrunner.toml"
