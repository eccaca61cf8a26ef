"""`accumulate`, `history` and `[archive]`: what a project remembers beyond its providers, and where."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from reportrunner.diagnose import Hinted
from reportrunner.strict import Strict

HISTORY = r"^history/[A-Za-z0-9][A-Za-z0-9._-]*$"


def _history(value: str) -> str:
    if not re.fullmatch(HISTORY, value):
        parts = [word for part in value.split("/") if (word := re.sub(r"[^A-Za-z0-9._-]+", "-", part).strip(".-"))]
        name = "-".join(parts[1:] if parts[:1] == ["history"] else parts)
        leaves = value.startswith(("/", "~")) or ".." in value.split("/")
        said = "leaves the folder that the project's memory is in" if leaves else "names no history"
        raise Hinted(f'"{value}" {said}', f'write "history/{name or "livekit-sessions"}"')
    return value


HistoryName = Annotated[str, AfterValidator(_history), Field(json_schema_extra={"pattern": HISTORY})]
"""One folder under `history/`, where the runs of a project keep what they saw."""


class AccumulateSpec(Strict):
    """`accumulate`: what a run lands is kept, for the provider will forget it."""

    diagnostic_owner: ClassVar[str] = "accumulate"
    key: list[str] = Field(min_length=1, description="The columns that name a row, in every run alike")
    into: HistoryName = Field(description="The history that it goes into")
    window: str | None = Field(
        default=None, description="The span that the rows are all of, where the dataset has no window of its own"
    )


class ArchiveSpec(Strict):
    """`[archive]`: a folder that outlives the machine."""

    diagnostic_owner: ClassVar[str] = "the archive"
    folder: str = Field(min_length=1, description="A folder that is there; relative to the project, absolute, or ~")
