"""`[windows.x]` as a strict, frozen model: the forms of a window, and which keys stand together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self, get_args

from pydantic import Field, model_validator

from reportrunner.diagnose import Hinted
from reportrunner.strict import NAME, Strict
from reportrunner.window.calendar import UNITS
from reportrunner.window.period import PeriodName

_COMPANIONS: Mapping[str, frozenset[str]] = {
    "period": frozenset({"offset"}),
    "last": frozenset({"until"}),
    "from_": frozenset({"to"}),
    "to_date": frozenset(),
    "since": frozenset({"until"}),
    "like": frozenset({"shift"}),
    "around": frozenset({"days", "before", "after", "until"}),
}
"""The forms of a window by their first key, and the keys that may stand beside it."""


def _either(schema: dict[str, Any]) -> None:
    """Let editors offer everybody's periods, and take those that look like a calendar's."""
    del schema["type"]
    schema["anyOf"] = [
        {"type": "string", "enum": list(get_args(PeriodName))},
        {"type": "string", "pattern": NAME.replace("*$", f"*-({'|'.join(UNITS)})$")},
    ]


PeriodWord = Annotated[str, Field(json_schema_extra=_either)]
"""A period as windows write it; those of the project's calendars are known only when it is loaded."""


class WindowSpec(Strict):
    """`[windows.x]`: one of the forms of DESIGN section 3."""

    diagnostic_owner: ClassVar[str] = "a window"
    familiar: ClassVar[Mapping[str, str]] = {
        "start": 'write from = 2026-09-01 (an inclusive day) and to = "as_of"',
        "end": 'write to = 2026-11-15 (an inclusive day), or to = "as_of"',
    }
    period: PeriodWord | None = None
    offset: int | None = Field(default=None, le=0, description="-1: the last complete one; 0: the running one")
    last: str | None = None
    until: str | dt.date | None = None
    from_: dt.datetime | dt.date | str | None = Field(default=None, alias="from")
    to: dt.datetime | dt.date | str | None = None
    to_date: PeriodWord | None = None
    since: str | None = None
    like: str | None = None
    shift: str | None = None
    around: dt.datetime | dt.date | str | None = None
    days: int | None = Field(default=None, ge=0, description="Whole days before and after the date of around")
    before: int | str | None = Field(default=None, description='Whole days, or for a moment a length such as "1 hour"')
    after: int | str | None = Field(default=None, description='Whole days, or for a moment a length such as "3 hours"')
    calendar: str | None = Field(default=None, description="The calendar whose business days last, lag or shift count")
    lag: str | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        given = [name for name in _COMPANIONS if getattr(self, name) is not None]
        if not given and self.days is not None:
            raise Hinted('unknown key "days" in a window', f'write last = "{self.days} days"', key="days")
        if not given:
            raise Hinted(
                "this window says no span of time",
                'write period = "week", offset = -1; last = "28 days"; from and to; to_date; since; like and shift;'
                " or around and days",
            )
        if len(given) > 1:
            first, second = (name.rstrip("_") for name in given[:2])
            message = f'a window has one form, and this one has both "{first}" and "{second}"'
            raise Hinted(message, "keep one of the two", key=second)
        companions = {name for name in frozenset().union(*_COMPANIONS.values()) if getattr(self, name) is not None}
        stray = sorted(companions - _COMPANIONS[given[0]])
        if stray:
            form = given[0].rstrip("_")
            raise Hinted(f'"{stray[0]}" does not belong to a window with "{form}"', "remove it", key=stray[0])
        self._whole()
        return self

    def _whole(self) -> None:
        if self.from_ is not None and self.to is None:
            raise Hinted('this window has "from" but no "to"', 'add to = "as_of", or the last day', key="from")
        if self.like is not None and self.shift is None:
            raise Hinted('this window has "like" but no "shift"', 'add shift = "-1 week"', key="like")
        sides = self.before is not None or self.after is not None
        if self.around is not None and self.days is None and not sides:
            hint = "add days = 14, or before = 2 and after = 14"
            raise Hinted('this window has "around" but does not say how far', hint, key="around")
        if self.days is not None and sides:
            message = '"days" goes both ways, and this window has "before" or "after" too'
            raise Hinted(message, "remove days", key="days")
