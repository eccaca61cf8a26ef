"""What every question to a kaltura source shares: whose session it runs under, how one call becomes a flow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from reportrunner.ask import Ask
from reportrunner.flow import Flow, Judge, Read, Refused, Reply, Request, Step, Verdict
from reportrunner.providers.kaltura.envelope import packable
from reportrunner.providers.kaltura_sessions import SessionDataset

MOST = 500
"""Values of one list filter. No source says how many the service takes; a page of its lists holds as many."""
PATIENCE = dt.timedelta(seconds=120)
"""Longest wait for the next byte of an ordinary answer."""


class KalturaDataset(SessionDataset):
    """Keys of a dataset that asks a kaltura source, whatever it asks."""

    packs: ClassVar[Mapping[str, int]] = {
        r"objectIds|filters\.(\w+(?<!Not)In|tagsMultiLikeOr|categoriesIdsMatchOr)": MOST
    }


def fetch(ask: Ask, request: Request, judge: Judge, read: Read, timeout: dt.timedelta = PATIENCE) -> Flow:
    """Return a flow of one call whose answer is a file, or must not share a request for another reason."""
    return flow_of(ask, (Step("fetch", request, judge, timeout=timeout),), read)


def fetch_together(ask: Ask, requests: tuple[Request, ...], judge: Judge, read: Read) -> Flow:
    """Return a flow of calls whose answers are objects: they may share a request with others of their session."""
    together = all(map(packable, requests))
    return flow_of(ask, (Step("fetch", requests[0], judge, also=requests[1:], packable=together),), read)


def flow_of(ask: Ask, steps: tuple[Step, ...], read: Read) -> Flow:
    """Return a flow under the ask's session, whose refusals name the permissions that the endpoint needs."""
    assert isinstance(ask.parameters, KalturaDataset)
    key = ask.parameters.session_at(ask.source.name)
    named = tuple(replace(step, judge=Permitted(step.judge, ask.endpoint.permissions)) for step in steps)
    return Flow(ask.dataset, ask.source.name, f"kaltura.{ask.endpoint.name}", named, read, key)


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
