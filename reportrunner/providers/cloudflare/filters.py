"""Spectrum's filters: one expression, typed as it is or put together from tables, checked by one grammar (§2.2).

An expression is conjunctions joined by OR (a comma, or OR between blanks), a conjunction is conditions joined by AND
(a semicolon, or AND between blanks), and a condition is a dimension, an operator and a value. Nothing can be quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Annotated, ClassVar, Final, Literal, Self
from urllib.parse import unquote

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from reportrunner.diagnose import Hinted
from reportrunner.spelling import did_you_mean
from reportrunner.strict import Strict

Dimension = Literal["event", "appID", "coloName", "ipVersion"]
DIMENSIONS: Final[tuple[Dimension, ...]] = ("event", "appID", "coloName", "ipVersion")
METRICS: Final = (
    "count",
    "bytesIngress",
    "bytesEgress",
    "durationAvg",
    "durationMedian",
    "duration90th",
    "duration99th",
)
VALUES: Final = {
    "event": ("connect", "progress", "disconnect", "originError", "clientFiltered"),
    "ipVersion": ("4", "6"),
}
"""Dimensions whose values are known, all of them."""
MOST: Final = 200
"""Alternatives of one expression; more would not fit a URL."""
_ENCODED: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_OPERATOR: Final = re.compile(r"\s*(==|!=|>=|<=|>|<|=~|!~|=)\s*")
_OR: Final = re.compile(r",|\s+OR\s+")
_AND: Final = re.compile(r";|\s+AND\s+")
_LOOSE: Final = re.compile(r"\s(and|or)\s", re.IGNORECASE)
_RIGHT: Final = 'write filters = "event==disconnect AND coloName!=SFO"'


@dataclass(frozen=True, slots=True)
class Comparison:
    """One condition on a dimension."""

    dimension: str
    op: str
    value: str

    def __str__(self) -> str:
        """Write it as the wire has it, before it is encoded."""
        return f"{self.dimension}{self.op}{self.value}"


Alternatives = tuple[tuple[Comparison, ...], ...]
"""Any of these holds; of one, all."""


def parse_filter(expression: str) -> Alternatives:
    """Return what an expression says; Hinted for one that the grammar does not know, or that is encoded already."""
    _raw(expression, "filters")
    if odd := re.search(r"[^\S ]", expression.strip()):
        said = f"filters hold {odd[0]!r} where only a blank may stand: it would be sent, and match nothing"
        raise Hinted(said, "write the expression in one line, with blanks around AND and OR")
    return tuple(tuple(map(_comparison, _AND.split(conj))) for conj in _OR.split(expression.strip()))


def _raw(text: str, key: str) -> None:
    if _ENCODED.search(text):
        said = f'"{text}" is encoded already, and would be encoded again: it would match nothing'
        raise Hinted(said, f'write {key} = "{unquote(text)}"')


def _comparison(text: str) -> Comparison:
    found = _OPERATOR.search(text)
    if not text.strip():
        raise Hinted("a condition is missing beside AND, OR, a comma or a semicolon", _RIGHT)
    if "(" in text or ")" in text:
        raise Hinted("filters know no parentheses; AND binds tighter than OR", 'write "a==1 AND b==2 OR a==3 AND b==2"')
    if not found:
        raise Hinted(f'"{text.strip()}" compares nothing: a condition is a dimension, an operator and a value', _RIGHT)
    if found[1] not in {"==", "!=", ">", "<", ">=", "<="}:
        raise Hinted(f'"{found[1]}" is no operator of filters', "one of ==, !=, >, <, >=, <=")
    left, right = text[: found.start()].strip(), text[found.end() :].strip()
    if found[0] != found[1] or text != text.strip():
        said = f'"{text}" has blanks that belong to no value: it would match nothing'
        raise Hinted(said, f'write "{left}{found[1]}{right}"; blanks stand around AND and OR only')
    return compare(left, found[1], right)


def same_form(expression: str) -> str:
    """Return an expression in the form that all its spellings share: decoded, with signs in place of words."""
    return _AND.sub(";", _OR.sub(",", unquote(expression).strip()))


def compare(dimension: str, op: str, value: str) -> Comparison:
    """Return a condition; Hinted where its dimension does not exist or its value cannot be written."""
    if dimension in METRICS:
        raise Hinted(
            f"{dimension} is a metric, and filters compare dimensions only",
            f"one of {', '.join(DIMENSIONS)}; rows are picked by a metric in SQL",
        )
    if dimension not in DIMENSIONS:
        near = did_you_mean(dimension, DIMENSIONS)
        raise Hinted(f'there is no dimension "{dimension}"{near}', f"one of {', '.join(DIMENSIONS)}")
    _expressible(value, dimension)
    known = VALUES.get(dimension, ())
    if op in {"==", "!="} and known and value not in known:
        said = f'{dimension} is never "{value}"{did_you_mean(value, known)}'
        raise Hinted(said, f"one of {', '.join(known)}")
    return Comparison(dimension, op, value)


def _expressible(value: str, dimension: str) -> None:
    if not value:
        raise Hinted(f"{dimension} is compared with nothing", _RIGHT)
    _raw(value, "value")
    if loose := _LOOSE.search(f" {value} "):
        capitals = f"write {loose[1].upper()} in capitals between two conditions"
        hint = "write one condition for each part" if loose[1].isupper() else capitals
        raise Hinted(f'"{value}" holds the word {loose[1]}, and no value can', hint)
    if bare := re.fullmatch(r"""(["'`])(.*)\1""", value):
        raise Hinted(f"{value} is quoted, and nothing can be: it would match nothing", f"write {dimension}=={bare[2]}")
    if lone := re.search(r"""["'`]""", value):
        raise Hinted(f"{value} holds {lone[0]}, and nothing can be quoted", "write the value without it")
    if "|" in value:
        hint = f"write {' OR '.join(f'{dimension}=={part}' for part in value.split('|'))}; in a table, a list of values"
        raise Hinted(f'"{value}" holds "|", which no filter knows', hint)
    for sign, meaning in ((",", "OR"), (";", "AND")):
        if sign in value:
            said = f'"{value}" holds "{sign}", which means {meaning}: no source says how a value could hold it'
            raise Hinted(said, f"write one condition for each part between {sign}")
    if value != value.strip() or re.search(r"[=<>]|\s{2}", value) or not value.isprintable():
        raise Hinted(f'"{value}" cannot be written as a value of a filter', "a value has no =, <, > and no outer blank")


def expression(value: str) -> str:
    """Return a typed expression as it is sent, once it is known to be one."""
    parse_filter(value)
    return value.strip()


Value = str | int


class Condition(Strict):
    """A table of `[[datasets.x.filters]]`: one condition, or `any` of several."""

    diagnostic_owner: ClassVar[str] = "a filter"
    diagnostic_example: ClassVar[str] = '{ dimension = "event", op = "==", value = "disconnect" }'
    dimension: str | None = None
    op: Literal["==", "!=", ">", "<", ">=", "<="] = "=="
    value: Value | list[Value] | None = Field(default=None, description="A list: any of them, or with != none of them")
    any: list[Condition] | None = Field(default=None, min_length=1, description="Conditions of which one must hold")

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.any is None) == (self.dimension is None):
            hint = 'write dimension = "event", op = "==", value = "disconnect"; or any = [{ ... }, { ... }]'
            raise Hinted("a filter has a dimension, or any", hint)
        if self.any is not None and (self.value is not None or "op" in self.model_fields_set):
            raise Hinted("op and value belong to a dimension", "move them into the tables of any", key="any")
        if self.any is None and (self.value is None or self.value == []):
            raise Hinted(f"{self.dimension} is compared with nothing", 'add value = "..."', key="dimension")
        if isinstance(self.value, list) and self.op not in {"==", "!="}:
            raise Hinted(f"{self.op} compares with one value", 'write op = "==" for any of them', key="op")
        try:
            self.alternatives()
        except Hinted as error:
            key = error.path or ("value" if self.dimension in DIMENSIONS else "dimension",)
            raise Hinted(str(error), error.hint, key=key, at="value") from None
        return self

    def alternatives(self) -> Alternatives:
        """Return what it says, as alternatives of which each is a row of conditions."""
        if self.any is not None:
            return tuple(row for one in self.any for row in one.alternatives())
        values = self.value if isinstance(self.value, list) else [self.value]
        found = [compare(str(self.dimension), self.op, str(value)) for value in values]
        return (tuple(found),) if self.op == "!=" else tuple((one,) for one in found)


