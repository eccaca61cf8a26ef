"""LiveKit's Analytics API as a service of the sandbox's server (livekit.md §1, §2, §5)."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote

from reportrunner.sandbox.faults import FaultCounter
from reportrunner.sandbox.livekit_json import details, list_entry, snake
from reportrunner.sandbox.livekit_token import fault_of
from reportrunner.sandbox.livekit_universe import Session, by_id, sessions_of
from reportrunner.sandbox.server import Reply, Request, plain
from reportrunner.sandbox.service import http_fault

LIST, GET = "sessions.list", "sessions.get"
_PREFIX = "/api/project/"
_PATH = re.compile(r"/api/project/([^/]+)/sessions(?:/([^/]+))?")
_PROJECT = re.compile(r"p_[A-Za-z0-9]+")
_DAY = timedelta(days=1)
_LIMIT = 10
_KNOWN = 30
"""Days for which details are known."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is asked for; both days in UTC, ``end`` exclusive."""

    limit: int
    page: int
    start: date
    end: date


class LivekitHttp:
    """``/api/project``: every project whose id begins with ``p_`` exists, but for ``p_missing``."""

    def __init__(self, clock: Callable[[], float], today: Callable[[], float], counter: FaultCounter) -> None:
        self._clock = clock
        self._today = today
        self._counter = counter
        self._faults = counter.faults
        self._lock = threading.Lock()
        self._calls = 0

    def takes(self, path: str) -> bool:
        """Tell whether a path is the API's."""
        return path.startswith(_PREFIX)

    def answer(self, request: Request) -> Reply:
        """Answer a list or a session."""
        found = _PATH.fullmatch(request.path)
        if found is None:
            return plain(404, "404 page not found", outcome="not_found")
        if request.method != "GET":
            return plain(405, "method not allowed")
        project, session_id = unquote(found[1]), unquote(found[2] or "")
        action = GET if session_id else LIST
        parameters: dict[str, Any] = dict(parse_qsl(request.query, keep_blank_values=True))
        reply = http_fault(self._counter, action) or self._refused(request, action, project)
        reply = reply or (self._one(project, session_id) if session_id else self._listed(project, request.query))
        cut = self._counter.due("cut_body", action)
        return replace(reply, action=action, parameters={**parameters, "id": session_id}, cut=cut)

    def _refused(self, request: Request, action: str, project: str) -> Reply | None:
        fault = fault_of(request.headers.get("authorization", ""), self._clock()) or self._dies()
        if fault:
            return plain(401, fault, action, "unauthorized")
        if self._counter.due("livekit_plan", action):
            return plain(403, "Analytics API requires a Scale plan or higher", action, "plan")
        if not _PROJECT.fullmatch(project) or project == "p_missing":
            return plain(404, "project not found", action, "no_project")
        return None

    def _dies(self) -> str:
        after = self._faults.expire_session_after
        with self._lock:
            self._calls += 1
            return "invalid token: token is expired (exp)" if after and self._calls == after + 1 else ""

    @property
    def _now(self) -> int:
        return int(self._today() * 1_000_000)

    def _listed(self, project: str, query: str) -> Reply:
        try:
            asked = self._asked(query)
        except ValueError as error:
            return plain(400, str(error), LIST, "invalid")
        now = self._now
        happened = [one for one in self._between(project, asked.start, asked.end) if one.start <= now]
        newest = sorted(happened, key=lambda one: (-one.start, one.session_id))
        late = range(asked.page * self._faults.livekit_arrivals, 0, -1)
        size = min(asked.limit, self._faults.livekit_cap or asked.limit)
        page = [*late, *newest][asked.page * size : (asked.page + 1) * size]
        entries = [self._arrived(one) if isinstance(one, int) else list_entry(one, now) for one in page]
        return self._json(LIST, {"sessions": entries} if entries else {})

    def _arrived(self, number: int) -> dict[str, Any]:
        """Return a session that began while pages were fetched: each page finds some more at its front."""
        moment = datetime.fromtimestamp(int(self._today()), UTC)
        return {"sessionId": f"RM_arrived{number:04d}", "createdAt": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "roomName": "late"}

    def _between(self, project: str, start: date, end: date) -> list[Session]:
        days = range(start.toordinal(), end.toordinal())
        return [one for day in days for one in sessions_of(project, day, self._faults.livekit_sessions)]

    def _asked(self, query: str) -> Asked:
        given = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
        names = [name for name, _ in given]
        if unknown := sorted({name for name in names if name not in {"limit", "page", "start", "end"}}):
            raise ValueError(f"unknown parameter {unknown[0]}")
        if len(set(names)) < len(names):
            raise ValueError("a parameter comes twice")
        values = dict(given)
        today = datetime.fromtimestamp(self._today(), UTC).date()
        end = _date(values, "end", today)
        start = _date(values, "start", min(today, end) - _DAY)
        if start > end:
            raise ValueError("start is after end")
        if start < today - self._faults.livekit_days * _DAY:
            raise ValueError(f"start date must be within {self._faults.livekit_days} days of the current date")
        inclusive = self._faults.livekit_end == "inclusive"
        return Asked(_number(values, "limit", _LIMIT, 1), _number(values, "page", 0, 0), start, end + inclusive * _DAY)

    def _one(self, project: str, session_id: str) -> Reply:
        now = self._now
        today = datetime.fromtimestamp(self._today(), UTC).date().toordinal()
        days = (by_id(project, today - back, self._faults.livekit_sessions) for back in range(_KNOWN))
        found = next((day[session_id] for day in days if session_id in day), None)
        if found is None or found.start > now or session_id == self._faults.livekit_gone:
            return plain(404, "session not found", GET, "no_session")
        return self._json(GET, details(found, now))

    def _json(self, action: str, document: dict[str, Any]) -> Reply:
        document = snake(document) if self._counter.due("livekit_snake", action) else document
        body = json.dumps(document, ensure_ascii=False).encode()
        return Reply(200, body, (("Content-Type", "application/json"),))


def _number(values: dict[str, str], name: str, default: int, least: int) -> int:
    text = values.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) >= least):
        raise ValueError(f"invalid {name}: {text}")
    return int(text)


def _date(values: dict[str, str], name: str, default: date) -> date:
    text = values.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise ValueError(f"invalid {name}: {text} is not YYYY-MM-DD")
    return date.fromisoformat(text)
