"""What a table and its CSV export share: its columns, which are wanted, what names a row (kaltura.md §4)."""

from __future__ import annotations

from typing import Self

from pydantic import Field, field_validator, model_validator

from reportrunner.diagnose import Hinted
from reportrunner.providers.kaltura.buckets import date_column
from reportrunner.providers.kaltura.catalogue import report_columns, report_key, report_types
from reportrunner.providers.kaltura.question import BucketedDataset
from reportrunner.spec import EndpointDataset
from reportrunner.spelling import did_you_mean, suggest
from reportrunner.table import Column, ColumnType


class TabularDataset(BucketedDataset):
    """Keys of calls that answer with the rows of a report."""

    order: str | None = Field(
        default=None,
        description='A column with a sign, such as "-count_plays": how the service ranks; rows land in their own order',
    )
    select: list[str] = Field(default=[], description="The columns that are wanted; all when left out")

    @field_validator("report")
    @classmethod
    def _has_table(cls, value: str) -> str:
        if report_types()[value].table_columns is None:
            raise Hinted(f"{report_types()[value].name} has no table", 'ask endpoint = "report.getTotal"')
        return value

    @model_validator(mode="after")
    def _buckets(self) -> Self:
        if self.interval is not None and not self.bucketed:
            message = f"{self.type.name} has a row per {' and '.join(self.row_key) or 'value'}, not per {self.interval}"
            raise Hinted(message, 'remove it, or ask endpoint = "report.getGraphs"', key="interval", at="value")
        if self.bucketed and self.interval == "years":
            raise Hinted(
                "the service drops the year column of such a table",
                'write interval = "months" and add up in SQL what may be added up',
                key="interval",
                at="value",
            )
        if self.type.joined and self.interval not in {None, "days", "months"}:
            message = f"{self.type.name} answers zeros for {self.interval}"
            raise Hinted(message, 'write interval = "days"', key="interval", at="value")
        return self

    @model_validator(mode="after")
    def _order(self) -> Self:
        names, order = header(self), self.order
        if order is not None and (order[:1] not in {"+", "-"} or order[1:] not in names):
            near = suggest(order.lstrip("+-"), names)
            sign = order[0] if order[:1] in {"+", "-"} else "-"
            message = f'{self.type.name} cannot be ordered by "{order}"'
            message += f'; did you mean "{sign}{near}"?' if near else ""
            hint = "" if near else f"write + or - and one of {', '.join(names)}"
            raise Hinted(message, hint, key="order", at="value")
        return self

    @model_validator(mode="after")
    def _select(self) -> Self:
        names = header(self)
        for place, name in enumerate(self.select):
            if name in self.select[:place]:
                raise Hinted(f'"{name}" is selected twice', "remove it", key=("select", str(place)), at="value")
            if name not in names:
                message = f'{self.type.name} has no column "{name}"{did_you_mean(name, names)}'
                hint = "" if message.endswith("?") else f"its columns: {', '.join(names)}"
                raise Hinted(message, hint, key=("select", str(place)), at="value")
        return self

    @property
    def bucketed(self) -> bool:
        """Whether its rows are buckets of time."""
        return self.type.shape == "time-series"

    @property
    def row_key(self) -> tuple[str, ...]:
        """The columns that name a row."""
        return header(self)[:1] if self.bucketed else report_key(self.report, bool(self.objectIds))

    @property
    def adds_up(self) -> bool:
        """Whether everything that is asked may be added up over two buckets."""
        return not not_additive(self)


def not_additive(parameters: TabularDataset) -> list[str]:
    """Return the wanted columns whose values cannot be added up; names of a row and texts beside them can stay."""
    return [
        column.name
        for column in wanted_columns(parameters)
        if column.name not in parameters.row_key and not column.additive and column.type is not ColumnType.STRING
    ]


def header(parameters: TabularDataset) -> tuple[str, ...]:
    """Return the header that objectIds and interval lead to (kaltura.md §4, §5.5)."""
    report = parameters.type
    special = report.table_columns_with_object_ids if parameters.objectIds else None
    names = special or report.table_columns or ()
    if parameters.bucketed and names:
        return (date_column(parameters.buckets, report.family, 0).name, *names[1:])
    return names


def catalogued(parameters: TabularDataset, offset: int = 0) -> tuple[Column, ...]:
    """Return the columns of the header; those of time have the form that a slice's offset gives them."""
    columns = report_columns(parameters.report, header(parameters))
    if parameters.bucketed and columns:
        return (date_column(parameters.buckets, parameters.type.family, offset), *columns[1:])
    return columns


def wanted_columns(parameters: EndpointDataset) -> tuple[Column, ...]:
    """Return the columns that are wanted of a report's table."""
    assert isinstance(parameters, TabularDataset)
    wanted = parameters.select
    return tuple(column for column in catalogued(parameters) if not wanted or column.name in wanted)


def table_key(parameters: EndpointDataset) -> tuple[str, ...]:
    """Return the columns that name a row, if all of them are wanted."""
    assert isinstance(parameters, TabularDataset)
    names = {column.name for column in wanted_columns(parameters)}
    return parameters.row_key if set(parameters.row_key) <= names else ()
