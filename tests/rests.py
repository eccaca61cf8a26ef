"""A source of the provider `rest`, written as TOML, and what becomes of its asks."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from reportrunner.ask import Ask, Source
from reportrunner.diagnose import explain_validation
from reportrunner.flow import Done, Flow, More, Reply, Request, Verdict
from reportrunner.providers import PROVIDERS
from reportrunner.table import Rows
from reportrunner.toml_file import read_toml
from reportrunner.window import Window

REST = PROVIDERS["rest"]
HEAD = 'provider = "rest"\nbase_url = "https://api.example"\n'
BEARER = 'auth = { bearer = { env = "API_KEY" } }\n'
THINGS = """
[endpoints.things]
summary  = "Things"
request  = { path = "/v1/things" }
response = { format = "json", rows = "$.data" }
columns  = { id = "integer" }
"""


def source(text: str = THINGS, *, auth: str = BEARER) -> Source:
    """The source that these lines of its section describe."""
    settings = REST.settings.model_validate(tomllib.loads(f"{HEAD}{auth}{text}"))
    assert REST.endpoints_of is not None
    return Source("api", replace(REST, endpoints=REST.endpoints_of(settings)), settings)


def ask(one: Source, endpoint: str = "things", window: Window | None = None, **keys: object) -> Ask:
    """The ask that a dataset with these keys makes."""
    asked = one.provider.endpoints[endpoint]
    named = {} if window is None else {"window": "week"}
    data = {"source": one.name, "endpoint": endpoint, **named, **keys}
    return Ask("asked", one, asked, asked.parameters.model_validate(data), window)


def flow(text: str = THINGS, *, auth: str = BEARER, window: Window | None = None, **keys: Any) -> Flow:
    """The flow of the endpoint `things` of such a source."""
    made = ask(source(text, auth=auth), window=window, **keys)
    return made.endpoint.unfold(made)


def request(text: str, **more: Any) -> Request:
    """The first request of such a flow."""
    return flow(text, **more).steps[0].request


def judged(one: Flow, reply: Reply, step: int = 0) -> Verdict:
    """What the judge of a step says of a reply to its first request."""
    return one.steps[step].judge(one.steps[step].request, reply)


def walked(one: Flow, answer: Callable[[Request], Reply], most: int = 50) -> tuple[list[Request], Verdict]:
    """Walk the pages of a flow's first step until a verdict ends them; every request that was made."""
    asked = [one.steps[0].request]
    while True:
        verdict = one.steps[0].judge(asked[-1], answer(asked[-1]))
        if not isinstance(verdict, More) or len(asked) >= most:
            return asked, verdict
        asked += verdict.requests


def rows_of(one: Flow, *replies: Reply) -> Rows:
    """The rows of these answers, each judged to be whole."""
    for reply in replies:
        assert isinstance(one.steps[-1].judge(one.steps[-1].request, reply), Done | More)
    read = one.read(replies)
    assert isinstance(read, Rows)
    return read


def said(text: str, tmp_path: Path) -> list[str]:
    """What is wrong with such a section, with the places in it."""
    file = tmp_path / "source.toml"
    file.write_text(text, "utf-8")
    read = read_toml(file, "source.toml")
    try:
        REST.settings.model_validate(read.data)
    except ValueError as error:
        found = explain_validation(read, (), error, REST.settings)  # type: ignore[arg-type]
        return [f"{one.line}: {one.message}" + (f" [{one.hint}]" if one.hint else "") for one in found]
    return []


def values(rows: Rows) -> Sequence[tuple[Any, ...]]:
    """The rows as plain tuples."""
    return list(rows.rows)


NOW = dt.datetime(2026, 11, 16, tzinfo=dt.UTC)
