"""What every question to a kaltura source shares: whose session it runs under, how one call becomes a flow."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from pydantic import Field, field_validator

from reportrunner.ask import Ask
from reportrunner.diagnose import Hinted
from reportrunner.flow import Flow, Judge, Read, Refused, Reply, Request, SessionKey, Step, Verdict
from reportrunner.spec import EndpointDataset

PATIENCE = dt.timedelta(seconds=120)
"""Longest wait for the next byte of an ordinary answer."""


class KalturaDataset(EndpointDataset):
    """Keys of a dataset that asks a kaltura source, whatever it asks."""

    impersonate: int | None = Field(default=None, gt=0, description="Partner id of the child account to ask as")
    role: int | None = Field(default=None, gt=0, description="Id of the role to ask in; becomes setrole:<id>")

    @field_validator("privileges")
    @classmethod
    def _one_each(cls, value: list[str]) -> list[str]:
        for privilege in value:
            if not privilege.strip() or "," in privilege or privilege != privilege.strip():
                raise Hinted(f'"{privilege}" is no privilege: commas separate them', 'write ["name:value", "other"]')
            if privilege.startswith("setrole:"):
                raise Hinted("a role has a key of its own", f"write role = {privilege.removeprefix('setrole:')}")
        return value


def session_of(ask: Ask) -> SessionKey:
    """Return the session an ask runs under: one per source, account, role and privileges (kaltura.md §9.3)."""
    parameters = ask.parameters
    assert isinstance(parameters, KalturaDataset)
    role = () if parameters.role is None else (f"setrole:{parameters.role}",)
    return SessionKey(ask.source.name, (*parameters.privileges, *role), parameters.impersonate or 0)


def fetch(ask: Ask, request: Request, judge: Judge, read: Read, timeout: dt.timedelta = PATIENCE) -> Flow:
    """Return a flow of one call."""
    return flow_of(ask, (Step("fetch", request, judge, timeout=timeout),), read)


def flow_of(ask: Ask, steps: tuple[Step, ...], read: Read) -> Flow:
    """Return a flow under the ask's session, whose refusals name the permissions that the endpoint needs."""
    named = tuple(replace(step, judge=Permitted(step.judge, ask.endpoint.permissions)) for step in steps)
    return Flow(ask.dataset, ask.source.name, f"kaltura.{ask.endpoint.name}", named, read, session_of(ask))


@dataclass(frozen=True, slots=True)
class Permitted:
    """A judge that adds to SERVICE_FORBIDDEN which permissions are missing; a value, so that equal plans are equal."""

    judge: Judge
    permissions: str

    def __call__(self, request: Request, reply: Reply) -> Verdict:
        """Judge as the other one does."""
        verdict = self.judge(request, reply)
        if isinstance(verdict, Refused) and verdict.words.startswith("SERVICE_FORBIDDEN") and self.permissions:
            return replace(verdict, hint=f"the session's role needs {self.permissions}")
        return verdict
