"""A body that is packed is cleaned inside what packs it, before it is read or hashed."""

from __future__ import annotations

import gzip
from collections.abc import Callable

from loopback import Say
from workbench import answer, bench, fetch, judge

from reportrunner.flow import Reply, Request, Step
from reportrunner.table import Column, ColumnType, Rows

SECRET = "value-of-key"


def clean(body: bytes, redact: Callable[[bytes], bytes]) -> bytes:
    return gzip.compress(redact(gzip.decompress(body)), mtime=0)


def unpack(replies: tuple[Reply, ...]) -> Rows:
    return Rows((Column("body", ColumnType.STRING),), [(gzip.decompress(reply.body).decode(),) for reply in replies])


def test_a_secret_inside_is_hidden_told_and_not_hashed() -> None:
    bodies = [gzip.compress(text.encode(), mtime=0) for text in (f"a {SECRET}", "a ***")]
    told = []
    for body in bodies:
        flow = fetch(steps=(Step("fetch", Request("GET", "/x"), judge, clean=clean),), read=unpack)
        with bench(lambda _, body=body: Say(body=body)) as made:  # type: ignore[misc]
            made.redactor.learn(SECRET)
            (ended,) = made.run(flow)
            found = answer(ended)
            assert isinstance(found.rows, Rows)
            told.append((list(found.rows.rows), [note.code for note in found.rows.notes], found.exchanges[0].reply))
    assert told[0][:2] == ([("a ***",)], ["secret_in_reply"])
    assert told[1][:2] == ([("a ***",)], [])
    assert told[0][2] == told[1][2]
