"""The column catalogue: complete for every report type, in agreement with the provider notes, honest elsewhere."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest

from reportrunner.providers.kaltura import catalogue
from reportrunner.providers.kaltura.catalogue import (
    columns,
    custom_reports,
    filter_fields,
    report_columns,
    report_key,
    report_names,
    report_types,
)
from reportrunner.table import Column, ColumnType

FACTS = ["type", "unit", "additive", "personal", "approximate", "description", "source"]
UNITS = frozenset(
    {"", "unix s", "ms", "s", "min", "h", "%", "MB", "bytes", "kbps", "credits"}
    | {"plays", "loads", "shares", "clicks", "reports", "entries", "users", "viewers", "sessions", "domains"}
    | {"errors", "tasks", "jobs", "messages", "threads", "calls", "answers"}
)
SOURCES = (
    *("kaltura.md §", "kaltura-report-types.json", "kaltura/server kKavaReportsMgr.class.php"),
    *("kaltura/server QuizPlugin.php", "kaltura/analytics-front-end"),
)
COUNTS = (
    *("count_plays", "count_plays_25", "count_plays_50", "count_plays_75", "count_plays_100"),
    *("count_loads", "count_viral"),
)
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
    "10005": "date_id, view_unique_audience, view_unique_engaged_users, views, avg_view_engagement",
}
MINUTES, SECONDS, MEGABYTES = (ColumnType.DECIMAL, "min"), (ColumnType.DECIMAL, "s"), (ColumnType.DECIMAL, "MB")
MOMENT, SHARE = (ColumnType.TIMESTAMP, "unix s"), (ColumnType.RATIO, "")
NAMED = {
    **dict.fromkeys(("sum_time_viewed", "sum_view_period", "avg_time_viewed", "avg_view_period_time"), MINUTES),
    **dict.fromkeys(("sum_vod_view_period", "sum_live_view_period"), MINUTES),
    **dict.fromkeys(("sum_view_time", "avg_view_play_time_sec"), SECONDS),
    **dict.fromkeys(("bandwidth_consumption", "origin_bandwidth_consumption"), MEGABYTES),
    **dict.fromkeys(
        ("average_storage", "peak_storage", "added_storage", "deleted_storage"), (ColumnType.DECIMAL, "MB")
    ),
    **dict.fromkeys(("added_storage_mb", "deleted_storage_mb", "total_storage_mb"), MEGABYTES),
    **dict.fromkeys(("added_msecs", "deleted_msecs", "total_msecs"), (ColumnType.DECIMAL, "ms")),
    "duration_msecs": (ColumnType.INTEGER, "ms"),
    **dict.fromkeys(("created_at", "extract_time", "position"), MOMENT),
    **dict.fromkeys(("load_play_ratio", "play_through_ratio", "avg_view_drop_off", "avg_completion_rate"), SHARE),
    **dict.fromkeys(("total_completion_rate", "avg_view_engagement", "view_buffer_time_ratio"), SHARE),
    "percentile": (ColumnType.INTEGER, "%"),
    "percentage": (ColumnType.DECIMAL, "%"),
    **dict.fromkeys(("date_id", "month_id", "year_id", "coordinates", "country"), (ColumnType.STRING, "")),
}
"""What kaltura.md §4.1, §5.5 and §5.6 say by name, and what the types file says of `position`."""
PEOPLE = frozenset(
    {"name", "full_name", "user_id", "kuser_id", "user_name", "user_screen_name", "user_full_name"}
    | {"first_name", "last_name", "email", "title", "creator_name"}
)
MAYBE_PEOPLE = frozenset(
    {"object_id", "company", "role", "industry", "referrer", "custom_var1", "custom_var2", "custom_var3"}
)


def data(name: str) -> Any:
    return json.loads(files(catalogue.__package__).joinpath("data", name).read_text("utf-8"))


def entries() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = data("columns.json")
    return found


def names_of(report: dict[str, Any]) -> set[str]:
    kinds = ("table_columns", "total_columns", "table_columns_when_objectIds_given")
    return {name for kind in (*kinds, "extra_columns_with_useFriendlyHeadersNames") for name in report.get(kind) or ()}


def used() -> dict[str, set[str]]:
    """Wire ids by column name."""
    found: dict[str, set[str]] = {"month_id": set(), "year_id": set()}
    for report in data("report_types.json"):
        for name in names_of(report):
            found.setdefault(name, set()).add(report["wire"])
    return found


def known(name: str) -> Column:
    (column,) = columns((name,))
    assert column.source, f"{name} is in no catalogue"
    return column


def meant(wire: str, name: str) -> Column:
    (column,) = report_columns(wire, (name,))
    return column


# --- complete, and of the right kind -------------------------------------------------------------------------


def test_every_column_of_every_report_is_described_and_nothing_else() -> None:
    assert set(entries()) == set(used())
    assert len(entries()) == 286


@pytest.mark.parametrize("name", sorted(entries()))
def test_a_description_says_everything_with_unknown_as_an_honest_value(name: str) -> None:
    facts = entries()[name]
    assert list(facts) == FACTS
    assert facts["type"] in list(ColumnType)
    assert facts["unit"] in UNITS
    assert {type(facts[key]) for key in ("additive", "personal")} <= {bool, type(None)}
    assert type(facts["approximate"]) is bool
    assert facts["description"]
    assert facts["source"].startswith(SOURCES)
    if facts["type"] == "string":
        assert (facts["additive"], facts["approximate"], facts["unit"]) == (None, False, "")
    else:
        assert facts["personal"] is False
    if facts["type"] in {"ratio", "timestamp"} or facts["unit"] in {"%", "kbps"}:
        assert facts["additive"] is not True
    if facts["approximate"]:
        assert facts["additive"] is not True
    if "no source says" in facts["description"]:
        assert facts["source"].endswith("(unknown)")


def test_every_unit_of_the_closed_list_is_used() -> None:
    written = {facts["unit"] for facts in entries().values()} | {
        column.unit for report in custom_reports().values() for column in report.columns
    }
    assert written == UNITS


@pytest.mark.parametrize("wire", sorted(report_types()))
def test_every_report_has_typed_columns_or_none(wire: str) -> None:
    report = report_types()[wire]
    kinds = (report.table_columns, report.table_columns_with_object_ids, report.total_columns, report.extra_columns)
    for names in (kind for kind in kinds if kind is not None):
        typed = report_columns(wire, names)
        assert tuple(column.name for column in typed) == names
        assert all(column.source and column.description for column in typed)
    if report.shape != "by-dimension" and report.table_columns:
        assert report.table_columns[0] == "date_id"


def test_reports_without_a_table_have_none() -> None:
    without = {wire for wire, report in report_types().items() if report.table_columns is None}
    totals_only = {"30047", "30048", "40002", "40003", "40010", "80005"}
    assert without == {*map(str, range(70, 77)), *totals_only}
    assert {wire for wire in without if report_types()[wire].total_columns} == totals_only


# --- what the notes say --------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", sorted(HEADERS))
def test_headers_are_those_of_the_notes(wire: str) -> None:
    assert report_types()[wire].table_columns == tuple(HEADERS[wire].split(", "))


@pytest.mark.parametrize("name", sorted(NAMED))
def test_types_and_units_are_those_of_the_notes(name: str) -> None:
    assert (known(name).type, known(name).unit) == NAMED[name]


@pytest.mark.parametrize("name", sorted(entries()))
def test_a_name_that_says_what_it_is_agrees_with_its_facts(name: str) -> None:
    column = known(name)
    if name.endswith("_msecs"):
        assert column.unit == "ms"
    if name.endswith("_sec"):
        assert column.unit == "s"
    if name.endswith("_mb"):
        assert column.unit == "MB"
    if name.endswith("_ratio") and name != "avg_view_dropped_frames_ratio":
        assert column.type is ColumnType.RATIO
    if name.startswith(("avg_", "average_", "peak_", "unique_", "view_unique_", "total_storage", "total_msecs")):
        assert column.additive is False
    if name.startswith("sum_"):
        assert column.additive is True
    if "unique" in name:
        assert column.approximate
    if name.endswith(("_id", "Id", "_name")):
        assert column.type is ColumnType.STRING


@pytest.mark.parametrize("name", COUNTS)
def test_counts_are_added_up(name: str) -> None:
    assert (known(name).type, known(name).additive, known(name).approximate) == (ColumnType.INTEGER, True, False)


def test_what_the_service_does_not_round_is_no_integer() -> None:
    raw = ("view_unique_sessions", "error_session_count", "viewers_dvr", "viewers_buffering", "viewers_engagement")
    assert {known(name).type for name in raw} == {ColumnType.DECIMAL}
    assert {known(name).type for name in ("unique_viewers", "view_unique_audience", "viewers")} == {ColumnType.INTEGER}


def test_whole_numbers_are_counts() -> None:
    whole = {name for name, facts in entries().items() if facts["type"] == "integer" and facts["additive"] is not True}
    plain = {name for name in whole if not known(name).approximate}
    assert plain == {
        *("duration_msecs", "percentile", "count_viewers", "viewers", "entries_count", "direct_sub_categories_count"),
        *("total_entries", "total_media_entries", "peak_entries", "total_interactive_video_entries"),
        *("total_end_users", "num_of_correct_answers", "num_of_wrong_answers", "combined_live_view_period_count"),
    }


def test_bytes_are_told_from_megabytes() -> None:
    assert {known(name).unit for name in ("bandwidth_size", "total_storage")} == {"bytes"}
    assert [known(name).additive for name in ("bandwidth_size", "total_storage")] == [True, False]


def test_what_no_source_defines_says_so() -> None:
    unknown = {name for name, facts in entries().items() if facts["source"].endswith("(unknown)")}
    assert unknown == {
        *("total_completion_rate", "avg_join_time", "avg_view_dropped_frames_ratio"),
        *("average", "reach_unit_used"),
    }
    assert "not defined by any source" in known("total_completion_rate").description
    assert known("total_completion_rate").additive is None


def test_people_are_marked() -> None:
    assert {name for name, facts in entries().items() if facts["personal"]} == PEOPLE
    assert {name for name, facts in entries().items() if facts["personal"] is None} == MAYBE_PEOPLE


def test_what_nobody_describes_is_text_of_unknown_meaning() -> None:
    nothing = Column("never_seen", ColumnType.STRING, "", None, None, "", "", False)
    assert columns(("never_seen",)) == (nothing,)
    assert report_columns("13", ("never_seen",)) == (nothing,)


# --- the same name in other reports --------------------------------------------------------------------------


def test_an_override_speaks_of_a_column_that_the_report_has_and_says_something_new() -> None:
    families = {report["family"] for report in data("report_types.json")}
    seen = set()
    for entry in data("column_overrides.json"):
        keys, name, facts = entry["reports"].split(), entry["column"], entry.keys() - {"reports", "column"}
        assert facts
        assert facts <= set(FACTS) - {"type"}
        assert any(entry[fact] != entries()[name][fact] for fact in facts)
        for key in keys:
            assert (key, name) not in seen
            seen.add((key, name))
            wires = {w for w, report in report_types().items() if key in {w, report.family}}
            assert used()[name] & wires
            assert key in families or used()[name] >= wires
            assert entry.get("unit", "") in UNITS


def test_an_object_id_is_what_its_report_is_about() -> None:
    assert known("object_id").personal is None
    about = {wire: (meant(wire, "object_id").personal, meant(wire, "object_id").description) for wire in ("1", "36")}
    assert about == {"1": (False, "entry id"), "36": (False, "short country code")}
    assert meant("5", "object_id").personal is True
    assert {meant(wire, "object_id").personal is None for wire in used()["object_id"]} == {False}


def test_a_name_is_a_person_only_where_it_is_one() -> None:
    things = {wire for wire in used()["name"] if not meant(wire, "name").personal}
    assert things == {"16", "25", "53", "61", "20022", "60017"}


def test_a_profile_is_personal_and_a_group_of_registrations_is_not() -> None:
    for name, grouped in (("company", "50008"), ("role", "50003"), ("industry", "50002")):
        assert [meant(wire, name).personal for wire in (grouped, "60010", "60013")] == [False, True, True]
    assert [meant(wire, "country").personal for wire in ("36", "60010")] == [False, True]


def test_other_meanings_are_told_apart() -> None:
    texts = {
        (wire, name): meant(wire, name).description
        for wire, name in (("38", "status"), ("19", "status"), ("65", "status"), ("41", "source"), ("80004", "source"))
    }
    assert len(set(texts.values())) == len(texts)
    assert [meant(wire, "count_viewers").unit for wire in ("43", "60011")] == ["viewers", ""]
    assert meant("19", "created_at").description == "creation of the account"
    assert meant("40009", "registered") != meant("50000", "registered")
    assert meant("quiz.QUIZ", "percentage").unit == "%"
    assert meant("13", "count_plays") == known("count_plays")


def test_rows_that_overlap_are_not_added_up() -> None:
    overlapping = {
        (wire, name)
        for name, wires in used().items()
        for wire in wires
        if meant(wire, name).additive is None and meant(wire, name).type in {ColumnType.INTEGER, ColumnType.DECIMAL}
    }
    assert {wire for wire, _ in overlapping} == {
        *("43", "53", "60004", "60011", "60016", "80004", "quiz.QUIZ", "quiz.QUIZ_AGGREGATE_BY_QUESTION"),
        *("quiz.QUIZ_USER_AGGREGATE_BY_QUESTION", "quiz.QUIZ_USER_PERCENTAGE"),
    }
    assert {name for wire, name in overlapping if wire == "53"} == {"count_plays", "sum_time_viewed", "sum_view_period"}


# --- row keys ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", sorted(report_types()))
@pytest.mark.parametrize("object_ids", [False, True])
def test_a_key_is_made_of_the_leading_text_columns_of_its_table(wire: str, object_ids: bool) -> None:
    report = report_types()[wire]
    table = (report.table_columns_with_object_ids if object_ids else None) or report.table_columns or ()
    key = report_key(wire, object_ids)
    assert key == tuple(name for name in table if name in key)
    if report.shape != "by-dimension":
        assert key == ()
        return
    assert key or data("row_keys.json")[wire]["why"]
    dimensions = {c.name for c in columns(table) if c.type is ColumnType.STRING or c.name in {"position", "percentile"}}
    assert set(key) <= dimensions


def test_row_keys_cover_the_reports_by_dimension_and_no_other() -> None:
    assert set(data("row_keys.json")) == {
        wire for wire, report in report_types().items() if report.shape == "by-dimension"
    }


@pytest.mark.parametrize(
    ("wire", "object_ids", "key"),
    [
        ("13", False, ("name",)),
        ("36", False, ("object_id",)),
        ("38", True, ("object_id",)),
        ("43", False, ("percentile",)),
        ("30", False, ("country", "region", "city")),
        ("37", False, ("country", "region")),
        ("21", False, ("device",)),
        ("21", True, ("os",)),
        ("22", True, ("browser",)),
        ("4", True, ("object_id",)),
        ("6", False, ("object_id",)),
        ("6", True, ("referrer",)),
        ("40008", True, ("referrer",)),
        ("20003", False, ("name", "partner_id")),
        ("20015", False, ("object_id", "partner_id")),
        ("28", False, ("object_id", "reachProfileId", "serviceType", "serviceFeature", "turnaroundTime")),
        ("40", False, ("application", "domain")),
        ("19", False, ("partner_id",)),
        ("65", False, ("partner_id", "catalog_item_id", "status")),
        ("10009", False, ("user_id", "playback_type")),
        ("30039", False, ("error_code",)),
        ("30006", False, ("country", "region", "city")),
        ("60011", False, ("position", "user_engagement")),
        ("60016", False, ("entry_id", "position")),
        ("80006", False, ("experience", "response_type")),
        ("quiz.QUIZ", False, ("question_id",)),
        ("quiz.QUIZ_USER_PERCENTAGE", True, ("user_id",)),
        ("12", False, ()),
        ("60013", False, ()),
        ("34", False, ()),
        ("40012", False, ()),
    ],
)
def test_rows_are_named_by(wire: str, object_ids: bool, key: tuple[str, ...]) -> None:
    assert report_key(wire, object_ids) == key


# --- report types and filter fields --------------------------------------------------------------------------


def test_report_types_are_found_by_name_and_number() -> None:
    assert len(report_types()) == 228
    assert (report_names()["USER_TOP_CONTENT"], report_names()["13"], report_names()["QUIZ.QUIZ"]) == (
        *("13", "13"),
        "quiz.QUIZ",
    )
    assert {"8", "9", "10", "31"} & set(report_types()) == set()
    assert set(report_names().values()) == set(report_types())
    assert {report_names()[report.name.upper()] for report in report_types().values()} == set(report_types())


def test_a_report_type_knows_what_the_types_file_says() -> None:
    report = report_types()
    assert report["26"].joined
    assert not report["13"].joined
    assert "joined" in report["26"].confidence
    assert report["13"].confidence == ""
    assert (report["13"].family, report["13"].graph_kind, report["13"].extra_columns) == (
        *("historical", "by_date_id"),
        ("email",),
    )
    assert (report["2"].graph_ids, report["2"].graph_points[0]) == (("content_dropoff",), "count_plays")
    assert (report["36"].graph_ids, report["60004"].graph_ids) == (None, ())
    assert (report["10004"].forced_playback_types, report["13"].default_playback_types) == (("live", "dvr"), ("vod",))
    assert (report["20003"].base_id, report["13"].base_id) == ("13", "")
    assert report["quiz.QUIZ"].paging_warning
    assert not report["13"].paging_warning
    assert [wire for wire, found in report.items() if not found.in_server] == [*map(str, range(70, 77))]


def test_graphs_draw_known_columns() -> None:
    for report in report_types().values():
        if report.graph_kind not in {"", "by_name"}:
            assert report.graph_ids
            assert set(report.graph_ids) <= set(entries())
        assert set(report.graph_points) <= set(entries())


def test_filter_fields_know_their_class() -> None:
    owners = {name: facts["class"] for name, facts in filter_fields().items()}
    assert owners["entryIdIn"] == "KalturaReportInputFilter"
    assert {owners[name] for name in ("userIds", "application", "playbackContext")} == {
        "KalturaEndUserReportInputFilter"
    }


# --- custom reports ------------------------------------------------------------------------------------------


def test_custom_report_ids_are_no_report_types() -> None:
    documented = {number for number, report in custom_reports().items() if report.confidence == "documented"}
    assert documented == {3006, 3007, 3008, 3009, 3010, 4021, 6000, 6001, 6002}
    assert set(custom_reports()) - documented == {1108, 1109, 1111, 1112, 3030, 3035, 3037}
    assert {str(number) for number in custom_reports()} & set(report_types()) == set()


@pytest.mark.parametrize("number", sorted(custom_reports()))
def test_a_custom_report_says_what_the_guides_say(number: int) -> None:
    report = custom_reports()[number]
    assert report.id == number
    assert report.name
    assert set(report.window.values()) | set(report.required) <= set(report.parameters)
    assert set(report.window) == {"": set(), "day_id": {"from", "to", "offset"}, "unix": {"from", "to"}}[report.form]
    assert {column.unit for column in report.columns} <= UNITS
    assert all(column.source.endswith("(documented)") and column.description for column in report.columns)
    assert {type(c.personal) for c in report.columns} <= {bool}
    assert report.columns or not report.complete
    if report.confidence == "mentioned":
        assert (report.columns, report.window, report.complete) == ((), {}, False)


def test_custom_reports_are_those_of_the_guides() -> None:
    found = custom_reports()
    assert {number for number, report in found.items() if report.complete} == {3007, 3009, 3010, 4021}
    assert {number for number, report in found.items() if report.privilege} == {4021}
    assert found[4021].privilege == "virtualeventid"
    assert len(found[4021].columns) == 16
    assert [column.name for column in found[3006].columns] == [
        *("entry_id", "user_id", "email", "count_add_to_calendar_clicked"),
    ]
    assert [column.name for column in found[3010].columns] == [
        *("Date", "Entry Id", "Session Id", "Entry Name", "VOD Duration (min)", "View Time (min)"),
    ]
    assert "user_id" in found[3010].required
    assert dict(found[3007].window) == {"from": "from_date_id", "to": "to_date_id", "offset": "timezone_offset"}
    assert {number for number, report in found.items() if report.form == "unix"} == {
        *(3009, 3010, 4021, 6000, 6001, 6002),
    }
