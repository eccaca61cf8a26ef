"""Tables as HTML and as aligned text, each built in one join: a loop in a template costs ten times as much."""

from __future__ import annotations

import datetime as dt
import html
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import groupby

from reportrunner.spelling import did_you_mean
from reportrunner.table import Column, ColumnType, Value
from reportrunner.templating.view import Rows, gather
from reportrunner.templating.words import UnfitError, describe, number, plural, shower

NUMERIC = {ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.RATIO, ColumnType.DURATION}
DATED = {ColumnType.DATE, ColumnType.TIMESTAMP}
TEXT_WIDTH = 76
_SPELT = {"min": "minutes", "s": "seconds", "h": "hours"}
"""Units as names spell them."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is laid out: the options of `html_table` and `text_table`."""

    columns: Sequence[str] = ()
    """Which columns, in this order; by default all."""
    labels: Mapping[str, str] | None = None
    formats: Mapping[str, str] | None = None
    """Column to format: `percent`, `duration`, `minutes`, `bytes`, `date` ..."""
    caption: str = ""
    empty: str = "No rows."
    group: str = ""
    """Rows of one value of this column stand together under it; the rows must come in that order."""
    count: str = ""
    """What a group's rows are, one of them, such as `open course`: said beside the group's name."""
    anchor: str = ""
    """Groups get the ids `<anchor>-1`, `<anchor>-2`, ... for links."""
    limit: int | None = None
    stack: bool = False
    """Whether a phone shows each row as a few lines under its first cell, instead of scrolling sideways."""
    more: str = ""
    """Where the rows beyond the limit stand, such as `overdue.csv`."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column as it is shown."""

    place: int
    name: str
    label: str
    numeric: bool
    show: Callable[[Value], str]
    dated: bool = False
    """Whether it is dates: they do not break, and a phone names them."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table ready to be written: what is shown, in its order, and how many rows were left out."""

    fields: tuple[Field, ...]
    rows: Sequence[tuple[Value, ...]]
    left_out: int
    layout: Layout
    group: Field | None
    sizes: Mapping[Value, int]
    """How many rows each group has, those beyond the limit included."""


def layout(options: Mapping[str, object]) -> Layout:
    """Return the options of a table; UnfitError for one it does not have."""
    known = [field.name for field in fields(Layout)]
    for name in options:
        if name not in known:
            raise UnfitError(f'a table has no option "{name}"{did_you_mean(name, known)}')
    return Layout(**options)  # type: ignore[arg-type]


def grid(data: object, options: Mapping[str, object], zone: dt.tzinfo) -> Grid:
    """Return dataset or rows as a grid; UnfitError for columns they do not have."""
    wanted, rows = layout(options), gather(data)
    if rows is None:
        raise UnfitError(f"a table needs a dataset or its rows, not {describe(data)}")
    if not rows.columns:
        return Grid((), (), 0, wanted, None, {})
    known = {column.name: column for column in rows.columns}
    for name in (*wanted.columns, *(wanted.labels or ()), *(wanted.formats or ())):
        _known(name, known)
    group = _field(rows, _known(wanted.group, known), wanted, zone) if wanted.group else None
    names = [name for name in wanted.columns or known if name != wanted.group]
    shown = rows.values if wanted.limit is None else rows.values[: wanted.limit]
    columns = tuple(_field(rows, known[name], wanted, zone) for name in names)
    sizes = Counter(row[group.place] for row in rows.values) if group else {}
    return Grid(columns, shown, len(rows) - len(shown), wanted, group, sizes)


def _known(name: str, known: Mapping[str, Column]) -> Column:
    if name not in known:
        raise UnfitError(f'there is no column "{name}"{did_you_mean(name, known)}')
    return known[name]


def _field(rows: Rows, column: Column, wanted: Layout, zone: dt.tzinfo) -> Field:
    label = (wanted.labels or {}).get(column.name) or title(column)
    style = (wanted.formats or {}).get(column.name, "")
    show, kind = shower(column, style, zone), column.type
    return Field(rows.places[column.name], column.name, label, kind in NUMERIC, show, kind in DATED)


def title(column: Column) -> str:
    """Return a column's name as a heading, with the unit its numbers carry unless the name says it."""
    words = column.name.replace("_", " ").strip()
    said = {column.unit, _SPELT.get(column.unit, column.unit)} & set(words.split())
    untold = column.type in NUMERIC and column.unit not in {"", "bytes", "ratio", "count"} and not said
    return (words[:1].upper() + words[1:]) + (f" ({column.unit})" if untold else "")


