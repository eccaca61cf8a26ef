"""The words a template may use beside its report: our filters, and the charts."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reportrunner.table import Value
from reportrunner.templating import words
from reportrunner.templating.figure import Figure, Kind, figure, fitting, summary, text_chart
from reportrunner.templating.grid import grid, html_table, text_table
from reportrunner.window import Window


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart beside an e-mail: what the page calls it, its bytes, and the same as text."""

    cid: str
    png: bytes
    text: str


class Charts:
    """The charts a template calls as `chart.bar(dataset, x=..., y=...)`."""

    def __init__(self, zone: dt.tzinfo, mail: bool) -> None:
        """Draw SVG into the page, or, for mail, PNG beside it."""
        self._zone = zone
        self._mail = mail
        self._pictures: dict[str, Picture] = {}

    def bar(self, data: object, **options: object) -> Markup:
        """Draw horizontal bars: `x` names them, `y` is their length."""
        return self._draw("bar", data, options)

    def line(self, data: object, **options: object) -> Markup:
        """Draw lines over time: `x` is a date or timestamp, `y` one or several columns, or `series` splits one."""
        return self._draw("line", data, options)

    def stacked(self, data: object, **options: object) -> Markup:
        """Draw bars of parts: `y` several columns, or one split by `series`; `note` stands at the end."""
        return self._draw("stacked", data, options)

    def heatmap(self, data: object, **options: object) -> Markup:
        """Draw a field of `x` by `y`, darker where `value` is larger."""
        return self._draw("heatmap", data, options)

    def spark(self, data: object, **options: object) -> Markup:
        """Draw a line as small as a word: `y` in the order of the rows."""
        return self._draw("spark", data, options)

    def fitting(self, data: object, **options: object) -> Markup:
        """Draw the chart that suits a dataset: over time, or by name; nothing when none does."""
        kind, found = fitting(data)
        return self._draw(kind, data, {**found, **options}) if kind else Markup("")

    def _draw(self, kind: Kind, data: object, options: Mapping[str, object]) -> Markup:
        made = figure(kind, data, options, self._zone)
        drawn = self._drawn(made)
        if kind == "spark":
            return drawn
        outer, title = ("div", "p") if self._mail else ("figure", "figcaption")
        line = Markup("<br>") if self._mail else " "  # mail clients and the text part know no block layout of ours
        small = Markup("{}<small>{}</small>").format(line, made.subtitle) if made.subtitle else ""
        head = Markup('<{0} class="rr-caption">{1}{2}</{0}>').format(title, made.title, small) if made.title else ""
        rest = Markup('<p class="rr-more">and {} more</p>').format(made.left_out) if made.left_out else ""
        return Markup('<{0} class="rr-chart">{1}{2}{3}</{0}>').format(outer, head, drawn, rest)

    def _drawn(self, made: Figure) -> Markup:
        if not made.points:
            return Markup('<p class="rr-empty">No data.</p>')
        from reportrunner.templating.charts import MAIL, inline_svg, png

        if not self._mail:
            return Markup(inline_svg(made))  # noqa: S704
        content = png(made)
        cid = f"chart-{hashlib.sha256(content).hexdigest()[:16]}@reportrunner.invalid"
        self._pictures[cid] = Picture(cid, content, text_chart(made))
        width = 120 if made.kind == "spark" else MAIL
        return Markup('<img src="cid:{}" width="{}" alt="{}" class="rr-picture">').format(cid, width, summary(made))

    @property
    def _collected(self) -> tuple[Picture, ...]:
        return tuple(self._pictures.values())

    def __repr__(self) -> str:
        """Name the thing, for messages."""
        return "chart"


def pictures(charts: Charts) -> tuple[Picture, ...]:
    """Return what was drawn beside the page, in the order of the page."""
    return charts._collected  # noqa: SLF001


def filters(zone: dt.tzinfo) -> dict[str, Any]:
    """Return the filters of ours; `zone` is the job's, in which instants are told."""

    def as_table(rows: object, **options: object) -> Markup:
        return Markup(html_table(grid(rows, options, zone)))  # noqa: S704

    def as_text(rows: object, **options: object) -> str:
        return text_table(grid(rows, options, zone))

    def as_date(value: Value, fmt: str = "iso") -> str:
        return words.date(words.here(value, zone), fmt)

    def as_moment(value: Value) -> str:
        return words.moment(words.here(value, zone))

    return {
        **_WORDS,
        "date": as_date,
        "moment": as_moment,
        "html_table": as_table,
        "text_table": as_text,
    }


def window_words(window: object) -> str:
    """Return a window as a reader says it: days, with clocks where its ends are no midnights."""
    if not isinstance(window, Window):
        raise words.UnfitError(f"span needs a window, not {words.describe(window)}")
    if window.whole_days:
        return words.days(window.first_day, window.last_day)
    if window.start.date() == window.end.date() and window.start.tzname() == window.end.tzname():
        end = words.date(window.end, "%H:%M %Z").rstrip()
        return f"{words.date(window.start, '%-d %B %Y, %H:%M')}{words.DASH}{end}"
    clock = window.start.time() != dt.time()
    start = words.moment(window.start) if clock else words.date(window.start, "%-d %B %Y")
    return f"{start} {words.DASH} {words.moment(window.end)}"


_WORDS: dict[str, Any] = {
    "span": window_words,
    "number": words.number,
    "percent": words.percent,
    "duration": words.duration,
    "bytes": words.size,
    "date": words.date,
    "moment": words.moment,
    "delta": words.delta,
    "slug": words.slug,
    "plural": words.plural,
}
FILTERS: tuple[str, ...] = (*_WORDS, "html_table", "text_table")
