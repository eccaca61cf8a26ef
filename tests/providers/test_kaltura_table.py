"""`report.getTable` as it is asked: columns that are wanted, what is large, changes of offset, the total beside it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from asking import WEEK, ask, days, flow, table
from questions import GRAPHS, SERIES, TOTAL, column_names, fields, filter_of, form, hint, refused, unplanned

from reportrunner.flow import Flow, Refused, Reply, Request, Split
from reportrunner.providers.kaltura.catalogue import MAX_ROWS, report_types
from reportrunner.providers.kaltura.paging import QUIZ_LIMIT
from reportrunner.window import Window

ADDING = ["name", "full_name", "count_plays", "sum_time_viewed", "count_loads", "count_viral", "sum_view_period"]
NOT_ADDING = (
    *("unique_videos", "avg_time_viewed", "avg_view_drop_off", "load_play_ratio"),
    *("avg_completion_rate", "total_completion_rate", "avg_view_period_time"),
)
LIVE = {**SERIES, "report": "10005"}
AUTUMN, SPRING = days("2026-10-26", "2026-11-09"), days("2026-03-02", "2026-03-16")
DAYS = {**SERIES, "dst": "split", "select": ["date_id", "count_plays"]}


def requests(keys: dict[str, Any], window: Window = WEEK) -> tuple[Request, ...]:
    (step,) = flow(keys, window).steps
    return step.requests


def windows(keys: dict[str, Any], window: Window) -> list[tuple[str, ...]]:
    """Part, first and last second or day, and offset of every page that is asked at once."""
    found = []
    for request in requests(keys, window):
        if str(request.path).endswith("getTable"):
            asked = filter_of(request)
            ends = [asked[name] for name in ("fromDay", "toDay", "fromDate", "toDate") if name in asked]
            found.append((request.part, *ends, asked["timeZoneOffset"]))
    return found


def full_page(made: Flow, part: str = "") -> Any:
    """What the flow's judge says of a last page that is full."""
    (step,) = made.steps
    (first,) = (request for request in step.requests if request.part == part)
    last = Request(first.method, first.path, form=first.form, page=24, wave=24, part=first.part)
    body = b'{"header":"n","data":"' + b"1;" * 500 + b'","objectType":"KalturaReportTable"}'
    return step.judge(last, Reply(200, {}, body))


# --- the columns that are wanted -----------------------------------------------------------------------------


def test_the_columns_that_are_selected_are_landed_in_the_order_of_the_header() -> None:
    assert column_names(table(select=["count_plays", "name"])) == ("name", "count_plays")
    assert len(column_names(table())) == 14


def test_what_is_selected_changes_nothing_of_what_is_asked() -> None:
    assert form(table(select=["name"])) == form(table())


def test_an_unknown_column_is_refused_with_the_nearest_one() -> None:
    assert 'USER_TOP_CONTENT has no column "count_play"; did you mean "count_plays"?' in refused(
        table(select=["name", "count_play"])
    )
    assert '"count_plays" is selected twice' in refused(table(select=["count_plays", "count_plays"]))
    assert 'has no column "zzz"' in refused(table(select=["zzz"]))
    assert 'has no column "date_id"' in refused({**SERIES, "interval": "months", "select": ["date_id"]})


def test_a_key_that_is_not_wanted_is_no_key() -> None:
    for select, key in ((["name", "count_plays"], ("name",)), (["count_plays"], ()), ([], ("name",))):
        made = ask(table(select=select))
        assert made.endpoint.key(made.parameters) == key


def test_types_of_the_job_win_over_the_catalogue() -> None:
    rows = flow(table(select=["count_plays"], columns={"count_plays": "string", "extra": "date"}))
    columns = rows.read((Reply(200, {}, b'{"objectType":"KalturaReportTable"}'),)).columns
    assert [(column.name, str(column.type)) for column in columns] == [("count_plays", "string"), ("extra", "date")]


# --- more rows than a table has ------------------------------------------------------------------------------


