"""Runs about to happen: each prepared job gets a name for its record, its place in the state, and the clock."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

from reportrunner.cli.options import wall_clock
from reportrunner.cli.progress import Progress
from reportrunner.prepare import Prepared
from reportrunner.project_root import STATE
from reportrunner.run import Trip

OUT = "out"


def trips(prepared: Iterable[Prepared], out: Path | None, progress: Progress) -> Iterator[Trip]:
    """Give the trip of each prepared job when its turn comes, so that its record tells when it began."""
    for ready in prepared:
        root, started = ready.order.root, wall_clock()
        runs = root / STATE / "runs"
        identity = f"{started:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        while (runs / identity).exists():
            identity = f"{started:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        said = progress.of(ready.plan.run)
        yield Trip(ready, identity, runs / identity, out or root / OUT, said, started, wall_clock)
