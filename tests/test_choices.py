"""What a job chose, as plans and footers say it: once for slices that are alike."""

from __future__ import annotations

from dataclasses import replace

from plans import S, asking, columns, endpoint

from reportrunner.ask import Ask
from reportrunner.choices import choices_of
from reportrunner.closing import Split
from reportrunner.days import Choice
from reportrunner.table import Column
from reportrunner.window.window import slices, window_of

AUTUMN = window_of(1_788_235_200, 1_796_101_200, "America/New_York")


def chosen(ask: Ask) -> tuple[Choice, ...]:
    assert ask.window is not None
    other = (Choice("dst", "split", "the offset changes"),) if ask.window.offset_changes else ()
    return (Choice("zone_mismatch", "utc-days", f"{ask.window.first_day} is a day of UTC"), *other)


def test_a_window_that_is_asked_as_a_whole_tells_its_choices_as_they_are() -> None:
    node = replace(asking("plays", columns(name=S), endpoint=endpoint(choices=chosen)), window=AUTUMN)
    assert [one.said for one in choices_of(node)] == [
        'zone_mismatch = "utc-days": 2026-09-01 is a day of UTC',
        'dst = "split": the offset changes',
    ]


def test_of_slices_the_first_tells_for_those_alike() -> None:
    split = Split("month", Column("slice", S), slices(AUTUMN, "month"))
    node = replace(asking("plays", columns(name=S), endpoint=endpoint(choices=chosen)), window=AUTUMN, split=split)
    assert [one.words for one in choices_of(node)] == [
        "2026-09-01 is a day of UTC (slice 2026-09, and alike in 2 more)",
        "the offset changes (slice 2026-11)",
    ]
