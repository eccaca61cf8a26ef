"""How an ask becomes generate, poll and serve (kaltura.md §11)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

from reportrunner.ask import Ask
from reportrunner.flow import Flow, Hole, JsonBody, JsonValue, Poll, Request, Step
from reportrunner.providers.kaltura_reports.body import as_json
from reportrunner.providers.kaltura_reports.judging import judge_generate, judge_poll, judge_serve
from reportrunner.providers.kaltura_reports.parameters import (
    EventReport,
    FreeReport,
    Registration,
    ReportsDataset,
    ReportsEnrichment,
)
from reportrunner.providers.kaltura_reports.reading import declared_columns, read_file
from reportrunner.providers.kaltura_reports.times import iso_days, unix_seconds
from reportrunner.window.span import parse_duration

Pairs = tuple[tuple[str, JsonValue], ...]
Write = Callable[[Ask], Pairs]
"""Writes the `reportParameters` of an ask."""


def unfold(ask: Ask, write: Write, session_source: Callable[[Any], str]) -> Flow:
    """Return generate, poll and serve of a report."""
    parameters = ask.parameters
    assert isinstance(parameters, ReportsDataset)
    report = parameters.name if isinstance(parameters, FreeReport) else ask.endpoint.name
    job = Hole("capture", "sessionId")
    generate = _post("generate", (("reportName", report), ("reportParameters", JsonBody(write(ask)))))
    poll = _post("serve", (("sessionId", job), ("statusOnly", True)))
    serve = _post("serve", (("sessionId", job),))
    every = parse_duration(parameters.poll.every) if parameters.poll.every else None
    waiting = Poll(parse_duration(parameters.poll.timeout), every)
    steps = (
        Step("generate", generate, judge_generate, repeatable=parameters.poll.regenerate),
        Step("poll", poll, judge_poll, poll=waiting),
        Step("serve", serve, judge_serve, download=True),
    )
    read = partial(read_file, columns=declared_columns(parameters))
    deadline = waiting.timeout + dt.timedelta(minutes=10)
    key = parameters.session_at(session_source(ask.source.settings))
    return Flow(ask.dataset, ask.source.name, f"kaltura_reports.{report}", steps, read, key, deadline=deadline)


def write_days(ask: Ask) -> Pairs:
    """Write entries, events and days."""
    parameters, window = ask.parameters, ask.window
    assert isinstance(parameters, EventReport)
    assert window is not None
    return (
        ("entries_ids", tuple(parameters.filters.entries_ids)),
        ("virtual_event_ids", tuple(parameters.filters.virtual_event_ids)),
        *iso_days(window, ask.endpoint.name),
    )


def write_registration(ask: Ask) -> Pairs:
    """Write which event's registrations are asked for."""
    parameters = ask.parameters
    assert isinstance(parameters, Registration)
    return (("appGuid", parameters.filters.appGuid),)


def write_enrichment(ask: Ask) -> Pairs:
    """Write task and dates; a job that knows their form better writes them in params, without a window."""
    parameters, window = ask.parameters, ask.window
    assert isinstance(parameters, ReportsEnrichment)
    given = dict(parameters.filters.params)
    if window is not None:
        given |= unix_seconds(window)
    return (("taskType", parameters.filters.taskType), ("params", as_json(given)))


def write_free(ask: Ask) -> Pairs:
    """Write what the job typed."""
    parameters = ask.parameters
    assert isinstance(parameters, FreeReport)
    return tuple((name, as_json(value)) for name, value in parameters.params.items())


def _post(action: str, pairs: Pairs) -> Request:
    bearer = ("Bearer ", Hole("session", "kaltura"))
    return Request("POST", f"/api/v1/report/{action}", headers=(("Authorization", bearer),), json=JsonBody(pairs))
