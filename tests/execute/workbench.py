"""An executor on a loopback server, with flows to run on it and readers of what came of them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from loopback import Loopback, Say, Seen, serving, spool

from reportrunner.environment import Clock, Environment, Finished, Notice, SourceRuntime
from reportrunner.errors import ProviderError
from reportrunner.execute import Executor
from reportrunner.flow import Again, Answer, Done, Flow, Hole, Refused, Reply, Request, SessionKey, Step, Verdict
from reportrunner.limits import Limits
from reportrunner.secret import Redactor
from reportrunner.table import Column, ColumnType, Rows
from reportrunner.transport import Transport

KEY = SessionKey("house")


def judge(request: Request, reply: Reply) -> Verdict:
    """What a simple provider says: words for every status."""
    if reply.fault:
        return Again("failed", reply.fault)
    words = reply.body.decode(errors="replace")
    if reply.status == 401:
        return Again("session", words)
    if reply.status == 429:
        return Again("limited", words, timedelta(seconds=0.05))
    if reply.status >= 500:
        return Again("failed", words)
    return Done() if reply.status == 200 else Refused("refused", words)


def read(replies: tuple[Reply, ...]) -> Rows:
    return Rows((Column("body", ColumnType.STRING),), [(reply.body.decode(),) for reply in replies])


def fetch(path: str = "/x", **changes: object) -> Flow:
    step = Step("fetch", Request("GET", path), judge)
    return replace(Flow("polls", "house", "house.x", (step,), read), **changes)  # type: ignore[arg-type]


class Bench:
    """An executor on a loopback server, with everything it told."""

    def __init__(self, house: Loopback, workers: int = 4, **source: object) -> None:
        self.house = house
        self.notices: list[Notice] = []
        self.redactor = Redactor()
        self.spooled: list[Path] = []
        runtime = SourceRuntime("house", house.url, "a", Limits(), lambda name: f"value-of-{name}")
        runtime = replace(runtime, **source)  # type: ignore[arg-type]
        environment = Environment(
            Transport(time.monotonic),
            Clock(time.monotonic, lambda: datetime.now(UTC)),
            self.redactor,
            self.notices.append,
            Random(7),
            self._spool,
            workers,
        )
        self.executor = Executor({"house": runtime}, environment)

    def _spool(self) -> Path:
        self.spooled.append(spool())
        return self.spooled[-1]

    def run(self, *flows: Flow) -> list[Finished]:
        """Submit flows one by one and run them to their ends."""
        for flow in flows:
            self.executor.submit(flow)
        return self.rest()

    def together(self, *flows: Flow) -> dict[str, Finished]:
        """Submit flows at once, so that they may share envelopes; return their ends by dataset."""
        self.executor.submit(*flows)
        return {ended.flow.dataset: ended for ended in self.rest()}

    def rest(self) -> list[Finished]:
        """Run to the end what was submitted."""
        ended = []
        while self.executor.pending:
            one = self.executor.next()
            assert isinstance(one, Finished)
            ended.append(one)
        return ended

    def whats(self) -> Counter[str]:
        return Counter(notice.what for notice in self.notices)


@contextmanager
def bench(script: Callable[[Seen], Say], workers: int = 4, **source: object) -> Iterator[Bench]:
    with serving(script) as house:
        made = Bench(house, workers, **source)
        with made.executor:
            yield made


def answer(ended: Finished) -> Answer:
    assert ended.error is None
    assert ended.answer is not None
    return ended.answer


def texts(ended: Finished) -> list[object]:
    rows = answer(ended).rows
    assert isinstance(rows, Rows)
    return [row[0] for row in rows.rows]


def error(ended: Finished) -> ProviderError:
    assert ended.answer is None
    assert isinstance(ended.error, ProviderError)
    return ended.error


def once(first: Say, then: Say) -> Callable[[Seen], Say]:
    says = [first]
    return lambda _: says.pop() if says else then


def sign_in(key: SessionKey) -> Flow:
    def done(request: Request, reply: Reply) -> Verdict:
        if reply.status != 200:
            return Refused("refused", reply.body.decode())
        return Done({"session": reply.body.decode()}, datetime.now(UTC) + timedelta(hours=1))

    request = Request("POST", "/session", form=(("secret", Hole("secret", "admin")),))
    return Flow("sign-in", "house", "house.session", (Step("start", request, done),), read)


def under_session(dataset: str, path: str) -> Flow:
    step = Step("fetch", Request("POST", path, form=(("ks", Hole("session", "ks")),)), judge)
    return fetch(dataset=dataset, steps=(step,), session=KEY)
