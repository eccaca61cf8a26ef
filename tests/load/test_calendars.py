"""Calendars of a project file, what is said of those that cannot be, and windows that speak of them."""

# ruff: noqa: E501 - a line of a table is one case

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from describing import FAMILIES
from projects import loaded, problem, problems

from reportrunner.errors import Diagnostic
from reportrunner.job import Project
from reportrunner.load import load_project
from reportrunner.window.business import BusinessDays
from reportrunner.window.calendar import Calendar, DateYears, PatternYears, YearEnd

ALL = """
[calendars.fiscal]
year_starts = "02-01"
[calendars.retail]
pattern = "4-5-4"
year_ends = "Saturday nearest January 31"
year_named = "start"
label = "RY"
[calendars.maker]
pattern = "5-4-4"
year_ends = "last saturday of september"
week_53 = 3
[calendars.us]
week_starts = "sunday"
[calendars.office]
holidays = [2026-11-26]
holidays_file = "days.csv"
[calendars.five]
year_starts = "04-06"
week_starts = "monday"
weekend = []
"""
DAYS = 'date,name\n2026-12-25,Christmas\n\n# the year after\n2027-01-01,"New, Year"\n'


def project(root: Path, text: str) -> Project:
    (root / "reportrunner.toml").write_text(text, "utf-8")
    (root / "days.csv").write_text(DAYS, "utf-8")
    return load_project(root, "reportrunner.toml", FAMILIES)


def told(one: Diagnostic) -> str:
    marked = one.source[one.column - 1 : one.column - 1 + one.width]
    return f"{one.file}:{one.line}: {marked}: {one.message}" + (f" | {one.hint}" if one.hint else "")


def said(root: Path, text: str) -> list[str]:
    return [told(one) for one in project(root, text).diagnostics]


