"""The one room of vl-convert and resvg: a figure becomes SVG for a page or PNG for a mail; same figure, same bytes."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from reportrunner.errors import OutputError
from reportrunner.templating.figure import Figure, Tone, summary
from reportrunner.templating.ticks import ticks

FONT = "Liberation Sans"
# fonts as wide as the one the chart was laid out in, or narrower: a wider one would run out of the picture
_FALLBACK = f"{FONT}, Arial, Helvetica, Arimo, Roboto, DejaVu Sans Condensed, sans-serif"
WIDE, NARROW, MAIL = 680, 304, 560
_LANGUAGE = "6.4"  # of Vega-Lite; named so that a newer default changes no bytes unnoticed
_INK, _SOFT, _LINE, _GRID = "#17212b", "#566270", "#c5ced7", "#e4e9ee"
TONES: Mapping[Tone, str] = {
    "accent": "#2a5a99",
    "good": "#2c7a5a",
    "warn": "#96600b",
    "bad": "#b23b36",
    "muted": "#6b7783",
    "second": "#1a7678",
    "third": "#7a4fa3",
}
_PAPER = "#ffffff"
_PAINT = {_PAPER: "page", _INK: "ink", _SOFT: "soft", _LINE: "line", _GRID: "grid"}
_PAINT |= {hue: tone for tone, hue in TONES.items()}
LETTERS, MAIL_LETTERS = 12, 15  # a mail's picture shrinks on a phone, and its letters with it
Spec = dict[str, Any]


def inline_svg(made: Figure) -> str:
    """Return a wide and a narrow drawing for a page, painted by its CSS variables; the page shows one of them."""
    if made.kind == "spark":
        return _themed(made, _svg(made, 120), "rr-spark")
    return _themed(made, _svg(made, WIDE), "rr-wide") + _themed(made, _svg(made, NARROW), "rr-narrow")


def png(made: Figure, width: int = MAIL) -> bytes:
    """Return the drawing at twice `width` pixels on white, for mail clients, which show no SVG."""
    import resvg_py

    fonts = [str(files("reportrunner") / "fonts" / f"LiberationSans-{style}.ttf") for style in ("Regular", "Bold")]
    try:
        return bytes(
            resvg_py.svg_to_bytes(
                svg_string=_svg(made, 120 if made.kind == "spark" else width, MAIL_LETTERS),
                background=_PAPER,
                skip_system_fonts=True,
                font_files=fonts,
                font_family=FONT,
                sans_serif_family=FONT,
                zoom=2,
            )
        )
    except ValueError as error:
        raise OutputError(f'the chart "{made.title}" could not be painted: {error}') from error


def _svg(made: Figure, width: int, letters: int = LETTERS) -> str:
    convert, wanted = _converter(), specification(made, width, letters)
    try:
        return str(convert.vegalite_to_svg(wanted, vl_version=_LANGUAGE, allowed_base_urls=[]))
    except (ValueError, TypeError) as error:
        raise OutputError(f'the chart "{made.title}" could not be drawn: {error}') from error


@cache
def _converter() -> Any:
    import vl_convert

    vl_convert.register_font_directory(str(files("reportrunner") / "fonts"))
    return vl_convert


def _themed(made: Figure, drawn: str, role: str) -> str:
    ident = f"c{hashlib.sha256(f'{role} {made}'.encode()).hexdigest()[:10]}"
    head, body = drawn[: (end := drawn.index(">") + 1)], drawn[end:]
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', head)
    width, height = box.groups() if box else ("0", "0")
    # tag by tag, so that no text of the data is ever touched
    body = re.sub(r"<[^>]*>", lambda tag: _tag(tag[0], ident), body)
    words = (
        f'<title id="{ident}-t">{html.escape(made.title or "Chart")}</title>'
        f'<desc id="{ident}-d">{html.escape(summary(made))}</desc>'
    )
    return (
        f'<svg class="{role}" role="img" aria-labelledby="{ident}-t" aria-describedby="{ident}-d" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}">{words}{body}'
    )


def _tag(tag: str, ident: str) -> str:
    tag = re.sub(r' (?:aria-\w+|role|class|pointer-events)="[^"]*"', "", tag)
    tag = re.sub(r'\bid="(\w+)"', rf'id="{ident}-\1"', tag)
    tag = re.sub(r"url\(#(\w+)\)", rf"url(#{ident}-\1)", tag)
    tag = re.sub(r'(fill|stroke)="(#[0-9a-f]{6})"', _paint, tag)
    tag = re.sub(r"\d+\.\d{3,}", lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), tag)
    return tag.replace(f'font-family="{FONT}"', f'font-family="{_FALLBACK}"')


def _paint(found: re.Match[str]) -> str:
    name = _PAINT.get(found[2])
    return f'{found[1]}="var(--rr-{name})"' if name else found[0]


def specification(made: Figure, width: int, letters: int = LETTERS) -> Spec:
    """Return the figure as a Vega-Lite specification, `width` and its `letters` in pixels; fields of our own naming."""
    rows = [
        {"x": p.x, "y": p.y, "words": p.words, "series": p.series, "row": p.row, "order": n}
        for n, p in enumerate(made.points)
    ]
    return {
        "data": {"values": rows},
        "width": width,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": _config(letters),
        "padding": {"left": 2, "right": 6, "top": 4, "bottom": 4} if made.kind != "spark" else 2,
        "background": None,
        **_DRAW[made.kind](made, width, letters),
    }


def _config(letters: int) -> Spec:
    return {
        "font": FONT,
        "aria": False,
        "view": {"stroke": None},
        "axis": {
            "labelColor": _SOFT, "labelFontSize": letters, "domainColor": _LINE, "gridColor": _GRID, "ticks": False,
            "labelPadding": 8, "title": None,
        },
        "legend": {
            "labelColor": _INK, "labelFontSize": letters, "title": None, "orient": "top", "symbolType": "square",
            "symbolSize": 110, "symbolStrokeWidth": 0, "offset": 10, "labelLimit": 200,
        },
        "text": {"color": _INK, "fontSize": letters},
    }  # fmt: skip


def _names(width: int) -> Spec:
    return {
        "field": "x",
        "type": "nominal",
        "sort": None,
        "axis": {"domain": False, "labelColor": _INK, "labelLimit": 230 if width > 500 else 112},
    }


def _colour(made: Figure, width: int) -> Spec:
    scale = {"domain": [name for name, _ in made.series], "range": [TONES[tone] for _, tone in made.series]}
    legend: Spec | None = {"columns": 1 if width <= 400 and len(made.series) > 2 else 0}
    return {"field": "series", "type": "nominal", "scale": scale, "legend": legend if len(made.series) > 1 else None}


def _bars(made: Figure, width: int, letters: int) -> Spec:
    totals: dict[str, float] = {}
    for point in made.points:
        totals[point.x] = totals.get(point.x, 0.0) + point.y
    single = made.kind == "bar"
    said = {point.x: point.words for point in made.points} if single else dict(made.notes)
    ends = [{"x": name, "y": total, "words": said.get(name, "")} for name, total in totals.items()]
    longest = max(map(len, said.values()), default=0)
    length_room = width - (230 if width > 500 else 112)
    share = max(0.4, (length_room - _room(longest, letters) - 6) / length_room)
    top = (max(totals.values(), default=0) or 1) / share
    length = {
        "field": "y", "type": "quantitative", "stack": "zero" if not single else None,
        "scale": {"domain": [0, top], "nice": False}, "axis": None,
    }  # fmt: skip
    bar = {
        "mark": {"type": "bar", "height": {"band": 0.62}, "cornerRadiusEnd": 2 if single else 0},
        "encoding": {
            "x": length, "y": _names(width), "color": _colour(made, width),
            "order": {"field": "order", "type": "quantitative"},
        },
    }  # fmt: skip
    words = {
        "data": {"values": ends},
        "mark": {"type": "text", "align": "left", "dx": 6},
        "encoding": {
            "x": length | {"stack": None},
            "y": _names(width),
            "text": {"field": "words", "type": "nominal"},
        },
    }
    parts = [] if single else [_parts(made, length, _names(width), (length_room / top, letters))]
    return {"height": {"step": letters * (26 if single else 34) // LETTERS}, "layer": [bar, words, *parts]}


def _room(count: int, letters: int) -> float:
    return count * letters * 0.6 + 8


def _parts(made: Figure, length: Spec, names: Spec, scale: tuple[float, int]) -> Spec:
    """Write its size into each part of a bar that is long enough; scale: pixels a unit at least, letters' pixels."""
    before: dict[str, float] = {}
    told = []
    for point in made.points:
        start = before.get(point.x, 0.0)
        before[point.x] = start + point.y
        if point.y and point.y * scale[0] >= len(point.words) * scale[1] * 0.56 + 4:
            told.append({"x": point.x, "y": start + point.y / 2, "words": point.words})
    return {
        "data": {"values": told},
        "mark": {"type": "text", "color": _PAPER},
        "encoding": {"x": length | {"stack": None}, "y": names, "text": {"field": "words", "type": "nominal"}},
    }


