"""`realtime.kit.get`: any other read of RealtimeKit, checked against the published specification (§1)."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from reportrunner.ask import Ask, Endpoint
from reportrunner.days import Days
from reportrunner.diagnose import Hinted
from reportrunner.flow import Flow
from reportrunner.providers.cloudflare.dataset import KitDataset, Windowless, fetch, get, kit_path
from reportrunner.providers.cloudflare.daywise import PERMISSIONS
from reportrunner.providers.cloudflare.kit_lists import text
from reportrunner.providers.cloudflare.paging import FIRST, ListReader, PageJudge, Place
from reportrunner.providers.cloudflare.source import one_segment
from reportrunner.spelling import did_you_mean
from reportrunner.table import Column, declare

PAGE: Final = 100
_PLACE: Final = re.compile(r"\{([^}]+)\}")
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str, dt.datetime, dt.date),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
}
_NOUNS: Final = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false"}
_UUID: Final = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


@dataclass(frozen=True, slots=True)
class Parameter:
    """What the specification says of one parameter of an operation."""

    place: Literal["path", "query"]
    type: str
    enum: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    format: str = ""
    explode: bool = True

    def problem(self, value: object) -> tuple[str, str]:
        """Say what is wrong with a value and what to write; two empty texts where nothing is."""
        kinds = _TYPES[self.type]
        if not isinstance(value, kinds) or (isinstance(value, bool) and self.type != "boolean"):
            noun = "a list" if self.type == "array" else _NOUNS[self.type]
            return f"is {noun}", f"one of {', '.join(self.enum)}" if self.enum else ""
        for one in value if isinstance(value, list) else [value]:
            if self.enum and one not in self.enum:
                return f'cannot be "{one}"{did_you_mean(str(one), self.enum)}', f"one of {', '.join(self.enum)}"
        if isinstance(value, int | float) and not self._within(value):
            return f"cannot be {value}", f"from {self.minimum} to {self.maximum}"
        if self.format == "uuid" and not re.fullmatch(_UUID, str(value)):
            return f'is a UUID, and "{value}" is none', ""
        if self.format == "date-time" and not (isinstance(value, dt.datetime) and value.tzinfo):
            return "is a moment with an offset", "write 2026-11-16T00:00:00Z, without quotes"
        return "", ""

    def _within(self, value: float) -> bool:
        return (self.minimum is None or value >= self.minimum) and (self.maximum is None or value <= self.maximum)


@dataclass(frozen=True, slots=True)
class Operation:
    """One read of the specification."""

    path: str
    summary: str
    parameters: Mapping[str, Parameter]
    endpoint: str
    """The endpoint that models it, where one does."""

    @property
    def paged(self) -> bool:
        """Whether its answer comes in pages."""
        return "page_no" in self.parameters


@cache
def operations() -> Mapping[str, Operation]:
    """Return the reads of the specification by their operation ids."""
    data = json.loads((files(__package__) / "data" / "operations.json").read_text("utf-8"))
    return {
        name: Operation(
            one["path"],
            one["summary"],
            {key: _parameter(said) for key, said in one["parameters"].items()},
            one["endpoint"],
        )
        for name, one in data.items()
    }


def _parameter(said: Mapping[str, Any]) -> Parameter:
    return Parameter(
        said["in"],
        said["type"],
        tuple(said.get("enum", ())),
        said.get("minimum"),
        said.get("maximum"),
        said.get("format", ""),
        said.get("explode", True),
    )


class KitGet(Windowless, KitDataset):
    """`realtime.kit.get`: any other read."""

    diagnostic_owner: ClassVar[str] = "realtime.kit.get"
    familiar: ClassVar[Mapping[str, str]] = {
        "path": 'is told by the operation; write operation = "GetSessionTranscript"',
        "query": "is called params here; write params = { ... }",
        "filters": "belongs to params; write params = { filters = ... }",
    }
    endpoint: Literal["realtime.kit.get"]
    operation: str = Field(description="The operation's id in the published specification; explain lists them")
    params: dict[str, Any] = Field(default={}, description="Its parameters, those of the path too")
    list_name: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="The name in data under which its rows stand; without it, data itself"
    )

    @field_validator("operation")
    @classmethod
    def _known(cls, value: str) -> str:
        found = operations().get(value)
        others = [name for name, one in operations().items() if not one.endpoint]
        if found is None:
            said = f'there is no operation "{value}"{did_you_mean(value, others)}'
            raise Hinted(said, f"one of {', '.join(sorted(others))}")
        if found.endpoint:
            raise Hinted(f"{value} has an endpoint of its own", f'write endpoint = "{found.endpoint}"')
        return value

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        known = operations()[self.operation].parameters
        for name, value in self.params.items():
            if name in {"page_no", "per_page"} and name in known:
                raise Hinted(f"{name} is not needed: all pages are fetched", "remove it", key=("params", name))
            if name not in known:
                said = f'{self.operation} has no parameter "{name}"{did_you_mean(name, known)}'
                names = ", ".join(sorted(set(known) - {"page_no", "per_page"}))
                raise Hinted(said, f"its parameters: {names}" if names else "it has none", key=("params", name))
            wrong, hint = known[name].problem(value)
            if wrong:
                raise Hinted(f"{name} of {self.operation} {wrong}", hint, key=("params", name))
            if known[name].place == "path":
                one_segment(str(value))
        missing = [name for name, said in known.items() if said.place == "path" and name not in self.params]
        if missing:
            line = f'params = {{ {", ".join(f"""{_key(name)} = "..." """.strip() for name in missing)} }}'
            raise Hinted(f"{self.operation} needs {' and '.join(missing)}", f"write {line}", key="operation")
        return self


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)


def unfold_get(ask: Ask) -> Flow:
    """Return the flow of any other read: one call, or page behind page."""
    parameters = ask.parameters
    assert isinstance(parameters, KitGet)
    operation = operations()[parameters.operation]
    path = _PLACE.sub(lambda found: str(parameters.params[found[1]]), operation.path)
    asked = [(name, value) for name, value in parameters.params.items() if operation.parameters[name].place == "query"]
    query = tuple((name, _written(value)) for name, value in asked)
    page = FIRST if operation.paged else 0
    if page:
        query = (("page_no", str(page)), ("per_page", str(PAGE)), *query)
    place = Place(parameters.list_name or "")
    reader = ListReader(place, (), declare((), parameters.columns))
    return fetch(ask, get(ask, kit_path(ask, path), query, page), PageJudge(place), reader)


def _written(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    return text(value)


def _columns(_: object) -> tuple[Column, ...]:
    return ()


def _told() -> tuple[tuple[str, str], ...]:
    """Return the operations that no other endpoint has, with what each is and its parameters."""
    pages = {"page_no", "per_page"}
    names = {name: sorted(set(one.parameters) - pages) for name, one in operations().items() if not one.endpoint}
    return tuple(
        (name, f"{operations()[name].summary.rstrip('.')}; params: {', '.join(asked) or 'none'}")
        for name, asked in sorted(names.items())
    )


GET: Final = Endpoint(
    name=KitGet.diagnostic_owner,
    summary="Any other read of RealtimeKit, by its operation id in the published specification",
    parameters=KitGet,
    unfold=unfold_get,
    columns=_columns,
    operations=_told,
    days=Days("params"),
    permissions=PERMISSIONS,
    limits=("a read with pages is asked for all of them",),
    traps=(
        "columns are the job's to declare; one that no object has is the finding cloudflare.absent_column",
        "examples of livestreams contradict their schemas: lists and single objects are both read",
        "stream keys and download links are never landed: chats, transcripts and recordings are found, not fetched",
    ),
)
ENDPOINTS: Final = (GET,)
