"""What `explain` prints, made of the models and catalogues that check jobs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

import click
from pydantic import BaseModel

from reportrunner.ask import Endpoint, Provider
from reportrunner.diagnose.shape import describe, is_model, union_members
from reportrunner.spec import EndpointDataset
from reportrunner.spelling import did_you_mean
from reportrunner.table import Column

WIDTH = 100


def provider_text(provider: Provider) -> list[str]:
    """Return what a provider is, how a source is configured, and its endpoints."""
    lines = [f"{provider.name}: {provider.summary}", "", "[sources.x]", *_fields(provider.settings)]
    lines += ["", "endpoints"]
    width = max(map(len, provider.endpoints))
    return lines + [f"  {name:<{width}}  {endpoint.summary}" for name, endpoint in provider.endpoints.items()]


def endpoint_text(provider: Provider, endpoint: Endpoint) -> list[str]:
    """Return an endpoint's keys, filters, reports, limits and traps."""
    lines = [f"{provider.name}.{endpoint.name}: {endpoint.summary}", ""]
    lines += [f"counts {endpoint.zone}", f"needs: {endpoint.permissions}", "", "keys"]
    lines += _fields(endpoint.parameters)
    filters = endpoint.parameters.model_fields.get("filters")
    kinds = (union_members(filters.annotation) or (filters.annotation,)) if filters else ()
    model = next((kind for kind in kinds if is_model(kind)), None)
    if model is not None:
        lines += ["", "filters", *_fields(model)]
    reports = endpoint.reports()
    if reports:
        lines += ["", f"reports (explain {provider.name}.{endpoint.name} REPORT lists the columns of one)"]
        width = max(len(wire) for wire, _, _ in reports)
        lines += [f"  {wire:>{width}}  {name}: {said}" for wire, name, said in reports]
    return [*lines, "", "traps", *_bullets(endpoint.traps)]


def report_type_text(endpoint: Endpoint, word: str) -> list[str]:
    """Return the columns of one report type; a usage error when there is none of that name."""
    reports = {key.upper(): (wire, name) for wire, name, _ in endpoint.reports() for key in (wire, name)}
    if word.upper() not in reports:
        raise click.UsageError(f'{endpoint.name} has no report "{word}"{did_you_mean(word, reports)}')
    wire, name = reports[word.upper()]
    columns = endpoint.report_columns(wire)
    return [f"{name} ({wire})", "", *_columns(columns)]


def report_object_text() -> list[str]:
    """Return what templates are given."""
    from reportrunner.templating.view import FIELDS

    lines = ["report: what every template is given", ""]
    for name, fields in FIELDS.items():
        lines += [f"{name}.{{{', '.join(fields)}}}"]
    return [*lines, "", "report.datasets.NAME.rows are rows; row.COLUMN is a cell"]


def _fields(model: type[BaseModel]) -> list[str]:
    lines = []
    skipped = set(EndpointDataset.model_fields) - {"window"} if issubclass(model, EndpointDataset) else set()
    for name, field in model.model_fields.items():
        if name in skipped or name == "filters":
            continue
        needed = " (required)" if field.is_required() else ""
        lines.append(f"  {field.alias or name}: {describe(field.annotation)}{needed}")
        lines += _wrapped(field.description or "")
    return lines


def _columns(columns: Sequence[Column]) -> list[str]:
    lines = []
    for column in columns:
        facts = [str(column.type), *([column.unit] if column.unit else [])]
        facts += [{True: "additive", False: "not additive", None: "additivity unknown"}[column.additive]]
        facts += ["personal"] if column.personal else []
        lines.append(f"  {column.name}: {', '.join(facts)}  [{column.source or 'meaning unknown'}]")
        lines += _wrapped(column.description)
    return lines


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="      ", subsequent_indent="      ")


def _bullets(texts: Iterable[str]) -> list[str]:
    wrapper = textwrap.TextWrapper(WIDTH, initial_indent="  - ", subsequent_indent="    ")
    return [line for text in texts for line in wrapper.wrap(text)]
