"""`[sources.x]` with `provider = "kaltura_reports"`: the service, and whose sessions it is asked with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from reportrunner.source_spec import SourceSpec


class KalturaReportsSource(SourceSpec):
    """`[sources.x]` with `provider = "kaltura_reports"`; its sessions come from a kaltura source."""

    diagnostic_owner: ClassVar[str] = "a kaltura_reports source"
    familiar: ClassVar[Mapping[str, str]] = {"auth": 'is not needed: write session = "<the kaltura source>"'}
    provider: Literal["kaltura_reports"]
    session: str


def session_source(settings: SourceSpec) -> str:
    """Return the source whose sessions it borrows."""
    assert isinstance(settings, KalturaReportsSource)
    return settings.session
