"""How requests prove who asks: secrets by reference, OAuth2 client credentials, or a sign-in flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from reportrunner.diagnose import Hinted
from reportrunner.flow import Encoded, Hole, JsonBody, JsonValue, Pairs, Request
from reportrunner.providers.rest.capture import Captures
from reportrunner.providers.rest.checking import raise_all
from reportrunner.providers.rest.header import Printable, printable
from reportrunner.providers.rest.request import Header, Path
from reportrunner.providers.rest.sign_in_checking import sign_in_faults
from reportrunner.providers.rest.templates import Scope, write_json
from reportrunner.secret import SecretReference
from reportrunner.source_spec import BaseUrl, SecretSpec
from reportrunner.strict import Duration, Strict

SESSION = "session"
REFERENCES = frozenset({"env", "file", "command"})


def _user(value: str) -> str:
    if ":" in value:
        hint = "write what stands before it as the user; the password is a reference of its own"
        raise Hinted("a user of basic holds no colon: what follows it would be taken for the password", hint)
    return printable(value)


class BasicSpec(Strict):
    """`basic`: user and password, sent as base64."""

    diagnostic_owner: ClassVar[str] = "basic"
    user: Annotated[str, AfterValidator(_user)] | SecretSpec = Field(
        description="Plain text, which is no secret and is not hidden, or a secret reference"
    )
    password: SecretSpec | None = Field(default=None, description="Without it the password is empty")


class HeaderSpec(Strict):
    """`header`: a secret in a header of its own name."""

    diagnostic_owner: ClassVar[str] = "header"
    name: str = Field(pattern=r"^[A-Za-z0-9-]+$", description='Such as "X-Api-Key"')
    value: SecretSpec
    prefix: Printable = Field(default="", description='What stands before the secret, such as "Token "')


class QuerySpec(Strict):
    """`query`: a secret in the address; logs of servers between keep addresses, so prefer a header."""

    diagnostic_owner: ClassVar[str] = "query"
    name: str = Field(min_length=1)
    value: SecretSpec


class OAuth2Spec(Strict):
    """`oauth2`: client credentials (RFC 6749 section 4.4)."""

    diagnostic_owner: ClassVar[str] = "oauth2"
    familiar: ClassVar[Mapping[str, str]] = {
        "grant_type": "is client_credentials always: remove it",
        "token_uri": 'is spelt token_url: write token_url = "https://login.example.com/token"',
        "scopes": 'is one text here: write scope = "read:reports read:charges"',
    }
    token_path: Path | None = Field(default=None, description="Where tokens are asked for, at base_url")
    token_url: BaseUrl | None = Field(default=None, description="Where tokens are asked for, at another host")
    client_id: Annotated[Printable, Field(min_length=1)] | SecretSpec = Field(
        description="Plain text, which is no secret and is not hidden, or a secret reference"
    )
    client_secret: SecretSpec
    scope: str = ""
    audience: str = ""
    style: Literal["basic", "form"] = Field(default="basic", description="Where id and secret stand: header or form")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.token_path is None) == (self.token_url is None):
            raise Hinted("oauth2 asks for its token at one place", 'write token_path = "/oauth/token", or token_url')
        if self.token_path is not None and "{{" in self.token_path:
            raise Hinted("the path of tokens knows no expressions", key="token_path")
        if self.style == "basic" and isinstance(self.client_id, str) and ":" in self.client_id:
            hint = 'write style = "form"'
            raise Hinted("a client_id with a colon cannot stand in a header", hint, key="client_id", at="value")
        return self


SignInValue = str | int | bool | SecretSpec


class SignInRequest(Strict):
    """The request of a sign-in step; a value may be a secret reference, or name `{{ captured.x }}`."""

    diagnostic_owner: ClassVar[str] = "a sign-in request"
    method: Literal["GET", "POST"] = "POST"
    path: Path
    query: dict[str, SignInValue] = Field(default={})
    headers: dict[Header, SignInValue] = Field(default={})
    json_: dict[str, Any] | None = Field(default=None, alias="json")
    form: dict[str, SignInValue] | None = None

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        if self.json_ is not None and self.form is not None:
            raise Hinted("a request has one body, and this one has json and form", "keep one of the two", key="form")
        if self.method == "GET" and (self.json_ is not None or self.form is not None):
            raise Hinted("a GET has no body", 'write method = "POST"', key="method")
        for path, table in _references(self.json_ or {}):
            try:
                SecretSpec.model_validate(table)
            except ValueError:
                raise Hinted(
                    "this secret reference cannot be read", 'write { env = "NAME" }', key=("json", *path)
                ) from None
        return self

    def trees(self) -> Mapping[str, Any]:
        """Return the parts that may hold expressions, by their key."""
        parts = {"path": self.path, "query": self.query, "headers": self.headers}
        return parts | {"json": self.json_ or {}, "form": self.form or {}}


class SignInStep(Strict):
    """One step of a sign-in: a request and what its answer gives."""

    diagnostic_owner: ClassVar[str] = "a sign-in step"
    request: SignInRequest
    capture: Captures = Field(default={})


class SignInSpec(Strict):
    """`sign_in`: steps, the last of which captures `session`."""

    diagnostic_owner: ClassVar[str] = "sign_in"
    steps: list[SignInStep] = Field(min_length=1)
    expires_in: str | None = Field(default=None, description="JSONPath of the session's seconds in the last answer")
    lifetime: Duration | None = Field(default=None, description="How long a session lives, where no answer says it")

    @model_validator(mode="after")
    def _gives_a_session(self) -> Self:
        if SESSION not in self.steps[-1].capture:
            hint = 'add capture = { session = "$.token" } to the last step'
            raise Hinted("the last step of sign_in captures no session", hint, key=("steps", len(self.steps) - 1))
        raise_all("sign_in", sign_in_faults([(step.request.trees(), tuple(step.capture)) for step in self.steps]))
        return self


class SessionIn(Strict):
    """`session_in`: where a session goes in a request."""

    diagnostic_owner: ClassVar[str] = "session_in"
    header: str | None = Field(default=None, pattern=r"^[A-Za-z0-9-]+$")
    query: str | None = Field(default=None, min_length=1)
    prefix: Printable = Field(default="", description='What stands before it, such as "Bearer " or "sid="')

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.header is None) == (self.query is None):
            raise Hinted("a session goes into one header or one query name", 'write header = "Authorization"')
        return self


BEARER = SessionIn(header="Authorization", prefix="Bearer ")
KINDS = ("bearer", "basic", "header", "query", "oauth2", "sign_in")


class AuthSpec(Strict):
    """`auth`: one of bearer, basic, header, query, oauth2 and sign_in."""

    diagnostic_owner: ClassVar[str] = "auth of a rest source"
    diagnostic_example: ClassVar[str] = '{ bearer = { env = "NAME" } }'
    familiar: ClassVar[Mapping[str, str]] = {
        "token": 'is spelt bearer: write bearer = { env = "NAME" }',
        "api_key": 'is header or query: write header = { name = "X-Api-Key", value = { env = "NAME" } }',
    }
    bearer: SecretSpec | None = None
    basic: BasicSpec | None = None
    header: HeaderSpec | None = None
    query: QuerySpec | None = None
    oauth2: OAuth2Spec | None = None
    sign_in: SignInSpec | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            said = "auth is one of " + ", ".join(KINDS[:-1]) + " and sign_in"
            hint = "keep one of the two" if given else 'write auth = { bearer = { env = "NAME" } }'
            raise Hinted(said, hint, key=given[1] if given else "")
        return self


def secrets_of(auth: AuthSpec | None) -> Mapping[str, SecretReference]:
    """Return the secrets of a source by the names of their holes; one that is sent as it is, is called `session`."""
    if auth is None:
        return {}
    if auth.bearer is not None:
        return {SESSION: auth.bearer.reference()}
    if auth.basic is not None:
        return _referred({"user": auth.basic.user, "password": auth.basic.password})
    if auth.header is not None or auth.query is not None:
        one = auth.header or auth.query
        assert one is not None
        return {SESSION: one.value.reference()}
    if auth.oauth2 is not None:
        return _referred({"client_id": auth.oauth2.client_id, "client_secret": auth.oauth2.client_secret})
    assert auth.sign_in is not None
    found: dict[str, SecretReference] = {}
    for number, step in enumerate(auth.sign_in.steps):
        for place, spec in _secrets_in(step.request):
            found[hole_name(number, place)] = spec.reference()
    return found


def _referred(given: Mapping[str, str | SecretSpec | None]) -> dict[str, SecretReference]:
    return {name: spec.reference() for name, spec in given.items() if isinstance(spec, SecretSpec)}


def plain_or_hole(value: str | SecretSpec, name: str) -> str | Hole:
    """Return a name that stands in the file as it is, or the hole of its secret."""
    return value if isinstance(value, str) else Hole("secret", name)


def hole_name(step: int, place: tuple[str, ...]) -> str:
    """Name the hole of a secret in a sign-in step by where it stands: `1.json.user.password`."""
    return ".".join((str(step + 1), *place))


def _secrets_in(request: SignInRequest) -> list[tuple[tuple[str, ...], SecretSpec]]:
    found: list[tuple[tuple[str, ...], SecretSpec]] = []
    for part in ("query", "headers", "form"):
        for name, value in (getattr(request, part) or {}).items():
            if isinstance(value, SecretSpec):
                found.append(((part, name), value))
    for path, table in _references(request.json_ or {}):
        found.append((("json", *map(str, path)), SecretSpec.model_validate(table)))
    return found


def _references(tree: Any, loc: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], dict[str, Any]]]:
    """Return the tables of a JSON body that stand for a secret: those with nothing but env, file or command."""
    if is_reference(tree):
        return [(loc, tree)]
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [one for key, value in items for one in _references(value, (*loc, key))]


def is_reference(tree: Any) -> bool:
    """Tell whether a value of a sign-in body stands for a secret."""
    return isinstance(tree, dict) and len(tree) == 1 and tree.keys() <= REFERENCES


Proof = tuple[Pairs, Pairs]
"""Headers and query pairs that prove who asks."""


def proof_of(auth: AuthSpec | None, session_in: SessionIn | None, source: str) -> Proof:
    """Return what every request of a source carries; `source` is where its session comes from, empty for none."""
    if auth is not None and auth.basic is not None:
        password: tuple[str | Hole, ...] = () if auth.basic.password is None else (Hole("secret", "password"),)
        return (("Authorization", ("Basic ", Encoded((plain_or_hole(auth.basic.user, "user"), ":", *password)))),), ()
    if not source:
        return (), ()
    session = Hole("session", source)
    if auth is not None and auth.header is not None:
        return ((auth.header.name, (auth.header.prefix, session)),), ()
    if auth is not None and auth.query is not None:
        return (), ((auth.query.name, session),)
    place = session_in or BEARER
    if place.query is not None:
        return (), ((place.query, (place.prefix, session) if place.prefix else session),)
    return ((place.header or "", (place.prefix, session)),), ()


def proven(request: Request, proof: Proof) -> Request:
    """Return the request with what proves who asks."""
    headers, query = proof
    return replace(request, headers=(*request.headers, *headers), query=(*request.query, *query))


def filled_json(value: Any, step: int, loc: tuple[str, ...] = ("json",)) -> JsonValue:
    """Return a sign-in body with holes where secrets and captured values stand."""
    if is_reference(value):
        return Hole("secret", hole_name(step, loc))
    if isinstance(value, dict):
        return JsonBody(tuple((name, filled_json(item, step, (*loc, name))) for name, item in value.items()))
    if isinstance(value, list):
        return tuple(filled_json(item, step, (*loc, str(number))) for number, item in enumerate(value))
    return write_json(value, Scope())
