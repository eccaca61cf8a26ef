"""A small dataset for every endpoint that takes a window, and for every choice that it offers."""

# ruff: noqa: E501 - definitions are read as they are written

from __future__ import annotations

SOURCES = """
[sources.kaltura]
provider = "kaltura"
base_url = "https://kaltura.example"
partner  = 10042
auth     = { admin_secret = { env = "SECRET" } }
[sources.kaltura_reports]
provider = "kaltura_reports"
base_url = "https://reports.example"
session  = "kaltura"
[sources.cloudflare]
provider = "cloudflare"
account  = "acc00000000000000000000000000042"
auth     = { api_token = { env = "TOKEN" } }
[sources.livekit]
provider = "livekit"
base_url = "https://livekit.example"
project  = "p_4rtnvq8d2kx"
auth     = { api_key = { env = "KEY" }, api_secret = { env = "SECRET" } }
[sources.rest]
provider = "rest"
base_url = "https://api.example"

[sources.rest.endpoints.unix]
summary  = "By instants in Unix seconds"
request  = { path = "/things", query = { since = "{{ window.start | unix }}", until = "{{ window.last_second | unix }}" } }
response = { format = "json", rows = "$.data" }
columns  = { id = "string", at = "timestamp" }
[sources.rest.endpoints.rfc3339]
summary  = "By instants in RFC 3339, the end exclusive"
request  = { path = "/things", query = { since = "{{ window.start }}", until = "{{ window.end | utc | date('%Y-%m-%dT%H:%M:%SZ') }}" } }
response = { format = "json", rows = "$.data" }
columns  = { id = "string", at = "timestamp" }
[sources.rest.endpoints.unknown_days]
summary  = "By days of which nothing is known"
request  = { path = "/things", query = { from = "{{ window.first_day }}", to = "{{ window.last_day }}" } }
response = { format = "json", rows = "$.data" }
columns  = { id = "string", at = "timestamp" }
[sources.rest.endpoints.sent_zone]
summary  = "By days of a zone that is sent along"
request  = { path = "/things", query = { from = "{{ window.first_day }}", to = "{{ window.last_day }}", zone = "{{ window.zone }}" } }
response = { format = "json", rows = "$.data" }
columns  = { id = "string", at = "timestamp" }
[sources.rest.endpoints.sent_offset]
summary  = "By days of an offset that is sent along"
request  = { path = "/things", query = { day = "{{ window.first_day | day_id }}", offset = "{{ window.utc_offset }}" } }
response = { format = "json", rows = "$.data" }
columns  = { id = "string", at = "timestamp" }
[sources.rest.endpoints.utc_days]
summary  = "By days of UTC"
zone     = "UTC"
request  = { path = "/things", query = { from = "{{ window.first_day }}", to = "{{ window.last_day }}" } }
response = { format = "json", rows = "$.data" }
columns  = { id = "string", at = "timestamp" }
[sources.rest.endpoints.utc_sums]
summary  = "Sums by days of UTC, without a moment"
zone     = "UTC"
zone_from = "source-proven"
request  = { path = "/things", query = { from = "{{ window.first_day }}", to = "{{ window.last_day }}" } }
response = { format = "json", rows = "$.data" }
columns  = { day = "date", n = "integer" }
[sources.rest.endpoints.berlin_days]
summary  = "By days of Berlin, as somebody remembers it"
zone     = "Europe/Berlin"
zone_from = "unknown"
request  = { path = "/things", query = { from = "{{ window.first_day }}", to = "{{ window.last_day }}" } }
response = { format = "json", rows = "$.data" }
columns  = { id = "string", at = "timestamp" }
"""
"""A project with a source of every provider."""

