"""Stream health and diagnostics: `beacon_beacon.list`, and the alerts inside its answer (kaltura.md §10)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from reportrunner.ask import Ask, Endpoint
from reportrunner.days import Days
from reportrunner.delimited import unreadable
from reportrunner.diagnose import Hinted
from reportrunner.flow import Flow, Reply
from reportrunner.json_cell import canonical
from reportrunner.providers.kaltura import wire
from reportrunner.providers.kaltura.dataset import KalturaDataset, fetch_together
from reportrunner.providers.kaltura.listing import (
    FIRST_PAGE,
    LIST_PAGE,
    Texts,
    coded,
    column,
    judge_pages,
    knowing,
    load,
    named,
    read_pages,
    typed,
    write_list_filter,
)
from reportrunner.providers.kaltura.times import seconds_of
from reportrunner.spelling import suggest
from reportrunner.strict import Strict
from reportrunner.table import Column, ColumnType, Rows, Value, declare
from reportrunner.verdict import plain

SEVERITIES = ("debug", "info", "warning", "error", "critical")
STREAMS = {"0": "primary", "1": "backup"}
EVENTS = tuple(f"{stream}_{family}" for stream in STREAMS for family in ("healthData", "staticData", "dynamicData"))
OBJECTS = {"1": "schedule_resource", "2": "entry_server_node", "3": "server_node", "4": "entry"}
"""Words of KalturaBeaconObjectTypes."""
_SOURCE = "kaltura.md §10 (source-proven)"
_GUIDE = "kaltura.md §10; prefixes in the public guide (documented)"
COLUMNS = (
    column(ColumnType.STRING, "id", "Id of the beacon", _SOURCE),
    column(ColumnType.TIMESTAMP, "updatedAt", "When it was reported", _SOURCE),
    column(ColumnType.STRING, "relatedObjectType", "What reports: entry, ...", _SOURCE),
    column(ColumnType.STRING, "eventType", "Kind of the beacon", _SOURCE),
    column(ColumnType.STRING, "stream", "primary or backup, by the prefix of eventType", _GUIDE),
    column(ColumnType.STRING, "objectId", "Entry id, for beacons of entries", _SOURCE),
    column(ColumnType.INTEGER, "severity", "Highest severity of its alerts, 0 to 4", _SOURCE, additive=False),
    column(ColumnType.STRING, "severity_name", "debug, info, warning, error or critical", _GUIDE),
    column(ColumnType.STRING, "private_data", "The document inside privateData, as JSON", _SOURCE),
)
ALERTS = (
    column(ColumnType.STRING, "beacon_id", "Id of the beacon that holds the alert", _SOURCE),
    column(ColumnType.STRING, "objectId", "Entry id, for beacons of entries", _SOURCE),
    column(ColumnType.STRING, "stream", "primary or backup", _GUIDE),
    column(ColumnType.TIMESTAMP, "time", "When the alert arose", _SOURCE),
    column(ColumnType.STRING, "code", "Code of the alert", _SOURCE),
    column(ColumnType.INTEGER, "severity", "Severity of the alert, where it has one", "kaltura.md §10 (unknown)"),
    column(ColumnType.STRING, "arguments", "Arguments of the alert, as JSON", _SOURCE),
)


def _index(value: object) -> object:
    if isinstance(value, str) and value not in {"Log", "State"} and value.title() in {"Log", "State"}:
        raise Hinted(f'the service rejects "{value}"', f'write indexTypeEqual = "{value.title()}"')
    return value


def _event(value: object) -> object:
    if isinstance(value, str) and value not in EVENTS:
        families = {event.partition("_")[2] for event in EVENTS}
        both = " and ".join(f'"{stream}_{value}"' for stream in STREAMS)
        near = suggest(value, EVENTS)
        if value in families:
            raise Hinted(f'"{value}" lacks the stream in front', f"write {both}: primary and backup")
        said = f'there is no beacon "{value}"' + (f'; did you mean "{near}"?' if near else "")
        raise Hinted(said, "" if near else f"one of {', '.join(EVENTS)}")
    return value


class BeaconFilters(Strict):
    """The filter of `beacon_beacon.list`."""

    diagnostic_owner: ClassVar[str] = "beacon_beacon.list"
    diagnostic_noun: ClassVar[str] = "filter"
    familiar: ClassVar[Mapping[str, str]] = {
        "objectType": "is not needed; remove it",
        "eventTypeEqual": 'is spelt eventTypeIn; write eventTypeIn = ["0_healthData"]',
        "relatedObjectTypeEqual": 'is spelt relatedObjectTypeIn; write relatedObjectTypeIn = ["entry"]',
        "updatedAtGreaterThanOrEqual": 'is decided by the window; write window = "name" beside filters',
        "updatedAtLessThanOrEqual": 'is decided by the window; write window = "name" beside filters',
    }
    relatedObjectTypeIn: Annotated[  # noqa: N815
        list[Annotated[str, coded(OBJECTS, "related object type")]],
        Field(min_length=1, description='"entry", or its number 4'),
    ]
    eventTypeIn: Annotated[list[Annotated[str, BeforeValidator(_event)]], Field(min_length=1)] | None = None  # noqa: N815
    indexTypeEqual: Annotated[Literal["Log", "State"], BeforeValidator(_index)] | None = Field(  # noqa: N815
        default=None, description="Log: every report in time; State: the last one of each"
    )
    objectIdIn: Texts | None = None  # noqa: N815


class BeaconDataset(KalturaDataset):
    """Keys of what is asked of beacons."""

    familiar: ClassVar[Mapping[str, str]] = {
        "filter": 'is spelt filters here; write filters = { relatedObjectTypeIn = ["entry"] }',
        "pager": "is not needed: all pages are fetched",
    }
    filters: BeaconFilters
    orderBy: Literal["+updatedAt", "-updatedAt", "+objectId", "-objectId"] = "+updatedAt"  # noqa: N815


class ListBeacons(BeaconDataset):
    """`beacon_beacon.list`: what live streams report of themselves."""

    diagnostic_owner: ClassVar[str] = "beacon_beacon.list"
    endpoint: Literal["beacon_beacon.list"]


class ListAlerts(BeaconDataset):
    """`beacon_beacon.list#alerts`: the same answer, one row per alert."""

    diagnostic_owner: ClassVar[str] = "beacon_beacon.list#alerts"
    endpoint: Literal["beacon_beacon.list#alerts"]


def unfold_beacons(ask: Ask) -> Flow:
    """Return the flow of the list; its parts ask the same, so that both are sent once."""
    parameters = ask.parameters
    assert isinstance(parameters, BeaconDataset)
    given: dict[str, object] = parameters.filters.model_dump(exclude_none=True)
    given["orderBy"] = parameters.orderBy
    if ask.window is not None:
        given["updatedAtGreaterThanOrEqual"], given["updatedAtLessThanOrEqual"] = seconds_of(ask.window)
    form = (*write_list_filter("KalturaBeaconFilter", given), *FIRST_PAGE)
    request = wire.call("beacon_beacon", "list", form, page=1, wave=1)
    reader = read_alerts if isinstance(parameters, ListAlerts) else read_beacons
    read = partial(reader, columns=declare(ask.endpoint.columns(parameters), parameters.columns))
    return fetch_together(ask, (request,), knowing(judge_pages, kind="KalturaBeaconListResponse"), read)


def read_beacons(replies: Sequence[Reply], columns: tuple[Column, ...]) -> Rows:
    """Read one row per beacon; its severity is the highest of its alerts."""
    return read_pages(replies, columns=columns, row=_beacon)


def read_alerts(replies: Sequence[Reply], columns: tuple[Column, ...]) -> Rows:
    """Read one row per alert of every beacon."""
    read_pages(replies, columns=())
    rows: list[tuple[Value, ...]] = []
    for reply in replies:
        for beacon in load(reply).get("objects", []):
            rows += [typed(alert, columns, len(rows) + 1) for alert in _alerts(beacon)]
    return Rows(columns, rows)


def _beacon(beacon: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = _private(beacon)
    severity = inner.get("maxSeverity")
    if severity is not None and str(severity) not in {"0", "1", "2", "3", "4"}:
        raise _wrong(beacon, f"has the severity {plain(str(severity), 40)}, and 0 to 4 are known")
    return {
        **beacon,
        "relatedObjectType": named(beacon.get("relatedObjectType"), OBJECTS),
        "stream": _stream(beacon),
        "severity": severity,
        "severity_name": None if severity is None else SEVERITIES[int(severity)],
        "private_data": canonical(inner) if beacon.get("privateData") else None,
    }


def _alerts(beacon: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    alerts = _private(beacon).get("alerts") or []
    if not isinstance(alerts, list) or not all(isinstance(alert, dict) for alert in alerts):
        raise _wrong(beacon, "has alerts that are no objects")
    for alert in alerts:
        fields = {name.lower(): value for name, value in alert.items()}
        arguments = fields.get("arguments")
        yield {
            "beacon_id": beacon.get("id"),
            "objectId": beacon.get("objectId"),
            "stream": _stream(beacon),
            **{name: fields.get(name) for name in ("time", "code", "severity")},
            "arguments": None if arguments is None else canonical(arguments),
        }


def _stream(beacon: Mapping[str, Any]) -> str | None:
    return STREAMS.get(str(beacon.get("eventType", "")).partition("_")[0])


def _private(beacon: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the JSON document that stands as text inside the JSON answer."""
    text = beacon.get("privateData")
    if text is None or text == "":
        return {}
    try:
        inner = json.loads(text, parse_float=Decimal) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        inner = None
    if not isinstance(inner, dict):
        raise _wrong(beacon, "has privateData that is no JSON object")
    return inner


