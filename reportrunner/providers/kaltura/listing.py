"""What Kaltura's list calls share: how parameters nest, how pages are walked, how objects become typed rows."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, field_validator

from reportrunner.delimited import unreadable
from reportrunner.diagnose import Hinted
from reportrunner.flow import Done, More, Pairs, Refused, Reply, Request, Verdict
from reportrunner.json_cell import json_cell
from reportrunner.providers.kaltura import wire
from reportrunner.providers.kaltura.dataset import KalturaDataset
from reportrunner.providers.kaltura.filters import separable
from reportrunner.spelling import did_you_mean
from reportrunner.table import Column, ColumnType, Note, Rows, Value
from reportrunner.verdict import excerpt

LIST_PAGE = 500
"""The generic pager cuts a larger pageSize to this (kaltura.md §10)."""
MATCHES = 10_000
"""Searches that match more fail (kaltura.md §10)."""
LAST_LIST_PAGE = MATCHES // LIST_PAGE
TOO_MANY = frozenset({"QUERY_EXCEEDED_MAX_MATCHES_ALLOWED", "CRITERIA EXCEEDED MAX MATCHES ALLOWED"})
NARROW = "narrow the window or the filters"
FIRST_PAGE: Pairs = (("pager[pageSize]", str(LIST_PAGE)), ("pager[pageIndex]", "1"))

Text = Annotated[str, separable(",")]
Texts = Annotated[list[Text], Field(min_length=1)]
"""Values that the wire joins with commas (kaltura.md §6)."""
Numbers = Annotated[list[Annotated[int, Field(gt=0)]], Field(min_length=1)]
Row = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Returns the fields of an object with those that are made of them."""


def write(name: str, value: object) -> Pairs:
    """Write a nested value as `a[b][0]=..`; what is empty follows as `a:b:-=`, so that nothing replaces it (§1)."""
    return (*_brackets(name, value), *_empty(name, value))


def _brackets(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping | list | tuple):
        for key, item in _members(value):
            yield from _brackets(f"{name}[{key}]", item)
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    elif isinstance(value, dt.datetime):
        yield name, str(int(value.timestamp()))
    else:
        yield name, str(value)


def _empty(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping | list | tuple):
        if not value:
            yield f"{path}:-", ""
        for key, item in _members(value):
            yield from _empty(f"{path}:{key}", item)


def _members(value: Mapping[str, object] | list[object] | tuple[object, ...]) -> list[tuple[object, object]]:
    return list(value.items()) if isinstance(value, Mapping) else list(enumerate(value))


def write_list_filter(kind: str, given: Mapping[str, object]) -> Pairs:
    """Write a filter of this class; lists are joined with commas."""
    joined = {n: ",".join(map(str, v)) if isinstance(v, list) else v for n, v in sorted(given.items())}
    return write("filter", {"objectType": kind, **joined})


@dataclass(frozen=True, slots=True)
class Knowing:
    """A judge and what it must know of the question; a value, so that equal plans are equal."""

    judge: Callable[..., Verdict]
    known: tuple[tuple[str, object], ...]

    def __call__(self, request: Request, reply: Reply) -> Verdict:
        """Judge with that knowledge."""
        return self.judge(request, reply, **dict(self.known))


def knowing(judge: Callable[..., Verdict], **known: object) -> Knowing:
    """Return the judge that knows this."""
    return Knowing(judge, tuple(known.items()))


def judge_pages(request: Request, reply: Reply, *, kind: str) -> Verdict:
    """Judge a page of a list: a full one asks for more, in a window that doubles; totalCount is a hint only (§10)."""
    found, verdict = objects_of(reply, kind)
    if verdict is not None:
        return verdict
    return judge_page(request, len(found))


def judge_page(request: Request, found: int) -> Verdict:
    """Judge a page by the number of its objects."""
    if found > LIST_PAGE:
        return Refused("unreadable", f"page {request.page} has {found:,} objects where {LIST_PAGE} were asked")
    if found < LIST_PAGE:
        return Done()
    if request.page >= LAST_LIST_PAGE:
        return Refused("truncated", f"{MATCHES:,} objects came back, and a list cannot page further", NARROW)
    if request.page < request.wave:
        return Done()
    last = min(request.wave * 2 + 1, LAST_LIST_PAGE)
    return More(tuple(wire.turn_page(request, page, last) for page in range(request.page + 1, last + 1)))


