"""The Reports Microservice of the sandbox: generate, status, serve (kaltura.md §11)."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reportrunner.sandbox.faults import FaultCounter
from reportrunner.sandbox.kaltura_errors import ApiError
from reportrunner.sandbox.kaltura_session import Session, SessionDesk
from reportrunner.sandbox.polls import poll_answers
from reportrunner.sandbox.report_files import CHATS, FILES, csv_of, registration_file, stamp
from reportrunner.sandbox.report_parameters import Asked, WrongParameterError, asked, exactly
from reportrunner.sandbox.server import Stream

POLLS_COLUMNS = ("poll_id", "poll_question", "entry_id", "user_id", "email", "answer", "answered_at")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the microservice answers; unlike the API it uses HTTP statuses."""

    status: int
    body: bytes | Stream
    content_type: str = "application/json"


@dataclass(slots=True)
class _Job:
    body: bytes | Stream
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
        except WrongParameterError as wrong:
            return _json(422, message=str(wrong))
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
        exactly(document, "reportName", "reportParameters")
        body = self._file(session, document["reportName"], document["reportParameters"])
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

    def _file(self, session: Session, name: object, given: object) -> bytes | Stream:
        if name == "registration":
            return registration_file(given, self._faults.faults.export_rows)
        if isinstance(name, str) and name in FILES:
            return FILES[name](given)
        if name != "pollsActivity" and name not in CHATS:
            raise _RefusedError(400, f"Unknown report {name}")
        what = asked(given)
        for event_id in sorted(what.event_ids - session.virtual_events):
            raise _RefusedError(403, f"The session lacks the privilege virtualeventid:{event_id}")
        if isinstance(name, str) and name in CHATS:
            columns, *rows = CHATS[name](what)
            return csv_of(columns, rows)
        return _polls_csv(what)

    def _serve(self, document: dict[str, Any], *, status_only: bool) -> Answer:
        exactly(document, "sessionId", *(("statusOnly",) if "statusOnly" in document else ()))
        if not isinstance(document.get("statusOnly", True), bool):
            raise WrongParameterError("statusOnly must be true or false")
        job = self._jobs.get(str(document["sessionId"]))
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


def _polls_csv(what: Asked) -> bytes:
    answers = poll_answers(what.entry_ids, what.start, what.end, what.event_ids)
    return csv_of(
        POLLS_COLUMNS,
        (
            (one.poll_id, one.poll_question, one.entry_id, one.user_id, one.email, one.answer, stamp(one.answered_at))
            for one in answers
        ),
    )
