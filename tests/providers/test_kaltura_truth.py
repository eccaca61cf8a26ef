"""What is landed equals the universe's truth: crowds beyond a table, dozens of events and accounts, a DST fortnight."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from asking import ZONE, Bench, bench, days, flow, table
from questions import refused

from reportrunner.flow import SessionKey
from reportrunner.sandbox import Faults, Sandbox
from reportrunner.sandbox.accounts import CHILDREN, account_events
from reportrunner.sandbox.crowd import crowd_events
from reportrunner.sandbox.traits import TRAITS
from reportrunner.sandbox.universe import Event, events
from reportrunner.sandbox.virtual_events import VIRTUAL_EVENTS
from reportrunner.window.zone import load_zone

SIZE = 25_000
FORTNIGHT = days("2026-11-02", "2026-11-16")
ADDING = ["name", "count_plays", "sum_time_viewed", "count_loads"]
CROWD = table("13", "1_crowd1")


@contextmanager
def opened(**faults: Any) -> Iterator[tuple[Bench, Sandbox]]:
    with Sandbox(clock=time.time, faults=Faults(**faults)) as sandbox, bench(sandbox.base_url) as made:
        yield made, sandbox


@pytest.fixture(scope="module")
def crowded() -> Iterator[Bench]:
    with opened(crowd=SIZE) as (made, _):
        yield made


def by_user(plays: list[Event]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for play in plays:
        found[play.user_id].append(play)
    return found


TRUTH = by_user(crowd_events(SIZE, FORTNIGHT.start_unix, FORTNIGHT.end_unix))


def minutes(seconds: int) -> Decimal:
    return (Decimal(seconds) / 60).quantize(Decimal("1e-9"))


# --- 25,000 rows by user -------------------------------------------------------------------------------------


def test_a_table_that_is_too_large_names_its_ways_out(crowded: Bench) -> None:
    words = str(crowded.error(flow(CROWD, FORTNIGHT)))
    assert "kaltura cut its answer short: 12,000 rows came back" in words
    assert 'write large = "csv", or select columns that add up and write large = "split"' in words


def test_split_makes_one_row_of_a_user_who_came_in_both_halves(crowded: Bench) -> None:
    rows = crowded.landed(flow({**CROWD, "large": "split", "select": ADDING}, FORTNIGHT))
    assert len(rows) == len(TRUTH) == SIZE
    assert {row["name"]: row["count_plays"] for row in rows} == {user: len(plays) for user, plays in TRUTH.items()}
    assert sum(len(plays) > 1 for plays in TRUTH.values()) > SIZE // 2
    for row in rows:
        plays = TRUTH[row["name"]]
        assert row["count_loads"] == len(plays)
        assert row["sum_time_viewed"].quantize(Decimal("1e-9")) == minutes(sum(play.watched for play in plays))


@pytest.mark.parametrize("name", ["unique_videos", "avg_time_viewed", "avg_completion_rate"])
def test_split_is_refused_for_what_does_not_add_up(name: str) -> None:
    assert f"{name} of USER_TOP_CONTENT cannot be added up" in refused(
        {**CROWD, "large": "split", "select": ["name", name]}
    )


def test_csv_has_every_row_and_every_column(crowded: Bench) -> None:
    rows = crowded.landed(flow({**CROWD, "large": "csv"}, FORTNIGHT))
    assert len(rows) == SIZE
    assert {row["name"] for row in rows} == set(TRUTH)
    for row in rows:
        plays = TRUTH[row["name"]]
        watched, count = sum(play.watched for play in plays), len(plays)
        known = {
            "unique_videos": 1,
            "count_plays": count,
            "count_loads": count,
            "count_viral": 0,
            "load_play_ratio": 1,
        }
        assert {name: row[name] for name in known} == known
        assert row["sum_time_viewed"].quantize(Decimal("1e-9")) == minutes(watched)
        assert row["sum_view_period"] == row["sum_time_viewed"]
        assert abs(row["avg_time_viewed"] - Decimal(watched) / 60 / count) < Decimal("1e-9")
        assert row["avg_view_period_time"] == row["avg_time_viewed"]
        assert abs(row["avg_completion_rate"] - Decimal(watched) / 600 / count) < Decimal("1e-9")
        assert abs(row["total_completion_rate"] - min(Decimal(1), Decimal(watched) / 600)) < Decimal("1e-9")
        quarters = sum(play.quarters for play in plays)
        assert abs(row["avg_view_drop_off"] - Decimal(quarters) / 4 / count) < Decimal("1e-9")


# --- forty events and twelve accounts from one source --------------------------------------------------------


def totals(made: Bench, asked: dict[str, dict[str, Any]]) -> dict[str, object]:
    """The plays that each question counts, all of them asked side by side."""
    flows = {name: flow(keys, FORTNIGHT) for name, keys in asked.items()}
    ended = dict(zip(flows, made.together(*flows.values()), strict=True))
    found: dict[str, object] = {}
    for name, done in ended.items():
        assert done.answer is not None, done.error
        names = [column.name for column in done.answer.rows.columns]
        (row,) = done.answer.rows.rows  # type: ignore[union-attr]
        found[name] = row[names.index("count_plays")]
    return found


PLAYS = {**table("13"), "endpoint": "report.getTotal", "filters": {"playbackTypeIn": ["vod", "live", "dvr"]}}


def test_forty_events_each_under_its_own_session() -> None:
    asked = {
        event: {
            **PLAYS,
            "privileges": [f"virtualeventid:{event}"],
            "filters": {**PLAYS["filters"], "virtualEventIdIn": [event]},
        }
        for event in VIRTUAL_EVENTS[1:]
    }
    plays = Counter(TRAITS["virtual_event"](play) for play in events(None, FORTNIGHT.start_unix, FORTNIGHT.end_unix))
    with opened() as (made, sandbox):
        assert totals(made, asked) == {event: plays[event] for event in asked}
        started = [record.parameter("privileges") for record in sandbox.log if record.action == "session.start"]
        told = repr(made.notices) + repr(made.executor.sent)
    assert sorted(map(str, started)) == sorted(f"virtualeventid:{event}" for event in asked)
    assert len(asked) == 40
    assert "djJ8" not in told


def test_twelve_accounts_each_under_its_own_session() -> None:
    asked = {str(child): {**PLAYS, "impersonate": child} for child in CHILDREN}
    assert {flow(keys).session for keys in asked.values()} == {SessionKey("kaltura", (), child) for child in CHILDREN}
    with opened() as (made, sandbox):
        found = totals(made, asked)
        records = [record for record in sandbox.log if record.action == "session.impersonate"]
        told = repr(made.notices) + repr(made.executor.sent)
        assert sandbox.count("session.start") == 0
    start, end = FORTNIGHT.start_unix, FORTNIGHT.end_unix
    assert found == {str(child): len(account_events(child, None, start, end)) for child in CHILDREN}
    assert len(set(found.values())) > 6
    assert sorted(str(record.parameter("impersonatedPartnerId")) for record in records) == sorted(asked)
    assert "djJ8" not in told


# --- a fortnight with a change of offset ---------------------------------------------------------------------

AUTUMN = days("2026-10-26", "2026-11-09")


@pytest.mark.parametrize("window", [AUTUMN, days("2026-10-26", "2026-11-02"), days("2026-03-02", "2026-03-16")])
@pytest.mark.parametrize("interval", ["days", "hours"])
def test_buckets_over_a_change_of_offset_equal_the_local_truth(window: Any, interval: str) -> None:
    zone = load_zone(ZONE)
    plays: Counter[object] = Counter()
    for play in events(frozenset(["1_gdpr1"]), window.start_unix, window.end_unix):
        at = play.at if interval == "days" else play.at - play.at % 3600
        local = datetime.fromtimestamp(at, zone)
        plays[local.date() if interval == "days" else local.timestamp()] += 1
    keys: dict[str, Any] = {"dst": "split", "interval": interval, "select": ["date_id", "count_plays"]}
    with opened() as (made, _):
        rows = made.landed(flow(table("34", **keys), window))
        (total,) = made.landed(flow({**table("34"), "endpoint": "report.getTotal"}, window))
    landed = {row["date_id"] if interval == "days" else row["date_id"].timestamp(): row["count_plays"] for row in rows}
    hours = (window.end_unix - window.start_unix) // 3600
    assert len(landed) == len(rows) == (window.days if interval == "days" else hours)
    assert {label: count for label, count in landed.items() if count} == plays
    assert total["count_plays"] == sum(landed.values()) > 0
