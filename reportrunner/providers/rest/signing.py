"""Sign-in flows: a token for client credentials (RFC 6749 section 4.4), or the steps that a source defines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from reportrunner.ask import Source
from reportrunner.flow import (
    Again,
    Done,
    Encoded,
    Flow,
    Hole,
    JsonBody,
    Pairs,
    Refused,
    Reply,
    Request,
    SessionKey,
    Step,
    Text,
    Verdict,
)
from reportrunner.providers.rest.auth import (
    SESSION,
    OAuth2Spec,
    SignInRequest,
    SignInSpec,
    SignInStep,
    filled_json,
    hole_name,
    plain_or_hole,
)
from reportrunner.providers.rest.capture import captured
from reportrunner.providers.rest.places import beside, kind_of, one
from reportrunner.providers.rest.records import parse
from reportrunner.providers.rest.source import settings_of
from reportrunner.providers.rest.templates import Scope, write_path, write_text
from reportrunner.source_spec import SecretSpec
from reportrunner.table import Rows
from reportrunner.verdict import judge_http, plain
from reportrunner.window.span import parse_duration

HINTS: Final[Mapping[str, str]] = {
    "invalid_client": "check client_id, client_secret and style of auth.oauth2",
    "invalid_scope": "check scope of auth.oauth2",
    "unauthorized_client": "this client may not use client credentials: ask the API's owner",
    "unsupported_grant_type": "this API gives no tokens for client credentials: use another kind of auth",
    "invalid_request": "check audience, scope and style of auth.oauth2",
    "invalid_grant": "check client_id, client_secret and audience of auth.oauth2",
    "access_denied": "check audience and scope of auth.oauth2, and what this client may do",
}
_WORD: Final = 12
"""Letters of the longest name of a kind of tokens that is shown; a longer one may be the token."""
LONGEST: Final = 366 * 86_400
"""Seconds; a longer life of a session is taken for this one."""


def sign_in(source: Source, _: SessionKey, now: dt.datetime) -> Flow:
    """Return the flow that gets a session of this source; it runs under none."""
    auth = settings_of(source.settings).auth
    assert auth is not None
    if auth.oauth2 is not None:
        steps: tuple[Step, ...] = (_token_step(auth.oauth2, now),)
    else:
        assert auth.sign_in is not None
        steps = _steps(auth.sign_in, now)
    deadline = dt.timedelta(minutes=5)
    return Flow("", source.name, f"rest.{source.name}.sign_in", steps, _no_rows, deadline=deadline)


def _no_rows(_: tuple[Reply, ...]) -> Rows:
    return Rows((), ())


def _token_step(spec: OAuth2Spec, now: dt.datetime) -> Step:
    client, secret = plain_or_hole(spec.client_id, "client_id"), Hole("secret", "client_secret")
    form: list[tuple[str, Text]] = [("grant_type", "client_credentials")]
    form += [("scope", spec.scope)] if spec.scope else []
    form += [("audience", spec.audience)] if spec.audience else []
    headers: Pairs = (("Accept", "application/json"),)
    if spec.style == "form":
        form += [("client_id", client), ("client_secret", secret)]
    else:
        headers = (*headers, ("Authorization", ("Basic ", Encoded((client, ":", secret)))))
    path = spec.token_path or f"/{(spec.token_url or '').partition('://')[2].partition('/')[2]}"
    return Step("token", Request("POST", path, headers=headers, form=tuple(form)), TokenJudge(now))


@dataclass(frozen=True, slots=True)
class TokenJudge:
    """Judges the answer of a token endpoint."""

    now: dt.datetime

    def __call__(self, _: Request, reply: Reply) -> Verdict:
        """Take the token; a refusal ends with the OAuth2 error's own word."""
        document = _document(reply)
        error = document.get("error") if isinstance(document, dict) else None
        if isinstance(error, str) and error and reply.status != 429 and reply.status < 500:
            told = document.get("error_description")
            words = plain(f"OAuth2 {error}: {told}" if isinstance(told, str) and told else f"OAuth2 {error}")
            return Refused("refused", words, HINTS.get(error, "check auth.oauth2"))
        verdict = _unquoted(judge_http(reply), reply, document)
        if verdict is not None:
            return verdict
        token = document.get("access_token") if isinstance(document, dict) else None
        if not isinstance(token, str) or not token or not token.isprintable():
            instead = beside("$.access_token", document)
            return Refused("unreadable", f"the answer of the token endpoint has no access_token{instead}")
        kind = document.get("token_type", "bearer")
        if not isinstance(kind, str) or kind.lower() != "bearer":
            shown = kind if isinstance(kind, str) and kind.isalpha() and len(kind) <= _WORD else ""
            return Refused("unreadable", f'a token of type "{shown or "***"}" came, and only Bearer can be sent')
        expires = _expiry(document.get("expires_in"), self.now, "$.expires_in")
        return expires if isinstance(expires, Refused) else Done({SESSION: token}, expires)


