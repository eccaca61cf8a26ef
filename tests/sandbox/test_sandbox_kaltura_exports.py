"""Files and links of the report service: the CSV export, serve, custom reports, execute, the export by mail."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET  # the document is our own sandbox's
from collections.abc import Iterator
from typing import Any

import pytest
from sandbox_caller import CAMPAIGN, COURSE, KS, NOW, PIPE, WEEK, Caller, Clock, truth, when

from reportrunner.sandbox import Faults, Sandbox
from reportrunner.sandbox.people import people

TITLE = {"reportTitle": 'The "week"', "reportText": "=free text"}
RULE = "# ------------------------------------"
COLUMNS = "Id,Name,Creator,Made,Status,Type,Length,Source,Plays,Minutes"


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    with Sandbox(clock=Clock()) as sandbox:
        yield Caller(sandbox)


def link(caller: Caller, headers: str, *params: dict[str, str], **more: object) -> Any:
    return caller.json("report.getUrlForReportAsCsv", KS, TITLE, *params, headers=headers, **more)


def lines(caller: Caller, headers: str, *params: dict[str, str], **more: object) -> list[list[str]]:
    """The file behind a link, read as CSV."""
    reply = caller.http.get(link(caller, headers, WEEK, PIPE, *params, **more), timeout=10)
    assert reply.content.startswith(b'\xef\xbb\xbf"')
    assert reply.headers["Content-Type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(reply.content.decode("utf-8-sig"), newline="")))


def block(found: list[list[str]], title: str) -> list[list[str]]:
    """The lines below a block's title, to the end of the file."""
    place = next(number for number, line in enumerate(found) if line[0] == title)
    assert found[place - 1] == found[place + 1] == [RULE]
    return found[place + 2 :]


def test_row_16_the_url_is_a_json_string_with_escaped_slashes(caller: Caller) -> None:
    text = caller.raw("report.getUrlForReportAsCsv", KS, TITLE, WEEK, headers="a;b", format=1, reportType=38).text
    assert text.startswith('"http:\\/\\/127.0.0.1:')
    url = link(caller, "a;b", WEEK, reportType=38)
    path = r"/api_v3/index\.php/service/report/action/serve/ks/[\w=-]+/id/10042_[0-9a-f]+/report\.csv"
    assert re.fullmatch(re.escape(caller.sandbox.base_url) + path, url)


def test_row_16_headers_without_a_semicolon_give_no_table(caller: Caller) -> None:
    found = lines(caller, "Plays,Minutes", reportType=38)
    assert not any(line[0] == "# Table" for line in found)
    labels, values, end = block(found, "# Total")
    total = caller.json("report.getTotal", KS, WEEK, PIPE, reportType=38)["data"].split("|")
    assert (labels, values, end) == (["Plays", "Minutes"], total[:2], [""])


def test_row_17_after_a_day_the_link_is_an_xml_error_with_http_200() -> None:
    clock = Clock()
    with Sandbox(clock=clock) as sandbox:
        caller = Caller(sandbox)
        url = link(caller, "a;b", WEEK, reportType=38)
        clock.now = NOW + 86_399
        assert caller.http.get(url, timeout=10).content.startswith(b"\xef\xbb\xbf")
        clock.now = NOW + 86_400
        reply = caller.http.get(url, timeout=10)
        assert reply.status_code == 200
        assert ET.fromstring(reply.content).findtext("result/error/code") == "INVALID_KS"


def test_row_07_the_file_strips_nothing_and_guards_formulas(caller: Caller) -> None:
    rows = {row[0]: row for row in block(lines(caller, f";{COLUMNS}", reportType=38), "# Table")[1:]}
    assert rows["1_gdpr2"][1:3] == ["Data subjects; rights | duties", "Studio\nEvents"]
    assert rows["1_brib1"][1] == '"Gifts" and bribery'
    assert rows["1_phis1"][1] == "'=Phishing: spot it"
    cities = block(lines(caller, ";Country,Region,City,Coordinates", reportType=30), "# Table")[1:]
    assert any(row[3].startswith("'-") for row in cities)


def test_the_file_has_its_blocks_in_order(caller: Caller) -> None:
    reply = caller.http.get(link(caller, "Plays;Id,Name", WEEK, PIPE, reportType=38), timeout=10)
    text = reply.content.decode("utf-8-sig")
    assert "\r" not in text
    assert text.startswith(
        '"The ""week"""\n"Monday, November 9, 2026","Monday, November 16, 2026"\n"\'=free text"\n'
        f'"{RULE}"\n""\n"{RULE}"\n"# Graph"\n"{RULE}"\n""\n""\n"{RULE}"\n"# Total"\n"{RULE}"\n"Plays"\n'
    )
    assert f'""\n"{RULE}"\n"# Table","","Total Count","13"\n"{RULE}"\n"Id","Name"\n"1_gdpr' in text


