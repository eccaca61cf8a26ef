"""The sandbox's Kaltura behaves as kaltura.md §13 demands: one named test per row that is due."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sandbox_caller import (
    CAMPAIGN,
    COURSE,
    FORM,
    KS,
    NOW,
    PAGE,
    PIPE,
    WEEK,
    Caller,
    Clock,
    midnight,
    multi,
    rows_of,
    total_in,
    truth,
    when,
)

from reportrunner.sandbox import SANDBOX_KS, Faults, Sandbox


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    with Sandbox(clock=Clock()) as sandbox:
        yield Caller(sandbox)


def test_row_01_without_format_the_answer_is_xml(caller: Caller) -> None:
    reply = caller.raw("report.getTotal", KS, WEEK, reportType=13)
    assert reply.headers["Content-Type"] == "text/xml"
    assert reply.text.startswith('<?xml version="1.0" encoding="utf-8"?><xml><result><objectType>KalturaReportTotal<')


def test_row_02_a_json_body_counts_only_with_the_exact_content_type(caller: Caller) -> None:
    body = json.dumps({"ks": SANDBOX_KS, "format": 1, "reportType": "13", "reportInputFilter": {"fromDay": "20261109"}})
    path = "/api_v3/service/report/action/getTotal"
    assert caller.post(path, body, Content_Type="Application/JSON").json()["objectType"] == "KalturaReportTotal"
    ignored = caller.post(path + "?format=1", body, Content_Type="application/json; charset=utf-8").json()
    assert ignored["code"] == "MISSING_KS"


def test_row_03_the_pager_is_mandatory_in_get_table(caller: Caller) -> None:
    assert caller.json("report.getTable", KS, WEEK, reportType=13) == {
        "code": "MISSING_MANDATORY_PARAMETER",
        "message": 'Missing parameter "pager"',
        "objectType": "KalturaAPIException",
        "args": {"PARAM_NAME": "pager"},
    }


def test_row_04_an_unknown_interval_is_an_enum_error_with_three_args(caller: Caller) -> None:
    error = caller.json("report.getGraphs", KS, WEEK, when(interval="tenSeconds"), reportType=34)
    assert error["code"] == "INVALID_ENUM_VALUE"
    assert error["args"] == {"ENUM_VAL": "tenSeconds", "PARAM_NAME": "interval", "ENUM_TYPE": "KalturaReportInterval"}


@pytest.mark.parametrize("wire", ["8", "9", "70", "quiz.quiz", "USER_TOP_CONTENT", ""])
def test_row_05_an_unknown_report_type_is_an_enum_error(caller: Caller, wire: str) -> None:
    error = caller.json("report.getTotal", KS, WEEK, reportType=wire)
    assert (error["code"], error["args"]["ENUM_TYPE"]) == ("INVALID_ENUM_VALUE", "KalturaReportType")


def test_row_06_multi_values_are_split_at_the_delimiter_only(caller: Caller) -> None:
    two = when(entryIdIn="1_gdpr1|1_gdpr2")
    with_comma = caller.json("report.getTable", KS, WEEK, PAGE, two, reportType=38)
    assert with_comma == {"objectType": "KalturaReportTable"}
    assert {row["object_id"] for row in caller.rows(KS, WEEK, two, reportType=38)} == {"1_gdpr1", "1_gdpr2"}
    by_object_ids = caller.rows(KS, WEEK, reportType=38, objectIds="1_gdpr1|1_gdpr2")
    assert len(by_object_ids) == 2


def test_row_07_values_lose_delimiter_and_semicolon_and_nothing_else(caller: Caller) -> None:
    by_id = {row["object_id"]: row for row in caller.rows(KS, CAMPAIGN, reportType=38)}
    assert by_id["1_gdpr2"]["entry_name"] == "Data subjects  rights   duties"
    assert by_id["1_brib1"]["entry_name"] == '"Gifts" and bribery'
    assert by_id["1_phis1"]["entry_name"] == "=Phishing: spot it"
    assert "\n" in by_id["1_gdpr2"]["creator_name"]
    names = {row["full_name"] for row in caller.rows(KS, CAMPAIGN, COURSE, reportType=13)}
    assert {"=Max Muster", "Åsa Okafor"} & names


def test_row_08_every_row_ends_in_a_semicolon(caller: Caller) -> None:
    table = caller.json("report.getTable", KS, WEEK, PIPE, {"pager[pageSize]": "3"}, reportType=13)
    assert table["data"].endswith(";")
    assert table["data"].count(";") == 3


def test_row_09_an_empty_dimension_report_is_only_its_object_type(caller: Caller) -> None:
    nobody = when(entryIdIn="0_none")
    assert caller.json("report.getTable", KS, WEEK, PAGE, nobody, reportType=13) == {"objectType": "KalturaReportTable"}
    past_the_end = {"pager[pageSize]": "500", "pager[pageIndex]": "9"}
    assert caller.json("report.getTable", KS, WEEK, past_the_end, reportType=13) == {"objectType": "KalturaReportTable"}


def test_row_10_end_user_filter_and_a_full_page_make_total_count_zero(caller: Caller) -> None:
    full = {"pager[pageSize]": "2"}
    assert caller.json("report.getTable", KS, WEEK, full, reportType=2)["totalCount"] == 0
    assert caller.json("report.getTable", KS, WEEK, PAGE, reportType=2)["totalCount"] == 13
    plain = when(fromDay=20261109, toDay=20261115)
    assert caller.json("report.getTable", KS, plain, full, reportType=2)["totalCount"] == 13


def test_row_10_an_approximate_count_is_not_the_number_of_rows(caller: Caller) -> None:
    first = caller.json("report.getTable", KS, CAMPAIGN, COURSE, PAGE, reportType=13)
    rows = len({event.user_id for event in truth(first="2026-09-01", offset=240)})
    assert rows > 500
    assert 0 < first["totalCount"] < rows


def test_row_11_more_than_12000_rows_clamp_on_page_1_and_fail_later(caller: Caller) -> None:
    big = {"pager[pageSize]": "20000"}
    assert len(rows_of(caller.json("report.getTable", KS, CAMPAIGN, PIPE, big, reportType=13))) > 500
    later = caller.json(
        "report.getTable", KS, CAMPAIGN, {"pager[pageSize]": "6001", "pager[pageIndex]": "2"}, reportType=13
    )
    assert later["code"] == "INTERNAL_SERVERL_ERROR"
    assert later["args"] == []


def test_row_12_an_expired_session_is_http_200_and_says_expired() -> None:
    clock = Clock()
    with Sandbox(clock=clock) as sandbox:
        caller = Caller(sandbox)
        ks = caller.session(expiry=60)
        clock.now = NOW + 59
        assert caller.json("session.get", ks=ks)["expiry"] == NOW + 60
        clock.now = NOW + 60
        reply = caller.raw("report.getTotal", WEEK, ks=ks, format=1, reportType=13)
        assert reply.status_code == 200
        assert reply.json()["args"] == {"KSID": "EXPIRED", "ERR_CODE": "-1", "ERR_DESC": "INVALID_STR"}


def test_row_13_a_blocked_action_stays_blocked_for_its_seconds() -> None:
    clock = Clock()
    with Sandbox(clock=clock, faults=Faults(blocked_seconds=10)) as sandbox:
        caller = Caller(sandbox)
        error = caller.json("report.getTotal", KS, WEEK, reportType=13)
        assert error["code"] == "ACTION_BLOCKED"
        assert error["args"] == {"ACTION_NAME": "getTotal", "SERVICE_NAME": "report"}
        clock.now = NOW + 10
        assert caller.json("report.getTotal", KS, WEEK, reportType=13)["objectType"] == "KalturaReportTotal"


def test_row_14_a_gap_ends_a_multirequest(caller: Caller) -> None:
    assert len(multi(caller, total_in(1), total_in(3))) == 1
    assert multi(caller, total_in(2)) == []
    assert len(multi(caller, total_in(0), total_in(1))) == 2


def test_row_15_one_failing_element_leaves_the_others_intact(caller: Caller) -> None:
    wrong = {"2:service": "report", "2:action": "getTable", "2:reportType": "13"}
    first, second, third = multi(caller, total_in(1), wrong, total_in(3))
    assert second["code"] == "MISSING_MANDATORY_PARAMETER"
    assert first == third
    assert first["objectType"] == "KalturaReportTotal"


def test_row_18_an_unknown_custom_report_is_an_empty_body_and_headers(caller: Caller) -> None:
    reply = caller.raw("report.getCsvFromStringParams", KS, id=3999, params="a=b", format=1)
    assert (reply.status_code, reply.content) == (200, b"")
    assert "REPORT_NOT_FOUND" in reply.headers["X-Kaltura-App"]


def test_row_19_services_and_actions_that_do_not_exist(caller: Caller) -> None:
    assert caller.json("beacon.list", KS)["code"] == "SERVICE_DOES_NOT_EXISTS"
    assert caller.json("report.getGraph", KS)["args"] == {"ACTION_NAME": "getGraph", "SERVICE_NAME": "report"}


def test_row_21_the_sign_of_the_offset_moves_plays_to_other_days(caller: Caller) -> None:
    days = when(fromDay=20261012, toDay=20261014)

    def by_day(offset: int) -> dict[str, str]:
        rows = caller.rows(KS, days, COURSE, when(timeZoneOffset=offset), reportType=34)
        return {row["date_id"]: row["count_plays"] for row in rows}

    wanted = Counter(
        datetime.fromtimestamp(event.at - 240 * 60, UTC).strftime("%Y%m%d")
        for event in truth(first="2026-10-12", end="2026-10-15", offset=240)
    )
    assert by_day(240) == {day: str(plays) for day, plays in wanted.items()}
    assert by_day(240) != by_day(-240)


def test_row_22_a_dashed_day_is_silently_empty(caller: Caller) -> None:
    dashed = when(fromDay="2026-11-09", toDay="2026-11-15")
    assert caller.json("report.getTable", KS, PAGE, dashed, reportType=13) == {"objectType": "KalturaReportTable"}
    assert caller.json("report.getTotal", KS, PIPE, dashed, reportType=34)["data"] == "||||||"
    series = caller.json("report.getTable", KS, PAGE, dashed, reportType=34)
    assert (series["data"], series["totalCount"]) == ("", 0)
    assert series["header"].startswith("date_id,count_plays")


def test_row_23_days_win_over_dates(caller: Caller) -> None:
    dates = when(fromDate=midnight("2026-11-01", 0), toDate=midnight("2026-11-02", 0))
    assert caller.rows(KS, WEEK, dates, reportType=13) == caller.rows(KS, WEEK, reportType=13)
    half = {name: value for name, value in WEEK.items() if "toDay" not in name}
    assert caller.rows(KS, half, dates, reportType=13) == caller.rows(
        KS, dates, when(timeZoneOffset=300), reportType=13
    )


def test_row_24_an_unencoded_plus_becomes_a_space_and_the_default_order(caller: Caller) -> None:
    form = "&".join(
        f"{name}={value}" for name, value in {**KS, **WEEK, **PAGE, "reportType": "34", "format": "1"}.items()
    )

    def dates(order: str) -> list[str]:
        body = f"{form}&order={order}"
        reply = caller.post("/api_v3/service/report/action/getTable", body, Content_Type=FORM)
        return [row["date_id"] for row in rows_of(reply.json(), ",")]

    assert dates("%2Bdate_id") == sorted(dates("%2Bdate_id"))
    assert dates("-date_id") == dates("date_id") == sorted(dates("-date_id"), reverse=True)
    assert dates("+date_id") == dates("nonsense") == dates("-count_plays") != dates("%2Bdate_id")
