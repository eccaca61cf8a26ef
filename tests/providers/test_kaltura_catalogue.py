"""The column catalogue: complete for the reports most used, in agreement with the provider notes, honest elsewhere."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest

from reportrunner.providers.kaltura import catalogue
from reportrunner.providers.kaltura.catalogue import columns, custom_reports, filter_fields, report_names, report_types
from reportrunner.table import Column, ColumnType

MOST_USED = ("1", "2", "13", "34", "35", "36", "38", "43")
MINUTES = ("sum_time_viewed", "sum_view_period", "avg_time_viewed", "avg_view_period_time")
RATIOS = (
    "load_play_ratio",
    "avg_view_drop_off",
    "avg_completion_rate",
    "play_through_ratio",
    "total_completion_rate",
)
COUNTS = (
    *("count_plays", "count_plays_25", "count_plays_50", "count_plays_75", "count_plays_100"),
    *("count_loads", "count_viral"),
)
UNIQUES = ("unique_known_users", "unique_viewers", "unique_videos")
HEADERS = {
    "2": "object_id, entry_name, count_plays, count_plays_25, count_plays_50, count_plays_75, count_plays_100,"
    " play_through_ratio, count_loads",
    "13": "name, full_name, unique_videos, count_plays, sum_time_viewed, avg_time_viewed, avg_view_drop_off,"
    " count_loads, load_play_ratio, avg_completion_rate, count_viral, total_completion_rate, sum_view_period,"
    " avg_view_period_time",
    "34": "date_id, count_plays, sum_time_viewed, unique_known_users, avg_view_drop_off, avg_completion_rate,"
    " count_loads, sum_view_period",
    "35": "date_id, unique_known_users",
    "43": "percentile, count_viewers, unique_known_users",
    "10004": "device, view_unique_audience, sum_view_time",
}


def entries() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(
        files(catalogue.__package__).joinpath("data/columns.json").read_text("utf-8")
    )
    return found


def known(name: str) -> Column:
    (column,) = columns((name,))
    assert column.source, f"{name} is in no catalogue"
    return column


@pytest.mark.parametrize("wire", MOST_USED)
@pytest.mark.parametrize("kind", ["table_columns", "total_columns", "extra_columns_with_useFriendlyHeadersNames"])
def test_every_column_of_the_reports_most_used_is_described(wire: str, kind: str) -> None:
    raw = json.loads(files(catalogue.__package__).joinpath("data/report_types.json").read_text("utf-8"))
    (report,) = (entry for entry in raw if entry["wire"] == wire)
    names = report.get(kind) or []
    assert names or kind.startswith("extra")
    assert set(names) <= set(entries())


@pytest.mark.parametrize("name", sorted(entries()))
def test_a_description_says_everything_with_unknown_as_an_honest_value(name: str) -> None:
    facts = entries()[name]
    assert list(facts) == ["type", "unit", "additive", "personal", "description", "source"]
    assert facts["type"] in list(ColumnType)
    assert facts["additive"] in {True, False, None}
    assert facts["personal"] in {True, False, None}
    assert facts["description"]
    assert facts["source"].startswith(("kaltura.md", "kaltura-report-types.json"))
    if facts["type"] == "string":
        assert facts["additive"] is None
    if facts["type"] == "ratio":
        assert facts["additive"] is not True


@pytest.mark.parametrize("wire", sorted(HEADERS))
def test_headers_are_those_of_the_notes(wire: str) -> None:
    assert report_types()[wire].table_columns == tuple(HEADERS[wire].split(", "))


@pytest.mark.parametrize("name", MINUTES)
def test_times_are_minutes(name: str) -> None:
    assert (known(name).type, known(name).unit) == (ColumnType.DECIMAL, "min")
    assert known(name).additive is name.startswith("sum_")


@pytest.mark.parametrize("name", RATIOS)
def test_ratios_are_never_added_up(name: str) -> None:
    assert (known(name).type, known(name).unit) == (ColumnType.RATIO, "")
    assert known(name).additive is (None if name == "total_completion_rate" else False)


@pytest.mark.parametrize("name", COUNTS)
def test_counts_are_added_up(name: str) -> None:
    assert (known(name).type, known(name).additive) == (ColumnType.INTEGER, True)


@pytest.mark.parametrize("name", UNIQUES)
def test_distinct_counts_are_never_added_up(name: str) -> None:
    assert (known(name).type, known(name).additive) == (ColumnType.INTEGER, False)


def test_the_rest_is_as_the_notes_say() -> None:
    units = {name: (known(name).type, known(name).unit) for name in ("duration_msecs", "created_at", "percentile")}
    assert units == {
        "duration_msecs": (ColumnType.INTEGER, "ms"),
        "created_at": (ColumnType.TIMESTAMP, "unix s"),
        "percentile": (ColumnType.INTEGER, "%"),
    }
    assert "not defined by any source" in known("total_completion_rate").description
    assert {known(name).type for name in ("date_id", "month_id", "year_id", "coordinates")} == {ColumnType.STRING}


def test_people_are_marked() -> None:
    marked = {name for name, facts in entries().items() if facts["personal"]}
    assert marked == {"name", "full_name", "email", "creator_name"}
    assert known("object_id").personal is None


def test_what_nobody_describes_is_text_of_unknown_meaning() -> None:
    assert columns(("never_seen",)) == (Column("never_seen", ColumnType.STRING, "", None, None, "", ""),)


def test_report_types_are_found_by_name_and_number() -> None:
    assert len(report_types()) == 228
    assert (report_names()["USER_TOP_CONTENT"], report_names()["13"], report_names()["QUIZ.QUIZ"]) == (
        *("13", "13"),
        "quiz.QUIZ",
    )
    assert {"8", "9", "10", "31"} & set(report_types()) == set()
    assert report_types()["26"].joined
    assert not report_types()["13"].joined


def test_filter_fields_know_their_class() -> None:
    owners = {name: facts["class"] for name, facts in filter_fields().items()}
    assert owners["entryIdIn"] == "KalturaReportInputFilter"
    assert {owners[name] for name in ("userIds", "application", "playbackContext")} == {
        "KalturaEndUserReportInputFilter"
    }


def test_custom_report_ids_are_no_report_types() -> None:
    assert set(custom_reports()) == {3007}
    assert "3007" not in report_types()
    assert all(column.source.endswith("(documented)") for column in custom_reports()[3007].columns)
