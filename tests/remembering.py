"""Small histories by hand: rows that runs have seen, kept as a run keeps them, and read back as one reads them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from plans import AS_OF, S, asking, job, query

from reportrunner.history import Memory, recall, remember
from reportrunner.land import land
from reportrunner.memory import Accumulate, Asked, HistoryNode
from reportrunner.table import Column, ColumnType, Landed, Rows, Value
from reportrunner.table_file import rows as stored
from reportrunner.window import Window
from reportrunner.window.window import window_of
from reportrunner.window.zone import day_unix, load_zone

ZONE = "America/New_York"
INTO = "history/talks"
T, D = ColumnType.TIMESTAMP, ColumnType.DATE
TALKS = (Column("id", S), Column("at", T), Column("state", S))
Row = tuple[Value, ...]


def day(text: str) -> int:
    """The first second of a day in New York."""
    return day_unix(dt.date.fromisoformat(text), load_zone(ZONE))


def moment(text: str) -> dt.datetime:
    """A moment as a cell holds it."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def over(first: str, end: str) -> Window:
    """The days from the first to the exclusive end."""
    return window_of(day(first), day(end), ZONE)


class Diary:
    """Runs of one job, one after the other, over one folder."""

    def __init__(self, folder: Path, landing: Path | None = None, **facts: Any) -> None:
        """`facts` are of `Memory`; tables are landed in the folder, or in another."""
        self.folder = folder
        self.landing = landing or folder
        self.facts: dict[str, Any] = {"withheld": lambda _, __: "", **facts}
        self._count = 0

    @property
    def kept(self) -> list[Path]:
        """The files of the history."""
        return sorted((self.folder / INTO).glob("*.parquet"))

    def memory(self, as_of: str = "", **facts: Any) -> Memory:
        """What a run as of the start of a day remembers with; it is seen then, too."""
        when = dt.datetime.fromtimestamp(day(as_of), load_zone(ZONE)) if as_of else AS_OF
        told = {"now": when, "run": f"run{self._count:03}", **self.facts, **facts}
        return Memory(job({"talks": query("talks"), "all": query("all")}, as_of=when), self.folder, **told)

    def saw(
        self,
        as_of: str,
        window: Window,
        rows: Sequence[Row],
        of: Sequence[Column] = TALKS,
        accumulate: Mapping[str, Any] | None = None,
        **facts: Any,
    ) -> Landed:
        """Land what a run saw, and keep it."""
        self._count += 1
        told = {"key": ("id",), "into": INTO, "window": window, "asked": Asked("somewhere"), **(accumulate or {})}
        node = replace(asking("talks", tuple(of)), asked=told.pop("asked"), accumulate=Accumulate(**told))
        table = land(Rows(tuple(of), list(rows)), "talks", self.landing / f"landed{self._count}.duckdb", ())
        return remember(node, Landed(table), {}, self.memory(as_of, **facts))

    def read(
        self,
        as_of: str,
        window: Window | None = None,
        of: Sequence[Column] = TALKS,
        key: tuple[str, ...] = (),
        **facts: Any,
    ) -> Landed:
        """Read all of it, or what lies in a window."""
        self._count += 1
        at = facts.pop("at", "at") if window else ""
        node = HistoryNode("all", INTO, window, at, tuple(of), (), key, facts.pop("feeder", ""))
        return recall(node, self.memory(as_of, **facts), self.landing / f"read{self._count}.duckdb")

    def rows(self, as_of: str, window: Window | None = None) -> list[Row]:
        """The rows that are read."""
        return stored(self.read(as_of, window).table)