def test_labels_are_written_as_given_and_their_number_cuts_the_columns(caller: Caller) -> None:
    labels, *rows = block(lines(caller, ";What,ever", reportType=38), "# Table")
    assert labels == ["What", "ever"]
    assert {len(row) for row in rows} == {2}
    whole = lines(caller, ";What,ever", reportType=38)
    assert not any(line[0] == "# Total" for line in whole)


def test_the_table_of_the_file_has_the_cells_of_get_table(caller: Caller) -> None:
    labels = ",".join(f"c{number}" for number in range(14))
    size = {"pager[pageSize]": "500"}
    header, *cells = block(lines(caller, f";{labels}", COURSE, size, reportType=13), "# Table")
    rows = caller.rows(KS, WEEK, COURSE, reportType=13)
    assert header == labels.split(",")
    assert [row[0] for row in cells] == [row["name"] for row in rows]
    assert [row[3:] for row in cells] == [list(row.values())[3:] for row in rows]


def test_without_a_pager_there_are_thirty_rows_and_a_page_is_a_page(caller: Caller) -> None:
    first = block(lines(caller, ";User", COURSE, reportType=13), "# Table")[1:]
    assert len(first) == 30
    second = {"pager[pageSize]": "30", "pager[pageIndex]": "2"}
    assert not set(map(str, first)) & set(
        map(str, block(lines(caller, ";User", COURSE, second, reportType=13), "# Table")[1:])
    )


def test_more_than_60000_rows_are_too_general_and_20000_are_not(caller: Caller) -> None:
    big = {"pager[pageSize]": "30001", "pager[pageIndex]": "2"}
    assert link(caller, ";a", WEEK, big, reportType=13)["code"] == "SEARCH_TOO_GENERAL"
    large = {"pager[pageSize]": "20000", "pager[pageIndex]": "1"}
    assert len(block(lines(caller, ";a", CAMPAIGN, large, reportType=13), "# Table")) > 600


def test_every_other_failure_inside_is_null(caller: Caller) -> None:
    assert link(caller, "a;", WEEK, reportType=16) is None
    assert link(caller, ";a", WEEK, reportType=40002) is None
    missing = caller.json("report.getUrlForReportAsCsv", KS, WEEK, reportTitle="x", reportType=13)
    assert missing["args"] == {"PARAM_NAME": "reportText"}
    assert link(caller, ";a", WEEK, reportType=9)["code"] == "INVALID_ENUM_VALUE"


def test_no_rows_no_table_block(caller: Caller) -> None:
    found = lines(caller, "Plays;Id", when(entryIdIn="0_none"), reportType=38)
    assert not any(line[0] == "# Table" for line in found)
    assert block(found, "# Total")[:2] == [["Plays"], [""]]


def test_dimension_chooses_the_graph_that_is_written(caller: Caller) -> None:
    found = block(lines(caller, "", reportType=1, dimension="sum_time_viewed"), "# Graph")
    graphs = caller.json("report.getGraphs", KS, WEEK, PIPE, reportType=1)
    wanted = next(graph["data"] for graph in graphs if graph["id"] == "sum_time_viewed")
    assert found == [[""], *(point.split("|") for point in wanted.split(";")[:-1]), [""]]
    drop_off = block(lines(caller, "", reportType=2), "# Graph")
    assert drop_off[1][0] == "count_plays"
    assert not any(line[0] == "# Graph" for line in lines(caller, "", reportType=36))


def test_total_count_is_as_weak_as_get_tables(caller: Caller) -> None:
    full = {"pager[pageSize]": "2"}
    found = lines(caller, ";Id", full, reportType=2)
    assert ["# Table", "", "Total Count", "0"] in found


def test_serve_wants_the_privilege_of_the_file(caller: Caller) -> None:
    url = link(caller, ";a", WEEK, reportType=38)
    file_id = url.split("/id/")[1].split("/")[0]
    for ks in (caller.session("download:other", kind=0), ""):
        reply = caller.raw("report.serve", ks=ks, id=file_id)
        assert (reply.status_code, reply.content) == (200, b"")
        assert "access-control restricted" in reply.headers["X-Kaltura-App"]
    for ks in (caller.session(), caller.session(f"download:{file_id}", kind=0)):
        assert caller.raw("report.serve", ks=ks, id=file_id).content.startswith(b"\xef\xbb\xbf")
    assert "REPORT_NOT_FOUND" in caller.raw("report.serve", KS, id="../x").headers["X-Kaltura-App"]
    assert caller.json("report.serve", KS)["code"] == "MISSING_MANDATORY_PARAMETER"


