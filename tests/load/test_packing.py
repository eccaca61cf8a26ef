"""`pack`: where a pack may stand, and what must be known before answers of several packs are one table."""

# ruff: noqa: E501 - a line of a table is one case

from __future__ import annotations

import pytest
from plans import Question, endpoint
from projects import FROM_PLAYS, WEEK, planned, problem, problems, toml

from reportrunner.ask import EndpointNode
from reportrunner.checker import Checker
from reportrunner.closing import Closing
from reportrunner.load.packing import packs_merge

OUT = '\n[outputs.o]\nformat = "html"\n'
COURSE = '[datasets.course]\nrows = [{ id = "1_b" }, { id = "1_a" }, { id = "1_c" }, { id = "1_b" }]\n'
LATE = '[datasets.late]\nsql = "select id from course"\n'
LIST = '[datasets.plays]\nsource = "kaltura"\nendpoint = "baseEntry.list"\n'
PACK = 'each = { dataset = "course", column = "id", pack = 2 }\n'
ENTRY = 'filters = { entryIdIn = ["{{ each }}"] }\n'


def plays(text: str) -> EndpointNode:
    node = planned(f"{WEEK}{FROM_PLAYS}{text}{COURSE}{LATE}{OUT}").nodes["plays"]
    assert isinstance(node, EndpointNode)
    return node


def said(text: str, head: str = f"{WEEK}{FROM_PLAYS}") -> str:
    return problem(f"{head}{text}{COURSE}{OUT}")


def entries(node: EndpointNode) -> list[list[str]]:
    assert node.each
    return [node.ask(one).parameters.filters.entryIdIn for one in node.closings(node.each.values or ())]  # type: ignore[attr-defined]


def test_values_stand_in_one_list_in_their_order() -> None:
    node = plays(PACK + ENTRY)
    assert entries(node) == [["1_b", "1_a"], ["1_c"]]
    assert node.each
    assert (node.each.pack, node.added) == (2, ())


def test_a_pack_adds_no_column_and_the_key_is_the_endpoints() -> None:
    node = plays(PACK + ENTRY)
    assert "id" not in {column.name for column in node.columns}
    assert node.key == node.order == ("name",)


def test_the_list_may_be_another_parameter() -> None:
    node = plays(PACK + 'objectIds = ["{{ each }}"]\n')
    assert node.ask(Closing(pack=("1_x", "1_y"))).parameters.objectIds == ["1_x", "1_y"]  # type: ignore[attr-defined]


def test_values_need_no_name() -> None:
    assert entries(plays('each = { values = ["1_a", "1_b"], pack = 200 }\n' + ENTRY)) == [["1_a", "1_b"]]
    assert entries(plays("each = { values = [], pack = 200 }\n" + ENTRY)) == []


def test_a_pack_over_sql_is_open_and_keeps_the_answers_columns() -> None:
    """The answer of a list has a column `id` of its own, which the values of `late` must not take the type of."""
    text = f'{WEEK}{LIST}each = {{ dataset = "late", column = "id", pack = 50 }}\nfilters = {{ idIn = ["{{{{ each }}}}"] }}\n'
    plan = planned(f'{text}window = "week"\n{COURSE}{LATE}{OUT}')
    node = plan.nodes["plays"]
    assert isinstance(node, EndpointNode)
    assert "plays" not in plan.flows
    assert [column.source for column in node.columns if column.name == "id"] == [
        "KalturaGeneratedAPIClientsPython (Core.py)"
    ]


@pytest.mark.parametrize(
    ("pack", "sentence"),
    [
        ("0", "0: a pack holds one value or more, not 0 | write pack = 200"),
        ("-5", "-5: a pack holds one value or more, not -5 | write pack = 200"),
        ("501", "501: filters.entryIdIn takes 500 values at once, and not 501 | write pack = 500"),
        ("true", "true: expected an integer, found true"),
    ],
)
def test_how_many_values_a_pack_holds(pack: str, sentence: str) -> None:
    assert said(PACK.replace("2", pack) + ENTRY) == sentence


ITEM = "a pack of values stands in a list, as an item that is nothing else"
RIGHT = 'write ["{{ each }}"], such as filters = { entryIdIn = ["{{ each }}"] }'
TWICE = "the pack stands in two places: rows that fit one value here and another one there would come too"


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ("", '2: no list takes the pack | write the list that does, such as filters = { entryIdIn = ["{{ each }}"] }'),
        ('filters = { entryIdIn = ["a-{{ each }}"] }\n', f"{{{{ each }}}}: {ITEM} | {RIGHT}"),
        ('filters = { entryIdIn = ["{{ each | lower }}"] }\n', f"{{{{ each | lower }}}}: {ITEM} | {RIGHT}"),
        ('filters = { keywords = "{{ each }}" }\n', f"{{{{ each }}}}: {ITEM} | {RIGHT}"),
        (
            'filters = { entryIdIn = ["1_x", "{{ each }}"] }\n',
            ('"{{ each }}": filters.entryIdIn holds other values beside the pack, and every pack would ask for them again'
            " | put them into the values that each goes over"),
        ),
        ('objectIds = ["{{ each }}"]\n' + ENTRY, f'"{{{{ each }}}}": {TWICE} | write it in one list'),
        ('filters = { entryIdIn = ["{{ each }}", "{{ each }}"] }\n', f'"{{{{ each }}}}": {TWICE} | write it in one list'),
        (
            'privileges = ["{{ each }}"]\n',
            ('"{{ each }}": privileges of report.getTable takes no pack: its values are not alternatives, of which any'
            " will do | remove pack"),
        ),
    ],
)  # fmt: skip
def test_where_a_pack_cannot_stand(keys: str, sentence: str) -> None:
    assert said(PACK + keys) == sentence


