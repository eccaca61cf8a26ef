"""Whether a thumbnail got more plays: shares and their test, counted anew from the sandbox's plays."""

from __future__ import annotations

from math import sqrt
from pathlib import Path

import pytest
from content_plays import KOLKATA, LIBRARY, NEW_YORK, loads, near, plays, reached, span, words, wrong
from running import Finished, in_zone, run

JOB = "content/thumbnails"
DAYS = ("2026-10-19", "2026-11-01", "2026-11-02", "2026-11-15")
Share = tuple[int, int]


def days(one: str, two: str, three: str, four: str) -> list[str]:
    given = {"a_first": one, "a_last": two, "b_first": three, "b_last": four}
    return [word for name, day in given.items() for word in ("--param", f"{name}={day}")]


def two_proportions(a: Share, b: Share, sure: float) -> tuple[float, float, float, str]:
    """Lowest and highest difference, z, and the verdict, of two shares (plays, impressions)."""
    (x_a, n_a), (x_b, n_b) = a, b
    p_a, p_b, p = x_a / n_a, x_b / n_b, (x_a + x_b) / (n_a + n_b)
    own = sqrt(p_a * (1 - p_a) / n_a + p_b * (1 - p_b) / n_b)
    z = (p_b - p_a) / sqrt(p * (1 - p) * (1 / n_a + 1 / n_b))
    verdict = "no difference" if abs(z) < sure else "more" if z > 0 else "fewer"
    return p_b - p_a - sure * own, p_b - p_a + sure * own, z, verdict


def check(finished: Finished, entry: str, zone: str, when: tuple[str, ...], sure: float = 1.96) -> str:
    """Hold tables and page against the plays; return the verdict on the entry."""
    spans = [span(zone, when[0], when[1]), span(zone, when[2], when[3])]
    mine = [plays(one, entry) for one in spans]
    rest = [[play for play in plays(one) if play.entry_id != entry] for one in spans]
    for row, found, others in zip(finished.rows("periods.csv"), mine, rest, strict=True):
        place = "AB".index(row["thumbnail"])
        assert [int(row["place"]), row["first_day"], row["last_day"]] == [
            place + 1,
            when[2 * place],
            when[2 * place + 1],
        ]
        length = round((spans[place][1] - spans[place][0]) / 86_400)
        assert int(row["days"]) == length
        assert [int(row[name]) for name in ("impressions", "plays", "not_played")] == [
            loads(found), len(found), loads(found) - len(found)
        ]  # fmt: skip
        assert near(row["play_rate"], len(found) / loads(found), 5e-7)
        assert near(row["impressions_per_day"], loads(found) / length, 0.051)
        assert near(row["stayed_rate"], reached(found, 25) / len(found), 5e-7)
        assert [int(row["rest_impressions"]), int(row["rest_plays"])] == [loads(others), len(others)]
    verdicts = []
    for row, subject, pair in zip(
        finished.rows("tests.csv"), ("the entry", "the rest of the library"), (mine, rest), strict=True
    ):
        a, b = [(len(found), loads(found)) for found in pair]
        lowest, highest, z, verdict = two_proportions(a, b, sure)
        assert [row["subject"], row["verdict"]] == [subject, verdict]
        for name, number in {
            "rate_a": a[0] / a[1], "rate_b": b[0] / b[1], "difference": b[0] / b[1] - a[0] / a[1],
            "lowest": lowest, "highest": highest,
        }.items():  # fmt: skip
            assert near(row[name], number, 6e-7)
        assert near(row["z"], z, 6e-5)
        verdicts.append(verdict)
    said = words(finished.page("report.html"))
    a, b = [(len(found), loads(found)) for found in mine]
    lowest, highest, z, _ = two_proportions(a, b, sure)
    answer = {"no difference": "No difference can be told.", "more": "Yes.", "fewer": "No, fewer."}[verdicts[0]]
    assert f"{answer} " in said
    assert (
        f" {100 * a[0] / a[1]:.1f}% of impressions became plays with thumbnail A, and {100 * b[0] / b[1]:.1f}% with B."
        in said
    )
    assert (
        f"lies between {100 * lowest:+.1f} points and {100 * highest:+.1f} points "
        f"(z = {z:.2f}; from {sure} on it counts)" in said
    )
    assert f"{a[0]} of {a[1]}" in said
    assert f"{b[0]} of {b[1]}" in said
    assert f"points from A to B {100 * (b[0] / b[1] - a[0] / a[1]):+.1f}" in said
    assert LIBRARY[entry].name in said
    return verdicts[0]


