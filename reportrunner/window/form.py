"""The forms in which a job writes its windows: values, resolved against as_of by resolve.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from reportrunner.window.calendar import Steps
from reportrunner.window.period import AnyPeriod
from reportrunner.window.span import Span

Length = Span | Steps
"""A length of time: on everybody's calendar and clock, or in units of a project's calendar."""


@dataclass(frozen=True, slots=True)
class Period:
    """`period`, `offset`: -1 the last complete one before as_of, 0 the running one cut at as_of."""

    period: AnyPeriod
    offset: int = -1
    lag: Length | None = None


@dataclass(frozen=True, slots=True)
class Last:
    """`last`, `until`: whole days up to the start of as_of's day, or up to another exclusive end day.

    So many business days begin with the first of them, and the days off that follow the last one are part of it.
    """

    span: Length
    until: date | None = None
    lag: Length | None = None


Edge = date | datetime | Literal["as_of"]


@dataclass(frozen=True, slots=True)
class Between:
    """`from`, `to`: a date is a whole day, inclusive; a moment (naive: on the zone's clock) an instant, half-open."""

    start: Edge
    end: Edge
    lag: Length | None = None


@dataclass(frozen=True, slots=True)
class ToDate:
    """`to_date`: from the start of the running period to as_of."""

    period: AnyPeriod
    lag: Length | None = None


@dataclass(frozen=True, slots=True)
class Since:
    """`since`, `until`: spans relative to as_of, for live data."""

    since: Span
    until: Span | None = None
    lag: Length | None = None


@dataclass(frozen=True, slots=True)
class Like:
    """`like`, `shift`: another window, moved: a period by whole periods stays one, else the wall-clock ends move."""

    window_name: str
    shift: Length
    lag: Length | None = None


@dataclass(frozen=True, slots=True)
class Around:
    """`around`: a date and so many whole days before and after it; a moment, and lengths of time before and after."""

    anchor: date | datetime
    before: Span
    after: Span
    cut: bool = False
    """`until = "as_of"`: what lies beyond as_of is left out."""
    lag: Length | None = None


Form = Period | Last | Between | ToDate | Since | Like | Around
