"""How an earnings call reached investors: counted again from the plays themselves, second by second."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from running import Finished, in_zone, run

from reportrunner.sandbox.people import ANONYMOUS, people
from reportrunner.sandbox.traits import TRAITS
from reportrunner.sandbox.universe import Event, events, mark

JOB = "investors/board-package"
HALF = Decimal("0.0000000005")
TENTH = Decimal("0.1")
MINUTE = dt.timedelta(minutes=1)
CLICKS = {"questions": (11, 0), "poll_answers": (10, 9), "downloads": (13, 14)}
"""The marks of a play that these counts are made of."""


@dataclass(frozen=True)
class Call:
    """A call as the job's params say it."""

    entries: tuple[str, ...]
    began: dt.datetime
    days: int = 4

    def plays(self, zone: ZoneInfo) -> list[Event]:
        """All of it: from half an hour before, to so many days later by the clock of the zone."""
        local = self.began.astimezone(zone)
        end = (local.replace(tzinfo=None) + dt.timedelta(days=self.days)).replace(tzinfo=zone)
        start = self.began - dt.timedelta(minutes=30)
        return events(frozenset(self.entries), int(start.timestamp()), int(end.timestamp()))


def there(plays: list[Event], second: dt.datetime) -> int:
    """Who watches the live stream in the ten seconds that begin at that moment."""
    at = int(second.timestamp())
    return sum(one.at < at + 10 and at < one.at + one.watched for one in plays)


def rounded(number: Decimal, step: Decimal = TENTH) -> Decimal:
    return number.quantize(step, ROUND_HALF_UP)


def hours(plays: list[Event]) -> Decimal:
    return rounded(Decimal(sum(one.watched for one in plays)) / 3600)


def signed(number: int) -> str:
    sign = "+" if number > 0 else "\u2212" if number else "±"
    return f"{sign}{abs(number)}"


def agree(
    finished: Finished, call: Call, previous: Call, parts: tuple[dt.datetime, dt.datetime], *,
    own: tuple[str, ...] = ("example.org",), zone: str = "America/New_York",
) -> None:  # fmt: skip
    """Demand every cell of the files, and the first screen of page and mail, from the plays."""
    assert finished.code == 0, finished.err
    place = ZoneInfo(zone)
    plays, before = call.plays(place), previous.plays(place)
    agree_calls(finished, [(call, plays), (previous, before)], place)
    agree_countries(finished, plays)
    agree_follow_up(finished, plays, own)
    averages, fullest, at = agree_attention(finished, call, parts, place)

    by_way = {row["way"]: row for row in finished.table("by_way")}
    for way in ("live", "dvr", "vod"):
        mine = [one for one in plays if one.playback == way]
        assert (by_way[way]["count_plays"] or 0) == len(mine)
        assert (by_way[way]["unique_viewers"] or 0) == len({one.viewer for one in mine})
        assert rounded((by_way[way]["sum_time_viewed"] or Decimal(0)) / 60) == hours(mine)

    viewers, earlier = (len({one.viewer for one in each}) for each in (plays, before))
    countries = len({one.country for one in plays})
    known = len({one.user_id for one in plays} - {ANONYMOUS})
    on_air = sum(one.watched for one in plays if one.playback != "vod") / sum(one.watched for one in plays)
    busiest = max(averages, key=lambda part: averages[part])
    told = f"The call reached about {viewers} viewers in {countries} countries"
    lead = finished.lead("report.html")
    assert told in lead
    assert f"{on_air:.0%} of the time was watched while the call was on air" in lead
    assert f"and {fullest} were there at its fullest moment, at {at:%H:%M}." in lead
    tiles = finished.tiles("report.html")
    assert tiles == {
        "viewers, an estimate of the service": str(viewers),
        "hours watched in all": f"{hours(plays)}",
        f"viewers on average in the {busiest.lower()}": f"{rounded(averages[busiest], Decimal(1))}",
        "viewers who did not sign in": str(viewers - known),
    }
    page, mail = finished.page("report.html"), finished.mail("summary.eml")
    change = f"{signed(viewers - earlier)} against"
    assert f"{change} the call before, which had {earlier}" in page
    outside = len({one.user_id for one in plays if outsider(one, own)})
    assert f"{known} people signed in, {outside} of whom are not of {', '.join(own) or 'your own'}." in page
    assert told in mail
    assert f"{viewers} viewers ({change} {previous.began.astimezone(place):%-d %B})" in mail
    assert f"{hours(plays)} hours watched" in mail
    assert f"{viewers - known} did not sign in" in mail
    assert f"{outside} people from outside signed in" in mail


def outsider(one: Event, own: tuple[str, ...]) -> bool:
    return one.user_id in people() and people()[one.user_id].email.partition("@")[2] not in own


