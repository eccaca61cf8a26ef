"""The report service's calls: what goes over the wire, which traps are refused before, which columns are expected."""

from __future__ import annotations

from typing import Any

import pytest
from asking import ask, days, flow, table
from pydantic import ValidationError
from questions import SERIES, TOTAL, asked_filter, column_names, form, refused

from reportrunner.flow import SessionKey
from reportrunner.providers import PROVIDERS
from reportrunner.providers.kaltura.catalogue import OFFSETS, filter_fields, report_types
from reportrunner.window import window_of
from reportrunner.window.span import WindowError

# --- what goes over the wire ---------------------------------------------------------------------------------


def test_a_table_says_everything_that_the_server_would_otherwise_guess() -> None:
    assert form(table(order="-count_plays", objectIds=["1_a", "1_b"])) == {
        "format": "1",
        "ks": "<session:kaltura>",
        "reportType": "13",
        "reportInputFilter[objectType]": "KalturaReportInputFilter",
        "reportInputFilter[entryIdIn]": "1_gdpr1",
        "reportInputFilter[playbackTypeIn]": "vod",
        "reportInputFilter[fromDate]": "1794200400",
        "reportInputFilter[toDate]": "1794805199",
        "reportInputFilter[timeZoneOffset]": "300",
        "responseOptions[objectType]": "KalturaReportResponseOptions",
        "responseOptions[delimiter]": "|",
        "responseOptions[skipEmptyDates]": "false",
        "objectIds": "1_a|1_b",
        "order": "-count_plays",
        "pager[pageSize]": "500",
        "pager[pageIndex]": "1",
    }


def test_a_total_has_no_pager_and_no_order() -> None:
    sent = form(TOTAL)
    assert {name for name in sent if name.startswith(("pager", "order", "objectIds"))} == set()
    assert flow(TOTAL).steps[0].request.path == "/api_v3/service/report/action/getTotal"


def test_a_request_names_its_session_and_privileges() -> None:
    made = flow(table(privileges=["virtualeventid:4711"]))
    assert (made.session, made.kind) == (SessionKey("kaltura", ("virtualeventid:4711",)), "kaltura.report.getTable")


@pytest.mark.parametrize("given", ["13", 13, "USER_TOP_CONTENT", "user_top_content", " 13 "])
def test_a_report_is_asked_by_name_or_number(given: object) -> None:
    assert form(table(report=given))["reportType"] == "13"  # type: ignore[arg-type]


def test_the_end_user_filter_is_used_only_where_its_fields_are() -> None:
    assert asked_filter(table())["objectType"] == "KalturaReportInputFilter"
    users = {**table(), "filters": {"userIds": ["ana@example.org", "bo"], "application": ["a", "b"]}}
    sent = asked_filter(users)
    assert sent["objectType"] == "KalturaEndUserReportInputFilter"
    assert (sent["userIds"], sent["application"]) == ("ana@example.org|bo", "a,b")


def test_booleans_are_words() -> None:
    sent = asked_filter({**table(), "filters": {"keywords": "a, b|c", "searchInTags": True, "isPreview": False}})
    assert (sent["searchInTags"], sent["isPreview"], sent["keywords"]) == ("true", "false", "a, b|c")


# --- windows (kaltura.md §6) ---------------------------------------------------------------------------------


def test_whole_days_of_buckets_are_asked_by_inclusive_day_ids() -> None:
    sent = asked_filter(SERIES)
    assert (sent["fromDay"], sent["toDay"], sent["timeZoneOffset"]) == ("20261109", "20261115", "300")
    assert {"fromDate", "toDate"} & set(sent) == set()


def test_everything_else_is_asked_by_instants_whose_last_second_still_counts() -> None:
    sent = asked_filter({**SERIES, "interval": "hours"}, days("2026-11-09", "2026-11-09T12:00"))
    assert (int(sent["toDate"]) - int(sent["fromDate"]), sent["interval"]) == (12 * 3600 - 1, "hours")
    assert {"fromDay", "toDay"} & set(sent) == set()


@pytest.mark.parametrize(
    ("zone", "summer", "winter"),
    [
        ("America/New_York", "240", "300"),
        ("America/Los_Angeles", "420", "480"),
        ("Europe/Berlin", "-120", "-60"),
        ("Asia/Kolkata", "-330", "-330"),
        ("Asia/Tokyo", "-540", "-540"),
        ("Asia/Kathmandu", "-345", "-345"),
        ("America/St_Johns", None, "210"),
        ("UTC", "0", "0"),
    ],
)
def test_the_offset_is_utc_minus_local(zone: str, summer: str | None, winter: str) -> None:
    for first, end, wanted in (("2026-07-06", "2026-07-13", summer), ("2026-01-05", "2026-01-12", winter)):
        if wanted is not None:
            assert asked_filter(SERIES, days(first, end, zone))["timeZoneOffset"] == wanted


