"""Cloudflare's API as a service of the sandbox's server: RealtimeKit and Spectrum reads under ``/client/v4``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import unquote

from reportrunner.sandbox import cloudflare_recordings as recordings
from reportrunner.sandbox import cloudflare_sessions as sessions
from reportrunner.sandbox import cloudflare_spectrum as spectrum
from reportrunner.sandbox import cloudflare_streams as streams
from reportrunner.sandbox.cloudflare_asked import Asked, Wrong
from reportrunner.sandbox.cloudflare_bent import bent
from reportrunner.sandbox.cloudflare_gate import Refusal, Turnstile, no_route, refused, v4_failure
from reportrunner.sandbox.cloudflare_ids import app_exists, exists
from reportrunner.sandbox.cloudflare_pages import Page, page_asked
from reportrunner.sandbox.faults import FaultCounter
from reportrunner.sandbox.server import Reply, Request
from reportrunner.sandbox.service import http_fault

_BASE = "/client/v4"
_KIT = re.compile(r"/accounts/([^/]+)/realtime/kit/([^/]+)/(.+)")
_ZONE = re.compile(r"/zones/([^/]+)/spectrum/analytics/(.+)")
_REPORT = "/user/spectrum_analytics/zones/report"
_BAD_REQUEST = 10400

Kit = Callable[[Asked, tuple[str, ...], Callable[..., Page], int], dict[str, Any]]

_KIT_ROUTES: tuple[tuple[str, str, Kit], ...] = (
    ("analytics/daywise", "analytics.daywise", lambda q, _, __, now: sessions.daywise(q, now)),
    ("analytics/livestreams/daywise", "analytics.livestreams.daywise", lambda q, _, __, now: streams.daywise(q, now)),
    ("analytics/livestreams/overall", "analytics.livestreams.overall", lambda q, _, __, now: streams.overall(q, now)),
    ("sessions", "sessions", lambda q, _, page, now: sessions.listed(q, page(), now)),
    ("sessions/peer-report/*", "sessions.peer-report", lambda q, ids, _, now: sessions.peer_report(q, ids[0], now)),
    ("sessions/*", "sessions.session", lambda q, ids, _, now: sessions.one(q, sessions.found(ids[0], now), now)),
    (
        "sessions/*/participants",
        "sessions.participants",
        lambda q, ids, page, now: sessions.participants(q, sessions.found(ids[0], now), page(1, 200), now),
    ),
    (
        "sessions/*/participants/*",
        "sessions.participant",
        lambda q, ids, _, now: sessions.participant(q, sessions.found(ids[0], now), ids[1], now),
    ),
    ("sessions/*/chat", "sessions.chat", lambda q, ids, _, now: sessions.chat(q, sessions.found(ids[0], now), now)),
    (
        "sessions/*/summary",
        "sessions.summary",
        lambda q, ids, _, now: sessions.summary(q, sessions.found(ids[0], now), now),
    ),
    (
        "sessions/*/transcript",
        "sessions.transcript",
        lambda q, ids, _, now: sessions.transcript(q, sessions.found(ids[0], now), now),
    ),
    (
        "sessions/*/livestream-sessions",
        "sessions.livestream-sessions",
        lambda q, ids, page, now: streams.of_session(q, sessions.found(ids[0], now), page(), now),
    ),
    ("recordings", "recordings", lambda q, _, page, now: recordings.listed(q, page(), now)),
    (
        "recordings/active-recording/*",
        "recordings.active-recording",
        lambda q, ids, _, now: recordings.active(q, ids[0], now),
    ),
    ("recordings/*", "recordings.recording", lambda q, ids, _, now: recordings.one(q, ids[0], now)),
    ("livestreams", "livestreams", lambda q, _, page, now: streams.listed(q, page(), now)),
    ("livestreams/sessions/*", "livestreams.session", lambda q, ids, _, now: streams.broadcast(q, ids[0], now)),
    ("livestreams/*", "livestreams.livestream", lambda q, ids, page, now: streams.one(q, ids[0], page(), now)),
    (
        "livestreams/*/active-livestream-session",
        "livestreams.active-livestream-session",
        lambda q, ids, _, now: streams.active_session(q, ids[0], now),
    ),
    (
        "meetings/*/active-livestream",
        "meetings.active-livestream",
        lambda q, ids, _, now: streams.active_of_meeting(q, ids[0], now),
    ),
    (
        "meetings/*/livestream",
        "meetings.livestream",
        lambda q, ids, page, now: streams.of_meeting(q, ids[0], page(), now),
    ),
)  # fmt: skip
_EVENTS = {
    "events/bytime": ("spectrum.analytics.events.bytime", spectrum.by_time),
    "events/summary": ("spectrum.analytics.events.summary", spectrum.summary),
}


class CloudflareHttp:
    """``/client/v4``; ``clock`` and ``today`` give unix seconds: the first counts requests, the second is its now."""

    def __init__(self, clock: Callable[[], float], today: Callable[[], float], counter: FaultCounter) -> None:
        self._today = today
        self._counter = counter
        self._turnstile = Turnstile(clock, counter.faults.cloudflare_quota)

    def takes(self, path: str) -> bool:
        """Tell whether a path is the API's."""
        return path == _BASE or path.startswith(f"{_BASE}/")

    def answer(self, request: Request) -> Reply:
        """Answer one request; every answer says what is left of the quota."""
        told, closed = self._turnstile.pass_through(request.headers)
        path, asked = unquote(request.path.removeprefix(_BASE)), Asked(request.query)
        action, work = self._route(path, asked)
        reply = http_fault(self._counter, action)
        if reply is None:
            reply = self._answered(request, action, work, closed)
        return replace(reply, headers=(*reply.headers, *told), parameters=_shown(asked.pairs))

    def _answered(
        self, request: Request, action: str, work: Callable[[], dict[str, Any]] | Refusal, closed: Refusal | None
    ) -> Reply:
        kit = bool(_KIT.match(request.path.removeprefix(_BASE)))
        refusal = closed or refused(request.headers, token_only=kit)
        if refusal is None and request.method != "GET":
            words = f"Method {request.method} not available for that URI."
            refusal = v4_failure(405, {"code": 7001, "message": words})
        if refusal is None and isinstance(work, Refusal):
            refusal = work
        if refusal is None and self._counter.due("cloudflare_success_false", action):
            refusal = _failed(Wrong("Internal error", 500), kit=kit, status=200)
        if refusal is None and callable(work):
            try:
                return self._json(200, work(), action, "")
            except Wrong as wrong:
                refusal = _failed(wrong, kit=kit, status=wrong.status)
        assert isinstance(refusal, Refusal)
        return self._json(refusal.status, refusal.body, action, refusal.outcome)

    def _json(self, status: int, body: dict[str, Any], action: str, outcome: str) -> Reply:
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        cut = self._counter.due("cut_body", action)
        return Reply(status, text, (("Content-Type", "application/json"),), action, (), outcome, cut)

    def _route(self, path: str, asked: Asked) -> tuple[str, Callable[[], dict[str, Any]] | Refusal]:
        now = int(self._today() * 1000)
        if path == _REPORT:
            return "spectrum.analytics.zones.report", lambda: _v4(spectrum.zones_report(asked, now))
        if found := _ZONE.fullmatch(path):
            return self._spectrum(path, asked, found[1], found[2])
        found = _KIT.fullmatch(path)
        for pattern, action, work in _KIT_ROUTES if found else ():
            ids = re.fullmatch(pattern.replace("*", "([^/]+)"), found[3]) if found else None
            if found and ids:
                if not exists(found[1]):
                    return action, no_route(path)
                answer = partial(work, asked, ids.groups(), self._pager(asked, action), now)
                return action, partial(_in_app, found[2], answer)
        return "", v4_failure(404, {"code": 7000, "message": "No route for that URI"})

    def _pager(self, asked: Asked, action: str) -> Callable[..., Page]:
        def page(least: int = 0, most: int = 10**9) -> Page:
            return page_asked(asked, self._counter, action, (least, most))

        return page

    def _spectrum(
        self, path: str, asked: Asked, zone_id: str, rest: str
    ) -> tuple[str, Callable[[], dict[str, Any]] | Refusal]:
        now, commas = int(self._today() * 1000), bool(self._counter.faults.cloudflare_comma_lists)
        known = exists(zone_id)
        if rest == "aggregate/current":
            action = "spectrum.analytics.aggregate.current"
            return action, (
                (lambda: _v4({"result": spectrum.current(asked, zone_id, now)})) if known else no_route(path)
            )
        if rest not in _EVENTS:
            return "", v4_failure(404, {"code": 7000, "message": "No route for that URI"})
        action, answer = _EVENTS[rest]
        if not known:
            return action, no_route(path)
        return action, lambda: _v4({"result": bent(answer(asked, zone_id, now, commas=commas), self._counter, action)})


def _in_app(app_id: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    if not app_exists(app_id):
        raise Wrong("App not found", 404)
    return {"success": True, **work()}


def _v4(body: dict[str, Any]) -> dict[str, Any]:
    return {"success": True, "errors": [], "messages": [], **body}


def _failed(wrong: Wrong, *, kit: bool, status: int) -> Refusal:
    """Return a failure of the service behind the gate: RealtimeKit has an envelope of its own."""
    if kit:
        body = {"success": False, "error": {"code": wrong.status, "message": wrong.words}}
        return Refusal(status, body, str(wrong.status))
    return v4_failure(status, {"code": _BAD_REQUEST, "message": wrong.words})


def _shown(pairs: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Return a query for the log: values of a repeated key as a list."""
    held: dict[str, list[str]] = {}
    for name, value in pairs:
        held.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in held.items()}
