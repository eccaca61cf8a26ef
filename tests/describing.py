"""A tiny provider whose sources define their endpoints, for tests of what stands around such a provider."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import ClassVar, Literal

from pydantic import Field

from reportrunner.ask import Ask, Endpoint, Provider
from reportrunner.flow import Done, Flow, Reply, Request, Step
from reportrunner.formats import FORMATS
from reportrunner.load import Families
from reportrunner.secret import SecretReference
from reportrunner.source_spec import IncludeSpec, SecretSpec, SourceSpec
from reportrunner.spec import EndpointDataset
from reportrunner.strict import Strict
from reportrunner.table import Column, ColumnType, Rows

COLUMN = Column("name", ColumnType.STRING, "What it is called")


class DescribedEndpoint(Strict):
    """An endpoint as the project writes it."""

    diagnostic_owner: ClassVar[str] = "an endpoint"
    path: str


class Described(SourceSpec):
    """A source that defines endpoints."""

    diagnostic_owner: ClassVar[str] = "a described source"
    provider: Literal["described"]
    token: SecretSpec = SecretSpec(env="TOKEN")
    identity: str = ""
    include: IncludeSpec | None = None
    fixtures: str | None = None
    endpoints: dict[str, DescribedEndpoint] = Field(default={})


class Included(Strict):
    """A file of endpoints."""

    diagnostic_owner: ClassVar[str] = "an included file"
    endpoints: dict[str, DescribedEndpoint] = Field(default={})


class DescribedDataset(EndpointDataset):
    """What such an endpoint is asked."""

    diagnostic_owner: ClassVar[str] = "a described endpoint"


def _described(settings: SourceSpec) -> Described:
    assert isinstance(settings, Described)
    return settings


def _unfold(ask: Ask, path: str) -> Flow:
    def read(replies: tuple[Reply, ...]) -> Rows:
        return Rows((COLUMN,), [(reply.body.decode(),) for reply in replies])

    step = Step("fetch", Request("GET", path), lambda _, __: Done())
    return Flow(ask.dataset, ask.source.name, "described", (step,), read)


def endpoints_of(settings: SourceSpec) -> Mapping[str, Endpoint]:
    """The endpoints of a source."""
    return {
        name: Endpoint(
            name,
            f"Asks {one.path}",
            DescribedDataset,
            partial(_unfold, path=one.path),
            lambda _: (COLUMN,),
        )
        for name, one in _described(settings).endpoints.items()
    }


def _secrets(settings: SourceSpec) -> Mapping[str, SecretReference]:
    return {"token": _described(settings).token.reference()}


PROVIDER = Provider(
    name="described",
    summary="Whatever the project describes",
    settings=Described,
    endpoints={},
    account=lambda settings: settings.base_url,
    secrets=_secrets,
    endpoints_of=endpoints_of,
    include=Included,
    sign_in_url=lambda settings: _described(settings).identity,
)
FAMILIES = Families({"described": PROVIDER}, FORMATS)
