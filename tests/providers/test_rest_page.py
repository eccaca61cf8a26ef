"""The page of the provider `rest` and its models name the same keys, counted in both directions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from reportrunner.diagnose.shape import known_keys
from reportrunner.providers.rest import answer, auth, definition, export, paging, param, request, source
from reportrunner.source_spec import SourceSpec

PAGE = Path(__file__).parents[2] / "docs/providers/rest.md"
PAGES = (paging.PageNumbers, paging.Offsets, paging.Cursors, paging.LinkHeader, paging.BodyLink)
RESPONSES = (answer.JsonResponse, answer.NdjsonResponse, answer.CsvResponse, answer.DelimitedResponse)
MODELS: dict[str, tuple[type[BaseModel], ...]] = {
    "[sources.x]": (source.RestSource,),
    "auth": (auth.AuthSpec,),
    "auth.basic": (auth.BasicSpec,),
    "auth.header": (auth.HeaderSpec,),
    "auth.query": (auth.QuerySpec,),
    "auth.oauth2": (auth.OAuth2Spec,),
    "auth.sign_in": (auth.SignInSpec,),
    "auth.sign_in.steps": (auth.SignInStep,),
    "session_in": (auth.SessionIn,),
    "[sources.x.endpoints.y]": (definition.EndpointSpec,),
    "request": (request.RequestSpec,),
    "params": (param.ParamSpec,),
    "paging": PAGES,
    "response": RESPONSES,
    "columns": (answer.ColumnSpec,),
    "errors": (answer.ErrorsSpec,),
    "retry": (answer.RetrySpec,),
    "export.generate": (export.GenerateSpec,),
    "export.poll": (export.PollSpec,),
    "export.serve": (export.ServeSpec,),
    "export.cancel": (export.CancelSpec,),
}


def sections() -> Iterator[tuple[str, set[str]]]:
    keys = PAGE.read_text("utf-8").partition("\n## Keys\n")[2]
    for heading, body in re.findall(r"### `([^`]+)`\n(.*?)(?=\n### |\Z)", keys, re.DOTALL):
        yield heading, set(re.findall(r"^\| `(\w+)` \|", body, re.MULTILINE))


@pytest.mark.parametrize("heading", MODELS)
def test_every_key_is_on_the_page_and_no_other(heading: str) -> None:
    known = {key for model in MODELS[heading] for key in known_keys(model)}
    shared = set(known_keys(SourceSpec)) if heading == "[sources.x]" else set()
    assert dict(sections())[heading] == known - shared


def test_every_section_is_of_a_model() -> None:
    assert [heading for heading, _ in sections()] == list(MODELS)
