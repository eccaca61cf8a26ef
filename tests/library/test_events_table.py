"""data/events.csv, by which the jobs about events know where people registered: one param names the event."""

from __future__ import annotations

import csv
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from running import ROOT, run

from reportrunner.sandbox.virtual_events import VIRTUAL_EVENTS, app_guid, registrations

JOBS = ("events/roi", "events/follow-up", "events/crm")
ALL = {event: app_guid(event) for event in VIRTUAL_EVENTS}


def with_two_lines(text: str) -> str:
    return f"{text}4711,feed\n"


def without_the_guid(text: str) -> str:
    return text.replace(ALL["4711"], "")


def without_the_line(text: str) -> str:
    return text.replace(f"4711,{ALL['4711']}\n", "")


@pytest.mark.parametrize("change", [without_the_line, without_the_guid, with_two_lines])
@pytest.mark.parametrize("job", JOBS)
def test_an_event_that_has_no_line_of_its_own_ends_the_run(
    job: str, change: Callable[[str], str], tmp_path: Path
) -> None:
    done = run(tmp_path / "p", job, files={"data/events.csv": change})
    assert done.code == 3
    assert "error: event 4711 needs a line in data/events.csv" in done.err
    assert "nothing was published" in done.err
    assert done.sandbox.count("reports.generate") == 0
    assert not (tmp_path / "p" / "out").exists()


@pytest.mark.parametrize("job", JOBS)
def test_one_param_changes_the_event_and_who_registered_for_it(job: str, tmp_path: Path) -> None:
    done = run(tmp_path / "p", job, "--param", "event=4820")
    assert done.code == 0, done.err
    asked = [row["app_guid"] for row in done.table("registrations")]
    assert asked == [ALL["4820"]] * len(registrations("4820"))


def test_the_table_has_every_event_of_the_sandbox() -> None:
    with (ROOT / "data" / "events.csv").open(encoding="utf-8", newline="") as file:
        assert {row["event"]: row["app_guid"] for row in csv.DictReader(file)} == ALL


def test_the_sandbox_s_page_lists_them() -> None:
    cells = (ROOT / "docs" / "sandbox.md").read_text("utf-8").replace("`", "").split("|")
    told = {event.strip(): guid.strip() for event, guid in pairwise(cells)}
    assert told.items() >= ALL.items()
