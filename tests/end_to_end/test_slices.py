"""Windows asked slice by slice on the stand-in: every number counted again, no row lost at a cut or landed twice."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import defaultdict
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from showcase import Ran, copy_project, run_here

from reportrunner.sandbox.accounts import account_events
from reportrunner.sandbox.livekit_universe import sessions_of
from reportrunner.sandbox.people import ANONYMOUS
from reportrunner.sandbox.universe import Event

JOB = "jobs/slices.toml"
NEW_YORK = ZoneInfo("America/New_York")
NOW = dt.datetime(2026, 11, 16, 12, tzinfo=dt.UTC).timestamp()
ENTRIES = ("1_gdpr1", "1_gdpr2", "1_code1")
TEXT = """
title = "How many people, month by month?"
timezone = "America/New_York"

[windows.autumn]
from = 2026-09-15
to   = 2026-11-10
[windows.days]
last = "4 days"

[datasets.viewers]
source   = "kaltura"
endpoint = "report.getTotal"
report   = "USER_TOP_CONTENT"
window   = "autumn"
split    = { by = "month", as = "month" }
each     = { values = ["1_gdpr1", "1_gdpr2"], as = "entry" }
filters  = { entryIdIn = ["{{ each }}"], playbackTypeIn = ["vod"] }

[datasets.plays]                            # packs, in every slice
source   = "kaltura"
endpoint = "report.getTable"
report   = "CONTENT_DROPOFF"
window   = "autumn"
split    = "month"
each     = { values = ["1_gdpr1", "1_gdpr2", "1_code1"], pack = 2 }
filters  = { entryIdIn = ["{{ each }}"], playbackTypeIn = ["vod"] }

[datasets.sessions]                         # a service of UTC days, cut at the midnights of New York
source   = "livekit"
endpoint = "sessions.list"
window   = "days"
split    = "day"

[outputs.viewers]
format  = "csv"
dataset = "viewers"
[outputs.plays]
format  = "csv"
dataset = "plays"
[outputs.sessions]
format  = "csv"
dataset = "sessions"
[outputs.page]
format   = "html"
datasets = ["viewers"]
"""
MONTHS = {
    "2026-09-15..2026-09-30": ("2026-09-15", "2026-10-01"),
    "2026-10": ("2026-10-01", "2026-11-01"),
    "2026-11-01..2026-11-10": ("2026-11-01", "2026-11-11"),
}
"""The slices of the window, of which only one is a whole month."""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    project = copy_project(tmp_path_factory.mktemp("slices"))
    (project / JOB).write_text(TEXT)
    with patch("reportrunner.cli.live.wall_clock", lambda: dt.datetime.fromtimestamp(NOW, dt.UTC)):
        done = run_here(project, job=JOB, clock=lambda: NOW)
    assert done.code == 0, done.err
    return done


def rows(ran: Ran, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(ran.documents[f"{name}.csv"].decode("utf-8-sig"))))


def midnight(day: str) -> int:
    return int(dt.datetime.fromisoformat(day).replace(tzinfo=NEW_YORK).timestamp())


def events(first: str, end: str, *entries: str) -> list[Event]:
    found = account_events(10042, frozenset(entries), midnight(first), midnight(end))
    return [one for one in found if one.playback == "vod"]


def test_people_are_counted_anew_in_every_slice(ran: Ran) -> None:
    """Somebody who watched in two months is one person in each: a sum over slices would be nobody's number."""
    found = {(row["entry"], row["month"]): int(row["unique_known_users"]) for row in rows(ran, "viewers")}
    people = {
        (entry, label): {one.user_id for one in events(*span, entry)} - {ANONYMOUS}
        for entry in ENTRIES[:2]
        for label, span in MONTHS.items()
    }
    assert found == {place: len(users) for place, users in people.items()}
    ever = {one.user_id for one in events("2026-09-15", "2026-11-11", "1_gdpr1")} - {ANONYMOUS}
    assert len(ever) < sum(found["1_gdpr1", label] for label in MONTHS)


def test_packs_in_slices_have_every_entry_once_per_slice(ran: Ran) -> None:
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for label, span in MONTHS.items():
        for one in events(*span, *ENTRIES):
            counts[one.entry_id, label] += 1
    found = rows(ran, "plays")
    assert {(row["object_id"], row["slice"]): int(row["count_plays"]) for row in found} == counts
    assert len(found) == len(counts)
    assert ran.sandbox
    assert ran.sandbox.count("report.getTable") == 2 * 3


def test_no_session_is_lost_at_a_cut_or_landed_twice(ran: Ran) -> None:
    first, end = midnight("2026-11-12"), midnight("2026-11-16")
    days = range(dt.date(2026, 11, 12).toordinal(), dt.date(2026, 11, 17).toordinal())
    mine = [one for day in days for one in sessions_of("p_4rtnvq8d2kx", day) if first <= one.start / 10**6 < end]
    day_of = {one.session_id: f"{dt.datetime.fromtimestamp(one.start / 10**6, NEW_YORK).date()}" for one in mine}
    found = rows(ran, "sessions")
    assert {row["sessionId"]: row["slice"] for row in found} == day_of
    assert len(found) == len(day_of) > 50


def test_the_page_and_the_manifest_say_how_the_window_was_asked(ran: Ran) -> None:
    page = ran.documents["page.html"].decode()
    assert "asked in 3 slices, one per month; nothing is added up over them" in page
    manifest = ran.documents["manifest.toml"].decode()
    assert 'slices = [\n    "2026-09-15..2026-09-30",\n    "2026-10",\n    "2026-11-01..2026-11-10",\n]' in manifest
