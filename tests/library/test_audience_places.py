"""Where the audience is: counted again from the plays themselves."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from running import Finished, in_zone, run

from reportrunner.sandbox import kaltura_subjects
from reportrunner.sandbox.kaltura_report import _remembered
from reportrunner.sandbox.people import ANONYMOUS
from reportrunner.sandbox.places import COUNTRIES, place
from reportrunner.sandbox.universe import Event, events

JOB = "audience/places"
HALF = Decimal("0.0000005")


def month(first: str, end: str, zone: str = "America/New_York", playback: str = "vod live dvr") -> list[Event]:
    """The plays of whole days of a zone; `end` is the first day that does not count."""
    start, stop = (
        int(dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), ZoneInfo(zone)).timestamp())
        for day in (first, end)
    )
    return [one for one in events(None, start, stop) if one.playback in playback.split()]


def people(plays: list[Event]) -> int:
    return len({one.user_id for one in plays if one.user_id != ANONYMOUS})


def ranked(plays: list[Event], of: Callable[[Event], tuple[str, ...]]) -> list[tuple[tuple[str, ...], list[Event]]]:
    found: dict[tuple[str, ...], list[Event]] = defaultdict(list)
    for one in plays:
        found[of(one)].append(one)
    return sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))


def agree(finished: Finished, plays: list[Event], country: str = "United States") -> None:
    """Demand every cell of the three files, and the first screen of the page, from the plays."""
    assert finished.code == 0, finished.err
    world = ranked(plays, lambda one: (one.country,))
    inside = [one for one in plays if one.country == country]
    regions = ranked(inside, lambda one: (place(one).region,))
    cities = ranked(inside, lambda one: (place(one).city, place(one).region))
    told = finished.rows("countries.csv")
    same(told, world, ("country",), "share_of_plays", len(plays))
    for row, (_, his) in zip(told, world, strict=True):
        assert row["code"] == COUNTRIES[row["country"]].code
        assert Decimal(row["minutes_viewed"]) == Decimal(sum(one.watched for one in his)) / 60
    same(finished.rows("regions.csv"), regions, ("region",), "share_of_country", len(inside))
    same(finished.rows("cities.csv"), cities, ("city", "region"), "share_of_country", len(inside))

    lead = finished.lead("report.html")
    assert lead.startswith(f"{Decimal(len(world[0][1])) / len(plays):.0%} of all plays came from {world[0][0][0]}")
    assert f"the rest from {len(world) - 1} other countries" in lead
    share = Decimal(len(regions[0][1])) / len(inside)
    assert f"Inside {country} the region {regions[0][0][0]} leads with {share:.0%} of its plays" in lead
    assert finished.tiles("report.html") == {
        "countries": f"{len(world)}",
        "plays": f"{len(plays):,}",
        "hours viewed": f"{Decimal(sum(one.watched for one in plays)) / 3600:,.0f}",
        "viewers": f"{people(plays):,}",
    }
    assert {severity for severity, _ in finished.findings.values()} == {"ok"}


def same(
    rows: list[dict[str, str]], truth: list[tuple[tuple[str, ...], list[Event]]], names: tuple[str, ...],
    share: str, whole: int,
) -> None:  # fmt: skip
    assert [tuple(row[name] for name in names) for row in rows] == [name for name, _ in truth]
    for row, (_, his) in zip(rows, truth, strict=True):
        assert int(row["plays"]) == len(his)
        assert int(row["viewers_estimated"]) == people(his)
        assert abs(Decimal(row[share]) - Decimal(len(his)) / whole) <= HALF


def test_a_month_is_the_worlds_own(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB)
    plays = month("2026-10-01", "2026-11-01")
    agree(finished, plays)
    assert sum(int(row["viewers_estimated"]) for row in finished.rows("countries.csv")) > people(plays)


def test_another_country_zone_and_month_and_live_alone(tmp_path: Path) -> None:
    more = ("--as-of", "2026-07-01", "--param", "country=Germany", "--param", "playback=live,dvr")
    finished = run(tmp_path / "project", JOB, *more, edit=in_zone("Asia/Tokyo"))
    agree(finished, month("2026-06-01", "2026-07-01", "Asia/Tokyo", "live dvr"), "Germany")
    assert "Counted are broadcasts and broadcasts played back." in finished.page("report.html")


@pytest.mark.parametrize(("first", "end"), [("2026-03-01", "2026-04-01"), ("2026-11-01", "2026-12-01")])
def test_a_month_in_which_the_clock_changes(tmp_path: Path, first: str, end: str) -> None:
    agree(run(tmp_path / "project", JOB, "--as-of", end), month(first, end))


def test_a_country_that_the_service_spells_otherwise_is_found(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, "--param", "country=Deutschland")
    assert finished.code == 5
    assert finished.findings["checks.country_is_known"] == ("error", 1)
    assert finished.rows("regions.csv") == finished.rows("cities.csv") == []
    assert "Nobody watched from Deutschland" in finished.page("report.html")


def test_a_code_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, "--param", "country=US")
    assert finished.code == 3
    assert 'countryIn takes country names, and "US" is a code' in finished.err


def test_levels_that_do_not_add_up_are_found(tmp_path: Path) -> None:
    def recordings_alone(text: str) -> str:
        for dataset in ("world", "by_city"):
            head, mark, rest = text.partition(f"[datasets.{dataset}]")
            text = head + mark + rest.replace('"{{ params.playback }}"', '["vod"]', 1)
        return text

    finished = run(tmp_path / "project", JOB, edit=recordings_alone)
    assert finished.code == 5
    assert finished.findings["checks.countries_are_the_world"] == ("error", 1)
    assert finished.findings["checks.minutes_are_the_worlds"] == ("warn", 1)
    assert finished.findings["checks.parts_are_the_country"] == ("error", 1)


def test_a_country_without_a_name_keeps_its_row(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It cannot be asked for its minutes: they are empty, and a finding says that some are missing."""
    known = kaltura_subjects._BY_LEADING["object_id", "country"]
    nameless = replace(known, cells={**known.cells, "country": lambda one: one.country.replace("Germany", "")})
    monkeypatch.setitem(kaltura_subjects._BY_LEADING, ("object_id", "country"), nameless)
    _remembered.cache_clear()
    finished = run(tmp_path / "project", JOB)
    _remembered.cache_clear()
    assert finished.code == 0, finished.err
    plays = month("2026-10-01", "2026-11-01")
    (row,) = [row for row in finished.rows("countries.csv") if row["country"] == "(unknown)"]
    assert (int(row["plays"]), row["minutes_viewed"]) == (sum(one.country == "Germany" for one in plays), "")
    assert finished.findings["checks.minutes_are_the_worlds"] == ("warn", 1)
