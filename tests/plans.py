"""Small plans by hand, and an executor without threads or network, for the tests of the river's verbs."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from pydantic import Field

from reportrunner.ask import Ask, BoundCheck, Endpoint, EndpointNode, Node, Provider, QueryNode, Source
from reportrunner.closing import Each
from reportrunner.environment import Finished, LocalDone
from reportrunner.errors import ProviderError, ReportrunnerError
from reportrunner.expression import parse_tree
from reportrunner.flow import Answer, Done, Exchange, Flow, Reply, Request, Step, Verdict
from reportrunner.job import BoundOutput, JobSpec, Rules
from reportrunner.plan import RunPlan
from reportrunner.query import SqlText
from reportrunner.source_spec import SourceSpec
from reportrunner.spec import EndpointDataset
from reportrunner.table import Column, ColumnType, Note, Rows, Value
from reportrunner.toml_file import TomlFile
from reportrunner.window.zone import load_zone

AS_OF = dt.datetime(2026, 11, 16, tzinfo=load_zone("America/New_York"))
S, N, R, D = ColumnType.STRING, ColumnType.INTEGER, ColumnType.RATIO, ColumnType.DECIMAL


def columns(additive: tuple[str, ...] = (), **kinds: ColumnType) -> tuple[Column, ...]:
    """Columns by name and type."""
    return tuple(Column(name, kind, additive=name in additive or None) for name, kind in kinds.items())


class Question(EndpointDataset):
    """What the endpoint of these tests is asked."""

    diagnostic_owner: ClassVar[str] = "house.question"
    q: str = Field(max_length=40)


def judge(request: Request, reply: Reply) -> Verdict:
    return Done()


def nothing(replies: tuple[Reply, ...]) -> Rows:
    return Rows((), ())


def unfold(ask: Ask) -> Flow:
    """One request that names the question."""
    assert isinstance(ask.parameters, Question)
    step = Step("fetch", Request("GET", f"/{ask.parameters.q}"), judge)
    return Flow(ask.dataset, ask.source.name, "house.question", (step,), nothing)


def endpoint(**changes: Any) -> Endpoint:
    """The endpoint of these tests."""
    return Endpoint("question", "Answers a question", Question, unfold, lambda _: (), **changes)


PROVIDER = Provider("house", "A house", SourceSpec, {"question": endpoint()}, lambda _: "a", lambda _: {})
SOURCE = Source("house", PROVIDER, SourceSpec(provider="house", base_url="https://house.example"))


def asking(name: str, of: tuple[Column, ...], q: str = "all", each: Each | None = None, **changes: Any) -> EndpointNode:
    """A dataset that asks; `q` may hold `{{ each }}`, and then a sample stands in for it."""
    data = {"source": "house", "endpoint": "question", "q": q}
    tree, errors = parse_tree(data)
    assert not errors
    parameters = Question.model_validate({**data, "q": "sample" if each else q})
    facts = {"order": (), "key": (), "endpoint": endpoint(), **changes}
    asked, order, key = facts.pop("endpoint"), facts.pop("order"), facts.pop("key")
    assert not facts
    return EndpointNode(name, SOURCE, asked, tree, parameters, None, of, order, key, each)


def query(name: str, *inputs: str) -> QueryNode:
    """A dataset that SQL makes of others; the tests hand in what it makes."""
    return QueryNode(name, SqlText(f"select * from {name}"), inputs, columns(n=N), (), ())


def job(nodes: Mapping[str, Node], **changes: Any) -> JobSpec:
    """A job of these datasets, whose file has a section for each, so that diagnostics find their place."""
    text = "".join(f"[datasets.{name}]\neach = {{ dataset = 'x' }}\n" for name in nodes)
    facts: dict[str, Any] = {
        "name": "weekly",
        "file": TomlFile("jobs/weekly.toml", text, tomllib.loads(text)),
        "sources": {"house": SOURCE},
        "title": "A job",
        "tags": (),
        "owner": "",
        "timezone": "America/New_York",
        "as_of": AS_OF,
        "label": "2026-W46",
        "params": {},
        "given_params": {},
        "windows": {},
        "calendars": {},
        "nodes": nodes,
        "declared": frozenset(nodes),
        "checks": (),
        "outputs": (),
        "rules": {name: Rules("ok", {}) for name in nodes},
        "diagnostics": (),
        **changes,
    }
    return JobSpec(**facts)


def plan(
    *nodes: Node, checks: tuple[BoundCheck, ...] = (), outputs: tuple[BoundOutput, ...] = (), **changes: Any
) -> RunPlan:
    """A plan of these datasets, in this order; what has no open `each` is unfolded."""
    named = {node.name: node for node in nodes}
    spec = job(named, checks=checks, outputs=outputs, **changes)
    flows = {
        node.name: known for node in nodes if isinstance(node, EndpointNode) and (known := _known(node)) is not None
    }
    return RunPlan(spec, "2026-W46", named, flows, (), checks, (), spec.name)


def _known(node: EndpointNode) -> tuple[Flow, ...] | None:
    if node.each and node.each.values is None:
        return None
    values = node.each.values or () if node.each else ()
    return tuple(node.endpoint.unfold(node.ask(closing)) for closing in node.closings(values))


Answers = Callable[[str], Rows | ReportrunnerError]


class Hand:
    """An executor whose every step is in the test's hand: what is asked, what is answered, and in which order."""

    def __init__(self, answers: Answers, pick: Callable[[Sequence[object]], int] = lambda _: 0) -> None:
        """`answers` gives rows or an error for the path of a request; `pick` chooses what ends next."""
        self.answers = answers
        self.pick = pick
        self.asked: list[str] = []
        self._waiting: deque[Callable[[], Finished | LocalDone]] = deque()

    def submit(self, *flows: Flow) -> None:
        for flow in flows:
            path = str(flow.steps[0].request.path).removeprefix("/")
            self.asked.append(path)
            self._waiting.append(partial(self._answer, flow, path))

    def run_local(self, token: object, work: Callable[[], object]) -> None:
        self._waiting.append(partial(LocalDone.of, token, work))

    def next(self) -> Finished | LocalDone:
        place = self.pick(self._waiting)
        self._waiting.rotate(-place)
        return self._waiting.popleft()()

    def _answer(self, flow: Flow, path: str) -> Finished:
        given = self.answers(path)
        if isinstance(given, ReportrunnerError):
            return Finished(flow, error=given)
        exchange = Exchange("fetch", "GET", f"/{path}", "request", 200, "reply")
        return Finished(flow, Answer(given, (exchange,)))


def refusal(dataset: str, words: str = "no") -> ProviderError:
    """What an executor says of a flow that failed."""
    return ProviderError(f"datasets.{dataset}, step fetch: house refused: {words}", dataset=dataset, step="fetch")


def rows(of: tuple[Column, ...], *cells: tuple[Value, ...], notes: tuple[Note, ...] = ()) -> Rows:
    """Rows of these columns."""
    return Rows(of, list(cells), notes)
