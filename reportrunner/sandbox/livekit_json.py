"""Sessions as the service writes them: protobuf JSON, at the moment it is asked (livekit.md §3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from reportrunner.sandbox.livekit_universe import MICRO, MINUTE, Connection, Participant, Session

STAGED = 300 * MICRO
"""For so long after its end a session's details have no participants yet."""
_SOURCES = ("cameraTrack", "microphoneTrack", "screenShareTrack", "screenShareAudio")


def list_entry(session: Session, now: int) -> dict[str, Any]:
    """Return an entry of the list; ``now`` in unix microseconds."""
    there = [p for p in session.participants if _stays(p, now)]
    active = sum(any(stay.left > now for stay in _stays(p, now)) for p in there)
    stood = sum(len(_stays(p, now)) for p in there)
    counts = without_zeros({"attempts": stood + session.failed, "success": stood})
    running = session.end > now
    return without_zeros(
        {
            "sessionId": session.session_id,
            "roomName": session.room,
            "createdAt": timestamp(session.start),
            "endedAt": "" if running else timestamp(session.end),
            "lastActive": timestamp(min(session.end, now)),
            "bandwidthIn": digits(_so_far(session, session.bytes_in, now)),
            "bandwidthOut": digits(_so_far(session, session.bytes_out, now)),
            "egress": 1 if running and session.egress else session.egress,
            "numParticipants": len(there),
            "numActiveParticipants": active,
            "connectionCounts": counts,
        }
    )


def details(session: Session, now: int) -> dict[str, Any]:
    """Return the details of a session; those of one that has just ended come without participants."""
    staged = session.end <= now < session.end + STAGED
    there = [p for p in session.participants if _stays(p, now)]
    elapsed = (min(now, session.end) - session.start) // MINUTE
    return without_zeros(
        {
            "roomId": session.session_id,
            "roomName": session.room,
            "bandwidth": digits(_so_far(session, session.billed, now)),
            "startTime": timestamp(session.start),
            "endTime": "" if session.end > now else timestamp(session.end),
            "numParticipants": len(there),
            "connectionMinutes": sum(_minutes(stay, now) for p in there for stay in _stays(p, now)),
            "quality": [] if staged else list(_series(session, session.quality[:elapsed], wide=False)),
            "publishBps": [] if staged else list(_series(session, session.bits[:elapsed], wide=True)),
            "participants": [] if staged else [_participant(session, p, now) for p in there],
        }
    )


def _participant(session: Session, person: Participant, now: int) -> dict[str, Any]:
    stays = _stays(person, now)
    gone = all(stay.left <= now for stay in stays)
    model, system, browser, sdk = person.device
    location, region = person.place
    return without_zeros(
        {
            "participantIdentity": person.identity,
            "participantName": person.name,
            "roomId": session.session_id,
            "joinedAt": timestamp(stays[0].joined),
            "leftAt": timestamp(stays[-1].left) if gone else "",
            "location": location,
            "region": region,
            "connectionType": person.kind,
            "connectionTimeMs": digits(person.connect_ms),
            "deviceModel": model,
            "os": system,
            "browser": browser,
            "sdkVersion": sdk,
            "publishedSources": without_zeros(dict(zip(_SOURCES, person.sources, strict=True))),
            "sessions": [_connection(stay, now) for stay in stays],
        }
    )


def _connection(stay: Connection, now: int) -> dict[str, Any]:
    left = timestamp(stay.left) if stay.left <= now else ""
    return without_zeros({"participantId": stay.participant_id, "joinedAt": timestamp(stay.joined), "leftAt": left})


def _stays(person: Participant, now: int) -> tuple[Connection, ...]:
    return tuple(stay for stay in person.connections if stay.joined <= now)


def _minutes(stay: Connection, now: int) -> int:
    """Every minute that was begun is billed."""
    return -(-(min(stay.left, now) - stay.joined) // MINUTE)


def _so_far(session: Session, total: int, now: int) -> int:
    return total * (min(now, session.end) - session.start) // (session.end - session.start)


def _series(session: Session, values: tuple[int, ...], *, wide: bool) -> Iterator[dict[str, Any]]:
    for number, value in enumerate(values):
        at = timestamp(session.start - session.start % MINUTE + number * MINUTE)
        yield without_zeros({"timestamp": at, "value": digits(value) if wide else value})


def without_zeros(fields: dict[str, Any]) -> dict[str, Any]:
    """Return what protobuf JSON writes: zeros, empty texts and lists, and false are left out."""
    return {name: value for name, value in fields.items() if value}


def digits(number: int) -> str:
    """Write a 64-bit integer: as text, and zero as nothing."""
    return str(number) if number else ""


def timestamp(micro: int) -> str:
    """Write an instant in RFC 3339 with as many digits as it needs: 0, 3, 6, or 9 now and then."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micro)
    fraction = micro % MICRO
    text = f"{fraction:06d}"
    text = "" if not fraction else text[:3] if fraction % 1000 == 0 else f"{text}789" if fraction % 7 == 0 else text
    return f"{moment:%Y-%m-%dT%H:%M:%S}{'.' if text else ''}{text}Z"


def snake(value: Any) -> Any:
    """Write field names as older guides showed them."""
    if isinstance(value, list):
        return [snake(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {"".join(f"_{c.lower()}" if c.isupper() else c for c in name): snake(v) for name, v in value.items()}
