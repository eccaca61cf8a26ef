"""`split`: the window is asked slice by slice, and every row says which slice it is of."""

# ruff: noqa: E501 - a line of a table is one case

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from plans import S, asking, columns, endpoint, judge
from projects import FROM_PLAYS, WEEK, planned, problem, problems, project_text

from reportrunner.ask import Ask, EndpointNode
from reportrunner.closing import Split
from reportrunner.flow import Flow, Reply, Request, Step
from reportrunner.plan.slices import slices_fault
from reportrunner.table import Column, ColumnType, Rows
from reportrunner.window.window import slices, window_of

OUT = '\n[outputs.o]\nformat = "html"\n'
LIST = '[datasets.plays]\nsource = "kaltura"\nendpoint = "baseEntry.list"\n'
QUARTER = '[windows.week]\nperiod = "quarter"\noffset = -1\n'
EACH = 'each = { values = ["1_a", "1_b"], as = "entry" }\nfilters = { entryIdIn = ["{{ each }}"] }\n'


def plays(text: str, window: str = QUARTER) -> EndpointNode:
    node = planned(f"{window}{FROM_PLAYS}{text}{OUT}").nodes["plays"]
    assert isinstance(node, EndpointNode)
    return node


def test_the_window_is_cut_at_every_start_of_a_period() -> None:
    node = plays('split = "month"\n')
    assert [part.label for part in node.slices] == ["2026-07", "2026-08", "2026-09"]
    assert node.window is not None
    assert (node.slices[0].start, node.slices[-1].end) == (node.window.start, node.window.end)
    assert [node.ask(one).window for one in node.closings()] == list(node.slices)


@pytest.mark.parametrize(
    ("by", "count"), [("year", 1), ("quarter", 1), ("month", 3), ("week", 14), ("day", 92), ("hour", 0)]
)
def test_every_period_cuts(by: str, count: int) -> None:
    if count:
        assert len(plays(f'split = "{by}"\n').slices) == count
    else:
        assert len(plays(f'split = "{by}"\n', WEEK).slices) == 168


def test_the_label_is_a_column_and_a_part_of_the_key() -> None:
    node = plays('split = "month"\n')
    assert node.columns[-2:] == (
        Column("slice", ColumnType.STRING, personal=False),
        Column("slice_start", ColumnType.DATE, personal=False),
    )
    assert (node.key, node.order) == (("slice", "name"), ("slice_start", "slice", "name"))
    named = plays('split = { by = "month", as = "month" }\nkey = ["name"]\nsorted_by = ["name"]\n')
    assert [column.name for column in named.columns[-2:]] == ["month", "month_start"]
    assert (named.key, named.order) == (("month", "name"), ("name",))


def test_a_start_is_the_first_day_of_a_slice_or_the_moment_of_an_hour() -> None:
    """Parts of periods are labelled by their days, and labels sort as text: the start is what orders slices."""
    hours, days = (
        slices(window_of(1_793_503_800, 1_793_514_600, "America/New_York"), "hour"),
        plays('split = "month"\n'),
    )
    by_hour = Split("hour", Column("slice", S), hours)
    assert by_hour.start.type is ColumnType.TIMESTAMP
    assert [by_hour.values(hour)[1] for hour in hours] == [hour.start for hour in hours]
    assert days.split is not None
    assert [days.split.values(part)[1] for part in days.slices] == [dt.date(2026, month, 1) for month in (7, 8, 9)]


def test_rows_without_a_key_stand_slice_by_slice() -> None:
    total = '[datasets.sum]\nsource = "kaltura"\nendpoint = "report.getTotal"\nreport = "TOP_CONTENT"\nwindow = "week"\nfilters = { playbackTypeIn = ["vod"] }\n'
    for text, order in (
        ('split = "month"\n', ("slice_start",)),
        ('split = "month"\nsorted_by = ["count_plays"]\n', ("count_plays",)),
        ("", ()),
    ):
        node = planned(f"{QUARTER}{total}{text}{OUT}").nodes["sum"]
        assert isinstance(node, EndpointNode)
        assert (node.key, node.order) == ((), order)


