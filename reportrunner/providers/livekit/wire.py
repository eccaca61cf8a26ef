"""LiveKit on the wire: how a request is written, how an answer is judged, how protobuf JSON becomes typed cells."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from reportrunner.ask import Ask
from reportrunner.cell import parse_cell
from reportrunner.delimited import unreadable
from reportrunner.flow import Again, Hole, Pairs, Refused, Reply, Request, SessionKey, Verdict
from reportrunner.providers.livekit.session import settings_of, way
from reportrunner.table import Column, ColumnType, Value
from reportrunner.verdict import excerpt, judge_http, plain

Fields = Mapping[str, Any]
PATHS: Mapping[str, tuple[str, ...]] = {
    "attempts": ("connectionCounts", "attempts"),
    "success": ("connectionCounts", "success"),
    "cameraTrack": ("publishedSources", "cameraTrack"),
    "microphoneTrack": ("publishedSources", "microphoneTrack"),
    "screenShareTrack": ("publishedSources", "screenShareTrack"),
    "screenShareAudio": ("publishedSources", "screenShareAudio"),
}
"""Where columns stand that are inside an object."""
NAMES = frozenset(
    "sessionId roomName createdAt endedAt lastActive bandwidthIn bandwidthOut numParticipants numActiveParticipants"
    " connectionCounts roomId startTime endTime connectionMinutes publishBps participantIdentity participantName"
    " joinedAt leftAt connectionType connectionTimeMs deviceModel sdkVersion publishedSources cameraTrack"
    " microphoneTrack screenShareTrack screenShareAudio participantId".split()
)
"""Field names of more than one word (livekit.md §3)."""
EGRESS = {0: "never started", 1: "active", 2: "ended"}
_SNAKE = {re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name): name for name in NAMES}
_SNAKE_KEY = re.compile(rb'"(%s)"\s*:' % "|".join(sorted(_SNAKE)).encode())
"""The key of a field in JSON: inside a text its quotes would be escaped."""
_ZEROS: Mapping[ColumnType, Value] = {
    ColumnType.STRING: "",
    ColumnType.INTEGER: 0,
    ColumnType.DECIMAL: Decimal(0),
    ColumnType.RATIO: Decimal(0),
    ColumnType.BOOLEAN: False,
}
"""What a field that is left out says: protobuf JSON omits zero values; of times and durations, nothing is known."""


def request(ask: Ask, *segments: str, query: Pairs = ()) -> Request:
    """Write a GET below the project; every id is one segment of the path, and no slash ends it (livekit.md §1)."""
    parts = ("api", "project", settings_of(ask.source.settings).project, "sessions", *segments)
    path = "".join(f"/{quote(part, safe='')}" for part in parts)
    bearer = ("Bearer ", Hole("session", "livekit"))
    return Request("GET", path, query=query, headers=(("Authorization", bearer), ("Accept", "application/json")))


def session_of(ask: Ask) -> SessionKey:
    """Return the session that the requests of a source share."""
    return SessionKey(ask.source.name)


def advice_of(ask: Ask) -> str:
    """Return what to look at where the service does not accept the token."""
    if way(ask.source.settings) == "given":
        return "check auth.token: it has expired, lacks the grant roomList, or is of another project"
    return "check api_key and api_secret: they belong to the source's project"


def judge_answer(reply: Reply, advice: str) -> tuple[Fields, Verdict | None]:
    """Return the JSON object of an answer, or why there is none; a 404 is the caller's to judge first."""
    verdict = (None if reply.fault else judge_refusal(reply, advice)) or judge_http(reply)
    if verdict is not None:
        return {}, verdict
    try:
        answer = load(reply)
    except (ValueError, RecursionError):
        return {}, _no_json(reply)
    if not isinstance(answer, dict):
        return {}, Refused("unreadable", f"the answer is no object: {excerpt(reply.body)}")
    if wrong := snake(reply.body):
        said = f'the answer writes "{wrong}" for {_SNAKE[wrong]}: every field would read as zero'
        return {}, Refused("unreadable", said, "check base_url: this is another API, or an older one")
    return answer, None


def judge_refusal(reply: Reply, advice: str) -> Verdict | None:
    """Tell a plan that lacks the API from a token that is not accepted: both are 401 or 403 (livekit.md §5)."""
    if reply.status not in {401, 403}:
        return None
    words = f"HTTP {reply.status}: {excerpt(reply.body)}".rstrip(": ")
    if b"scale plan" in b" ".join(reply.body.lower().split()):
        hint = "the plan is the reason, not the key: the Analytics API needs the Scale plan or a higher one"
        return Refused("refused", words, hint)
    return Again("session", f"{words} ({advice})")


def load(reply: Reply) -> Any:
    """Return the JSON of an answer with its numbers exact; ValueError when it is none."""
    return json.loads(reply.body, parse_float=Decimal, parse_constant=_no_constant)


