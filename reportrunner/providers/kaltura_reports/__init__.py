"""Kaltura's Reports Microservice: generate, poll, serve (kaltura.md §11)."""

from __future__ import annotations

from collections.abc import Mapping

from reportrunner.ask import Provider
from reportrunner.endpoints import endpoints_in
from reportrunner.providers.kaltura_reports.source import KalturaReportsSource, session_source
from reportrunner.secret import SecretReference
from reportrunner.source_spec import SourceSpec

__all__ = ["PROVIDER"]

_REPORTS = (
    "pollsActivity",
    "chatUserActivity",
    "moderatorTranscripts",
    "chatModeration",
    "groupChatTranscripts",
    "privateTranscripts",
    "registration",
    "attachment",
    "reportsEnrichment",
    "report",
)


def _no_secrets(_: SourceSpec) -> Mapping[str, SecretReference]:
    return {}


def _account(settings: SourceSpec) -> str:
    return f"kaltura_reports {settings.base_url}"


PROVIDER = Provider(
    name="kaltura_reports",
    summary="Kaltura's Reports Microservice: reports that are generated, polled and served",
    settings=KalturaReportsSource,
    endpoints=endpoints_in(__name__, dict.fromkeys(_REPORTS, "reports")),
    account=_account,
    secrets=_no_secrets,
    session_source=session_source,
    familiar={"generate": "report", "report.generate": "report", "report/generate": "report", "freeform": "report"},
)
