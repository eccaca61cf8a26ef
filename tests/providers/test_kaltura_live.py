"""Live viewers: what is asked of which buckets, what is no answer, which rows are read."""

# ruff: noqa: E501 - a line of a table is one case

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from asking import ask, days, flow
from projects import problem
from replies import exception, says

from reportrunner.flow import Again, Done, Refused, Reply, Verdict
from reportrunner.window import Window, window_of
from reportrunner.window.span import WindowError

START = 1_795_003_800
LIVE: dict[str, Any] = {
    "source": "kaltura",
    "endpoint": "liveReports.getEvents",
    "filters": {"entryIds": ["1_live1"]},
}
JOB = """[windows.now]
since = "-110s"
until = "-20s"
[datasets.viewers]
source = "kaltura"
endpoint = "liveReports.getEvents"
window = "now"
"""
OUT = '[outputs.o]\nformat = "html"\n'
FILTERS = 'filters = { entryIds = ["1_live1"] }\n'


def window(start: int = START, end: int = START + 90) -> Window:
    return window_of(start, end, "UTC")


def form(keys: dict[str, Any], over: Window) -> dict[str, str]:
    request = flow(keys, over).steps[0].request
    assert request.path == "/api_v3/service/liveReports/action/getEvents"
    return {name: str(value) for name, value in request.form or ()}


def graph(data: str | None, name: str = "audience") -> list[dict[str, object]]:
    return [{"id": name, **({} if data is None else {"data": data}), "objectType": "KalturaReportGraph"}]


def judged(reply: Reply, over: Window | None = None) -> Verdict:
    step = flow(LIVE, over or window()).steps[0]
    return step.judge(step.request, reply)


def test_a_call_asks_for_the_buckets_of_its_window() -> None:
    keys = {**LIVE, "filters": {"entryIds": ["1_live1", "1_live2"], "live": True}}
    assert form(keys, window()) == {
        "format": "1",
        "ks": "<session:kaltura>",
        "reportType": "ENTRY_TIME_LINE",
        "filter[objectType]": "KalturaLiveReportInputFilter",
        "filter[entryIds]": "1_live1,1_live2",
        "filter[fromTime]": str(START),
        "filter[toTime]": str(START + 80),
        "filter[live]": "1",
    }


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [(0, 90, 0, 80), (1, 91, 10, 90), (9, 21, 10, 20), (0, 10, 0, 0), (10, 11, 10, 10)],
)
def test_a_bucket_belongs_to_the_window_in_which_it_begins(start: int, end: int, first: int, last: int) -> None:
    sent = form(LIVE, window(START + start, START + end))
    assert (sent["filter[fromTime]"], sent["filter[toTime]"]) == (str(START + first), str(START + last))
    assert "filter[live]" not in sent


def test_a_window_without_a_bucket_is_refused() -> None:
    with pytest.raises(WindowError, match="none begin in this window"):
        flow(LIVE, window(START + 1, START + 9))
    with pytest.raises(WindowError, match="before 1980"):
        flow(LIVE, days("1979-12-01", "1979-12-02", "UTC"))


def test_rows_are_read_whatever_the_delimiter_of_reports_is() -> None:
    made = flow(LIVE, window())
    rows = made.read((says(graph(f"{START},120,7;{START + 20},0,1;")),))
    assert getattr(rows, "rows", None) == [
        (dt.datetime.fromtimestamp(START, dt.UTC), 120, 7),
        (dt.datetime.fromtimestamp(START + 20, dt.UTC), 0, 1),
    ]
    assert getattr(made.read((says(graph("")),)), "rows", None) == []


