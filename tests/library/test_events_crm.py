"""jobs/events/crm.toml against the sandbox's registrations, plays and marks."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from event_world import (
    HOME,
    MESSAGES,
    QUESTIONS,
    REACTIONS,
    cell,
    clicks,
    day_of,
    known,
    loud_addresses,
    midnight,
    minutes,
    registered,
    unregistered,
)
from running import Finished, in_zone, run

from reportrunner.sandbox.people import ANONYMOUS, people
from reportrunner.sandbox.traits import TRAITS
from reportrunner.sandbox.universe import Event, events

JOB = "events/crm"
POLLS = (10, 9)
POINTS = {"minutes": 1, "polls": 5, "reactions": 1, "messages": 3, "questions": 10}
NUMBERS = ("polls", "reactions", "messages", "questions", "plays", "active_days")
FIRST, UNTIL = dt.date(2026, 11, 2), midnight(dt.date(2026, 11, 16), HOME)


def watched(event: str, first: dt.date, until: int, zone: str) -> list[Event]:
    plays = events(None, midnight(first, zone), until)
    return [play for play in plays if TRAITS["virtual_event"](play) == event]


def truth(
    event: str, first: dt.date, until: int, zone: str = HOME, points: dict[str, int] = POINTS,
    shares: tuple[Fraction, Fraction] = (Fraction(1, 10), Fraction(3, 10)),
) -> list[dict[str, Any]]:  # fmt: skip
    """Everybody, the most points first; the tier by place, people of equal points in one."""
    who, plays = registered(event, until), known(watched(event, first, until, zone))
    rows: list[dict[str, Any]] = []
    for user in {*who, *plays}:
        mine, there = plays.get(user, []), who.get(user)
        days = {day_of(play.at, zone) for play in mine}
        row: dict[str, Any] = {
            "user_id": user, "email": user, "name": people()[user].name if there else cell(people()[user].name),
            "first_name": there.person.first_name if there else "",
            "last_name": there.person.last_name if there else "",
            "company": there.person.company if there else "", "registration": there.status if there else "",
            "minutes": minutes(mine), "plays": len(mine), "active_days": len(days),
            "last_seen": str(max(days, default="")),
            "polls": clicks(mine, POLLS), "reactions": clicks(mine, *REACTIONS), "messages": clicks(mine, MESSAGES),
            "questions": clicks(mine, QUESTIONS),
        }  # fmt: skip
        row["points"] = sum((worth * row[name] for name, worth in points.items()), start=Decimal(0))
        rows.append(row)
    rows.sort(key=lambda row: (-row["points"], row["user_id"]))
    took_part = sum(row["points"] > 0 for row in rows)
    bounds = [ceil(share * took_part) for share in (shares[0], sum(shares))]
    for row in rows:
        place = 1 + sum(other["points"] > row["points"] for other in rows)
        row["tier"] = "cold" if not row["points"] or place > bounds[1] else "warm" if place > bounds[0] else "hot"
    return rows


def plain(name: str) -> str:
    return name.removeprefix("'")


def check(done: Finished, rows: list[dict[str, Any]]) -> None:
    got: list[dict[str, Any]] = []
    for row in done.rows("leads.csv"):
        registered_at = row.pop("registered_at")
        assert bool(registered_at) == bool(row["registration"])
        exact: dict[str, Any] = {name: Decimal(row[name]) for name in ("minutes", "points")}
        exact |= {name: int(row[name]) for name in NUMBERS}
        got.append({**row, **exact, **{name: plain(row[name]) for name in ("name", "first_name", "last_name")}})
    wanted = [{**row, **{name: plain(row[name]) for name in ("name", "first_name", "last_name")}} for row in rows]
    assert got == wanted
    tiers = Counter(row["tier"] for row in rows)
    active = sum(row["points"] > 0 for row in rows)
    unseen = sum(not row["last_seen"] for row in rows)
    lead, page, tiles = done.lead("report.html"), done.page("report.html"), done.tiles("report.html")
    assert lead.startswith(f"{tiers['hot']} lead")
    assert f"of the {active} people who took part; {tiers['warm']} are warm." in lead
    assert [tiles[tier] for tier in ("hot", "warm", "cold")] == [str(tiers[tier]) for tier in ("hot", "warm", "cold")]
    average = (sum(row["minutes"] for row in rows) / active).quantize(Decimal(1), ROUND_HALF_UP)
    assert tiles["minutes watched by each who took part, on average"] == str(average)
    assert f"{len(rows)} leads in all, {unseen} of whom registered and were never seen" in page
    companies: dict[str, Counter[str]] = {}
    for row in rows:
        companies.setdefault(row["company"] or "not known", Counter())[row["tier"]] += 1
    assert {
        row["company"]: Counter({tier: row[tier] for tier in ("hot", "warm", "cold")})
        for row in done.table("companies")
    } == companies


def test_it_tells_what_the_sandbox_knows(tmp_path: Path) -> None:
    done = run(tmp_path / "p", JOB)
    assert done.code == 0, done.err
    check(done, truth("4711", FIRST, UNTIL))
    assert {severity for severity, _ in done.findings.values()} <= {"ok"}
    anonymous = [play for play in watched("4711", FIRST, UNTIL, HOME) if play.user_id == ANONYMOUS]
    assert f"{len(anonymous)} anonymous plays" in done.page("report.html")


def test_another_event_with_another_rule_over_the_change_of_the_clock(tmp_path: Path) -> None:
    first, until = dt.date(2026, 10, 20), dt.datetime(2026, 11, 4, 20, tzinfo=dt.UTC)
    rule = {"minutes": 2, "polls": 0, "reactions": 3, "messages": 0, "questions": 7}
    wanted = {
        "event": "4801",
        "first_day": first,
        "hot_share": "0.3",
        "warm_share": "0.25",
    }
    wanted |= {f"points_{name.removesuffix('s')}": worth for name, worth in rule.items()}
    words = [word for name, value in wanted.items() for word in ("--param", f"{name}={value}")]
    done = run(tmp_path / "p", JOB, *words, "--as-of", "2026-11-04T15:00:00-05:00")
    assert done.code == 0, done.err
    rows = truth("4801", first, int(until.timestamp()), HOME, rule, (Fraction(3, 10), Fraction(1, 4)))
    strangers = sum(not row["registration"] for row in rows)
    assert strangers
    check(done, rows)
    assert f"never seen, and {strangers} watched without having registered." in done.page("report.html")


def test_days_are_those_of_the_timezone(tmp_path: Path) -> None:
    done = run(tmp_path / "p", JOB, edit=in_zone("Asia/Kolkata"))
    assert done.code == 0, done.err
    check(done, truth("4711", FIRST, midnight(dt.date(2026, 11, 16), "Asia/Kolkata"), "Asia/Kolkata"))


def test_an_event_that_nobody_knows(tmp_path: Path) -> None:
    done = run(tmp_path / "p", JOB, "--param", "event=9999", files=unregistered("9999"))
    assert done.code == 0, done.err
    assert done.lead("report.html").startswith("There are no leads.")
    assert done.rows("leads.csv") == []


def test_an_address_is_the_same_in_capitals(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    loud_addresses(monkeypatch)
    done = run(tmp_path / "p", JOB)
    check(done, truth("4711", FIRST, UNTIL))
    assert {severity for severity, _ in done.findings.values()} <= {"ok"}


def test_an_address_of_two_people_is_an_error(tmp_path: Path) -> None:
    """One person's registration stands under the address of another, in capitals."""
    mine = "coalesce(email, if(contains(user_id, '@'), user_id, null)) as email,"
    two = sorted(registered("4711", UNTIL))[:2]
    shared = f"case when user_id = '{two[0]}' then upper('{two[1]}') else email end as email,"
    done = run(tmp_path / "p", JOB, edit=lambda text: text.replace(mine, shared))
    assert done.code == 5
    assert done.findings["checks.one_person_per_address"] == ("error", 1)
