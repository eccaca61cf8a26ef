"""jobs/events/attendees.toml against the sandbox's plays, marks and polls."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from event_world import MESSAGES, QUESTIONS, REACTIONS, Days, cell, clicks, known, loud_addresses, minutes
from running import Finished, in_zone, run

from reportrunner.sandbox import kaltura_reports
from reportrunner.sandbox.people import ANONYMOUS, people
from reportrunner.sandbox.polls import PollAnswer, poll_answers
from reportrunner.sandbox.traits import TRAITS
from reportrunner.sandbox.universe import Event, events

JOB = "events/attendees"
ENTRIES = ("1_town1", "1_quest1")
WEDNESDAY = Days(dt.date(2026, 11, 11), dt.date(2026, 11, 11))


def truth(event: str, entries: tuple[str, ...], days: Days) -> tuple[list[tuple[Any, ...]], list[Event]]:
    """Everybody's row, the most active first, and the anonymous plays."""
    plays = events(frozenset(entries), days.start, days.end)
    asked = [int(dt.datetime.combine(day, dt.time(), dt.UTC).timestamp()) for day in (days.first, days.last)]
    answers = poll_answers(frozenset(entries), asked[0], asked[1] + 86_400, [event])
    polls = Counter(user for user, _ in {(one.user_id, one.poll_id) for one in answers})
    rows = []
    for user, mine in known(plays).items():
        here = [play for play in mine if TRAITS["virtual_event"](play) == event]
        did = (polls[user], clicks(here, *REACTIONS), clicks(here, MESSAGES), clicks(here, QUESTIONS))
        person = people()[user]
        row = (user, cell(person.name), person.email, person.company.replace(",", " "), minutes(mine), len(mine), *did)
        rows.append((*row, sum(did)))
    rows.sort(key=lambda row: (-row[-1], -row[4], row[0]))
    return rows, [play for play in plays if play.user_id == ANONYMOUS]


