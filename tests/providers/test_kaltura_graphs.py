"""`report.getGraphs`: four kinds of points read into one table (kaltura.md §5.4)."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import Any

import pytest
from asking import WEEK, days, flow
from questions import GRAPHS, SERIES, column_names, refused, unplanned
from replies import ANY, says

from reportrunner.errors import ProviderError
from reportrunner.flow import Again, Done, Refused
from reportrunner.providers.kaltura.graphs import GraphJudge
from reportrunner.table import Rows

BY_DATE = {**GRAPHS, "report": "35"}
BY_NAME = {**GRAPHS, "report": "2"}
NAMES = {**GRAPHS, "report": "36"}
DEVICES = {**GRAPHS, "report": "21"}


def graph(name: str, data: str) -> dict[str, str]:
    return {"id": name, "data": data, "objectType": "KalturaReportGraph"}


def ids(keys: dict[str, Any]) -> tuple[str, ...]:
    judge: Any = flow(keys).steps[0].judge
    found: tuple[str, ...] = judge.judge.ids
    return found


def read(keys: dict[str, Any], data: str, **others: str) -> list[dict[str, Any]]:
    """Rows of an answer whose graphs all have these points, but for the others."""
    answer = [graph(name, others.get(name, data)) for name in ids(keys)]
    found = flow(keys).read((replace(says(answer), part="000"),))
    assert isinstance(found, Rows)
    return [dict(zip([c.name for c in found.columns], row, strict=True)) for row in found.rows]


def test_points_by_date_are_days_with_a_column_per_graph() -> None:
    found = read(SERIES | {"endpoint": "report.getGraphs"}, "20261109|4;20261110|7;", count_loads="20261110|1;")
    assert [(row["date_id"], row["count_plays"], row["count_loads"]) for row in found] == [
        (dt.date(2026, 11, 9), 4, None),
        (dt.date(2026, 11, 10), 7, 1),
    ]


def test_points_by_name_are_one_row_of_metrics() -> None:
    (row,) = read(BY_NAME, "count_plays|9;play_through_ratio|0.5;count_plays_25|8;")
    assert (row["count_plays"], row["count_plays_25"], row["count_plays_50"]) == (9, 8, None)
    assert "content_dropoff" not in row
    assert column_names(BY_NAME)[0] == "count_plays"


def test_points_of_values_have_a_name() -> None:
    assert column_names({**GRAPHS, "report": "22"})[0] == "name"
    found = read({**GRAPHS, "report": "22"}, "Windows 11|3;Mac|OS|4;".replace("Mac|OS", "MacOS"))
    assert [(row["name"], row["count_plays"]) for row in found] == [("Windows 11", 3), ("MacOS", 4)]


def test_points_of_devices_hold_several_names_joined_with_commas() -> None:
    found = read(DEVICES, "20261109|Computer:5,Mobile:3;20261110|Smart: TV:2;20261111|;")
    assert [(row["date_id"].day, row["name"], row["count_plays"]) for row in found] == [
        (9, "Computer", 5),
        (9, "Mobile", 3),
        (10, "Smart: TV", 2),
    ]


def test_devices_of_object_ids_are_names() -> None:
    keys = {**DEVICES, "objectIds": ["Computer"]}
    assert column_names(keys)[:2] == ("name", "count_plays")
    assert [row["name"] for row in read(keys, "Windows|3;")] == ["Windows"]


def test_the_first_delimiter_parts_a_point() -> None:
    with pytest.raises(ProviderError, match=r'"4\|5" is no integer'):
        read(BY_DATE, "20261109|4|5;")


@pytest.mark.parametrize("keys", [BY_DATE, BY_NAME, DEVICES])
def test_nothing_found_is_no_row(keys: dict[str, Any]) -> None:
    assert read(keys, "") == []


@pytest.mark.parametrize(
    ("keys", "data", "words"),
    [
        (BY_DATE, "20261109|4", "a graph ends inside a point"),
        (BY_DATE, "20261109;", 'the point "20261109" has no value'),
        (BY_DATE, "20261109|4;;", 'the point "" has no value'),
        (BY_DATE, "20261109|4;20261109|5;", "has two points for 20261109"),
        (BY_DATE, "2026-11-09|4;", "is not written as"),
        (BY_DATE, "20261116|4;", "labelled 2026-11-16, which is outside the window"),
        (BY_DATE, "20261109|many;", '"many" is no integer'),
        (BY_NAME, "count_plays|4;count_plays|5;", "two points of one name"),
        (DEVICES, "20261109|Computer;", 'holds "Computer", which names nothing'),
        (DEVICES, "20261109|Computer:1,Computer:2;", "has two points for 20261109 Computer"),
    ],
)
def test_what_is_no_series_is_never_landed(keys: dict[str, Any], data: str, words: str) -> None:
    with pytest.raises(ProviderError, match=re.escape(words)):
        read(keys, data)


@pytest.mark.parametrize("document", [{}, None, "x", [1], [{"id": "a"}], [{"id": 1, "data": ""}], [graph("a", ""), []]])
def test_what_is_no_list_of_graphs_is_unreadable(document: object) -> None:
    verdict = GraphJudge(("a",))(ANY, says(document))
    assert isinstance(verdict, Refused)
    assert verdict.words.startswith("the answer is no list of graphs: ")


def test_a_graph_that_is_missing_is_named_and_one_that_is_more_is_not() -> None:
    verdict = GraphJudge(("a", "b", "c"))(ANY, says([graph("b", ""), graph("z", "")]))
    assert verdict == Refused("unreadable", "there is no graph a, c; there is b, z")
    assert GraphJudge(("b",))(ANY, says([graph("b", ""), graph("z", "")])) == Done()
    assert isinstance(GraphJudge(())(ANY, says({"code": "LOCK_TIMED_OUT", "objectType": "KalturaAPIException"})), Again)


def test_intervals_that_change_nothing_or_lie_are_refused() -> None:
    assert "are no series of time, so hours changes nothing" in refused({**BY_NAME, "interval": "hours"})
    assert "labelled by day whatever is asked" in refused({**DEVICES, "interval": "hours"})
    assert "has no graphs" in refused(NAMES)
    assert flow({**DEVICES, "interval": "days"}).steps


def test_a_slice_of_a_series_without_points_is_told() -> None:
    keys, autumn = {**BY_DATE, "dst": "split", "interval": "hours"}, days("2026-10-26", "2026-11-09")
    answers = ("2026110100|1;", "")
    replies = tuple(
        replace(says([graph(name, data) for name in ids(keys)]), part=f"00{n}") for n, data in enumerate(answers)
    )
    (note,) = flow(keys, autumn).read(replies).notes
    assert note.code == "row_count"
    assert note.message.startswith("1 of 2 parts of the window came without a bucket")


def test_a_longer_day_cannot_be_put_together_from_uniques() -> None:
    window = days("2026-10-26", "2026-11-09")
    assert "cannot be added to unique_known_users" in unplanned({**BY_DATE, "dst": "split"}, window)
    assert len(flow({**BY_DATE, "dst": "split", "interval": "hours"}, window).steps[0].requests) == 2
    assert len(flow({**BY_DATE, "dst": "split"}, WEEK).steps[0].requests) == 1
