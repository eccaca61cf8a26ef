"""The renderer: a template and a report become a page, and what goes wrong in a template gets file, line and hint."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import Template, TemplateError, TemplateNotFound, TemplateSyntaxError

from reportrunner.errors import Diagnostic, InvalidError
from reportrunner.report import Report
from reportrunner.spelling import did_you_mean
from reportrunner.templating.check import check, closure, diagnostic, draws
from reportrunner.templating.plaintext import to_line
from reportrunner.templating.sealed import BUILTIN, Sealed, Shelf, environment
from reportrunner.templating.view import view
from reportrunner.templating.vocabulary import Charts, Picture, filters, pictures
from reportrunner.templating.words import UnfitError

T = TypeVar("T")
READY = {"builtin:report": "builtin:report.html.j2", "builtin:digest": "builtin:digest.email.j2"}
_PACKAGE = str(Path(__file__).parents[1])


@dataclass(frozen=True, slots=True)
class Page:
    """A rendered template; pictures only where the medium cannot carry SVG."""

    html: str
    pictures: tuple[Picture, ...] = ()
    subject: str = ""
    """What its block `subject` says, without markup and on one line; empty where it has none."""


class Renderer:
    """The templates of a project and the built-in ones; safe to use from several threads."""

    def __init__(self, templates: Mapping[str, str], folder: str = "templates") -> None:
        """Take the project's templates as name to text; `folder` is where diagnostics say they stand."""
        self._shelf = Shelf(templates, folder)
        self._known: dict[object, Any] = {}
        """What was found out of templates before; nothing about them changes."""

    def page(self, template: str, report: Report, output: str, *, mail: bool = False) -> Page:
        """Return the rendered page; InvalidError (exit 3) with the place in the template where it cannot be."""
        name = READY.get(template, template)
        made, charts = self._prepared(report, output, mail)
        try:
            html, subject = _rendered(made, made.get_template(name))
        except TemplateSyntaxError as error:
            raise InvalidError((self._syntax(error),)) from error
        except Exception as error:
            place = self._place(error)
            if place is None:
                raise
            raise InvalidError((self._diagnostic(*place, error),)) from error
        return Page(html, pictures(charts), subject)

    def _prepared(self, report: Report, output: str, mail: bool) -> tuple[Sealed, Charts]:
        zone = report.as_of.tzinfo
        assert zone is not None
        made, charts = environment(self._shelf), Charts(zone, mail)
        made.filters.update(filters(zone))
        made.globals.update({"report": view(report), "output": output, "chart": charts})
        return made, charts

    def check(self, template: str, datasets: Mapping[str, tuple[str, ...]] | None = None) -> tuple[Diagnostic, ...]:
        """Return all that is wrong with a template and those it includes, without data: for `validate`."""
        name = READY.get(template, template)
        key = name, None if datasets is None else tuple(datasets.items())
        return self._once(("check", key), lambda: check(self._shelf, name, datasets))

    def missing(self, template: str) -> str:
        """Return what to say when there is no such template; empty when there is."""
        name = READY.get(template, template)
        if self._shelf.source(name) is not None:
            return ""
        return f'there is no template "{template}"{did_you_mean(template, (*READY, *self._shelf.names()))}'

    def read_by(self, templates: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """Return the project's templates that these read, themselves included: name and text, in order."""
        asked = tuple(READY.get(template, template) for template in templates)
        read = self._once(("read", asked), lambda: [closure(self._shelf, name) for name in asked])
        names = {name for names in read for name in names}
        own = sorted(name for name in names if not name.startswith(BUILTIN))
        return tuple((name, self._shelf.source(name) or "") for name in own)

    def draws(self, template: str) -> bool:
        """Say whether a template, or one it includes, draws charts (and so needs the extra `charts`)."""
        name = READY.get(template, template)
        return self._once(("draws", name), lambda: draws(self._shelf, name))

    def _once(self, key: object, find: Callable[[], T]) -> T:
        if key not in self._known:
            self._known[key] = find()
        found: T = self._known[key]
        return found

    def _syntax(self, error: TemplateSyntaxError) -> Diagnostic:
        return diagnostic(self._shelf, error.name or "", error.lineno, str(error.message))

    def _place(self, error: Exception) -> tuple[str, int] | None:
        """Return where in a template the error arose, or None when it is a bug of ours."""
        names = self._shelf.names()
        frames = list(_frames(error))
        if not isinstance(error, TemplateError | UnfitError) and frames and frames[-1][0].startswith(_PACKAGE):
            return None
        places = [(file, line) for file, line in frames if file in names]
        own = [place for place in places if not place[0].startswith(BUILTIN)]
        if not places and isinstance(error, TemplateNotFound):
            places = [(str(error.name or ""), 0)]
        return (own or places)[-1] if places else None

    def _diagnostic(self, name: str, line: int, error: Exception) -> Diagnostic:
        ours = isinstance(error, UnfitError | TemplateError)
        message = str(getattr(error, "message", None) or error)
        return diagnostic(self._shelf, name, line, message if ours else f"{type(error).__name__}: {message}")


def _rendered(made: Sealed, template: Template) -> tuple[str, str]:
    """Return the page and what its block `subject` says; errors point into the template, as those of `render` do."""
    context = template.new_context()
    try:
        html = "".join(template.root_render_func(context))
        subject = "".join(part for block in context.blocks.get("subject", [])[:1] for part in block(context))
    except Exception:  # noqa: BLE001 - raised again, with its place
        made.handle_exception()
    return html, to_line(subject)


def _frames(error: Exception) -> Iterator[tuple[str, int]]:
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
