"""The windows of a job file: sections become windows, or a list of what is wrong with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from reportrunner.checker import Checker
from reportrunner.spec import WindowSpec
from reportrunner.window import Window
from reportrunner.window.form import Between, Edge, Form, Last, Like, Period, Since, ToDate, resolve_one
from reportrunner.window.span import Span, WindowError, parse_span


def load_windows(checker: Checker, sections: Mapping[str, Any], zone: str, as_of: dt.datetime) -> dict[str, Window]:
    """Return the windows that can be resolved, in the order of the file; WindowErrors become problems."""
    forms: dict[str, Form] = {}
    for name, section in sections.items():
        loc = ("windows", name)
        data = checker.rendered(section, loc)
        spec = None if data is None else checker.validated(WindowSpec, data, loc)
        if spec is None:
            continue
        try:
            forms[name] = window_form(spec)
        except WindowError as error:
            _say(checker, name, error)
    windows: dict[str, Window] = {}
    for name, form in forms.items():
        if isinstance(form, Like) and form.window_name in sections and form.window_name not in forms:
            continue  # the window it is like tells its own fault
        try:
            windows[name] = resolve_one(name, forms, zone, as_of)
        except WindowError as error:
            if error.window_name in {"", name}:
                _say(checker, name, error)
    return windows


def window_form(spec: WindowSpec) -> Form:
    """Return the form of a section; a WindowError names the key at fault."""
    lag = _span(spec, "lag")
    if spec.period is not None:
        return Period(spec.period, -1 if spec.offset is None else spec.offset, lag)
    if spec.to_date is not None:
        return ToDate(spec.to_date, lag)
    if spec.last is not None:
        return Last(_needed(spec, "last"), _day(spec.until, "until"), lag)
    if spec.since is not None:
        return Since(_needed(spec, "since"), _span(spec, "until"), lag)
    if spec.like is not None:
        return Like(spec.like, _needed(spec, "shift"), lag)
    return Between(_edge(spec.from_, "from"), _edge(spec.to, "to"), lag)


def window_scope(window: Window) -> dict[str, object]:
    """Return what an expression may ask of a window; `utc_offset` only where it is one number."""
    scope = {name: getattr(window, name) for name in ("start", "end", "first_day", "last_day", "label", "zone", "days")}
    return scope if window.offset_changes else {**scope, "utc_offset": window.utc_offset}


def sample_window(zone: str, as_of: dt.datetime) -> Window:
    """Return a window for checking what speaks of one that could not be resolved."""
    return resolve_one("sample", {"sample": Last(Span(days=7))}, zone, as_of)


def _say(checker: Checker, name: str, error: WindowError) -> None:
    message, semicolon, hint = error.message.rpartition("; ")
    if not semicolon or hint.startswith("did you mean"):
        message, hint = error.message, ""
    checker.problem(("windows", name, error.key), message, hint)


def _span(spec: WindowSpec, key: str) -> Span | None:
    value = getattr(spec, key)
    return None if value is None else _needed(spec, key)


def _needed(spec: WindowSpec, key: str) -> Span:
    value = getattr(spec, key)
    if not isinstance(value, str):
        raise WindowError(f'{value} is no length of time; write {key} = "-20s"', "", key)
    try:
        return parse_span(value)
    except WindowError as error:
        raise error.located("", key) from None


def _day(value: object, key: str) -> dt.date | None:
    if value is None or (isinstance(value, dt.date) and not isinstance(value, dt.datetime)):
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        raise WindowError(f'"{value}" is no day; write {key} = 2026-09-01', "", key) from None


def _edge(value: object, key: str) -> Edge:
    if isinstance(value, dt.date):
        return value
    text = str(value)
    if text == "as_of":
        return "as_of"
    try:
        return dt.date.fromisoformat(text) if len(text) <= 10 else dt.datetime.fromisoformat(text)
    except ValueError:
        raise WindowError(f'"{text}" is no moment; write {key} = 2026-09-01, or "as_of"', "", key) from None
