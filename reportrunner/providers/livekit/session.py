"""How a livekit source gets its tokens: made here from key and secret, or given (livekit.md §4)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from reportrunner.ask import Source, Unfit
from reportrunner.diagnose import Hinted
from reportrunner.flow import Minted, SessionKey
from reportrunner.secret import SecretReference
from reportrunner.source_spec import SecretSpec, SourceSpec
from reportrunner.spec import EndpointDataset
from reportrunner.strict import Strict

LIFE = 600
"""Seconds that a token lives: the executor makes another one before it dies."""
GRANT = {"roomList": True}
"""The one grant that the Analytics API asks for."""
IDENTITY = "reportrunner"
PROJECT = r"^p_[A-Za-z0-9]+$"


class Auth(Strict):
    """`auth`: the API key and its secret, of which tokens are made here, or a token that is given."""

    diagnostic_owner: ClassVar[str] = "auth of a livekit source"
    diagnostic_example: ClassVar[str] = (
        '{ api_key = { env = "LIVEKIT_API_KEY" }, api_secret = { env = "LIVEKIT_API_SECRET" } }'
    )
    familiar: ClassVar[Mapping[str, str]] = {
        "secret_key": 'is spelt api_secret; write api_secret = { env = "LIVEKIT_API_SECRET" }',
        "secret": 'is spelt api_secret; write api_secret = { env = "LIVEKIT_API_SECRET" }',
        "key": 'is spelt api_key; write api_key = { env = "LIVEKIT_API_KEY" }',
        "jwt": 'is spelt token; write token = { env = "LIVEKIT_TOKEN" }',
    }
    api_key: SecretSpec | None = None
    api_secret: SecretSpec | None = None
    token: SecretSpec | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        pair = (self.api_key is not None, self.api_secret is not None)
        if self.token is not None and any(pair):
            raise Hinted("auth is a key with its secret, or a token, and this one has both", "keep one of the two")
        if self.token is None and not all(pair):
            raise Hinted("auth is a key with its secret, or a token", f"write auth = {self.diagnostic_example}")
        return self


def _project(value: str) -> str:
    if not re.fullmatch(PROJECT, value):
        found = re.search(r"/projects/(p_[A-Za-z0-9]+)", value)
        hint = (
            f'write project = "{found[1]}"' if found else 'write the part of the dashboard\'s URL that begins with "p_"'
        )
        raise Hinted(f'"{value}" is no project id', hint)
    return value


class LivekitSource(SourceSpec):
    """`[sources.x]` with `provider = "livekit"`."""

    diagnostic_owner: ClassVar[str] = "a livekit source"
    familiar: ClassVar[Mapping[str, str]] = {
        "project_id": 'is spelt project; write project = "p_..."',
        "api_key": "is a credential; write auth = { api_key = ..., api_secret = ... }",
        "api_secret": "is a credential; write auth = { api_key = ..., api_secret = ... }",
    }
    provider: Literal["livekit"]
    project: Annotated[
        str,
        AfterValidator(_project),
        Field(description="p_..., from the dashboard's URL", json_schema_extra={"pattern": PROJECT}),
    ]
    auth: Auth


def settings_of(source: SourceSpec) -> LivekitSource:
    """Return the settings as what they are."""
    assert isinstance(source, LivekitSource)
    return source


def account(source: SourceSpec) -> str:
    """Return what a budget belongs to: the project."""
    return f"livekit {source.base_url} {settings_of(source).project}"


def secrets(source: SourceSpec) -> Mapping[str, SecretReference]:
    """Return the secrets that tokens are made of, or the token that is given."""
    auth = settings_of(source).auth
    if auth.token is not None:
        return {"session": auth.token.reference()}
    assert auth.api_key is not None
    assert auth.api_secret is not None
    return {"api_key": auth.api_key.reference(), "api_secret": auth.api_secret.reference()}


def way(source: SourceSpec) -> Literal["given", "made"]:
    """Say how tokens are had."""
    return "made" if settings_of(source).auth.token is None else "given"


def unfit(_: SourceSpec, parameters: EndpointDataset) -> Unfit | None:
    """Say that a token has grants and no privileges, where a dataset asks for some."""
    if not parameters.privileges:
        return None
    return Unfit("privileges", "has tokens, and they know no privileges", "remove privileges")


def mint(
    _: Source, __: SessionKey, secret: Callable[[str], str], now: dt.datetime, ___: Callable[[int], bytes]
) -> Minted:
    """Return a token made here: HS256 over the raw bytes of the secret, good for ten minutes."""
    import warnings

    import jwt

    begins = int(now.timestamp())
    claims = {"iss": secret("api_key"), "sub": IDENTITY, "nbf": begins, "exp": begins + LIFE, "video": GRANT}
    with warnings.catch_warnings():
        # A short secret works at the service; it is the account's to change, and no reason to stop a report.
        warnings.simplefilter("ignore", jwt.InsecureKeyLengthWarning)
        token = jwt.encode(claims, secret("api_secret").encode(), "HS256")
    return Minted(token, dt.datetime.fromtimestamp(begins + LIFE, dt.UTC))
