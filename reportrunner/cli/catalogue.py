"""What `explain` prints, made of the models and catalogues that check jobs."""

from __future__ import annotations

import dataclasses
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict, get_args, get_origin

import click

from reportrunner.ask import Endpoint, Provider, Source
from reportrunner.cli.keys import WIDTH, key_lines
from reportrunner.diagnose.shape import bare, is_model, union_members
from reportrunner.spec import EndpointDataset
from reportrunner.spelling import did_you_mean
from reportrunner.table import Column


class _Indent(TypedDict):
    initial_indent: str
    subsequent_indent: str


SERVICE = 3
"""So many endpoints of one service stand under a head of their own."""
ESTIMATED = "~"
_INDENT: _Indent = {"initial_indent": "      ", "subsequent_indent": "      "}
_READS_ONLY = next(field.default for field in dataclasses.fields(Endpoint) if field.name == "action")


def provider_text(provider: Provider) -> list[str]:
    """Return what a provider is, how a source is configured, and its endpoints."""
    lines = [f"{provider.name}: {provider.summary}", "", "[sources.x]", *key_lines(provider.settings)]
    if provider.endpoints_of:
        return [*lines, "", "endpoints", "  each source defines its own: explain SOURCE in the project tells them"]
    return [*lines, *_endpoints(provider)]


def source_text(source: Source) -> list[str]:
    """Return what a source of the project is, and its endpoints."""
    kind = source.provider.name
    head = f"{source.name}: a {kind} source at {source.settings.base_url} (explain {kind} tells its keys)"
    return [head, *_endpoints(source.provider)]


def _endpoints(provider: Provider) -> list[str]:
    lines = []
    width = max(map(len, provider.endpoints), default=0)
    for head, endpoints in _grouped(provider).items():
        lines += ["", head, *(f"  {endpoint.name:<{width}}  {endpoint.summary}" for endpoint in endpoints)]
    return lines


def _grouped(provider: Provider) -> Mapping[str, Sequence[Endpoint]]:
    """Return the endpoints by service, those that only act last."""
    services = [name.partition(".")[0] for name in provider.endpoints]
    large = {service for service in services if services.count(service) >= SERVICE}
    groups: dict[str, list[Endpoint]] = {}
    acting: list[Endpoint] = []
    for service, endpoint in zip(services, provider.endpoints.values(), strict=True):
        if endpoint.action is not _READS_ONLY and "." in endpoint.name:
            acting.append(endpoint)
        else:
            rest = "endpoints of other services" if large else "endpoints"
            groups.setdefault(f"endpoints of {service}" if service in large else rest, []).append(endpoint)
    return groups | ({"actions: they change something, and need run --allow-actions": acting} if acting else {})


def endpoint_text(provider: Provider, endpoint: Endpoint) -> list[str]:
    """Return an endpoint's keys, filters, reports, limits and traps."""
    lines = [f"{provider.name}.{endpoint.name}: {endpoint.summary}", ""]
    lines += [f"counts {endpoint.days.said}"] if endpoint.days.said else []
    lines += [f"needs: {endpoint.permissions or 'not documented'}"]
    if endpoint.action is not _READS_ONLY:
        lines += ["changes something at the provider: needs run --allow-actions" + _unless(endpoint)]
    model = endpoint.parameters
    shared = [name for name in EndpointDataset.model_fields if name not in {"source", "endpoint", "window"}]
    lines += ["", "keys", *key_lines(model, {*EndpointDataset.model_fields, "filters"} - {"window"})]
    lines += [f"  and those of every dataset: {', '.join(shared)}"]
    filters = model.model_fields.get("filters")
    lines += ["", "filters", *_filters(filters.annotation)] if filters else []
    packs = _packs(model)
    lines += ["", "lists that take a pack of each", *packs] if packs else []
    if provider.endpoints_of:
        columns = endpoint.columns(model.model_construct(columns={}))
        lines += ["", "columns", *_columns(columns)] if columns else []
    told = endpoint.operations()
    lines += ["", "operations", *_bullets(f"{name}: {said}" for name, said in told)] if told else []
    lines += _reports(provider, endpoint)
    lines += ["", "limits", *_bullets(endpoint.limits)] if endpoint.limits else []
    return [*lines, "", "traps", *_bullets(endpoint.traps)] if endpoint.traps else lines


