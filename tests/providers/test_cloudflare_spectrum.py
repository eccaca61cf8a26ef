"""Spectrum: what is asked, and how answers are unnested, checked and held against what they say of themselves."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from asking import SOURCES, ask, days
from cloudflare_asking import (
    BYTIME,
    EVENTS,
    HOURS,
    NOW,
    SERIES,
    WEEK,
    ZONE,
    asked,
    judged,
    query,
    read,
    refusal,
    url,
    v4,
)
from replies import says

from reportrunner.claim import sums_of, unmet
from reportrunner.errors import ProviderError
from reportrunner.flow import Refused, Reply
from reportrunner.providers.cloudflare import PROVIDER
from reportrunner.providers.cloudflare.intervals import BUCKETS
from reportrunner.table import Rows
from reportrunner.window import Window
from reportrunner.window.span import WindowError

SUMMARY: dict[str, Any] = {
    "rows": 2,
    "data_lag": 3,
    "query": {"dimensions": ["coloName"], "metrics": ["count", "bytesIngress"]},
    "data": [{"dimensions": ["SFO"], "metrics": [11, 4500]}, {"dimensions": ["FRA"], "metrics": [1, None]}],
    "min": {"count": 1},
    "max": {"count": 11, "bytesIngress": 4500},
    "totals": {"count": 12, "bytesIngress": 4500},
}
CURRENT: dict[str, Any] = {
    "source": "cloudflare",
    "endpoint": "spectrum.analytics.aggregate.current",
    "zone_id": ZONE,
}
REPORT: dict[str, Any] = {"source": "cloudflare", "endpoint": "user.spectrum_analytics.zones.report"}


def hour(number: int) -> dt.datetime:
    return dt.datetime(2026, 1, 5, number, tzinfo=dt.UTC)


def series(now: dt.datetime = NOW, **changed: object) -> Rows:
    return read(BYTIME, v4({**SERIES, **changed}), window=HOURS, now=now)


def disagreements(found: Rows) -> list[str]:
    if found.claim is None:
        return []
    names = [column.name for column in found.columns]
    return [note.code for note in unmet(found.claim, sums_of(found.claim, names, found.rows), len(found.rows))]


def codes(found: Rows) -> list[str]:
    return [note.code for note in found.notes]


def test_what_is_sent() -> None:
    assert query({**BYTIME, "sort": ["+count", "-coloName"], "limit": 5}, HOURS) == [
        ("time_delta", "hour"),
        ("dimensions", "coloName"),
        ("metrics", "count"),
        ("metrics", "bytesIngress"),
        ("sort", "+count"),
        ("sort", "-coloName"),
        ("since", "2026-01-05T00:00:00Z"),
        ("until", "2026-01-05T03:00:00Z"),
        ("limit", "5"),
    ]
    assert "sort=%2Bcount&" in url({**EVENTS, "sort": ["+count"]}, HOURS)
    assert url(EVENTS, HOURS).startswith(
        f"/zones/{ZONE}/spectrum/analytics/events/summary?dimensions=coloName&metrics="
    )


def test_lists_can_be_one_text_with_commas() -> None:
    settings = SOURCES["cloudflare"].settings.model_copy(update={"lists": "comma"})
    made = replace(ask(BYTIME, HOURS), source=replace(SOURCES["cloudflare"], settings=settings))
    pairs = made.endpoint.unfold(made).steps[0].request.query
    assert ("metrics", "count,bytesIngress") in pairs
    assert [name for name, _ in pairs].count("metrics") == 1


def test_ends_are_instants_in_utc_whatever_the_zone() -> None:
    pairs = dict(query(BYTIME, days("2026-03-07", "2026-03-09")))
    assert (pairs["since"], pairs["until"]) == ("2026-03-07T05:00:00Z", "2026-03-09T04:00:00Z")


@pytest.mark.parametrize(
    ("delta", "window", "hint"),
    [
        ("minute", days("2026-01-05", "2026-01-14", "UTC"), 'time_delta = "dekaminute"'),
        ("dekaminute", days("2026-01-01", "2026-06-01", "UTC"), 'time_delta = "hour"'),
        ("hour", days("2020-01-01", "2026-01-01", "UTC"), 'time_delta = "day"'),
    ],
)
def test_too_many_intervals_are_refused_with_a_length_that_fits(delta: str, window: Window, hint: str) -> None:
    with pytest.raises(WindowError, match=hint):
        asked({**BYTIME, "time_delta": delta}, window)
    asked({**BYTIME, "time_delta": "minute"}, days("2026-01-05", "2026-01-12", "UTC"))
    assert BUCKETS == 12_000


JANUARY = days("2026-01-01", "2026-02-01", "UTC")
FORTNIGHT = days("2026-01-05", "2026-01-19", "UTC")


@pytest.mark.parametrize(
    ("delta", "window", "hint"),
    [
        ("day", WEEK, ""),
        ("day", days("2026-01-05", "2026-01-08"), 'timezone = "UTC" in the job, or time_delta = "hour"'),
        (
            "day",
            days("2026-01-05T06:00", "2026-01-08"),
            'or zone_mismatch = "utc-days"',
        ),
        ("day", days("2026-01-04T19:00", "2026-01-07T19:00"), ""),
        ("day", days("2026-01-05", "2026-01-12", "Europe/London"), ""),
        ("month", days("2026-01-01", "2027-01-01", "Europe/London"), "months of Europe/London"),
        ("day", days("2026-01-05", "2026-01-08", "Africa/Abidjan"), ""),
        ("day", days("2026-01-05", "2026-01-07T12:00", "UTC"), "a window of whole days"),
        ("week", FORTNIGHT, ""),
        ("week", JANUARY, "whole weeks from Monday"),
        ("month", JANUARY, ""),
        ("month", days("2026-01-01", "2026-02-02", "UTC"), "whole months"),
        ("quarter", JANUARY, "whole quarters"),
        ("quarter", days("2026-01-01", "2026-04-01", "UTC"), ""),
        ("year", days("2026-04-01", "2027-04-01", "UTC"), "whole years"),
        ("year", days("2025-01-01", "2026-01-01", "UTC"), ""),
        ("hour", days("2026-01-05", "2026-01-08"), ""),
    ],
)
def test_a_window_that_cuts_a_day_of_utc_or_what_is_longer_is_refused(delta: str, window: Window, hint: str) -> None:
    keys = {**BYTIME, "time_delta": delta}
    if hint:
        with pytest.raises(WindowError, match=hint):
            asked(keys, window)
        return
    made = ask(keys, window)
    assert ("time_delta", delta) in made.endpoint.unfold(made).steps[0].request.query
    assert made.endpoint.days_of(made.parameters).doubtful == (delta != "hour")


@pytest.mark.parametrize(
    ("delta", "window", "edges", "cut"),
    [
        ("day", WEEK, ["01-05T00:00", "01-06T00:00", "01-07T00:00", "01-08T00:00"], False),
        ("day", WEEK, ["01-05T00:00", "01-05T08:00", "01-06T08:00", "01-07T08:00", "01-08T00:00"], True),
        ("week", FORTNIGHT, ["01-05T00:00", "01-12T00:00", "01-19T00:00"], False),
        ("week", FORTNIGHT, ["01-05T00:00", "01-11T00:00", "01-18T00:00", "01-19T00:00"], True),
        ("month", JANUARY, ["01-01T00:00", "02-01T00:00"], False),
        ("month", JANUARY, ["01-01T00:00", "01-30T00:00", "02-01T00:00"], True),
        (
            "hour",
            days("2026-01-05T00:30", "2026-01-05T02:00", "UTC"),
            ["01-05T00:30", "01-05T01:00", "01-05T02:00"],
            True,
        ),
    ],
)
def test_outer_intervals_that_are_cut_are_told(delta: str, window: Window, edges: list[str], cut: bool) -> None:
    told = {
        "query": {},
        "time_intervals": list(map(list, pairwise(f"2026-{edge}:00Z" for edge in edges))),
        "data": [{"dimensions": ["SFO"], "metrics": [[1] * (len(edges) - 1)] * 2}],
    }
    later = NOW + dt.timedelta(days=60)
    found = read({**BYTIME, "time_delta": delta}, v4({**SERIES, **told}), window=window, now=later)
    assert codes(found) == ["cloudflare.interval_edges"] * cut


def test_metrics_by_intervals_by_rows_become_rows() -> None:
    found = series()
    assert [column.name for column in found.columns] == [
        "coloName",
        "interval_start",
        "interval_end",
        "count",
        "bytesIngress",
        "complete",
    ]
    assert found.rows == [
        ("SFO", hour(0), hour(1), 4, 1200, True),
        ("SFO", hour(1), hour(2), 0, 0, True),
        ("SFO", hour(2), hour(3), 7, 3300, True),
    ]
    assert codes(found) == disagreements(found) == []


def test_a_square_that_is_turned_disagrees_with_the_totals() -> None:
    window = days("2026-01-05T00:00", "2026-01-05T02:00", "UTC")
    square = {**SERIES, "time_intervals": SERIES["time_intervals"][:2], "totals": {"count": 5, "bytesIngress": 3000}}
    right = read(
        BYTIME, v4({**square, "data": [{"dimensions": ["SFO"], "metrics": [[2, 3], [1000, 2000]]}]}), window=window
    )
    turned = read(
        BYTIME, v4({**square, "data": [{"dimensions": ["SFO"], "metrics": [[2, 1000], [3, 2000]]}]}), window=window
    )
    assert disagreements(right) == []
    assert "unreconciled" in disagreements(turned)


DURATIONS: dict[str, Any] = {**BYTIME, "metrics": ["durationAvg", "duration99th"]}
TWO_HOURS = days("2026-01-05T00:00", "2026-01-05T02:00", "UTC")


@pytest.mark.parametrize(
    ("metrics", "bounds", "told"),
    [
        ([[10, 20], [900, 950.5]], {"min": {"durationAvg": 10}, "max": {"durationAvg": 20, "duration99th": 950.5}}, []),
        ([[0, 20], [0, 950.5]], {"min": {"durationAvg": 20, "duration99th": 950.5}}, []),
        ([[10, 900], [20, 950.5]], {"max": {"durationAvg": 20}}, ["unreconciled"]),
        ([[10, 900], [20, 950.5]], {"min": {"duration99th": 900}}, ["unreconciled"]),
        ([[10, 900], [20, 950.5]], {"totals": {"durationAvg": 15}}, ["cloudflare.orientation"]),
        ([[10, 900], [20, 950.5]], {"max": {"count": 5}}, ["cloudflare.orientation"]),
    ],
)
def test_a_square_of_lengths_of_time_is_held_against_minimum_and_maximum(
    metrics: list[list[float]], bounds: dict[str, object], told: list[str]
) -> None:
    document = {"rows": 1, "data_lag": 0, "time_intervals": SERIES["time_intervals"][:2], **bounds}
    found = read(DURATIONS, v4({**document, "data": [{"dimensions": ["SFO"], "metrics": metrics}]}), window=TWO_HOURS)
    assert codes(found) == told


def test_only_a_square_without_bounds_can_be_turned_unseen() -> None:
    bare: dict[str, Any] = {"min": None, "max": {}, "totals": None}
    assert codes(series(**bare)) == []
    one = {**bare, "time_intervals": [["2026-01-05T00:00:00Z", "2026-01-05T03:00:00Z"]]}
    single = v4({**SERIES, **one, "query": {}, "data": [{"dimensions": ["SFO"], "metrics": [[4]]}]})
    assert codes(read({**BYTIME, "metrics": ["count"]}, single, window=HOURS)) == []


def test_dimensions_are_read_in_the_order_of_the_echo() -> None:
    keys = {**BYTIME, "dimensions": ["coloName", "event"]}
    echo = {"dimensions": ["event", "coloName"], "metrics": ["count", "bytesIngress"]}
    document = {
        **SERIES,
        "query": echo,
        "data": [{"dimensions": ["connect", "SFO"], "metrics": [[1, 2, 3], [4, 5, 6]]}],
    }
    found = read(keys, v4({**document, "totals": {}}), window=HOURS)
    assert [row[:2] for row in found.rows] == [("SFO", "connect")] * 3


@pytest.mark.parametrize("echo", [None, {}, {"metrics": []}])
def test_without_an_echo_the_order_asked_is_read(echo: object) -> None:
    assert series(query=echo).rows == series().rows


def test_another_question_is_no_answer() -> None:
    with pytest.raises(ProviderError, match="count, bytesIngress were asked"):
        series(query={"metrics": ["count", "bytesEgress"]})
    with pytest.raises(ProviderError, match="row 1 has 2 dimensions where 1 were asked"):
        series(data=[{"dimensions": ["SFO", "x"], "metrics": [[1, 2, 3], [1, 2, 3]]}])


@pytest.mark.parametrize("keys", [BYTIME, EVENTS])
@pytest.mark.parametrize(
    ("filters", "echo", "said"),
    [
        ("event==connect", {"filters": "event==disconnect"}, "its filters are event==disconnect, and event==connect"),
        (None, {"filters": "event==connect"}, "and none were asked"),
        ("event==connect", {"since": "2026-01-05T00:00:01Z"}, "its since is 2026-01-05T00:00:01"),
        (None, {"until": "2026-01-05T04:00:00+00:00"}, "its until is 2026-01-05T04:00:00"),
        ("event==connect AND coloName!=SFO", {"filters": "event%3D%3Dconnect;coloName!=SFO"}, ""),
        ("event==connect,coloName!=SFO", {"filters": " event==connect OR coloName!=SFO"}, ""),
        ("event==connect", {"filters": None, "since": None, "until": 5}, ""),
        (None, {"filters": "", "since": "2026-01-05T01:00:00.000+01:00", "until": "2026-01-05T03:00:00"}, ""),
    ],
)
def test_filters_and_span_of_the_echo_are_those_asked(
    keys: dict[str, Any], filters: str | None, echo: dict[str, object], said: str
) -> None:
    asked_for = {**keys, "filters": filters} if filters else keys
    document = v4({**(SERIES if keys is BYTIME else SUMMARY), "query": echo})
    if said:
        with pytest.raises(ProviderError, match="another question") as found:
            read(asked_for, document, window=HOURS)
        assert said in str(found.value)
    else:
        assert read(asked_for, document, window=HOURS).rows


def test_null_cells_and_rows_without_metrics_stay_null() -> None:
    data = [{"dimensions": ["SFO"], "metrics": [[4, None, 7], [1200, None, 3300]]}, {"dimensions": ["FRA"]}]
    found = series(data=data, rows=2)
    assert [row[3] for row in found.rows] == [4, None, 7, None, None, None]
    assert codes(found) == disagreements(found) == []


def test_no_rows_is_an_empty_answer() -> None:
    empty: dict[str, Any] = {"data": [], "rows": 0, "totals": {}, "time_intervals": []}
    assert series(**empty).rows == []
    assert series(**{**empty, "time_intervals": SERIES["time_intervals"]}).rows == []


def test_integers_beyond_2_to_the_53_are_exact() -> None:
    large = b"9007199254740993"
    body = b'{"success":true,"result":{"rows":1,"data_lag":0,"totals":{"count":9007199254740993},"query":{},'
    body += b'"time_intervals":[["2026-01-05T00:00:00Z","2026-01-05T03:00:00Z"]],'
    body += b'"data":[{"dimensions":["SFO"],"metrics":[[%s],[%s]]}]}}' % (large, large)
    found = asked(BYTIME, HOURS).read((Reply(200, {}, body),))
    assert isinstance(found, Rows)
    assert found.rows[0][3:5] == (2**53 + 1, 2**53 + 1)
    assert disagreements(found) == []


def test_lengths_of_time_are_exact_and_never_added_up() -> None:
    keys = {**EVENTS, "metrics": ["durationAvg"], "dimensions": []}
    found = read(
        keys, v4({**SUMMARY, "query": {}, "rows": 1, "data": [{"metrics": [12.345]}], "totals": {"durationAvg": 1}})
    )
    assert found.rows == [(Decimal("12.345"),)]
    assert disagreements(found) == []


def test_a_fraction_of_a_count_is_an_error_with_the_way_out() -> None:
    data = [{"dimensions": ["SFO"], "metrics": [[4.5, 0, 7], [1, 2, 3]]}]
    with pytest.raises(ProviderError, match=r'write columns = \{ count = "decimal" \}'):
        series(data=data)
    loose = {**BYTIME, "columns": {"count": "decimal"}}
    assert read(loose, v4({**SERIES, "data": data}), window=HOURS).rows[0][3] == Decimal("4.5")


@pytest.mark.parametrize(
    ("now", "lag", "complete"),
    [
        (hour(3), 0, [True, True, True]),
        (hour(3), 1, [True, True, False]),
        (hour(2), 3, [True, False, False]),
        (hour(3), 7_200, [True, False, False]),
        (hour(3), None, [None, None, None]),
    ],
)
def test_intervals_that_are_not_processed_yet_are_marked(now: dt.datetime, lag: object, complete: list[bool]) -> None:
    found = series(now, data_lag=lag)
    assert [row[-1] for row in found.rows] == complete
    assert codes(found) == (["cloudflare.incomplete"] if False in complete else [])


def test_intervals_that_do_not_meet_the_window_are_told() -> None:
    intervals = [["2026-01-05T00:00:00Z", "2026-01-05T01:00:00Z"], ["2026-01-05T02:00:00Z", "2026-01-05T04:00:00Z"]]
    data = [{"dimensions": ["SFO"], "metrics": [[4, 7], [1200, 3300]]}]
    assert codes(series(time_intervals=intervals, data=data)) == ["cloudflare.interval_edges"] * 2
    with pytest.raises(ProviderError, match="overlaps the one before"):
        series(time_intervals=[intervals[0], intervals[0]], data=data)
    with pytest.raises(ProviderError, match="does not end after it begins"):
        series(time_intervals=[intervals[0][::-1]], data=data)


def test_what_the_answer_says_of_itself_is_held_against_it() -> None:
    assert codes(series(rows=2)) == ["row_count"]
    assert codes(series(max={"count": 6})) == ["unreconciled"]
    assert disagreements(series(totals={"count": 12})) == ["unreconciled"]
    assert codes(series(query={"limit": 1})) == ["cloudflare.truncated"]
    assert codes(series(query={"limit": 0})) == []
    assert codes(series(query={"limit": 100_000})) == []


def test_a_summary_has_one_number_per_metric() -> None:
    found = read(EVENTS, v4(SUMMARY))
    assert found.rows == [("SFO", 11, 4500), ("FRA", 1, None)]
    assert codes(found) == disagreements(found) == []
    assert codes(read(EVENTS, v4(SUMMARY), now=dt.datetime(2026, 1, 7, tzinfo=dt.UTC))) == ["cloudflare.incomplete"]
    for wrong in ([11], [[11], [4500]], 11):
        with pytest.raises(ProviderError):
            read(EVENTS, v4({**SUMMARY, "data": [{"dimensions": ["SFO"], "metrics": wrong}]}))


def test_the_last_minute_by_application() -> None:
    assert url({**CURRENT, "app_id": ["a1", "b2"], "colo_name": "SFO"}, None).endswith(
        "/current?appID=a1%2Cb2&colo_name=SFO"
    )
    row = {"appID": "a1", "bytesEgress": 2, "bytesIngress": 1, "connections": 3, "durationAvg": 0.5}
    assert read(CURRENT, v4([row]), window=None).rows == [("a1", 3, 1, 2, Decimal("0.5"))]
    assert read(CURRENT, v4([]), window=None).rows == []
    assert refusal({**CURRENT, "window": "week"})[0].endswith("takes no window")
    assert "several ids" in refusal({**CURRENT, "app_id": ["a,b"]}, None)[0]


def test_the_bandwidth_of_zones() -> None:
    assert url({**REPORT, "cdn_traffic": False}, HOURS) == (
        "/user/spectrum_analytics/zones/report"
        "?since=2026-01-05T00%3A00%3A00Z&until=2026-01-05T03%3A00%3A00Z&cdn_traffic=false"
    )
    zones = [{"zone_id": "z1", "totals": {"bandwidth": {"all": 3, "ingress": 1, "egress": 2}}}]
    echo = {"since": "2026-01-05T00:00:00.000Z", "until": "2026-01-05T03:00:00+00:00"}
    found = read(REPORT, v4(zones, query=echo, result_info={"total_count": 2}), window=HOURS)
    assert found.rows == [("z1", 3, 1, 2)]
    assert (codes(found), disagreements(found)) == ([], ["row_count"])
    other = read(REPORT, v4(zones, query={**echo, "since": "2026-01-04T21:00:00Z"}), window=HOURS)
    assert codes(other) == ["cloudflare.interval_edges"]


@pytest.mark.parametrize(
    ("changed", "said", "hint"),
    [
        ({"sort": ["count"]}, "does not say which way", 'write "+count" or "-count"'),
        ({"sort": ["-bytesEgress"]}, "bytesEgress is none of this dataset's", "one of count"),
        ({"sort": ["-coun"]}, 'did you mean "count"?', "one of count"),
        ({"metrics": ["count", "count"]}, "more than once", "name each once"),
        ({"metrics": []}, "at least 1", ""),
        ({"limit": 0}, "greater than or equal to 1", ""),
        ({"since": "2026-01-05"}, "Extra inputs", ""),
        ({"zone_id": "a" * 33}, "at most 32", ""),
        ({"columns": {"bytes": "integer"}}, "has no column", "its columns"),
    ],
)
def test_what_is_refused(changed: dict[str, object], said: str, hint: str) -> None:
    found = refusal({**EVENTS, **changed})
    assert said in found[0]
    assert found[1].startswith(hint)


def test_a_result_of_another_kind_is_unreadable() -> None:
    for keys, result in ((BYTIME, [1]), (EVENTS, [1]), (CURRENT, {}), (REPORT, {})):
        window = None if keys is CURRENT else HOURS
        with pytest.raises(ProviderError):
            read(keys, v4(result), window=window)
    verdict = judged(BYTIME, says({"success": True, "data": {}}), HOURS)
    assert isinstance(verdict, Refused)
    assert "no result" in verdict.words


def test_rows_are_named_by_dimensions_and_interval() -> None:
    bytime, events = (PROVIDER.endpoints[keys["endpoint"]] for keys in (BYTIME, EVENTS))
    assert bytime.key(ask(BYTIME, HOURS).parameters) == ("coloName", "interval_start")
    assert events.key(ask(EVENTS, HOURS).parameters) == ("coloName",)
