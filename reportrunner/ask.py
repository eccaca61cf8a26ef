"""Asks, queries and the plan that orders them: what a run will do, as a value that can be printed and compared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from reportrunner.closing import WHOLE, Closing, Each, Split, closings
from reportrunner.condition import Condition
from reportrunner.days import NO_DAYS, Choice, Days
from reportrunner.expression import render_tree, spread_tree
from reportrunner.flow import Envelope, Flow, Minted, Reply, SessionKey
from reportrunner.memory import UNASKED, Accumulate, Asked, HistoryNode
from reportrunner.query import SqlText
from reportrunner.secret import SecretReference
from reportrunner.source_spec import SourceSpec
from reportrunner.spec import EndpointDataset
from reportrunner.strict import Strict
from reportrunner.table import Column, Rows, Value
from reportrunner.window import Window

NEVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Source:
    """A configured provider, checked."""

    name: str
    provider: Provider
    settings: SourceSpec


@dataclass(frozen=True, slots=True)
class Ask:
    """What a dataset asks of an endpoint, closed: checked parameters, window or slice, the `each` value if any."""

    dataset: str
    source: Source
    endpoint: Endpoint
    parameters: EndpointDataset
    window: Window | None
    value: Value = None
    now: dt.datetime = NEVER
    """When it is going to be sent: the wall clock's now, or the stand-in's."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation of a provider under the provider's own name; everything in it is pure."""

    name: str
    summary: str
    parameters: type[EndpointDataset]
    unfold: Callable[[Ask], Flow]
    columns: Callable[[EndpointDataset], tuple[Column, ...]]
    """The columns of its table, so far as a catalogue knows them, before the job's own `columns`."""
    key: Callable[[EndpointDataset], tuple[str, ...]] = lambda _: ()
    """What names a row, where the provider has such a thing."""
    findings: Callable[[EndpointDataset], tuple[tuple[str, str], ...]] = lambda _: ()
    """Built-in findings that the parameters alone tell: pairs of code and message."""
    notes: Callable[[EndpointDataset], tuple[str, ...]] = lambda _: ()
    """What must be said beside the numbers, printed in the footer."""
    hint: Callable[[EndpointDataset], str] = lambda _: ""
    """What a choice among the parameters leaves out; printed in plans, and where no rows come back."""
    days: Days = NO_DAYS
    """Whose days it counts, and how sure that is."""
    days_asked: Callable[[EndpointDataset], Days | None] = lambda _: None
    """Whose days a dataset of it counts, where its parameters decide that."""
    choices: Callable[[Ask], tuple[Choice, ...]] = lambda _: ()
    """What a job chose where its window is not served as it is; printed in plans and footers."""
    permissions: str = ""
    privileges: Callable[[EndpointDataset], tuple[str, ...]] = lambda _: ()
    """The privileges without which it refuses, as the dataset would write them; a session that is given is trusted."""
    reports: Callable[[], tuple[tuple[str, str, str], ...]] = lambda: ()
    """Its report types, where it has such: wire id, name, description."""
    operations: Callable[[], tuple[tuple[str, str], ...]] = lambda: ()
    """The operations that it can be told to carry out, where a key names one: its id, and what it is."""
    report_columns: Callable[[str], tuple[Column, ...]] = lambda _: ()
    """The columns of a report type by wire id."""
    report_note: Callable[[str], str] = lambda _: ""
    """What must be known of a report type before it is asked, by wire id."""
    question: Callable[[EndpointDataset], str] = lambda _: ""
    """What two endpoints that can answer the same question have in common when they do."""
    lossy: tuple[str, str] | None = None
    """The finding, code and reason, that its texts become where another endpoint answers the same question exactly."""
    rows: Callable[[Ask], int | None] = lambda _: None
    """How many rows an ask will have, where that can be told before asking."""
    limits: tuple[str, ...] = ()
    """How much one answer holds, and what becomes of more."""
    traps: tuple[str, ...] = ()
    covers: Callable[[Ask], Window | None] = lambda ask: ask.window
    """The span of which an ask brings all rows, where that is not all of its window."""
    definition: str = ""
    """A digest of what it asks for, where sources define their endpoints: another definition may ask for other rows."""
    action: Callable[[EndpointDataset], str] = lambda _: ""
    """What the call changes at the account, in words such as `orders captions`; empty for one that only reads."""

    def days_of(self, parameters: EndpointDataset) -> Days:
        """Return whose days a dataset counts."""
        return self.days_asked(parameters) or self.days


