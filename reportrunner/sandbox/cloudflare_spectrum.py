"""Spectrum analytics as they are asked for: events by time and as a summary, the last minute, bytes per zone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from operator import attrgetter
from typing import Any

from reportrunner.sandbox.cloudflare_asked import Asked, Wrong
from reportrunner.sandbox.cloudflare_connections import HOUR, Happened, happened, open_connections
from reportrunner.sandbox.cloudflare_filters import DIMENSIONS, sieve
from reportrunner.sandbox.cloudflare_ids import ZONE_IDS, spectrum_apps
from reportrunner.sandbox.cloudflare_times import DELTAS, edges, rfc3339

LAG = 30
"""Seconds before now that are not yet processed."""

Number = int | float
_DEFAULT_SPAN = 6 * HOUR


def _percentile(hundredths: int) -> Callable[[list[Happened]], Number]:
    """Return the nearest-rank percentile of the durations."""

    def reading(events: list[Happened]) -> Number:
        lengths = sorted(each.length for each in events)
        return lengths[max(0, -(-len(lengths) * hundredths // 100) - 1)]

    return reading


METRICS: dict[str, Callable[[list[Happened]], Number]] = {
    "count": len,
    "bytesIngress": lambda events: sum(each.ingress for each in events),
    "bytesEgress": lambda events: sum(each.egress for each in events),
    "durationAvg": lambda events: sum(each.length for each in events) / len(events),
    "durationMedian": _percentile(50),
    "duration90th": _percentile(90),
    "duration99th": _percentile(99),
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a zone's events; moments in unix milliseconds, ``sort`` in (name, downwards) pairs."""

    zone_id: str
    dimensions: tuple[str, ...]
    metrics: tuple[str, ...]
    filters: str | None
    sort: tuple[tuple[str, bool], ...]
    span: tuple[int, int]
    limit: int | None

    def rows(self, now: int) -> list[tuple[tuple[str, ...], list[Happened]]]:
        """Return the events of every row, in the order asked for, else in none."""
        let_through = sieve(self.filters)
        groups: dict[tuple[str, ...], list[Happened]] = {}
        fields = tuple(DIMENSIONS[each] for each in self.dimensions)
        read = attrgetter(*fields) if fields else None
        since, until = self.span
        for each in happened(self.zone_id, since, min(until, now - LAG * 1000)):
            if let_through(each):
                name = () if read is None else (read(each),) if len(fields) == 1 else read(each)
                groups.setdefault(name, []).append(each)
        rows = sorted(groups.items(), key=lambda row: [word[::-1] for word in row[0]])
        for column, downwards in reversed(self.sort):
            rows.sort(key=partial(self._sorted_by, column), reverse=downwards)
        return rows

    def _sorted_by(self, name: str, row: tuple[tuple[str, ...], list[Happened]]) -> Any:
        return row[0][self.dimensions.index(name)] if name in self.dimensions else METRICS[name](row[1])

    def echo(self) -> dict[str, Any]:
        """Return the question as an answer repeats it."""
        said: dict[str, Any] = {"dimensions": list(self.dimensions), "metrics": list(self.metrics)}
        if self.filters:
            said["filters"] = self.filters
        if self.sort:
            said["sort"] = [f"{'-' if downwards else '+'}{name}" for name, downwards in self.sort]
        said |= {"since": rfc3339(self.span[0]), "until": rfc3339(self.span[1])}
        return said if self.limit is None else {**said, "limit": self.limit}


def _listed(asked: Asked, name: str, known: Sequence[str], *, commas: bool) -> tuple[str, ...]:
    values = asked.many(name)
    if commas:
        values = [each for value in values for each in value.split(",")]
    for value in values:
        if value not in known:
            raise Wrong(f'{name}: there is no "{value}"; known are {", ".join(known)}')
    if len(set(values)) != len(values):
        raise Wrong(f"{name}: the same twice")
    return tuple(values)


def _sort(asked: Asked, columns: Sequence[str], *, commas: bool) -> tuple[tuple[str, bool], ...]:
    values = asked.many("sort")
    if commas:
        values = [each for value in values for each in value.split(",")]
    for value in values:
        if value[:1] not in ("+", "-") or value[1:] not in columns:
            raise Wrong(f'sort: "{value}" is no + or - before one of the metrics or dimensions asked for')
    return tuple((value[1:], value[0] == "-") for value in values)


def question(asked: Asked, zone_id: str, now: int, *, commas: bool) -> Question:
    """Read what is asked of a zone's events; raises Wrong."""
    dimensions = _listed(asked, "dimensions", tuple(DIMENSIONS), commas=commas)
    metrics = _listed(asked, "metrics", tuple(METRICS), commas=commas) or ("count",)
    sort = _sort(asked, (*dimensions, *metrics), commas=commas)
    span = _span(asked, now, _DEFAULT_SPAN)
    return Question(zone_id, dimensions, metrics, asked.text("filters"), sort, span, asked.number("limit", 1))


def _span(asked: Asked, now: int, default: int) -> tuple[int, int]:
    since, until = asked.moment("since"), asked.moment("until")
    until = now if until is None else until
    since = until - default if since is None else since
    if since >= until:
        raise Wrong("since must lie before until")
    return since, until


