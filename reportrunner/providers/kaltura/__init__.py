"""Kaltura's analytics API, as `kaltura.md` describes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import partial
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from reportrunner.ask import Provider, Source
from reportrunner.diagnose import Hinted
from reportrunner.flow import Done, Flow, Hole, Refused, Reply, Request, SessionKey, Step, Verdict
from reportrunner.providers.kaltura import custom, endpoints, others, wire
from reportrunner.secret import SecretReference
from reportrunner.source_spec import SecretSpec, SourceSpec
from reportrunner.strict import Strict
from reportrunner.table import Rows

DAY = 86_400


class Auth(Strict):
    """`auth`: a given session, or the admin secret that starts one."""

    diagnostic_owner: ClassVar[str] = "auth of a kaltura source"
    diagnostic_example: ClassVar[str] = '{ admin_secret = { env = "NAME" } }'
    ks: SecretSpec | None = None
    admin_secret: SecretSpec | None = None
    user: str = ""
    privileges: list[str] = Field(default=[])
    expiry: int = Field(default=DAY, gt=60, description="Seconds; the account may cap it silently")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.ks is None) == (self.admin_secret is None):
            raise Hinted("auth is either a session or the admin secret", 'write auth = { ks = { env = "KALTURA_KS" } }')
        if self.ks is not None and (self.user or self.privileges):
            raise Hinted("a given session cannot be changed", "remove user and privileges, or give admin_secret")
        return self


class KalturaSource(SourceSpec):
    """`[sources.x]` with `provider = "kaltura"`."""

    diagnostic_owner: ClassVar[str] = "a kaltura source"
    provider: Literal["kaltura"]
    partner: int = Field(gt=0, description="the account's number")
    auth: Auth


def _secrets(settings: SourceSpec) -> Mapping[str, SecretReference]:
    assert isinstance(settings, KalturaSource)
    if settings.auth.ks is not None:
        return {"session": settings.auth.ks.reference()}
    assert settings.auth.admin_secret is not None
    return {"admin_secret": settings.auth.admin_secret.reference()}


def _account(settings: SourceSpec) -> str:
    assert isinstance(settings, KalturaSource)
    return f"kaltura {settings.base_url} {settings.partner}"


def _given_session(settings: SourceSpec) -> bool:
    assert isinstance(settings, KalturaSource)
    return settings.auth.ks is not None


def sign_in(source: Source, key: SessionKey, now: dt.datetime) -> Flow:
    """Return the flow of `session.start` with the source's and the dataset's privileges (kaltura.md §9.1)."""
    settings = source.settings
    assert isinstance(settings, KalturaSource)
    form = (
        ("format", "1"),
        ("secret", Hole("secret", "admin_secret")),
        ("userId", settings.auth.user),
        ("type", "2"),
        ("partnerId", str(settings.partner)),
        ("expiry", str(settings.auth.expiry)),
        ("privileges", ",".join([*settings.auth.privileges, *key.privileges])),
    )
    request = Request("POST", "/api_v3/service/session/action/start", form=form)
    judge = partial(_judge_session, expires=now + dt.timedelta(seconds=settings.auth.expiry))
    return Flow("", source.name, "kaltura.session.start", (Step("sign in", request, judge),), _no_rows)


def _judge_session(_: Request, reply: Reply, *, expires: dt.datetime) -> Verdict:
    answer, verdict = wire.judge_answer(reply)
    if verdict is not None:
        return verdict
    if not isinstance(answer, str) or not answer or not answer.isascii() or not answer.isprintable():
        return Refused("unreadable", "session.start gave no session")
    return Done({"session": answer}, expires)


def _no_rows(_: tuple[Reply, ...]) -> Rows:
    return Rows((), ())


PROVIDER = Provider(
    name="kaltura",
    summary="Kaltura analytics: reports of plays, viewers and entries",
    settings=KalturaSource,
    endpoints={
        endpoint.name: endpoint for endpoint in (endpoints.TABLE, endpoints.TOTAL, custom.CSV, *others.ENDPOINTS)
    },
    account=_account,
    secrets=_secrets,
    sign_in=sign_in,
    given_session=_given_session,
    familiar={
        **others.FAMILIAR,
        "getTable": "report.getTable",
        "getTotal": "report.getTotal",
        "report.getTotals": "report.getTotal",
        "getCsvFromStringParams": "report.getCsvFromStringParams",
    },
)
