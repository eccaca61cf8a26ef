"""The project file as strict, frozen models; keys of a provider's sources stand with the provider."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from reportrunner.diagnose import Hinted
from reportrunner.limits import Rate
from reportrunner.memory_spec import ArchiveSpec
from reportrunner.secret import SecretReference
from reportrunner.strict import Name, Strict


class SecretSpec(Strict):
    """A secret by reference: exactly one of `env`, `file` and `command`."""

    diagnostic_owner: ClassVar[str] = "a secret reference"
    diagnostic_example: ClassVar[str] = '{ env = "NAME" }'
    env: str | None = None
    file: str | None = None
    command: tuple[str, ...] | None = Field(default=None, strict=False, min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _no_secret(cls, value: object) -> object:
        if isinstance(value, str):
            raise Hinted(
                "a secret never stands in a file, only a reference to it",
                'write { env = "NAME" }, { file = "path" } or { command = ["..."] }',
            )
        return value

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(value is not None for value in (self.env, self.file, self.command)) != 1:
            raise Hinted("a secret is given by exactly one reference", 'write { env = "NAME" }')
        return self

    def reference(self) -> SecretReference:
        """Return the reference as a plain value."""
        return SecretReference(env=self.env, file=self.file, command=self.command)


class LimitsSpec(Strict):
    """How hard a source may be asked; one budget per provider account."""

    diagnostic_owner: ClassVar[str] = "limits"
    concurrency: int = Field(default=16, ge=1, le=64)
    rate: str | None = Field(default=None, description='Requests per time, such as "20/1s"')

    @field_validator("rate")
    @classmethod
    def _rate(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                Rate.parse(value)
            except ValueError as error:
                message, _, hint = str(error).partition("; ")
                raise Hinted(message, hint) from None
        return value


BASE_URL = r"^https?://[^/?#@\s]+(/[^?#\s]*)?$"


LOOPBACK = r"http://(localhost|127\.\d+\.\d+\.\d+|\[::1\])([:/].*)?"


def _base_url(value: str) -> str:
    if re.fullmatch(BASE_URL, value):
        if value.startswith("http://") and not re.fullmatch(LOOPBACK, value):
            hint = f'write "https{value.removeprefix("http")}"'
            raise Hinted(f'"{value}" would send secrets in the clear; http is for this machine only', hint)
        return value
    if "@" in value:
        raise Hinted("a base URL holds no user and no password", "name them under auth, by reference")
    right = f"https://{value}"
    hint = f'write "{right}"' if re.fullmatch(BASE_URL, right) else 'write "https://host"'
    raise Hinted(f'"{value}" is no base URL: it has a scheme, a host and no query', hint)


BaseUrl = Annotated[str, AfterValidator(_base_url), Field(json_schema_extra={"pattern": BASE_URL})]


def _host(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9.-]+", value):
        raise Hinted(f'"{value}" is no host name', 'write "cdn.example.org", without https:// and path')
    return value


Host = Annotated[str, AfterValidator(_host)]


PROXY_URL = r"^https?://[^/?#@\s]+/?$"


def _proxy_url(value: str) -> str:
    if "@" in value:
        hint = 'write proxy = { url = "http://host:3128", user = "name", password = { env = "PROXY_PASSWORD" } }'
        raise Hinted("the URL of a proxy holds no user and no password", hint)
    if not re.fullmatch(PROXY_URL, value):
        raise Hinted(f'"{value}" is no URL of a proxy', 'write "http://proxy.example.org:3128"')
    return value.rstrip("/")


ProxyUrl = Annotated[str, AfterValidator(_proxy_url), Field(json_schema_extra={"pattern": PROXY_URL})]


class ProxySpec(Strict):
    """`proxy`: the proxy of one source, where it wants a password."""

    diagnostic_owner: ClassVar[str] = "a proxy"
    url: ProxyUrl
    user: str
    password: SecretSpec


class KeyFileSpec(Strict):
    """The private key of a client certificate: a secret file, which may lie outside the project."""

    diagnostic_owner: ClassVar[str] = "the key of a client certificate"
    diagnostic_example: ClassVar[str] = '{ file = "path" }'
    familiar: ClassVar[Mapping[str, str]] = {
        "env": 'cannot hold a key that a connection is opened with: write key = { file = "path" }',
        "command": 'cannot give a key that a connection is opened with: write key = { file = "path" }',
    }
    file: str = Field(min_length=1, description="PEM, not encrypted")


class ClientCertificateSpec(Strict):
    """`client_certificate`: what this machine shows to the provider."""

    diagnostic_owner: ClassVar[str] = "a client certificate"
    file: str = Field(description="PEM file in the project: the certificate and those between it and its root")
    key: KeyFileSpec


class IncludeSpec(Strict):
    """`include`: a file of the project that defines endpoints, pinned by its hash."""

    diagnostic_owner: ClassVar[str] = "an included file"
    file: str
    sha256: str = Field(default="", description="SHA-256 of the file", json_schema_extra={"pattern": "^[0-9a-f]{64}$"})


class SourceSpec(Strict):
    """Keys every source has; a provider adds its own."""

    provider: str
    base_url: BaseUrl
    download_hosts: list[Host] = Field(default=[], description="Hosts to which links of the provider may lead")
    limits: LimitsSpec = LimitsSpec()
    defaults: dict[str, Any] = Field(default={}, description="Parameters that its datasets need not repeat")
    proxy: ProxyUrl | ProxySpec | None = Field(
        default=None, description="Proxy of this source alone, in place of the environment's"
    )
    ca: str | None = Field(default=None, description="PEM file in the project: the only certificates trusted here")
    client_certificate: ClientCertificateSpec | None = None


class ProjectSpec(Strict):
    """`reportrunner.toml`."""

    diagnostic_owner: ClassVar[str] = "the project file"
    sources: dict[str, dict[str, Any]] = Field(default={})
    archive: ArchiveSpec | None = None
    calendars: dict[Name, dict[str, Any]] = Field(default={})
