"""RealtimeKit's sessions and their people as they are asked for, and the count of sessions and recordings by day."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import shake_128
from typing import Any
from uuid import UUID

from reportrunner.sandbox.cloudflare_asked import Asked, Wrong, both
from reportrunner.sandbox.cloudflare_ids import APP_ID, Key, id_of, key_of
from reportrunner.sandbox.cloudflare_meetings import (
    DAY,
    Participant,
    Session,
    breakouts,
    sessions_between,
    sessions_of,
)
from reportrunner.sandbox.cloudflare_pages import Page, stamp, twentieths
from reportrunner.sandbox.cloudflare_recordings import recordings_between

_FILES = "https://files.sandbox.example"
_REPORTS = ("device_info", "ip_information", "precall_network_information", "events", "quality_stats")


def daywise(asked: Asked, now: int) -> dict[str, Any]:
    """``GET /analytics/daywise``: two lists, each with the days on which there was something, in no order.

    Without recordings there are no recording stats, without sessions the session stats hold no list.
    """
    first, last = asked.day("start_date"), asked.day("end_date")
    asked.done()
    start, end = both(first, last, "start_date and end_date", (now // DAY - 29, now // DAY))
    span = (start * DAY, min(now, (end + 1) * DAY - 1))
    held: dict[int, list[int]] = {}
    for session in sessions_between(*span):
        held.setdefault(session.start // DAY, []).append(session.ticks(now))
    taken: dict[int, list[int]] = {}
    for recording in recordings_between(*span):
        taken.setdefault(recording.invoked // DAY, []).append(recording.seconds(now))
    data: dict[str, Any] = {
        "session_stats": {
            "sessions_count": sum(map(len, held.values())),
            "sessions_minutes_consumed": twentieths(sum(map(sum, held.values()))),
        }
    }
    if held:
        data["session_stats"]["day_stats"] = [
            {
                "day": stamp(day * DAY),
                "total_sessions": len(held[day]),
                "total_session_minutes": twentieths(sum(held[day])),
            }
            for day in _anyhow(held)
        ]
    if taken:
        data["recording_stats"] = {
            "recording_count": sum(map(len, taken.values())),
            "recording_minutes_consumed": _minutes(sum(map(sum, taken.values()))),
            "day_stats": [
                {
                    "day": stamp(day * DAY),
                    "total_recordings": len(taken[day]),
                    "total_recording_minutes": _minutes(sum(taken[day])),
                }
                for day in _anyhow(taken)
            ],
        }
    return {"data": data}


def _minutes(seconds: int) -> int | float:
    return seconds // 60 if seconds % 60 == 0 else seconds / 60


def _anyhow(days: dict[int, list[int]]) -> list[int]:
    return sorted(days, key=lambda day: (day * 7 % 11, day))


def listed(asked: Asked, page: Page, now: int) -> dict[str, Any]:
    """``GET /sessions``."""
    first, last = asked.moment("start_time"), asked.moment("end_time")
    by, order = asked.choice("sort_by", ("minutesConsumed", "createdAt")), asked.choice("sort_order", ("ASC", "DESC"))
    status, search, meeting = (
        asked.choice("status", ("LIVE", "ENDED")),
        asked.text("search"),
        asked.text("associated_id"),
    )
    crowd = _crowd(asked.text("participants"))
    asked.done()
    found = [
        each
        for each in sessions_between(first or 0, min(now, last if last is not None else now))
        if status in (None, _status(each, now))
        and meeting in (None, each.meeting.id)
        and (crowd is None or crowd[0] <= len(each.people) <= crowd[1])
        and (not search or search.lower() in f"{each.meeting.title}\0{each.meeting.id}\0{each.id}".lower())
    ]
    key: Callable[[Session], Any] = lambda each: (each.start, each.id)  # noqa: E731  # the other of two
    if by == "minutesConsumed":
        key = lambda each: (each.ticks(now), each.id)  # noqa: E731
    found.sort(key=key, reverse=order != "ASC")
    rows, paging = page.of(found, lambda each: shown(each, now))
    return {"data": {"sessions": rows}, "paging": paging}


def _crowd(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    least, colon, most = text.partition(":")
    if not (colon and least.isdecimal() and most.isdecimal()):
        raise Wrong("participants must be a range such as 1:10")
    return int(least), int(most)


def one(asked: Asked, session: Session, now: int) -> dict[str, Any]:
    """``GET /sessions/{session_id}``: the data is the session itself."""
    rooms = asked.flag("include_breakout_rooms")
    asked.done()
    row = shown(session, now)
    if rooms:
        row["breakout_rooms"] = [shown(each, now) for each in breakouts(session) if each.start <= now]
    return {"data": row}


def participants(asked: Asked, session: Session, page: Page, now: int) -> dict[str, Any]:
    """``GET /sessions/{session_id}/participants``: the paging lies inside the data."""
    search, events = asked.text("search"), asked.flag("include_peer_events")
    by, order = asked.choice("sort_by", ("joinedAt", "duration")), asked.choice("sort_order", ("ASC", "DESC"))
    together = asked.choice("view", ("raw", "consolidated")) == "consolidated"
    asked.done()
    found = [
        each
        for each in session.people
        if each.joined <= now
        and (not search or search.lower() in f"{each.id}\0{each.person.user_id}\0{each.person.name}".lower())
    ]
    key: Callable[[Participant], Any] = lambda each: (each.joined, each.id)  # noqa: E731
    if by == "duration":
        key = lambda each: (_spent(each, now, together), each.id)  # noqa: E731
    found.sort(key=key, reverse=order == "DESC")
    rows, paging = page.of(found, lambda each: _person(each, session, now, together=together, events=bool(events)))
    return {"data": {"participants": rows, "paging": paging}}


def participant(asked: Asked, session: Session, participant_id: str, now: int) -> dict[str, Any]:
    """``GET /sessions/{session_id}/participants/{participant_id}``."""
    events = asked.flag("include_peer_events")
    asked.done()
    for each in session.people:
        if each.id == participant_id and each.joined <= now:
            return {"data": {"participant": _person(each, session, now, events=bool(events))}}
    raise Wrong("Participant not found", 404)


def peer_report(asked: Asked, peer_id: str, now: int) -> dict[str, Any]:
    """``GET /sessions/peer-report/{peer_id}``."""
    wanted, events = asked.choice("filters", _REPORTS), asked.flag("include_peer_events")
    asked.done()
    key = key_of(peer_id)
    if key is not None and key.kind == "peer":
        for session in sessions_of(key.day):
            for each in session.people:
                if each.peer_id == peer_id and each.joined <= now:
                    row = _person(each, session, now, events=bool(events))
                    del row["preset_name"]
                    row |= {"session_id": session.id, "role": "participant", "peer_report": _report(each, wanted)}
                    return {"data": {"participant": row}}
    raise Wrong("Peer not found", 404)


def chat(asked: Asked, session: Session, now: int) -> dict[str, Any]:
    """``GET /sessions/{session_id}/chat``: a link, good for a week."""
    asked.done()
    url, expiry = _link(session, "chat.csv", now)
    return {"data": {"chat_download_url": url, "chat_download_url_expiry": expiry}}


def summary(asked: Asked, session: Session, now: int) -> dict[str, Any]:
    """``GET /sessions/{session_id}/summary``: a link, with names in another style than the chat's."""
    asked.done()
    url, expiry = _link(session, "summary.md", now)
    return {"data": {"sessionId": session.id, "summaryDownloadUrl": url, "summaryDownloadUrlExpiry": expiry}}