@dataclass(frozen=True, slots=True)
class Unfit:
    """A key of a dataset that its source cannot serve; the message goes on after the source's name."""

    key: str
    message: str
    hint: str


Mint = Callable[["Source", SessionKey, Callable[[str], str], dt.datetime, Callable[[int], bytes]], Minted]


@dataclass(frozen=True, slots=True)
class Provider:
    """Code that speaks one vendor's API; the face every member of the family shows."""

    name: str
    summary: str
    settings: type[SourceSpec]
    endpoints: Mapping[str, Endpoint]
    account: Callable[[SourceSpec], str]
    """What a budget belongs to: requests to one account share one."""
    secrets: Callable[[SourceSpec], Mapping[str, SecretReference]]
    """The secrets its requests have holes for, by the hole's name."""
    session_way: Callable[[SourceSpec], Literal["given", "asked", "made"]] = lambda _: "given"
    """How sessions are had: a secret is one, a flow asks for one, or one is made on this machine."""
    sign_in: Callable[[Source, SessionKey, dt.datetime], Flow] | None = None
    """The flow that gets a session, given the wall clock's now."""
    mint: Mint | None = None
    """What makes a session: source, session, its secrets, the wall clock's now, and a giver of random bytes."""
    session_source: Callable[[SourceSpec], str] = lambda _: ""
    """The source whose sessions it borrows."""
    unfit: Callable[[SourceSpec, EndpointDataset], Unfit | None] = lambda _, __: None
    """Why a dataset cannot have the session that it asks for."""
    envelope: Callable[[SourceSpec], Envelope | None] = lambda _: None
    """How several calls of one session travel together."""
    pause: Callable[[Reply], dt.timedelta | None] = lambda _: None
    """How long its account must keep still after a reply, so that it is not refused: what its headers leave."""
    endpoints_of: Callable[[SourceSpec], Mapping[str, Endpoint]] | None = None
    """The endpoints that a source defines, where its sources define them; `endpoints` is empty then."""
    include: type[Strict] | None = None
    """The model of a file that a source includes; it has `endpoints` as the source has."""
    sign_in_url: Callable[[SourceSpec], str] = lambda _: ""
    """Where sign-in requests go, a base URL, when it is not the source's own; secrets of a sign-in go there alone."""
    familiar: Mapping[str, str] = field(default_factory=dict)
    """Endpoint names that guides use and the service does not know, with the one that works."""


