"""What each account uses: counted again from the plays of every account."""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from running import ROOT, Finished, in_zone, run, without_last_line

from reportrunner.sandbox.accounts import account_events
from reportrunner.sandbox.people import ANONYMOUS

JOB = "accounts/usage"
LIST = "data/accounts.csv"
HALF = Decimal("0.0000005")
MB_A_SECOND = Decimal("0.05")
MB_AN_ENTRY = (Decimal("11.25"), Decimal("14.75"))
"""By the sandbox's rule: storage on average and on the fullest day, for every entry that was played."""


@dataclass(frozen=True)
class Used:
    """What one account used in some span."""

    plays: int
    seconds: int
    viewers: int
    entries: int

    @property
    def minutes(self) -> Decimal:
        return Decimal(self.seconds) / 60


@cache
def used(partner: int, first: str, end: str, zone: str) -> Used:
    """Count an account's plays of whole days of a zone; `end` is the first day that does not count."""
    start, stop = (
        int(dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), ZoneInfo(zone)).timestamp())
        for day in (first, end)
    )
    plays = account_events(partner, None, start, stop)
    return Used(
        len(plays),
        sum(one.watched for one in plays),
        len({one.user_id for one in plays if one.user_id != ANONYMOUS}),
        len({one.entry_id for one in plays}),
    )


def rounded(value: Decimal) -> str:
    return f"{value.quantize(Decimal(1), ROUND_HALF_UP):,}"


def percent(part: int, whole: int) -> str:
    return f"{rounded(Decimal(100 * part) / whole)}%"


def listed() -> list[dict[str, str]]:
    return list(csv.DictReader((ROOT / LIST).read_text("utf-8").splitlines()))


def agree(
    finished: Finished, accounts: Sequence[dict[str, str]], months: tuple[str, str, str], *,
    zone: str = "America/New_York", fall: Decimal = Decimal("0.5"),
) -> None:  # fmt: skip
    """Demand every cell, the first screens of page and messages, and who fell, from the plays."""
    assert finished.code == 0, finished.err
    before, first, end = months
    now = {one["partner_id"]: used(int(one["partner_id"]), first, end, zone) for one in accounts}
    then = {partner: used(int(partner), before, first, zone) for partner in now}
    whole = sum(one.seconds for one in now.values())
    rows = finished.rows("usage.csv")
    ranked = sorted(accounts, key=lambda one: (-now[one["partner_id"]].seconds, one["partner_id"]))
    names = ("account", "partner_id", "owner")
    assert [[row[name] for name in names] for row in rows] == [[one[name] for name in names] for one in ranked]
    for row in rows:
        mine = now[row["partner_id"]]
        assert (int(row["plays"]), Decimal(row["minutes_viewed"])) == (mine.plays, mine.minutes)
        assert Decimal(row["minutes_before"]) == then[row["partner_id"]].minutes
        assert abs(Decimal(row["share_of_minutes"]) - Decimal(mine.seconds) / whole) <= HALF
        if not mine.plays:
            assert {row[name] for name in ("viewers_estimated", "traffic_mb", "average_storage_mb")} == {""}
            continue
        assert int(row["viewers_estimated"]) == mine.viewers
        assert Decimal(row["traffic_mb"]) == mine.seconds * MB_A_SECOND
        stored = [Decimal(row[name]) for name in ("average_storage_mb", "peak_storage_mb")]
        assert stored == [mine.entries * each for each in MB_AN_ENTRY]

    seen = [one for one in ranked if now[one["partner_id"]].plays]
    top, last = (percent(now[one["partner_id"]].seconds, whole) for one in (seen[0], seen[-1]))
    hours = rounded(Decimal(whole) / 3600)
    assert (
        f"{len(seen)} accounts used {hours} hours of viewing, from {seen[0]['account']} with {top}"
        f" down to {seen[-1]['account']} with {last}. That is {change(now.values(), then.values())} on the month before"
    ) in finished.lead("report.html")
    silent = len(ranked) - len(seen)
    assert finished.tiles("report.html") == {
        "plays": f"{sum(one.plays for one in now.values()):,}",
        "MB of traffic": rounded(whole * MB_A_SECOND),
        "MB stored, on an average day": rounded(sum(one.entries for one in now.values()) * MB_AN_ENTRY[0]),
        "account that nobody watched" if silent == 1 else "accounts that nobody watched": f"{silent}",
    }
    told(finished, "summary.eml", list(now), now, then)
    by_owner = defaultdict(list)
    for one in accounts:
        by_owner[one["owner"]].append(one["partner_id"])
    assert len(list(finished.folder.glob("to-*.eml"))) == len(by_owner)
    for owner, mine_alone in by_owner.items():
        file = f"to-{owner.replace('@', '-').replace('.', '-')}.eml"
        assert finished.message(file)["To"] == owner
        told(finished, file, mine_alone, now, then)
        others = {one["account"] for one in accounts} - {one["account"] for one in accounts if one["owner"] == owner}
        assert not [name for name in others if name in finished.mail(file)]
    fell = [one for one in now if then[one].seconds and now[one].seconds <= (1 - fall) * then[one].seconds]
    assert finished.findings["checks.nobody_fell"] == (("warn", len(fell)) if fell else ("ok", 0))


