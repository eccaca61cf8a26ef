"""The windows of a job file: sections become windows, or a list of what is wrong with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reportrunner.checker import Checker
from reportrunner.diagnose import Hinted
from reportrunner.load.words import CalendarFaultError, Calendars, counts_business_days, length_of, period_of
from reportrunner.window import Window
from reportrunner.window.calendar import Calendar, CalendarPeriod, Steps
from reportrunner.window.form import Around, Between, Edge, Form, Last, Length, Like, Period, Since, ToDate
from reportrunner.window.resolve import resolve_one
from reportrunner.window.span import Span, WindowError, parse_span
from reportrunner.window_spec import WindowSpec


def load_windows(
    checker: Checker, sections: Mapping[str, Any], zone: str, as_of: dt.datetime, calendars: Calendars
) -> tuple[dict[str, Window], dict[str, Form]]:
    """Return the windows that can be resolved, in the order of the file, and the forms of all; errors are problems."""
    forms: dict[str, Form] = {}
    for name, section in sections.items():
        loc = ("windows", name)
        data = checker.rendered(section, loc)
        spec = None if data is None else checker.validated(WindowSpec, data, loc)
        if spec is None:
            continue
        try:
            forms[name] = window_form(spec, calendars)
        except WindowError as error:
            _say(checker, name, error)
        except Hinted as error:
            checker.problem((*loc, *error.path), str(error), error.hint, at=error.at)
        except CalendarFaultError:
            continue
    windows: dict[str, Window] = {}
    for name, form in forms.items():
        if isinstance(form, Like) and form.window_name in sections and form.window_name not in forms:
            continue  # the window it is like tells its own fault
        try:
            windows[name] = resolve_one(name, forms, zone, as_of)
        except WindowError as error:
            if error.window_name in {"", name}:
                _say(checker, name, error)
    return windows, forms


def calendars_of(forms: Iterable[Form]) -> dict[str, Calendar]:
    """Return the calendars that windows speak of."""
    return {calendar.name: calendar for form in forms for calendar in _calendars(form)}


def _calendars(form: Form) -> Iterator[Calendar]:
    if isinstance(form, Period | ToDate) and isinstance(form.period, CalendarPeriod):
        yield form.period.calendar
    lengths = (form.lag, form.span if isinstance(form, Last) else form.shift if isinstance(form, Like) else None)
    yield from (length.period.calendar for length in lengths if isinstance(length, Steps))


def window_form(spec: WindowSpec, calendars: Calendars) -> Form:
    """Return the form of a section; WindowError or Hinted names the key at fault."""
    form = _form(spec, calendars)
    if spec.calendar is not None and not counts_business_days(spec.last, spec.lag, spec.shift):
        hint = 'write "5 business days" in last, lag or shift, or remove it'
        raise Hinted('"calendar" says whose business days are counted, and none are', hint, key="calendar")
    return form


def _form(spec: WindowSpec, calendars: Calendars) -> Form:
    lag = None if spec.lag is None else _length(spec, "lag", calendars)
    if spec.period is not None:
        return Period(period_of(spec.period, "period", calendars), -1 if spec.offset is None else spec.offset, lag)
    if spec.to_date is not None:
        return ToDate(period_of(spec.to_date, "to_date", calendars), lag)
    if spec.last is not None:
        return Last(_length(spec, "last", calendars), _day(spec.until, "until"), lag)
    if spec.since is not None:
        return Since(_needed(spec, "since"), _span(spec, "until"), lag)
    if spec.like is not None:
        return Like(spec.like, _length(spec, "shift", calendars), lag)
    if spec.around is not None:
        return _around(spec, lag)
    return Between(_edge(spec.from_, "from"), _edge(spec.to, "to"), lag)


def _around(spec: WindowSpec, lag: Length | None) -> Around:
    anchor = _edge(spec.around, "around")
    if isinstance(anchor, str):
        hint = 'write last = "28 days", or since = "-1 hour"'
        raise Hinted("around is about something that happened, not about as_of", hint, key="around", at="value")
    if spec.until not in {None, "as_of"}:
        hint = 'write until = "as_of", or leave it out'
        raise Hinted('beside around, until says only that the window ends at "as_of"', hint, key="until", at="value")
    keys = ("days", "days") if spec.days is not None else ("before", "after")
    before, after = (_side(spec, key, is_moment=isinstance(anchor, dt.datetime)) for key in keys)
    return Around(anchor, before, after, spec.until == "as_of", lag)


def _side(spec: WindowSpec, key: str, *, is_moment: bool) -> Span:
    """Return how far a window reaches to one side: whole days of a date, a length of time of a moment."""
    value = getattr(spec, key)
    if value is None:
        return Span()
    if isinstance(value, int) and is_moment:
        length = Span(days=max(value, 0))
        example = f'before = "{length}", after = "{length}"' if key == "days" else f'{key} = "{length}"'
        text = f"{key} = {value} counts whole days around a date, and around is a moment"
        raise Hinted(text, f"write {example}, or a date", key=key, at="value")
    span = Span(days=max(value, 0)) if isinstance(value, int) else _needed(spec, key)
    if span.sign < 0 or (isinstance(value, int) and value < 0):
        better = f'"{-span}"' if isinstance(value, str) else str(-value)
        raise Hinted(f"{key} has no sign", f"write {key} = {better}", key=key, at="value")
    if span.seconds and not is_moment:
        text = f'{key} = "{value}" is no number of whole days, and around is a date'
        raise Hinted(text, f"write {key} = 1, or a moment such as 2026-11-12T15:00:00", key=key, at="value")
    return span


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


def _length(spec: WindowSpec, key: str, calendars: Calendars) -> Length:
    return length_of(str(getattr(spec, key)), key, calendars, spec.calendar)


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
        other = "2026-09-01T15:00:00" if key == "around" else '"as_of"'
        raise WindowError(f'"{text}" is no moment; write {key} = 2026-09-01, or {other}', "", key) from None