def test_where_everything_moved_the_thumbnail_need_not_be_the_reason(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, "--param", "z=0.1")
    assert "but the rest of the library changed too: the thumbnail need not be the reason." in finished.page(
        "report.html"
    )


def test_as_it_is_no_difference_can_be_told(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB)
    assert finished.code == 0, finished.err
    assert wrong(finished) == {}
    assert check(finished, "1_gdpr1", NEW_YORK, DAYS) == "no difference"


def test_days_are_those_of_the_zone(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, edit=in_zone(KOLKATA))
    assert check(finished, "1_gdpr1", KOLKATA, DAYS) == "no difference"


@pytest.mark.parametrize(("swapped", "verdict"), [(False, "more"), (True, "fewer")])
def test_a_difference_is_told(swapped: bool, verdict: str, tmp_path: Path) -> None:
    when = ("2026-08-03", "2026-08-09", "2026-08-10", "2026-08-16")
    when = when[2:] + when[:2] if swapped else when
    finished = run(tmp_path / "project", JOB, "--param", "entry=1_brib1", *days(*when))
    assert finished.code == 0, finished.err
    assert check(finished, "1_brib1", NEW_YORK, when) == verdict


def test_whoever_wants_to_be_surer_is_told_less(tmp_path: Path) -> None:
    when = ("2026-08-03", "2026-08-09", "2026-08-10", "2026-08-16")
    finished = run(tmp_path / "project", JOB, "--param", "entry=1_brib1", "--param", "z=2.58", *days(*when))
    assert check(finished, "1_brib1", NEW_YORK, when, sure=2.58) == "no difference"


@pytest.mark.parametrize(
    ("when", "found"),
    [
        (("2026-10-20", "2026-10-25", "2026-11-02", "2026-11-08"), {"checks.whole_weeks": ("error", 1)}),
        (("2026-10-19", "2026-10-27", "2026-11-02", "2026-11-10"), {"checks.whole_weeks": ("error", 2)}),
        (("2026-10-19", "2026-11-01", "2026-11-01", "2026-11-14"), {"checks.one_thumbnail_at_a_time": ("error", 1)}),
    ],
    ids=["six days", "nine days have two Mondays and one Sunday", "a day with both"],
)
def test_periods_that_cannot_be_compared_are_refused(
    when: tuple[str, ...], found: dict[str, tuple[str, int]], tmp_path: Path
) -> None:
    finished = run(tmp_path / "project", JOB, *days(*when))
    assert finished.code == 5
    assert wrong(finished) == found
    assert "Do not rely on this report yet" in finished.page("report.html")


@pytest.mark.parametrize("z", ["0", "-1.96"])
def test_a_z_that_would_turn_the_verdict_round_gives_none(z: str, tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, "--param", f"z={z}")
    assert finished.code == 5
    assert finished.findings["checks.z_can_be_reached"] == ("error", 1)
    assert finished.lead("report.html").startswith("No answer. A test needs a z above 0, and this one is ")
    assert {row["verdict"] for row in finished.rows("tests.csv")} == {"no test"}


def test_a_period_that_is_not_over_is_refused(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, "--as-of", "2026-11-15")
    assert finished.code == 5
    assert wrong(finished)["checks.whole_weeks"] == ("error", 1)


def test_traffic_that_is_not_alike_is_a_warning(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, "--param", "unlike_by=0.01")
    assert (finished.code, wrong(finished)) == (0, {"checks.alike_traffic": ("warn", 1)})


def test_an_entry_that_nobody_was_shown_has_no_answer(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, "--param", "entry=1_gdrp1")
    assert finished.code == 5
    assert wrong(finished)["checks.play_rates_are_shares"] == ("error", 2)
    assert "No answer. Thumbnail A was never shown" in words(finished.page("report.html"))
