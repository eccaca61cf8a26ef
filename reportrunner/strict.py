"""The base of every model a user's TOML meets, and the kinds of text that several of them take."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from reportrunner.diagnose import Hinted
from reportrunner.window.span import parse_duration

Scalar = str | int | float | bool | dt.date | dt.datetime
"""What TOML holds besides lists and tables."""
NAME = r"^[a-z][a-z0-9_]*$"


class Strict(BaseModel):
    """Base of every model a user's TOML meets: nothing is coerced, nothing unknown passes, nothing changes later."""

    model_config = ConfigDict(defer_build=True, frozen=True, strict=True, extra="forbid")
    diagnostic_owner: ClassVar[str] = ""
    diagnostic_noun: ClassVar[str] = "key"
    familiar: ClassVar[Mapping[str, str]] = {}
    samples: ClassVar[tuple[str, ...]] = ()
    """Texts that may stand for a value of `each` that is not known yet, where not every text fits."""


def _name(value: str) -> str:
    if not re.fullmatch(NAME, value):
        right = re.sub(r"\W+", "_", value.strip().lower(), flags=re.ASCII).strip("_")
        hint = f'write "{right}"' if re.fullmatch(NAME, right) else ""
        raise Hinted(f'"{value}" is no name: lower-case letters, digits and _, a letter first', hint)
    return value


def _duration(value: str) -> str:
    try:
        parse_duration(value)
    except ValueError as error:
        message, _, hint = str(error).partition("; ")
        raise Hinted(message, hint) from None
    return value


Name = Annotated[str, AfterValidator(_name), Field(json_schema_extra={"pattern": NAME})]
"""The name of a section; expressions and SQL speak it, so it is a plain word."""
Duration = Annotated[
    str, AfterValidator(_duration), Field(json_schema_extra={"pattern": r"^\s*(\d+\s*[A-Za-z]+\s*)+$"})
]
