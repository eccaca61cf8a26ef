"""jobs/platform/traffic: every number against what happened to the sandbox's connections themselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from platform_words import rounded, share, signed, words
from running import Finished, in_zone, run

from reportrunner.sandbox.cloudflare_connections import Happened, happened
from reportrunner.sandbox.cloudflare_ids import COLOS, ZONE_IDS

JOB = "platform/traffic"
HOUR = 3_600_000
UNPROCESSED = 30_000
MONDAY = dt.date(2026, 11, 9)


def midnight(day: dt.date, zone: str) -> int:
    return int(dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).timestamp() * 1000)


def told(size: int) -> str:
    """Bytes as a reader is told them."""
    left = Fraction(size)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if left < Fraction(9995, 10) or unit == "TB":
            return f"{rounded(left, 0 if unit == 'B' or left >= 100 else 1):,} {unit}"
        left /= 1000
    raise AssertionError


class World:
    """The events of a zone in a week and in the week before; asked at the week's end, not all were processed."""

    def __init__(self, monday: dt.date, zone: str, zone_id: str, *, at_the_end: bool) -> None:
        starts = [midnight(monday + dt.timedelta(days=n), zone) for n in (-7, 0, 7)]
        self.span, self.span_before = (starts[1], starts[2]), (starts[0], starts[1])
        self.at_the_end, self.zone = at_the_end, ZoneInfo(zone)
        self.week = list(happened(zone_id, starts[1], starts[2] - (UNPROCESSED if at_the_end else 0)))
        self.before = list(happened(zone_id, starts[0], starts[1]))

    def centres(self) -> list[dict[str, Any]]:
        rows = []
        for colo in COLOS:
            week, before = ([one for one in of if one.colo == colo] for of in (self.week, self.before))
            ended = sorted(one.length for one in week if one.event == "disconnect")
            rows.append(
                {
                    "data_centre": colo,
                    "bytes": size(week),
                    "bytes_before": size(before),
                    "change": rounded(Fraction(size(week), size(before)) - 1, 4),
                    "bytes_in": sum(one.ingress for one in week),
                    "bytes_out": sum(one.egress for one in week),
                    "events": len(week),
                    "events_before": len(before),
                    "connections_ended": len(ended),
                    "median_seconds": rounded(Fraction(ended[(len(ended) + 1) // 2 - 1], 1000), 1),
                }
            )
        return sorted(rows, key=lambda row: (-row["bytes"], row["data_centre"]))

    def intervals(self) -> list[tuple[int, int]]:
        """Hours of UTC, the first and the last of them cut to the week."""
        first, end = self.span
        return [(max(first, at), min(end, at + HOUR)) for at in range(first // HOUR * HOUR, end, HOUR)]

    def clock(self) -> list[dict[str, Any]]:
        """By the hour of the zone's clock in which an hour of UTC begins, the data centre of most bytes first."""
        found = {(colo, hour): 0 for colo in COLOS for hour in range(24)}
        for one in self.week:
            start = max(self.span[0], one.at // HOUR * HOUR) / 1000
            found[one.colo, dt.datetime.fromtimestamp(start, self.zone).hour] += one.ingress + one.egress
        whole = {colo: sum(found[colo, hour] for hour in range(24)) for colo in COLOS}
        return [
            {"data_centre": colo, "hour": hour, "bytes": found[colo, hour]}
            for colo in sorted(COLOS, key=lambda colo: (-whole[colo], colo))
            for hour in range(24)
        ]

    def hours(self) -> dict[tuple[str, str], tuple[str, str, str, str, str]]:
        found = {}
        for colo in COLOS:
            held: dict[int, list[Happened]] = {}
            for one in self.week:
                if one.colo == colo:
                    held.setdefault(max(self.span[0], one.at // HOUR * HOUR), []).append(one)
            for start, end in self.intervals():
                events = held.get(start, [])
                found[(colo, instant(start))] = (
                    instant(end),
                    str(len(events)),
                    str(sum(one.ingress for one in events)),
                    str(sum(one.egress for one in events)),
                    "false" if self.at_the_end and end == self.span[1] else "true",
                )
        return found


def size(events: list[Happened]) -> int:
    return sum(one.ingress + one.egress for one in events)


def instant(moment: int) -> str:
    return dt.datetime.fromtimestamp(moment / 1000, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def assert_true(finished: Finished, world: World, moved: str = "0.2") -> None:
    """Every cell of both files, the heat map, and the first screen of the page."""
    assert finished.code == 0, finished.err
    centres = world.centres()
    found = [
        {name: cell if name == "data_centre" else Decimal(cell) for name, cell in row.items()}
        for row in finished.rows("centres.csv")
    ]
    assert found == centres
    hours = {(row["coloName"], row["interval_start"]): tuple(row.values())[2:] for row in finished.rows("hours.csv")}
    assert hours == world.hours()
    assert finished.table("clock") == world.clock()
    page = words(finished.page("report.html"))
    week, before, top = size(world.week), size(world.before), centres[0]
    percents = f"{signed(rounded(Fraction(week - before, before) * 100, 1))}%"
    answer = (
        "About as much as the week before." if percents == "±0.0%"
        else f"{'Yes, it is more' if week > before else 'No, it is less'} than the week before: {percents}."
    )  # fmt: skip
    assert f"{top['data_centre']} carried the most, {told(top['bytes'])} of {told(week)}. {answer}" in page
    assert f"{told(before)} the week before" in page
    assert f"{share(Fraction(top['bytes'], week))} {top['data_centre']}" in page
    changed = sum(abs(row["change"]) > Decimal(moved) for row in centres)
    noun = "data centre" if changed == 1 else "data centres"
    assert f"{noun} changed by more than {rounded(Fraction(moved) * 100, 0)}% {changed} of 4" in page
    assert f"events {len(world.week):,} {signed(len(world.week) - len(world.before))} against the week before" in page


@pytest.mark.parametrize(
    ("arguments", "zone", "zone_id", "monday"),
    [
        ((), "America/New_York", ZONE_IDS[0], MONDAY),
        (("--param", f"zone_id={ZONE_IDS[1]}", "--param", "moved=0.01"), "America/New_York", ZONE_IDS[1], MONDAY),
        (("--as-of", "2026-11-05"), "America/New_York", ZONE_IDS[0], dt.date(2026, 10, 26)),
        (("--as-of", "2026-11-16"), "Asia/Kolkata", ZONE_IDS[0], MONDAY),
    ],
    ids=["as it is", "another zone, with bytes beyond 2^53", "a week of 169 hours", "days that begin on half an hour"],
)
def test_every_number_is_what_happened(
    tmp_path: Path, arguments: tuple[str, ...], zone: str, zone_id: str, monday: dt.date
) -> None:
    edit = in_zone(zone) if zone != "America/New_York" else None
    finished = run(tmp_path / "project", JOB, *arguments, edit=edit)
    world = World(monday, zone, zone_id, at_the_end=monday == MONDAY)
    assert_true(finished, world, "0.01" if zone_id == ZONE_IDS[1] else "0.2")


def filtered(*datasets: str, by: str) -> Callable[[str], str]:
    """An edit of the job: these datasets ask for a part of the traffic only."""

    def change(text: str) -> str:
        for name in datasets:
            head, mark, rest = text.partition(f"[datasets.{name}]")
            rest = rest.replace('filters     = "event==disconnect"\n', "", 1) if name == "lasted" else rest
            text = head + mark + rest.replace("zone_id     =", f'filters     = "{by}"\nzone_id     =', 1)
        return text

    return change


def test_a_week_without_traffic_is_said(tmp_path: Path) -> None:
    edit = filtered("hours", "week_sum", "lasted", "before_sum", by="coloName==LHR")
    finished = run(tmp_path / "project", JOB, edit=edit)
    assert finished.code == 0, finished.err
    assert "No traffic. No data centre carried a byte in this week." in words(finished.page("report.html"))
    assert finished.findings["checks.something_to_compare"] == ("warn", 1)
    assert finished.rows("centres.csv") == []


def test_a_data_centre_that_is_new_or_silent_has_a_row(tmp_path: Path) -> None:
    """NRT carried nothing this week, and FRA nothing the week before: neither is lost, and no change is made up."""
    edits = (filtered("hours", "week_sum", by="coloName!=NRT"), filtered("before_sum", by="coloName!=FRA"))
    finished = run(tmp_path / "project", JOB, edit=lambda text: edits[1](edits[0](text)))
    assert finished.code == 0, finished.err
    rows = {row["data_centre"]: row for row in finished.rows("centres.csv")}
    assert list(rows) == ["SFO", "PDX", "FRA", "NRT"]
    assert (rows["NRT"]["bytes"], rows["NRT"]["change"]) == ("0", "-1")
    assert (rows["FRA"]["bytes_before"], rows["FRA"]["change"]) == ("0", "")
    assert "data centres changed by more than 20% 2 of 4" in words(finished.page("report.html"))


def test_hours_that_do_not_add_up_to_the_week_are_found(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, edit=filtered("week_sum", by="event==disconnect"))
    assert finished.code == 5
    assert finished.findings["checks.hours_add_up"] == ("error", 4)


def test_a_data_centre_in_which_no_connection_ended_has_a_row(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, edit=filtered("lasted", by="event==disconnect;coloName!=SFO"))
    assert finished.code == 0, finished.err
    rows = {row["data_centre"]: row for row in finished.rows("centres.csv")}
    assert len(rows) == 4
    assert (rows["SFO"]["connections_ended"], rows["SFO"]["median_seconds"]) == ("0", "")
