"""The sealed room of jinja2: no private name, no clock, no chance, no bomb; every error answers a misspelling."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from importlib.resources import files
from types import CodeType
from typing import Any

from jinja2 import BaseLoader, BytecodeCache, StrictUndefined, TemplateNotFound, Undefined
from jinja2.bccache import Bucket
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from reportrunner.spelling import did_you_mean
from reportrunner.templating.view import Names, Row
from reportrunner.templating.words import DASH, UnfitError, date, decimal, describe, moment, plain

BUILTIN = "builtin:"
MAX_RANGE = 10_000
MAX_NUMBER = 10**40
TOP_NAMES = ("report", "output", "chart", "range", "dict", "namespace", "cycler", "joiner")
_UNSAFE_FILTERS = ("center", "format", "indent", "pprint", "random", "slice", "urlize", "xmlattr")
_UNSAFE_GLOBALS = ("lipsum",)
_DATE_NAMES = frozenset(
    {"year", "month", "day", "hour", "minute", "second", "weekday", "isoweekday", "isoformat", "date", "days"}
)
_TEXT_NAMES = frozenset({"center", "expandtabs", "format", "format_map", "ljust", "rjust", "zfill", "encode"})


def builtin_source(name: str) -> str | None:
    """Return the text of a built-in template (`builtin:base.html.j2`), or None when there is none."""
    file = name.removeprefix(BUILTIN)
    if "/" in file or "\\" in file or file.startswith("."):
        return None
    found = files("reportrunner") / "templates" / file
    return found.read_text(encoding="utf-8") if found.is_file() else None


def builtin_names() -> tuple[str, ...]:
    """Return the names of all built-in templates."""
    return tuple(sorted(BUILTIN + file.name for file in (files("reportrunner") / "templates").iterdir()))


class Shelf(BaseLoader):
    """The project's templates by name, and the built-in ones under `builtin:`; nothing else can be read."""

    def __init__(self, project: Mapping[str, str], folder: str) -> None:
        """Keep the sources; `folder` is how the project names the place where they stand."""
        self.project = dict(project)
        self.folder = folder

    def shown(self, name: str) -> str:
        """Return the name that diagnostics use."""
        return name if name.startswith(BUILTIN) else f"{self.folder}/{name}"

    def source(self, name: str) -> str | None:
        """Return the text of a template, or None when there is none."""
        return builtin_source(name) if name.startswith(BUILTIN) else self.project.get(name)

    def names(self) -> tuple[str, ...]:
        """Return every name that can be loaded."""
        return (*sorted(self.project), *builtin_names())

    def get_source(self, _: Any, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Return what jinja2 asks of a loader."""
        text = self.source(template)
        if text is None:
            raise TemplateNotFound(template, f'there is no template "{template}"{did_you_mean(template, self.names())}')
        return text, template, lambda: True


class Memory(BytecodeCache):
    """Compiled templates by name and text, for every document has an environment of its own."""

    def __init__(self, most: int = 512) -> None:
        """Start empty; more than `most` are forgotten."""
        self._codes: dict[str, CodeType] = {}
        self._most = most

    def load_bytecode(self, bucket: Bucket) -> None:
        """Hand out the code compiled earlier from the same text."""
        bucket.code = self._codes.get(bucket.key + bucket.checksum)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code."""
        if len(self._codes) >= self._most:
            self._codes.clear()
        if bucket.code is not None:
            self._codes[bucket.key + bucket.checksum] = bucket.code


MEMORY = Memory()
"""What this process has compiled: name and text are all that decides about a template's code.

Filters that know a job's zone are worked out for instants alone, and no text of a template holds one.
"""


class Sealed(ImmutableSandboxedEnvironment):
    """Jinja with what a stranger's template must not do taken away."""

    intercepted_binops = frozenset({"*", "**", "%", "/"})

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Refuse clocks, machine zones and padding to any width, beside what jinja2 refuses."""
        if isinstance(obj, dt.date | dt.time | dt.timedelta | dt.tzinfo):
            return attr in _DATE_NAMES
        if isinstance(obj, str) and attr in _TEXT_NAMES:
            return False
        return bool(super().is_safe_attribute(obj, attr, value))

    def unsafe_undefined(self, obj: Any, attribute: str) -> Undefined:
        """Say in our words what is not to be had."""
        words = f'a template may not use "{attribute}" of a {type(obj).__name__}'
        return self.undefined(words, name=attribute, obj=obj, exc=SecurityError)

    def wrap_str_format(self, value: Any) -> None:
        """Let no format method through: it pads to any width, and costs five times a filter."""

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Calculate with numbers only, exactly, and only of a size that a report has."""
        if operator == "**" or not (_is_number(left) and _is_number(right)):
            words = "is not available in templates; use SQL" if operator == "**" else "works on two numbers"
            raise SecurityError(f'"{operator}" {words}')
        if operator == "/" and not right:
            raise UnfitError("division by zero")
        sides = [Decimal(str(side)) if operator == "/" or isinstance(side, float) else side for side in (left, right)]
        made = super().call_binop(context, operator, *sides)
        if abs(made) > MAX_NUMBER:
            raise UnfitError("the result of a calculation is too large")
        return made


def _is_number(value: object) -> bool:
    if isinstance(value, Undefined):
        str(value)  # says what is undefined
    return isinstance(value, int | float | Decimal)


class Misspelt(StrictUndefined):
    """An undefined name that says which known one comes nearest."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return self._undefined_hint
        name, owner = self._undefined_name, self._undefined_obj
        if owner is missing:
            return f'there is no "{name}"{did_you_mean(str(name), TOP_NAMES)}'
        if isinstance(owner, Names):
            return f'there is no {owner._what} "{name}"{did_you_mean(str(name), owner)}'  # noqa: SLF001
        what, names = _answers(owner)
        return f'{what} has no "{name}"{did_you_mean(str(name), names)}'


def _answers(owner: object) -> tuple[str, tuple[str, ...]]:
    if isinstance(owner, Row):
        return "the row", tuple(owner._rows.places)  # noqa: SLF001
    if isinstance(owner, Mapping):
        return "the list", tuple(str(key) for key in owner)
    fields = getattr(owner, "__dataclass_fields__", None)
    word = type(owner).__name__.removesuffix("View").lower()
    return word if word == "report" else f"a {word}", tuple(fields or (n for n in dir(owner) if not n.startswith("_")))


def printed(value: object) -> object:
    """Return what `{{ value }}` prints; UnfitError for what is no single value, such as a dataset."""
    if isinstance(value, str | Undefined) or type(value) is int:
        return value
    if value is None:
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | Decimal):
        return plain(decimal(value, "a page"))
    if isinstance(value, dt.datetime):
        return moment(value)
    if isinstance(value, dt.date):
        return date(value)
    raise UnfitError(f"{describe(value)} cannot be printed; name one of its fields, or use a filter")


def span(stop: int, *more: int) -> range:
    """Return a range of at most MAX_RANGE steps."""
    made = range(stop, *more)
    if len(made) > MAX_RANGE:
        raise UnfitError(f"range has {len(made)} steps; a template may take {MAX_RANGE}")
    return made


def environment(shelf: Shelf) -> Sealed:
    """Return a new sealed environment, without the names of a report."""
    made = Sealed(
        loader=shelf,
        undefined=Misspelt,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=printed,
        bytecode_cache=MEMORY,
        auto_reload=False,
    )
    for name in _UNSAFE_FILTERS:
        made.filters.pop(name, None)
    for name in _UNSAFE_GLOBALS:
        made.globals.pop(name, None)
    made.globals["range"] = span
    return made
