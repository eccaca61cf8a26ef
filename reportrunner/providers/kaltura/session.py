"""How a kaltura source gets its sessions: given, started, by an app token, or built here (kaltura.md §9)."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlencode

from pydantic import Field, model_validator

from reportrunner.ask import Source, Unfit
from reportrunner.diagnose import Hinted
from reportrunner.flow import (
    Digest,
    Done,
    Flow,
    Hole,
    Minted,
    Pairs,
    Refused,
    Reply,
    Request,
    SessionKey,
    Step,
    Verdict,
)
from reportrunner.providers.kaltura import wire
from reportrunner.secret import SecretReference
from reportrunner.source_spec import SecretSpec, SourceSpec
from reportrunner.spec import EndpointDataset
from reportrunner.strict import Strict
from reportrunner.table import Rows

DAY = 86_400
ADMIN = 2
BLOCK = 16
HashType = Literal["md5", "sha1", "sha256", "sha512"]
_HASHES: Mapping[str, HashType] = {"MD5": "md5", "SHA1": "sha1", "SHA256": "sha256", "SHA512": "sha512"}


class AppToken(Strict):
    """`app_token`: an application token of the account."""

    diagnostic_owner: ClassVar[str] = "app_token"
    id: SecretSpec
    secret: SecretSpec
    hash_type: Literal["SHA1", "MD5", "SHA256", "SHA512"] = Field(default="SHA1", description="The token's own")


class Auth(Strict):
    """`auth`: a given session, the admin secret that starts or builds one, or an application token."""

    diagnostic_owner: ClassVar[str] = "auth of a kaltura source"
    diagnostic_example: ClassVar[str] = '{ admin_secret = { env = "NAME" } }'
    ks: SecretSpec | None = None
    admin_secret: SecretSpec | None = None
    app_token: AppToken | None = None
    local: bool = Field(default=False, description="Build sessions here with the admin secret, instead of asking")
    user: str = ""
    privileges: list[str] = Field(default=[])
    expiry: int = Field(default=DAY, gt=60, description="Seconds; the account may cap it silently")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(each is not None for each in (self.ks, self.admin_secret, self.app_token)) != 1:
            raise Hinted(
                "auth is a session, the admin secret or an app token", 'write auth = { ks = { env = "KALTURA_KS" } }'
            )
        if self.ks is not None and (self.user or self.privileges):
            raise Hinted("a given session cannot be changed", "remove user and privileges, or give admin_secret")
        if self.local and self.admin_secret is None:
            raise Hinted("only the admin secret can build a session here", "remove local", key="local")
        return self


class KalturaSource(SourceSpec):
    """`[sources.x]` with `provider = "kaltura"`."""

    diagnostic_owner: ClassVar[str] = "a kaltura source"
    provider: Literal["kaltura"]
    partner: int = Field(gt=0, description="the account's number")
    auth: Auth
    envelope: Annotated[int, Field(ge=1, le=10)] = Field(
        default=10, description="Calls of one job that travel in one multirequest; 1: every call alone"
    )


def settings_of(source: SourceSpec) -> KalturaSource:
    """Return the settings as what they are."""
    assert isinstance(source, KalturaSource)
    return source


def secrets(source: SourceSpec) -> Mapping[str, SecretReference]:
    """Return the secrets that sessions are made of, by the names of their holes."""
    auth = settings_of(source).auth
    if auth.ks is not None:
        return {"session": auth.ks.reference()}
    if auth.app_token is not None:
        return {"app_token_id": auth.app_token.id.reference(), "app_token": auth.app_token.secret.reference()}
    assert auth.admin_secret is not None
    return {"admin_secret": auth.admin_secret.reference()}


def way(source: SourceSpec) -> Literal["given", "asked", "made"]:
    """Say how sessions are had."""
    auth = settings_of(source).auth
    return "given" if auth.ks is not None else "made" if auth.local else "asked"


def unfit(source: SourceSpec, parameters: EndpointDataset) -> Unfit | None:
    """Say which key of a dataset asks for a session that this source cannot have."""
    auth = settings_of(source).auth
    if auth.local and find_spec("Crypto") is None:
        said = "sessions are built here with pycryptodome, which is not installed"
        return Unfit("source", said, 'pip install "reportrunner[kaltura]"')
    asked = [key for key in ("privileges", "impersonate", "role") if getattr(parameters, key, None)]
    if auth.ks is not None and asked:
        said = "gives a session, and a given session cannot be widened"
        return Unfit(asked[0], said, "put the privilege into that session, or give the source an admin_secret")
    if "impersonate" in asked:
        if auth.app_token is not None:
            said = "has an app token, and a token opens its own account only"
            return Unfit("impersonate", said, "give the source an admin_secret, or the account a source of its own")
        if auth.local:
            said = "builds its sessions here, and those of another account need that account's secret"
            return Unfit("impersonate", said, "remove local = true, so that session.impersonate is asked")
    return None


def sign_in(source: Source, key: SessionKey, now: dt.datetime) -> Flow:
    """Return the flow that gets a session: session.start, session.impersonate or appToken.startSession (§9.1, §9.2)."""
    settings = settings_of(source.settings)
    if settings.auth.app_token is not None:
        return _by_token(source, settings, key)
    form: Pairs = (
        ("format", "1"),
        ("secret", Hole("secret", "admin_secret")),
        *((("impersonatedPartnerId", str(key.partner)),) if key.partner else ()),
        ("userId", settings.auth.user),
        ("type", str(ADMIN)),
        ("partnerId", str(settings.partner)),
        ("expiry", str(settings.auth.expiry)),
        ("privileges", ",".join(_privileges(settings, key))),
    )
    action = "impersonate" if key.partner else "start"
    request = Request("POST", f"/api_v3/service/session/action/{action}", form=form)
    judge = StartJudge(action, now + dt.timedelta(seconds=settings.auth.expiry))
    return Flow("", source.name, f"kaltura.session.{action}", (Step("sign in", request, judge),), _no_rows)


def _by_token(source: Source, settings: KalturaSource, key: SessionKey) -> Flow:
    """Ask for a widget session first: its hash with the token proves that we hold the token (kaltura.md §9.2)."""
    assert settings.auth.app_token is not None
    widget = Request(
        "POST",
        "/api_v3/service/session/action/startWidgetSession",
        form=(("format", "1"), ("widgetId", f"_{settings.partner}")),
    )
    anonymous, token = Hole("capture", "widget"), Hole("secret", "app_token")
    privileges = _privileges(settings, key)
    form: Pairs = (
        ("format", "1"),
        ("ks", anonymous),
        ("id", Hole("secret", "app_token_id")),
        ("tokenHash", Digest(_HASHES[settings.auth.app_token.hash_type], (anonymous, token))),
        *((("userId", settings.auth.user),) if settings.auth.user else ()),
        ("expiry", str(settings.auth.expiry)),
        *((("sessionPrivileges", ",".join(privileges)),) if privileges else ()),
    )
    start = Request("POST", "/api_v3/service/appToken/action/startSession", form=form)
    steps = (Step("widget session", widget, judge_widget), Step("sign in", start, TokenJudge(tuple(privileges))))
    return Flow("", source.name, "kaltura.appToken.startSession", steps, _no_rows)


def _privileges(settings: KalturaSource, key: SessionKey) -> list[str]:
    return [*settings.auth.privileges, *key.privileges]


@dataclass(frozen=True, slots=True)
class StartJudge:
    """Takes the session string; the account may have capped its life, which nothing in the answer tells."""

    action: str
    expires: dt.datetime

    def __call__(self, _: Request, reply: Reply) -> Verdict:
        """Judge a reply of session.start or session.impersonate."""
        answer, verdict = wire.judge_answer(reply)
        if verdict is not None:
            return verdict
        session = _session(answer)
        if session is None:
            return Refused("unreadable", f"session.{self.action} gave no session")
        return Done({"session": session}, self.expires)


def judge_widget(_: Request, reply: Reply) -> Verdict:
    """Take the widget session that the token's hash is made with."""
    answer, verdict = wire.judge_answer(reply)
    if verdict is not None:
        return verdict
    session = _session(answer.get("ks") if isinstance(answer, dict) else None)
    return Refused("unreadable", "startWidgetSession gave no session") if session is None else Done({"widget": session})


