"""The official Kaltura client (XML) asks the sandbox for every report and action; plain JSON and the truth agree."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from KalturaClient import KalturaClient, KalturaConfiguration
from KalturaClient.exceptions import KalturaException
from KalturaClient.Plugins.Core import (
    KalturaEndUserReportInputFilter,
    KalturaFilterPager,
    KalturaKeyValue,
    KalturaReportExportItem,
    KalturaReportExportParams,
    KalturaReportResponseOptions,
    KalturaSessionType,
)

from reportrunner.sandbox import SANDBOX_ADMIN_SECRET, Faults, Sandbox
from reportrunner.sandbox.accounts import CHILDREN, account_events
from reportrunner.sandbox.catalogue import report_types
from reportrunner.sandbox.quizzes import quiz_answers
from reportrunner.sandbox.traits import TRAITS
from reportrunner.sandbox.universe import Event, events

CROWD = 300
OPTIONS = KalturaReportResponseOptions(delimiter="|")
PAGER = KalturaFilterPager(pageSize=12_000)
START, END = (int(datetime(2026, 11, day, 5, tzinfo=UTC).timestamp()) for day in (9, 16))
DAYS = "from_date_id=20261109;to_date_id=20261115;timezone_offset=300"
FORM = {
    "format": "1",
    "reportInputFilter[objectType]": "KalturaEndUserReportInputFilter",
    "reportInputFilter[fromDay]": "20261109",
    "reportInputFilter[toDay]": "20261115",
    "reportInputFilter[timeZoneOffset]": "300",
    "responseOptions[delimiter]": "|",
    "pager[pageSize]": "12000",
}
QUIZZES = {"quiz.QUIZ_AGGREGATE_BY_QUESTION": "1_fire1_q1,1_phis1_q2"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock=time.time, faults=Faults(crowd=CROWD)) as running:
        yield running


@pytest.fixture(scope="module")
def client(sandbox: Sandbox) -> Any:
    made = KalturaClient(KalturaConfiguration(sandbox.base_url))
    made.setKs(made.session.start(SANDBOX_ADMIN_SECRET, "", KalturaSessionType.ADMIN, 10042))
    return made


@pytest.fixture(scope="module")
def http() -> Iterator[requests.Session]:
    with requests.Session() as made:
        yield made


def week(**fields: Any) -> Any:
    return KalturaEndUserReportInputFilter(fromDay="20261109", toDay="20261115", timeZoneOffset=300, **fields)


def object_ids(wire: str) -> str:
    return QUIZZES.get(wire, "1_fire1") if wire.startswith("quiz.") else ""


def plain(client: Any, http: requests.Session, action: str, **more: str) -> Any:
    """The same by JSON."""
    url = f"{client.config.serviceUrl}/api_v3/service/report/action/{action}"
    return http.post(url, data={**FORM, "ks": client.getKs(), **more}, timeout=10).json()


def truth(*playback: str) -> list[Event]:
    plays = account_events(10042, None, START, END, CROWD)
    return [event for event in plays if event.playback in (playback or ("vod",))]


def rows(table: Any) -> list[dict[str, str]]:
    names = table.header.split("|")
    return [dict(zip(names, line.split("|"), strict=True)) for line in table.data.split(";")[:-1]]


def by_xml(client: Any, action: str, wire: str) -> Any:
    """What the official client makes of an action's answer, or the code of its error."""
    ids = object_ids(wire) or NotImplemented
    try:
        if action == "getTable":
            table = client.report.getTable(wire, week(), PAGER, NotImplemented, ids, OPTIONS)
            return [table.header, table.data, table.totalCount]
        if action == "getTotal":
            total = client.report.getTotal(wire, week(), ids, OPTIONS)
            return [total.header, total.data]
        found = client.report.getGraphs(wire, week(), NotImplemented, ids, OPTIONS)
        return [[graph.id, graph.data] for graph in found]
    except KalturaException as error:
        return error.code


def by_json(client: Any, http: requests.Session, action: str, wire: str) -> Any:
    answer = plain(client, http, action, reportType=wire, objectIds=object_ids(wire))
    if isinstance(answer, list):
        return [[graph["id"], graph["data"]] for graph in answer]
    names = ("header", "data", "totalCount") if action == "getTable" else ("header", "data")
    return answer["code"] if "code" in answer else [answer[name] for name in names]


@pytest.mark.parametrize("wire", list(report_types()))
def test_every_report_is_the_same_in_xml_and_in_json(client: Any, http: requests.Session, wire: str) -> None:
    report = report_types()[wire]
    for action, columns in (
        ("getTable", report["table_columns"]),
        ("getTotal", report["total_columns"]),
        ("getGraphs", report["graph_ids"]),
    ):
        answer = by_xml(client, action, wire)
        assert answer == by_json(client, http, action, wire)
        if columns is None:
            assert answer == "INTERNAL_SERVERL_ERROR"
        elif action == "getGraphs":
            assert [graph[0] for graph in answer] == columns
        else:
            assert answer[0].split("|") == columns


OF_PLAYS = {
    "1": ("object_id", "entry_id"),
    "6": ("domain_name", "domain"),
    "13": ("name", "user_id"),
    "21": ("device", "device"),
    "22": ("os", "os"),
    "23": ("browser", "browser"),
    "25": ("object_id", "context_category"),
    "29": ("custom_var1", "custom_var1"),
    "32": ("os_family", "os_family"),
    "33": ("browser_family", "browser_family"),
    "36": ("country", "country"),
    "62": ("ui_conf_id", "ui_conf_id"),
}


