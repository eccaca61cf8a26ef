"""`sessions.get` and the parts of its answer: participants, their connections, and two series (livekit.md §3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import AfterValidator, Field, field_validator

from reportrunner.ask import Ask, Endpoint
from reportrunner.days import Days
from reportrunner.delimited import unreadable
from reportrunner.diagnose import Hinted
from reportrunner.errors import ProviderError
from reportrunner.flow import Done, Flow, Refused, Reply, Request, Step, Verdict
from reportrunner.providers.livekit import columns, wire
from reportrunner.providers.livekit.spans import connected, lasts, seconds_of, span, untimed
from reportrunner.spec import EndpointDataset
from reportrunner.table import Column, Note, Rows, Value, declare
from reportrunner.verdict import excerpt, plain

FRESH = dt.timedelta(hours=1)
"""For so long after its end a session without participants may still get them."""
Part = Callable[[wire.Fields], Iterator[wire.Fields]]


def _id(value: str) -> str:
    if not value.strip():
        raise Hinted("the id of a session is empty", 'write id = "{{ each }}" beside each, or the id of one session')
    return value


class OneSession(EndpointDataset):
    """Keys of `sessions.get` and its parts."""

    diagnostic_owner: ClassVar[str] = "sessions.get"
    familiar: ClassVar[Mapping[str, str]] = {
        "session_id": 'is spelt id; write id = "{{ each }}"',
        "sessionId": 'is spelt id; write id = "{{ each }}"',
        "roomId": 'is spelt id; write id = "{{ each }}"',
    }
    id: Annotated[str, AfterValidator(_id), Field(description="Id of a session, RM_...")]

    @field_validator("window")
    @classmethod
    def _none(cls, value: str | None) -> str | None:
        if value is not None:
            raise Hinted("a session is asked by its id, and takes no window", "give sessions.list the window")
        return value


class SessionsGet(OneSession):
    """`sessions.get`: the session itself."""

    endpoint: Literal["sessions.get"]


class Participants(OneSession):
    """`sessions.get#participants`: who took part."""

    diagnostic_owner: ClassVar[str] = "sessions.get#participants"
    endpoint: Literal["sessions.get#participants"]


class Connections(OneSession):
    """`sessions.get#connections`: their connections."""

    diagnostic_owner: ClassVar[str] = "sessions.get#connections"
    endpoint: Literal["sessions.get#connections"]


class Quality(OneSession):
    """`sessions.get#quality`: the quality over time."""

    diagnostic_owner: ClassVar[str] = "sessions.get#quality"
    endpoint: Literal["sessions.get#quality"]


class PublishBps(OneSession):
    """`sessions.get#publishBps`: the bits per second over time."""

    diagnostic_owner: ClassVar[str] = "sessions.get#publishBps"
    endpoint: Literal["sessions.get#publishBps"]


def details(answer: wire.Fields) -> Iterator[wire.Fields]:
    """Yield the session itself."""
    yield answer


def participants(answer: wire.Fields) -> Iterator[wire.Fields]:
    """Yield participants; their time is the sum over their connections, not from the first to the last moment."""
    for participant in wire.objects(answer, "participants"):
        stays = wire.objects(participant, "sessions")
        told = {
            "roomId": answer["roomId"],
            "connections": len(stays),
            "openConnections": sum(map(lasts, stays)),
            "connectedSeconds": connected(stays),
        }
        yield {**participant, **told}


def connections(answer: wire.Fields) -> Iterator[wire.Fields]:
    """Yield the connections of all participants."""
    for participant in wire.objects(answer, "participants"):
        whose = {"roomId": answer["roomId"], "participantIdentity": participant.get("participantIdentity")}
        for connection in wire.objects(participant, "sessions"):
            lasted = span(connection)
            yield {**connection, **whose, "connectedSeconds": None if lasted is None else seconds_of(lasted)}


def series(answer: wire.Fields, name: str) -> Iterator[wire.Fields]:
    """Yield the points of a series."""
    for point in wire.objects(answer, name):
        yield {**point, "roomId": answer["roomId"]}


@dataclass(frozen=True, slots=True)
class DetailsJudge:
    """Judges the details of a session; one that is not known is for the reader, who knows whether it was listed."""

    id: str
    advice: str
    """What to look at where the token is not accepted."""

    def __call__(self, _: Request, reply: Reply) -> Verdict:
        """Return the verdict; an answer that is of another session than the one asked for is unreadable."""
        if reply.status == 404 and not reply.fault:
            return Done()
        answer, verdict = wire.judge_answer(reply, self.advice)
        if verdict is not None:
            return verdict
        found = answer.get("roomId")
        if not isinstance(found, str) or not found:
            return Refused("unreadable", f"the answer is no session, it has no roomId: {excerpt(reply.body)}")
        if found != self.id:
            said = f"the answer is of session {plain(found, 80)}, and {plain(self.id, 80)} was asked"
            return Refused("unreadable", said)
        return Done()


@dataclass(frozen=True, slots=True)
class DetailsReader:
    """Reads one part of a session's details."""

    columns: tuple[Column, ...]
    part: Part
    id: str
    listed: bool
    """Whether the id is one of many: then a session that is gone is told, and the others are landed."""
    now: dt.datetime
    staged: bool
    """Whether the part is wrong as long as the participants are missing."""

    def __call__(self, replies: tuple[Reply, ...]) -> Rows:
        """Return the rows of the part; ProviderError for a session that is not known, or a value of another type."""
        (reply,) = replies
        if reply.status == 404:
            return self._gone(reply)
        answer = wire.load(reply)
        place = f"session {self.id}"
        try:
            found = list(self.part(answer))
            notes = (*self._pending(answer), *self._untimed(answer))
        except (ValueError, OverflowError) as error:
            raise unreadable(f"{place}: {error}") from None
        return Rows(self.columns, [self._row(fields, place) for fields in found], notes)

    def _row(self, fields: wire.Fields, place: str) -> tuple[Value, ...]:
        return wire.typed(fields, self.columns, place)

    def _gone(self, reply: Reply) -> Rows:
        if not self.listed:
            words = f"there is no session {plain(self.id, 80)}: HTTP 404 {excerpt(reply.body)}".rstrip()
            raise ProviderError(f"{words}; check id, and the source's project", kind="refused")
        said = "sessions are not known to the service (404), and are missing here"
        return Rows(self.columns, (), (Note("livekit.session_gone", said, (plain(self.id, 80),)),))

    def _pending(self, answer: wire.Fields) -> tuple[Note, ...]:
        ended = wire.moment(answer.get("endTime"))
        if not self.staged or ended is None or wire.objects(answer, "participants"):
            return ()
        counted = answer.get("numParticipants") not in {None, 0, "0"}
        if not counted and ended <= self.now - FRESH:
            return ()
        said = "sessions came without their participants: details appear in stages after a session has ended; run later"
        return (Note("livekit.details_pending", said, (plain(self.id, 80),)),)

    def _untimed(self, answer: wire.Fields) -> tuple[Note, ...]:
        stays = (stay for one in wire.objects(answer, "participants") for stay in wire.objects(one, "sessions"))
        if self.part not in {participants, connections} or not any(map(untimed, stays)):
            return ()
        said = "sessions have connections that end before they begin, or have no beginning: their time is not known"
        return (Note("livekit.untimed", said, (plain(self.id, 80),)),)


