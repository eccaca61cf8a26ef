"""What has captions and what comes first: every cell, and what page and message say first, against the library."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lessons import NEW_YORK, cell, cells_of, minutes, plays, rounded
from running import Finished, in_whole, in_zone, run

from reportrunner.sandbox import Faults, kaltura_captions
from reportrunner.sandbox.categories import by_id
from reportrunner.sandbox.kaltura_wire import Thing
from reportrunner.sandbox.library import Item, captions, items
from reportrunner.sandbox.universe import Event
from reportrunner.templating.words import percent

JOB = "accessibility/coverage"
AS_OF = dt.date(2026, 11, 16)
Row = dict[str, str]


class World:
    """The library without its live entries, and what was played of it."""

    def __init__(self, days: int = 90, plain: int = 0, zone: str = NEW_YORK) -> None:
        self.items = {one.entry_id: one for one in items(plain) if not one.live}
        own = [entry for entry in self.items if not entry.startswith("1_lib")]
        found = plays(own, AS_OF - dt.timedelta(days=days), AS_OF, zone)
        self.plays: dict[str, list[Event]] = {entry: [] for entry in self.items}
        for event in found:
            self.plays[event.entry_id].append(event)

    def of(self, test: Callable[[Item], bool]) -> list[Item]:
        """The entries for which that holds."""
        return [one for one in self.items.values() if test(one)]

    def played(self, some: list[Item]) -> int:
        """How often these were played."""
        return sum(len(self.plays[one.entry_id]) for one in some)

    @property
    def to_caption(self) -> list[Item]:
        """What has no captions, in the order in which it should get them."""
        bare = self.of(lambda one: not captions(one))
        return sorted(bare, key=lambda one: (-len(self.plays[one.entry_id]), -one.duration, one.entry_id))

    def rows(self) -> list[Row]:
        """The rows of to-caption.csv."""
        names = Counter(one.name for one in self.to_caption)
        assert max(names.values(), default=1) == 1, "no two entries of the sandbox have one name"
        return [
            {
                "place": str(place),
                "entry_id": one.entry_id,
                "name": cell(one.name),
                "plays": str(len(self.plays[one.entry_id])),
                "minutes_viewed": plain(rounded(minutes(self.plays[one.entry_id]), 1)),
                "minutes_to_caption": plain(rounded(Decimal(one.duration) / 60, 1)),
                "categories": category(one),
                "owner": one.owner,
            }
            for place, one in enumerate(self.to_caption, 1)
        ]

    def categories(self) -> list[Row]:
        """The rows of categories.csv."""
        found = []
        for name in sorted({category(one) for one in self.items.values()}):
            mine = [one for one in self.items.values() if category(one) == name]
            bare = [one for one in mine if not captions(one)]
            found.append(
                {
                    "category": name,
                    "entries": str(len(mine)),
                    "captioned": str(len(mine) - len(bare)),
                    "uncaptioned": str(len(bare)),
                    "share": plain(rounded(Decimal(len(mine) - len(bare)) / len(mine), 4)),
                    "plays": str(self.played(mine)),
                    "uncaptioned_plays": str(self.played(bare)),
                }
            )
        return found


def category(one: Item) -> str:
    return by_id()[one.category].full_name


def plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def share(part: int, whole: int) -> str:
    return percent(rounded(Decimal(part) / whole, 4))


def agree(ran: Finished, world: World) -> None:
    assert ran.code == 0, ran.err
    assert ran.findings["checks.either_or"] == ("ok", 0)
    assert ran.rows("to-caption.csv") == world.rows()
    assert ran.rows("categories.csv") == world.categories()

    whole, bare = list(world.items.values()), world.to_caption
    heard = world.played(whole) - world.played(bare)
    hours = plain(rounded(Decimal(sum(one.duration for one in bare)) / 3600, 1))
    hours = f"{Decimal(hours):,}"
    said = (
        f"{share(len(whole) - len(bare), len(whole))} of {len(whole):,} on-demand entries have captions, "
        f"and {share(heard, world.played(whole))} of all plays were of those."
    )
    page, mail = ran.page("report.html"), ran.mail("summary.eml")
    assert ran.lead("report.html").startswith(said)
    assert f" {said}" in mail
    first = bare[0]
    named = " ".join(first.name.split())
    assert f"Most worth captioning: {named}, with {len(world.plays[first.entry_id]):,} plays." in page
    never = sum(not world.plays[one.entry_id] for one in bare)
    note = f"{never:,} of them nobody played" if never else "all of them were played"
    assert f"entries have captions {len(whole) - len(bare):,} of {len(whole):,} have none {len(bare):,} {note}" in page
    assert f"are to be captioned, all together {hours} h" in page
    assert f"plays had no captions {world.played(bare):,} of {world.played(whole):,}" in page
    assert f"{len(bare):,} entries have none {hours} h to be captioned, all together" in mail
    assert f"{world.played(bare):,} plays had no captions (of {world.played(whole):,})" in mail

    told = cells_of((ran.folder / "report.html").read_text("utf-8"))
    for row in world.rows()[:50]:
        numbers = [
            f"{Decimal(row['plays']):,}",
            in_whole(row["minutes_viewed"]),
            f"{Decimal(row['minutes_to_caption']):,}",
        ]
        assert [row["name"].removeprefix("'"), *numbers, row["categories"]] in told
    languages = Counter(track.language for one in whole for track in captions(one))
    for language, count in languages.items():
        assert [language, f"{count:,}", f"{count:,}"] in told
    if len(bare) > 50:
        assert f"{len(bare) - 50:,} more rows in to-caption.csv" in page


def test_every_number_is_the_worlds_own(tmp_path: Path) -> None:
    ran = run(tmp_path / "project", JOB)
    agree(ran, World())
    assert {name for name, (severity, _) in ran.findings.items() if severity != "ok"} == set()


def test_other_days_which_are_those_of_the_jobs_zone(tmp_path: Path) -> None:
    here, there = World(7), World(7, zone="Asia/Tokyo")
    assert here.rows() != there.rows()
    agree(run(tmp_path / "project", JOB, "--param", "days=7", edit=in_zone("Asia/Tokyo")), there)


def test_a_large_library_is_asked_in_packs_and_what_nobody_played_is_kept(tmp_path: Path) -> None:
    ran = run(tmp_path / "project", JOB, "--param", "days=14", faults=Faults(library=12_000))
    world = World(14, 12_000)
    assert len(world.to_caption) > 7_500
    agree(ran, world)
    packs = sum(-(-len(ran.table(half)) // 500) for half in ("captioned", "uncaptioned"))
    assert ran.sandbox.count("report.getTable") == packs < 26
    live = {one.entry_id for one in items(12_000) if one.live}
    assert not live & {row["entry_id"] for row in ran.rows("to-caption.csv")}


@pytest.mark.parametrize("half", ["captioned", "uncaptioned"])
def test_an_empty_half_is_said_in_words(tmp_path: Path, half: str) -> None:
    """Everything has captions, or nothing has."""

    def only(text: str) -> str:
        where = text.index(f"[datasets.{half}]")
        asked = text[where:].partition("\nempty")[0]
        none = '{ type = "entry", field = "name", match = "exact", term = "of this name is none" }'
        search = f'search      = {{ operator = "AND", items = [{none}] }}'
        lines = [search if line.startswith("search") else line for line in asked.splitlines()]
        return text.replace(asked, "\n".join(lines))

    ran = run(tmp_path / "project", JOB, edit=only)
    assert ran.code == 0, ran.err
    if half == "uncaptioned":
        assert "All of it: 4 on-demand entries, every one with captions." in ran.page("report.html")
        assert "Nothing is left to caption: 4 on-demand entries, none without captions." in ran.mail("summary.eml")
        assert ran.rows("to-caption.csv") == []
    else:
        assert "0% of 9 on-demand entries have captions, and 0% of all plays were of those." in ran.page("report.html")
        assert "There are no captions." in ran.page("report.html")


def test_an_entry_in_both_halves_is_found(tmp_path: Path) -> None:
    def twice(text: str) -> str:
        return text.replace('operator = "NOT"', 'operator = "AND"')

    ran = run(tmp_path / "project", JOB, "--param", "days=7", edit=twice)
    assert ran.code == 0, ran.err
    assert ran.findings["checks.either_or"] == ("warn", 4)
    world = World(7)
    mine = world.of(lambda one: bool(captions(one)))
    played = world.played(mine)
    assert f"plays had no captions 0 of {played:,}" in ran.page("report.html")
    assert "All of it: 4 on-demand entries, every one with captions." in ran.page("report.html")


def test_tracks_that_are_missing_or_not_ready_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = kaltura_captions._thing

    def importing(*given: Any) -> Thing:
        thing = made(*given)
        return replace(thing, fields={**thing.fields, "status": 7}) if given[1].code == "de" else thing

    monkeypatch.setattr(kaltura_captions, "_thing", importing)
    monkeypatch.setattr(kaltura_captions, "captions", lambda one: captions(one) if one.entry_id != "1_code1" else ())
    ran = run(tmp_path / "project", JOB, "--param", "days=7")
    assert ran.code == 0, ran.err
    assert ran.findings["checks.captions_are_ready"] == ("warn", 1)
    assert ran.findings["checks.every_captioned_entry_has_a_track"] == ("warn", 1)
    assert ["English", "3", "3"] in cells_of((ran.folder / "report.html").read_text("utf-8"))
