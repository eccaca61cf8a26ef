"""liveReports.getEvents: who watches a live stream, in buckets of ten seconds (kaltura.md §10)."""

from __future__ import annotations

from reportrunner.sandbox.broadcasts import BUCKET, audience, live_entries, on_air
from reportrunner.sandbox.kaltura_asked import Visit, enum, group, listed, moment, required
from reportrunner.sandbox.kaltura_errors import ApiError, not_simulated
from reportrunner.sandbox.kaltura_wire import Params, Thing
from reportrunner.sandbox.universe import ACCOUNT_CREATED

_REFUSED = {
    "PARTNER_TOTAL": "LIVE_REPORTS_WS_FAILURE",
    "ENTRY_TOTAL": "LIVE_REPORTS_WS_FAILURE",
    "ENTRY_GEO_TIME_LINE": "ANALYTICS_UNSUPPORTED_QUERY",
    "ENTRY_SYNDICATION_TOTAL": "ANALYTICS_UNSUPPORTED_QUERY",
}
_KINDS = {*_REFUSED, "ENTRY_TIME_LINE"}
_NULLABLE = {"-1", "0", "1"}
_MAX_ROWS = 10_000


def live_events(params: Params, visit: Visit) -> list[Thing]:
    """``liveReports.getEvents``: one graph of ``time,audience,delayed audience;``, whose commas are no option."""
    required(params, "reportType")
    kind = enum(params, "reportType", "KalturaLiveReportType", _KINDS)
    if kind in _REFUSED:
        raise ApiError(_REFUSED[kind])
    asked = group(params, "filter")
    wanted = listed(asked, "entryIds")
    if not kind or wanted is None:
        raise not_simulated("liveReports.getEvents without entryIds or a report type")
    only_live = enum(asked, "live", "KalturaNullableBoolean", _NULLABLE) == "1"
    chosen = frozenset(
        entry.entry_id
        for entry in live_entries()
        if entry.entry_id in wanted and (not only_live or on_air(entry, visit.now))
    )
    start, last = (moment(asked, name, visit.now) for name in ("fromTime", "toTime"))
    end = min(last + BUCKET, visit.now) if last else 0  # the server adds the length of a bucket: the last one is told
    begin, end = max(ACCOUNT_CREATED, start - start % BUCKET), end - end % BUCKET
    usable = start > 0 and begin < end  # a time that is missing reads as 0
    found = audience(visit.session.partner, chosen, begin, end) if chosen and usable else {}
    rows = [f"{at},{live},{delayed};" for at, (live, delayed) in sorted(found.items())]
    return [Thing("KalturaReportGraph", {"id": "audience", "data": "".join(rows[:_MAX_ROWS])})]
