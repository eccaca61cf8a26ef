"""Thousands of values packed into list filters: how many requests that takes, and that none is lost or asked twice.

The witness is the sandbox's own log of what it was asked.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

from showcase import Ran, copy_project, run_here

from reportrunner.sandbox import Faults
from reportrunner.sandbox.library import captions, items

JOB = "jobs/packs.toml"
LISTED = "baseEntry.list"
CAPTIONS = "caption_captionAsset.list"
TEXT = """
title = "Which entries have captions?"
timezone = "America/New_York"

[datasets.ids]                              # a file of the project
file    = "data/ids.csv"
columns = { entry_id = "string" }

[datasets.listed]                           # packs over the file
source   = "kaltura"
endpoint = "baseEntry.list"
each     = { dataset = "ids", column = "entry_id", pack = 200 }
filters  = { idIn = ["{{ each }}"] }

[datasets.captions]                         # packs over another dataset of the same job
source   = "kaltura"
endpoint = "caption_captionAsset.list"
each     = { dataset = "listed", column = "id", pack = 200 }
filters  = { entryIdIn = ["{{ each }}"] }

[datasets.some]                             # a few of them, each asked alone
file    = "data/some.csv"
columns = { entry_id = "string" }

[datasets.alone]
source   = "kaltura"
endpoint = "caption_captionAsset.list"
each     = { dataset = "some", column = "entry_id" }
filters  = { entryIdIn = ["{{ each }}"] }
empty    = "ok"

[outputs.listed]
format  = "csv"
dataset = "listed"
[outputs.captions]
format  = "csv"
dataset = "captions"
[outputs.alone]
format  = "csv"
dataset = "alone"
"""


def project_of(folder: Path, count: int) -> Path:
    """A project with so many ids in a file; its account is asked as fast as it answers."""
    project = copy_project(folder / "project")
    settings = project / "reportrunner.toml"
    assert 'rate = "20/1s"' in settings.read_text()
    settings.write_text(settings.read_text().replace('rate = "20/1s"', 'rate = "9000/1s"'))
    (project / JOB).write_text(TEXT)
    names = [f"1_lib{number:05d}" for number in range(1, count + 1)]
    # In no order, and every tenth of them twice: it is the values that are asked, not the rows.
    shuffled = [*names[1::2], *names[::10], *reversed(names[::2])]
    (project / "data" / "ids.csv").write_text("entry_id\n" + "".join(f"{name}\n" for name in shuffled))
    (project / "data" / "some.csv").write_text("entry_id\n" + "".join(f"{name}\n" for name in names[:: count // 20]))
    return project


def run(project: Path, count: int, *more: str, out: str = "out") -> Ran:
    return run_here(project, *more, job=JOB, out=out, faults=Faults(library=count))


def packs(ran: Ran, action: str, name: str) -> list[list[str]]:
    """The values of every request that named more than one."""
    assert ran.sandbox
    asked = [one.parameter(name) for one in ran.sandbox.log if one.action == action]
    return [value.split(",") for value in asked if value is not None and "," in value]


def rows(ran: Ran, file: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(ran.documents[file].decode("utf-8-sig"))))


def test_no_value_is_lost_or_asked_twice(tmp_path: Path) -> None:
    count = 8_000
    ran = run(project_of(tmp_path, count), count)
    assert ran.code == 0, ran.err
    names = {f"1_lib{number:05d}" for number in range(1, count + 1)}
    for action, parameter in ((LISTED, "filter.idIn"), (CAPTIONS, "filter.entryIdIn")):
        asked = packs(ran, action, parameter)
        assert [len(pack) for pack in asked] == [200] * 40, "40 requests, all of them full"
        values = [value for pack in asked for value in pack]
        assert Counter(values).most_common(1)[0][1] == 1
        assert set(values) == names
    assert {row["id"] for row in rows(ran, "listed.csv")} == names
    whole = [one for one in items(count) if one.entry_id in names and captions(one)]
    found = rows(ran, "captions.csv")
    assert sorted({row["entryId"] for row in found}) == sorted(one.entry_id for one in whole)
    assert len(found) == len({row["id"] for row in found}) == sum(len(captions(one)) for one in whole)
    alone = rows(ran, "alone.csv")
    assert len(alone) > 3
    some = {row["entry_id"] for row in alone}
    assert [{**row, "entry_id": row["entryId"]} for row in found if row["entryId"] in some] == alone


def test_packs_are_the_same_in_every_run(tmp_path: Path) -> None:
    project = project_of(tmp_path, 400)
    first, again = run(project, 400), run(project, 400, "--workers", "1", out="again")
    assert first.documents == again.documents
    assert first.documents["manifest.toml"].count(b'step = "fetch"') == 2 + 2 + 20
