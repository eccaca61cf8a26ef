"""Pages as a definition writes them: by number, offset, cursor, Link header or a link in the body."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from reportrunner.diagnose import Hinted
from reportrunner.providers.rest.places import JsonPath
from reportrunner.strict import Strict


class PagingSpec(Strict):
    """`paging`: how an answer goes on."""

    diagnostic_owner: ClassVar[str] = "paging"
    most: int = Field(default=1000, ge=1, le=10_000, description="Pages after which the answer counts as endless")
    more: JsonPath | None = Field(default=None, description="Where an answer says true while there are more pages")


class Named(PagingSpec):
    """A page that is asked for by a name in the request."""

    name: str = Field(min_length=1, description="What the number or the cursor is called; dots lead into JSON")
    in_: Literal["query", "form", "json"] = Field(default="query", alias="in")


class Counted(Named):
    """A page that is found by counting."""

    size: int | None = Field(default=None, ge=1, le=100_000, description="Rows of a full page")
    size_name: str | None = Field(default=None, description="What `size` is called in the request; unset: not sent")
    stop: Literal["empty", "short"] = Field(default="empty", description="Which page is the last")
    total: JsonPath | None = Field(default=None, description="Where an answer says how many rows there are")

    @model_validator(mode="after")
    def _sized(self) -> Self:
        if self.size is None and (self.stop == "short" or self.size_name is not None):
            raise Hinted(
                "without size nobody can tell a short page",
                "add size = 100",
                key="stop" if self.stop == "short" else "size_name",
            )
        return self


class PageNumbers(Counted):
    """`by = "page"`: pages have numbers."""

    diagnostic_owner: ClassVar[str] = 'paging by = "page"'
    by: Literal["page"]
    first: int = Field(default=1, ge=0, le=1)


class Offsets(Counted):
    """`by = "offset"`: a page begins after so many rows."""

    diagnostic_owner: ClassVar[str] = 'paging by = "offset"'
    by: Literal["offset"]
    size: int = Field(ge=1, le=100_000, description="Rows of a full page")


class Cursors(Named):
    """`by = "cursor"`: each answer holds the cursor of the next page."""

    diagnostic_owner: ClassVar[str] = 'paging by = "cursor"'
    by: Literal["cursor"]
    next: JsonPath | None = None
    next_header: str | None = None
    size: int | None = Field(default=None, ge=1, le=100_000)
    size_name: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.next is None) == (self.next_header is None):
            raise Hinted("a cursor is found at one place", 'write next = "$.next_cursor", or next_header = "X-Next"')
        if (self.size is None) != (self.size_name is None):
            raise Hinted(
                "size and size_name go together",
                'write size = 100, size_name = "limit"',
                key="size" if self.size else "size_name",
            )
        return self


class LinkHeader(PagingSpec):
    """`by = "link_header"`: the Link header holds the next page's address (RFC 8288)."""

    diagnostic_owner: ClassVar[str] = 'paging by = "link_header"'
    by: Literal["link_header"]
    rel: str = Field(default="next", min_length=1)


class BodyLink(PagingSpec):
    """`by = "body_link"`: the answer holds the next page's address."""

    diagnostic_owner: ClassVar[str] = 'paging by = "body_link"'
    by: Literal["body_link"]
    next: JsonPath


Paging = Annotated[PageNumbers | Offsets | Cursors | LinkHeader | BodyLink, Field(discriminator="by")]
