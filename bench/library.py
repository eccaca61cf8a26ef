"""How long the job library takes against the sandbox: all jobs in one call, and one call for each."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.measure import ROOT, Figure, environment

PARTS = ("reportrunner.toml", "jobs", "templates", "data", "apis")


def measure() -> Iterator[Figure]:
    """Measure whole processes, in a copy of the project."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        root = Path(folder)
        for part in PARTS:
            (root / part).symlink_to(ROOT / part)
        jobs = sorted(path for path in (ROOT / "jobs").glob("*/*.toml") if "examples" not in path.parts)
        names = [path.relative_to(ROOT).as_posix() for path in jobs]
        together, said = _run(root, *names)
        alone = sum(_run(root, name)[0] for name in names)
        told = re.search(r"[\d,]+ requests", said)
        note = f"{told[0] if told else ''}, against one call for each"
        yield Figure(f"the library, {len(names)} jobs in one call", together, alone, note)


def _run(root: Path, *jobs: str) -> tuple[float, str]:
    arguments = [sys.executable, "-m", "reportrunner", "run", *jobs, "--sandbox", "--as-of", "2026-11-16"]
    started = time.perf_counter()
    done = subprocess.run(
        arguments, cwd=root, env=environment(), capture_output=True, text=True, timeout=600, check=False
    )
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return seconds, done.stderr