def transcript(asked: Asked, session: Session, now: int) -> dict[str, Any]:
    """``GET /sessions/{session_id}/transcript``: a link to a file of the format asked for."""
    kind = asked.choice("format", ("SRT", "VTT", "JSON", "CSV")) or "CSV"
    asked.done()
    url, expiry = _link(session, f"transcript.{kind.lower()}", now)
    data = {"sessionId": session.id, "transcript_download_url": url, "transcript_download_url_expiry": expiry}
    return {"data": data}


def found(session_id: str, now: int) -> Session:
    """Return a session by its id; raises Wrong."""
    key = key_of(session_id)
    if key is not None and key.kind in ("session", "breakout"):
        for each in sessions_of(key.day):
            rooms = breakouts(each) if key.kind == "breakout" else (each,)
            for room in rooms:
                if room.id == session_id and room.start <= now:
                    return room
    raise Wrong("Session not found", 404)


def shown(each: Session, now: int) -> dict[str, Any]:
    """Return a session as it stands at a moment; what is still running has no end."""
    over = each.end <= now
    row: dict[str, Any] = {
        "id": each.id,
        "associated_id": each.meeting.id,
        "meeting_display_name": each.meeting.title,
        "type": each.meeting.kind,
        "status": _status(each, now),
        "live_participants": each.present(now),
        "max_concurrent_participants": each.most(now),
        "minutes_consumed": twentieths(each.ticks(now)),
        "organization_id": APP_ID,
        "started_at": stamp(each.start),
        "created_at": stamp(each.start),
        "updated_at": stamp(min(now, each.end)),
    }
    if over:
        row["ended_at"] = stamp(each.end)
    return row


