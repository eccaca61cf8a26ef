"""The one loop: ready asks -> execute -> land, ready queries -> transform, until every dataset is landed or lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from reportrunner.ask import EndpointNode, FileNode, InlineNode, Node, QueryNode, acting, action_of, needs_of
from reportrunner.closing import Closing
from reportrunner.environment import Finished, LocalDone, Page
from reportrunner.errors import ReportrunnerError
from reportrunner.execute import Executor
from reportrunner.fan_out import FanOut, flows_of
from reportrunner.fetching import Fetching
from reportrunner.flow import Answer, Exchange, Flow
from reportrunner.history import Memory, recall, remember
from reportrunner.land import read_csv_file
from reportrunner.memory import HistoryNode
from reportrunner.plan import RunPlan
from reportrunner.settle import deduplicated, keyed, settled
from reportrunner.table import Landed, Note, Rows, Table

Transform = Callable[[QueryNode, Mapping[str, Table], Path], Table]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run reads the project's files, lands its tables, and remembers."""

    root: Path
    tables: Path
    memory: Memory | None = None


@dataclass(frozen=True, slots=True)
class _Token:
    """What local work is known by."""

    owner: Gathering
    dataset: str


@dataclass(slots=True)
class Gathered:
    """What came of every dataset: landed with the exchanges that fed it, lost with the reason, or behind a lost one."""

    landed: dict[str, Landed] = field(default_factory=dict)
    exchanges: dict[str, tuple[Exchange, ...]] = field(default_factory=dict)
    lost: dict[str, ReportrunnerError] = field(default_factory=dict)
    behind: dict[str, str] = field(default_factory=dict)
    """Datasets that could not be made, and the one they needed."""


