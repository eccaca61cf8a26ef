"""Downloads on their way to disk: whole or not at all, cleaned line by line, hashed."""

from __future__ import annotations

import hashlib
import itertools
import stat
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import pytest

from reportrunner import spool
from reportrunner.flow import Reply
from reportrunner.secret import Redactor
from reportrunner.spool import Spool, SpoolError

SECRET = "djJ8MTAwNDJ8+a/session=="


def redactor() -> Redactor:
    made = Redactor()
    made.learn(SECRET)
    return made


def spooled(file: Path, pieces: Iterable[bytes], status: int = 200) -> Reply:
    with Spool(file, redactor().redact_bytes) as one:
        for piece in pieces:
            assert one.add(piece)
        return one.reply(status, {"content-type": "text/csv"})


def cut(body: bytes, *places: int) -> list[bytes]:
    edges = [0, *places, len(body)]
    return [body[start:end] for start, end in itertools.pairwise(edges)]


def test_a_body_becomes_a_file_that_its_owner_alone_can_read(tmp_path: Path) -> None:
    body = b"a,b\n1,2\n3,4"
    reply = spooled(tmp_path / "x", cut(body, 2, 5))
    assert (tmp_path / "x").read_bytes() == body
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o600
    assert reply == Reply(
        200,
        {"content-type": "text/csv"},
        body,
        file=tmp_path / "x",
        size=len(body),
        digest=hashlib.sha256(body).hexdigest(),
    )


def test_an_empty_body_is_an_empty_file(tmp_path: Path) -> None:
    reply = spooled(tmp_path / "x", [], 204)
    assert (reply.status, reply.body, reply.size, reply.digest) == (204, b"", 0, hashlib.sha256(b"").hexdigest())
    assert (tmp_path / "x").read_bytes() == b""


def test_the_head_alone_is_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "HEAD", 10)
    body = b"1234\n" * 7
    reply = spooled(tmp_path / "x", cut(body, 3, 9, 22))
    assert (reply.body, reply.size) == (body[:10], 35)
    assert (tmp_path / "x").read_bytes() == body


@pytest.mark.parametrize("form", [SECRET, quote(SECRET, safe="")])
def test_a_secret_is_hidden_wherever_the_pieces_part(tmp_path: Path, form: str) -> None:
    body, clean = f"id,link\n1,ks={form}&x\n2,none\n".encode(), b"id,link\n1,ks=***&x\n2,none\n"
    for place in range(len(body)):
        reply = spooled(tmp_path / f"{place}", cut(body, place))
        assert (tmp_path / f"{place}").read_bytes() == clean
        assert (reply.body, reply.redacted, reply.size) == (clean, True, len(clean))
        assert reply.digest == hashlib.sha256(clean).hexdigest(), "two runs with two sessions tell of one file"
    one_by_one = spooled(tmp_path / "bytes", [bytes([byte]) for byte in body])
    assert one_by_one.body == clean


def test_a_file_without_a_secret_is_not_called_redacted(tmp_path: Path) -> None:
    assert not spooled(tmp_path / "x", [b"a\n", b"b\n"]).redacted


def test_a_line_without_end_is_written_in_pieces_and_hides_its_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "_LONGEST_LINE", 40)
    monkeypatch.setattr(spool, "_LONGEST_SECRET", 30)
    body = (b"x" * 33 + SECRET.encode() + b"y" * 41 + SECRET.encode()) * 3
    for size in (1, 7, 24, 100):
        reply = spooled(tmp_path / f"{size}", [body[n : n + size] for n in range(0, len(body), size)])
        clean = (b"x" * 33 + b"***" + b"y" * 41 + b"***") * 3
        assert (tmp_path / f"{size}").read_bytes() == clean
        assert (reply.size, reply.redacted, reply.digest) == (len(clean), True, hashlib.sha256(clean).hexdigest())


def test_a_body_that_is_too_large_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "LARGEST", 10)
    with Spool(tmp_path / "x", bytes) as one:
        assert [one.add(piece) for piece in (b"12345\n", b"1234", b"5")] == [True, True, False]
    assert not (tmp_path / "x").exists()


def test_what_does_not_become_a_reply_leaves_no_file(tmp_path: Path) -> None:
    def left() -> None:
        with Spool(tmp_path / "x", bytes) as one:
            one.add(b"half a li")
            assert (tmp_path / "x").exists()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        left()
    with Spool(tmp_path / "y", bytes) as one:
        one.add(b"a line\nand a ha")
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_file_of_that_name_is_gone(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"something longer")
    spooled(tmp_path / "x", [b"new\n"])
    assert (tmp_path / "x").read_bytes() == b"new\n"


def test_a_disk_that_fails_is_told_in_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(SpoolError, match="No such file or directory"):
        Spool(tmp_path / "none" / "x", bytes)

    (tmp_path / "full").symlink_to("/dev/full")
    with pytest.raises(SpoolError, match="No space left on device"):
        spooled(tmp_path / "full", [b"a line\n"])
    (tmp_path / "full").symlink_to("/dev/full")
    with pytest.raises(SpoolError, match="No space left on device"), Spool(tmp_path / "full", bytes) as one:
        one.add(b"a line\n" * 99_999)
    assert list(tmp_path.iterdir()) == []
