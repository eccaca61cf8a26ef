"""The running sandbox: routes of both services, faults below the API, and the log of what it was sent."""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from reportrunner.sandbox.faults import NO_FAULTS, FaultCounter, Faults
from reportrunner.sandbox.kaltura_actions import action_name
from reportrunner.sandbox.kaltura_api import KalturaApi
from reportrunner.sandbox.kaltura_errors import ApiError
from reportrunner.sandbox.kaltura_reports import ReportsService, reports_action
from reportrunner.sandbox.kaltura_session import SessionDesk
from reportrunner.sandbox.kaltura_wire import Params, RawFile, read_parameters, to_json, to_xml
from reportrunner.sandbox.log import Log, Record
from reportrunner.sandbox.server import Reply, Request, Server, plain

_LOOPBACK = ("127.0.0.1", "localhost")
_REPORT_PATHS = ("/api/v1/report/generate", "/api/v1/report/serve")


class Sandbox:
    """The stand-in for the providers as a context manager; ``clock`` gives unix seconds, port 0 takes a free one."""

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        port: int = 0,
        faults: Faults = NO_FAULTS,
        partner: int = 10042,
    ) -> None:
        self._clock = clock
        self._port = port
        self._counter = FaultCounter(faults)
        desk = SessionDesk(clock, partner, faults.expire_session_after, faults.session_cap)
        self._kaltura = KalturaApi(clock, partner, self._counter, desk)
        self._reports = ReportsService(clock, self._counter, desk)
        self._log = Log()
        self._request_ids = itertools.count(1)
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def base_url(self) -> str:
        """``http://127.0.0.1:PORT``, of the API and of the Reports Microservice alike."""
        if self._server is None:
            raise RuntimeError("the sandbox is not running")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def log(self) -> tuple[Record, ...]:
        """What it was sent so far, without secrets."""
        return self._log.records()

    def count(self, action: str) -> int:
        """How many calls of an action came (``report.getTable``, ``reports.generate``), alone or in a multirequest."""
        return sum(record.calls.count(action) for record in self.log)

    def start(self) -> Self:
        """Listen; raises OSError when the port is taken."""
        self._server = Server(self._port, self._answer, self._counter)
        self._kaltura.base_url = self.base_url
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="sandbox", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close the port and every connection; stopping twice is fine."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.close_all()
        self._server = self._thread = None

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def _answer(self, request: Request) -> Reply:
        reply = self._routed(request)
        if self._counter.due("drop_connection", reply.action):
            reply = replace(reply, status=0, outcome="drop_connection")
        self._log.add((request.method, request.path, reply.action), reply.parameters, reply.status, reply.outcome)
        return reply

    def _routed(self, request: Request) -> Reply:
        if request.headers.get("host", "").rpartition(":")[0].lower() not in _LOOPBACK:
            return plain(421, "the sandbox answers on loopback only", outcome="not_loopback")
        if request.path == "/api_v3" or request.path.startswith("/api_v3/"):
            return self._kaltura_reply(request)
        if request.path in _REPORT_PATHS:
            return self._reports_reply(request)
        return plain(404, "no such path", outcome="not_found")

    def _kaltura_reply(self, request: Request) -> Reply:
        if request.method not in ("GET", "POST"):
            return plain(405, "GET or POST")
        content_type = request.headers.get("content-type", "")
        params = read_parameters(request.path, request.query, content_type, request.body)
        action = action_name(params)
        fault = self._http_fault(action)
        if fault is not None:
            return replace(fault, parameters=params)
        if params.get("format") not in (None, "1", "2"):
            return plain(400, "the sandbox speaks format 1 (JSON) and 2 (XML)", action, "format")
        result = self._kaltura.call(params)
        return self._wrapped(action, params, result)

    def _wrapped(self, action: str, params: Params, result: object) -> Reply:
        as_json = params.get("format") == "1"
        outcome = result.code if isinstance(result, ApiError) else ""
        headers: tuple[tuple[str, str], ...] = (
            ("X-Me", "sandbox"),
            ("X-Kaltura-Session", f"{next(self._request_ids)}, {int(self._clock())}"),
        )
        if isinstance(result, RawFile):
            body, kind, extra = result.body, result.content_type, result.headers
        else:
            body = to_json(result) if as_json else to_xml(result)
            kind, extra = "application/json" if as_json else "text/xml", ()
            if outcome == "SERVICE_FORBIDDEN":
                extra = (("X-Kaltura", f"error-{outcome}"),)
        headers = (("Content-Type", kind), *headers, *extra)
        cut = self._counter.due("cut_body", action)
        return Reply(200, body, headers, action, params, outcome, cut)

    def _reports_reply(self, request: Request) -> Reply:
        if request.method != "POST":
            return plain(405, "POST")
        action = reports_action(request.path, request.body)
        parameters: Any = ()
        with contextlib.suppress(ValueError):
            parameters = json.loads(request.body)
        fault = self._http_fault(action)
        if fault is not None:
            return replace(fault, parameters=parameters)
        content_type = request.headers.get("content-type", "")
        answer = self._reports.call(action, request.headers.get("authorization", ""), content_type, request.body)
        headers = (("Content-Type", answer.content_type),)
        cut = self._counter.due("cut_body", action)
        return Reply(answer.status, answer.body, headers, action, parameters, "", cut)

    def _http_fault(self, action: str) -> Reply | None:
        wait = (("Retry-After", str(self._counter.faults.retry_after)),)
        if self._counter.due("http_429", action):
            return plain(429, "too many requests", action, "http_429", wait)
        if self._counter.due("http_503", action):
            return plain(503, "service unavailable", action, "http_503", wait)
        if self._counter.due("http_500", action):
            return plain(500, "internal server error", action, "http_500")
        if self._counter.due("html_body", action):
            page = b"<!DOCTYPE html><html><body>The proxy is having a bad day.</body></html>"
            return Reply(200, page, (("Content-Type", "text/html"),), action, (), "html_body")
        return None