def test_an_endpoint_without_lists_takes_no_pack() -> None:
    """What a list would look like is no way out where there is none."""
    text = """
[datasets.details]
source   = "livekit"
endpoint = "sessions.get"
each     = { values = ["RM_a", "RM_b"], pack = 2 }
id       = "{{ each }}"
"""
    (found,) = [one for one in problems(text + OUT) if "pack" in one]
    assert found == "2: sessions.get has no list that takes a pack: it is asked for one value at a time | remove pack"


def test_a_list_whose_items_must_all_hold_takes_no_pack() -> None:
    """Two tags of which both must stand on an entry are another question than either of them."""
    found = said(PACK + 'filters = { tagsMultiLikeAnd = ["{{ each }}"] }\n', LIST)
    assert found.startswith('"{{ each }}": filters.tagsMultiLikeAnd of baseEntry.list takes no pack')
    assert problems(f'{LIST}{PACK}filters = {{ tagsMultiLikeOr = ["{{{{ each }}}}"] }}\n{COURSE}{OUT}') == []


def test_a_name_beside_a_pack_is_refused() -> None:
    assert said(PACK.replace("pack", 'as = "entry", pack') + ENTRY) == (
        'as: "as" names the column that each adds, and a pack adds none: the answer itself must hold the values'
        " | remove as"
    )


def test_an_output_takes_no_pack() -> None:
    output = '[outputs.x]\nformat = "csv"\ndataset = "course"\npath = "{{ each }}.csv"\n'
    assert said(PACK, output) == 'pack: unknown key "pack" in each | known keys: dataset, column, values, as'


def test_totals_and_series_of_packs_are_not_added_up() -> None:
    total = FROM_PLAYS.replace("getTable", "getTotal")
    assert said(PACK + ENTRY, WEEK + total) == (
        "2: a total is one row per answer, and totals of packs are not added up"
        " | remove pack: each then gives one total per value"
    )
    assert said(PACK + ENTRY, WEEK + FROM_PLAYS.replace("getTable", "getGraphs")) == (
        "2: graphs are one series per answer, and series of packs are not added up"
        " | remove pack: each then gives a series per value"
    )


def test_rows_must_be_told_apart() -> None:
    custom = '[datasets.plays]\nsource = "kaltura_reports"\nendpoint = "attachment"\n'
    custom += 'filters = { entries_ids = ["{{ each }}"], virtual_event_ids = ["1"] }\nwindow = "week"\n'
    found = problems(f"{WEEK}{custom}{PACK}{COURSE}{OUT}")
    wanted = "2: answers of packs are put together, and nothing tells their rows apart"
    assert wanted + ' | write key = ["..."], the columns that name a row, or remove pack' in found


def test_a_sum_is_no_part_of_the_key() -> None:
    assert said(PACK + ENTRY + 'key = ["name", "count_plays"]\n').startswith(
        '"count_plays": "count_plays" is a sum and names no row'
    )


def test_a_value_that_holds_the_separator_is_refused_as_it_is_alone() -> None:
    pack = said('each = { values = ["1_a", "a|b"], pack = 2 }\n' + ENTRY)
    assert pack == said('each = { values = ["1_a", "a|b"], as = "entry" }\n' + ENTRY)
    assert '"a|b" contains "|", which separates values on the wire' in pack


def test_values_that_fit_alone_may_not_fit_together() -> None:
    quiz = FROM_PLAYS.replace("USER_TOP_CONTENT", "QUIZ_USER_PERCENTAGE")
    assert "separates values by commas" in said(PACK + ENTRY, WEEK + quiz)
    late = PACK.replace("course", "late")
    assert "separates values by commas" in problem(f"{WEEK}{quiz}{late}{ENTRY}{COURSE}{LATE}{OUT}")


def test_what_acts_is_asked_once_per_value() -> None:
    """Such as an endpoint of one's own that changes what its list names."""
    file = toml('[datasets.plays]\neach = { values = ["a"], pack = 2 }\n')
    checker, acting = Checker(file), endpoint(action=lambda _: "closes tickets")
    question = Question(source="house", endpoint="question", q="all")
    packs_merge(checker, acting, question, ((), ("id",)), ("datasets", "plays"))
    assert [one.message for one in checker.problems] == ["question acts, and does so once per value"]
