"""A proxy on loopback between a Cloudflare client and the sandbox that notes what either says against the document.

``with ValidatingProxy(sandbox.base_url_of("cloudflare")) as proxy``: clients use ``proxy.base_url``, tests look at
``proxy.violations``. It passes everything on as it came, right or wrong.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from cloudflare_document import BASE, HOST, api, document, kind, operation, parameters
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers, ImmutableMultiDict

_HOPS = {"host", "connection", "transfer-encoding", "content-length"}


@dataclass(frozen=True)
class Violation:
    """One thing that is not as the document has it, said by the ``request`` or by the ``answer``."""

    side: str
    target: str
    words: str


@dataclass
class _Asked:
    """A request as the validator reads it: as if it had gone to the real host."""

    method: str
    path: str
    parameters: RequestParameters
    host_url: str = HOST
    content_type: str = ""
    body: bytes | None = None


@dataclass
class _Answered:
    status_code: int
    data: bytes
    headers: Any
    content_type: str


def request_violations(method: str, target: str, headers: dict[str, str], body: bytes = b"") -> list[str]:
    """What is wrong with a request."""
    asked = _asked(method, target, headers)
    found = [f"{error} {error.__cause__ or ''}".strip() for error in api().iter_request_errors(asked)]
    names = {name.lower() for name in headers}
    if "authorization" in names and names & {"x-auth-email", "x-auth-key"}:
        found.append("a token and a key at once")
    if body:
        found.append("a body")
    template = operation(asked.path.removeprefix(BASE))
    return found if template is None else [*found, *_query_violations(template, urlsplit(target).query)]


def _query_violations(template: str, query: str) -> list[str]:
    """What the validator does not look at: unknown names, repetition, the spelling of booleans, double encoding."""
    known = {each["name"]: each for each in parameters(template)}
    pairs = parse_qsl(query, keep_blank_values=True)
    counts = Counter(name for name, _ in pairs)
    found = [f"no query parameter {name}" for name in counts if name not in known]
    for name, value in ((name, value) for name, value in pairs if name in known):
        if kind(known[name]) == "boolean" and value not in ("true", "false"):
            found.append(f"{name} is no boolean: {value}")
        if name == "filters" and unquote_plus(value.replace("+", " ")) != value.replace("+", " "):
            found.append(f"filters is encoded twice: {value}")
        if not value:
            found.append(f"{name} is empty")
    for name, count in counts.items():
        exploded = name in known and kind(known[name]) == "array" and known[name].get("explode", True)
        if count > 1 and not exploded:
            found.append(f"{name} is repeated")
    return found


def answer_violations(target: str, status: int, content_type: str, data: bytes) -> list[str]:
    """What is wrong with the answer of a GET; a status that the document does not list is not looked at."""
    template = operation(urlsplit(target).path.removeprefix(BASE))
    if template is None:
        return []
    listed = document()["paths"][template]["get"]["responses"]
    if str(status) not in listed and f"{status // 100}XX" not in listed:
        return []
    answered = _Answered(status, data, Headers(), content_type.partition(";")[0])
    errors = api().iter_response_errors(_asked("GET", target, {}), answered)
    return [f"{error} {error.__cause__ or ''}".strip() for error in errors]


def _asked(method: str, target: str, headers: dict[str, str]) -> _Asked:
    url = urlsplit(target)
    query = ImmutableMultiDict(parse_qsl(url.query, keep_blank_values=True))
    return _Asked(
        method.lower(),
        re.sub("//+", "/", url.path),
        RequestParameters(query=query, header=Headers(headers), cookie=ImmutableMultiDict()),
    )


class ValidatingProxy:
    """Stands before ``upstream`` (with its path) for as long as the context lasts."""

    def __init__(self, upstream: str) -> None:
        self._lock = threading.Lock()
        self._violations: list[Violation] = []
        self._targets: list[str] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self._server.upstream = urlsplit(upstream).netloc
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def base_url(self) -> str:
        """What stands in for ``https://api.cloudflare.com/client/v4``."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{BASE}"

    @property
    def violations(self) -> list[Violation]:
        """What was wrong so far."""
        with self._lock:
            return list(self._violations)

    @property
    def operations(self) -> set[str | None]:
        """The path templates that were asked so far; None is a path that the document does not have."""
        with self._lock:
            return {operation(urlsplit(target).path.removeprefix(BASE)) for target in self._targets}

    def note(self, side: str, target: str, words: list[str]) -> None:
        """Keep what was wrong with one message."""
        with self._lock:
            if side == "request":
                self._targets.append(target)
            self._violations += [Violation(side, target, each) for each in words]

    def __enter__(self) -> Self:
        api()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    proxy: ValidatingProxy
    upstream: str


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's signature
        """Quiet."""

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = dict(self.headers.items())
        self.server.proxy.note("request", self.path, request_violations(self.command, self.path, headers, body))
        upstream = HTTPConnection(self.server.upstream, timeout=30)
        try:
            kept = {name: value for name, value in headers.items() if name.lower() not in _HOPS}
            upstream.request(self.command, self.path, body or None, kept)
            reply = upstream.getresponse()
            data = reply.read()
        finally:
            upstream.close()
        wrong = answer_violations(self.path, reply.status, reply.headers.get("Content-Type", ""), data)
        self.server.proxy.note("answer", self.path, wrong)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            if name.lower() not in _HOPS | {"server", "date"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _handle  # noqa: N815  # names given by http.server