def test_split_needs_columns_that_add_up_and_says_both_ways_out() -> None:
    words = refused(table(large="split"))
    assert f"{', '.join(NOT_ADDING)} of USER_TOP_CONTENT cannot be added up over smaller windows" in words
    listed = ", ".join(f'"{name}"' for name in ADDING)
    assert hint(table(large="split")) == f'write large = "csv", or select = [{listed}]'
    assert len(requests(table(large="split", select=ADDING))) == 2


@pytest.mark.parametrize("name", NOT_ADDING)
def test_a_single_column_that_does_not_add_up_is_enough_to_refuse(name: str) -> None:
    assert f"{name} of USER_TOP_CONTENT cannot be added up" in refused(table(large="split", select=["name", name]))


def test_buckets_can_always_be_split() -> None:
    made = flow({**LIVE, "interval": "ten_seconds", "large": "split"}, WEEK)
    verdict = full_page(made)
    assert isinstance(verdict, Split)
    assert [request.part for request in verdict.requests] == ["0", "1"]


def test_split_halves_meet_at_a_full_hour_and_begin_at_page_one() -> None:
    made = flow(table(large="split", select=ADDING, order="-count_plays"), days("2026-11-09T09:30", "2026-11-10T10:00"))
    verdict = full_page(made)
    assert isinstance(verdict, Split)
    one, other = verdict.requests
    assert [filter_of(half)["toDate"] for half in (one, other)][1] == filter_of(made.steps[0].request)["toDate"]
    middle = int(filter_of(other)["fromDate"])
    assert (int(filter_of(one)["toDate"]) + 1, (middle - 300 * 60) % 3600) == (middle, 0)
    first, same = fields(made.steps[0].request), {"reportInputFilter[fromDate]", "reportInputFilter[toDate]"}
    for half in (one, other):
        assert (half.page, half.wave) == (1, 1)
        assert {n: v for n, v in fields(half).items() if n not in same} == {
            n: v for n, v in first.items() if n not in same
        }


def test_halves_are_split_again_down_to_an_hour_and_not_further() -> None:
    made = flow(table(large="split", select=ADDING), days("2026-11-09T09:30", "2026-11-09T18:15"))
    step, todo, leaves = made.steps[0], [made.steps[0].request], []
    body = b'{"header":"n","data":"' + b"1;" * 500 + b'","objectType":"KalturaReportTable"}'
    while todo:
        asked = todo.pop()
        last = Request(asked.method, asked.path, form=asked.form, page=24, wave=24, part=asked.part)
        verdict = step.judge(last, Reply(200, {}, body))
        if isinstance(verdict, Split):
            todo += verdict.requests
        else:
            assert isinstance(verdict, Refused)
            assert verdict.kind == "truncated"
            assert verdict.words.endswith("rows are missing, within an hour of the window")
            assert verdict.hint == 'narrow the filters, or large = "csv"'
            leaves.append((int(filter_of(asked)["fromDate"]), int(filter_of(asked)["toDate"]) + 1, asked.part))
    leaves.sort(key=lambda leaf: leaf[2])
    start, end = int(filter_of(step.request)["fromDate"]), int(filter_of(step.request)["toDate"]) + 1
    assert (leaves[0][0], leaves[-1][1]) == (start, end)
    assert all(mine[1] == its[0] for mine, its in pairwise(leaves))
    assert max(until - since for since, until, _ in leaves) == 3600


@pytest.mark.parametrize(
    ("keys", "ways"),
    [
        (table(), ['large = "csv"', 'select columns that add up and write large = "split"']),
        (table(select=ADDING), ['large = "csv"', 'write large = "split"']),
        ({**LIVE, "interval": "hours"}, ['large = "csv"', 'write large = "split"']),
    ],
)
def test_a_table_that_is_too_large_says_which_ways_are_open(keys: dict[str, Any], ways: list[str]) -> None:
    verdict = full_page(flow(keys))
    assert isinstance(verdict, Refused)
    assert (verdict.kind, verdict.words) == (
        "truncated",
        "12,000 rows came back, and a table cannot page further: rows are missing",
    )
    assert verdict.hint.startswith("narrow the window or the filters, or ")
    assert all(way in verdict.hint for way in ways)
    assert ("select" in verdict.hint) == ("select" in "".join(ways))


