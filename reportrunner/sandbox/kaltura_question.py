"""What a report call asks: window, filters, delimiter, paging, as the server reads them (kaltura.md §4.1, §6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from reportrunner.sandbox.catalogue import filter_fields, report_types
from reportrunner.sandbox.kaltura_errors import ApiError, not_simulated
from reportrunner.sandbox.kaltura_session import number
from reportrunner.sandbox.kaltura_wire import Params
from reportrunner.sandbox.people import ANONYMOUS
from reportrunner.sandbox.universe import ACCOUNT_CREATED, Entry, Event, entries, events

MAX_ROWS = 12_000

_DAY = 86_400
_TEN_YEARS = 315_360_000
_BASE = "KalturaReportInputFilter"
_END_USER = "KalturaEndUserReportInputFilter"
_SUBCLASSES = (_END_USER, "KalturaReachReportInputFilter")
_WINDOW_FIELDS = {"fromDate", "toDate", "fromDay", "toDay", "timeZoneOffset", "interval"}
_SIMULATED = {
    *("entryIdIn", "playbackTypeIn", "deviceIn", "countryIn", "mediaTypeIn", "sourceTypeIn", "ownerIdsIn"),
    *("entryCreatedAtGreaterThanOrEqual", "entryCreatedAtLessThanOrEqual", "userIds"),
}


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open, in unix seconds."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Question:
    """One report call, read. ``window`` None: missing or unusable, which answers as empty, not as an error."""

    report: dict[str, Any]
    window: Window | None
    offset: int
    interval: str
    delimiter: str
    skip_empty: bool
    friendly: bool
    end_user: bool
    plays: tuple[Event, ...]

    @property
    def days(self) -> int:
        """The window's length in days, begun ones counted."""
        return -((self.window.start - self.window.end) // _DAY) if self.window else 0


@dataclass(frozen=True, slots=True)
class Page:
    """``size`` rows from row ``first`` (0-based) on."""

    first: int
    size: int


def _required(params: Params, name: str) -> Any:
    if name not in params:
        raise ApiError("MISSING_MANDATORY_PARAMETER", PARAM_NAME=name)
    return params[name]


def _enum(value: str, name: str, kind: str, known: Any) -> str:
    if value not in known:
        raise ApiError("INVALID_ENUM_VALUE", ENUM_VAL=value, PARAM_NAME=name, ENUM_TYPE=kind)
    return value


def _time(asked: Params, name: str, now: float) -> int:
    """Read a ``time`` parameter: small absolute values are relative to now (kaltura.md §1)."""
    value = number(asked, name, 0)
    return int(now) + value if value not in (0, -1) and abs(value) <= _TEN_YEARS else value


def _flag(asked: Params, name: str, *, default: bool) -> bool:
    value = asked.get(name)
    return value.lower() not in ("false", "0", "") if isinstance(value, str) else default


def _day_start(text: str, offset: int) -> int | None:
    try:
        return int(datetime.strptime(text[:8], "%Y%m%d").replace(tzinfo=UTC).timestamp()) + offset * 60
    except ValueError:
        return None


def _window(asked: Params, offset: int, now: float) -> Window | None:
    if asked.get("fromDay") and asked.get("toDay"):
        start, last = _day_start(asked["fromDay"], offset), _day_start(asked["toDay"], offset)
        return Window(start, last + _DAY) if start is not None and last is not None and start <= last else None
    start, end = _time(asked, "fromDate", now), _time(asked, "toDate", now)
    if start <= 0 or end <= 0:
        return None
    start = max(start, ACCOUNT_CREATED - 30 * _DAY)
    if start < end:
        return Window(start, end + 1)  # the second named by toDate still counts
    first = start // _DAY * _DAY
    return Window(first, first + _DAY) if end >= first else None


def _offset(asked: Params) -> int:
    """Minutes of UTC minus local; what is no zone's offset is clamped and rounded to whole hours."""
    value = number(asked, "timeZoneOffset", 0)
    if value in filter_fields()[_BASE]["timeZoneOffset"]["accepted"]:
        return value
    return round(max(-840, min(720, value)) / 60) * 60


def _fields_read(asked: Params) -> tuple[Params, bool]:
    """Keep the fields of the honoured class, and say whether that is the end-user one; unknown fields fall away."""
    kind = asked.get("objectType") if asked.get("objectType") in _SUBCLASSES else _BASE
    known = {**filter_fields()["KalturaReportInputBaseFilter"], **filter_fields()[_BASE]}
    if kind != _BASE:
        known |= filter_fields()[str(kind)]
    kept = {name: value for name, value in asked.items() if name in known and value not in ("", {})}
    for name in kept:
        if name not in _WINDOW_FIELDS | _SIMULATED:
            raise not_simulated(f"the filter {name}")
    return kept, kind == _END_USER


def _entries(asked: Params, object_ids: str, delimiter: str) -> frozenset[str]:
    """Find the entries that the filters leave over."""

    def chosen(name: str) -> set[str] | None:
        return set(asked[name].split(delimiter)) if asked.get(name) else None

    wanted = chosen("entryIdIn")
    by_ids = set(object_ids.split(delimiter)) if object_ids else None
    media, source, owner = chosen("mediaTypeIn"), chosen("sourceTypeIn"), chosen("ownerIdsIn")
    since, until = (
        number(asked, "entryCreatedAtGreaterThanOrEqual", 0),
        number(asked, "entryCreatedAtLessThanOrEqual", 0),
    )

    def stays(entry: Entry) -> bool:
        return (
            (wanted is None or entry.entry_id in wanted)
            and (by_ids is None or entry.entry_id in by_ids)
            and (media is None or entry.media_type in media)
            and (source is None or entry.source in source)
            and (owner is None or entry.owner in owner)
            and (not since or entry.created_at >= since)
            and (not until or entry.created_at <= until)
        )

    return frozenset(entry.entry_id for entry in entries() if stays(entry))


def _plays(asked: Params, report: dict[str, Any], window: Window, delimiter: str, object_ids: str) -> tuple[Event, ...]:
    default = report.get("forced_playback_types") or report.get("default_playback_types") or []
    playback = set(default)
    if asked.get("playbackTypeIn") and not report.get("forced_playback_types"):
        playback = set(asked["playbackTypeIn"].split(delimiter))
    users = set(asked["userIds"].split(delimiter)) - {ANONYMOUS} if asked.get("userIds") else None
    device = set(asked["deviceIn"].split(delimiter)) if asked.get("deviceIn") else None
    country = set(asked["countryIn"].split(delimiter)) if asked.get("countryIn") else None
    return tuple(
        event
        for event in events(_entries(asked, object_ids, delimiter), window.start, window.end)
        if (not playback or event.playback in playback)
        and (users is None or event.user_id in users)
        and (device is None or event.device in device)
        and (country is None or event.country in country)
    )


def read_question(params: Params, now: float) -> Question:
    """Read the question of a report call at the moment ``now`` (unix seconds); raises ApiError as the server would."""
    wire = _enum(str(_required(params, "reportType")), "reportType", "KalturaReportType", report_types())
    raw = _required(params, "reportInputFilter")
    raw = raw if isinstance(raw, dict) else {}
    if raw.get("interval"):
        interval = filter_fields()[_BASE]["interval"]["enum"]
        _enum(raw["interval"], "interval", "KalturaReportInterval", interval)
    asked, end_user = _fields_read(raw)
    options = params.get("responseOptions")
    options = options if isinstance(options, dict) else {}
    delimiter = str(options.get("delimiter") or ",")
    offset = _offset(asked)
    report = report_types()[wire]
    window = _window(asked, offset, now)
    object_ids = str(params.get("objectIds") or "")
    return Question(
        report=report,
        window=window,
        offset=offset,
        interval=asked.get("interval", "days"),
        delimiter=delimiter,
        skip_empty=_flag(options, "skipEmptyDates", default=True),
        friendly=_flag(options, "useFriendlyHeadersNames", default=False),
        end_user=end_user,
        plays=_plays(asked, report, window, delimiter, object_ids) if window else (),
    )


def read_page(params: Params) -> Page:
    """Read the pager of getTable, which is mandatory; INTERNAL_SERVERL_ERROR past 12,000 rows (kaltura.md §4.1)."""
    pager = _required(params, "pager")
    pager = pager if isinstance(pager, dict) else {}
    size, index = number(pager, "pageSize", 30), number(pager, "pageIndex", 1)
    size, index = size if size > 0 else 10, max(index, 1)
    if size * index > MAX_ROWS:
        if index > 1:
            raise ApiError("INTERNAL_SERVERL_ERROR")
        size = MAX_ROWS
    return Page((index - 1) * size, size)
