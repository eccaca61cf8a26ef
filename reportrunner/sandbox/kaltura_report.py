"""getTable, getTotal and getGraphs of the reports the sandbox simulates (kaltura.md §4, §5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import shake_128

from reportrunner.sandbox.kaltura_errors import ApiError, not_simulated
from reportrunner.sandbox.kaltura_question import MAX_ROWS, Page, Question, read_page, read_question
from reportrunner.sandbox.kaltura_tally import METRICS, NON_LINEAR, Number, Tally, php_number, tallies, tally
from reportrunner.sandbox.kaltura_wire import Params, Thing
from reportrunner.sandbox.people import people
from reportrunner.sandbox.universe import OWNERS, entries

Cell = Number | str | None

_BY_ENTRY = {"1", "2", "38"}
_BY_USER = {"13"}
_BY_TIME = {"34", "35"}
_LABELS = {
    "years": "%Y",
    "months": "%Y%m",
    "days": "%Y%m%d",
    "hours": "%Y%m%d%H",
    "minutes": "%Y-%m-%dT%H:%M:00.000Z",
    "ten_minutes": "%Y-%m-%dT%H:%M:00.000Z",
    "ten_seconds": "%Y-%m-%dT%H:%M:%S.000Z",
}
_STEPS = {"hours": 3600, "minutes": 60, "ten_minutes": 600, "ten_seconds": 10}
_DATE_COLUMN = {"months": "month_id", "years": "year_id"}
_APPROXIMATE_FROM = 100


def _simulated(question: Question, action: str) -> None:
    wire = question.report["wire"]
    if wire not in _BY_ENTRY | _BY_USER | _BY_TIME:
        raise not_simulated(f"report type {wire} ({question.report['name']}) in {action}")


def _label(question: Question) -> Callable[[int], str]:
    """Label the bucket of an instant, in the asked fixed offset (kaltura.md §5.5)."""
    step = _STEPS.get(question.interval, 1)
    form = _LABELS[question.interval]

    def label(at: int) -> str:
        local = at - question.offset * 60
        return datetime.fromtimestamp(local - local % step, UTC).strftime(form)

    return label


def _buckets(question: Question) -> dict[str, Tally]:
    """Tally per time bucket in order of time, empty ones too when they are not to be skipped."""
    label = _label(question)
    found = tallies(sorted(question.plays, key=lambda event: event.at), lambda event: label(event.at))
    if question.skip_empty or question.window is None or not found:
        return found
    step = timedelta(seconds=min(_STEPS.get(question.interval, 86_400), 86_400))
    moment, labels = question.window.start, dict[str, None]()
    while moment < question.window.end:
        labels[label(moment)] = None
        moment += int(step.total_seconds())
    labels[label(question.window.end - 1)] = None
    return {name: found.get(name) or Tally() for name in labels}


def _by_entry(question: Question) -> list[tuple[dict[str, Cell], Tally]]:
    library = {entry.entry_id: entry for entry in entries()}
    found = []
    for entry_id, sums in tallies(question.plays, lambda event: event.entry_id).items():
        entry = library[entry_id]
        cells: dict[str, Cell] = {
            "object_id": entry_id,
            "entry_name": entry.name,
            "creator_name": OWNERS[entry.owner],
            "created_at": entry.created_at,
            "status": "2",
            "media_type": entry.media_type,
            "duration_msecs": 0 if entry.live else entry.duration * 1000,
            "entry_source": entry.source,
        }
        found.append((cells, sums))
    return found


def _by_user(question: Question) -> list[tuple[dict[str, Cell], Tally]]:
    found = []
    for user_id, sums in tallies(question.plays, lambda event: event.user_id).items():
        person = people().get(user_id)
        cells: dict[str, Cell] = {
            "name": user_id,
            "full_name": person.name if person else None,
            "email": person.email if person else None,
        }
        found.append((cells, sums))
    return found


def _by_time(question: Question) -> list[tuple[dict[str, Cell], Tally]]:
    column = _date_column(question)
    return [({column: label}, sums) for label, sums in _buckets(question).items()]


def _date_column(question: Question) -> str:
    return _DATE_COLUMN.get(question.interval, "date_id")


def _columns(question: Question) -> list[str]:
    columns = list(question.report["table_columns"])
    if question.report["wire"] in _BY_TIME:
        columns[0] = _date_column(question)
        # The server's reordering keeps only date_id and month_id (kaltura.md §5.5).
        return columns[1:] if question.interval == "years" else columns
    extra = question.report.get("extra_columns_with_useFriendlyHeadersNames") or []
    return [*columns, *extra] if question.friendly else columns


def _rows(question: Question) -> list[dict[str, Cell]]:
    wire = question.report["wire"]
    groups = _by_entry if wire in _BY_ENTRY else _by_user if wire in _BY_USER else _by_time
    columns = _columns(question)
    return [
        {**cells, **{name: METRICS[name](sums) for name in columns if name in METRICS}}
        for cells, sums in groups(question)
    ]


def _sorted(rows: list[dict[str, Cell]], order: str, columns: list[str], *, by_time: bool) -> list[dict[str, Cell]]:
    """``-name`` or ``+name`` with a header name, no sign means descending; an unknown name is no error (§4.1)."""
    if not order and by_time:
        return rows
    ascending, name = order[:1] == "+", order[1:] if order[:1] in ("+", "-") else order
    if name not in columns:
        ascending, name = (
            False,
            next((c for c in ("count_plays", *columns) if c in columns and c in METRICS), columns[0]),
        )
    rows = sorted(rows, key=lambda row: str(row[next(iter(row))]))
    texts = any(isinstance(row.get(name), str) for row in rows)
    return sorted(
        rows, key=lambda row: str(row.get(name) or "") if texts else row.get(name) or 0, reverse=not ascending
    )


def _total_count(question: Question, rows: int, page: Page, order: str) -> int:
    """Say what the server says of the number of rows, which is often not the number of rows (kaltura.md §4.1)."""
    hint = question.report["end_user_total_count"]
    if question.report["wire"] in _BY_TIME:
        return rows
    if question.end_user and "approximate" not in hint:
        last = page.first + page.size
        threshold = max(500, min(MAX_ROWS, max(30 * question.days, 2 * last)))
        full = rows >= threshold or rows - page.first >= page.size or order.lstrip("+-") in NON_LINEAR
        return 0 if full else rows
    if rows < _APPROXIMATE_FROM:
        return rows
    noise = shake_128(f"{question.report['wire']}|{rows}".encode()).digest(1)[0]
    return rows - 1 - rows * noise // 12_800


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else php_number(value)


def table(params: Params, now: float) -> Thing:
    """``report.getTable`` at the moment ``now`` (unix seconds)."""
    question = read_question(params, now)
    page = read_page(params)
    if question.report["table_columns"] is None:
        raise ApiError("INTERNAL_SERVERL_ERROR")
    _simulated(question, "getTable")
    columns, delimiter = _columns(question), question.delimiter
    order = str(params.get("order") or "")
    by_time = question.report["wire"] in _BY_TIME
    rows = _sorted(_rows(question), order, columns, by_time=by_time)
    shown = rows[page.first : page.first + page.size]
    if not shown and not (by_time and not rows):
        return Thing("KalturaReportTable", {})
    # Lossy on purpose: the server blanks delimiter and semicolon inside values and quotes nothing (§5.1).
    data = "".join(
        delimiter.join(_cell(row[name]).replace(delimiter, " ").replace(";", " ") for name in columns) + ";"
        for row in shown
    )
    count = _total_count(question, len(rows), page, order)
    return Thing("KalturaReportTable", {"header": delimiter.join(columns), "data": data, "totalCount": count})


def total(params: Params, now: float) -> Thing:
    """``report.getTotal`` at the moment ``now`` (unix seconds); nothing found is empty text, not 0 (§5.2)."""
    question = read_question(params, now)
    columns = question.report["total_columns"]
    if columns is None:
        raise ApiError("INTERNAL_SERVERL_ERROR")
    _simulated(question, "getTotal")
    sums = tally(question.plays)
    cells = [_cell(METRICS[name](sums)) if question.plays else "" for name in columns]
    fields = {"header": question.delimiter.join(columns), "data": question.delimiter.join(cells)}
    return Thing("KalturaReportTotal", fields)


def graphs(params: Params, now: float) -> list[Thing]:
    """``report.getGraphs`` at the moment ``now`` (unix seconds): ``x D y ;`` per point (§5.4)."""
    question = read_question(params, now)
    ids = question.report["graph_ids"]
    if ids is None:
        raise ApiError("INTERNAL_SERVERL_ERROR")
    _simulated(question, "getGraphs")
    if question.report["graph_kind"] == "by_name":
        sums = tally(question.plays)
        names = question.report["graph_points"] if question.plays else []
        series = {ids[0]: [(name, METRICS[name](sums)) for name in names]}
    else:
        buckets = _buckets(question)
        series = {name: [(label, METRICS[name](sums)) for label, sums in buckets.items()] for name in ids}
    return [
        Thing(
            "KalturaReportGraph",
            {"id": name, "data": "".join(f"{x}{question.delimiter}{php_number(y)};" for x, y in points)},
        )
        for name, points in series.items()
    ]
