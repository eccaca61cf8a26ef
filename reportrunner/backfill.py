"""The periods of a backfill, and the moment as of which a run of the job is about each: values in, values out.

A run is steered by as_of alone, so that each is what `run --as-of` makes of it. The window that gives the label tells
the period; nothing is assumed of its form: the moment is looked for among what the form resolves to.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from reportrunner.checker import tables
from reportrunner.errors import UsageError
from reportrunner.expression import Expression, ExpressionError, parse
from reportrunner.job import JobSpec
from reportrunner.spelling import did_you_mean
from reportrunner.window import Window, window_of
from reportrunner.window.calendar import Calendar, CalendarPeriod
from reportrunner.window.form import Form, Like, Period
from reportrunner.window.period import AnyPeriod, PeriodName, bounds
from reportrunner.window.resolve import resolve_one
from reportrunner.window.span import WindowError
from reportrunner.window.zone import at, day_of, day_unix, load_zone

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

MOST = 1_000
"""The most periods of one backfill: each is a run with a folder of its own."""
PERIODS: tuple[PeriodName, ...] = get_args(PeriodName)
NEAR = 1_500
"""Days after a period that are looked at one by one, where leaps find nothing."""
FIRST_YEAR, LAST_YEAR = 1970, 2200
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

Resolve = Callable[[dt.datetime], Window]
"""Gives the window as of a moment; raises WindowError where it has none."""


@dataclass(frozen=True, slots=True)
class Steered:
    """The window of a job by which a backfill tells its runs apart, and how long one run is."""

    name: str
    period: AnyPeriod
    resolve: Resolve


@dataclass(frozen=True, slots=True)
class Due:
    """One period, and the earliest moment as of which the window is exactly this period."""

    period: Window
    as_of: dt.datetime

    @property
    def label(self) -> str:
        """The period's own name: `2026-W21`."""
        return self.period.label

    @property
    def typed(self) -> str:
        """The moment as `--as-of` takes it, as short as can be."""
        day = self.as_of.date()
        return day.isoformat() if self.as_of.timestamp() == _unix(day, self.period.zone) else self.as_of.isoformat()


def steered(job: JobSpec, word: str = "", calendars: Iterable[Calendar] = ()) -> Steered:
    """Return the window that steers a backfill: the one in the job's label, else its first.

    `word` says how long one run is, where the window's own form does not: a period, be it one of the project's
    calendars. UsageError where neither does.
    """
    names = [name for name in _in_label(job) or list(tables(job.file.data, "windows"))[:1] if name in job.forms]
    if not names:
        raise UsageError(f"{job.name} has no window, so nothing tells the run of one period from that of another")
    name = next((name for name in names if period_of(name, job.forms)), names[0])
    own = period_of(name, job.forms)
    period = _period(word, calendars) if word else own
    if not period:
        said = f'the window "{name}" of {job.name} names no period'
        raise UsageError(f"{said}; say how long one run is, such as --period week, or give it a period")
    if own and str(own) != str(period):
        raise UsageError(f'the window "{name}" of {job.name} is a {own}, not a {word}; leave --period out')
    return Steered(name, period, lambda as_of: resolve_one(name, job.forms, job.timezone, as_of))


def _period(word: str, calendars: Iterable[Calendar]) -> AnyPeriod:
    known: dict[str, AnyPeriod] = {str(period): period for period in PERIODS}
    known |= {
        f"{calendar.name}-{unit}": CalendarPeriod(calendar, unit) for calendar in calendars for unit in calendar.units
    }
    if word in known:
        return known[word]
    near = did_you_mean(word, known) or f"; there are {', '.join(known)}"
    raise UsageError(f"--period {word} is no period{near}")


def _in_label(job: JobSpec) -> list[str]:
    """Name the windows that the job's label speaks of, in its order."""
    label = job.file.data.get("label")
    try:
        read = parse(label) if isinstance(label, str) else ""
    except ExpressionError:
        return []
    paths = read.names if isinstance(read, Expression) else ()
    return [path[1] for path in paths if path[0] == "windows" and len(path) > 1]


def period_of(name: str, forms: Mapping[str, Form]) -> AnyPeriod | None:
    """Return the period that a window is by its form, or by that of the window it is like."""
    seen = set[str]()
    while isinstance(form := forms.get(name), Like) and name not in seen:
        seen.add(name)
        name = form.window_name
    return form.period if isinstance(form, Period) else None


def periods_between(period: AnyPeriod, first: dt.date, last: dt.date, zone: str) -> tuple[Window, ...]:
    """Return the periods of these inclusive days, in order; UsageError where a day is no edge of one, with the edge."""
    for option, day in (("--from", first), ("--to", last)):
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise UsageError(f"{option} {day}: no report is about that year")
    if first > last:
        raise UsageError(f"--from {first} is later than --to {last}; write the earlier day as --from")
    info = load_zone(zone)
    start, end = day_unix(first, info), day_unix(last + dt.timedelta(days=1), info)
    try:
        _refuse_parts(period, start, end, info)
        found = _between(period, start, end, info)
    except WindowError as error:  # business days know the holidays of some years
        raise UsageError(error.message) from None
    if len(found) > MOST:
        raise UsageError(f"--from {first} --to {last} is more than {MOST:,} runs; write a nearer day")
    if not found:
        raise UsageError(f"there is no {period} from {first} to {last}")
    return tuple(reversed(found))


