"""Asks of Kaltura's endpoints as values, and the one way from an ask to a landed table."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from loopback import spool

from reportrunner.ask import Ask, Source
from reportrunner.environment import Clock, Environment, Finished, Notice, Page, Sender, SourceRuntime
from reportrunner.errors import ProviderError
from reportrunner.execute import Executor
from reportrunner.flow import Flow
from reportrunner.land import land
from reportrunner.providers import PROVIDERS
from reportrunner.sandbox import SANDBOX_ADMIN_SECRET
from reportrunner.secret import Redactor
from reportrunner.sources import sandbox_runtime
from reportrunner.table import Bulk, Rows, Table
from reportrunner.table_file import rows
from reportrunner.transport import Transport
from reportrunner.window import Window, window_of
from reportrunner.window.zone import load_zone

ZONE = "America/New_York"
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "cloudflare": {
        "provider": "cloudflare",
        "base_url": "https://cloudflare.example/client/v4",
        "account": "023e105f4ecef8ad9ca31a8372d0c353",
        "auth": {"api_token": {"env": "CLOUDFLARE_API_TOKEN"}},
    },
    "kaltura": {
        "provider": "kaltura",
        "base_url": "https://kaltura.example",
        "partner": 10042,
        "auth": {"admin_secret": {"env": "ADMIN_SECRET"}},
    },
    "kaltura_reports": {"provider": "kaltura_reports", "base_url": "https://reports.example", "session": "kaltura"},
}
SOURCES = {
    name: Source(name, PROVIDERS[name], PROVIDERS[name].settings.model_validate(settings))
    for name, settings in SETTINGS.items()
}
POLL_COLUMNS = dict.fromkeys(("poll_id", "poll_question", "entry_id", "user_id", "email", "answer"), "string")
POLLS: Mapping[str, Any] = {
    "source": "kaltura_reports",
    "endpoint": "pollsActivity",
    "filters": {"entries_ids": ["1_gdpr1"], "virtual_event_ids": ["4711"]},
    "privileges": ["virtualeventid:4711"],
    "columns": {**POLL_COLUMNS, "answered_at": "timestamp"},
}


def days(first: str, end: str, zone: str = ZONE) -> Window:
    """The window from the start of one day (or instant) to the start of another, on the zone's clock."""
    info = load_zone(zone)
    start, until = (int(datetime.fromisoformat(text).replace(tzinfo=info).timestamp()) for text in (first, end))
    return window_of(start, until, zone)


WEEK = days("2026-11-09", "2026-11-16")


def table(report: str = "13", entry: str = "1_gdpr1", **more: object) -> dict[str, Any]:
    """The keys of a `report.getTable` over the on-demand plays of one entry."""
    filters = {"entryIdIn": [entry], "playbackTypeIn": ["vod"]}
    return {"source": "kaltura", "endpoint": "report.getTable", "report": report, "filters": filters, **more}


def ask(keys: Mapping[str, Any], window: Window | None = WEEK) -> Ask:
    """The ask that a dataset with these keys makes; `window` stands for the job's window of that name."""
    source = SOURCES[keys["source"]]
    endpoint = source.provider.endpoints[keys["endpoint"]]
    named = {} if window is None else {"window": "week"}
    return Ask("asked", source, endpoint, endpoint.parameters.model_validate({**named, **keys}), window)


def flow(keys: Mapping[str, Any], window: Window | None = WEEK) -> Flow:
    """The flow behind such an ask."""
    made = ask(keys, window)
    return made.endpoint.unfold(made)


@dataclass
class Bench:
    """The real executor on one host, with everything it told."""

    executor: Executor
    redactor: Redactor
    notices: list[Notice]

    def run(self, *flows: Flow) -> list[Finished]:
        """Run flows to their ends, in the order in which they ended."""
        for one in flows:
            self.executor.submit(one)
        return self._ended()

    def together(self, *flows: Flow) -> list[Finished]:
        """Run flows that may share envelopes, and return their ends in the order of the flows."""
        self.executor.submit(*flows)
        ended = {id(done.flow): done for done in self._ended()}
        return [ended[id(one)] for one in flows]

    def _ended(self) -> list[Finished]:
        ended = []
        while self.executor.pending:
            done = self.executor.next()
            if isinstance(done, Page):
                continue
            assert isinstance(done, Finished)
            ended.append(done)
        return ended

    def answer(self, one: Flow) -> Rows | Bulk:
        """What a flow that must end well brought home."""
        (ended,) = self.run(one)
        assert ended.error is None, ended.error
        assert ended.answer is not None
        return ended.answer.rows

    def rows(self, one: Flow) -> Rows:
        """The rows of a flow whose answer is small."""
        found = self.answer(one)
        assert isinstance(found, Rows)
        return found

    def error(self, one: Flow) -> ProviderError:
        """The provider's error that a flow must end with."""
        (ended,) = self.run(one)
        assert ended.answer is None
        assert isinstance(ended.error, ProviderError)
        return ended.error

    def landed(self, one: Flow) -> list[dict[str, Any]]:
        """What a query reads from the landed table: rows by column name."""
        with tempfile.TemporaryDirectory() as folder:
            made: Table = land(self.answer(one), "asked", Path(folder) / "asked.duckdb", ())
            names = [column.name for column in made.columns]
            return [dict(zip(names, row, strict=True)) for row in rows(made)]


def runtime(name: str, base_url: str, secret: str = SANDBOX_ADMIN_SECRET) -> SourceRuntime:
    """A source turned to `base_url`."""
    return sandbox_runtime(SOURCES[name], base_url, {"admin_secret": secret}, lambda: datetime.now(UTC))


@contextmanager
def bench(
    base_url: str, *, workers: int = 4, sender: Sender | None = None, secret: str = SANDBOX_ADMIN_SECRET
) -> Iterator[Bench]:
    """Open an executor whose Kaltura sources are both at `base_url`."""
    redactor, notices = Redactor(), list[Notice]()
    redactor.learn(secret)
    clock = Clock(time.monotonic, lambda: datetime.now(UTC))
    transport = sender or Transport(time.monotonic)
    environment = Environment(transport, clock, redactor, notices.append, Random(7), spool, workers)
    with Executor({name: runtime(name, base_url, secret) for name in SOURCES}, environment) as executor:
        yield Bench(executor, redactor, notices)
