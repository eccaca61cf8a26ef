"""Params: typed values from the command line, the environment or their default."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from reportrunner.cell import parse_cell, plain
from reportrunner.diagnose import Hinted
from reportrunner.spec import ParamSpec
from reportrunner.spelling import suggest
from reportrunner.table import ColumnType
from reportrunner.toml_value import kind_of

EXAMPLES = {
    "string": "text",
    "integer": "12",
    "decimal": "12.5",
    "ratio": "0.9",
    "boolean": "true",
    "date": "2026-09-01",
    "timestamp": "2026-09-01T09:00:00Z",
    "duration": "90",
    "list": "a,b",
}
_PYTHON: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "decimal": (int, float),
    "ratio": (int, float),
    "boolean": (bool,),
    "date": (dt.date,),
    "timestamp": (dt.datetime,),
    "duration": (int, float),
    "list": (list,),
}


def parse_param(text: str, kind: str) -> object:
    """Read a param given as text; raises Hinted with an example of the type."""
    if kind == "list" and text.lstrip().startswith("["):
        raise Hinted("a list on the command line has no brackets and no quotes", "write it like a,b")
    if kind == "list":
        return [item.strip() for item in text.split(",") if item.strip()]
    try:
        value = parse_cell(text, ColumnType(kind))
    except ValueError as error:
        raise Hinted(str(error).partition(" like ")[0], f"write it like {EXAMPLES[kind]}") from None
    if value is None:
        raise Hinted("the value is empty", f"write it like {EXAMPLES[kind]}")
    if isinstance(value, Decimal):
        return plain(_share(value) if kind == "ratio" else value)
    return value


def _share(value: Decimal) -> Decimal:
    """Return a share of something; raises Hinted for one that is meant in percent."""
    if not 0 <= value <= 1:
        meant = f"{(value / 100).normalize():f}" if 1 < value <= 100 else EXAMPLES["ratio"]
        raise Hinted(f"{value.normalize():f} is no ratio, which lies between 0 and 1", f"write it like {meant}")
    return value


def default_value(spec: ParamSpec) -> object:
    """Return the default, typed; None when the param is required. Raises Hinted when default and type disagree."""
    value = spec.default
    if value is None:
        return None
    expected = _PYTHON[spec.type]
    right = isinstance(value, expected) and (spec.type == "boolean" or not isinstance(value, bool))
    if spec.type == "date":
        right = isinstance(value, dt.date) and not isinstance(value, dt.datetime)
    if spec.type == "timestamp" and isinstance(value, dt.datetime):
        right = value.tzinfo is not None
    if not right:
        kind = "timestamp with offset" if spec.type == "timestamp" else spec.type
        example = '["a", "b"]' if spec.type == "list" else EXAMPLES[spec.type]
        raise Hinted(f"the default is no {kind}", f"write it like {example}")
    if spec.type == "ratio":
        return _share(Decimal(str(value)))
    return Decimal(str(value)) if spec.type in {"decimal", "duration"} else value


def likely_kind(section: Mapping[str, object]) -> str:
    """Return the type that a param with errors probably has: the one named, else its default's, else string."""
    word = str(section.get("type", ""))
    kind = word if word in EXAMPLES else suggest(word, EXAMPLES)
    value = next((section[key] for key in section if suggest(key, ("default",))), None)
    return kind or ("list" if isinstance(value, list) else kind_of(value).value)


def sample_value(kind: str, today: dt.date) -> object:
    """Return a value of the type, for checking a job whose required params are not given."""
    samples: dict[str, object] = {
        "string": "sample",
        "integer": 1,
        "decimal": Decimal(1),
        "ratio": Decimal("0.5"),
        "boolean": True,
        "date": today - dt.timedelta(days=1),
        "timestamp": dt.datetime.combine(today - dt.timedelta(days=1), dt.time(), dt.UTC),
        "duration": Decimal(60),
        "list": ["sample"],
    }
    return samples[kind]
