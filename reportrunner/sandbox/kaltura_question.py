"""What a report call asks: window, filters, delimiter, paging, as the server reads them (kaltura.md §4.1, §6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from reportrunner.sandbox.accounts import account_events, reachable
from reportrunner.sandbox.catalogue import filter_fields, report_types
from reportrunner.sandbox.kaltura_errors import ApiError, not_simulated
from reportrunner.sandbox.kaltura_session import number
from reportrunner.sandbox.kaltura_sieve import tests, wanted_entries
from reportrunner.sandbox.kaltura_wire import Params
from reportrunner.sandbox.traits import TRAITS
from reportrunner.sandbox.universe import ACCOUNT_CREATED, Event

MAX_ROWS = 12_000

_DAY = 86_400
_TEN_YEARS = 315_360_000
_LAST_DAYS = 30
_BASE = "KalturaReportInputFilter"
_END_USER = "KalturaEndUserReportInputFilter"
_SUBCLASSES = (_END_USER, "KalturaReachReportInputFilter")
_CROSS_ACCOUNT = "partner ids"
_APPLICATIONS = "16"


@dataclass(frozen=True, slots=True)
class World:
    """Whose plays are asked about, and when: the session's account, unix seconds, the size of the crowd."""

    partner: int
    now: float
    crowd: int = 0


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
    object_ids: str
    asked: Params
    world: World
    plays: tuple[Event, ...]

    @property
    def key(self) -> tuple[object, ...]:
        """All that decides the rows of the answer, for remembering them from page to page."""
        ends = (self.window.start, self.window.end) if self.window else ()
        asked = tuple(sorted(self.asked.items()))
        options = (self.delimiter, self.skip_empty, self.friendly, self.object_ids)
        return (self.report["wire"], ends, asked, options, self.world.partner, self.world.crowd)

    @property
    def days(self) -> int:
        """The window's length in days, begun ones counted."""
        return -((self.window.start - self.window.end) // _DAY) if self.window else 0

    @property
    def joined(self) -> bool:
        """Whether the report joins others, which know days, months and years only (kaltura.md §5.5)."""
        return bool(self.report.get("columns_confidence"))


@dataclass(frozen=True, slots=True)
class Page:
    """``size`` rows from row ``first`` (0-based) on."""

    first: int
    size: int


def required(params: Params, name: str) -> Any:
    """Read a parameter that must be there; raises MISSING_MANDATORY_PARAMETER."""
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
        if asked.get("interval") == "ten_seconds":
            start = -(-start // 10) * 10
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
    if "entryOperator" in kept:
        raise not_simulated("the filter entryOperator")
    return {name: value for name, value in kept.items() if isinstance(value, str)}, kind == _END_USER


def _object_ids(report: dict[str, Any], text: str, delimiter: str) -> tuple[str, frozenset[str]] | None:
    """Say which trait ``objectIds`` chooses by, and the values (kaltura.md §4)."""
    kind = report["objectIds_filter"]
    if not text or kind.startswith(_CROSS_ACCOUNT) or "quiz" in report["family"]:
        return None
    chosen = frozenset(text.split(delimiter))
    if kind == "object_id":
        by_wire = {"4": "country_code", "7": "source", "6": "domain", "40008": "domain"}
        trait = by_wire[str(report.get("base_id") or report["wire"])]
        return trait, chosen
    return {"entry ids": "entry_id", "partnerId": "partner_id"}.get(kind, kind), chosen


def _accounts(report: dict[str, Any], world: World, text: str, delimiter: str) -> tuple[int, ...]:
    """Find whose plays count: own, own and direct children, or the partner ids that objectIds names among those."""
    cross = report["objectIds_filter"].startswith(_CROSS_ACCOUNT)
    if cross and text:
        named = set(text.split(delimiter))
        return tuple(partner for partner in reachable(world.partner) if str(partner) in named)
    if report["family"] == "multi-account":
        return reachable(world.partner)
    return (world.partner,)


def _plays(
    asked: Params, report: dict[str, Any], window: Window, world: World, options: tuple[str, str]
) -> tuple[Event, ...]:
    delimiter, text = options
    found = tests(asked, report, delimiter)
    ids = _object_ids(report, text, delimiter)
    if ids:
        of, chosen = TRAITS[ids[0]], ids[1]
        found.append(lambda event: of(event) in chosen)
    wanted = wanted_entries(asked, report, delimiter)
    plays = [
        event
        for partner in _accounts(report, world, text, delimiter)
        for event in account_events(partner, wanted, window.start, window.end, world.crowd)
    ]
    for stays in found:
        plays = [event for event in plays if stays(event)]
    return tuple(plays)


def _read_interval(raw: Params) -> None:
    if raw.get("interval"):
        _enum(str(raw["interval"]), "interval", "KalturaReportInterval", filter_fields()[_BASE]["interval"]["enum"])


def read_question(params: Params, world: World) -> Question:
    """Read the question of a report call; raises ApiError as the server would."""
    wire = _enum(str(required(params, "reportType")), "reportType", "KalturaReportType", report_types())
    raw = required(params, "reportInputFilter")
    raw = raw if isinstance(raw, dict) else {}
    _read_interval(raw)
    asked, end_user = _fields_read(raw)
    options = params.get("responseOptions")
    options = options if isinstance(options, dict) else {}
    delimiter = str(options.get("delimiter") or ",")
    offset = _offset(asked)
    report = report_types()[wire]
    window = _window(asked, offset, world.now)
    if wire == _APPLICATIONS:
        window = Window(int(world.now) - _LAST_DAYS * _DAY, int(world.now))
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
        object_ids=object_ids,
        asked=asked,
        world=world,
        plays=_plays(asked, report, window, world, (delimiter, object_ids)) if window else (),
    )


def read_pager(pager: object) -> tuple[int, int]:
    """Read size and index of a pager: 30 and 1 when absent, 10 and 1 when not positive (kaltura.md §4.1)."""
    given: Params = pager if isinstance(pager, dict) else {}
    size, index = number(given, "pageSize", 30), number(given, "pageIndex", 1)
    return size if size > 0 else 10, max(index, 1)


def read_page(params: Params) -> Page:
    """Read the pager of getTable, which is mandatory; INTERNAL_SERVERL_ERROR past 12,000 rows (kaltura.md §4.1)."""
    size, index = read_pager(required(params, "pager"))
    if size * index > MAX_ROWS:
        if index > 1:
            raise ApiError("INTERNAL_SERVERL_ERROR")
        size = MAX_ROWS
    return Page((index - 1) * size, size)
