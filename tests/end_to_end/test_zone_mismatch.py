"""A service of UTC days that a project describes, under the sandbox: refused, then both ways out, in one run."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

from described import SOURCE, project, run

ENDPOINT = """
request  = { path = "/things", query = { from = "{{ window.first_day }}", to = "{{ window.last_day }}" } }
response = { format = "json", rows = "$.data" }
columns  = { id = "integer", at = "timestamp" }
zone     = "UTC"
"""
JOB = """
title    = "What happened in the week in which the clock changes?"
timezone = "America/New_York"
[windows.week]
from = 2026-10-26
to   = 2026-11-01

[datasets.same_dates]
source        = "house"
endpoint      = "things"
window        = "week"
zone_mismatch = "utc-days"

[datasets.our_days]
source        = "house"
endpoint      = "things"
window        = "week"
zone_mismatch = "covering"
moment        = "at"

[outputs.same_dates]
format  = "csv"
dataset = "same_dates"
[outputs.our_days]
format  = "csv"
dataset = "our_days"
[outputs.page]
format  = "html"
"""
EVENTS = [dt.datetime(2026, 10, 24, tzinfo=dt.UTC) + dt.timedelta(minutes=53 * n) for n in range(330)]


def exchange(first: str, last: str) -> str:
    """What the service answers for these days: every event of them, by the clock of UTC."""
    held = [(n, at) for n, at in enumerate(EVENTS) if first <= at.date().isoformat() <= last]
    data = json.dumps({"data": [{"id": n, "at": at.isoformat()} for n, at in held]})
    return (
        "[[exchanges]]\n"
        f'request = {{ method = "GET", path = "/things", query = {{ from = "{first}", to = "{last}" }} }}\n'
        f"reply = {{ text = '{data}' }}\n"
    )


def ids(root: Path, name: str) -> list[int]:
    (file,) = (root / "out/things").glob(f"*/{name}.csv")
    return [int(row["id"]) for row in csv.DictReader(file.read_text("utf-8-sig").splitlines())]


def between(first: str, end: str) -> list[int]:
    start, until = dt.datetime.fromisoformat(first), dt.datetime.fromisoformat(end)
    return [n for n, at in enumerate(EVENTS) if start <= at < until]


def test_both_ways_give_what_they_promise(tmp_path: Path) -> None:
    fixtures = exchange("2026-10-26", "2026-11-01") + exchange("2026-10-26", "2026-11-02")
    root = project(tmp_path / "a", ENDPOINT, fixtures, source=SOURCE, job=JOB)
    ran = run(root)
    assert ran.code == 0, ran.err
    assert ids(root, "same_dates") == between("2026-10-26T00:00:00Z", "2026-11-02T00:00:00Z")
    assert ids(root, "our_days") == between("2026-10-26T00:00:00-04:00", "2026-11-02T00:00:00-05:00")
    (page,) = (root / "out/things").glob("*/page.html")
    said = page.read_text("utf-8").replace("&#34;", '"').replace("&quot;", '"')
    assert "each begins 4 hours before that of America/New_York, and the last ends 5 hours before" in said
    assert 'zone_mismatch = "covering": days 2026-10-26 to 2026-11-02 of UTC are asked' in said


def test_without_a_choice_nothing_is_sent(tmp_path: Path) -> None:
    job = JOB.replace('zone_mismatch = "utc-days"\n', "").replace(
        'zone_mismatch = "covering"\nmoment        = "at"\n', ""
    )
    ran = run(project(tmp_path / "a", ENDPOINT, exchange("2026-10-26", "2026-11-01"), source=SOURCE, job=job))
    assert ran.code == 3
    assert ran.err.count("things counts days of UTC (documented), and this window's days are those of") == 2
    assert ran.err.count('zone_mismatch = "covering" and moment = "at"') == 2
