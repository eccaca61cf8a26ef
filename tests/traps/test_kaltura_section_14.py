"""Where a public guide and the service disagree, this product follows the service: kaltura.md §14, a test per row.

`trap_mutations.toml` has what each test was seen to fail for.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
from asking import ask, days, flow, table
from replies import ANY, exception, says, text, total
from replies import table as page_of
from trap_asking import ENTRIES, EXPORT, SERIES, asked_filter, column_names, form, judged, landed, notes, opened, said

from reportrunner.cli.main import run_command
from reportrunner.flow import Again, Done, More, Refused
from reportrunner.providers.kaltura import PROVIDER
from reportrunner.providers.kaltura.catalogue import report_types
from reportrunner.providers.kaltura.export import LinkJudge
from reportrunner.providers.kaltura.hints import VARIANT
from reportrunner.providers.kaltura.wire import turn_page
from reportrunner.window import window_of

TOTAL = {"source": "kaltura", "endpoint": "report.getTotal", "report": "38"}
GRAPHS = {"source": "kaltura", "endpoint": "report.getGraphs", "report": "34"}
BEACONS = {"source": "kaltura", "endpoint": "beacon_beacon.list", "filters": {"relatedObjectTypeIn": ["entry"]}}
LIVE = {"source": "kaltura", "endpoint": "liveReports.getEvents", "filters": {"entryIds": ["1_town1"]}}
SEARCH = {"source": "kaltura", "endpoint": "elasticsearch_esearch.searchEntry"}
VIEWERSHIP = {"source": "kaltura", "endpoint": "report.getCsvFromStringParams", "id": 3007}
ROW = "report = 13"
FULL = page_of(f"u{n}|1" for n in range(500))


def explained(report: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What `explain` prints of a report type, on one line."""
    assert run_command(["explain", "kaltura.report.getTable", report]) == 0
    return re.sub(r"\s+", " ", capsys.readouterr().out)


def test_14_01_ten_seconds_have_an_underscore() -> None:
    realtime = {**SERIES, "report": "10005", "interval": "ten_seconds"}
    assert asked_filter(realtime, days("2026-11-11T11:00", "2026-11-11T11:05"))["interval"] == "ten_seconds"
    assert 'did you mean "ten_seconds"?' in said('report = 10005\ninterval = "tenSeconds"')


def test_14_02_the_offset_is_computed_with_the_servers_sign_and_cannot_be_given() -> None:
    assert asked_filter(table())["timeZoneOffset"] == "300"
    for lines in ("filters = { timeZoneOffset = -240 }", "timeZoneOffset = -240"):
        assert "timeZoneOffset is computed from the job's timezone; remove it" in said(f"{ROW}\n{lines}")


def test_14_03_days_without_a_play_are_asked_for() -> None:
    for keys in (SERIES, GRAPHS, EXPORT, TOTAL):
        assert form(keys)["responseOptions[skipEmptyDates]"] == "false"
    with opened() as (made, _):
        rows = landed(made, flow({**SERIES, "filters": {"entryIdIn": ["1_town1"], "playbackTypeIn": ["live"]}}))
    assert [row["date_id"] for row in rows] == [dt.date(2026, 11, day) for day in range(9, 16)]
    assert {bool(row["count_plays"]) for row in rows} == {True, False}


def test_14_04_every_page_is_fetched_and_what_cannot_be_is_an_error() -> None:
    assert form({**SERIES, "report": "10006"})["pager[pageSize]"] == "500"
    step = flow(table()).steps[0]
    last = step.judge(turn_page(step.request, 24, 24), says(FULL))
    assert isinstance(last, Refused)
    assert last.kind == "truncated"
    assert last.words.startswith("12,000 rows came back")
    assert "all pages are fetched" in said(f"{ROW}\npager = {{ pageIndex = 2 }}")


