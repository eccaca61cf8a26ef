"""Ten dashboards of a job, each totals, graphs and table of one question, 50 ms a request: packed, and one by one."""

from __future__ import annotations

from collections.abc import Iterator

from bench.measure import PROJECT, Figure, run_job, service

REPORTS = ("TOP_CONTENT", "CONTENT_DROPOFF", "USER_TOP_CONTENT", "PLATFORMS", "OPERATING_SYSTEM", "BROWSERS")
DASHBOARDS = 10
DELAY = 0.05
CALLS = ("getTotal", "getGraphs", "getTable")
WORKERS = 4
HEAD = """
title    = "Dashboards"
timezone = "America/New_York"
"""
ALONE = PROJECT.replace("partner  = 10042", "partner  = 10042\nenvelope = 1")


def job() -> str:
    """Return a job of as many dashboards, each over a week of its own."""
    text = HEAD
    for number in range(DASHBOARDS):
        text += f'\n[windows.w{number}]\nperiod = "week"\noffset = -{number + 1}\n'
        for call in CALLS:
            text += f"""
[datasets.{call.lower()}_{number}]
source   = "kaltura"
endpoint = "report.{call}"
report   = "{REPORTS[number % len(REPORTS)]}"
window   = "w{number}"
filters  = {{ playbackTypeIn = ["vod"] }}
"""
    return f'{text}\n[outputs.all]\nformat = "html"\ntemplate = "builtin:report"\n'


def measure() -> Iterator[Figure]:
    """Measure both ways against requests that are only waited for, a call each, four at a time."""
    floor = DASHBOARDS * (len(CALLS) + 1) * DELAY / WORKERS
    with service("-m", "reportrunner", "sandbox", "--fault", f"delay_seconds={DELAY}") as url:
        for name, project in (("packed", PROJECT), ("alone", ALONE)):
            ran = run_job(url, job(), "--workers", str(WORKERS), project=project)
            note = f"{len(ran.record['requests'])} requests"
            yield Figure(f"{DASHBOARDS} dashboards at 50 ms, {name}", ran.seconds, floor, note)
