"""Several calls in one request: how they are written, and whose answer each element is (kaltura.md §3)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from asking import flow, table
from questions import fields
from replies import text

from reportrunner.flow import Reply, Request
from reportrunner.providers.kaltura import wire
from reportrunner.providers.kaltura.envelope import LIMIT, MULTIREQUEST, pack, packable, unpack

ONE = wire.call("report", "getTotal", [("reportType", "13")])
OTHER = wire.call("report", "getTable", [("reportType", "34"), ("pager[pageSize]", "500")], page=1)


def test_calls_are_numbered_from_one_and_session_and_format_are_said_once() -> None:
    packed = pack((ONE, OTHER))
    assert (packed.method, packed.path) == ("POST", "/api_v3/service/multirequest")
    assert fields(packed) == {
        "format": "1",
        "ks": "<session:kaltura>",
        "1:service": "report",
        "1:action": "getTotal",
        "1:reportType": "13",
        "2:service": "report",
        "2:action": "getTable",
        "2:reportType": "34",
        "2:pager[pageSize]": "500",
    }
    assert MULTIREQUEST.limit == LIMIT == 10


@pytest.mark.parametrize("value", ["{1:result}", "x {12:result:objects:0:id} y"])
def test_what_looks_like_a_result_token_goes_alone(value: str) -> None:
    assert not packable(wire.call("report", "getTotal", [("reportInputFilter[keywords]", value)]))
    assert packable(wire.call("report", "getTotal", [("reportInputFilter[keywords]", "{result} 1:result")]))
    (step,) = flow({**table(), "filters": {"keywords": value}}).steps
    assert not step.packable


def test_every_call_gets_the_very_bytes_of_its_element() -> None:
    elements = ['{"header":"a|b","data":"1.50|\\u00e9;"}', '[ {"id":"x","data":""} ]', '"http:\\/\\/x"', "null", "7"]
    body = " [" + " , ".join(elements) + "]\n"
    assert [reply.body.decode() for reply in unpack(text(body), 5)] == elements


def test_a_failed_element_fails_its_own_call_only() -> None:
    error = {"code": "DRUID_QUERY_TIMED_OUT", "message": "m", "objectType": "KalturaAPIException", "args": []}
    good = {"header": "n", "data": "1", "objectType": "KalturaReportTotal"}
    first, second = unpack(text(json.dumps([error, good])), 2)
    assert getattr(wire.judge_total(ONE, first), "why", "") == "failed"
    assert wire.judge_total(ONE, second) is not None
    assert not second.fault


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_list_of_another_length_is_a_fault_for_whom_it_may_concern(count: int) -> None:
    body = json.dumps([{"n": n} for n in range(count)])
    found = unpack(text(body), 3)
    assert len(found) == 3
    faults = [reply.fault for reply in found]
    said = f"the envelope holds {count} answers to 3 calls"
    assert faults == ([""] * count + [said] * (3 - count) if count < 3 else [said] * 3)


@pytest.mark.parametrize("body", ["<html>", "", "[1,2", "[1 2]", "[1,2] x", '"a"', '[{"a":1}'])
def test_what_is_no_list_belongs_to_every_call(body: str) -> None:
    whole = text(body)
    assert unpack(whole, 2) == (whole, whole)


@pytest.mark.parametrize("whole", [Reply(fault="timeout"), text("[1,2]", 503), text("[1,2]", 429)])
def test_a_fault_or_a_bad_status_belongs_to_every_call(whole: Reply) -> None:
    assert unpack(whole, 2) == (whole, whole)


def test_headers_and_marks_of_the_envelope_are_those_of_each_answer() -> None:
    whole = replace(text("[1,2]"), redacted=True, headers={"x-me": "a"})
    assert all((reply.redacted, reply.headers["x-me"], reply.status) == (True, "a", 200) for reply in unpack(whole, 2))


def test_only_calls_of_a_service_fit() -> None:
    with pytest.raises(AssertionError, match="is no call that fits an envelope"):
        pack((Request("GET", "/somewhere"),))
