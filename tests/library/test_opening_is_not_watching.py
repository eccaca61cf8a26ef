"""Who opened the player and played nothing is in the service's reports, with loads and no plays: nobody of them came.

The sandbox's people all play, so some of their plays are made openings here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from event_world import Days, known, plays_of, registered
from running import run

from reportrunner.sandbox.kaltura_report import _remembered
from reportrunner.sandbox.kaltura_tally import Tally
from reportrunner.sandbox.people import ANONYMOUS
from reportrunner.sandbox.universe import Event, events

EVENT = "4711"
WEDNESDAY = Days(dt.date(2026, 11, 11), dt.date(2026, 11, 11))
WEEK = Days(dt.date(2026, 11, 2), dt.date(2026, 11, 6))
OCTOBER = Days(dt.date(2026, 10, 1), dt.date(2026, 10, 31))
Opened = Callable[[Callable[[Event], bool]], None]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """Make those plays openings of the player: a row stays, and only its loads are counted."""

    def change(which: Callable[[Event], bool]) -> None:
        played = Tally.add

        def add(self: Tally, event: Event) -> None:
            if which(event):
                self.loads += event.loads
                self.events.append(event)
            else:
                played(self, event)

        _remembered.cache_clear()
        monkeypatch.setattr(Tally, "add", add)

    yield change
    _remembered.cache_clear()


def test_they_did_not_come_to_an_event(opened: Opened, tmp_path: Path) -> None:
    came = known(plays_of(EVENT, Days()))
    who = min(came)
    opened(lambda play: play.user_id == who)
    done = run(tmp_path / "p", "events/roi")
    assert done.code == 0, done.err
    assert {row["user_id"] for row in done.rows("attendees.csv")} == came.keys() - {who}
    assert done.lead("report.html").startswith(f"{len(came) - 1} people came ")
    assert {severity for severity, _ in done.findings.values()} == {"ok"}


def test_they_took_no_part_in_it(opened: Opened, tmp_path: Path) -> None:
    came = known(events(frozenset({"1_town1", "1_quest1"}), WEDNESDAY.start, WEDNESDAY.end))
    who = min(came)
    opened(lambda play: play.user_id == who)
    done = run(tmp_path / "p", "events/attendees")
    assert done.code == 0, done.err
    assert {row["user_id"] for row in done.rows("attendees.csv")} == came.keys() - {who}


def test_they_are_written_to_as_those_who_never_came(opened: Opened, tmp_path: Path) -> None:
    until = Days(WEEK.first, dt.date(2026, 11, 15)).end
    live = known(plays_of(EVENT, WEEK, "live", "dvr"))
    later = known(plays_of(EVENT, Days(WEEK.first, dt.date(2026, 11, 15)), "vod"))
    who = min((later.keys() - live.keys()) & registered(EVENT, until).keys())
    opened(lambda play: play.user_id == who)
    done = run(tmp_path / "p", "events/follow-up")
    assert done.code == 0, done.err
    assert who in {row["user_id"] for row in done.rows("never-came.csv")}
    assert who not in {row["user_id"] for row in done.rows("replay-only.csv")}


def test_as_leads_they_were_never_seen(opened: Opened, tmp_path: Path) -> None:
    plays = known(plays_of(EVENT, Days(WEEK.first, dt.date(2026, 11, 15))))
    who = min(plays.keys() & registered(EVENT, WEEK.start).keys())
    opened(lambda play: play.user_id == who)
    done = run(tmp_path / "p", "events/crm")
    assert done.code == 0, done.err
    (row,) = [row for row in done.rows("leads.csv") if row["user_id"] == who]
    assert (row["plays"], row["active_days"], row["last_seen"]) == ("0", "0", "")


def test_they_are_no_viewers_of_an_entry_nor_is_what_they_opened_played(opened: Opened, tmp_path: Path) -> None:
    month = [play for play in events(None, OCTOBER.start, OCTOBER.end) if play.playback == "vod"]
    mine = known(play for play in month if play.entry_id == "1_gdpr1")
    who = max(mine, key=lambda user: len(mine[user]))
    opened(lambda play: play.user_id == who or play.entry_id == "1_podc1")
    done = run(tmp_path / "p", "content/performance")
    assert done.code == 0, done.err
    assert who not in {row["user_id"] for row in done.rows("viewers.csv")}
    played = {play.entry_id for play in month if play.user_id != who} - {"1_podc1"}
    assert done.tiles("report.html")["entries were played"] == str(len(played))
    assert f"of {len(mine) - 1} identified viewers" in done.page("report.html")


def test_where_they_opened_it_is_no_country_of_the_audience(opened: Opened, tmp_path: Path) -> None:
    countries = {play.country for play in events(None, OCTOBER.start, OCTOBER.end)}
    opened(lambda play: play.country == "Germany")
    done = run(tmp_path / "p", "audience/places", "--param", "country=Germany")
    assert {row["country"] for row in done.rows("countries.csv")} == countries - {"Germany"}
    assert done.tiles("report.html")["countries"] == str(len(countries) - 1)
    assert (done.code, done.findings["checks.country_is_known"]) == (5, ("error", 1))


def test_the_call_did_not_reach_them(opened: Opened, tmp_path: Path) -> None:
    start = int(dt.datetime(2026, 11, 11, 15, 30, tzinfo=dt.UTC).timestamp())
    end = int(dt.datetime(2026, 11, 15, 16, tzinfo=dt.UTC).timestamp())
    countries = {play.country for play in events(frozenset({"1_earn1", "1_sale1"}), start, end)}
    gone = max(countries)
    opened(lambda play: play.country == gone)
    done = run(tmp_path / "p", "investors/board-package")
    assert done.code == 0, done.err
    assert f" in {len(countries) - 1} countries" in done.lead("report.html")
    assert f" in {len(countries) - 1} countries" in done.mail("summary.eml")


def test_they_were_not_on_the_platform(opened: Opened, tmp_path: Path) -> None:
    days = Days(dt.date(2026, 11, 10), dt.date(2026, 11, 14))
    plays = [play for play in events(None, days.start, days.end) if play.playback in {"live", "dvr"}]
    people = {play.user_id for play in plays} - {ANONYMOUS}
    who = min(people)
    opened(lambda play: play.user_id == who)
    done = run(tmp_path / "p", "platform/board")
    assert done.code == 0, done.err
    assert {row["service"]: row["people"] for row in done.table("services")}["Broadcasts"] == len(people) - 1


@pytest.mark.parametrize(
    ("job", "file", "who"),
    [("learning/verification", "records.csv", "user_id"), ("learning/lectures", "students.csv", "student_id")],
)
def test_they_learnt_nothing(opened: Opened, tmp_path: Path, job: str, file: str, who: str) -> None:
    """Whoever only opens has no minutes, no month and no week; and a stranger who does is no stranger who watched."""
    before = run(tmp_path / "before", job)
    strangers = before.findings["checks.everyone_known"][1]
    person = next(row[who] for row in before.rows(file) if float(row["minutes"]))
    roster = {row[who] for row in before.rows(file)}
    dataset, name = ("viewing", "name") if job.endswith("verification") else ("watched", "name")
    seen = {row[name] for row in before.table(dataset)} - roster - {ANONYMOUS}
    assert len(seen) == strangers
    gone = {person, *sorted(seen)[:1]}
    opened(lambda play: play.user_id in gone)
    after = run(tmp_path / "after", job)
    assert after.code == 0, after.err
    assert {float(row["minutes"]) for row in after.rows(file) if row[who] == person} == {0.0}
    for column in ("plays", "first_month", "last_month", "opened", "last_week"):
        assert {row.get(column, "") for row in after.rows(file) if row[who] == person} <= {"", "0"}
    assert after.findings["checks.everyone_known"][1] == strangers - len(gone - {person})