def test_the_links_session_opens_nothing_else_and_is_not_logged(caller: Caller) -> None:
    url = link(caller, ";a", WEEK, reportType=38)
    ks = url.split("/ks/")[1].split("/")[0]
    assert caller.http.get(url, timeout=10).content
    assert caller.json("report.getTotal", WEEK, ks=ks, reportType=13)["code"] == "SERVICE_FORBIDDEN"
    assert ks not in repr(caller.sandbox.log)


def test_base_totals_are_of_the_two_storage_reports(caller: Caller) -> None:
    for wire in (17, 18):
        found = caller.json("report.getBaseTotal", KS, WEEK, reportType=wire)
        assert [total["id"] for total in found] == ["total_entries", "total_storage_mb", "total_msecs"]
        assert {total["objectType"] for total in found} == {"KalturaReportBaseTotal"}
        assert all(float(total["data"]) > 0 for total in found)
    assert caller.json("report.getBaseTotal", KS, WEEK, reportType=13)["code"] == "INTERNAL_SERVERL_ERROR"


def custom(caller: Caller, wanted: int, params: str, **more: object) -> list[dict[str, str]]:
    reply = caller.raw("report.getCsvFromStringParams", more.pop("who", KS), id=wanted, params=params, **more)  # type: ignore[arg-type]
    assert reply.content.startswith(b"\xef\xbb\xbf")
    assert f"filename=Report_{wanted}_10042_" in reply.headers["Content-Disposition"]
    header, *found = [line.split(",") for line in reply.content.decode("utf-8-sig").split("\n")[:-1]]
    return [dict(zip(header, line, strict=True)) for line in found]


DAYS = "from_date_id=20261109;to_date_id=20261115;timezone_offset=300"
DATES = "from_date=1794200400;to_date=1794805199"
WHO = ["first_name", "last_name", "company"]
ROOM = [
    *("entry_id", "entry_name", "parent_entry_id", "cue_point_id", "session_start_time", "session_end_time"),
    *("session_host_user_id", "attendees"),
]


@pytest.mark.parametrize(
    ("wanted", "params", "columns"),
    [
        (3006, DAYS, ["entry_id", "user_id", "email", "count_add_to_calendar_clicked", *WHO]),
        (
            3008,
            DAYS,
            [
                *("user_id", "email", "entry_id", "attachment_id", "attachment_title", "download_attachment_clicked"),
                *WHO,
            ],
        ),
        (3009, DATES, ["user", "email", "entry_id", "session_id", "entry_name", "view_time"]),
        (
            3010,
            f"{DATES};user_id=olu.dubois@example.org",
            ["Date", "Entry Id", "Session Id", "Entry Name", "VOD Duration (min)", "View Time (min)"],
        ),
        (6000, DATES, ROOM),
        (6001, DATES, "entry_id session_id user_id email join_time leave_time attendance_minutes".split()),
        (6002, DATES, ROOM),
    ],
)
def test_a_custom_report_has_its_columns_in_both_file_actions_and_in_execute(
    caller: Caller, wanted: int, params: str, columns: list[str]
) -> None:
    found = custom(caller, wanted, params)
    assert found
    assert list(found[0]) == columns
    pairs = [pair.split("=") for pair in params.split(";")]
    listed = {
        f"params[{number}][{part}]": text
        for number, pair in enumerate(pairs)
        for part, text in zip(("key", "value"), pair, strict=True)
    }
    reply = caller.raw("report.getCsv", KS, listed, id=wanted, excludedFields=columns[-1])
    assert reply.content.decode("utf-8-sig").startswith(",".join(columns[:-1]) + "\n")
    answer = caller.json("report.execute", KS, listed, id=wanted)
    assert (answer["objectType"], answer["columns"]) == ("KalturaReportResponse", ",".join(columns))
    assert [row["value"].split(",") for row in answer["results"]] == [list(row.values()) for row in found]
    assert {row["objectType"] for row in answer["results"]} == {"KalturaString"}


