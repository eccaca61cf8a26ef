"""Captions are ordered for what is played most and has none: what is sent, what is told, and what holds it back."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lessons import NEW_YORK, cell, cells_of, plays, rounded
from running import Finished, in_zone, run

from reportrunner.sandbox import kaltura_tasks
from reportrunner.sandbox.kaltura_tasks import VendorTasks
from reportrunner.sandbox.library import Item, captions, items

JOB = "accessibility/order-captions"
ADD = "reach_entryVendorTask.add"
AS_OF = dt.date(2026, 11, 16)
Wish = tuple[Item, int]


def wishes(days: int = 90, least: int = 1, zone: str = NEW_YORK) -> list[Wish]:
    """On-demand entries without captions, with their plays, the most played first."""
    bare = [one for one in items(0) if not one.live and not captions(one)]
    found = []
    for one in bare:
        count = len(plays([one.entry_id], AS_OF - dt.timedelta(days=days), AS_OF, zone))
        if count >= least:
            found.append((one, count))
    return sorted(found, key=lambda wish: (-wish[1], wish[0].entry_id))


def length(one: Item) -> Decimal:
    return rounded(Decimal(one.duration) / 60, 1)


def plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def asked(ran: Finished) -> list[dict[str, str]]:
    """The orders that were sent, as the stand-in saw them."""
    sent = [record.parameters for record in ran.sandbox.log if ADD in record.calls]
    mark = "entryVendorTask."
    inside = [{name.removeprefix(mark): value for name, value in one if name.startswith(mark)} for one in sent]
    return sorted(inside, key=lambda order: order["entryId"])


def agree(ran: Finished, found: list[Wish], chosen: list[Wish], before: int = 0) -> None:
    assert ran.code == 0, ran.err
    tasks = {row["entryId"]: str(row["id"]) for row in ran.table("orders")}
    assert ran.rows("receipts.csv") == [
        {
            "entry_id": one.entry_id,
            "name": cell(one.name),
            "plays": str(count),
            "minutes": plain(length(one)),
            "task": tasks[one.entry_id],
            "status": "pending",
        }
        for one, count in chosen
    ]
    whole = plain(Decimal(sum(length(one) for one, _ in chosen)))
    some = f"{len(chosen)} {'entry' if len(chosen) == 1 else 'entries'}, {whole} minutes"
    names = ", ".join(" ".join(one.name.split()) for one, _ in chosen[:3])
    page, mail = ran.page("report.html"), ran.mail("receipt.eml")
    assert f"{some}: {names}" in page
    said = some.replace(", ", " (") + ")"
    assert f"{said} {'was' if len(chosen) == 1 else 'were'} ordered." in mail
    left = len(found) - before - len(chosen)
    assert f"ordered now {len(chosen)} minutes ordered {whole} of 120 at most" in page
    assert f"ordered before, and left alone {before} wait for a later run {left}" in page
    assert f"{before} ordered before and left alone; {left} wait for a later run." in mail
    told = cells_of((ran.folder / "report.html").read_text("utf-8"))
    for one, count in chosen:
        assert [one.name, f"{count:,}", plain(length(one)), "pending", tasks[one.entry_id]] in told
    assert [row[:3] for row in told if {*row[-1:]} & {"ordered before", "could be ordered"}] == [
        [one.name, f"{count:,}", plain(length(one))] for one, count in found
    ]


def test_the_most_played_are_ordered_once_each(tmp_path: Path) -> None:
    ran = run(tmp_path / "project", JOB)
    found = wishes()
    agree(ran, found, found[:3])
    assert asked(ran) == [
        {
            "objectType": "KalturaEntryVendorTask",
            "entryId": one.entry_id,
            "reachProfileId": "7",
            "catalogItemId": "9",
        }
        for one, _ in sorted(found[:3], key=lambda wish: wish[0].entry_id)
    ]
    assert not {one.entry_id for one in items(0) if one.live} & {order["entryId"] for order in asked(ran)}


def test_other_days_of_another_zone_and_other_limits(tmp_path: Path) -> None:
    there = wishes(3, 9, zone="Asia/Tokyo")
    assert there != wishes(3, 9)
    ran = run(
        tmp_path / "project", JOB, "--param", "days=3", "--param", "plays=9", "--param", "most=1",
        edit=in_zone("Asia/Tokyo"),
    )  # fmt: skip
    agree(ran, there, there[:1])


def test_as_many_plays_as_asked_for_are_enough(tmp_path: Path) -> None:
    found = wishes()
    least = found[1][1]
    enough = [wish for wish in found if wish[1] >= least]
    ran = run(tmp_path / "project", JOB, "--param", f"plays={least}")
    agree(ran, enough, enough[:3])


def test_what_was_ordered_before_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = wishes()
    (first, _), (second, _), *rest = found

    ordered_before(monkeypatch, task(4001, first.entry_id, 9), task(4002, second.entry_id, 8))
    ran = run(tmp_path / "project", JOB)
    agree(ran, found, [found[1], *rest[:2]], before=1)
    assert first.entry_id not in {order["entryId"] for order in asked(ran)}


def ordered_before(monkeypatch: pytest.MonkeyPatch, *tasks: dict[str, Any]) -> None:
    """Let the stand-in know of these orders from its start on."""
    made = VendorTasks.__init__

    def remember(self: VendorTasks) -> None:
        made(self)
        self._tasks = list(tasks)

    monkeypatch.setattr(VendorTasks, "__init__", remember)


def task(number: int, entry_id: str, catalogue_item: int) -> dict[str, Any]:
    """An order of last month, which failed."""
    then = 1_790_000_000
    return {
        "id": number, "partnerId": 10042, "createdAt": then, "updatedAt": then, "queueTime": then, "entryId": entry_id,
        "status": 6, "reachProfileId": 7, "catalogItemId": catalogue_item, "userId": "", "notes": None, "context": None,
        "partnerData": None,
    }  # fmt: skip


def test_beyond_the_ceiling_nothing_is_ordered_and_that_is_said(tmp_path: Path) -> None:
    ran = run(tmp_path / "project", JOB, "--param", "minutes=30")
    assert ran.code == 5
    assert asked(ran) == []
    assert ran.findings["checks.not_too_dear"] == ("error", 1)
    assert {row["status"] for row in ran.rows("receipts.csv")} == {"not ordered"}
    assert "None: 3 entries were chosen, and nothing was ordered." in ran.page("report.html")
    assert "Nothing was ordered, though 3 entries were chosen." in ran.mail("receipt.eml")


def test_where_nothing_is_played_nothing_is_ordered(tmp_path: Path) -> None:
    ran = run(tmp_path / "project", JOB, "--param", "plays=999999")
    assert ran.code == 0, ran.err
    assert asked(ran) == []
    assert "None: no on-demand entry without captions has 999,999 plays or more." in ran.page("report.html")
    told = "Nothing was ordered: no on-demand entry with 999,999 plays or more lacks both captions and an order."
    assert told in ran.mail("receipt.eml")


def test_where_none_may_be_ordered_those_that_wait_are_told(tmp_path: Path) -> None:
    ran = run(tmp_path / "project", JOB, "--param", "most=0")
    assert ran.code == 0, ran.err
    assert asked(ran) == []
    waiting = len(wishes())
    assert f"at most 0 entries may be ordered, and {waiting} could be." in ran.lead("report.html")
    assert f"Nothing was ordered: at most 0 entries may be, and {waiting} could be." in ran.mail("receipt.eml")
    assert f"{waiting} wait for a later run." in ran.mail("receipt.eml")


def test_a_rule_that_would_order_twice_is_held_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (first, _), *_ = wishes()
    ordered_before(monkeypatch, task(4001, first.entry_id, 9))
    ran = run(tmp_path / "project", JOB, edit=lambda text: text.replace("where standing = 'could be ordered'", ""))
    assert ran.code == 5
    assert asked(ran) == []
    assert ran.findings["checks.never_twice"] == ("error", 1)


def test_an_order_that_is_not_taken_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kaltura_tasks, "_PENDING", 5)
    ran = run(tmp_path / "project", JOB)
    assert ran.code == 0, ran.err
    assert ran.findings["checks.all_taken"] == ("warn", 3)
    assert {row["status"] for row in ran.rows("receipts.csv")} == {"rejected"}
