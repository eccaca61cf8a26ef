"""Actions from the command line: refused without a go-ahead, after all reads, and held back when something is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from showcase import Ran, copy_project, nothing_published, parse_faults, run_apart, run_here

JOB = "jobs/order.toml"
READS = """
title    = "Captions for what was played"
timezone = "America/New_York"

[windows.week]
period = "week"
offset = -1

[datasets.plays]
source   = "kaltura"
endpoint = "report.getTable"
report   = "TOP_CONTENT"
window   = "week"
filters  = { entryIdIn = ["1_gdpr1", "1_gdpr2"], playbackTypeIn = ["vod"] }
"""
ORDER = """
[datasets.order]
source         = "kaltura"
endpoint       = "reach_entryVendorTask.add"
each           = { dataset = "plays", column = "object_id", as = "entry" }
entryId        = "{{ each }}"
reachProfileId = 7
catalogItemId  = 8
empty          = "error"
"""
MAIL = """
[datasets.mail]
source   = "kaltura"
endpoint = "baseEntry.exportToCsv"
"""
COUNTED = """
[datasets.ordered]
sql = "select count(*) as n from \\"order\\""
[outputs.ordered]
format  = "csv"
dataset = "ordered"
[outputs.plays]
format  = "csv"
dataset = "plays"
"""
NO_PLAYS = """
[checks.quiet]
sql     = "select object_id from plays"
message = "Nobody should have played anything"
"""
WARNS = NO_PLAYS + 'severity = "warn"\n'
AFTERWARDS = """
[checks.afterwards]
sql     = "select n from ordered"
message = "There should be no orders"
"""
MORE = """
[datasets.more]
source   = "kaltura"
endpoint = "report.getCsvFromStringParams"
id       = 3007
window   = "week"
params   = { entries_ids = ["1_gdpr1"] }
[outputs.more]
format  = "csv"
dataset = "more"
"""
ORDERS, CUSTOM = "reach_entryVendorTask.add", "report.getCsvFromStringParams"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_project(tmp_path)


def run(project: Path, *parts: str, **sandbox: Any) -> Ran:
    (project / JOB).write_text(READS + "".join(parts))
    return run_here(project, job=JOB, **sandbox)


def orders(ran: Ran) -> int:
    assert ran.sandbox is not None
    return ran.sandbox.count(ORDERS)


def test_without_a_go_ahead_every_action_is_named_and_nothing_is_sent(project: Path) -> None:
    """At the provider, that is: on the stand-in nothing is changed that is anybody's."""
    (project / JOB).write_text(f"{READS}{ORDER}{MAIL}{COUNTED}")
    ran = run_apart(project, "--as-of", "2025-11-16", job=JOB)
    assert ran.code == 2
    assert "these datasets change something at the provider:" in ran.err
    assert "  order: datasets.order carries out reach_entryVendorTask.add once for each " in ran.err
    assert "  order: datasets.mail mails a list of entries to the session's user" in ran.err
    assert "nothing was sent; give --allow-actions to let them" in ran.err
    assert not ran.folder.exists()


def test_reads_need_no_go_ahead(project: Path) -> None:
    (project / JOB).write_text(READS + COUNTED.replace('from \\"order\\"', "from plays"))
    ran = run_apart(project, "--as-of", "2025-11-16", job=JOB, KALTURA_ADMIN_SECRET="")
    assert ran.code == 3, "it goes on to what it needs next"
    assert "KALTURA_ADMIN_SECRET" in ran.err


def test_actions_come_after_all_reads_and_their_answers_are_data(project: Path) -> None:
    ran = run(project, ORDER, COUNTED, MORE)
    assert ran.code == 0, ran.err
    assert orders(ran) == 2
    assert ran.documents["ordered.csv"].decode().split() == ["n", "2"]
    assert ran.sandbox is not None
    actions = [call for record in ran.sandbox.log for call in record.calls]
    assert set(actions[actions.index(ORDERS) :]) == {ORDERS}
    assert {"report.getTable", CUSTOM} <= set(actions)


def test_a_lost_dataset_holds_actions_back(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reportrunner.execute.repeat.backoff", lambda *_: 0.01)
    ran = run(project, ORDER, COUNTED, MORE, faults=parse_faults((f"http_500={CUSTOM}:99",)))
    assert ran.code == 4, ran.err
    assert orders(ran) == 0
    assert nothing_published(ran)
    assert "error: datasets.more, step fetch: " in ran.err


def test_an_error_of_a_check_holds_actions_back_and_the_run_is_published_with_it(project: Path) -> None:
    ran = run(project, ORDER, COUNTED, NO_PLAYS)
    assert ran.code == 5, ran.err
    assert orders(ran) == 0
    assert ran.documents["ordered.csv"].decode().split() == ["n", "0"]
    assert "not done: checks.quiet found an error: Nobody should have played anything" in ran.err
    assert "no rows came back" not in ran.err
    assert b"action.held_back" in ran.documents["manifest.toml"]


def test_a_check_that_only_warns_holds_nothing_back(project: Path) -> None:
    ran = run(project, ORDER, COUNTED, WARNS)
    assert (ran.code, orders(ran)) == (0, 2), ran.err


def test_a_check_on_what_an_action_brought_cannot_hold_it_back(project: Path) -> None:
    ran = run(project, ORDER, COUNTED, AFTERWARDS)
    assert (ran.code, orders(ran)) == (5, 2), ran.err
