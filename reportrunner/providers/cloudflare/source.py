"""A Cloudflare source: its account, how it signs in, and which endpoints that opens (cloudflare.md §3)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from reportrunner.ask import Unfit
from reportrunner.diagnose import Hinted
from reportrunner.flow import Hole, Pairs
from reportrunner.secret import SecretReference
from reportrunner.source_spec import BaseUrl, SecretSpec, SourceSpec
from reportrunner.spec import EndpointDataset
from reportrunner.strict import Strict

LONGEST = 32
"""Characters of an account's or a zone's id (cloudflare.md §1, §2)."""
_SEGMENT = r"[^\s/\x00-\x1f\x7f]+"
_WAYS = 'write auth = { api_token = { env = "CLOUDFLARE_API_TOKEN" } }'


def one_segment(value: str) -> str:
    """Return an id that stands alone between two slashes of a path; the others would ask something else."""
    if value in {"", ".", ".."}:
        raise Hinted(f'"{value}" is no id: it would change which path is asked', "write the id itself")
    if not re.fullmatch(_SEGMENT, value):
        raise Hinted(f'"{value}" is no id: an id holds no slash and no blank', "write the id alone, no part of a URL")
    return value


Id = Annotated[str, AfterValidator(one_segment)]
"""An id as one segment of a path; what else has to be encoded in it is, once, when it is sent."""
ShortId = Annotated[str, AfterValidator(one_segment), Field(max_length=LONGEST)]


class Auth(Strict):
    """`auth`: an API token, or the e-mail address and the global key of a user."""

    diagnostic_owner: ClassVar[str] = "auth of a cloudflare source"
    diagnostic_example: ClassVar[str] = '{ api_token = { env = "CLOUDFLARE_API_TOKEN" } }'
    familiar: ClassVar[Mapping[str, str]] = {
        "token": f"is called api_token; {_WAYS}",
        "key": 'is called api_key; write auth = { email = { env = "..." }, api_key = { env = "..." } }',
        "user_service_key": f"opens none of these endpoints; {_WAYS}",
    }
    api_token: SecretSpec | None = None
    email: SecretSpec | None = None
    api_key: SecretSpec | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        pair = (self.email is not None, self.api_key is not None)
        if self.api_token is not None and any(pair):
            stray = "email" if pair[0] else "api_key"
            said = "auth is a token, or an e-mail and a key: beside both, clients send the pair and forget the token"
            raise Hinted(said, f"keep api_token and remove {stray}", key=stray)
        if self.api_token is None and not any(pair):
            raise Hinted("auth is a token, or an e-mail and a key", _WAYS)
        if self.api_token is None and not all(pair):
            have, lack = ("email", "api_key") if pair[0] else ("api_key", "email")
            raise Hinted(f"{have} signs in only together with {lack}", f'add {lack} = {{ env = "..." }}', key=have)
        return self


class CloudflareSource(SourceSpec):
    """`[sources.x]` with `provider = "cloudflare"`."""

    diagnostic_owner: ClassVar[str] = "a cloudflare source"
    familiar: ClassVar[Mapping[str, str]] = {
        "account_id": 'is called account in a source; write account = "..."',
        "api_token": f"belongs to auth; {_WAYS}",
    }
    provider: Literal["cloudflare"]
    base_url: BaseUrl = "https://api.cloudflare.com/client/v4"
    account: ShortId | None = Field(default=None, description="The account's id; RealtimeKit is asked under one")
    auth: Auth
    lists: Literal["repeat", "comma"] = Field(
        default="repeat", description="How Spectrum's lists are written: a key per value, or one with commas"
    )


def settings_of(source: SourceSpec) -> CloudflareSource:
    """Return the settings as what they are."""
    assert isinstance(source, CloudflareSource)
    return source


def secrets(source: SourceSpec) -> Mapping[str, SecretReference]:
    """Return the secrets by the names of their holes."""
    auth = settings_of(source).auth
    given = {"api_token": auth.api_token, "email": auth.email, "api_key": auth.api_key}
    return {name: spec.reference() for name, spec in given.items() if spec is not None}


def headers(source: SourceSpec) -> Pairs:
    """Return the headers that sign a request in: the token alone, or e-mail and key."""
    if settings_of(source).auth.api_token is not None:
        return (("Authorization", ("Bearer ", Hole("secret", "api_token"))),)
    return (("X-Auth-Email", Hole("secret", "email")), ("X-Auth-Key", Hole("secret", "api_key")))


def account(source: SourceSpec) -> str:
    """Return what the budget belongs to: limits are per user or token, so those of one credential share (§5)."""
    held = sorted(secrets(source).items())
    digest = hashlib.sha256(repr(held).encode()).hexdigest()[:16]
    return f"cloudflare {source.base_url} {digest}"


def unfit(source: SourceSpec, parameters: EndpointDataset) -> Unfit | None:
    """Say why a source cannot be asked this: RealtimeKit takes tokens alone, and needs an account (§1, §3)."""
    settings = settings_of(source)
    if not parameters.endpoint.startswith("realtime.kit."):
        return None
    if settings.auth.api_token is None:
        said = "signs in with an e-mail and a key, and RealtimeKit takes API tokens only"
        return Unfit("endpoint", said, f"give it a token: {_WAYS}")
    if settings.account is None and getattr(parameters, "account_id", None) is None:
        said = "names no account, and RealtimeKit is asked under one"
        return Unfit("endpoint", said, 'write account = "..." in the source, or account_id = "..." here')
    return None
