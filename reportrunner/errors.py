"""The errors a user can meet; each kind owns its exit code (DESIGN section 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing wrong in a user's file: where it stands, what is wrong, what to type instead."""

    file: str
    line: int
    """Counted from 1; 0 when the file as a whole is meant."""
    column: int
    """Counted from 1, in characters."""
    message: str
    hint: str = ""
    severity: Severity = "error"
    source: str = ""
    """The text of the line, quoted under the message."""
    width: int = 1
    """How many characters the caret underlines."""


class ReportrunnerError(Exception):
    """What a user can do something about; anything else is a bug in us and ends with exit code 1."""

    exit_code: ClassVar[int] = 1


class UsageError(ReportrunnerError):
    """The command line asks for something that cannot be."""

    exit_code = 2


class InvalidError(ReportrunnerError):
    """Job, project, template or SQL is invalid; carries every diagnostic found."""

    exit_code = 3

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        """Keep the diagnostics in the order of the file."""
        self.diagnostics = tuple(sorted(diagnostics, key=lambda d: (d.file, d.line, d.column)))
        super().__init__("; ".join(d.message for d in self.diagnostics))


class SecretError(ReportrunnerError):
    """A secret that a source refers to is missing or cannot be read; names the reference, never a value."""

    exit_code = 3


class SqlError(ReportrunnerError):
    """SQL failed on the data (exit 3); `offset` counts characters into the SQL text, or is None."""

    exit_code = 3

    def __init__(self, message: str, offset: int | None = None) -> None:
        """Keep DuckDB's own words."""
        super().__init__(message)
        self.offset = offset


class ProviderError(ReportrunnerError):
    """A provider was unreachable, refused, failed, timed out, or answered what cannot be read."""

    exit_code = 4

    def __init__(self, message: str, *, dataset: str = "", step: str = "", kind: str = "refused") -> None:
        """Name the dataset and the step, so that the message says where the run ended."""
        super().__init__(message)
        self.dataset = dataset
        self.step = step
        self.kind = kind


class OutputError(ReportrunnerError):
    """Rendering, disk or delivery failed."""

    exit_code = 6


class InterruptedRunError(ReportrunnerError):
    """The user stopped the run."""

    exit_code = 130
