"""What the formats share: how an output is described, and what a writer is handed beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from reportrunner.report import Document, Report
from reportrunner.spec import OutputSpec

if TYPE_CHECKING:
    from reportrunner.templating.renderer import Renderer  # jinja2 is imported only to render


@dataclass(frozen=True, slots=True)
class Writing:
    """The place a document is written for: output, path inside the run folder, templates, and what it attaches."""

    output: str
    path: str
    renderer: Renderer
    attachments: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True)
class Format:
    """One way to make bytes: its options in the job file, its writer, and the extra that its library comes with."""

    name: str
    options: type[OutputSpec]
    write: Callable[[Report, Any, Writing], Document]
    extra: Literal["", "mail"] = ""
    """Its module must be there before anything is sent; `validate` names the install line."""
