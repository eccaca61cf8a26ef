"""Whether a stream is healthy: told again from the sandbox's beacons and plays, when it is and when it is not."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
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
AGO = 20


@dataclass(frozen=True)
class Look:
    """One look at some entries, as of a moment on 11 November, by what the job is told."""

    clock: str
    entries: tuple[str, ...] = ("1_earn1",)
    expected: tuple[str, ...] = ("primary", "backup")
    must_air: bool = False
    alarm: int = 3
    silence: int = 3
    minutes: int = 15
    zone: str = "America/New_York"
    deaf: bool = False

    @property
    def as_of(self) -> dt.datetime:
        day = "" if "T" in self.clock else "2026-11-11T"
        return dt.datetime.fromisoformat(day + self.clock).replace(tzinfo=NEW_YORK)

    @property
    def end(self) -> int:
        return int(self.as_of.timestamp()) - AGO

    @property
    def start(self) -> int:
        return self.end - 60 * self.minutes

    @property
    def latest(self) -> int:
        return self.end - 60 * self.silence

    def reports(self, entry: str, stream: str) -> dict[int, int]:
        """What a stream reported, by second: once a minute while it is on air, of the severity that was drawn."""
        if self.deaf or stream not in STREAMS:
            return {}
        day = self.as_of.date()
        wednesday = day - dt.timedelta(days=(day.weekday() - 2) % 7)
        begins = int(dt.datetime.combine(wednesday, dt.time(11), NEW_YORK).timestamp())
        on_air = Broadcast(entry, begins, begins + 60 * (LASTS[entry] + 30))
        return {
            at: json.loads(_health(on_air, STREAMS[stream], at))["maxSeverity"]
            for at in range(on_air.start, on_air.end, 60)
            if self.start <= at < self.end
        }

    def watching(self, *entries: str) -> dict[int, tuple[int, int]]:
        """Who watches in each ten seconds that begin inside: at the live edge, and delayed."""
        plays = [play for entry in entries for play in events(frozenset([entry]), self.start - 7200, self.end + 10)]
        found = {}
        for bucket in range(-(-self.start // 10) * 10, self.end, 10):
            there = Counter(one.playback for one in plays if one.at < bucket + 10 and one.at + one.watched > bucket)
            found[bucket] = (there["live"], there["dvr"])
        return found

    def fresh(self, entry: str, stream: str) -> list[int]:
        """The severities that a stream reports now."""
        return [severity for at, severity in self.reports(entry, stream).items() if at >= self.latest]

    def state(self, entry: str, stream: str) -> str:
        """How a stream is."""
        if fresh := self.fresh(entry, stream):
            return "alarm" if max(fresh) >= self.alarm else "warnings" if max(fresh) >= 2 else "well"
        if self.reports(entry, stream):
            return "silent"
        signs = [at for each in STREAMS for at in self.reports(entry, each)]
        signs += [at for at, (live, _) in self.watching(entry).items() if live]
        return "silent" if signs and min(signs) < self.latest <= max(signs) else "off air"

    @property
    def arguments(self) -> list[str]:
        told = {
            "entries": ",".join(self.entries),
            "streams": ",".join(self.expected),
            "must_air": str(self.must_air).lower(),
            "alarm": str(self.alarm),
            "silence": f"{self.silence} minutes",
            "back": f"{self.minutes} minutes",
        }
        params = [word for name, value in told.items() for word in ("--param", f"{name}={value}")]
        return [*params, "--as-of", self.as_of.isoformat()]


def utc(at: int) -> str:
    return f"{dt.datetime.fromtimestamp(at, dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def agree(finished: Finished, look: Look) -> list[str]:
    """Demand every cell of the files, and the first screens of page and message; return the states of the streams."""
    wanted = [(entry, stream) for entry in sorted(look.entries) for stream in sorted(look.expected, reverse=True)]
    states = {key: look.state(*key) for key in wanted}
    bad = {"alarm", "silent"} | ({"off air"} if look.must_air else set())
    assert finished.code == (5 if bad & set(states.values()) else 0), finished.err
    assert [tuple(row.values()) for row in finished.rows("streams.csv")] == [
        (
            *key,
            states[key],
            str(max(look.fresh(*key), default="")),
            utc(max(his)) if (his := look.reports(*key)) else "",
            str(len(his)),
            str(sum(severity >= look.alarm for severity in his.values())),
        )
        for key in wanted
    ]
    troubles = [
        (utc(at), entry, stream, str(severity), WORDS[severity], {1: "102", 2: "105", 3: "109", 4: "113"}[severity])
        for entry in look.entries
        for stream in STREAMS  # those that nobody asked for are told as well
        for at, severity in look.reports(entry, stream).items()
        if severity
    ]
    assert sorted(tuple(row.values()) for row in finished.rows("troubles.csv")) == sorted(troubles)
    watching = look.watching(*look.entries)
    assert [tuple(row.values()) for row in finished.rows("viewers.csv")] == [
        (utc(at), str(live), str(delayed), str(live + delayed)) for at, (live, delayed) in watching.items()
    ]
    first_screen(finished, look, states, watching)
    return list(states.values())


def first_screen(
    finished: Finished, look: Look, states: dict[tuple[str, str], str], watching: dict[int, tuple[int, int]]
) -> None:
    off = [key for key, found in states.items() if found == "off air" and not look.must_air]
    bad = [key for key, found in states.items() if found in {"alarm", "silent", "off air"} and key not in off]
    warned = [key for key, found in states.items() if found == "warnings"]
    well, some = list(states.values()).count("well"), f"{len(states)} stream{'s' if len(states) > 1 else ''}"
    live, delayed = watching[max(watching)]
    clock = dt.datetime.fromtimestamp(max(watching), ZoneInfo(look.zone))
    lead, tiles, mail = finished.lead("report.html"), finished.tiles("report.html"), finished.mail("alarm.eml")
    page = finished.page("report.html")
    fine = [f"{well} stream{'s' if well > 1 else ''} well"] if well else []
    if warned:
        fine += [f"{len(warned)}{'' if well else ' stream' if len(warned) == 1 else ' streams'} with warnings"]
    verdict = f"Alarm: {len(bad)} of {some} in trouble" if bad else ", ".join(fine)
    end = dt.datetime.fromtimestamp(look.end, ZoneInfo(look.zone))
    subject = f"[sandbox data] {verdict if bad or fine else 'No stream is on air'} at {end:%H:%M}"
    assert finished.message("alarm.eml")["Subject"] == subject
    if bad:
        for told in (lead, mail):
            assert f"No: {len(bad)} of {some}" in told
        for entry, stream in bad[:4]:
            assert f"the {stream} of {entry} ({how(look, entry, stream)}" in lead
    elif warned:
        for told in (lead, mail):
            assert f"Yes, but with warnings: {len(warned)} of {some} " in told
            assert f" {well} {'is' if well == 1 else 'are'} well{f', and {len(off)} off air' if off else ''}." in told
        for entry, stream in warned:
            assert f"the {stream} of {entry}" in lead
    elif well:
        assert lead.startswith(f"Yes: {well} of {some} " if off else "Yes. ")
        assert f"Yes: {well} of {len(states)} streams" in mail if off else f"Yes: {well} stream" in mail
    else:
        for told in (lead, mail):
            assert f"No stream is on air. Nothing was heard of {', '.join(look.entries)} in the last " in told
        assert list(tiles) == ["streams are on air", f"viewers at {clock:%H:%M:%S}"]
        assert tiles["streams are on air"] == f"0 of {len(states)}"
        assert ("Who is watching" in page) == any(map(sum, watching.values()))
    assert "Do not rely on this report" not in page + mail
    many = f"{live + delayed} viewer{'s are' if live + delayed > 1 else ' is'}" if live + delayed else "Nobody is"
    assert lead.endswith(f" {many} watching.")
    assert tiles[f"viewers at {clock:%H:%M:%S}"] == str(live + delayed)
    assert f"{live} at the live edge, {delayed} delayed (DVR)" in page
    assert f"{live + delayed} viewers at {clock:%H:%M:%S} ({live} live, {delayed} delayed)" in mail
    if bad or fine:
        assert tiles["streams are well"] == f"{well} of {len(states) - len(off)}"
        assert tiles[f"viewers at most in the last {look.minutes} minutes"] == str(max(map(sum, watching.values())))
        assert f"{well} of {len(states) - len(off)} streams are well" in mail
    for told in (page, mail):
        assert f"The reports of the last {look.silence} minutes say how a stream is." in told


def how(look: Look, entry: str, stream: str) -> str:
    """What the answer says of a stream in trouble."""
    state = look.state(entry, stream)
    if state == "silent" and (his := look.reports(entry, stream)):
        return f"silent since {dt.datetime.fromtimestamp(max(his), ZoneInfo(look.zone)):%H:%M})"
    return f"{WORDS[max(look.fresh(entry, stream))] if state == 'alarm' else state})"


def looked(place: Path, look: Look, edit: Callable[[str], str] | None = None) -> tuple[Finished, list[str]]:
    """Run the job for a look, and demand that its documents are true."""
    finished = run(place / "project", JOB, *look.arguments, edit=edit)
    return finished, agree(finished, look)


def found(finished: Finished) -> dict[str, tuple[str, int]]:
    return {subject: one for subject, one in finished.findings.items() if one[0] != "ok"}


def test_a_healthy_stream_ends_with_0_whatever_it_said_before(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, "--as-of", "2026-11-11T11:30:00-05:00")
    look = Look("11:30:00")
    assert agree(finished, look) == ["well", "warnings"]
    assert not found(finished)
    assert [row["errors"] for row in finished.rows("streams.csv")] == ["0", "4"]
    wanted = "Yes, but with warnings: 1 of 2 streams reports them, the backup of 1_earn1; 1 is well."
    assert finished.lead("report.html") == f"{wanted} 95 viewers are watching."
    assert wanted in finished.mail("alarm.eml")
    assert finished.folder.name == "2026-11-11T112940"
    assert finished.message("alarm.eml")["Subject"] == "[sandbox data] 1 stream well, 1 with warnings at 11:29"
    (quality,) = finished.table("quality")
    told = finished.tiles("report.html")["of the time watched, viewers waited for the picture"]
    assert told == f"{quality['view_buffer_time_ratio']:.1%}"
    assert quality["view_unique_audience"] == len(
        {one.viewer for one in events(frozenset(["1_earn1"]), look.start, look.end)}
    )


def test_on_most_days_nothing_is_on_air_and_that_is_no_alarm(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB)
    assert agree(finished, Look("2026-11-16T00:00:00")) == ["off air", "off air"]
    assert not found(finished)
    assert finished.folder.name == "2026-11-15T235940"


def test_what_must_be_on_air_and_is_not_is_an_alarm(tmp_path: Path) -> None:
    finished, states = looked(tmp_path, Look("2026-11-16T00:00:00", must_air=True))
    assert states == ["off air", "off air"]
    assert found(finished) == {"checks.all_that_must_are_on_air": ("error", 2)}
    assert "an alarm too, as must_air is set" in finished.page("report.html")


@pytest.mark.parametrize(
    ("clock", "state"),
    [
        ("11:00:20", "off air"),
        ("11:00:21", "well"),  # the first report is of 11:00:00, and twenty seconds are not looked at
        ("12:17:20", "well"),  # the last one is of 12:14:00
        ("12:17:21", "silent"),
        ("12:29:21", "off air"),
    ],
)
def test_the_first_and_the_last_minutes_of_a_broadcast(clock: str, state: str, tmp_path: Path) -> None:
    finished, states = looked(tmp_path, Look(clock))
    assert states == [state, state]
    assert found(finished) == ({"checks.nobody_is_silent": ("error", 2)} if state == "silent" else {})


def test_one_entry_may_be_on_air_and_another_not(tmp_path: Path) -> None:
    finished, states = looked(tmp_path, Look("12:15:00", ("1_earn1", "1_quest1")))
    assert states == ["well", "well", "off air", "off air"]
    assert "2 more off air" in finished.page("report.html")


@pytest.mark.parametrize(("clock", "state"), [("11:03:20", "off air"), ("11:03:21", "silent")])
def test_a_stream_that_never_came_has_three_minutes_to_come(clock: str, state: str, tmp_path: Path) -> None:
    assert looked(tmp_path, Look(clock, expected=("primary", "clipping")))[1] == ["well", state]


def test_who_is_watched_and_says_nothing_is_silent(tmp_path: Path) -> None:
    def deaf(text: str) -> str:
        return text.replace('objectIdIn          = "{{ params.entries }}"', 'objectIdIn = ["1_other"]')

    finished, states = looked(tmp_path, Look("11:20:00", deaf=True), edit=deaf)
    assert states == ["silent", "silent"]
    assert "the primary of 1_earn1 (silent), " in finished.lead("report.html")


def test_an_error_ends_with_5_and_says_which_stream_is_left(tmp_path: Path) -> None:
    finished, states = looked(tmp_path, Look("11:34:00", ("1_earn1", "1_quest1")))
    assert states == ["well", "alarm", "alarm", "alarm"]
    assert found(finished) == {"checks.no_alarm": ("error", 3)}
    for told in (finished.page("report.html"), finished.mail("alarm.eml")):
        assert "The primary of 1_earn1 is well: think of switching to it." in told
        assert "1_quest1 has no stream left that is well." in told


def test_only_what_is_critical_need_be_an_alarm_and_a_warning_can_be_one(tmp_path: Path) -> None:
    assert looked(tmp_path / "four", Look("11:34:00", alarm=4, minutes=5))[1] == ["well", "warnings"]
    assert looked(tmp_path / "two", Look("11:30:00", alarm=2))[1] == ["well", "alarm"]


def test_how_long_silence_is_and_how_far_back_it_looks_is_told(tmp_path: Path) -> None:
    look = Look("12:20:00", expected=("backup",), silence=5, minutes=6)
    assert looked(tmp_path / "five", look)[1] == ["silent"]
    assert looked(tmp_path / "six", replace(look, silence=6, minutes=7))[1] == ["well"]


def test_a_silence_that_could_not_be_found_is_no_report_to_rely_on(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, "--param", "silence=15 minutes")
    assert finished.code == 5
    assert found(finished) == {"checks.silence_can_be_heard": ("error", 1)}
    assert "Do not rely on this report" in finished.page("report.html")
    assert finished.message("alarm.eml")["Subject"].startswith("[sandbox data] Not to be relied on: ")


@pytest.mark.parametrize(
    ("param", "found_of", "subject"),
    [
        ("streams=", "datasets.streams", "No stream is named"),
        ("entries=1_earn1,1_earn1", "datasets.streams", "2 streams well, 2 with warnings"),
        ("streams=primary,primary", "datasets.streams", "2 streams well"),
        ("alarm=5", "checks.alarm_is_a_severity", "1 stream well, 1 with warnings"),
    ],
)
def test_what_cannot_be_watched_over_is_no_report_to_rely_on(
    param: str, found_of: str, subject: str, tmp_path: Path
) -> None:
    moment = ("--as-of", "2026-11-11T11:30:00-05:00")
    finished = run(tmp_path / "project", JOB, "--param", param, "--param", "must_air=true", *moment)
    assert finished.code == 5
    assert [(subject, severity) for subject, (severity, _) in found(finished).items()] == [(found_of, "error")]
    assert "Do not rely on this report" in finished.page("report.html")
    told = f"[sandbox data] Not to be relied on: {subject} at 11:29"
    assert finished.message("alarm.eml")["Subject"].strip() == told  # a long one begins on the next line


def test_no_entry_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, "--param", "entries=")
    assert finished.code == 3
    assert '"objectIdIn" must not be empty' in finished.err


@pytest.mark.parametrize(("back", "beats"), [("9 hours", 4), ("2 hours", 1)])
def test_a_long_look_back_draws_the_most_viewers_of_each_stretch(back: str, beats: int, tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, "--param", f"back={back}", "--as-of", "2026-11-11T12:30:00-05:00")
    assert (finished.code, len(finished.rows("viewers.csv"))) == (5, int(back[0]) * 360)
    said = "Viewers by the ten seconds" if beats == 1 else "The most viewers of every 40 seconds"
    most = max(int(row["together"]) for row in finished.rows("viewers.csv"))
    assert said in finished.page("report.html")
    assert finished.tiles("report.html")[f"viewers at most in the last {back}"] == str(most)
    assert f"Line chart of {2 * int(back[0]) * 360 // beats:,} values" in finished.folder.joinpath(
        "report.html"
    ).read_text("utf-8")


def test_minutes_of_two_days_are_not_one_minute(tmp_path: Path) -> None:
    finished = run(tmp_path / "project", JOB, "--param", "back=8 days", "--as-of", "2026-11-11T12:00:00-05:00")
    assert {row["minute"][:6] for row in finished.table("minutes")} == {"4 Nov ", "11 Nov"}


def test_clocks_are_those_of_the_zone(tmp_path: Path) -> None:
    look = Look("11:30:00", zone="Asia/Tokyo")
    finished, _ = looked(tmp_path, look, edit=in_zone("Asia/Tokyo"))
    assert finished.folder.name.startswith("2026-11-12T012940")
    assert finished.message("alarm.eml")["Subject"].endswith(" at 01:29")


def test_a_moment_gone_by_is_looked_at_as_it_was_then(tmp_path: Path) -> None:
    later = dt.datetime(2026, 11, 24, 5, 6, tzinfo=dt.UTC).timestamp()
    first = run(tmp_path / "first", JOB, "--as-of", "2026-11-11T11:30:00-05:00")
    with patch("reportrunner.cli.live.wall_clock", lambda: dt.datetime.fromtimestamp(later, dt.UTC)):
        second = run(
            tmp_path / "second", JOB, "--workers", "1", "--as-of", "2026-11-11T11:30:00-05:00", clock=lambda: later
        )
    assert second.code == 0
    assert second.ran.documents == first.ran.documents
    ago = run(tmp_path / "ago", JOB, "--param", "ago=1 day 2 hours 20 seconds", "--as-of", "2026-11-12T13:30:00-05:00")
    for name in ("streams.csv", "troubles.csv", "viewers.csv"):
        assert (ago.folder / name).read_bytes() == (first.folder / name).read_bytes()


def test_waiting_for_the_picture_is_a_warning(tmp_path: Path) -> None:
    moment = ("--as-of", "2026-11-11T11:30:00-05:00")
    finished = run(tmp_path / "project", JOB, "--param", "most_buffering=0.01", *moment)
    assert finished.code == 0
    assert found(finished) == {"checks.it_plays_smoothly": ("warn", 1)}
    assert Decimal(finished.table("quality")[0]["view_buffer_time_ratio"]) > Decimal("0.01")
