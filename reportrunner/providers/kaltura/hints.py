"""What guides get wrong about report types: what one counts, and what to ask instead of one that is none (§14)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from reportrunner.providers.kaltura.catalogue import report_names, report_types
from reportrunner.spec import EndpointDataset

_SUBTREE = {
    "categoriesIdsIn": "categoriesAncestorIdIn",
    "categoriesIdsMatchOr": "categoryAncestorIdIn",
    "categoriesIdsMatchAnd": "categoryAncestorIdIn",
}
"""Filters that take a category alone, of reports and of lists, and the one that takes all below it too."""
VARIANT = "_VPAAS"
"""Ends the names of reports over an account and its direct children (kaltura.md §8)."""


@cache
def _hints() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = json.loads(
        files(__package__).joinpath("data", "report_hints.json").read_text("utf-8")
    )
    return found


def report_hint(wire_id: str) -> str:
    """Say what a report type counts, where guides say something else; its variant counts the same."""
    name = report_types()[wire_id].name.removesuffix(VARIANT)
    return _hints()["known"].get(report_names()[name], "")


def instead_of(word: str) -> str:
    """Say what to ask instead of a report type that does not exist; empty where nobody would look for it."""
    if word in _hints()["absent"]:
        return _hints()["absent"][word]
    if word.isdigit() and 1000 <= int(word) < 10_000:
        return f'a custom report: ask endpoint = "report.getCsvFromStringParams", id = {int(word)}'
    numbered = word.isdigit() and 20_000 <= int(word) < 30_000
    if numbered or (word.endswith(VARIANT) and word.removesuffix(VARIANT) in report_names()):
        count = sum(report.name.endswith(VARIANT) for report in report_types().values())
        ways = "ask for each account with impersonate = 10101"
        return f"{count} reports have a variant for several accounts, this one has none: {ways}"
    return ""


def scope(parameters: EndpointDataset) -> str:
    """Say that a category is taken without what lies below it, where it is (kaltura-filter-fields.json)."""
    filters = getattr(parameters, "filters", None)
    return "; ".join(
        f"{name} takes the entries of the category itself alone; {other} takes those of all categories below it"
        for name, other in _SUBTREE.items()
        if getattr(filters, name, None)
    )
