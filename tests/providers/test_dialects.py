"""How each provider's own place writes a window: ends, seconds, day ids, dates, RFC 3339 and the sign of offsets."""

from __future__ import annotations

import ast
import datetime as dt
from pathlib import Path

import pytest
from asking import days

from reportrunner.providers.cloudflare import times as cloudflare
from reportrunner.providers.kaltura import times as kaltura
from reportrunner.providers.kaltura.buckets import whole
from reportrunner.providers.kaltura.catalogue import custom_reports
from reportrunner.providers.kaltura_reports import times as kaltura_reports
from reportrunner.providers.livekit import times as livekit
from reportrunner.providers.rest.templates import Scope, write_pairs
from reportrunner.window import Window
from reportrunner.window.span import WindowError

SUMMER = days("2026-07-06", "2026-07-13")
WINTER = days("2026-01-05", "2026-01-12")
AUTUMN = days("2026-10-26", "2026-11-02")
SPRING = days("2026-03-02", "2026-03-09")
KOLKATA = days("2026-07-06", "2026-07-13", "Asia/Kolkata")
PART = days("2026-07-06T09:00", "2026-07-06T17:30")


@pytest.mark.parametrize(
    ("window", "sent"),
    [
        (SUMMER, ("20260706", "20260712", "240")),
        (WINTER, ("20260105", "20260111", "300")),
        (KOLKATA, ("20260706", "20260712", "-330")),
        (days("2026-07-06", "2026-07-07", "Europe/Berlin"), ("20260706", "20260706", "-120")),
        (days("2026-07-06", "2026-07-07", "UTC"), ("20260706", "20260706", "0")),
    ],
)
def test_kaltura_buckets_of_days(window: Window, sent: tuple[str, ...]) -> None:
    (of,) = whole(window)
    names = ("fromDay", "toDay", "timeZoneOffset")
    assert kaltura.dates(of, by_day=True) == tuple(
        (f"reportInputFilter[{name}]", value) for name, value in zip(names, sent, strict=True)
    )
    report = custom_reports()[3007]
    assert dict(kaltura.custom_dates(window, report, "refuse")) == dict(
        zip(("from_date_id", "to_date_id", "timezone_offset"), sent, strict=True)
    )


@pytest.mark.parametrize(
    ("window", "sent"),
    [
        (SUMMER, ("1783310400", "1783915199", "240")),
        (AUTUMN, ("1792987200", "1793595599", "240")),
        (SPRING, ("1772427600", "1773028799", "300")),
        (KOLKATA, ("1783276200", "1783880999", "-330")),
        (PART, ("1783342800", "1783373399", "240")),
    ],
)
def test_kaltura_instants_end_with_the_last_second(window: Window, sent: tuple[str, ...]) -> None:
    (of,) = whole(window)
    names = ("fromDate", "toDate", "timeZoneOffset")
    assert kaltura.dates(of, by_day=False) == tuple(
        (f"reportInputFilter[{name}]", value) for name, value in zip(names, sent, strict=True)
    )
    assert kaltura.seconds_of(window) == (int(sent[0]), int(sent[1]))
    assert dict(kaltura.custom_dates(window, custom_reports()[3009], "refuse")) == {
        "from_date": sent[0],
        "to_date": sent[1],
    }


def test_kaltura_custom_days_around_a_change_are_refused_with_what_to_type() -> None:
    report = custom_reports()[3007]
    with pytest.raises(WindowError) as said:
        kaltura.custom_dates(days("2026-10-26", "2026-11-09"), report, "refuse")
    assert said.value.message.partition("; ")[2] == (
        "write a window with to = 2026-10-31 and one with from = 2026-11-02, whose days are exact, and leave out"
        ' 2026-11-01; or dst = "one-offset", which counts every day with the offset of the first and says which are off'
        " by that"
    )
    with pytest.raises(WindowError, match="a day without a midnight in Africa/Cairo"):
        kaltura.custom_dates(days("2023-04-28T01:00", "2023-05-01", "Africa/Cairo"), report, "refuse")


BEFORE = "1 hour before that of America/New_York"


@pytest.mark.parametrize(
    ("window", "off", "span"),
    [
        (
            days("2026-10-26", "2026-11-09"),
            f"at UTC-04:00: 2026-11-01 ends {BEFORE}, 2026-11-02 to 2026-11-08 begin and end {BEFORE}",
            (1_792_987_200, 1_792_987_200 + 14 * 86_400),
        ),
        (
            days("2026-03-02", "2026-03-09"),
            "at UTC-05:00: 2026-03-08 ends 1 hour after that of America/New_York",
            (1_772_427_600, 1_772_427_600 + 7 * 86_400),
        ),
        (
            days("2023-04-28T01:00", "2023-05-01", "Africa/Cairo"),
            "at UTC+03:00: 2023-04-28 begins 1 hour before that of Africa/Cairo",
            (1_682_625_600 + 3_600, 1_682_888_400),
        ),
    ],
)
def test_kaltura_custom_days_with_one_offset_say_which_are_off(window: Window, off: str, span: tuple[int, int]) -> None:
    report = custom_reports()[3007]
    sent = kaltura.custom_dates(window, report, "one-offset")
    first, last = kaltura.day_ids(window)
    offset = window.offset_at_start
    assert sent == {"from_date_id": first, "to_date_id": last, "timezone_offset": str(offset)}
    (choice,) = kaltura.one_offset_choice(window)
    assert (choice.key, choice.way) == ("dst", "one-offset")
    assert choice.words.endswith(f"every day is counted from midnight {off}")
    asked = kaltura.one_offset_span(window, cut=False)
    assert (asked.start_unix, asked.end_unix) == span


