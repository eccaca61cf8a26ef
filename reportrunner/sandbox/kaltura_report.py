"""getTable, getTotal, getGraphs and getBaseTotal of every report type (kaltura.md §4, §5)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import shake_128

from reportrunner.sandbox.kaltura_buckets import buckets, date_column, day_points
from reportrunner.sandbox.kaltura_errors import ApiError
from reportrunner.sandbox.kaltura_metrics import METRICS, percent
from reportrunner.sandbox.kaltura_question import MAX_ROWS, Page, Question, World, read_page, read_question, required
from reportrunner.sandbox.kaltura_quiz import is_quiz, quiz_page, quiz_rows, quiz_total
from reportrunner.sandbox.kaltura_subjects import Cell, describe, described, subject_of
from reportrunner.sandbox.kaltura_tally import Tally, php_number, tallies, tally
from reportrunner.sandbox.kaltura_wire import Params, Thing
from reportrunner.sandbox.people import ANONYMOUS
from reportrunner.sandbox.traits import TRAITS

Row = dict[str, Cell]

_APPROXIMATE_FROM = 100
_CURVE = "43"
_BY_MINUTE = {"40011", "60004"}
_MINUTE = 60
_NEWEST_FIRST = {"51", "60019"}
_STORAGE = ("17", "18")
_BASE_TOTALS = ("total_entries", "total_storage_mb", "total_msecs")


def by_time(question: Question) -> bool:
    """Whether a report's rows are buckets of time."""
    return (question.report["table_columns"] or [])[:1] == ["date_id"]


def columns_of(question: Question) -> list[str]:
    """List the columns of a report's table as asked; raises INTERNAL_SERVERL_ERROR when it has no table."""
    report = question.report
    if report["table_columns"] is None:
        raise ApiError("INTERNAL_SERVERL_ERROR")
    if by_time(question):
        # The server's reordering keeps only date_id and month_id (kaltura.md §5.5).
        metrics = report["table_columns"][1:]
        return metrics if question.interval == "years" else [date_column(question), *metrics]
    drilled = report.get("table_columns_when_objectIds_given") if question.object_ids else None
    extra = report.get("extra_columns_with_useFriendlyHeadersNames") or []
    return [*(drilled or report["table_columns"]), *(extra if question.friendly else [])]


def _by_subject(question: Question, columns: list[str]) -> list[Row]:
    base = [
        name
        for name in columns
        if name not in (question.report.get("extra_columns_with_useFriendlyHeadersNames") or [])
    ]
    subject = subject_of(question.report, base)
    cells = [(name, describe(subject, name)) for name in described(columns)]
    metrics = [(name, METRICS[name]) for name in columns if name in METRICS]
    return [
        {**{name: cell(sums.events[0]) for name, cell in cells}, **{name: metric(sums) for name, metric in metrics}}
        for sums in tallies(question.plays, subject.key).values()
    ]


def _curve(question: Question) -> list[Row]:
    """How many plays and known users came to each percent of the timeline: 101 rows or none."""
    reached = sorted(percent(event) for event in question.plays)
    furthest: dict[str, int] = {}
    for event in question.plays:
        if event.user_id != ANONYMOUS:
            furthest[event.user_id] = max(furthest.get(event.user_id, 0), percent(event))
    users = sorted(furthest.values())
    return [
        {
            "percentile": point,
            "count_viewers": len(reached) - bisect_left(reached, point),
            "unique_known_users": len(users) - bisect_left(users, point),
        }
        for point in range(101 if reached else 0)
    ]


def _filled(question: Question, rows: list[Row]) -> list[Row]:
    """One row per minute of the window, in order of time, once there is anything (kaltura.md §5.6)."""
    if question.window is None or not rows:
        return rows
    found = {row["position"]: row for row in rows}
    empty = dict.fromkeys(rows[0], 0)
    first = question.window.start - question.window.start % _MINUTE
    return [found.get(minute) or {**empty, "position": minute} for minute in range(first, question.window.end, _MINUTE)]