def _no_constant(text: str) -> None:
    raise ValueError(text)


def _no_json(reply: Reply) -> Verdict:
    """Refuse a page at once: another server answered, and would again; an answer that was cut may come whole."""
    if reply.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        said = f"a page of HTML came instead of JSON: {excerpt(reply.body)}"
        return Refused("unreadable", said, "check base_url, and what stands between: another server answered")
    what = "text" if reply.body.strip() else "an empty body"
    return Again("failed", f"{what} came instead of JSON: {excerpt(reply.body)}".rstrip(": "))


def snake(body: bytes) -> str:
    """Return a field that is written in snake_case, which older guides showed and the service does not send."""
    found = _SNAKE_KEY.search(body)
    return found[1].decode() if found else ""


def objects(fields: Fields, name: str) -> Sequence[Fields]:
    """Return a list of objects; one that is missing or null is empty. ValueError where it is something else."""
    found = fields.get(name)
    if found is None:
        return ()
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ValueError(f"{name} is no list of objects")
    return found


def typed(fields: Fields, columns: tuple[Column, ...], place: str) -> tuple[Value, ...]:
    """Return an object's fields as a row; ProviderError names the object and the column."""
    values: list[Value] = []
    for column in columns:
        try:
            values.append(cell(_found(fields, column.name), column))
        except (ValueError, OverflowError) as error:
            words = f'{place}, column "{column.name}": {error}'
            raise unreadable(f"{words}{_way_out(fields, column)}") from None
    return tuple(values)


def _way_out(fields: Fields, column: Column) -> str:
    """Say how a fraction is taken where an integer is expected; "" for what is no number at all."""
    if column.type is not ColumnType.INTEGER:
        return ""
    try:
        cell(_found(fields, column.name), replace(column, type=ColumnType.DECIMAL))
    except (ValueError, OverflowError):
        return ""
    return f'; write columns = {{ {column.name} = "decimal" }} to take fractions'


def _found(fields: Fields, name: str) -> Any:
    found: Any = fields
    for step in PATHS.get(name, (name,)):
        if found is None:
            return None
        if not isinstance(found, dict):
            raise ValueError(f"{_shown(found)} is no object")  # noqa: TRY004  a wrong value, like the others
        found = found.get(step)
    return found


def cell(raw: Any, column: Column) -> Value:
    """Return a JSON value as its column's type; ValueError where it has none. What is left out has its zero value."""
    kind = column.type
    if column.name == "egress":
        return egress(raw or 0)
    if raw is None:
        return _ZEROS.get(kind)
    if kind is ColumnType.TIMESTAMP:
        return moment(raw)
    if kind is ColumnType.STRING:
        return raw if isinstance(raw, str) else _shown(raw)
    if kind is ColumnType.BOOLEAN:
        if not isinstance(raw, bool):
            raise ValueError(f"{_shown(raw)} is neither true nor false")
        return raw
    if isinstance(raw, bool | list | dict):
        raise ValueError(f"{_shown(raw)} is no {kind}")  # noqa: TRY004  a wrong value, like the others
    return parse_cell(raw if isinstance(raw, str) else f"{raw:f}" if isinstance(raw, Decimal) else str(raw), kind)


def moment(raw: Any) -> dt.datetime | None:
    """Return an instant in UTC, cut to microseconds: RFC 3339, or the seconds and nanos of the message itself (§3)."""
    if raw is None or raw == "":
        return None
    if isinstance(raw, dict) and raw.keys() <= {"seconds", "nanos"}:
        seconds, nanos = (_whole(raw.get(name, 0)) for name in ("seconds", "nanos"))
        return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds, microseconds=nanos // 1000)
    if not isinstance(raw, str):
        raise ValueError(f"{_shown(raw)} is no timestamp")  # noqa: TRY004  a wrong value, like the others
    value = parse_cell(raw, ColumnType.TIMESTAMP)
    assert isinstance(value, dt.datetime)
    return value


def _whole(raw: Any) -> int:
    value = None if isinstance(raw, bool) else parse_cell(str(raw), ColumnType.INTEGER)
    if not isinstance(value, int):
        raise ValueError(f"{_shown(raw)} is no integer")  # noqa: TRY004  a wrong value, like the others
    return value


def egress(raw: Any) -> str:
    """Return the word of an egress state, which comes as number, digits or the name of an enum (§3: form unknown)."""
    text = _shown(raw) if not isinstance(raw, str) else raw.strip()
    if text.isascii() and text.isdigit():
        return EGRESS.get(int(text), text)
    name = text.upper().replace(" ", "_")
    return next((word for word in EGRESS.values() if re.search(rf"(^|_){word.upper().replace(' ', '_')}$", name)), text)


def _shown(raw: Any) -> str:
    return plain(json.dumps(raw, ensure_ascii=False, sort_keys=True, default=str), 200)