@dataclass(frozen=True, slots=True)
class TokenJudge:
    """Takes the session of an app token, unless the server dropped a privilege from it in silence (kaltura.md §9.2)."""

    wanted: tuple[str, ...]

    def __call__(self, _: Request, reply: Reply) -> Verdict:
        """Judge a reply of appToken.startSession; its expiry is an absolute unix second."""
        answer, verdict = wire.judge_answer(reply)
        if verdict is not None:
            return verdict
        info = answer if isinstance(answer, dict) else {}
        session, expiry = _session(info.get("ks")), info.get("expiry")
        if session is None or not isinstance(expiry, int):
            return Refused("unreadable", "appToken.startSession gave no session")
        missing = _missing(self.wanted, str(info.get("privileges") or ""))
        if missing:
            words = f"the app token's session came without the privilege {missing}: the server drops reserved names"
            return Refused("refused", words, "store the privilege on the token itself, or use an admin_secret")
        return Done({"session": session}, dt.datetime.fromtimestamp(expiry, dt.UTC))


def _missing(wanted: tuple[str, ...], granted: str) -> str:
    """Return the first wanted privilege that is not among the granted ones; several values share one by `/`."""
    has = {name: set(values.split("/")) for name, _, values in (p.strip().partition(":") for p in granted.split(","))}
    for privilege in wanted:
        name, _, values = privilege.partition(":")
        if name not in has or not (set(values.split("/")) <= has[name] or "*" in has[name]):
            return privilege
    return ""


