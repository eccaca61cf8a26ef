"""Datasets that ask an endpoint: source, parameters, `each`, window and columns of one section of a job file."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reportrunner.ask import Endpoint, EndpointNode, Source
from reportrunner.checker import Checker, Loc, checked_columns, named
from reportrunner.closing import Each, Split
from reportrunner.diagnose.shape import found
from reportrunner.each import close_each
from reportrunner.expression import Expression
from reportrunner.job import Project
from reportrunner.load.defaults import with_defaults
from reportrunner.load.fan_out import EachLoader, Load, load_split
from reportrunner.load.memory import accumulated, asked_of, refuse_open, refuse_sliced
from reportrunner.load.packing import pack_stands, packs_merge
from reportrunner.spec import EndpointDataset, JobFile
from reportrunner.spelling import did_you_mean, suggest
from reportrunner.table import Column, declare
from reportrunner.window import Window

_RENAMED = {"each": 'add as = "another_name"', "split": 'write { by = "...", as = "another_name" }'}


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
        names: tuple[frozenset[str], frozenset[str]],
        load_other: Load,
    ) -> None:
        """Take what the sections may refer to; `names` are those of all datasets, and of those with another half."""
        self.checker = checker
        self.project = project
        self.times = times
        self._eaches = EachLoader(checker, names[0], load_other)
        self._told = names[1]

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
        each = self._eaches.load(section, loc, trail) if "each" in section else None
        if tree is None or ("each" in section and each is None):
            return None
        if each and each.pack and not pack_stands(self.checker, tree, each, endpoint, loc):
            return None
        closed = close_each(self.checker, tree, each, endpoint.parameters, loc)
        if closed is None:
            return None
        each, parameters = closed
        fit = self._session(source, endpoint, parameters, loc)
        window = self.window(parameters.window, (*loc, "window"))
        if not fit or (parameters.window is not None and window is None):
            self._endpoint_columns(endpoint, parameters, _added(each, None), loc)
            return None
        split = load_split(self.checker, parameters, window, each, self.project.calendars, loc)
        if parameters.split and endpoint.action(parameters):
            self.checker.problem((*loc, "split"), f"{endpoint.name} acts, and does so once", "remove split")
        columns = self._endpoint_columns(endpoint, parameters, _added(each, split), loc)
        key = _key(endpoint, parameters, each, split)
        if each and each.pack:
            packs_merge(self.checker, endpoint, parameters, (columns, key), loc)
        accumulate = None
        if parameters.accumulate is not None:
            own, span = window, self.window(parameters.accumulate.window, (*loc, "accumulate", "window"))
            refuse_open(self.checker, section, endpoint.action(parameters), loc)
            accumulate = accumulated(self.checker, parameters.accumulate, columns, (own, span), loc)
        if accumulate is not None:
            refuse_sliced(self.checker, accumulate, split, loc)
        owner = self.project.sources.get(source.provider.session_source(source.settings), source)
        said = asked_of((source, owner), endpoint, section, each, self.checker.scope)
        order = tuple(parameters.sorted_by) or ((split.start.name, *key) if split else key)
        facts = (window, columns, order, key, each, self.times.now, split, said, accumulate)
        return EndpointNode(name, source, endpoint, tree, parameters, *facts)

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
        self, endpoint: Endpoint, parameters: EndpointDataset, added: Sequence[tuple[str, Column]], loc: Loc
    ) -> tuple[Column, ...]:
        known = endpoint.columns(parameters)
        for name in parameters.columns:
            near = suggest(name, [c.name for c in known]) if name not in {c.name for c in known} else ""
            if near:
                message = f'{endpoint.name} has no column "{name}"; did you mean "{near}"?'
                self.checker.problem((*loc, "columns", name), message, at="key")
        columns = declare(known, parameters.columns)
        if not columns and loc[1] not in self._told:
            self.checker.problem(
                loc,
                f"no catalogue knows the columns of {endpoint.name} here",
                'write columns = { name = "string", ... }',
                at="header",
            )
        for word, column in added:
            if column.name.lower() in {known.name.lower() for known in columns}:
                message = f'{word} adds a column "{column.name}", which the answer has too'
                self.checker.problem((*loc, word), message, _RENAMED[word])
            else:
                columns += (column,)
        return checked_columns(self.checker, columns, parameters, loc)


def _added(each: Each | None, split: Split | None) -> list[tuple[str, Column]]:
    """Return the columns that keys of the dataset add to an answer, each with its key."""
    found = [("each", each.column)] if each and not each.pack else []
    return found + [("split", column) for column in (split.columns if split else ())]


def _key(endpoint: Endpoint, parameters: EndpointDataset, each: Each | None, split: Split | None) -> tuple[str, ...]:
    """Return what names a row: the job's key or the endpoint's, with what the runner adds."""
    key, own = tuple(parameters.key), endpoint.key(parameters)
    if not key and own:
        key = (each.column.name, *own) if each and not each.pack else own
    return (split.column.name, *key) if split and key and split.column.name not in key else key


def _one_of(names: Iterable[str]) -> str:
    return " or ".join(f'"{name}"' for name in sorted(names)) or "..., and describe it in reportrunner.toml"


def _unless(near: str, known: Iterable[str]) -> str:
    """Return what there is, unless the nearest has been named."""
    names = ", ".join(sorted(known))
    return f"there is {names}" if names and not near else ""
