"""Kaltura on the wire: how a call is written, how an answer is judged, how its strings become rows."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from reportrunner.cell import parse_column
from reportrunner.delimited import typed_rows, unreadable
from reportrunner.flow import Again, Done, Hole, More, Pairs, Refused, Reply, Request, Text, Verdict
from reportrunner.providers.kaltura.catalogue import DELIMITER, MAX_ROWS, PAGE_SIZE
from reportrunner.table import Column, ColumnType, Note, Rows, Value
from reportrunner.verdict import excerpt, judge_http

RETRYABLE = frozenset(
    {
        "INTERNAL_SERVERL_ERROR",
        "INTERNAL_DATABASE_ERROR",
        "DRUID_QUERY_TIMED_OUT",
        "SEARCH_ENGINE_QUERY_FAILED",
        "LOCK_TIMED_OUT",
    }
)
"""Codes that may pass (kaltura.md §2)."""
CSV_LIMIT = 100_000
LAST_PAGE = MAX_ROWS // PAGE_SIZE


def call(service: str, action: str, parameters: Sequence[tuple[str, Text]], page: int = 0, wave: int = 0) -> Request:
    """Write one API call as a form, asking for JSON (kaltura.md §1)."""
    form: Pairs = (("format", "1"), ("ks", Hole("session", "kaltura")), *parameters)
    path = f"/api_v3/service/{service}/action/{action}"
    return Request("POST", path, form=form, page=page, wave=wave)


def judge(_: Request, reply: Reply) -> Verdict:
    """Judge a JSON answer: HTTP 200 says nothing, only the exception object does (kaltura.md §2)."""
    verdict = judge_http(reply)
    if verdict is not None:
        return verdict
    try:
        answer = json.loads(reply.body)
    except ValueError:
        return Again("failed", f"the answer is no JSON: {excerpt(reply.body)}")
    return judge_exception(answer) or Done()


def judge_exception(answer: object) -> Verdict | None:
    """Return the verdict on an exception object, or None when `answer` is none."""
    if not isinstance(answer, dict) or answer.get("objectType") != "KalturaAPIException":
        return None
    code, message = str(answer.get("code", "")), str(answer.get("message", ""))
    words = f"{code}: {message}"
    if code in RETRYABLE:
        return Again("failed", words)
    if code == "ACTION_BLOCKED":
        return Again("limited", words, dt.timedelta(seconds=10))
    if code == "INVALID_KS":
        return Again("session", words)
    hint = ""
    if code == "SERVICE_FORBIDDEN":
        hint = "the session's role needs the permission ANALYTICS_BASE"
    return Refused("refused", words, hint)


def judge_table(request: Request, reply: Reply) -> Verdict:
    """Judge a page: a full one asks for more, in a window that doubles; a short one ends (kaltura.md §4.1)."""
    verdict = judge(request, reply)
    if not isinstance(verdict, Done):
        return verdict
    answer = json.loads(reply.body)
    if not isinstance(answer, dict):
        return Refused("unreadable", "the table is no object")
    if (answer.get("data") or "").count(";") < PAGE_SIZE:
        return verdict
    if request.page >= LAST_PAGE:
        return Refused(
            "truncated",
            f"{MAX_ROWS:,} rows came back, and a table cannot page further: rows are missing",
            "narrow the window or the filters",
        )
    if request.page < request.wave:
        return verdict
    last = min(request.wave * 2 + 1, LAST_PAGE)
    return More(tuple(turn_page(request, page, last) for page in range(request.page + 1, last + 1)))


def turn_page(request: Request, page: int, wave: int) -> Request:
    """Return the request for another page of the same table."""
    assert request.form is not None
    form = tuple((n, str(page) if n == "pager[pageIndex]" else v) for n, v in request.form)
    return Request(request.method, request.path, form=form, page=page, wave=wave)


def split_rows(answer: dict[str, Any]) -> list[str]:
    """Split `data` into rows: every row ends in `;`, the last one too (kaltura.md §5.1)."""
    rows = (answer.get("data") or "").split(";")
    return rows[:-1] if rows[-1] == "" else rows


def read_table(replies: Sequence[Reply], columns: tuple[Column, ...]) -> Rows:
    """Read the pages of a table into typed rows, columns found by header and never by place."""
    rows: list[tuple[Value, ...]] = []
    notes: dict[Note, None] = {}
    for reply in replies:
        answer = json.loads(reply.body)
        texts = split_rows(answer)
        if texts:
            header = (answer.get("header") or "").split(DELIMITER)
            page = typed_rows(header, [row.split(DELIMITER) for row in texts], columns, _values)
            rows += page.rows
            notes |= dict.fromkeys(page.notes)
    return Rows(columns, rows, tuple(notes))


def read_total(replies: Sequence[Reply], columns: tuple[Column, ...]) -> Rows:
    """Read a total: one row, no trailing `;`; empty text is null, not 0 (kaltura.md §5.2)."""
    answer = json.loads(replies[0].body)
    if not isinstance(answer, dict) or not answer.get("header"):
        raise unreadable("the total has no header")
    header = answer["header"].split(DELIMITER)
    return typed_rows(header, [(answer.get("data") or "").split(DELIMITER)], columns, _values)


def judge_csv(_: Request, reply: Reply) -> Verdict:
    """Judge a file-returning action: an error is an empty body or a document that is no CSV (kaltura.md §2, §7.2)."""
    verdict = judge_http(reply)
    if verdict is not None:
        return verdict
    body = reply.body.lstrip(b"\xef\xbb\xbf").lstrip()
    if not body:
        words = reply.headers.get("x-kaltura-app") or reply.headers.get("x-kaltura") or "no reason given"
        return Refused("refused", f"an empty file came back: {words}", "check the report's id and its parameters")
    if body.startswith(b"{"):
        try:
            return judge_exception(json.loads(body)) or Refused("unreadable", f"JSON instead of CSV: {excerpt(body)}")
        except ValueError:
            return Refused("unreadable", f"no CSV: {excerpt(body)}")
    if body.startswith((b"<?xml", b"<xml", b"<!DOCTYPE", b"<html")):
        return Refused("unreadable", f"no CSV: {excerpt(body)}")
    if body.count(b"\n") > CSV_LIMIT:
        return Refused("truncated", f"{CSV_LIMIT:,} rows came back, the most such a file holds", "narrow the window")
    return Done()


def read_csv(replies: Sequence[Reply], columns: tuple[Column, ...]) -> Rows:
    """Read a custom report: BOM, no quoting, so every row's field count is checked (kaltura.md §7.2)."""
    lines = replies[0].body.decode("utf-8-sig").split("\n")
    if lines[-1] == "":
        lines.pop()
    cells = [line.rstrip("\r").split(",") for line in lines]
    return typed_rows(cells[0], cells[1:], columns)


def _values(texts: list[str], column: Column) -> list[Value]:
    if column.unit == "unix s" and column.type is ColumnType.TIMESTAMP:
        return [dt.datetime.fromtimestamp(int(text), dt.UTC) if text else None for text in texts]
    return parse_column(texts, column)
