"""A small HTTP/1.1 server on loopback with keep-alive, that can hold replies back, cut them and drop connections."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from reportrunner.sandbox.faults import FaultCounter

_MAX_BODY = 16 * 1024 * 1024
_JOIN_SECONDS = 2.0
_DRIPS = 10


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came; header names in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Stream:
    """A body of known length that is made piece by piece while it is sent."""

    length: int
    pieces: Callable[[], Iterator[bytes]]

    def __len__(self) -> int:
        return self.length


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back, and what the log says of the request; status 0 closes the connection without a reply."""

    status: int
    body: bytes | Stream
    headers: tuple[tuple[str, str], ...]
    action: str = ""
    parameters: object = ()
    outcome: str = ""
    cut: bool = False


def plain(
    status: int, text: str, action: str = "", outcome: str = "", extra: tuple[tuple[str, str], ...] = ()
) -> Reply:
    """Make a reply of plain text."""
    return Reply(status, text.encode(), (("Content-Type", "text/plain; charset=utf-8"), *extra), action, (), outcome)


class Server(ThreadingHTTPServer):
    """Listens on 127.0.0.1 only; ``answer`` makes the reply, the counter's faults hold it back; raises OSError."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, port: int, answer: Callable[[Request], Reply], counter: FaultCounter) -> None:
        self.answer = answer
        self.counter = counter
        self.stopping = threading.Event()
        self._open: dict[socket.socket, threading.Thread] = {}
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def opened(self, connection: socket.socket) -> None:
        """Note a handler thread's connection."""
        with self._open_lock:
            self._open[connection] = threading.current_thread()

    def closed(self, connection: socket.socket) -> None:
        """Forget a handler thread's connection."""
        with self._open_lock:
            self._open.pop(connection, None)

    def close_all(self) -> None:
        """Close the listening socket and every connection, and wait shortly for their threads."""
        self.stopping.set()
        self.server_close()
        with self._open_lock:
            left = dict(self._open)
        for connection in left:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in left.values():
            thread.join(_JOIN_SECONDS)

    def handle_error(self, request: Any, client_address: Any) -> None:  # the base class's signature
        """Stay quiet: a client that hangs up is no event; our own bugs are answered with HTTP 500."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()
        self.server.closed(self.connection)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's signature
        """Quiet: the sandbox keeps its own log."""

    def _handle(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or int(length) > _MAX_BODY:
            self.close_connection = True
            self._send(plain(411, "a body needs a plain Content-Length"))
            return
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, url.path, url.query, headers, self.rfile.read(int(length)))
        try:
            reply = self.server.answer(request)
        except Exception as error:  # noqa: BLE001  # the one catch: a bug of ours must be seen by whoever asked
            reply = plain(500, f"bug in the sandbox: {type(error).__name__}: {error}")
        if self.server.stopping.wait(self.server.counter.delay()):
            self.close_connection = True
            return
        self._send(reply)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _handle  # noqa: N815  # names given by http.server

    def _send(self, reply: Reply) -> None:
        if not reply.status:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        left = 0 if self.command == "HEAD" else len(reply.body)
        if reply.cut:
            self.close_connection = True
            left //= 2
        seconds, whole = self.server.counter.faults.slow_seconds, max(1, left)
        for piece in _pieces(reply.body, -(-whole // _DRIPS) if seconds else whole):
            self.wfile.write(piece[:left])
            left -= len(piece)
            if seconds:
                self.wfile.flush()
            if self.server.stopping.wait(seconds * len(piece) / whole) or left <= 0:
                return


def _pieces(body: bytes | Stream, size: int) -> Iterator[bytes]:
    """Cut a body into pieces of `size`; a stream comes in its own."""
    if isinstance(body, Stream):
        yield from body.pieces()
    else:
        yield from (body[start : start + size] for start in range(0, len(body), size))