def _status(each: Session, now: int) -> str:
    return "ENDED" if each.end <= now else "LIVE"


def _link(session: Session, name: str, now: int) -> tuple[str, str]:
    if session.end > now:
        raise Wrong("The session has not ended", 404)
    return f"{_FILES}/{session.id}/{name}?sig=sandbox", stamp(now // DAY * DAY + 7 * DAY)


def _spent(each: Participant, now: int, together: bool) -> int:
    return each.ticks(now) + (each.aside // 3000 if together else 0)


def _person(
    each: Participant, session: Session, now: int, *, together: bool = False, events: bool = False
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": each.id,
        "user_id": str(UUID(bytes=shake_128(each.person.user_id.encode()).digest(16), version=4)),
        "custom_participant_id": each.person.user_id,
        "display_name": each.person.name,
        "preset_name": "group_call_host" if each.key.number == 0 else "group_call_participant",
        "duration": twentieths(_spent(each, now, together)),
        "joined_at": stamp(each.joined),
        "created_at": stamp(each.joined),
        "updated_at": stamp(min(each.left, now)),
    }
    if each.left <= now:
        row["left_at"] = stamp(each.left)
    if events:
        row["peer_events"] = [_event(each, session, number) for number in range(3 if each.left <= now else 2)]
    return row


def _event(each: Participant, session: Session, number: int) -> dict[str, Any]:
    at = stamp(each.left if number == 2 else each.joined)
    return {
        "id": id_of(Key("event", each.key.day, each.key.index, each.key.number * 4 + number)),
        "event_name": ("PEER_CREATED", "PEER_JOINING", "PEER_LEAVING")[number],
        "peer_id": each.peer_id,
        "participant_id": each.id,
        "session_id": session.id,
        "socket_session_id": None,
        "preset_view_type": "GROUP_CALL",
        "minutes_consumed": twentieths(each.ticks(each.left)) if number == 2 else 0,
        "created_at": at,
        "updated_at": at,
    }


def _report(each: Participant, wanted: str | None) -> dict[str, Any]:
    bits = shake_128(each.peer_id.encode()).digest(4)
    parts: dict[str, Any] = {
        "device_info": {"cpus": 4 + bits[0] % 3 * 4, "is_mobile": bits[1] % 3 == 0, "os": "Linux", "os_version": "6.1"},
        "ip_information": {"city": "Frankfurt am Main", "country": "DE", "ipv4": f"198.51.100.{bits[2]}"},
        "pc_metadata": [{"effective_network_type": "4g", "turn_connectivity": True, "timestamp": stamp(each.joined)}],
        "events": [{"name": "audio_on", "timestamp": stamp(each.joined), "metadata": {}}],
    }
    named = {"precall_network_information": "pc_metadata"}.get(wanted or "", wanted)
    metadata = {name: part for name, part in parts.items() if named in (None, name)}
    quality = {"audio_producer_cumulative": {"packet_loss": {"avg": bits[3] / 1000}}}
    return {"metadata": metadata, "quality": quality} if wanted in (None, "quality_stats") else {"metadata": metadata}
