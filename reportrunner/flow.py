"""A flow: the requests behind an ask, and the five things a provider can say of a reply. Values only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from reportrunner.holes import Digest as Digest
from reportrunner.holes import Encoded as Encoded
from reportrunner.holes import Hole as Hole
from reportrunner.holes import Issued as Issued
from reportrunner.holes import Open as Open
from reportrunner.holes import Pairs as Pairs
from reportrunner.holes import Segment as Segment
from reportrunner.holes import Text as Text
from reportrunner.holes import fill_text as fill_text
from reportrunner.holes import show as show
from reportrunner.table import Bulk, Rows


@dataclass(frozen=True, slots=True)
class SessionKey:
    """Which session a request runs under: one per source, account and set of privileges."""

    source: str
    privileges: tuple[str, ...] = ()
    partner: int = 0
    """The account it is opened for, where that is another than the source's own."""


@dataclass(frozen=True, slots=True)
class Minted:
    """A session made on this machine, and when it dies."""

    session: str = field(repr=False)
    expires: datetime


@dataclass(frozen=True, slots=True)
class JsonBody:
    """A JSON object kept as pairs, so that requests stay values; a tuple is a list."""

    pairs: tuple[tuple[str, JsonValue], ...]


JsonValue = str | int | float | bool | None | Hole | JsonBody | tuple["JsonValue", ...]


def fill_json(value: JsonValue, fill: Callable[[Open], str]) -> object:
    """Return plain JSON data with every hole filled."""
    if isinstance(value, Hole):
        return fill(value)
    if isinstance(value, JsonBody):
        return {name: fill_json(item, fill) for name, item in value.pairs}
    return [fill_json(item, fill) for item in value] if isinstance(value, tuple) else value


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be sent, relative to the source's base URL; holes are filled only when it is sent."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: Text
    query: Pairs = ()
    headers: Pairs = ()
    form: Pairs | None = None
    json: JsonBody | None = None
    page: int = 0
    """Its place in the answer: replies are read in this order, whatever order they came in."""
    wave: int = 0
    """The last page asked together with this one; a provider's growing window of pages needs it."""
    part: str = ""
    """The slice of the question that it asks for; slices are read in the order of their names."""
    before: tuple[str, ...] = ()
    """What the pages that led to it held or are known by, so that a judge can tell one that adds nothing
    or comes again; no part of its name."""

    def canonical(self) -> str:
        """Return the one form that names this request in journal, de-duplication and manifest; holes stay unfilled."""
        headers = sorted((name.lower(), show(value)) for name, value in self.headers)
        form = None if self.form is None else [[name, show(value)] for name, value in self.form]
        body = None if self.json is None else fill_json(self.json, str)
        parts = [self.method, show(self.path), [[n, show(v)] for n, v in self.query], headers, form, body]
        return json.dumps(parts, ensure_ascii=False, separators=(",", ":"), sort_keys=True)

    def digest(self) -> str:
        """Return the SHA-256 of the canonical form."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: an HTTP answer, or a `fault` when none came whole. Header names are lower case."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    fault: str = ""
    redacted: bool = False
    """The body held a secret, and `***` stands in its place."""
    part: str = ""
    """The slice of the question that it answers."""
    file: Path | None = None
    """Where a download lies; `body` then holds its beginning only."""
    size: int = 0
    """Bytes of the whole body, where it lies in a file."""
    digest: str = ""
    """SHA-256 of the redacted body, where it lies in a file."""


@dataclass(frozen=True, slots=True)
class Done:
    """The reply is whole and this part of the step is finished."""

    captures: Mapping[str, str] = field(default_factory=dict)
    expires: datetime | None = None
    """For a sign-in: when the captured session dies."""
    secret: tuple[str, ...] = ()
    """Captures that must be seen nowhere, such as a link that holds a session."""


Why = Literal["failed", "working", "limited", "session", "stale"]


@dataclass(frozen=True, slots=True)
class Again:
    """The same request is to be sent again.

    `working`: the provider is still at it (a poll). `failed`: a passing fault, few attempts. `limited`: the account
    must pause for everybody. `session`: sign in again first, once. `stale`: what earlier steps captured has died; the
    whole flow begins again, once.
    """

    why: Why
    words: str
    after: timedelta | None = None
    """At least this long from now; None leaves the wait to the schedule."""


@dataclass(frozen=True, slots=True)
class More:
    """The reply is whole and these pages belong to the same step."""

    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """The part is too large for one answer: forget what came of it, and ask these parts instead."""

    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider will not answer this; `words` are its own, `kind` is ours."""

    kind: Literal["refused", "failed", "unreachable", "timeout", "unreadable", "truncated"]
    words: str
    hint: str = ""