@pytest.mark.parametrize("key", ["entryIdIn", "userIds", "domainIn"])
def test_14_05_a_value_holds_no_delimiter_and_the_lists_are_joined_by_the_one_that_is_sent(key: str) -> None:
    answer = said(f'{ROW}\nfilters = {{ {key} = ["1_a|1_b"] }}')
    assert 'contains "|", which separates values on the wire' in answer
    asked = form({**table(), "filters": {key: ["1_a,b", "1_c"]}})
    assert asked[f"reportInputFilter[{key}]"] == asked["responseOptions[delimiter]"].join(["1_a,b", "1_c"])
    assert f'write {key} = ["1_a", "1_b"]' in said(f'{ROW}\nfilters = {{ {key} = "1_a|1_b" }}')
    assert 'write "1_a", "1_b"' in said(f'{ROW}\nfilters = {{ {key} = ["1_a,1_b"] }}')
    assert 'write objectIds = ["1_a", "1_b"]' in said(f'{ROW}\nobjectIds = "1_a|1_b"')


def test_14_06_the_last_semicolon_begins_no_row() -> None:
    with opened() as (made, _):
        found = made.rows(flow(table()))
    assert all(row[0] for row in found.rows)
    assert found.claim is not None
    assert len(found.rows) == len({row[0] for row in found.rows}) > 5


def test_14_07_labels_of_graphs_are_read_as_days() -> None:
    with opened() as (made, _):
        rows = landed(made, flow(GRAPHS))
    assert [row["date_id"] for row in rows] == [dt.date(2026, 11, day) for day in range(9, 16)]
    assert sum(row["count_plays"] for row in rows) > 0


def test_14_08_pages_are_fetched_until_a_short_one_whatever_is_counted() -> None:
    for count in (0, 500, 999_999):
        assert isinstance(judged(table(), says({**FULL, "totalCount": count})), More)
        assert judged(table(), says({**page_of(["ana|1"]), "totalCount": count})) == Done()


def test_14_09_the_end_user_filter_is_sent_only_where_its_fields_are() -> None:
    assert asked_filter(table())["objectType"] == "KalturaReportInputFilter"
    users = {**table(), "filters": {"userIds": ["ana"]}}
    assert asked_filter(users)["objectType"] == "KalturaEndUserReportInputFilter"


def test_14_10_a_report_that_the_installation_lacks_is_final_and_says_what_that_means() -> None:
    message = 'The value "70" provided for field "reportType" is not valid for KalturaReportType'
    verdict = judged(table(), says(exception("INVALID_ENUM_VALUE", message)))
    assert isinstance(verdict, Refused)
    assert verdict.words == f"INVALID_ENUM_VALUE: {message}"
    assert verdict.hint == "this installation does not know the value: an older one lacks newer report types"


def test_14_11_a_report_without_a_window_is_not_sent() -> None:
    for endpoint in ("report.getTable", "report.getTotal", "report.getUrlForReportAsCsv"):
        assert 'needs the key "window"' in said(ROW, endpoint, "")
    for name in ("fromDay", "toDay", "fromDate", "toDate"):
        answer = said(f"{ROW}\nfilters = {{ {name} = 20261109 }}")
        assert f'{name} is decided by the window; write window = "name" beside filters' in answer


def test_14_12_report_types_are_words_too() -> None:
    quiz = {"source": "kaltura", "endpoint": "report.getTable", "objectIds": ["1_phis1"]}
    for word in ("quiz.QUIZ", "quiz.quiz", "QUIZ"):
        assert form({**quiz, "report": word})["reportType"] == "quiz.QUIZ"
    assert form({**quiz, "report": 13})["reportType"] == "13"


def test_14_13_labels_stand_for_totals_and_table_and_cannot_be_given() -> None:
    names = ",".join(name for name in column_names(EXPORT))
    assert form(EXPORT)["headers"].partition(";")[2] == names
    answer = said('report = 2\nheaders = "Plays,Minutes"', "report.getUrlForReportAsCsv")
    assert "headers is built here, one label per column" in answer


def test_14_14_the_link_is_decoded_and_is_a_secret() -> None:
    link = "https://cdn.example/api_v3/index.php/service/report/action/serve/ks/djJ8/id/7/report.csv"
    verdict = LinkJudge(("name",))(ANY, text('"' + link.replace("/", "\\/") + '"'))
    assert verdict == Done({"link": link, "link session": "djJ8"}, secret=("link", "link session"))


def test_14_15_the_table_inside_an_exported_file_is_found() -> None:
    with opened() as (made, _):
        by_file, by_pages = (landed(made, flow(keys)) for keys in (EXPORT, ENTRIES))
    assert [row["object_id"] for row in by_file] == [row["object_id"] for row in by_pages]
    assert [row["count_plays"] for row in by_file] == [row["count_plays"] for row in by_pages]