def check(done: Finished, event: str, entries: tuple[str, ...], days: Days) -> None:
    rows, nameless = truth(event, entries, days)
    got = [list(row.values()) for row in done.rows("attendees.csv")]
    assert [(*row[:4], Decimal(row[4]), *map(int, row[5:])) for row in got] == rows
    active = sum(row[-1] > 0 for row in rows)
    average = (sum(row[4] for row in rows) / len(rows)).quantize(Decimal(1), ROUND_HALF_UP)
    page, mail = done.page("report.html"), done.mail("summary.eml")
    for text in (" ".join(page.split()), " ".join(mail.split())):
        assert f"{len(rows)} people watched, and {active} of them" in text.replace("*", "")
        assert f"{len(nameless)} " in text
    tiles = (average, *(sum(row[place] for row in rows) for place in (6, 7)), sum(row[8] + row[9] for row in rows))
    for number, label in zip(
        tiles, ("minutes watched", "poll answers", "reactions", "messages and questions"), strict=True
    ):
        assert f"{number} {label}" in mail
    assert f"{sum(row[9] for row in rows)} of them questions" in page
    did = {row["did"]: row["people"] for row in done.table("did")}
    assert did == {
        "answered a poll": sum(row[6] > 0 for row in rows),
        "reacted": sum(row[7] > 0 for row in rows),
        "wrote a message": sum(row[8] > 0 for row in rows),
        "asked a question": sum(row[9] > 0 for row in rows),
        "only watched": len(rows) - active,
    }
    stayed = Counter(min(int(row[4] // 15), 8) for row in rows)
    assert {row["quarter"]: row["people"] for row in done.table("stayed")} == stayed


def test_it_tells_what_the_sandbox_knows(tmp_path: Path) -> None:
    done = run(tmp_path / "p", JOB)
    assert done.code == 0, done.err
    check(done, "4711", ENTRIES, WEDNESDAY)
    assert {severity for severity, _ in done.findings.values()} <= {"ok"}
    message = done.message("summary.eml")
    assert message["To"] == "events-team@example.org"
    assert [part.get_filename() for part in message.iter_attachments()] == ["attendees.csv"]


def test_another_event_and_another_zone_over_the_change_of_the_clock(tmp_path: Path) -> None:
    days = Days(dt.date(2026, 10, 24), dt.date(2026, 10, 28), "Europe/Berlin")
    wanted = {"event": "4802", "entries": "1_earn1,1_gdpr1", "first_day": days.first, "last_day": days.last}
    words = [word for name, value in wanted.items() for word in ("--param", f"{name}={value}")]
    done = run(tmp_path / "p", JOB, *words, edit=in_zone("Europe/Berlin"))
    assert done.code == 0, done.err
    rows, _ = truth("4802", ("1_earn1", "1_gdpr1"), days)
    assert len(rows) > 100
    check(done, "4802", ("1_earn1", "1_gdpr1"), days)


def test_sessions_that_nobody_watched(tmp_path: Path) -> None:
    done = run(tmp_path / "p", JOB, "--param", "entries=1_nope")
    assert done.code == 5
    assert done.findings["checks.every_session_exists"] == ("error", 1)
    assert done.rows("attendees.csv") == []
    assert "Nobody we know by name watched." in done.page("report.html")
    assert "Nobody we know by name watched." in done.mail("summary.eml")


def test_who_is_in_one_of_the_reports_only_stays_and_is_told(tmp_path: Path) -> None:
    """The enriched report of one session knows nobody of the other: they keep a row, and lose address and reactions."""
    one = 'params      = { entries_ids = ["1_quest1"] }'
    done = run(
        tmp_path / "p",
        JOB,
        edit=lambda text: text.replace('params      = { entries_ids = "{{ params.entries }}" }', one),
    )
    assert done.code == 0, done.err
    rows, nameless = truth("4711", ENTRIES, WEDNESDAY)
    there = {play.user_id for play in events(frozenset({"1_quest1"}), WEDNESDAY.start, WEDNESDAY.end)}
    unknown = {row[0] for row in rows} - there
    assert unknown
    got = {row["user_id"]: row for row in done.rows("attendees.csv")}
    assert {user: Decimal(row["minutes"]) for user, row in got.items()} == {row[0]: row[4] for row in rows}
    assert {user for user, row in got.items() if not row["email"]} == unknown
    strangers = len(unknown) + (bool(nameless) and ANONYMOUS not in there)
    assert done.findings["checks.both_reports_know_the_same_people"] == ("warn", strangers)
    assert done.findings["checks.every_reaction_has_its_person"][0] == "warn"


def test_who_answers_a_poll_twice_has_answered_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        kaltura_reports, "poll_answers", lambda *asked: [one for one in poll_answers(*asked) for _ in "12"]
    )
    check(run(tmp_path / "p", JOB), "4711", ENTRIES, WEDNESDAY)


def test_answers_of_somebody_who_did_not_watch_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def with_a_stranger(*asked: Any) -> list[PollAnswer]:
        found = poll_answers(*asked)
        return [*found, replace(found[0], user_id="nobody@example.org")]

    monkeypatch.setattr(kaltura_reports, "poll_answers", with_a_stranger)
    done = run(tmp_path / "p", JOB)
    check(done, "4711", ENTRIES, WEDNESDAY)
    assert done.findings["checks.every_answer_has_its_person"] == ("warn", 1)


def test_an_address_is_the_same_in_capitals(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    loud_addresses(monkeypatch)
    done = run(tmp_path / "p", JOB)
    check(done, "4711", ENTRIES, WEDNESDAY)
    assert {severity for severity, _ in done.findings.values()} <= {"ok"}


def test_an_event_that_is_not_that_of_its_sessions(tmp_path: Path) -> None:
    done = run(tmp_path / "p", JOB, "--param", "event=9999")
    assert done.code == 0, done.err
    told = "nobody took part: the service knows no poll answer, reaction, message or question of theirs in event 9999."
    assert done.lead("report.html").endswith(told)
    assert told in done.mail("summary.eml")
