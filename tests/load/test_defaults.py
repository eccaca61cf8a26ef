"""Parameters that a source gives to its datasets."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import WEEK, loaded
from test_load import SOURCE

from reportrunner.ask import EndpointNode
from reportrunner.load import load_project
from reportrunner.prepare import FAMILIES
from reportrunner.providers.kaltura.custom import GetCsv
from reportrunner.providers.kaltura.table import GetTable

PLAYS = f"""
{WEEK}
[datasets.plays]
source   = "a"
endpoint = "report.getTable"
window   = "week"
"""


def project(folder: Path, defaults: str) -> list[str]:
    (folder / "reportrunner.toml").write_text(f"[sources.a]\n{SOURCE}defaults = {defaults}\n")
    found = load_project(folder, "reportrunner.toml", FAMILIES)
    return [f"{each.line}:{each.column} {each.message}" for each in found.diagnostics]


def plays(folder: Path, more: str) -> GetTable:
    job = loaded(PLAYS + more, root=folder)
    assert job.diagnostics == ()
    node = job.nodes["plays"]
    assert isinstance(node, EndpointNode)
    assert isinstance(node.parameters, GetTable)
    return node.parameters


def test_a_dataset_takes_what_its_source_gives_and_its_endpoint_knows(tmp_path: Path) -> None:
    assert project(tmp_path, '{ report = "USER_TOP_CONTENT", order = "-count_plays", id = 3007 }') == []
    taken = plays(tmp_path, "")
    assert (taken.order, taken.report) == ("-count_plays", plays(tmp_path, 'report = "USER_TOP_CONTENT"').report)


def test_a_word_that_another_endpoint_knows_is_not_given_to_this_one(tmp_path: Path) -> None:
    assert project(tmp_path, '{ dst = "split" }') == []
    job = loaded(PLAYS.replace("report.getTable", "report.getCsv") + "id = 3007", root=tmp_path)
    assert job.diagnostics == ()
    node = job.nodes["plays"]
    assert isinstance(node, EndpointNode)
    assert isinstance(node.parameters, GetCsv)
    assert node.parameters.dst == "refuse"


def test_what_a_dataset_says_itself_stands(tmp_path: Path) -> None:
    project(tmp_path, '{ report = "USER_TOP_CONTENT", order = "-count_plays" }')
    assert plays(tmp_path, 'order = "-sum_time_viewed"').order == "-sum_time_viewed"


@pytest.mark.parametrize(
    ("defaults", "said"),
    [
        ('{ reprot = "TOP_CONTENT" }', 'unknown key "reprot" in defaults; did you mean "report"?'),
        ('{ window = "week" }', 'unknown key "window" in defaults'),
        ("{ order = 5 }", "expected text, found 5"),
    ],
)
def test_what_is_no_parameter_is_told_where_it_stands(tmp_path: Path, defaults: str, said: str) -> None:
    (told,) = project(tmp_path, defaults)
    assert said in told
    assert told.startswith("6:")