def test_14_16_tags_are_switches_beside_the_keywords() -> None:
    for name in ("searchInTags", "searchInAdminTags"):
        answer = said(f'{ROW}\nfilters = {{ {name} = "onboarding" }}')
        assert f'write keywords = "onboarding", {name} = true' in answer
    sent = asked_filter({**table(), "filters": {"keywords": "onboarding", "searchInTags": True}})
    assert (sent["keywords"], sent["searchInTags"]) == ("onboarding", "true")


def test_14_17_countries_are_names() -> None:
    answer = said(f'{ROW}\nfilters = {{ countryIn = ["US"] }}')
    assert 'countryIn takes country names, and "US" is a code' in answer
    assert asked_filter({**table(), "filters": {"countryIn": ["United States"]}})["countryIn"] == "United States"


def test_14_18_beacons_are_asked_by_the_whole_name_of_their_service() -> None:
    made = flow({**BEACONS, "filters": {"relatedObjectTypeIn": ["entry"], "indexTypeEqual": "State"}}, None)
    assert made.steps[0].request.path == "/api_v3/service/beacon_beacon/action/list"
    with opened() as (bench, _):
        assert bench.rows(made).columns[0].name == "id"
    assert 'did you mean "beacon_beacon.list"?' in said("", "beacon.list", "")


def test_14_19_viewers_who_play_back_are_a_column_and_no_filter() -> None:
    window = window_of(1_795_003_800, 1_795_003_890, "UTC")
    answer = [{"id": "audience", "data": "1795003800,7,2;1795003810,8,3;", "objectType": "KalturaReportGraph"}]
    made = flow({**LIVE, "filters": {"entryIds": ["1_town1"], "live": True}}, window)
    assert dict(made.steps[0].request.form or ())["filter[live]"] == "1"
    assert [row[1:] for row in made.read((says(answer),)).rows] == [(7, 2), (8, 3)]  # type: ignore[union-attr]
    assert "it removes no viewer who plays back" in str(ask(LIVE, window).endpoint.parameters.model_json_schema())


def test_14_20_what_exists_is_asked_with_four() -> None:
    item = {"type": "caption", "match": "exists", "field": "content"}
    sent = form({**SEARCH, "search": {"items": [item]}}, None)
    assert sent["searchParams[searchOperator][searchItems][0][itemType]"] == "4"
    search = 'search = {{ items = [{{ type = "caption", match = {}, field = "content" }}] }}'
    assert '"has any" is match = "exists"' in said(search.format(3), "elasticsearch_esearch.searchEntry", "")
    assert 'or match = "exists"' in said(search.format('"starts_with"'), "elasticsearch_esearch.searchEntry", "")


def test_14_21_a_frame_is_taken_by_generate() -> None:
    answer = said('service = "thumbAsset"\naction = "addFromEntry"', "call", "")
    assert 'write action = "generate", params = { entryId = "1_abc", thumbParams = { videoOffset = 45 } }' in answer
    assert 'did you mean "call"?' in said("", "thumbAsset.addFromEntry", "")


def test_14_22_templates_are_cloned_and_have_no_content_type() -> None:
    service = 'service = "eventNotification_eventNotificationTemplate"\n'
    assert '"listTemplates", then use "clone" and "update"' in said(f'{service}action = "add"', "call", "")
    params = 'params = { eventNotificationTemplate = { contentType = "application/json" } }'
    answer = said(f'{service}action = "update"\n{params}', "call", "")
    assert 'write data = { objectType = "KalturaHttpNotificationObjectData"' in answer


