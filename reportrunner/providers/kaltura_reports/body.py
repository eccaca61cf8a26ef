"""Parameters that a job types itself, as the JSON that is sent."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

from reportrunner.diagnose import Hinted
from reportrunner.flow import JsonBody, JsonValue


def as_json(value: object) -> JsonValue:
    """Return a TOML value as JSON: dates and instants become ISO texts; Hinted for what JSON cannot say."""
    if isinstance(value, dict):
        return JsonBody(tuple((name, as_json(item)) for name, item in value.items()))
    if isinstance(value, list):
        return tuple(as_json(item) for item in value)
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            raise Hinted(f"{value.isoformat()} is no instant without its offset", "write 2026-11-09T00:00:00Z")
        return value.isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return as_json(int(value) if value == value.to_integral_value() else float(value))
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise Hinted(f"{value} cannot be sent as JSON", "write a text, a number, a date, a list or a table")
