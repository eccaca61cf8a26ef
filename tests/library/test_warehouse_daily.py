"""What the warehouse may load: counted again from the plays themselves, day by day."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from running import Finished, in_zone, run

from reportrunner.sandbox import kaltura_report
from reportrunner.sandbox.accounts import account_events
from reportrunner.sandbox.people import ANONYMOUS
from reportrunner.sandbox.places import COUNTRIES
from reportrunner.sandbox.universe import WHOLE, Event, entries, events

JOB = "warehouse/daily"
HALF = Decimal("0.0000005")
NAMES = {entry.entry_id: (entry.name, entry.media_type) for entry in entries()}
Days = dict[str, list[Event]]


def plays(first: str, days: int, zone: str = "America/New_York", playback: str = "vod live dvr") -> Days:
    """The plays of so many days of a zone, by day."""
    found = {}
    for number in range(days):
        day = dt.date.fromisoformat(first) + dt.timedelta(number)
        start, end = (
            int(dt.datetime.combine(one, dt.time(), ZoneInfo(zone)).timestamp()) for one in (day, day + dt.timedelta(1))
        )
        found[day.isoformat()] = [one for one in events(None, start, end) if one.playback in playback.split()]
    return found


def grouped(some: list[Event], of: Callable[[Event], str]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for one in some:
        found[of(one)].append(one)
    return dict(sorted(found.items()))


def people(some: list[Event]) -> int:
    return len({one.user_id for one in some if one.user_id != ANONYMOUS})


def minutes(some: list[Event]) -> Decimal:
    return Decimal(sum(one.watched for one in some)) / 60


def agree(finished: Finished, days: Days, before: dict[str, tuple[str, int]] | None = None) -> None:
    """Demand every cell of the three files, and the first screen of the page.

    `before` says of a day when it was pulled before, and how many plays came late.
    """
    assert finished.code == 0, finished.err
    told = finished.rows("engagement.csv")
    truth = [(day, key, mine) for day, all_ in days.items() for key, mine in grouped(all_, entry).items()]
    assert [(row["day"], row["entry_id"]) for row in told] == [(day, key) for day, key, _ in truth]
    for row, (_, key, mine) in zip(told, truth, strict=True):
        assert (row["entry_name"].removeprefix("'"), row["media_type"]) == NAMES[key]
        assert (int(row["plays"]), int(row["loads"])) == (len(mine), sum(one.loads for one in mine))
        assert (Decimal(row["minutes_viewed"]), int(row["viewers_estimated"])) == (minutes(mine), people(mine))
        average = Decimal(sum(one.completion for one in mine)) / WHOLE / len(mine)
        assert abs(Decimal(row["average_completion"]) - average) <= HALF

    places = finished.rows("geography.csv")
    truth = [(day, key, mine) for day, all_ in days.items() for key, mine in grouped(all_, country_code).items()]
    assert [(row["day"], row["country_code"]) for row in places] == [(day, key) for day, key, _ in truth]
    for row, (_, _, mine) in zip(places, truth, strict=True):
        assert row["country"] == mine[0].country
        assert (int(row["plays"]), int(row["loads"])) == (len(mine), sum(one.loads for one in mine))
        assert int(row["plays_to_the_end"]) == sum(one.completion == WHOLE for one in mine)
        assert int(row["viewers_estimated"]) == people(mine)

    earlier = before or {}
    assert finished.rows("days.csv") == [
        {
            "day": day,
            "entry_rows": f"{len(grouped(mine, entry))}",
            "country_rows": f"{len(grouped(mine, country_code))}",
            "plays": f"{len(mine)}",
            "minutes_viewed": f"{minutes(mine).normalize():f}",
            "viewers_estimated": f"{people(mine)}" if mine else "",
            "pulled_before": earlier[day][0] if day in earlier else "",
            "late_plays": f"{earlier[day][1]}" if day in earlier else "",
        }
        for day, mine in days.items()
    ]
    yesterday = list(days.values())[-1]
    lead = finished.lead("report.html")
    assert f"{len(told) + len(places)} rows of {len(days)} days" in lead
    assert f"Yesterday adds up to {len(yesterday)} plays." in lead if yesterday else "has no play at all" in lead
    late = sum(gained for _, gained in earlier.values())
    assert finished.tiles("report.html") == {
        "rows by entry": f"{len(told)}",
        "rows by country": f"{len(places)}",
        "hours viewed yesterday": f"{(minutes(yesterday) / 60).quantize(Decimal(1), ROUND_HALF_UP)}",
        "late play" if late == 1 else "late plays": f"{late}" if earlier else "\u2013",
    }


def entry(one: Event) -> str:
    return one.entry_id


def country_code(one: Event) -> str:
    return COUNTRIES[one.country].code


@contextmanager
def some_are_late(late: Callable[[Event], bool]) -> Iterator[None]:
    """The same world, before those plays have arrived."""

    def arrived(*asked: Any) -> tuple[Event, ...]:
        return tuple(one for one in account_events(*asked) if not late(one))

    kaltura_report._remembered.cache_clear()
    with patch("reportrunner.sandbox.kaltura_question.account_events", arrived):
        yield
    kaltura_report._remembered.cache_clear()


def test_three_days_are_the_worlds_own(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB)
    agree(finished, plays("2026-11-13", 3))
    assert {severity for severity, _ in finished.findings.values()} == {"ok"}


def test_another_zone_five_days_and_live_alone_with_silent_days(tmp_path: Path) -> None:
    more = ("--as-of", "2026-11-15", "--param", "days=5", "--param", "playback=live,dvr")
    finished = run(tmp_path / "project", JOB, *more, edit=in_zone("Asia/Tokyo"))
    days = plays("2026-11-10", 5, "Asia/Tokyo", "live dvr")
    agree(finished, days)
    silent = sum(not mine for mine in days.values())
    assert silent
    assert finished.findings["checks.no_day_is_silent"] == ("warn", silent)


def test_a_day_of_25_hours(tmp_path: Path) -> None:
    agree(run(tmp_path / "project", JOB, "--as-of", "2026-11-03"), plays("2026-10-31", 3))


def test_what_comes_late_is_told_and_a_pull_that_is_too_short_is_found(tmp_path: Path) -> None:
    project = tmp_path / "project"
    days = plays("2026-11-12", 5)
    late = {"2026-11-13": 4, "2026-11-14": 2, "2026-11-15": 3}
    missing = {id_of(one) for day, some in late.items() for one in days[day][:some]}
    with some_are_late(lambda one: id_of(one) in missing):
        before = run(project, JOB)
    agree(before, {day: days[day][late[day] :] for day in late})

    after = run(project, JOB, "--as-of", "2026-11-17")
    seen = "2026-11-16T05:00:00Z"
    pulled = {day: days[day] for day in list(days)[2:]}
    agree(after, pulled, {"2026-11-14": (seen, 2), "2026-11-15": (seen, 3)})
    assert after.findings["checks.the_pull_is_long_enough"] == ("warn", 1)

    longer = run(project, JOB, "--as-of", "2026-11-17", "--param", "days=5")
    agree(longer, days, {day: (seen, some) for day, some in late.items()})
    assert longer.findings["checks.the_pull_is_long_enough"] == ("ok", 0)


def test_days_of_another_zone_or_playback_are_no_earlier_pull(tmp_path: Path) -> None:
    project = tmp_path / "project"
    run(project, JOB)
    alone = run(project, JOB, "--as-of", "2026-11-17", "--param", "playback=live,dvr")
    agree(alone, plays("2026-11-14", 3, playback="live dvr"))
    moved = run(project, JOB, "--as-of", "2026-11-17T12:00:00Z", edit=in_zone("Asia/Tokyo"))
    agree(moved, plays("2026-11-14", 3, "Asia/Tokyo"))
    assert [row["late_plays"] for row in moved.rows("days.csv")] == ["", "", ""]


def test_a_day_that_does_not_add_up_is_not_to_be_loaded(tmp_path: Path) -> None:
    def recordings_alone(text: str) -> str:
        head, mark, rest = text.partition("[datasets.countries]")
        return head + mark + rest.replace('"{{ params.playback }}"', '["vod"]', 1)

    finished = run(tmp_path / "project", JOB, "--as-of", "2026-11-13", edit=recordings_alone)
    assert finished.code == 5
    assert finished.findings["checks.plays_agree"] == ("error", 1)
    assert finished.lead("report.html").startswith("Nothing yet.")


def id_of(one: Event) -> tuple[str, int, str]:
    return one.entry_id, one.at, one.viewer