def objects_of(reply: Reply, kind: str) -> tuple[list[Mapping[str, Any]], Verdict | None]:
    """Return the objects of a list answer, which are missing where there are none, or why there is no such answer."""
    answer, verdict = wire.judge_answer(reply)
    if verdict is not None:
        return [], too_many(answer, verdict)
    if not isinstance(answer, dict) or answer.get("objectType") != kind:
        return [], unlike(answer, kind)
    found = answer.get("objects", [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        return [], Refused("unreadable", f"the objects of the {kind} are no objects")
    return found, None


def too_many(answer: object, verdict: Verdict) -> Verdict:
    """Say the way out of a search that matches more than a list can give."""
    code = answer.get("code") if isinstance(answer, dict) else None
    return (
        Refused(verdict.kind, verdict.words, NARROW) if code in TOO_MANY and isinstance(verdict, Refused) else verdict
    )


def unlike(answer: object, kind: str) -> Refused:
    """Refuse an answer of another kind: it would read as an empty list."""
    return Refused("unreadable", f"the answer is no {kind}: {excerpt(json.dumps(answer).encode())}")


def read_pages(replies: Sequence[Reply], *, columns: tuple[Column, ...], row: Row = dict) -> Rows:
    """Read the pages of a list; ProviderError where a page is short although a later one has objects."""
    return read_objects([load(reply).get("objects", []) for reply in replies], columns=columns, row=row)


def read_objects(pages: Sequence[Sequence[Mapping[str, Any]]], *, columns: tuple[Column, ...], row: Row = dict) -> Rows:
    """Read the objects of pages like `read_pages`."""
    found: list[Mapping[str, Any]] = []
    short = 0
    for number, page in enumerate(pages, 1):
        if page and short:
            raise unreadable(f"page {short} is short although page {number} has objects: they moved between the pages")
        if len(page) < LIST_PAGE:
            short = short or number
        found += map(row, page)
    rows = [typed(fields, columns, number) for number, fields in enumerate(found, 1)]
    return Rows(columns, rows, absent(found, columns))


def absent(found: Sequence[Mapping[str, Any]], columns: tuple[Column, ...]) -> tuple[Note, ...]:
    """Return a note for every column that only the job knows and that no object has: null is left out on the wire."""
    known = sorted({name for fields in found for name in fields})
    names = [c.name for c in columns if not c.source and found and all(_found(f, c.name) is None for f in found)]
    said = 'no object of the answer has "{}": it is null in all of them, or misspelt'
    return tuple(Note("kaltura.absent_column", said.format(name) + did_you_mean(name, known)) for name in names)


def load(reply: Reply) -> Any:
    """Return a judged JSON answer with its fractions exact."""
    return json.loads(reply.body, parse_float=Decimal)


def typed(fields: Mapping[str, Any], columns: tuple[Column, ...], number: int) -> tuple[Value, ...]:
    """Return an object's fields as a row; what is left out is null. ProviderError names row and column."""
    values: list[Value] = []
    for column in columns:
        try:
            values.append(value_of(_found(fields, column.name), column))
        except (ValueError, OverflowError) as error:
            raise unreadable(f'row {number}, column "{column.name}": {error}') from None
    return tuple(values)


def _found(fields: Any, name: str) -> Any:
    """Return the field of that name; `object.name` leads into an object where no field has the whole name."""
    if name in fields or "." not in name:
        return fields.get(name)
    inner = fields.get(name.partition(".")[0])
    return _found(inner, name.partition(".")[2]) if isinstance(inner, dict) else None


def value_of(raw: Any, column: Column) -> Value:
    """Return a JSON value as its column's type has it; ValueError where it has none."""
    text = str(raw)
    if column.type is ColumnType.BOOLEAN and text == "-1":
        return None
    if column.type is ColumnType.TIMESTAMP and not isinstance(raw, bool) and text.lstrip("-").isdigit():
        return _instant(int(text))
    return json_cell(raw, column.type)


def _instant(seconds: int) -> dt.datetime:
    try:
        return dt.datetime.fromtimestamp(seconds, dt.UTC)
    except (OverflowError, OSError, ValueError):
        raise ValueError(f"{seconds} are no unix seconds") from None


def named(code: object, names: Mapping[str, str]) -> str | None:
    """Return the word of a code, which the service writes as number or text; one that nobody knows stays as it is."""
    return None if code is None else names.get(str(code), str(code))


def coded(names: Mapping[str, str], noun: str) -> BeforeValidator:
    """Take a code as its word, its number or its text, and keep the text that goes on the wire."""

    def check(value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, int | str):
            return value
        for code, word in names.items():
            if str(value) in {code, word}:
                return code
        words = tuple(names.values())
        raise Hinted(f'there is no {noun} "{value}"{did_you_mean(str(value), words)}', f"one of {', '.join(words)}")

    return BeforeValidator(check)


class Windowless(KalturaDataset):
    """Base of what no window can narrow: one that is given would do nothing."""

    @field_validator("window")
    @classmethod
    def _none(cls, value: str | None) -> str | None:
        if value is not None:
            hint = "remove it; an expression such as {{ windows.week.start | unix }} may stand where a value is asked"
            raise Hinted(f"{cls.diagnostic_owner} takes no window", hint)
        return value


def column(kind: ColumnType, name: str, description: str, source: str, **more: Any) -> Column:
    """Return a column of a list; unit, additive and personal stay unknown unless they are given."""
    unit = more.pop("unit", "unix s" if kind is ColumnType.TIMESTAMP else "")
    return Column(name, kind, unit, more.pop("additive", None), more.pop("personal", False), description, source)
