from __future__ import annotations

import socket

import pytest
import requests
from conftest import OffLoopbackError


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80, 0, 0)])
def test_no_test_reaches_another_machine(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as sock, pytest.raises(OffLoopbackError):
        sock.connect(address)
    with socket.socket(family, socket.SOCK_DGRAM) as sock, pytest.raises(OffLoopbackError):
        sock.sendto(b"x", address)


def test_no_test_asks_for_a_foreign_name() -> None:
    with pytest.raises(OffLoopbackError):
        socket.getaddrinfo("www.kaltura.com", 443)
    with pytest.raises(OffLoopbackError):
        requests.get("https://www.kaltura.com/", timeout=1)
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("nowhere.invalid", 443)


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