@pytest.mark.parametrize(
    ("wanted", "params"),
    [
        (3006, "from_date_id=20261109;to_date_id=20261115"),
        (3008, "from_date_id=20261109"),
        (3009, "from_date=1"),
        (3010, DATES),
        (4021, DATES),
        (6000, "to_date=1"),
    ],
)
def test_a_missing_parameter_is_an_internal_error_in_the_body(caller: Caller, wanted: int, params: str) -> None:
    assert caller.json("report.getCsvFromStringParams", KS, id=wanted, params=params) == {
        "code": "INTERNAL_SERVERL_ERROR",
        "message": "Internal server error occurred",
        "objectType": "KalturaAPIException",
        "args": [],
    }


def test_attendance_minutes_are_the_truth(caller: Caller) -> None:
    found = custom(caller, 3009, f"{DATES};entry_ids=1_gdpr1")
    known = [event for event in truth() if event.user_id in people()]
    assert sum(float(row["view_time"]) for row in found if row["email"]) * 60 == pytest.approx(
        sum(event.watched for event in known)
    )
    assert len(found) > 50


def test_reactions_need_the_virtual_event_in_the_session(caller: Caller) -> None:
    params = f"{DATES};virtualeventid=4711"
    refused = caller.raw("report.getCsvFromStringParams", KS, id=4021, params=params, format=1)
    assert (refused.status_code, refused.content) == (200, b"")
    assert "SERVICE_FORBIDDEN" in refused.headers["X-Kaltura-App"]
    found = custom(caller, 4021, params, who={"ks": caller.session("virtualeventid:4711/4801")})
    assert len(found[0]) == 16
    clicks = ("clap", "heart", "think", "wow", "smile")
    for row in found:
        assert int(row["total_reactions_activity"]) == sum(int(row[f"{name}_clicked_count"]) for name in clicks)
    other = custom(caller, 4021, params.replace("4711", "4801"), who={"ks": caller.session("virtualeventid:4711/4801")})
    assert 0 < len(other) < len(found)


def test_row_18_an_unknown_id_in_get_csv_and_execute(caller: Caller) -> None:
    reply = caller.raw("report.getCsv", KS, id=3999, format=1)
    assert (reply.status_code, reply.content) == (200, b"")
    assert "REPORT_NOT_FOUND" in reply.headers["X-Kaltura-App"]
    assert caller.json("report.execute", KS, id=3999)["args"] == {"ID": "3999"}


ITEM = {
    "params[reportItems][0][action]": "1",
    "params[reportItems][0][reportType]": "38",
    "params[reportItems][0][filter][fromDay]": "20261109",
}


def test_an_export_by_mail_answers_a_job_and_an_address(caller: Caller) -> None:
    before = caller.sandbox.count("report.exportToCsv")
    answer = caller.json("report.exportToCsv", KS, ITEM, {"params[recipientEmail]": "ana.berg@example.org"})
    assert answer["objectType"] == "KalturaReportExportResponse"
    assert answer["reportEmail"] == "ana.berg@example.org"
    again = caller.json("report.exportToCsv", ITEM, ks=caller.session(userId="olu.dubois@example.org"))
    assert again["reportEmail"] == "olu.dubois@example.org"
    assert again["referenceJobId"] > answer["referenceJobId"]
    assert caller.sandbox.count("report.exportToCsv") == before + 2


@pytest.mark.parametrize("name", ["action", "reportType", "filter"])
def test_an_item_of_an_export_must_be_whole(caller: Caller, name: str) -> None:
    item = {key: value for key, value in ITEM.items() if f"[{name}]" not in key}
    assert caller.json("report.exportToCsv", KS, item)["args"] == {"PARAM_NAME": "N/A"}


def test_an_export_is_checked_before_it_is_taken(caller: Caller) -> None:
    assert caller.json("report.exportToCsv", KS)["args"] == {"PARAM_NAME": "params"}
    group = {"params[reportsItemsGroup]": "a/b"}
    assert caller.json("report.exportToCsv", KS, ITEM, group)["code"] == "INVALID_REPORT_ITEMS_GROUP"
    wrong = {**ITEM, "params[reportItems][0][action]": "4"}
    assert caller.json("report.exportToCsv", KS, wrong)["code"] == "INVALID_ENUM_VALUE"
    unknown = {**ITEM, "params[reportItems][0][reportType]": "9"}
    assert caller.json("report.exportToCsv", KS, unknown)["code"] == "INVALID_ENUM_VALUE"


def test_faults_strike_the_other_actions_too() -> None:
    with Sandbox(clock=Clock(), faults=Faults.parse(["druid_timeout=report.getUrlForReportAsCsv:1"])) as sandbox:
        caller = Caller(sandbox)
        assert link(caller, ";a", WEEK, reportType=38)["code"] == "DRUID_QUERY_TIMED_OUT"
        assert str(link(caller, ";a", WEEK, reportType=38)).startswith("http")
