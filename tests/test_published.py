"""What stands published for a label: done only where it answers the very question, ended well, and is whole."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from plans import plan

from reportrunner.manifest import question
from reportrunner.published import Standing, standing

PARAMS = {"since": dt.date(2026, 9, 1), "share": Decimal("0.90"), "teams": ["a", "b"]}
ASKED = question(plan(params=PARAMS), {"job": "1", "data/roster.csv": "2"}, sandbox=True)
CSV = b"a,b\n1,2\n"
DOCUMENT = {"output": "o", "path": "people/o.csv", "bytes": len(CSV), "sha256": hashlib.sha256(CSV).hexdigest()}


def put(folder: Path, name: str = "2026-W46", ran: dict[str, Any] | None = None, **changes: Any) -> Path:
    """Publish a folder by hand: a manifest of the question, a record, and a document."""
    place = folder / name
    (place / "people").mkdir(parents=True)
    (place / "people/o.csv").write_bytes(CSV)
    said = {"schema": 1, "version": "0", **ASKED, "documents": [DOCUMENT], **changes}
    (place / "manifest.toml").write_text(tomli_w.dumps({k: v for k, v in said.items() if v is not None}))
    (place / "run.json").write_text(json.dumps({"schema": 1, "exit_code": 0} | (ran or {})))
    return place


def stands(folder: Path) -> Standing:
    return standing(folder, "2026-W46", ASKED)


def why(folder: Path) -> str:
    found = stands(folder)
    assert (found.state, found.folder) == ("other", "2026-W46")
    return found.why


def test_nothing_stands_where_nothing_was_published(tmp_path: Path) -> None:
    assert stands(tmp_path / "nowhere") == Standing("nothing")
    put(tmp_path, "2026-W45")
    (tmp_path / ".publishing-2026-W46-1").mkdir()
    assert stands(tmp_path) == Standing("nothing")


def test_the_same_question_is_done(tmp_path: Path) -> None:
    put(tmp_path)
    assert stands(tmp_path) == Standing("done", "2026-W46")


@pytest.mark.parametrize("changes", [{"version": "9.9"}, {"time_zone_data": "1999a"}, {"datasets": {"polls": {}}}])
def test_what_is_no_part_of_the_question_may_differ(tmp_path: Path, changes: dict[str, Any]) -> None:
    put(tmp_path, **changes)
    assert stands(tmp_path).state == "done"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"as_of": "2026-11-17T00:00:00-05:00"}, "as_of"),
        ({"sandbox": False}, "sandbox"),
        ({"job": "monthly"}, "job"),
        ({"timezone": "UTC"}, "timezone"),
        ({"label": None}, "label"),
        ({"inputs": {"job": "9", "data/roster.csv": "2"}}, "inputs job"),
        ({"inputs": {"job": "1", "templates/x.j2": "2"}}, "inputs data/roster.csv, inputs templates/x.j2"),
        ({"inputs": None}, "inputs"),
        ({"params": {**ASKED["params"], "since": dt.date(2026, 9, 2)}}, "params since"),
        ({"params": {**ASKED["params"], "share": "0.9"}}, "params share"),
        ({"windows": {"week": {"label": "2026-W46"}}}, "windows week"),
    ],
)
def test_another_question_names_what_changed(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    put(tmp_path, **changes)
    assert why(tmp_path) == f"changed since: {said}"


def test_a_run_that_found_errors_is_not_done(tmp_path: Path) -> None:
    put(tmp_path, ran={"exit_code": 5})
    assert why(tmp_path) == "it ended with 5"


@pytest.mark.parametrize("ran", [{"exit_code": None}, {"exit_code": "0"}, {"exit_code": False}])
def test_a_record_that_does_not_say_zero_is_not_done(tmp_path: Path, ran: dict[str, Any]) -> None:
    put(tmp_path, ran=ran)
    assert why(tmp_path) == f"it ended with {ran['exit_code']}"


def test_the_newest_revision_counts(tmp_path: Path) -> None:
    put(tmp_path)
    put(tmp_path, "2026-W46.r2", as_of="2026-11-17T00:00:00-05:00")
    assert stands(tmp_path) == Standing("other", "2026-W46.r2", "changed since: as_of")
    put(tmp_path, "2026-W46.r10")
    assert stands(tmp_path) == Standing("done", "2026-W46.r10")


@pytest.mark.parametrize("name", ["manifest.toml", "run.json"])
@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"schema": 2}', b"schema = 2", b"x = [", None])
def test_what_cannot_be_read_is_not_done(tmp_path: Path, name: str, content: bytes | None) -> None:
    file = put(tmp_path) / name
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    assert why(tmp_path) in {f"its {name} cannot be read", f"its {name} is of another schema"}


def test_a_document_that_is_gone_or_was_touched_is_made_again(tmp_path: Path) -> None:
    document = put(tmp_path) / "people/o.csv"
    document.write_bytes(CSV + b" ")
    assert why(tmp_path) == "its people/o.csv is not what was published"
    document.unlink()
    assert why(tmp_path) == "its people/o.csv is not there"


@pytest.mark.parametrize(
    "documents", [None, "o.csv", ["o.csv"], [{}], [{"path": "../o.csv"}], [{"path": "/etc/passwd"}]]
)
def test_a_list_of_documents_that_is_none_is_not_followed(tmp_path: Path, documents: object) -> None:
    put(tmp_path, documents=documents)
    assert why(tmp_path) == "its manifest.toml cannot be read"
