"""Kaltura's API and its Reports Microservice as services of the sandbox's server."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from reportrunner.sandbox.faults import FaultCounter
from reportrunner.sandbox.kaltura_actions import action_name
from reportrunner.sandbox.kaltura_api import KalturaApi
from reportrunner.sandbox.kaltura_errors import ApiError
from reportrunner.sandbox.kaltura_reports import ReportsService, reports_action
from reportrunner.sandbox.kaltura_session import SessionDesk
from reportrunner.sandbox.kaltura_wire import Params, RawFile, read_parameters, to_json, to_xml
from reportrunner.sandbox.server import Reply, Request, plain
from reportrunner.sandbox.service import http_fault

_REPORT_PATHS = ("/api/v1/report/generate", "/api/v1/report/serve")


class KalturaHttp:
    """``/api_v3``, in JSON and XML."""

    def __init__(
        self,
        clock: Callable[[], float],
        today: Callable[[], float],
        partner: int,
        counter: FaultCounter,
        desk: SessionDesk,
    ) -> None:
        self._clock = clock
        self._counter = counter
        self._api = KalturaApi(clock, today, partner, counter, desk)
        self._request_ids = itertools.count(1)

    def listen(self, base_url: str) -> None:
        """Take the address that links of its own begin with."""
        self._api.base_url = base_url

    def takes(self, path: str) -> bool:
        """Tell whether a path is the API's."""
        return path == "/api_v3" or path.startswith("/api_v3/")

    def answer(self, request: Request) -> Reply:
        """Answer one call or multirequest."""
        if request.method not in ("GET", "POST"):
            return plain(405, "GET or POST")
        content_type = request.headers.get("content-type", "")
        params = read_parameters(request.path, request.query, content_type, request.body)
        action = action_name(params)
        fault = http_fault(self._counter, action)
        if fault is not None:
            return replace(fault, parameters=params)
        if params.get("format") not in (None, "1", "2"):
            return plain(400, "the sandbox speaks format 1 (JSON) and 2 (XML)", action, "format")
        return self._wrapped(action, params, self._api.call(params))

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


class ReportsHttp:
    """``/api/v1/report``: generate and serve."""

    def __init__(self, clock: Callable[[], float], counter: FaultCounter, desk: SessionDesk) -> None:
        self._counter = counter
        self._reports = ReportsService(clock, counter, desk)

    def takes(self, path: str) -> bool:
        """Tell whether a path is the microservice's."""
        return path in _REPORT_PATHS

    def answer(self, request: Request) -> Reply:
        """Answer generate, status or serve."""
        if request.method != "POST":
            return plain(405, "POST")
        action = reports_action(request.path, request.body)
        parameters: Any = ()
        with contextlib.suppress(ValueError):
            parameters = json.loads(request.body)
        fault = http_fault(self._counter, action)
        if fault is not None:
            return replace(fault, parameters=parameters)
        content_type = request.headers.get("content-type", "")
        answer = self._reports.call(action, request.headers.get("authorization", ""), content_type, request.body)
        headers = (("Content-Type", answer.content_type),)
        cut = self._counter.due("cut_body", action)
        return Reply(answer.status, answer.body, headers, action, parameters, "", cut)
