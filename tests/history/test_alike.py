"""Whose rows a history holds: what a query or a fan-out was made of, and which runs may share one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from plans import N, S, asking, columns, query
from projects import planned
from remembering import TALKS, Diary, moment, over

from reportrunner.ask import FileNode, InlineNode, Node
from reportrunner.closing import Each
from reportrunner.history.alike import origin_of, question_of, unlike
from reportrunner.memory import HistoryNode
from reportrunner.table import Column, Landed, Observation, Rows

ROOMS = """
[windows.days]
last = "2 days"
[datasets.sessions]
source   = "livekit"
endpoint = "sessions.list"
window   = "days"
[datasets.details]
source   = "livekit"
endpoint = "sessions.get"
each     = { dataset = "sessions", column = "sessionId" }
id       = "{{ each }}"
[datasets.joined]
sql = 'select s."sessionId", d.bandwidth from sessions s join details d using ("sessionId")'
[datasets.seen]
sql        = 'select "sessionId", bandwidth from joined'
accumulate = { key = ["sessionId"], into = "history/seen", window = "days" }
[datasets.plays]
source   = "kaltura"
endpoint = "report.getTable"
report   = "USER_TOP_CONTENT"
filters  = { playbackTypeIn = ["vod"] }
window   = "days"
"""
LIST = "livekit sessions.list at cloud-api.livekit.io p_4rtnvq8d2kx"
GET = "livekit sessions.get at cloud-api.livekit.io p_4rtnvq8d2kx"


def made_of(node: Node, nodes: Mapping[str, Node], landed: Mapping[str, Landed] | None = None) -> Any:
    return json.loads(question_of(node, nodes, landed or {})).get("made of")


def test_a_query_is_made_of_all_that_was_asked_on_the_way_and_of_nothing_else() -> None:
    nodes = planned(ROOMS).nodes
    assert origin_of(nodes["seen"]) == "sql"
    assert made_of(nodes["seen"], nodes) == {"asked": [[GET, {"id": "{{ each }}"}], [LIST, {}]]}


def test_a_fan_out_is_made_of_its_list() -> None:
    """What the list leaves out, nobody asks for: a filter of its own is one of the fan-out."""
    nodes = planned(ROOMS).nodes
    assert origin_of(nodes["details"]) == GET
    assert json.loads(question_of(nodes["details"], nodes, {})) == {
        "id": "{{ each }}",
        "made of": {"asked": [[LIST, {}]]},
    }
    assert json.loads(question_of(nodes["sessions"], nodes, {})) == {}


def test_words_of_the_project_are_not_named() -> None:
    """Files and rows are in the project, as the SQL is, and may change; so may the total that rows are held against."""
    file, inline = FileNode("file", "data/a.csv", TALKS, (), ()), InlineNode("rows", Rows(TALKS, []), (), ())
    fan = asking("fan", TALKS, "{{ each }}", Each(Column("id", S), "file", "id"))
    nodes = {node.name: node for node in (file, inline, fan, query("made", "file", "rows"))}
    assert made_of(nodes["made"], nodes) is None
    assert made_of(fan, nodes) is None


def observation(origin: str = "sql job.seen", question: object = None) -> Observation:
    when = moment("2026-11-10T00")
    told = json.dumps(question) if question is not None else ""
    of = columns(n=N)
    return Observation("history/a", "job", "seen", origin, told, ("n",), of, when, when, 0, 1, "run", 0, "", False)


def test_behind_a_history_stands_what_fed_it(tmp_path: Path) -> None:
    """Another job feeds it: whose rows they are is known once they are read, and not before."""
    known, node = HistoryNode("known", "history/talks", None, "", TALKS, (), ()), query("seen", "known")
    nodes: dict[str, Node] = {"known": known, "seen": node}
    assert made_of(node, nodes) == {"history/talks": []}
    diary = Diary(tmp_path)
    diary.saw("2026-11-10", over("2026-11-09", "2026-11-10"), [("a", None, "")])
    landed = {"known": diary.read("2026-11-10")}
    assert made_of(node, nodes, landed) == {"history/talks": [["somewhere", {}]]}
    of_query = observation("sql", {"made of": {"asked": [["a", {"id": 1}]], "history/far": [["b", {}]]}})
    landed = {"known": replace(landed["known"], fed=(of_query, of_query))}
    assert made_of(node, nodes, landed) == {"history/talks": [["a", {"id": 1}], ["b", {}], ["sql", {}]]}


def asked(*pairs: tuple[str, object], **histories: list[tuple[str, object]]) -> dict[str, object]:
    return {"made of": {**({"asked": pairs} if pairs else {}), **{f"history/{k}": v for k, v in histories.items()}}}


ONE: tuple[str, object] = ("list at host p_1", {})
TWO: tuple[str, object] = ("list at host p_2", {})
UNKNOWN = (
    "nothing says what rows were made of (earlier versions did not keep that), and new ones are made of "
    '"get at host p_1" and "list at host p_1" and "history/talks"'
)
GOT: tuple[str, object] = ("get at host p_1", {"id": "{{ each }}"})


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (asked(GOT, ONE), asked(GOT, ONE), ""),
        (asked(ONE), asked(TWO), 'rows are made of "list at host p_1", not of "list at host p_2"'),
        (asked(ONE), asked(GOT, ONE), 'rows are not made of "get at host p_1", and new ones are'),
        (asked(GOT, ONE), asked(ONE), 'rows are made of "get at host p_1", and new ones are not'),
        (
            asked(("list", {"filters": {"room": "a"}})),
            asked(("list", {"filters": {"room": "b"}})),
            'of "list", filters was {"room": "a"}, not {"room": "b"}',
        ),
        (
            asked(("list", {"room": "a"})),
            asked(("list", {"room": "a"}), ("list", {"room": "b"})),
            '"list" was not asked {"room": "b"}, and is now',
        ),
        (
            asked(("list", {"room": "a"}), ("list", {"room": "b"})),
            asked(("list", {"room": "a"})),
            '"list" was asked {"room": "b"}, and is not now',
        ),
        (asked(talks=[ONE]), asked(talks=[ONE]), ""),
        (asked(talks=[]), asked(talks=[ONE]), ""),
        (asked(talks=[ONE]), asked(talks=[]), ""),
        (
            asked(talks=[ONE]),
            asked(talks=[TWO]),
            'rows are made of "list at host p_1", not of "list at host p_2", in "history/talks"',
        ),
        (asked(ONE), asked(ONE, talks=[ONE]), 'rows are not made of "history/talks", and new ones are'),
        (asked(ONE, talks=[ONE]), asked(ONE), 'rows are made of "history/talks", and new ones are not'),
        ({"id": "a", **asked(ONE)}, {"id": "b", **asked(ONE)}, 'id was "a", not "b"'),
        (asked(ONE), {}, 'rows are made of "list at host p_1", and new ones are not'),
        (
            None,
            asked(GOT, ONE, talks=[]),
            UNKNOWN,
        ),
        (None, {}, ""),
    ],
)
def test_runs_that_were_made_of_the_same_share_a_history(old: object, new: object, said: str) -> None:
    assert unlike(observation(question=old), observation(question=new)) == said


def test_who_made_the_rows_counts_first() -> None:
    old, new = observation("sql", asked(ONE)), observation("somewhere", asked(TWO))
    assert unlike(old, new) == 'rows are from "sql", not "somewhere"'