@pytest.mark.parametrize("wire", OF_PLAYS)
def test_plays_by_a_dimension_are_the_truth(client: Any, wire: str) -> None:
    column, trait = OF_PLAYS[wire]
    table = client.report.getTable(wire, week(), PAGER, NotImplemented, NotImplemented, OPTIONS)
    wanted = Counter(TRAITS[trait](event).replace(";", " ") for event in truth())
    assert {row[column]: int(row["count_plays"]) for row in rows(table)} == wanted


def test_several_accounts_are_the_truth(client: Any) -> None:
    table = client.report.getTable("20015", week(), PAGER, NotImplemented, NotImplemented, OPTIONS)
    wanted = Counter((event.partner, event.entry_id) for event in truth())
    for child in CHILDREN:
        plays = account_events(child, None, START, END)
        wanted.update((event.partner, event.entry_id) for event in plays if event.playback == "vod")
    got = {(int(row["partner_id"]), row["object_id"]): int(row["count_plays"]) for row in rows(table)}
    assert got == wanted
    assert len(got) > 100


def test_the_live_audience_is_the_truth(client: Any) -> None:
    table = client.report.getTable("10004", week(), PAGER, NotImplemented, NotImplemented, OPTIONS)
    seconds: Counter[str] = Counter()
    for event in truth("live", "dvr"):
        seconds[event.device] += event.watched
    assert {row["device"]: int(row["sum_view_time"]) for row in rows(table)} == seconds


def test_quiz_answers_are_the_truth(client: Any) -> None:
    table = client.report.getTable("quiz.QUIZ_USER_PERCENTAGE", week(), PAGER, NotImplemented, "1_fire1", OPTIONS)
    right: Counter[str] = Counter()
    for answer in quiz_answers(events(frozenset(["1_fire1"]), START, END)):
        right[answer.user_id] += answer.correct
    assert {row["user_id"]: int(row["num_of_correct_answers"]) for row in rows(table)} == right


def test_a_link_leads_to_the_same_file_for_both(client: Any, http: requests.Session) -> None:
    given = ("Plays by user", "of a week", "Plays;User,Name,Videos,Plays")
    link = client.report.getUrlForReportAsCsv(
        *given, "13", week(entryIdIn="1_crowd1"), NotImplemented, PAGER, NotImplemented, NotImplemented, OPTIONS
    )
    texts = dict(zip(("reportTitle", "reportText", "headers"), given, strict=True))
    more = {"reportType": "13", "reportInputFilter[entryIdIn]": "1_crowd1"}
    other = plain(client, http, "getUrlForReportAsCsv", **texts, **more)
    body = http.get(link, timeout=10).text
    assert link != other
    assert body == http.get(other, timeout=10).text
    lines = body.split('"User","Name","Videos","Plays"\n')[1].splitlines()
    users = Counter(event.user_id for event in truth() if event.entry_id == "1_crowd1")
    assert {line.split('","')[0].strip('"'): int(line.split('","')[3].strip('"')) for line in lines} == users
    assert len(users) == CROWD * 4 // 5


def test_a_failed_export_is_nothing_for_both(client: Any, http: requests.Session) -> None:
    text = client.report.getUrlForReportAsCsv("x", "y", ";a", "40002", week())
    texts = {"reportTitle": "x", "reportText": "y", "headers": ";a", "reportType": "40002"}
    assert not text
    assert plain(client, http, "getUrlForReportAsCsv", **texts) is None


def test_a_custom_report_is_the_same_by_every_action(client: Any, http: requests.Session) -> None:
    pairs = [KalturaKeyValue(*pair.split("=")) for pair in DAYS.split(";")]
    executed = client.report.execute(3006, pairs)
    texts = [row.value for row in executed.results]
    # The official client writes an array into an address as Python text, so getCsv is asked for by form.
    form = {"ks": client.getKs(), "id": "3006"}
    for number, pair in enumerate(pairs):
        form |= {f"params[{number}][key]": pair.key, f"params[{number}][value]": pair.value}
    url = f"{client.config.serviceUrl}/api_v3/service/report/action/getCsv"
    by_pairs = http.post(url, data=form, timeout=10).content.decode("utf-8-sig")
    by_text = http.get(client.report.getCsvFromStringParams(3006, DAYS), timeout=10).content.decode("utf-8-sig")
    assert by_pairs == by_text == "".join(f"{line}\n" for line in (executed.columns, *texts))
    plays = account_events(10042, None, START, END, CROWD)
    assert len(texts) == len({(event.user_id, event.entry_id) for event in plays})


def test_storage_before_the_window_is_the_same_in_xml_and_in_json(client: Any, http: requests.Session) -> None:
    found = client.report.getBaseTotal("17", week(), NotImplemented, OPTIONS)
    answer = plain(client, http, "getBaseTotal", reportType="17")
    assert [(total.id, total.data) for total in found] == [(total["id"], total["data"]) for total in answer]
    with pytest.raises(KalturaException) as refused:
        client.report.getBaseTotal("13", week(), NotImplemented, OPTIONS)
    assert refused.value.code == "INTERNAL_SERVERL_ERROR"


def test_an_export_by_mail_is_taken(client: Any, sandbox: Sandbox) -> None:
    item = KalturaReportExportItem(reportTitle="Week", action=1, reportType="38", filter=week())
    asked = KalturaReportExportParams(recipientEmail="ana.berg@example.org", reportItems=[item])
    answer = client.report.exportToCsv(asked)
    assert answer.reportEmail == "ana.berg@example.org"
    assert int(answer.referenceJobId) > 0
    with pytest.raises(KalturaException) as refused:
        client.report.exportToCsv(KalturaReportExportParams(reportItems=[KalturaReportExportItem(action=1)]))
    assert refused.value.code == "MISSING_MANDATORY_PARAMETER"
    assert sandbox.count("report.exportToCsv") == 2
