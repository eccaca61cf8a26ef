"""Captures: what an answer gives to the steps after it, found in its body or in a header."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from reportrunner.diagnose import Hinted
from reportrunner.flow import Refused, Reply
from reportrunner.providers.rest.places import JsonPath, beside, kind_of, one
from reportrunner.spelling import did_you_mean
from reportrunner.strict import Name, Strict


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
    """Return the captures of an answer; Refused where one is missing, or is no text that a request can carry.

    No answer is quoted: it may hold the very session that was looked for. Its names are told.
    """
    found: dict[str, str] = {}
    for name, place in spec.items():
        if isinstance(place, HeaderCapture):
            value: Any = reply.headers.get(place.header.lower())
            where, instead = f"the header {place.header}", did_you_mean(place.header.lower(), list(reply.headers))
            value = value.removeprefix(place.prefix) if value else value
        else:
            value, where = one(place, document), place
            instead = beside(place, document)
        if value is None or value == "":
            return Refused("unreadable", f"the answer has no {name} at {where}{instead}")
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            return Refused("unreadable", f"the {name} at {where} is {kind_of(value)}, and neither text nor a number")
        if not str(value).isprintable():
            words = f"the {name} at {where} holds a line break or a control character, which no request can carry"
            return Refused("unreadable", words)
        found[name] = str(value)
    return found
