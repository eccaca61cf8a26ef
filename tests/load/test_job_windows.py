"""Every form of a window as a job file writes it, and what is said of those that cannot be."""

# ruff: noqa: E501 - a line of a table is one case

from __future__ import annotations

import pytest
from projects import loaded, problem

from reportrunner.load.windows import window_scope

FORMS = [
    ('period = "week"', "2026-W46", "2026-11-09T00:00:00-05:00", "2026-11-16T00:00:00-05:00"),
    ('period = "week"\noffset = -3', "2026-W44", "2026-10-26T00:00:00-04:00", "2026-11-02T00:00:00-05:00"),
    ('period = "month"\noffset = 0', "2026-11-01..2026-11-15", "2026-11-01T00:00:00-04:00", "2026-11-16T00:00:00-05:00"),
    ('period = "quarter"', "2026-Q3", "2026-07-01T00:00:00-04:00", "2026-10-01T00:00:00-04:00"),
    ('period = "year"', "2025", "2025-01-01T00:00:00-05:00", "2026-01-01T00:00:00-05:00"),
    ('period = "day"\nlag = "1 day"', "2026-11-14", "2026-11-14T00:00:00-05:00", "2026-11-15T00:00:00-05:00"),
    ('period = "hour"', "2026-11-15T23", "2026-11-15T23:00:00-05:00", "2026-11-16T00:00:00-05:00"),
    ('last = "28 days"', "2026-10-19..2026-11-15", "2026-10-19T00:00:00-04:00", "2026-11-16T00:00:00-05:00"),
    ('last = "2 days"\nuntil = 2026-11-03', "2026-11-01..2026-11-02", "2026-11-01T00:00:00-04:00", "2026-11-03T00:00:00-05:00"),
    ('last = "2 days"\nuntil = "2026-11-03"', "2026-11-01..2026-11-02", "2026-11-01T00:00:00-04:00", "2026-11-03T00:00:00-05:00"),
    ("from = 2026-09-01\nto = 2026-09-30", "2026-09-01..2026-09-30", "2026-09-01T00:00:00-04:00", "2026-10-01T00:00:00-04:00"),
    ('from = "2026-11-15"\nto = "as_of"', "2026-11-15", "2026-11-15T00:00:00-05:00", "2026-11-16T00:00:00-05:00"),
    (
        "from = 2026-11-12T15:00:00Z\nto = 2026-11-12T11:30:00",
        "2026-11-12T100000-0500..2026-11-12T113000-0500",
        "2026-11-12T10:00:00-05:00",
        "2026-11-12T11:30:00-05:00",
    ),
    ('from = "{{ params.day }}"\nto = "{{ params.day }}"', "2026-09-15", "2026-09-15T00:00:00-04:00", "2026-09-16T00:00:00-04:00"),
    ('to_date = "quarter"', "2026-10-01..2026-11-15", "2026-10-01T00:00:00-04:00", "2026-11-16T00:00:00-05:00"),
    (
        'since = "-110s"\nuntil = "-20s"',
        "2026-11-15T235810-0500..2026-11-15T235940-0500",
        "2026-11-15T23:58:10-05:00",
        "2026-11-15T23:59:40-05:00",
    ),
    ('since = "-1 hour"', "2026-11-15T230000-0500..2026-11-15", "2026-11-15T23:00:00-05:00", "2026-11-16T00:00:00-05:00"),
    ('like = "week"\nshift = "-1 week"', "2026-W45", "2026-11-02T00:00:00-05:00", "2026-11-09T00:00:00-05:00"),
]  # fmt: skip
DAY = '[params]\nday = { type = "date", default = 2026-09-15 }\n[windows.week]\nperiod = "week"\n[windows.w]\n'


@pytest.mark.parametrize(("form", "label", "start", "end"), FORMS)
def test_every_form(form: str, label: str, start: str, end: str) -> None:
    job = loaded(DAY + form)
    assert not job.diagnostics
    window = job.windows["w"]
    assert (window.label, window.start.isoformat(), window.end.isoformat()) == (label, start, end)


USED = 'label = "{{ windows.w.label }}"\n[windows.w]\n'


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ('last = "4 wekks"', '"4 wekks": "4 wekks": unknown unit "wekks"; did you mean "weeks"?'),
        ('period = "week"\nlag = "soon"', '"soon": "soon" is no length of time | write a number and a unit, such as "28 days", "-1 month" or "90s"'),
        ('since = "-1h"\nuntil = 2026-11-01', '2026-11-01: 2026-11-01 is no length of time | write until = "-20s"'),
        ('last = "1 day"\nuntil = "soon"', '"soon": "soon" is no day | write until = 2026-09-01'),
        ('from = "early"\nto = "as_of"', '"early": "early" is no moment | write from = 2026-09-01, or "as_of"'),
        ("from = 2026-10-01\nto = 2026-09-01", "2026-09-01: to = 2026-09-01 is not after from = 2026-10-01 | write the earlier one as from"),
        ("from = 2026-10-01", 'from: this window has "from" but no "to" | add to = "as_of", or the last day'),
        ('like = "week"', 'like: this window has "like" but no "shift" | add shift = "-1 week"'),
        ('like = "weak"\nshift = "-1 day"', '"weak": there is no window "weak" | there are w'),
        ('like = "w"\nshift = "-1 day"', '"w": w -> w is a circle | give one of these windows a form of its own'),
        ('to_date = "week"\noffset = 0', 'offset: "offset" does not belong to a window with "to_date" | remove it'),
        ('period = "week"\nlast = "1 day"', 'last: a window has one form, and this one has both "period" and "last" | keep one of the two'),
        ("start = 2026-09-01", 'start: unknown key "start" in a window | write from = 2026-09-01 (an inclusive day) and to = "as_of"'),
        ('lag = "1 day"', '[windows.w]: this window says no span of time | write period = "week", offset = -1; last = "28 days"; from and to; to_date; since; like and shift; or around and days'),
        ('from = "{{ params.x }}"\nto = "as_of"', 'x: params has no "x"'),
        ('from = "{{ now }}"\nto = "as_of"', 'now: "now" is not known here | known: params, windows, job, as_of, each'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_once_and_where(form: str, said: str) -> None:
    assert problem(USED + form) == said


def test_a_window_like_a_broken_one_is_not_broken_too() -> None:
    broken = '[windows.a]\nlast = "1 wek"\n[windows.b]\nlike = "a"\nshift = "-1 day"\n[windows.c]\nlike = "b"\nshift = "-1 day"\n'
    assert (
        problem('label = "{{ windows.c.label }}"\n' + broken)
        == '"1 wek": "1 wek": unknown unit "wek"; did you mean "week"?'
    )


def test_a_window_gives_its_offset_only_where_it_has_one() -> None:
    windows = loaded('[windows.a]\nperiod = "week"\n[windows.b]\nfrom = 2026-10-30\nto = 2026-11-03').windows
    assert window_scope(windows["a"])["utc_offset"] == 300
    assert "utc_offset" not in window_scope(windows["b"])
    assert set(window_scope(windows["b"])) == {"start", "end", "first_day", "last_day", "label", "zone", "days"}
