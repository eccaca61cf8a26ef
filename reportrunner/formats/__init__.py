"""The formats: one file each, and this dict."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

from reportrunner.formats import csv, email, html
from reportrunner.formats.common import Format, Writing
from reportrunner.spec import OutputSpec

if TYPE_CHECKING:
    from reportrunner.templating.renderer import Renderer  # jinja2 is imported only to render

FORMATS: Mapping[str, Format] = {form.name: form for form in (csv.FORMAT, html.FORMAT, email.FORMAT)}
_MODULES = {"charts": ("vl_convert", "resvg_py"), "mail": ("css_inline",)}


def missing_extra(options: OutputSpec, renderer: Renderer) -> str:
    """Return the install line of the extras that this output needs and that are not installed; empty when all are."""
    template = getattr(options, "template", "")
    wanted = ["charts"] if template and renderer.draws(template) else []
    wanted += [extra for extra in (FORMATS[options.format].extra,) if extra]
    lacking = [extra for extra in wanted if not all(map(find_spec, _MODULES[extra]))]
    return f"pip install 'reportrunner[{','.join(sorted(lacking))}]'" if lacking else ""


__all__ = ["FORMATS", "Format", "Writing", "missing_extra"]
