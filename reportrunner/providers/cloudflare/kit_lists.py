"""Lists of RealtimeKit: sessions, one session, its participants, recordings, livestreams (§1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from reportrunner.ask import Ask, Endpoint
from reportrunner.days import Days
from reportrunner.diagnose import Hinted
from reportrunner.flow import Flow, Pairs
from reportrunner.providers.cloudflare import kit_columns
from reportrunner.providers.cloudflare.dataset import KitDataset, Windowless, fetch, get, kit_path
from reportrunner.providers.cloudflare.daywise import PERMISSIONS
from reportrunner.providers.cloudflare.paging import FIRST, ListReader, PageJudge, Place
from reportrunner.providers.cloudflare.source import Id
from reportrunner.providers.cloudflare.times import as_moments
from reportrunner.spec import EndpointDataset
from reportrunner.table import Column, declare

Text = Annotated[str, Field(min_length=1)]


def _range(value: str) -> str:
    if not re.fullmatch(r"[0-9]+:[0-9]+", value):
        raise Hinted(f'"{value}" is no range of participants', 'write "1:10"')
    return value


class ListDataset(KitDataset):
    """Keys of every list."""

    per_page: int = Field(default=100, ge=1, le=1000, description="Objects of a page; no source says the most")


class Sessions(ListDataset):
    """`realtime.kit.sessions`: sessions of an app."""

    diagnostic_owner: ClassVar[str] = "realtime.kit.sessions"
    endpoint: Literal["realtime.kit.sessions"]
    status: Literal["LIVE", "ENDED"] | None = None
    participants: Annotated[str, AfterValidator(_range)] | None = Field(default=None, description='Such as "1:10"')
    search: Text | None = Field(default=None, description="Matches titles and ids of meetings, and ids of sessions")
    associated_id: Id | None = Field(default=None, description="The id of a meeting")
    sort_by: Literal["minutesConsumed", "createdAt"] = "createdAt"
    sort_order: Literal["ASC", "DESC"] = "ASC"


class Session(Windowless, KitDataset):
    """`realtime.kit.session`: one session."""

    diagnostic_owner: ClassVar[str] = "realtime.kit.session"
    endpoint: Literal["realtime.kit.session"]
    session_id: Id
    include_breakout_rooms: bool = Field(default=False, description="Its breakout rooms follow as rows, with parent_id")


class Participants(Windowless, ListDataset):
    """`realtime.kit.participants`: participants of a session."""

    diagnostic_owner: ClassVar[str] = "realtime.kit.participants"
    endpoint: Literal["realtime.kit.participants"]
    session_id: Id
    per_page: int = Field(default=200, ge=1, le=200, description="Objects of a page")
    search: Text | None = Field(default=None, description="Matches ids and names of participants")
    sort_by: Literal["joinedAt", "duration"] = "joinedAt"
    sort_order: Literal["ASC", "DESC"] = "ASC"
    view: Literal["raw", "consolidated"] = Field(
        default="raw", description="consolidated: durations in breakout rooms are added up"
    )
    include_peer_events: bool = Field(default=False, description="Declare peer_events among the columns to land them")

    @model_validator(mode="after")
    def _landed(self) -> Self:
        if self.include_peer_events and "peer_events" not in self.columns:
            hint = 'add peer_events = "string" to columns, or remove include_peer_events'
            raise Hinted("events that no column lands are asked for in vain", hint, key="include_peer_events")
        return self


class Recordings(ListDataset):
    """`realtime.kit.recordings`: recordings of an app."""

    diagnostic_owner: ClassVar[str] = "realtime.kit.recordings"
    endpoint: Literal["realtime.kit.recordings"]
    status: list[Literal["INVOKED", "RECORDING", "UPLOADING", "UPLOADED", "ERRORED", "PAUSED"]] | None = Field(
        default=None, min_length=1
    )
    meeting_id: Id | None = None
    expired: bool | None = Field(default=None, description="Only those whose file has, or has not, been deleted")
    search: Text | None = Field(default=None, description="Matches titles and ids of meetings")
    sort_by: Literal["invokedTime"] = "invokedTime"
    sort_order: Literal["ASC", "DESC"] = "ASC"


class Livestreams(ListDataset):
    """`realtime.kit.livestreams`: livestreams of an app."""

    diagnostic_owner: ClassVar[str] = "realtime.kit.livestreams"
    endpoint: Literal["realtime.kit.livestreams"]
    status: Literal["LIVE", "IDLE", "ERRORED", "INVOKED"] | None = None
    exclude_meetings: bool | None = Field(default=None, description="Leave out meetings that are streamed")
    sort_order: Literal["ASC", "DSC"] = Field(default="ASC", description="DSC, as this read alone spells it")

    @field_validator("sort_order", mode="before")
    @classmethod
    def _spelt(cls, value: object) -> object:
        if value == "DESC":
            raise Hinted("livestreams are the one list whose descending order is spelt DSC", 'write "DSC"')
        return value


@dataclass(frozen=True, slots=True)
class ListRead:
    """How one of the lists is asked and read."""

    path: Callable[[Any], str]
    place: Place
    columns: tuple[Column, ...]
    asked: tuple[str, ...]
    """Its query parameters beside pages and window, in the order in which they are sent."""


READS: Final[Mapping[str, ListRead]] = {
    "realtime.kit.sessions": ListRead(
        lambda _: "sessions",
        Place("sessions"),
        kit_columns.SESSION,
        ("status", "participants", "search", "associated_id", "sort_by", "sort_order"),
    ),
    "realtime.kit.session": ListRead(
        lambda asked: f"sessions/{asked.session_id}",
        Place("session"),
        kit_columns.SESSION,
        ("include_breakout_rooms",),
    ),
    "realtime.kit.participants": ListRead(
        lambda asked: f"sessions/{asked.session_id}/participants",
        Place("participants"),
        kit_columns.PARTICIPANT,
        ("search", "sort_by", "sort_order", "include_peer_events", "view"),
    ),
    "realtime.kit.recordings": ListRead(
        lambda _: "recordings",
        Place("recordings"),
        kit_columns.RECORDING,
        ("meeting_id", "expired", "search", "sort_by", "sort_order", "status"),
    ),
    "realtime.kit.livestreams": ListRead(
        lambda _: "livestreams",
        Place("livestreams"),
        kit_columns.LIVESTREAM,
        ("exclude_meetings", "status", "sort_order"),
    ),
}


def unfold_list(ask: Ask) -> Flow:
    """Return the flow of a list, page behind page from the first, or of one object."""
    parameters, read = ask.parameters, READS[ask.endpoint.name]
    columns = declare(known_columns(parameters), parameters.columns)
    query = written(parameters, read.asked)
    page = FIRST if isinstance(parameters, ListDataset) else 0
    if page:
        query = (("page_no", str(page)), ("per_page", str(getattr(parameters, "per_page", ""))), *query)
    if ask.window is not None:
        first, last = as_moments(ask.window)
        query = (*query, ("start_time", first), ("end_time", last))
    request = get(ask, kit_path(ask, read.path(parameters)), query, page)
    rooms = getattr(parameters, "include_breakout_rooms", False)
    reader = ListReader(read.place, known_columns(parameters), columns, rooms)
    return fetch(ask, request, PageJudge(read.place), reader)


def written(parameters: EndpointDataset, names: tuple[str, ...]) -> Pairs:
    """Write the parameters that are given; a list is one text with commas, as RealtimeKit declares it (§2.1)."""
    given = ((name, getattr(parameters, name)) for name in names)
    unasked = {name for name, field in type(parameters).model_fields.items() if field.default is False}
    return tuple((n, text(v)) for n, v in given if v is not None and not (v is False and n in unasked))


def text(value: object) -> str:
    """Return a value as a query has it."""
    if isinstance(value, list | tuple):
        return ",".join(map(text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def known_columns(parameters: EndpointDataset) -> tuple[Column, ...]:
    """Return the columns that the catalogue knows."""
    rooms = getattr(parameters, "include_breakout_rooms", False)
    return (*READS[parameters.endpoint].columns, *((kit_columns.PARENT,) if rooms else ()))


def _endpoint(model: type[KitDataset], summary: str, days: Days, *traps: str) -> Endpoint:
    return Endpoint(
        name=model.diagnostic_owner,
        summary=summary,
        parameters=model,
        unfold=unfold_list,
        columns=known_columns,
        key=lambda _: ("id",),
        days=days,
        permissions=PERMISSIONS,
        limits=("the most objects of a page are not documented, participants apart (200); all pages are fetched",),
        traps=traps,
    )


_PAGES: Final = (
    "pages are fetched from 1 until one is empty, ends at total_count or adds nothing: cloudflare.repeated_page"
)
_MOMENTS: Final = Days(
    "instants",
    "source-proven",
    words="sent in RFC 3339; which moment of an object they select by is not documented",
)
_BY_ID: Final = Days("none", words="it is asked by its id")
_BY_SESSION: Final = Days("none", words="they are asked by session")
_LINKS: Final = "download links open the file to whoever has them: they are never landed"
ENDPOINTS: Final = (
    _endpoint(Sessions, "Sessions of an app, all pages", _MOMENTS, _PAGES),
    _endpoint(
        Session,
        "One session",
        _BY_ID,
        "data is the session, or holds it: both are read",
    ),
    _endpoint(Participants, "Participants of a session, all pages", _BY_SESSION, _PAGES),
    _endpoint(Recordings, "Recordings of an app, all pages", _MOMENTS, _PAGES, _LINKS),
    _endpoint(
        Livestreams,
        "Livestreams of an app, all pages",
        _MOMENTS,
        _PAGES,
        "stream_key opens the stream to whoever has it: it is never landed",
        "descending order is spelt DSC here, and DESC in the other lists",
    ),
)
