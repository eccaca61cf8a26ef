"""The family of providers: one entry each."""

from __future__ import annotations

from reportrunner.ask import Provider
from reportrunner.providers import cloudflare, kaltura, kaltura_reports, livekit, rest

PROVIDERS: dict[str, Provider] = {
    "cloudflare": cloudflare.PROVIDER,
    "kaltura": kaltura.PROVIDER,
    "kaltura_reports": kaltura_reports.PROVIDER,
    "livekit": livekit.PROVIDER,
    "rest": rest.PROVIDER,
}
