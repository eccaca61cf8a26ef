"""What Cloudflare says of itself: two envelopes, their errors, what headers leave of the budget (§1.1, §4, §5)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Final, Literal

from reportrunner.flow import Again, Done, Refused, Reply, Request, Verdict
from reportrunner.verdict import excerpt, judge_http, plain

LONGEST: Final = timedelta(seconds=300)
"""The window of the limits, and the time for which a client that overran them is refused (§5)."""
UNSAID: Final = timedelta(seconds=60)
"""The wait after a 429 that names none; twelve such outlive a refusal of five minutes."""
_UNSIGNED: Final = frozenset({6003, 6111, 9103, 9106, 9109, 10000, 10001})
"""Codes of requests that are not, or wrongly, signed in."""
_SIGN_IN: Final = "check the credential of the source, and that it has the permission that `explain` names"
_NO_ROUTE: Final = "an id in the path is not one that the service knows: check zone, account and app"
_MEMBER: Final = re.compile(r'(?:"[^"]*"|[^",])+')
_PART: Final = re.compile(r'(?:"[^"]*"|[^";])+')
Payload = Literal["data", "result"]
"""Where an envelope has its content: RealtimeKit under `data`, the v4 API under `result`."""


@dataclass(frozen=True, slots=True)
class EnvelopeJudge:
    """Judges one answer by its envelope; a value, so that equal plans are equal."""

    payload: Payload

    def __call__(self, _: Request, reply: Reply) -> Verdict:
        """Say whether the answer is whole."""
        return judge_envelope(reply, self.payload) or Done()


def judge_envelope(reply: Reply, payload: Payload) -> Verdict | None:
    """Return the verdict that fault, status or envelope alone decide, or None for an answer with its payload."""
    http = judge_http(reply)
    answer = parsed(reply)
    said = complaint(answer)
    if reply.fault:
        return http
    if reply.status == 429:
        return Again("limited", _words(reply, said or "429 Too Many Requests"), _wait(reply))
    if isinstance(http, Again):
        return Again("failed", _words(reply, f"{http.words}: {said or excerpt(reply.body)}".rstrip(": ")))
    if isinstance(http, Refused):
        if not said:
            return Refused(http.kind, _words(reply, http.words), http.hint or _hint(reply, answer))
        return Refused("refused", _words(reply, f"HTTP {reply.status}: {said}"), _hint(reply, answer))
    if not isinstance(answer, dict):
        return Refused("unreadable", _words(reply, f"no JSON object came back: {excerpt(reply.body) or 'nothing'}"))
    if answer.get("success") is False or (answer.get("success") is not True and said):
        words = said or "it says success: false, and not why"
        return Refused("refused", _words(reply, words), _hint(reply, answer))
    if payload == "result" and answer.get("result") is None:
        return Refused("unreadable", _words(reply, f"the answer has no result: it has {_names(answer)}"))
    if payload == "data" and "data" not in answer and "result" in answer:
        return Refused("unreadable", _words(reply, f"the answer has no data: it has {_names(answer)}"))
    return None


def parsed(reply: Reply) -> object:
    """Return the JSON document that a reply is, its fractions exact, or None."""
    try:
        return json.loads(reply.body, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None


def load(reply: Reply) -> dict[str, Any]:
    """Return a judged answer."""
    answer = parsed(reply)
    assert isinstance(answer, dict)
    return answer


def complaint(answer: object) -> str:
    """Return what an envelope of either kind says is wrong, all of it, or an empty text."""
    return "; ".join(f"{message} ({code})" if code else message for code, message in _errors(answer))


def _errors(answer: object) -> Iterator[tuple[str, str]]:
    """Yield code and message of every error: the v4 list with what is nested in it, or RealtimeKit's one object."""
    if not isinstance(answer, Mapping):
        return
    single, several = answer.get("error"), answer.get("errors")
    listed = [*(several if isinstance(several, list) else []), *([single] if single else [])]
    for one in listed:
        yield from _told(one)


def _told(one: object) -> Iterator[tuple[str, str]]:
    if not isinstance(one, Mapping):
        yield "", plain(str(one), 200)
        return
    pointer = one["source"].get("pointer") if isinstance(one.get("source"), Mapping) else None
    place = f" at {pointer}" if pointer else ""
    yield str(one.get("code") or ""), plain(f"{one.get('message') or 'no message'}{place}", 300)
    chain = one.get("error_chain")
    for deeper in chain if isinstance(chain, list) else []:
        yield from _told(deeper)


def _hint(reply: Reply, answer: object) -> str:
    codes = {code for code, _ in _errors(answer)}
    if reply.status in {401, 403} or codes & {str(code) for code in _UNSIGNED}:
        return _SIGN_IN
    return _NO_ROUTE if codes & {"7000", "7003"} else ""


def _words(reply: Reply, words: str) -> str:
    """Add the number under which the service's own log has the request."""
    ray = reply.headers.get("cf-ray", "")
    return f"{words} [cf-ray {plain(ray, 60)}]" if ray else words


def _names(answer: Mapping[str, object]) -> str:
    return plain(", ".join(answer) or "nothing", 120)


def _wait(reply: Reply) -> timedelta | None:
    """Return how long a refused account waits where no Retry-After says it; one that does is obeyed in whole."""
    return None if _says_when(reply) else pause(reply) or UNSAID


def _says_when(reply: Reply) -> bool:
    """Tell whether a Retry-After is one that is obeyed: whole seconds, or a date beside the reply's own."""
    text = reply.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return True
    try:
        return parsedate_to_datetime(text) - parsedate_to_datetime(reply.headers.get("date", "")) is not None
    except (TypeError, ValueError):
        return False


def pause(reply: Reply) -> timedelta | None:
    """Return how long the account must keep still after a reply: until a budget that is spent is new again (§5)."""
    left = _members(reply.headers.get("ratelimit", ""))
    policy = dict(_members(reply.headers.get("ratelimit-policy", "")))
    waits = [
        timedelta(seconds=min(member.get("t", policy.get(name, {}).get("w", LONGEST.seconds)), LONGEST.seconds))
        for name, member in left
        if member.get("r", 1) <= 0
    ]
    return max((*waits, timedelta())) or None


def _members(header: str) -> list[tuple[str, dict[str, int]]]:
    """Read `"default";r=10;t=20, other;R=0;T=3`; parameters that are no whole numbers say nothing."""
    found = []
    for member in _MEMBER.findall(header):
        name, *rest = [part.strip() for part in _PART.findall(member)] or [""]
        pairs = (re.fullmatch(r"([A-Za-z]+)\s*=\s*(-?[0-9]{1,9})", part) for part in rest)
        found.append((name.strip('"'), {pair[1].lower(): int(pair[2]) for pair in pairs if pair}))
    return found
