"""How windows are written for Kaltura, here and nowhere else: day ids with an offset, or Unix seconds (kaltura.md §6).

Ends are inclusive: what is sent is the last second, or the last day, that belongs to the window. Offsets are minutes of
UTC minus local: 240 in New York's summer, 300 in its winter, -330 in Kolkata.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Final

from reportrunner.days import Choice, around_change, clock_change, length_of
from reportrunner.flow import Pairs
from reportrunner.providers.kaltura.buckets import Slice
from reportrunner.providers.kaltura.catalogue import OFFSETS, CustomReport
from reportrunner.window import Window
from reportrunner.window.span import WindowError
from reportrunner.window.window import window_of
from reportrunner.window.zone import DAY, day_unix, load_zone

ONE_OFFSET: Final = "one-offset"
RELATIVE: Final = 315_360_000
"""Unix seconds up to this one count from now (kaltura.md §1)."""


def dates(of: Slice, *, by_day: bool) -> Pairs:
    """Write the window of a report: whole days of buckets by day ids, everything else by exact instants.

    The service counts days from midnight of the one offset: a day that begins later, because the clock jumps over its
    midnight, is asked by instants.
    """
    window = of.window
    if of.offset not in OFFSETS:
        raise WindowError(f"the service does not know the offset of {window.zone} ({of.offset} minutes)", "", "")
    if window.end_unix - window.start_unix < 2:
        raise WindowError("the service reads a window of one second as a whole day; ask for two or more", "", "")
    first, last = seconds_of(window)
    zone = ("reportInputFilter[timeZoneOffset]", str(of.offset))
    if by_day and of.bucket is None and _from_midnight(window, of.offset):
        first_id, last_id = day_ids(window)
        return (("reportInputFilter[fromDay]", first_id), ("reportInputFilter[toDay]", last_id), zone)
    return (("reportInputFilter[fromDate]", str(first)), ("reportInputFilter[toDate]", str(last)), zone)


def seconds_of(window: Window) -> tuple[int, int]:
    """Return the first and the last second of the window; those before 1980 would count from now (§1)."""
    if window.start_unix <= RELATIVE:
        raise WindowError("the service reads instants before 1980 as counted from now; begin later", "", "")
    return window.start_unix, window.end_unix - 1


def day_ids(window: Window) -> tuple[str, str]:
    """Return the first and the last day as `YYYYMMDD`."""
    return f"{window.first_day:%Y%m%d}", f"{window.last_day:%Y%m%d}"


def custom_dates(window: Window, report: CustomReport, dst: str) -> Mapping[str, str]:
    """Write the window of a custom report as it wants it: days with one offset, or instants (kaltura.md §7.2)."""
    first, last = report.window["from"], report.window["to"]
    if report.form == "unix":
        return {first: str(window.start_unix), last: str(window.end_unix - 1)}
    if not window.whole_days:
        raise WindowError(
            f"custom report {report.id} knows whole days only, and this window ends inside one"
            '; write a period of days or more with offset = -1, last = "7 days", or dates in from and to'
        )
    if dst != ONE_OFFSET:
        _refuse_change(window, report)
    offset = str(window.offset_at_start)
    return {**dict(zip((first, last), day_ids(window), strict=True)), report.window["offset"]: offset}


def _refuse_change(window: Window, report: CustomReport) -> None:
    """Refuse days that no single offset describes, with the ways out."""
    way = f'dst = "{ONE_OFFSET}", which counts every day with the offset of the first and says which are off by that'
    if window.offset_changes:
        day, beside = around_change(window)
        parts = f"{beside}, whose days are exact, and leave out {day}; or " if beside else ""
        raise WindowError(
            f"the offset of {window.zone} changes inside {window.label}, on {day}, and custom report {report.id} takes"
            f" one for all its days; write {parts}{way}"
        )
    if not _from_midnight(window, window.offset_at_start):
        raise WindowError(
            f"{window.label} begins or ends on a day without a midnight in {window.zone}, and custom report {report.id}"
            f" counts from midnight to midnight; write a window without that day; or {way}"
        )


def one_offset_choice(window: Window) -> tuple[Choice, ...]:
    """Return what it means that all days are counted with the offset of the first; nothing where that is exact."""
    off = [said for said in _days_off(window) if said]
    if not off:
        return ()
    change = clock_change(window)
    why = f"the offset of {window.zone} changes at {change}" if change else f"{window.zone} lacks a midnight"
    words = f"{why}, and every day is counted from midnight at UTC{window.start.isoformat()[-6:]}: {', '.join(off)}"
    return (Choice("dst", ONE_OFFSET, words),)


def one_offset_span(window: Window, *, cut: bool) -> Window:
    """Return the span that the service takes for the window's days with the offset of the first.

    A `cut` window begins anew with every slice; where the day of the change ends early, what is behind it is not whole.
    """
    zone, offset = load_zone(window.zone), window.offset_at_start
    if cut and window.offset_changes:
        after = around_change(window)[0] + dt.timedelta(days=1)
        gap = midnight(after, offset) < day_unix(after, zone)
        end = midnight(after, offset) if gap else window.end_unix
    else:
        end = midnight(window.last_day, offset) + DAY
    return window_of(midnight(window.first_day, offset), end, window.zone)


def _days_off(window: Window) -> Iterator[str]:
    """Say which days begin or end elsewhere than the zone's, days alike as one span."""
    zone, offset = load_zone(window.zone), window.offset_at_start

    def apart(day: dt.date) -> tuple[int, int]:
        begins, ends = (midnight(one, offset) - day_unix(one, zone) for one in (day, day + dt.timedelta(days=1)))
        return begins, ends

    days = [window.first_day + dt.timedelta(days=n) for n in range((window.last_day - window.first_day).days + 1)]
    for (begins, ends), alike in groupby(days, apart):
        first, *others = alike
        span, s = (f"{first} to {others[-1]}", "") if others else (f"{first}", "s")
        if begins == ends:
            yield f"{span} begin{s} and end{s} {length_of(begins)} that of {window.zone}" if begins else ""
        else:
            said = [f"begin{s} {length_of(begins)}"] * bool(begins) + [f"end{s} {length_of(ends)}"] * bool(ends)
            yield f"{span} {' and '.join(said)} that of {window.zone}"


def _from_midnight(window: Window, offset: int) -> bool:
    """Tell whether the window is what the service takes for its days: from midnight to midnight of one offset."""
    ends = (midnight(window.first_day, offset), midnight(window.last_day, offset) + DAY)
    return ends == (window.start_unix, window.end_unix)


def midnight(day: dt.date, offset: int) -> int:
    """Return when a day begins where local time is so many minutes behind UTC, in unix seconds."""
    return (day - dt.date(1970, 1, 1)).days * DAY + offset * 60
