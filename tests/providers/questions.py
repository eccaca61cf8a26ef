"""What the tests of the report service's calls share: a dataset's keys, what is sent for them, why they are refused."""

from __future__ import annotations

from typing import Any

import pytest
from asking import WEEK, ask, flow
from pydantic import ValidationError

from reportrunner.diagnose import Hinted
from reportrunner.flow import Request
from reportrunner.window import Window
from reportrunner.window.span import WindowError

TOTAL: dict[str, Any] = {"source": "kaltura", "endpoint": "report.getTotal", "report": "13"}
SERIES: dict[str, Any] = {"source": "kaltura", "endpoint": "report.getTable", "report": "34"}
GRAPHS: dict[str, Any] = {"source": "kaltura", "endpoint": "report.getGraphs", "report": "34"}


def fields(request: Request) -> dict[str, str]:
    """The fields of a request's form; none comes twice."""
    pairs = [(name, str(value)) for name, value in request.form or ()]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def form(keys: dict[str, Any], window: Window = WEEK) -> dict[str, str]:
    """The form of the first request."""
    return fields(flow(keys, window).steps[0].request)


def filter_of(request: Request) -> dict[str, str]:
    """The fields of a request's filter."""
    return {name[18:-1]: value for name, value in fields(request).items() if name.startswith("reportInputFilter[")}


def asked_filter(keys: dict[str, Any], window: Window = WEEK) -> dict[str, str]:
    """The filter of the first request."""
    return filter_of(flow(keys, window).steps[0].request)


def refused(keys: dict[str, Any], window: Window = WEEK) -> str:
    """What is said of keys that are refused."""
    with pytest.raises(ValidationError) as caught:
        ask(keys, window)
    return str(caught.value)


def hint(keys: dict[str, Any], window: Window | None = WEEK) -> str:
    """What to type instead of keys that are refused."""
    with pytest.raises(ValidationError) as caught:
        ask(keys, window)
    (error,) = caught.value.errors()
    found = error["ctx"]["error"]
    assert isinstance(found, Hinted)
    return found.hint


def unplanned(keys: dict[str, Any], window: Window = WEEK) -> str:
    """What is said of keys that are fine, but not over this window."""
    with pytest.raises(WindowError) as caught:
        flow(keys, window)
    return caught.value.message


def column_names(keys: dict[str, Any]) -> tuple[str, ...]:
    """The columns that are expected."""
    made = ask(keys)
    return tuple(column.name for column in made.endpoint.columns(made.parameters))
