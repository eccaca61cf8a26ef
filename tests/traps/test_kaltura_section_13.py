"""What this product does about each behaviour of the service: kaltura.md §13, a test per row by its number.

That the sandbox behaves so is shown in tests/sandbox. `trap_mutations.toml` has what each test was seen to fail for.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from urllib.parse import parse_qsl

import pytest
from asking import days, flow, table
from replies import ANY, PAST_THE_END, exception, says, text
from replies import table as page_of
from trap_asking import ENTRIES, EXPORT, SERIES, asked_filter, form, judged, landed, opened, request, said, truth

from reportrunner.fill import SentRequest, fill
from reportrunner.flow import Again, Done, JsonBody, More, Refused, Request
from reportrunner.providers.kaltura.envelope import pack, unpack
from reportrunner.providers.kaltura.export import LinkJudge
from reportrunner.providers.kaltura.export_file import judge_download
from reportrunner.providers.kaltura.wire import turn_page
from reportrunner.window.zone import load_zone

CAMPAIGN = days("2026-09-01", "2026-11-16")
CUSTOM = {"source": "kaltura", "endpoint": "report.getCsvFromStringParams", "id": 3999, "params": {"from_date": "1"}}
QUIZ = {"source": "kaltura", "endpoint": "report.getTable", "report": "quiz.QUIZ_USER_PERCENTAGE"}
ROW = "report = 13"


def sent(asked: Request) -> SentRequest:
    return fill(asked, "https://kaltura.example", lambda _: "djJ8")


def content_type(asked: Request) -> str:
    return dict(sent(asked).headers)["Content-Type"]


def test_13_01_every_call_asks_for_json() -> None:
    beacons = {"source": "kaltura", "endpoint": "beacon_beacon.list", "filters": {"relatedObjectTypeIn": ["entry"]}}
    assert {form(keys)["format"] for keys in (table(), SERIES, EXPORT)} == {"1"}
    assert {form(keys, None)["format"] for keys in (CUSTOM, beacons)} == {"1"}


def test_13_02_parameters_travel_as_a_form_whose_content_type_has_no_charset() -> None:
    assert content_type(request(table())) == "application/x-www-form-urlencoded"
    assert content_type(Request("POST", "/x", json=JsonBody((("a", 1),)))) == "application/json"


def test_13_03_a_table_always_has_a_pager() -> None:
    asked = form(table())
    assert (asked["pager[pageSize]"], asked["pager[pageIndex]"]) == ("500", "1")
    assert "pager is not needed: all pages are fetched" in said(f"{ROW}\npager = {{ pageSize = 25 }}")


@pytest.mark.parametrize("endpoint", ["report.getTable", "report.getGraphs", "report.getUrlForReportAsCsv"])
def test_13_04_an_interval_that_the_service_rejects_is_not_sent(endpoint: str) -> None:
    answer = said('report = 34\ninterval = "tenSeconds"', endpoint)
    assert 'did you mean "ten_seconds"?' in answer


@pytest.mark.parametrize("report", ["9", "31", "77", "quiz.QUIZZES", "NOTHING_LIKE_IT"])
def test_13_05_a_report_type_that_does_not_exist_is_not_sent(report: str) -> None:
    assert f'there is no report type "{report}"' in said(f'report = "{report}"')


def test_13_06_values_are_joined_by_the_delimiter_that_is_sent_along() -> None:
    two = {**ENTRIES, "filters": {"entryIdIn": ["1_gdpr1", "1_gdpr2"]}}
    asked = form(two)
    assert asked["reportInputFilter[entryIdIn]"] == f"1_gdpr1{asked['responseOptions[delimiter]']}1_gdpr2"
    with opened() as (made, _):
        assert {row["object_id"] for row in landed(made, flow(two))} == {"1_gdpr1", "1_gdpr2"}


def test_13_07_an_export_keeps_what_a_table_replaces_and_its_apostrophes_are_taken_off() -> None:
    named = {"filters": {"entryIdIn": ["1_gdpr2", "1_brib1", "1_phis1"]}}
    with opened() as (made, _):
        by_pages, by_file = (
            {row["object_id"]: row["entry_name"] for row in landed(made, flow({**keys, **named}))}
            for keys in (ENTRIES, EXPORT)
        )
    assert by_pages["1_gdpr2"] == "Data subjects  rights   duties"
    assert by_file["1_gdpr2"] == "Data subjects; rights | duties"
    assert by_pages["1_phis1"] == by_file["1_phis1"] == "=Phishing: spot it"
    assert by_pages["1_brib1"] == by_file["1_brib1"] == '"Gifts" and bribery'


def test_13_08_a_table_whose_last_row_is_not_ended_is_not_whole() -> None:
    whole = page_of(["ana|1", "bo|2"])
    assert judged(table(), says(whole)) == Done()
    cut = judged(table(), says({**whole, "data": "ana|1;bo|2"}))
    assert cut == Refused("unreadable", "page 1 ends inside a row: every row ends in a semicolon")


def test_13_09_an_answer_of_only_its_type_is_an_empty_table_with_columns() -> None:
    assert judged(table(), says(PAST_THE_END)) == Done()
    with opened() as (made, _):
        found = made.rows(flow(table(entry="1_nowhere")))
    assert list(found.rows) == []
    assert [column.name for column in found.columns][:2] == ["name", "full_name"]


def test_13_10_a_count_of_zero_ends_nothing_and_is_held_against_nothing() -> None:
    by_user = {**table(), "filters": {"userIds": ["ana.berg@example.org"]}}
    assert isinstance(judged(by_user, says({**page_of(f"u{n}|1" for n in range(500)), "totalCount": 0})), More)
    with opened() as (made, _):
        claim = made.rows(flow(table(), CAMPAIGN)).claim
        series = made.rows(flow(SERIES)).claim
    assert claim is not None
    assert claim.rows is None
    assert series is not None
    assert series.rows == 7


def test_13_11_no_page_beyond_twelve_thousand_rows_is_asked() -> None:
    full = says(page_of(f"u{n}|1" for n in range(500)))
    step = flow(table()).steps[0]
    asked, pages = [step.request], [1]
    while asked:
        verdicts = [step.judge(one, full) for one in asked if one.page < 24]
        asked = [one for verdict in verdicts if isinstance(verdict, More) for one in verdict.requests]
        pages += [one.page for one in asked]
    assert sorted(pages) == list(range(1, 25))


def test_13_12_a_session_that_expires_is_renewed_once_and_nothing_is_lost() -> None:
    with opened(expire_session_after=1) as (made, sandbox):
        rows = landed(made, flow(table(), CAMPAIGN))
        assert sandbox.count("session.start") >= 2
    assert sum(row["count_plays"] for row in rows) == len(truth(CAMPAIGN))


def test_13_13_a_blocked_action_pauses_the_account_for_ten_seconds() -> None:
    verdict = judged(table(), says(exception("ACTION_BLOCKED", "blocked")))
    assert verdict == Again("limited", "ACTION_BLOCKED: blocked", dt.timedelta(seconds=10))


def test_13_14_calls_are_numbered_from_one_and_a_short_answer_is_seen() -> None:
    step = flow(table()).steps[0]
    calls = (step.request, *step.also)
    assert [name for name, _ in pack(calls).form or () if name.endswith(":service")] == ["1:service", "2:service"]
    first, second = unpack(says([page_of(["ana|1"])]), 2)
    assert step.judge(step.request, first) == Done()
    assert step.judge(step.also[0], second) == Again("failed", "the envelope holds 1 answers to 2 calls")


def test_13_15_one_failing_call_fails_alone() -> None:
    step = flow(table()).steps[0]
    answers = [page_of(["ana|1"]), exception("DRUID_QUERY_TIMED_OUT", "Query timed out")]
    first, second = unpack(says(answers), 2)
    assert step.judge(step.request, first) == Done()
    assert step.judge(step.also[0], second) == Again("failed", "DRUID_QUERY_TIMED_OUT: Query timed out")


def test_13_16_headers_are_labels_of_totals_and_table_and_the_link_is_decoded() -> None:
    totals, semicolon, labels = form(EXPORT)["headers"].partition(";")
    assert semicolon
    assert labels.split(",")[:3] == ["object_id", "entry_name", "count_plays"]
    assert totals.split(",")[:2] == ["count_plays", "count_plays_25"]
    with opened() as (made, sandbox):
        assert len(landed(made, flow(EXPORT))) > 5
        assert sandbox.count("report.serve") == 1


def test_13_17_a_link_that_has_expired_is_asked_for_again() -> None:
    answer = "<xml><result><error><code>INVALID_KS</code><message>expired</message></error></result></xml>"
    for body in ('<?xml version="1.0" encoding="utf-8"?>' + answer, answer, ""):
        verdict = judge_download(ANY, text(body))
        assert isinstance(verdict, Again)
        assert verdict.why == "stale"
    assert flow(EXPORT).steps[0].repeatable


def test_13_18_an_empty_file_is_the_error_in_its_headers() -> None:
    keys = {**CUSTOM, "columns": {"user_id": "string"}}
    with opened() as (made, _):
        (ended,) = made.run(flow(keys, None))
    assert ended.answer is None
    assert "kaltura refused: REPORT_NOT_FOUND: " in str(ended.error)
    assert getattr(ended.error, "exit_code", 0) == 4


@pytest.mark.parametrize(
    ("service", "right"),
    [
        ("beacon", "beacon_beacon"),
        ("eSearch", "elasticsearch_esearch"),
        ("captionAsset", "caption_captionAsset"),
        ("entryVendorTask", "reach_entryVendorTask"),
        ("eventNotificationTemplate", "eventNotification_eventNotificationTemplate"),
    ],
)
def test_13_19_a_service_by_half_its_name_is_refused_with_the_whole(service: str, right: str) -> None:
    assert f'write service = "{right}"' in said(f'service = "{service}"\naction = "list"', "call", "")


def test_13_20_the_index_of_beacons_is_spelt_as_the_service_spells_it() -> None:
    filters = 'filters = { relatedObjectTypeIn = ["entry"], indexTypeEqual = "log" }'
    assert 'write indexTypeEqual = "Log"' in said(filters, "beacon_beacon.list", "")


def test_13_21_days_are_those_of_the_jobs_zone() -> None:
    window = days("2026-10-12", "2026-10-15")
    assert asked_filter(SERIES, window)["timeZoneOffset"] == "240"
    keys = {**SERIES, "filters": {"entryIdIn": ["1_gdpr1"], "playbackTypeIn": ["vod", "live", "dvr"]}}
    with opened() as (made, _):
        found = {row["date_id"]: row["count_plays"] for row in landed(made, flow(keys, window)) if row["count_plays"]}
    zone = load_zone("America/New_York")
    assert found == Counter(dt.datetime.fromtimestamp(event.at, zone).date() for event in truth(window))


def test_13_22_days_are_written_without_dashes() -> None:
    asked = asked_filter(SERIES)
    assert (asked["fromDay"], asked["toDay"]) == ("20261109", "20261115")


def test_13_23_one_pair_of_dates_is_sent_never_both() -> None:
    for keys in (SERIES, table(), {**SERIES, "interval": "hours"}, {**SERIES, "interval": "months"}):
        assert set(asked_filter(keys)) & {"fromDay", "toDay", "fromDate", "toDate"} in (
            {"fromDay", "toDay"},
            {"fromDate", "toDate"},
        )


def test_13_24_the_plus_of_an_order_arrives() -> None:
    keys = {**SERIES, "order": "+date_id"}
    body = sent(request(keys)).body or b""
    assert b"order=%2Bdate_id" in body
    assert dict(parse_qsl(body.decode()))["order"] == "+date_id"
    with opened() as (made, _):
        labels = [row[0] for row in made.rows(flow(keys)).rows]
    assert labels == sorted(labels, key=str)
    assert "cannot be ordered by" in said(f'{ROW}\norder = " date_id"')


def test_13_25_a_quiz_is_asked_once_and_whole() -> None:
    keys = {**QUIZ, "objectIds": ["1_phis1"]}
    assert form(keys)["pager[pageSize]"] == "20000"
    with opened() as (made, sandbox):
        rows = landed(made, flow(keys))
        assert sandbox.count("report.getTable") == 1
    assert len({row["user_id"] for row in rows}) == len(rows) > 1
    full = says(page_of(f"u{n}|1" for n in range(20_000)))
    assert not isinstance(judged(keys, full), More)


def test_13_16_a_link_is_text_with_escaped_slashes() -> None:
    verdict = LinkJudge(("name",))(ANY, text(r'"https:\/\/cdn.example\/ks\/djJ8\/id\/7\/report.csv"'))
    assert isinstance(verdict, Done)
    assert verdict.captures["link"] == json.loads('"https://cdn.example/ks/djJ8/id/7/report.csv"')


def test_13_11_the_page_that_would_fail_is_never_turned_to() -> None:
    last = turn_page(request(table()), 24, 24)
    verdict = flow(table()).steps[0].judge(last, says(page_of(f"u{n}|1" for n in range(500))))
    assert isinstance(verdict, Refused)
    assert verdict.kind == "truncated"
    assert verdict.hint.startswith('narrow the window or the filters, or write large = "csv"')
