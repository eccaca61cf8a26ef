"""LiveKit Cloud's Analytics API: sessions and what happened in them (livekit.md)."""

from __future__ import annotations

from reportrunner.ask import Provider
from reportrunner.endpoints import endpoints_in
from reportrunner.providers.livekit import session

__all__ = ["PROVIDER"]

PROVIDER = Provider(
    name="livekit",
    summary="LiveKit Cloud analytics: sessions, participants, connections, quality and billing minutes",
    settings=session.LivekitSource,
    endpoints=endpoints_in(
        __name__,
        {
            "sessions.list": "sessions",
            "sessions.get": "details",
            "sessions.get#participants": "details",
            "sessions.get#connections": "details",
            "sessions.get#quality": "details",
            "sessions.get#publishBps": "details",
        },
    ),
    account=session.account,
    secrets=session.secrets,
    session_way=session.way,
    mint=session.mint,
    unfit=session.unfit,
    familiar={
        "sessions": "sessions.list",
        "list": "sessions.list",
        "listSessions": "sessions.list",
        "rooms": "sessions.list",
        "listRooms": "sessions.list",
        "session": "sessions.get",
        "get": "sessions.get",
        "sessions.details": "sessions.get",
        "session_details": "sessions.get",
        "participants": "sessions.get#participants",
        "sessions.participants": "sessions.get#participants",
        "connections": "sessions.get#connections",
        "quality": "sessions.get#quality",
        "publishBps": "sessions.get#publishBps",
    },
)
