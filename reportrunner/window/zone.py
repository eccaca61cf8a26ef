"""Days and wall clocks of an IANA zone. Instants are Unix seconds, so no difference is ever taken between wall clocks.

A day begins at its first existing instant: at 01:00 where the clock skips midnight, at the first of two midnights
where it falls back across one. A day that a zone skipped (2011-12-30 in Apia) begins where the next one does.
"""

from __future__ import annotations

import re
import zoneinfo
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import tzdata

from reportrunner.spelling import suggest
from reportrunner.window.span import WindowError

if TYPE_CHECKING:
    from reportrunner.window.span import Span

TZ_VERSION: str = tzdata.__version__
"""The version of the tzdata package, whose rules are in force once `use_packaged_zones` was called."""

DAY = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AS_OF = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:[Zz]|[-+][0-9]{2}:[0-9]{2})?)?"
)
_OFFSET = re.compile(r"(?:UTC|GMT|Z)?\s*[-+±]?\s*[0-9]{1,2}(?::?[0-9]{2})?", re.IGNORECASE)


def use_packaged_zones() -> None:
    """Read zones from the tzdata package only, whatever zone files the system has; call once at the start."""
    zoneinfo.reset_tzpath(to=[])
    ZoneInfo.clear_cache()


def load_zone(name: str) -> ZoneInfo:
    """Return the IANA zone of that name; an unknown one is answered with the nearest known (key `timezone`)."""
    try:
        return ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise WindowError(f'unknown time zone "{name}"; {_zone_hint(name)}', key="timezone") from None


def _zone_hint(name: str) -> str:
    if _OFFSET.fullmatch(name.strip()):  # the nearest name would be one of the other side: Etc/GMT+2 is behind UTC
        return 'an offset knows no summer; write the IANA name of a place, such as "Europe/Berlin", or "UTC"'
    # people write the city, another case, or a blank: all are matched without case, cities by their last part
    zones = sorted(zoneinfo.available_timezones())
    known = {zone.rpartition("/")[2].casefold(): zone for zone in reversed(zones)}
    known |= {zone.casefold(): zone for zone in zones}
    near = suggest(name.strip().replace(" ", "_").casefold(), known)
    return f'did you mean "{known[near]}"?' if near else 'write an IANA name such as "America/New_York" or "UTC"'


def at(unix: int, zone: ZoneInfo) -> datetime:
    """Return the wall clock of the zone at that instant, fold set."""
    return (_EPOCH + timedelta(seconds=unix)).astimezone(zone)


def unix_of(moment: datetime) -> int:
    """Return Unix seconds of an aware moment; a fraction of a second is cut off."""
    return (moment - _EPOCH) // timedelta(seconds=1)


def offset(unix: int, zone: ZoneInfo) -> int:
    """Return seconds of local minus UTC at that instant."""
    gone = at(unix, zone).utcoffset()
    assert gone is not None
    return int(gone.total_seconds())


def first_change(start: int, end: int, zone: ZoneInfo) -> int | None:
    """Return the first instant inside [start, end) from which another offset holds; none if there is no such."""
    before = start
    while before < end - 1:
        # no zone has changed twice within a day since 1970
        after = min(before + DAY, end - 1)
        if offset(after, zone) != offset(before, zone):
            return change_between(before, after, zone)
        before = after
    return None


def change_between(before: int, after: int, zone: ZoneInfo) -> int:
    """Return the first instant in (before, after] with another offset than `before`; there must be one change."""
    old = offset(before, zone)
    while after - before > 1:
        middle = (before + after) // 2
        if offset(middle, zone) == old:
            before = middle
        else:
            after = middle
    return after


def is_repeated(unix: int, zone: ZoneInfo) -> bool:
    """Return whether the zone's wall clock shows this time twice."""
    moment = at(unix, zone)
    return unix_of(moment.replace(fold=0)) < unix_of(moment.replace(fold=1))


def first_instant(wall: datetime, zone: ZoneInfo) -> int:
    """Return when the zone's clock shows `wall` (its fold chooses between two), or next jumps over it."""
    first, second = (unix_of(wall.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    if first > second:
        return change_between(second, first, zone)
    return second if wall.fold else first


def only_instant(wall: datetime, zone: ZoneInfo) -> int:
    """Return when the zone's clock shows `wall`; a time that never is, or is twice, is refused with what to write."""
    first, second = (unix_of(wall.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    if first == second:
        return first
    text = wall.isoformat()
    if first > second:
        jump = at(change_between(second, first, zone), zone).isoformat()
        raise WindowError(f"{text} does not exist in {zone.key}: the clock jumps to {jump}; write that")
    both = f"{at(first, zone).isoformat()} or {at(second, zone).isoformat()}"
    raise WindowError(f"{text} is there twice in {zone.key}; write {both}")


def day_unix(day: date, zone: ZoneInfo) -> int:
    """Return Unix seconds of the first existing instant of the calendar day."""
    return first_instant(datetime.combine(day, time()), zone)


def day_of(unix: int, zone: ZoneInfo) -> date:
    """Return the last day that has begun at that instant."""
    day = at(unix, zone).date()
    # where the clock falls back across midnight it shows the old date again after the new day has begun
    tomorrow = day + timedelta(days=1)
    return tomorrow if day_unix(tomorrow, zone) <= unix else day


def skipped_days(first: date, until: date, zone: ZoneInfo) -> int:
    """Return how many days of [first, until) the zone never had."""
    lost = (until - first).days * DAY - (day_unix(until, zone) - day_unix(first, zone))
    if lost < DAY // 2:
        return 0
    days = (first + timedelta(days=n) for n in range((until - first).days))
    return sum(day_unix(day, zone) == day_unix(day + timedelta(days=1), zone) for day in days)


def shift_day(day: date, span: Span) -> date:
    """Move a day by the span's months, then its days; a day that the month lacks becomes the month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + span.months, 12)
    if not date.min.year <= year <= date.max.year:
        raise OverflowError
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last)) + timedelta(days=span.days)


def shift_instant(unix: int, span: Span, zone: ZoneInfo) -> int:
    """Move the wall clock by the span's months and days (a day's start stays one), then add its seconds."""
    if span.months or span.days:
        day = day_of(unix, zone)
        if unix == day_unix(day, zone):
            unix = day_unix(shift_day(day, span), zone)
        else:
            wall = at(unix, zone).replace(tzinfo=None)
            unix = first_instant(datetime.combine(shift_day(wall.date(), span), wall.timetz()), zone)
    return unix + span.seconds


def parse_as_of(text: str | None, zone: str, wall: datetime) -> datetime:
    """Read a date (its start), a local time or one with an offset, into whole seconds of the zone; None is `wall`."""
    info = load_zone(zone)
    if text is None:
        return at(unix_of(wall), info)
    forms = "2026-11-16, 2026-11-16T09:30 (local) or 2026-11-16T09:30:00-05:00"
    unreadable = WindowError(f'"{text}" is no date or time in whole seconds; write {forms}', key="as_of")
    if not _AS_OF.fullmatch(text):
        raise unreadable
    try:
        moment = datetime.fromisoformat(text)
        if len(text) == len("2026-11-16"):
            return at(day_unix(moment.date(), info), info)
        return at(only_instant(moment, info) if moment.tzinfo is None else unix_of(moment), info)
    except WindowError as error:
        raise error.located("", "as_of") from None
    except (ValueError, OverflowError):
        raise unreadable from None