def test_as_csv_a_table_is_a_link_and_a_download() -> None:
    made = flow(table(large="csv"))
    assert [step.name for step in made.steps] == ["link", "download"]
    assert str(made.steps[0].request.path).endswith("/report/action/getUrlForReportAsCsv")
    assert made.kind == "kaltura.report.getTable"


def test_buckets_are_counted_before_they_are_asked() -> None:
    words = unplanned({**LIVE, "interval": "ten_seconds"})
    assert words.startswith(f"60,480 buckets are more than a table can page to ({MAX_ROWS:,}); narrow the window")
    assert "csv" not in words
    assert 'write large = "split"' in words
    exported = unplanned({**LIVE, "interval": "ten_seconds", "large": "csv"})
    assert exported == "60,480 buckets are more than a file can hold (60,000): narrow the window"
    assert 'write large = "csv"' in unplanned({**LIVE, "interval": "ten_seconds"}, days("2026-11-09", "2026-11-12"))
    hours = days("2026-11-09", "2026-11-10T09:20")
    assert "12,000 buckets" in unplanned({**LIVE, "interval": "ten_seconds"}, hours)
    fitting = flow({**LIVE, "interval": "ten_seconds"}, days("2026-11-09", "2026-11-10T09:19:50"))
    assert len(fitting.steps) == 1


@pytest.mark.parametrize(
    ("keys", "rows"),
    [
        ({**LIVE, "interval": "ten_seconds"}, 60_480),
        ({**LIVE, "interval": "hours"}, 168),
        (SERIES, 7),
        (table(), None),
    ],
)
def test_the_plan_knows_how_many_buckets_come(keys: dict[str, Any], rows: int | None) -> None:
    made = ask(keys)
    assert made.endpoint.rows is not None
    assert made.endpoint.rows(made) == rows


# --- a change of offset inside (kaltura.md §6) ---------------------------------------------------------------


def test_a_change_of_offset_is_refused_for_buckets_and_split_is_offered() -> None:
    words = unplanned(SERIES, AUTUMN)
    assert "the offset of America/New_York changes inside" in words
    assert words.endswith('; or let the runner cut it: dst = "split" and interval = "hours"')
    assert unplanned({**DAYS, "dst": "refuse"}, AUTUMN).endswith('; or let the runner cut it: dst = "split"')
    assert 'dst = "split"' in unplanned(GRAPHS, AUTUMN)


def test_days_are_asked_by_day_but_for_the_one_that_changes() -> None:
    assert windows(DAYS, AUTUMN) == [
        ("000", "20261026", "20261031", "240"),
        ("001", "1793505600", "1793595599", "240"),
        ("002", "20261102", "20261108", "300"),
    ]
    assert windows(DAYS, SPRING) == [
        ("000", "20260302", "20260307", "300"),
        ("001", "1772946000", "1773028799", "300"),
        ("002", "20260309", "20260315", "240"),
    ]
    assert 1793595599 - 1793505600 + 1 == 25 * 3600
    assert 1773028799 - 1772946000 + 1 == 23 * 3600


def test_hours_are_asked_by_instants_on_both_sides_of_the_change() -> None:
    assert windows({**DAYS, "interval": "hours"}, AUTUMN) == [
        ("000", "1792987200", "1793512799", "240"),
        ("001", "1793512800", "1794200399", "300"),
    ]


