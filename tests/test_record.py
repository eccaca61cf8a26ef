from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import tomli_w

from reportrunner import __version__
from reportrunner.environment import Sent
from reportrunner.record import Record, changes, write_record
from reportrunner.report import Finding

NOW = dt.datetime(2026, 11, 21, 10, 0, tzinfo=dt.UTC)
SENT = Sent("weekly", "polls", "poll", 2, 200, "", 12.5, 31, "request-1")


def record(**changes: Any) -> Record:
    facts: dict[str, Any] = {
        "id": "20261121T100000-abc123",
        "job": "weekly",
        "label": "2026-W46",
        "started": NOW,
        "ended": NOW + dt.timedelta(seconds=3),
        "exit_code": 0,
        "sandbox": False,
        "datasets": {"polls": "120 rows"},
        "findings": [Finding("check", "warn", "checks.known", "People unknown", 2, ("name Ana",))],
        "sent": [SENT],
        **changes,
    }
    return Record(**facts)


def manifest(**changes: Any) -> dict[str, Any]:
    return {
        "inputs": {"job": "1", "data/roster.csv": "2"},
        "datasets": {"polls": {"sha256": "3"}, "late": {"sha256": "4"}},
        "documents": [{"path": "late.csv", "sha256": "5"}],
        **changes,
    }


def said(*arguments: Any) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(write_record(*arguments))
    return read


def test_a_record_tells_everything_that_may_differ_from_run_to_run() -> None:
    assert said(record(), b"", ()) == {
        "schema": 1,
        "run": "20261121T100000-abc123",
        "version": __version__,
        "job": "weekly",
        "label": "2026-W46",
        "started": "2026-11-21T10:00:00+00:00",
        "ended": "2026-11-21T10:00:03+00:00",
        "exit_code": 0,
        "sandbox": False,
        "datasets": {"polls": "120 rows"},
        "errors": [],
        "findings": [
            {
                "code": "check",
                "severity": "warn",
                "subject": "checks.known",
                "message": "People unknown",
                "count": 2,
            }
        ],
        "requests": [
            {
                "run": "weekly",
                "dataset": "polls",
                "step": "poll",
                "attempt": 2,
                "status": 200,
                "fault": "",
                "milliseconds": 12.5,
                "bytes": 31,
                "request_id": "request-1",
            }
        ],
    }


def test_a_record_names_the_files_that_were_kept_and_read() -> None:
    told = said(record(kept={"sessions": "a.parquet"}, fed={"quarter": ["a.parquet", "b.parquet"]}), b"", ())
    assert (told["kept"], told["fed"]) == ({"sessions": "a.parquet"}, {"quarter": ["a.parquet", "b.parquet"]})


def test_a_failed_run_says_why() -> None:
    assert said(record(errors=["datasets.polls, step poll: no"], exit_code=4), b"", ())["errors"] == [
        "datasets.polls, step poll: no"
    ]


def test_a_rerun_names_what_it_supersedes_and_what_changed(tmp_path: Path) -> None:
    for name, roster in (("2026-W46", "1"), ("2026-W46.r2", "2")):
        (tmp_path / name).mkdir()
        before = manifest(inputs={"job": "1", "data/roster.csv": roster})
        (tmp_path / name / "manifest.toml").write_text(tomli_w.dumps(before))
    earlier = [tmp_path / "2026-W46", tmp_path / "2026-W46.r2"]
    after = manifest(datasets={"polls": {"sha256": "9"}, "late": {"sha256": "4"}})
    got = said(record(), tomli_w.dumps(after).encode(), earlier)
    assert (got["supersedes"], got["changed"]) == ("2026-W46.r2", ["datasets polls"])


def test_a_first_run_and_a_failed_one_supersede_nothing(tmp_path: Path) -> None:
    assert "supersedes" not in said(record(), tomli_w.dumps(manifest()).encode(), [])
    assert "supersedes" not in said(record(), b"", [tmp_path])


def test_a_manifest_that_is_gone_or_broken_counts_as_nothing(tmp_path: Path) -> None:
    now = tomli_w.dumps(manifest()).encode()
    everything = ["inputs data/roster.csv", "inputs job", "datasets late", "datasets polls", "documents late.csv"]
    assert said(record(), now, [tmp_path])["changed"] == everything
    for content in (b"\xff", b"not = ", b"documents = [{}]\n[inputs]\njob = 1\n"):
        (tmp_path / "manifest.toml").write_bytes(content)
        assert "documents late.csv" in said(record(), now, [tmp_path])["changed"]


def test_changes_name_what_came_went_and_became_other() -> None:
    after = manifest(
        inputs={"job": "1", "templates/x.j2": "7"},
        documents=[{"path": "late.csv", "sha256": "6"}, {"path": "new.html", "sha256": "8"}],
    )
    assert changes(manifest(), after) == [
        "inputs data/roster.csv",
        "inputs templates/x.j2",
        "documents late.csv",
        "documents new.html",
    ]
    assert changes(manifest(), manifest()) == []


def test_text_is_written_as_it_is() -> None:
    assert "Zoë".encode() in write_record(record(label="Zoë"), b"", ())
