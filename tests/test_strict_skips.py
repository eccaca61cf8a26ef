"""`--strict-skips`, in a pytest of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

CASES = """
import pytest

def test_passes(): pass

@pytest.mark.skip(reason="of a mark")
def test_of_a_mark(): pass

def test_of_itself(): pytest.skip("of itself")

@pytest.mark.xfail
def test_expected(): assert False
"""
MODULE = "import pytest\npytest.skip('a whole module', allow_module_level=True)\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (tmp_path / "test_cases.py").write_text(CASES, encoding="utf-8")
    (tmp_path / "test_module.py").write_text(MODULE, encoding="utf-8")
    return tmp_path


def outcome(folder: Path, *options: str) -> tuple[int, dict[str, int], str]:
    here = str(Path(__file__).parent)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "strict_skips", *options, str(folder)]
    done = subprocess.run(
        command, capture_output=True, text=True, env={"PYTHONPATH": here, "PATH": ""}, cwd=folder, check=False
    )
    counts = {word: int(count) for count, word in re.findall(r"(\d+) (\w+)", done.stdout.splitlines()[-1])}
    return done.returncode, counts, done.stdout


def test_skips_pass_by_default(folder: Path) -> None:
    code, counts, _ = outcome(folder)
    assert code == 0
    assert (counts["passed"], counts["skipped"], counts["xfailed"]) == (1, 3, 1)


def test_strict_skips_fail(folder: Path) -> None:
    code, counts, said = outcome(folder, "--strict-skips", "--continue-on-collection-errors")
    assert code == 1
    assert (counts["passed"], counts["failed"], counts["errors"], counts["xfailed"]) == (1, 1, 2, 1)
    assert "skipped" not in counts
    assert "of itself; with --strict-skips that is a failure" in said
