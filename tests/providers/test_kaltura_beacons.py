"""Beacons: what is asked, JSON inside JSON, severities by name, alerts as rows of their own."""

# ruff: noqa: E501 - a line of a table is one case

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from asking import WEEK, ask, flow
from projects import problem
from replies import exception, says

from reportrunner.errors import ProviderError
from reportrunner.flow import Done, More, Refused, Reply, Verdict
from reportrunner.window import Window

HEALTH: dict[str, Any] = {
    "source": "kaltura",
    "endpoint": "beacon_beacon.list",
    "filters": {
        "relatedObjectTypeIn": ["entry"],
        "eventTypeIn": ["0_healthData", "1_healthData"],
        "indexTypeEqual": "Log",
        "objectIdIn": ["1_live1", "1_live2"],
    },
}
ALERTS = {**HEALTH, "endpoint": "beacon_beacon.list#alerts"}
JOB = '[datasets.health]\nsource = "kaltura"\nendpoint = "beacon_beacon.list"\n'
OUT = '[outputs.o]\nformat = "html"\n'
TWO_ALERTS = {
    "maxSeverity": 3,
    "alerts": [
        {"Time": 1_795_003_800, "Code": 105, "Arguments": {"b": 2, "a": 1.5}},
        {"Time": 1_795_003_810, "Code": "106", "Arguments": []},
    ],
}


def beacon(private: object = TWO_ALERTS, **more: object) -> dict[str, object]:
    text = private if isinstance(private, str) else json.dumps(private)
    return {
        "id": "b1",
        "indexType": "Log",
        "updatedAt": 1_795_003_815,
        "relatedObjectType": 4,
        "eventType": "1_healthData",
        "objectId": "1_live1",
        "privateData": text,
        "rawData": "",
        "objectType": "KalturaBeacon",
        **more,
    }


def page(*beacons: dict[str, object]) -> Reply:
    return says({"objects": list(beacons), "totalCount": 9999, "objectType": "KalturaBeaconListResponse"})


def read(keys: dict[str, Any], *replies: Reply) -> list[dict[str, object]]:
    rows = flow(keys, None).read(replies)
    names = [column.name for column in rows.columns]
    return [dict(zip(names, row, strict=True)) for row in getattr(rows, "rows", ())]


def judged(reply: Reply) -> Verdict:
    step = flow(HEALTH, None).steps[0]
    return step.judge(step.request, reply)


def form(keys: dict[str, Any], window: Window | None = None) -> dict[str, str]:
    request = flow(keys, window).steps[0].request
    assert request.path == "/api_v3/service/beacon_beacon/action/list"
    return {name: str(value) for name, value in request.form or ()}


def test_a_list_says_the_service_and_the_words_that_work() -> None:
    assert form(HEALTH) == {
        "format": "1",
        "ks": "<session:kaltura>",
        "filter[objectType]": "KalturaBeaconFilter",
        "filter[eventTypeIn]": "0_healthData,1_healthData",
        "filter[indexTypeEqual]": "Log",
        "filter[objectIdIn]": "1_live1,1_live2",
        "filter[orderBy]": "+updatedAt",
        "filter[relatedObjectTypeIn]": "4",
        "pager[pageSize]": "500",
        "pager[pageIndex]": "1",
    }


def test_a_window_is_of_the_report_and_its_last_second_still_counts() -> None:
    sent = form(HEALTH, WEEK)
    assert sent["filter[updatedAtGreaterThanOrEqual]"] == "1794200400"
    assert sent["filter[updatedAtLessThanOrEqual]"] == "1794805199"


def test_the_list_and_its_alerts_are_asked_once() -> None:
    assert flow(HEALTH, WEEK).identity() == flow(ALERTS, WEEK).identity()
    other = {**ALERTS, "orderBy": "-updatedAt"}
    assert flow(HEALTH, WEEK).identity() != flow(other, WEEK).identity()


def test_a_beacon_is_a_row_with_its_document_decoded() -> None:
    assert read(HEALTH, page(beacon())) == [
        {
            "id": "b1",
            "updatedAt": dt.datetime.fromtimestamp(1_795_003_815, dt.UTC),
            "relatedObjectType": "entry",
            "eventType": "1_healthData",
            "stream": "backup",
            "objectId": "1_live1",
            "severity": 3,
            "severity_name": "error",
            "private_data": '{"alerts":[{"Arguments":{"a":1.5,"b":2},"Code":105,"Time":1795003800},{"Arguments":[],"Code":"106","Time":1795003810}],"maxSeverity":3}',
        }
    ]


@pytest.mark.parametrize(("level", "name"), list(enumerate(["debug", "info", "warning", "error", "critical"])))
def test_a_severity_has_a_name(level: int, name: str) -> None:
    (row,) = read(HEALTH, page(beacon({"maxSeverity": level}, eventType="0_healthData")))
    assert (row["severity"], row["severity_name"], row["stream"]) == (level, name, "primary")


def test_a_beacon_without_a_document_has_no_severity() -> None:
    (row,) = read(HEALTH, page({k: v for k, v in beacon().items() if k != "privateData"}))
    assert (row["severity"], row["severity_name"], row["private_data"]) == (None, None, None)
    (row,) = read(HEALTH, page(beacon("")))
    assert (row["severity"], row["private_data"]) == (None, None)
    (row,) = read(HEALTH, page(beacon({}, eventType="staticData")))
    assert (row["severity"], row["stream"], row["private_data"]) == (None, None, "{}")


