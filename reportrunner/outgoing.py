"""Outputs with `each`: the keys of each document, or which values do not fit where they stand, and what to type."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reportrunner.ask import FileNode, Node
from reportrunner.checker import Checker
from reportrunner.errors import Diagnostic, InvalidError
from reportrunner.expression import expressions, parse, render_tree
from reportrunner.job import BoundOutput, path_fault
from reportrunner.spec import OutputSpec
from reportrunner.table import Value
from reportrunner.toml_file import TomlFile

SHOWN = 3
"""Values that are named beside the first that does not fit."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An output with `each`, the dataset that it goes over, and the job's file, where its faults are placed."""

    output: BoundOutput
    node: Node
    file: TomlFile

    def close(self, values: Iterable[Value]) -> list[OutputSpec]:
        """Return the keys of the document of each value; InvalidError names every key that values do not fit."""
        closed: list[OutputSpec] = []
        unfit: dict[tuple[int, int], list[tuple[Value, Diagnostic]]] = {}
        for value in values:
            options, faults = self._close(value)
            closed += [options] if options is not None else []
            for fault in faults:
                unfit.setdefault((fault.line, fault.column), []).append((value, fault))
        if unfit:
            raise InvalidError(tuple(self._told(found) for found in unfit.values()))
        return closed

    def invalid(self, key: str, message: str, hint: str = "") -> InvalidError:
        """Return what is wrong with a key of the output, placed in the job file."""
        return InvalidError((self.file.diagnostic(("outputs", self.output.name, key), message, hint=hint),))

    def _close(self, value: object) -> tuple[OutputSpec | None, Sequence[Diagnostic]]:
        loc, model = ("outputs", self.output.name), type(self.output.options)
        data, errors = render_tree(self.output.tree, {"each": value})
        if errors:
            return None, [
                self.file.diagnostic((*loc, *place), error.message, hint=error.hint) for place, error in errors
            ]
        checker = Checker(self.file)
        options = checker.validated(model, data, loc)
        if options is None:
            return None, checker.problems
        if fault := path_fault(options.path or self.output.name):
            return None, [self.file.diagnostic((*loc, "path"), fault)]
        return options, ()

    def _told(self, found: Sequence[tuple[Value, Diagnostic]]) -> Diagnostic:
        each, (value, fault) = self.output.each, found[0]
        assert each is not None
        said = f'{fault.message}; output "{self.output.name}" makes it of {each.of} {_quoted(value)} in {self._place}'
        if others := [_quoted(other) for other, _ in found[1:]]:
            left = len(others) - SHOWN
            named = [*others[:SHOWN], *([f"{left:,} more"] if left > 0 else [])]
            said += f", and so it is with {', '.join(named[:-1])}{' and ' if named[:-1] else ''}{named[-1]}"
        mend = f"mend {each.of} in {self._place}, or go over a column that fits here"
        slug = self._as_slug(fault, [value for value, _ in found])
        return replace(
            fault, message=said, hint=f"if that is how they are made, write {slug}; else {mend}" if slug else mend
        )

    @property
    def _place(self) -> str:
        return self.node.file if isinstance(self.node, FileNode) else f'dataset "{self.node.name}"'

    def _as_slug(self, fault: Diagnostic, values: Sequence[Value]) -> str:
        """Return the text of the key with `each` as a slug, where all values would fit so."""
        text = dict(expressions(self.output.tree)).get(("path",))
        there = self.file.diagnostic(("outputs", self.output.name, "path"), "")
        # Another path names the same document; another address is another mailbox.
        if text is None or (there.line, there.column) != (fault.line, fault.column):
            return ""
        slugged = text.text.replace("{{ each }}", "{{ each | slug }}")
        single = parse("{{ each | slug }}")
        slugs: list[Any] = [render_tree(single, {"each": value}) for value in values]
        if slugged != text.text and not any(errors or self._close(slug)[1] for slug, errors in slugs):
            return json.dumps(slugged, ensure_ascii=False)
        return ""


def _quoted(value: Value) -> str:
    text = str(value)
    said = "is empty" if not text else "ends with a blank" if text != text.rstrip() else ""
    return json.dumps(text, ensure_ascii=False) + (f" (the value {said})" if said else "")
