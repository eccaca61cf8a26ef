"""Columns of RealtimeKit's objects (§1.4); links, keys and what opens a bucket are never among them."""

from __future__ import annotations

from typing import Final

from reportrunner.table import Column, ColumnType

SOURCE: Final = "cloudflare.md §1.4"
_STRING, _INTEGER, _DECIMAL = ColumnType.STRING, ColumnType.INTEGER, ColumnType.DECIMAL
_MOMENT, _BOOLEAN = ColumnType.TIMESTAMP, ColumnType.BOOLEAN


def _text(name: str, description: str, *, personal: bool = False) -> Column:
    return Column(name, _STRING, personal=personal, description=description, source=SOURCE)


def _number(name: str, kind: ColumnType, unit: str, description: str, *, additive: bool) -> Column:
    return Column(name, kind, unit, additive, False, description, SOURCE)


def _moment(name: str, description: str) -> Column:
    return Column(name, _MOMENT, description=description, personal=False, source=SOURCE)


SESSION: Final = (
    _text("id", "The session"),
    _text("associated_id", "The meeting it is a session of"),
    _text("meeting_display_name", "The meeting's title"),
    _text("type", "meeting, livestream or participant"),
    _text("status", "LIVE or ENDED"),
    _number("live_participants", _INTEGER, "count", "Participants now in it", additive=False),
    _number("max_concurrent_participants", _INTEGER, "count", "The most participants at once", additive=False),
    _number("minutes_consumed", _DECIMAL, "minutes", "Minutes consumed; fractions are kept", additive=True),
    _text("organization_id", "The app it ran in"),
    _moment("started_at", "When it started"),
    _moment("ended_at", "When it ended; null while it runs"),
    _moment("created_at", "When it was created"),
    _moment("updated_at", "When it last changed"),
)
PARENT: Final = _text("parent_id", "The session that a breakout room belongs to; null for the session itself")
PARTICIPANT: Final = (
    _text("id", "The participant of this session"),
    _text("user_id", "The user", personal=True),
    _text("custom_participant_id", "The id that the app's own code gave", personal=True),
    _text("display_name", "The name shown in the session", personal=True),
    _text("preset_name", "The preset it joined with"),
    _moment("joined_at", "When it joined"),
    _moment("left_at", "When it left; null while it is there"),
    _number("duration", _DECIMAL, "minutes", "Minutes in the session; fractions are kept", additive=True),
    _moment("created_at", "When it was created"),
    _moment("updated_at", "When it last changed"),
)
RECORDING: Final = (
    _text("id", "The recording"),
    _text("session_id", "The session that was recorded; may be null"),
    _text("output_file_name", "The file's name"),
    _text("status", "INVOKED, RECORDING, UPLOADING, UPLOADED, ERRORED or PAUSED"),
    _number("recording_duration", _INTEGER, "seconds", "Seconds recorded; analytics count minutes", additive=True),
    _number("file_size", _INTEGER, "bytes", "Size of the file; may be null", additive=True),
    _moment("invoked_time", "When it was asked for"),
    _moment("started_time", "When it began; may be null"),
    _moment("stopped_time", "When it ended; may be null"),
    _moment("download_url_expiry", "Until when the service keeps the link, which is never landed"),
)
LIVESTREAM: Final = (
    _text("id", "The livestream"),
    _text("name", "Its name; may be null"),
    _text("meeting_id", "The meeting that is streamed; null for one without"),
    _text("status", "LIVE, IDLE, ERRORED or INVOKED"),
    Column("disabled", _BOOLEAN, personal=False, description="Whether it is switched off", source=SOURCE),
    _text("ingest_server", "Where encoders send to"),
    _text("playback_url", "Where viewers watch"),
    _moment("created_at", "When it was created"),
    _moment("updated_at", "When it last changed"),
)
