"""How often a dataset asks, as the job writes it: `each`, with `pack`, and `split`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from reportrunner.diagnose import Hinted
from reportrunner.diagnose.shape import found
from reportrunner.strict import Name, Scalar, Strict
from reportrunner.window_spec import PeriodWord


class EachSpec(Strict):
    """`each`: the endpoint is asked once per value of a dataset's column, or of a list."""

    diagnostic_owner: ClassVar[str] = "each"
    dataset: str | None = None
    column: str | None = None
    values: list[Scalar] | None = None
    as_: Name | None = Field(default=None, alias="as")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.values is None) == (self.dataset is None) or (self.dataset is None) != (self.column is None):
            raise Hinted(
                "each needs a dataset and its column, or values",
                'write { dataset = "course", column = "entry_id" } or { values = ["a", "b"], as = "name" }',
            )
        if self.values is not None and self.as_ is None and self.adds_column:
            raise Hinted("each over values has no name for its column", 'add as = "entry_id"')
        return self

    @property
    def adds_column(self) -> bool:
        """Whether the value is landed beside the rows."""
        return True

    @property
    def name(self) -> str:
        """The column that the value is landed in."""
        return self.as_ or self.column or ""


class FanOutSpec(EachSpec):
    """`each` of a dataset that asks an endpoint, which may take many values at once."""

    familiar: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("batch", "chunk", "chunks", "size"), "is spelt pack here; write pack = 200"
    )
    pack: int | None = Field(
        default=None,
        description="So many values in one list filter, instead of one request each",
        json_schema_extra={"minimum": 1},
    )

    @field_validator("pack")
    @classmethod
    def _at_least_one(cls, value: int | None) -> int | None:
        if value is not None and value < 1:
            raise Hinted(f"a pack holds one value or more, not {value}", "write pack = 200")
        return value

    @model_validator(mode="after")
    def _no_column(self) -> Self:
        if self.pack is not None and self.as_ is not None:
            said = '"as" names the column that each adds, and a pack adds none: the answer itself must hold the values'
            raise Hinted(said, "remove as", key="as")
        return self

    @property
    def adds_column(self) -> bool:
        """Whether the value is landed beside the rows: of a pack nobody knows which value a row is of."""
        return self.pack is None


class SplitSpec(Strict):
    """`split`: the window is asked once per period that it touches."""

    diagnostic_owner: ClassVar[str] = "split"
    familiar: ClassVar[Mapping[str, str]] = {
        "period": 'is spelt by here; write by = "month"',
        "column": 'is spelt as here; write as = "month"',
    }
    by: PeriodWord
    as_: Name = Field(default="slice", alias="as", description="The column that the label of a slice is landed in")


def _short(value: Any) -> Any:
    if not isinstance(value, str | dict):
        hint = 'write split = "month", or split = { by = "month", as = "month" }'
        raise Hinted(f"split says which periods cut the window, found {found(value)}", hint)
    return {"by": value} if isinstance(value, str) else value


SplitKey = Annotated[SplitSpec, BeforeValidator(_short, json_schema_input_type=PeriodWord | SplitSpec)]
"""A period, or a table with the period and the name of the column."""
