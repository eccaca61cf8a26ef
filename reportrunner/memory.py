"""Memory as the plan has it: what a dataset leaves for later runs, and a dataset that reads what they left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from reportrunner.table import Column, Observation
from reportrunner.window import Window


@dataclass(frozen=True, slots=True)
class Asked:
    """What the rows of an endpoint's dataset answer, the same in every run, without secrets."""

    origin: str = ""
    """Where they come from: provider, endpoint, host and account."""
    question: str = "{}"
    """What decides which rows come, as the job writes it, as JSON."""


UNASKED = Asked()


@dataclass(frozen=True, slots=True)
class Accumulate:
    """What a dataset lands is kept: the columns that name a row, the history, and the span that the rows are all of."""

    key: tuple[str, ...]
    into: str
    window: Window | None = None
    """Where the dataset has no window of its own."""


@dataclass(frozen=True, slots=True)
class HistoryNode:
    """A dataset that reads a history: of each key the row that was seen last."""

    name: str
    into: str
    window: Window | None
    at: str
    """The column that says where in the window a row belongs; a date is a day of the window's zone."""
    columns: tuple[Column, ...]
    order: tuple[str, ...]
    key: tuple[str, ...]
    feeder: str = ""
    """The dataset of the same job that goes into the same history; what it brings is seen too."""


def moments(fed: Iterable[Observation]) -> list[dt.datetime]:
    """Return as of when the observations are, each moment once: a run that was repeated has told nothing new."""
    return sorted({one.as_of.astimezone(dt.UTC) for one in fed})
