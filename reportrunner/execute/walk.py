"""A flow on its way: which step it is at, which pages are out, what it has captured. State, owned by one thread."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from reportrunner.errors import ProviderError, ReportrunnerError
from reportrunner.execute.attempt import Attempt, Outcome
from reportrunner.flow import Done, Exchange, Flow, More, Refused, Reply, Request, SessionKey, Split, Step

PAGES: Final = 10_000
"""Requests of one step before it counts as endless."""


@dataclass(eq=False, slots=True)
class Task:
    """One request of a walk, until its reply is whole."""

    walk: Walk
    request: Request
    begun: float
    """The monotonic second at which its step began: what polling counts from."""
    sendings: int = 0
    failures: int = 0
    limits: int = 0
    looks: int = 0
    last_look: float = 0.0
    """Seconds after `begun` of the last look that found the work unfinished."""
    floor: float = 0.0
    """Not before this monotonic second: what the provider asked for."""
    renewed: bool = False
    session: str | None = field(default=None, repr=False)
    wake: int = 0
    """The number of its latest timer; older ones are void."""
    turn: int = 0
    """Which of its walk's turns it belongs to."""

    @property
    def wanted(self) -> bool:
        """Whether anybody still waits for its reply."""
        return self.turn == self.walk.turns and self.walk.wants(self.request)

    def attempt(self) -> Attempt:
        """Return what a worker needs to send it now."""
        walk = self.walk
        held = (walk.captures, self.sendings, walk.deadline, self.session)
        return Attempt(walk.flow, walk.step, self.request, *held, sign_in=walk.sign_in is not None)


Parcel = tuple[Task, ...]
"""Tasks that go out as one request: one alone, or several of one session in an envelope."""


@dataclass(eq=False, slots=True)
class Walk:
    """One flow, and those equal to it, from the first request to the last reply."""

    flows: list[Flow]
    identity: str = ""
    sign_in: SessionKey | None = None
    index: int = 0
    captures: dict[str, str] = field(default_factory=dict, repr=False)
    exchanges: list[Exchange] = field(default_factory=list)
    deadline: float = math.inf
    ended: bool = False
    restarted: bool = False
    """It has begun again once, because what it had captured died."""
    turns: int = 0
    """Steps begun and left: replies to an earlier one are not wanted."""
    _out: Counter[str] = field(default_factory=Counter)
    """Requests that are out, by the part they ask for."""
    _split: set[str] = field(default_factory=set)
    """Parts that were split: what still comes of them is not wanted."""
    _asked: set[str] = field(default_factory=set)
    _whole: list[tuple[Request, Outcome]] = field(default_factory=list)

    @property
    def flow(self) -> Flow:
        """Return the flow that was there first."""
        return self.flows[0]

    @property
    def step(self) -> Step:
        """Return the step it is at."""
        return self.flow.steps[self.index]

    @property
    def open(self) -> int:
        """How many requests are out or wait to go."""
        return sum(self._out.values())

    def wants(self, request: Request) -> bool:
        """Tell whether a reply to this request still counts."""
        return not self.ended and request.part not in self._split

    def begin(self, now: float) -> Parcel:
        """Return the first requests of the step."""
        return tuple(self._task(request, now) for request in self.step.requests)

    def again(self) -> None:
        """Go back to the first step with nothing captured."""
        self.restarted = True
        self.index = 0
        self.captures.clear()
        self.exchanges.clear()
        self._forget()

    def accept(self, request: Request, outcome: Outcome, now: float) -> Parcel:
        """Keep a whole reply and return the requests it leads to; ProviderError when they lead in a circle."""
        verdict = outcome.verdict
        if isinstance(verdict, Split):
            del self._out[request.part]
            self._split.add(request.part)
            self._whole = [each for each in self._whole if each[0].part != request.part]
            return tuple(self._task(part, now) for part in verdict.requests)
        self._out[request.part] -= 1
        self._whole.append((request, outcome))
        return tuple(self._task(page, now) for page in verdict.requests) if isinstance(verdict, More) else ()

    def turn(self) -> tuple[Reply, ...] | None:
        """End the step and go to the next; after the last one return its replies in the order of their pages."""
        ordered = sorted(self._whole, key=lambda each: (each[0].part, each[0].page, each[0].canonical()))
        for _, outcome in ordered:
            self.captures.update(outcome.verdict.captures if isinstance(outcome.verdict, Done) else {})
            self.exchanges += [outcome.exchange] if outcome.exchange else []
        self._forget()
        self.index += 1
        if self.index < len(self.flow.steps):
            return None
        self.index -= 1
        return tuple(replace(outcome.reply, part=request.part) for request, outcome in ordered)

    def end(self) -> None:
        """Let go of everything: timers may remember a walk for long."""
        self.ended = True
        self._forget()

    def _forget(self) -> None:
        self.turns += 1
        self._asked, self._whole, self._out, self._split = set(), [], Counter(), set()

    def _task(self, request: Request, now: float) -> Task:
        name = request.canonical()
        if name in self._asked:
            raise ProviderError(f"page {request.page} was asked twice: the pages lead in a circle", kind="unreadable")
        if len(self._asked) >= PAGES:
            raise ProviderError(f"more than {PAGES} pages and no end", kind="truncated")
        self._asked.add(name)
        self._out[request.part] += 1
        return Task(self, request, now, turn=self.turns)


_SAID: Final = {
    "refused": "refused",
    "failed": "failed",
    "unreachable": "could not be reached",
    "timeout": "timed out",
    "unreadable": "answered what cannot be read",
    "truncated": "cut its answer short",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a walk ended without an answer, told anew to everybody who waited for it."""

    kind: str
    words: str
    step: str
    sign_in: str = ""
    """The source whose sign-in failed, when that was the reason."""
    cause: ReportrunnerError | None = None
    """An error that is no provider's, such as a missing secret: it stays as it is."""

    @classmethod
    def of(cls, error: ReportrunnerError, step: str, redact: Callable[[str], str]) -> Failure:
        """Take over an error as it was raised; only a provider's is told anew, with its place."""
        if isinstance(error, ProviderError):
            return cls(error.kind, redact(str(error)), step)
        return cls("refused", str(error), step, cause=error)

    def error(self, flow: Flow) -> ReportrunnerError:
        """Return the error for one flow: dataset, step, what the provider said."""
        if self.cause is not None:
            return self.cause
        place = f"sign-in at {self.sign_in}" if self.sign_in else f"step {self.step}"
        text = f"datasets.{flow.dataset}, {place}: {self.words}"
        return ProviderError(text, dataset=flow.dataset, step=self.step, kind=self.kind)


def say(source: str, refused: Refused, reply: Reply, attempts: int) -> str:
    """Return one sentence: who, what kind, which status, its own words, how often, what to do."""
    status = f" with {reply.status}" if reply.status not in (0, 200) else ""
    often = f" (after {attempts} attempts)" if attempts > 1 else ""
    hint = f"; {refused.hint}" if refused.hint else ""
    return f"{source} {_SAID[refused.kind]}{status}: {refused.words or 'no words given'}{often}{hint}"
