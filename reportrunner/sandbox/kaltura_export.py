"""getUrlForReportAsCsv, serve and exportToCsv: the CSV file of a report and the link to it (kaltura.md §7.1, §7.3)."""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from reportrunner.sandbox.kaltura_errors import ApiError
from reportrunner.sandbox.kaltura_question import Page, Question, World, read_pager, read_question, required
from reportrunner.sandbox.kaltura_report import cell_text, graph_points, sorted_rows, total_cells, total_count
from reportrunner.sandbox.kaltura_session import Session
from reportrunner.sandbox.kaltura_wire import Params, RawFile, Thing

EXPORT_ROWS = 60_000

_RULE = "# ------------------------------------"
_NOT_PLAIN = ("=", "+", "-", "@", ",")
_ID = re.compile(r"[\w.-]+")
_GROUP = re.compile(r"[\w ]*")
_KEPT = 256
_TEXTS = ("reportTitle", "reportText", "headers")


def _cell(text: str) -> str:
    if text.startswith(_NOT_PLAIN):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"'


def _block(title: list[str]) -> list[list[str]]:
    return [[_RULE], title, [_RULE]]


def _dates(question: Question) -> list[str]:
    """Write the window's ends in words, always in UTC."""
    if question.window is None:
        return ["", ""]
    ends = (datetime.fromtimestamp(at, UTC) for at in (question.window.start, question.window.end - 1))
    return [f"{end:%A, %B} {end.day}, {end.year}" for end in ends]


def _graph(question: Question, dimension: str) -> list[list[str]]:
    """Write the graph block: points only of the graph that ``dimension`` names, or of a drop-off report."""
    if question.report["graph_ids"] is None:
        return []
    found = graph_points(question)
    by_name = question.report["graph_kind"] == "by_name"
    points = next(iter(found.values()), []) if by_name else found.get(dimension, [])
    return [*_block(["# Graph"]), [""], *([x, y] for x, y in points), [""]]


def _total(question: Question, labels: list[str]) -> list[list[str]]:
    cells = [text for _, text in total_cells(question)]
    return [*_block(["# Total"]), labels, cells[: len(labels)], [""]]


def _table(question: Question, labels: list[str], page: Page, order: str) -> list[list[str]]:
    """Write the table block; the number of labels cuts the columns, nothing is stripped; no rows, no block."""
    columns, rows = sorted_rows(question, order)
    shown = rows[page.first : page.first + page.size]
    if not shown:
        return []
    count = str(total_count(question, len(rows), page))
    kept = columns[: len(labels)]
    lines = [[cell_text(row[name]) for name in kept] for row in shown]
    return [*_block(["# Table", "", "Total Count", count]), labels, *lines]


def _labels(text: str) -> list[str]:
    return text.split(",") if text else []


def _page(params: Params) -> Page:
    size, index = read_pager(params.get("pager"))
    if size * index > EXPORT_ROWS:
        raise ApiError("SEARCH_TOO_GENERAL")
    return Page((index - 1) * size, size)


def report_csv(question: Question, params: Params) -> bytes:
    """Write the file: BOM, bare line feeds, every cell quoted, an apostrophe before what looks like a formula."""
    title, text, headers = (str(required(params, name)) for name in _TEXTS)
    page = _page(params)
    totals, semicolon, columns = headers.partition(";")
    lines = [[title], _dates(question), [text], [_RULE], [""]]
    lines += _graph(question, str(params.get("dimension") or ""))
    if _labels(totals):
        lines += _total(question, _labels(totals))
    if semicolon:
        lines += _table(question, _labels(columns), page, str(params.get("order") or ""))
    return ("\ufeff" + "".join(",".join(map(_cell, line)) + "\n" for line in lines)).encode()


def _refused(code: str, told: str) -> RawFile:
    """Answer as a file-returning action does when it fails inside: empty, the reason in headers only (§2)."""
    headers = (("X-Kaltura", f"error-{code}"), ("X-Kaltura-App", f"exiting on error {code} - {told}"))
    return RawFile(b"", headers=headers)


class ReportFiles:
    """The files that links lead to; ``link`` makes the session of one, given its id."""

    def __init__(self, link: Callable[[str], str]) -> None:
        self._link = link
        self._lock = threading.Lock()
        self._files: dict[str, bytes] = {}
        self._jobs = 0

    def url(self, params: Params, world: World) -> str | None:
        """Answer a link; null for every failure inside but SEARCH_TOO_GENERAL (kaltura.md §7.1)."""
        for name in _TEXTS:
            required(params, name)
        question = read_question(params, world)
        try:
            body = report_csv(question, params)
        except ApiError as error:
            if error.code == "SEARCH_TOO_GENERAL":
                raise
            return None
        file_id = f"{world.partner}_{secrets.token_hex(12)}"
        with self._lock:
            self._files[file_id] = body
            while len(self._files) > _KEPT:
                del self._files[next(iter(self._files))]
        return self._link(file_id)

    def serve(self, params: Params, session: Session | None) -> RawFile:
        """Answer a file to an administrator or to whom its link's session belongs (kaltura.md §7.3)."""
        file_id = str(required(params, "id"))
        allowed = session and (session.admin or f"download:{file_id}" in session.privileges.split(","))
        if not allowed:
            return _refused("ACCESS_CONTROL_RESTRICTED", "access-control restricted")
        body = self._files.get(file_id) if _ID.fullmatch(file_id) else None
        if body is None:
            error = ApiError("REPORT_NOT_FOUND", ID=file_id)
            return _refused(error.code, error.message)
        return RawFile(body)

    def export(self, params: Params, session: Session) -> Thing:
        """Take an export by mail and answer its job and the address it goes to (kaltura.md §4)."""
        asked = required(params, "params")
        asked = asked if isinstance(asked, dict) else {}
        items = asked.get("reportItems")
        if not isinstance(items, dict) or not items:
            raise ApiError("MISSING_MANDATORY_PARAMETER", PARAM_NAME="N/A")
        for item in items.values():
            given = item if isinstance(item, dict) else {}
            if not all(name in given for name in ("action", "reportType", "filter")):
                raise ApiError("MISSING_MANDATORY_PARAMETER", PARAM_NAME="N/A")
            _checked(given)
        if not _GROUP.fullmatch(str(asked.get("reportsItemsGroup") or "")):
            raise ApiError("INVALID_REPORT_ITEMS_GROUP")
        with self._lock:
            self._jobs += 1
            job = self._jobs
        address = str(asked.get("recipientEmail") or session.user or "admin@example.org")
        return Thing("KalturaReportExportResponse", {"referenceJobId": 90_000 + job, "reportEmail": address})


def _checked(item: Params) -> None:
    """Check an item's enumerations as they are read."""
    if item["action"] not in ("1", "2", "3"):
        kind = "KalturaReportExportItemType"
        raise ApiError("INVALID_ENUM_VALUE", ENUM_VAL=str(item["action"]), PARAM_NAME="action", ENUM_TYPE=kind)
    read_question({**item, "reportInputFilter": item["filter"]}, World(0, 0))