def change(now: Iterable[Used], then: Iterable[Used]) -> str:
    mine, his = (sum(one.seconds for one in each) for each in (now, then))
    more = int((Decimal(100 * (mine - his)) / his).quantize(Decimal(1), ROUND_HALF_UP))
    sign = "+" if more > 0 else "\u2212" if more < 0 else "±"
    return f"{sign}{abs(more)}%"


def told(finished: Finished, file: str, partners: list[str], now: dict[str, Used], then: dict[str, Used]) -> None:
    """Demand a message's sentence and figures."""
    mine, text = [now[one] for one in partners], finished.mail(file)
    hours = f"{rounded(Decimal(sum(one.seconds for one in mine)) / 3600)} hours were viewed in {len(mine)} account"
    traffic = f"{rounded(sum(one.seconds for one in mine) * MB_A_SECOND)} MB of traffic"
    if not any(one.plays for one in mine):
        assert f"Nothing was watched in {len(mine)} account" in text
        return
    assert hours in text
    assert f"That is {change(mine, [then[one] for one in partners])} on the month before" in text
    assert f"{sum(one.plays for one in mine):,} plays {traffic}" in text


def test_a_month_is_the_worlds_own(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB)
    agree(finished, listed(), ("2026-09-01", "2026-10-01", "2026-11-01"))
    assert {severity for severity, _ in finished.findings.values()} == {"ok"}
    assert (finished.sandbox.count("session.start"), finished.sandbox.count("session.impersonate")) == (1, 0)


def test_another_zone_and_threshold_in_a_month_in_which_the_clock_changes(tmp_path: Path) -> None:
    more = ("--as-of", "2026-04-03", "--param", "fall=0.02")
    finished = run(tmp_path / "project", JOB, *more, edit=in_zone("Europe/Berlin"))
    months = ("2026-02-01", "2026-03-01", "2026-04-01")
    agree(finished, listed(), months, zone="Europe/Berlin", fall=Decimal("0.02"))


def test_an_account_that_is_not_in_the_list_is_found_and_belongs_to_the_jobs_owner(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, files={LIST: without_last_line})
    *rest, last = listed()
    accounts = [*rest, {**last, "account": "Example Accra", "owner": "platform-team@example.org"}]
    agree(finished, accounts, ("2026-09-01", "2026-10-01", "2026-11-01"))
    assert finished.findings["checks.every_account_is_listed"] == ("warn", 1)


def test_an_account_of_which_the_service_says_nothing_is_found(tmp_path: Path) -> None:
    silent = {"partner_id": "10999", "account": "Atlantis", "owner": "africa@example.org"}
    finished = run(tmp_path / "project", JOB, files={LIST: lambda text: text + ",".join(silent.values()) + "\n"})
    assert finished.findings["checks.every_account_answers"] == ("warn", 1)
    assert finished.tiles("report.html")["account that nobody watched"] == "1"
    row = finished.rows("usage.csv")[-1]
    assert (row["account"], row["plays"], row["minutes_viewed"], row["traffic_mb"]) == ("Atlantis", "0", "0", "")
    assert finished.findings["checks.nothing_is_left_over"] == ("ok", 0)


def test_an_account_without_an_owner_is_this_jobs_and_is_found(tmp_path: Path) -> None:
    finished = run(
        tmp_path / "project", JOB, files={LIST: lambda text: text.replace("Accra,africa@example.org", "Accra,")}
    )
    assert finished.findings["checks.every_account_has_an_owner"] == ("warn", 1)
    (row,) = [row for row in finished.rows("usage.csv") if row["account"] == "Accra"]
    assert row["owner"] == "platform-team@example.org"


def test_two_ids_in_one_cell_are_refused(tmp_path: Path) -> None:
    """Together they would be one id that no account has, and both would be missing in silence."""
    finished = run(tmp_path / "project", JOB, files={LIST: lambda text: text.replace("10111,", '"10111,10112",')})
    assert finished.code == 3
    assert '"10111,10112" would be one id: nothing here separates values by commas' in finished.err


def test_traffic_of_an_account_that_nobody_asked_about_is_found(tmp_path: Path) -> None:
    def listed_alone(text: str) -> str:
        return text.replace("union select partner_id from content\nunion select partner_id from content_before\n", "")

    finished = run(tmp_path / "project", JOB, edit=listed_alone, files={LIST: without_last_line})
    assert finished.findings["checks.nothing_is_left_over"] == ("warn", 1)
