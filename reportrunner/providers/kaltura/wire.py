"""Kaltura on the wire: how a call is written, how an answer is judged, how its strings become rows."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from typing import Any

from reportrunner.delimited import decoded, typed_rows
from reportrunner.flow import Again, Done, Hole, Pairs, Refused, Reply, Request, Text, Verdict
from reportrunner.providers.kaltura.catalogue import DELIMITER, MAX_ROWS, PAGE_SIZE
from reportrunner.table import Column, Rows
from reportrunner.verdict import excerpt, judge_http, plain

RETRYABLE = frozenset(
    {
        "INTERNAL_SERVERL_ERROR",
        "INTERNAL_DATABASE_ERROR",
        "DRUID_QUERY_TIMED_OUT",
        "SEARCH_ENGINE_QUERY_FAILED",
        "LOCK_TIMED_OUT",
        "LIVE_REPORTS_WS_FAILURE",
    }
)
"""Codes that may pass (kaltura.md §2)."""
HINTS = {
    "START_SESSION_ERROR": "check the source's partner and admin_secret",
    "REPORT_NOT_FOUND": "check the report's id",
    "INVALID_ENUM_VALUE": "this installation does not know the value: an older one lacks newer report types",
}
CSV_LIMIT = 100_000
LAST_PAGE = MAX_ROWS // PAGE_SIZE
_HEADER_CODE = re.compile(r"error-\s*(.+)", re.IGNORECASE)
_XML_CODE = re.compile(r"<error>.*?<code>([^<]+)</code>.*?<message>([^<]*)</message>", re.DOTALL)


def call(
    service: str, action: str, parameters: Sequence[tuple[str, Text]], page: int = 0, wave: int = 0, part: str = ""
) -> Request:
    """Write one API call as a form, asking for JSON (kaltura.md §1)."""
    form: Pairs = (("format", "1"), ("ks", Hole("session", "kaltura")), *parameters)
    path = f"/api_v3/service/{service}/action/{action}"
    return Request("POST", path, form=form, page=page, wave=wave, part=part)


def judge_answer(reply: Reply) -> tuple[Any, Verdict | None]:
    """Return the JSON answer, or why there is none: HTTP 200 says nothing, only the exception object does (§2)."""
    verdict = judge_http(reply)
    if verdict is not None:
        return None, verdict
    try:
        answer = json.loads(reply.body)
    except (ValueError, RecursionError):
        return None, Again("failed", f"the answer is no JSON: {excerpt(reply.body) or 'it is empty'}")
    return answer, judge_exception(answer)


def judge_exception(answer: object) -> Verdict | None:
    """Return the verdict on an exception object, alone or in a list, or None when there is none."""
    if isinstance(answer, list):
        return next((verdict for item in answer if (verdict := judge_exception(item))), None)
    if not isinstance(answer, dict) or answer.get("objectType") != "KalturaAPIException":
        return None
    return classify(str(answer.get("code", "")), str(answer.get("message", "")))


def classify(code: str, message: str) -> Verdict:
    """Say what an error code means: it may pass, it asks for a pause or a new session, or it is final (§2)."""
    words = plain(f"{code}: {message}")
    if code in RETRYABLE:
        return Again("failed", words)
    if code == "ACTION_BLOCKED":
        return Again("limited", words, dt.timedelta(seconds=10))
    if code == "INVALID_KS":
        return Again("session", words)
    return Refused("refused", words, HINTS.get(code, ""))


def judge_total(_: Request, reply: Reply) -> Verdict:
    """Judge a total: an object of that kind, with header and data (kaltura.md §5.2)."""
    answer, verdict = judge_answer(reply)
    verdict = verdict or _unlike(answer, "KalturaReportTotal")
    if verdict is None and not answer.get("header"):
        verdict = Refused("unreadable", "the total has no header")
    return verdict or Done()


def table_rows(request: Request, reply: Reply) -> int | Verdict:
    """Return how many rows a page of a table has, or the verdict on what is no such page (kaltura.md §5.1, §5.3)."""
    answer, verdict = judge_answer(reply)
    verdict = verdict or _unlike(answer, "KalturaReportTable")
    if verdict is not None:
        return verdict
    data: str = answer.get("data") or ""
    if data and not data.endswith(";"):
        return Refused("unreadable", f"page {request.page} ends inside a row: every row ends in a semicolon")
    return data.count(";")


def judge_base_total(_: Request, reply: Reply) -> Verdict:
    """Judge base totals: a list of things with id and data."""
    answer, verdict = judge_answer(reply)
    if verdict is not None:
        return verdict
    if not isinstance(answer, list) or not all(isinstance(item, dict) and item.get("id") for item in answer):
        return Refused("unreadable", f"the answer is no list of base totals: {excerpt(reply.body)}")
    return Done()


def _unlike(answer: object, kind: str) -> Refused | None:
    """Refuse what is not an answer of this kind: anything else would read as an empty table."""
    if not isinstance(answer, dict) or answer.get("objectType") != kind:
        return Refused("unreadable", f"the answer is no {kind}: {excerpt(json.dumps(answer).encode())}")
    header, data = answer.get("header"), answer.get("data")
    if not isinstance(header, str | None) or not isinstance(data, str | None):
        return Refused("unreadable", f"header and data of the {kind} are not texts")
    if header and data is None:
        # The server's JSON encoder makes null of a text with one wrong byte, and leaves null out (kaltura.md §5.3).
        return Refused("unreadable", "the answer has a header but no data: a value in it cannot be written as JSON")
    if data and not header:
        return Refused("unreadable", "the answer has data but no header")
    return None


def turn_page(request: Request, page: int, wave: int) -> Request:
    """Return the request for another page of the same table."""
    assert request.form is not None
    form = tuple((n, str(page) if n == "pager[pageIndex]" else v) for n, v in request.form)
    return Request(request.method, request.path, form=form, page=page, wave=wave, part=request.part)


def split_rows(answer: dict[str, Any]) -> list[str]:
    """Split `data` into rows: every row ends in `;`, the last one too (kaltura.md §5.1)."""
    return (answer.get("data") or "").split(";")[:-1]


def read_total(replies: Sequence[Reply], columns: tuple[Column, ...]) -> Rows:
    """Read a total: one row, no trailing `;`; empty text is null, not 0 (kaltura.md §5.2)."""
    answer = json.loads(replies[0].body)
    return typed_rows(answer["header"].split(DELIMITER), [answer["data"].split(DELIMITER)], columns)


def read_base_total(replies: Sequence[Reply], columns: tuple[Column, ...]) -> Rows:
    """Read base totals: a row for each thing that is counted."""
    cells = [[str(item["id"]), str(item.get("data") or "")] for item in json.loads(replies[0].body)]
    return typed_rows(["id", "data"], cells, columns)


def said_of_file(reply: Reply) -> str:
    """Say why a file-returning action gave no file: an error document, or a header beside an empty body (§2)."""
    body = reply.body.removeprefix(b"\xef\xbb\xbf")
    if not body.strip():
        return reply.headers.get("x-kaltura-app") or "an empty file came back, and no reason"
    found = _XML_CODE.search(body.decode("utf-8", "replace"))
    return f"{found[1]}: {found[2]}" if found else f"no CSV: {excerpt(body)}"


def judge_csv(_: Request, reply: Reply) -> Verdict:
    """Judge a file-returning action: an error is an empty body or a document that is no CSV (kaltura.md §2, §7.2)."""
    verdict = judge_http(reply)
    if verdict is not None:
        return verdict
    body = reply.body.removeprefix(b"\xef\xbb\xbf")
    told = _HEADER_CODE.match(reply.headers.get("x-kaltura", ""))
    if told:
        reason = reply.headers.get("x-kaltura-app", "no reason given")
        return classify(told[1].strip(), reason)
    if not body.strip():
        words = reply.headers.get("x-kaltura-app") or "no reason given"
        return Refused("refused", f"an empty file came back: {words}", "check the report's id and its parameters")
    if body.lstrip().startswith(b"<"):
        found = _XML_CODE.search(body.decode("utf-8", "replace"))
        return classify(found[1], found[2]) if found else Again("failed", f"no CSV: {excerpt(body)}")
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return _judge_file(body)
    return judge_exception(answer) or Refused("unreadable", f"JSON instead of CSV: {excerpt(body)}")


def _judge_file(body: bytes) -> Verdict:
    if body.startswith(b"{"):
        return Refused("unreadable", f"no CSV: {excerpt(body)}")
    if not body.endswith(b"\n"):
        return Refused("truncated", "the file ends inside a row: every row ends in a line feed")
    if body.count(b"\n") > CSV_LIMIT:
        return Refused("truncated", f"{CSV_LIMIT:,} rows came back, the most such a file holds", "narrow the window")
    return Done()


def read_csv(replies: Sequence[Reply], columns: tuple[Column, ...]) -> Rows:
    """Read a custom report: BOM, no quoting, so every row's field count is checked (kaltura.md §7.2)."""
    lines = decoded(replies[0].body).split("\n")[:-1]
    cells = [line.removesuffix("\r").split(",") for line in lines]
    return typed_rows(cells[0], cells[1:], columns)
