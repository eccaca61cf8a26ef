"""Fixtures of a source: what the stand-in is to be asked and what it answers, written in a file of the project."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from reportrunner.checker import Checker, Loc
from reportrunner.diagnose import Hinted
from reportrunner.errors import Diagnostic, InvalidError
from reportrunner.spelling import did_you_mean
from reportrunner.strict import Strict
from reportrunner.toml_file import read_toml

Plain = str | int | float | bool
_TYPES: Mapping[str, str] = {
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".ndjson": "application/x-ndjson",
    ".txt": "text/plain; charset=utf-8",
}


def _json_only(value: Any) -> Any:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        raise Hinted("this holds what JSON has no word for", "write dates as text") from None
    return value


class FixtureRequest(Strict):
    """What must be asked; `*` stands for any value."""

    diagnostic_owner: ClassVar[str] = "a request of fixtures"
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    path: str = Field(pattern=r"^/[^?#]*$", description="Path after the source's base URL, such as /v1/charges")
    query: dict[str, Plain | list[Plain]] = Field(default={}, description="All pairs of the query")
    any_query: bool = Field(default=False, description="Whether other pairs may stand beside those of query")
    headers: dict[str, str] = Field(default={}, description="Headers that must come, in place of the file's; or empty")
    form: dict[str, Plain | list[Plain]] | None = None
    json_: Any = Field(default=None, alias="json", description="The JSON body")

    @field_validator("json_")
    @classmethod
    def _json(cls, value: Any) -> Any:
        return _json_only(value)

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        if self.form is not None and self.json_ is not None:
            raise Hinted("a request has one body, and this one has form and json", "keep one of the two", key="json")
        return self


class FixtureReply(Strict):
    """What is answered; `{{ base_url }}` in headers and body is where the stand-in serves the source."""

    diagnostic_owner: ClassVar[str] = "a reply of fixtures"
    familiar: ClassVar[Mapping[str, str]] = {"body": 'write text = """...""", json = { ... } or file = "..."'}
    status: int = Field(default=200, ge=200, le=599)
    headers: dict[str, str] = Field(default={})
    text: str | None = None
    json_: Any = Field(default=None, alias="json")
    file: str | None = Field(default=None, description="A file of the project")
    packed: Literal["gzip", "zip"] | None = Field(default=None, description="The body is a file of this kind")
    gzip: bool = Field(default=False, description="The body travels as Content-Encoding: gzip")

    @field_validator("json_")
    @classmethod
    def _json(cls, value: Any) -> Any:
        return _json_only(value)

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        given = [n for n, v in (("text", self.text), ("json", self.json_), ("file", self.file)) if v is not None]
        if len(given) > 1:
            message = f"a reply has one body, and this one has {' and '.join(given)}"
            raise Hinted(message, "keep one of the two", key=given[1])
        return self


class FixtureExchange(Strict):
    """`[[exchanges]]`: a request and its reply, or the replies it gets in turn, the last of them for ever."""

    diagnostic_owner: ClassVar[str] = "an exchange of fixtures"
    request: FixtureRequest
    reply: FixtureReply | None = None
    replies: list[FixtureReply] = Field(default=[], description="One after the other; the last stays")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.reply is None) == (not self.replies):
            raise Hinted("an exchange has either a reply or replies", "write reply = { json = { ... } }")
        return self


class FixtureFile(Strict):
    """A file of fixtures."""

    diagnostic_owner: ClassVar[str] = "a file of fixtures"
    headers: dict[str, str] = Field(default={}, description="Headers that every request must have")
    exchanges: list[FixtureExchange] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class ReadyReply:
    """A reply with its body in bytes."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    packed: str
    gzip: bool


@dataclass(frozen=True, slots=True)
class ReadyExchange:
    """An exchange, its headers joined with the file's; header names are lower case."""

    request: FixtureRequest
    headers: Mapping[str, str]
    replies: tuple[ReadyReply, ...]


@dataclass(frozen=True, slots=True)
class Fixtures:
    """A file of fixtures that was read: what it says, and what is wrong with it."""

    exchanges: tuple[ReadyExchange, ...]
    problems: tuple[Diagnostic, ...]


def load_fixtures(root: Path, name: str, shown: str) -> Fixtures:
    """Read and check fixtures and the bodies they name; `shown` stands before the file's name in messages."""
    try:
        checker = Checker(read_toml(root / name, f"{shown}{name}"))
    except InvalidError as error:
        return Fixtures((), error.diagnostics)
    file = checker.validated(FixtureFile, checker.file.data, ())
    if file is None:
        return Fixtures((), tuple(checker.problems))
    exchanges = []
    for number, exchange in enumerate(file.exchanges):
        loc: Loc = ("exchanges", number)
        given = [((*loc, "reply"), exchange.reply)] if exchange.reply else []
        given += [((*loc, "replies", place), each) for place, each in enumerate(exchange.replies)]
        headers = {key.lower(): text for key, text in (file.headers | exchange.request.headers).items()}
        replies = tuple(_ready(checker, root, reply, place) for place, reply in given)
        exchanges.append(ReadyExchange(exchange.request, headers, replies))
    return Fixtures(tuple(exchanges), tuple(checker.problems))


def _ready(checker: Checker, root: Path, reply: FixtureReply, loc: Loc) -> ReadyReply:
    kind, body = "text/plain; charset=utf-8", (reply.text or "").encode()
    if reply.json_ is not None:
        kind, body = "application/json", json.dumps(reply.json_, ensure_ascii=False).encode()
    elif reply.file is not None:
        kind = _TYPES.get(Path(reply.file).suffix, "application/octet-stream")
        body = _content(checker, root, reply.file, (*loc, "file"))
    if reply.packed:
        kind = f"application/{reply.packed}"
    typed = any(name.lower() == "content-type" for name in reply.headers)
    headers = (*reply.headers.items(), *(() if typed or not body else (("Content-Type", kind),)))
    return ReadyReply(reply.status, headers, body, reply.packed or "", reply.gzip)


def _content(checker: Checker, root: Path, name: str, loc: Loc) -> bytes:
    path, home = (root / name).resolve(), root.resolve()
    if not path.is_relative_to(home):
        checker.problem(loc, f'"{name}" leaves the project', "keep the file in the project")
        return b""
    try:
        return path.read_bytes()
    except OSError:
        folder = path.parent if path.parent.is_dir() else home
        there = [each.relative_to(home).as_posix() for each in folder.iterdir() if each.is_file()]
        checker.problem(loc, f'there is no file "{name}" in the project' + did_you_mean(name, there))
        return b""
