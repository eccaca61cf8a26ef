"""What every question to a cloudflare source shares: its keys, its path, and how one call becomes a flow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import ClassVar, Final, Self

from pydantic import Field, field_validator, model_validator

from reportrunner.ask import Ask
from reportrunner.diagnose import Hinted
from reportrunner.flow import Flow, Judge, Pairs, Read, Request, Step
from reportrunner.providers.cloudflare.cells import is_denied
from reportrunner.providers.cloudflare.source import Id, ShortId, headers, settings_of
from reportrunner.spec import EndpointDataset
from reportrunner.spelling import did_you_mean
from reportrunner.table import Column

DEADLINE: Final = dt.timedelta(minutes=45)
"""A refused account waits for five minutes at a time, and a flow must outlive several such waits (§5)."""


class CloudflareDataset(EndpointDataset):
    """Keys of a dataset that asks a cloudflare source, whatever it asks."""

    samples: ClassVar[tuple[str, ...]] = ("00000000-0000-4000-8000-000000000000", "SFO", "connect", "6")

    @field_validator("privileges")
    @classmethod
    def _none(cls, value: list[str]) -> list[str]:
        if value:
            raise Hinted("Cloudflare has no sessions: what a token may do is set at the token", "remove privileges")
        return value

    def fixed(self) -> tuple[Column, ...] | None:
        """Return the columns of the answer where there cannot be others; None: a job may declare more."""
        return None

    @model_validator(mode="after")
    def _no_other_columns(self) -> Self:
        known = self.fixed()
        for name in self.columns if known is not None else ():
            names = [column.name for column in known or ()]
            if name not in names:
                said = f'{self.diagnostic_owner} has no column "{name}"{did_you_mean(name, names)}'
                raise Hinted(said, f"its columns: {', '.join(names)}", key=("columns", name))
        return self


class Windowless(CloudflareDataset):
    """Base of what no window can narrow: one that is given would do nothing."""

    @model_validator(mode="after")
    def _windowless(self) -> Self:
        if self.window is not None:
            hint = "remove it; an expression such as {{ windows.week.start }} may stand where a value is asked"
            raise Hinted(f"{self.diagnostic_owner} takes no window", hint, key="window")
        return self


class KitDataset(CloudflareDataset):
    """Keys of a dataset that asks RealtimeKit."""

    familiar: ClassVar[Mapping[str, str]] = {
        "appID": 'is spelt app_id here; write app_id = "..."',
        "start_date": 'is decided by the window; write window = "name"',
        "end_date": 'is decided by the window; write window = "name"',
        "start_time": 'is decided by the window; write window = "name"',
        "end_time": 'is decided by the window; write window = "name"',
        "page_no": "is not needed: all pages are fetched",
    }
    app_id: Id = Field(description="The app's id, a UUID")
    account_id: ShortId | None = Field(default=None, description="The account, where it is not the source's own")

    @model_validator(mode="after")
    def _landable(self) -> Self:
        for name in self.columns:
            if is_denied(name):
                said = f"{name} opens something to whoever reads it; {self.diagnostic_owner} never lands it"
                raise Hinted(said, "remove it", key=("columns", name))
        return self


def kit_path(ask: Ask, rest: str) -> str:
    """Return a path of RealtimeKit under account and app."""
    parameters = ask.parameters
    assert isinstance(parameters, KitDataset)
    owner = parameters.account_id or settings_of(ask.source.settings).account
    assert owner is not None, "a dataset without an account is refused when it is loaded"
    return f"/accounts/{owner}/realtime/kit/{parameters.app_id}/{rest}"


def get(ask: Ask, path: str, query: Pairs = (), page: int = 0) -> Request:
    """Return a signed GET."""
    return Request("GET", path, query=query, headers=headers(ask.source.settings), page=page)


def fetch(ask: Ask, request: Request, judge: Judge, read: Read) -> Flow:
    """Return a flow of one call, and the pages that it grows; a page of a list can be read alone."""
    kind = f"cloudflare.{ask.endpoint.name}"
    steps = (Step("fetch", request, judge),)
    early = read if request.page else None
    return Flow(ask.dataset, ask.source.name, kind, steps, read, early=early, deadline=DEADLINE)