def test_an_offset_that_the_service_rounds_is_refused() -> None:
    with pytest.raises(WindowError, match=r"does not know the offset of America/St_Johns \(150 minutes\)"):
        flow(SERIES, days("2026-07-06", "2026-07-13", "America/St_Johns"))
    assert 150 not in OFFSETS


def test_the_offsets_are_those_that_the_service_takes_as_they_are() -> None:
    assert frozenset(filter_fields()["timeZoneOffset"]["accepted"]) == OFFSETS
    assert len(OFFSETS) == 40
    assert {240, 300, 420, 480, -60, -120, -330} <= OFFSETS
    assert {-345, 210} <= OFFSETS


def test_a_change_of_offset_is_refused_for_buckets_only() -> None:
    autumn = days("2026-10-26", "2026-11-09")
    with pytest.raises(WindowError, match="changes inside"):
        flow(SERIES, autumn)
    assert asked_filter(table(), autumn)["timeZoneOffset"] == "240"


def test_instants_that_the_service_would_count_from_now_are_refused() -> None:
    for keys in (table(), SERIES, TOTAL):
        with pytest.raises(WindowError, match="before 1980 as counted from now"):
            flow(keys, days("1970-01-02", "2026-11-16", "UTC"))
    early = window_of(315_360_001, 1_794_805_200, "UTC")
    assert asked_filter(TOTAL, early)["fromDate"] == "315360001"


def test_a_window_of_one_second_would_be_a_whole_day_and_is_refused() -> None:
    with pytest.raises(WindowError, match="one second as a whole day"):
        flow(table(), window_of(1_794_200_400, 1_794_200_401, "UTC"))
    sent = asked_filter(table(), window_of(1_794_200_400, 1_794_200_402, "UTC"))
    assert (sent["fromDate"], sent["toDate"]) == ("1794200400", "1794200401")


# --- traps of guides and server, refused (kaltura.md §14) ----------------------------------------------------


def test_14_01_the_interval_of_the_guide_is_refused() -> None:
    assert "ten_seconds" in refused({**SERIES, "interval": "tenSeconds"})


def test_14_02_and_30_the_sign_of_the_offset_is_computed_and_cannot_be_given() -> None:
    assert "timeZoneOffset" in refused({**table(), "filters": {"timeZoneOffset": -240}})
    assert asked_filter(table())["timeZoneOffset"] == "300"


def test_14_03_empty_dates_are_kept() -> None:
    assert form(SERIES)["responseOptions[skipEmptyDates]"] == "false"


def test_14_04_the_pager_is_always_sent() -> None:
    assert form(SERIES)["pager[pageSize]"] == "500"


def test_14_05_lists_are_joined_by_the_delimiter_that_is_sent() -> None:
    sent = form({**table(), "filters": {"entryIdIn": ["1_a", "1_b"]}})
    assert sent["reportInputFilter[entryIdIn]"] == sent["responseOptions[delimiter]"].join(["1_a", "1_b"])


@pytest.mark.parametrize("bad", ["a|b", "", " a", "a "])
@pytest.mark.parametrize("where", ["entryIdIn", "userIds", "countryIn", "objectIds"])
def test_14_05_a_value_that_the_wire_would_split_trim_or_ignore_is_refused(where: str, bad: str) -> None:
    keys = table(objectIds=["1_a", bad]) if where == "objectIds" else {**table(), "filters": {where: ["x", bad]}}
    words = refused(keys)
    assert ("separates values" if "|" in bad else "is empty or has blanks around it") in words


@pytest.mark.parametrize("report", ["VPAAS_USAGE_MULTI", "38"])
@pytest.mark.parametrize("bad", ["10042,10101", "10042,", ",", "first,second", "1_abc, 1_def"])
def test_14_05_a_comma_in_an_id_makes_one_that_nothing_has(report: str, bad: str) -> None:
    words = refused(table(report=report, objectIds=["1_a", bad]))
    assert f'"{bad}" would be one id: nothing here separates values by commas' in words


def test_14_05_names_may_have_commas() -> None:
    assert form(table(report="6", objectIds=["example.org,x"]))["objectIds"] == "example.org,x"


def test_14_05_applications_are_separated_by_commas() -> None:
    assert 'contains ","' in refused({**table(), "filters": {"application": ["a,b"]}})
    assert asked_filter({**table(), "filters": {"application": ["a|b"]}})["application"] == "a|b"


