"""The files of the sandbox's Reports Microservice but the polls; what the real service writes is not published."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime

from reportrunner.sandbox.big_registration import REGISTRATION_COLUMNS, big_registration, csv_bytes
from reportrunner.sandbox.conversations import Message, downloads, messages
from reportrunner.sandbox.kaltura_tally import tallies
from reportrunner.sandbox.people import people
from reportrunner.sandbox.report_parameters import Asked, WrongParameterError, asked, days, exactly, text, texts, whole
from reportrunner.sandbox.server import Stream
from reportrunner.sandbox.universe import events
from reportrunner.sandbox.virtual_events import VIRTUAL_EVENTS, app_guid, came, event_of, registrations

Row = tuple[object, ...]
ENRICHED = "sessionViewership"
"""The one task of ``reportsEnrichment`` that the sandbox knows; the real names are not published."""

_MESSAGE = ("message_id", "virtual_event_id", "entry_id", "user_id", "name")


def stamp(at: int) -> str:
    """Print unix seconds as the files do: RFC 3339 in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def csv_of(columns: Row, rows: Iterable[Row]) -> bytes:
    """Write a file as most reports are: no byte order mark, line feeds."""
    return csv_bytes([columns, *rows])


def registration_file(given: object, rows: int) -> bytes | Stream:
    """Write who registered, with a byte order mark and CRLF; ``rows``: so many, in place of those who did."""
    event_id = event_of(text(exactly(given, "appGuid"), "appGuid"))
    if rows:
        return big_registration(rows)
    found = [
        (one.registration_id, p.user_id, p.email, p.first_name, p.last_name, p.company, one.status, at)
        for one in (registrations(event_id) if event_id else ())
        for p, at in ((one.person, stamp(one.registered_at)),)
    ]
    return BOM_UTF8 + csv_bytes([REGISTRATION_COLUMNS, *found], "\r\n")


def attachment_file(given: object) -> bytes:
    """Write who downloaded what."""
    what = asked(given)
    columns = ("virtual_event_id", "entry_id", "attachment_id", "attachment_title", "user_id", "email", "downloaded_at")
    found = downloads(what.event_ids, what.entry_ids, what.start, what.end)
    return csv_of(
        columns,
        (
            (d.event_id, d.entry_id, d.attachment_id, d.attachment_title, d.person.user_id, d.person.email, at)
            for d in found
            for at in (stamp(d.downloaded_at),)
        ),
    )


def enrichment_file(given: object) -> bytes:
    """Write plays and minutes by user and entry with what is known of the users; dates are unix seconds, inclusive."""
    members = exactly(given, "taskType", "params")
    if text(members, "taskType") != ENRICHED:
        raise WrongParameterError(f"there is no taskType {members['taskType']}")
    params = exactly(members["params"], "from_date", "to_date")
    plays = events(None, whole(params, "from_date"), whole(params, "to_date") + 1)
    known = [event for event in plays if event.user_id in people()]
    rows = []
    for key, sums in sorted(tallies(known, lambda event: f"{event.user_id} {event.entry_id}").items()):
        user_id, _, entry_id = key.rpartition(" ")
        person = people()[user_id]
        name = (person.first_name, person.last_name, person.company)
        rows.append((user_id, person.email, entry_id, sums.plays, sums.watched, *name))
    columns = ("user_id", "email", "entry_id", "plays", "seconds", "first_name", "last_name", "company")
    return csv_of(columns, rows)


def _said(what: Asked) -> list[Message]:
    return messages(what.event_ids, what.entry_ids, what.start, what.end)


def _transcript(one: Message) -> Row:
    return (one.message_id, one.event_id, one.entry_id, one.sender.user_id, one.sender.name)


def user_activity(what: Asked) -> Iterator[Row]:
    """Give a row per event and user who said something."""
    by_user: dict[tuple[str, str], list[Message]] = {}
    for one in _said(what):
        by_user.setdefault((one.event_id, one.sender.user_id), []).append(one)
    yield "virtual_event_id", "user_id", "email", "group_messages", "private_messages", "first_message_at"
    for (event_id, user_id), said in sorted(by_user.items()):
        rooms = [one.room for one in said]
        counts = (len(rooms) - rooms.count("private"), rooms.count("private"))
        yield event_id, user_id, said[0].sender.email, *counts, stamp(said[0].sent_at)


def moderator_transcripts(what: Asked) -> Iterator[Row]:
    """Give all that moderators see: everything but what two people say between themselves."""
    yield (*_MESSAGE, "room", "message", "sent_at", "deleted")
    for one in _said(what):
        if one.room != "private":
            deleted = str(one.action == "message_deleted").lower()
            yield (*_transcript(one), one.room, one.text, stamp(one.sent_at), deleted)


def moderation(what: Asked) -> Iterator[Row]:
    """Give what moderators did about what was said in those days."""
    yield "virtual_event_id", "message_id", "action", "moderator_id", "user_id", "acted_at"
    for one in _said(what):
        if one.action:
            yield one.event_id, one.message_id, one.action, one.moderator_id, one.sender.user_id, stamp(one.acted_at)


def group_transcripts(what: Asked) -> Iterator[Row]:
    """Give what was said to all."""
    yield (*_MESSAGE, "message", "sent_at")
    for one in _said(what):
        if one.room == "group" and one.action != "message_deleted":
            yield (*_transcript(one), one.text, stamp(one.sent_at))


def private_transcripts(what: Asked) -> Iterator[Row]:
    """Give what two people said between themselves."""
    yield (*_MESSAGE, "to_user_id", "message", "sent_at")
    for one in _said(what):
        if one.room == "private":
            yield (*_transcript(one), one.to_user_id, one.text, stamp(one.sent_at))


CHATS: Mapping[str, Callable[[Asked], Iterator[Row]]] = {
    "chatUserActivity": user_activity,
    "moderatorTranscripts": moderator_transcripts,
    "chatModeration": moderation,
    "groupChatTranscripts": group_transcripts,
    "privateTranscripts": private_transcripts,
}
"""The chat reports: what each gives, its header first."""


def overview_file(given: object) -> bytes:
    """``eventOverview``, which no guide names: every event, its application and how many registered."""
    exactly(given)
    rows = ((event_id, app_guid(event_id), len(registrations(event_id))) for event_id in VIRTUAL_EVENTS)
    return csv_of(("virtual_event_id", "app_guid", "registrations"), rows)


def attendance_file(given: object) -> bytes:
    """``sessionAttendance``, which no guide names: who watched long enough; its parameters are nested."""
    members = exactly(given, "virtual_event_ids", "days", "options")
    start, end = days(exactly(members["days"], "from_date_id", "to_date_id"))
    least = whole(exactly(members["options"], "minimum_seconds"), "minimum_seconds")
    found = sorted(
        (event_id, play.user_id, play.entry_id, play.watched, stamp(play.at))
        for event_id in texts(members, "virtual_event_ids")
        for play in events(None, start, end)
        if play.watched >= least and came(event_id, play.user_id)
    )
    return csv_of(("virtual_event_id", "user_id", "entry_id", "seconds", "started_at"), found)


FILES: Mapping[str, Callable[[object], bytes]] = {
    "attachment": attachment_file,
    "reportsEnrichment": enrichment_file,
    "eventOverview": overview_file,
    "sessionAttendance": attendance_file,
}
"""Reports that need no privilege; each checks its own parameters."""
