"""The sandbox's Reports Microservice: generate, poll, serve (kaltura.md §11)."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sandbox_caller import NOW, Caller, Clock

from reportrunner.sandbox import SANDBOX_KS, Faults, First, Sandbox
from reportrunner.sandbox.big_registration import big_registration, big_row
from reportrunner.sandbox.polls import poll_answers
from reportrunner.sandbox.report_files import CHATS
from reportrunner.sandbox.virtual_events import VIRTUAL_EVENTS, app_guid

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


def body(caller: Caller, name: str, given: object, privileges: str = "") -> bytes:
    """A report's file, generated, polled and served."""
    ks = caller.session(privileges)
    job = caller.reports("generate", ks, reportName=name, reportParameters=given).json()["sessionId"]
    assert statuses(caller, ks, job, 2)[-1] == "completed"
    return caller.reports("serve", ks, sessionId=job).content


def served(caller: Caller, name: str, given: object, privileges: str = "") -> list[dict[str, str]]:
    """The rows of a report."""
    text = body(caller, name, given, privileges).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


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


def test_an_event_that_does_not_exist_has_no_polls(caller: Caller) -> None:
    given = {**ASK, "virtual_event_ids": ["12"]}
    assert served(caller, "pollsActivity", given, "virtualeventid:12") == []


def test_forty_one_events_have_each_their_own_people_and_polls(caller: Caller) -> None:
    texts = set()
    for event_id in ("4711", "4801", "4820", "4840"):
        given = {**ASK, "virtual_event_ids": [event_id]}
        rows = served(caller, "pollsActivity", given, f"virtualeventid:{event_id}")
        assert {row["poll_id"].partition("-")[0] for row in rows} == {event_id}
        texts.add(str([(row["user_id"], row["answer"]) for row in rows]))
        came = {row["user_id"] for row in served(caller, "registration", {"appGuid": app_guid(event_id)})}
        assert {row["user_id"] for row in rows} <= came
    assert len(texts) == 4
    assert len({app_guid(event_id) for event_id in VIRTUAL_EVENTS}) == len(VIRTUAL_EVENTS) == 41


def test_the_days_asked_for_are_the_days_that_come(caller: Caller) -> None:
    def rows(**days: str) -> list[dict[str, str]]:
        return served(caller, "groupChatTranscripts", {**ASK, **days}, EVENT)

    whole = rows()
    parts = [*rows(to_date_id="2026-11-11"), *rows(from_date_id="2026-11-12")]
    assert whole == parts
    assert {row["sent_at"][:10] for row in whole} <= {f"2026-11-{day:02d}" for day in range(9, 16)}


DAYS = {"from_date_id": "2026-11-09", "to_date_id": "2026-11-15"}
ENRICH = {"taskType": "sessionViewership", "params": {"from_date": 1_794_200_000, "to_date": 1_794_800_000}}
ATTEND = {"virtual_event_ids": ["4711"], "days": DAYS, "options": {"minimum_seconds": 60}}
EVENT = "virtualeventid:4711"
ASKS: list[tuple[str, dict[str, Any], str]] = [
    *((name, ASK, EVENT) for name in ("pollsActivity", *CHATS)),
    ("registration", {"appGuid": app_guid("4711")}, ""),
    ("attachment", ASK, ""),
    ("reportsEnrichment", ENRICH, ""),
    ("eventOverview", {}, ""),
    ("sessionAttendance", ATTEND, ""),
]


@pytest.mark.parametrize(("name", "given", "privileges"), ASKS)
def test_every_report_is_served_and_the_same_whenever_it_is_asked(
    name: str, given: dict[str, Any], privileges: str, clock: Clock, caller: Caller
) -> None:
    first = served(caller, name, given, privileges)
    with Sandbox(clock=clock) as another:
        assert served(Caller(another), name, given, privileges) == first
    assert first


