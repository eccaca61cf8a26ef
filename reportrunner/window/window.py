"""Windows: half-open spans of time [start, end) in an IANA zone, with the label that names a run's folder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from reportrunner.window.period import AnyPeriod, bounds, label_of
from reportrunner.window.span import WindowError
from reportrunner.window.zone import at, day_of, day_unix, first_change, load_zone, offset, skipped_days, unix_of

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A half-open span [start, end), both ends wall clocks of `zone`; equal when instants, zone and label are."""

    start: datetime
    end: datetime
    zone: str
    label: str

    def __post_init__(self) -> None:
        """Refuse what no form resolves to: wall clocks of another zone, or no time at all."""
        if {str(self.start.tzinfo), str(self.end.tzinfo)} != {self.zone} or self.start_unix >= self.end_unix:
            message = f"not a window in {self.zone}: {self.start.isoformat()}..{self.end.isoformat()}"
            raise ValueError(message)

    def __eq__(self, other: object) -> bool:
        """Compare instants: wall clocks of one zone compare equal in both passes of a repeated hour."""
        return isinstance(other, Window) and self._identity == other._identity

    def __hash__(self) -> int:
        """Hash what is compared."""
        return hash(self._identity)

    @property
    def _identity(self) -> tuple[int, int, str, str]:
        return self.start_unix, self.end_unix, self.zone, self.label

    @property
    def _info(self) -> ZoneInfo:
        return load_zone(self.zone)

    @property
    def start_unix(self) -> int:
        """The first second, in Unix seconds."""
        return unix_of(self.start)

    @property
    def end_unix(self) -> int:
        """The exclusive end, in Unix seconds."""
        return unix_of(self.end)

    @property
    def first_day(self) -> date:
        """The day that holds the first second."""
        return day_of(self.start_unix, self._info)

    @property
    def last_day(self) -> date:
        """The day that holds the last second: inclusive."""
        return day_of(self.end_unix - 1, self._info)

    @property
    def days(self) -> int:
        """How many calendar days the window touches; days that the zone skipped do not count."""
        after = self.last_day + timedelta(days=1)
        return (after - self.first_day).days - skipped_days(self.first_day, after, self._info)

    @property
    def whole_days(self) -> bool:
        """Whether both ends are the first instant of a day."""
        return all(unix == day_unix(day_of(unix, self._info), self._info) for unix in (self.start_unix, self.end_unix))

    @property
    def offset_at_start(self) -> int:
        """Minutes of UTC minus local at the start: New York in summer is 240 (kaltura.md §7)."""
        return -round(offset(self.start_unix, self._info) / 60)

    @property
    def offset_changes(self) -> bool:
        """Whether the zone's offset changes inside the window; a change at one of its ends is none."""
        return first_change(self.start_unix, self.end_unix, self._info) is not None

    @property
    def utc_offset(self) -> int:
        """Minutes of UTC minus local, refused if they change inside the window."""
        change = first_change(self.start_unix, self.end_unix, self._info)
        if change is not None:
            moment = at(change, self._info).isoformat()
            raise WindowError(
                f"the offset of {self.zone} changes inside {self.label}, at {moment}, and the service takes one for the"
                f' whole window; use two windows that meet there: one with to = "{moment}", one with from = "{moment}"'
            )
        return self.offset_at_start


def window_of(start: int, end: int, zone: str, period: AnyPeriod | None = None) -> Window:
    """Return the window of two instants in Unix seconds, labelled as that period if it is exactly one."""
    info = load_zone(zone)
    return Window(at(start, info), at(end, info), zone, label_of(start, end, info, period))


def slices(window: Window, period: AnyPeriod) -> tuple[Window, ...]:
    """Cut the window at every start of a period: no gap, no overlap; the outermost may be parts of one."""
    info = load_zone(window.zone)
    cuts = [window.start_unix]
    while cuts[-1] < window.end_unix:
        after = bounds(period, cuts[-1], info)[1]
        if after <= cuts[-1]:
            message = f"{period}s leave gaps: no slices of a window"
            raise ValueError(message)
        cuts.append(min(after, window.end_unix))
    return tuple(window_of(start, end, window.zone, period) for start, end in pairwise(cuts))
