"""Kaltura's analytics API, as `kaltura.md` describes it."""

from __future__ import annotations

from dataclasses import replace

from reportrunner.ask import Provider
from reportrunner.endpoints import endpoints_in
from reportrunner.flow import Envelope
from reportrunner.providers.kaltura import names, session
from reportrunner.providers.kaltura.envelope import MULTIREQUEST
from reportrunner.providers.kaltura.session import KalturaSource
from reportrunner.source_spec import SourceSpec


def _account(settings: SourceSpec) -> str:
    return f"kaltura {settings.base_url} {session.settings_of(settings).partner}"


def _envelope(settings: SourceSpec) -> Envelope:
    return replace(MULTIREQUEST, limit=session.settings_of(settings).envelope)


PROVIDER = Provider(
    name="kaltura",
    summary="Kaltura analytics: reports of plays, viewers and entries",
    settings=KalturaSource,
    endpoints=endpoints_in(__name__, {**names.REPORTS, **names.OTHERS}),
    account=_account,
    secrets=session.secrets,
    session_way=session.way,
    sign_in=session.sign_in,
    mint=session.mint,
    unfit=session.unfit,
    envelope=_envelope,
    familiar=names.FAMILIAR,
)
