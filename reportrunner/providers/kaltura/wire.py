"""Kaltura on the wire: how a call is written, how an answer is judged, how its strings become rows."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from typing import Any

from reportrunner.cell import parse_column
from reportrunner.delimited import decoded, typed_rows, unreadable
from reportrunner.errors import ProviderError
from reportrunner.flow import Again, Done, Hole, More, Pairs, Refused, Reply, Request, Text, Verdict
from reportrunner.providers.kaltura.catalogue import DELIMITER, MAX_ROWS, PAGE_SIZE
from reportrunner.table import Column, ColumnType, Note, Rows, Value
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
}
CSV_LIMIT = 100_000
LAST_PAGE = MAX_ROWS // PAGE_SIZE
_HEADER_CODE = re.compile(r"error-\s*(.+)", re.IGNORECASE)
_XML_CODE = re.compile(r"<error>.*?<code>([^<]+)</code>.*?<message>([^<]*)</message>", re.DOTALL)


def call(service: str, action: str, parameters: Sequence[tuple[str, Text]], page: int = 0, wave: int = 0) -> Request:
    """Write one API call as a form, asking for JSON (kaltura.md §1)."""
    form: Pairs = (("format", "1"), ("ks", Hole("session", "kaltura")), *parameters)
    path = f"/api_v3/service/{service}/action/{action}"
    return Request("POST", path, form=form, page=page, wave=wave)


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


def judge_table(request: Request, reply: Reply) -> Verdict:
    """Judge a page: a full one asks for more, in a window that doubles; a short one ends (kaltura.md §4.1)."""
    answer, verdict = judge_answer(reply)
    verdict = verdict or _unlike(answer, "KalturaReportTable")
    if verdict is not None:
        return verdict
    data = answer.get("data") or ""
    if data and not data.endswith(";"):
        return Refused("unreadable", f"page {request.page} ends inside a row: every row ends in a semicolon")
    rows = data.count(";")
    if rows > PAGE_SIZE:
        words = f"page {request.page} has {rows:,} rows where {PAGE_SIZE} were asked: this report does not page"
        return Refused("unreadable", words, "narrow the window or the filters")
    if rows < PAGE_SIZE:
        return Done()
    if request.page >= LAST_PAGE:
        return Refused(
            "truncated",
            f"{MAX_ROWS:,} rows came back, and a table cannot page further: rows are missing",
            "narrow the window or the filters",
        )
    if request.page < request.wave:
        return Done()
    last = min(request.wave * 2 + 1, LAST_PAGE)
    return More(tuple(turn_page(request, page, last) for page in range(request.page + 1, last + 1)))


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
    return Request(request.method, request.path, form=form, page=page, wave=wave)


def split_rows(answer: dict[str, Any]) -> list[str]:
    """Split `data` into rows: every row ends in `;`, the last one too (kaltura.md §5.1)."""
    return (answer.get("data") or "").split(";")[:-1]


def read_table(replies: Sequence[Reply], columns: tuple[Column, ...]) -> Rows:
    """Read the pages of a table into typed rows, columns found by header and never by place."""
    rows: list[tuple[Value, ...]] = []
    notes: dict[Note, None] = {}
    short = 0
    for number, reply in enumerate(replies, 1):
        answer = json.loads(reply.body)
        texts = split_rows(answer)
        if texts and short:
            raise unreadable(f"page {short} is short although page {number} has rows: rows moved between the pages")
        if len(texts) < PAGE_SIZE:
            short = short or number
        if texts:
            page = _page(number, answer["header"].split(DELIMITER), [row.split(DELIMITER) for row in texts], columns)
            rows += page.rows
            notes |= dict.fromkeys(page.notes)
    return Rows(columns, rows, tuple(notes))


def _page(number: int, header: list[str], cells: list[list[str]], columns: tuple[Column, ...]) -> Rows:
    try:
        return typed_rows(header, cells, columns, _values)
    except ProviderError as error:
        raise unreadable(f"page {number}: {error}") from None


def read_total(replies: Sequence[Reply], columns: tuple[Column, ...]) -> Rows:
    """Read a total: one row, no trailing `;`; empty text is null, not 0 (kaltura.md §5.2)."""
    answer = json.loads(replies[0].body)
    return typed_rows(answer["header"].split(DELIMITER), [answer["data"].split(DELIMITER)], columns, _values)


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


def _values(texts: list[str], column: Column) -> list[Value]:
    if column.unit != "unix s" or column.type is not ColumnType.TIMESTAMP:
        return parse_column(texts, column)
    seconds = parse_column(texts, Column(column.name, ColumnType.INTEGER))
    try:
        return [None if second is None else dt.datetime.fromtimestamp(int(str(second)), dt.UTC) for second in seconds]
    except (OverflowError, OSError, ValueError):
        raise ValueError(f'column "{column.name}" holds what are no unix seconds') from None
