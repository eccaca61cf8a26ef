"""A tiny scripted HTTP server on loopback, for the tests of transport and execution."""

from __future__ import annotations

import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass(frozen=True)
class Seen:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Say:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    """A Content-Length that is a lie."""
    drip: tuple[bytes, ...] = ()
    """Bytes written raw, one every 0.05 s, instead of an answer."""
    hold: threading.Event | None = None
    """Answer only once this is set."""


@dataclass
class Loopback:
    url: str
    seen: list[Seen]
    busy: int = 0
    most_busy: int = 0
    dripped: int = 0
    """Pieces written raw so far."""
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def targets(self) -> list[str]:
        return [each.target for each in self.seen]


def spool() -> Path:
    """A new file for a download."""
    return Path(tempfile.mkdtemp(prefix="spool-")) / "body"


@contextmanager
def serving(script: Callable[[Seen], Say], tls: ssl.SSLContext | None = None) -> Iterator[Loopback]:
    """Serve what the script says until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            length = int(self.headers.get("content-length", "0"))
            headers = {name.lower(): value for name, value in self.headers.items()}
            seen = Seen(self.command, self.path, headers, self.rfile.read(length))
            with house.lock:
                house.seen.append(seen)
                house.busy += 1
                house.most_busy = max(house.busy, house.most_busy)
            try:
                self.answer(script(seen))
            except OSError:
                self.close_connection = True
            finally:
                with house.lock:
                    house.busy -= 1

        do_POST = do_CONNECT = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

        def answer(self, say: Say) -> None:
            if say.hold is not None:
                while not say.hold.wait(0.02) and not house.stop.is_set():
                    pass
            for piece in say.drip:
                self.wfile.write(piece)
                house.dripped += 1
                if house.stop.wait(0.05):
                    break
            if say.drip:
                self.close_connection = True
                return
            head = [f"HTTP/1.1 {say.status} X", *(f"{name}: {value}" for name, value in say.headers.items())]
            head.append(f"Content-Length: {len(say.body) if say.length is None else say.length}")
            self.close_connection = self.close_connection or say.length is not None
            self.wfile.write("\r\n".join(head).encode() + b"\r\n\r\n" + say.body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    house = Loopback(f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}", [])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield house
    finally:
        house.stop.set()
        server.shutdown()
        server.server_close()
        thread.join()
