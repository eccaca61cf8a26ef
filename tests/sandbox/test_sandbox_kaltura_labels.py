"""Bucket labels by family and interval, joined reports, graph kinds: kaltura.md §5.4 and §5.5 on the wire."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sandbox_caller import KS, PAGE, PIPE, Caller, Clock, midnight, when

from reportrunner.sandbox import Sandbox
from reportrunner.sandbox.universe import Event, events

WEDNESDAY = midnight("2026-11-11", 300)  # the day of the live broadcasts, 11:00 in New York
AIR = WEDNESDAY + 11 * 3600
DAY = when(fromDay=20261111, toDay=20261111, timeZoneOffset=300)
FILLED = {"responseOptions[skipEmptyDates]": "false"}


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    with Sandbox(clock=Clock()) as sandbox:
        yield Caller(sandbox)


def on_air() -> list[Event]:
    plays = events(None, WEDNESDAY, WEDNESDAY + 86_400)
    return sorted((event for event in plays if event.playback != "vod"), key=lambda event: event.at)


def first_label(caller: Caller, wire: str, interval: str) -> str:
    rows = caller.rows(KS, DAY, when(interval=interval, playbackTypeIn="live|dvr"), FILLED, reportType=wire)
    column = {"months": "month_id"}.get(interval, "date_id")
    return rows[0][column]


def first_point(caller: Caller, wire: str, interval: str) -> str:
    graphs = caller.json("report.getGraphs", KS, PIPE, DAY, when(interval=interval), FILLED, reportType=wire)
    return str(graphs[0]["data"].partition("|")[0])


@pytest.mark.parametrize(
    ("wire", "interval", "label"),
    [
        ("34", "months", "202611"),
        ("34", "days", "20261111"),
        ("34", "hours", "2026111100"),
        ("34", "minutes", "2026-11-11T00:00:00.000-05:00"),
        ("34", "ten_seconds", "2026-11-11T00:00:00.000-05:00"),
        ("34", "ten_minutes", "2026-11-11T00:00:00.000-05:00"),
        ("40001", "hours", "2026111100"),
        ("50000", "days", "20261111"),
        ("10005", "months", "202611"),
        ("10005", "days", str(WEDNESDAY)),
        ("10005", "hours", str(WEDNESDAY)),
        ("10005", "minutes", str(WEDNESDAY)),
        ("10005", "ten_seconds", str(WEDNESDAY)),
        ("10005", "ten_minutes", "2026-11-11T00:00:00.000-05:00"),
        ("30001", "months", "202611"),
        ("30001", "days", str(WEDNESDAY)),
        ("30001", "hours", str(WEDNESDAY)),
        ("30001", "ten_minutes", str(WEDNESDAY)),
        ("30001", "ten_seconds", str(WEDNESDAY)),
    ],
)
def test_labels_of_tables_and_graphs_by_family_and_interval(
    caller: Caller, wire: str, interval: str, label: str
) -> None:
    assert first_label(caller, wire, interval) == label
    assert first_point(caller, wire, interval) == label


@pytest.mark.parametrize(
    ("wire", "label"),
    [("34", "2026"), ("10005", "2026-01-01T00:00:00.000-05:00"), ("30001", "2026-01-01T00:00:00.000-05:00")],
)
def test_years_label_graphs_and_leave_tables_without_a_date(caller: Caller, wire: str, label: str) -> None:
    assert first_point(caller, wire, "years") == label
    table = caller.json("report.getTable", KS, DAY, PAGE, when(interval="years"), reportType=wire)
    assert not {"date_id", "year_id"} & set(table["header"].split(","))


def test_in_utc_an_iso_label_ends_in_z(caller: Caller) -> None:
    utc = when(fromDay=20261111, toDay=20261111, timeZoneOffset=0, interval="minutes")
    assert caller.rows(KS, utc, FILLED, reportType=34)[0]["date_id"] == "2026-11-11T00:00:00.000Z"


def test_a_real_time_series_at_ten_seconds_is_the_truth(caller: Caller) -> None:
    asked = when(fromDate=AIR, toDate=AIR + 299, interval="ten_seconds")
    rows = caller.rows(KS, asked, reportType=10005)
    plays = [event for event in on_air() if AIR <= event.at < AIR + 300]
    wanted: dict[str, set[str]] = {}
    for event in plays:
        wanted.setdefault(str(event.at - event.at % 10), set()).add(event.viewer)
    assert {row["date_id"]: row["view_unique_audience"] for row in rows} == {
        label: str(len(viewers)) for label, viewers in wanted.items()
    }
    assert len(rows) > 5


def test_at_ten_seconds_a_window_begins_at_the_next_full_ten(caller: Caller) -> None:
    first = next(event.at for event in on_air() if event.at % 10)
    asked = when(fromDate=first - first % 10 + 1, toDate=first - first % 10 + 9)
    assert caller.rows(KS, asked, when(interval="minutes"), reportType=10005)
    longer = when(fromDate=first - first % 10 + 1, toDate=first + 300, interval="ten_seconds")
    assert str(first - first % 10) not in {row["date_id"] for row in caller.rows(KS, longer, reportType=10005)}


@pytest.mark.parametrize("wire", ["26", "68", "201", "60", "60001"])
def test_joined_series_know_days_and_come_out_zero_by_the_hour(caller: Caller, wire: str) -> None:
    week = when(fromDay=20261109, toDay=20261115, timeZoneOffset=300)
    days = caller.rows(KS, week, reportType=wire)
    assert [row["date_id"] for row in days] == [f"202611{day:02d}" for day in range(9, 16)]
    hours = caller.rows(KS, week, when(interval="hours"), reportType=wire)
    assert len(hours) == 7 * 24
    assert {text for row in hours for name, text in row.items() if name != "date_id"} == {"0"}
    assert any(text != "0" for row in days for name, text in row.items() if name != "date_id")
    # A day on which nobody is there is filled all the same.
    nobody = when(entryIdIn="1_priv1", fromDay=20261101, toDay=20261231, timeZoneOffset=300)
    assert len(caller.rows(KS, nobody, reportType=60002)) == 61


def test_filling_stops_after_fifteen_years_and_120_months(caller: Caller) -> None:
    long = when(fromDay=20120101, toDay=20291231, entryIdIn="1_priv1", playbackTypeIn="vod")
    assert len(caller.rows(KS, long, FILLED, when(interval="years"), reportType=34)) == 15
    assert len(caller.rows(KS, long, FILLED, when(interval="months"), reportType=34)) == 120


def test_devices_share_a_point_joined_with_a_comma_whatever_the_delimiter(caller: Caller) -> None:
    graphs = caller.json("report.getGraphs", KS, PIPE, DAY, reportType=21)
    rows = caller.rows(KS, DAY, reportType=21)
    plays = ",".join(f"{row['device']}:{row['count_plays']}" for row in sorted(rows, key=lambda row: row["device"]))
    assert {graph["id"]: graph["data"] for graph in graphs}["count_plays"] == f"20261111|{plays};"
    assert "," in plays


def test_by_the_hour_devices_repeat_inside_the_point_of_the_day(caller: Caller) -> None:
    graphs = caller.json("report.getGraphs", KS, PIPE, DAY, when(interval="hours"), reportType=21)
    label, _, devices = graphs[0]["data"].removesuffix(";").partition("|")
    names = [device.partition(":")[0] for device in devices.split(",")]
    assert label == "20261111"
    assert names.count("Computer") > 1
    assert ";" not in devices


def test_object_ids_turn_the_devices_graph_into_one_of_operating_systems(caller: Caller) -> None:
    graphs = caller.json("report.getGraphs", KS, PIPE, DAY, reportType=21, objectIds="Computer")
    rows = caller.rows(KS, DAY, reportType=21, objectIds="Computer")
    wanted = {f"{row['os']}|{row['count_plays']}" for row in rows}
    assert set(graphs[0]["data"].removesuffix(";").split(";")) == wanted
    assert len(wanted) > 2


def test_graphs_by_name_have_the_values_of_the_table(caller: Caller) -> None:
    graphs = {graph["id"]: graph["data"] for graph in caller.json("report.getGraphs", KS, PIPE, DAY, reportType=32)}
    rows = caller.rows(KS, DAY, reportType=32)
    for name in ("count_plays", "sum_time_viewed", "unique_viewers"):
        assert set(graphs[name].removesuffix(";").split(";")) == {f"{row['os_family']}|{row[name]}" for row in rows}


@pytest.mark.parametrize(
    ("wire", "name"), [("2", "content_dropoff"), ("14", "user_content_dropoff"), ("20001", "content_dropoff")]
)
def test_drop_off_is_one_graph_of_metric_names(caller: Caller, wire: str, name: str) -> None:
    (graph,) = caller.json("report.getGraphs", KS, PIPE, DAY, reportType=wire)
    total = caller.json("report.getTotal", KS, PIPE, DAY, reportType=wire)
    whole = dict(zip(total["header"].split("|"), total["data"].split("|"), strict=True))
    points = dict(point.split("|") for point in graph["data"].removesuffix(";").split(";"))
    assert graph["id"] == name
    assert points == {name: whole[name] for name in points}
    assert next(iter(points)) == "count_plays"
    assert list(points)[-1] == "play_through_ratio"


def test_a_joined_report_without_graph_metrics_has_an_empty_list(caller: Caller) -> None:
    assert caller.json("report.getGraphs", KS, DAY, reportType=63) == []


def test_real_time_forces_live_and_dvr_and_webcasts_force_all_three(caller: Caller) -> None:
    vod = when(playbackTypeIn="vod")
    assert caller.rows(KS, DAY, vod, reportType=10004) == caller.rows(KS, DAY, reportType=10004) != []
    webcast = caller.json("report.getTotal", KS, DAY, vod, PIPE, reportType=40001)
    assert webcast == caller.json("report.getTotal", KS, DAY, PIPE, reportType=40001)
    plays = len(events(None, WEDNESDAY, WEDNESDAY + 86_400))
    assert webcast["data"].split("|")[0] == str(plays)
    seconds = sum(int(row["sum_view_time"]) for row in caller.rows(KS, DAY, reportType=10004))
    assert seconds == sum(event.watched for event in on_air())


def test_a_country_report_has_short_codes_names_and_coordinates(caller: Caller) -> None:
    rows = {row["object_id"]: row for row in caller.rows(KS, DAY, reportType=36)}
    assert (rows["US"]["country"], rows["US"]["coordinates"]) == ("United States", "37.09/-95.71")
    cities = caller.rows(KS, DAY, reportType=30)
    assert {"Washington, D.C.", "München"} & {row["city"] for row in cities}
    assert sum(int(row["count_plays"]) for row in cities) == sum(int(row["count_plays"]) for row in rows.values())
