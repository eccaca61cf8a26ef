"""A process that has loaded what SQL needs and forks a child for each session: most of a start is loading.

It has no thread and no DuckDB of its own, and it ends with the process that started it. A child that has died is told
on its own connection, with how it ended.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
from contextlib import suppress

from reportrunner.transform.child import serve

_CONTROL = 0
"""Standard input is the connection on which connections for children come."""


def main() -> None:
    """Fork a child for every connection that comes, until no more can."""
    control = socket.socket(fileno=_CONTROL)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([control.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 512)
            _bury(children)
        if control.fileno() in ready:
            message, files, _, _ = socket.recv_fds(control, 1, 1)
            if not message:
                return
            place = socket.socket(fileno=files[0])
            pid = os.fork()
            if pid == 0:
                _child(place, control, woken, wake, *children.values())
            children[pid] = place


def _child(place: socket.socket, *others: socket.socket | int) -> None:
    """Serve one session on its connection, with nothing else open; never returns."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        for other in others:
            if isinstance(other, int):
                os.close(other)
            else:
                other.close()
        os.open(os.devnull, os.O_RDONLY)  # the lowest number that is free: standard input
        with place.makefile("rb") as asked, place.makefile("wb") as answers:
            answers.write(json.dumps({"pid": os.getpid()}).encode() + b"\n")
            answers.flush()
            serve(asked, answers)
        code = 0
    finally:
        os._exit(code)


def _bury(children: dict[int, socket.socket]) -> None:
    """Tell each session whose child has ended how it did, and close its connection."""
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        place = children.pop(pid)
        with suppress(OSError):  # whose session has ended too
            said = json.dumps({"ended": os.waitstatus_to_exitcode(status)}).encode()
            place.sendall(b"\n" + said + b"\n", socket.MSG_DONTWAIT)
        place.close()


if __name__ == "__main__":
    main()