def test_values_are_asked_in_every_slice() -> None:
    node = plays('split = "month"\n' + EACH)
    found = node.closings(("1_a", "1_b"))
    assert [(one.value, one.slice) for one in found] == [(v, part) for v in ("1_a", "1_b") for part in node.slices]
    assert [column.name for column in node.added] == ["entry", "slice", "slice_start"]
    assert node.key == ("slice", "entry", "name")
    assert [value for _, value in node.constants(found[1])] == ["1_a", "2026-08", dt.date(2026, 8, 1)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            'split = "mnth"\n',
            '"mnth": "split" cannot be "mnth"; did you mean "month"? | one of year, quarter, month, week, day, hour, fiscal-year, fiscal-quarter, fiscal-month',
        ),
        (
            'split = { by = "retail-month" }\n',
            '"retail-month": there is no calendar "retail" | add [calendars.retail] to reportrunner.toml, or write one of year, quarter, month, week, day, hour, fiscal-year, fiscal-quarter, fiscal-month',
        ),
        (
            "split = 3\n",
            (
                '3: split says which periods cut the window, found 3 | write split = "month", or split = { by = "month",'
                ' as = "month" }'
            ),
        ),
        (
            'split = { as = "month" }\n',
            ('split: split needs the key "by" (text) | add by = "..."'),
        ),
        (
            'split = { by = "month", as = "name" }\n',
            (
                '{ by = "month", as = "name" }: split adds a column "name", which the answer has too'
                ' | write { by = "...", as = "another_name" }'
            ),
        ),
        (
            f'split = {{ by = "month", as = "entry" }}\n{EACH}',
            (
                '{ by = "month", as = "entry" }: split adds a column "entry", which the answer has too'
                ' | write { by = "...", as = "another_name" }'
            ),
        ),
        (
            'split = "hour"\n',
            (
                '"hour": the window 2026-Q3 has about 2,208 slices by "hour", and 1,000 are the most'
                ' | write "day", or a shorter window'
            ),
        ),
    ],
)
def test_what_cannot_be_cut(text: str, sentence: str) -> None:
    assert problem(f"{QUARTER}{FROM_PLAYS}{text}{OUT}") == sentence


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project whose fiscal year begins in February, with weeks that begin on Sundays, and holidays."""
    calendars = '[calendars.tv]\nweek_starts = "sunday"\n'
    calendars += "[calendars.office]\nholidays = [2026-09-07]\n"
    (tmp_path / "reportrunner.toml").write_text(project_text() + "\n" + calendars, "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("by", "labels"),
    [
        ("fiscal-quarter", ["2026-07-01..2026-07-31", "2026-08-01..2026-09-30"]),
        ("fiscal-month", ["FY27-P06", "FY27-P07", "FY27-P08"]),
        ("tv-week", ["2026-07-01..2026-07-04", "2026-07-05..2026-07-11", "2026-07-12..2026-07-18"]),
    ],
)
def test_periods_of_a_calendar_cut_too(by: str, labels: list[str], root: Path) -> None:
    text = f'{QUARTER}{FROM_PLAYS}split = "{by}"\n{OUT}'
    node = planned(text, root=root).nodes["plays"]
    assert isinstance(node, EndpointNode)
    assert [part.label for part in node.slices][:3] == labels


def test_business_days_have_gaps_between(root: Path) -> None:
    assert problems(f'{QUARTER}{FROM_PLAYS}split = "office-day"\n{OUT}', root=root) == [
        '"office-day": "office-day" leaves days between, which nobody would ask | write "day"'
    ]
    (offered,) = problems(f'{QUARTER}{FROM_PLAYS}split = "fortnight"\n{OUT}', root=root)
    assert "tv-week" in offered
    assert "office-day" not in offered


def test_there_must_be_a_window() -> None:
    assert problem(f'{LIST}split = "day"\n{OUT}') == (
        '"day": split cuts the window, and this dataset has none'
        ' | add window = "...", or remove split where the endpoint takes none'
    )


def test_what_acts_does_so_once() -> None:
    export = (
        '[datasets.plays]\nsource = "kaltura"\nendpoint = "report.exportToCsv"\nwindow = "week"\n'
        'reportItems = [{ report = "USER_TOP_CONTENT", kind = "table", title = "People" }]\n'
    )
    found = problems(f'{QUARTER}{export}split = "month"\n{OUT}')
    assert '"month": report.exportToCsv acts, and does so once | remove split' in found


def test_values_times_slices_have_a_ceiling() -> None:
    values = ", ".join(f'"1_{number}"' for number in range(110))
    each = f'each = {{ values = [{values}], as = "entry" }}\nfilters = {{ entryIdIn = ["{{{{ each }}}}"] }}\n'
    assert problem(f'{QUARTER}{FROM_PLAYS}split = "day"\n{each}{OUT}') == (
        '"day": 110 values and 92 slices of the window are 10,120 requests, and 10,000 are the most'
        " | split by a longer period, ask a shorter window, or add pack to each"
    )
    packed = each.replace('as = "entry"', "pack = 50")
    assert len(plays(f'split = "day"\n{packed}').slices) == 92


def by_window(words: str) -> Callable[[Ask], Flow]:
    """An endpoint whose request names these parts of the window."""

    def unfold(ask: Ask) -> Flow:
        assert ask.window is not None
        path = "/".join(str(getattr(ask.window, word)) for word in words.split())
        step = Step("fetch", Request("GET", f"/{path}"), judge)
        return Flow("plays", "house", "house.question", (step,), partial(read_nothing, kind="rows"))

    return unfold


def read_nothing(replies: tuple[Reply, ...], *, kind: str) -> Rows:
    return Rows((), ())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "is asked the same for every slice: the window plays no part in what is asked"),
        ("first_day", "is not asked for the end of a slice: its answer would hold the rows of all later slices too"),
        ("last_day", "is not asked for the start of a slice: its answer would hold the rows of all earlier slices too"),
        ("first_day last_day", ""),
        ("label", ""),
    ],
)  # fmt: skip
def test_both_ends_of_a_slice_must_play_a_part(words: str, said: str) -> None:
    """Rows of another slice would come under this one's label, and nobody would see it."""
    months = slices(window_of(1_788_235_200, 1_796_101_200, "America/New_York"), "month")
    split = Split("month", Column("slice", S), months)
    asked = replace(endpoint(), unfold=by_window(words))
    node = replace(asking("plays", columns(name=S, slice=S), endpoint=asked), split=split)
    assert slices_fault(node) == said


def test_an_api_that_only_begins_somewhere_cannot_be_cut() -> None:
    issues = (
        '[datasets.plays]\nsource = "codehost"\nendpoint = "issues"\nwindow = "week"\nsplit = "day"\n'
        'params = { owner = "example", repo = "handbook" }\n'
    )
    assert [line for line in problems(f"{WEEK}{issues}{OUT}") if "slice" in line] == [
        (
            '"day": issues is not asked for the end of a slice: its answer would hold the rows of all later slices too'
            " | remove split"
        )
    ]


def test_hours_of_one_day_are_parts_where_the_reader_cuts() -> None:
    """LiveKit is asked by days of UTC, and its rows are cut to the window: equal questions with other answers."""
    sessions = '[datasets.plays]\nsource = "livekit"\nendpoint = "sessions.list"\nwindow = "hours"\nsplit = "hour"\n'
    assert problems(f'[windows.hours]\nsince = "-6 hours"\n{sessions}{OUT}') == []
