"""Tables of 24 pages of 500 rows (as many as Kaltura gives) of 8 entries, 50 ms a request, at 16 workers."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from bench.measure import Figure, run_job, service
from reportrunner.sandbox.catalogue import report_types

ENTRIES, PAGES, SIZE = 8, 24, 500
DELAY = 0.05
WORKERS = 16
ROWS = PAGES * SIZE - 1
"""One short of full: the last page is short, and ends the table."""
JOB = f"""
title    = "Long tables"
timezone = "America/New_York"

[windows.week]
period = "week"
offset = -1

[datasets.progress]
source   = "kaltura"
endpoint = "report.getTable"
report   = "USER_TOP_CONTENT"
window   = "week"
each     = {{ values = [{", ".join(f'"1_bench{number}"' for number in range(ENTRIES))}], as = "entry_id" }}
filters  = {{ entryIdIn = ["{{{{ each }}}}"], playbackTypeIn = ["vod"] }}
accept   = {{ unreconciled = "the service here has no totals" }}

[outputs.progress]
format  = "csv"
dataset = "progress"
"""


def measure() -> Iterator[Figure]:
    """Measure the whole run against requests that are only waited for, 16 at a time."""
    with service("-m", "bench.pages") as url:
        ran = run_job(url, JOB, "--workers", str(WORKERS))
    requests = ran.requests("fetch")
    note = f"{requests} requests, {ENTRIES * ROWS:,} rows"
    yield Figure(f"{ENTRIES} x {PAGES} pages at {DELAY * 1000:g} ms", ran.seconds, requests * DELAY / WORKERS, note)


def page(number: int) -> bytes:
    """Return one page of the table as Kaltura writes it."""
    columns = report_types()["13"]["table_columns"]
    rows = range((number - 1) * SIZE, min(number * SIZE, ROWS))
    cells = ["Some Body", "1", "3", "12.35", "4.1166666666667", "0.75", "4", "0.75", "0.61111111111111", "0", "0.8"]
    data = "".join("|".join([f"user{row:05}@example.org", *cells, "14.2", "4.7333333333333"]) + ";" for row in rows)
    answer = {"header": "|".join(columns), "data": data, "totalCount": ROWS, "objectType": "KalturaReportTable"}
    return json.dumps(answer).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:  # the base class's name
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        number = form.get("pager[pageIndex]")
        body = b'"bench-session-0000"' if number is None else _BODIES[int(number[0])]
        time.sleep(DELAY)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Be quiet."""


_BODIES: dict[int, bytes] = {}


def serve() -> None:
    """Serve the table until killed; the pages are made before the first request."""
    _BODIES.update((number, page(number)) for number in range(1, PAGES + 1))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    sys.stdout.write(f"http://127.0.0.1:{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    serve()
