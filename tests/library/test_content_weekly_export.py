"""What was watched last week and what fell, counted anew from the sandbox's plays."""

from __future__ import annotations

import re
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
    span,
    words,
    wrong,
)
from running import Finished, in_zone, run

from reportrunner.sandbox.universe import Event

JOB = "content/weekly-export"
EVERYTHING = ("vod", "live", "dvr")
W46, W45 = ("2026-11-09", "2026-11-15"), ("2026-11-02", "2026-11-08")
W44, W43 = ("2026-10-26", "2026-11-01"), ("2026-10-19", "2026-10-25")
DEFAULTS = {"fall": 0.25, "matters_from": 20, "least_plays": 10, "least_completion": 0.6}


def known(found: list[Event]) -> int:
    return len({one.user_id for one in found} - {"Unknown"})


def fallen(when: Span, before: Span, asked: dict[str, float]) -> list[tuple[str, int, int]]:
    """Entries that fell, the greatest loss first: entry, plays before, plays."""
    now, then = by_entry(plays(when, playback=EVERYTHING)), by_entry(plays(before, playback=EVERYTHING))
    pairs = [(entry, len(mine), len(now.get(entry, []))) for entry, mine in then.items()]
    lost = [one for one in pairs if one[1] >= asked["matters_from"] and one[2] < one[1] * (1 - asked["fall"])]
    return sorted(lost, key=lambda one: (one[2] - one[1], one[0]))


def check(finished: Finished, when: Span, before: Span, asked: dict[str, float]) -> None:
    now, then = by_entry(plays(when, playback=EVERYTHING)), by_entry(plays(before, playback=EVERYTHING))
    fell = fallen(when, before, asked)
    seldom, little = set(), set()
    rows = finished.rows("weekly.csv")
    assert [row["entry_id"] for row in rows] == sorted({*now, *then}, key=lambda one: (-len(now.get(one, [])), one))
    for row in rows:
        entry, mine, earlier = LIBRARY[row["entry_id"]], now.get(row["entry_id"], []), then.get(row["entry_id"], [])
        assert [row["entry_name"], row["media_type"]] == [cell(entry.name), entry.media_type]
        assert [int(row[name]) for name in ("plays", "plays_before", "change")] == [
            len(mine), len(earlier), len(mine) - len(earlier)
        ]  # fmt: skip
        assert near(row["minutes_viewed"], minutes(mine))
        assert int(row["viewers"]) == known(mine)
        assert row["completion"] == "" if entry.live or not mine else near(row["completion"], completion(mine))
        if 0 < len(mine) < asked["least_plays"]:
            seldom.add(entry.entry_id)
        if mine and not entry.live and completion(mine) < asked["least_completion"]:
            little.add(entry.entry_id)
        assert row["fell"] == str(row["entry_id"] in [one[0] for one in fell]).lower()
        assert row["few_plays"] == str(row["entry_id"] in seldom).lower()
        assert row["seen_little"] == str(row["entry_id"] in little).lower()
    expected = {"nothing_fell": len(fell), "nothing_is_seldom_played": len(seldom), "enough_is_seen": len(little)}
    assert wrong(finished) == {f"checks.{name}": ("warn", count) for name, count in expected.items() if count}
    check_words(finished, when, before, fell)
    for entry_id in seldom | little:
        assert LIBRARY[entry_id].name in finished.page("report.html").split("Below another threshold")[1]


def check_words(finished: Finished, when: Span, before: Span, fell: list[tuple[str, int, int]]) -> None:
    now, then = plays(when, playback=EVERYTHING), plays(before, playback=EVERYTHING)
    said = f"{len(now):,} plays last week, {len(then):,} the week before. "
    more = f", and {len(fell) - 1} more entr{'y' if len(fell) == 2 else 'ies'} fell as well" if len(fell) > 1 else ""
    said += f"{LIBRARY[fell[0][0]].name} fell from {fell[0][1]} to {fell[0][2]}{more}." if fell else "Nothing fell."
    change = f"{100 * (len(now) / len(then) - 1):+.0f}%"
    page = words(finished.page("report.html"))
    mail = words(finished.mail("message.eml"))
    assert said in page
    assert said in mail
    assert f"plays {len(now):,} {change} against the week before" in page
    assert f"hours viewed {minutes(now) / 60:,.0f} {100 * (minutes(now) / minutes(then) - 1):+.0f}%" in page
    assert f"identified viewers {known(now):,} an estimate" in page
    assert f"{len(now):,} plays ({change})" in mail
    assert f"{minutes(now) / 60:,.0f} hours viewed" in mail
    assert f"{known(now):,} identified viewers" in mail
    assert [part.get_filename() for part in finished.message("message.eml").iter_attachments()] == ["weekly.csv"]


