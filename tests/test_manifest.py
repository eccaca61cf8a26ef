from __future__ import annotations

import datetime as dt
import hashlib
import tomllib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from plans import AS_OF, N, S, asking, columns, plan, query
from remembering import INTO, TALKS, Diary, over

from reportrunner.ask import InlineNode
from reportrunner.flow import Exchange
from reportrunner.gather import Gathered
from reportrunner.inputs import sha256
from reportrunner.land import land
from reportrunner.manifest import write_manifest
from reportrunner.memory import Accumulate, HistoryNode
from reportrunner.plan import RunPlan
from reportrunner.report import Document, Finding
from reportrunner.table import Landed, Rows
from reportrunner.window import Window
from reportrunner.window.zone import TZ_VERSION, load_zone

ZONE = "America/New_York"
WEEK = Window(dt.datetime(2026, 11, 9, tzinfo=load_zone(ZONE)), AS_OF, ZONE, "2026-W46")
PARAMS = {
    "start": dt.date(2026, 9, 1),
    "limit": Decimal("0.90"),
    "n": 3,
    "yes": True,
    "names": ["b", "a"],
    "parts": [Decimal("1.10")],
}
FOUND = (
    Finding("check", "warn", "checks.known", "People unknown", 2, ("name Ana",)),
    Finding("check", "ok", "checks.whole", "Whole"),
    Finding("kaltura.vod_only", "ok", "datasets.progress", "vod only", accepted="on purpose"),
)
EXCHANGES = tuple(Exchange("fetch", "POST", f"/api/{n}", f"request {n}", 200, f"reply {n}") for n in range(2))
DOCUMENT = Document("late", "late.csv", "text/csv; charset=utf-8", b"a\n1\n")
INPUTS = {"sources.house": "2", "job": "1"}


def parts(folder: Path) -> tuple[RunPlan, Gathered]:
    seen = columns(name=S, plays=N)
    of = plan(
        asking("progress", seen),
        InlineNode("course", Rows(columns(entry_id=S), [("gdpr",)]), (), ()),
        query("late", "progress", "course"),
        windows={"week": WEEK},
        params=PARAMS,
    )
    tables = {
        "progress": land(Rows(seen, [("Ana", 1)]), "progress", folder / "progress.duckdb", ()),
        "course": land(Rows(columns(entry_id=S), [("gdpr",)]), "course", folder / "course.duckdb", ()),
        "late": land(Rows(columns(n=N), [(1,)]), "late", folder / "late.duckdb", ()),
    }
    landed = {name: Landed(table) for name, table in tables.items()}
    return of, Gathered(landed, {"progress": EXCHANGES})


def written(of: RunPlan, gathered: Gathered, **changes: Any) -> bytes:
    given: dict[str, Any] = {"findings": FOUND, "documents": [DOCUMENT], "inputs": INPUTS, "sandbox": True, **changes}
    return write_manifest(of, gathered, **given)


def test_a_manifest_says_what_was_asked_what_came_back_and_what_was_written(tmp_path: Path) -> None:
    of, gathered = parts(tmp_path)
    said = tomllib.loads(written(of, gathered).decode())
    assert said["job"] == "weekly"
    assert (said["label"], said["timezone"], said["as_of"]) == ("2026-W46", ZONE, "2026-11-16T00:00:00-05:00")
    assert (said["schema"], said["sandbox"], said["time_zone_data"]) == (1, True, TZ_VERSION)
    assert said["windows"] == {
        "week": {
            "label": "2026-W46",
            "start": "2026-11-09T00:00:00-05:00",
            "end": "2026-11-16T00:00:00-05:00",
            "zone": ZONE,
        }
    }
    progress = said["datasets"]["progress"]
    assert (progress["source"], progress["endpoint"], progress["rows"]) == ("house", "question", 1)
    assert progress["columns"] == ["name string", "plays integer"]
    assert progress["sha256"] == gathered.landed["progress"].table.digest
    assert progress["findings"] == [
        {"code": "kaltura.vod_only", "severity": "ok", "message": "vod only", "accepted": "on purpose"}
    ]
    assert progress["exchanges"][1] == {
        "step": "fetch", "method": "POST", "url": "/api/1", "request": "request 1", "status": 200, "reply": "reply 1",
    }  # fmt: skip
    assert said["datasets"]["late"]["inputs"] == ["course", "progress"]
    assert "exchanges" not in said["datasets"]["course"]
    assert said["checks"]["known"] == {
        "code": "check", "severity": "warn", "message": "People unknown", "count": 2,
    }  # fmt: skip
    assert said["documents"] == [
        {
            "output": "late",
            "path": "late.csv",
            "media_type": "text/csv; charset=utf-8",
            "bytes": 4,
            "sha256": hashlib.sha256(b"a\n1\n").hexdigest(),
        }
    ]


def test_params_keep_their_types_and_decimals_their_digits(tmp_path: Path) -> None:
    params = tomllib.loads(written(*parts(tmp_path)).decode())["params"]
    assert params == {
        "start": dt.date(2026, 9, 1), "limit": "0.90", "n": 3, "yes": True, "names": ["b", "a"], "parts": ["1.10"],
    }  # fmt: skip


def test_samples_of_findings_are_personal_and_stay_out(tmp_path: Path) -> None:
    assert b"Ana" not in written(*parts(tmp_path))


def test_the_bytes_depend_on_nothing_but_the_values(tmp_path: Path) -> None:
    of, gathered = parts(tmp_path / "a")
    _, elsewhere = parts(tmp_path / "b")
    turned = Gathered(dict(reversed(elsewhere.landed.items())), elsewhere.exchanges)
    other = dict(reversed(INPUTS.items()))
    shuffled = replace(of, nodes=dict(reversed(list(of.nodes.items()))))
    assert written(of, gathered) == written(shuffled, turned, inputs=other)


def test_what_differs_is_seen(tmp_path: Path) -> None:
    of, gathered = parts(tmp_path)
    first = written(of, gathered)
    assert written(of, gathered, sandbox=False) != first
    assert written(of, gathered, inputs={**INPUTS, "job": "3"}) != first
    assert written(of, gathered, documents=[replace(DOCUMENT, content=b"b")]) != first
    assert written(of, replace(gathered, exchanges={"progress": EXCHANGES[:1]})) != first


def test_a_hash_is_sha_256_in_hexadecimal() -> None:
    assert sha256(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_manifest_names_histories_and_moments_but_no_file_and_no_run(tmp_path: Path) -> None:
    told = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        diary, span = Diary(folder), over("2026-11-09", "2026-11-10")
        landed = {"talks": diary.saw("2026-11-10", span, [("a", None, "")])}
        if folder.name == "b":
            diary.saw("2026-11-10", span, [("a", None, "")])
        diary.saw("2026-11-11", over("2026-11-10", "2026-11-11"), [])
        landed["known"] = diary.read("2026-11-11")
        talks = replace(query("talks"), accumulate=Accumulate(("id",), INTO, span))
        of = plan(talks, HistoryNode("known", INTO, None, "", TALKS, (), ()))
        told.append(written(of, Gathered(landed), documents=[], findings=[]))
    assert told[0] == told[1]
    datasets = tomllib.loads(told[0].decode())["datasets"]
    assert datasets["known"]["history"] == {
        "name": INTO, "as_of": ["2026-11-10T05:00:00+00:00", "2026-11-11T05:00:00+00:00"]
    }  # fmt: skip
    assert datasets["talks"]["kept"] == {
        "into": INTO, "covered": ["2026-11-09T05:00:00+00:00", "2026-11-10T05:00:00+00:00"]
    }  # fmt: skip
