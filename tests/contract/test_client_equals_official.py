"""The official Kaltura client (XML) and ours (JSON, DuckDB) ask the sandbox the same and get the same values."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from asking import WEEK, Bench, bench, days, flow, table
from KalturaClient import KalturaClient, KalturaConfiguration
from KalturaClient.exceptions import KalturaException
from KalturaClient.Plugins.Core import (
    KalturaFilterPager,
    KalturaReportInputFilter,
    KalturaReportResponseOptions,
    KalturaSessionType,
)

from reportrunner.cell import SCALES
from reportrunner.errors import ProviderError
from reportrunner.flow import Flow, SessionKey
from reportrunner.providers.kaltura.catalogue import columns
from reportrunner.sandbox import SANDBOX_ADMIN_SECRET, Sandbox
from reportrunner.table import ColumnType
from reportrunner.window import Window

CAMPAIGN = days("2026-09-01", "2026-11-16")
OPTIONS = KalturaReportResponseOptions(delimiter="|", skipEmptyDates=False)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock=time.time) as running:
        yield running


@pytest.fixture(scope="module")
def official(sandbox: Sandbox) -> Any:
    made = KalturaClient(KalturaConfiguration(sandbox.base_url))
    made.setKs(made.session.start(SANDBOX_ADMIN_SECRET, "", KalturaSessionType.ADMIN, 10042))
    return made


@pytest.fixture
def ours(sandbox: Sandbox) -> Iterator[Bench]:
    with bench(sandbox.base_url) as made:
        yield made


def question(window: Window, offset: int, entry: str = "1_gdpr1") -> Any:
    return KalturaReportInputFilter(
        fromDate=window.start_unix,
        toDate=window.end_unix - 1,
        timeZoneOffset=offset,
        entryIdIn=entry,
        playbackTypeIn="vod",
    )


def total(report: str = "13", entry: str = "1_gdpr1") -> dict[str, Any]:
    return {**table(report, entry), "endpoint": "report.getTotal"}


def value(name: str, text: str) -> object:
    """What the wire's text means, read without the client under test; only its column types are shared."""
    (column,) = columns((name,))
    if column.type is ColumnType.STRING:
        return text
    if not text:
        return None
    if column.type is ColumnType.TIMESTAMP:
        return datetime.fromtimestamp(int(text), UTC)
    if column.type is ColumnType.INTEGER:
        return int(text)
    # The wire has up to 14 significant digits; a table keeps so many behind the point.
    return Decimal(text).quantize(Decimal(1).scaleb(-SCALES[column.type]), ROUND_HALF_UP)


def begin(label: str) -> date | datetime:
    """What a bucket's label means in a week of New York's winter: a day, or the instant at which an hour begins."""
    day = date(int(label[:4]), int(label[4:6]), int(label[6:8]))
    hour = timedelta(hours=int(label[8:]) + 5) if len(label) == 10 else None
    return day if hour is None else datetime(day.year, day.month, day.day, tzinfo=UTC) + hour


def official_rows(header: str, lines: list[str]) -> list[dict[str, object]]:
    names = header.split("|")
    return [{n: value(n, t) for n, t in zip(names, line.split("|"), strict=True)} for line in lines]


def ordered(rows: list[dict[str, Any]]) -> list[list[tuple[str, str]]]:
    """Rows without their order, which landing decides; `Decimal` compares by value, so print it plainly."""
    plain = [[(n, f"{v.normalize():f}" if isinstance(v, Decimal) else repr(v)) for n, v in row.items()] for row in rows]
    return sorted(sorted(row) for row in plain)


def pages(official: Any, report: str, asked: Any) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for number in range(1, 9):
        pager = KalturaFilterPager(pageSize=500, pageIndex=number)
        page = official.report.getTable(report, asked, pager, NotImplemented, NotImplemented, OPTIONS)
        lines = page.data.split(";")[:-1] if isinstance(page.data, str) else []
        found += official_rows(page.header, lines) if lines else []
        if len(lines) < 500:
            return found
    raise AssertionError("no end")


def test_a_table_of_two_pages_has_the_same_values(official: Any, ours: Bench) -> None:
    theirs = pages(official, "13", question(CAMPAIGN, 240))
    assert len(theirs) > 500
    assert ordered(ours.landed(flow(table("13"), CAMPAIGN))) == ordered(theirs)


@pytest.mark.parametrize("report", ["1", "2", "38"])
def test_tables_by_entry_have_the_same_values(official: Any, ours: Bench, report: str) -> None:
    theirs = pages(official, report, question(WEEK, 300))
    assert len(theirs) == 1
    assert ordered(ours.landed(flow(table(report)))) == ordered(theirs)


@pytest.mark.parametrize("report", ["34", "35"])
@pytest.mark.parametrize("interval", ["days", "hours"])
def test_time_series_have_the_same_values(official: Any, ours: Bench, report: str, interval: str) -> None:
    asked = question(WEEK, 300)
    asked.interval = interval
    theirs = [{**row, "date_id": begin(str(row["date_id"]))} for row in pages(official, report, asked)]
    assert len(theirs) == (7 if interval == "days" else 7 * 24)
    assert ordered(ours.landed(flow(table(report, interval=interval)))) == ordered(theirs)


