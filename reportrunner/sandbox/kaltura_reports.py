"""The Reports Microservice of the sandbox: generate, status, serve of pollsActivity (kaltura.md §11)."""

from __future__ import annotations

import csv
import io
import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from reportrunner.sandbox.faults import FaultCounter
from reportrunner.sandbox.kaltura_errors import ApiError
from reportrunner.sandbox.kaltura_session import Session, SessionDesk
from reportrunner.sandbox.polls import VIRTUAL_EVENT, poll_answers

POLLS_COLUMNS = ("poll_id", "poll_question", "entry_id", "user_id", "email", "answer", "answered_at")

_PARAMETERS = {"entries_ids", "virtual_event_ids", "from_date_id", "to_date_id"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the microservice answers; unlike the API it uses HTTP statuses."""

    status: int
    body: bytes
    content_type: str = "application/json"


@dataclass(slots=True)
class _Job:
    body: bytes
    ready_at: float
    polls_left: int
    failed: bool


def _json(code: int, /, **document: object) -> Answer:
    return Answer(code, json.dumps(document).encode())


class _RefusedError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.answer = _json(status, message=message)


def reports_action(path: str, body: bytes) -> str:
    """``reports.generate``, ``reports.status`` or ``reports.serve``, for log and faults; never raises."""
    if path.endswith("/generate"):
        return "reports.generate"
    try:
        document = json.loads(body)
    except ValueError:
        return "reports.serve"
    polling = isinstance(document, dict) and document.get("statusOnly") is True
    return "reports.status" if polling else "reports.serve"


class ReportsService:
    """Export jobs of one account; ``clock`` gives unix seconds, its days are UTC days."""

    def __init__(self, clock: Callable[[], float], faults: FaultCounter, desk: SessionDesk) -> None:
        self._clock = clock
        self._faults = faults
        self._desk = desk
        self._lock = threading.Lock()
        self._jobs: dict[str, _Job] = {}

    def call(self, action: str, authorization: str, content_type: str, body: bytes) -> Answer:
        """Answer one request; refusals are JSON with a ``message``."""
        try:
            session = self._session(authorization)
            document = _document(content_type, body)
            if action == "reports.generate":
                return self._generate(session, document)
            return self._serve(document, status_only=action == "reports.status")
        except _RefusedError as refused:
            return refused.answer

    def _session(self, authorization: str) -> Session:
        scheme, _, ks = authorization.partition(" ")
        if scheme.lower() != "bearer" or not ks:
            raise _RefusedError(401, "Missing bearer token")
        try:
            session = self._desk.use(ks)
        except ApiError as error:
            raise _RefusedError(401, f"Invalid KS: {dict(error.args_by_name)['KSID']}") from None
        if not session.admin:
            raise _RefusedError(403, "The session is not allowed to create reports")
        return session

    def _generate(self, session: Session, document: dict[str, Any]) -> Answer:
        name, given = document.get("reportName"), document.get("reportParameters")
        if name != "pollsActivity":
            raise _RefusedError(400, f"Unknown report {name}")
        if not isinstance(given, dict) or given.keys() != _PARAMETERS:
            raise _RefusedError(422, f"reportParameters must be exactly {', '.join(sorted(_PARAMETERS))}")
        entry_ids, event_ids = _texts(given, "entries_ids"), _texts(given, "virtual_event_ids")
        for event_id in sorted(event_ids - session.virtual_events):
            raise _RefusedError(403, f"The session lacks the privilege virtualeventid:{event_id}")
        first, last = _day(given, "from_date_id"), _day(given, "to_date_id") + timedelta(days=1)
        body = _polls_csv(entry_ids if VIRTUAL_EVENT in event_ids else frozenset(), first, last)
        job = _Job(
            body=body,
            ready_at=self._clock() + self._faults.faults.export_seconds,
            polls_left=self._faults.faults.polls_before_ready,
            failed=self._faults.due("generate_fails", "reports.generate"),
        )
        handle = str(uuid.uuid4())
        with self._lock:
            self._jobs[handle] = job
        return _json(200, sessionId=handle)

    def _serve(self, document: dict[str, Any], *, status_only: bool) -> Answer:
        job = self._jobs.get(str(document.get("sessionId")))
        if job is None:
            raise _RefusedError(404, "No such report session")
        if status_only and self._faults.faults.unknown_status:
            return _json(200, status=self._faults.faults.unknown_status)
        status = self._status(job, polled=status_only)
        if status == "failed":
            return _json(200, status=status, message="The report could not be generated")
        if status_only or status != "completed":
            return _json(200, status=status)
        if self._faults.due("serve_json_instead_of_csv", "reports.serve"):
            return _json(200, status="in_progress")
        return Answer(200, job.body, "text/csv")

    def _status(self, job: _Job, *, polled: bool) -> str:
        with self._lock:
            waiting = job.polls_left > 0 or self._clock() < job.ready_at
            first = job.polls_left == self._faults.faults.polls_before_ready
            if polled and job.polls_left > 0:
                job.polls_left -= 1
        if waiting:
            return "pending" if first else "in_progress"
        return "failed" if job.failed else "completed"


def _document(content_type: str, body: bytes) -> dict[str, Any]:
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise _RefusedError(400, "The body must be application/json")
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise _RefusedError(400, "The body must be a JSON object")
    return document


def _texts(given: dict[str, Any], name: str) -> frozenset[str]:
    value = given[name]
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise _RefusedError(422, f"{name} must be a list of texts")
    return frozenset(value)


def _day(given: dict[str, Any], name: str) -> date:
    try:
        return datetime.strptime(given[name], "%Y-%m-%d").replace(tzinfo=UTC).date()
    except (TypeError, ValueError):
        raise _RefusedError(422, f"{name} must be a day as YYYY-MM-DD") from None


def _polls_csv(entry_ids: frozenset[str], first: date, end: date) -> bytes:
    """RFC 4180 without BOM; ``answered_at`` in UTC. What the real service writes is not published."""
    midnight = datetime.min.time().replace(tzinfo=UTC)
    start, until = (int(datetime.combine(day, midnight).timestamp()) for day in (first, end))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(POLLS_COLUMNS)
    for row in poll_answers(entry_ids, start, until) if entry_ids else []:
        at = datetime.fromtimestamp(row.answered_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        writer.writerow((row.poll_id, row.poll_question, row.entry_id, row.user_id, row.email, row.answer, at))
    return text.getvalue().encode()
