"""What the tests of traps share: a dataset's request as the wire sees it, what is said of one that is refused."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from asking import WEEK, Bench, ask, bench, flow
from projects import problem

from reportrunner.flow import Flow, Reply, Request, Verdict, show
from reportrunner.land import land
from reportrunner.sandbox import Faults, Sandbox
from reportrunner.sandbox.universe import Event, events
from reportrunner.table_file import rows
from reportrunner.window import Window

Keys = Mapping[str, Any]
OneRow = dict[str, Any]
SERIES: Keys = {"source": "kaltura", "endpoint": "report.getTable", "report": "34"}
EXPORT: Keys = {"source": "kaltura", "endpoint": "report.getUrlForReportAsCsv", "report": "2"}
ENTRIES: Keys = {"source": "kaltura", "endpoint": "report.getTable", "report": "2"}


def request(keys: Keys, window: Window | None = WEEK) -> Request:
    return flow(keys, window).steps[0].request


def form(keys: Keys, window: Window | None = WEEK) -> dict[str, str]:
    pairs = [(name, show(value)) for name, value in request(keys, window).form or ()]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def asked_filter(keys: Keys, window: Window | None = WEEK) -> dict[str, str]:
    sent = form(keys, window)
    return {name[18:-1]: value for name, value in sent.items() if name.startswith("reportInputFilter[")}


def column_names(keys: Keys) -> tuple[str, ...]:
    made = ask(keys)
    return tuple(column.name for column in made.endpoint.columns(made.parameters))


def notes(keys: Keys) -> str:
    """What the footer says beside the numbers."""
    made = ask(keys)
    return " ".join(made.endpoint.notes(made.parameters))


def judged(keys: Keys, reply: Reply, window: Window | None = WEEK) -> Verdict:
    step = flow(keys, window).steps[0]
    return step.judge(step.request, reply)


def said(keys: str, endpoint: str = "report.getTable", window: str = "week") -> str:
    """The one thing that is said of a dataset with these lines, before anything is sent."""
    windowed = f'[windows.week]\nperiod = "week"\noffset = -1\n[datasets.asked]\nwindow = "{window}"\n'
    head = windowed if window else "[datasets.asked]\n"
    source = f'source = "kaltura"\nendpoint = "{endpoint}"\n'
    return problem(f'{head}{source}{keys}\n[outputs.o]\nformat = "html"\n')


@contextmanager
def opened(**faults: Any) -> Iterator[tuple[Bench, Sandbox]]:
    with Sandbox(clock=time.time, faults=Faults(**faults)) as sandbox, bench(sandbox.base_url) as made:
        yield made, sandbox


def landed(made: Bench, one: Flow) -> list[OneRow]:
    """What a query reads of an answer, be it rows or a file."""
    (ended,) = made.run(one)
    assert ended.error is None, ended.error
    assert ended.answer is not None
    with tempfile.TemporaryDirectory() as folder:
        table = land(ended.answer.rows, "asked", Path(folder) / "asked.duckdb", ())
        names = [column.name for column in table.columns]
        return [dict(zip(names, row, strict=True)) for row in rows(table)]


def truth(window: Window = WEEK, entry: str = "1_gdpr1") -> tuple[Event, ...]:
    """The universe's own plays of one entry."""
    return tuple(events(frozenset([entry]), window.start_unix, window.end_unix))
