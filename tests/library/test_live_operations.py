"""Whether a stream is healthy: told again from the sandbox's beacons and plays, when it is and when it is not."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from running import Finished, in_zone, run

from reportrunner.sandbox.broadcasts import Broadcast
from reportrunner.sandbox.kaltura_beacons import _health
from reportrunner.sandbox.universe import events

JOB = "live/operations"
NEW_YORK = ZoneInfo("America/New_York")
LASTS = {"1_earn1": 45, "1_quest1": 30, "1_town1": 60}
STREAMS = {"primary": "0", "backup": "1"}
WORDS = ("debug", "info", "warning", "error", "critical")
AS_OF = dt.datetime(2026, 11, 16, tzinfo=NEW_YORK)


@dataclass(frozen=True)
class Look:
    """One look at some entries: ten minutes up to a moment, by what the job is told."""

    until: dt.datetime
    entries: tuple[str, ...] = ("1_earn1",)
    alarm: int = 3
    minutes: int = 10
    zone: str = "America/New_York"
    expected: tuple[str, ...] = ("primary", "backup")

    @property
    def start(self) -> int:
        return int(self.until.timestamp()) - 60 * self.minutes

    @property
    def end(self) -> int:
        return int(self.until.timestamp())

    def reports(self, entry: str, stream: str) -> dict[int, int]:
        """What a stream reported, by second: once a minute while it is on air, of the severity that was drawn."""
        day = self.until.astimezone(NEW_YORK).date()
        wednesday = day - dt.timedelta(days=(day.weekday() - 2) % 7)
        begins = int(dt.datetime.combine(wednesday, dt.time(11), NEW_YORK).timestamp())
        on_air = Broadcast(entry, begins, begins + 60 * (LASTS[entry] + 30))
        return {
            at: json.loads(_health(on_air, STREAMS[stream], at))["maxSeverity"]
            for at in range(on_air.start, on_air.end, 60)
            if self.start <= at < self.end
        }

    def watching(self) -> dict[int, tuple[int, int]]:
        """Who watches in each ten seconds that begin inside: at the live edge, and delayed."""
        found = {}
        for bucket in range(-(-self.start // 10) * 10, self.end, 10):
            there: Counter[str] = Counter()
            for entry in self.entries:
                plays = events(frozenset([entry]), bucket - 7200, bucket + 10)
                there.update(one.playback for one in plays if one.at < bucket + 10 and one.at + one.watched > bucket)
            found[bucket] = (there["live"], there["dvr"])
        return found


def utc(at: int) -> str:
    return f"{dt.datetime.fromtimestamp(at, dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def state(look: Look, reports: dict[int, int]) -> str:
    if not reports or max(reports) < look.end - 120:
        return "silent"
    worst = max(reports.values())
    return "alarm" if worst >= look.alarm else "warnings" if worst >= 2 else "well"


def agree(finished: Finished, look: Look) -> list[str]:
    """Demand every cell of the files, and the first screens of page and message; return the states of the streams."""
    wanted = [(entry, stream) for entry in sorted(look.entries) for stream in sorted(look.expected, reverse=True)]
    reports = {key: look.reports(*key) for key in wanted}
    states = {key: state(look, reports[key]) for key in wanted}
    assert finished.code == (5 if {"alarm", "silent"} & set(states.values()) else 0), finished.err

    assert [tuple(row.values()) for row in finished.rows("streams.csv")] == [
        (
            *key,
            str(len(his)),
            utc(max(his)) if his else "",
            str(max(his.values())) if his else "",
            str(sum(severity >= look.alarm for severity in his.values())),
            states[key],
        )
        for key, his in reports.items()
    ]
    troubles = [
        (utc(at), entry, stream, str(severity), WORDS[severity], {1: "102", 2: "105", 3: "109", 4: "113"}[severity])
        for entry in look.entries
        for stream in STREAMS  # those that nobody asked for are told as well
        for at, severity in look.reports(entry, stream).items()
        if severity
    ]
    assert sorted(tuple(row.values()) for row in finished.rows("troubles.csv")) == sorted(troubles)

    watching = look.watching()
    assert [tuple(row.values()) for row in finished.rows("viewers.csv")] == [
        (utc(at), str(live), str(delayed), str(live + delayed)) for at, (live, delayed) in watching.items()
    ]
    first_screen(finished, look, states, watching)
    return list(states.values())


def first_screen(
    finished: Finished, look: Look, states: dict[tuple[str, str], str], watching: dict[int, tuple[int, int]]
) -> None:
    bad = [key for key, found in states.items() if found in {"alarm", "silent"}]
    well = len(states) - len(bad)
    live, delayed = watching[max(watching)]
    clock = dt.datetime.fromtimestamp(max(watching), ZoneInfo(look.zone))
    lead, tiles, mail = finished.lead("report.html"), finished.tiles("report.html"), finished.mail("alarm.eml")
    if bad:
        for told in (lead, mail):
            assert f"No: {len(bad)} of {len(states)} stream{'s' if len(states) > 1 else ''}" in told
        for entry, stream in bad[:4]:
            assert f"the {stream} of {entry} (" in lead
        assert "Do not rely on this report" not in finished.page("report.html") + mail
    else:
        assert lead.startswith("Yes. ")
        assert f"Yes: {len(states)} stream" in mail
    assert f"{live + delayed} viewers are watching." in lead
    assert tiles["streams are well"] == f"{well} of {len(states)}"
    assert tiles[f"viewers at {clock:%H:%M:%S}"] == str(live + delayed)
    assert f"{live} at the live edge, {delayed} delayed (DVR)" in finished.page("report.html")
    assert tiles[f"viewers at most in the last {look.minutes} minutes"] == str(max(map(sum, watching.values())))
    assert f"{well} of {len(states)} streams are well" in mail
    assert f"{live + delayed} viewers at {clock:%H:%M:%S} ({live} live, {delayed} delayed)" in mail


def at(clock: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"2026-11-11T{clock}").replace(tzinfo=NEW_YORK)


def given(look: Look, **params: str) -> list[str]:
    seconds = int((AS_OF - look.until).total_seconds())
    told = {"entries": ",".join(look.entries), "ago": f"{seconds} seconds", "back": f"{look.minutes} minutes", **params}
    return [word for name, value in told.items() for word in ("--param", f"{name}={value}")]


def found(finished: Finished) -> dict[str, tuple[str, int]]:
    return {subject: one for subject, one in finished.findings.items() if one[0] != "ok"}


def test_a_healthy_stream_ends_with_0(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB)
    assert agree(finished, Look(at("11:15"))) == ["well", "warnings"]
    assert not found(finished)
    assert finished.folder.name == "2026-11-11T111500"
    assert finished.message("alarm.eml")["Subject"].endswith(" The stream at 11:15")
    (quality,) = finished.table("quality")
    told = finished.tiles("report.html")["of the time watched, viewers waited for the picture"]
    assert told == f"{quality['view_buffer_time_ratio']:.1%}"
    assert quality["view_unique_audience"] == len(
        {one.viewer for one in events(frozenset(["1_earn1"]), Look(at("11:15")).start, Look(at("11:15")).end)}
    )


def test_an_error_ends_with_5_and_says_which_stream_is_left(tmp_path: Path) -> None:
    look = Look(at("11:35"), ("1_earn1", "1_quest1"))
    finished = run(tmp_path / "project", JOB, *given(look))
    assert agree(finished, look) == ["warnings", "alarm", "alarm", "alarm"]
    assert found(finished) == {"checks.no_alarm": ("error", 3)}
    for told in (finished.page("report.html"), finished.mail("alarm.eml")):
        assert "The primary of 1_earn1 is well: think of switching to it." in told
        assert "1_quest1 has no stream left that is well." in told


def test_only_what_is_critical_need_be_an_alarm_and_a_warning_can_be_one(tmp_path: Path) -> None:
    look = Look(at("11:33:20"), alarm=4, minutes=5)
    assert "alarm" not in agree(run(tmp_path / "four", JOB, *given(look, alarm="4")), look)
    strict = Look(at("11:15"), alarm=2)
    assert agree(run(tmp_path / "two", JOB, *given(strict, alarm="2")), strict) == ["well", "alarm"]


@pytest.mark.parametrize(("clock", "states"), [("23:59:40", ["silent"] * 2), ("12:18", ["silent"] * 2)])
def test_a_stream_that_says_nothing_is_no_healthy_one(clock: str, states: list[str], tmp_path: Path) -> None:
    look = Look(at(clock))
    finished = run(tmp_path / "project", JOB, *given(look))
    assert agree(finished, look) == states
    assert finished.findings["checks.nobody_is_silent"] == ("error", 2)


def test_only_the_streams_that_there_should_be_are_missed(tmp_path: Path) -> None:
    look = Look(at("11:45"), ("1_town1",), expected=("primary",))
    finished = run(tmp_path / "project", JOB, *given(look, streams="primary"))
    assert len(agree(finished, look)) == 1


def test_clocks_are_those_of_the_zone(tmp_path: Path) -> None:
    look = Look(at("11:15"), zone="Asia/Tokyo")
    finished = run(tmp_path / "project", JOB, "--as-of", "2026-11-16T00:00:00-05:00", edit=in_zone("Asia/Tokyo"))
    agree(finished, look)
    assert finished.folder.name == "2026-11-12T011500"
    assert finished.message("alarm.eml")["Subject"].endswith(" The stream at 01:15")


def test_the_same_moment_is_the_same_on_any_day_it_is_looked_at(tmp_path: Path) -> None:
    later = dt.datetime(2031, 3, 4, 5, 6, tzinfo=dt.UTC).timestamp()
    first = run(tmp_path / "first", JOB)
    with patch("reportrunner.cli.live.wall_clock", lambda: dt.datetime.fromtimestamp(later, dt.UTC)):
        second = run(tmp_path / "second", JOB, "--workers", "1", clock=lambda: later)
    assert second.code == 0
    assert second.ran.documents == first.ran.documents


def test_waiting_for_the_picture_is_a_warning(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, "--param", "most_buffering=0.01")
    assert finished.code == 0
    assert found(finished) == {"checks.it_plays_smoothly": ("warn", 1)}
    assert Decimal(finished.table("quality")[0]["view_buffer_time_ratio"]) > Decimal("0.01")
