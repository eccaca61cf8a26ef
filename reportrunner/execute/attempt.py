"""One sending of one request: what a worker does, from filling the holes to the provider's verdict."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from reportrunner.environment import Sender, Sent, SourceRuntime
from reportrunner.errors import ProviderError, ReportrunnerError
from reportrunner.fill import SentRequest, fill, routed
from reportrunner.flow import (
    Again,
    Clean,
    Digest,
    Done,
    Encoded,
    Exchange,
    Flow,
    Issued,
    More,
    Open,
    Refused,
    Reply,
    Request,
    Segment,
    Step,
    Verdict,
    fill_text,
    show,
)
from reportrunner.secret import MARK, Redactor
from reportrunner.transport import retry_after

REQUEST_IDS: Final = ("x-kaltura-session", "cf-ray")
"""Headers under which services say what their own logs call a request."""


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
    spool: Callable[[], Path]
    """A new file for a download."""

    def carry(self, attempts: tuple[Attempt, ...]) -> tuple[Outcome, ...]:
        """Fill, send and judge once, several in one envelope; errors a user can mend are returned, bugs are raised."""
        first = attempts[0]
        source = self.sources[first.flow.source]
        try:
            request = self._request(attempts, source)
            filled = self._filled(first, request, source)
            started = self.monotonic()
            timeout = max(each.step.timeout for each in attempts).total_seconds()
            deadline = min(each.deadline for each in attempts)
            reply = self._sent(first, filled, timeout, deadline)
        except ReportrunnerError as error:
            return tuple(Outcome(error=error) for _ in attempts)
        spent = round((self.monotonic() - started) * 1000, 3)
        reply = replace(reply, fault=self.redactor.redact(reply.fault)) if reply.fault else reply
        sent = self._told(attempts, reply, spent)
        replies = (reply,) if len(attempts) == 1 else self._unpacked(source, reply, len(attempts))
        outcomes = [self._judged(each, part) for each, part in zip(attempts, replies, strict=True)]
        return (replace(outcomes[0], sent=sent), *outcomes[1:])

    def _request(self, attempts: tuple[Attempt, ...], source: SourceRuntime) -> Request:
        if len(attempts) == 1:
            return attempts[0].request
        assert source.envelope is not None
        return source.envelope.pack(tuple(each.request for each in attempts))

    def _filled(self, attempt: Attempt, request: Request, source: SourceRuntime) -> SentRequest:
        """Fill the request for its host: a sign-in may go to one of its own, and to no other."""
        elsewhere = source.sign_in_url if attempt.sign_in else ""
        base_url = elsewhere or source.base_url
        hosts = () if elsewhere else source.download_hosts
        filled = fill(request, base_url, lambda hole: self._value(attempt, hole), hosts)
        return routed(filled, base_url, source.route)

    def _unpacked(self, source: SourceRuntime, reply: Reply, count: int) -> tuple[Reply, ...]:
        assert source.envelope is not None
        return source.envelope.unpack(reply, count)

    def _sent(self, attempt: Attempt, filled: SentRequest, timeout: float, deadline: float) -> Reply:
        if not attempt.step.download:
            return self.sender.send(filled, timeout, deadline)
        return self.sender.download(filled, (timeout, deadline), self.spool(), self.redactor.redact_bytes)

    def _told(self, attempts: tuple[Attempt, ...], reply: Reply, spent: float) -> Sent:
        """Say what went out, as run.json keeps it."""
        request_id = self.redactor.redact(next((reply.headers[n] for n in REQUEST_IDS if n in reply.headers), ""))
        datasets = ", ".join(dict.fromkeys(each.flow.dataset for each in attempts))
        first = attempts[0]
        step = first.step.name if len(attempts) == 1 else f"envelope of {len(attempts)}"
        size = reply.size or len(reply.body)
        return Sent(first.flow.run, datasets, step, first.number, reply.status, reply.fault, spent, size, request_id)

    def _judged(self, attempt: Attempt, reply: Reply) -> Outcome:
        try:
            verdict = attempt.step.judge(attempt.request, reply)
        except ProviderError as error:
            clean = self._clean(reply, attempt.step.clean)
            return Outcome(error=_of_clean(attempt, error, clean), reply=clean)
        if isinstance(verdict, Again | Refused):
            verdict = _said_of_clean(attempt, verdict, self._clean(reply, attempt.step.clean))
        if isinstance(verdict, Again) and verdict.after is None:
            verdict = replace(verdict, after=retry_after(reply))
        if isinstance(verdict, Done):
            for name in verdict.captures if attempt.sign_in else verdict.secret:
                self.redactor.learn(verdict.captures[name])
        clean = self._clean(reply, attempt.step.clean)
        told = clean if attempt.step.clean else reply
        exchange = self._exchange(attempt, told, verdict) if isinstance(verdict, Done | More) else None
        return Outcome(verdict, None, clean, None, exchange)

    def _value(self, attempt: Attempt, hole: Open) -> str:
        if isinstance(hole, Segment | Issued):
            return hole.text if isinstance(hole, Segment) else hole.url
        if isinstance(hole, Encoded):
            text = fill_text(hole.parts, lambda part: self._value(attempt, part))
            value = base64.b64encode(text.encode()).decode()
            self.redactor.learn(value)
            return value
        if isinstance(hole, Digest):
            text = fill_text(hole.parts, lambda part: self._value(attempt, part))
            value = hashlib.new(hole.algorithm, text.encode(), usedforsecurity=False).hexdigest()
            self.redactor.learn(value)
            return value
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

    def _clean(self, reply: Reply, clean: Clean | None) -> Reply:
        """Return the reply as it may be read and landed: providers echo sessions, and tables are files."""
        redact = self.redactor.redact_bytes
        body = clean(reply.body, redact) if clean else redact(reply.body)
        return reply if body == reply.body else replace(reply, body=body, redacted=True)

    def _exchange(self, attempt: Attempt, reply: Reply, verdict: Done | More) -> Exchange | None:
        """Describe the exchange so that it is the same in every run: captures are as random as sessions."""
        if attempt.sign_in:
            return None
        request = attempt.request
        named = (attempt.step.name, request.method, show(request.path), request.digest(), reply.status)
        if reply.file is not None:
            return Exchange(*named, reply.digest)
        captures = {**attempt.captures, **(verdict.captures if isinstance(verdict, Done) else {})}
        body = reply.body
        if captures:
            hider = Redactor()
            for name in sorted(captures):
                hider.learn(captures[name], f"<capture:{name}>")
            body = hider.redact_bytes(body)
        digest = hashlib.sha256(self.redactor.redact_bytes(body)).hexdigest()
        return Exchange(*named, digest)


def seconds(wait: timedelta | None) -> float:
    """Return the wait in seconds, 0.0 for none."""
    return 0.0 if wait is None else max(wait.total_seconds(), 0.0)


def _said_of_clean(attempt: Attempt, verdict: Again | Refused, clean: Reply) -> Again | Refused:
    """Return a verdict with the words of the clean reply: they are cut, and what is left of a secret is not known."""
    if not clean.redacted:
        return verdict
    with suppress(ProviderError):
        again = attempt.step.judge(attempt.request, clean)
        if isinstance(again, Again | Refused):
            return again
    return replace(verdict, words=MARK)


def _of_clean(attempt: Attempt, error: ProviderError, clean: Reply) -> ProviderError:
    """Return a judge's error as it is said of the clean reply, for the same reason."""
    if not clean.redacted:
        return error
    try:
        attempt.step.judge(attempt.request, clean)
    except ProviderError as said:
        return said
    return ProviderError("the answer cannot be read, and it holds a secret of this run", kind=error.kind)
