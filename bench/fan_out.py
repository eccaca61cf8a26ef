"""A list of ten pages and the details of its 1,000 sessions, 50 ms a request, at 16 workers."""

from __future__ import annotations

import datetime as dt
import json
import math
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from bench.measure import Figure, run_job, service

SESSIONS, SIZE = 1_000, 100
PAGES = SESSIONS // SIZE
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
    today = dt.datetime.now(dt.UTC).date().isoformat()
    with service("-m", "bench.fan_out") as url:
        ran = run_job(url, JOB, "--workers", str(WORKERS), "--as-of", today, project=PROJECT)
    note = f"{len(ran.record['requests']):,} requests"
    yield Figure(f"{PAGES} pages, {SESSIONS:,} details at 50 ms", ran.seconds, floor, note)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:  # the base class's name
        url = urlsplit(self.path)
        number = parse_qs(url.query).get("page")
        body = _BODIES.get(f"page {number[0]}" if number else url.path.rpartition("/")[2], b"{}")
        time.sleep(DELAY)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Be quiet."""


_BODIES: dict[str, bytes] = {}


def _make() -> None:
    """Write every answer: yesterday's sessions, an hour each, with three participants."""
    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    begins, ends = f"{yesterday}T09:00:00Z", f"{yesterday}T10:00:00Z"
    stay = {"participantId": "PA_bench", "joinedAt": begins, "leftAt": ends}
    people = [{"participantIdentity": f"user{n}", "joinedAt": begins, "sessions": [stay]} for n in range(3)]
    points = [{"timestamp": f"{yesterday}T09:{minute:02}:00Z", "value": minute % 6} for minute in range(60)]
    names = [f"RM_bench{n:04}" for n in range(SESSIONS)]
    for number in range(PAGES):
        listed = [{"sessionId": n, "createdAt": begins, "endedAt": ends} for n in names[number * SIZE :][:SIZE]]
        _BODIES[f"page {number}"] = json.dumps({"sessions": listed}).encode()
    for name in names:
        told = {"roomId": name, "startTime": begins, "endTime": ends, "connectionMinutes": 180, "numParticipants": 3}
        _BODIES[name] = json.dumps({**told, "participants": people, "quality": points}).encode()


def serve() -> None:
    """Serve until killed; the answers are made before the first request."""
    _make()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    sys.stdout.write(f"http://127.0.0.1:{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    serve()