def unfold_details(ask: Ask, part: Part, known: tuple[Column, ...], staged: bool) -> Flow:
    """Return the flow of one session; every part of a session asks the same, and is asked once."""
    parameters = ask.parameters
    assert isinstance(parameters, OneSession)
    read = DetailsReader(
        declare(known, parameters.columns), part, parameters.id, ask.value is not None, ask.now, staged
    )
    step = Step("fetch", wire.request(ask, parameters.id), DetailsJudge(parameters.id, wire.advice_of(ask)))
    return Flow(ask.dataset, ask.source.name, "livekit.sessions.get", (step,), read, wire.session_of(ask))


def _declared(parameters: EndpointDataset, known: tuple[Column, ...]) -> tuple[Column, ...]:
    return declare(known, parameters.columns)


def _key(_: EndpointDataset) -> tuple[str, ...]:
    return ("roomId",)


def _endpoint(
    model: type[OneSession], summary: str, part: Part, known: tuple[Column, ...], trap: str, *, staged: bool = True
) -> Endpoint:
    return Endpoint(
        name=get_args(model.model_fields["endpoint"].annotation)[0],
        summary=summary,
        parameters=model,
        unfold=partial(unfold_details, part=part, known=known, staged=staged),
        columns=partial(_declared, known=known),
        key=_key if part is details else lambda _: (),
        days=Days("none", words="a session as a whole"),
        permissions="a token with the grant roomList; the Scale plan or a higher one",
        limits=("one request per session, however many of its parts a job reads",),
        traps=(trap, *TRAPS),
    )


TRAPS = (
    "details appear in stages after a session has ended: one without participants is told as livekit.details_pending",
    "a session of the list may be unknown by then (404): its rows are missing, told as livekit.session_gone",
    "zero values are left out of the answer, and 64-bit numbers are texts: both are landed as exact numbers",
)
POINTS = "a point without a value is 0; a whole series may be missing"
ENDPOINTS = (
    _endpoint(
        SessionsGet,
        "One session: times, billable bytes and minutes",
        details,
        columns.DETAILS,
        "bandwidth is what is billed; it is not the sum of bandwidthIn and bandwidthOut of the list",
    ),
    _endpoint(
        Participants,
        "Who took part in a session, with place, device and time",
        participants,
        columns.PARTICIPANTS,
        "a participant may leave and come back: connectedSeconds adds up the connections that ended",
    ),
    _endpoint(
        Connections,
        "Every connection of every participant",
        connections,
        columns.CONNECTIONS,
        "a connection that lasts has no leftAt, and no connectedSeconds; nor has one whose moments are not in order",
    ),
    _endpoint(
        Quality,
        "The quality of a session over time",
        partial(series, name="quality"),
        columns.QUALITY,
        POINTS,
        staged=False,
    ),
    _endpoint(
        PublishBps,
        "The bits per second published in a session over time",
        partial(series, name="publishBps"),
        columns.PUBLISH_BPS,
        POINTS,
        staged=False,
    ),
)