class Gathering:
    """One pass over a plan: starts what is ready, takes what has ended, until every dataset is landed or lost."""

    def __init__(
        self,
        plan: RunPlan,
        executor: Executor,
        place: Place,
        transform: Transform,
        said: Said,
        held_back: HeldBack = lambda _: "",
    ) -> None:
        """Start nothing yet; `held_back` is asked once all that only reads has ended, before anything acts."""
        self._plan = plan
        self._executor = executor
        self._place = place
        self._transform = transform
        self._said = said
        self._waiting: dict[str, Node] = dict(plan.nodes)
        self._fetching: dict[str, Fetching] = {}
        self._flows: dict[int, tuple[str, Closing, Flow]] = {}
        self._landing: set[str] = set()
        self._outbox: dict[object, list[Flow]] = {}
        self._held_back = held_back
        self._acting = acting(plan.nodes)
        self._verdict: str | None = None if self._acting else ""
        """Why nothing acts; empty when all may go ahead, None until that is known."""
        self.result = Gathered()

    def begin(self) -> None:
        """Start what needs nothing."""
        self._start_ready()

    @property
    def finished(self) -> bool:
        """Whether every dataset has landed or is lost, and nothing is under way."""
        return not (self._waiting or self._landing or self._flows)

    def take(self, done: Finished | LocalDone | Page) -> bool:
        """Take an event if it is of this gathering, and start what became ready; what is lost, only its users lose."""
        if isinstance(done, LocalDone):
            assert isinstance(done.token, _Token)
            if done.token.owner is not self:
                return False
            self._landed(done.token.dataset, done)
        else:
            if id(done.flow) not in self._flows:
                return False
            if isinstance(done, Page):
                self._begin_early(done)
            else:
                self._answered(done)
        self._start_ready()
        return True

    def _start_ready(self) -> None:
        for name, node in list(self._waiting.items()):
            needs = needs_of(node)
            lost = next((n for n in needs if n in self.result.lost or n in self.result.behind), None)
            if lost is not None:
                del self._waiting[name]
                self.result.behind[name] = lost
                self._forget(self._fetching.get(name, Fetching()).flows.values())
                self._said(name, "lost", f'needs dataset "{lost}", which failed')
            elif all(need in self.result.landed for need in needs) and (name not in self._acting or self._may_act()):
                del self._waiting[name]
                self._start(name, node)
        for flows in self._outbox.values():
            self._executor.submit(*flows)
        self._outbox.clear()

    def _envelope(self, name: str) -> str:
        """Name the envelope that a dataset's calls share with others by its first dataset; "" for none."""
        return next((names[0] for names in self._plan.envelopes if name in names), "")

    def _may_act(self) -> bool:
        """Tell whether all that only reads has ended; then it is settled, once, whether anything acts."""
        ended = not self._landing and not self._flows and set(self._waiting) <= self._acting
        if self._verdict is None and ended:
            self._verdict = self._held_back(self.result)
        return self._verdict is not None

    def _start(self, name: str, node: Node) -> None:
        file = self._place.tables / f"{name}.duckdb"
        if self._verdict and action_of(node):
            empty = Rows(node.columns, (), (Note("action.held_back", f"not done: {self._verdict}"),))
            self._land(name, lambda: deduplicated(empty, name, file, node.order, ()))
            return
        match node:
            case InlineNode():
                self._land(name, lambda: deduplicated(node.rows, name, file, node.order, node.key))
            case FileNode():
                self._land(name, lambda: deduplicated(self._read(node), name, file, node.order, node.key))
            case QueryNode():
                inputs = {need: self.result.landed[need].table for need in node.inputs}
                self._land(name, lambda: keyed(self._transform(node, inputs, file), node.key))
            case HistoryNode():
                self._land(name, lambda: recall(node, self._place.memory, file))
            case EndpointNode():
                self._ask(name, node)

    def _land(self, name: str, work: Callable[[], Landed]) -> None:
        self._landing.add(name)
        node, landed = self._plan.nodes[name], dict(self.result.landed)
        self._executor.run_local(_Token(self, name), lambda: remember(node, work(), landed, self._place.memory))

    def _read(self, node: FileNode) -> Rows:
        return read_csv_file(self._place.root / node.file, node.columns, node.file)

    def _ask(self, name: str, node: EndpointNode) -> None:
        fetching, fan = self._fetching.setdefault(name, Fetching()), FanOut(node, self._plan.job.file)
        known = self._plan.flows.get(name)
        try:
            closings = fan.known() if known is not None else fan.closings(self._values(node))
            flows = known if known is not None else flows_of(fan, closings, fetching.flows)
        except ReportrunnerError as error:
            self._forget(fetching.flows.values())
            self._lose(name, error)
            return
        self._forget(fetching.settle(closings))
        for closing, flow in zip(closings, flows, strict=True):
            if closing not in fetching.flows:
                self._submit(name, closing, flow)
        self._see(name, fetching)

    def _values(self, node: EndpointNode) -> Table:
        """Return the table that holds the values of a dataset's `each`."""
        assert node.each is not None
        return self.result.landed[node.each.dataset].table

    def _submit(self, name: str, closing: Closing, flow: Flow) -> None:
        early = flow.early if any(self._followers(name)) else None
        flow = self._fetching[name].flows[closing] = replace(flow, run=self._plan.run, early=early)
        self._flows[id(flow)] = (name, closing, flow)
        self._outbox.setdefault(self._envelope(name) or (name, closing), []).append(flow)

    def _followers(self, name: str) -> Iterator[EndpointNode]:
        """Yield the datasets that wait for the values of this one and may be asked as soon as there is one."""
        for node in self._waiting.values():
            if isinstance(node, EndpointNode) and needs_of(node) == (name,) and node.name not in self._acting:
                yield node

    def _begin_early(self, page: Page) -> None:
        """Ask for the values that a page holds, before the list has ended; whether they count is settled later."""
        for node in self._followers(self._flows[id(page.flow)][0]):
            fetching, fan = self._fetching.setdefault(node.name, Fetching()), FanOut(node, self._plan.job.file)
            for closing in fan.early(page.rows, fetching.flows) if isinstance(page.rows, Rows) else ():
                # A value that cannot be asked is told when all of them are known.
                with suppress(ValueError, ReportrunnerError):
                    self._submit(node.name, closing, fan.flow(closing))

    def _forget(self, flows: Iterable[Flow]) -> None:
        for flow in flows:
            self._flows.pop(id(flow), None)
            self._executor.forget([flow])

    def _answered(self, done: Finished) -> None:
        name, closing, _ = self._flows.pop(id(done.flow))
        fetching = self._fetching[name]
        fetching.take(closing, done)
        self._see(name, fetching)

    def _see(self, name: str, fetching: Fetching) -> None:
        """Land a dataset whose last answer has come, or lose it with the first error."""
        if name in self.result.lost:
            return
        if fetching.error is not None:
            self._lose(name, fetching.error)
        elif (answers := fetching.answers) is not None:
            self._land_answers(name, fetching.closings or (), answers)

    def _land_answers(self, name: str, closings: Sequence[Closing], answers: list[Answer]) -> None:
        node = self._plan.nodes[name]
        assert isinstance(node, EndpointNode)
        self.result.exchanges[name] = tuple(exchange for answer in answers for exchange in answer.exchanges)
        file = self._place.tables / f"{name}.duckdb"
        self._land(name, lambda: settled(node, closings, answers, file))

    def _landed(self, name: str, done: LocalDone) -> None:
        self._landing.discard(name)
        if done.error is not None:
            self._lose(name, done.error)
            return
        assert isinstance(done.result, Landed)
        self.result.landed[name] = done.result
        self._said(name, "landed", f"{done.result.table.rows:,} rows")

    def _lose(self, name: str, error: ReportrunnerError) -> None:
        self.result.lost[name] = error
        self._said(name, "lost", str(error))


HeldBack = Callable[[Gathered], str]
"""Says why a run must not act on what it has read; empty when it may."""
Said = Callable[[str, str, str], None]
"""Told of a dataset, what became of it (`landed`, `lost`) and a detail."""


def gather(gatherings: Iterable[Gathering], executor: Executor, side_by_side: int) -> Iterator[Gathering]:
    """Drive gatherings over one executor, so many at a time, and yield each as it finishes."""
    waiting = iter(gatherings)
    active: list[Gathering] = []
    while True:
        for gathering in islice(waiting, side_by_side - len(active)):
            gathering.begin()
            active.append(gathering)
        if not active:
            return
        while not any(gathering.finished for gathering in active):
            # What was forgotten while it was on its way is nobody's.
            done = executor.next()
            any(gathering.take(done) for gathering in active)
        finished = [gathering for gathering in active if gathering.finished]
        active = [gathering for gathering in active if not gathering.finished]
        yield from finished
