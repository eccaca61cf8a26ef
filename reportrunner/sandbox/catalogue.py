"""The packaged facts about Kaltura's reports, read for the stand-in (the one thing it shares with the provider)."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


def _load(name: str) -> Any:
    return json.loads(files("reportrunner").joinpath("providers", "kaltura", "data", name).read_text("utf-8"))


@cache
def report_types() -> dict[str, dict[str, Any]]:
    """Return the report types the server knows, by wire id (kaltura.md §8)."""
    return {report["wire"]: report for report in _load("report_types.json") if report["in_server_22_19"]}


@cache
def filter_fields() -> dict[str, dict[str, dict[str, Any]]]:
    """Return every filter field by class name (kaltura.md §6)."""
    return {name: fields for name, fields in _load("filter_fields.json").items() if name != "_about"}