Verdict = Done | Again | More | Split | Refused
Judge = Callable[[Request, Reply], Verdict]
Read = Callable[[tuple[Reply, ...]], Rows | Bulk]
Clean = Callable[[bytes, Callable[[bytes], bytes]], bytes]
"""Returns a body in which the redactor, the second argument, has hidden what it knows."""


@dataclass(frozen=True, slots=True)
class Poll:
    """How a step waits for remote work: `every` is fixed when the job says so, otherwise learnt."""

    timeout: timedelta = timedelta(minutes=20)
    every: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a flow (and the pages it grows), with the judge of its replies."""

    name: str
    request: Request
    judge: Judge
    repeatable: bool = True
    """False when a second sending could do the work twice; then only a refusal that proves no work may be repeated."""
    poll: Poll | None = None
    timeout: timedelta = timedelta(seconds=120)
    """Longest wait for the next byte of one answer."""
    also: tuple[Request, ...] = ()
    """More requests of the same step, known from the start: other slices, a total to compare with."""
    packable: bool = False
    """Whether its requests may share an envelope with others of the same session."""
    download: bool = False
    """Whether the answer is streamed into a file."""
    clean: Clean | None = None
    """Cleans a body that is packed, inside what packs it; None for a body that is what it is."""

    @property
    def requests(self) -> tuple[Request, ...]:
        """Return what the step begins with."""
        return (self.request, *self.also)


@dataclass(frozen=True, slots=True)
class Envelope:
    """How a provider carries several calls of one session in one request; all of it pure."""

    limit: int
    pack: Callable[[tuple[Request, ...]], Request]
    unpack: Callable[[Reply, int], tuple[Reply, ...]]
    """One reply per call, whatever came back: an element that is missing is a reply with a fault."""


@dataclass(frozen=True, slots=True)
class Flow:
    """The steps behind one ask, in order; the replies of the last one are read into rows."""

    dataset: str
    source: str
    kind: str
    """What its duration is learnt by, such as `kaltura_reports.pollsActivity`."""
    steps: tuple[Step, ...]
    read: Read = field(compare=False)
    """Said by `kind` and steps already, and a new object in every plan."""
    session: SessionKey | None = None
    cancel: Request | None = None
    """Tells the provider to stop the work that it is polled for, where a run gives it up."""
    early: Read | None = field(default=None, compare=False)
    """Reads one page alone, where that can be done: what goes over the rows need not wait for the last page."""
    run: str = ""
    """The run it is asked for, so that progress and records can tell runs apart; no part of its identity."""
    deadline: timedelta = timedelta(minutes=30)

    def identity(self) -> str:
        """Return what two equal asks share: they are sent once."""
        parts = [self.source, str(self.session), *(r.canonical() for step in self.steps for r in step.requests)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Exchange:
    """One logical exchange that fed a dataset, as the manifest tells it; hashes are of the redacted forms."""

    step: str
    method: str
    path: str
    request: str
    status: int
    reply: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a flow brought home."""

    rows: Rows | Bulk
    exchanges: tuple[Exchange, ...]
