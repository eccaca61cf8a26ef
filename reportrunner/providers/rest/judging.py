"""What an API says of a request: by its status, by an error in its body, by its pages, by the word of an export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reportrunner.flow import Again, Done, Pairs, Refused, Reply, Request, Verdict
from reportrunner.providers.rest.answer import CsvResponse, ErrorsSpec, NdjsonResponse
from reportrunner.providers.rest.capture import captured
from reportrunner.providers.rest.definition import EndpointSpec
from reportrunner.providers.rest.export import PollSpec, word_of
from reportrunner.providers.rest.places import one
from reportrunner.providers.rest.records import page_of, parse
from reportrunner.providers.rest.turning import after
from reportrunner.spelling import did_you_mean
from reportrunner.verdict import excerpt, judge_http, plain


@dataclass(frozen=True, slots=True)
class Judge:
    """What every judge of an endpoint knows."""

    spec: EndpointSpec
    expired: tuple[int, ...] = ()
    """Statuses that mean a dead session; empty where the source has none."""
    secret: Pairs = ()
    """Query pairs that prove who asks."""

    def status(self, reply: Reply) -> Verdict | None:
        """Judge by fault, status and the code of an error; None for a whole 2xx answer without one."""
        retry = self.spec.retry
        if reply.fault:
            return Again("failed", reply.fault)
        if reply.status in self.expired:
            return Again("session", f"HTTP {reply.status}: {excerpt(reply.body)}".rstrip(": "))
        if reply.status in retry.limited:
            return Again("limited", f"HTTP {reply.status}")
        if reply.status in retry.statuses:
            return Again("failed", f"HTTP {reply.status}")
        verdict = judge_http(reply)
        if not isinstance(verdict, Refused) or self.spec.errors is None:
            return verdict
        said = self.error(_document(reply), certain=True)
        if isinstance(said, Refused):
            return Refused("refused", f"HTTP {reply.status}: {said.words}", said.hint)
        return said or verdict

    def error(self, document: Any, *, certain: bool = False) -> Verdict | None:
        """Judge the error that a document holds; `certain` where the status says already that there is one."""
        errors = self.spec.errors
        if errors is None:
            return None
        code = one(errors.code, document)
        if not certain and _is_well(code, errors):
            return None
        words = _words(document, code, errors)
        if code in self.spec.retry.limited_codes:
            return Again("limited", words)
        if code in self.spec.retry.codes:
            return Again("failed", words)
        if not words:
            return (
                None
                if certain
                else Refused("unreadable", f"there is nothing at {errors.code}, where the answer says that all is well")
            )
        return Refused("refused", words)


def _is_well(code: Any, errors: ErrorsSpec) -> bool:
    if errors.ok is not None:
        return any(code == word and isinstance(code, bool) == isinstance(word, bool) for word in errors.ok)
    return code is None or code is False or code in ("", 0) or code in ([], {})


def _words(document: Any, code: Any, errors: ErrorsSpec) -> str:
    message = one(errors.message, document) if errors.message else None
    parts = [str(part) for part in (code, message) if isinstance(part, str | int) and part not in ("", None)]
    return plain(": ".join(parts))


def _document(reply: Reply) -> Any:
    try:
        return parse(reply.body)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class FetchJudge(Judge):
    """Judges an answer with rows, and says which page follows."""

    def __call__(self, request: Request, reply: Reply) -> Verdict:
        """Judge a page: ProviderError, told by the executor, when it is not what the definition says."""
        verdict = self.status(reply)
        if verdict is not None:
            return verdict
        response = self.spec.response
        if not isinstance(response, CsvResponse | NdjsonResponse) and not (response.gzip or response.zip):
            verdict = self.error(_document(reply))
            if verdict is not None:
                return verdict
        elif reply.body[:1] == b"{" and (verdict := self._in_place(reply)) is not None:
            return verdict
        page = page_of(reply, response)
        if response.gzip or response.zip:
            verdict = self.error(page.document) if page.document is not None else None
            if verdict is not None:
                return verdict
        if self.spec.paging is None:
            return Done()
        return after(self.spec.paging, request, reply, page.document, page.rows, self.secret)

    def _in_place(self, reply: Reply) -> Verdict | None:
        """Judge a JSON document that came in the place of text: an error, if it says one."""
        document = _document(reply)
        if self.spec.errors is None or not isinstance(document, dict) or one(self.spec.errors.code, document) is None:
            return None
        return self.error(document)


@dataclass(frozen=True, slots=True)
class CaptureJudge(Judge):
    """Judges the answer that names remote work."""

    hidden: tuple[str, ...] = ()
    """Captures that must be seen nowhere."""

    def __call__(self, _: Request, reply: Reply) -> Verdict:
        """Take the captures; nothing here proves that a failed call made no work."""
        assert self.spec.export is not None
        verdict = self.status(reply)
        if verdict is not None:
            return verdict
        document = _document(reply)
        verdict = self.error(document) if document is not None else None
        if verdict is not None:
            return verdict
        found = captured(self.spec.export.generate.capture, reply, document)
        return found if isinstance(found, Refused) else Done(found, secret=_hidden(self.hidden, found))


@dataclass(frozen=True, slots=True)
class PollJudge(Judge):
    """Judges the status of remote work by its word; one that no list has is shown as it came."""

    hidden: tuple[str, ...] = ()

    def __call__(self, _: Request, reply: Reply) -> Verdict:
        """Read the word."""
        assert self.spec.export is not None
        spec = self.spec.export.poll
        verdict = self.status(reply)
        if verdict is not None:
            return verdict
        document = _document(reply)
        if document is None:
            return Again("failed", f"the poll's answer is no JSON: {excerpt(reply.body) or 'it is empty'}")
        verdict = self.error(document)
        if verdict is not None:
            return verdict
        value = one(spec.status, document)
        if value is None or isinstance(value, list | dict):
            return Refused("unreadable", f"the poll gave no status at {spec.status}: {excerpt(reply.body)}")
        word = word_of(value)
        if word in map(word_of, spec.waiting):
            return Again("working", plain(word, 80))
        if word in map(word_of, spec.failed):
            return Refused("failed", _failure(word, document, spec))
        if word not in map(word_of, spec.ready):
            return _unknown(word, spec)
        found = captured(spec.capture, reply, document)
        return found if isinstance(found, Refused) else Done(found, secret=_hidden(self.hidden, found))


def _unknown(word: str, spec: PollSpec) -> Refused:
    known = [word_of(one) for one in (*spec.waiting, *spec.ready, *spec.failed)]
    words = f'unknown export status "{plain(word, 80)}"{did_you_mean(word, known)}'
    return Refused(
        "unreadable", words, "add it to waiting, ready or failed of export.poll; what it means is not guessed"
    )


def _failure(word: str, document: Any, spec: PollSpec) -> str:
    message = one(spec.message, document) if spec.message else None
    return plain(f"{word}: {message}" if isinstance(message, str | int) and message != "" else word)


def _hidden(names: tuple[str, ...], found: dict[str, str]) -> tuple[str, ...]:
    return tuple(name for name in names if name in found)
