"""Forms become windows: each is resolved against as_of, or refused with what to write.

`lag` moves as_of back first, for every form; a `like` with a lag resolves its model against the earlier as_of.
Reports look back: a window that starts at or after as_of is refused, one that ends after it is not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from reportrunner.spelling import suggest
from reportrunner.window.calendar import CalendarPeriod, Steps, Unit
from reportrunner.window.form import Around, Between, Edge, Form, Last, Length, Like, Period, Since, ToDate
from reportrunner.window.period import AnyPeriod, bounds
from reportrunner.window.shift import moved_instant, moved_window
from reportrunner.window.span import Span, WindowError
from reportrunner.window.window import Window, window_of
from reportrunner.window.zone import (
    at,
    day_of,
    day_unix,
    load_zone,
    only_instant,
    shift_day,
    shift_instant,
    skipped_days,
    unix_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

FURTHEST = 10_000
"""How many periods or business days a window may lie back."""
_MAIN_KEYS: dict[type, str] = {
    Period: "offset",
    Last: "last",
    Between: "from",
    ToDate: "to_date",
    Since: "since",
    Like: "shift",
    Around: "around",
}
_MONTHS: tuple[tuple[int, Unit], ...] = ((12, "year"), (3, "quarter"), (1, "month"))


@dataclass(frozen=True, slots=True)
class _Scene:
    """What a form is resolved against; it also speaks the errors, which name the window and the key at fault."""

    name: str
    zone: ZoneInfo
    now: int
    lagged: bool = False

    @property
    def as_of(self) -> str:
        return f"as_of{' less lag' if self.lagged else ''} ({at(self.now, self.zone).isoformat()})"

    def refuse(self, key: str, message: str) -> WindowError:
        return WindowError(message, self.name, key)

    def window(self, start: int, end: int, period: AnyPeriod | None = None) -> Window:
        return window_of(start, end, self.zone.key, period)


def resolve(forms: Mapping[str, Form], zone: str, as_of: datetime) -> dict[str, Window]:
    """Return every window at as_of (aware, whole seconds), in the order of the forms; raises the first WindowError."""
    return {name: resolve_one(name, forms, zone, as_of) for name in forms}


def resolve_one(name: str, forms: Mapping[str, Form], zone: str, as_of: datetime) -> Window:
    """Return one window at as_of; its WindowError names the window at fault, which may be one it is like."""
    return _resolve(forms, _Scene(name, load_zone(zone), unix_of(as_of)), ())


def _resolve(forms: Mapping[str, Form], scene: _Scene, trail: tuple[str, ...]) -> Window:
    form = forms[scene.name]
    try:
        if form.lag is not None:
            scene = _lagged(form.lag, scene)
        match form:
            case Period():
                return _period(form, scene)
            case Last():
                return _last(form, scene)
            case Between():
                return _between(form, scene)
            case ToDate():
                return _running(form.period, scene, "to_date")
            case Since():
                return _since(form, scene)
            case Around():
                return _around(form, scene)
            case Like():
                return _like(form, forms, scene, (*trail, scene.name))
    except OverflowError:
        raise scene.refuse(_MAIN_KEYS[type(form)], "reaches beyond the years 1 to 9999; write less") from None
    except WindowError as error:
        if error.key:
            raise
        key = "period" if isinstance(form, Period) else _MAIN_KEYS[type(form)]
        raise error.located(scene.name, key) from None


def _lagged(lag: Length, scene: _Scene) -> _Scene:
    if lag.sign < 0:
        raise scene.refuse("lag", f'lag moves as_of back by itself; write lag = "{-lag}"')
    if lag.sign == 0:
        raise scene.refuse("lag", f'lag = "{lag}" changes nothing; remove it')
    _near(lag, "lag", scene)
    try:
        return replace(scene, now=moved_instant(scene.now, -lag, scene.zone), lagged=True)
    except WindowError as error:
        raise error.located(scene.name, "lag") from None


def _near(length: Length, key: str, scene: _Scene) -> None:
    if isinstance(length, Steps) and abs(length.count) > FURTHEST:
        nearer = replace(length, count=FURTHEST * length.sign)
        raise scene.refuse(key, f'{key} = "{length}" is too far; write "{nearer}" or less')


def _period(form: Period, scene: _Scene) -> Window:
    if form.offset > 0:
        text = f"offset = {form.offset} lies after {scene.as_of}"
        raise scene.refuse("offset", f"{text}; write 0 for the running {form.period}, -1 for the last complete one")
    if form.offset < -FURTHEST:
        raise scene.refuse("offset", f"offset = {form.offset} is too far; write {-FURTHEST} or nearer to 0")
    if form.offset == 0:
        return _running(form.period, scene, "offset")
    start, end = bounds(form.period, scene.now, scene.zone)
    for _ in range(-form.offset - (end <= scene.now)):
        start, end = bounds(form.period, start - 1, scene.zone)
    return scene.window(start, end, form.period)


def _running(period: AnyPeriod, scene: _Scene, key: str) -> Window:
    start, end = bounds(period, scene.now, scene.zone)
    advice = "write offset = -1" if key == "offset" else f'write period = "{period}", offset = -1'
    if end <= scene.now:
        raise scene.refuse(key, f"{scene.as_of} lies in no {period}; {advice} for the one that has ended")
    if start == scene.now:
        text = f"the {period} begins just at {scene.as_of}, nothing of it has run"
        raise scene.refuse(key, f"{text}; {advice} for the one that has ended")
    return scene.window(start, scene.now)


def _last(form: Last, scene: _Scene) -> Window:
    zone, span = scene.zone, form.span
    if isinstance(span, Span) and span.seconds:
        raise scene.refuse("last", f'last counts whole days; write since = "-{span}" for a length of time')
    if span.sign <= 0:
        least = "1 day" if isinstance(span, Span) else replace(span, count=1)
        better = f'"{-span}"' if span.sign else f'"{least}" or more'
        raise scene.refuse("last", f'last = "{span}" looks back by itself; write {better}')
    _near(span, "last", scene)
    today = day_of(scene.now, zone)
    until = form.until or today
    if until > today:
        text = f"until = {until} (an exclusive end) lies after the day of {scene.as_of}"
        raise scene.refuse("until", f"{text}; leave it out, or write {today} or earlier")
    if isinstance(span, Steps):
        start = end = day_unix(until, zone)
        for _ in range(span.count):
            start, _ = bounds(span.period, start - 1, zone)
        return scene.window(start, end)
    first = shift_day(until, -span)
    if not span.months:
        first -= timedelta(days=skipped_days(first, until, zone))
    return scene.window(day_unix(first, zone), day_unix(until, zone))


def _between(form: Between, scene: _Scene) -> Window:
    start = _edge(form.start, "from", scene)
    end = _edge(form.end, "to", scene)
    said, said_end = (_edge_text(edge) for edge in (form.start, form.end))
    if start >= scene.now:
        raise scene.refuse("from", f"from = {said} is not before {scene.as_of}; write an earlier one, or a later as_of")
    if start >= end:
        if said == said_end:
            raise scene.refuse("to", f"from and to are both {said}, which leaves no time in {scene.zone.key}")
        raise scene.refuse("to", f"to = {said_end} is not after from = {said}; write the earlier one as from")
    return scene.window(start, end)


def _edge(edge: Edge, key: Literal["from", "to", "around"], scene: _Scene) -> int:
    if isinstance(edge, str):
        return scene.now
    if not isinstance(edge, datetime):
        return day_unix(edge + timedelta(days=key == "to"), scene.zone)
    if edge.microsecond:
        whole = edge.replace(microsecond=0).isoformat()
        raise scene.refuse(key, f"{key} = {edge.isoformat()} is finer than a second; write {whole}")
    if edge.tzinfo:
        return unix_of(edge)
    try:
        return only_instant(edge, scene.zone)
    except WindowError as error:
        raise error.located(scene.name, key) from None


def _edge_text(edge: Edge) -> str:
    return f'"{edge}"' if isinstance(edge, str) else edge.isoformat()


def _since(form: Since, scene: _Scene) -> Window:
    if form.since.sign >= 0:
        better = f'"{-form.since}"' if form.since.sign else '"-1 hour"'
        raise scene.refuse("since", f'since = "{form.since}" is not before {scene.as_of}; write {better}')
    until = form.until or Span()
    if until.sign > 0:
        raise scene.refuse("until", f'until = "{until}" lies after {scene.as_of}; write "{-until}"')
    start, end = (shift_instant(scene.now, span, scene.zone) for span in (form.since, until))
    if start >= end:
        text = f'until = "{until}" is not after since = "{form.since}"'
        raise scene.refuse("until", f"{text}; write the longer of the two as since")
    return scene.window(start, end)


def _like(form: Like, forms: Mapping[str, Form], scene: _Scene, trail: tuple[str, ...]) -> Window:
    name = form.window_name
    if name in trail:
        circle = " -> ".join((*trail[trail.index(name) :], name))
        raise scene.refuse("like", f"{circle} is a circle; give one of these windows a form of its own")
    if name not in forms:
        near = suggest(name, forms)
        hint = f'did you mean "{near}"?' if near else f"there are {', '.join(sorted(forms))}"
        raise scene.refuse("like", f'there is no window "{name}"; {hint}')
    _near(form.shift, "shift", scene)
    model = _resolve(forms, replace(scene, name=name), trail)
    period = _period_of(name, forms)
    start, end = _shifted(model, form.shift, period, scene)
    if start >= scene.now:
        raise scene.refuse("shift", f'shift = "{form.shift}" moves {model.label} to or past {scene.as_of}; write less')
    if start >= end:
        raise scene.refuse("shift", f'shift = "{form.shift}" leaves nothing of {model.label}; shift by days or weeks')
    return scene.window(start, end, period)


def _shifted(model: Window, shift: Length, period: AnyPeriod | None, scene: _Scene) -> tuple[int, int]:
    # weeks do not fit into months: nothing of a calendar of weeks would be left whole
    if isinstance(period, CalendarPeriod) and period.calendar.pattern and shift.months:
        count, unit = next((shift.months // n, u) for n, u in _MONTHS if shift.months % n == 0)
        steps = Steps(count, CalendarPeriod(period.calendar, unit))
        text = f'shift = "{shift}" leaves the weeks of the calendar "{period.calendar.name}"'
        raise scene.refuse("shift", f'{text}; write shift = "{steps}"')
    if shift.months and (period == "week" or (isinstance(period, CalendarPeriod) and period.unit == "week")):
        weeks = f"{round(shift.months * 52 / 12)} weeks"
        text = f'shift = "{shift}" moves a week to other days of the week, and is no week then'
        raise scene.refuse("shift", f'{text}; write shift = "{weeks}"')
    return moved_window(model, shift)


def _around(form: Around, scene: _Scene) -> Window:
    day, zone = form.anchor, scene.zone
    shown = day.isoformat()
    if isinstance(day, datetime):
        moment = _edge(day, "around", scene)
        start, end = (shift_instant(moment, span, zone) for span in (-form.before, form.after))
    else:
        start = day_unix(shift_day(day, -form.before), zone)
        end = day_unix(shift_day(day, form.after) + timedelta(days=1), zone)
    if start >= scene.now:
        text = f"the window around {shown} begins at {at(start, zone).isoformat()}, not before {scene.as_of}"
        raise scene.refuse("around", f"{text}; write an earlier one, or a later as_of")
    if start >= end:
        raise scene.refuse("around", f"nothing is left around {shown} in {zone.key}; write longer before and after")
    return scene.window(start, min(end, scene.now) if form.cut else end)


def _period_of(name: str, forms: Mapping[str, Form]) -> AnyPeriod | None:
    form = forms[name]
    while isinstance(form, Like):
        form = forms[form.window_name]
    return form.period if isinstance(form, Period) else None
