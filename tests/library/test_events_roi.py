"""jobs/events/roi.toml against the sandbox's plays and registrations."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from event_world import Days, cell, completion, day_of, known, library, minutes, plays_of, registered, unregistered
from running import Finished, in_zone, run

from reportrunner.sandbox.people import ANONYMOUS, people
from reportrunner.templating.words import DASH

JOB = "events/roi"
WHO = ("user_id", "name", "email", "company", "registered", "plays")


def given(event: str, days: Days, *more: str) -> list[str]:
    wanted = {"event": event, "first_day": days.first, "last_day": days.last}
    return [word for name, value in wanted.items() for word in ("--param", f"{name}={value}")] + list(more)


def check_rows(done: Finished, event: str, days: Days) -> None:
    plays, came = plays_of(event, days), known(plays_of(event, days))
    who = registered(event, days.end)
    assert [
        (*(row[name] for name in WHO), Decimal(row["minutes"]))
        for row in done.rows("attendees.csv")
    ] == [
        (user, cell(people()[user].name), user if user in who else "",
         who[user].person.company if user in who else "", str(user in who).lower(), str(len(mine)), minutes(mine))
        for user, mine in sorted(came.items())
    ]  # fmt: skip
    by_entry = {entry: [p for p in plays if p.entry_id == entry] for entry in {p.entry_id for p in plays}}
    rows = done.rows("sessions.csv")
    assert [row["entry_id"] for row in rows] == sorted(by_entry, key=lambda entry: (-minutes(by_entry[entry]), entry))
    for row in rows:
        mine, entry = by_entry[row["entry_id"]], library()[row["entry_id"]]
        assert row["session"] == cell(entry.name)
        assert (row["kind"], int(row["plays"]), Decimal(row["minutes"])) == (entry.media_type, len(mine), minutes(mine))
        assert int(row["viewers"]) == len(known(mine))
        if entry.live:
            assert row["completion"] == ""
        else:
            assert float(row["completion"]) == pytest.approx(completion(mine), abs=1e-9)
    hours = done.rows("hours.csv")
    starts = [int(dt.datetime.fromisoformat(row["hour"]).timestamp()) for row in hours]
    assert starts == list(range(days.start, days.end, 3600))
    for row, start in zip(hours, starts, strict=True):
        mine = [p for p in plays if start <= p.at < start + 3600]
        assert (int(row["plays"]), Decimal(row["minutes"])) == (len(mine), minutes(mine))
        assert row["day"] == str(day_of(start, days.zone))


def check_page(done: Finished, event: str, days: Days) -> str:
    plays, who = plays_of(event, days), registered(event, days.end)
    came = known(plays)
    both = len(came.keys() & who.keys())
    page = done.page("report.html")
    hours = (minutes(plays) / 60).quantize(Decimal("0.1"))
    assert f"{len(came)} people came and watched {hours} hours" in page
    assert f"of the {len(who)} who had registered" in page
    assert f"{both} of {len(who)}" in page
    assert f"the service estimates {len(came)}" in page
    assert f"{len(plays)} plays" in page
    anonymous = [p for p in plays if p.user_id == ANONYMOUS]
    assert (f"{len(anonymous)} anonymous play" in page) if anonymous else ("No play was anonymous" in page)
    row = done.table("summary")[0]
    assert row["turnout"] == (Decimal(both) / len(who)).quantize(Decimal("0.0001"))
    assert row["minutes_per_registered"] == (minutes(plays) / len(who)).quantize(Decimal("0.01"))
    assert (row["came_unregistered"], row["anonymous_minutes"]) == (len(came) - both, minutes(anonymous))
    return page


def test_it_tells_what_the_sandbox_knows(tmp_path: Path) -> None:
    done = run(tmp_path / "p", JOB)
    assert done.code == 0, done.err
    check_rows(done, "4711", Days())
    page = check_page(done, "4711", Days())
    assert "USD" not in page.partition("Where the numbers come from")[0], "no price without a cost"
    assert {severity for severity, _ in done.findings.values()} <= {"ok"}
    assert done.sandbox.count("report.getTotal") + done.sandbox.count("report.getGraphs") <= 3


def test_another_event_over_the_change_of_the_clock_with_a_cost(tmp_path: Path) -> None:
    days = Days(dt.date(2026, 10, 30), dt.date(2026, 11, 2))
    done = run(tmp_path / "p", JOB, *given("4801", days, "--param", "cost=12000.50", "--param", "currency=EUR"))
    assert done.code == 0, done.err
    assert len(done.rows("hours.csv")) == 97
    check_rows(done, "4801", days)
    page = check_page(done, "4801", days)
    plays = plays_of("4801", days)
    came, cost = known(plays), Decimal("12000.50")
    row = done.table("summary")[0]
    assert row["cost_per_attendee"] == (cost / len(came)).quantize(Decimal("0.01"))
    assert row["cost_per_hour"] == (cost / (minutes(plays) / 60)).quantize(Decimal("0.01"))
    assert f"{cost / len(came):,.0f}" in page
    assert "EUR per person who came" in page
    assert done.findings["checks.everyone_registered"] == (
        "warn",
        len(came.keys() - registered("4801", days.end).keys()),
    )


def test_days_are_those_of_the_timezone(tmp_path: Path) -> None:
    days = Days(dt.date(2026, 11, 10), dt.date(2026, 11, 11), "Asia/Kolkata")
    done = run(tmp_path / "p", JOB, *given("4711", days), edit=in_zone("Asia/Kolkata"))
    assert done.code == 0, done.err
    check_rows(done, "4711", days)
    check_page(done, "4711", days)


def test_an_event_that_nobody_knows(tmp_path: Path) -> None:
    done = run(tmp_path / "p", JOB, "--param", "event=9999", files=unregistered("9999"))
    assert done.code == 0, done.err
    assert "Nobody watched." in done.page("report.html")
    assert done.rows("attendees.csv") == done.rows("sessions.csv") == []


def test_a_list_that_is_cut_is_far_from_the_estimate(tmp_path: Path) -> None:
    """Here the list is of live viewers alone, and the hours of on-demand ones: both are told."""

    def cut(text: str) -> str:
        ways = 'playbackTypeIn = ["live", "dvr", "vod"]'
        for dataset, only in (("viewers", "live"), ("hours", "vod")):
            head, mark, rest = text.partition(f"[datasets.{dataset}]")
            text = head + mark + rest.replace(ways, f'playbackTypeIn = ["{only}"]', 1)
        return text

    done = run(tmp_path / "p", JOB, edit=cut)
    assert done.code == 5
    assert done.findings["checks.hours_add_up"] == ("error", 1)
    assert done.findings["checks.everyone_is_counted"] == ("warn", 1)


def test_people_who_came_without_a_minute_have_a_price_and_their_hours_none(tmp_path: Path) -> None:
    """As where everybody opened a session that nobody is counted to have watched for any time."""

    def without_time(text: str) -> str:
        totals = "(select * replace (cast(null as decimal) as sum_time_viewed) from totals) as timeless, counted"
        return text.replace("from totals, counted", f"from {totals}")

    done = run(tmp_path / "p", JOB, "--param", "cost=1000", edit=without_time)
    assert done.code == 0, done.err
    assert "came and watched 0.0 hours" in done.lead("report.html")
    assert done.tiles("report.html")["USD per hour viewed"] == DASH
    assert done.tiles("report.html")["USD per person who came"] != DASH
