"""RealtimeKit's recordings: which sessions were recorded, and how a recording looks at a moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import shake_128
from typing import Any

from reportrunner.sandbox.cloudflare_asked import Asked, Wrong
from reportrunner.sandbox.cloudflare_ids import Key, id_of, key_of
from reportrunner.sandbox.cloudflare_meetings import (
    BRIDGE,
    DAY,
    FIRST_DAY,
    INTERVIEW,
    LATE_SHIFT,
    MEETINGS,
    MINUTE,
    STANDUP,
    Meeting,
    Session,
    sessions_of,
)
from reportrunner.sandbox.cloudflare_pages import Page, stamp

STATUSES = ("INVOKED", "RECORDING", "UPLOADING", "UPLOADED", "ERRORED", "PAUSED")
_UPLOAD = 4 * MINUTE
_KEPT = 7 * DAY
_FILES = "https://recordings.sandbox.example"


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording; it runs from ``invoked`` + 2 s to ``stopped`` (unix milliseconds), unless it ``failed``."""

    session: Session
    number: int
    invoked: int
    stopped: int
    failed: bool

    @property
    def id(self) -> str:
        """The recording's id."""
        return id_of(Key("recording", self.session.key.day, self.session.key.index, self.number))

    @property
    def meeting(self) -> Meeting:
        """The meeting that was recorded."""
        return self.session.meeting

    @property
    def started(self) -> int:
        """When the first picture was taken."""
        return self.invoked + 2000

    def status(self, now: int) -> str:
        """Return what has become of it by now."""
        if self.failed:
            return "ERRORED"
        if now < self.started:
            return "INVOKED"
        if now < self.stopped:
            return "RECORDING"
        return "UPLOADING" if now < self.stopped + _UPLOAD else "UPLOADED"

    def seconds(self, now: int) -> int:
        """How much of it there is by now, in whole seconds."""
        return 0 if self.failed else max(0, min(now, self.stopped) - self.started) // 1000

    def expired(self, now: int) -> bool:
        """Whether its file is gone."""
        return now >= self.stopped + _UPLOAD + _KEPT


@lru_cache(maxsize=4096)
def _recordings_of(day: int) -> tuple[Recording, ...]:
    """Return the recordings of the sessions that start on a day; the late shift's are invoked on the next one."""
    return tuple(each for session in sessions_of(day) for each in recordings_of(session))


def recordings_of(session: Session) -> tuple[Recording, ...]:
    """Return the recordings of a session."""
    meeting, key = session.meeting, session.key
    bits = shake_128(f"cloudflare recording {key.day}|{key.index}".encode()).digest(4)
    if meeting is STANDUP or (meeting is INTERVIEW and bits[0] % 2):
        return ()
    if meeting is BRIDGE:
        return (Recording(session, 0, session.start + 5 * MINUTE, session.end - 60 * MINUTE, failed=False),)
    if meeting is LATE_SHIFT:
        begin = (key.day + 1) * DAY + 60_000 + bits[1] * 1000
        return (Recording(session, 0, begin, begin + 2000 + 15 * MINUTE + bits[2] * 1000, failed=False),)
    begin = session.start + 30_000 + bits[1] * 100
    whole = Recording(session, 0, begin, session.end - bits[2] * 1000, failed=bits[3] < 40)
    if not whole.failed:
        return (whole,)
    return (whole, Recording(session, 1, begin + 90_000, session.end - bits[2] * 1000, failed=False))


def recordings_between(first: int, last: int) -> Iterator[Recording]:
    """Yield the recordings invoked from one moment to another, both inclusive."""
    for day in range(max(FIRST_DAY, first // DAY - 1), last // DAY + 1):
        yield from (each for each in _recordings_of(day) if first <= each.invoked <= last)


def listed(asked: Asked, page: Page, now: int) -> dict[str, Any]:
    """``GET /recordings``."""
    first, last = asked.moment("start_time"), asked.moment("end_time")
    meeting, expired, search = asked.text("meeting_id"), asked.flag("expired"), asked.text("search")
    asked.choice("sort_by", ("invokedTime",))
    order = asked.choice("sort_order", ("ASC", "DESC"))
    statuses = {each for value in asked.many("status") for each in value.split(",")}
    asked.done()
    if statuses - set(STATUSES):
        raise Wrong(f"status must be one or more of {', '.join(STATUSES)}")
    found = [
        each
        for each in recordings_between(first or 0, min(now, last if last is not None else now))
        if (meeting in (None, each.meeting.id))
        and (expired is None or each.expired(now) == expired)
        and (not statuses or each.status(now) in statuses)
        and (not search or search in each.meeting.id or search.lower() in each.meeting.title.lower())
    ]
    found.sort(key=lambda each: (each.invoked, each.id), reverse=order != "ASC")
    rows, paging = page.of(found, lambda each: {**shown(each, now), "meeting": _meeting(each.meeting)})
    return {"data": rows, "paging": paging}


def one(asked: Asked, recording_id: str, now: int) -> dict[str, Any]:
    """``GET /recordings/{recording_id}``."""
    asked.done()
    key = key_of(recording_id)
    if key is not None and key.kind == "recording":
        for each in _recordings_of(key.day):
            if each.id == recording_id and each.invoked <= now:
                caller = {"type": "ORGANIZATION", "name": "sandbox"}
                reasons: dict[str, Any] = {"start_reason": {"reason": "API_CALL", "caller": caller}}
                if each.status(now) in ("UPLOADED", "UPLOADING"):
                    reasons["stop_reason"] = {"reason": "ALL_PEERS_LEFT"}
                return {"data": {**shown(each, now), **reasons}}
    raise Wrong("No recording found", 404)


def active(asked: Asked, meeting_id: str, now: int) -> dict[str, Any]:
    """``GET /recordings/active-recording/{meeting_id}``."""
    asked.done()
    if meeting_id in MEETINGS:
        for each in recordings_between(now - 8 * DAY, now):
            if each.meeting.id == meeting_id and each.status(now) in ("INVOKED", "RECORDING"):
                return {"data": shown(each, now)}
    raise Wrong("No active recording found for the meeting", 404)


def shown(each: Recording, now: int) -> dict[str, Any]:
    """Return a recording as it stands at a moment; a failed one has no file and never started."""
    status, name = each.status(now), f"{each.meeting.id}_{each.invoked}.mp4"
    ready, over = status == "UPLOADED", now >= each.stopped
    row: dict[str, Any] = {
        "id": each.id,
        "session_id": each.session.id,
        "output_file_name": name,
        "status": status,
        "invoked_time": stamp(each.invoked),
        "started_time": None if each.failed or status == "INVOKED" else stamp(each.started),
        "stopped_time": stamp(each.stopped) if over and not each.failed else None,
        "file_size": each.seconds(now) * 250_007 if ready else None,
        "download_url": f"{_FILES}/{each.id}/{name}?sig=sandbox" if ready else None,
        "download_url_expiry": stamp(each.stopped + _UPLOAD + _KEPT) if ready else None,
        "audio_download_url": None,
    }
    if over and not each.failed:
        row["recording_duration"] = each.seconds(now)
    return row


def _meeting(meeting: Meeting) -> dict[str, Any]:
    made = stamp(FIRST_DAY * DAY)
    return {"id": meeting.id, "title": meeting.title, "status": "ACTIVE", "created_at": made, "updated_at": made}
