"""The official Kaltura client (XML) reads from the sandbox what plain JSON reads, and both read the truth."""

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
    KalturaReportResponseOptions,
    KalturaSessionType,
)

from reportrunner.sandbox import SANDBOX_ADMIN_SECRET, Sandbox
from reportrunner.sandbox.universe import events

OPTIONS = KalturaReportResponseOptions(delimiter="|")
PAGER = KalturaFilterPager(pageSize=500)
START, END = (int(datetime(2026, 11, day, 5, tzinfo=UTC).timestamp()) for day in (9, 16))
FORM = {
    "format": "1",
    "reportType": "13",
    "reportInputFilter[objectType]": "KalturaEndUserReportInputFilter",
    "reportInputFilter[fromDay]": "20261109",
    "reportInputFilter[toDay]": "20261115",
    "reportInputFilter[timeZoneOffset]": "300",
    "reportInputFilter[entryIdIn]": "1_gdpr2",
    "responseOptions[delimiter]": "|",
    "pager[pageSize]": "500",
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock=time.time) as running:
        yield running


@pytest.fixture(scope="module")
def client(sandbox: Sandbox) -> Any:
    made = KalturaClient(KalturaConfiguration(sandbox.base_url))
    made.setKs(made.session.start(SANDBOX_ADMIN_SECRET, "", KalturaSessionType.ADMIN, 10042))
    return made


def week() -> Any:
    return KalturaEndUserReportInputFilter(
        fromDay="20261109", toDay="20261115", timeZoneOffset=300, entryIdIn="1_gdpr2"
    )


def by_json(sandbox: Sandbox, client: Any, action: str) -> Any:
    url = f"{sandbox.base_url}/api_v3/service/report/action/{action}"
    return requests.post(url, data={**FORM, "ks": client.getKs()}, timeout=10).json()


def test_session_start_gives_a_session_that_session_get_describes(client: Any) -> None:
    ks = client.session.start(SANDBOX_ADMIN_SECRET, "ana", KalturaSessionType.ADMIN, 10042, 3600, "virtualeventid:4711")
    info = client.session.get(ks)
    assert (info.getKs(), info.getUserId(), info.getPrivileges()) == (ks, "ana", "virtualeventid:4711")
    assert info.getSessionType().getValue() == KalturaSessionType.ADMIN


def test_get_table_is_the_same_in_xml_in_json_and_in_truth(sandbox: Sandbox, client: Any) -> None:
    table = client.report.getTable("13", week(), PAGER, NotImplemented, NotImplemented, OPTIONS)
    plain = by_json(sandbox, client, "getTable")
    assert (table.header, table.data, table.totalCount) == (plain["header"], plain["data"], plain["totalCount"])
    names = table.header.split("|")
    rows = [dict(zip(names, line.split("|"), strict=True)) for line in table.data.split(";")[:-1]]
    truth = Counter(event.user_id for event in events(frozenset(["1_gdpr2"]), START, END))
    assert {row["name"]: int(row["count_plays"]) for row in rows} == truth


def test_get_total_is_the_same_in_xml_in_json_and_in_truth(sandbox: Sandbox, client: Any) -> None:
    total = client.report.getTotal("13", week(), NotImplemented, OPTIONS)
    plain = by_json(sandbox, client, "getTotal")
    assert (total.header, total.data) == (plain["header"], plain["data"])
    whole = dict(zip(total.header.split("|"), total.data.split("|"), strict=True))
    plays = events(frozenset(["1_gdpr2"]), START, END)
    assert int(whole["count_plays"]) == len(plays)
    assert float(whole["sum_time_viewed"]) == sum(event.watched for event in plays) / 60


def test_get_graphs_is_the_same_in_xml_and_json(sandbox: Sandbox, client: Any) -> None:
    graphs = client.report.getGraphs("13", week(), NotImplemented, NotImplemented, OPTIONS)
    plain = by_json(sandbox, client, "getGraphs")
    assert [(graph.id, graph.data) for graph in graphs] == [(graph["id"], graph["data"]) for graph in plain]


def test_a_multirequest_answers_each_element_on_its_own(sandbox: Sandbox, client: Any) -> None:
    client.startMultiRequest()
    client.report.getTotal("13", week(), NotImplemented, OPTIONS)
    client.report.getTotal("9", week(), NotImplemented, OPTIONS)
    client.report.getGraphs("13", week(), NotImplemented, NotImplemented, OPTIONS)
    total, error, graphs = client.doMultiRequest()
    assert total.data == by_json(sandbox, client, "getTotal")["data"]
    assert error.code == "INVALID_ENUM_VALUE"
    assert len(graphs) == len(by_json(sandbox, client, "getGraphs"))


def test_a_token_hands_a_result_on(sandbox: Sandbox) -> None:
    client = KalturaClient(KalturaConfiguration(sandbox.base_url))
    client.startMultiRequest()
    ks = client.session.start(SANDBOX_ADMIN_SECRET, "", KalturaSessionType.ADMIN, 10042)
    client.setKs(ks)
    client.report.getTotal("13", week(), NotImplemented, OPTIONS)
    started, total = client.doMultiRequest()
    assert started
    assert total.header.startswith("unique_known_users|")


def test_three_errors_keep_their_codes_and_words(sandbox: Sandbox, client: Any) -> None:
    with pytest.raises(KalturaException, match=r"partner \[10042\]") as wrong_secret:
        client.session.start("wrong", "", KalturaSessionType.ADMIN, 10042)
    with pytest.raises(KalturaException, match="KalturaReportType") as unknown_type:
        client.report.getTotal("9", week())
    stranger = KalturaClient(KalturaConfiguration(sandbox.base_url))
    stranger.setKs("not-a-session")
    with pytest.raises(KalturaException, match="Invalid KS") as no_session:
        stranger.report.getTotal("13", week())
    assert [error.value.code for error in (wrong_secret, unknown_type, no_session)] == [
        "START_SESSION_ERROR",
        "INVALID_ENUM_VALUE",
        "INVALID_KS",
    ]
