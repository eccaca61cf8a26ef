"""Whether the slices of a dataset's window part its rows: both ends of a slice must play a part in what is asked."""

from __future__ import annotations

from functools import partial

from reportrunner.ask import EndpointNode
from reportrunner.flow import Flow
from reportrunner.window.span import WindowError
from reportrunner.window.window import window_of


def slices_fault(node: EndpointNode) -> str:
    """Say why slices would not part the rows, seen by the first two of them; empty when they do."""
    if len(node.slices) < 2:
        return ""
    first, second = node.slices[:2]
    both = window_of(first.start_unix, second.end_unix, first.zone)
    try:
        one, other, whole = (node.endpoint.unfold(node.sample(part)) for part in (first, second, both))
    except WindowError:
        return ""  # what cannot be asked is told as that
    if _alike(one, other):
        return "is asked the same for every slice: the window plays no part in what is asked"
    if _alike(one, whole):
        return "is not asked for the end of a slice: its answer would hold the rows of all later slices too"
    if _alike(whole, other):
        return "is not asked for the start of a slice: its answer would hold the rows of all earlier slices too"
    return ""


def _alike(one: Flow, other: Flow) -> bool:
    """Tell whether two flows ask and read the same."""
    return one.steps == other.steps and _parts(one.read) == _parts(other.read)


def _parts(read: object) -> object:
    return (read.func, read.args, read.keywords) if isinstance(read, partial) else read