def _wrong(beacon: Mapping[str, Any], what: str) -> Exception:
    return unreadable(f"the beacon {beacon.get('id', '?')} of {beacon.get('objectId', '?')} {what}")


_TRAPS = (
    "privateData is JSON inside JSON: it is read twice, and one that is no JSON ends the run with exit 4",
    'relatedObjectTypeIn is required by the service: write ["entry"]',
    f"pages of {LIST_PAGE} are fetched until a short one",
)
_PERMISSIONS = "ADMIN_BASE, CAPTURE_DEVICE, WEBCAST_PRODUCER or ANALYTICS_BASE"
ENDPOINTS = (
    Endpoint(
        name="beacon_beacon.list",
        summary="Health and diagnostics of live streams, one row per beacon",
        parameters=ListBeacons,
        unfold=unfold_beacons,
        columns=lambda _: COLUMNS,
        key=lambda _: ("id",),
        days=Days("instants", "source-proven", words="those of the last change"),
        permissions=_PERMISSIONS,
        traps=_TRAPS,
    ),
    Endpoint(
        name="beacon_beacon.list#alerts",
        summary="The alerts of the same beacons, one row each; asked once for both",
        parameters=ListAlerts,
        unfold=unfold_beacons,
        columns=lambda _: ALERTS,
        days=Days("instants", "source-proven", words="those of the last change"),
        permissions=_PERMISSIONS,
        traps=_TRAPS,
    ),
)
