"""How much memory landing takes does not depend on how many rows there are."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reportrunner.sandbox import Faults, Sandbox

pytestmark = pytest.mark.full
TESTS = Path(__file__).parents[1]


def peak(rows: int, file: Path) -> int:
    """Kibibytes at the peak of a process of its own that lands so many rows."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(TESTS.parent), str(TESTS)))}
    with Sandbox(clock=time.time, faults=Faults(export_rows=rows)) as sandbox:
        arguments = [sys.executable, str(TESTS / "full" / "registrations.py"), sandbox.base_url, str(file)]
        done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    landed, kibibytes = map(int, done.stdout.split())
    assert landed == rows
    return kibibytes


def test_a_million_rows_take_hardly_more_memory_than_a_tenth_of_them(tmp_path: Path) -> None:
    few, many = (peak(rows, tmp_path / f"{rows}.duckdb") for rows in (100_000, 1_000_000))
    assert many <= 1.2 * few, (few, many)
