"""Kaltura through the executor, on the sandbox with its faults: the same tables, or an error in its own words."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from asking import POLLS, WEEK, Bench, bench, days, flow, table

from reportrunner.errors import ProviderError
from reportrunner.sandbox import SANDBOX_ADMIN_SECRET, Faults, First, Sandbox
from reportrunner.sandbox.universe import Event, events
from reportrunner.window import Window

CAMPAIGN = days("2026-09-01", "2026-11-16")
TOTAL = {"source": "kaltura", "endpoint": "report.getTotal", "report": "13", "filters": {"entryIdIn": ["1_gdpr1"]}}
VIEWERSHIP = {
    "source": "kaltura",
    "endpoint": "report.getCsvFromStringParams",
    "id": 3007,
    "params": {"entries_ids": ["1_gdpr1"]},
}
ASKS: Mapping[str, Mapping[str, Any]] = {"table": table(), "total": TOTAL, "csv": VIEWERSHIP, "polls": POLLS}


@contextmanager
def opened(**faults: Any) -> Iterator[tuple[Bench, Sandbox]]:
    with Sandbox(clock=time.time, faults=Faults(**faults)) as sandbox, bench(sandbox.base_url) as made:
        yield made, sandbox


def truth(window: Window, entry: str = "1_gdpr1") -> tuple[Event, ...]:
    return tuple(events(frozenset([entry]), window.start_unix, window.end_unix))


@cache
def smooth(name: str) -> list[dict[str, Any]]:
    with opened() as (made, _):
        return made.landed(flow(ASKS[name]))


def error(made: Bench, keys: Mapping[str, Any]) -> ProviderError:
    return made.error(flow(keys))


def test_all_pages_of_a_table_are_landed_and_add_up_to_truth() -> None:
    with opened(shuffle_seed=7) as (made, sandbox):
        rows = made.landed(flow(table(), CAMPAIGN))
        assert [record.action for record in sandbox.log].count("multirequest") == 1
        assert sandbox.count("report.getTable") == 3
    plays = Counter(event.user_id for event in truth(CAMPAIGN))
    assert len(rows) > 500
    assert {row["name"]: row["count_plays"] for row in rows} == plays


def test_pages_come_in_their_own_order_whichever_came_first() -> None:
    found = []
    for seed in (0, 3, 11):
        with opened(shuffle_seed=seed) as (made, _):
            found.append(list(made.rows(flow(table(order="-count_plays"), CAMPAIGN)).rows))
    assert found[0] == found[1] == found[2]
    plays = [row[3] for row in found[0]]
    assert plays == sorted(plays, key=lambda n: -int(str(n)))


@pytest.mark.parametrize(
    ("name", "action", "fault"),
    [
        ("table", "report.getTable", "druid_timeout"),
        ("table", "multirequest", "html_body"),
        ("table", "multirequest", "cut_body"),
        ("table", "multirequest", "http_503"),
        ("total", "report.getTotal", "internal_error"),
        ("total", "session.start", "http_503"),
        ("csv", "report.getCsvFromStringParams", "druid_timeout"),
        ("csv", "report.getCsvFromStringParams", "html_body"),
        ("csv", "report.getCsvFromStringParams", "cut_body"),
        ("polls", "reports.status", "http_500"),
        ("polls", "reports.status", "html_body"),
        ("polls", "reports.serve", "cut_body"),
        ("polls", "reports.serve", "drop_connection"),
    ],
)
def test_a_passing_fault_leaves_no_trace_in_the_table(name: str, action: str, fault: str) -> None:
    with opened(**{fault: First(1, action)}, retry_after=1) as (made, sandbox):
        assert made.landed(flow(ASKS[name])) == smooth(name)
        # Every call of an envelope is sent again by itself.
        assert [notice.what for notice in made.notices].count("retry") == (2 if action == "multirequest" else 1)
        assert sandbox.count("reports.generate") == (1 if name == "polls" else 0)
    assert len(smooth(name)) > 0


def test_a_session_that_expires_is_renewed_and_no_page_is_lost() -> None:
    with opened(expire_session_after=1) as (made, sandbox):
        rows = made.landed(flow(table(), CAMPAIGN))
        assert sandbox.count("session.start") >= 2
        assert sum(row["count_plays"] for row in rows) == len(truth(CAMPAIGN))


def test_a_wrong_secret_says_so_and_is_never_printed() -> None:
    with Sandbox(clock=time.time) as sandbox, bench(sandbox.base_url, secret="hush-hush") as made:
        failed = error(made, table())
        assert sandbox.count("report.getTable") == 0
    assert str(failed) == (
        "datasets.asked, sign-in at kaltura: kaltura refused: START_SESSION_ERROR: "
        "Error while starting session for partner [10042]; check the source's partner and admin_secret"
    )
    assert failed.exit_code == 4


@pytest.mark.full
def test_an_error_that_stays_ends_with_the_servers_words() -> None:
    with opened(internal_error=First(99)) as (made, sandbox):
        failed = error(made, table())
        assert "INTERNAL_SERVERL_ERROR: Internal server error occurred" in str(failed)
        assert "(after 6 attempts)" in str(failed)
        assert sandbox.count("report.getTable") == 6


def test_a_custom_report_that_does_not_exist_is_an_error_and_no_empty_table() -> None:
    keys = {**VIEWERSHIP, "id": 3999, "params": {"from_date": "1"}, "columns": {"user_id": "string"}}
    with opened() as (made, sandbox):
        (ended,) = made.run(flow(keys, None))
        assert sandbox.count("report.getCsvFromStringParams") == 1
    assert str(ended.error) == (
        "datasets.asked, step fetch: kaltura refused: REPORT_NOT_FOUND: "
        'exiting on error REPORT_NOT_FOUND - Report "3999" not found; check the report\'s id'
    )


def test_an_export_is_generated_once_whatever_the_number_of_polls() -> None:
    for polls in (0, 4):
        with opened(polls_before_ready=polls) as (made, sandbox):
            assert made.landed(flow(POLLS)) == smooth("polls")
            assert (sandbox.count("reports.generate"), sandbox.count("reports.status")) == (1, polls + 1)


def test_a_stated_interval_is_kept() -> None:
    with opened(polls_before_ready=3) as (made, sandbox):
        started = time.monotonic()
        made.landed(flow({**POLLS, "poll": {"every": "200ms"}}))
        assert sandbox.count("reports.status") == 4
    assert time.monotonic() - started >= 0.6


def test_an_export_that_takes_too_long_times_out() -> None:
    with opened(polls_before_ready=999) as (made, sandbox):
        failed = error(made, {**POLLS, "poll": {"every": "100ms", "timeout": "500ms"}})
        assert sandbox.count("reports.generate") == 1
        assert sandbox.count("reports.serve") == 0
    assert failed.kind == "timeout"
    assert re.search(r'step poll: kaltura_reports timed out: still "in_progress" after \d+\.\d s', str(failed))


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ({"generate_fails": First(1)}, 'step poll: kaltura_reports failed: the report ended with status "failed"'),
        ({"unknown_status": "zombie"}, 'step poll: kaltura_reports failed: the report ended with status "zombie"'),
        (
            {"http_500": First(9, "reports.generate")},
            "step generate: kaltura_reports failed with 500: HTTP 500; not repeated",
        ),
        ({"drop_connection": First(1, "reports.generate")}, "the work may have been done"),
    ],
)
def test_an_export_that_fails_is_never_generated_twice(faults: dict[str, Any], words: str) -> None:
    with opened(**faults) as (made, sandbox):
        assert words in str(error(made, POLLS))
        assert sandbox.count("reports.generate") == 1


def test_generate_is_repeated_where_the_job_allows_it_or_the_answer_proves_that_nothing_began() -> None:
    with opened(drop_connection=First(1, "reports.generate")) as (made, sandbox):
        assert made.landed(flow({**POLLS, "poll": {"regenerate": True}})) == smooth("polls")
        assert sandbox.count("reports.generate") == 2
    with opened(http_429=First(1, "reports.generate"), retry_after=1) as (made, sandbox):
        assert made.landed(flow(POLLS)) == smooth("polls")
        assert sandbox.count("reports.generate") == 2


def test_a_file_that_was_promised_too_early_is_asked_for_again() -> None:
    with opened(serve_json_instead_of_csv=First(1)) as (made, sandbox):
        assert made.landed(flow(POLLS)) == smooth("polls")
        assert (sandbox.count("reports.generate"), sandbox.count("reports.serve")) == (1, 2)


def test_a_missing_privilege_is_named() -> None:
    with opened() as (made, sandbox):
        failed = error(made, {**POLLS, "privileges": []})
        assert "The session lacks the privilege virtualeventid:4711" in str(failed)
        assert 'privileges = ["virtualeventid:<id>"]' in str(failed)
        assert sandbox.count("reports.status") == 0


def test_nothing_that_was_told_holds_a_secret() -> None:
    with opened(expire_session_after=2, druid_timeout=First(1)) as (made, _):
        made.run(*(flow(keys) for keys in ASKS.values()))
        told = repr(made.notices) + repr(made.executor.sent)
    assert SANDBOX_ADMIN_SECRET not in told
    assert "INVALID_KS" in told
    assert "session" in told


def test_a_week_is_the_week_of_the_zone() -> None:
    with opened() as (made, _):
        (row,) = made.landed(flow(TOTAL))
    plays = [event for event in truth(WEEK) if event.playback == "vod"]
    assert row["count_plays"] == len(plays)
    assert row["unique_known_users"] is not None