def test_a_whole_answer_is_done_and_a_passing_fault_asked_again() -> None:
    assert judged(says(graph(""))) == Done()
    assert judged(says(graph(f"{START},1,0;{START + 80},1,0;"))) == Done()
    passing = judged(says(exception("LIVE_REPORTS_WS_FAILURE")))
    assert isinstance(passing, Again)
    assert passing.why == "failed"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ([], 'the answer is not one graph "audience": []'),
        (graph("", "plays"), "the answer is not one graph"),
        (graph(None), "the answer is not one graph"),
        ([*graph(""), *graph("")], "the answer is not one graph"),
        ({"objectType": "KalturaReportTotal"}, "the answer is not one graph"),
        (graph(f"{START},1,0"), "the graph ends inside a row"),
        (graph(f"{START}|1|0;"), 'row 1 is no "time,audience,dvrAudience"'),
        (graph(f"{START},1;"), 'row 1 is no "time,audience,dvrAudience"'),
        (graph(f"{START},-1,0;"), 'row 1 is no "time,audience,dvrAudience"'),
        (graph(f"{START + 5},1,0;"), "row 1 has the time 1795003805, which is out of step"),
        (graph(f"{START - 10},1,0;"), "out of the window"),
        (graph(f"{START + 90},1,0;"), "out of the window"),
        (graph(f"{START + 10},1,0;{START},1,0;"), "row 2 has the time 1795003800"),
        (graph(f"{START},1,0;{START},1,0;"), "row 2 has the time 1795003800"),
    ],
)  # fmt: skip
def test_what_is_no_answer(answer: object, words: str) -> None:
    verdict = judged(says(answer))
    assert isinstance(verdict, Refused)
    assert verdict.kind == "unreadable"
    assert words in verdict.words


def test_as_many_rows_as_an_answer_can_hold_are_not_all() -> None:
    over = window(START, START + 200_000)
    rows = "".join(f"{START + 10 * number},1,0;" for number in range(10_000))
    full = judged(says(graph(rows)), over)
    assert isinstance(full, Refused)
    assert (full.kind, full.hint) == ("truncated", "narrow the window or the filters")
    assert judged(says(graph(rows[: rows.rindex(";", 0, -1) + 1])), over) == Done()


def test_several_entries_are_one_number_and_the_footer_says_so() -> None:
    made = ask({**LIVE, "filters": {"entryIds": ["a", "b"]}}, window())
    skipped = "ten seconds without a viewer have no row"
    assert made.endpoint.notes(made.parameters) == (skipped, "the viewers of all entries are counted together")
    one = ask(LIVE, window())
    assert one.endpoint.notes(one.parameters) == (skipped,)
    assert one.endpoint.key(one.parameters) == ("time",)


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        (FILTERS + 'report = "ENTRY_TOTAL"\n', '"ENTRY_TOTAL": liveReports.getEvents answers "ENTRY_TIME_LINE" only, found "ENTRY_TOTAL" | write report = "ENTRY_TIME_LINE"'),
        (FILTERS + 'reportType = "ENTRY_TIME_LINE"\n', 'reportType: unknown key "reportType" in liveReports.getEvents | reportType is spelt report here, and "ENTRY_TIME_LINE" is its default; remove it'),
        ('filters = { entryIds = ["a,b"] }\n', '"a,b": "a,b" contains ",", which separates values on the wire | write "a", "b" if these are several; one that contains "," cannot be asked for: pick its rows in sql'),
        ("filters = { entryIds = [] }\n", '[]: "entryIds" must not be empty | Live entries; the answer counts them together'),
        ('filters = { entryIds = ["a"], live = 1 }\n', "1: live is a switch, found 1 | write live = true"),
        ('filters = { entryIds = ["a"], fromTime = 1 }\n', 'fromTime: liveReports.getEvents has no filter "fromTime" | fromTime is decided by the window; write window = "name" beside filters'),
        (FILTERS + 'entryIds = ["a"]\n', 'entryIds: unknown key "entryIds" in liveReports.getEvents | entryIds stands in filters; write filters = { entryIds = ["..."] }'),
    ],
)  # fmt: skip
def test_what_is_answered(more: str, answer: str) -> None:
    assert problem(JOB + more + OUT) == answer
