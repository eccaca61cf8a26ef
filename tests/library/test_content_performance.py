"""Which entries people watch and where they stop, counted anew from the sandbox's plays."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import pytest
from content_plays import (
    KOLKATA,
    LIBRARY,
    NEW_YORK,
    Span,
    by_entry,
    cell,
    loads,
    minutes,
    near,
    plays,
    reached,
    share,
    span,
    words,
    wrong,
)
from running import Finished, in_zone, run

from reportrunner.sandbox.people import people
from reportrunner.sandbox.universe import WHOLE, Event

JOB = "content/performance"
OCTOBER, NOVEMBER = ("2026-10-01", "2026-10-31"), ("2026-11-01", "2026-11-30")


def stops(found: list[Event]) -> list[int]:
    ends = [len(found), *(reached(found, percent) for percent in (25, 50, 75, 100))]
    return [before - after for before, after in pairwise(ends)]


def check_entries(finished: Finished, when: Span) -> None:
    of = by_entry(plays(when))
    rows = finished.rows("entries.csv")
    assert [row["entry_id"] for row in rows] == sorted(of, key=lambda entry: (-len(of[entry]), entry))
    for row in rows:
        mine = of[row["entry_id"]]
        assert row["entry_name"] == cell(LIBRARY[row["entry_id"]].name)
        assert [int(row["impressions"]), int(row["plays"])] == [loads(mine), len(mine)]
        quarters = ("first_quarter", "second_quarter", "third_quarter", "last_quarter")
        assert [int(row[name]) for name in quarters] == stops(mine)
        assert int(row["to_the_end"]) == reached(mine, 100)
        assert near(row["play_through"], reached(mine, 100) / len(mine))


def viewings(when: Span, entry: str, most: int) -> list[tuple[str, list[Event]]]:
    """The viewers who came most often, shorter viewings first, with their plays."""
    of = defaultdict(list)
    for one in plays(when, entry):
        if one.user_id != "Unknown":
            of[one.user_id].append(one)
    return sorted(of.items(), key=lambda user: (-len(user[1]), minutes(user[1]), user[0]))[:most]


def times(mine: list[Event], percent: int) -> int:
    return sum(one.completion * 100 >= percent * WHOLE for one in mine)


def check_viewers(finished: Finished, when: Span, entry: str, most: int) -> None:
    rows, expected = finished.rows("viewers.csv"), viewings(when, entry, most)
    assert [(int(row["place"]), row["user_id"]) for row in rows] == list(enumerate((user for user, _ in expected), 1))
    for row, (user, mine) in zip(rows, expected, strict=True):
        assert row["full_name"] == cell(people()[user].name.replace(";", " ").replace("|", " "))
        assert int(row["plays"]) == len(mine)
        assert near(row["minutes_viewed"], minutes(mine))
        tiers = Counter(min(times(mine, percent), 3) for percent in range(1, 101))
        told = [int(row[name]) for name in ("not_viewed", "once", "twice", "three_or_more")]
        assert told == [tiers[0], tiers[1], tiers[2], tiers[3]]
    heat = finished.table("heat")
    names = [
        f"{place}. {people()[user].name}".replace(";", " ").replace("|", " ")
        for place, (user, _) in enumerate(expected, 1)
    ]
    assert {(row["viewer"], row["point"], row["times"]) for row in heat} == {
        (name, f"{percent}%", min(times(mine, percent), 3))
        for name, (_, mine) in zip(names, expected, strict=True)
        for percent in range(0, 101, 5)
    }


def check_page(finished: Finished, when: Span, entry: str, most: int) -> None:
    said = words(finished.page("report.html"))
    found = plays(when)
    first = min(by_entry(found).items(), key=lambda one: (-len(one[1]), one[0]))
    lost = stops(found)
    where = ("first", "second", "third", "last")[lost.index(max(lost))]
    assert (
        f"{LIBRARY[first[0]].name} is watched most: {len(first[1]):,} of {len(found):,} plays. "
        f"Over all entries, {share(reached(found, 100), len(found))} of plays reach the end; "
        f"the others stop most often in the {where} quarter ({max(lost):,})."
    ) in said
    for told in (
        f"plays {len(found):,} of {loads(found):,} impressions of the player",
        f"of plays reach the end {share(reached(found, 100), len(found))} {reached(found, 100):,} plays",
        f"stop in the first quarter {share(lost[0], len(found))} {lost[0]:,} plays",
        f"entries were played {len(by_entry(found))}",
    ):
        assert told in said
    mine = plays(when, entry)
    ends = [reached(mine, percent) for percent in (0, 25, 50, 75, 100)]
    assert (
        f"{ends[0]:,} views begin it, {ends[2]:,} come to the middle and {ends[4]:,} to the end. "
        f"The first quarter loses {ends[0] - ends[1]:,}, the last one {ends[3] - ends[4]:,}."
    ) in said
    known = {one.user_id for one in mine} - {"Unknown"}
    nobody = sum(one.user_id == "Unknown" for one in mine)
    assert (
        f"The {most} of {len(known):,} identified viewers who came most often; {nobody} anonymous plays belong" in said
    )


@pytest.mark.parametrize(
    ("zone", "days", "entry", "most", "arguments"),
    [
        pytest.param(NEW_YORK, OCTOBER, "1_gdpr1", 15, (), id="as it is"),
        pytest.param(KOLKATA, OCTOBER, "1_gdpr1", 3, ("--param", "viewers=3"), id="another zone"),
        pytest.param(
            NEW_YORK, NOVEMBER, "1_gdpr2", 45,
            ("--param", "entry=1_gdpr2", "--param", "viewers=45", "--as-of", "2026-12-16"),
            id="another entry, and a month in which the clock changes",
        ),
    ],
)  # fmt: skip
def test_the_plays_are_the_truth(
    zone: str, days: tuple[str, str], entry: str, most: int, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    edit = None if zone == NEW_YORK else in_zone(zone)
    finished = run(tmp_path / "project", JOB, *arguments, edit=edit)
    assert finished.code == 0, finished.err
    assert wrong(finished) == {}
    when = span(zone, *days)
    check_entries(finished, when)
    check_viewers(finished, when, entry, most)
    check_page(finished, when, entry, most)


def test_an_entry_that_nobody_played_is_said_so_and_found(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, "--param", "entry=1_gdrp1")
    assert finished.code == 0
    assert wrong(finished) == {"datasets.curve": ("warn", 0)}
    said = words(finished.page("report.html"))
    assert (
        "1_gdrp1 has no on-demand play in 1-31 October 2026: nobody played it, it is a broadcast, or there is no"
        in said
    )
    assert finished.rows("viewers.csv") == []


def test_a_month_without_a_play_says_so(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, "--as-of", "2011-02-16")
    assert finished.code == 0, finished.err
    assert "Nothing was played on demand in 1-31 January 2011." in words(finished.page("report.html"))
    assert finished.rows("entries.csv") == []
