"""The job file as strict, frozen models: every key, its type and its default stand here.

Keys of an endpoint stand with its provider, keys of a format with the format; both extend the models below.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from reportrunner.diagnose import Hinted
from reportrunner.fan_out_spec import EachSpec, FanOutSpec, SplitKey
from reportrunner.memory_spec import AccumulateSpec, HistoryName
from reportrunner.strict import Duration, Name, Scalar, Strict


class ParamSpec(Strict):
    """`[params.x]`: a typed value from the command line, the environment or its default."""

    diagnostic_owner: ClassVar[str] = "a param"
    type: Literal["string", "integer", "decimal", "ratio", "boolean", "date", "timestamp", "duration", "list"]
    default: Scalar | list[Scalar] | None = None
    help: str = ""


class PollSpec(Strict):
    """`poll`: how remote work is waited for."""

    diagnostic_owner: ClassVar[str] = "poll"
    every: Duration | None = None
    timeout: Duration = "20m"
    regenerate: bool = False


TypeWord = Literal["string", "integer", "decimal", "ratio", "boolean", "date", "timestamp", "duration"]


class DatasetSpec(Strict):
    """Keys every dataset has, whatever it comes from."""

    diagnostic_owner: ClassVar[str] = "a dataset"
    description: str = ""
    key: list[str] = Field(default=[])
    sorted_by: list[str] = Field(default=[])
    empty: Literal["error", "warn", "ok"] | None = None
    personal: list[str] = Field(default=[])
    accept: dict[str, str] = Field(default={})

    @field_validator("accept")
    @classmethod
    def _reasons(cls, value: dict[str, str]) -> dict[str, str]:
        for code, reason in value.items():
            if not reason.strip():
                hint = f'write "{code}" = "why this is right"'
                raise Hinted(f'"{code}" is accepted without a reason', hint, key=code, at="value")
        return value


FORGETS: Mapping[str, str] = {
    "accumulate": "is for what a provider forgets: datasets of an endpoint, or sql; remove it"
}


class FileDataset(DatasetSpec):
    """`file = "data/roster.csv"`: reference data kept in the project."""

    familiar: ClassVar[Mapping[str, str]] = FORGETS
    file: str
    columns: dict[str, TypeWord] = Field(min_length=1)


class RowsDataset(DatasetSpec):
    """`rows = [...]`: reference data kept in the job."""

    familiar: ClassVar[Mapping[str, str]] = FORGETS
    rows: list[dict[str, Scalar]]
    columns: dict[str, TypeWord] = Field(default={})


class SqlDataset(DatasetSpec):
    """`sql = "..."`: a query over other datasets."""

    sql: str
    accumulate: AccumulateSpec | None = None


class HistoryDataset(DatasetSpec):
    """`history = "history/livekit-sessions"`: what the runs of this project have kept."""

    familiar: ClassVar[Mapping[str, str]] = FORGETS
    history: HistoryName
    window: str | None = None
    at: str | None = Field(
        default=None, description="The column, a timestamp or a date, that places rows in the window"
    )
    columns: dict[str, TypeWord] = Field(default={})

    @model_validator(mode="after")
    def _placed(self) -> Self:
        if self.window is not None and self.at is None:
            raise Hinted("nothing says which rows belong to the window", 'add at = "createdAt"', key="window")
        if self.at is not None and self.window is None:
            raise Hinted('"at" places rows in a window, and there is none', "add window, or remove it", key="at")
        return self


class EndpointDataset(DatasetSpec):
    """Keys of a dataset that asks an endpoint; the endpoint's model adds its own parameters."""

    closed: ClassVar[Mapping[str, str]] = {}
    """Keys whose text takes no expressions, for a value could say more than one place holds; what to write instead."""
    packs: ClassVar[Mapping[str, int]] = {}
    """The lists whose items mean any of them: patterns of their place, and how many items they may hold."""
    unpacked: ClassVar[str] = ""
    """Why answers of several packs cannot stand in one table, where none can."""
    familiar: ClassVar[Mapping[str, str]] = {
        "zone_mismatch": (
            "chooses where an endpoint is known to count other days than the job's, and this one is not"
            "; `reportrunner explain` tells whose days it counts"
        ),
        "pack": 'stands inside each; write each = { dataset = "...", column = "...", pack = 200 }',
    }
    source: str
    endpoint: str
    window: str | None = None
    each: FanOutSpec | None = None
    split: SplitKey | None = None
    columns: dict[str, TypeWord] = Field(default={})
    privileges: list[str] = Field(default=[])
    reconcile: str | None = None
    accumulate: AccumulateSpec | None = None


def _bounds(value: list[int | float]) -> list[int | float]:
    if len(value) != 2 or not all(map(math.isfinite, value)) or not value[0] <= value[1]:
        raise Hinted("between takes a lower and an upper bound", "write [0, 1]")
    return value


Bounds = Annotated[list[int | float], AfterValidator(_bounds)]


class CheckSpec(Strict):
    """`[checks.x]`: rows that must not be, one row that must hold, or a rule on a dataset."""

    diagnostic_owner: ClassVar[str] = "a check"
    sql: str | None = None
    expect: dict[str, str] | None = None
    dataset: str | None = None
    rows: str | None = Field(default=None, description='How many rows there must be, such as ">= 5"')
    unique: list[str] | None = None
    not_null: list[str] | None = None
    between: dict[str, Bounds] | None = None
    severity: Literal["error", "warn"] = "error"
    message: str = ""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        rules = [self.rows, self.unique, self.not_null, self.between]
        if self.sql is not None and self.dataset is not None:
            raise Hinted("a check has either sql or a dataset, and this one has both", "keep one", key="dataset")
        if self.sql is None and self.dataset is None:
            raise Hinted("a check has either sql or a dataset", 'write sql = "select ..." whose rows are violations')
        if self.sql is not None and any(rule is not None for rule in rules):
            raise Hinted("rows, unique, not_null and between belong to a check on a dataset", 'write dataset = "name"')
        if self.dataset is not None and (self.expect is not None or all(rule is None for rule in rules)):
            raise Hinted(
                "a check on a dataset has rows, unique, not_null or between", 'write rows = ">= 1" or unique = ["id"]'
            )
        return self


class OutputSpec(Strict):
    """Keys every output has; a format adds its own."""

    diagnostic_owner: ClassVar[str] = "an output"
    extension: ClassVar[str] = ""
    """What the default path ends in: `<output>.<extension>`."""
    format: str
    path: str | None = None
    each: EachSpec | None = None


class JobFile(Strict):
    """The outline of a job file; its sections are read by the models above."""

    diagnostic_owner: ClassVar[str] = "this job"
    title: str
    timezone: str
    tags: list[str] = Field(default=[])
    owner: str = ""
    label: str | None = None
    params: dict[Name, dict[str, Any]] = Field(default={})
    windows: dict[Name, dict[str, Any]] = Field(default={})
    datasets: dict[Name, dict[str, Any]] = Field(default={})
    checks: dict[Name, dict[str, Any]] = Field(default={})
    outputs: dict[Name, dict[str, Any]] = Field(default={})
