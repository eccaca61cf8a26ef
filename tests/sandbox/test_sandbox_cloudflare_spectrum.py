"""Spectrum analytics at the sandbox: what events add up to, how they are asked for, traps (cloudflare.md §2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from cloudflare_caller import NOW_MS, REPORT, ZONE, Cloud, Query, running

from reportrunner.sandbox.cloudflare_connections import HOUR, Happened, happened
from reportrunner.sandbox.cloudflare_filters import sieve
from reportrunner.sandbox.cloudflare_ids import SPECTRUM_APPS, ZONE_IDS

WEEK = {"since": "2026-11-02T00:00:00Z", "until": "2026-11-09T00:00:00Z"}
SINCE, UNTIL = 1_793_577_600_000, 1_794_182_400_000
METRICS = ["count", "bytesIngress", "bytesEgress", "durationAvg", "durationMedian", "duration90th", "duration99th"]
SUMMARY, BYTIME = f"{ZONE}/events/summary", f"{ZONE}/events/bytime"


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    yield from running()


@pytest.fixture(scope="module")
def truth() -> list[Happened]:
    return list(happened(ZONE_IDS[0], SINCE, UNTIL))


def nothing(_: Happened) -> bool:
    return False


def reckoned(events: list[Happened]) -> list[Any]:
    """The seven metrics once more, from the definition of each."""
    lengths = sorted(each.length for each in events)

    def rank(share: str) -> int:
        return next(x for n, x in enumerate(lengths, 1) if n >= Decimal(share) * len(lengths))

    mean = Decimal(str(sum(lengths) / len(lengths)))
    sums = [len(events), sum(each.ingress for each in events), sum(each.egress for each in events)]
    return [*sums, mean, rank("0.5"), rank("0.9"), rank("0.99")]


def result(cloud: Cloud, path: str, query: Query) -> Any:
    answer = cloud.json(path, query)
    assert (answer["success"], answer["errors"], answer["messages"]) == (True, [], [])
    return answer["result"]


def count(cloud: Cloud, filters: str) -> int:
    rows = result(cloud, SUMMARY, {**WEEK, "filters": filters})["data"]
    return int(rows[0]["metrics"][0]) if rows else 0


def test_a_summary_is_reckoned_from_the_events(cloud: Cloud, truth: list[Happened]) -> None:
    asked: dict[str, str | list[str]] = {**WEEK, "metrics": METRICS, "dimensions": ["coloName", "event"]}
    found = result(cloud, SUMMARY, asked)
    groups = defaultdict(list)
    for each in truth:
        groups[each.colo, each.event].append(each)
    rows = {tuple(row["dimensions"]): row["metrics"] for row in found["data"]}
    assert rows == {name: reckoned(events) for name, events in groups.items()}
    assert found["rows"] == len(rows)
    assert [found["totals"][name] for name in METRICS] == reckoned(truth)
    assert found["min"]["count"] == min(row[0] for row in rows.values())
    assert found["max"]["bytesEgress"] == max(row[2] for row in rows.values())
    assert found["query"] == {"dimensions": asked["dimensions"], "metrics": METRICS, **WEEK}
    assert "time_intervals" not in found


def test_a_series_is_reckoned_from_the_events_and_adds_up_to_the_summary(cloud: Cloud, truth: list[Happened]) -> None:
    found = result(cloud, BYTIME, {**WEEK, "time_delta": "hour", "metrics": METRICS, "dimensions": "event"})
    summary = result(cloud, SUMMARY, {**WEEK, "metrics": METRICS, "dimensions": "event"})
    assert found["totals"] == summary["totals"]
    whole = {row["dimensions"][0]: row["metrics"] for row in summary["data"]}
    hours = defaultdict(list)
    for each in truth:
        hours[each.event, (each.at - SINCE) // HOUR].append(each)
    assert len(found["time_intervals"]) == 168
    assert found["time_intervals"][1] == ["2026-11-02T01:00:00Z", "2026-11-02T02:00:00Z"]
    for row in found["data"]:
        name = row["dimensions"][0]
        assert [sum(row["metrics"][place]) for place in (0, 1, 2)] == whole[name][:3]
        for hour in range(168):
            cells = [numbers[hour] for numbers in row["metrics"]]
            assert cells == (reckoned(hours[name, hour]) if hours[name, hour] else [0] * 7)
    assert found["min"]["count"] == 0
    assert found["max"]["count"] == max(max(row["metrics"][0]) for row in found["data"])


def test_a_row_without_dimensions_has_no_list_of_them(cloud: Cloud, truth: list[Happened]) -> None:
    assert result(cloud, SUMMARY, WEEK)["data"] == [{"metrics": [len(truth)]}]


def test_rows_come_in_no_order_unless_one_is_asked_for(cloud: Cloud) -> None:
    asked: dict[str, str | list[str]] = {**WEEK, "dimensions": ["coloName", "ipVersion"], "metrics": ["count"]}
    plain = [tuple(row["dimensions"]) for row in result(cloud, SUMMARY, asked)["data"]]
    assert plain != sorted(plain)
    by_name = result(cloud, SUMMARY, {**asked, "sort": ["+ipVersion", "-coloName"]})
    names = [row["dimensions"] for row in by_name["data"]]
    assert names == [[c, i] for i in ("4", "6") for c in ("SFO", "PDX", "NRT", "FRA")]
    assert by_name["query"]["sort"] == ["+ipVersion", "-coloName"]
    first = result(cloud, SUMMARY, {**asked, "sort": "-count", "limit": "3"})
    counts = [row["metrics"][0] for row in first["data"]]
    assert (len(counts), counts, first["rows"]) == (3, sorted(counts, reverse=True), 3)
    assert first["query"]["limit"] == 3
    assert first["totals"] == by_name["totals"]


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("event==disconnect", lambda e: e.event == "disconnect"),
        ("event==disconnect AND coloName!=SFO", lambda e: e.event == "disconnect" and e.colo != "SFO"),
        ("event==disconnect;coloName!=SFO", lambda e: e.event == "disconnect" and e.colo != "SFO"),
        (
            "ipVersion==6,event==connect;coloName==FRA",
            lambda e: e.ip == "6" or (e.event == "connect" and e.colo == "FRA"),
        ),
        ("coloName<G OR coloName>=SFO", lambda e: e.colo < "G" or e.colo >= "SFO"),
        ("ipVersion>4", lambda e: e.ip == "6"),
        ("coloName<=FRA", lambda e: e.colo == "FRA"),
        ("event==disconnect%20AND%20coloName!=SFO", nothing),
        ("event!=disconnect%20AND%20coloName!=SFO", nothing),
        ("event==disconnect and coloName!=SFO", nothing),
        ("coloName!=New York", lambda _: True),
        ("event == disconnect", nothing),
        ('event!="disconnect"', nothing),
        ("(event==disconnect)", nothing),
        ("event==connect,", nothing),
        ("event=connect", nothing),
        ("count>5", nothing),
        ("colo==SFO", nothing),
    ],
)
def test_a_filter_does_what_it_says_or_matches_nothing(
    cloud: Cloud, truth: list[Happened], expression: str, wanted: Any
) -> None:
    assert count(cloud, expression) == sum(map(wanted, truth))
    assert list(map(sieve(expression), truth)) == list(map(wanted, truth))


def test_a_filter_is_encoded_once_however_the_blanks_are(cloud: Cloud) -> None:
    span = f"since={WEEK['since']}&until={WEEK['until']}"
    expected = count(cloud, "event==disconnect AND coloName!=SFO")
    for blanks in ("+", "%20"):
        query = f"{span}&filters=event%3D%3Ddisconnect{blanks}AND{blanks}coloName%21%3DSFO"
        assert result(cloud, SUMMARY, query)["data"][0]["metrics"] == [expected]
    twice = f"{span}&filters=event%3D%3Ddisconnect%2520AND%2520coloName%21%3DSFO"
    assert result(cloud, SUMMARY, twice)["data"] == []
    assert result(cloud, SUMMARY, twice)["totals"] == {"count": 0}


@pytest.mark.parametrize(
    "query",
    [
        "metrics=count,bytesIngress",
        "metrics=count%2CbytesIngress",
        "dimensions=event,appID",
        "dimensions[]=event",
        "metrics[]=count",
        "metrics=bytes",
        "metrics=count&metrics=count",
        "dimensions=app_id",
        "sort=+count",
        "sort=count",
        "sort=-bytesIngress",
        "since=2026-11-02T00:00:00",
        "since=2026-11-02",
        "since=2026-11-02T00:00:00+00:00",
        "since=1793577600",
        "since=2026-11-09T00:00:00Z&until=2026-11-02T00:00:00Z",
        "time_delta=hour",
        "filters=event==a&filters=event==b",
        "limit=0",
        "page=1",
    ],
)
def test_what_is_not_right_is_refused_in_the_v4_envelope(cloud: Cloud, query: str) -> None:
    status, body = cloud.refused(SUMMARY, query)
    assert (status, body["success"], body["messages"], body["result"]) == (400, False, [], None)
    assert body["errors"][0]["code"] >= 1000


@pytest.mark.parametrize("delta", ["", "auto", "hours", "second"])
def test_a_series_wants_one_of_eight_steps(cloud: Cloud, delta: str) -> None:
    assert cloud.refused(BYTIME, {"time_delta": delta} if delta else "")[0] == 400


def test_a_comma_list_counts_where_it_is_switched_on() -> None:
    for cloud in running(cloudflare_comma_lists=1):
        joined = result(cloud, SUMMARY, {**WEEK, "metrics": "count,bytesEgress", "dimensions": "event,appID"})
        parts = {"metrics": ["count", "bytesEgress"], "dimensions": ["event", "appID"]}
        assert joined == result(cloud, SUMMARY, {**WEEK, **parts})


@pytest.mark.parametrize(
    ("delta", "since", "until", "starts"),
    [
        ("minute", "2026-11-02T00:00:30Z", "2026-11-02T00:02:00Z", ["11-02T00:00:30", "11-02T00:01:00"]),
        ("dekaminute", "2026-11-02T00:05:00Z", "2026-11-02T00:20:00Z", ["11-02T00:05:00", "11-02T00:10:00"]),
        ("day", "2026-11-01T23:00:00-01:00", "2026-11-04T00:00:00Z", ["11-02T00:00:00", "11-03T00:00:00"]),
        (
            "week",
            "2026-11-01T00:00:00Z",
            "2026-11-10T00:00:00Z",
            ["11-01T00:00:00", "11-02T00:00:00", "11-09T00:00:00"],
        ),
        ("month", "2026-10-30T00:00:00Z", "2026-11-02T00:00:00Z", ["10-30T00:00:00", "11-01T00:00:00"]),
        ("quarter", "2026-09-30T00:00:00Z", "2026-11-02T00:00:00Z", ["09-30T00:00:00", "10-01T00:00:00"]),
        ("year", "2026-09-30T00:00:00Z", "2026-11-02T00:00:00Z", ["09-30T00:00:00"]),
    ],
)
def test_intervals_are_calendar_steps_cut_to_the_span(
    cloud: Cloud, delta: str, since: str, until: str, starts: list[str]
) -> None:
    found = result(cloud, BYTIME, {"time_delta": delta, "since": since, "until": until})
    intervals = found["time_intervals"]
    assert [start for start, _ in intervals] == [f"2026-{start}Z" for start in starts]
    assert [end for _, end in intervals] == [*[f"2026-{start}Z" for start in starts[1:]], until]
    for row in found["data"]:
        assert [len(numbers) for numbers in row["metrics"]] == [len(starts)]


def test_a_span_without_end_is_the_last_six_hours_less_the_lag(cloud: Cloud) -> None:
    found = result(cloud, SUMMARY, "")
    assert found["query"]["since"] == "2026-11-18T05:06:40Z"
    assert found["query"]["until"] == "2026-11-18T11:06:40Z"
    seen = list(happened(ZONE_IDS[0], NOW_MS - 6 * HOUR, NOW_MS - 1000 * found["data_lag"]))
    assert found["data"][0]["metrics"] == [len(seen)]
    future = result(cloud, SUMMARY, {"since": "2026-11-18T11:06:40Z", "until": "2026-11-20T00:00:00Z"})
    assert (future["rows"], future["data"], future["min"], future["totals"]) == (0, [], {}, {"count": 0})


def test_bytes_beyond_what_a_float_holds_are_exact(cloud: Cloud) -> None:
    path = f"/zones/{ZONE_IDS[1]}/spectrum/analytics/events/bytime"
    filters = f"appID=={SPECTRUM_APPS[ZONE_IDS[1]][1]};coloName==NRT;ipVersion==6"
    found = result(cloud, path, {**WEEK, "time_delta": "week", "metrics": "bytesEgress", "filters": filters})
    value = found["data"][0]["metrics"][0][0]
    assert isinstance(value, int)
    assert value > 2**53
    assert int(float(value)) != value
    assert found["totals"] == {"bytesEgress": value}


def test_the_last_minute_of_each_application(cloud: Cloud) -> None:
    rows = cloud.json(f"{ZONE}/aggregate/current")["result"]
    first, second = SPECTRUM_APPS[ZONE_IDS[0]]
    assert [row["appID"] for row in rows] == [second, first]
    assert cloud.json(f"{ZONE}/aggregate/current", {"appID": f"{first},{second}"})["result"] == rows[::-1]
    parts = [cloud.json(f"{ZONE}/aggregate/current", {"colo_name": c})["result"] for c in ("SFO", "FRA", "NRT", "PDX")]
    assert sum(part[1]["connections"] for part in parts) == rows[1]["connections"] > 0
    assert sum(part[1]["bytesEgress"] for part in parts) == rows[1]["bytesEgress"]
    assert cloud.refused(f"{ZONE}/aggregate/current", {"colo_name": "SFO1"})[0] == 400


def test_the_report_of_zones_holds_the_bytes_of_their_events(cloud: Cloud) -> None:
    plain = cloud.json(REPORT, {**WEEK, "cdn_traffic": "false"})
    with_cdn = cloud.json(REPORT, WEEK)
    assert plain["query"] == WEEK
    assert plain["result_info"]["total_count"] == len(plain["result"]) == 2
    for row, more in zip(plain["result"], with_cdn["result"], strict=True):
        path = f"/zones/{row['zone_id']}/spectrum/analytics/events/summary"
        totals = result(cloud, path, {**WEEK, "metrics": ["bytesIngress", "bytesEgress"]})["totals"]
        bandwidth = row["totals"]["bandwidth"]
        assert (bandwidth["ingress"], bandwidth["egress"]) == (totals["bytesIngress"], totals["bytesEgress"])
        assert bandwidth["all"] == bandwidth["ingress"] + bandwidth["egress"] < more["totals"]["bandwidth"]["all"]


def test_the_world_is_the_same_for_ever() -> None:
    day = int(datetime(2031, 5, 6, tzinfo=UTC).timestamp()) * 1000
    assert len(list(happened(ZONE_IDS[0], day, day + 24 * HOUR))) == 221
