"""`sessions.list` against the sandbox's truth, the seven days, and what is said when they do not reach."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from asking import days
from livekit_asking import NOW, SOURCE, ask, at, codes, flow, judged, opened, read, truth
from projects import problem
from replies import says, text

from reportrunner.flow import More, Refused
from reportrunner.sandbox import Faults
from reportrunner.table import Value
from reportrunner.window import Window, window_of
from reportrunner.window.span import WindowError

UTC_DAY = days("2026-11-14", "2026-11-15", "UTC")
HOUR = window_of(1_794_542_400, 1_794_546_000, "Europe/Berlin")  # 2026-11-13T04:00Z to 05:00Z


def refusal(first: str, end: str, now: dt.datetime = NOW, **keys: Any) -> str:
    with pytest.raises(WindowError) as refused:
        flow(window=days(first, end), now=now, **keys)
    return refused.value.message


def test_every_session_is_landed_with_what_the_universe_knows_of_it() -> None:
    mine = {one.session_id: one for one in truth()}
    with opened() as (made, sandbox):
        rows = made.landed(flow())
        assert sandbox.count("sessions.list") == 2
    assert len(rows) == len(mine) > 60
    for row in rows:
        one = mine[str(row["sessionId"])]
        stays = [stay for person in one.participants for stay in person.connections]
        assert (row["roomName"], row["createdAt"], row["endedAt"]) == (one.room, at(one.start), at(one.end))
        assert (row["bandwidthIn"], row["bandwidthOut"]) == (one.bytes_in, one.bytes_out)
        assert (row["numParticipants"], row["success"], row["attempts"]) == (
            len(one.participants),
            len(stays),
            len(stays) + one.failed,
        )
    assert max(row["bandwidthOut"] for row in rows) == 2**53 + 1
    assert {row["egress"] for row in rows} == {"never started", "ended"}


@pytest.mark.parametrize("window", [UTC_DAY, HOUR, days("2026-11-11", "2026-11-16", "Asia/Kathmandu")])
def test_windows_of_any_zone_land_the_sessions_that_began_in_them(window: Window) -> None:
    with opened() as (made, _):
        found = {row["sessionId"] for row in made.landed(flow(window=window))}
    assert found == {one.session_id for one in truth(window)}
    assert found


def test_more_than_a_hundred_sessions_need_several_pages() -> None:
    week = days("2026-11-10", "2026-11-16")
    with opened() as (made, sandbox):
        rows = made.landed(flow(window=week))
        assert [record.parameter("page") for record in sandbox.log] == ["0", "1", "2"]
    assert len(rows) == len(truth(week)) > 100


def test_what_runs_has_no_end_and_what_is_still_to_come_is_not_there() -> None:
    now = dt.datetime(2026, 11, 15, 0, 10, tzinfo=dt.UTC)
    window = days("2026-11-14", "2026-11-16")
    with opened(now) as (made, _):
        rows = {str(row["sessionId"]): row for row in made.landed(flow(window=window, now=now))}
    mine = {one.session_id: one for one in truth(window, now)}
    assert rows.keys() == mine.keys()
    running = {name for name, one in mine.items() if at(one.end) > now}
    assert {name for name, row in rows.items() if row["endedAt"] is None} == running
    assert running
    assert all(rows[name]["lastActive"] == now for name in running)


def test_the_seven_days_are_counted_in_utc() -> None:
    late = dt.datetime(2026, 11, 16, 23, 30, tzinfo=dt.timezone(dt.timedelta(hours=-5)))
    assert "today, 2026-11-17 in UTC" in refusal("2026-11-10", "2026-11-12", late)
    assert flow(window=days("2026-11-11", "2026-11-12"), now=late).steps
    early = dt.datetime(2026, 11, 17, 8, 59, tzinfo=dt.timezone(dt.timedelta(hours=9)))
    assert flow(window=days("2026-11-10", "2026-11-12"), now=early).steps


def test_the_day_to_type_is_one_of_the_jobs_zone() -> None:
    with pytest.raises(WindowError) as refused:
        flow(window=days("2026-11-10", "2026-11-16", "Asia/Kathmandu"))
    assert "passes is 2026-11-10 in UTC; write from = 2026-11-11" in refused.value.message
    assert flow(window=days("2026-11-11", "2026-11-16", "Asia/Kathmandu")).steps


def test_a_refusal_names_every_way_that_is_open() -> None:
    seventh = refusal("2026-11-09", "2026-11-16")
    assert 'write from = 2026-11-10 and to = "as_of"' in seventh
    assert 'write too_old = "clamp"' in seventh
    assert 'write too_old = "ask" to try the seventh day' in seventh
    assert '"ask"' not in refusal("2026-11-08", "2026-11-16")
    assert '"clamp"' not in refusal("2026-11-01", "2026-11-05")
    assert "2026-11-08" in refusal("2026-11-08", "2026-11-16", too_old="ask")
    assert "2026-11-01" in refusal("2026-11-01", "2026-11-05", too_old="clamp")


def test_the_seventh_day_is_tried_where_the_job_says_so() -> None:
    week = days("2026-11-09", "2026-11-16")
    with opened() as (made, _):
        found = made.landed(flow(window=week, too_old="ask"))
    assert {row["sessionId"] for row in found} == {one.session_id for one in truth(week)}
    with opened(livekit_days=6) as (made, _):
        assert "within 6 days" in str(made.error(flow(window=week, too_old="ask")))


def test_what_is_too_old_is_left_out_and_told_where_the_job_says_so() -> None:
    one = flow(window=days("2026-11-06", "2026-11-12"), too_old="clamp")
    assert dict(one.steps[0].request.query)["start"] == "2026-11-10"
    moments = ["2026-11-09T23:59:59Z", "2026-11-10T00:00:00Z"]
    page = says({"sessions": [{"sessionId": f"RM_{n}", "createdAt": moment} for n, moment in enumerate(moments)]})
    assert [row["sessionId"] for row in read(one, page)] == ["RM_1"]
    (note,) = one.read((page,)).notes
    assert (note.code, "before 2026-11-10 (UTC)" in note.message) == ("livekit.clamped", True)


def test_only_what_was_asked_for_is_covered() -> None:
    def covered(first: str, end: str, **keys: Any) -> list[str]:
        one = ask(window=days(first, end), **keys)
        window = one.endpoint.covers(one)
        assert window
        return [moment.astimezone(dt.UTC).isoformat()[:13] for moment in (window.start, window.end)]

    assert covered("2026-11-12", "2026-11-15") == ["2026-11-12T05", "2026-11-15T05"]
    assert covered("2026-11-09", "2026-11-12", too_old="ask") == ["2026-11-09T05", "2026-11-12T05"]
    # The first day of UTC that is asked for is there from its first second on, hours before New York's.
    assert covered("2026-11-06", "2026-11-12", too_old="clamp") == ["2026-11-10T00", "2026-11-12T05"]


def test_the_job_is_told_at_its_window() -> None:
    job = '[windows.old]\nfrom = 2026-11-01\nto = 2026-11-05\n[datasets.s]\nsource = "livekit"\n'
    job += 'endpoint = "sessions.list"\nwindow = "old"\n[outputs.o]\nformat = "html"\n'
    said = problem(job)
    assert said.startswith('"old": the service answers sessions that began within 7 days of today, 2026-11-16 in UTC')
    assert "| write from = 2026-11-10" in said


def test_a_page_can_be_read_alone() -> None:
    one = flow()
    assert one.early is not None
    page = says({"sessions": [{"sessionId": "RM_a", "createdAt": "2026-11-13T00:00:00Z"}]})
    assert len(one.early((page,)).rows) == 1  # type: ignore[union-attr]


def test_a_project_that_is_not_there_is_named() -> None:
    verdict = judged(flow(), text("project not found", 404))
    assert verdict == Refused(
        "refused",
        "there is no such project (HTTP 404: project not found)",
        "check the source's project and base_url",
    )


def test_pages_without_end_are_an_error() -> None:
    one = flow()
    verdict = judged(one, says({"sessions": [{"sessionId": "RM_0"}]}))
    assert isinstance(verdict, More)
    request = verdict.requests[0]
    assert (request.before, request.page) == (("RM_0",), 1)
    assert replace(request, before=()).canonical() == request.canonical()
    last = type(request)(request.method, request.path, request.query, request.headers, page=999)
    verdict = one.steps[0].judge(last, says({"sessions": [{"sessionId": "RM_1"}]}))
    assert isinstance(verdict, Refused)
    assert verdict.kind == "truncated"


@pytest.mark.parametrize(
    ("field", "value"),
    [("createdAt", "yesterday"), ("bandwidthIn", "12.5"), ("numParticipants", True), ("roomName", {"a": 1}),
     ("connectionCounts", [1]), ("endedAt", 1794562200)],
)  # fmt: skip
def test_a_value_of_another_type_names_session_and_column(field: str, value: object) -> None:
    page = says({"sessions": [{"sessionId": "RM_a", "createdAt": "2026-11-13T00:00:00Z", field: value}]})
    if field == "roomName":
        assert read(flow(), page)[0]["roomName"] == '{"a": 1}'
        return
    from reportrunner.errors import ProviderError

    with pytest.raises(ProviderError, match=r"session RM_a, column"):
        flow().read((page,))


def test_a_job_may_declare_a_column_and_another_type() -> None:
    one = flow(columns={"status": "integer", "numParticipants": "decimal"})
    page = says({"sessions": [{"sessionId": "RM_a", "createdAt": "2026-11-13T00:00:00Z", "status": 3}]})
    row: dict[str, Value] = read(one, page)[0]
    assert (row["status"], row["numParticipants"]) == (3, 0)


def test_a_page_of_html_is_told_after_one_request() -> None:
    with opened(html_body=Faults.parse(["html_body=sessions.list:1"]).html_body) as (made, sandbox):
        assert "a page of HTML came instead of JSON" in str(made.error(flow()))
        assert [record.outcome for record in sandbox.log] == ["html_body"]


def test_a_plan_that_lacks_the_api_ends_at_once() -> None:
    with opened(livekit_plan=Faults.parse(["livekit_plan=9"]).livekit_plan) as (made, sandbox):
        assert "not the key" in str(made.error(flow()))
        assert len(sandbox.log) == 1


def test_notes_of_a_whole_list_are_few() -> None:
    assert codes(flow(), says({})) == []
    assert SOURCE.name == "livekit"