VOD = 'filters = { playbackTypeIn = ["vod"] }'
APP = 'app_id = "a9900000-5a0d-4b0c-8000-000000010042"'
SPECTRUM = 'zone_id = "20e00000000000000000000000000001"\nmetrics = ["count"]'
KIT = (
    "analytics.daywise",
    "analytics.livestreams.daywise",
    "analytics.livestreams.overall",
    "sessions",
    "recordings",
    "livestreams",
)
USERS = 'columns = { user_id = "string" }'
EVENTS = 'filters = { entries_ids = ["1_town1"], virtual_event_ids = ["4711"] }'
CHAT = f'{EVENTS}\nprivileges = ["virtualeventid:4711"]\n{USERS}'
BEACONS = """[datasets.asked.filters]
relatedObjectTypeIn = ["entry"]
objectIdIn = ["1_live1"]"""
CSV = 'params = { entries_ids = ["1_a"] }'
BY = "spectrum.analytics.events.bytime"
TABLE, GRAPHS, LINK = "report.getTable", "report.getGraphs", "report.getUrlForReportAsCsv"
CHATS = (
    "pollsActivity",
    "chatUserActivity",
    "moderatorTranscripts",
    "chatModeration",
    "groupChatTranscripts",
    "privateTranscripts",
)
CASES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "kaltura": (
        (TABLE, "rows of a report: by instants", f'report = "TOP_CONTENT"\n{VOD}'),
        (TABLE, "a series by the day", 'report = "USER_ENGAGEMENT_TIMELINE"\nselect = ["date_id", "count_plays"]'),
        (TABLE, "the same, split", 'report = "USER_ENGAGEMENT_TIMELINE"\nselect = ["count_plays"]\ndst = "split"'),
        (TABLE, "a series by the hour", 'report = "USER_ENGAGEMENT_TIMELINE"\ninterval = "hours"'),
        (GRAPHS, "by the day", f'report = "USER_ENGAGEMENT_TIMELINE"\n{VOD}'),
        (
            GRAPHS,
            "by the hour, split",
            f'report = "USER_ENGAGEMENT_TIMELINE"\ninterval = "hours"\ndst = "split"\n{VOD}',
        ),
        ("report.getTotal", "", f'report = "TOP_CONTENT"\n{VOD}'),
        ("report.getBaseTotal", "", 'report = "USER_USAGE"'),
        (LINK, "rows of a report: by instants", f'report = "TOP_CONTENT"\n{VOD}'),
        (LINK, "a series by the day", 'report = "USER_ENGAGEMENT_TIMELINE"'),
        ("report.getCsvFromStringParams", "days and one offset", f"id = 3007\n{CSV}"),
        ("report.getCsvFromStringParams", "the same, lived with", f'id = 3007\ndst = "one-offset"\n{CSV}'),
        ("report.getCsvFromStringParams", "instants", "id = 3009"),
        ("report.getCsv", "days and one offset", f"id = 3006\n{CSV}"),
        ("report.execute", "days and one offset", f"id = 3008\n{CSV}"),
        ("report.exportToCsv", "rows", 'reportItems = [{ report = "TOP_CONTENT" }]'),
        ("report.exportToCsv", "a series", 'reportItems = [{ report = "USER_ENGAGEMENT_TIMELINE" }]'),
        ("liveReports.getEvents", "", 'filters = { entryIds = ["1_live1"] }'),
        ("beacon_beacon.list", "", BEACONS),
        ("beacon_beacon.list#alerts", "", BEACONS),
        ("baseEntry.list", "", ""),
        ("category.list", "", ""),
        ("caption_captionAsset.list", "", 'filters = { entryIdIn = ["1_gdpr1"] }'),
        ("entryServerNode.list", "", 'filters = { entryIdEqual = "1_live1" }'),
    ),
    "kaltura_reports": (
        *((name, "", CHAT) for name in CHATS),
        ("attachment", "", f"{EVENTS}\n{USERS}"),
        ("reportsEnrichment", "", f'filters = {{ taskType = "users", params = {{ }} }}\n{USERS}'),
    ),
    "cloudflare": (
        *((f"realtime.kit.{name}", "", APP) for name in KIT),
        (BY, "by the day", f'time_delta = "day"\n{SPECTRUM}'),
        (BY, "by the day, of what does not add up", f'time_delta = "day"\n{SPECTRUM[:-1]}, "durationAvg"]'),
        (BY, "utc-days", f'time_delta = "day"\nzone_mismatch = "utc-days"\n{SPECTRUM}'),
        (BY, "hours", f'time_delta = "day"\nzone_mismatch = "hours"\n{SPECTRUM}'),
        (BY, "hours, by the week", f'time_delta = "week"\nzone_mismatch = "hours"\n{SPECTRUM}'),
        (BY, "by the month, which the week cuts", f'time_delta = "month"\n{SPECTRUM}'),
        (BY, "by the hour", f'time_delta = "hour"\n{SPECTRUM}'),
        ("spectrum.analytics.events.summary", "", SPECTRUM),
        ("user.spectrum_analytics.zones.report", "", ""),
    ),
    "livekit": (
        ("sessions.list", "", ""),
        ("sessions.list", "what is too old is left out", 'too_old = "clamp"'),
        ("sessions.list", "the seventh day is tried", 'too_old = "ask"'),
    ),
    "rest": (
        ("unix", "", ""),
        ("rfc3339", "", ""),
        ("unknown_days", "", ""),
        ("sent_zone", "", ""),
        ("sent_offset", "", ""),
        ("utc_days", "", ""),
        ("utc_days", "utc-days", 'zone_mismatch = "utc-days"'),
        ("utc_days", "covering", 'zone_mismatch = "covering"\nmoment = "at"'),
        ("utc_sums", "", ""),
        ("utc_sums", "utc-days", 'zone_mismatch = "utc-days"'),
        ("berlin_days", "", ""),
        ("berlin_days", "service-days", 'zone_mismatch = "service-days"'),
    ),
}
"""Per provider: the endpoint, what is special, and the keys beside source, endpoint and window."""
