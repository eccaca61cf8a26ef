"""RealtimeKit's livestreams: made on Tuesdays and Thursdays, aired once or twice, and what is asked of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import shake_128
from typing import Any

from reportrunner.sandbox.cloudflare_asked import Asked, Wrong, both
from reportrunner.sandbox.cloudflare_ids import Key, id_of, key_of
from reportrunner.sandbox.cloudflare_meetings import (
    BRIDGE,
    DAY,
    FIRST_DAY,
    MEETINGS,
    MINUTE,
    TOWN_HALL,
    Meeting,
    Session,
    sessions_of,
)
from reportrunner.sandbox.cloudflare_pages import Page, stamp

STATUSES = ("LIVE", "IDLE", "ERRORED", "INVOKED")
_LATELY = 8 * DAY


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A livestream session: on air from ``start`` to ``end`` (unix milliseconds), watched by ``viewers`` all along."""

    key: Key
    start: int
    end: int
    viewers: int

    @property
    def id(self) -> str:
        """The livestream session's id."""
        return id_of(self.key)

    def ingest(self, now: int) -> int:
        """Seconds that came in until ``now``."""
        return max(0, min(now, self.end) - self.start) // 1000


@dataclass(frozen=True, slots=True)
class Livestream:
    """A livestream; one without ``meeting`` is fed from elsewhere, one without ``broadcasts`` never got on air."""

    key: Key
    name: str | None
    meeting: Meeting | None
    session: Session | None
    made: int
    broadcasts: tuple[Broadcast, ...]

    @property
    def id(self) -> str:
        """The livestream's id."""
        return id_of(self.key)

    def status(self, now: int) -> str:
        """Return what it is doing now."""
        if not self.broadcasts:
            return "ERRORED"
        if now < self.broadcasts[0].start:
            return "INVOKED"
        return "LIVE" if self.on_air(now) else "IDLE"

    def on_air(self, now: int) -> Broadcast | None:
        """Return the broadcast that is running now, if any."""
        return next((each for each in self.broadcasts if each.start <= now < each.end), None)

    def aired(self, now: int) -> list[Broadcast]:
        """Return what has been or is on air by now, the newest first."""
        return [each for each in reversed(self.broadcasts) if each.start <= now]


@lru_cache(maxsize=4096)
def livestreams_of(day: int) -> tuple[Livestream, ...]:
    """Return the livestreams made on a day (days since 1970, UTC)."""
    if day < FIRST_DAY:
        return ()
    held = [
        _livestream(Key("livestream", day, index), None, session, session.start)
        for index, session in enumerate(sessions_of(day))
        if session.meeting in (BRIDGE, TOWN_HALL)
    ]
    if (day - 4) % 7 in (1, 3):
        bits = shake_128(f"cloudflare livestream {day}".encode()).digest(4)
        made = day * DAY + 9 * 60 * MINUTE + bits[0] * 15_000
        held.append(_livestream(Key("livestream", day, 100), "Product demo, live" if bits[1] % 2 else None, None, made))
        if bits[2] % 3 == 0:
            held.append(Livestream(Key("livestream", day, 101), None, None, None, made + 7000, ()))
    return tuple(held)


def _livestream(key: Key, name: str | None, session: Session | None, made: int) -> Livestream:
    bits = shake_128(f"cloudflare broadcast {key.day}|{key.index}".encode()).digest(4)
    if session is not None:
        spans = [(session.start + 20_000, session.end - 1000 * (1 + bits[0]))]
    else:
        first = (made + 60_000, made + 60_000 + (20 + bits[0] % 30) * MINUTE + bits[1] * 1000)
        spans = [first, (first[1] + 5 * MINUTE, first[1] + 25 * MINUTE)] if bits[2] % 2 else [first]
    broadcasts = tuple(
        Broadcast(Key("broadcast", key.day, key.index, number), *span, 3 + bits[3] % 90)
        for number, span in enumerate(spans)
    )
    return Livestream(key, name, session.meeting if session else None, session, made, broadcasts)


