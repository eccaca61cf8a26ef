"""Report to documents: every output in turn, those that others attach first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reportrunner.formats.common import Format, Writing
from reportrunner.report import Document, Report
from reportrunner.spec import OutputSpec
from reportrunner.table import Value

if TYPE_CHECKING:
    from reportrunner.templating.renderer import Renderer  # jinja2 is imported only to render


@dataclass(frozen=True, slots=True)
class Due:
    """A document that is due: its output, where it goes, how it is made, and of what.

    An output with `each` is due once per value, with a report that holds that value's rows only.
    """

    output: str
    path: str
    format: Format
    options: OutputSpec
    report: Report
    each: tuple[str, Value] | None = None
    """The column and the value it is for."""


def render(due: Sequence[Due], renderer: Renderer) -> tuple[Document, ...]:
    """Return the documents in the order they are due; an attachment is the very document that is written."""
    made: dict[str, Document] = {}
    for item in _in_order(due):
        wanted = getattr(item.options, "attach", None) or ()
        attached = tuple(made[o.path] for name in wanted for o in due if o.output == name and _fits(o, item))
        writing = Writing(item.output, item.path, renderer, attached)
        made[item.path] = item.format.write(_narrowed(item), item.options, writing)
    return tuple(made[item.path] for item in due)


def _fits(attachment: Due, item: Due) -> bool:
    """Tell whether an attachment is for the same person: nobody gets what was made for another."""
    return item.each is None or attachment.each is None or attachment.each == item.each


def _in_order(due: Sequence[Due]) -> Iterator[Due]:
    waiting, done = list(due), set[str]()
    while waiting:
        names = {item.output for item in waiting}
        ready = [item for item in waiting if not names & set(getattr(item.options, "attach", None) or ())]
        if not ready:
            raise ValueError(f"outputs attach one another: {', '.join(sorted(names))}")
        yield from ready
        done |= {item.path for item in ready}
        waiting = [item for item in waiting if item.path not in done]


def _narrowed(item: Due) -> Report:
    names = getattr(item.options, "datasets", None)
    if names is None:
        return item.report
    return replace(item.report, datasets={name: item.report.datasets[name] for name in names})
