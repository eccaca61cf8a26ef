"""The forms in which a job writes its windows, and their resolution against as_of.

`lag` moves as_of back first, for every form; a `like` with a lag resolves its model against the earlier as_of.
Reports look back: a window that starts at or after as_of is refused, one that ends after it is not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from reportrunner.spelling import suggest
from reportrunner.window.period import PeriodName, bounds
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

FURTHEST_OFFSET = -10_000


@dataclass(frozen=True, slots=True)
class Period:
    """`period`, `offset`: -1 the last complete one before as_of, 0 the running one cut at as_of."""

    period: PeriodName
    offset: int = -1
    lag: Span | None = None


@dataclass(frozen=True, slots=True)
class Last:
    """`last`, `until`: whole days up to the start of as_of's day, or up to another exclusive end day."""

    span: Span
    until: date | None = None
    lag: Span | None = None


Edge = date | datetime | Literal["as_of"]


@dataclass(frozen=True, slots=True)
class Between:
    """`from`, `to`: a date is a whole day, inclusive; a moment (naive: on the zone's clock) an instant, half-open."""

    start: Edge
    end: Edge
    lag: Span | None = None


@dataclass(frozen=True, slots=True)
class ToDate:
    """`to_date`: from the start of the running period to as_of."""

    period: PeriodName
    lag: Span | None = None


@dataclass(frozen=True, slots=True)
class Since:
    """`since`, `until`: spans relative to as_of, for live data."""

    since: Span
    until: Span | None = None
    lag: Span | None = None


@dataclass(frozen=True, slots=True)
class Like:
    """`like`, `shift`: another window, moved: a period by whole periods stays one, else the wall-clock ends move.

    Whole months moved by months stay whole months; other whole days move their first and last day, and a day that
    the month lacks becomes its last.
    """

    window_name: str
    shift: Span
    lag: Span | None = None


Form = Period | Last | Between | ToDate | Since | Like
_MAIN_KEYS: dict[type, str] = {
    Period: "offset",
    Last: "last",
    Between: "from",
    ToDate: "to_date",
    Since: "since",
    Like: "shift",
}


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

    def window(self, start: int, end: int, period: PeriodName | None = None) -> Window:
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
        if form.lag:
            if form.lag.sign < 0:
                raise scene.refuse("lag", f'lag moves as_of back by itself; write lag = "{-form.lag}"')
            scene = replace(scene, now=shift_instant(scene.now, -form.lag, scene.zone), lagged=True)
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
            case Like():
                return _like(form, forms, scene, (*trail, scene.name))
    except OverflowError:
        raise scene.refuse(_MAIN_KEYS[type(form)], "reaches beyond the years 1 to 9999; write less") from None


def _period(form: Period, scene: _Scene) -> Window:
    if form.offset > 0:
        text = f"offset = {form.offset} lies after {scene.as_of}"
        raise scene.refuse("offset", f"{text}; write 0 for the running {form.period}, -1 for the last complete one")
    if form.offset < FURTHEST_OFFSET:
        raise scene.refuse("offset", f"offset = {form.offset} is too far; write {FURTHEST_OFFSET} or nearer to 0")
    if form.offset == 0:
        return _running(form.period, scene, "offset")
    start, end = bounds(form.period, scene.now, scene.zone)
    for _ in range(-form.offset):
        start, end = bounds(form.period, start - 1, scene.zone)
    return scene.window(start, end, form.period)


def _running(period: PeriodName, scene: _Scene, key: str) -> Window:
    start, _ = bounds(period, scene.now, scene.zone)
    if start == scene.now:
        advice = "write offset = -1" if key == "offset" else f'write period = "{period}", offset = -1'
        text = f"the {period} begins just at {scene.as_of}, nothing of it has run"
        raise scene.refuse(key, f"{text}; {advice} for the one that has ended")
    return scene.window(start, scene.now)


def _last(form: Last, scene: _Scene) -> Window:
    zone = scene.zone
    if form.span.seconds:
        raise scene.refuse("last", f'last counts whole days; write since = "-{form.span}" for a length of time')
    if form.span.sign <= 0:
        better = f'"{-form.span}"' if form.span.sign else '"1 day" or more'
        raise scene.refuse("last", f'last = "{form.span}" looks back by itself; write {better}')
    today = day_of(scene.now, zone)
    until = form.until or today
    if until > today:
        text = f"until = {until} (an exclusive end) lies after the day of {scene.as_of}"
        raise scene.refuse("until", f"{text}; leave it out, or write {today} or earlier")
    first = shift_day(until, -form.span)
    if not form.span.months:
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


def _edge(edge: Edge, key: Literal["from", "to"], scene: _Scene) -> int:
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
    model = _resolve(forms, replace(scene, name=name), trail)
    start, end = _shifted(model, form.shift, scene.zone)
    if start >= scene.now:
        raise scene.refuse("shift", f'shift = "{form.shift}" moves {model.label} to or past {scene.as_of}; write less')
    if start >= end:
        raise scene.refuse("shift", f'shift = "{form.shift}" leaves nothing of {model.label}; shift by days or weeks')
    return scene.window(start, end, _period_of(name, forms))


def _shifted(model: Window, shift: Span, zone: ZoneInfo) -> tuple[int, int]:
    start = shift_instant(model.start_unix, shift, zone)
    end_day = model.last_day + timedelta(days=1)
    if not model.whole_days or (model.first_day.day == 1 and end_day.day == 1):
        return start, shift_instant(model.end_unix, shift, zone)
    last = shift_day(model.last_day, shift)
    return start, day_unix(last + timedelta(days=1), zone) + shift.seconds


def _period_of(name: str, forms: Mapping[str, Form]) -> PeriodName | None:
    form = forms[name]
    while isinstance(form, Like):
        form = forms[form.window_name]
    return form.period if isinstance(form, Period) else None
