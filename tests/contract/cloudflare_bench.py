"""Our Cloudflare client on a bench: its flows against any base URL, at a moment that stands still."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

from asking import SOURCES, Bench, days
from loopback import spool

from reportrunner.ask import Ask, Source
from reportrunner.environment import Clock, Environment, Notice
from reportrunner.execute import Executor
from reportrunner.flow import Flow
from reportrunner.providers.cloudflare import PROVIDER
from reportrunner.sandbox import CREDENTIALS
from reportrunner.sandbox.cloudflare_ids import ACCOUNT_ID, APP_ID
from reportrunner.secret import Redactor
from reportrunner.sources import sandbox_runtime
from reportrunner.transport import Transport
from reportrunner.window import Window

NOW = datetime(2026, 11, 18, 17, 30, tzinfo=UTC)
WEEK = days("2026-11-09", "2026-11-16", "UTC")
SECRETS = CREDENTIALS["cloudflare"]
SETTINGS = {"provider": "cloudflare", "account": ACCOUNT_ID, "auth": {"api_token": {"env": "TOKEN"}}}
KEYS = {**SETTINGS, "auth": {"email": {"env": "EMAIL"}, "api_key": {"env": "KEY"}}}


def source(settings: dict[str, Any]) -> Source:
    """A Cloudflare source with these settings."""
    return replace(SOURCES["cloudflare"], settings=PROVIDER.settings.model_validate(settings))


@contextmanager
def benched(base_url: str, settings: dict[str, Any]) -> Iterator[Bench]:
    """Open an executor whose Cloudflare source is at ``base_url``, with the sandbox's credentials."""
    notices: list[Notice] = []
    clock = Clock(time.monotonic, lambda: NOW)
    environment = Environment(Transport(time.monotonic), clock, Redactor(), notices.append, Random(7), spool, 4)
    runtime = sandbox_runtime(source(settings), base_url, SECRETS, lambda: NOW)
    with Executor({"cloudflare": runtime}, environment) as executor:
        yield Bench(executor, Redactor(), notices)


def flow(endpoint: str, window: Window | None = WEEK, settings: dict[str, Any] = SETTINGS, **keys: Any) -> Flow:
    """The flow of a dataset with these keys, asked of the sandbox's account and app."""
    made = PROVIDER.endpoints[endpoint]
    named = {"source": "cloudflare", "endpoint": endpoint} | ({"window": "week"} if window else {})
    kit = {"app_id": APP_ID} if endpoint.startswith("realtime.kit.") else {}
    parameters = made.parameters.model_validate({**named, **kit, **keys})
    return made.unfold(Ask("asked", source(settings), made, parameters, window, now=NOW))