def _filters(kind: Any) -> list[str]:
    """Return the keys of an endpoint's filters: a table, or tables beside an expression."""
    kinds = union_members(bare(kind)) or (bare(kind),)
    lists = [bare(one) for kind in kinds if get_origin(kind) is list for one in get_args(kind)]
    told = ["  an expression as text, or a list of tables:"] if str in kinds and lists else []
    return [*told, *(line for one in (*kinds, *lists) if is_model(one) for line in key_lines(one))]


def _packs(model: type[EndpointDataset]) -> list[str]:
    """Return the lists into which `each` puts many values at once, and how many."""
    places = [field.alias or name for name, field in model.model_fields.items()]
    for name in ("filters", "params"):
        kind = bare(model.model_fields[name].annotation) if name in model.model_fields else None
        if kind is not None and is_model(kind):
            places += [f"{name}.{field.alias or key}" for key, field in kind.model_fields.items()]
    lines = []
    for pattern, most in model.packs.items() if not model.unpacked else ():
        taking = [place for place in places if re.fullmatch(pattern, place)]
        lines += [f"  {most:,} values at most", *textwrap.wrap(", ".join(taking), WIDTH, **_INDENT)] if taking else []
    return lines


def _unless(endpoint: Endpoint) -> str:
    return "" if "." in endpoint.name else ", unless all that it calls only reads"


def _reports(provider: Provider, endpoint: Endpoint) -> list[str]:
    """Return the report types with the names of their columns."""
    lines = []
    for wire, name, said in endpoint.reports():
        names = [f"{c.name}{ESTIMATED if c.approximate else ''}" for c in endpoint.report_columns(wire)]
        lines += [f"  {name} ({wire}): {said}", *textwrap.wrap(", ".join(names), WIDTH, **_INDENT)]
    marked = f"; {ESTIMATED} is estimated by the service" if any(ESTIMATED in line for line in lines) else ""
    head = f"reports (explain {provider.name}.{endpoint.name} REPORT tells what the columns of one mean{marked})"
    return ["", head, *lines] if lines else []


def _named(endpoint: Endpoint) -> dict[str, tuple[str, str]]:
    return {key.upper(): (wire, name) for wire, name, _ in endpoint.reports() for key in (wire, name)}


def report_type_text(provider: Provider, endpoint: Endpoint, word: str) -> list[str]:
    """Return the columns of one report type; a usage error when the endpoint has none of that name."""
    reports = _named(endpoint)
    if word.upper() not in reports:
        others = [other.name for other in provider.endpoints.values() if word.upper() in _named(other)]
        near = f"; it is asked by {', '.join(others)}" if others else did_you_mean(word, reports)
        raise click.UsageError(f'{endpoint.name} has no report "{word}"{near}')
    wire, name = reports[word.upper()]
    note = endpoint.report_note(wire)
    said = ["", *_bullets([note])] if note else []
    return [f"{name} ({wire})", *said, "", *_columns(endpoint.report_columns(wire))]


def report_object_text() -> list[str]:
    """Return what templates are given."""
    from reportrunner.templating.view import FIELDS

    lines = ["report: what every template is given", ""]
    for name, fields in FIELDS.items():
        lines += [f"{name}.{{{', '.join(fields)}}}"]
    return [*lines, "", "report.datasets.NAME.rows are rows; row.COLUMN is a cell"]


def _columns(columns: Sequence[Column]) -> list[str]:
    lines = []
    for column in columns:
        facts = [str(column.type), *([column.unit] if column.unit else [])]
        facts += [{True: "additive", False: "not additive", None: "additivity unknown"}[column.additive]]
        facts += ["estimated by the service"] if column.approximate else []
        facts += ["personal"] if column.personal else []
        lines.append(f"  {column.name}: {', '.join(facts)}  [{column.source or 'meaning unknown'}]")
        lines += textwrap.wrap(column.description, WIDTH, **_INDENT)
    return lines


def _bullets(texts: Iterable[str]) -> list[str]:
    wrapper = textwrap.TextWrapper(WIDTH, initial_indent="  - ", subsequent_indent="    ")
    return [line for text in texts for line in wrapper.wrap(text)]
