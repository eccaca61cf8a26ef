"""What the door hands to the executor, and what the executor tells: values only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Literal, Protocol

from reportrunner.errors import ReportrunnerError
from reportrunner.fill import DIRECT, Route, SentRequest
from reportrunner.flow import Answer, Envelope, Flow, Minted, Reply, SessionKey
from reportrunner.limits import Limits
from reportrunner.secret import Redactor
from reportrunner.table import Bulk, Rows


class Sender(Protocol):
    """What sends a filled request once; `transport.Transport` is the real one."""

    def send(self, sent: SentRequest, timeout: float, deadline: float) -> Reply:
        """Return what came back, or a fault; never raise for what the network does."""

    def download(
        self, sent: SentRequest, limits: tuple[float, float], file: Path, clean: Callable[[bytes], bytes]
    ) -> Reply:
        """Stream the body into a file, cleaned; `limits` are the time-out and the deadline of `send`."""

    def reap(self, now: float) -> None:
        """Cut the requests whose deadline has passed."""

    def close(self) -> None:
        """Cut every request."""


@dataclass(frozen=True, slots=True)
class SourceRuntime:
    """A source as a run needs it: where it is, what its account allows, how its secrets and sessions are had."""

    name: str
    base_url: str
    account: str
    """Sources of one account share one budget."""
    limits: Limits
    secret: Callable[[str], str] = field(repr=False)
    """Resolves the name of a secret hole; raises SecretError."""
    sign_in: Callable[[SessionKey], Flow] | None = None
    """The flow whose last step captures `session`; None when `secret("session")` is a session already."""
    mint: Callable[[SessionKey], Minted] | None = None
    """Makes a session on this machine instead; raises SecretError."""
    envelope: Envelope | None = None
    """How several calls of one session travel together."""
    pause: Callable[[Reply], timedelta | None] = lambda _: None
    """How long the account must keep still after a reply, by what its headers leave."""
    download_hosts: tuple[str, ...] = ()
    """Hosts beside its own to which links of the provider may lead."""
    sign_in_url: str = ""
    """Where its sign-ins go instead of `base_url`."""
    route: Route = DIRECT
    """How its requests travel."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One request that went out, as a fact for run.json; never part of the manifest."""

    run: str
    """The run it was asked for; empty for sign-ins, which all share."""
    dataset: str
    step: str
    attempt: int
    status: int
    fault: str
    milliseconds: float
    bytes: int
    request_id: str


@dataclass(frozen=True, slots=True)
class Clock:
    """The clocks, handed in by the door: seconds that never jump, and the aware wall time."""

    monotonic: Callable[[], float]
    now: Callable[[], datetime]


What = Literal["sent", "waiting", "paused", "retry", "done", "failed", "session", "cancelled"]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to show while a run goes on; `done` ends a step, `failed` a flow; `wait` in seconds."""

    dataset: str
    step: str
    what: What
    detail: str = ""
    wait: float = 0.0
    run: str = ""


@dataclass(frozen=True, slots=True)
class Environment:
    """What the door hands to an executor."""

    transport: Sender
    clock: Clock
    redactor: Redactor
    notify: Callable[[Notice], None]
    rng: Random
    spool: Callable[[], Path]
    """Gives a new file for a download; the door removes them all at the end."""
    workers: int = 16


@dataclass(frozen=True, slots=True)
class Finished:
    """A flow that ended: either its answer, or the error that ended it and nothing else."""

    flow: Flow
    answer: Answer | None = None
    error: ReportrunnerError | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a flow that goes on, read alone; None where it cannot be read, which the whole will tell."""

    flow: Flow
    rows: Rows | Bulk | None


@dataclass(frozen=True, slots=True)
class LocalDone:
    """Local work that ended; `token` is what it was given with."""

    token: object
    result: object = None
    error: ReportrunnerError | None = None

    @classmethod
    def of(cls, token: object, work: Callable[[], object]) -> LocalDone:
        """Do the work; errors a user can mend are part of the result, bugs are raised."""
        try:
            return cls(token, work())
        except ReportrunnerError as error:
            return cls(token, error=error)