def _rows(question: Question, columns: list[str]) -> list[Row]:
    if by_time(question):
        column = date_column(question)
        metrics = [(name, METRICS[name]) for name in columns if name != column]
        return [
            {column: label, **{name: metric(sums) for name, metric in metrics}}
            for label, sums in buckets(question).items()
        ]
    if question.report["wire"] == _CURVE:
        return _curve(question)
    rows = _by_subject(question, columns)
    return _filled(question, rows) if question.report["wire"] in _BY_MINUTE else rows


def _sorted(question: Question, rows: list[Row], order: str, columns: list[str]) -> list[Row]:
    """``-name`` or ``+name`` with a header name, no sign means descending; an unknown name is no error (§4.1)."""
    wire = question.report["wire"]
    if wire in _NEWEST_FIRST:
        order = "-extract_time"
    if not order and (by_time(question) or wire in (_CURVE, *_BY_MINUTE)):
        return rows
    ascending, name = order[:1] == "+", order[1:] if order[:1] in ("+", "-") else order
    if name not in columns:
        metrics = (one for one in ("count_plays", *columns) if one in columns and one in METRICS)
        ascending, name = False, next(metrics, columns[0])
    first = next(iter(rows[0])) if rows else ""
    rows = sorted(rows, key=lambda row: str(row[first]))
    texts = any(isinstance(row.get(name), str) for row in rows)
    return sorted(
        rows, key=lambda row: str(row.get(name) or "") if texts else row.get(name) or 0, reverse=not ascending
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question with its order, equal to another by what decides the rows."""

    key: tuple[object, ...]
    order: str
    question: Question = field(compare=False)


@lru_cache(maxsize=8)
def _remembered(asked: _Asked) -> tuple[list[str], list[Row]]:
    columns = columns_of(asked.question)
    if is_quiz(asked.question):
        return columns, quiz_rows(asked.question, asked.order)
    return columns, _sorted(asked.question, _rows(asked.question, columns), asked.order, columns)


def sorted_rows(question: Question, order: str) -> tuple[list[str], list[Row]]:
    """Answer the columns and all rows of a report's table, in the order asked for."""
    return _remembered(_Asked(question.key, order, question))


def total_count(question: Question, rows: int, page: Page) -> int:
    """Say what the server says of the number of rows, which is often not the number of rows (kaltura.md §4.1)."""
    hint = question.report["end_user_total_count"]
    if by_time(question):
        return rows
    if is_quiz(question):
        return 0
    if question.end_user and "approximate" not in hint:
        threshold = max(500, min(MAX_ROWS, max(30 * question.days, 2 * (page.first + page.size))))
        return 0 if rows >= threshold or rows - page.first >= page.size else rows
    if rows < _APPROXIMATE_FROM:
        return rows
    noise = shake_128(f"{question.report['wire']}|{rows}".encode()).digest(1)[0]
    return rows - 1 - rows * noise // 12_800


def cell_text(value: Cell) -> str:
    """Write one cell: nothing for null, numbers as the server's language prints them."""
    if value is None:
        return ""
    return value if isinstance(value, str) else php_number(value)


def table(params: Params, world: World) -> Thing:
    """``report.getTable``: header, rows and what the server says of their number."""
    question = read_question(params, world)
    quiz = is_quiz(question)
    page = Page(0, 0) if quiz else read_page(params)
    columns, rows = sorted_rows(question, str(params.get("order") or ""))
    delimiter = question.delimiter
    shown = quiz_page(rows, required(params, "pager")) if quiz else rows[page.first : page.first + page.size]
    if not shown and not (by_time(question) and not rows):
        return Thing("KalturaReportTable", {})
    # Lossy on purpose: the server blanks delimiter and semicolon inside values and quotes nothing (§5.1).
    data = "".join(
        delimiter.join(cell_text(row[name]).replace(delimiter, " ").replace(";", " ") for name in columns) + ";"
        for row in shown
    )
    count = total_count(question, len(rows), page)
    return Thing("KalturaReportTable", {"header": delimiter.join(columns), "data": data, "totalCount": count})


def total_cells(question: Question) -> list[tuple[str, str]]:
    """Answer names and values of a report's totals; nothing found is empty text, not 0 (kaltura.md §5.2)."""
    columns = question.report["total_columns"]
    if columns is None:
        raise ApiError("INTERNAL_SERVERL_ERROR")
    if is_quiz(question):
        return quiz_total(question)
    if not question.plays:
        return [(name, "") for name in columns]
    sums = tally(question.plays)
    whole: Row = {name: METRICS[name](sums) for name in columns}
    if question.report["wire"] == _CURVE:
        whole["count_viewers"] = sum(percent(event) + 1 for event in question.plays)
    return [(name, cell_text(whole[name])) for name in columns]


def total(params: Params, world: World) -> Thing:
    """``report.getTotal``: one row, without a semicolon."""
    question = read_question(params, world)
    cells = total_cells(question)
    header, data = (question.delimiter.join(texts) for texts in zip(*cells, strict=True))
    return Thing("KalturaReportTotal", {"header": header, "data": data})


def base_total(params: Params, world: World) -> list[Thing]:
    """``report.getBaseTotal``: what was there before the window, of the two storage reports only."""
    question = read_question(params, world)
    if question.report["wire"] not in _STORAGE:
        raise ApiError("INTERNAL_SERVERL_ERROR")
    sums = tally(question.plays)
    return [
        Thing("KalturaReportBaseTotal", {"id": name, "data": php_number(METRICS[name](sums))}) for name in _BASE_TOTALS
    ]


def _series(question: Question, ids: list[str]) -> dict[str, list[tuple[str, str]]]:
    """Give the points of graphs over buckets of time or over the values of the table's first column."""
    kind = question.report["graph_kind"]
    if kind == "by_date_id":
        return _curves(buckets(question), ids)
    of = TRAITS[columns_of(question)[0]]
    if kind == "multi_by_name" or question.object_ids:
        return _curves(dict(sorted(tallies(question.plays, of).items())), ids)

    def split(name: str) -> Callable[[Tally], str]:
        def devices(sums: Tally) -> str:
            parts = sorted(tallies(sums.events, of).items())
            return ",".join(f"{value}:{php_number(METRICS[name](part))}" for value, part in parts)

        return devices

    return {name: list(day_points(question, split(name)).items()) for name in ids}


def _curves(found: dict[str, Tally], ids: list[str]) -> dict[str, list[tuple[str, str]]]:
    return {name: [(x, php_number(METRICS[name](sums))) for x, sums in found.items()] for name in ids}


def graph_points(question: Question) -> dict[str, list[tuple[str, str]]]:
    """Answer the points of every graph of a report by its id; raises INTERNAL_SERVERL_ERROR when it has none."""
    ids = question.report["graph_ids"]
    if ids is None:
        raise ApiError("INTERNAL_SERVERL_ERROR")
    if question.report["graph_kind"] == "by_name":
        sums = tally(question.plays)
        names = question.report["graph_points"] if question.plays else []
        return {ids[0]: [(name, php_number(METRICS[name](sums))) for name in names]}
    return _series(question, ids) if ids and question.plays else {name: [] for name in ids}


def graphs(params: Params, world: World) -> list[Thing]:
    """``report.getGraphs``: ``x D y ;`` per point (kaltura.md §5.4)."""
    question = read_question(params, world)
    return [
        Thing("KalturaReportGraph", {"id": name, "data": "".join(f"{x}{question.delimiter}{y};" for x, y in points)})
        for name, points in graph_points(question).items()
    ]