def livestreams_between(first: int, last: int) -> Iterator[Livestream]:
    """Yield the livestreams made from one moment to another, both inclusive."""
    for day in range(max(FIRST_DAY, first // DAY), last // DAY + 1):
        yield from (each for each in livestreams_of(day) if first <= each.made <= last)


def listed(asked: Asked, page: Page, now: int) -> dict[str, Any]:
    """``GET /livestreams``: the data is a list, as in the published example."""
    first, last = asked.moment("start_time"), asked.moment("end_time")
    alone, status = asked.flag("exclude_meetings"), asked.choice("status", STATUSES)
    order = asked.choice("sort_order", ("ASC", "DSC"))
    asked.done()
    found = [
        each
        for each in livestreams_between(first or 0, min(now, last if last is not None else now))
        if not (alone and each.meeting) and status in (None, each.status(now))
    ]
    found.sort(key=lambda each: (each.made, each.id), reverse=order != "ASC")
    rows, paging = page.of(found, lambda each: shown(each, now))
    return {"data": rows, "paging": paging}


def one(asked: Asked, livestream_id: str, page: Page, now: int) -> dict[str, Any]:
    """``GET /livestreams/{livestream_id}``, with its livestream sessions in pages."""
    asked.done()
    each = _found(livestream_id, now)
    rows, paging = page.of(each.aired(now), lambda broadcast: aired(broadcast, each, now))
    return {"data": {"livestream": shown(each, now), "sessions": rows}, "paging": paging}


def active_session(asked: Asked, livestream_id: str, now: int) -> dict[str, Any]:
    """``GET /livestreams/{livestream_id}/active-livestream-session``."""
    asked.done()
    each = _found(livestream_id, now)
    running = each.on_air(now)
    if running is None:
        raise Wrong("No active livestream session found", 404)
    return {"data": {"livestream": shown(each, now), "session": aired(running, each, now)}}


def broadcast(asked: Asked, broadcast_id: str, now: int) -> dict[str, Any]:
    """``GET /livestreams/sessions/{livestream-session-id}``."""
    asked.done()
    key = key_of(broadcast_id)
    if key is not None and key.kind == "broadcast":
        for stream in livestreams_of(key.day):
            for each in stream.aired(now):
                if each.id == broadcast_id:
                    return {"data": aired(each, stream, now)}
    raise Wrong("Livestream session not found", 404)


def of_meeting(asked: Asked, meeting_id: str, page: Page, now: int) -> dict[str, Any]:
    """``GET /meetings/{meeting_id}/livestream``: its newest livestream with the sessions in pages."""
    asked.done()
    each = _latest(meeting_id, now)
    rows, paging = page.of(each.aired(now), lambda broadcast: aired(broadcast, each, now))
    return {"data": {"livestream": shown(each, now), "sessions": rows}, "paging": paging}


def active_of_meeting(asked: Asked, meeting_id: str, now: int) -> dict[str, Any]:
    """``GET /meetings/{meeting_id}/active-livestream``."""
    asked.done()
    each = _latest(meeting_id, now)
    if each.on_air(now) is None:
        raise Wrong("No active livestream found for the meeting", 404)
    return {"data": shown(each, now)}


def of_session(asked: Asked, session: Session, page: Page, now: int) -> dict[str, Any]:
    """``GET /sessions/{session_id}/livestream-sessions``: list and paging lie together one level deeper."""
    asked.done()
    held = [
        (each, stream)
        for stream in livestreams_of(session.key.day)
        if stream.session == session
        for each in stream.aired(now)
    ]
    rows, paging = page.of(held, lambda pair: aired(pair[0], pair[1], now))
    return {"data": {"data": rows, "paging": paging}}


def daywise(asked: Asked, now: int) -> dict[str, Any]:
    """``GET /analytics/livestreams/daywise``: by the day it was made; what never got on air has no date."""
    days: dict[int | None, list[int]] = {}
    for each in _counted(asked, now):
        sums = days.setdefault(each.made // DAY if each.broadcasts else None, [0, 0, 0])
        for place, value in enumerate(_sums(each, now)):
            sums[place] += value
    names = ("count", "total_ingest_seconds", "total_viewer_seconds")
    order = sorted(days, key=lambda day: (day or 0) * 7 % 11)
    dates = {day: None if day is None else stamp(day * DAY) for day in order}
    return {"data": [{"date": dates[day], **dict(zip(names, days[day], strict=True))} for day in order]}


def overall(asked: Asked, now: int) -> dict[str, Any]:
    """``GET /analytics/livestreams/overall``."""
    sums = [sum(values) for values in zip(*(_sums(each, now) for each in _counted(asked, now)), strict=True)]
    count, ingest, viewers = sums or (0, 0, 0)
    return {"data": {"count": count, "total_ingest_seconds": ingest, "total_viewer_seconds": viewers}}


def _counted(asked: Asked, now: int) -> list[Livestream]:
    first, last = asked.seconds("start_time"), asked.seconds("end_time")
    if asked.text("filters"):
        raise Wrong("the sandbox knows no filters of livestream analytics: their grammar is not published")
    asked.done()
    start, end = both(first, last, "start_time and end_time", (now - 30 * DAY, now))
    return list(livestreams_between(start, min(end, now)))


def _sums(each: Livestream, now: int) -> tuple[int, int, int]:
    aired_by_now = each.aired(now)
    ingest = sum(broadcast.ingest(now) for broadcast in aired_by_now)
    return 1, ingest, sum(broadcast.ingest(now) * broadcast.viewers for broadcast in aired_by_now)


def _found(livestream_id: str, now: int) -> Livestream:
    key = key_of(livestream_id)
    if key is not None and key.kind == "livestream":
        for each in livestreams_of(key.day):
            if each.id == livestream_id and each.made <= now:
                return each
    raise Wrong("Livestream not found", 404)


def _latest(meeting_id: str, now: int) -> Livestream:
    held = [
        each
        for each in livestreams_between(now - _LATELY, now)
        if meeting_id in MEETINGS and each.meeting is MEETINGS[meeting_id]
    ]
    if not held:
        raise Wrong("No livestream found for the meeting", 404)
    return max(held, key=lambda each: each.made)


def shown(each: Livestream, now: int) -> dict[str, Any]:
    """Return a livestream as it stands at a moment; its stream key opens it to anybody who has it."""
    return {
        "id": each.id,
        "name": each.name,
        "status": each.status(now),
        "disabled": False,
        "meeting_id": each.meeting.id if each.meeting else None,
        "ingest_server": "rtmps://live.sandbox.example:443/live/",
        "stream_key": f"stream-key-of-{each.id}",
        "playback_url": f"https://stream.sandbox.example/{each.id}/manifest/video.m3u8",
        "created_at": stamp(each.made),
        "updated_at": stamp(each.made + 5000),
    }


def aired(each: Broadcast, stream: Livestream, now: int) -> dict[str, Any]:
    """Return a livestream session as it stands at a moment."""
    return {
        "id": each.id,
        "livestream_id": stream.id,
        "err_message": None,
        "invoked_time": None,
        "started_time": stamp(each.start),
        "stopped_time": stamp(each.end) if each.end <= now else None,
        "ingest_seconds": each.ingest(now),
        "viewer_seconds": each.ingest(now) * each.viewers,
        "created_at": stamp(each.start),
        "updated_at": stamp(min(now, each.end)),
    }
