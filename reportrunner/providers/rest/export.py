"""Asynchronous exports as a definition writes them: generate, poll, serve, cancel."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field, model_validator

from reportrunner.diagnose import Hinted
from reportrunner.providers.rest.capture import Captures
from reportrunner.providers.rest.places import JsonPath
from reportrunner.providers.rest.request import RequestSpec
from reportrunner.strict import Name, Strict

Words = list[str | int | bool]


class GenerateSpec(Strict):
    """`generate`: asks for the work and captures what names it."""

    diagnostic_owner: ClassVar[str] = "generate"
    request: RequestSpec
    capture: Captures = Field(min_length=1, description='What later steps name: { job = "$.id" }')


class PollSpec(Strict):
    """`poll`: looks whether the work is done; a status word that no list has ends the run."""

    diagnostic_owner: ClassVar[str] = "export.poll"
    request: RequestSpec
    status: JsonPath
    waiting: Words = Field(min_length=1)
    ready: Words = Field(min_length=1)
    failed: Words = Field(default=[])
    message: JsonPath | None = Field(default=None, description="Where a failure says why")
    capture: Captures = Field(default={}, description="What serve needs, such as a link, from the answer that is ready")

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        lists = {"waiting": self.waiting, "ready": self.ready, "failed": self.failed}
        seen: dict[str, str] = {}
        for name, words in lists.items():
            for word in map(word_of, words):
                if word in seen:
                    raise Hinted(f'"{word}" stands in {seen[word]} and in {name}', "keep one of the two", key=name)
                seen[word] = name
        return self


class ServeSpec(Strict):
    """`serve`: fetches the result, by a request or by a captured link."""

    diagnostic_owner: ClassVar[str] = "serve"
    request: RequestSpec | None = None
    link: Name | None = Field(
        default=None, description="The capture that holds the result's address; no secret goes there"
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.request is None) == (self.link is None):
            raise Hinted("serve has either a request or a link", 'write request = { ... }, or link = "link"')
        return self


class CancelSpec(Strict):
    """`cancel`: ends the work, where it is given up while it goes on."""

    diagnostic_owner: ClassVar[str] = "cancel"
    request: RequestSpec


class ExportSpec(Strict):
    """`export`: remote work that is asked for, waited for and fetched."""

    diagnostic_owner: ClassVar[str] = "export"
    generate: GenerateSpec
    poll: PollSpec
    serve: ServeSpec
    cancel: CancelSpec | None = None

    @property
    def requests(self) -> tuple[tuple[tuple[str, ...], RequestSpec], ...]:
        """Return every request with its place."""
        serve = () if self.serve.request is None else ((("serve", "request"), self.serve.request),)
        cancel = () if self.cancel is None else ((("cancel", "request"), self.cancel.request),)
        first = ((("generate", "request"), self.generate.request), (("poll", "request"), self.poll.request))
        return (*first, *serve, *cancel)


def word_of(value: object) -> str:
    """Return a status word as it is compared: the text of what the answer has."""
    return str(value).lower() if isinstance(value, bool) else str(value)
