"""What a provider says is cut for a message; a secret in it is hidden before, for half of one nobody would know."""

from __future__ import annotations

import pytest
from loopback import Say
from workbench import bench, error, fetch

from reportrunner.delimited import unreadable
from reportrunner.flow import Done, Refused, Reply, Request, Step, Verdict
from reportrunner.verdict import excerpt, judge_http

SECRET = "token-0123456789abcdefghijklmnopqrstuvwxyz"


def refused(_: Request, reply: Reply) -> Verdict:
    return judge_http(reply) or Done()


def unread(_: Request, reply: Reply) -> Verdict:
    raise unreadable(f"that is no table: {excerpt(reply.body)}")


def only_with_secret(_: Request, reply: Reply) -> Verdict:
    return Refused("refused", excerpt(reply.body)) if SECRET.encode() in reply.body else Done()


def unread_without_it(request: Request, reply: Reply) -> Verdict:
    return refused(request, reply) if SECRET.encode() in reply.body else unread(request, reply)


@pytest.mark.parametrize("judge", [refused, unread, only_with_secret, unread_without_it])
@pytest.mark.parametrize("lead", [0, 150, 170, 190, 198])
def test_no_part_of_a_secret_is_said(judge: object, lead: int) -> None:
    body = b"b" * lead + SECRET.encode() + b"c" * 40
    flow = fetch(steps=(Step("fetch", Request("GET", "/x"), judge),))  # type: ignore[arg-type]
    with bench(lambda _: Say(400, body)) as made:
        made.redactor.learn(SECRET)
        (ended,) = made.run(flow)
        said = str(error(ended))
    assert not any(SECRET[:size] in said for size in range(6, len(SECRET)))
    assert "***" in said or lead > 190 or judge is unread
