"""One sending of one request: what a worker does, from filling the holes to the provider's verdict."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from reportrunner.environment import Sender, Sent, SourceRuntime
from reportrunner.errors import ProviderError, ReportrunnerError
from reportrunner.fill import fill
from reportrunner.flow import Again, Done, Exchange, Flow, Hole, More, Reply, Request, Step, Verdict, show
from reportrunner.secret import Redactor
from reportrunner.transport import retry_after


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a worker needs to send one request once."""

    flow: Flow
    step: Step
    request: Request
    captures: Mapping[str, str] = field(repr=False)
    number: int
    deadline: float
    session: str | None = field(default=None, repr=False)
    """The session to send under; None when the flow has none or it is a given secret."""
    sign_in: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt: a verdict or an error, and the exchange when the reply counts for the manifest."""

    verdict: Verdict | None = None
    error: ReportrunnerError | None = None
    reply: Reply = field(default_factory=Reply)
    sent: Sent | None = None
    exchange: Exchange | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """What workers share."""

    sources: Mapping[str, SourceRuntime]
    sender: Sender
    redactor: Redactor
    monotonic: Callable[[], float]

    def carry(self, attempt: Attempt) -> Outcome:
        """Fill, send and judge once; errors a user can mend are returned, bugs are raised."""
        try:
            source = self.sources[attempt.flow.source]
            filled = fill(attempt.request, source.base_url, lambda hole: self._value(attempt, hole))
        except ReportrunnerError as error:
            return Outcome(error=error)
        started = self.monotonic()
        reply = self.sender.send(filled, attempt.step.timeout.total_seconds(), attempt.deadline)
        spent = round((self.monotonic() - started) * 1000, 3)
        reply = replace(reply, fault=self.redactor.redact(reply.fault)) if reply.fault else reply
        request_id = self.redactor.redact(reply.headers.get("x-kaltura-session", ""))
        names = (attempt.flow.run, attempt.flow.dataset, attempt.step.name, attempt.number)
        sent = Sent(*names, reply.status, reply.fault, spent, len(reply.body), request_id)
        try:
            verdict = attempt.step.judge(attempt.request, reply)
        except ProviderError as error:
            return Outcome(error=error, reply=reply, sent=sent)
        if isinstance(verdict, Again) and verdict.after is None:
            verdict = replace(verdict, after=retry_after(reply))
        if isinstance(verdict, Done) and attempt.sign_in:
            for value in verdict.captures.values():
                self.redactor.learn(value)
        exchange = self._exchange(attempt, reply, verdict) if isinstance(verdict, Done | More) else None
        return Outcome(verdict, None, self._clean(reply), sent, exchange)

    def _value(self, attempt: Attempt, hole: Hole) -> str:
        if hole.kind == "capture":
            return attempt.captures[hole.name]
        source = attempt.flow.source
        if hole.kind == "session":
            if attempt.session is not None:
                return attempt.session
            assert attempt.flow.session is not None, f"{attempt.flow.dataset} has a hole for a session it does not name"
            source = attempt.flow.session.source
        value = self.sources[source].secret("session" if hole.kind == "session" else hole.name)
        self.redactor.learn(value)
        return value

    def _clean(self, reply: Reply) -> Reply:
        """Return the reply as it may be read and landed: providers echo sessions, and tables are files."""
        body = self.redactor.redact_bytes(reply.body)
        return reply if body == reply.body else replace(reply, body=body, redacted=True)

    def _exchange(self, attempt: Attempt, reply: Reply, verdict: Done | More) -> Exchange | None:
        """Describe the exchange so that it is the same in every run: captures are as random as sessions."""
        if attempt.sign_in:
            return None
        captures = {**attempt.captures, **(verdict.captures if isinstance(verdict, Done) else {})}
        body = reply.body
        if captures:
            hider = Redactor()
            for name in sorted(captures):
                hider.learn(captures[name], f"<capture:{name}>")
            body = hider.redact_bytes(body)
        digest = hashlib.sha256(self.redactor.redact_bytes(body)).hexdigest()
        request = attempt.request
        return Exchange(attempt.step.name, request.method, show(request.path), request.digest(), reply.status, digest)


def seconds(wait: timedelta | None) -> float:
    """Return the wait in seconds, 0.0 for none."""
    return 0.0 if wait is None else max(wait.total_seconds(), 0.0)
