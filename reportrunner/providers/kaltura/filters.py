"""The report filter as a model: every field of the catalogue, typed, with the traps of the guides refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, create_model

from reportrunner.diagnose import Hinted
from reportrunner.flow import Pairs
from reportrunner.providers.kaltura.catalogue import DELIMITER, filter_fields
from reportrunner.strict import Strict

WINDOW_DECIDES = 'is decided by the window; write window = "name" beside filters'
_ENTRY_ID = re.compile(r"[01]_[a-z0-9]+")
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


_NUMBERED = {"categoriesIdsIn", "categoriesAncestorIdIn", "virtualEventIdIn"}
"""Filters of ids that are numbers at the service."""


@dataclass(frozen=True, slots=True)
class Separable:
    """Refuses values that the wire would split, trim or take for no filter at all (kaltura.md §6)."""

    separator: str

    def __call__(self, value: str) -> str:
        """Return the value unless it cannot stand in a list."""
        if self.separator in value:
            hint = f'one that contains "{self.separator}" cannot be asked for: pick its rows in sql'
            pieces = _pieces(value, self.separator)
            more = f"write {pieces} if these are several; " if pieces else ""
            raise Hinted(f'"{value}" contains "{self.separator}", which separates values on the wire', more + hint)
        if "," in value and all(_ENTRY_ID.fullmatch(piece) for piece in value.split(",")):
            message = f'"{value}" would be one entry id: nothing here separates values by commas'
            raise Hinted(message, f"write {_pieces(value, ',')}")
        if not value or value != value.strip():
            hint = f'write "{value.strip()}"' if value.strip() else "remove it"
            raise Hinted(f'"{value}" is empty or has blanks around it, and nothing trims it', hint)
        return value


def separable(separator: str) -> AfterValidator:
    """Return what refuses values that no list with this separator can hold."""
    return AfterValidator(Separable(separator))


def listed(name: str, separator: str) -> BeforeValidator:
    """Answer the guides, which write several values as one text (kaltura.md §14)."""

    def check(value: object) -> object:
        if isinstance(value, str) and separator in value:
            pieces = _pieces(value, separator)
            raise Hinted(f'expected a list of text, found text "{value}"', f"write {name} = [{pieces}]")
        return value

    return BeforeValidator(check)


def _pieces(value: str, separator: str) -> str:
    """Write the parts of a text as a list has them, where there are several."""
    pieces = [piece.strip() for piece in value.split(separator) if piece.strip()]
    return ", ".join(f'"{piece}"' for piece in pieces) if len(pieces) > 1 else ""


def _digits(value: object) -> object:
    """Take a number for the text that it is on the wire: the lists of the same service want numbers there."""
    return str(value) if type(value) is int else value


def _not_empty(value: str) -> str:
    if not value.strip():
        raise Hinted("an empty text is no filter, and the report would count everything", "remove the key")
    return value


def _country(value: str) -> str:
    if len(value) == 2 and value.isalpha():
        hint = 'write the English name, such as "United States"'
        raise Hinted(f'countryIn takes country names, and "{value}" is a code', hint)
    return value


def _switch(name: str) -> BeforeValidator:
    """Answer the guides, which put the words to look for where a switch stands (kaltura.md §14)."""

    def check(value: object) -> object:
        if isinstance(value, str):
            message = f'{name} is a switch, and the words to look for stand in "keywords"'
            raise Hinted(message, f'write keywords = "{value}", {name} = true')
        return value

    return BeforeValidator(check)


def _field(name: str, facts: Mapping[str, Any]) -> tuple[Any, Any]:
    description = str(facts.get("semantics", ""))
    if facts.get("multi"):
        item: Any = Literal[tuple(facts["enum"])] if "enum" in facts else str
        separator = "," if facts.get("separator") == "','" else DELIMITER
        validators = [separable(separator)] + ([AfterValidator(_country)] if name == "countryIn" else [])
        numbers = [BeforeValidator(_digits, json_schema_input_type=str | int)] if name in _NUMBERED else []
        values = list[Annotated[(item, *validators, *numbers)]]
        kind: Any = Annotated[values, Field(min_length=1), listed(name, separator)]
    elif facts["type"] == "bool":
        kind = Annotated[bool, _switch(name)] if name.startswith("searchIn") else bool
    elif facts["type"] == "time":
        kind = int
    else:
        kind = Annotated[str, AfterValidator(_not_empty)]
    return (kind | None, Field(default=None, description=description))


def _report_filters(owner: str, fields: dict[str, tuple[Any, Any]]) -> type[ReportFilters]:
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

    class GraphFilters(ReportFilters):
        """The filters of report.getGraphs."""

else:
    _FIELDS = {name: _field(name, facts) for name, facts in filter_fields().items() if name not in NOT_HERE}
    TableFilters = _report_filters("report.getTable", _FIELDS)
    TotalFilters = _report_filters("report.getTotal", _FIELDS)
    GraphFilters = _report_filters("report.getGraphs", _FIELDS)


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