def by_time(asked: Asked, zone_id: str, now: int, *, commas: bool) -> dict[str, Any]:
    """``GET /zones/{zone_id}/spectrum/analytics/events/bytime``: one list per metric, one number per interval."""
    delta = asked.choice("time_delta", DELTAS)
    if delta is None:
        raise Wrong("time_delta is missing")
    wanted = question(asked, zone_id, now, commas=commas)
    asked.done()
    cuts = edges(delta, *wanted.span)
    rows = wanted.rows(now)
    cells = [(name, _in_time(events, wanted.metrics, cuts)) for name, events in rows]
    values = {
        metric: [value for _, lists in cells for value in lists[place]] for place, metric in enumerate(wanted.metrics)
    }
    result = _result(wanted, rows, values)
    result["data"] = [_row(name, lists) for name, lists in cells[: wanted.limit]]
    result["time_intervals"] = [[rfc3339(a), rfc3339(b)] for a, b in pairwise(cuts)]
    return result


def summary(asked: Asked, zone_id: str, now: int, *, commas: bool) -> dict[str, Any]:
    """``GET /zones/{zone_id}/spectrum/analytics/events/summary``: one number per metric."""
    wanted = question(asked, zone_id, now, commas=commas)
    asked.done()
    rows = wanted.rows(now)
    values = {metric: [METRICS[metric](events) for _, events in rows] for metric in wanted.metrics}
    result = _result(wanted, rows, values)
    result["data"] = [
        _row(name, [METRICS[metric](events) for metric in wanted.metrics]) for name, events in rows[: wanted.limit]
    ]
    return result


def _in_time(events: list[Happened], metrics: Sequence[str], cuts: list[int]) -> list[list[Number]]:
    """Return a list per metric of one number per interval: 0 where nothing happened."""
    held: dict[int, list[Happened]] = {}
    for each in events:
        held.setdefault(bisect_right(cuts, each.at) - 1, []).append(each)
    lists: list[list[Number]] = []
    for metric in metrics:
        numbers: list[Number] = [0] * (len(cuts) - 1)
        for place, inside in held.items():
            numbers[place] = METRICS[metric](inside)
        lists.append(numbers)
    return lists


def _row(name: tuple[str, ...], metrics: Sequence[Any]) -> dict[str, Any]:
    return {"dimensions": list(name), "metrics": metrics} if name else {"metrics": metrics}


def _result(
    wanted: Question, rows: Sequence[tuple[tuple[str, ...], list[Happened]]], values: dict[str, list[Number]]
) -> dict[str, Any]:
    """Return all but the data; a total of durations is that of all events together."""
    everything = [each for _, events in rows for each in events]
    return {
        "rows": min(len(rows), wanted.limit or len(rows)),
        "data_lag": LAG,
        "min": {metric: min(numbers) for metric, numbers in values.items() if numbers},
        "max": {metric: max(numbers) for metric, numbers in values.items() if numbers},
        "totals": {metric: METRICS[metric](everything) if everything else 0 for metric in wanted.metrics},
        "query": wanted.echo(),
    }


def current(asked: Asked, zone_id: str, now: int) -> list[dict[str, Any]]:
    """``GET /zones/{zone_id}/spectrum/analytics/aggregate/current``: what was open in the last processed minute.

    Bytes are the minute's share of a connection's, rounded down; durations are milliseconds up to the minute's end.
    """
    apps, colo = asked.text("appID"), asked.text("colo_name")
    asked.done()
    if colo is not None and len(colo) > 3:
        raise Wrong("colo_name has at most 3 characters")
    wanted = apps.split(",") if apps else list(reversed(spectrum_apps(zone_id)))
    until = now - LAG * 1000
    since = until - 60_000
    rows = []
    for app in wanted:
        if app not in spectrum_apps(zone_id):
            continue
        held = [
            each
            for each in open_connections(zone_id, since, until)
            if each.app == app and (colo is None or each.colo == colo)
        ]
        shares = [(min(until, each.start + each.length) - max(since, each.start), each) for each in held]
        lasted = [min(until, each.start + each.length) - each.start for each in held]
        rows.append(
            {
                "appID": app,
                "connections": len(held),
                "bytesIngress": sum(each.ingress * share // each.length for share, each in shares),
                "bytesEgress": sum(each.egress * share // each.length for share, each in shares),
                "durationAvg": sum(lasted) / len(lasted) if lasted else 0,
            }
        )
    return rows


def zones_report(asked: Asked, now: int) -> dict[str, Any]:
    """``GET /user/spectrum_analytics/zones/report``: bytes per zone; CDN traffic comes on top unless declined."""
    cdn = asked.flag("cdn_traffic")
    span = _span(asked, now, _DEFAULT_SPAN)
    asked.done()
    rows = []
    for zone_id in reversed(ZONE_IDS):
        events = list(happened(zone_id, span[0], min(span[1], now - LAG * 1000)))
        ingress, egress = (METRICS[name](events) for name in ("bytesIngress", "bytesEgress"))
        if cdn is not False:
            ingress, egress = ingress + 1000 * len(events), egress + 50_000 * len(events)
        bandwidth = {"all": ingress + egress, "ingress": ingress, "egress": egress}
        rows.append({"zone_id": zone_id, "totals": {"bandwidth": bandwidth}})
    info = {"page": 1, "per_page": len(rows), "count": len(rows), "total_count": len(rows), "total_pages": 1}
    query = {"since": rfc3339(span[0]), "until": rfc3339(span[1])}
    return {"result": rows, "result_info": info, "query": query}
