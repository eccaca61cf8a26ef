"""A chart as a value: checked data and its words. Nothing is drawn here, and nothing unchecked can be drawn."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Literal, get_args

from reportrunner.spelling import did_you_mean
from reportrunner.table import Column, ColumnType, Value
from reportrunner.templating.grid import align, title
from reportrunner.templating.view import Rows, cells, gather
from reportrunner.templating.words import DASH, UnfitError, describe, plural, shower

Kind = Literal["bar", "line", "stacked", "heatmap", "spark"]
Tone = Literal["accent", "good", "warn", "bad", "muted", "second", "third"]
CYCLE: tuple[Tone, ...] = ("accent", "second", "warn", "third", "bad", "muted")
MAX_POINTS = 5_000
_NUMBERS = {ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.RATIO, ColumnType.DURATION}
_TIMES = {ColumnType.DATE, ColumnType.TIMESTAMP}
_KIND_WORDS = {
    "bar": "Bar chart", "line": "Line chart", "stacked": "Stacked bar chart", "heatmap": "Heat map",
    "spark": "Sparkline",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Point:
    """One mark: where it stands, how large it is, and its size in words."""

    x: str
    y: float
    words: str
    series: str = ""
    row: str = ""
    fold: int = 0
    """1 in the second pass of an hour that the clock repeats."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart ready to be drawn; categories and series in the order they are to be seen."""

    kind: Kind
    title: str
    subtitle: str
    points: tuple[Point, ...]
    time: bool = False
    """Whether x is a wall clock, written as an ISO instant."""
    series: tuple[tuple[str, Tone], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    """What stands at the end of a bar: category to words."""
    percent: bool = False
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Wish:
    """What a template asks of a chart; column names unless said otherwise."""

    x: str = ""
    y: str | Sequence[str] = ""
    series: str = ""
    value: str = ""
    note: str = ""
    key: str = ""  # stands beside a name that several things have
    title: str = ""
    """Words, not a column; likewise `subtitle`."""
    subtitle: str = ""
    labels: Mapping[str, str] | None = None
    tones: Mapping[str, Tone] | None = None
    format: str = ""
    note_format: str = ""
    limit: int = 20
    sort: Literal["given", "desc"] = "given"
    tone: Tone = "accent"


_NEEDS: Mapping[Kind, tuple[str, ...]] = {
    "bar": ("x", "y"), "line": ("x", "y"), "stacked": ("x", "y"), "heatmap": ("x", "y", "value"), "spark": ("y",),
}  # fmt: skip


def figure(kind: Kind, data: object, options: Mapping[str, object], zone: dt.tzinfo) -> Figure:
    """Return the chart of dataset or rows; UnfitError for columns they lack or whose type cannot be drawn so."""
    wish, rows = _wish(kind, options), gather(data)
    if rows is None:
        raise UnfitError(f"chart.{kind} needs a dataset or its rows, not {describe(data)}")
    if not rows.columns or not rows.values:
        return Figure(kind, wish.title, wish.subtitle, ())
    made = (_heat if kind == "heatmap" else _plain)(kind, rows, wish, zone)
    if len(made.points) > MAX_POINTS:
        raise UnfitError(f"chart.{kind} draws at most {MAX_POINTS} marks, not {len(made.points)}; aggregate in SQL")
    return made


def _wish(kind: Kind, options: Mapping[str, object]) -> Wish:
    known = [field.name for field in fields(Wish)]
    for name in options:
        if name not in known:
            raise UnfitError(f'chart.{kind} has no option "{name}"{did_you_mean(name, known)}')
    wish = Wish(**options)  # type: ignore[arg-type]
    for name in _NEEDS[kind]:
        if not getattr(wish, name):
            raise UnfitError(f'chart.{kind} needs {name}="column"')
    tones = (wish.tone, *(wish.tones or {}).values())
    for tone in tones:
        if tone not in get_args(Tone):
            raise UnfitError(f'no tone "{tone}"{did_you_mean(str(tone), get_args(Tone))}')
    if wish.sort not in {"given", "desc"}:
        raise UnfitError('sort is "given" or "desc"')
    return wish


def _column(rows: Rows, name: str, allowed: set[ColumnType] | None, need: str) -> Column:
    for column in rows.columns:
        if column.name == name:
            if allowed and column.type not in allowed:
                raise UnfitError(f'column "{name}" is of type {column.type}; {need}')
            return column
    raise UnfitError(f'there is no column "{name}"{did_you_mean(name, rows.places)}')


def _plain(kind: Kind, rows: Rows, wish: Wish, zone: dt.tzinfo) -> Figure:
    names = [wish.y] if isinstance(wish.y, str) else list(wish.y)
    columns = [_column(rows, name, _NUMBERS, f"chart.{kind} draws numbers on y") for name in names]
    if len(columns) > 1 and (wish.series or kind in {"bar", "spark"}):
        raise UnfitError(f"chart.{kind} draws one y column" if not wish.series else "give several y, or series")
    allowed = _TIMES if kind == "line" else None
    x = _column(rows, wish.x, allowed, "chart.line needs a date or timestamp on x") if wish.x else columns[0]
    split = _column(rows, wish.series, None, "") if wish.series else None
    labels = wish.labels or {}
    points: list[Point] = []
    places = _places(rows, x, wish, zone)
    for place, values in enumerate(rows.values):
        at = values[rows.places[x.name]]
        where = str(place) if kind == "spark" else places[place]
        fold = at.astimezone(zone).fold if isinstance(at, dt.datetime) else 0
        for column in columns:
            name = str(values[rows.places[split.name]]) if split else labels.get(column.name) or title(column)
            point = _point(where, values[rows.places[column.name]], column, wish)
            if point is not None:
                points.append(Point(point.x, point.y, point.words, name, fold=fold))
    made = _ordered(kind, points, wish)
    _refuse_doubles(kind, made, x)
    raw = [str(column.name) for column in columns] if split is None else []
    return Figure(
        kind=kind,
        title=wish.title,
        subtitle=wish.subtitle,
        points=made,
        time=kind == "line",
        series=_series(made, raw, wish),
        notes=_notes(rows, places, wish, zone) if wish.note else (),
        percent=all(column.type is ColumnType.RATIO for column in columns),
        left_out=len({point.x for point in points}) - len({point.x for point in made}),
    )


def _point(where: str, value: Value, column: Column, wish: Wish) -> Point | None:
    if value is None:
        return None
    if not isinstance(value, int | Decimal | float) or isinstance(value, bool):
        raise UnfitError(f'column "{column.name}" holds {describe(value)}, which is no number')
    return Point(where, float(value), shower(column, wish.format, dt.UTC)(value))


def _where(value: Value, column: Column, zone: dt.tzinfo) -> str:
    if column.type is ColumnType.TIMESTAMP and isinstance(value, dt.datetime):
        return f"{value.astimezone(zone):%Y-%m-%dT%H:%M:%SZ}"
    if column.type is ColumnType.DATE and isinstance(value, dt.date):
        return f"{value:%Y-%m-%d}"
    return DASH if value is None else " ".join(str(value).split())


def _places(rows: Rows, x: Column, wish: Wish, zone: dt.tzinfo) -> list[str]:
    """Say where each row stands; beside a name that several things have stands the key of each."""
    found = [_where(value, x, zone) for value in cells(rows, x.name)]
    if not wish.key:
        return found
    keys = [str(value) for value in cells(rows, _column(rows, wish.key, None, "").name)]
    things = Counter(name for name, _ in set(zip(found, keys, strict=True)))
    return [f"{name} ({key})" if things[name] > 1 else name for name, key in zip(found, keys, strict=True)]


def _ordered(kind: Kind, points: list[Point], wish: Wish) -> tuple[Point, ...]:
    if kind not in {"bar", "stacked"}:
        return tuple(points)
    totals: dict[str, float] = {}
    for point in points:
        if point.y < 0:
            raise UnfitError(f"chart.{kind} draws no negative numbers, and {point.x} has {point.words}")
        totals[point.x] = totals.get(point.x, 0.0) + point.y
    names = sorted(totals, key=lambda name: (-totals[name], name)) if wish.sort == "desc" else list(totals)
    kept = {name: place for place, name in enumerate(names[: wish.limit])}
    return tuple(sorted((point for point in points if point.x in kept), key=lambda point: kept[point.x]))


def _refuse_doubles(kind: Kind, points: Sequence[Point], x: Column) -> None:
    if kind == "spark":
        return
    seen: set[tuple[str, str, str, int]] = set()
    for point in points:
        if (spot := (point.x, point.row, point.series, point.fold)) in seen:
            raise UnfitError(f'"{x.name}" has {point.x} in two rows; chart.{kind} needs one (group in SQL, or a key)')
        seen.add(spot)


def _series(points: Sequence[Point], raw: Sequence[str], wish: Wish) -> tuple[tuple[str, Tone], ...]:
    names = list(dict.fromkeys(point.series for point in points))
    if len(names) > len(CYCLE):
        raise UnfitError(f"a chart has at most {len(CYCLE)} series, not {len(names)}")
    if len(names) == 1:
        return ((names[0], wish.tone),)
    keys = raw if len(raw) == len(names) else names
    return tuple(
        (name, (wish.tones or {}).get(key, CYCLE[n])) for n, (name, key) in enumerate(zip(names, keys, strict=True))
    )


def _notes(rows: Rows, places: Sequence[str], wish: Wish, zone: dt.tzinfo) -> tuple[tuple[str, str], ...]:
    column = _column(rows, wish.note, None, "")
    show = shower(column, wish.note_format, zone)
    notes = (show(values[rows.places[column.name]]) for values in rows.values)
    return tuple(zip(places, notes, strict=True))


def _heat(kind: Kind, rows: Rows, wish: Wish, zone: dt.tzinfo) -> Figure:
    if not isinstance(wish.y, str):
        raise UnfitError("chart.heatmap has one y column")
    x, y = _column(rows, wish.x, None, ""), _column(rows, wish.y, None, "")
    value = _column(rows, wish.value, _NUMBERS, "chart.heatmap colours by a number")
    points: list[Point] = []
    for values in rows.values:
        point = _point(_where(values[rows.places[x.name]], x, zone), values[rows.places[value.name]], value, wish)
        if point is not None:
            points.append(Point(point.x, point.y, point.words, "", _where(values[rows.places[y.name]], y, zone)))
    _refuse_doubles(kind, points, x)
    return Figure(kind, wish.title, wish.subtitle, tuple(points))


def fitting(data: object) -> tuple[Kind | None, dict[str, object]]:
    """Return the kind and options of the chart that suits a dataset, or None: guessing less is better than nonsense."""
    rows = gather(data)
    if rows is None or not 2 <= len(rows) <= MAX_POINTS:
        return None, {}
    first = rows.columns[0]
    numbers = [column for column in rows.columns[1:] if column.type in _NUMBERS]
    places = cells(rows, first.name)
    if not numbers or len(set(places)) != len(places) or None in places:
        return None, {}
    kind: Kind = "line" if first.type in _TIMES else "bar"
    lengths = [value for value in cells(rows, numbers[0].name) if isinstance(value, int | Decimal)]
    if kind == "bar" and (first.type is not ColumnType.STRING or any(length < 0 for length in lengths)):
        return None, {}
    words = f"{title(numbers[0])} by {title(first).lower()}"
    return kind, {"x": first.name, "y": numbers[0].name, "title": words}


def summary(made: Figure) -> str:
    """Return the chart in one or two sentences, for readers who do not see it."""
    points, kind = made.points, _KIND_WORDS[made.kind]
    if not points:
        return f"{kind} without data."
    if len(points) <= 24:
        return f"{kind}. {'; '.join(_said(made, point) for point in points)}."
    high, low = max(points, key=lambda p: p.y), min(points, key=lambda p: p.y)
    span = f" from {day(points[0].x)} to {day(points[-1].x)}" if made.time else ""
    return f"{kind} of {plural(len(points), 'value')}{span}. Highest: {_said(made, high)}. Lowest: {_said(made, low)}."


def _said(made: Figure, point: Point) -> str:
    where = [day(point.x) if made.time else point.x] if made.kind != "spark" else []
    parts = [*where, *([point.row] if point.row else []), *([point.series] if len(made.series) > 1 else [])]
    return f"{', '.join(parts)}: {point.words}" if parts else point.words


def day(where: str) -> str:
    """Return a place on the time axis without its clock when that is midnight."""
    return where.removesuffix("T00:00:00Z").replace("T", " ").removesuffix(":00Z")


def text_chart(made: Figure) -> str:
    """Return the chart as text: bars of blocks, parts as a small table, a sentence where neither would help."""
    if made.kind not in {"bar", "stacked"} or not made.points:
        return summary(made)
    notes = dict(made.notes)
    if made.kind == "stacked":
        parts = {(point.x, point.series): point.words for point in made.points}
        names, series = dict.fromkeys(point.x for point in made.points), [name for name, _ in made.series]
        rows = [[name, *(parts.get((name, part), DASH) for part in series), notes.get(name, "")] for name in names]
        return "\n".join(align(["", *series, ""], rows, [False, *[True] * (len(series) + 1)]))
    top = max(point.y for point in made.points) or 1.0
    rows = [
        [p.x, p.words + (f" ({notes[p.x]})" if p.x in notes else ""), "█" * round(p.y / top * 20)] for p in made.points
    ]
    return "\n".join(align(["", "", ""], rows, [False, True, False]))
