"""Whether the test of a trap fails when its handling is removed: one change of the package per row, made in a copy.

`python -m tests.traps.trap_mutations [ROW ...]` makes the changes of the files `*_mutations.toml`, one at a time, and
runs the tests of the row; the outcome of all of them is kept in MUTATIONS.md.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LIST = HERE / "MUTATIONS.md"
SECTIONS = {"13": 25, "14": 33, "l2": 6, "l3": 16, "l4": 3, "l5": 4, "l7": 11, "c8": 14}
"""How many rows a section has: 13 and 14 of kaltura.md, those with an l of livekit.md, with a c of cloudflare.md."""
ROWS = tuple(f"{section}.{number:02d}" for section, count in SECTIONS.items() for number in range(1, count + 1))
TOML = ("trap_mutations.toml", "livekit_mutations.toml", "cloudflare_mutations.toml")
COPIED = ("reportrunner", "tests/traps", "data", "jobs", "templates")
FILES = ("pyproject.toml", "reportrunner.toml")
WORKERS = 2


@dataclass(frozen=True)
class Mutation:
    """One change: `old` stands once in `file` of the package, and `new` instead of it takes the handling away."""

    row: str
    why: str
    file: str
    old: str
    new: str

    @property
    def test_file(self) -> str:
        section = self.row.partition(".")[0]
        if section.startswith("l"):
            return "tests/traps/test_livekit_rules.py"
        name = f"cloudflare_section_{section[1:]}" if section.startswith("c") else f"kaltura_section_{section}"
        return f"tests/traps/test_{name}.py"

    @property
    def prefix(self) -> str:
        return f"test_{self.row.replace('.', '_')}_"

    def applied(self, text: str) -> str:
        assert text.count(self.old) == 1, f"{self.row}: {self.file} has {text.count(self.old)} times {self.old!r}"
        return text.replace(self.old, self.new)


@dataclass(frozen=True)
class Outcome:
    """How the tests of a row ended in the changed copy."""

    mutation: Mutation
    killed: bool
    failed: tuple[str, ...]
    told: str


def mutations() -> tuple[Mutation, ...]:
    return tuple(Mutation(**row) for name in TOML for row in tomllib.loads((HERE / name).read_text("utf-8"))["rows"])


def copy_of_project(folder: Path) -> Path:
    """A copy with the package, the tests of traps and what they import; bytecode that is checked by content."""
    unwanted = shutil.ignore_patterns("__pycache__")
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=unwanted)
    for file in (*FILES, *(str(path.relative_to(ROOT)) for path in (ROOT / "tests").glob("*.py"))):
        if not Path(file).name.startswith("test_"):
            shutil.copy(ROOT / file, folder / file)
    command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "checked-hash", "reportrunner", "tests"]
    subprocess.run(command, cwd=folder, check=True)
    return folder


def run_tests(folder: Path, mutation: Mutation) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-rf", "--tb=no", "-p", "no:cacheprovider", mutation.test_file]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command += ["-k", mutation.prefix]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240, check=False
    )


def tried(folder: Path, mutation: Mutation) -> Outcome:
    """Make the change, run the row's tests, take it back. Only tests that ran and failed count (pytest's exit 1)."""
    file = folder / "reportrunner" / mutation.file
    whole = file.read_text("utf-8")
    file.write_text(mutation.applied(whole), "utf-8")
    try:
        ended = run_tests(folder, mutation)
    finally:
        file.write_text(whole, "utf-8")
    failed = tuple(dict.fromkeys(re.findall(rf"^FAILED \S+?::({mutation.prefix}\w+)", ended.stdout, re.MULTILINE)))
    return Outcome(mutation, ended.returncode == 1 and bool(failed), failed, ended.stdout + ended.stderr)


def try_all(chosen: Sequence[Mutation]) -> list[Outcome]:
    """Try every change, in as many copies as there are workers; the tests pass in a copy that is as it was."""
    with tempfile.TemporaryDirectory() as scratch:
        copies: Queue[Path] = Queue()
        for number in range(WORKERS):
            copies.put(copy_of_project(Path(scratch) / str(number)))
        first = copies.get()
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            *sorted({one.test_file for one in chosen}),
        ]
        subprocess.run(command, cwd=first, env={**os.environ, "PYTHONPATH": str(first)}, check=True)
        copies.put(first)

        def one(mutation: Mutation) -> Outcome:
            folder = copies.get()
            try:
                return tried(folder, mutation)
            finally:
                copies.put(folder)

        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(one, chosen))


def written(outcomes: Iterable[Outcome]) -> str:
    """The list of changes tried, as MUTATIONS.md keeps it."""
    lines = [
        "# What the tests of traps fail for",
        "",
        "Each row of `kaltura.md` sections 13 and 14, each rule of `livekit.md` (`l7.01` is row 1 of its section 7),",
        "and each row of `cloudflare.md` section 8 (`c8.01`): the change of this product that takes its handling away",
        "(the exact texts stand in `*_mutations.toml`), and the tests that failed for it in a changed copy.",
        "Written by `python -m tests.traps.trap_mutations`.",
        "",
        "| Row | File | What is taken away | Failed |",
        "|---|---|---|---|",
    ]
    for one in outcomes:
        tests = ", ".join(f"`{name}`" for name in one.failed) or "**none**"
        lines.append(f"| {one.mutation.row} | `{one.mutation.file}` | {one.mutation.why} | {tests} |")
    return "\n".join(lines) + "\n"


def main(rows: list[str]) -> int:
    outcomes = try_all([one for one in mutations() if not rows or one.row in rows])
    for one in outcomes:
        sys.stdout.write(f"{one.mutation.row} {'killed' if one.killed else 'SURVIVED'}: {one.mutation.why}\n")
        if not one.killed:
            sys.stdout.write(one.told)
    if not rows:
        LIST.write_text(written(outcomes), "utf-8")
    return int(not all(one.killed for one in outcomes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