def agree_calls(finished: Finished, calls: list[tuple[Call, list[Event]]], zone: ZoneInfo) -> None:
    rows = finished.rows("calls.csv")
    assert [row["call"] for row in rows] == ["this call", "call before"]
    for row, (call, plays) in zip(rows, calls, strict=True):
        assert row["day"] == f"{call.began.astimezone(zone):%Y-%m-%d}"
        assert int(row["viewers"]) == len({one.viewer for one in plays})
        assert int(row["signed_in"]) == len({one.user_id for one in plays} - {ANONYMOUS})
        assert int(row["plays"]) == len(plays)
        assert abs(Decimal(row["minutes"]) - Decimal(sum(one.watched for one in plays)) / 60) <= HALF


def agree_countries(finished: Finished, plays: list[Event]) -> None:
    of: dict[str, list[Event]] = defaultdict(list)
    for one in plays:
        of[one.country].append(one)
    rows = {
        row["country"]: (int(row["count_plays"]), int(row["unique_viewers"])) for row in finished.rows("countries.csv")
    }
    assert rows == {country: (len(his), len({one.viewer for one in his})) for country, his in of.items()}


def agree_follow_up(finished: Finished, plays: list[Event], own: tuple[str, ...]) -> None:
    of: dict[str, list[Event]] = defaultdict(list)
    for one in plays:
        if outsider(one, own):
            of[one.user_id].append(one)
    watched = {user: sum(one.watched for one in his) for user, his in of.items()}
    rows = finished.rows("follow_up.csv")
    assert [row["email"] for row in rows] == sorted(of, key=lambda user: (-watched[user], user))
    for row in rows:
        his, person = of[row["email"]], people()[row["email"]]
        assert (row["first_name"], row["last_name"], row["company"]) == (
            person.first_name, person.last_name, person.company,
        )  # fmt: skip
        first = his[0]
        assert (row["title"], row["country"]) == (TRAITS["title"](first), first.country)
        on_demand = sum(one.watched for one in his if one.playback == "vod")
        for column, seconds in (
            ("total_view_time", watched[row["email"]]),
            ("vod_view_time", on_demand),
            ("live_view_time", watched[row["email"]] - on_demand),
        ):
            assert abs(Decimal(row[column]) - Decimal(seconds) / 60) <= HALF
        for column, lanes in CLICKS.items():
            assert int(row[column]) == sum(mark(one.marks, lane) for one in his for lane in lanes)