def compiled(conditions: Sequence[Condition]) -> str:
    """Write conditions that must all hold as one expression; alternatives inside them are multiplied out."""
    count = 1
    for one in conditions:
        count *= len(one.alternatives())
    if count > MOST:
        raise Hinted(f"these conditions are {count:,} alternatives, and {MOST} are the most", "ask with fewer values")
    rows = product(*(one.alternatives() for one in conditions))
    return ",".join(_joined(part for row in parts for part in row) for parts in rows)


def _joined(row: Iterable[Comparison]) -> str:
    return ";".join(dict.fromkeys(map(str, row)))


def _table(value: object) -> object:
    if isinstance(value, dict):
        raise Hinted("filters is an expression or a list of tables", "write [[datasets.<name>.filters]], a table each")
    return value


def _compilable(value: list[Condition]) -> list[Condition]:
    compiled(value)
    return value


Filters = Annotated[
    Annotated[str, AfterValidator(expression)]
    | Annotated[list[Condition], Field(min_length=1), AfterValidator(_compilable)],
    BeforeValidator(_table),
]
"""An expression as the service has it, or tables that must all hold."""


def written(filters: str | list[Condition]) -> str:
    """Return filters as the one text that is encoded once, when it is sent."""
    return filters if isinstance(filters, str) else compiled(filters)