@pytest.mark.parametrize(
    ("zone", "week", "before", "as_of"),
    [
        pytest.param(NEW_YORK, W46, W45, "2026-11-16", id="as it is"),
        pytest.param(KOLKATA, W46, W45, "2026-11-16", id="another zone"),
        pytest.param(NEW_YORK, W44, W43, "2026-11-02", id="a week in which the clock changes"),
    ],
)
def test_the_plays_are_the_truth(
    zone: str, week: tuple[str, str], before: tuple[str, str], as_of: str, tmp_path: Path
) -> None:
    edit = None if zone == NEW_YORK else in_zone(zone)
    finished = run(tmp_path / "project", JOB, "--as-of", as_of, edit=edit)
    assert finished.code == 0, finished.err
    check(finished, span(zone, *week), span(zone, *before), DEFAULTS)


def test_the_thresholds_are_params(tmp_path: Path) -> None:
    asked = {"fall": 0.05, "matters_from": 10, "least_plays": 23, "least_completion": 0.7}
    arguments = [word for name, value in asked.items() for word in ("--param", f"{name}={value}")]
    finished = run(tmp_path / "project", JOB, *arguments)
    assert finished.code == 0, finished.err
    assert len(wrong(finished)) == 3
    check(finished, span(NEW_YORK, *W46), span(NEW_YORK, *W45), asked)


def test_exactly_as_much_as_asked_for_matters_and_is_enough(tmp_path: Path) -> None:
    week, before = span(NEW_YORK, *W46), span(NEW_YORK, *W45)
    _, most, _ = max(fallen(week, before, DEFAULTS | {"matters_from": 1}), key=lambda one: one[1])
    least = min(len(mine) for mine in by_entry(plays(week, playback=EVERYTHING)).values())
    asked = DEFAULTS | {"matters_from": most, "least_plays": least}
    finished = run(tmp_path / "project", JOB, "--param", f"matters_from={most}", "--param", f"least_plays={least}")
    assert len(fallen(week, before, asked)) == 1
    assert "checks.nothing_is_seldom_played" not in wrong(finished)
    check(finished, week, before, asked)


def test_weeks_without_a_play_say_so(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, "--as-of", "2011-02-16")
    assert finished.code == 0, finished.err
    for told in (finished.page("report.html"), finished.mail("message.eml")):
        assert "Nothing was played last week. The week before had 0 plays." in words(told)
    assert wrong(finished) == {"datasets.this_week": ("warn", 0), "datasets.week_before": ("warn", 0)}


def only_one_entry_this_week(text: str) -> str:
    """An edit of the job: this week knows one entry, as if nobody had played the others."""
    parts = re.split(r"(?=^\[)", text, flags=re.MULTILINE)
    of_the_week = ("[datasets.this_week]", "[datasets.totals]")
    return "".join(
        part.replace("filters     = { ", 'filters     = { entryIdIn = ["1_gdpr1"], ')
        if part.startswith(of_the_week)
        else part
        for part in parts
    )


def test_what_nobody_played_any_more_has_fallen_to_nothing(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, edit=only_one_entry_this_week)
    assert finished.code == 0, finished.err
    then = by_entry(plays(span(NEW_YORK, *W45), playback=EVERYTHING))
    rows = {row["entry_id"]: row for row in finished.rows("weekly.csv")}
    assert set(rows) == set(then)
    gone = {entry: len(found) for entry, found in then.items() if entry != "1_gdpr1"}
    for entry, before in gone.items():
        assert rows[entry]["entry_name"] == cell(LIBRARY[entry].name)
        assert [rows[entry][name] for name in ("plays", "plays_before", "change")] == ["0", str(before), str(-before)]
        assert [rows[entry][name] for name in ("minutes_viewed", "viewers", "completion")] == ["0", "0", ""]
        assert rows[entry]["fell"] == str(before >= DEFAULTS["matters_from"]).lower()
    lost = sum(before >= DEFAULTS["matters_from"] for before in gone.values())
    assert wrong(finished)["checks.nothing_fell"] == ("warn", lost)
    assert f"fell from {gone['1_gdpr2']} to 0, and {lost - 1} more entries fell as well." in finished.page(
        "report.html"
    )