def _line(made: Figure, width: int, _: int) -> Spec:
    places = {point.x for point in made.points}
    dots = {"size": 28, "filled": True} if len(places) <= 31 else False
    labelled, clock = ticks(places, 8 if width > 500 else 4)
    return {
        "height": 240 if width > 500 else 190,
        "mark": {"type": "line", "strokeWidth": 2, "point": dots},
        "encoding": {
            "x": {
                "field": "x", "type": "temporal", "scale": {"type": "utc"},
                "axis": {"grid": False, "format": clock, "labelOverlap": True,
                         "labelSeparation": 8, "labelFlush": True, "values": labelled},
            },
            "y": {
                "field": "y", "type": "quantitative",
                "axis": {"domain": False, "tickCount": 4, "format": "%" if made.percent else ",~f"},
            },
            "color": _stroked(_colour(made, width)),
        },
    }  # fmt: skip


def _stroked(colour: Spec) -> Spec:
    """Let the legend of lines show lines: a line has no area that its square could be filled with."""
    return {
        **colour,
        "legend": colour["legend"] and {**colour["legend"], "symbolType": "stroke", "symbolStrokeWidth": 3},
    }


def _heatmap(_: Figure, width: int, _letters: int) -> Spec:
    step = {"paddingInner": 0.06}
    return {
        "height": {"step": 24},
        "mark": {"type": "rect", "fill": TONES["accent"]},
        "encoding": {
            "x": {
                "field": "x", "type": "nominal", "sort": None, "scale": step,
                "axis": {"domain": False, "labelAngle": 0, "labelOverlap": True},
            },
            "y": {
                "field": "row", "type": "nominal", "sort": None, "scale": step,
                "axis": {"domain": False, "labelColor": _INK, "labelLimit": 160 if width > 500 else 112},
            },
            "opacity": {
                "field": "y", "type": "quantitative", "legend": None, "scale": {"zero": True, "range": [0.05, 1]},
            },
        },
    }  # fmt: skip


def _spark(made: Figure, _: int, _letters: int) -> Spec:
    tone = made.series[0][1] if made.series else "accent"
    return {
        "height": 28,
        "mark": {"type": "line", "strokeWidth": 1.5, "color": TONES[tone]},
        "encoding": {
            "x": {"field": "order", "type": "quantitative", "axis": None, "scale": {"nice": False}},
            "y": {"field": "y", "type": "quantitative", "axis": None, "scale": {"zero": False, "nice": False}},
        },
    }


_DRAW = {"bar": _bars, "stacked": _bars, "line": _line, "heatmap": _heatmap, "spark": _spark}
