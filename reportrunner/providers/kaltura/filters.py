"""The report filter as a model: every field of the catalogue, typed, with the traps of the guides refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, create_model

from reportrunner.diagnose import Hinted
from reportrunner.flow import Pairs
from reportrunner.providers.kaltura.catalogue import DELIMITER, filter_fields
from reportrunner.spec import Strict

WINDOW_DECIDES = 'is decided by the window; write window = "name" beside filters'
NOT_HERE = frozenset({"timeZoneOffset", "interval", "entryOperator"})


class ReportFilters(Strict):
    """Base of the filters of the report service (kaltura-filter-fields.json)."""

    diagnostic_owner: ClassVar[str] = "the report filter"
    diagnostic_noun: ClassVar[str] = "filter"
    familiar: ClassVar[Mapping[str, str]] = {
        "fromDate": WINDOW_DECIDES,
        "toDate": WINDOW_DECIDES,
        "fromDay": WINDOW_DECIDES,
        "toDay": WINDOW_DECIDES,
        "timeZoneOffset": "is computed from the job's timezone; remove it",
        "interval": 'is a key of the dataset; write interval = "days" beside filters',
        "objectType": "is chosen by the fields you use; remove it",
        "objectIdIn": 'is no filter; write objectIds = ["..."] beside filters',
        "categoryIdsIn": "is spelt categoriesIdsIn",
    }


def _no_delimiter(separator: str) -> AfterValidator:
    def check(values: list[str]) -> list[str]:
        for value in values:
            if separator in value:
                raise Hinted(
                    f'"{value}" contains "{separator}", which separates values on the wire',
                    "this value cannot be asked for",
                )
            if not value or value != value.strip():
                raise Hinted(
                    f'"{value}" is empty or has blanks around it, and nothing trims it',
                    f'write "{value.strip() or "..."}"',
                )
        return values

    return AfterValidator(check)


def _country(values: list[str]) -> list[str]:
    for value in values:
        if len(value) == 2 and value.isupper():
            raise Hinted(
                f'countryIn takes country names, and "{value}" is a code',
                'write the English name, such as "United States"',
            )
    return values


def _field(name: str, facts: Mapping[str, Any]) -> tuple[Any, Any]:
    description = str(facts.get("semantics", ""))
    if facts.get("multi"):
        item: Any = Literal[tuple(facts["enum"])] if "enum" in facts else str
        separator = "," if facts.get("separator") == "','" else DELIMITER
        validators = [_no_delimiter(separator)] + ([AfterValidator(_country)] if name == "countryIn" else [])
        kind: Any = Annotated[(list[item], Field(min_length=1), *validators)]
    elif facts["type"] == "bool":
        kind = bool
    elif facts["type"] == "time":
        kind = int
    else:
        kind = str
    return (kind | None, Field(default=None, description=description))


def _report_filters(owner: str) -> type[ReportFilters]:
    fields = {name: _field(name, facts) for name, facts in filter_fields().items() if name not in NOT_HERE}
    namespace = {
        "diagnostic_owner": owner,
        "__annotations__": {"diagnostic_owner": ClassVar[str]},
        "__module__": __name__,
    }
    base = type("Filters", (ReportFilters,), namespace)
    model: type[ReportFilters] = create_model("ReportFilters", __base__=base, **fields)  # type: ignore[call-overload]
    return model


if TYPE_CHECKING:

    class TableFilters(ReportFilters):
        """The filters of report.getTable."""

    class TotalFilters(ReportFilters):
        """The filters of report.getTotal."""

else:
    TableFilters = _report_filters("report.getTable")
    TotalFilters = _report_filters("report.getTotal")


def write_filter(filters: ReportFilters | None) -> Pairs:
    """Write the given fields; the class that has the user fields only where one is used (kaltura.md §6)."""
    given = {} if filters is None else filters.model_dump(exclude_none=True)
    facts = filter_fields()
    end_user = any(facts[name]["class"] == "KalturaEndUserReportInputFilter" for name in given)
    kind = "KalturaEndUserReportInputFilter" if end_user else "KalturaReportInputFilter"
    pairs = [("reportInputFilter[objectType]", kind)]
    for name, value in sorted(given.items()):
        separator = "," if facts[name].get("separator") == "','" else DELIMITER
        if isinstance(value, list):
            text = separator.join(value)
        elif isinstance(value, bool):
            text = "true" if value else "false"
        else:
            text = str(value)
        pairs.append((f"reportInputFilter[{name}]", text))
    return tuple(pairs)