def _between(period: AnyPeriod, start: int, end: int, zone: ZoneInfo) -> list[Window]:
    """Return the periods from the last to the first, or a few too many of them."""
    found: list[Window] = []
    while end > start and len(found) <= MOST:
        begins, after = bounds(period, end - 1, zone)
        if begins < start:
            break  # business days have gaps, and this one lies before the first day
        found.append(window_of(begins, after, zone.key, period))
        end = begins
    return found


def _refuse_parts(period: AnyPeriod, start: int, end: int, zone: ZoneInfo) -> None:
    """Raise a UsageError that names the nearest edges, where an end lies inside a period."""
    first, last = bounds(period, start, zone), bounds(period, end - 1, zone)
    inside = {"--from": first[0] < start < first[1], "--to": last[0] < end < last[1]}
    if not any(inside.values()):
        return
    begin = first[0] if start - first[0] <= first[1] - start else first[1]
    close = last[1] if last[1] - end <= end - last[0] else last[0]
    if not begin < close:
        begin, close = first[0], last[1]
    whole = {"--from": (first, start, begin, "begins"), "--to": (last, end - 1, close - 1, "ends")}
    said = [_part(option, period, whole[option], zone) for option, wrong in inside.items() if wrong]
    raise UsageError("\n".join(said))


def _part(option: str, period: AnyPeriod, part: tuple[tuple[int, int], int, int, str], zone: ZoneInfo) -> str:
    (begins, after), given, right, verb = part
    edge = day_of(begins if verb == "begins" else after - 1, zone)
    weekday = f"{_DAYS[edge.weekday()]} " if str(period).endswith("week") else ""
    label = window_of(begins, after, zone.key, period).label
    said = f"{option} {day_of(given, zone)} lies inside {label}, which {verb} on {weekday}{edge}"
    return f"{said}; write {option} {day_of(right, zone)}"


def dues(steering: Steered, periods: tuple[Window, ...]) -> tuple[Due, ...]:
    """Return the moment of every period; UsageError names the first that the window never is."""
    return tuple(Due(period, _as_of(steering, period)) for period in periods)


def _as_of(steering: Steered, period: Window) -> dt.datetime:
    found = as_of_for(period, steering.resolve)
    if found is not None:
        return found
    ended = Due(period, period.end).typed
    try:
        is_then = f"as of {ended} it is {steering.resolve(period.end).label}"
    except WindowError as error:
        is_then = f"as of {ended} {error.message.partition('; ')[0]}"
    said = f'there is no moment as of which the window "{steering.name}" is {period.label}: {is_then}'
    raise UsageError(f'{said}; write period = "{steering.period}", offset = -1 in it')


def as_of_for(period: Window, resolve: Resolve) -> dt.datetime | None:
    """Return the earliest moment after a period as of which the window is exactly it; None where there is none.

    The end of a window never moves back while as_of moves on, whatever its form; so the moment is found by halving.
    Where there is no window (a 53rd week that has no counterpart) leaps may miss it: then each day is looked at.
    """
    zone = load_zone(period.zone)

    def reached(unix: int) -> bool:
        try:
            return resolve(at(unix, zone)).end_unix >= period.end_unix
        except WindowError:
            return False

    for moments in (_doubling(period), _daily(period)):
        low = period.end_unix - 1
        for high in moments:
            if reached(high):
                break
            low = high
        else:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if reached(middle) else (middle, high)
        if is_period(resolve(at(high, zone)), period):
            return at(high, zone)
    return None


def _doubling(period: Window) -> Iterator[int]:
    """Yield moments from the period's end on, each twice as far away, up to the last."""
    moment, step = period.end_unix, period.end_unix - period.start_unix
    latest = day_unix(dt.date(LAST_YEAR, 12, 31), load_zone(period.zone))
    while moment < latest:
        yield moment
        moment, step = moment + step, step * 2
    yield latest


def _daily(period: Window) -> Iterator[int]:
    """Yield the days after the period, one by one: a window that there is not as of some of them may be leapt over."""
    zone = load_zone(period.zone)
    first = day_of(period.end_unix, zone)
    yield from (day_unix(first + dt.timedelta(days=n), zone) for n in range(1, NEAR))


def is_period(window: Window, period: Window) -> bool:
    """Tell whether a window is exactly a period, whatever either is called."""
    return (window.start_unix, window.end_unix, window.zone) == (period.start_unix, period.end_unix, period.zone)


def refuse_ahead(found: tuple[Due, ...], now: dt.datetime) -> None:
    """Raise a UsageError where a run would be of a moment that has not come yet; it names the last day that may be."""
    ahead = next((due for due in found if due.as_of > now), None)
    if ahead is None:
        return
    said = f"{ahead.label} cannot be reported before {ahead.as_of.isoformat()}, and it is {now.isoformat()}"
    before = found[: found.index(ahead)]
    advice = f"write --to {before[-1].period.last_day}" if before else "write earlier days"
    raise UsageError(f"{said}; {advice}; only --sandbox can look ahead")


def _unix(day: dt.date, zone: str) -> int:
    return day_unix(day, load_zone(zone))
