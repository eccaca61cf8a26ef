"""How often a dataset asks: its `each` and its `split` become what closes the ask, or problems."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reportrunner.ask import InlineNode, Node, QueryNode
from reportrunner.checker import Checker, Loc
from reportrunner.closing import CEILING, MOST_SLICES, Each, Split
from reportrunner.diagnose import Hinted
from reportrunner.diagnose.shape import found
from reportrunner.fan_out_spec import FanOutSpec
from reportrunner.load.words import CalendarFaultError, Calendars, period_of
from reportrunner.spec import EndpointDataset
from reportrunner.spelling import did_you_mean
from reportrunner.table import Column, ColumnType, Value
from reportrunner.toml_value import fits, kind_of, plain_value
from reportrunner.window import Window
from reportrunner.window.calendar import CalendarPeriod
from reportrunner.window.period import AnyPeriod, bounds
from reportrunner.window.window import slices
from reportrunner.window.zone import load_zone

Load = Callable[[str, tuple[str, ...]], Node | None]
"""Loads another section first; the names are the datasets whose `each` led there."""
HOUR = 3600
LENGTHS = {
    "hour": HOUR,
    "day": 24 * HOUR,
    "week": 168 * HOUR,
    "month": 730 * HOUR,
    "quarter": 2191 * HOUR,
    "year": 8766 * HOUR,
}
"""About how many seconds a period has, shortest first."""


class EachLoader:
    """Loads the `each` of datasets that ask an endpoint."""

    def __init__(self, checker: Checker, declared: frozenset[str], load_other: Load) -> None:
        """Take the names of all datasets, and what loads the one that an `each` goes over."""
        self._checker = checker
        self._declared = declared
        self._load_other = load_other

    def load(self, section: Any, loc: Loc, trail: tuple[str, ...]) -> Each | None:
        """Return the open place of a section that has an `each`, or None with its problems added."""
        loc = (*loc, "each")
        data = self._checker.rendered(section["each"], loc)
        spec = None if data is None else self._checker.validated(FanOutSpec, data, loc)
        if spec is None:
            return None
        if spec.values is not None:
            return self._of_values(spec, loc)
        assert spec.dataset is not None
        assert spec.column is not None
        if spec.dataset not in self._declared:
            message = f'there is no dataset "{spec.dataset}"' + did_you_mean(spec.dataset, self._declared)
            self._checker.problem((*loc, "dataset"), message)
            return None
        if spec.dataset in trail:
            circle = " -> ".join([*trail[trail.index(spec.dataset) :], spec.dataset])
            self._checker.problem((*loc, "dataset"), f"datasets need one another in a circle: {circle}")
            return None
        node = self._load_other(spec.dataset, trail)
        return None if node is None else self._over(node, spec, loc)

    def _of_values(self, spec: FanOutSpec, loc: Loc) -> Each | None:
        values = spec.values or []
        column = Column(spec.name or "value", kind_of(values[0]) if values else ColumnType.STRING)
        for number, value in enumerate(values):
            if not fits(value, column.type):
                message = f"the first value is {column.type.value}, found {found(value)}"
                self._checker.problem((*loc, "values", number), message)
                return None
        return self._known(Each(column), [plain_value(value, column.type) for value in values], spec, loc)

    def _over(self, node: Node, spec: FanOutSpec, loc: Loc) -> Each | None:
        dataset, of, pack = spec.dataset or "", spec.column or "", spec.pack or 0
        if isinstance(node, QueryNode):
            return Each(Column(spec.name, ColumnType.STRING), dataset, of, bound=False, pack=pack)
        names = [column.name for column in node.columns]
        if of not in names:
            message = f'dataset "{dataset}" has no column "{of}"' + did_you_mean(of, names)
            self._checker.problem((*loc, "column"), message)
            return None
        place = names.index(of)
        column = Column(spec.name, node.columns[place].type, personal=node.columns[place].personal)
        each = Each(column, dataset, of, pack=pack)
        if isinstance(node, InlineNode):
            return self._known(each, [row[place] for row in node.rows.rows], spec, loc)
        return each

    def _known(self, each: Each, values: list[Value], spec: FanOutSpec, loc: Loc) -> Each | None:
        distinct = tuple(dict.fromkeys(values))
        if len(distinct) > CEILING:
            said = f"each goes over {len(distinct):,} values, and {CEILING:,} are the most"
            self._checker.problem(loc, said)
            return None
        return Each(each.column, each.dataset, each.of, distinct, pack=spec.pack or 0)


def load_split(
    checker: Checker,
    parameters: EndpointDataset,
    window: Window | None,
    each: Each | None,
    calendars: Calendars,
    loc: Loc,
) -> Split | None:
    """Return how a dataset's window is cut, or None with its problems added."""
    loc, spec = (*loc, "split"), parameters.split
    if spec is None:
        return None
    try:
        period = period_of(spec.by, "split", calendars)
    except Hinted as error:
        checker.problem((*loc, "by"), str(error), error.hint)
        return None
    except CalendarFaultError:
        return None
    if window is None:
        hint = 'add window = "...", or remove split where the endpoint takes none'
        checker.problem(loc, "split cuts the window, and this dataset has none", hint)
        return None
    parts = _slices(checker, window, period, loc)
    asked = _times(each) * len(parts)
    if asked > CEILING:
        cut = f"{len(each.values or ()) if each else 1:,} values and {len(parts):,} slices of the window"
        said = f"{cut} are {asked:,} requests, and {CEILING:,} are the most"
        checker.problem(loc, said, "split by a longer period, ask a shorter window, or add pack to each")
        return None
    if not parts:
        return None
    column = Column(spec.as_, ColumnType.STRING, personal=False)
    return Split(spec.by, column, parts, tuple(part for part in parts if _is_cut(part, period)))


def _is_cut(part: Window, period: AnyPeriod) -> bool:
    return bounds(period, part.start_unix, load_zone(part.zone)) != (part.start_unix, part.end_unix)


def _slices(checker: Checker, window: Window, period: AnyPeriod, loc: Loc) -> tuple[Window, ...]:
    """Return the slices of a window, none with the problem added: too many, or those of days with gaps between."""
    unit = period.unit if isinstance(period, CalendarPeriod) else period
    if isinstance(period, CalendarPeriod) and unit == "day":
        checker.problem((*loc, "by"), f'"{period}" leaves days between, which nobody would ask', 'write "day"')
        return ()
    seconds = window.end_unix - window.start_unix
    about = seconds // LENGTHS[unit]
    parts = slices(window, period) if about <= 2 * MOST_SLICES else ()
    if max(len(parts), about if not parts else 0) <= MOST_SLICES:
        return parts
    number = f"{len(parts):,}" if parts else f"about {about:,}"
    longer = next((word for word, length in LENGTHS.items() if seconds // length < MOST_SLICES), "")
    said = f'the window {window.label} has {number} slices by "{period}", and {MOST_SLICES:,} are the most'
    checker.problem((*loc, "by"), said, f'write "{longer}", or a shorter window' if longer else "")
    return ()


def _times(each: Each | None) -> int:
    """Return how often an `each` whose values are known asks, for one slice."""
    if each is None or each.values is None:
        return 1
    return -(-len(each.values) // each.pack) if each.pack else len(each.values)
