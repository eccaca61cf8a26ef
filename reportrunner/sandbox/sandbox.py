"""The running sandbox: the services of all providers behind one server, and the log of what it was sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Self

from reportrunner.sandbox.cloudflare_http import CloudflareHttp
from reportrunner.sandbox.faults import NO_FAULTS, FaultCounter, Faults
from reportrunner.sandbox.kaltura_http import KalturaHttp, ReportsHttp
from reportrunner.sandbox.kaltura_session import SessionDesk
from reportrunner.sandbox.livekit_http import LivekitHttp
from reportrunner.sandbox.log import Log, Record
from reportrunner.sandbox.rest_fixtures import PREFIX, RestExchange, RestHttp
from reportrunner.sandbox.server import Reply, Request, Server, plain
from reportrunner.sandbox.service import Service

_LOOPBACK = ("127.0.0.1", "localhost")
_BASE_PATHS = {"cloudflare": "/client/v4"}
DATED = frozenset({"cloudflare", "kaltura", "livekit"})
"""The providers whose services answer by what day it is."""


class Sandbox:
    """The stand-in for the providers as a context manager; port 0 takes a free one.

    ``clock`` gives unix seconds. ``today`` does too, for services that answer by what day it is: a job that pretends to
    run on another day pretends there as well; it is ``clock`` where not given. ``rest`` has what sources that a project
    describes itself are asked and answer, by their names.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        port: int = 0,
        faults: Faults = NO_FAULTS,
        partner: int = 10042,
        today: Callable[[], float] | None = None,
        rest: Mapping[str, tuple[RestExchange, ...]] | None = None,
    ) -> None:
        self._port = port
        self._today = today or clock
        self._counter = FaultCounter(faults)
        desk = SessionDesk(clock, partner, faults.expire_session_after, faults.session_cap)
        self._kaltura = KalturaHttp(clock, self._today, partner, self._counter, desk)
        self._services: tuple[Service, ...] = (
            self._kaltura,
            ReportsHttp(clock, self._counter, desk),
            RestHttp(rest or {}, self._counter, lambda: self.base_url),
            CloudflareHttp(clock, self._today, self._counter),
            LivekitHttp(clock, self._today, self._counter),
        )
        self._log = Log()
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def base_url(self) -> str:
        """``http://127.0.0.1:PORT``, of the API and of the Reports Microservice alike."""
        if self._server is None:
            raise RuntimeError("the sandbox is not running")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def base_url_of(self, provider: str, source: str = "") -> str:
        """Return what stands in for the base URL of a provider, or of a source that a project describes itself."""
        return self.base_url + (f"{PREFIX}{source}" if provider == "rest" else _BASE_PATHS.get(provider, ""))

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
        self._kaltura.listen(self.base_url)
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
        service = next((each for each in self._services if each.takes(request.path)), None)
        return service.answer(request) if service else plain(404, "no such path", outcome="not_found")
