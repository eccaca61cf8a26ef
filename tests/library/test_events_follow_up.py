"""jobs/events/follow-up.toml against the sandbox's registrations, plays and marks."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from event_world import (
    HOME,
    MESSAGES,
    QUESTIONS,
    REACTIONS,
    Days,
    cell,
    clicks,
    day_of,
    known,
    loud_addresses,
    midnight,
    minutes,
    plays_of,
    registered,
    unregistered,
)
from running import Finished, in_zone, run

from reportrunner.sandbox.people import people
from reportrunner.sandbox.traits import TRAITS
from reportrunner.sandbox.universe import Event, events
from reportrunner.templating.words import DASH

JOB = "events/follow-up"
LISTS = ("attended live", "replay only", "never came")
WEEK = Days(dt.date(2026, 11, 2), dt.date(2026, 11, 6))
AS_OF = midnight(dt.date(2026, 11, 16), HOME)


def on_demand(event: str, days: Days, until: int) -> list[Event]:
    plays = events(None, days.start, until)
    return [play for play in plays if TRAITS["virtual_event"](play) == event and play.playback == "vod"]


def truth(
    event: str, days: Days, until: int, high: int = 30, often: int = 10, medium: int = 10
) -> list[dict[str, Any]]:
    """Everybody, those who watched most first."""
    who = registered(event, until)
    live = known(plays_of(event, days, "live", "dvr"))
    later = known(on_demand(event, days, until))
    here = known(plays_of(event, days))
    rows = []
    for user in {*who, *live, *later}:
        watched = (minutes(live.get(user, [])), minutes(later.get(user, [])))
        did = clicks(here.get(user, []), *REACTIONS, MESSAGES, QUESTIONS)
        came = user in live or user in later
        tier = "high" if sum(watched) >= high or did >= often else "medium" if sum(watched) >= medium else "low"
        rows.append(
            {
                "segment": "attended live" if user in live else "replay only" if came else "never came",
                "tier": tier if came else "none",
                "user_id": user,
                "name": people()[user].name if user in who else cell(people()[user].name),
                "email": user,
                "company": who[user].person.company if user in who else "",
                "registered": user in who,
                "live_minutes": watched[0],
                "replay_minutes": watched[1],
                "interactions": did,
            }
        )
    return sorted(
        rows, key=lambda row: (-row["live_minutes"] - row["replay_minutes"], -row["interactions"], row["user_id"])
    )


def told(row: dict[str, str]) -> dict[str, Any]:
    read: dict[str, Any] = {"registered": row["registered"] == "true", "interactions": int(row["interactions"])}
    return {**row, **read, **{name: Decimal(row[name]) for name in ("live_minutes", "replay_minutes")}}


def check(done: Finished, event: str, days: Days, until: int, **thresholds: int) -> list[dict[str, Any]]:
    rows = truth(event, days, until, **thresholds)
    counts = Counter(row["segment"] for row in rows)
    for name in LISTS:
        got = [told(row) for row in done.rows(f"{name.replace(' ', '-')}.csv")]
        wanted = [row for row in rows if row["segment"] == name]
        assert [{**row, "name": row["name"].removeprefix("'")} for row in got] == [
            {**row, "name": row["name"].removeprefix("'")} for row in wanted
        ]
    sentence = (
        f"{counts[LISTS[0]]} people attended live, {counts[LISTS[1]]} watched only later, and {counts[LISTS[2]]} "
        f"of the {sum(row['registered'] for row in rows)} registered never came."
    )
    assert done.lead("report.html") == sentence
    tiers = Counter((row["segment"], row["tier"]) for row in rows)
    tiles = done.tiles("report.html")
    assert [tiles[name] for name in LISTS] == [str(counts[name]) for name in LISTS]
    assert tiles["to be written to, in all"] == str(len(rows))
    for name in LISTS[:2]:
        assert f"{counts[name]} {name} ({tiers[name, 'high']} highly engaged)" in done.mail("summary.eml")
    assert sentence in done.mail("summary.eml")
    assert {
        (row["segment"], tier): row[column]
        for row in done.table("by_segment")
        for tier, column in (("high", "high"), ("medium", "medium"), ("low", "low"), ("none", "absent"))
        if row[column]
    } == tiers
    per_day = Counter[dt.date]()
    for play in on_demand(event, days, until):
        per_day[day_of(play.at, days.zone)] += play.watched
    shown = {row["day"]: row["minutes"] for row in done.table("replay_days")}
    assert shown == {day: Decimal(per_day[day]) / 60 for day in shown}
    assert (min(shown), max(shown)) == (days.first, day_of(until - 1, days.zone))
    return rows


def given(event: str, days: Days, *more: str) -> list[str]:
    wanted = {"event": event, "first_day": days.first, "last_day": days.last}
    return [word for name, value in wanted.items() for word in ("--param", f"{name}={value}")] + list(more)


def test_it_tells_what_the_sandbox_knows(tmp_path: Path) -> None:
    done = run(tmp_path / "p", JOB)
    assert done.code == 0, done.err
    check(done, "4711", WEEK, AS_OF)
    assert {severity for severity, _ in done.findings.values()} <= {"ok"}
    attached = [str(part.get_filename()) for part in done.message("summary.eml").iter_attachments()]
    assert sorted(attached) == ["attended-live.csv", "never-came.csv", "replay-only.csv"]


def test_another_event_over_the_change_of_the_clock_asked_in_the_afternoon(tmp_path: Path) -> None:
    days, until = Days(dt.date(2026, 10, 26), dt.date(2026, 11, 1)), dt.datetime(2026, 11, 4, 20, tzinfo=dt.UTC)
    more = ("--param", "high_minutes=20", "--param", "high_interactions=6", "--param", "medium_minutes=5")
    done = run(tmp_path / "p", JOB, *given("4801", days, *more), "--as-of", "2026-11-04T15:00:00-05:00")
    assert done.code == 0, done.err
    rows = check(done, "4801", days, int(until.timestamp()), high=20, often=6, medium=5)
    strangers = sum(not row["registered"] for row in rows)
    assert strangers
    assert f"{strangers} people on the first two lists had not registered" in done.page("report.html")


def test_days_are_those_of_the_timezone(tmp_path: Path) -> None:
    days = Days(dt.date(2026, 11, 3), dt.date(2026, 11, 4), "Asia/Kolkata")
    done = run(tmp_path / "p", JOB, *given("4711", days), edit=in_zone("Asia/Kolkata"))
    assert done.code == 0, done.err
    check(done, "4711", days, midnight(dt.date(2026, 11, 16), days.zone))


def test_an_event_that_nobody_knows_leaves_three_empty_lists(tmp_path: Path) -> None:
    done = run(tmp_path / "p", JOB, "--param", "event=9999", files=unregistered("9999"))
    assert done.code == 0, done.err
    assert done.lead("report.html").startswith("Nobody registered, and nobody watched.")
    assert [done.rows(f"{name.replace(' ', '-')}.csv") for name in LISTS] == [[], [], []]


def test_an_address_is_the_same_in_capitals(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    loud_addresses(monkeypatch)
    done = run(tmp_path / "p", JOB)
    check(done, "4711", WEEK, AS_OF)
    assert {severity for severity, _ in done.findings.values()} <= {"ok"}


def test_without_registrations_people_without_an_address_are_told(tmp_path: Path) -> None:
    done = run(tmp_path / "p", JOB, files=unregistered("4711"))
    assert done.code == 0, done.err
    came = known(plays_of("4711", WEEK, "live", "dvr")).keys() | known(on_demand("4711", WEEK, AS_OF)).keys()
    nameless = sum("@" not in user for user in came)
    assert done.findings["checks.every_address_is_known"][0] == ("warn" if nameless else "ok")
    assert done.rows("never-came.csv") == []
    assert {row["registered"] for row in done.rows("attended-live.csv")} == {"false"}


def test_who_never_came_is_not_known_without_registrations(tmp_path: Path) -> None:
    done = run(tmp_path / "p", JOB, files=unregistered("4711"))
    assert done.code == 0, done.err
    assert done.lead("report.html").endswith("Who never came is not known: nobody is known to have registered.")
    assert done.tiles("report.html")["never came"] == DASH
    assert "had not registered" not in done.page("report.html")
    assert "never came is not known" in done.mail("summary.eml")