@pytest.mark.parametrize("report", ["1", "2", "13", "34", "35", "38"])
def test_totals_have_the_same_values(official: Any, ours: Bench, report: str) -> None:
    theirs = official.report.getTotal(report, question(WEEK, 300), NotImplemented, OPTIONS)
    assert ours.landed(flow(total(report))) == official_rows(theirs.header, [theirs.data])


def test_nothing_found_is_nothing_for_both(official: Any, ours: Bench) -> None:
    asked = question(WEEK, 300, "1_nowhere")
    assert pages(official, "13", asked) == []
    assert ours.landed(flow(table("13", "1_nowhere"))) == []
    theirs = official.report.getTotal("13", asked, NotImplemented, OPTIONS)
    (row,) = ours.landed(flow(total(entry="1_nowhere")))
    assert official_rows(theirs.header, [theirs.data]) == [row]
    assert set(row.values()) == {None}


def test_a_session_of_ours_is_what_was_asked_for(official: Any, ours: Bench) -> None:
    caught: list[str] = []
    made = flow(table(privileges=["virtualeventid:4711", "disableentitlement"]))
    sessions = ours.executor._sign_ins._sessions
    keep = sessions.arrive

    def arrive(key: SessionKey, value: str, now: float, life: float) -> Any:
        caught.append(value)
        return keep(key, value, now, life)

    sessions.arrive = arrive  # type: ignore[method-assign,assignment]
    asked = int(time.time())
    assert ours.rows(made).rows
    (ks,) = caught
    info = official.session.get(ks)
    assert (info.getPartnerId(), info.getPrivileges()) == (10042, "virtualeventid:4711,disableentitlement")
    assert info.getSessionType().getValue() == KalturaSessionType.ADMIN
    assert asked + 86_400 <= info.getExpiry() <= time.time() + 86_400


def test_a_multirequest_has_the_values_of_our_single_requests(official: Any, ours: Bench) -> None:
    official.startMultiRequest()
    asked = question(WEEK, 300)
    official.report.getTotal("13", asked, NotImplemented, OPTIONS)
    pager = KalturaFilterPager(pageSize=500, pageIndex=1)
    official.report.getTable("13", asked, pager, NotImplemented, NotImplemented, OPTIONS)
    summed, listed = official.doMultiRequest()
    assert ours.landed(flow(total("13"))) == official_rows(summed.header, [summed.data])
    theirs = official_rows(listed.header, listed.data.split(";")[:-1])
    assert ordered(ours.landed(flow(table("13")))) == ordered(theirs)


def altered(made: Flow, **fields: str) -> Flow:
    """The same flow with other form fields, such as no job can ask for."""
    (step,) = made.steps
    assert step.request.form is not None
    form = tuple((name, fields.get(name, text)) for name, text in step.request.form)
    return replace(made, steps=(replace(step, request=replace(step.request, form=form)),))


def our_error(made: Bench, one: Flow) -> ProviderError:
    (ended,) = made.run(one)
    assert isinstance(ended.error, ProviderError)
    return ended.error


def test_an_unknown_report_type_is_final_for_both(official: Any, ours: Bench, sandbox: Sandbox) -> None:
    with pytest.raises(KalturaException) as theirs:
        official.report.getTotal("9", question(WEEK, 300), NotImplemented, OPTIONS)
    before = sandbox.count("report.getTotal")
    failed = our_error(ours, altered(flow(total()), reportType="9"))
    assert theirs.value.code == "INVALID_ENUM_VALUE"
    assert f"kaltura refused: INVALID_ENUM_VALUE: {theirs.value.message}" in str(failed)
    assert sandbox.count("report.getTotal") == before + 1


def test_an_unknown_session_is_renewed_once_and_then_final(official: Any, ours: Bench, sandbox: Sandbox) -> None:
    stranger = KalturaClient(KalturaConfiguration(sandbox.base_url))
    stranger.setKs("not-a-session")
    with pytest.raises(KalturaException) as theirs:
        stranger.report.getTotal("13", question(WEEK, 300), NotImplemented, OPTIONS)
    before: Mapping[str, int] = {name: sandbox.count(name) for name in ("report.getTotal", "session.start")}
    failed = our_error(ours, altered(flow(total()), ks="not-a-session"))
    assert theirs.value.code == "INVALID_KS"
    assert f"kaltura refused: INVALID_KS: {theirs.value.message}" in str(failed)
    assert {name: sandbox.count(name) - count for name, count in before.items()} == {
        "report.getTotal": 2,
        "session.start": 2,
    }


def test_a_wrong_secret_starts_no_session_for_either(sandbox: Sandbox) -> None:
    with pytest.raises(KalturaException) as theirs:
        KalturaClient(KalturaConfiguration(sandbox.base_url)).session.start(
            "wrong", "", KalturaSessionType.ADMIN, 10042
        )
    with bench(sandbox.base_url, secret="wrong-secret") as made:
        failed = our_error(made, flow(total()))
    assert theirs.value.code == "START_SESSION_ERROR"
    assert f"sign-in at kaltura: kaltura refused: START_SESSION_ERROR: {theirs.value.message}" in str(failed)
