"""The one room of requests and urllib3: sends a filled request once and reports what happened."""

from __future__ import annotations

import contextlib
import logging
import math
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from reportrunner.errors import OutputError
from reportrunner.fill import SentRequest
from reportrunner.flow import Reply
from reportrunner.spool import Body, Spool, SpoolError

log = logging.getLogger(__name__)

_READ_SIZE: Final = 1024 * 1024
_CONNECT_SECONDS: Final = 10.0
_BODILESS: Final = (204, 304)
_FRAMING: Final = frozenset({"content-length", "transfer-encoding", "connection"})
"""One of these tells how an answer's body ends."""
LARGEST_REPLY: Final = 256 * 1024 * 1024
"""Bytes of a reply kept in memory; more is a fault."""


def retry_after(reply: Reply) -> timedelta | None:
    """Return what the reply's Retry-After asks for; a date is read against the reply's own Date."""
    text = reply.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 86_400))
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(reply.headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    return min(max(wait, timedelta()), timedelta(days=1))


class _Memory:
    """A body kept in memory, up to a size."""

    def __init__(self, largest: int) -> None:
        self._left = largest
        self._pieces: list[bytes] = []

    def add(self, piece: bytes) -> bool:
        self._left -= len(piece)
        self._pieces.append(piece)
        return self._left >= 0

    def reply(self, status: int, headers: Mapping[str, str]) -> Reply:
        return Reply(status, headers, b"".join(self._pieces))


class _Adapter(HTTPAdapter):
    """Watches connections through proxies as it does the direct ones."""

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = self.poolmanager.pool_classes_by_scheme
        return manager


@dataclass(eq=False, slots=True)
class _Line:
    """What one thread has open, so that another thread can end its read."""

    adapter: _Adapter = field(default_factory=lambda: _Adapter(pool_maxsize=1))
    connection: object = None
    body: urllib3.BaseHTTPResponse | None = None
    deadline: float = math.inf
    late: bool = False

    def __post_init__(self) -> None:
        """See every connection that this thread takes from its pools."""
        self.adapter.poolmanager.pool_classes_by_scheme = {
            "http": _watched(urllib3.HTTPConnectionPool, self),
            "https": _watched(urllib3.HTTPSConnectionPool, self),
        }

    def cut(self) -> None:
        """End the read this thread is blocked in: closing a socket would not, shutting it down does."""
        body, sock = self.body, getattr(self.connection, "sock", None)
        if body is not None:
            with contextlib.suppress(AttributeError, OSError, RuntimeError, ValueError):
                body.shutdown()
        if isinstance(sock, socket.socket):
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _watched(pool: type[urllib3.HTTPConnectionPool], line: _Line) -> type[urllib3.HTTPConnectionPool]:
    """Return the pool with an eye on it; its connection class stays its own, which tests may replace."""

    class Watched(pool):  # type: ignore[valid-type,misc]
        def _get_conn(self, timeout: float | None = None) -> object:
            line.connection = super()._get_conn(timeout)
            return line.connection

    return Watched


class Transport:
    """Sends filled requests, one connection per thread and host; never follows a redirect, never repeats.

    `proxies` as `urllib.request.getproxies` gives them (`http`, `https`, `all`, `no`), read once by the door.
    """

    def __init__(
        self,
        monotonic: Callable[[], float],
        *,
        proxies: Mapping[str, str] | None = None,
        verify: bool | str = True,
        largest: int = LARGEST_REPLY,
    ) -> None:
        """Open nothing yet; `verify` may name a file of trusted certificates."""
        self._monotonic = monotonic
        self._proxies = dict(proxies or {})
        self._bypass = tuple(name.strip().lower() for name in self._proxies.pop("no", "").split(",") if name.strip())
        self._verify = verify
        self._largest = largest
        self._local = threading.local()
        self._lock = threading.Lock()
        self._lines: list[_Line] = []
        self._closed = False
        # Its debug lines hold whole addresses, queries and all.
        logging.getLogger("urllib3").setLevel(logging.WARNING)

    def send(self, sent: SentRequest, timeout: float, deadline: float = math.inf) -> Reply:
        """Send once. `timeout`: seconds to the next byte; `deadline`: the monotonic second at which all must be over.

        What the network does is never raised but told in the reply's `fault`: `connect: ...` (nothing was sent),
        `tls: ...`, `timeout`, `cut`, `too large`, `unreadable`, `closed`.
        """
        return self._once(sent, timeout, deadline, _Memory(self._largest))

    def download(
        self, sent: SentRequest, limits: tuple[float, float], file: Path, clean: Callable[[bytes], bytes]
    ) -> Reply:
        """Send once as `send` does, `limits` being its time-out and deadline, and stream the body into `file`.

        Whole lines pass through `clean`. The reply has the file, its size and digest, and its beginning as `body`.
        OutputError when the disk fails.
        """
        try:
            with Spool(file, clean) as spool:
                return self._once(sent, *limits, spool)
        except SpoolError as error:
            raise OutputError(f"cannot write a download: {error}") from None

    def _once(self, sent: SentRequest, timeout: float, deadline: float, into: Body) -> Reply:
        line = self._line()
        started = self._monotonic()
        with self._lock:
            line.deadline, line.late = deadline, False
        try:
            reply = self._exchange(line, sent, min(timeout, max(deadline - started, 0.001)), into)
        except (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError) as error:
            reply = Reply(fault=_fault(error))
        except ValueError:
            if not line.late and not self._closed:
                raise
            reply = Reply(fault="cut")
        finally:
            with self._lock:
                line.deadline, line.body, line.connection = math.inf, None, None
        if self._closed or line.late:
            reply = Reply(fault="closed" if self._closed else "timeout")
        spent = (self._monotonic() - started) * 1000
        log.debug(
            "%s: %s in %.0f ms, %d bytes", sent.label, reply.fault or reply.status, spent, reply.size or len(reply.body)
        )
        return reply

    def reap(self, now: float) -> None:
        """Cut every request whose deadline has passed, even one whose server drips header bytes for ever."""
        with self._lock:
            for line in self._lines:
                if line.deadline < now:
                    line.late = True
                    line.cut()

    def close(self) -> None:
        """Shut down every socket, so that blocked reads end at once; later requests answer `closed`."""
        with self._lock:
            self._closed = True
            lines, self._lines = self._lines, []
        for line in lines:
            line.cut()
            line.adapter.close()

    def _line(self) -> _Line:
        line: _Line | None = getattr(self._local, "line", None)
        if line is None:
            line = self._local.line = _Line()
            with self._lock:
                self._lines.append(line)
        return line

    def _exchange(self, line: _Line, sent: SentRequest, timeout: float, into: Body) -> Reply:
        if self._closed:
            return Reply(fault="closed")
        prepared = requests.Request(sent.method, sent.url, headers=dict(sent.headers), data=sent.body).prepare()
        # The adapter itself, not a session: no cookies, no environment, no look at where a redirect would lead.
        answer = line.adapter.send(
            prepared,
            stream=True,
            timeout=(min(timeout, _CONNECT_SECONDS), timeout),
            verify=sent.route.ca or self._verify,
            cert=(sent.route.certificate, sent.route.key) if sent.route.certificate else None,
            proxies=self._proxies_for(sent),
        )
        raw = line.body = answer.raw
        headers = {name.lower(): text for name, text in answer.headers.items()}
        size = 0
        try:
            # read1 returns after each arrival: a dripping server cannot hold one long read beyond the deadline.
            # A replayed answer is not urllib3's own, and its read1 does not decode.
            read = raw.read1 if isinstance(raw, urllib3.HTTPResponse) else raw.read
            while piece := read(_READ_SIZE, decode_content=True):
                size += len(piece)
                line.late = line.late or self._monotonic() > line.deadline
                if line.late or not into.add(piece):
                    raw.close()
                    return Reply(fault="too large")
        except BaseException:
            raw.close()
            raise
        if size == 0 and answer.status_code not in _BODILESS and not _FRAMING & headers.keys():
            # http.client takes headers that were cut off for headers that ended.
            return Reply(fault="cut")
        return into.reply(answer.status_code, headers)

    def _proxies_for(self, sent: SentRequest) -> dict[str, str]:
        if sent.route.proxy:
            return {"all": sent.route.proxy}
        host = (urlsplit(sent.url).hostname or "").lower()
        for name in self._bypass:
            plain = name.removeprefix("*").removeprefix(".").rsplit(":", 1)[0] or "*"
            if plain in ("*", host) or host.endswith("." + plain):
                return {}
        return self._proxies


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Return the error and everything it wraps, in whatever way."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop(0)
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            inner = (getattr(one, "reason", None), *one.args, one.__cause__, one.__context__)
            waiting += [each for each in inner if isinstance(each, BaseException)]


def _fault(error: BaseException) -> str:
    """Say in our own words what went wrong: theirs hold addresses, and addresses hold secrets."""
    causes = tuple(_causes(error))

    def among(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    reason = next((c.strerror for c in causes if isinstance(c, OSError) and c.strerror and c.errno), "")
    wrong = urllib3.exceptions
    if among(requests.exceptions.InvalidURL, requests.exceptions.InvalidProxyURL, wrong.LocationValueError):
        return "connect: not a valid address"
    proxy = "proxy: " if among(wrong.ProxyError) else ""
    verification = next((c for c in causes if isinstance(c, ssl.SSLCertVerificationError)), None)
    if verification is not None:
        return f"tls: {proxy}{verification.verify_message}"
    if among(wrong.NameResolutionError):
        return f"connect: {proxy}the host name is not known"
    wants = "407: it wants a user and a password" if any("failed: 407" in str(c) for c in causes) else ""
    if among(wrong.NewConnectionError) or proxy:
        return f"connect: {proxy}{wants or reason.lower() or 'no connection'}"
    if among(wrong.ConnectTimeoutError):
        return "connect: timeout"
    if among(wrong.ReadTimeoutError, TimeoutError):
        return "timeout"
    if among(wrong.DecodeError):
        return "unreadable"
    if among(ssl.SSLError, wrong.SSLError) and not among(ssl.SSLEOFError, ssl.SSLZeroReturnError):
        wanted = any("CERTIFICATE_REQUIRED" in str(c) for c in causes)
        return "tls: the service wants a client certificate" if wanted else "tls: the handshake failed"
    return "cut"
