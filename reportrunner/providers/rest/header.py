"""What a header can carry."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from reportrunner.diagnose import Hinted


def header_fault(value: str) -> str:
    """Say why a text cannot stand in a header; empty when it can."""
    if not value.isprintable():
        return "it holds a line break or a control character, which no header can carry"
    return "" if value.isascii() else "it holds characters beyond ASCII, which no header can carry"


def printable(value: str) -> str:
    """Return the text; Hinted when it is none of one line."""
    if not value.isprintable():
        raise Hinted("it holds a line break or a control character", "write it on one line")
    return value


Printable = Annotated[str, AfterValidator(printable)]
"""Text of one line, without control characters."""