@dataclass(frozen=True, slots=True)
class EndpointNode:
    """A dataset that asks an endpoint, and how its answer is landed."""

    name: str
    source: Source
    endpoint: Endpoint
    tree: Mapping[str, Any]
    """The dataset's keys with at most `each` left to render."""
    parameters: EndpointDataset
    """The keys with the first, or a sample, value in place of `each`."""
    window: Window | None
    columns: tuple[Column, ...]
    order: tuple[str, ...]
    key: tuple[str, ...]
    each: Each | None = None
    now: dt.datetime = NEVER
    split: Split | None = None
    asked: Asked = UNASKED
    accumulate: Accumulate | None = None

    @property
    def slices(self) -> tuple[Window, ...]:
        """The parts of its window that are asked; none where the window is asked as a whole."""
        return self.split.slices if self.split else ()

    @property
    def added(self) -> tuple[Column, ...]:
        """The columns that the runner adds to an answer: the value of `each`, label and start of the slice."""
        value = (self.each.column,) if self.each and not self.each.pack else ()
        return (*value, *(self.split.columns if self.split else ()))

    def constants(self, closing: Closing) -> tuple[tuple[Column, Value], ...]:
        """Return what the added columns hold in the rows of one answer."""
        values: tuple[Value, ...] = (closing.value,) if self.each and not self.each.pack else ()
        of_slice = self.split.values(closing.slice) if self.split and closing.slice else ()
        return tuple(zip(self.added, (*values, *of_slice), strict=True))

    def closings(self, values: Sequence[Value] = ()) -> tuple[Closing, ...]:
        """Return what closes its ask for these values of `each`."""
        return closings(values if self.each else None, self.each.pack if self.each else 0, self.slices)

    def ask(self, closing: Closing = WHOLE) -> Ask:
        """Close the open places; ValueError when a value does not fit where it stands."""
        if self.each is None:
            return self.sample(closing.slice)
        tree = spread_tree(self.tree, ("each",), closing.pack) if closing.pack else self.tree
        data, errors = render_tree(tree, {"each": closing.value})
        for _, error in errors:
            raise error
        parameters = self.endpoint.parameters.model_validate(data)
        return replace(self.sample(closing.slice), parameters=parameters, value=closing.value)

    def sample(self, part: Window | None = None) -> Ask:
        """Return the ask with a sample in its open place, for checking before the values are known."""
        window = part or self.window
        return Ask(self.name, self.source, self.endpoint, self.parameters, window, now=self.now)


@dataclass(frozen=True, slots=True)
class FileNode:
    """A dataset read from a CSV file of the project."""

    name: str
    file: str
    columns: tuple[Column, ...]
    order: tuple[str, ...]
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InlineNode:
    """A dataset written in the job."""

    name: str
    rows: Rows
    order: tuple[str, ...]
    key: tuple[str, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of its rows."""
        return self.rows.columns


@dataclass(frozen=True, slots=True)
class QueryNode:
    """A dataset that SQL makes of others."""

    name: str
    sql: SqlText
    inputs: tuple[str, ...]
    columns: tuple[Column, ...]
    order: tuple[str, ...]
    key: tuple[str, ...]
    personal: tuple[str, ...] = ()
    accumulate: Accumulate | None = None


Node = EndpointNode | FileNode | InlineNode | QueryNode | HistoryNode


def action_of(node: Node) -> str:
    """Return what a dataset changes at the provider, in words; empty for one that only reads."""
    words = node.endpoint.action(node.parameters) if isinstance(node, EndpointNode) else ""
    if words and isinstance(node, EndpointNode) and node.each is not None:
        return f"carries out {node.endpoint.name} once for each {node.each.column.name}"
    return words


def acting(nodes: Mapping[str, Node]) -> frozenset[str]:
    """Return the datasets that act, and those that need one of them."""
    found: set[str] = set()
    for name, node in nodes.items():  # in dependency order
        if action_of(node) or found & set(needs_of(node)):
            found.add(name)
    return frozenset(found)


def needs_of(node: Node) -> tuple[str, ...]:
    """Return the datasets that must have landed before this one can start."""
    if isinstance(node, QueryNode):
        return node.inputs
    if isinstance(node, HistoryNode):
        return (node.feeder,) if node.feeder else ()
    needs = node.each.waits_for if isinstance(node, EndpointNode) and node.each else ()
    if isinstance(node, EndpointNode) and node.accumulate and node.parameters.reconcile:
        needs = (*needs, node.parameters.reconcile)  # what does not add up is not kept
    return needs


@dataclass(frozen=True, slots=True)
class BoundCheck:
    """A check of the job, ready to run."""

    name: str
    severity: str
    message: str
    dataset: str = ""
    sql: SqlText | None = None
    inputs: tuple[str, ...] = ()
    expect: Mapping[str, Condition] = field(default_factory=dict)
    rows: Condition | None = None
    unique: tuple[str, ...] = ()
    not_null: tuple[str, ...] = ()
    between: Mapping[str, tuple[float, float]] = field(default_factory=dict)
