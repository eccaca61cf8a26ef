"""Buckets of time and their labels, which differ by family and interval (kaltura.md §5.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone

from reportrunner.sandbox.kaltura_question import Question
from reportrunner.sandbox.kaltura_tally import Tally, tallies
from reportrunner.sandbox.universe import Event

_STEPS = {"days": 86_400, "hours": 3600, "ten_minutes": 600, "minutes": 60, "ten_seconds": 10}
_IDS = {"years": "%Y", "months": "%Y%m", "days": "%Y%m%d", "hours": "%Y%m%d%H"}
_COARSE = ("days", "months", "years")
# Intervals whose labels are no ids of digits but unix seconds; what is neither is an ISO timestamp.
_UNIX = {
    "realtime": ("days", "hours", "minutes", "ten_seconds"),
    "qoe": ("days", "hours", "minutes", "ten_seconds", "ten_minutes"),
}
_DATE_COLUMN = {"months": "month_id", "years": "year_id"}
_MOST = {"years": 15, "months": 120}
_MOST_DAYS = 5000


def date_column(question: Question) -> str:
    """Name the first column of a time series."""
    return _DATE_COLUMN.get(question.interval, "date_id")


def _start(question: Question, at: int) -> int:
    """Find the start of the bucket of an instant, in seconds of the asked zone's wall clock."""
    local = at - question.offset * 60
    if question.interval in _STEPS:
        return local - local % _STEPS[question.interval]
    day = datetime.fromtimestamp(local, UTC)
    first = day.replace(month=day.month if question.interval == "months" else 1, day=1)
    return int(first.replace(hour=0, minute=0, second=0).timestamp())


def _label(question: Question, start: int) -> str:
    family, interval = question.report["family"], question.interval
    if interval in _UNIX.get(family, ()):
        return str(start + question.offset * 60)
    ids = _IDS if family not in _UNIX else {"months": _IDS["months"]}
    wall = datetime.fromtimestamp(start, UTC)
    if interval in ids:
        return wall.strftime(ids[interval])
    if not question.offset:
        return wall.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    zone = timezone(timedelta(minutes=-question.offset))
    return wall.replace(tzinfo=zone).isoformat(timespec="milliseconds")


def _starts(question: Question) -> Iterator[int]:
    """List the starts of the window's buckets, as many as the server fills at most (kaltura.md §4.1)."""
    if question.window is None:
        return
    most = _MOST.get(question.interval)
    end = question.window.end if most else min(question.window.end, question.window.start + _MOST_DAYS * 86_400)
    start, count = _start(question, question.window.start), 0
    while start + question.offset * 60 < end and (most is None or count < most):
        yield start
        count += 1
        step = _STEPS.get(question.interval, 400 * 86_400 if question.interval == "years" else 32 * 86_400)
        start = _start(question, start + question.offset * 60 + step)


def _by_start(question: Question) -> dict[int, Tally]:
    if not question.plays:
        return {}
    if question.joined and question.interval not in _COARSE:
        return {start: Tally() for start in _starts(question)}
    found = tallies(sorted(question.plays, key=_at), lambda event: _start(question, event.at))
    if question.skip_empty and not question.joined:
        return found
    return {start: found.get(start) or Tally() for start in _starts(question)}


def _at(event: Event) -> int:
    return event.at


def buckets(question: Question) -> dict[str, Tally]:
    """Tally per time bucket in order of time; empty ones when asked for, and always in joined reports."""
    return {_label(question, start): sums for start, sums in _by_start(question).items()}


def day_points(question: Question, split: Callable[[Tally], str]) -> dict[str, str]:
    """Join what ``split`` makes of every bucket under its day, however fine or coarse the interval is (§5.4)."""
    found: dict[str, list[str]] = {}
    for start, sums in _by_start(question).items():
        text = split(sums)
        if text:
            found.setdefault(datetime.fromtimestamp(start, UTC).strftime(_IDS["days"]), []).append(text)
    return {day: ",".join(texts) for day, texts in found.items()}
