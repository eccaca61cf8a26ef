"""Datasets that ask an endpoint: source, parameters, `each`, window and columns of one section of a job file."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reportrunner.ask import CEILING, Each, Endpoint, EndpointNode, InlineNode, Node, QueryNode, Source
from reportrunner.checker import Checker, Loc, checked_columns, named, row_order
from reportrunner.diagnose.shape import found
from reportrunner.each import close_each
from reportrunner.expression import Expression
from reportrunner.job import Project
from reportrunner.load.defaults import with_defaults
from reportrunner.load.memory import accumulated, of_endpoint, refuse_open
from reportrunner.spec import EachSpec, EndpointDataset, JobFile
from reportrunner.spelling import did_you_mean, suggest
from reportrunner.table import Column, ColumnType, Value, declare
from reportrunner.toml_value import fits, kind_of, plain_value
from reportrunner.window import Window

Load = Callable[[str, tuple[str, ...]], Node | None]
"""Loads another section first; the names are the datasets whose `each` led there."""


@dataclass(frozen=True, slots=True)
class Times:
    """The windows of a job, and when its requests are going to be sent."""

    windows: Mapping[str, Window]
    now: dt.datetime


class EndpointLoader:
    """Loads sections that ask an endpoint."""

    def __init__(
        self,
        checker: Checker,
        project: Project,
        times: Times,
        declared: frozenset[str],
        load_other: Load,
    ) -> None:
        """Take what the sections may refer to."""
        self.checker = checker
        self.project = project
        self.times = times
        self.declared = declared
        self.load_other = load_other

    def load(self, name: str, section: Any, loc: Loc, trail: tuple[str, ...]) -> EndpointNode | None:
        """Return the node of a section, or None with its problems added."""
        asked = self._find_endpoint(section, loc)
        if asked is None:
            return None
        source, endpoint = asked
        section = with_defaults(section, source.settings.defaults, endpoint)
        if self._is_opened(section, endpoint, loc):
            return None
        tree = self.checker.rendered(section, loc, keep=frozenset({"each"}))
        each = self._each(section, loc, trail) if "each" in section else None
        if tree is None or ("each" in section and each is None):
            return None
        closed = close_each(self.checker, tree, each, endpoint.parameters, loc)
        if closed is None:
            return None
        each, parameters = closed
        fit = self._session(source, endpoint, parameters, loc)
        window = self.window(parameters.window, (*loc, "window"))
        columns = self._endpoint_columns(endpoint, parameters, each, loc)
        if not fit or (parameters.window is not None and window is None):
            return None
        key = tuple(parameters.key) or _endpoint_key(endpoint, parameters, each)
        accumulate = None
        if parameters.accumulate is not None:
            own, span = window, self.window(parameters.accumulate.window, (*loc, "accumulate", "window"))
            refuse_open(self.checker, section, endpoint.action(parameters), loc)
            accumulate = accumulated(self.checker, parameters.accumulate, columns, (own, span), loc)
            accumulate = of_endpoint(accumulate, source, endpoint, section) if accumulate else None
        return EndpointNode(
            name,
            source,
            endpoint,
            tree,
            parameters,
            window,
            columns,
            row_order(parameters) or key,
            key,
            each,
            self.times.now,
            accumulate,
        )

    def keys(self, section: Mapping[str, Any]) -> frozenset[str]:
        """Return the keys that the endpoint of a section has, where both are known."""
        source = self.project.sources.get(str(section.get("source")))
        endpoint = source.provider.endpoints.get(str(section.get("endpoint"))) if source else None
        return frozenset(endpoint.parameters.model_fields) if endpoint else frozenset()

    def known(self, section: Mapping[str, Any]) -> str:
        """Say which endpoints the source of a section has."""
        source = self.project.sources.get(str(section.get("source")))
        return f"write endpoint = {_one_of(source.provider.endpoints)}" if source else 'write endpoint = "..."'

    def _find_endpoint(self, section: Any, loc: Loc) -> tuple[Source, Endpoint] | None:
        word, declared = section.get("source"), self.project.declared
        if not isinstance(word, str):
            hint = f"write source = {_one_of(declared)}"
            if word is None:
                self.checker.problem(loc, "an endpoint needs a source", hint, at="header")
            else:
                self.checker.problem((*loc, "source"), f"expected the name of a source, found {found(word)}", hint)
            return None
        if word not in declared:
            near = did_you_mean(word, declared)
            self.checker.problem((*loc, "source"), f'there is no source "{word}"{near}', _unless(near, declared))
            return None
        source = self.project.sources.get(word)
        if source is None:
            return None
        asked = section.get("endpoint")
        endpoint = source.provider.endpoints.get(asked) if isinstance(asked, str) else None
        if endpoint is None:
            known = source.provider.endpoints
            meant = source.provider.familiar.get(str(asked), "")
            near = f'; did you mean "{meant}"?' if meant else did_you_mean(str(asked), known)
            message = f'{source.provider.name} has no endpoint "{asked}"{near}'
            self.checker.problem((*loc, "endpoint"), message, _unless(near, known))
            return None
        return source, endpoint

    def _is_opened(self, section: Mapping[str, Any], endpoint: Endpoint, loc: Loc) -> bool:
        """Tell whether an expression stands in a text that takes none, with the problem added."""
        opened = [key for key in endpoint.parameters.closed if isinstance(section.get(key), Expression)]
        for key in opened:
            said = f"{key} takes no expressions: a value could add conditions of its own"
            self.checker.problem((*loc, key), said, endpoint.parameters.closed[key])
        return bool(opened)

    def _each(self, section: Any, loc: Loc, trail: tuple[str, ...]) -> Each | None:
        loc = (*loc, "each")
        data = self.checker.rendered(section["each"], loc)
        spec = None if data is None else self.checker.validated(EachSpec, data, loc)
        if spec is None:
            return None
        if spec.values is not None:
            column = Column(spec.name, kind_of(spec.values[0]) if spec.values else ColumnType.STRING)
            for number, value in enumerate(spec.values):
                if not fits(value, column.type):
                    message = f"the first value is {column.type.value}, found {found(value)}"
                    self.checker.problem((*loc, "values", number), message)
                    return None
            return self._known_each(column, [plain_value(value, column.type) for value in spec.values], loc)
        assert spec.dataset is not None
        assert spec.column is not None
        if spec.dataset not in self.declared:
            message = f'there is no dataset "{spec.dataset}"' + did_you_mean(spec.dataset, self.declared)
            self.checker.problem((*loc, "dataset"), message)
            return None
        if spec.dataset in trail:
            circle = " -> ".join([*trail[trail.index(spec.dataset) :], spec.dataset])
            self.checker.problem((*loc, "dataset"), f"datasets need one another in a circle: {circle}")
            return None
        node = self.load_other(spec.dataset, trail)
        if node is None:
            return None
        if isinstance(node, QueryNode):
            return Each(Column(spec.name, ColumnType.STRING), spec.dataset, spec.column, bound=False)
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

    def _session(self, source: Source, endpoint: Endpoint, parameters: EndpointDataset, loc: Loc) -> bool:
        """Tell whether the source can serve the dataset; what it lacks becomes a problem."""
        borrowed = source.provider.session_source(source.settings)
        owner = self.project.sources.get(borrowed) if borrowed else source
        if owner is None:
            return True
        unfit = owner.provider.unfit(owner.settings, parameters)
        if unfit:
            self.checker.problem((*loc, unfit.key), f'source "{owner.name}" {unfit.message}', unfit.hint)
        needed = endpoint.privileges(parameters)
        given = owner.provider.session_way(owner.settings) == "given"
        of_source = getattr(getattr(owner.settings, "auth", None), "privileges", ())
        if needed and not given and not parameters.privileges and not set(needed) <= set(of_source):
            message = f"{endpoint.name} needs a session with the privilege {' and '.join(needed)}"
            self.checker.problem(loc, message, f"add privileges = {json.dumps(needed)}", at="header")
        return unfit is None

    def window(self, name: str | None, loc: Loc) -> Window | None:
        """Return the window that a key names, or None with the problem added."""
        if name is None:
            return None
        declared = named(self.checker.file.data, "windows", JobFile)
        if name not in declared:
            near = did_you_mean(name, declared)
            self.checker.problem(loc, f'there is no window "{name}"{near}', _unless(near, declared))
        return self.times.windows.get(name)

    def _endpoint_columns(
        self, endpoint: Endpoint, parameters: EndpointDataset, each: Each | None, loc: Loc
    ) -> tuple[Column, ...]:
        known = endpoint.columns(parameters)
        for name in parameters.columns:
            near = suggest(name, [c.name for c in known]) if name not in {c.name for c in known} else ""
            if near:
                message = f'{endpoint.name} has no column "{name}"; did you mean "{near}"?'
                self.checker.problem((*loc, "columns", name), message, at="key")
        columns = declare(known, parameters.columns)
        if not columns:
            self.checker.problem(
                loc,
                f"no catalogue knows the columns of {endpoint.name} here",
                'write columns = { name = "string", ... }',
                at="header",
            )
        if each is not None and each.column.name.lower() in {column.name.lower() for column in columns}:
            message = f'each adds a column "{each.column.name}", which the answer has too'
            self.checker.problem((*loc, "each"), message, 'add as = "another_name"')
            each = None
        return checked_columns(self.checker, columns + ((each.column,) if each else ()), parameters, loc)


def _endpoint_key(endpoint: Endpoint, parameters: EndpointDataset, each: Each | None) -> tuple[str, ...]:
    key = endpoint.key(parameters)
    return (each.column.name, *key) if each and key else key


def _one_of(names: Iterable[str]) -> str:
    return " or ".join(f'"{name}"' for name in sorted(names)) or "..., and describe it in reportrunner.toml"


def _unless(near: str, known: Iterable[str]) -> str:
    """Return what there is, unless the nearest has been named."""
    names = ", ".join(sorted(known))
    return f"there is {names}" if names and not near else ""