def test_days_of_a_zone_whose_clock_jumps_over_midnight_are_asked_by_instants() -> None:
    """The service would count the hour before the change twice: its day begins at midnight of the new offset."""
    window = days("2026-09-04", "2026-09-08", "America/Santiago")
    assert windows(DAYS, window) == [
        ("000", "20260904", "20260905", "240"),
        ("001", "1788667200", "1788836399", "180"),
    ]
    assert windows(SERIES, days("2026-09-06", "2026-09-08", "America/Santiago")) == [
        ("", "1788667200", "1788836399", "180")
    ]


@pytest.mark.parametrize(
    ("zone", "first", "end", "offsets"),
    [
        ("Europe/Berlin", "2026-10-19", "2026-11-02", ["-120", "-120", "-60"]),
        ("Australia/Lord_Howe", "2026-03-30", "2026-04-12", ["-660", "-660", "-630"]),
        ("America/Santiago", "2026-03-30", "2026-04-12", ["180", "180", "240"]),
        ("Asia/Kolkata", "2026-03-30", "2026-11-12", ["-330"]),
    ],
)
def test_offsets_of_other_zones(zone: str, first: str, end: str, offsets: list[str]) -> None:
    assert [asked[-1] for asked in windows(DAYS, days(first, end, zone))] == offsets


def test_a_longer_day_cannot_be_put_together_from_uniques_and_a_shorter_one_needs_not_be() -> None:
    keys = {**SERIES, "dst": "split"}
    words = unplanned(keys, AUTUMN)
    assert words == (
        "2026-11-01 is longer than the service's days, and what it counts beyond cannot be added to"
        " unique_known_users, avg_view_drop_off, avg_completion_rate"
        '; select columns that add up, or write interval = "hours"'
    )
    assert len(windows(keys, SPRING)) == 3
    assert len(windows({**keys, "interval": "hours"}, AUTUMN)) == 2
    assert len(windows({**keys, "interval": "months"}, days("2026-10-01", "2026-11-09"))) == 2


def test_rows_that_are_no_buckets_are_never_cut() -> None:
    for keys in (table(), table(dst="split")):
        assert windows(keys, AUTUMN) == [("", "1792987200", "1794200399", "240")]


def test_a_file_cannot_be_cut() -> None:
    words = unplanned({**DAYS, "large": "csv"}, AUTUMN)
    assert words == "a file has one offset for all its buckets: a window with a change of offset needs pages"


# --- the total beside it -------------------------------------------------------------------------------------


def test_the_total_of_the_same_question_is_asked_along() -> None:
    page, total = requests(table(order="-count_plays", objectIds=["1_a"]))
    assert (str(total.path).rsplit("/", 1)[1], total.part) == ("getTotal", "total")
    mine, its = fields(page), fields(total)
    assert {name: its.get(name) for name in mine if not name.startswith(("pager", "order"))} == its
    (step,) = flow(table()).steps
    assert step.packable


def test_the_total_of_buckets_is_asked_over_the_same_instants_at_once() -> None:
    total = requests(DAYS, AUTUMN)[-1]
    assert (total.part, len(requests(DAYS, AUTUMN))) == ("total", 4)
    asked = filter_of(total)
    assert (asked["fromDate"], asked["toDate"], asked["timeZoneOffset"]) == ("1792987200", "1794200399", "240")
    assert {"fromDay", "toDay", "interval"} & set(asked) == set()


@pytest.mark.parametrize(
    "more",
    [
        {"reconcile": "total"},
        {"accept": {"unreconciled": "the service rounds"}},
        {"report": "35"},
        {"report": "17"},
        {"report": "quiz.QUIZ", "filters": {"entryIdIn": ["1_a"]}},
    ],
)
def test_no_total_is_asked_where_nothing_would_be_held_against_it(more: dict[str, Any]) -> None:
    assert [request.part for request in requests(table(**more))] == [""]


def test_what_is_not_wanted_is_not_held_against_the_total() -> None:
    assert len(requests(table(select=["name", "unique_videos"]))) == 1
    assert len(requests(table(select=["name", "count_plays"]))) == 2


