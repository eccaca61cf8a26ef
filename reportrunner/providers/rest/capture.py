"""Captures: what an answer gives to the steps after it, found in its body or in a header."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from reportrunner.diagnose import Hinted
from reportrunner.flow import Refused, Reply
from reportrunner.providers.rest.places import JsonPath, one
from reportrunner.strict import Name, Strict
from reportrunner.verdict import excerpt


class HeaderCapture(Strict):
    """`{ header = "Location" }`: a header of the answer."""

    diagnostic_owner: ClassVar[str] = "a capture"
    header: str = Field(min_length=1)
    prefix: str = Field(default="", description="What stands before the value and is left out")

    @model_validator(mode="after")
    def _lower(self) -> Self:
        if not self.header.isascii():
            raise Hinted(f'"{self.header}" is no name of a header', 'write "Location"', key="header")
        return self


Captures = dict[Name, JsonPath | HeaderCapture]
"""Names and where the answer has their values."""


def captured(spec: Mapping[str, str | HeaderCapture], reply: Reply, document: Any) -> dict[str, str] | Refused:
    """Return the captures of an answer; Refused where one is missing, or is no text that a request can carry."""
    found: dict[str, str] = {}
    for name, place in spec.items():
        if isinstance(place, HeaderCapture):
            value: Any = reply.headers.get(place.header.lower())
            where = f"the header {place.header}"
            value = value.removeprefix(place.prefix) if value else value
        else:
            value, where = one(place, document), place
        text = _text(value)
        if not text:
            return Refused("unreadable", f"the answer has no {name} at {where}: {excerpt(reply.body)}".rstrip(": "))
        found[name] = text
    return found


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    text = str(value)
    return text if text.isprintable() else ""
