"""What the platform's jobs ask LiveKit for is never too old, in whatever zone and at whatever hour they run."""

from __future__ import annotations

import datetime as dt
import tomllib
from zoneinfo import ZoneInfo

import pytest
from running import ROOT

from reportrunner.providers.livekit.times import first_day
from reportrunner.window.form import Last
from reportrunner.window.resolve import resolve_one
from reportrunner.window.span import WindowError, parse_span

# from the west of the date line to its east, with the offsets between that make the first hours of a day delicate
ZONES = (
    "Etc/GMT+12", "America/New_York", "UTC", "Africa/Lagos", "Europe/Berlin", "Africa/Nairobi", "Asia/Kathmandu",
    "Asia/Tokyo", "Australia/Lord_Howe", "Pacific/Kiritimati",
)  # fmt: skip
DAYS = (dt.date(2026, 3, 30), dt.date(2026, 10, 26), dt.date(2026, 11, 2), dt.date(2026, 11, 16))


def asked(job: str, window: str) -> Last:
    """The window of a job, as its file has it."""
    given = tomllib.loads((ROOT / "jobs" / f"{job}.toml").read_text("utf-8"))["windows"][window]
    return Last(parse_span(given["last"]), lag=parse_span(given["lag"]) if "lag" in given else None)


def refused(form: Last, zone: str) -> list[str]:
    """The moments at which the service would not answer: every 20 minutes of some days is tried."""
    found = []
    for day in DAYS:
        for minute in range(0, 1_440, 20):
            at = dt.datetime.combine(day, dt.time(minute // 60, minute % 60), ZoneInfo(zone))
            try:
                first_day(resolve_one("it", {"it": form}, zone, at), at, "error")
            except WindowError:
                found.append(at.isoformat())
    return found


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("job", "window"), [("platform/rooms", "lately"), ("platform/board", "days")])
def test_five_days_are_never_too_old(job: str, window: str, zone: str) -> None:
    assert refused(asked(job, window), zone) == []


def test_more_days_or_a_longer_lag_would_be() -> None:
    """So the jobs say five, and an hour."""
    assert refused(Last(parse_span("6 days")), "America/New_York") != []
    assert refused(Last(parse_span("5 days"), lag=parse_span("6 hours")), "Africa/Nairobi") != []