def html_table(made: Grid) -> str:
    """Return the grid as a table with caption and scopes, in a region that scrolls by keyboard, and the note below."""
    if not made.rows:
        return f'<p class="rr-empty">{html.escape(made.layout.empty)}</p>'
    caption = html.escape(made.layout.caption)
    role = f'role="region" aria-label="{caption}"' if caption else 'role="group" aria-label="Table"'
    broad = " rr-broad" if len(made.fields) > 6 else ""
    kind = " rr-stack" if made.layout.stack else ""
    top = f"<caption>{caption}</caption>" if caption else ""
    heads = "".join(f'<th scope="col"{_side(field)}>{html.escape(field.label)}</th>' for field in made.fields)
    body = "".join(_bodies(made))
    table = f'<table class="rr-table{kind}">{top}<thead><tr>{heads}</tr></thead>{body}</table>'
    return f'<div class="rr-scroll{broad}" {role} tabindex="0">{table}</div>{_note(made)}'


def _side(field: Field) -> str:
    return ' class="n"' if field.numeric else ' class="d"' if field.dated else ""


def _note(made: Grid) -> str:
    text = more(made)
    return f'<p class="rr-more">{html.escape(text)}</p>' if text else ""


def more(made: Grid) -> str:
    """Return the words about rows that are not shown; empty when all are."""
    if not made.left_out:
        return ""
    return f"{plural(made.left_out, 'more row')}{f' in {made.layout.more}' if made.layout.more else ''}"


def _bodies(made: Grid) -> Iterator[str]:
    if made.group is None:
        yield f"<tbody>{_lines(made, made.rows)}</tbody>"
        return
    group, width = made.group, len(made.fields)
    for place, (value, rows) in enumerate(groupby(made.rows, key=lambda row: row[group.place]), 1):
        listed = list(rows)
        head = f'{html.escape(group.show(value))} <span class="rr-count">{_size(made, value, len(listed))}</span>'
        ident = f' id="{html.escape(made.layout.anchor)}-{place}"' if made.layout.anchor else ""
        top = f'<tr class="rr-group"{ident}><th scope="rowgroup" colspan="{width}">{head}</th></tr>'
        yield f"<tbody>{top}{_lines(made, listed)}</tbody>"


def _size(made: Grid, value: Value, shown: int) -> str:
    whole = made.sizes.get(value, shown)
    said = plural(whole, made.layout.count) if made.layout.count else number(whole)
    return html.escape(said if whole == shown else f"{number(shown)} of {said}")


def _lines(made: Grid, rows: Sequence[tuple[Value, ...]]) -> str:
    escape, columns = html.escape, []
    for field in made.fields:
        show, place = field.show, field.place
        told = f' data-l="{escape(field.label)}"' if made.layout.stack and (field.numeric or field.dated) else ""
        head = f"<td{_side(field)}{told}>"
        columns.append([f"{head}{escape(show(row[place]), False)}</td>" for row in rows])
    return "".join([f"<tr>{''.join(cells)}</tr>" for cells in zip(*columns, strict=True)])


def text_table(made: Grid, width: int = TEXT_WIDTH) -> str:
    """Return the grid as aligned text no wider than `width`, the note below it."""
    if not made.rows:
        return made.layout.empty
    lead = (made.group,) if made.group else ()
    shown = (*lead, *made.fields)
    body = [[field.show(row[field.place]) for field in shown] for row in made.rows]
    lines = align([field.label for field in shown], body, [field.numeric for field in shown], width)
    return "\n".join([*lines, *([more(made)] if made.left_out else [])])


def align(
    head: Sequence[str], body: Sequence[Sequence[str]], numeric: Sequence[bool], width: int = TEXT_WIDTH
) -> list[str]:
    """Return lines of cells in columns, the widest text columns cut until the lines fit."""
    table = [[" ".join(cell.split()) for cell in row] for row in (head, *body)]
    widths = [max(map(columns_of, column)) for column in zip(*table, strict=True)]
    while sum(widths) + 2 * (len(widths) - 1) > width and max(widths) > 6:
        widths[widths.index(max(widths))] -= 1
    lines = [
        "  ".join(_pad(cell, room, right) for cell, room, right in zip(row, widths, numeric, strict=True)).rstrip()
        for row in table
    ]
    return [lines[0], "  ".join("-" * room for room in widths), *lines[1:]] if any(head) else lines[1:]


def columns_of(text: str) -> int:
    """Return how many columns of a terminal the text takes: wide letters two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def _pad(text: str, room: int, right: bool) -> str:
    if columns_of(text) > room:
        while columns_of(text) > room - 1:
            text = text[:-1]
        text += "…"
    space = " " * (room - columns_of(text))
    return space + text if right else text + space
