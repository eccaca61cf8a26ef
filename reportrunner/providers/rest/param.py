"""Params of an endpoint: what a dataset may ask, typed and checked before anything is sent."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from reportrunner.diagnose import Hinted
from reportrunner.diagnose.shape import found
from reportrunner.providers.rest.header import header_fault
from reportrunner.strict import Scalar, Strict
from reportrunner.table import ColumnType
from reportrunner.toml_value import SAMPLES, fits, plain_value

ParamType = Literal["string", "integer", "decimal", "boolean", "date", "timestamp"]
_KINDS: Mapping[ParamType, Any] = {
    "string": str,
    "integer": int,
    "decimal": float | int,
    "boolean": bool,
    "date": dt.date,
    "timestamp": dt.datetime,
}


class ParamSpec(Strict):
    """`params.x`: a value that a dataset gives."""

    diagnostic_owner: ClassVar[str] = "a param of an endpoint"
    diagnostic_example: ClassVar[str] = '{ type = "string" }'
    type: ParamType
    values: list[str | int] | None = Field(default=None, min_length=1, description="The only values it may have")
    many: bool = Field(default=False, description="It is a list")
    required: bool = True
    default: Scalar | list[Scalar] | None = None
    min: int | None = Field(default=None, description="The smallest integer")
    max: int | None = Field(default=None, description="The largest integer")
    description: str = ""

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if self.default is not None:
            given = self.default if isinstance(self.default, list) else [self.default]
            if isinstance(self.default, list) != self.many:
                hint = "write a list" if self.many else "write one value, or many = true"
                raise Hinted(f"the default is {found(self.default)}", hint, key="default", at="value")
            for value in given:
                self._check(value, "default")
        for value in self.values or ():
            if self.type not in {"string", "integer"}:
                raise Hinted(f"a {self.type} has no list of values", "remove values", key="values")
            if not fits(value, ColumnType(self.type)):
                raise Hinted(f"{found(value)} is no {self.type}", key="values", at="value")
        if self.type != "integer" and (self.min is not None or self.max is not None):
            key = "min" if self.min is not None else "max"
            raise Hinted(f"a {self.type} has no {key}", "remove it", key=key)
        if self.min is not None and self.max is not None and self.min > self.max:
            raise Hinted(
                f"min is {self.min} and max {self.max}: no value fits", "write the smaller one as min", key="max"
            )
        return self

    def _check(self, value: Scalar, key: str) -> None:
        if not fits(value, ColumnType(self.type)):
            raise Hinted(f"the {key} is {found(value)}, and the param is {self.type}", key=key, at="value")
        if self.values is not None and value not in self.values:
            raise Hinted(f"the {key} {found(value)} is none of its values", key=key, at="value")

    @property
    def always(self) -> bool:
        """Whether every ask has a value of it."""
        return self.default is not None or self.required

    def sample(self) -> object:
        """Return a value for checking requests before there is a dataset."""
        value = self.values[0] if self.values else SAMPLES[ColumnType(self.type)]
        return [value] if self.many else value

    def field(self, name: str, *, in_path: bool, in_header: bool = False) -> tuple[Any, Any]:
        """Return the field of the dataset's model: its type and its default; users write it as `name`."""
        kind: Any = _KINDS[self.type] if self.values is None else Literal[tuple(self.values)]
        if self.type == "string" and self.values is None and in_path:
            kind = Annotated[str, AfterValidator(_segment)]
        if self.type == "string" and self.values is None and in_header:
            kind = Annotated[kind, AfterValidator(_in_header)]
        if self.type == "decimal":
            kind = Annotated[kind, AfterValidator(_finite)]
        if self.type == "timestamp":
            kind = Annotated[dt.datetime, AfterValidator(_instant)]
        if self.type == "integer" and self.values is None:
            kind = Annotated[int, Field(ge=self.min, le=self.max)]
        if self.many:
            kind = Annotated[list[kind], Field(min_length=1)]
        if self.default is not None:
            return kind, Field(default=self.default, alias=name, description=self.description or None)
        if not self.required:
            return kind | None, Field(default=None, alias=name, description=self.description or None)
        return kind, Field(alias=name, description=self.description or None)


def _segment(value: str) -> str:
    if value in {"", ".", ".."}:
        raise Hinted(
            f'"{value}" cannot stand in a path: it would lead to another address', "write the id or name itself"
        )
    return value


def _in_header(value: str) -> str:
    if fault := header_fault(value):
        raise Hinted(f"it goes into a header: {fault}", "write it in plain ASCII, on one line")
    return value


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise Hinted(f"{value} is no number that can be sent", "write a number such as 1.5")
    return value


def _instant(value: dt.datetime) -> dt.datetime:
    if value.tzinfo is None:
        raise Hinted(f"{value.isoformat()} is no instant without its offset", f"write {value.isoformat()}Z")
    return value


def plain_param(value: Any, spec: ParamSpec) -> object:
    """Return a value as templates see it: exact numbers, instants in UTC."""
    if isinstance(value, list):
        return [plain_value(item, ColumnType(spec.type)) for item in value]
    return plain_value(value, ColumnType(spec.type))
