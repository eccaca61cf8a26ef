"""100 exports of 3 s each at 16 workers: while they are made nothing may wait but data."""

from __future__ import annotations

from collections.abc import Iterator

from bench.measure import Figure, run_job, service

EXPORTS = 100
SECONDS = 3.0
JOB = f"""
title    = "Exports side by side"
timezone = "America/New_York"

[windows.week]
period = "week"
offset = -1

[datasets.polls]
source     = "kaltura_reports"
endpoint   = "pollsActivity"
window     = "week"
each       = {{ values = [{", ".join(f'"1_bench{number}"' for number in range(EXPORTS))}], as = "asked" }}
filters    = {{ entries_ids = ["{{{{ each }}}}"], virtual_event_ids = ["4711"] }}
privileges = ["virtualeventid:4711"]
empty      = "ok"
[datasets.polls.columns]
poll_id       = "string"
poll_question = "string"
entry_id      = "string"
user_id       = "string"
email         = "string"
answer        = "string"
answered_at   = "timestamp"

[outputs.polls]
format  = "csv"
dataset = "polls"
"""


def measure() -> Iterator[Figure]:
    """Measure the whole run, and count how often it looked."""
    faults = ("--fault", f"export_seconds={SECONDS}", "--fault", "polls_before_ready=0")
    with service("-m", "reportrunner", "sandbox", *faults) as url:
        ran = run_job(url, JOB, "--workers", "16")
    polls = ran.requests("poll") / EXPORTS
    yield Figure(f"{EXPORTS} exports of {SECONDS:g} s, 16 workers", ran.seconds, SECONDS, f"{polls:.1f} polls a job")
