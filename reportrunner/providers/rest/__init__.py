"""Any REST API, its endpoints described once in the project file and used by many jobs."""

from __future__ import annotations

from reportrunner.ask import Provider, Unfit
from reportrunner.providers.rest.signing import sign_in
from reportrunner.providers.rest.source import (
    RestFile,
    RestSource,
    secrets,
    session_source,
    settings_of,
    sign_in_url,
    way,
)
from reportrunner.providers.rest.unfold import endpoints_of
from reportrunner.source_spec import SourceSpec
from reportrunner.spec import EndpointDataset

__all__ = ["PROVIDER"]


def _account(settings: SourceSpec) -> str:
    return f"rest {settings.base_url}"


def _unfit(source: SourceSpec, parameters: EndpointDataset) -> Unfit | None:
    if parameters.privileges and settings_of(source).session is None:
        return Unfit("privileges", "has sessions that know no privileges", "remove it")
    return None


PROVIDER = Provider(
    name="rest",
    summary="Any REST API: its endpoints are defined under the source, and are asked by their names",
    settings=RestSource,
    endpoints={},
    account=_account,
    secrets=secrets,
    session_way=way,
    sign_in=sign_in,
    session_source=session_source,
    unfit=_unfit,
    endpoints_of=endpoints_of,
    include=RestFile,
    sign_in_url=sign_in_url,
)
