"""`sessions.list`: the sessions that began in a window (livekit.md §2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from pydantic import Field

from reportrunner.ask import Ask, Endpoint
from reportrunner.days import Choice, Days
from reportrunner.delimited import unreadable
from reportrunner.flow import Done, Flow, More, Refused, Reply, Request, Step, Verdict
from reportrunner.providers.livekit import wire
from reportrunner.providers.livekit.columns import SESSIONS
from reportrunner.providers.livekit.times import choices_of, covered, days_of, first_day, span_of
from reportrunner.spec import EndpointDataset
from reportrunner.table import Column, Note, Rows, Value, declare
from reportrunner.verdict import excerpt, plain
from reportrunner.window import Window

PAGES = 1_000


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


def _choices(ask: Ask) -> tuple[Choice, ...]:
    assert isinstance(ask.parameters, SessionsList)
    assert ask.window is not None
    return choices_of(ask.window, ask.now, ask.parameters.too_old)


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
    (first, after), (begins, ends), notes = days_of(window), span_of(window), list[Note]()
    asked = first_day(window, ask.now, parameters.too_old)
    if asked > first:
        said = f"sessions that began before {asked} (UTC) cannot be asked for any more, and are missing"
        begins, notes = dt.datetime.combine(asked, dt.time(), dt.UTC), [Note("livekit.clamped", said)]
    query = (("limit", str(parameters.limit)), ("page", "0"), ("start", f"{asked}"), ("end", f"{after}"))
    reader = ListReader(columns_of(parameters), begins, ends, tuple(notes))
    step = Step("fetch", wire.request(ask, query=query), PageJudge(wire.advice_of(ask)))
    named = (ask.dataset, ask.source.name, "livekit.sessions.list")
    return Flow(*named, (step,), reader, wire.session_of(ask), early=reader)


def covers(ask: Ask) -> Window | None:
    """Return the part of the window that is asked for: what is too old may be left out."""
    assert isinstance(ask.parameters, SessionsList)
    assert ask.window is not None
    return covered(ask.window, ask.now, ask.parameters.too_old)


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
    choices=_choices,
    days=Days("instants", "documented", words="days of UTC are asked for, and rows are kept by createdAt"),
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
ENDPOINTS = (LIST,)
