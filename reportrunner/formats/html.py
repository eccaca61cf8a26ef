"""HTML: one self-contained file; no script, no request, readable on a phone, on paper and in the dark."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from reportrunner.formats.common import Format, Writing
from reportrunner.report import Document, Report
from reportrunner.spec import OutputSpec


class HtmlOutput(OutputSpec):
    """`format = "html"`: a page from a template."""

    diagnostic_owner: ClassVar[str] = "an html output"
    extension: ClassVar[str] = "html"
    format: Literal["html"]
    template: str = Field(default="builtin:report", description="A file of templates/, or builtin:report")
    datasets: Annotated[tuple[str, ...], Field(strict=False)] | None = None


def write(report: Report, options: HtmlOutput, writing: Writing) -> Document:
    """Return the page; InvalidError with the place in the template where it cannot be made."""
    page = writing.renderer.page(options.template, report, writing.output)
    return Document(writing.output, writing.path, "text/html; charset=utf-8", page.html.encode())


FORMAT = Format("html", HtmlOutput, write)