def _session(value: object) -> str | None:
    return value if isinstance(value, str) and value and value.isascii() and value.isprintable() else None


def _no_rows(_: tuple[Reply, ...]) -> Rows:
    return Rows((), ())


def mint(
    source: Source, key: SessionKey, secret: Callable[[str], str], now: dt.datetime, entropy: Callable[[int], bytes]
) -> Minted:
    """Return a session built here."""
    settings = settings_of(source.settings)
    expires = now.replace(microsecond=0) + dt.timedelta(seconds=settings.auth.expiry)
    privileges = ",".join(_privileges(settings, key))
    fields = session_fields(privileges, int(expires.timestamp()), ADMIN, settings.auth.user)
    return Minted(sealed(fields, settings.partner, secret("admin_secret"), entropy(BLOCK)), expires)


def session_fields(privileges: str, expiry: int, kind: int, user: str) -> str:
    """Return what a version 2 session says, form-encoded; `expiry` is an absolute unix second (kaltura.md §9.4)."""
    fields: dict[str, str] = {}
    for privilege in filter(None, (each.strip() for each in privileges.split(","))):
        name, _, value = ("all:*" if privilege == "*" else privilege).partition(":")
        fields[name] = value
    return urlencode({**fields, "_e": expiry, "_t": kind, "_u": user})


def sealed(fields: str, partner: int, secret: str, random: bytes) -> str:
    """Return the session string: hashed, padded with zeros and encrypted as the server does (kaltura.md §9.4)."""
    from Crypto.Cipher import AES

    body = random + fields.encode()
    body = hashlib.sha1(body, usedforsecurity=False).digest() + body
    body += b"\0" * (-len(body) % BLOCK)
    key = hashlib.sha1(secret.encode(), usedforsecurity=False).digest()[:BLOCK]
    cipher = AES.new(key, AES.MODE_CBC, b"\0" * BLOCK)
    return base64.urlsafe_b64encode(f"v2|{partner}|".encode() + cipher.encrypt(body)).decode()