def test_14_05_an_empty_list_or_text_would_count_everything_and_is_refused() -> None:
    assert "at least 1" in refused({**table(), "filters": {"entryIdIn": []}})
    assert "an empty text is no filter" in refused({**table(), "filters": {"keywords": " "}})


def test_14_09_the_base_filter_is_valid() -> None:
    assert asked_filter(TOTAL)["objectType"] == "KalturaReportInputFilter"


def test_14_10_and_26_and_32_an_unknown_report_type_never_leaves() -> None:
    assert 'there is no report type "10"' in refused(table(report="10"))
    assert 'there is no report type "20001234"' in refused(table(report="20001234"))
    assert 'did you mean "USER_TOP_CONTENT"?' in refused(table(report="USER_TOP_CONTEN"))
    assert "there is no report type" in refused(table(report="CONTENT_INTERACTIONS_PERCENTILE"))


def test_14_11_a_window_is_never_missing() -> None:
    with pytest.raises(ValidationError, match="window"):
        ask(table(), None)


@pytest.mark.parametrize("field", ["fromDate", "toDate", "fromDay", "toDay"])
def test_14_11_the_window_decides_the_dates(field: str) -> None:
    assert field in refused({**table(), "filters": {field: "20261109"}})


def test_14_12_quiz_reports_are_asked_by_their_words() -> None:
    keys = {"source": "kaltura", "endpoint": "report.getTable", "report": "quiz.quiz", "objectIds": ["1_quiz"]}
    assert form(keys)["reportType"] == "quiz.QUIZ"


@pytest.mark.parametrize("more", [{"objectIds": ["1_a", "1_b"]}, {"objectIds": ["1_a,1_b"]}])
def test_quiz_reports_split_at_commas_and_are_asked_one_value_at_a_time(more: dict[str, Any]) -> None:
    keys = {"source": "kaltura", "endpoint": "report.getTable", "report": "quiz.QUIZ", **more}
    assert "separates values by commas" in refused(keys)


def test_14_16_tags_are_switches_and_not_texts() -> None:
    assert "searchInTags" in refused({**table(), "filters": {"searchInTags": "onboarding"}})


def test_14_17_countries_are_names() -> None:
    assert "takes country names" in refused({**table(), "filters": {"countryIn": ["US"]}})
    assert asked_filter({**table(), "filters": {"countryIn": ["United States"]}})["countryIn"] == "United States"


def test_14_23_34_is_a_time_series() -> None:
    assert (report_types()["34"].shape, column_names(SERIES)[0]) == ("time-series", "date_id")


def test_14_24_35_counts_unique_users() -> None:
    assert column_names({**SERIES, "report": "35"}) == ("date_id", "unique_known_users")


def test_14_27_a_total_has_the_columns_of_its_report() -> None:
    assert len(column_names({**TOTAL, "report": "38"})) == 12


def test_14_31_the_calls_are_known_by_the_servers_names() -> None:
    provider = PROVIDERS["kaltura"]
    assert provider.familiar["getTable"] == "report.getTable"
    assert set(provider.familiar.values()) <= set(provider.endpoints)


@pytest.mark.parametrize("name", ["entryIdsIn", "categoryIdsIn", "objectIdIn", "objectType", "interval"])
def test_unknown_filters_never_leave(name: str) -> None:
    assert name in refused({**table(), "filters": {name: ["1_a"]}})


# --- what the job is told ---------------------------------------------------------------------------------------


def test_default_playback_is_told_unless_the_job_says_what_it_wants() -> None:
    plain = {"source": "kaltura", "endpoint": "report.getTable", "report": "13"}
    made = ask(plain)
    ((code, message),) = made.endpoint.findings(made.parameters)
    assert code == "kaltura.vod_only"
    assert "USER_TOP_CONTENT counts on-demand plays only" in message
    assert made.endpoint.findings(ask(table()).parameters) == ()
    realtime = ask({**plain, "report": "10005"})
    assert realtime.endpoint.findings(realtime.parameters) == ()


@pytest.mark.parametrize("endpoint", ["report.getTable", "report.getTotal", "report.getGraphs"])
def test_a_category_without_those_below_it_is_told(endpoint: str) -> None:
    plain = {"source": "kaltura", "endpoint": endpoint, "report": "34"}
    for name, words in (("categoriesIdsIn", "categoriesAncestorIdIn takes those"), ("categoriesAncestorIdIn", "")):
        made = ask({**plain, "filters": {name: ["4001"], "playbackTypeIn": ["vod"]}})
        assert words in made.endpoint.hint(made.parameters)
        told = " ".join(made.endpoint.notes(made.parameters))
        assert ("the category itself alone" in told) == bool(words)