def test_kaltura_custom_days_in_slices_are_whole_up_to_the_change() -> None:
    autumn = kaltura.one_offset_span(days("2026-10-26", "2026-11-09"), cut=True)
    assert autumn.end.isoformat() == "2026-11-01T23:00:00-05:00"
    spring = days("2026-03-02", "2026-03-16")
    assert kaltura.one_offset_span(spring, cut=True) == spring


def test_kaltura_custom_days_that_are_exact_say_nothing_of_a_choice() -> None:
    assert kaltura.one_offset_choice(SUMMER) == ()
    assert kaltura.custom_dates(SUMMER, custom_reports()[3007], "one-offset") == kaltura.custom_dates(
        SUMMER, custom_reports()[3007], "refuse"
    )


def test_kaltura_reports_are_sent_iso_days_or_seconds() -> None:
    assert kaltura_reports.iso_days(AUTUMN, "x") == (("from_date_id", "2026-10-26"), ("to_date_id", "2026-11-01"))
    assert kaltura_reports.unix_seconds(AUTUMN) == {"from_date": 1_792_987_200, "to_date": 1_793_595_599}
    with pytest.raises(WindowError, match="x knows whole days only"):
        kaltura_reports.iso_days(PART, "x")


@pytest.mark.parametrize(
    ("window", "dates", "seconds", "moments", "span"),
    [
        (
            AUTUMN,
            ("2026-10-26", "2026-11-01"),
            ("1792987200", "1793595599"),
            ("2026-10-26T04:00:00Z", "2026-11-02T04:59:59.999Z"),
            ("2026-10-26T04:00:00Z", "2026-11-02T05:00:00Z"),
        ),
        (
            KOLKATA,
            ("2026-07-06", "2026-07-12"),
            ("1783276200", "1783880999"),
            ("2026-07-05T18:30:00Z", "2026-07-12T18:29:59.999Z"),
            ("2026-07-05T18:30:00Z", "2026-07-12T18:30:00Z"),
        ),
    ],
)
def test_cloudflare_has_three_forms_and_a_span(
    window: Window, dates: object, seconds: object, moments: object, span: object
) -> None:
    assert cloudflare.as_days(window) == dates
    assert cloudflare.as_unix(window) == seconds
    assert cloudflare.as_moments(window) == moments
    assert cloudflare.as_span(window) == span


@pytest.mark.parametrize(
    ("window", "first", "after"),
    [
        (AUTUMN, "2026-10-26", "2026-11-03"),
        (KOLKATA, "2026-07-05", "2026-07-13"),
        (days("2026-07-06", "2026-07-07", "UTC"), "2026-07-06", "2026-07-07"),
        (PART, "2026-07-06", "2026-07-07"),
    ],
)
def test_livekit_is_sent_days_of_utc_and_the_day_behind_the_last(window: Window, first: str, after: str) -> None:
    assert livekit.days_of(window) == (dt.date.fromisoformat(first), dt.date.fromisoformat(after))
    assert livekit.span_of(window) == (window.start, window.end)


@pytest.mark.parametrize(
    ("template", "sent"),
    [
        ("{{ window.start | unix }}", "1792987200"),
        ("{{ window.last_second | unix }}", "1793595599"),
        ("{{ window.end | unix_ms }}", "1793595600000"),
        ("{{ window.first_day }}", "2026-10-26"),
        ("{{ window.last_day | day_id }}", "20261101"),
        ("{{ window.start }}", "2026-10-26T00:00:00-04:00"),
        ("{{ window.end }}", "2026-11-02T00:00:00-05:00"),
        ("{{ window.end | utc | date('%Y-%m-%dT%H:%M:%SZ') }}", "2026-11-02T05:00:00Z"),
    ],
)
def test_rest_is_sent_what_its_definition_writes(template: str, sent: str) -> None:
    assert write_pairs({"x": template}, Scope({}, AUTUMN)) == (("x", sent),)


def test_rest_offsets_are_minutes_of_utc_minus_local() -> None:
    offset = {"x": "{{ window.utc_offset }}"}
    sent = [write_pairs(offset, Scope({}, window))[0][1] for window in (SUMMER, WINTER, KOLKATA)]
    assert sent == ["240", "300", "-330"]


# --- one place each -------------------------------------------------------------------------------------------

PROVIDERS = Path(__file__).parents[2] / "reportrunner" / "providers"
WRITTEN = {"start_unix", "end_unix", "first_day", "last_day", "utc_offset", "offset_at_start"}
READS = {
    "cloudflare/intervals.py": "counts intervals, and asks whether days are those of UTC",
    "cloudflare/series.py": "tells its reader which span was asked",
    "cloudflare/series_answer.py": "holds an answer against the span that was asked",
    "kaltura/buckets.py": "cuts a window where its offset changes",
    "kaltura/export.py": "reads labels of buckets by the offset at the start",
    "kaltura/exports.py": "says the offset beside a list of reports",
    "kaltura/question.py": "has one slice where the offset does not change",
    "kaltura/table.py": "reads labels of buckets by the offset at the start",
}
"""Modules beside `times.py` that look at a window, and why; none of them writes one."""


def test_a_window_is_written_in_one_module_of_its_provider() -> None:
    looking = set()
    for path in PROVIDERS.rglob("*.py"):
        names = {node.attr for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)}
        if names & WRITTEN and path.name != "times.py":
            looking.add(path.relative_to(PROVIDERS).as_posix())
    assert looking == set(READS)
    assert {path.parent.name for path in PROVIDERS.rglob("times.py")} == {
        path.name for path in PROVIDERS.iterdir() if path.is_dir() and path.name != "__pycache__"
    }
