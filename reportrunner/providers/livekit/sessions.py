"""`sessions.list`: the sessions that began in a window (livekit.md §2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from pydantic import Field

from reportrunner.ask import Ask, Endpoint
from reportrunner.delimited import unreadable
from reportrunner.flow import Done, Flow, More, Refused, Reply, Request, Step, Verdict
from reportrunner.providers.livekit import wire
from reportrunner.providers.livekit.columns import SESSIONS
from reportrunner.spec import EndpointDataset
from reportrunner.table import Column, Note, Rows, Value, declare
from reportrunner.verdict import excerpt, plain
from reportrunner.window import Window
from reportrunner.window.span import WindowError
from reportrunner.window.window import window_of
from reportrunner.window.zone import unix_of

DAYS = 7
"""A start must lie within so many days of today; whether the last of them passes is not known."""
PAGES = 1_000
DAY = dt.timedelta(days=1)


class SessionsList(EndpointDataset):
    """Keys of `sessions.list`."""

    diagnostic_owner: ClassVar[str] = "sessions.list"
    familiar: ClassVar[Mapping[str, str]] = {
        "start": 'is decided by the window; write window = "name"',
        "end": 'is decided by the window; write window = "name"',
        "page": "is not needed: all pages are fetched",
        "filters": "are unknown here: the service filters by day alone; use sql over the dataset",
    }
    endpoint: Literal["sessions.list"]
    window: str
    limit: int = Field(default=100, gt=0, description="Sessions per page; large values may time out")
    too_old: Literal["error", "clamp", "ask"] = Field(
        default="error",
        description="A window that begins too early: refuse it, leave out what is too old, or try the seventh day",
    )


def columns_of(parameters: EndpointDataset) -> tuple[Column, ...]:
    """Return the columns of a session in the list, with the types and columns that the job adds."""
    return declare(SESSIONS, parameters.columns)


def unfold_list(ask: Ask) -> Flow:
    """Return the flow of all pages, one after the other.

    `end` is asked for as the day after the last one: official sources disagree whether that day is included, and rows
    outside the window are dropped, so that both readings give the same rows (livekit.md §7).
    """
    parameters, window = ask.parameters, ask.window
    assert isinstance(parameters, SessionsList)
    assert window is not None
    first, after = days_of(window)
    begins, notes = _moment(window.start_unix), list[Note]()
    asked = first_day(ask, parameters, window)
    if asked > first:
        said = f"sessions that began before {asked} (UTC) cannot be asked for any more, and are missing"
        begins, notes = dt.datetime.combine(asked, dt.time(), dt.UTC), [Note("livekit.clamped", said)]
    query = (("limit", str(parameters.limit)), ("page", "0"), ("start", f"{asked}"), ("end", f"{after}"))
    reader = ListReader(columns_of(parameters), begins, _moment(window.end_unix), tuple(notes))
    step = Step("fetch", wire.request(ask, query=query), PageJudge(wire.advice_of(ask)))
    named = (ask.dataset, ask.source.name, "livekit.sessions.list")
    return Flow(*named, (step,), reader, wire.session_of(ask), early=reader)


def covers(ask: Ask) -> Window | None:
    """Return the part of the window that is asked for: what is too old may be left out."""
    parameters, window = ask.parameters, ask.window
    assert isinstance(parameters, SessionsList)
    assert window is not None
    asked = first_day(ask, parameters, window)
    if asked <= days_of(window)[0]:
        return window
    begins = dt.datetime.combine(asked, dt.time(), dt.UTC)
    return window_of(unix_of(begins), window.end_unix, window.zone)


def days_of(window: Window) -> tuple[dt.date, dt.date]:
    """Return the UTC days to ask for: that of the first second, and the one after that of the last."""
    return _moment(window.start_unix).date(), _moment(window.end_unix - 1).date() + DAY


def first_day(ask: Ask, parameters: SessionsList, window: Window) -> dt.date:
    """Return the first day that is asked for; WindowError where the service would not answer (livekit.md §2)."""
    first, after = days_of(window)
    today = ask.now.astimezone(dt.UTC).date()
    seventh = today - DAYS * DAY
    earliest = seventh + DAY
    if first >= earliest or (parameters.too_old == "ask" and first == seventh):
        return first
    if parameters.too_old == "clamp" and after > earliest:
        return earliest
    ways = [f'write from = {_day_from(earliest, window)} and to = "as_of"']
    ways += ['write too_old = "clamp" to leave out what is older'] if after > earliest else []
    ways += ['write too_old = "ask" to try the seventh day'] if first == seventh else []
    raise WindowError(
        f"the service answers sessions that began within {DAYS} days of today, {today} in UTC: the window begins on"
        f" {first}, and the earliest day that surely passes is {earliest} in UTC; {', or '.join(ways)}"
    )


def _day_from(earliest: dt.date, window: Window) -> dt.date:
    """Return the first day of the window's zone that begins no earlier than a UTC day."""
    begins = dt.datetime.combine(earliest, dt.time(), window.start.tzinfo)
    return earliest if begins.astimezone(dt.UTC).date() >= earliest else earliest + DAY


