"""Every wire shape that is read, replayed from cassettes: one file per test, recorded from the sandbox (see README)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from asking import POLLS, WEEK, Bench, bench, days, flow, table
from vcr import VCR
from vcr.errors import CannotOverwriteExistingCassetteException

from reportrunner.flow import Flow
from reportrunner.sandbox import SANDBOX_ADMIN_SECRET, SANDBOX_KS, Faults, Sandbox
from reportrunner.table import Rows

FOLDER = Path(__file__).parents[1] / "cassettes" / Path(__file__).stem
RECORDING = bool(os.environ.get("REPORTRUNNER_RECORD_CASSETTES"))
COMMENT = "# Recorded from the built-in sandbox of this project, never from the real service; see ../README.md.\n"
HOST = "sandbox.example"
HANDLE = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
LINK = re.compile(
    rb"http:\\/\\/127\.0\.0\.1:[0-9]+(\\/api_v3\\/[a-z.\\/]+\\/ks\\/)[^\\]+(?:\\/[^\\]+)*?(\\/id\\/)[0-9a-f_]+"
)
KEPT_HEADERS = {"content-type", "content-length", "content-disposition", "x-kaltura", "x-kaltura-app"}
NOON = 1_795_000_000.0
CAMPAIGN = days("2026-09-01", "2026-11-16")
TOTAL = {**table(), "endpoint": "report.getTotal"}
VIEWERSHIP: dict[str, Any] = {
    "source": "kaltura",
    "endpoint": "report.getCsvFromStringParams",
    "id": 3007,
    "params": {"entries_ids": ["1_gdpr1"]},
}


def without_port(request: Any) -> Any:
    parts = urlsplit(request.uri)
    path = re.sub("/ks/[^/]+/id/[^/]+", "/ks/recorded-link/id/recorded-file", parts.path)
    request.uri = urlunsplit(parts._replace(netloc=HOST, path=path))
    if request.body:
        request.body = HANDLE.sub(b"recorded-handle", request.body)
    return request


def without_sessions(response: Any) -> Any:
    body = LINK.sub(rb"http:\\/\\/sandbox.example\1recorded-link\2recorded-file", response["body"]["string"])
    body = HANDLE.sub(b"recorded-handle", body)
    if body.startswith(b'"'):
        body = b'"recorded-session"'
    headers = {name: text for name, text in response["headers"].items() if name.lower() in KEPT_HEADERS}
    headers = {
        name: [str(len(body))] if name.lower() == "content-length" else headers[name] for name in sorted(headers)
    }
    return {**response, "headers": headers, "body": {"string": body}}


CASSETTES = VCR(
    record_mode="all" if RECORDING else "none",
    match_on=("method", "host", "path", "query", "body"),
    filter_post_data_parameters=[("ks", "recorded-session"), ("secret", "recorded-secret")],
    filter_headers=[
        ("Authorization", "Bearer recorded-session"),
        ("User-Agent", None),
        ("Accept-Encoding", None),
        ("Content-Length", None),
    ],
    before_record_request=without_port,
    before_record_response=without_sessions,
)


@contextmanager
def replaying(name: str, **faults: Any) -> Iterator[Bench]:
    """A bench with one worker on the cassette of this name, or on the sandbox while it is recorded."""
    file = FOLDER / f"{name}.yaml"
    with ExitStack() as stack:
        base_url = f"http://{HOST}"
        if RECORDING:
            file.unlink(missing_ok=True)
            base_url = stack.enter_context(Sandbox(clock=lambda: NOON, faults=Faults(**faults))).base_url
        tape = stack.enter_context(CASSETTES.use_cassette(str(file)))
        yield stack.enter_context(bench(base_url, workers=1))
        assert RECORDING or tape.all_played
    if RECORDING:
        file.write_text(COMMENT + file.read_text("utf-8"), "utf-8")


def graphs(report: str) -> dict[str, Any]:
    return {**table(report), "endpoint": "report.getGraphs"}


def failed(made: Bench, one: Flow) -> str:
    (ended,) = made.run(one)
    assert ended.answer is None
    return str(ended.error)


def test_table_of_two_pages() -> None:
    with replaying("test_table_of_two_pages") as made:
        rows = made.landed(flow(table(), CAMPAIGN))
        assert [sent.step for sent in made.executor.sent] == ["sign in", "envelope of 2", "fetch", "fetch"]
    assert (len(rows), sum(row["count_plays"] for row in rows)) == (548, 1521)
    assert sum(row["sum_time_viewed"] for row in rows) == Decimal("12767.45")
    (ana,) = (row for row in rows if row["name"] == "ana.berg@example.org")
    assert (ana["full_name"], ana["count_plays"], ana["sum_view_period"]) == ("Ana Berg", 1, Decimal("12.1"))


def test_table_that_is_empty() -> None:
    with replaying("test_table_that_is_empty") as made:
        found = made.rows(flow(table(entry="1_nowhere")))
    assert list(found.rows) == []
    assert [column.name for column in found.columns][:2] == ["name", "full_name"]


def test_time_series() -> None:
    with replaying("test_time_series") as made:
        rows = made.landed(flow(table("34")))
    assert [row["date_id"] for row in rows] == [date(2026, 11, day) for day in range(9, 16)]
    assert [row["count_plays"] for row in rows] == [29, 24, 21, 23, 27, 4, 3]
    assert rows[0]["sum_time_viewed"] == Decimal("260.7")


def test_time_series_of_hours() -> None:
    with replaying("test_time_series_of_hours") as made:
        rows = made.landed(flow(table("34", interval="hours"), days("2026-11-09", "2026-11-10")))
    assert [row["date_id"] for row in rows] == [datetime(2026, 11, 9, hour, tzinfo=UTC) for hour in range(5, 24)] + [
        datetime(2026, 11, 10, hour, tzinfo=UTC) for hour in range(5)
    ]
    assert sum(row["count_plays"] for row in rows) == 29


def test_realtime_series() -> None:
    keys = {**table("10005", interval="minutes"), "filters": {"entryIdIn": ["1_town1"]}}
    with replaying("test_realtime_series") as made:
        rows = made.landed(flow(keys, days("2026-11-11T11:00", "2026-11-11T11:30")))
    assert (len(rows), rows[0]["date_id"]) == (30, datetime(2026, 11, 11, 16, tzinfo=UTC))
    assert rows[0]["view_unique_audience"] is not None


def test_quiz_report() -> None:
    keys = {"source": "kaltura", "endpoint": "report.getTable", "report": "quiz.QUIZ", "objectIds": ["1_phis1"]}
    with replaying("test_quiz_report") as made:
        rows = made.landed(flow(keys))
        assert [sent.step for sent in made.executor.sent] == ["sign in", "fetch"]
    assert [row["question_id"] for row in rows] == [f"1_phis1_q{number}" for number in range(1, 5)]


def test_graphs_by_date() -> None:
    with replaying("test_graphs_by_date") as made:
        rows = made.landed(flow(graphs("34")))
    assert [row["date_id"] for row in rows] == [date(2026, 11, day) for day in range(9, 16)]
    assert [row["count_plays"] for row in rows] == [29, 24, 21, 23, 27, 4, 3]


def test_graphs_by_name() -> None:
    with replaying("test_graphs_by_name") as made:
        (row,) = made.landed(flow(graphs("2")))
    assert list(row) == [
        *("count_plays", "count_plays_25", "count_plays_50", "count_plays_75", "count_plays_100", "play_through_ratio")
    ]
    assert row["count_plays"] == 131


def test_graphs_of_devices_by_date() -> None:
    with replaying("test_graphs_of_devices_by_date") as made:
        rows = made.landed(flow(graphs("21")))
    assert {row["name"] for row in rows} == {"Computer", "Mobile", "Tablet"}
    assert sum(row["count_plays"] for row in rows) == 131


def test_graphs_of_regions() -> None:
    with replaying("test_graphs_of_regions") as made:
        rows = made.landed(flow(graphs("22")))
    assert len({row["name"] for row in rows}) == len(rows) > 1
    assert sum(row["count_plays"] for row in rows) == 131


def test_base_total() -> None:
    keys = {"source": "kaltura", "endpoint": "report.getBaseTotal", "report": "17"}
    with replaying("test_base_total") as made:
        rows = made.landed(flow(keys))
    assert [row["id"] for row in rows] == ["total_entries", "total_msecs", "total_storage_mb"]


def test_dashboard_in_one_envelope() -> None:
    with replaying("test_dashboard_in_one_envelope") as made:
        ended = made.together(*(flow(keys) for keys in (table("34"), TOTAL, graphs("34"))))
    found = [done.answer.rows for done in ended if done.answer]
    assert [len(each.rows) for each in found if isinstance(each, Rows)] == [7, 1, 7]
    tape = (FOLDER / "test_dashboard_in_one_envelope.yaml").read_text("utf-8")
    assert tape.count("service/multirequest") == 1
    assert tape.count("uri: ") == 2


def test_link_and_file() -> None:
    keys = {**table("13"), "endpoint": "report.getUrlForReportAsCsv"}
    with replaying("test_link_and_file") as made:
        rows = made.landed(flow(keys, days("2026-11-12", "2026-11-13")))
        assert [sent.step for sent in made.executor.sent] == ["sign in", "envelope of 2", "download"]
    assert len(rows) == 23
    assert sum(row["count_plays"] for row in rows) == 23


def test_total() -> None:
    with replaying("test_total") as made:
        (row,) = made.landed(flow(TOTAL))
    assert row == {
        "unique_known_users": 129,
        "unique_videos": 1,
        "count_plays": 131,
        "sum_time_viewed": Decimal("1119.5"),
        "avg_time_viewed": Decimal("8.545801526718"),
        "avg_view_drop_off": Decimal("0.63167938931298"),
        "count_loads": 155,
        "load_play_ratio": Decimal("0.84516129032258"),
        "avg_completion_rate": Decimal("0.71215012722646"),
        "count_viral": 5,
        "unique_viewers": 131,
        "sum_view_period": Decimal("1249.95"),
        "avg_view_period_time": Decimal("9.541603053435"),
    }


def test_total_of_nothing() -> None:
    with replaying("test_total_of_nothing") as made:
        (row,) = made.landed(flow({**TOTAL, "filters": {"entryIdIn": ["1_nowhere"]}}))
    assert len(row) == 13
    assert set(row.values()) == {None}


def test_custom_csv() -> None:
    with replaying("test_custom_csv") as made:
        rows = made.landed(flow(VIEWERSHIP, days("2026-11-12", "2026-11-13")))
    assert len(rows) == 23
    assert rows[0] == {
        "user_id": "amir.adeyemi@example.org",
        "email": "amir.adeyemi@example.org",
        "entry_id": "1_gdpr1",
        "entry_name": "GDPR basics",
        "media_type": "Video",
        "view_time": Decimal("11.6"),
        "play": 1,
        "first_name": "Amir",
        "last_name": "Adeyemi",
        "company": "Example Logistics  Inc.",
    }


def test_custom_csv_that_is_an_error() -> None:
    keys = {**VIEWERSHIP, "id": 3999, "params": {"from_date": "1"}, "columns": {"user_id": "string"}}
    with replaying("test_custom_csv_that_is_an_error") as made:
        words = failed(made, flow(keys, None))
    assert 'REPORT_NOT_FOUND: exiting on error REPORT_NOT_FOUND - Report "3999" not found' in words


def test_exception_object() -> None:
    made_flow = flow(TOTAL)
    (step,) = made_flow.steps
    form = tuple((name, "9" if name == "reportType" else text) for name, text in step.request.form or ())
    wrong = replace(made_flow, steps=(replace(step, request=replace(step.request, form=form)),))
    with replaying("test_exception_object") as made:
        words = failed(made, wrong)
    assert words == (
        'datasets.asked, step fetch: kaltura refused: INVALID_ENUM_VALUE: Invalid enumeration value "9" for parameter '
        '"reportType", expecting enumeration type "KalturaReportType"; this installation does not know the value: an'
        " older one lacks newer report types"
    )


def test_session_that_expired_and_was_renewed() -> None:
    with replaying("test_session_that_expired_and_was_renewed", expire_session_after=1) as made:
        (first,) = made.landed(flow(TOTAL))
        (second,) = made.landed(flow({**TOTAL, "filters": {"entryIdIn": ["1_gdpr2"]}}))
        told = [notice.what for notice in made.notices]
    assert (first["count_plays"], second["count_plays"]) == (131, 123)
    assert (told.count("session"), told.count("retry")) == (2, 1)


def test_export_generated_polled_and_served() -> None:
    with replaying("test_export_generated_polled_and_served") as made:
        rows = made.landed(flow({**POLLS, "poll": {"every": "10ms"}}, WEEK))
        steps = [sent.step for sent in made.executor.sent]
    assert steps == ["sign in", "generate", "poll", "poll", "serve"]
    assert len(rows) == 134
    assert rows[0] == {
        "poll_id": "4711-1_gdpr1-1",
        "poll_question": "Was the pace right?",
        "entry_id": "1_gdpr1",
        "user_id": "amir.adeyemi@example.org",
        "email": "amir.adeyemi@example.org",
        "answer": "Just right",
        "answered_at": datetime(2026, 11, 12, 21, 23, 47, tzinfo=UTC),
    }


# --- the cassettes themselves --------------------------------------------------------------------------------

STAND_INS = ("=recorded-se", "Bearer recorded-session", "/ks/recorded-link/")
TESTS = (
    *("test_table_of_two_pages", "test_table_that_is_empty", "test_time_series", "test_total", "test_total_of_nothing"),
    *("test_time_series_of_hours", "test_realtime_series", "test_quiz_report", "test_graphs_by_date"),
    *("test_graphs_by_name", "test_graphs_of_devices_by_date", "test_graphs_of_regions", "test_base_total"),
    *("test_dashboard_in_one_envelope", "test_link_and_file"),
    *("test_custom_csv", "test_custom_csv_that_is_an_error", "test_exception_object"),
    *("test_session_that_expired_and_was_renewed", "test_export_generated_polled_and_served"),
)


def test_every_cassette_belongs_to_a_test_and_every_shape_has_one() -> None:
    assert sorted(file.stem for file in FOLDER.glob("*.yaml")) == sorted(TESTS)
    assert set(TESTS) <= set(globals())


@pytest.mark.parametrize("name", TESTS)
def test_a_cassette_is_small_says_what_it_is_and_holds_no_secret(name: str) -> None:
    text = (FOLDER / f"{name}.yaml").read_text("utf-8")
    assert text.startswith(COMMENT)
    assert len(text.encode()) < 100_000
    assert {urlsplit(uri).netloc for uri in re.findall(r"uri: (\S+)", text)} == {HOST}
    assert SANDBOX_ADMIN_SECRET not in text
    assert SANDBOX_KS not in text
    assert re.search(r"127\.0\.0\.1|localhost|djJ8", text) is None
    assert HANDLE.search(text.encode()) is None
    with CASSETTES.use_cassette(str(FOLDER / f"{name}.yaml")) as tape:
        sent = [f"{request.uri} {request.body!r} {request.headers}" for request in tape.requests]
    assert len(sent) >= 2
    assert all(any(sign in one for sign in STAND_INS) for one in sent)


@pytest.mark.skipif(RECORDING, reason="a recording takes every request")
def test_a_request_that_was_not_recorded_goes_nowhere() -> None:
    other = flow({**TOTAL, "filters": {"entryIdIn": ["1_other"]}})
    tape = CASSETTES.use_cassette(str(FOLDER / "test_total.yaml"))
    with tape, bench(f"http://{HOST}", workers=1) as made, pytest.raises(CannotOverwriteExistingCassetteException):
        made.run(other)