def _unquoted(verdict: Verdict | None, reply: Reply, document: Any) -> Verdict | None:
    """Return a verdict without the answer's text: the answer to a sign-in may hold the session itself."""
    if not isinstance(verdict, Refused) or not reply.status >= 400:
        return verdict
    instead = beside("$", document).removeprefix("; ") if reply.body else "it is empty"
    return Refused(verdict.kind, f"HTTP {reply.status}; the answer to a sign-in is not shown: {instead}", verdict.hint)


def _expiry(seconds: Any, now: dt.datetime, place: str) -> dt.datetime | Refused | None:
    if seconds is None:
        return None
    try:
        life = int(Decimal(str(seconds)))
    except (ArithmeticError, ValueError, OverflowError):
        life = -1
    if isinstance(seconds, bool) or life < 0:
        return Refused(
            "unreadable", f"the life of the session at {place} is no number of seconds: it is {kind_of(seconds)}"
        )
    return now + dt.timedelta(seconds=min(life, LONGEST))


def _steps(spec: SignInSpec, now: dt.datetime) -> tuple[Step, ...]:
    last = len(spec.steps) - 1
    return tuple(
        Step(
            f"sign_in.{number + 1}" if last else "sign_in",
            _request(step.request, number),
            SignInJudge(step, spec if number == last else None, now),
            repeatable=False,
        )
        for number, step in enumerate(spec.steps)
    )


def _request(spec: SignInRequest, number: int) -> Request:
    body = None if spec.json_ is None else filled_json(spec.json_, number)
    assert body is None or isinstance(body, JsonBody)
    form = None if spec.form is None else _pairs(spec.form, number, "form")
    query, headers = (_pairs(getattr(spec, part), number, part) for part in ("query", "headers"))
    method: Literal["GET", "POST"] = spec.method
    return Request(method, write_path(spec.path, Scope()), query, headers, form, body)


def _pairs(given: Mapping[str, Any], step: int, part: str) -> Pairs:
    return tuple(
        (name, Hole("secret", hole_name(step, (part, name))) if isinstance(value, SecretSpec) else text)
        for name, value in given.items()
        if (text := "" if isinstance(value, SecretSpec) else write_text(value, Scope())) is not None
    )


@dataclass(frozen=True, slots=True)
class SignInJudge:
    """Judges a step of a sign-in."""

    step: SignInStep
    last: SignInSpec | None
    """The whole sign-in, for its last step."""
    now: dt.datetime

    def __call__(self, _: Request, reply: Reply) -> Verdict:
        """Take the captures, and in the last step how long the session lives."""
        document = _document(reply)
        verdict = _unquoted(judge_http(reply), reply, document)
        if isinstance(verdict, Refused) and reply.status in {400, 401, 403}:
            return Refused("refused", verdict.words, "check the secrets and requests of auth.sign_in")
        if isinstance(verdict, Again | Refused):
            return verdict
        found = captured(self.step.capture, reply, document)
        if isinstance(found, Refused) or self.last is None:
            return found if isinstance(found, Refused) else Done(found)
        expires = self._expires(document)
        return expires if isinstance(expires, Refused) else Done(found, expires)

    def _expires(self, document: Any) -> dt.datetime | Refused | None:
        assert self.last is not None
        if self.last.expires_in is not None:
            place = self.last.expires_in
            seconds = one(place, document)
            if seconds is None:
                instead = beside(place, document)
                return Refused("unreadable", f"the answer has no life of the session at {place}{instead}")
            return _expiry(seconds, self.now, place)
        return None if self.last.lifetime is None else self.now + parse_duration(self.last.lifetime)


def _document(reply: Reply) -> Any:
    try:
        return parse(reply.body)
    except ValueError:
        return None
