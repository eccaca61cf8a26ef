"""What a user reads when a job or its project is wrong, to the byte: `golden/diagnostics/<case>/`.

A case holds `edit.toml` (what is changed in a copy of this project, and the command line), `stderr.txt` and `exit`.
With REPORTRUNNER_GOLDEN=write in the environment the last two are written anew; read what changed before keeping it.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

import pytest
from projects import AS_OF, JOB, copy_project

from reportrunner.cli.main import run_command

CASES = Path(__file__).parent / "golden" / "diagnostics"
NAMES = sorted(path.name for path in CASES.iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = CASES / name
    told = tomllib.loads((case / "edit.toml").read_text("utf-8"))
    root = copy_project(tmp_path / "project")
    for edit in told["edits"]:
        change(root, edit)
    monkeypatch.chdir(root)
    code = run_command(told.get("command") or ["validate", JOB, "--as-of", AS_OF])
    said = capsys.readouterr()
    golden(case / "stderr.txt", said.err)
    golden(case / "exit", f"{code}\n")
    assert said.out == ""
    for secret in told.get("secrets", ()):
        assert secret not in said.err


def change(root: Path, edit: dict[str, Any]) -> None:
    """Replace the one place where `old` stands in a file, or write the whole file where there is no `old`."""
    file = root / edit.get("file", JOB)
    if "old" not in edit:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(edit["new"], "utf-8")
        return
    text = file.read_text("utf-8")
    nth = edit.get("nth", 1)
    parts = text.split(edit["old"])
    assert len(parts) > nth, f"{file.name} has no {edit['old']!r}"
    assert "nth" in edit or len(parts) == 2, f"{edit['old']!r} stands {len(parts) - 1} times: say nth"
    file.write_text(edit["old"].join(parts[:nth]) + edit["new"] + edit["old"].join(parts[nth:]), "utf-8")


def golden(file: Path, found: str) -> None:
    if os.environ.get("REPORTRUNNER_GOLDEN") == "write":
        file.write_text(found, "utf-8")
    assert found == file.read_text("utf-8")
