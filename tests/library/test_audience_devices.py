"""What people watch with: counted again from the plays themselves."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from running import Finished, in_zone, run

from reportrunner.sandbox.traits import TRAITS
from reportrunner.sandbox.universe import Event, events

JOB = "audience/devices"
KINDS = {"device": "device", "system": "os_family", "browser": "browser"}
HALF = Decimal("0.0000005")


def month(first: str, end: str, zone: str = "America/New_York", playback: str = "vod live dvr") -> list[Event]:
    """The plays of whole days of a zone; `end` is the first day that does not count."""
    start, stop = (
        int(dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), ZoneInfo(zone)).timestamp())
        for day in (first, end)
    )
    return [one for one in events(None, start, stop) if one.playback in playback.split()]


def agree(finished: Finished, plays: list[Event], worth: Decimal = Decimal("0.1")) -> None:
    """Demand every cell of the file, and the first screen of the page, from the plays."""
    assert finished.code == 0, finished.err
    whole = sum(one.watched for one in plays)
    rows = finished.rows("ranking.csv")
    shares: dict[tuple[str, str], Decimal] = {}
    for kind, trait in KINDS.items():
        of: dict[str, list[Event]] = defaultdict(list)
        for one in plays:
            of[TRAITS[trait](one)].append(one)
        mine = [row for row in rows if row["kind"] == kind]
        watched = {name: sum(one.watched for one in his) for name, his in of.items()}
        assert [row["name"] for row in mine] == sorted(of, key=lambda name: (-watched[name], name))
        for row in mine:
            shares[kind, row["name"]] = share = Decimal(watched[row["name"]]) / whole
            assert int(row["plays"]) == len(of[row["name"]])
            assert Decimal(row["minutes"]) == Decimal(watched[row["name"]]) / 60
            assert abs(Decimal(row["share"]) - share) <= HALF
            assert row["worth_testing"] == str(share >= worth).lower()
    assert len(rows) == len(shares)

    lead = finished.lead("report.html")
    first, second = [name for kind, name in shares if kind == "device"][:2]
    assert lead.startswith(f"{shares['device', first]:.0%} of the time is watched on {first}")
    assert f" {shares['device', second]:.0%} on {second}" in lead
    assert f" {worth:.0%} " in lead
    carrying = sum(share >= worth for (kind, _), share in shares.items() if kind == "browser")
    assert f"{'All 5' if carrying == 5 else f'{carrying} of 5' if carrying else 'No'} browser version" in lead
    assert finished.tiles("report.html") == {
        "hours viewed": f"{Decimal(whole) / 3600:,.0f}",
        "plays": f"{len(plays):,}",
        "viewers": f"{len({one.viewer for one in plays}):,}",
    }
    assert {severity for severity, _ in finished.findings.values()} == {"ok"}


def test_a_month_is_the_worlds_own(tmp_path: Path) -> None:
    agree(run(tmp_path / "project", JOB), month("2026-10-01", "2026-11-01"))


def test_another_zone_another_month_and_live_alone(tmp_path: Path) -> None:
    more = ("--as-of", "2026-04-15", "--param", "playback=live", "--param", "worth=0.2")
    finished = run(tmp_path / "project", JOB, *more, edit=in_zone("Asia/Tokyo"))
    agree(finished, month("2026-03-01", "2026-04-01", "Asia/Tokyo", "live"), Decimal("0.2"))
    assert "live only" in finished.page("report.html")


@pytest.mark.parametrize("as_of", ["2026-04-01", "2026-12-01"])
def test_a_month_in_which_the_clock_changes(tmp_path: Path, as_of: str) -> None:
    first = {"2026-04-01": "2026-03-01", "2026-12-01": "2026-11-01"}[as_of]
    agree(run(tmp_path / "project", JOB, "--as-of", as_of), month(first, as_of))


def test_a_kind_that_leaves_out_live_does_not_add_up(tmp_path: Path) -> None:
    def recordings_alone(text: str) -> str:
        head, mark, rest = text.partition("[datasets.systems]")
        return head + mark + rest.replace('"{{ params.playback }}"', '["vod"]', 1)

    finished = run(tmp_path / "project", JOB, edit=recordings_alone)
    assert finished.code == 5
    assert finished.findings["checks.every_kind_adds_up"] == ("error", 1)


def test_what_the_service_could_not_name_is_found(tmp_path: Path) -> None:
    """Where Computer were called Other: the sandbox names everything."""
    nameless = "case when device = 'Computer' then 'Other' else device end as name"
    finished = run(tmp_path / "project", JOB, edit=lambda text: text.replace("device as name", nameless))
    assert finished.findings["checks.names_are_known"] == ("warn", 1)


def test_a_month_in_which_nothing_was_watched(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, "--as-of", "2011-01-05")
    assert finished.code == 5  # nothing at all is an error until the job says otherwise
    assert finished.lead("report.html") == "Nothing was watched."
    assert set(finished.tiles("report.html").values()) == {"0"}
    assert finished.rows("ranking.csv") == []
