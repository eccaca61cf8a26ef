"""The sandbox's server: loopback only, faults of the wire, the log, and switches written as text."""

from __future__ import annotations

import gc
import threading
from time import perf_counter
from typing import Any

import pytest
import requests
from sandbox_caller import WEEK, Caller, Clock

from reportrunner.sandbox import SANDBOX_ADMIN_SECRET, SANDBOX_KS, Faults, First, Sandbox

TOTAL = "/api_v3/service/report/action/getTotal"


def running(**faults: Any) -> Sandbox:
    return Sandbox(clock=Clock(), faults=Faults(**faults))


def total(caller: Caller) -> requests.Response:
    return caller.raw("report.getTotal", WEEK, ks=SANDBOX_KS, format=1, reportType=13)


def test_it_answers_on_loopback_names_only_and_knows_its_paths() -> None:
    with running() as sandbox:
        caller = Caller(sandbox)
        assert sandbox.base_url.startswith("http://127.0.0.1:")
        assert caller.post(TOTAL, {}, Host="reports.example.org").status_code == 421
        assert caller.post("/api_v2/service/report").status_code == 404
        assert caller.http.get(sandbox.base_url, timeout=5).status_code == 404
        assert caller.http.delete(sandbox.base_url + TOTAL, timeout=5).status_code == 405
        assert caller.post(TOTAL, {"format": "9"}).status_code == 400


@pytest.mark.parametrize(("fault", "status"), [("http_429", 429), ("http_503", 503), ("http_500", 500)])
def test_http_faults_strike_first_and_state_when_to_come_back(fault: str, status: int) -> None:
    with running(**{fault: First(1), "retry_after": 7}) as sandbox:
        caller = Caller(sandbox)
        refused = total(caller)
        assert refused.status_code == status
        assert refused.headers.get("Retry-After") == (None if status == 500 else "7")
        assert total(caller).status_code == 200
        assert [record.status for record in sandbox.log] == [status, 200]
        assert sandbox.log[0].parameter("reportType") == "13"


def test_a_cut_body_and_a_dropped_connection_are_transport_errors() -> None:
    with running(cut_body=First(1), drop_connection=First(1)) as sandbox:
        caller = Caller(sandbox)
        with pytest.raises(requests.ConnectionError):
            total(caller)
        assert total(caller).status_code == 200
    with running(cut_body=First(1)) as sandbox:
        caller = Caller(sandbox)
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            total(caller)
        assert total(caller).json()["objectType"] == "KalturaReportTotal"


def test_html_in_place_of_json() -> None:
    with running(html_body=First(1)) as sandbox:
        assert total(Caller(sandbox)).text.startswith("<!DOCTYPE")


def test_delays_hold_replies_back() -> None:
    with running(delay_seconds=0.05, slow_seconds=0.05) as sandbox:
        begin = perf_counter()
        assert total(Caller(sandbox)).status_code == 200
        assert perf_counter() - begin > 0.09


def test_shuffled_replies_overtake_one_another() -> None:
    with running(shuffle_seed=3) as sandbox:
        order: list[int] = []

        def ask(number: int) -> None:
            assert total(Caller(sandbox)).status_code == 200
            order.append(number)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(order) == list(range(12)) != order


def test_the_log_says_what_came_and_holds_no_secret() -> None:
    with running() as sandbox:
        caller = Caller(sandbox)
        ks = caller.session("virtualeventid:4711")
        caller.post(f"{TOTAL}/ks/{ks}", {**WEEK, "reportType": "13"})
        caller.reports("serve", ks, sessionId="handle-1", statusOnly=True)
        start, asked, status = sandbox.log
        assert (start.action, start.parameter("privileges")) == ("session.start", "virtualeventid:4711")
        assert (asked.number, asked.method, asked.parameter("reportInputFilter.fromDay")) == (2, "POST", "20261109")
        assert asked.path == f"{TOTAL}/ks/***"
        assert (status.action, status.status) == ("reports.status", 404)
        assert all(secret not in repr(sandbox.log) for secret in (ks, SANDBOX_ADMIN_SECRET, "handle-1"))


def test_stopping_frees_port_threads_and_sockets() -> None:
    before = threading.active_count()
    sandbox = running().start()
    caller = Caller(sandbox)
    total(caller)
    port = int(sandbox.base_url.rpartition(":")[2])
    sandbox.stop()
    sandbox.stop()
    caller.http.close()
    gc.collect()
    assert threading.active_count() == before
    with pytest.raises(RuntimeError, match="not running"):
        _ = sandbox.base_url
    with Sandbox(clock=Clock(), port=port) as again:
        assert again.base_url.endswith(str(port))


def test_faults_are_written_as_text() -> None:
    parsed = Faults.parse(["http_429=3", "cut_body=report.getTable:2", "export_seconds=1.5", "unknown_status=archived"])
    assert parsed == Faults(
        http_429=First(3), cut_body=First(2, "report.getTable"), export_seconds=1.5, unknown_status="archived"
    )
    assert Faults.parse([]) == Faults()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("http_492=3", 'did you mean "http_429"?.*Known switches: rate_limited, '),
        ("nonsense", 'no fault switch "nonsense"'),
        ("http_429", "needs a value"),
        ("http_429=x", "neither a count nor action:count"),
        ("export_seconds=soon", "export_seconds=soon is not understood"),
        ("polls_before_ready=-1", "from 0 on"),
        ("delay_seconds=nan", "from 0 on"),
    ],
)
def test_a_wrong_fault_is_explained(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Faults.parse([text])