def agree_attention(
    finished: Finished, call: Call, parts: tuple[dt.datetime, dt.datetime], zone: ZoneInfo
) -> tuple[dict[str, Decimal], int, dt.datetime]:
    """Return the average of each part, the most at one moment, and that moment."""
    start = call.began
    questions, end = parts
    live = [
        one
        for one in events(frozenset(call.entries), int(start.timestamp()) - 7200, int(end.timestamp()))
        if one.playback != "vod"
    ]
    seconds = [start + dt.timedelta(seconds=10 * n) for n in range(int((end - start).total_seconds()) // 10)]
    counted = {second: there(live, second) for second in seconds}
    expected = []
    minute = start
    while minute < end:
        inside = [counted[second] for second in seconds if minute <= second < minute + MINUTE]
        part = "Prepared remarks" if minute < questions else "Questions and answers"
        tens = Decimal((min(minute + MINUTE, end) - minute).total_seconds()) / 10
        expected.append((f"{minute.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}", part, rounded(Decimal(sum(inside)) / tens)))
        minute += MINUTE
    rows = finished.rows("attention.csv")
    assert [(row["minute"], row["part"], Decimal(row["viewers"])) for row in rows] == expected

    averages: dict[str, Decimal] = {}
    page = finished.page("report.html")
    for name, since, until in (
        ("Prepared remarks", start, questions), ("Questions and answers", questions, end),
    ):  # fmt: skip
        inside = [viewers for second, viewers in counted.items() if since <= second < until]
        averages[name] = rounded(Decimal(sum(inside)) / len(inside))
        (row,) = [row for row in finished.table("parts") if row["part"] == name]
        assert (row["average_viewers"], row["most_viewers"]) == (averages[name], max(inside))
        assert f"{averages[name]}" in page
    fullest = max(counted.values())
    at = min(second for second, viewers in counted.items() if viewers == fullest)
    return averages, fullest, at.astimezone(zone)


def new_york(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/New_York"))


BOTH = ("1_earn1", "1_sale1")
BEFORE = Call(BOTH, new_york("2026-08-12T11:00"))
DEFAULT = Call(BOTH, new_york("2026-11-11T11:00"))
PARTS = (new_york("2026-11-11T11:25"), new_york("2026-11-11T11:45"))


def test_the_call_is_what_its_plays_say(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB)
    agree(finished, DEFAULT, BEFORE, PARTS)
    assert not [found for found in finished.findings.values() if found[0] != "ok"]
    assert "counted over the same 4 days from its own beginning" in finished.page("report.html")
    lead = finished.lead("report.html")
    told = lead[lead.index("about") : lead.index(". ")]
    assert finished.message("summary.eml")["Subject"].startswith(
        f"[sandbox data] Earnings call of 11 November: {told}, "
    )
    assert [part.get_filename() for part in finished.message("summary.eml").iter_attachments()] == [
        "follow_up.csv", "attention.csv", "countries.csv",
    ]  # fmt: skip


def given(**params: str) -> list[str]:
    return [word for name, value in params.items() for word in ("--param", f"{name}={value}")]


def test_another_call_over_the_change_of_the_clock_beside_one_of_another_entry(tmp_path: Path) -> None:
    call = Call(("1_town1", "1_code1"), new_york("2026-10-28T11:00"), 6)
    previous = Call(("1_quest1",), new_york("2026-10-07T11:00"), 6)
    finished = run(
        tmp_path / "project",
        JOB,
        *given(
            entries="1_town1,1_code1", call="2026-10-28T11:00:00-04:00", questions="2026-10-28T11:20:00-04:00",
            end="2026-10-28T12:20:30-04:00", previous_entries="1_quest1", previous_call="2026-10-07T11:00:00-04:00",
            counted="6 days", own_domains="partner.example",
        ),
    )  # fmt: skip
    parts = (new_york("2026-10-28T11:20"), new_york("2026-10-28T12:20:30"))
    agree(finished, call, previous, parts, own=("partner.example",))
    page = finished.page("report.html")
    assert "counted for 6 days by the clock from its own beginning as well: the clock changed, so one is" in page
    assert "over the same" not in page


def test_days_and_clocks_are_those_of_the_zone(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, edit=in_zone("Asia/Tokyo"))
    agree(finished, DEFAULT, BEFORE, PARTS, zone="Asia/Tokyo")
    assert finished.rows("calls.csv")[0]["day"] == "2026-11-12"
    assert finished.folder.name == "2026-11-12"


def test_a_call_that_nobody_watched_is_an_error_and_still_a_page(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, *given(entries="1_earn9"))
    assert finished.code == 5
    assert finished.findings["checks.somebody_watched"] == ("error", 1)
    assert "Nobody watched the call" in finished.page("report.html")
    wanted = "[sandbox data] Not to be relied on: Earnings call of 11 November: nobody watched"
    assert finished.message("summary.eml")["Subject"] == wanted
    assert finished.rows("follow_up.csv") == finished.rows("countries.csv") == []
    assert {row["viewers"] for row in finished.rows("attention.csv")} == {"0"}


def test_a_call_whose_days_are_not_over_says_so(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, "--as-of", "2026-11-12T12:00:00-05:00")
    assert finished.code == 0, finished.err
    assert "those of this call are not over yet, so it has fewer so far" in finished.page("report.html")
    assert "that is not over yet, so it has fewer so far" in finished.mail("summary.eml")


def test_a_total_without_live_is_found_by_the_countries(tmp_path: Path) -> None:
    ways = 'playbackTypeIn = ["live", "dvr", "vod"]'
    finished = run(tmp_path / "project", JOB, edit=lambda text: text.replace(ways, 'playbackTypeIn = ["vod"]', 1))
    assert finished.findings["checks.reports_agree"] == ("warn", 1)


def test_nobody_to_follow_up_and_nothing_to_compare_with_is_said(tmp_path: Path) -> None:
    own = ",".join(sorted({one.email.partition("@")[2] for one in people().values()}))
    finished = run(tmp_path / "project", JOB, *given(own_domains=own, previous_entries="1_nope"))
    assert "Nobody watched the call before, so there is nothing to compare with." in finished.page("report.html")
    assert "Nobody from outside signed in. People connected" in finished.mail("summary.eml")


@pytest.mark.parametrize("questions", ["11:50", "11:45", "11:00"])
def test_parts_in_the_wrong_order_are_an_error(questions: str, tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, *given(questions=f"2026-11-11T{questions}:00-05:00"))
    assert finished.code == 5
    assert finished.findings["checks.parts_follow"] == ("error", 1)


@pytest.mark.parametrize("word", ["Regulation FD", "that is for counsel to make", "This is evidence of where"])
def test_reach_is_told_as_evidence_and_nothing_more(word: str) -> None:
    page = (Path(__file__).parents[1] / "golden/library/investors-board-package/report.txt").read_text("utf-8")
    assert word in " ".join(page.split())
