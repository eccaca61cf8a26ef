"""Days that are not the service's: every way out gives what it promises, counted anew from the sandbox's world."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from asking import Bench, days
from cloudflare_bench import NOW, SETTINGS, benched, flow
from rests import ask, source

from reportrunner.flow import Reply
from reportrunner.sandbox import Sandbox
from reportrunner.sandbox.cloudflare_connections import happened
from reportrunner.sandbox.cloudflare_ids import ZONE_IDS
from reportrunner.table import Rows
from reportrunner.window import Window
from reportrunner.window.span import WindowError
from reportrunner.window.zone import load_zone

SERIES = "spectrum.analytics.events.bytime"
AUTUMN = days("2026-10-26", "2026-11-02")
SUNDAY = days("2026-11-01", "2026-11-02")
HOUR = 3_600
ASKED: dict[str, Any] = {
    "zone_id": ZONE_IDS[1],
    "time_delta": "day",
    "metrics": ["count", "bytesEgress"],
    "dimensions": ["coloName"],
}
Truth = dict[tuple[str, dt.datetime], tuple[int, int]]


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with (
        Sandbox(clock=time.time, today=NOW.timestamp) as running,
        benched(running.base_url_of("cloudflare"), SETTINGS) as made,
    ):
        yield made


def midnights(first: str, last: str, zone: str) -> list[int]:
    """Where the days of a zone begin, and where the last one ends, in Unix seconds: by the clock on its wall."""
    info, day, until = load_zone(zone), dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    count = (until - day).days + 2
    walls = (dt.datetime.combine(day + dt.timedelta(days=n), dt.time(), info) for n in range(count))
    return [int(wall.timestamp()) for wall in walls]


def truth(cuts: list[int]) -> Truth:
    """Events and bytes by data centre and by where their day begins; a silent day of a known centre has zeros."""
    found: Counter[tuple[str, int]] = Counter()
    egress: Counter[tuple[str, int]] = Counter()
    for event in happened(ZONE_IDS[1], cuts[0] * 1000, cuts[-1] * 1000):
        begin = max(cut for cut in cuts if cut * 1000 <= event.at)
        found[event.colo, begin] += 1
        egress[event.colo, begin] += event.egress
    centres = {colo for colo, _ in found}
    moment = {cut: dt.datetime.fromtimestamp(cut, dt.UTC) for cut in cuts}
    return {(colo, moment[cut]): (found[colo, cut], egress[colo, cut]) for colo in sorted(centres) for cut in cuts[:-1]}


def series(bench: Bench, window: Window, **keys: Any) -> list[dict[str, Any]]:
    return bench.landed(flow(SERIES, window, **{**ASKED, **keys}))


def by_day(landed: list[dict[str, Any]]) -> Truth:
    return {(row["coloName"], row["interval_start"]): (row["count"], row["bytesEgress"]) for row in landed}


def lengths(landed: list[dict[str, Any]]) -> list[float]:
    found = dict.fromkeys((row["interval_start"], row["interval_end"]) for row in landed)
    return [(end - start).total_seconds() / HOUR for start, end in sorted(found)]


def test_new_york_days_are_refused_with_every_way_out() -> None:
    with pytest.raises(WindowError) as said:
        flow(SERIES, AUTUMN, **ASKED)
    for way in ('zone_mismatch = "utc-days"', 'zone_mismatch = "hours"', 'timezone = "UTC"', 'time_delta = "hour"'):
        assert way in said.value.message


def test_utc_days_are_the_same_dates_as_the_service_counts_them(bench: Bench) -> None:
    found = series(bench, AUTUMN, zone_mismatch="utc-days")
    assert by_day(found) == truth(midnights("2026-10-26", "2026-11-01", "UTC"))
    assert lengths(found) == [24] * 7


@pytest.mark.parametrize(
    ("zone", "first", "last", "hours"),
    [
        ("America/New_York", "2026-10-26", "2026-11-01", [*[24] * 6, 25]),
        ("America/New_York", "2026-03-02", "2026-03-08", [*[24] * 6, 23]),
        ("Asia/Kolkata", "2026-10-26", "2026-11-01", [24] * 7),
        ("Asia/Kathmandu", "2026-10-26", "2026-10-27", [24] * 2),
        ("Australia/Lord_Howe", "2026-10-03", "2026-10-05", [24, 23.5, 24]),
        ("UTC", "2026-10-26", "2026-10-27", [24] * 2),
    ],
)
def test_hours_add_up_to_the_days_of_the_job(
    bench: Bench, zone: str, first: str, last: str, hours: list[float]
) -> None:
    cuts = midnights(first, last, zone)
    end = dt.datetime.fromtimestamp(cuts[-1], load_zone(zone)).date().isoformat()
    found = series(bench, days(first, end, zone), zone_mismatch="hours")
    assert by_day(found) == truth(cuts)
    assert lengths(found) == hours
    assert {row["complete"] for row in found} == {True}


def test_hours_add_up_to_a_month_too_and_to_the_same_sum(bench: Bench) -> None:
    october = days("2026-10-01", "2026-11-01")
    (row,) = series(bench, october, zone_mismatch="hours", time_delta="month", dimensions=[], metrics=["count"])
    cuts = [october.start_unix * 1000, october.end_unix * 1000]
    assert row["count"] == sum(1 for _ in happened(ZONE_IDS[1], *cuts))
    assert (row["interval_start"], row["interval_end"]) == (october.start, october.end)


def test_a_day_is_complete_when_its_last_hour_is(bench: Bench) -> None:
    found = series(bench, days("2026-11-16", "2026-11-19"), zone_mismatch="hours", dimensions=[])
    assert [row["complete"] for row in found] == [True, True, False]


# --- a service of UTC days that a project describes -----------------------------------------------------------

EVENTS = [dt.datetime(2026, 10, 24, tzinfo=dt.UTC) + dt.timedelta(minutes=37 * n) for n in range(500)]
LISTED = """
[endpoints.things]
summary  = "Events"
request  = { path = "/v1/things", query = { from = "{{ window.first_day }}", to = "{{ window.last_day }}" } }
response = { format = "json", rows = "$.data" }
columns  = { id = "integer", at = { type = "timestamp", optional = true } }
zone     = "UTC"
total    = "$.count"
"""


def service(request: Any) -> Reply:
    """Answer as a service of UTC days does: every event of the days asked, the last one included."""
    asked = {name: dt.date.fromisoformat(str(value)) for name, value in request.query}
    held = [(n, at) for n, at in enumerate(EVENTS) if asked["from"] <= at.date() <= asked["to"]]
    data = [{"id": n, "at": at.isoformat()} for n, at in held]
    return Reply(200, {}, json.dumps({"data": data, "count": len(data)}).encode())


def listed(window: Window, **keys: Any) -> Rows:
    made = ask(source(LISTED), window=window, **keys)
    one = made.endpoint.unfold(made)
    found = one.read((service(one.steps[0].request),))
    assert isinstance(found, Rows)
    return found


def ids(window: Window) -> list[int]:
    return [n for n, at in enumerate(EVENTS) if window.start_unix <= at.timestamp() < window.end_unix]


def test_a_list_of_utc_days_is_refused_with_every_way_out() -> None:
    with pytest.raises(WindowError) as said:
        listed(AUTUMN)
    for way in ('zone_mismatch = "utc-days"', 'zone_mismatch = "covering" and moment = "at"', 'timezone = "UTC"'):
        assert way in said.value.message


def test_the_same_dates_of_a_list() -> None:
    assert [row[0] for row in listed(AUTUMN, zone_mismatch="utc-days").rows] == ids(
        days("2026-10-26", "2026-11-02", "UTC")
    )


@pytest.mark.parametrize(
    "window", [AUTUMN, days("2026-11-01", "2026-11-02"), days("2026-10-27", "2026-10-28", "Asia/Kolkata")]
)
def test_covering_days_hold_the_rows_of_the_jobs_days_alone(window: Window) -> None:
    found = listed(window, zone_mismatch="covering", moment="at")
    assert [row[0] for row in found.rows] == ids(window)
    assert found.notes == ()
    assert found.claim is None


def test_a_day_of_25_hours_has_the_rows_of_25_hours() -> None:
    moments = [row[1] for row in listed(SUNDAY, zone_mismatch="covering", moment="at").rows]
    first, end = dt.datetime(2026, 11, 1, 4, tzinfo=dt.UTC), dt.datetime(2026, 11, 2, 5, tzinfo=dt.UTC)
    assert moments == [at for at in EVENTS if first <= at < end]
    assert len(moments) == 41


def test_rows_without_a_moment_are_kept_and_told_and_a_wrong_count_is_found() -> None:
    made = ask(source(LISTED), window=AUTUMN, zone_mismatch="covering", moment="at")
    data = [{"id": 1, "at": "2026-10-26T03:59:59Z"}, {"id": 2, "at": "2026-10-26T04:00:00Z"}, {"id": 3, "at": None}]
    reply = Reply(200, {}, json.dumps({"data": data, "count": 4}).encode())
    found = made.endpoint.unfold(made).read((reply,))
    assert isinstance(found, Rows)
    assert [row[0] for row in found.rows] == [2, 3]
    assert [note.code for note in found.notes] == ["row_count", "rest.undated"]
