"""A bare client of the sandbox's Cloudflare: sends exactly what a test says, reads JSON with exact numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import requests
from sandbox_caller import NOW, Clock

from reportrunner.sandbox import CREDENTIALS, Faults, Sandbox
from reportrunner.sandbox.cloudflare_ids import ACCOUNT_ID, APP_ID, ZONE_IDS

KIT = f"/accounts/{ACCOUNT_ID}/realtime/kit/{APP_ID}"
ZONE = f"/zones/{ZONE_IDS[0]}/spectrum/analytics"
REPORT = "/user/spectrum_analytics/zones/report"
TOKEN = {"Authorization": f"Bearer {CREDENTIALS['cloudflare']['api_token']}"}
PAIR = {"X-Auth-Email": CREDENTIALS["cloudflare"]["email"], "X-Auth-Key": CREDENTIALS["cloudflare"]["api_key"]}
NOW_MS = int(NOW * 1000)
"""2026-11-18T11:06:40Z, a Wednesday."""
Named = Mapping[str, str | list[str]]
Query = Named | str


class Cloud:
    """Calls one running sandbox; ``base`` ends with ``/client/v4``."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.base = sandbox.base_url_of("cloudflare")
        self.http = requests.Session()

    def raw(
        self, path: str, query: Query = "", headers: dict[str, str] = TOKEN, method: str = "GET"
    ) -> requests.Response:
        """Send one request; a query given as text goes out as it is."""
        url = f"{self.base}{path}?{query}" if isinstance(query, str) and query else self.base + path
        params = None if isinstance(query, str) else query
        return self.http.request(
            method,
            url,
            params=params,
            headers=headers,
            timeout=10,
        )

    def json(self, path: str, query: Query = "", headers: dict[str, str] = TOKEN) -> Any:
        """The answer of a request that must succeed."""
        reply = self.raw(path, query, headers)
        assert reply.status_code == 200, reply.text
        return json.loads(reply.text, parse_float=Decimal)

    def refused(self, path: str, query: Query = "", headers: dict[str, str] = TOKEN) -> tuple[int, Any]:
        """Status and body of a request that must fail."""
        reply = self.raw(path, query, headers)
        assert reply.status_code != 200, reply.text
        return reply.status_code, reply.json()

    def pages(self, path: str, query: Named, *names: str) -> Iterator[Any]:
        """All rows of a list under ``names`` of the answer, page by page, until ``end_offset`` says so."""
        for number in range(1, 1000):
            answer = self.json(path, {**query, "page_no": str(number)})
            held: Any = answer
            for name in names:
                held = held[name]
            yield from held
            paging = answer.get("paging") or answer["data"]["paging"]
            if paging["end_offset"] >= paging["total_count"]:
                return


def running(today: float = NOW, **faults: Any) -> Iterator[Cloud]:
    """A cloud over a sandbox whose now stands still."""
    with Sandbox(clock=Clock(), today=lambda: today, faults=Faults(**faults)) as sandbox:
        yield Cloud(sandbox)
