"""A subject that tells a result says first when the report is not to be relied on: most people read no further."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import run

BROKEN = '[checks.never_right]\nsql = "select 1 as n"\nmessage = "This is never right"\n\n[outputs'


@pytest.mark.parametrize(
    ("job", "file"), [("content/weekly-export", "message.eml"), ("accessibility/coverage", "summary.eml")]
)
def test_a_subject_is_no_surer_than_its_message(tmp_path: Path, job: str, file: str) -> None:
    ran = run(tmp_path / "p", job, edit=lambda text: text.replace("[outputs", BROKEN, 1))
    assert ran.code == 5, ran.err
    assert ran.findings["checks.never_right"] == ("error", 1)
    assert ran.message(file)["Subject"].strip().startswith("[sandbox data] Not to be relied on: ")
