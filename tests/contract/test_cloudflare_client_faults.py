"""What our client makes of the sandbox's faults: the right values, or an error or finding, never a wrong number."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from asking import Bench, days
from cloudflare_bench import NOW, SETTINGS, WEEK, benched, flow

from reportrunner.sandbox import Faults, Sandbox
from reportrunner.sandbox.cloudflare_ids import ZONE_IDS
from reportrunner.table import Rows

HOURS = days("2026-11-10T00:00", "2026-11-10T05:00", "UTC")
SERIES: dict[str, Any] = {"zone_id": ZONE_IDS[0], "metrics": ["count", "bytesEgress"], "time_delta": "hour"}


@contextmanager
def faulty(*switches: str) -> Iterator[tuple[Bench, Sandbox]]:
    with (
        Sandbox(clock=NOW.timestamp, today=NOW.timestamp, faults=Faults.parse(switches)) as sandbox,
        benched(sandbox.base_url_of("cloudflare"), SETTINGS) as ours,
    ):
        yield ours, sandbox


def series(ours: Bench, **more: Any) -> Rows:
    return ours.rows(flow("spectrum.analytics.events.bytime", HOURS, **{**SERIES, **more}))


def sessions(ours: Bench) -> Rows:
    return ours.rows(flow("realtime.kit.sessions", WEEK, per_page=5))


@pytest.fixture(scope="module")
def right() -> Rows:
    with faulty() as (ours, _):
        return series(ours)


@pytest.fixture(scope="module")
def all_sessions() -> Rows:
    with faulty() as (ours, _):
        return sessions(ours)


@pytest.mark.parametrize(
    ("switch", "words"),
    [
        ("cloudflare_short_cells=1", "row 1, bytesEgress: 4 values for 5 intervals"),
        ("cloudflare_no_intervals=1", "no time_intervals"),
        ("cloudflare_transposed=1", "row 1 has 5 lists of values where 2 metrics were asked"),
        ("cloudflare_success_false=1", "Internal error (10400)"),
    ],
)
def test_a_series_that_is_not_right_is_an_error(switch: str, words: str) -> None:
    with faulty(switch) as (ours, sandbox):
        error = ours.error(flow("spectrum.analytics.events.bytime", HOURS, **SERIES))
        assert words in str(error)
        assert len(sandbox.log) == 1


def test_a_square_series_turned_round_is_betrayed_by_its_totals() -> None:
    two_hours = days("2026-11-10T00:00", "2026-11-10T02:00", "UTC")
    made = flow("spectrum.analytics.events.bytime", two_hours, **SERIES)
    for switches, agrees in ((), True), (("cloudflare_transposed=1",), False):
        with faulty(*switches) as (ours, _):
            rows = ours.rows(made)
        assert rows.claim is not None
        sums = tuple(sum(int(str(row[place])) for row in rows.rows) for place in (2, 3))
        assert (sums == rows.claim.totals) == agrees


def test_metrics_in_another_order_are_read_by_the_echo(right: Rows) -> None:
    with faulty("cloudflare_reordered=1") as (ours, _):
        assert series(ours).rows == right.rows


def test_null_and_missing_values_are_null_and_no_zeros(right: Rows) -> None:
    minutes = days("2026-11-10T00:00", "2026-11-10T00:10", "UTC")
    asked = {**SERIES, "time_delta": "minute"}
    with faulty() as (ours, _):
        plain = ours.rows(flow("spectrum.analytics.events.bytime", minutes, **asked)).rows
    with faulty("cloudflare_null_cells=1") as (ours, _):
        bent = ours.rows(flow("spectrum.analytics.events.bytime", minutes, **asked)).rows
    assert [row[2] or None for row in plain] == [row[2] for row in bent]
    assert None in {row[2] for row in bent}
    with faulty("cloudflare_no_metrics=1") as (ours, _):
        rows = series(ours).rows
    assert {row[2:4] for row in rows} == {(None, None)}
    assert len(rows) == len(right.rows)


def test_a_page_cap_changes_nothing(all_sessions: Rows) -> None:
    with faulty("cloudflare_page_cap=3") as (ours, sandbox):
        assert sessions(ours).rows == all_sessions.rows
        assert len(sandbox.log) == -(-len(all_sessions.rows) // 3)


@pytest.mark.parametrize("switch", ["cloudflare_stuck_page=99", "cloudflare_repeated_page=99"])
def test_pages_that_do_not_go_on_end_and_are_told(switch: str, all_sessions: Rows) -> None:
    with faulty(switch) as (ours, sandbox):
        found = sessions(ours)
        assert len(found.rows) < len(all_sessions.rows)
        assert len(sandbox.log) <= len(all_sessions.rows) // 5 + 1
        assert found.claim is not None
        assert found.claim.rows == len(all_sessions.rows) != len(found.rows)
        assert [note.code for note in found.notes] == ["cloudflare.repeated_page"]


@pytest.mark.parametrize("switch", ["http_502=1", "http_503=1", "cut_body=1", "drop_connection=1", "http_429=1"])
def test_what_passes_is_asked_again(switch: str, all_sessions: Rows) -> None:
    with faulty(switch, "retry_after=0") as (ours, _):
        assert sessions(ours).rows == all_sessions.rows


def test_a_page_of_html_is_an_error() -> None:
    with faulty("html_body=1") as (ours, _):
        assert "no JSON object came back" in str(ours.error(flow("realtime.kit.sessions", WEEK)))


def test_a_comma_list_is_refused_unless_the_service_takes_it(right: Rows) -> None:
    comma = {**SETTINGS, "lists": "comma"}
    made = flow("spectrum.analytics.events.bytime", HOURS, comma, **SERIES)
    with faulty() as (ours, _):
        assert 'there is no "count,bytesEgress"' in str(ours.error(made))
    with faulty("cloudflare_comma_lists=1") as (ours, _):
        assert ours.rows(made).rows == right.rows


def test_a_spent_budget_is_not_overrun(all_sessions: Rows) -> None:
    with (
        Sandbox(clock=time.monotonic, today=NOW.timestamp, faults=Faults.parse(["cloudflare_quota=3/1s"])) as sandbox,
        benched(sandbox.base_url_of("cloudflare"), SETTINGS) as ours,
    ):
        assert sessions(ours).rows == all_sessions.rows
        assert len(sandbox.log) > 3
        assert {record.status for record in sandbox.log} == {200}
