"""A list of ten pages and the details of its 1,000 sessions, 50 ms a request, at 16 workers."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

from bench.measure import Figure, run_job, service

SESSIONS = 1_000
PAGES = 10
DELAY = 0.05
WORKERS = 16
PROJECT = """
[sources.livekit]
provider = "livekit"
base_url = "{url}"
project  = "p_bench"
auth     = {{ api_key = {{ env = "LIVEKIT_API_KEY" }}, api_secret = {{ env = "LIVEKIT_API_SECRET" }} }}
"""
JOB = """
title    = "Everything about a day"
timezone = "UTC"

[windows.day]
last = "1 day"

[datasets.sessions]
source   = "livekit"
endpoint = "sessions.list"
window   = "day"

[datasets.details]
source   = "livekit"
endpoint = "sessions.get"
each     = { dataset = "sessions", column = "sessionId" }
id       = "{{ each }}"

[outputs.details]
format  = "csv"
dataset = "details"
"""


def measure() -> Iterator[Figure]:
    """Measure the whole run against requests that are only waited for: pages one by one, details 16 at a time."""
    floor = (math.ceil(SESSIONS / WORKERS) + PAGES) * DELAY
    faults = ("--fault", f"delay_seconds={DELAY}", "--fault", f"livekit_sessions={SESSIONS}")
    today = dt.datetime.now(dt.UTC).date().isoformat()
    with service("-m", "reportrunner", "sandbox", *faults) as url:
        ran = run_job(url, JOB, "--workers", str(WORKERS), "--as-of", today, project=PROJECT)
    note = f"{len(ran.record['requests']):,} requests"
    yield Figure(f"{PAGES} pages, {SESSIONS:,} details at 50 ms", ran.seconds, floor, note)