@pytest.mark.parametrize("report", ["34", "20010"])
def test_14_23_a_plain_series_says_where_the_curve_of_one_viewer_is(
    report: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert column_names({**SERIES, "report": report})[0] == "date_id"
    for told in (notes({**SERIES, "report": report}), explained(report, capsys)):
        assert "not viewer by viewer: ask PERCENTILES with userIds for the curve of one viewer" in told


@pytest.mark.parametrize("report", ["35", "20011"])
def test_14_24_users_of_an_interval_are_not_those_of_a_moment(report: str, capsys: pytest.CaptureFixture[str]) -> None:
    for told in (notes({**GRAPHS, "report": report}), explained(report, capsys)):
        assert "not how many watch at the same moment: ask liveReports.getEvents or USERS_OVERVIEW_REALTIME" in told


def test_14_25_a_row_per_user_says_that_it_is_none_per_entry(capsys: pytest.CaptureFixture[str]) -> None:
    keys = {**SERIES, "report": "10008"}
    assert column_names(keys)[0] == "user_id"
    for told in (notes(keys), explained("10008", capsys)):
        assert "a row per user, not per entry: ask CONTENT_REALTIME" in told


@pytest.mark.parametrize("report", ["20038", "20043", '"PERCENTILES_VPAAS"'])
def test_14_26_a_variant_that_does_not_exist_is_not_sent(report: str) -> None:
    answer = said(f"report = {report}")
    assert "23 reports have a variant for several accounts, this one has none" in answer
    assert "impersonate = " in answer
    assert sum(one.name.endswith(VARIANT) for one in report_types().values()) == 23


def test_14_27_totals_are_read_by_name() -> None:
    names = column_names(TOTAL)
    assert len(names) == 12
    turned = names[::-1]
    values = {name: str(number) for number, name in enumerate(names)}
    answer = says(total("|".join(turned), "|".join(values[name] for name in turned)))
    rows = flow(TOTAL).read((answer,)).rows  # type: ignore[union-attr]
    assert list(rows) == [tuple(range(12))]


def test_14_28_times_viewed_are_minutes() -> None:
    made = ask(table())
    units = {column.name: column.unit for column in made.endpoint.columns(made.parameters)}
    assert {units[name] for name in ("sum_time_viewed", "avg_time_viewed", "sum_view_period")} == {"min"}
    with opened() as (bench, _):
        (ana,) = (
            row for row in landed(bench, flow(table(), days("2026-09-01", "2026-11-16"))) if "ana.berg" in row["name"]
        )
    assert ana["sum_view_period"] == Decimal("12.1")


def test_14_29_a_refused_role_is_told_which_permission_it_lacks() -> None:
    verdict = judged(table(), says(exception("SERVICE_FORBIDDEN", "The access to service [report->getTable]")))
    assert isinstance(verdict, Refused)
    assert verdict.hint == "the session's role needs ANALYTICS_BASE"
    assert {PROVIDER.endpoints[f"report.{name}"].permissions for name in ("getTable", "getTotal")} == {"ANALYTICS_BASE"}


def test_14_30_a_custom_report_has_the_same_sign() -> None:
    asked = form({**VIEWERSHIP, "params": {"entries_ids": ["1_a"]}})
    assert asked["params"] == "entries_ids=1_a;from_date_id=20261109;timezone_offset=300;to_date_id=20261115"
    answer = said('id = 3007\nparams = { timezone_offset = "-240" }', "report.getCsvFromStringParams")
    assert "timezone_offset is filled by the window" in answer


def test_14_31_the_older_page_is_put_right() -> None:
    assert 'did you mean "report.getGraphs"?' in said("", "report.getGraph", "")
    assert 'write action = "getGraphs"' in said('service = "report"\naction = "getGraph"', "call", "")
    assert {str(number) for number in range(10001, 10017)} <= set(report_types())
    hours = {**SERIES, "report": "10005", "interval": "minutes"}
    assert {"fromDate", "toDate"} <= set(asked_filter(hours, days("2026-11-11T11:00", "2026-11-11T12:00")))


@pytest.mark.parametrize("report", ["10", '"CONTENT_INTERACTIONS_PERCENTILE"'])
def test_14_32_the_viewing_curve_is_percentiles(report: str, capsys: pytest.CaptureFixture[str]) -> None:
    answer = said(f"report = {report}")
    assert 'the viewing curve is report = "PERCENTILES"' in answer
    assert report_types()["43"].name == "PERCENTILES"
    assert "101 rows" in explained("43", capsys)


@pytest.mark.parametrize("reason", ["EXPIRED", "LOGOUT", "INVALID_USER"])
def test_14_33_an_invalid_session_is_renewed_whatever_the_reason(reason: str) -> None:
    answer = exception("INVALID_KS", f'Invalid KS "{reason}"', {"KSID": reason, "ERR_CODE": "-1"})
    assert judged(table(), says(answer)) == Again("session", f'INVALID_KS: Invalid KS "{reason}"')
