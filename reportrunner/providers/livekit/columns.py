"""What the columns of sessions, participants, connections and series mean (livekit.md §3)."""

from __future__ import annotations

from typing import Any

from reportrunner.table import Column, ColumnType

GUIDE = "livekit.md §3 (documented)"
SEEN = "livekit.md §3 (observed)"
OWN = "computed here (livekit.md §3)"
TEXT, WHOLE, MOMENT, FLAG = ColumnType.STRING, ColumnType.INTEGER, ColumnType.TIMESTAMP, ColumnType.BOOLEAN


def _column(kind: ColumnType, name: str, description: str, source: str = SEEN, **more: Any) -> Column:
    more.setdefault("personal", False)
    return Column(name, kind, description=description, source=source, **more)


_ROOM = _column(TEXT, "roomId", "Id of the session, the list's sessionId")
_TIME = _column(
    ColumnType.DURATION,
    "connectedSeconds",
    "Seconds from joining to leaving; null while it lasts, or where the moments cannot tell",
    OWN,
    unit="s",
    additive=True,
)
_IDENTITY = _column(TEXT, "participantIdentity", "Identity that the token of the participant gave", personal=True)

SESSIONS = (
    _column(TEXT, "sessionId", "Id of the session, RM_..."),
    _column(TEXT, "roomName", "Name of the room; may be empty"),
    _column(MOMENT, "createdAt", "When it began"),
    _column(MOMENT, "endedAt", "When it ended; null while it runs"),
    _column(MOMENT, "lastActive", "When somebody was last there"),
    _column(WHOLE, "bandwidthIn", "Bytes uploaded", unit="bytes", additive=True),
    _column(WHOLE, "bandwidthOut", "Bytes downloaded", unit="bytes", additive=True),
    _column(TEXT, "egress", "never started, active or ended", GUIDE),
    _column(WHOLE, "numParticipants", "Participants so far; a person may be in several sessions", additive=False),
    _column(WHOLE, "numActiveParticipants", "Participants who are there now", additive=False),
    _column(WHOLE, "attempts", "Connections tried (connectionCounts)", additive=True),
    _column(WHOLE, "success", "Connections that stood (connectionCounts)", additive=True),
)
DETAILS = (
    _ROOM,
    _column(TEXT, "roomName", "Name of the room; may be empty"),
    _column(MOMENT, "startTime", "When it began"),
    _column(MOMENT, "endTime", "When it ended; null while it runs"),
    _column(WHOLE, "bandwidth", "Billable bytes; not the sum of the list's two", GUIDE, unit="bytes", additive=True),
    _column(WHOLE, "numParticipants", "Participants; a person may be in several sessions", additive=False),
    _column(WHOLE, "connectionMinutes", "Billable connection minutes", GUIDE, unit="min", additive=True),
)
PARTICIPANTS = (
    _ROOM,
    _IDENTITY,
    _column(TEXT, "participantName", "Name that is shown", personal=True),
    _column(MOMENT, "joinedAt", "When the first connection began"),
    _column(MOMENT, "leftAt", "When the last one ended; null while somebody is connected"),
    _column(TEXT, "location", "Where the participant is", GUIDE, personal=True),
    _column(TEXT, "region", "Region of the servers", GUIDE),
    _column(TEXT, "connectionType", "Such as UDP", GUIDE),
    _column(WHOLE, "connectionTimeMs", "Milliseconds until the connection stood", GUIDE, unit="ms", additive=False),
    _column(TEXT, "deviceModel", "Such as Mac", GUIDE),
    _column(TEXT, "os", "Operating system", GUIDE),
    _column(TEXT, "browser", "Browser and version", GUIDE),
    _column(TEXT, "sdkVersion", "SDK and version", GUIDE),
    _column(FLAG, "cameraTrack", "A camera was published (publishedSources)"),
    _column(FLAG, "microphoneTrack", "A microphone was published (publishedSources)"),
    _column(FLAG, "screenShareTrack", "A screen was shared (publishedSources)"),
    _column(FLAG, "screenShareAudio", "The screen's sound was shared (publishedSources)"),
    _column(WHOLE, "connections", "Connections of the participant", OWN, additive=True),
    _column(
        WHOLE,
        "openConnections",
        "Those without leftAt, which have not ended: not in connectedSeconds",
        OWN,
        additive=True,
    ),
    _column(
        ColumnType.DURATION,
        "connectedSeconds",
        "Sum over the connections that ended, which is not leftAt - joinedAt; null where none is told",
        OWN,
        unit="s",
        additive=True,
    ),
)
CONNECTIONS = (
    _ROOM,
    _IDENTITY,
    _column(TEXT, "participantId", "Id of this connection", personal=True),
    _column(MOMENT, "joinedAt", "When it began"),
    _column(MOMENT, "leftAt", "When it ended; null while it lasts"),
    _TIME,
)
QUALITY = (
    _ROOM,
    _column(MOMENT, "timestamp", "Moment of the value", GUIDE),
    _column(WHOLE, "value", "Quality of the connections", GUIDE, additive=False),
)
PUBLISH_BPS = (
    _ROOM,
    _column(MOMENT, "timestamp", "Moment of the value", GUIDE),
    _column(WHOLE, "value", "Bits per second published", GUIDE, unit="bit/s", additive=False),
)
