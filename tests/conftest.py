"""Its place puts `tests/` on the path, so that every test may import what stands beside this file.

And it keeps every test on this machine: a connection to anywhere but loopback ends the test that wanted it.
And it makes drawn values the same on every run, however slow the machine is: no clock decides whether a test passes.
"""

from __future__ import annotations

import ipaddress
import signal
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from strict_skips import pytest_addoption, pytest_make_collect_report, pytest_runtest_makereport

__all__ = ["pytest_addoption", "pytest_make_collect_report", "pytest_runtest_makereport"]

settings.register_profile(
    "reportrunner", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("reportrunner")


class OffLoopbackError(Exception):
    """No OSError, so that no code under test can take it for a network that is merely down."""


def is_loopback(address: Any) -> bool:
    """Say whether a socket address stays on this machine; paths of Unix sockets do."""
    if not isinstance(address, tuple):
        return True
    try:
        return ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback
    except ValueError:
        return str(address[0]) == "localhost"


@pytest.fixture(autouse=True, scope="session")
def loopback_only() -> Iterator[None]:
    """Let sockets connect, and names resolve, on loopback only; reserved names stay unknown, as they are."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            real = getattr(socket.socket, name)

            def guarded(self: socket.socket, *arguments: Any, _real: Any = real) -> Any:
                if not is_loopback(arguments[-1]):
                    raise OffLoopbackError(f"a test wanted to reach {arguments[-1]}")
                return _real(self, *arguments)

            patch.setattr(socket.socket, name, guarded)
        resolve = socket.getaddrinfo

        def resolved(host: Any, *arguments: Any, **more: Any) -> Any:
            name = host.decode() if isinstance(host, bytes) else host
            if name is not None and not is_loopback((name,)):
                if name.endswith((".invalid", ".example", ".test")):
                    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
                raise OffLoopbackError(f"a test wanted to find {name}")
            return resolve(host, *arguments, **more)

        patch.setattr(socket, "getaddrinfo", resolved)
        yield


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that starts the tests in the background makes them deaf to it, and their children too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
