"""Asks of LiveKit's endpoints as values, and the way from an ask to rows on a sandbox that believes in one moment."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from random import Random
from typing import Any

from asking import Bench, days
from loopback import spool

from reportrunner.ask import Ask, Source
from reportrunner.environment import Clock, Environment, Notice
from reportrunner.execute import Executor
from reportrunner.flow import Flow, Reply, Verdict
from reportrunner.providers.livekit import PROVIDER
from reportrunner.sandbox import CREDENTIALS, Faults, Sandbox
from reportrunner.sandbox.livekit_universe import Session, sessions_of
from reportrunner.secret import Redactor
from reportrunner.sources import sandbox_runtime
from reportrunner.table import Rows, Value
from reportrunner.transport import Transport
from reportrunner.window import Window

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
PROJECT = "p_4rtnvq8d2kx"
SETTINGS: Mapping[str, Any] = {
    "provider": "livekit",
    "base_url": "https://livekit.example",
    "project": PROJECT,
    "auth": {"api_key": {"env": "LIVEKIT_API_KEY"}, "api_secret": {"env": "LIVEKIT_API_SECRET"}},
}
WINDOW = days("2026-11-12", "2026-11-15")
"""Three days of New York: 2026-11-12T05:00Z to 2026-11-15T05:00Z."""


def source(**changed: Any) -> Source:
    return Source("livekit", PROVIDER, PROVIDER.settings.model_validate({**SETTINGS, **changed}))


SOURCE = source()


def ask(
    endpoint: str = "sessions.list",
    window: Window | None = WINDOW,
    value: Value = None,
    now: datetime = NOW,
    of: Source = SOURCE,
    **keys: Any,
) -> Ask:
    """The ask of a dataset with these keys; `sessions.get` and its parts take no window."""
    found = PROVIDER.endpoints[endpoint]
    named = {"window": "days"} if endpoint == "sessions.list" else {}
    parameters = found.parameters.model_validate({"source": of.name, "endpoint": endpoint, **named, **keys})
    return Ask("asked", of, found, parameters, window if named else None, value, now)


def flow(endpoint: str = "sessions.list", window: Window | None = WINDOW, **keys: Any) -> Flow:
    made = ask(endpoint, window, **keys)
    return made.endpoint.unfold(made)


def judged(one: Flow, reply: Reply) -> Verdict:
    """What the first step says of a reply to its first request."""
    return one.steps[0].judge(one.steps[0].request, reply)


def read(one: Flow, *replies: Reply) -> list[dict[str, Value]]:
    """The rows of these replies, by column."""
    rows = one.read(replies)
    assert isinstance(rows, Rows)
    names = [column.name for column in rows.columns]
    return [dict(zip(names, row, strict=True)) for row in rows.rows]


def codes(one: Flow, *replies: Reply) -> list[str]:
    return [note.code for note in one.read(replies).notes]


@contextmanager
def bench(base_url: str, workers: int = 4) -> Iterator[Bench]:
    """The real executor with the one source at `base_url`, under the sandbox's key."""
    redactor, notices = Redactor(), list[Notice]()
    clock = Clock(time.monotonic, lambda: datetime.now(UTC))
    environment = Environment(Transport(time.monotonic), clock, redactor, notices.append, Random(7), spool, workers)
    runtime = sandbox_runtime(SOURCE, base_url, CREDENTIALS["livekit"], clock.now)
    with Executor({"livekit": runtime}, environment) as executor:
        yield Bench(executor, redactor, notices)


@contextmanager
def opened(now: datetime = NOW, workers: int = 4, **faults: Any) -> Iterator[tuple[Bench, Sandbox]]:
    with (
        Sandbox(clock=time.time, today=now.timestamp, faults=Faults(**faults)) as sandbox,
        bench(sandbox.base_url, workers) as made,
    ):
        yield made, sandbox


def truth(window: Window = WINDOW, now: datetime = NOW, size: int = 0) -> list[Session]:
    """The sessions of the universe that began in a window and before now."""
    first, last = (datetime.fromtimestamp(unix, UTC).toordinal() for unix in (window.start_unix, window.end_unix))
    every = (one for day in range(first, last + 1) for one in sessions_of(PROJECT, day, size))
    ends = min(window.end_unix * 1_000_000, int(now.timestamp() * 1_000_000) + 1)
    return [one for one in every if window.start_unix * 1_000_000 <= one.start < ends]


def at(micro: int) -> datetime:
    return datetime.fromtimestamp(micro // 1_000_000, UTC).replace(microsecond=micro % 1_000_000)