@pytest.mark.parametrize("name", ["pollsActivity", *CHATS])
def test_chat_reports_need_the_privilege_of_every_event(name: str, caller: Caller) -> None:
    given = {**ASK, "virtual_event_ids": ["4711", "4801"]}
    reply = caller.reports("generate", caller.session(EVENT), reportName=name, reportParameters=given)
    assert (reply.status_code, reply.json()["message"]) == (403, "The session lacks the privilege virtualeventid:4801")


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("registration", {"appguid": "x"}, "appguid is not known; appGuid is missing; wanted are exactly appGuid"),
        ("registration", {"appGuid": 7}, "appGuid must be a text"),
        ("registration", "x", "an object with appGuid is wanted"),
        ("attachment", {**ASK, "to_date_id": "2026-11-08"}, "to_date_id is before from_date_id"),
        ("attachment", {**ASK, "to_date_id": "2026-11-8"}, "to_date_id must be a day as YYYY-MM-DD"),
        ("chatModeration", {**ASK, "virtual_event_ids": []}, "virtual_event_ids must be a list of texts"),
        ("chatModeration", {**ASK, "virtual_event_ids": [4711]}, "virtual_event_ids must be a list of texts"),
        ("reportsEnrichment", {**ENRICH, "taskType": "other"}, "there is no taskType other"),
        ("reportsEnrichment", {**ENRICH, "params": DAYS}, "from_date_id is not known"),
        (
            "reportsEnrichment",
            {**ENRICH, "params": {"from_date": "1", "to_date": 2}},
            "from_date must be a whole number",
        ),
        ("eventOverview", {"x": 1}, "x is not known"),
        ("sessionAttendance", {**ATTEND, "options": {"minimum_seconds": True}}, "must be a whole number"),
    ],
)
def test_a_wrong_parameter_is_refused_in_words(name: str, given: object, words: str, caller: Caller) -> None:
    reply = caller.reports("generate", caller.session(EVENT), reportName=name, reportParameters=given)
    assert reply.status_code == 422
    assert words in reply.json()["message"]


def test_nothing_but_the_documented_members_is_taken(caller: Caller) -> None:
    ks, job = generated(caller)
    assert caller.reports("generate", ks, reportName="eventOverview").status_code == 422
    assert caller.reports("serve", ks, sessionId=job, statusonly=True).status_code == 422
    assert caller.reports("serve", ks, sessionId=job, statusOnly="true").status_code == 422
    assert caller.reports("serve", ks, statusOnly=True).status_code == 422


def test_registrations_have_a_byte_order_mark_and_crlf(caller: Caller) -> None:
    assert body(caller, "registration", {"appGuid": app_guid("4801")}).startswith(b"\xef\xbb\xbfregistration_id,")
    lines = body(caller, "registration", {"appGuid": app_guid("4801")}).split(b"\n")
    assert all(line.endswith(b"\r") for line in lines[:-1])
    assert lines[-1] == b""
    assert len(served(caller, "registration", {"appGuid": "nobody's"})) == 0


@pytest.mark.parametrize("rows", [1, 9_999, 10_000, 10_001, 25_000])
def test_an_export_of_any_size_has_that_many_rows(rows: int, clock: Clock) -> None:
    with Sandbox(clock=clock, faults=Faults(export_rows=rows)) as sandbox:
        found = served(Caller(sandbox), "registration", {"appGuid": app_guid("4711")})
    assert len(found) == rows
    for number in {0, rows // 2, rows - 1}:
        assert tuple(found[number].values()) == big_row(number)
    assert len({row["registration_id"] for row in found}) == rows


def test_a_slow_export_drips_out_whole(clock: Clock) -> None:
    with Sandbox(clock=clock, faults=Faults(export_rows=20_000, slow_seconds=0.2)) as sandbox:
        started = time.perf_counter()
        assert len(served(Caller(sandbox), "registration", {"appGuid": app_guid("4711")})) == 20_000
    assert time.perf_counter() - started > 0.6  # a session, generate, two polls and the file


def test_a_million_rows_are_described_and_not_held() -> None:
    stream = big_registration(1_000_000)
    pieces = stream.pieces()
    sizes = [len(next(pieces)) for _ in range(3)]
    assert max(sizes) < 2_000_000
    assert len(stream) == sizes[0] + 100 * sizes[1]


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
