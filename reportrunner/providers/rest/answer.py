"""What an answer looks like: its format, where its rows are, its columns, and where an error hides in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from reportrunner.diagnose import Hinted
from reportrunner.providers.rest.places import JsonPath
from reportrunner.spec import TypeWord
from reportrunner.strict import Strict
from reportrunner.table import Column, ColumnType

Encoding = Literal["utf-8", "utf-16", "latin-1", "windows-1252"]
UNIX_FORMS = ("unix s", "unix ms")
_ZONED = re.compile(r"%[zZ]")
_LETTER = re.compile(r"%(.)")


class ResponseSpec(Strict):
    """Keys of every response."""

    diagnostic_owner: ClassVar[str] = "a response"
    gzip: bool = Field(default=False, description="The body is a gzip file (not only sent compressed)")
    zip: bool | str = Field(
        default=False, description="The body is a zip file: true for its one file, or a file's name"
    )
    null: list[str] = Field(default=[], description="Words that stand for no value")

    @model_validator(mode="after")
    def _packed_once(self) -> Self:
        if self.gzip and self.zip:
            raise Hinted("a body is packed by gzip or by zip", "keep one of the two", key="zip")
        return self


class JsonResponse(ResponseSpec):
    """`format = "json"`: rows are members of a list somewhere in the document."""

    diagnostic_owner: ClassVar[str] = 'response format = "json"'
    format: Literal["json"]
    rows: JsonPath = Field(description='Where the list of rows is, such as "$.data"; one object is one row')


class NdjsonResponse(ResponseSpec):
    """`format = "ndjson"`: one JSON object a line."""

    diagnostic_owner: ClassVar[str] = 'response format = "ndjson"'
    format: Literal["ndjson"]


class _Delimited(ResponseSpec):
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quote: str = Field(default='"', max_length=1, description="Empty where the text knows no quoting")


class CsvResponse(_Delimited):
    """`format = "csv"`: delimited text whose first line names its columns."""

    diagnostic_owner: ClassVar[str] = 'response format = "csv"'
    format: Literal["csv"]
    encoding: Encoding = "utf-8"


class DelimitedResponse(_Delimited):
    """`format = "delimited"`: delimited text inside a JSON document."""

    diagnostic_owner: ClassVar[str] = 'response format = "delimited"'
    format: Literal["delimited"]
    text: JsonPath = Field(description="Where the text of the rows is")
    header: JsonPath | None = Field(default=None, description="Where the line of names is, when it stands apart")
    row_end: str = Field(default="", description="What ends a row, when it is no line end; then nothing is quoted")


Response = Annotated[JsonResponse | NdjsonResponse | CsvResponse | DelimitedResponse, Field(discriminator="format")]


def _column(value: object) -> object:
    return {"type": value} if isinstance(value, str) else value


class ColumnSpec(Strict):
    """A column: its type, where the answer has it, and what is known of it."""

    diagnostic_owner: ClassVar[str] = "a column"
    diagnostic_example: ClassVar[str] = '"string"'
    familiar: ClassVar[Mapping[str, str]] = {
        "path": 'is spelt from here: write from = "$.amount.value"',
        "format": 'is spelt form here: write form = "%d.%m.%Y"',
    }
    type: TypeWord
    from_: str | None = Field(
        default=None, alias="from", min_length=1, description="JSONPath inside the row, or the name in the header"
    )
    form: str | None = Field(default=None, description='How a date or timestamp is written: "unix s", "%d.%m.%Y"')
    null: list[str] = Field(default=[], description="Words of this column that stand for no value")
    optional: bool = Field(default=False, description="It may be absent from the whole answer, and is null then")
    personal: bool | None = None
    additive: bool | None = Field(default=None, description="Whether sums over rows mean anything")
    unit: str = ""
    description: str = ""

    @model_validator(mode="after")
    def _formed(self) -> Self:
        if self.form is None:
            return self
        if self.type not in {"date", "timestamp"}:
            raise Hinted(f"a {self.type} has no form", 'write type = "timestamp" or "date", or remove form', key="form")
        if self.form in UNIX_FORMS:
            return self
        letters = set(_LETTER.findall(self.form))
        if not letters or letters - set("YymdBbHMSfzIpjTe%"):
            hint = 'write "unix s", "unix ms", or a form such as "%Y-%m-%d %H:%M:%S%z"'
            raise Hinted(f'"{self.form}" is no form of a {self.type}', hint, key="form")
        if self.type == "timestamp" and not _ZONED.search(self.form) and not self.form.endswith("Z"):
            hint = f'write "{self.form}%z", or "{self.form}Z" where the text ends in Z; else read it as a string'
            raise Hinted(f'"{self.form}" knows no zone, and a timestamp is an instant', hint, key="form")
        return self

    def column(self, name: str) -> Column:
        """Return the column of the table."""
        return Column(
            name,
            ColumnType(self.type),
            self.unit,
            self.additive,
            self.personal,
            self.description,
            "the source's own definition",
        )


Columns = dict[str, Annotated[ColumnSpec, BeforeValidator(_column, json_schema_input_type=TypeWord | ColumnSpec)]]


class ErrorsSpec(Strict):
    """`errors`: where an error stands in a body, whatever the status says."""

    diagnostic_owner: ClassVar[str] = "errors"
    code: JsonPath = Field(description="Where its code is; with `ok`, where the answer says that all is well")
    ok: list[str | int | bool] | None = Field(
        default=None, min_length=1, description="What stands there when all is well"
    )
    message: JsonPath | None = None


class RetrySpec(Strict):
    """`retry`: which answers pass by themselves, beside 408, 429 and 5xx."""

    diagnostic_owner: ClassVar[str] = "retry"
    statuses: list[Annotated[int, Field(ge=400, le=599)]] = Field(default=[], description="Passing faults")
    limited: list[Annotated[int, Field(ge=400, le=599)]] = Field(
        default=[], description="The account is to pause, as with 429"
    )
    codes: list[str | int] = Field(default=[], description="Codes at errors.code that are passing faults")
    limited_codes: list[str | int] = Field(default=[], description="Codes at errors.code that mean: pause")
    repeatable: bool | None = Field(
        default=None, description="Whether a second sending does no harm; unset: only a GET may be repeated"
    )


def rows_path(path: str) -> str:
    """Return the path of the list itself: `$.data[*]` and `$.data` mean the same rows."""
    return path.removesuffix("[*]") or "$"