def _moment(unix: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(unix, dt.UTC)


@dataclass(frozen=True, slots=True)
class PageJudge:
    """Judges a page: only an empty one, or one that adds no session, ends the list: the service may cap its pages."""

    advice: str
    """What to look at where the token is not accepted."""

    def __call__(self, request: Request, reply: Reply) -> Verdict:
        """Return the verdict: the next page is asked for while pages add sessions."""
        if reply.status == 404 and not reply.fault:
            said = f"HTTP 404: {excerpt(reply.body)}".rstrip(": ")
            return Refused("refused", f"there is no such project ({said})", "check the source's project and base_url")
        answer, verdict = wire.judge_answer(reply, self.advice)
        if verdict is not None:
            return verdict
        try:
            found = entries(answer)
        except ValueError as error:
            return Refused("unreadable", f"{error}: {excerpt(reply.body)}")
        new = frozenset(str(entry["sessionId"]) for entry in found).difference(request.before)
        if not new:
            return Done()
        if request.page + 1 >= PAGES:
            return Refused("truncated", f"{PAGES:,} pages came and no end", "narrow the window, or raise limit")
        page = request.page + 1
        query = tuple((name, str(page) if name == "page" else value) for name, value in request.query)
        return More((replace(request, query=query, page=page, before=(*request.before, *sorted(new))),))


def entries(answer: wire.Fields) -> tuple[wire.Fields, ...]:
    """Return the sessions of a page; none where it is empty, or its list null. ValueError for what is no such page."""
    if answer.get("sessions") is None and (others := answer.keys() - {"sessions"}):
        raise ValueError(f"the answer has no sessions, but {plain(', '.join(sorted(others)), 80)}")
    found = wire.objects(answer, "sessions")
    if not all(isinstance(entry.get("sessionId"), str) and entry["sessionId"] for entry in found):
        raise ValueError("a session has no sessionId")
    return tuple(found)


@dataclass(frozen=True, slots=True)
class ListReader:
    """Reads pages into the sessions that began in [begins, ends), each once, as the last page told it."""

    columns: tuple[Column, ...]
    begins: dt.datetime
    ends: dt.datetime
    notes: tuple[Note, ...] = ()

    def __call__(self, replies: tuple[Reply, ...]) -> Rows:
        """Return the rows; ProviderError names the session and the column that cannot be read."""
        latest: dict[str, wire.Fields] = {}
        notes = list(self.notes)
        for number, reply in enumerate(replies):
            page = _page(reply)
            before = len(latest)
            latest |= {entry["sessionId"]: entry for entry in page}
            if number and page and len(latest) == before:
                said = "a page held only sessions of earlier pages, and was taken for the end of the list"
                notes.append(Note("livekit.repeated_page", said))
        kept, undated = [], []
        for name, entry in latest.items():
            began = _began(name, entry)
            undated += [name] if began is None else []
            if began is None or self.begins <= began < self.ends:
                kept.append(entry)
        if undated:
            said = "sessions came without createdAt: whether they began in the window is not known, and they are kept"
            notes.append(Note("livekit.undated", said, tuple(sorted(undated)[:5])))
        return Rows(self.columns, [self._row(entry) for entry in kept], tuple(notes))

    def _row(self, entry: wire.Fields) -> tuple[Value, ...]:
        return wire.typed(entry, self.columns, f"session {entry['sessionId']}")


def _page(reply: Reply) -> tuple[wire.Fields, ...]:
    return entries(wire.load(reply))


def _began(name: str, entry: wire.Fields) -> dt.datetime | None:
    try:
        return wire.moment(entry.get("createdAt"))
    except (ValueError, OverflowError) as error:
        raise unreadable(f'session {name}, column "createdAt": {error}') from None


def _key(_: Any) -> tuple[str, ...]:
    return ("sessionId",)


LIST = Endpoint(
    name="sessions.list",
    summary="Sessions that began in a window, all pages",
    parameters=SessionsList,
    unfold=unfold_list,
    columns=columns_of,
    key=_key,
    covers=covers,
    zone="exact instants: UTC days are asked for (documented), and rows are kept by createdAt",
    permissions="a token with the grant roomList; the Scale plan or a higher one",
    limits=(
        "a window may begin six days before today (UTC); whether the seventh passes is not known",
        "all pages are fetched, one after the other; limit is the size of a page, and large ones may time out",
    ),
    traps=(
        "sources disagree whether the day in end is included: one more is asked for, and other days are dropped",
        "a short page is not the last one: only an empty page, or one without a new session, ends the list",
        "sessions arrive while pages are fetched: each is landed once, as the last page told it",
        "zero values are left out of the answer, and 64-bit numbers are texts: both are landed as exact numbers",
        "a session that runs has no endedAt: it is null",
    ),
)
