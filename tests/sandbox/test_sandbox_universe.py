"""The universe is the same for ever, holds the showcase's facts and agrees with the roster file of the project."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from reportrunner.sandbox.people import ANONYMOUS, people, roster, watchers
from reportrunner.sandbox.polls import poll_answers
from reportrunner.sandbox.universe import HOME, WHOLE, entries, events

COURSES = ("1_gdpr1", "1_gdpr2")


def at(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, tzinfo=HOME).timestamp())


START, END = at(2026, 9, 1), at(2026, 11, 16)


def completion(entry_id: str, start: int = START, end: int = END) -> Counter[str]:
    found: Counter[str] = Counter()
    for event in events(frozenset([entry_id]), start, end):
        found[event.user_id] += event.completion
    return found


def test_the_roster_file_is_the_universe() -> None:
    path = Path(__file__).parents[2] / "data" / "roster.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == [{"user_id": p.user_id, "name": p.name, "email": p.email, "manager": p.manager} for p in roster()]


def test_people_are_unique_and_some_have_awkward_names() -> None:
    assert len(roster()) == 640
    assert len(people()) == 640 + 8 + 120
    assert len({person.manager for person in roster()}) == 14
    names = "".join(person.name for person in roster())
    assert all(mark in names for mark in ';|"=,Å山')
    assert roster()[0].user_id == "ana.berg@example.org"
    assert not {person.user_id for person in watchers()} & {person.user_id for person in roster()}


@pytest.mark.parametrize("entry_id", COURSES)
@pytest.mark.parametrize("year", [2019, 2026, 2031])
def test_any_campaign_has_finishers_laggards_and_people_who_never_started(entry_id: str, year: int) -> None:
    done = completion(entry_id, at(year, 9, 1), at(year, 11, 16))
    learners = [person.user_id for person in roster()]
    finished = sum(done[user] >= 0.9 * WHOLE for user in learners) / 640
    assert 0.65 < finished < 0.82
    assert 0.08 < sum(0 < done[user] < 0.9 * WHOLE for user in learners) / 640 < 0.25
    assert 0.05 < sum(done[user] == 0 for user in learners) / 640 < 0.25
    assert sum(user in done for user in learners) > 500
    assert done[ANONYMOUS] > 0
    assert any(person.user_id in done for person in watchers())


@pytest.mark.parametrize("entry_id", COURSES)
def test_some_finished_weeks_ago_and_did_nothing_in_the_last_week(entry_id: str) -> None:
    earlier = completion(entry_id, START, at(2026, 10, 26))
    last_week = completion(entry_id, at(2026, 11, 9), END)
    assert sum(v >= 0.9 * WHOLE and user not in last_week for user, v in earlier.items()) > 50


def test_a_window_is_half_open_and_cutting_it_loses_nothing() -> None:
    whole = events(None, START, END)
    middle = sorted(event.at for event in whole)[len(whole) // 2]
    parts = [*events(None, START, middle), *events(None, middle, END)]
    assert sorted(parts, key=repr) == sorted(whole, key=repr)
    assert all(START <= event.at < END for event in whole)
    assert events(None, END, START) == []


def test_watched_times_are_exact_in_minutes_and_completion_is_exact() -> None:
    duration = {entry.entry_id: entry.duration for entry in entries()}
    for event in events(None, START, END):
        assert event.watched % 3 == 0
        assert event.completion * duration[event.entry_id] == event.watched * WHOLE


def test_some_plays_stand_right_beside_local_midnight_and_most_in_office_hours() -> None:
    hours = Counter(datetime.fromtimestamp(event.at, HOME).hour for event in events(None, START, END))
    assert hours[23] > 50
    assert hours[0] > 50
    assert sum(hours[h] for h in range(8, 19)) > 0.9 * sum(hours.values())


def test_live_entries_have_other_viewers_and_no_vod_plays() -> None:
    plays = events(frozenset(entry.entry_id for entry in entries() if entry.live), START, END)
    assert {event.playback for event in plays} == {"live", "dvr"}
    assert any(event.user_id.startswith("guest.") for event in plays)


def test_the_world_does_not_change() -> None:
    first = events(frozenset(["1_gdpr1"]), at(2026, 11, 9), END)[0]
    assert (first.at, first.user_id, first.watched) == (1794200489, "olu.dubois@example.org", 372)


def test_polls_are_answered_by_known_viewers_at_their_plays() -> None:
    answers = poll_answers(frozenset(["1_gdpr1"]), START, END)
    moments = {(event.user_id, event.at) for event in events(frozenset(["1_gdpr1"]), START, END)}
    assert len(answers) > 100
    assert all((answer.user_id, answer.answered_at) in moments for answer in answers)
    assert ANONYMOUS not in {answer.user_id for answer in answers}