def test_a_quiz_is_asked_once_for_all_it_may_have() -> None:
    (request,) = requests({"source": "kaltura", "endpoint": "report.getTable", "report": "quiz.QUIZ"})
    assert fields(request)["pager[pageSize]"] == str(QUIZ_LIMIT) == "20000"
    assert fields(request)["pager[pageIndex]"] == "1"


@pytest.mark.parametrize(
    ("report", "counted"), [("34", True), ("10005", True), ("13", False), ("38", False), ("2", False)]
)
def test_the_services_count_is_believed_only_where_it_counts(report: str, counted: bool) -> None:
    header = "|".join(report_types()[report].table_columns or ())
    row = "|".join("" for _ in header.split("|"))
    body = f'{{"header":"{header}","data":"{row};","totalCount":3,"objectType":"KalturaReportTable"}}'
    made = flow({"source": "kaltura", "endpoint": "report.getTable", "report": report})
    claim = made.read((Reply(200, {}, body.encode(), part=""),)).claim
    assert (claim is not None and claim.rows == 3) == counted


# --- buckets that no report has ------------------------------------------------------------------------------


def test_an_interval_is_refused_where_rows_are_no_buckets() -> None:
    words = refused(table(interval="days"))
    assert "USER_TOP_CONTENT has a row per name, not per days" in words
    assert hint(table(interval="days")) == 'remove it, or ask endpoint = "report.getGraphs"'


@pytest.mark.parametrize(("order", "near"), [("-count_play", "count_plays"), ("count_plays", "count_plays"), ("+", "")])
def test_an_unknown_order_would_sort_silently_otherwise_and_is_refused(order: str, near: str) -> None:
    words = refused(table(order=order))
    assert "cannot be ordered by" in words
    assert near in words


def test_reports_without_a_table_or_a_total_are_refused() -> None:
    no_table = next(r for r in report_types().values() if r.table_columns is None)
    no_total = next(r for r in report_types().values() if not r.total_columns and r.table_columns)
    assert "has no table" in refused(table(report=no_table.wire))
    assert "has no totals" in refused({**TOTAL, "report": no_total.wire})


# --- columns -------------------------------------------------------------------------------------------------


def test_months_have_a_column_of_their_own_name() -> None:
    assert column_names({**SERIES, "interval": "months"})[:2] == ("month_id", "count_plays")
    assert form({**SERIES, "interval": "months", "order": "+month_id"})["order"] == "+month_id"
    assert "cannot be ordered by" in refused({**SERIES, "interval": "months", "order": "+date_id"})


def test_years_lose_their_column_and_are_refused() -> None:
    assert "drops the year column" in refused({**SERIES, "interval": "years"})


@pytest.mark.parametrize("report", ["26", "68", "201", "60", "60001", "60002", "60003"])
@pytest.mark.parametrize("interval", ["hours", "minutes", "ten_minutes", "ten_seconds"])
def test_joined_series_answer_zeros_for_short_buckets_and_are_refused(report: str, interval: str) -> None:
    assert f"answers zeros for {interval}" in refused({**SERIES, "report": report, "interval": interval})
    assert form({**SERIES, "report": report, "interval": "months"})["reportType"] == report


def test_object_ids_change_the_columns_of_some_reports() -> None:
    plain, drilled = column_names(table(report="6")), column_names(table(report="6", objectIds=["example.org"]))
    assert (plain[0], drilled[0]) == ("object_id", "referrer")


def test_a_key_is_always_one_of_the_columns() -> None:
    found = {}
    for report in report_types().values():
        if report.table_columns is None:
            continue
        for more in ({}, {"objectIds": ["1_a"]}):
            made = ask({"source": "kaltura", "endpoint": "report.getTable", "report": report.wire, **more})
            key, names = made.endpoint.key(made.parameters), {c.name for c in made.endpoint.columns(made.parameters)}
            assert set(key) <= names
            found[report.wire, bool(more)] = key
    assert (found["13", False], found["6", True], found["34", False]) == (("name",), ("referrer",), ("date_id",))
