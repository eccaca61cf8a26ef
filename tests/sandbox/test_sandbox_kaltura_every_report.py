"""Every report type answers, and its table, totals and graphs agree to the last digit where they add up."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from sandbox_caller import NOW

from reportrunner.sandbox.catalogue import report_types
from reportrunner.sandbox.kaltura_errors import ApiError
from reportrunner.sandbox.kaltura_metrics import ADDITIVE, METRICS
from reportrunner.sandbox.kaltura_question import World
from reportrunner.sandbox.kaltura_report import graphs, table, total
from reportrunner.sandbox.kaltura_wire import Params, Thing

WORLD = World(10042, NOW)
WIRES = tuple(report_types())
QUIZZES = {
    "quiz.QUIZ": "1_fire1",
    "quiz.QUIZ_USER_PERCENTAGE": "1_fire1",
    "quiz.QUIZ_USER_AGGREGATE_BY_QUESTION": "1_fire1,1_phis1",
    "quiz.QUIZ_AGGREGATE_BY_QUESTION": "1_fire1_q1,1_phis1_q2",
}


def question(wire: str, **fields: str) -> Params:
    window = {"fromDay": "20261102", "toDay": "20261115", "timeZoneOffset": "300"}
    return {
        "reportType": wire,
        "reportInputFilter": {**window, **fields},
        "responseOptions": {"delimiter": "|"},
        "pager": {"pageSize": "12000"},
        "objectIds": QUIZZES.get(wire, ""),
    }


def rows(answer: Thing) -> list[dict[str, str]]:
    names = answer.fields["header"].split("|")
    return [dict(zip(names, line.split("|"), strict=True)) for line in answer.fields["data"].split(";")[:-1]]


def totals(params: Params) -> dict[str, str]:
    answer = total(params, WORLD)
    return dict(zip(answer.fields["header"].split("|"), answer.fields["data"].split("|"), strict=True))


def points(data: str) -> list[list[str]]:
    return [point.split("|", 1) for point in data.split(";")[:-1]]


def outcome(action: Any, wire: str) -> str:
    """The code of the failure, or nothing."""
    try:
        action(question(wire), WORLD)
    except ApiError as error:
        return error.code
    return ""


def test_there_are_221_report_types_and_every_column_of_theirs_is_known() -> None:
    assert len(WIRES) == 221
    numbers = {name for report in report_types().values() for name in report["total_columns"] or []}
    assert numbers - METRICS.keys() == {"average"}


@pytest.mark.parametrize("wire", WIRES)
def test_a_report_without_table_totals_or_graphs_fails_when_asked_for_them_and_no_other(wire: str) -> None:
    report = report_types()[wire]
    assert outcome(table, wire) == ("" if report["table_columns"] is not None else "INTERNAL_SERVERL_ERROR")
    assert outcome(total, wire) == ("" if report["total_columns"] is not None else "INTERNAL_SERVERL_ERROR")
    assert outcome(graphs, wire) == ("" if report["graph_ids"] is not None else "INTERNAL_SERVERL_ERROR")
    if report["graph_ids"] is not None:
        assert [graph.fields["id"] for graph in graphs(question(wire), WORLD)] == report["graph_ids"]


@pytest.mark.parametrize("wire", [wire for wire in WIRES if report_types()[wire]["table_columns"]])
def test_a_table_has_the_documented_columns_and_distinct_rows(wire: str) -> None:
    answer = table(question(wire), WORLD)
    assert answer.fields["header"].split("|") == report_types()[wire]["table_columns"]
    found = rows(answer)
    assert found
    keys = Counter(tuple(text for name, text in row.items() if name not in METRICS) for row in found)
    assert max(keys.values()) == 1
    for row in found:
        assert all(Decimal(text).is_finite() for name, text in row.items() if name in METRICS)


@pytest.mark.parametrize(
    "wire", [w for w, report in report_types().items() if report["table_columns"] and report["total_columns"]]
)
def test_what_adds_up_adds_up_to_the_total(wire: str) -> None:
    week = question(wire, fromDay="20261109")  # two weeks have more minutes than a page has rows
    found, whole = rows(table(week, WORLD)), totals(week)
    for name in ADDITIVE & whole.keys() & found[0].keys():
        assert sum(Decimal(row[name]) for row in found) == Decimal(whole[name]), name


@pytest.mark.parametrize("wire", [w for w, r in report_types().items() if r["graph_kind"] == "by_date_id"])
def test_graphs_by_time_add_up_to_the_total(wire: str) -> None:
    whole = totals(question(wire))
    for graph in graphs(question(wire), WORLD):
        if graph.fields["id"] in ADDITIVE & whole.keys():
            added = sum(Decimal(y) for _, y in points(graph.fields["data"]))
            assert added == Decimal(whole[graph.fields["id"]]), graph.fields["id"]


@pytest.mark.parametrize("wire", ["13", "26", "10004", "30039", "40009", "60010", "20003"])
def test_two_weeks_add_up_where_metrics_are_additive_and_uniques_do_not(wire: str) -> None:
    weeks = [
        totals(question(wire, fromDay="20261102", toDay="20261108")),
        totals(question(wire, fromDay="20261109", toDay="20261115")),
    ]
    whole = totals(question(wire))
    for name in ADDITIVE & whole.keys():
        assert sum(Decimal(week[name]) for week in weeks) == Decimal(whole[name]), name
    for name in whole:
        if name.startswith(("unique_", "view_unique_")):
            assert sum(int(week[name]) for week in weeks) > int(whole[name]), name


@pytest.mark.parametrize("wire", ["13", "36", "21", "30", "32", "10001", "30007"])
def test_uniques_of_rows_are_more_than_the_total_or_the_rows_are_people(wire: str) -> None:
    found, whole = rows(table(question(wire), WORLD)), totals(question(wire))
    names = [name for name in whole if name.startswith(("unique_", "view_unique_")) and name in found[0]]
    assert names
    for name in names:
        assert sum(int(row[name]) for row in found) > int(whole[name])


@pytest.mark.parametrize("wire", WIRES)
def test_an_unusable_window_is_empty_everywhere(wire: str) -> None:
    report, asked = report_types()[wire], question(wire, fromDay="2026-11-02", toDay="2026-11-15")
    if wire == "16":  # takes no window
        return
    if report["total_columns"]:
        assert set(totals(asked).values()) == {""}
    if report["graph_ids"]:
        assert all(graph.fields["data"] == "" for graph in graphs(asked, WORLD))
    if report["table_columns"] and report["table_columns"][0] == "date_id":
        answer = table(asked, WORLD)
        assert (answer.fields["data"], answer.fields["totalCount"]) == ("", 0)
    elif report["table_columns"]:
        assert table(asked, WORLD).fields == {}


@pytest.mark.parametrize("wire", ["4", "6", "21", "22", "20002", "20005", "20006", "40008"])
def test_object_ids_change_the_first_columns_of_eight_reports(wire: str) -> None:
    first = rows(table(question(wire), WORLD))[0]
    key = next(iter(first.values()))
    drilled = table({**question(wire), "objectIds": key}, WORLD)
    assert drilled.fields["header"].split("|") == report_types()[wire]["table_columns_when_objectIds_given"]
    assert sum(int(row["count_plays"]) for row in rows(drilled)) == int(first["count_plays"])


def test_report_13_counts_entries_by_object_ids_though_its_rows_are_users() -> None:
    by_ids = rows(table({**question("13"), "objectIds": "1_gdpr1"}, WORLD))
    assert by_ids == rows(table(question("13", entryIdIn="1_gdpr1"), WORLD))
    assert by_ids != rows(table(question("13"), WORLD))


def test_the_curve_has_101_falling_rows_or_none() -> None:
    curve = rows(table(question("43", entryIdIn="1_gdpr1"), WORLD))
    assert [row["percentile"] for row in curve] == [str(point) for point in range(101)]
    for name in ("count_viewers", "unique_known_users"):
        numbers = [int(row[name]) for row in curve]
        assert numbers == sorted(numbers, reverse=True)
    assert curve[0]["count_viewers"] == totals(question("1", entryIdIn="1_gdpr1"))["count_plays"]
    assert table(question("43", entryIdIn="0_none"), WORLD).fields == {}


@pytest.mark.parametrize("wire", ["40011", "60004"])
def test_minute_reports_have_a_row_for_every_minute_in_order(wire: str) -> None:
    day = {"fromDay": "20261111", "toDay": "20261111"}
    minutes = [int(row["position"]) for row in rows(table(question(wire, **day), WORLD))]
    assert len(minutes) == 24 * 60
    assert minutes == list(range(minutes[0], minutes[0] + 86_400, 60))
    assert minutes[0] == 1794373200  # 2026-11-11 00:00 at 300 minutes west


@pytest.mark.parametrize("wire", ["51", "60019"])
def test_two_reports_are_newest_first_whatever_the_order(wire: str) -> None:
    times = [int(row["extract_time"]) for row in rows(table({**question(wire), "order": "+count_plays"}, WORLD))]
    assert times == sorted(times, reverse=True)
    assert len(set(times)) > 5


def test_report_16_takes_no_window_and_is_the_last_thirty_days() -> None:
    names = [row["name"] for row in rows(table(question("16", fromDay="1999-01-01"), WORLD))]
    assert sorted(names) == ["KMC", "mobile app", "portal"]


def test_friendly_headers_add_the_mail_address() -> None:
    asked = question("13", entryIdIn="1_gdpr1")
    asked["responseOptions"]["useFriendlyHeadersNames"] = "true"
    found = {row["name"]: row for row in rows(table(asked, WORLD))}
    assert table(asked, WORLD).fields["header"].endswith("|email")
    assert found["Unknown"]["email"] == ""
    assert all(row["email"] == name for name, row in found.items() if name != "Unknown")
