"""The sandbox's Reports Microservice: generate, poll, serve (kaltura.md §11)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sandbox_caller import NOW, Caller, Clock

from reportrunner.sandbox import SANDBOX_KS, Faults, First, Sandbox
from reportrunner.sandbox.polls import poll_answers

ASK: dict[str, Any] = {
    "entries_ids": ["1_gdpr1"],
    "virtual_event_ids": ["4711"],
    "from_date_id": "2026-11-09",
    "to_date_id": "2026-11-15",
}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def caller(clock: Clock) -> Iterator[Caller]:
    with Sandbox(clock=clock) as sandbox:
        yield Caller(sandbox)


def generated(caller: Caller) -> tuple[str, str]:
    ks = caller.session("virtualeventid:4711")
    reply = caller.reports("generate", ks, reportName="pollsActivity", reportParameters=ASK)
    assert reply.status_code == 200
    return ks, reply.json()["sessionId"]


def statuses(caller: Caller, ks: str, job: str, times: int) -> list[str]:
    return [caller.reports("serve", ks, sessionId=job, statusOnly=True).json()["status"] for _ in range(times)]


def test_polls_are_generated_polled_and_served(caller: Caller) -> None:
    ks, job = generated(caller)
    assert caller.reports("serve", ks, sessionId=job).json() == {"status": "pending"}
    assert statuses(caller, ks, job, 2) == ["pending", "completed"]
    reply = caller.reports("serve", ks, sessionId=job)
    assert reply.headers["Content-Type"] == "text/csv"
    rows = list(csv.DictReader(io.StringIO(reply.content.decode())))
    start, end = (int(datetime(2026, 11, day, tzinfo=UTC).timestamp()) for day in (9, 16))
    truth = poll_answers(frozenset(["1_gdpr1"]), start, end)
    assert [(row["poll_id"], row["user_id"], row["answer"]) for row in rows] == [
        (answer.poll_id, answer.user_id, answer.answer) for answer in truth
    ]
    assert rows
    counts = [caller.sandbox.count(f"reports.{action}") for action in ("generate", "status", "serve")]
    assert counts == [1, 2, 2]


def test_an_export_takes_its_seconds_by_the_clock(clock: Clock) -> None:
    with Sandbox(clock=clock, faults=Faults(export_seconds=3, polls_before_ready=0)) as sandbox:
        caller = Caller(sandbox)
        ks, job = generated(caller)
        assert statuses(caller, ks, job, 1) == ["pending"]
        clock.now = NOW + 3
        assert statuses(caller, ks, job, 1) == ["completed"]


@pytest.mark.parametrize("privileges", ["", "virtualeventid:4712", "edit:*"])
def test_a_session_without_the_privilege_is_forbidden(caller: Caller, privileges: str) -> None:
    ks = caller.session(privileges)
    reply = caller.reports("generate", ks, reportName="pollsActivity", reportParameters=ASK)
    assert (reply.status_code, reply.headers["Content-Type"]) == (403, "application/json")
    assert "virtualeventid:4711" in reply.json()["message"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"reportName": "pollActivity"}, 400),
        ({"reportParameters": {}}, 422),
        ({"reportParameters": {**ASK, "from_date_id": "20261109"}}, 422),
        ({"reportParameters": {**ASK, "entries_ids": "1_gdpr1"}}, 422),
        ({"reportParameters": {**ASK, "entry_ids": []}}, 422),
    ],
)
def test_a_wrong_request_is_refused_in_json(caller: Caller, change: dict[str, Any], status: int) -> None:
    ks = caller.session("virtualeventid:4711/12")
    reply = caller.reports("generate", ks, **{"reportName": "pollsActivity", "reportParameters": ASK, **change})
    assert reply.status_code == status
    assert reply.json()["message"]


def test_sessions_and_handles_are_checked(caller: Caller) -> None:
    assert caller.reports("serve", "nobody", sessionId="x").status_code == 401
    assert caller.reports("serve", SANDBOX_KS, sessionId="x").status_code == 404
    assert caller.post("/api/v1/report/serve", "{}", Content_Type="application/json").status_code == 401
    assert caller.post("/api/v1/report/other", "{}").status_code == 404


def test_another_virtual_event_has_no_polls(caller: Caller) -> None:
    ks = caller.session("virtualeventid:12")
    given = {**ASK, "virtual_event_ids": ["12"]}
    job = caller.reports("generate", ks, reportName="pollsActivity", reportParameters=given).json()["sessionId"]
    statuses(caller, ks, job, 2)
    assert len(caller.reports("serve", ks, sessionId=job).text.splitlines()) == 1


def test_faults_of_an_export(clock: Clock) -> None:
    faults = Faults(generate_fails=First(1), serve_json_instead_of_csv=First(1), polls_before_ready=2)
    with Sandbox(clock=clock, faults=faults) as sandbox:
        caller = Caller(sandbox)
        ks, failing = generated(caller)
        assert statuses(caller, ks, failing, 3) == ["pending", "in_progress", "failed"]
        ks, job = generated(caller)
        assert statuses(caller, ks, job, 3)[-1] == "completed"
        bodies = [caller.reports("serve", ks, sessionId=job).text[:7] for _ in range(2)]
        assert bodies == ['{"statu', "poll_id"]


def test_an_unknown_status_word(clock: Clock) -> None:
    with Sandbox(clock=clock, faults=Faults(unknown_status="archived")) as sandbox:
        caller = Caller(sandbox)
        ks, job = generated(caller)
        assert statuses(caller, ks, job, 1) == ["archived"]
