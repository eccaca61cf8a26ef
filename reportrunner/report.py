"""What a template is given (`explain report`), and what it makes: documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from reportrunner.table import Column, Value
from reportrunner.window import Window

FindingSeverity = Literal["ok", "warn", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check or a built-in rule found; `code` is stable and can be looked up and accepted."""

    code: str
    """`check` for the job's own checks, otherwise a built-in rule such as `empty` or `kaltura.vod_only`."""
    severity: FindingSeverity
    subject: str
    """The dataset, check or output it is about, such as `datasets.progress`."""
    message: str
    count: int = 0
    """Rows concerned, where rows are."""
    sample: tuple[str, ...] = ()
    """The first rows concerned, as text; may be personal, so documents show it and manifests do not."""
    accepted: str = ""
    """The reason the job gives for living with it; an accepted finding is `ok`."""


@dataclass(frozen=True, slots=True)
class DatasetView:
    """A landed dataset as templates see it: `dataset.{columns, rows, total_rows, findings}`."""

    name: str
    description: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Value, ...]]
    total_rows: int
    findings: tuple[Finding, ...] = ()
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class SourceNote:
    """Where a dataset came from, for the footer: source, endpoint, and what must be said beside its numbers."""

    dataset: str
    source: str
    endpoint: str
    notes: tuple[str, ...] = ()
    window: Window | None = None
    rows: int | None = None
    """How many landed, whether or not a document shows them; None in a document for one value of an `each`."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a document may say; the same value for every format."""

    job: str
    title: str
    label: str
    timezone: str
    as_of: datetime
    """In the job's zone."""
    params: Mapping[str, object]
    windows: Mapping[str, Window]
    datasets: Mapping[str, DatasetView]
    checks: tuple[Finding, ...]
    """One per check of the job, passed ones included."""
    findings: tuple[Finding, ...]
    """Everything that is not `ok`, checks and built-in rules alike, worst first."""
    sources: tuple[SourceNote, ...]
    provenance: Mapping[str, str] = field(default_factory=dict)
    """Facts for the footer: job file hash, tool version, time-zone data version."""
    sandbox: bool = False
    """True when the numbers come from the built-in stand-in; every document then says so."""

    @property
    def status(self) -> FindingSeverity:
        """The worst severity found."""
        severities = {finding.severity for finding in self.findings}
        return "error" if "error" in severities else "warn" if "warn" in severities else "ok"


@dataclass(frozen=True, slots=True)
class Pieces:
    """Content too large to be kept: made anew, and equally, each time somebody goes through it."""

    make: Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Document:
    """The bytes of one output, its path inside the run folder, and what they are."""

    output: str
    path: str
    media_type: str
    content: bytes | Pieces

    def pieces(self) -> Iterator[bytes]:
        """Give the bytes piece by piece; they are the same each time."""
        return iter((self.content,)) if isinstance(self.content, bytes) else self.content.make()

    def whole(self) -> bytes:
        """Return all bytes."""
        return b"".join(self.pieces())
