"""Questions to a cloudflare source, and recorded shapes of its answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from asking import ask, days, flow
from pydantic import ValidationError
from replies import says

from reportrunner.diagnose import Hinted
from reportrunner.fill import fill
from reportrunner.flow import Flow, Reply, Request, Verdict
from reportrunner.table import Rows
from reportrunner.window import Window

ACCOUNT = "023e105f4ecef8ad9ca31a8372d0c353"
APP = "14a396e7-ca44-4937-bf1f-050a69118543"
SESSION = "0f1a7b52-6a8f-4d0c-9d0a-6d9f1f5c2b11"
ZONE = "8d4c9f2b6a1e4f0db7c35a9e21f6d840"
BASE = "https://cloudflare.example/client/v4"
WEEK = days("2026-01-05", "2026-01-08", "UTC")
HOURS = days("2026-01-05T00:00", "2026-01-05T03:00", "UTC")
NOW = dt.datetime(2026, 1, 20, tzinfo=dt.UTC)
KIT: dict[str, Any] = {"source": "cloudflare", "app_id": APP}
EVENTS: dict[str, Any] = {
    "source": "cloudflare",
    "endpoint": "spectrum.analytics.events.summary",
    "zone_id": ZONE,
    "metrics": ["count", "bytesIngress"],
    "dimensions": ["coloName"],
}
BYTIME: dict[str, Any] = {**EVENTS, "endpoint": "spectrum.analytics.events.bytime", "time_delta": "hour"}
SERIES: dict[str, Any] = {
    "rows": 1,
    "data_lag": 3,
    "query": {"dimensions": ["coloName"], "metrics": ["count", "bytesIngress"]},
    "time_intervals": [[f"2026-01-05T0{hour}:00:00Z", f"2026-01-05T0{hour + 1}:00:00Z"] for hour in range(3)],
    "data": [{"dimensions": ["SFO"], "metrics": [[4, 0, 7], [1200, 0, 3300]]}],
    "min": {"count": 0, "bytesIngress": 0},
    "max": {"count": 7, "bytesIngress": 3300},
    "totals": {"count": 11, "bytesIngress": 4500},
}


def kit(name: str, **keys: Any) -> dict[str, Any]:
    return {**KIT, "endpoint": f"realtime.kit.{name}", **keys}


def asked(keys: Mapping[str, Any], window: Window | None = WEEK, now: dt.datetime = NOW) -> Flow:
    """The flow of a question that is sent at `now`."""
    made = replace(ask(keys, window), now=now)
    return made.endpoint.unfold(made)


def request(keys: Mapping[str, Any], window: Window | None = WEEK) -> Request:
    return flow(keys, window).steps[0].request


def url(keys: Mapping[str, Any], window: Window | None = WEEK) -> str:
    return fill(request(keys, window), BASE, str).url.removeprefix(BASE)


def query(keys: Mapping[str, Any], window: Window | None = WEEK) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in request(keys, window).query]


def judged(keys: Mapping[str, Any], reply: Reply, window: Window | None = WEEK) -> Verdict:
    step = flow(keys, window).steps[0]
    return step.judge(step.request, reply)


def read(keys: Mapping[str, Any], *documents: object, window: Window | None = WEEK, now: dt.datetime = NOW) -> Rows:
    found = asked(keys, window, now).read(tuple(map(says, documents)))
    assert isinstance(found, Rows)
    return found


def data(content: object, **more: object) -> dict[str, object]:
    return {"success": True, "data": content, **more}


def v4(result: object, **more: object) -> dict[str, object]:
    return {"success": True, "errors": [], "messages": [], "result": result, **more}


def refusal(keys: Mapping[str, Any], window: Window | None = WEEK) -> tuple[str, str]:
    """What is said of keys that are refused, and what to type instead."""
    with pytest.raises(ValidationError) as found:
        ask(keys, window)
    reasons = [error.get("ctx", {}).get("error") for error in found.value.errors()]
    hinted = [reason for reason in reasons if isinstance(reason, Hinted)]
    return (str(hinted[0]), hinted[0].hint) if hinted else (found.value.errors()[0]["msg"], "")
