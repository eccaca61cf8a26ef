"""Whose days a defined endpoint counts, and what is asked where they are not the job's: one place for all of them.

How an instant or a day is written is the definition's own word (`templates.py`); here is decided which window it sees.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

from reportrunner.ask import Ask
from reportrunner.days import (
    NO_DAYS,
    Choice,
    Days,
    around_change,
    days_way,
    in_step,
    same_dates,
    same_dates_choice,
    touching,
)
from reportrunner.flow import Reply
from reportrunner.providers.rest.checking import names_offset, names_zone, sends_days, used_window
from reportrunner.providers.rest.definition import EndpointSpec
from reportrunner.providers.rest.reading import columns_of
from reportrunner.spec import EndpointDataset
from reportrunner.table import Column, ColumnType, Note, Rows, Value
from reportrunner.window import Window
from reportrunner.window.span import WindowError

COVERING = "covering"
Read = Callable[[tuple[Reply, ...]], Rows]


def days_of(spec: EndpointSpec) -> Days:
    """Return whose days an endpoint counts, as its definition has it."""
    if not used_window(spec):
        return NO_DAYS
    if not sends_days(spec):
        return Days("instants", spec.zone_from)
    if spec.zone is not None:
        return Days("zone", spec.zone_from, spec.zone)
    return Days("job", spec.zone_from, words="its zone is sent along") if names_zone(spec) else Days("unknown")


def asked_window(ask: Ask, spec: EndpointSpec) -> Window | None:
    """Return the window that requests are written for; WindowError where it cannot be asked, with all ways out."""
    window, zone = ask.window, spec.zone
    if window is None or not sends_days(spec):
        return window
    if not window.whole_days:
        raise WindowError(
            f"{ask.endpoint.name} knows whole days only, and this window ends inside one"
            '; write a period of days or more with offset = -1, last = "7 days", or dates in from and to'
        )
    if names_offset(spec) and window.offset_changes:
        day, beside = around_change(window)
        parts = f"write {beside}, whose days are exact, and leave out {day}; or " if beside else ""
        raise WindowError(
            f"the offset of {window.zone} changes inside {window.label}, on {day}, and {ask.endpoint.name} is sent one"
            f' for all its days; {parts}write timezone = "UTC" in the job'
        )
    if zone is None or in_step(window, zone):
        return window
    way = getattr(ask.parameters, "zone_mismatch", None)
    if way == days_way(zone):
        return same_dates(window, zone)
    if way == COVERING:
        return touching(window, zone)
    raise WindowError(
        f"{ask.endpoint.name} counts {days_of(spec).said}, and this window's days are those of {window.zone}"
        f"; write {_ways(spec, zone, ask.parameters)}"
    )


def _ways(spec: EndpointSpec, zone: str, parameters: EndpointDataset) -> str:
    ways = [f'zone_mismatch = "{days_way(zone)}" for the same dates as the service counts them']
    moments = [column.name for column in moments_of(spec, parameters)]
    if moments:
        others = f" (or {', '.join(moments[1:])})" if moments[1:] else ""
        ways.append(
            f'zone_mismatch = "{COVERING}" and moment = "{moments[0]}"{others} to keep the rows whose moment lies in'
            " your days"
        )
    return f'{", ".join(ways)}, or timezone = "{zone}" in the job'


def moments_of(spec: EndpointSpec, parameters: EndpointDataset) -> tuple[Column, ...]:
    """Return the columns that can tell when a row was."""
    return tuple(column for column in columns_of(spec, parameters) if column.type is ColumnType.TIMESTAMP)


def choices_of(ask: Ask, spec: EndpointSpec) -> tuple[Choice, ...]:
    """Return what the job chose where its days are not those of the service."""
    window, zone = ask.window, spec.zone
    asked = asked_window(ask, spec)
    if window is None or asked is None or zone is None or asked == window:
        return ()
    if getattr(ask.parameters, "zone_mismatch", None) == COVERING:
        span = f"{asked.first_day} to {asked.last_day}"
        words = f'days {span} of {zone} are asked, and the rows whose "{_moment(ask)}" lies in {window.label} are kept'
        return (Choice("zone_mismatch", COVERING, words),)
    return (same_dates_choice(window, zone, days_way(zone)),)


def covered(ask: Ask, spec: EndpointSpec) -> Window | None:
    """Return the span of which an ask brings all rows: other days than the window's, where the job chose them."""
    return ask.window if getattr(ask.parameters, "zone_mismatch", None) == COVERING else asked_window(ask, spec)


def kept(ask: Ask, spec: EndpointSpec, read: Read) -> Read:
    """Return a reader that lands the window's rows only, where more days than its own are asked."""
    if ask.window is None or getattr(ask.parameters, "zone_mismatch", None) != COVERING:
        return read
    if asked_window(ask, spec) == ask.window:
        return read
    return Kept(read, _moment(ask), ask.window.start, ask.window.end)


def _moment(ask: Ask) -> str:
    name = getattr(ask.parameters, "moment", None)
    assert isinstance(name, str), "covering without a moment is refused when a dataset is loaded"
    return name


@dataclass(frozen=True, slots=True)
class Kept:
    """Reads an answer and keeps the rows whose moment lies in [start, end)."""

    read: Read
    moment: str
    start: dt.datetime
    end: dt.datetime

    def __call__(self, replies: tuple[Reply, ...]) -> Rows:
        """Return the rows; one without a moment is kept and told, and the answer's own count is held before."""
        came = self.read(replies)
        place = [column.name for column in came.columns].index(self.moment)
        undated = sum(row[place] is None for row in came.rows)
        rows = [row for row in came.rows if self._inside(row[place])]
        notes = list(came.notes)
        counted, distinct = came.claim.rows if came.claim else None, len(set(came.rows))
        if counted is not None and counted != distinct:
            notes.append(Note("row_count", f"the answer counts {counted:,} rows, and {distinct:,} came"))
        if undated:
            said = f"{undated:,} rows came without {self.moment}: whether they lie in the window is not known; kept"
            notes.append(Note("rest.undated", said))
        return replace(came, rows=rows, notes=tuple(notes), claim=None)

    def _inside(self, moment: Value) -> bool:
        return moment is None or (isinstance(moment, dt.datetime) and self.start <= moment < self.end)
