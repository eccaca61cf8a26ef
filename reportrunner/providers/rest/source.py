"""`[sources.x]` with `provider = "rest"`, and the file of endpoints that one may include."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from reportrunner.diagnose import Hinted
from reportrunner.providers.rest.auth import AuthSpec, SessionIn, proof_of, secrets_of
from reportrunner.providers.rest.checking import raise_all
from reportrunner.providers.rest.definition import EndpointSpec
from reportrunner.secret import SecretReference
from reportrunner.source_spec import IncludeSpec, SourceSpec
from reportrunner.strict import Strict

NAME = r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*$"


def _name(value: str) -> str:
    if not re.fullmatch(NAME, value):
        raise Hinted(f'"{value}" is no name of an endpoint: letters, digits, _ and dots', 'write "charges.list"')
    return value


EndpointName = Annotated[str, AfterValidator(_name), Field(json_schema_extra={"pattern": NAME})]
Endpoints = dict[EndpointName, EndpointSpec]


class RestFile(Strict):
    """A file of endpoints that sources include."""

    diagnostic_owner: ClassVar[str] = "a file of endpoints"
    endpoints: Endpoints = Field(min_length=1)


class RestSource(SourceSpec):
    """`[sources.x]` with `provider = "rest"`: an API and the endpoints that jobs may ask of it."""

    diagnostic_owner: ClassVar[str] = "a rest source"
    familiar: ClassVar[Mapping[str, str]] = {
        "token": 'stands under auth: write auth = { bearer = { env = "NAME" } }',
        "headers": "stand in an endpoint's request; a secret stands under auth",
        "endpoint": "is endpoints: write [sources.x.endpoints.things]",
    }
    provider: Literal["rest"]
    auth: AuthSpec | None = None
    session: str | None = Field(default=None, description="The source whose sessions it borrows")
    session_in: SessionIn | None = Field(
        default=None, description="Where the session goes; unset: the header Authorization, after Bearer"
    )
    expired: list[Annotated[int, Field(ge=400, le=499)]] = Field(
        default=[401], description="Statuses that mean: the session is no longer good"
    )
    include: IncludeSpec | None = Field(default=None, description="A file of endpoints, pinned by its hash")
    fixtures: str | None = Field(default=None, description="A file of answers for --sandbox")
    endpoints: Endpoints = Field(default={}, description="The endpoints that jobs may ask, by their names")

    @model_validator(mode="after")
    def _one_proof(self) -> Self:
        if self.auth is not None and self.session is not None:
            raise Hinted("a source has auth or borrows a session, and this one does both", "keep one", key="session")
        signs_in = self.auth is not None and self.auth.sign_in is not None
        if self.session_in is not None and not (signs_in or self.session is not None):
            hint = "remove it: the other kinds of auth say themselves where they go"
            raise Hinted("session_in belongs to sign_in and to session", hint, key="session_in")
        raise_all("source", self._said_twice())
        return self

    def _said_twice(self) -> Iterator[Hinted]:
        """Return where requests write what proves who asks themselves."""
        headers, query = proof_of(self.auth, self.session_in, "x" if self.auth or self.session else "")
        names = {"headers": [name for name, _ in headers], "query": [name for name, _ in query]}
        for endpoint, spec in self.endpoints.items():
            for place, request in spec.requests:
                for part, proofs in names.items():
                    for name in getattr(request, part):
                        if any(name == one or (part == "headers" and name.lower() == one.lower()) for one in proofs):
                            said = f'{endpoint} writes "{name}", which proves who asks and is sent by the source'
                            where = ("endpoints", endpoint, *place, part, name)
                            yield Hinted(said, "remove it from the request", key=where)


def settings_of(source: SourceSpec) -> RestSource:
    """Return the settings as what they are."""
    assert isinstance(source, RestSource)
    return source


def secrets(source: SourceSpec) -> Mapping[str, SecretReference]:
    """Return the secrets of a source by the names of their holes."""
    return secrets_of(settings_of(source).auth)


def way(source: SourceSpec) -> Literal["given", "asked", "made"]:
    """Say how sessions are had."""
    auth = settings_of(source).auth
    return "asked" if auth is not None and (auth.oauth2 is not None or auth.sign_in is not None) else "given"


def session_source(source: SourceSpec) -> str:
    """Return the source whose sessions it borrows, empty for none."""
    return settings_of(source).session or ""


def sign_in_url(source: SourceSpec) -> str:
    """Return the base URL of the host that gives tokens, empty where that is the source's own."""
    auth = settings_of(source).auth
    url = auth.oauth2.token_url if auth is not None and auth.oauth2 is not None else None
    if not url:
        return ""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
