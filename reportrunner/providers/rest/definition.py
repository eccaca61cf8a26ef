"""An endpoint as the project file defines it, and everything that can be wrong with one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from reportrunner.diagnose import Hinted
from reportrunner.providers.rest.answer import Columns, ErrorsSpec, JsonResponse, Response, RetrySpec
from reportrunner.providers.rest.checking import faults, raise_all
from reportrunner.providers.rest.export import ExportSpec
from reportrunner.providers.rest.paging import Cursors, Paging, PagingSpec
from reportrunner.providers.rest.param import ParamSpec
from reportrunner.providers.rest.places import JsonPath
from reportrunner.providers.rest.request import RequestSpec
from reportrunner.strict import Duration, Name, Strict

Confidence = Literal["source-proven", "documented", "unknown"]


class EndpointSpec(Strict):
    """`[sources.x.endpoints.y]`: one operation of an API, described once."""

    diagnostic_owner: ClassVar[str] = "an endpoint"
    familiar: ClassVar[Mapping[str, str]] = {
        "path": 'stands in the request: write request = { path = "/v1/things" }',
        "method": 'stands in the request: write request = { method = "POST", path = "/v1/things" }',
        "rows": 'stands in the response: write response = { format = "json", rows = "$.data" }',
        "pagination": 'is spelt paging: write paging = { by = "page", name = "page" }',
        "filters": 'are params here: write params = { status = { type = "string" } }',
        "parameters": 'are spelt params: write params = { status = { type = "string" } }',
    }
    summary: str = Field(min_length=1, description="What explain says of it")
    request: RequestSpec | None = None
    export: ExportSpec | None = None
    params: dict[Name, ParamSpec] = Field(default={}, description="What a dataset may ask")
    window: Literal["required", "optional"] = Field(
        default="required", description="Whether a dataset must give the window that the request names"
    )
    whole_days: bool = Field(default=False, description="It knows days only; so where a request sends days")
    zone: str | None = Field(default=None, description='The zone of its days, such as "UTC"; unset: no source says')
    zone_from: Confidence = Field(default="documented", description="How sure the zone is")
    paging: Paging | None = None
    response: Response
    columns: Columns = Field(default={}, description="The columns of its rows")
    others: Literal["warn", "drop"] = Field(
        default="warn", description="What becomes of columns of the answer that nothing declares"
    )
    key: list[str] = Field(default=[], description="The columns that name a row")
    total: JsonPath | None = Field(default=None, description="Where the answer counts the rows of the whole answer")
    errors: ErrorsSpec | None = None
    retry: RetrySpec = RetrySpec()
    timeout: Duration = Field(default="120s", description="Longest wait for the next byte of an answer")
    action: str = Field(default="", description="What it changes, in words such as: refunds charges")
    permissions: str = ""
    traps: list[str] = Field(default=[], description="What explain warns of")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        raise_all("endpoint", (*self._own_faults(), *faults(self)))
        return self

    @property
    def requests(self) -> tuple[tuple[tuple[str, ...], RequestSpec], ...]:
        """Return every request with its place in the definition."""
        if self.request is not None:
            return ((("request",), self.request),)
        assert self.export is not None
        return tuple((("export", *place), request) for place, request in self.export.requests)

    @property
    def asks(self) -> str:
        """Return a digest of which rows are asked for: requests, without headers, and where the rows stand."""
        sent = [(place, one.method, {**one.trees(), "headers": None}) for place, one in self.requests]
        defaults = {name: param.default for name, param in self.params.items()}
        text = json.dumps([sent, defaults, getattr(self.response, "rows", None)], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def _own_faults(self) -> tuple[Hinted, ...]:
        found: list[Hinted] = []
        if (self.request is None) == (self.export is None):
            found.append(
                Hinted("an endpoint has either a request or an export", 'write request = { path = "/v1/things" }')
            )
        for number, name in enumerate(self.key):
            if self.columns and name not in self.columns:
                found.append(
                    Hinted(
                        f'the key names "{name}", which is no column',
                        f"its columns: {', '.join(self.columns)}",
                        key=("key", number),
                        at="value",
                    )
                )
        if self.paging is not None and self.export is not None:
            found.append(Hinted("the result of an export has no pages", "remove paging", key="paging"))
        if not self._in_json and self.total is not None:
            found.append(
                Hinted(
                    f"total is found in a JSON answer, and this one is {self.response.format}", "remove it", key="total"
                )
            )
        if not self._in_json and self.paging is not None and _reads_body(self.paging):
            found.append(
                Hinted(
                    f"this paging reads a JSON answer, and the response is {self.response.format}",
                    'write by = "link_header", by = "page" with stop, or next_header',
                    key="paging",
                )
            )
        return tuple(found)

    @property
    def _in_json(self) -> bool:
        return isinstance(self.response, JsonResponse) or self.response.format == "delimited"


def _reads_body(paging: PagingSpec) -> bool:
    if paging.more is not None or getattr(paging, "total", None) is not None:
        return True
    return paging.by == "body_link" or (isinstance(paging, Cursors) and paging.next is not None)  # type: ignore[attr-defined]