def test_an_alert_is_a_row_of_its_own() -> None:
    first, second = read(ALERTS, page(beacon(), beacon({"maxSeverity": 0, "alerts": []}, id="b2")))
    assert first == {
        "beacon_id": "b1",
        "objectId": "1_live1",
        "stream": "backup",
        "time": dt.datetime.fromtimestamp(1_795_003_800, dt.UTC),
        "code": "105",
        "severity": None,
        "arguments": '{"a":1.5,"b":2}',
    }
    assert (second["code"], second["arguments"]) == ("106", "[]")


@pytest.mark.parametrize(
    ("private", "words"),
    [
        ("not json", "the beacon b1 of 1_live1 has privateData that is no JSON object"),
        ("[1]", "the beacon b1 of 1_live1 has privateData that is no JSON object"),
        ('"{}"', "the beacon b1 of 1_live1 has privateData that is no JSON object"),
        ({"maxSeverity": 5}, "has the severity 5, and 0 to 4 are known"),
        ({"maxSeverity": "high"}, "has the severity high"),
    ],
)
def test_a_document_that_cannot_be_read_names_its_beacon(private: object, words: str) -> None:
    with pytest.raises(ProviderError) as caught:
        read(HEALTH, page(beacon(private)))
    assert caught.value.kind == "unreadable"
    assert words in str(caught.value)


def test_alerts_that_are_no_objects_are_unreadable() -> None:
    with pytest.raises(ProviderError, match="has alerts that are no objects"):
        read(ALERTS, page(beacon({"alerts": ["x"]})))


def test_pages_are_asked_until_a_short_one_whatever_the_count_says() -> None:
    full = page(*(beacon(id=str(number)) for number in range(500)))
    verdict = judged(full)
    assert isinstance(verdict, More)
    assert [(dict(r.form or ())["pager[pageIndex]"], r.page, r.wave) for r in verdict.requests] == [
        ("2", 2, 3),
        ("3", 3, 3),
    ]
    assert judged(page(beacon())) == Done()
    assert judged(says({"totalCount": 0, "objectType": "KalturaBeaconListResponse"})) == Done()


def test_rows_that_moved_between_pages_are_told() -> None:
    with pytest.raises(ProviderError, match="page 1 is short although page 2 has objects"):
        read(HEALTH, page(beacon()), page(beacon(id="b2")))


def test_a_code_with_blanks_is_read_whole_and_a_refusal_names_the_permissions() -> None:
    missing = judged(says(exception("MISSING MANDATORY PARAMETER RELATED OBJECT TYPE")))
    assert isinstance(missing, Refused)
    assert missing.words.startswith("MISSING MANDATORY PARAMETER RELATED OBJECT TYPE: ")
    forbidden = judged(says(exception("SERVICE_FORBIDDEN")))
    needs = "the session's role needs ADMIN_BASE, CAPTURE_DEVICE, WEBCAST_PRODUCER or ANALYTICS_BASE"
    assert getattr(forbidden, "hint", "") == needs


@pytest.mark.parametrize("given", ["entry", "4", 4])
def test_entries_are_asked_by_word_or_number(given: object) -> None:
    keys = {**HEALTH, "filters": {"relatedObjectTypeIn": [given]}}
    assert form(keys)["filter[relatedObjectTypeIn]"] == "4"
    made = ask(keys, None)
    assert made.endpoint.key(made.parameters) == ("id",)


RELATED = 'relatedObjectTypeIn = ["entry"]'


@pytest.mark.parametrize(
    ("filters", "answer"),
    [
        (f'{RELATED}, indexTypeEqual = "log"', '"log": the service rejects "log" | write indexTypeEqual = "Log"'),
        (f'{RELATED}, indexTypeEqual = "state"', '"state": the service rejects "state" | write indexTypeEqual = "State"'),
        (f'{RELATED}, indexTypeEqual = "Both"', '"Both": "indexTypeEqual" cannot be "Both" | one of "Log", "State"'),
        (f'{RELATED}, eventTypeIn = ["healthData"]', '"healthData": "healthData" lacks the stream in front | write "0_healthData" and "1_healthData": primary and backup'),
        (f'{RELATED}, eventTypeIn = ["0_healthDate"]', '"0_healthDate": there is no beacon "0_healthDate"; did you mean "0_healthData"?'),
        ('relatedObjectTypeIn = ["entries"]', '"entries": there is no related object type "entries" | one of schedule_resource, entry_server_node, server_node, entry'),
        ('objectIdIn = ["1_a"]', 'filters: beacon_beacon.list needs the filter "relatedObjectTypeIn" (a list of text) | add relatedObjectTypeIn = ["..."] ("entry", or its number 4)'),
        (f'{RELATED}, objectIdIn = ["a,b"]', '"a,b": "a,b" contains ",", which separates values on the wire | write "a", "b" if these are several; one that contains "," cannot be asked for: pick its rows in sql'),
    ],
)  # fmt: skip
def test_what_is_answered(filters: str, answer: str) -> None:
    assert problem(f"{JOB}filters = {{ {filters} }}\n{OUT}") == answer


def test_half_the_name_of_the_service_is_answered_with_the_whole() -> None:
    said = problem(f"{JOB.replace('beacon_beacon', 'beacon')}filters = {{ {RELATED} }}\n{OUT}")
    assert said == '"beacon.list": kaltura has no endpoint "beacon.list"; did you mean "beacon_beacon.list"?'
