"""Answers that are streamed into files: what a judge and a reader get, and what is left on the disk."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from loopback import Say, Seen
from workbench import KEY, answer, bench, error, fetch, judge, once, sign_in

from reportrunner import spool
from reportrunner.errors import OutputError
from reportrunner.flow import Done, Flow, Hole, Reply, Request, Step, Verdict
from reportrunner.table import Column, ColumnType, Rows

BODY = b"id,link\n" + b"".join(b"%d,none\n" % n for n in range(2000))


def told(replies: tuple[Reply, ...]) -> Rows:
    """One row: the file's bytes, the head, size and digest of the reply."""
    (reply,) = replies
    content = reply.file.read_bytes().decode() if reply.file else ""
    facts = (content, reply.body.decode(), str(reply.size), reply.digest)
    return Rows(tuple(Column(name, ColumnType.STRING) for name in ("file", "head", "size", "digest")), [facts])


def download(dataset: str = "polls") -> Flow:
    return fetch(dataset=dataset, steps=(Step("serve", Request("GET", "/file"), judge, download=True),), read=told)


def facts(ended: object) -> tuple[object, ...]:
    (row,) = answer(ended).rows.rows  # type: ignore[arg-type,union-attr]
    return tuple(row)


def test_a_download_is_a_file_of_which_the_head_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "HEAD", 100)
    with bench(lambda _: Say(body=BODY)) as b:
        (ended,) = b.run(download())
        digest = hashlib.sha256(BODY).hexdigest()
        assert facts(ended) == (BODY.decode(), BODY[:100].decode(), str(len(BODY)), digest)
        (exchange,) = answer(ended).exchanges
        assert (exchange.step, exchange.status, exchange.reply) == ("serve", 200, digest)
        (sent,) = b.executor.sent
        assert sent.bytes == len(BODY)
        assert len(b.spooled) == 1


def test_a_download_is_told_like_the_same_body_in_memory() -> None:
    memory = fetch("/file")
    with bench(lambda _: Say(body=b"a\nb\n")) as b:
        streamed, kept = b.run(download(), memory)
        assert answer(streamed).exchanges[0].reply == answer(kept).exchanges[0].reply


@pytest.mark.parametrize("status", [200, 204])
def test_an_empty_download_is_a_reply(status: int) -> None:
    def empty(_: Request, reply: Reply) -> Verdict:
        assert not reply.fault
        return Done()

    with bench(lambda _: Say(status)) as b:
        flow = fetch(steps=(Step("serve", Request("GET", "/file"), empty, download=True),), read=told)
        (ended,) = b.run(flow)
        assert facts(ended) == ("", "", "0", hashlib.sha256(b"").hexdigest())


@pytest.mark.parametrize(
    "first", [Say(body=BODY[:900], length=len(BODY)), Say(503, b"later"), Say(drip=(b"HTTP/1.1 200 OK\r\n",))]
)
def test_a_download_that_fails_is_repeated_and_leaves_nothing_of_the_first_behind(
    first: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reportrunner.execute.repeat.backoff", lambda *_: 0.01)
    with bench(once(first, Say(body=BODY))) as b:
        (ended,) = b.run(download())
        assert facts(ended)[0] == BODY.decode()
        broken, whole = b.spooled
        assert whole.read_bytes() == BODY
        assert not first.length or not broken.exists()
        assert [each.attempt for each in b.executor.sent] == [1, 2]


def test_a_download_that_is_cut_for_good_leaves_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reportrunner.execute.repeat.backoff", lambda *_: 0.01)
    with bench(lambda _: Say(body=BODY[:900], length=len(BODY))) as b:
        (ended,) = b.run(download())
        assert error(ended).kind == "unreachable"
        assert len(b.spooled) == 6
        assert [file for file in b.spooled if file.exists()] == []


def test_a_download_keeps_its_deadline() -> None:
    drip = (b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n", *(b"x\n" for _ in range(600)))
    with bench(lambda _: Say(drip=drip)) as b:
        (ended,) = b.run(replace(download(), deadline=timedelta(seconds=0.3)))
        assert error(ended).kind == "timeout"
        assert b.house.dripped < len(drip) / 2, "nobody waited for the rest"


def test_a_disk_that_cannot_be_written_is_no_fault_of_the_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    with bench(lambda _: Say(body=BODY)) as b:
        nowhere = b._spool().parent / "nowhere" / "file"
        monkeypatch.setattr(b.executor, "_desk", replace(b.executor._desk, spool=lambda: nowhere))
        (ended,) = b.run(download())
        assert isinstance(ended.error, OutputError)
        assert str(ended.error) == "cannot write a download: No such file or directory"


def test_equal_downloads_come_once_and_both_read_the_file() -> None:
    with bench(lambda _: Say(body=BODY)) as b:
        ended = b.run(download(), download("twin"))
        (late,) = b.run(download("late"))
        assert len({facts(each) for each in (*ended, late)}) == 1
        assert b.house.targets() == ["/file"]
        assert len(b.spooled) == 1


# --- secrets ---------------------------------------------------------------------------------------------


def by_link(*, secret: bool = True) -> Flow:
    """A link that is a secret, and the file behind it."""

    def link(_: Request, reply: Reply) -> Verdict:
        captures = {"link": json.loads(reply.body)["link"]}
        return Done(captures, secret=("link",) if secret else ())

    steps = (
        Step("link", Request("POST", "/link", form=(("ks", Hole("session", "ks")),)), link),
        Step("download", Request("GET", Hole("capture", "link")), judge, download=True),
    )
    return fetch(steps=steps, read=told, session=KEY)


class Linked:
    """Gives a link with a token, and behind it a file that holds session and link in the middle of its lines."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.link = f"/file?ks={token}"

    def __call__(self, seen: Seen) -> Say:
        if seen.target == "/session":
            return Say(body=self.token.encode())
        if seen.target == "/link":
            return Say(body=json.dumps({"link": self.link}).encode())
        # Pieces that end in the middle of the secrets: one every 0.05 s.
        token = self.token.encode()
        body = b"id,seen\n1,%s\n2,http://h%s\n3,none\n" % (token, self.link.encode())
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
        edges = [0, 15, 20, 40, 60, len(body)]
        pieces = [body[start:end] for start, end in pairwise(edges)]
        return Say(drip=(head, *pieces))


def test_a_file_is_cleaned_of_secrets_wherever_its_pieces_end() -> None:
    found = []
    for token in ("token-of-monday-0123456789", "token-of-tuesday-abcdef"):
        with bench(Linked(token), sign_in=sign_in) as b:
            (ended,) = b.run(by_link())
            assert facts(ended)[0] == "id,seen\n1,***\n2,http://h***\n3,none\n"
            assert facts(ended)[1] == facts(ended)[0]
            notes = answer(ended).rows.notes
            assert [note.code for note in notes] == ["secret_in_reply"]
            found.append(answer(ended).exchanges)
            assert token not in repr(b.notices) + repr(b.executor.sent) + repr(answer(ended).exchanges)
    assert found[0] == found[1], "two sessions leave the same trace"


def test_a_link_that_is_a_secret_is_learnt_and_another_capture_is_not() -> None:
    for secret in (True, False):
        linked = Linked("token-of-monday-0123456789")
        linked.link = "/file?plain=name-of-the-file"
        with bench(linked) as b:
            b.run(by_link(secret=secret))
            hidden = b.redactor.redact("GET /file?plain=name-of-the-file")
            assert hidden == ("GET ***" if secret else "GET /file?plain=name-of-the-file")
