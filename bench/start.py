"""How long it takes until something happens: `--help` and `validate` against Python itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from bench.measure import Figure, wall

JOB = "jobs/weekly-compliance.toml"


def measure() -> Iterator[Figure]:
    """Measure whole processes."""
    bare = wall([sys.executable, "-c", "pass"])
    run = (sys.executable, "-m", "reportrunner")
    yield Figure("--help", wall([*run, "--help"]), bare, "against python -c pass")
    yield Figure("run --help", wall([*run, "run", "--help"]), bare, "against python -c pass")
    yield Figure("ls", wall([*run, "ls"]), bare, "against python -c pass")
    yield Figure("validate, the showcase job", wall([*run, "validate", JOB]), bare, "against python -c pass")
    yield Figure("plan, the showcase job", wall([*run, "plan", JOB]), bare, "against python -c pass")
