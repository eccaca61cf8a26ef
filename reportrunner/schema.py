"""JSON Schemas of job and project files, for editors: made of the models, discriminating on endpoint and format."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, create_model
from pydantic.json_schema import models_json_schema

from reportrunner.ask import Endpoint, Provider, Source
from reportrunner.calendar_spec import CalendarSpec
from reportrunner.fixtures import FixtureFile
from reportrunner.formats.common import Format
from reportrunner.source_spec import ProjectSpec
from reportrunner.spec import (
    CheckSpec,
    EndpointDataset,
    FileDataset,
    HistoryDataset,
    JobFile,
    ParamSpec,
    RowsDataset,
    SqlDataset,
)
from reportrunner.window_spec import WindowSpec

DIALECT = "http://json-schema.org/draft-07/schema#"
EXPRESSION = {"type": "string", "pattern": r"\{\{.*\}\}", "description": "An expression, such as {{ params.day }}"}
FIXED = frozenset({"endpoint", "source", "format", "provider", "file", "sql"})
"""Keys that decide what a section is: no expression stands for their choice."""


def job_schema(
    providers: Mapping[str, Provider], formats: Mapping[str, Format], sources: Iterable[Source] = ()
) -> dict[str, Any]:
    """Return the schema of job files; `sources` add the endpoints that they define themselves."""
    defined = [
        _defined(source.name, endpoint)
        for source in sources
        if source.provider.endpoints_of
        for endpoint in source.provider.endpoints.values()
    ]
    known = [endpoint.parameters for provider in providers.values() for endpoint in provider.endpoints.values()]
    options = [form.options for form in formats.values()]
    sections: dict[str, list[type[BaseModel]]] = {
        "params": [ParamSpec],
        "windows": [WindowSpec],
        "datasets": [*known, *defined, FileDataset, RowsDataset, SqlDataset, HistoryDataset],
        "checks": [CheckSpec],
        "outputs": list(options),
    }
    refs, definitions = _definitions([JobFile, *(model for models in sections.values() for model in models)])
    schema = definitions.pop(refs[JobFile].rpartition("/")[2])
    for model in definitions.values():  # filters and the like stand in models of their own
        _allow_expressions(model)
    for model in (*known, *defined):
        _let_sources_give(definitions[refs[model].rpartition("/")[2]])
    for name, models in sections.items():
        of = [refs[model] for model in dict.fromkeys(models)]
        schema["properties"][name] = _named(schema["properties"][name], of)
    return _document("reportrunner job", schema, definitions)


def _defined(source: str, endpoint: Endpoint) -> type[BaseModel]:
    """Return the model of an endpoint that belongs to one source alone."""
    names: dict[str, Any] = {"source": (Literal[source], ...), "endpoint": (Literal[endpoint.name], ...)}
    model: type[BaseModel] = create_model(f"{source}.{endpoint.name}", __base__=endpoint.parameters, **names)
    return model


def included_schemas(providers: Mapping[str, Provider]) -> dict[str, dict[str, Any]]:
    """Return the schemas of files that sources may include, by their provider."""
    found = {}
    for name, provider in providers.items():
        if provider.include is not None:
            refs, definitions = _definitions([provider.include])
            schema = definitions.pop(refs[provider.include].rpartition("/")[2])
            found[name] = _document(f"reportrunner endpoints of {name}", schema, definitions)
    return found


def fixtures_schema() -> dict[str, Any]:
    """Return the schema of files of fixtures."""
    refs, definitions = _definitions([FixtureFile])
    schema = definitions.pop(refs[FixtureFile].rpartition("/")[2])
    return _document("reportrunner fixtures", schema, definitions)


def project_schema(providers: Mapping[str, Provider]) -> dict[str, Any]:
    """Return the schema of `reportrunner.toml`."""
    settings = [provider.settings for provider in providers.values()]
    refs, definitions = _definitions([ProjectSpec, CalendarSpec, *settings])
    schema = definitions.pop(refs[ProjectSpec].rpartition("/")[2])
    sections: dict[str, list[type[BaseModel]]] = {"sources": [*settings], "calendars": [CalendarSpec]}
    for name, models in sections.items():
        schema["properties"][name] = _named(schema["properties"][name], [refs[model] for model in models])
    return _document("reportrunner project", schema, definitions)


def every_schema(
    providers: Mapping[str, Provider], formats: Mapping[str, Format], sources: Iterable[Source] = ()
) -> dict[str, dict[str, Any]]:
    """Return all schemas by the name of their file."""
    return {
        "job": job_schema(providers, formats, sources),
        "project": project_schema(providers),
        "fixtures": fixtures_schema(),
        **included_schemas(providers),
    }


def to_text(schema: Mapping[str, Any]) -> str:
    """Return the schema as its file holds it."""
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _definitions(models: Iterable[type[BaseModel]]) -> tuple[dict[type[BaseModel], str], dict[str, Any]]:
    listed = list(dict.fromkeys(models))
    keyed, whole = models_json_schema([(model, "validation") for model in listed], ref_template="#/definitions/{model}")
    refs = {model: keyed[model, "validation"]["$ref"] for model in listed}
    return refs, json.loads(json.dumps(whole["$defs"]))


def _named(section: Mapping[str, Any], refs: list[str]) -> dict[str, Any]:
    """Return a section whose every sub-table is one of these."""
    one = {"$ref": refs[0]} if len(refs) == 1 else {"oneOf": [{"$ref": ref} for ref in refs]}
    return {"type": "object", "additionalProperties": one, "description": section.get("description", "")}


def _allow_expressions(model: dict[str, Any]) -> None:
    """Let an expression stand for any value, and for any part of a list; plain text may hold one anyway."""
    for name, value in model.get("properties", {}).items():
        if name not in FIXED and "const" not in value:
            model["properties"][name] = _opened(value)


def _let_sources_give(model: dict[str, Any]) -> None:
    """Demand no parameter of an endpoint: its source may have a default for it."""
    model["required"] = [name for name in model["required"] if name in EndpointDataset.model_fields]


def _opened(value: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {key: value[key] for key in ("description", "default", "title") if key in value}
    rest = {key: item for key, item in value.items() if key not in described}
    if "items" in rest:
        rest["items"] = _opened(rest["items"])
    if "anyOf" in rest:
        rest["anyOf"] = [_opened(one) for one in rest["anyOf"] if one != {"type": "null"}]
    if rest.keys() <= {"type", "minLength"} and rest.get("type") == "string":
        return value
    return {**described, "anyOf": [rest, EXPRESSION]}


def _document(title: str, schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    return {"$schema": DIALECT, **schema, "title": title, "definitions": dict(definitions)}
