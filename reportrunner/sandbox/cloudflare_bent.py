"""Answers of Spectrum analytics bent by fault switches: shapes that a reader must not take for the right one."""

from __future__ import annotations

from typing import Any

from reportrunner.sandbox.faults import FaultCounter


def bent(result: dict[str, Any], counter: FaultCounter, action: str) -> dict[str, Any]:
    """Return a result of bytime or summary as the switched faults leave it."""
    by_time = "time_intervals" in result
    if counter.due("cloudflare_reordered", action):
        query = {**result["query"], "metrics": result["query"]["metrics"][::-1]}
        rows = [{**row, "metrics": row["metrics"][::-1]} for row in result["data"]]
        result = {**result, "query": query, "data": rows}
    if by_time and counter.due("cloudflare_null_cells", action):
        result = _each(result, lambda lists: [[value or None for value in cells] for cells in lists])
    if by_time and counter.due("cloudflare_transposed", action):
        result = _each(result, lambda lists: [list(cells) for cells in zip(*lists, strict=True)])
    if by_time and counter.due("cloudflare_short_cells", action):
        result = _each(result, lambda lists: [*lists[:-1], lists[-1][:-1]])
    if by_time and counter.due("cloudflare_no_intervals", action):
        result = {name: value for name, value in result.items() if name != "time_intervals"}
    if counter.due("cloudflare_no_metrics", action) and result["data"]:
        *others, last = result["data"]
        result = {**result, "data": [*others, {name: last[name] for name in last if name != "metrics"}]}
    return result


def _each(result: dict[str, Any], bend: Any) -> dict[str, Any]:
    return {**result, "data": [{**row, "metrics": bend(row["metrics"])} for row in result["data"]]}
