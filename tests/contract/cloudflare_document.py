"""Cloudflare's OpenAPI document as the contract tests use it: read once, loosened where it contradicts itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from openapi_core import OpenAPI

HOST, BASE = "https://api.cloudflare.com", "/client/v4"
_DATE = r"^\d{4}-\d\d-\d\d$"
_NULLABLE = ("name", "meeting_id", "err_message", "invoked_time", "started_time", "stopped_time")


@cache
def document() -> Any:
    """The document, with its known contradictions settled (cloudflare.md §8) and three rules said only in words."""
    found = json.loads(Path(__file__).with_name("cloudflare_openapi.json").read_text("utf-8"))
    for path, item in found["paths"].items():
        answer = item["get"]["responses"]["200"]
        schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
        if "livestream" in path:  # row 11: schemas that their own examples contradict
            _settle(schema)
        if path.endswith("/livestreams"):
            schema["properties"]["data"] = {"type": "array", "items": schema["properties"]["data"]}
        if path.endswith("/analytics/daywise"):  # row 2: declared integer, fractions in the example
            stats = schema["properties"]["data"]["properties"]["recording_stats"]["properties"]
            stats["day_stats"]["items"]["properties"]["total_recording_minutes"]["type"] = "number"
    for name in ("realtimekit_pageNo", "realtimekit_perPage"):
        del found["components"]["parameters"][name]["allowEmptyValue"]  # an empty page number asks for nothing
    for name in ("realtimekit_startDate", "realtimekit_endDate"):
        found["components"]["parameters"][name]["schema"]["pattern"] = _DATE
    found["components"]["schemas"]["spectrum-analytics_sort"]["items"]["pattern"] = "^[+-]"
    return found


def _settle(schema: Any) -> None:
    for name, inner in schema.get("properties", {}).items():
        if name in _NULLABLE:
            inner.pop("enum", None)
            inner["nullable"] = True
        elif name == "disabled":
            inner["type"] = "boolean"
        elif name in ("ingest_seconds", "viewer_seconds"):
            inner["type"] = "number"
        elif name == "sessions":
            schema["properties"][name] = {"type": "array", "items": inner}
        _settle(inner)


@cache
def api() -> OpenAPI:
    """The validator over the document."""
    return OpenAPI.from_dict(document())


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    paths = sorted(document()["paths"], key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)), path) for path in paths]


def operation(path: str) -> str | None:
    """The template that a path below the base belongs to."""
    return next((template for pattern, template in _patterns() if pattern.fullmatch(path)), None)


def parameters(template: str) -> Iterator[Any]:
    """The query parameters of an operation."""
    item = document()["paths"][template]
    for each in (*item.get("parameters", ()), *item["get"].get("parameters", ())):
        named = document()["components"]["parameters"][each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        if named["in"] == "query":
            yield named


def kind(parameter: Any) -> str:
    """The type of a parameter, through one reference."""
    schema = parameter["schema"]
    if "$ref" in schema:
        schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return str(schema.get("type", "string"))
