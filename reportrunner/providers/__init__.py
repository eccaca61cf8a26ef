"""The family of providers: one entry each."""

from __future__ import annotations

from reportrunner.ask import Provider
from reportrunner.providers import kaltura, kaltura_reports, rest

PROVIDERS: dict[str, Provider] = {
    "kaltura": kaltura.PROVIDER,
    "kaltura_reports": kaltura_reports.PROVIDER,
    "rest": rest.PROVIDER,
}
