"""Whether people watch further in entries with captions, counted anew from the sandbox's plays and captions."""

from __future__ import annotations

from pathlib import Path

import pytest
from content_plays import (
    KOLKATA,
    LIBRARY,
    NEW_YORK,
    Span,
    by_entry,
    cell,
    completion,
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

from reportrunner.sandbox import Faults
from reportrunner.sandbox.library import captions, items
from reportrunner.sandbox.universe import Event

JOB = "content/captions-effect"
OCTOBER, NOVEMBER = ("2026-10-01", "2026-10-31"), ("2026-11-01", "2026-11-30")
DEFAULTS = {"long_from": 15, "least_plays": 50, "least_play_through": 0.4}


def check(finished: Finished, when: Span, asked: dict[str, float], plain: int = 0) -> None:
    of = by_entry(plays(when))
    library = {one.entry_id: one for one in items(plain) if not one.live}
    rows = {row["entry_id"]: row for row in finished.rows("entries.csv")}
    assert set(rows) == set(library)
    weak = 0
    for entry_id, one in library.items():
        row, mine = rows[entry_id], of.get(entry_id, [])
        assert row["entry_name"] == cell(one.name)
        assert row["captions"] == ("with captions" if captions(one) else "without captions")
        assert near(row["minutes"], one.duration / 60, 0.0501)
        assert row["length"] == ("long" if one.duration >= 60 * asked["long_from"] else "short")
        ends = [len(mine), reached(mine, 50), reached(mine, 100)]
        assert [int(row[name]) for name in ("plays", "to_the_middle", "to_the_end")] == ends
        assert near(row["minutes_viewed"], minutes(mine))
        if mine:
            assert near(row["play_through"], ends[2] / ends[0], 6e-7)
            assert near(row["completion"], completion(mine))
        else:
            assert [row["play_through"], row["completion"]] == ["", ""]
        few = len(mine) < asked["least_plays"]
        slack = not few and ends[2] / ends[0] < asked["least_play_through"]
        assert row["standing"] == ("few plays" if few else "weak" if slack else "fine")
        weak += slack
    assert wrong(finished) == ({"checks.nothing_is_weak": ("warn", weak)} if weak else {})
    check_groups(finished, of, asked, plain)


def check_groups(finished: Finished, of: dict[str, list[Event]], asked: dict[str, float], plain: int) -> None:
    groups: dict[tuple[str, str], list[str]] = {}
    for one in items(plain):
        if not one.live:
            kind = "with captions" if captions(one) else "without captions"
            for size in ("all", "long" if one.duration >= 60 * asked["long_from"] else "short"):
                groups.setdefault((size, kind), []).append(one.entry_id)
    rows = finished.rows("groups.csv")
    assert [(row["size"], row["captions"]) for row in rows] == [
        (size, kind) for size in ("all", "short", "long") for kind in ("with captions", "without captions")
    ]
    shares = {}
    for row in rows:
        ids = groups[row["size"], row["captions"]]
        mine = [one for entry_id in ids for one in of.get(entry_id, [])]
        assert row["label"] == f"{row['size'].capitalize()}, {row['captions']}"
        assert [int(row["entries"]), int(row["played_entries"])] == [len(ids), len({one.entry_id for one in mine})]
        assert [int(row[name]) for name in ("plays", "to_the_middle", "to_the_end")] == [
            len(mine), reached(mine, 50), reached(mine, 100)
        ]  # fmt: skip
        assert near(row["play_through"], reached(mine, 100) / len(mine), 6e-7)
        assert near(row["completion"], completion(mine), 6e-7)
        assert near(row["minutes_per_play"], minutes(mine) / len(mine), 0.00501)
        shares[row["size"], row["captions"]] = (reached(mine, 100), len(mine))
    check_page(finished, shares)


def check_page(finished: Finished, shares: dict[tuple[str, str], tuple[int, int]]) -> None:
    said = words(finished.page("report.html"))
    gains = {
        size: shares[size, "with captions"][0] / shares[size, "with captions"][1]
        - shares[size, "without captions"][0] / shares[size, "without captions"][1]
        for size in ("all", "short", "long")
    }
    both, bare = shares["all", "with captions"], shares["all", "without captions"]
    whole = (both[0] + bare[0]) / (both[1] + bare[1])
    chance = 1.96 * (whole * (1 - whole) * (1 / both[1] + 1 / bare[1])) ** 0.5
    assert near(finished.rows("groups.csv")[0]["chance"], chance, 6e-7)
    told = abs(gains["all"]) >= max(chance, 0.01)
    answer = (
        "No clear answer" if gains["short"] * gains["long"] < 0
        else "About as far" if not told
        else "Yes, further" if gains["all"] > 0
        else "No, less far"
    )  # fmt: skip
    assert (f"may differ by {100 * chance:.1f} points by chance alone" in said) is not told
    assert (
        f"{answer}: {share(*both)} of plays reach the end in entries with captions, {share(*bare)} in entries without."
    ) in said
    for size in ("short", "long"):
        pair = (
            f"it is {share(*shares[size, 'with captions'])} with and {share(*shares[size, 'without captions'])} without"
        )
        assert pair in said.split(f"Among {size} entries")[1]
    assert f"{both[0]:,} of {both[1]:,} plays" in said
    assert f"{bare[0]:,} of {bare[1]:,} plays" in said


@pytest.mark.parametrize(
    ("zone", "month", "asked", "as_of"),
    [
        pytest.param(NEW_YORK, OCTOBER, DEFAULTS, "2026-11-16", id="as it is"),
        pytest.param(KOLKATA, OCTOBER, DEFAULTS, "2026-11-16", id="another zone"),
        pytest.param(
            NEW_YORK, NOVEMBER, {"long_from": 11, "least_plays": 100, "least_play_through": 0.45}, "2026-12-16",
            id="other thresholds, and a month in which the clock changes",
        ),
    ],
)  # fmt: skip
def test_the_plays_are_the_truth(
    zone: str, month: tuple[str, str], asked: dict[str, float], as_of: str, tmp_path: Path
) -> None:
    edit = None if zone == NEW_YORK else in_zone(zone)
    given = (
        [word for name, value in asked.items() for word in ("--param", f"{name}={value}")] if asked != DEFAULTS else []
    )
    finished = run(tmp_path / "project", JOB, "--as-of", as_of, *given, edit=edit)
    assert finished.code == 0, finished.err
    check(finished, span(zone, *month), asked)


def test_a_difference_that_chance_explains_is_no_answer(tmp_path: Path) -> None:
    """In November 2026, 387 of 832 plays come to the end with captions, and 697 of 1,573 without: z is 1.03."""
    finished = run(tmp_path / "project", JOB, "--as-of", "2026-12-02", "--param", "long_from=100")
    assert "About as far: 47% of plays reach the end" in finished.lead("report.html")


def test_a_library_of_many_entries_is_asked_in_packs(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, faults=Faults.parse(["library=450"]))
    assert finished.code == 0, finished.err
    check(finished, span(NEW_YORK, *OCTOBER), DEFAULTS, plain=450)
    assert finished.sandbox.count("report.getTable") == 6
    assert finished.sandbox.count("caption_captionAsset.list") == 1


def test_captions_made_during_the_month_are_found(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, "--as-of", "2019-04-01")
    assert finished.code == 0, finished.err
    march = span(NEW_YORK, "2019-03-01", "2019-03-31")
    late = [
        track
        for one in items(0)
        for track in captions(one)
        if one.created_at + 600 >= march[0] and plays(march, one.entry_id)
    ]
    assert wrong(finished)["checks.captions_were_there"] == ("warn", len(late))
    assert late


def test_a_month_without_a_play_has_nothing_to_compare(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, "--as-of", "2011-02-16")
    assert finished.code == 0, finished.err
    assert "Nothing to compare. No entry with captions was played" in words(finished.page("report.html"))
    assert len(LIBRARY) - 3 == len(finished.rows("entries.csv"))


def test_plays_that_only_one_report_has_are_found(tmp_path: Path) -> None:
    def live_alone(text: str) -> str:
        head, mark, rest = text.partition("[datasets.seen]")
        return head + mark + rest.replace('playbackTypeIn = ["vod"]', 'playbackTypeIn = ["live"]', 1)

    finished = run(tmp_path / "project", JOB, edit=live_alone)
    assert finished.code == 5
    played = {one.entry_id for one in plays(span(NEW_YORK, *OCTOBER))}
    assert wrong(finished)["checks.reports_agree"] == ("error", len(played))
