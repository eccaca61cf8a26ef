"""The request of an endpoint, as its definition writes it and as it is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from reportrunner.diagnose import Hinted
from reportrunner.flow import JsonBody, Request
from reportrunner.providers.rest.templates import Scope, write_json, write_pairs, write_path
from reportrunner.strict import Scalar, Strict

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OURS = {
    "content-length": "is counted by the client: remove it",
    "transfer-encoding": "is decided by the client: remove it",
    "host": "is the host of base_url: remove it",
    "connection": "is decided by the client: remove it",
    "content-type": "is said by the body: write json = { ... } or form = { ... }",
    "accept-encoding": "is decided by the client: remove it",
    "user-agent": "is the client's own: remove it",
    "authorization": "carries a secret: name it under auth, by reference",
    "proxy-authorization": "carries a secret: name it under proxy, by reference",
    "cookie": "carries a session: name it under auth, by reference",
}
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")


def _path(value: str) -> str:
    if not value.startswith("/"):
        raise Hinted(
            f'"{value}" is no path of the API: it begins with / and goes on from base_url', f'write "/{value}"'
        )
    outside = re.sub(r"\{\{.*?\}\}", "", value)
    for mark, meant in (("?", 'query = { name = "value" }'), ("#", "the path without it")):
        if mark in outside:
            raise Hinted(f'a path holds no "{mark}"', f"write {meant}")
    if _ENCODED.search(outside):
        raise Hinted(f'"{value}" is percent-encoded already, and would be encoded twice', "write the path as it reads")
    if any(part in {".", ".."} for part in outside.split("/")):
        raise Hinted(f'"{value}" climbs out of its folder', "write the path it leads to")
    return value


Path = Annotated[str, AfterValidator(_path)]


def _header(value: str) -> str:
    if not _TOKEN.fullmatch(value):
        raise Hinted(f'"{value}" is no name of a header', 'write "X-Name"')
    if reason := _OURS.get(value.lower()):
        raise Hinted(f'the header "{value}" {reason.partition(": ")[0]}', reason.partition(": ")[2])
    return value


Header = Annotated[str, AfterValidator(_header)]
Sent = Scalar | list[Scalar]
"""What a query or a form may hold: a list sends its name once for each value."""


class RequestSpec(Strict):
    """`request`: what is sent, with `{{ params.x }}` and `{{ window.start }}` where the dataset decides."""

    diagnostic_owner: ClassVar[str] = "a request"
    familiar: ClassVar[Mapping[str, str]] = {
        "url": 'is base_url and a path: write path = "/v1/things"',
        "body": "is json or form: write json = { ... }",
        "data": "is json or form: write form = { ... }",
        "params": "is query here: write query = { ... }",
        "auth": "stands at the source, and holds for all its endpoints",
    }
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    path: Path
    query: dict[str, Sent] = Field(default={})
    headers: dict[Header, str] = Field(default={})
    json_: dict[str, Any] | None = Field(default=None, alias="json", description="The body as JSON")
    form: dict[str, Sent] | None = Field(default=None, description="The body as a form")

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        bodies = [key for key, body in (("json", self.json_), ("form", self.form)) if body is not None]
        if len(bodies) > 1:
            raise Hinted("a request has one body, and this one has json and form", "keep one of the two", key="form")
        if bodies and self.method == "GET":
            hint = 'write method = "POST", or query = { ... }'
            raise Hinted(f"a GET has no body, and this one has {bodies[0]}", hint, key=bodies[0])
        return self

    def trees(self) -> Mapping[str, Any]:
        """Return the parts that may hold expressions, by their key."""
        parts = {"path": self.path, "query": self.query, "headers": self.headers}
        parts |= {} if self.json_ is None else {"json": self.json_}
        return parts | ({} if self.form is None else {"form": self.form})


def write_request(spec: RequestSpec, scope: Scope, page: int = 0) -> Request:
    """Return the request of an ask."""
    body = None if spec.json_ is None else write_json(spec.json_, scope)
    assert body is None or isinstance(body, JsonBody)
    return Request(
        spec.method,  # type: ignore[arg-type,unused-ignore]
        write_path(spec.path, scope),
        write_pairs(spec.query, scope),
        write_pairs({_usual(name): value for name, value in spec.headers.items()}, scope),
        None if spec.form is None else write_pairs(spec.form, scope),
        body,
        page,
    )


def _usual(name: str) -> str:
    """Write `accept` as the client writes it, so that it is sent once."""
    return "Accept" if name.lower() == "accept" else name
