from __future__ import annotations

import gzip
import hashlib
import math
import socket
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
import vcr
from loopback import Say, Seen, serving

from reportrunner import __version__
from reportrunner.errors import OutputError
from reportrunner.fill import SentRequest, fill
from reportrunner.flow import Reply, Request
from reportrunner.transport import Transport, retry_after

DRIP = (b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", *(b"x" for _ in range(600)))
"""An answer that takes half a minute."""


def get(url: str) -> SentRequest:
    return fill(Request("GET", "/x", query=(("ks", "top-secret"),)), url, str)


def test_an_answer_comes_whole() -> None:
    packed = Say(201, gzip.compress(b"hello" * 1000), {"Content-Encoding": "gzip", "X-Me": "a"})
    with serving(lambda _: packed) as house:
        transport = Transport(time.monotonic)
        reply = transport.send(get(house.url), 5)
        transport.close()
    assert (reply.status, reply.body, reply.fault, reply.headers["x-me"]) == (201, b"hello" * 1000, "", "a")
    assert house.seen[0].headers["user-agent"] == f"reportrunner/{__version__}"
    assert house.seen[0].target == "/x?ks=top-secret"


def test_one_connection_is_kept_and_cookies_are_not() -> None:
    with serving(lambda _: Say(headers={"Set-Cookie": "a=b"})) as house:
        transport = Transport(time.monotonic)
        for _ in range(3):
            assert transport.send(get(house.url), 5).status == 200
        assert not any("cookie" in seen.headers for seen in house.seen)
        pools = transport._lines[0].adapter.poolmanager.pools
        (pool,) = [pools[key] for key in pools.keys()]  # noqa: SIM118 - this mapping cannot be iterated
        assert (pool.num_connections, pool.num_requests) == (1, 3)
        transport.close()


def test_a_redirect_is_a_reply() -> None:
    with serving(lambda _: Say(302, b"", {"Location": "http://127.0.0.1:1/steal"})) as house:
        transport = Transport(time.monotonic)
        reply = transport.send(get(house.url), 5)
        transport.close()
        assert (reply.status, len(house.seen)) == (302, 1)


@pytest.mark.parametrize(
    ("say", "fault"),
    [
        (Say(body=b"short", length=50), "cut"),
        (Say(drip=(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",)), "cut"),
        (Say(drip=(b"HTTP/1.1 200 OK\r\n",)), "cut"),
        (Say(drip=(b"HTTP/1.1 200 OK\r\nContent-Le",)), "cut"),
        (Say(body=b"no gzip", headers={"Content-Encoding": "gzip"}), "unreadable"),
        (Say(body=b"x" * 3000), "too large"),
        (Say(hold=threading.Event()), "timeout"),
    ],
)
def test_what_the_network_does_is_told_in_words(say: Say, fault: str) -> None:
    with serving(lambda _: say) as house:
        transport = Transport(time.monotonic, largest=2000)
        reply = transport.send(get(house.url), 0.2)
        transport.close()
    assert reply == Reply(fault=fault)


def test_a_refused_connection_names_no_address() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        transport = Transport(time.monotonic)
        assert transport.send(get(url), 1).fault == "connect: connection refused"
        through = Transport(time.monotonic, proxies={"http": url})
        assert through.send(get("http://service.example.org"), 1).fault == "connect: proxy: connection refused"


def test_tls_to_a_plain_server_is_a_tls_fault() -> None:
    with serving(lambda _: Say()) as house:
        transport = Transport(time.monotonic)
        assert transport.send(get(house.url.replace("http", "https")), 1).fault == "tls: the handshake failed"
        assert house.seen == []


def test_a_dripping_body_meets_the_deadline() -> None:
    with serving(lambda _: Say(drip=DRIP)) as house:
        transport = Transport(time.monotonic)
        assert transport.send(get(house.url), 5, time.monotonic() + 0.3).fault == "timeout"
        assert house.dripped < len(DRIP) / 2, "nobody waited for the rest"
        transport.close()


def test_dripping_headers_are_reaped() -> None:
    drip = (b"HTTP/1.1 200 OK\r\n", *(b"X-A: b\r\n" for _ in range(90)))
    with serving(lambda _: Say(drip=drip)) as house:
        transport = Transport(time.monotonic)
        alarm = threading.Timer(0.3, transport.reap, (math.inf,))
        alarm.start()
        assert transport.send(get(house.url), 60, time.monotonic() + 0.2).fault == "timeout"
        assert house.dripped < len(drip), "nobody waited for the rest"
        alarm.join()
        transport.close()


@pytest.mark.parametrize(
    "say",
    [Say(hold=threading.Event()), Say(drip=(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nx",) + (b"",) * 600)],
)
def test_close_ends_blocked_reads(say: Say) -> None:
    with serving(lambda _: say) as house:
        transport = Transport(time.monotonic)
        threading.Timer(0.2, transport.close).start()
        assert transport.send(get(house.url), 30).fault == "closed", "neither a timeout nor an end of the answer"
        assert transport.send(get(house.url), 30).fault == "closed"


def test_a_proxy_is_used_unless_the_host_is_exempt() -> None:
    def told(seen: Seen) -> Say:
        return Say(body=seen.target.encode())

    with serving(told) as house:
        sent = get("http://service.example.org")
        transport = Transport(time.monotonic, proxies={"http": house.url, "no": "other.example.org, .local"})
        assert transport.send(sent, 5).body == b"http://service.example.org/x?ks=top-secret"
        transport.close()
        direct = Transport(time.monotonic, proxies={"http": "http://127.0.0.1:1", "no": "127.0.0.1"})
        assert direct.send(get(house.url), 5).status == 200
        direct.close()


# --- downloads -------------------------------------------------------------------------------------------


def downloaded(url: str, file: Path, timeout: float = 5, deadline: float = math.inf) -> Reply:
    transport = Transport(time.monotonic, largest=2000)
    try:
        return transport.download(get(url), (timeout, deadline), file, lambda raw: raw.replace(b"hush", b"***"))
    finally:
        transport.close()


def test_a_download_is_decoded_cleaned_and_may_be_larger_than_memory_allows(tmp_path: Path) -> None:
    packed = Say(201, gzip.compress(b"say hush\n" * 1000), {"Content-Encoding": "gzip", "X-Me": "a"})
    with serving(lambda _: packed) as house:
        reply = downloaded(house.url, tmp_path / "file")
    clean = b"say ***\n" * 1000
    assert (reply.status, reply.fault, reply.headers["x-me"], reply.redacted) == (201, "", "a", True)
    assert (reply.body, reply.file, reply.size) == (clean, tmp_path / "file", 8000)
    assert reply.digest == hashlib.sha256(clean).hexdigest()
    assert (tmp_path / "file").read_bytes() == clean


@pytest.mark.parametrize(
    ("say", "fault"),
    [
        (Say(body=b"short\n", length=50), "cut"),
        (Say(drip=(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel\n\n",)), "cut"),
        (Say(drip=(b"HTTP/1.1 200 OK\r\n",)), "cut"),
        (Say(body=b"no gzip", headers={"Content-Encoding": "gzip"}), "unreadable"),
        (Say(hold=threading.Event()), "timeout"),
    ],
)
def test_a_download_that_does_not_come_whole_is_a_fault_and_no_file(tmp_path: Path, say: Say, fault: str) -> None:
    with serving(lambda _: say) as house:
        assert downloaded(house.url, tmp_path / "file", 0.2) == Reply(fault=fault)
    assert list(tmp_path.iterdir()) == []


def test_a_download_that_is_too_large_is_a_fault_and_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reportrunner.spool.LARGEST", 2999)
    with serving(lambda _: Say(body=b"x\n" * 1500)) as house:
        assert downloaded(house.url, tmp_path / "file") == Reply(fault="too large")
    assert list(tmp_path.iterdir()) == []


def test_a_dripping_download_meets_the_deadline(tmp_path: Path) -> None:
    with serving(lambda _: Say(drip=DRIP)) as house:
        assert downloaded(house.url, tmp_path / "file", 5, time.monotonic() + 0.3) == Reply(fault="timeout")
        assert house.dripped < len(DRIP) / 2, "nobody waited for the rest"
    assert list(tmp_path.iterdir()) == []


def test_a_download_that_is_empty_has_an_empty_file(tmp_path: Path) -> None:
    for status in (200, 204):
        with serving(lambda _, status=status: Say(status)) as house:  # type: ignore[misc]
            reply = downloaded(house.url, tmp_path / f"{status}")
        assert (reply.status, reply.fault, reply.size, reply.body) == (status, "", 0, b"")
        assert (tmp_path / f"{status}").read_bytes() == b""


def test_a_download_onto_a_disk_that_fails_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "full").symlink_to("/dev/full")
    with serving(lambda _: Say(body=b"a line\n" * 99_999)) as house:
        for name, words in (("none/file", "No such file or directory"), ("full", "No space left on device")):
            with pytest.raises(OutputError, match=f"cannot write a download: {words}"):
                downloaded(house.url, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_the_watch_on_connections_leaves_cassettes_working(tmp_path: object) -> None:
    with serving(lambda _: Say(body=b"live")) as house:
        for mode, seen in (("all", 1), ("none", 1)):
            transport = Transport(time.monotonic)
            with vcr.use_cassette(f"{tmp_path}/c.yaml", record_mode=mode):
                assert transport.send(get(house.url), 5).body == b"live"
            transport.close()
            assert len(house.seen) == seen


def test_retry_after_in_seconds_and_as_a_date() -> None:
    date = {"date": "Sat, 21 Nov 2026 10:00:00 GMT", "retry-after": "Sat, 21 Nov 2026 10:00:30 GMT"}
    assert retry_after(Reply(429, {"retry-after": "7"})) == timedelta(seconds=7)
    assert retry_after(Reply(429, date)) == timedelta(seconds=30)
    assert retry_after(Reply(429, {"retry-after": "soon"})) is None
    assert retry_after(Reply(429, {"retry-after": date["retry-after"]})) is None
    assert retry_after(Reply(429)) is None
