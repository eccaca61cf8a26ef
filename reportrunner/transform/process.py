"""The child process of a session as its parent sees it: requests go out and replies come in, or it has died."""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

_START = "import sys; sys.path.insert(0, sys.argv[1]); from reportrunner.transform.fork_server import main; main()"


class SqlProcess:
    """One child, forked off the server that all sessions of this process share."""

    def __init__(self) -> None:
        """Fork it; it waits for requests."""
        with ExitStack() as stack:
            self._ours, self._lines, self.pid = _SERVER.child(stack)
            self._handle = _handle(self.pid)
            if self._handle is not None:
                stack.callback(os.close, self._handle)
            self._opened = stack.pop_all()
        self.ended: int | None = None
        """How it ended: an exit code, or a signal's number below zero; None while it has not."""

    def exchange(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """Send a request and return its reply; None when the child has died over it, or before."""
        with suppress(BrokenPipeError):  # what it died of is told behind
            self._ours.sendall(json.dumps(request).encode() + b"\n")
        return self._reply()

    def kill(self) -> None:
        """Kill the child, whatever it does; one that is dead stays dead."""
        with suppress(ProcessLookupError):
            if self._handle is None:
                os.kill(self.pid, signal.SIGKILL)
            else:
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def close(self) -> None:
        """Kill the child and return when it is gone."""
        self.kill()
        while self._reply() is not None:
            pass
        self._opened.close()

    def _reply(self) -> dict[str, Any] | None:
        while self.ended is None:
            try:
                line = self._lines.readline()
            except ConnectionResetError:
                line = b""
            if not line:  # the server is gone too
                self.ended = -signal.SIGKILL
                break
            try:
                reply: dict[str, Any] = json.loads(line)
            except ValueError:  # the half line of one that was killed while it wrote
                continue
            if "ended" not in reply:
                return reply
            self.ended = reply["ended"]
        return None


def _handle(pid: int) -> int | None:
    """Return what kills this process and never another one that got its number; None where the kernel has no such."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


@dataclass(slots=True)
class _Server:
    """The one fork server of this process, started when it is first needed and again if it has died."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    process: subprocess.Popen[bytes] | None = None
    control: socket.socket | None = None

    def child(self, stack: ExitStack) -> tuple[socket.socket, BinaryIO, int]:
        """Have a child forked; return the connection to it, the lines that come, its number. The stack closes both."""
        for _ in range(2):  # a server that has died is not noticed before it is asked
            ours, theirs = socket.socketpair()
            stack.callback(ours.close)
            lines = stack.enter_context(ours.makefile("rb"))
            with theirs, self.lock:
                control = self._running()
                with suppress(OSError):
                    socket.send_fds(control, [b"+"], [theirs.fileno()])
            if told := lines.readline():
                return ours, lines, json.loads(told)["pid"]
            with self.lock:
                if self.control is control:
                    self.stop()
        raise RuntimeError("no process for SQL could be started")

    def start(self) -> None:
        """Start it if it does not run, without waiting until it has loaded."""
        with self.lock:
            self._running()

    def stop(self) -> None:
        """End it, and with it nothing that is still served."""
        if self.process is not None and self.control is not None:
            self.control.close()
            self.process.kill()
            self.process.wait()
        self.process = self.control = None

    def _running(self) -> socket.socket:
        if self.control is None:
            ours, theirs = socket.socketpair()
            with theirs:
                self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own words
                    [sys.executable, "-I", "-B", "-X", "utf8", "-c", _START, str(Path(__file__).resolve().parents[2])],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    cwd="/",
                    env={},
                    start_new_session=True,
                )
            self.control = ours
        return self.control


_SERVER = _Server()
atexit.register(_SERVER.stop)


def warm_up() -> None:
    """Let a process load what SQL needs, so that the first session need not wait for that."""
    _SERVER.start()
