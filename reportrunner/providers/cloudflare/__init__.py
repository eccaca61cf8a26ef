"""Cloudflare: RealtimeKit and Spectrum analytics, as `cloudflare.md` describes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reportrunner.ask import Provider
from reportrunner.endpoints import endpoints_in
from reportrunner.providers.cloudflare import source, wire
from reportrunner.providers.cloudflare.source import CloudflareSource

__all__ = ["PROVIDER"]

_DAYWISE: Final = "realtime.kit.analytics.daywise"
_BYTIME: Final = "spectrum.analytics.events.bytime"
_SUMMARY: Final = "spectrum.analytics.events.summary"
_CURRENT: Final = "spectrum.analytics.aggregate.current"
_MODULES: Final[Mapping[str, str]] = {
    _DAYWISE: "daywise",
    "realtime.kit.analytics.livestreams.daywise": "livestreams",
    "realtime.kit.analytics.livestreams.overall": "livestreams",
    "realtime.kit.sessions": "kit_lists",
    "realtime.kit.session": "kit_lists",
    "realtime.kit.participants": "kit_lists",
    "realtime.kit.recordings": "kit_lists",
    "realtime.kit.livestreams": "kit_lists",
    "realtime.kit.get": "operations",
    _BYTIME: "series",
    _SUMMARY: "totals",
    _CURRENT: "totals",
    "user.spectrum_analytics.zones.report": "totals",
}
"""The module in which each endpoint stands."""
PROVIDER = Provider(
    name="cloudflare",
    summary="Cloudflare: usage of RealtimeKit, traffic of Spectrum",
    settings=CloudflareSource,
    endpoints=endpoints_in(__name__, _MODULES),
    account=source.account,
    secrets=source.secrets,
    unfit=source.unfit,
    pause=wire.pause,
    familiar={
        "GetOrgAnalytics": _DAYWISE,
        "get_org_analytics": _DAYWISE,
        "get-org-analytics": _DAYWISE,
        "RealtimeKit.Livestreams.GetOrgAnalytics": _DAYWISE,
        "realtime_kit.livestreams.get_org_analytics": _DAYWISE,
        "realtime_kit.analytics.get_org_analytics": _DAYWISE,
        "realtime.kit.livestreams.daywise": _DAYWISE,
        "analytics.daywise": _DAYWISE,
        "get_livestream_analytics_daywise": "realtime.kit.analytics.livestreams.daywise",
        "get_livestream_analytics_complete": "realtime.kit.analytics.livestreams.overall",
        "get_all_recordings": "realtime.kit.recordings",
        "fetch_all_livestreams": "realtime.kit.livestreams",
        "GetSessions": "realtime.kit.sessions",
        "GetSessionDetails": "realtime.kit.session",
        "GetSessionParticipants": "realtime.kit.participants",
        "bytimes.get": _BYTIME,
        "events.bytimes.get": _BYTIME,
        "spectrum.analytics.events.bytimes": _BYTIME,
        "spectrum.analytics.events.bytimes.get": _BYTIME,
        "summaries.get": _SUMMARY,
        "spectrum.analytics.events.summaries": _SUMMARY,
        "spectrum.analytics.events.summaries.get": _SUMMARY,
        "currents.get": _CURRENT,
        "spectrum.analytics.aggregates.currents": _CURRENT,
        "spectrum.analytics.aggregates.currents.get": _CURRENT,
        "spectrum.analytics.aggregates.current": _CURRENT,
    },
)
