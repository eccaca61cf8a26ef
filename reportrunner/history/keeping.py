"""Keeping: a landed table becomes an observation of its history, or it is said why not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from reportrunner.ask import EndpointNode, Node, QueryNode, needs_of
from reportrunner.errors import InvalidError, OutputError
from reportrunner.history.alike import origin_of, question_of, unlike
from reportrunner.history.store import keep, survey
from reportrunner.job import JobSpec
from reportrunner.memory import Accumulate
from reportrunner.table import Landed, Note, Observation, Table
from reportrunner.table_file import duplicates, null_count
from reportrunner.window.zone import unix_of

Withheld = Callable[[str, Mapping[str, Landed]], str]
"""Says why what has landed of a dataset must not be kept; empty when it may."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a run remembers with: whose it is, where histories lie, and what the stand-in tells."""

    job: JobSpec
    root: Path
    """Holds `history/`."""
    withheld: Withheld
    now: dt.datetime
    sandbox: bool = False
    run: str = ""
    """The run's id; empty where nothing is to be kept, only read."""
    nodes: Mapping[str, Node] = field(default_factory=dict)
    """All datasets of the plan: what one is made of may cover less than its window."""
    archived: bool = False
    """Whether the root is somebody else's folder, which has to be there."""

    def folder(self, into: str) -> Path:
        """Return where a history lies; OutputError when the archive is not there: it is not empty then, but away."""
        if self.archived and not self.root.is_dir():
            said = "make it, or mount it; the history in it is not empty, but away"
            raise OutputError(f"the archive {self.root} is not there: {said}")
        return self.root / into

    def holds(self, into: str, file: str) -> bool:
        """Tell whether a file is in a history."""
        return (self.root / into / file).is_file()

    def invalid(self, dataset: str, key: str, message: str, hint: str) -> InvalidError:
        """Return what is wrong with a dataset, placed in the job file."""
        return InvalidError((self.job.file.diagnostic(("datasets", dataset, key), message, hint=hint, at="key"),))


def remember(node: Node, landed: Landed, others: Mapping[str, Landed], memory: Memory | None) -> Landed:
    """Keep what a dataset has landed, if it accumulates, and return it with what was kept.

    Rows with an error finding are not kept, and that is noted. InvalidError for rows that the key does not name, and
    for a history of other rows; OutputError when the disk fails.
    """
    accumulate = node.accumulate if isinstance(node, EndpointNode | QueryNode) else None
    if accumulate is None or memory is None or not memory.run:
        return landed
    if why := memory.withheld(node.name, {**others, node.name: landed}):
        return replace(landed, notes=(*landed.notes, Note("history.not_kept", f"nothing was kept: {why}")))
    _check_key(landed.table, accumulate, memory)
    observation = _observation(node, landed.table, accumulate, others, memory)
    folder = memory.folder(accumulate.into)
    known, faults = survey(folder)
    _check_alike(observation, known, memory)
    landed = replace(landed, kept=keep(landed.table, observation, folder))
    if faults:  # by the time that somebody has looked, the provider may have forgotten
        raise OutputError(f"{faults[0]}; what this run saw was kept beside it")
    return landed


def _observation(
    node: Node, table: Table, accumulate: Accumulate, others: Mapping[str, Landed], memory: Memory
) -> Observation:
    start, end = _covered(node, accumulate, memory)
    return Observation(
        into=accumulate.into,
        job=memory.job.name,
        dataset=table.name,
        origin=origin_of(node),
        question=question_of(node, memory.nodes, others),
        key=accumulate.key,
        columns=table.columns,
        as_of=memory.job.as_of,
        seen=memory.now,
        start=start,
        end=end,
        run=memory.run,
        rows=table.rows,
        digest=table.digest,
        sandbox=memory.sandbox,
    )


def _covered(node: Node, accumulate: Accumulate, memory: Memory) -> tuple[int, int]:
    """Return the span of which all rows were asked for, of this dataset and of those that it was made of."""
    asked = node.endpoint.covers(node.sample()) if isinstance(node, EndpointNode) else None
    window = asked or accumulate.window
    assert window is not None
    start, end = window.start_unix, min(window.end_unix, unix_of(memory.job.as_of))
    made_of = list(_made_of(node, memory.nodes))
    if spans := [other.window for other in made_of if other.window]:  # of days that nobody asked for nothing is known
        start, end = max(start, min(o.start_unix for o in spans)), min(end, max(o.end_unix for o in spans))
    for other in made_of:
        wanted, asked = other.window, other.endpoint.covers(other.sample())
        # A list that begins later than its window has no rows of the days before: nor has what goes over it.
        if wanted and asked and wanted.start_unix < min(asked.start_unix, end):
            start = max(start, asked.start_unix)
    return start, max(start, end)


def _made_of(node: Node, nodes: Mapping[str, Node]) -> Iterator[EndpointNode]:
    seen, waiting = {node.name}, [*needs_of(node)]
    while waiting:
        name = waiting.pop()
        if name not in seen and name in nodes:
            seen.add(name)
            waiting += needs_of(other := nodes[name])
            if isinstance(other, EndpointNode):
                yield other


def _check_key(table: Table, accumulate: Accumulate, memory: Memory) -> None:
    key = " + ".join(accumulate.key)
    for name in accumulate.key:
        if empty := null_count(table, name):
            said = f'{empty:,} rows have no {name}, which "accumulate" takes for their name'
            raise memory.invalid(table.name, "accumulate", said, "name rows by columns that are never empty")
    if repeated := duplicates(table, accumulate.key):
        said = f"{repeated:,} rows repeat the {key} of another one: only one of each would be remembered"
        raise memory.invalid(table.name, "accumulate", said, "add the column to key that tells them apart")


def _check_alike(new: Observation, others: Iterable[Observation], memory: Memory) -> None:
    for old in others:
        if old.sandbox != new.sandbox:
            raise OutputError(f"{old.file} is {'stand-in' if old.sandbox else 'real'} data in the other's folder")
        if what := unlike(old, new):
            said = f"the history is of other rows: in {old.file}, {what}"
            raise memory.invalid(new.dataset, "accumulate", said, "go into another history, or move the old one away")
