"""beacon_beacon.list and entryServerNode.list: the health of streams and their servers (kaltura.md §10)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import shake_128
from itertools import islice
from typing import Any

from reportrunner.sandbox.broadcasts import Broadcast, broadcasts, live_entries
from reportrunner.sandbox.kaltura_asked import (
    Visit,
    enum,
    group,
    list_response,
    listed,
    moment,
    ordered,
    pager,
    refuse_others,
)
from reportrunner.sandbox.kaltura_errors import ApiError
from reportrunner.sandbox.kaltura_filters import ENTRY_SERVER_NODE
from reportrunner.sandbox.kaltura_wire import Params, Thing
from reportrunner.sandbox.universe import Entry, entries

_MINUTE = 60
_HOUR = 3600
_LOGGED = 4  # broadcasts that the log index still knows
_INDEXES = {"Log", "State"}
_OBJECTS = {"1", "2", "3", "4"}
_ENTRY_BEACON = "4"
_STREAMS = ("0", "1")  # primary, backup
_ALERTS = ((102, "bitrate too low"), (105, "no key frames"), (109, "audio and video apart"), (113, "no signal"))


@dataclass(frozen=True, slots=True)
class Beacon:
    """One beacon of an entry; ``said`` is the JSON text of its private data."""

    index: str
    at: int
    event: str
    entry_id: str
    said: str

    @property
    def id(self) -> str:
        """The state index keeps one beacon an event type, the log index each."""
        plain = f"{self.entry_id}_{self.event}"
        return f"{plain}_{self.at}" if self.index == "Log" else plain


def _health(broadcast: Broadcast, stream: str, at: int) -> str:
    """Say how the stream is: mostly well; the severity is that of its worst alert."""
    bits = shake_128(f"health|{broadcast.entry_id}|{stream}|{at}".encode()).digest(2)
    severity = 0 if bits[0] < 200 else 1 + bits[1] % 4
    alerts = []
    if severity:
        code, text = _ALERTS[severity - 1]
        alerts = [{"Time": at, "Code": code, "Arguments": {"severity": str(severity), "text": text}}]
    return json.dumps({"maxSeverity": severity, "alerts": alerts})


def _diagnosis(broadcast: Broadcast, stream: str, at: int) -> dict[str, str]:
    bits = shake_128(f"encoder|{broadcast.entry_id}|{stream}|{at}".encode()).digest(2)
    return {
        f"{stream}_staticData": json.dumps({"encoder": "Sandbox Encoder 1.0", "width": 1920, "height": 1080}),
        f"{stream}_dynamicData": json.dumps({"bitrate": 2_500_000 + 1000 * bits[0], "frameRate": 25 + bits[1] % 6}),
    }


@lru_cache(maxsize=256)
def _log(broadcast: Broadcast) -> tuple[Beacon, ...]:
    """Give a beacon a minute and stream, in order of time."""
    return tuple(
        Beacon("Log", at, f"{stream}_healthData", broadcast.entry_id, _health(broadcast, stream, at))
        for at in range(broadcast.start, broadcast.end, _MINUTE)
        for stream in _STREAMS
    )


def _beacons(entry: Entry, now: int) -> Iterator[Beacon]:
    """Give what both indexes know of an entry: the log of some broadcasts, the last state of the latest."""
    latest = list(islice(broadcasts(entry, now), _LOGGED))
    for broadcast in latest:
        yield from (beacon for beacon in _log(broadcast) if beacon.at <= now)
    broadcast = latest[0]
    at = max(beacon.at for beacon in _log(broadcast) if beacon.at <= now)
    for stream in _STREAMS:
        said = {f"{stream}_healthData": _health(broadcast, stream, at), **_diagnosis(broadcast, stream, at)}
        yield from (Beacon("State", at, event, entry.entry_id, text) for event, text in said.items())


_BEACON_ORDERS: dict[str, Callable[[Beacon], Any]] = {
    "updatedAt": lambda beacon: (beacon.at, beacon.id),
    "objectId": lambda beacon: (beacon.entry_id, beacon.at, beacon.id),
}


def list_beacons(params: Params, visit: Visit) -> Thing:
    """``beacon_beacon.list``: ``privateData`` is a JSON document inside a string."""
    asked, page = group(params, "filter"), pager(params)
    index = enum(asked, "indexTypeEqual", "KalturaBeaconIndexType", _INDEXES)
    related = enum(asked, "relatedObjectTypeEqual", "KalturaBeaconObjectTypes", _OBJECTS)
    kinds = frozenset([related]) if related else listed(asked, "relatedObjectTypeIn")
    if kinds is None:
        raise ApiError("MISSING MANDATORY PARAMETER RELATED OBJECT TYPE")
    objects, events = listed(asked, "objectIdIn"), listed(asked, "eventTypeIn")
    since, until = (moment(asked, f"updatedAt{end}ThanOrEqual", visit.now) for end in ("Greater", "Less"))
    found = [
        beacon
        for entry in (live_entries() if _ENTRY_BEACON in kinds else ())
        if objects is None or entry.entry_id in objects
        for beacon in _beacons(entry, visit.now)
        if index in ("", beacon.index)
        and (events is None or beacon.event in events)
        and (not since or beacon.at >= since)
        and (not until or beacon.at <= until)
    ]
    found = ordered(found, str(asked.get("orderBy") or ""), _BEACON_ORDERS, "-updatedAt")
    things = [_beacon_thing(beacon) for beacon in page.page(found)]
    return list_response("KalturaBeaconListResponse", things, len(found))


def _beacon_thing(beacon: Beacon) -> Thing:
    fields = {
        "id": beacon.id,
        "indexType": beacon.index,
        "updatedAt": beacon.at,
        "relatedObjectType": _ENTRY_BEACON,
        "eventType": beacon.event,
        "objectId": beacon.entry_id,
        "privateData": beacon.said,
    }
    return Thing("KalturaBeacon", fields)


_NODE_FILTER = {
    *("entryIdEqual", "entryIdIn", "statusEqual", "statusIn", "serverTypeEqual", "serverTypeIn", "orderBy"),
    *("createdAtGreaterThanOrEqual", "createdAtLessThanOrEqual"),
}
_NODE_ORDERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "createdAt": lambda node: (node["createdAt"], node["id"]),
    "updatedAt": lambda node: (node["updatedAt"], node["id"]),
}


def _nodes(visit: Visit) -> Iterator[dict[str, Any]]:
    """Give the primary and backup of what is on air; for an hour after that they are marked for deletion."""
    for number, entry in enumerate(live_entries()):
        latest = next(broadcasts(entry, visit.now))
        if visit.now >= latest.end + _HOUR:
            continue
        over = visit.now >= latest.end
        for server in (0, 1):
            yield {
                "id": 70_000 + 2 * number + server,
                "entryId": entry.entry_id,
                "serverNodeId": 900 + server,
                "partnerId": visit.session.partner,
                "createdAt": latest.start,
                "updatedAt": latest.end if over else visit.now - visit.now % _MINUTE,
                "status": 4 if over else (1, 2)[server],
                "serverType": str(server),
            }


def list_server_nodes(params: Params, visit: Visit) -> Thing:
    """``entryServerNode.list``: ``totalCount`` is the count of the page; an unknown entry is an error."""
    asked, page = group(params, "filter"), pager(params)
    refuse_others(asked, ENTRY_SERVER_NODE, _NODE_FILTER, "entryServerNode.list")
    chosen = {
        "entryId": listed(asked, "entryIdEqual") or listed(asked, "entryIdIn"),
        "status": listed(asked, "statusEqual") or listed(asked, "statusIn"),
        "serverType": listed(asked, "serverTypeEqual") or listed(asked, "serverTypeIn"),
    }
    for unknown in sorted((chosen["entryId"] or frozenset()) - {entry.entry_id for entry in entries()}):
        raise ApiError("ENTRY_ID_NOT_FOUND", ENTRY_ID=unknown)
    since, until = (moment(asked, f"createdAt{end}ThanOrEqual", visit.now) for end in ("Greater", "Less"))
    found = [
        node
        for node in _nodes(visit)
        if all(wanted is None or str(node[name]) in wanted for name, wanted in chosen.items())
        and (not since or node["createdAt"] >= since)
        and (not until or node["createdAt"] <= until)
    ]
    found = ordered(found, str(asked.get("orderBy") or ""), _NODE_ORDERS, "+createdAt")
    shown = [Thing("KalturaLiveEntryServerNode", node) for node in page.page(found)]
    return list_response("KalturaEntryServerNodeListResponse", shown, len(shown))