def test_calendars_are_values(tmp_path: Path) -> None:
    found = project(tmp_path, ALL)
    assert found.diagnostics == ()
    listed = frozenset({dt.date(2026, 11, 26), dt.date(2026, 12, 25), dt.date(2027, 1, 1)})
    assert found.calendars == {
        "fiscal": Calendar("fiscal", DateYears(2)),
        "retail": Calendar("retail", PatternYears((4, 5, 4), YearEnd(5, 1, 31), named_start=True), 6, prefix="RY"),
        "maker": Calendar("maker", PatternYears((5, 4, 4), YearEnd(5, 9), week_53=3), 6),
        "us": Calendar("us", week_starts=6),
        "office": Calendar("office", business=BusinessDays(holidays=listed)),
        "five": Calendar("five", DateYears(4, 6), 0, BusinessDays(weekend=frozenset())),
    }
    assert [calendar.words for calendar in found.calendars.values() if calendar] == [
        ("fiscal-year", "fiscal-quarter", "fiscal-month"),
        ("retail-year", "retail-quarter", "retail-month", "retail-week"),
        ("maker-year", "maker-quarter", "maker-month", "maker-week"),
        ("us-week",),
        ("office-day",),
        ("five-year", "five-quarter", "five-month", "five-week", "five-day"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('year_starts = "02-29"', '"02-29": "02-29" is a day that not every month has, and fiscal months begin on it too | write "02-28" or "03-01", or pattern and year_ends for years of whole weeks'),
        ('year_starts = "12-31"', '"12-31": "12-31" is a day that not every month has, and fiscal months begin on it too | write "12-28" or "01-01", or pattern and year_ends for years of whole weeks'),
        ('year_starts = "2-1"', '"2-1": "2-1" is no day of a year | write month and day, such as "02-01"'),
        ('year_starts = "13-01"', '"13-01": "13-01" is no day of a year | write month and day, such as "02-01"'),
        ("year_starts = 2026-02-01", '2026-02-01: expected text, found the date 2026-02-01 | write "2026-02-01"'),
        ('year_starts = "02-01"\nlabel = "F/Y"', '"F/Y": "F/Y" cannot begin a label: letters, digits and _, a letter first, 16 at most | write label = "RY"'),
        ('pattern = "4-4-5"', 'pattern: "pattern" needs "year_ends", the last day of a year | add year_ends = "last saturday of january" or "saturday nearest january 31"'),
        ('pattern = "4-4-5"\nyear_ends = "last saterday of january"', '"last saterday of january": "last saterday of january": "saterday" is no weekday; did you mean "saturday"?'),
        ('pattern = "4-4-5"\nyear_ends = "friday nearest februar 1"', '"friday nearest februar 1": "friday nearest februar 1": "februar" is no month; did you mean "february"?'),
        ('pattern = "4-4-5"\nyear_ends = "saturday nearest february 29"', '"saturday nearest february 29": "saturday nearest february 29": february has no day 29 in every year | write a day from 1 to 28'),
        ('pattern = "4-4-5"\nyear_ends = "end of january"', '"end of january": "end of january" names no end of a year | write "last saturday of january" or "saturday nearest january 31"'),
        ('year_ends = "last friday of june"', 'year_ends: "year_ends" means nothing without "pattern" | add pattern = "4-4-5", "4-5-4" or "5-4-4"'),
        ('weekend = ["saturday", "saturday"]', '["saturday", "saturday"]: "saturday" is there twice, and may stand for another day | write each day of the weekend once'),
        ('week_starts = "sunday"\nweekend = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]', '["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]: a week whose every day is weekend has no business day | write weekend = ["saturday", "sunday"]'),
        ("", '[calendars.c]: this calendar says nothing | write year_starts = "02-01"; pattern and year_ends; week_starts = "sunday"; or holidays'),
        ('holidays = ["2026-11-26"]', '"2026-11-26": expected a date, found text "2026-11-26" | write 2026-11-26'),
        ('holidays_file = "day.csv"', '"day.csv": there is no file "day.csv" in the project; did you mean "days.csv"?'),
        ('holidays_file = "../days.csv"', '"../days.csv": "../days.csv" leaves the project | keep the file in the project'),
        ('holidays_file = "."', '".": there is no file "." in the project'),
        ('holidays_file = "\\u0000"', '"\\u0000": there is no file "\0" in the project'),
        ('holidays_file = "quote.csv"', '"2026-11-27: ""2026-11-27" is no day | write one day a line, such as 2026-11-26,Thanksgiving'),
        ('holidays_file = "empty.csv"', '"empty.csv": "empty.csv" lists no holiday | write one day a line, such as 2026-11-26,Thanksgiving'),
        ('holidays_file = "bytes.csv"', '"bytes.csv": "bytes.csv" cannot be read: it is no text | save it as text in UTF-8, one day a line'),
        ('weeks_start = "sunday"', 'weeks_start: unknown key "weeks_start" in a calendar; did you mean "week_starts"?'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_where(text: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / "quote.csv").write_text('2026-11-26\n"2026-11-27\n', "utf-8")
    (tmp_path / "empty.csv").write_text("date\n# none\n", "utf-8")
    (tmp_path / "bytes.csv").write_bytes(b"2026-11-26,\xff\n")
    (found,) = said(tmp_path, f"[calendars.c]\n{text}\n")
    assert found.partition(": ")[2] == expected


def test_all_of_it_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text('2026-11-26\n26.11.2026,"A, B"\n  2026-02-30 ,x\n', "utf-8")
    text = """
[calendars.a]
year_starts = "2-1"
label = "1"
[calendars.b]
year_starts = "02-01"
pattern = "4-4-5"
week_starts = "sunday"
[calendars.c]
label = "X"
week_53 = 2
year_named = "end"
[calendars.d]
holidays_file = "bad.csv"
[calendars."No Name"]
week_starts = "sunday"
"""
    found = project(tmp_path, text)
    assert [f"{one.file}:{one.line}:{one.column}" for one in found.diagnostics] == [
        "reportrunner.toml:15:12",
        "reportrunner.toml:3:15",
        "reportrunner.toml:4:9",
        "reportrunner.toml:6:1",
        "reportrunner.toml:8:1",
        "reportrunner.toml:7:1",
        "reportrunner.toml:11:1",
        "reportrunner.toml:12:1",
        "reportrunner.toml:10:1",
        "bad.csv:2:1",
        "bad.csv:3:3",
    ]
    assert dict(found.calendars) == dict.fromkeys(["a", "b", "c", "d", "No Name"])


HEAD = 'label = "{{ windows.w.label }}"\n[params]\nday = { type = "date", default = 2026-11-05 }\nat = { type = "timestamp", default = 2026-11-05T15:00:00Z }\nn = { type = "integer", default = 2 }\n[windows.w]\n'
MODEL = '\n[windows.m]\nperiod = "retail-week"\n'


@pytest.mark.parametrize(
    ("form", "label"),
    [
        ('period = "fiscal-quarter"', "FY27-Q3"),
        ('period = "retail-week"\noffset = -2', "RY26-W40"),
        ('period = "us-week"', "2026-11-08..2026-11-14"),
        ('period = "office-day"', "2026-11-13"),
        ('period = "five-month"', "FY27-P07"),
        ('to_date = "fiscal-year"', "2026-02-01..2026-11-15"),
        ('last = "5 business days"\ncalendar = "office"', "2026-11-09..2026-11-15"),
        ('last = "5 office-days"', "2026-11-09..2026-11-15"),
        ('last = "1 business-day"\ncalendar = "five"', "2026-11-15"),
        ('period = "day"\nlag = "2 business days"\ncalendar = "office"', "2026-11-11"),
        ('period = "day"\nlag = "2 office-days"', "2026-11-11"),
        ('around = "{{ params.day }}"\ndays = 3', "2026-11-02..2026-11-08"),
        ('around = "{{ params.day }}"\ndays = "{{ params.n }}"', "2026-11-03..2026-11-07"),
        ('around = 2026-11-14\ndays = 3\nuntil = "as_of"', "2026-11-11..2026-11-15"),
        ("around = 2026-11-14\ndays = 3", "2026-11-11..2026-11-17"),
        ("around = 2026-11-05\nbefore = 2\nafter = 4", "2026-11-03..2026-11-09"),
        ('around = "2026-11-05"\nafter = "1 week"', "2026-11-05..2026-11-12"),
        ('around = "{{ params.at }}"\nbefore = "1 hour"\nafter = "3 hours"', "2026-11-05T090000-0500..2026-11-05T130000-0500"),
        ('around = 2026-11-05T10:00:00\nbefore = "1 day"', "2026-11-04T100000-0500..2026-11-05T100000-0500"),
        ('like = "m"\nshift = "-1 retail-year"' + MODEL, "RY25-W41"),
        ('like = "m"\nshift = "-2 retail-quarters"' + MODEL, "RY26-W15"),
        ('like = "m"\nshift = "+ 1 retail-week"\nlag = "2 weeks"' + MODEL, "RY26-W40"),
        ('like = "m"\nshift = "-5 business days"\ncalendar = "office"' + MODEL, "2026-11-02..2026-11-08"),
    ],
)  # fmt: skip
def test_windows_of_calendars_and_events(form: str, label: str, tmp_path: Path) -> None:
    project(tmp_path, ALL)
    job = loaded(HEAD + form, root=tmp_path)
    assert [one for one in job.diagnostics if "nobody uses" not in one.message] == []
    assert job.windows["w"].label == label


FORGOTTEN = "one of year, quarter, month, week, day, hour, fiscal-year, fiscal-quarter, fiscal-month"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ('period = "fiscal-week"', '"fiscal-week": calendar "fiscal" has no weeks | it has fiscal-year, fiscal-quarter, fiscal-month; weeks come with week_starts = "sunday", or with pattern and year_ends'),
        ('period = "fiscal-hour"', '"fiscal-hour": calendar "fiscal" has no hours | it has fiscal-year, fiscal-quarter, fiscal-month; hours belong to no calendar: write "hour"'),
        ('period = "fiskal-quarter"', '"fiskal-quarter": there is no calendar "fiskal"; did you mean "fiscal-quarter"?'),
        ('period = "fiscal-quater"', f'"fiscal-quater": "period" cannot be "fiscal-quater"; did you mean "fiscal-quarter"? | {FORGOTTEN}'),
        ('to_date = "weak"', f'"weak": "to_date" cannot be "weak"; did you mean "week"? | {FORGOTTEN}'),
        ('period = "tax-year"', f'"tax-year": there is no calendar "tax" | add [calendars.tax] to reportrunner.toml, or write {FORGOTTEN}'),
        ('last = "5 business days"', '"5 business days": "5 business days" does not say whose business days | add [calendars.office] with holidays to reportrunner.toml, and calendar = "office"'),
        ('last = "5 business days"\ncalendar = "fiscal"', '"fiscal": calendar "fiscal" has no business days | it has fiscal-year, fiscal-quarter, fiscal-month; business days come with weekend or holidays'),
        ('last = "5 business days"\ncalendar = "fiskal"', '"fiskal": there is no calendar "fiskal"; did you mean "fiscal"?'),
        ('last = "5 days"\ncalendar = "fiscal"', 'calendar: "calendar" says whose business days are counted, and none are | write "5 business days" in last, lag or shift, or remove it'),
        ('last = "3 fiscal-quarters"', '"3 fiscal-quarters": last counts days, and no fiscal-quarters | write period = "fiscal-quarter", offset = -3'),
        ('period = "week"\nlag = "1 fiscal-month"', '"1 fiscal-month": lag counts days, and no fiscal-months | write lag = "1 day"'),
        ("days = 14", 'days: unknown key "days" in a window | write last = "14 days"'),
        ('period = "week"\ndays = 14', 'days: "days" does not belong to a window with "period" | remove it'),
        ("around = 2026-11-05", 'around: this window has "around" but does not say how far | add days = 14, or before = 2 and after = 14'),
        ("around = 2026-11-05\ndays = 14\nbefore = 2", 'days: "days" goes both ways, and this window has "before" or "after" too | remove days'),
        ('around = 2026-11-05\nbefore = "1 hour"', '"1 hour": before = "1 hour" is no number of whole days, and around is a date | write before = 1, or a moment such as 2026-11-12T15:00:00'),
        ("around = 2026-11-05\nbefore = -2", "-2: before has no sign | write before = 2"),
        ('around = 2026-11-05\nafter = "-2 days"', '"-2 days": after has no sign | write after = "2 days"'),
        ("around = 2026-11-05T15:00:00\ndays = 14", '14: days = 14 counts whole days around a date, and around is a moment | write before = "14 days", after = "14 days", or a date'),
        ("around = 2026-11-05T15:00:00\nbefore = 1", '1: before = 1 counts whole days around a date, and around is a moment | write before = "1 day", or a date'),
        ('around = "as_of"\ndays = 1', '"as_of": around is about something that happened, not about as_of | write last = "28 days", or since = "-1 hour"'),
        ('around = "soon"\ndays = 1', '"soon": "soon" is no moment | write around = 2026-09-01, or 2026-09-01T15:00:00'),
        ("around = 2026-11-05\ndays = 1\nuntil = 2026-11-06", '2026-11-06: beside around, until says only that the window ends at "as_of" | write until = "as_of", or leave it out'),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_window_is_said_where(form: str, expected: str, tmp_path: Path) -> None:
    project(tmp_path, '[calendars.fiscal]\nyear_starts = "02-01"\n')
    assert problem(HEAD + form, root=tmp_path) == expected


def test_a_calendar_with_errors_tells_them_itself(tmp_path: Path) -> None:
    found = project(tmp_path, '[calendars.fiscal]\nyear_starts = "2-1"\n')
    assert len(found.diagnostics) == 1
    assert problems(HEAD + 'period = "fiscal-quarter"', root=tmp_path) == []
    assert problems(HEAD + 'last = "1 business day"\ncalendar = "fiscal"', root=tmp_path) == []


def test_a_calendar_under_a_misspelt_section_is_there(tmp_path: Path) -> None:
    found = project(tmp_path, '[calendar.fiscal]\nyear_starts = "02-01"\n')
    assert [told(one).partition(": ")[2] for one in found.diagnostics] == [
        'calendar: unknown key "calendar" in the project file; did you mean "calendars"?'
    ]
    assert problems(HEAD + 'period = "fiscal-quarter"', root=tmp_path) == []


def test_a_job_knows_the_calendars_it_speaks_of(tmp_path: Path) -> None:
    project(tmp_path, ALL)
    text = HEAD + 'like = "m"\nshift = "-1 office-day"\nlag = "1 five-day"\n[windows.m]\nto_date = "fiscal-year"'
    job = loaded(text, root=tmp_path)
    assert sorted(job.calendars) == ["fiscal", "five", "office"]
    assert job.calendars["office"].facts == ("None None ([5, 6], ['2026-11-26', '2026-12-25', '2027-01-01']) FY")
