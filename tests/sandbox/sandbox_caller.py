"""A bare client of the sandbox for its tests: sends exactly what a test says, reads JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import requests

from reportrunner.sandbox import SANDBOX_ADMIN_SECRET, SANDBOX_KS, Sandbox
from reportrunner.sandbox.universe import Event, events

NOW = 1_795_000_000.0
FORM = "application/x-www-form-urlencoded"


class Clock:
    """A clock that a test moves by hand; unix seconds."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def when(**fields: object) -> dict[str, str]:
    """The fields of a report filter as form parameters."""
    return {f"reportInputFilter[{name}]": str(value) for name, value in fields.items()}


WEEK = when(objectType="KalturaEndUserReportInputFilter", fromDay=20261109, toDay=20261115, timeZoneOffset=300)
CAMPAIGN = when(objectType="KalturaEndUserReportInputFilter", fromDay=20260901, toDay=20261115, timeZoneOffset=240)
PAGE = {"pager[pageSize]": "500"}
PIPE = {"responseOptions[delimiter]": "|"}


class Caller:
    """Calls one running sandbox over one kept-alive connection."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.http = requests.Session()

    def post(self, path: str, data: object = None, **headers: str) -> requests.Response:
        """POST anything as it is."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(self.sandbox.base_url + path, data=data, headers=named, timeout=10)  # type: ignore[arg-type]

    def raw(self, call: str, *params: dict[str, str], **more: object) -> requests.Response:
        """``report.getTable`` with form parameters."""
        service, _, action = call.partition(".")
        groups: tuple[Mapping[str, object], ...] = (*params, more)
        form = {name: str(value) for group in groups for name, value in group.items()}
        return self.post(f"/api_v3/service/{service}/action/{action}", form)

    def json(self, call: str, *params: dict[str, str], **more: object) -> Any:
        """The same with format=1."""
        return self.raw(call, *params, format=1, **more).json()

    def session(self, privileges: str = "", kind: int = 2, **more: object) -> str:
        """A new session string."""
        given = {"secret": SANDBOX_ADMIN_SECRET, "partnerId": "10042", "type": str(kind), "privileges": privileges}
        ks = self.json("session.start", given, **more)
        assert isinstance(ks, str)
        return ks

    def reports(self, call: str, ks: str, **document: object) -> requests.Response:
        """``generate`` or ``serve`` of the Reports Microservice."""
        url = f"{self.sandbox.base_url}/api/v1/report/{call}"
        return self.http.post(url, json=document, headers={"Authorization": f"Bearer {ks}"}, timeout=10)

    def rows(self, *params: dict[str, str], **more: object) -> list[dict[str, str]]:
        """getTable's rows by header, read as kaltura.md §5.1 says."""
        return rows_of(self.json("report.getTable", PAGE, PIPE, *params, **more))


def rows_of(table: dict[str, Any], delimiter: str = "|") -> list[dict[str, str]]:
    """The rows of a getTable answer."""
    assert table.get("data", ";").endswith(";")
    names = table.get("header", "").split(delimiter)
    lines = table["data"].split(";")[:-1] if "data" in table else []
    return [dict(zip(names, line.split(delimiter), strict=True)) for line in lines]


KS = {"ks": SANDBOX_KS}
COURSE = when(entryIdIn="1_gdpr1")


def midnight(day: str, offset: int) -> int:
    """The start of a day at ``offset`` minutes of UTC minus local, in unix seconds."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) + offset * 60


def truth(
    entry_id: str = "1_gdpr1", first: str = "2026-11-09", end: str = "2026-11-16", offset: int = 300
) -> list[Event]:
    """The universe's own plays of one entry."""
    return events(frozenset([entry_id]), midnight(first, offset), midnight(end, offset))


def total_in(index: int) -> dict[str, str]:
    inner = {"service": "report", "action": "getTotal", "reportType": "13", "reportInputFilter:fromDay": "20261109"}
    return {f"{index}:{name}": value for name, value in inner.items()}


def multi(caller: Caller, *groups: dict[str, str]) -> Any:
    form = {name: value for group in (KS, {"format": "1"}, *groups) for name, value in group.items()}
    return caller.post("/api_v3/service/multirequest", form).json()
