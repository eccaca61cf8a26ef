"""What closes an ask: a value of its `each` or a pack of them, and a slice of its window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportrunner.table import Column, ColumnType, Value
from reportrunner.window import Window

CEILING = 10_000
"""The most values an `each` may have, and the most times that one dataset asks."""
MOST_SLICES = 1_000


@dataclass(frozen=True, slots=True)
class Closing:
    """One way to close the open places of an ask; nothing where there are none."""

    value: Value = None
    pack: tuple[Value, ...] = ()
    """Values that stand in one list together, instead of `value`."""
    slice: Window | None = None
    """The part of the dataset's window that is asked."""

    @property
    def label(self) -> str:
        """What messages call its answer; empty where there is no other."""
        value = "" if self.value is None else str(self.value)
        if self.pack:
            more = f" and {len(self.pack) - 1:,} more" if len(self.pack) > 1 else ""
            value = f"{self.pack[0]}{more}"
        return ", ".join(filter(None, (value, self.slice.label if self.slice else "")))


@dataclass(frozen=True, slots=True)
class Each:
    """The open place of an ask: the endpoint is asked once per value, or once per pack of values."""

    column: Column
    """The column in which the value is landed; values of a pack are not."""
    dataset: str = ""
    of: str = ""
    """The column of `dataset` that holds the values."""
    values: tuple[Value, ...] | None = None
    """Known at plan time, or None until `dataset` has landed."""
    bound: bool = True
    """False while the column's type is a guess, because SQL is still to tell it."""
    pack: int = 0
    """How many values stand in one list; 0: one request for each."""

    @property
    def waits_for(self) -> tuple[str, ...]:
        """The dataset that must have landed before the values are known, if any."""
        return (self.dataset,) if self.dataset and self.values is None else ()


@dataclass(frozen=True, slots=True)
class Split:
    """A window that is asked slice by slice."""

    by: str
    """The period whose starts cut it."""
    column: Column
    """The column in which a slice's label is landed."""
    slices: tuple[Window, ...]
    cut: tuple[Window, ...] = ()
    """Those of the slices that are parts of a period."""

    @property
    def start(self) -> Column:
        """The column in which a slice's first day is landed, or its first moment where slices are hours."""
        kind = ColumnType.TIMESTAMP if self.by == "hour" else ColumnType.DATE
        return Column(f"{self.column.name}_start", kind, personal=False)

    @property
    def columns(self) -> tuple[Column, Column]:
        """What says of which slice a row is."""
        return self.column, self.start

    def values(self, part: Window) -> tuple[Value, Value]:
        """Return what those columns hold for a slice."""
        return part.label, part.first_day if self.start.type is ColumnType.DATE else part.start


WHOLE = Closing()
"""The closing of an ask that has no open place."""


def closings(values: Sequence[Value] | None, pack: int, slices: Sequence[Window]) -> tuple[Closing, ...]:
    """Return every closing, in the order of the values and then of the slices; `values` is None without `each`.

    Packs are filled in that order too, so that equal values make equal packs.
    """
    firsts = [WHOLE]
    if values is not None and pack:
        firsts = [Closing(pack=tuple(values[first : first + pack])) for first in range(0, len(values), pack)]
    elif values is not None:
        firsts = [Closing(value) for value in values]
    if not slices:
        return tuple(firsts)
    return tuple(Closing(first.value, first.pack, part) for first in firsts for part in slices)
