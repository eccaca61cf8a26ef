from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from loopback import Say, Seen
from plans import S, asking, columns, endpoint, plan, query
from workbench import Bench, bench

from reportrunner.ask import Ask, QueryNode
from reportrunner.closing import Each
from reportrunner.errors import ProviderError
from reportrunner.expression import parse_tree
from reportrunner.flow import Done, Flow, More, Refused, Reply, Request, Step, Verdict
from reportrunner.gather import Gathered, Gathering, Place, gather
from reportrunner.land import land
from reportrunner.plan import RunPlan
from reportrunner.spec import EndpointDataset
from reportrunner.table import Column, Rows, Table
from reportrunner.table_file import rows as stored

ID = columns(id=S)
WORD = columns(word=S)


def count_rows(node: QueryNode, inputs: Mapping[str, Table], file: Path) -> Table:
    """The transform of these tests: one row with how many rows came in."""
    total = sum(table.rows for table in inputs.values())
    return land(Rows(columns(n=S), [(f"all{total}",)]), node.name, file, ())


BOUND = 10.0
"""Seconds after which a test that waits for nothing in vain fails."""


def judge(request: Request, reply: Reply) -> Verdict:
    """Follow the list to an empty page; refuse what the server refuses."""
    if reply.status != 200:
        return Refused("refused", reply.body.decode())
    listed = str(request.path).startswith("/list") and reply.body != b"[]"
    return More((Request("GET", f"/list{request.page + 1}", page=request.page + 1),)) if listed else Done()


def read_list(replies: tuple[Reply, ...]) -> Rows:
    return Rows(ID, [(one,) for reply in replies for one in json.loads(reply.body)])


def read_word(replies: tuple[Reply, ...]) -> Rows:
    return Rows(WORD, [(reply.body.decode(),) for reply in replies])


def listing(ask: Ask) -> Flow:
    step = Step("fetch", Request("GET", "/list0"), judge)
    return Flow(ask.dataset, "house", "house.list", (step,), read_list, early=read_list)


def word(ask: Ask) -> Flow:
    step = Step("fetch", Request("GET", f"/word/{ask.value}"), judge)
    return Flow(ask.dataset, "house", "house.word", (step,), read_word)


def details(**changes: object) -> RunPlan:
    """A list, and one word for everything that it names."""
    each = Each(Column("id", S), "ids", "id")
    changed = replace(endpoint(**changes), unfold=word)
    return plan(
        asking("ids", ID, endpoint=replace(endpoint(), unfold=listing)),
        asking("words", (*WORD, each.column), "{{ each }}", each, endpoint=changed),
    )


@contextmanager
def gathered(of: RunPlan, script: Callable[[Seen], Say], folder: Path) -> Iterator[tuple[Gathered, Bench]]:
    with bench(script) as made:
        place = Place(folder, folder / "tables")
        (one,) = gather([Gathering(of, made.executor, place, count_rows, lambda *_: None)], made.executor, 1)
        yield one.result, made


def pages(*ids: list[str]) -> Callable[[Seen], Say]:
    """A list of these pages and then an empty one, and a word for every id."""

    def script(seen: Seen) -> Say:
        if not seen.target.startswith("/list"):
            return Say(body=f"word of {seen.target.removeprefix('/word/')}".encode())
        page = int(seen.target.removeprefix("/list"))
        return Say(body=json.dumps(ids[page] if page < len(ids) else []).encode())

    return script


def test_details_start_before_the_list_has_ended(tmp_path: Path) -> None:
    asked = threading.Event()
    plain = pages(["a", "b"], ["c"])

    def script(seen: Seen) -> Say:
        if seen.target.startswith("/word"):
            asked.set()
        if seen.target == "/list1":
            assert asked.wait(BOUND), "nothing was asked while the list went on"
        return plain(seen)

    with gathered(details(), script, tmp_path) as (result, made):
        assert result.lost == {}
        assert made.house.targets().index("/list2") > made.house.targets().index("/word/a")
        assert stored(result.landed["words"].table) == [(f"word of {one}", one) for one in "abc"]
        assert [exchange.path for exchange in result.exchanges["words"]] == ["/word/a", "/word/b", "/word/c"]
        assert made.executor.pending == 0


def test_a_value_on_two_pages_is_asked_once(tmp_path: Path) -> None:
    with gathered(details(), pages(["a", "b"], ["b", "a"], ["c"]), tmp_path) as (_, made):
        assert sorted(t for t in made.house.targets() if t.startswith("/word")) == ["/word/a", "/word/b", "/word/c"]


def heap(ask: Ask) -> Flow:
    """All values of a pack in one request."""
    step = Step("fetch", Request("GET", f"/word/{'-'.join(ask.parameters.many)}"), judge)  # type: ignore[attr-defined]
    return Flow(ask.dataset, "house", "house.word", (step,), read_word)


class Many(EndpointDataset):
    """What takes many values at once."""

    many: list[str]


def heaps(pack: int) -> RunPlan:
    """A list, and one word for every pack of what it names."""
    each = Each(Column("id", S), "ids", "id", pack=pack)
    tree, _ = parse_tree({"source": "house", "endpoint": "question", "many": ["{{ each }}"]})
    node = asking("words", WORD, "{{ each }}", each, endpoint=replace(endpoint(), unfold=heap, parameters=Many))
    parameters = Many(source="house", endpoint="question", many=["sample"])
    return plan(
        asking("ids", ID, endpoint=replace(endpoint(), unfold=listing)), replace(node, tree=tree, parameters=parameters)
    )


@pytest.mark.parametrize("cut", [[["c", "a"], ["b", "a"], ["e", "d"]], [["d", "e", "b"], ["a", "b", "c"]]])
def test_packs_are_filled_from_the_whole_list_whatever_its_pages(cut: list[list[str]], tmp_path: Path) -> None:
    """A half-filled pack of the first page would make another request, and another manifest, on another day."""
    with gathered(heaps(2), pages(*cut), tmp_path) as (result, made):
        assert result.lost == {}
        words = [target for target in made.house.targets() if target.startswith("/word")]
        assert sorted(words) == ["/word/a-b", "/word/c-d", "/word/e"]
        assert [target[:5] for target in made.house.targets()][: len(cut) + 1] == ["/list"] * (len(cut) + 1)
        assert [exchange.path for exchange in result.exchanges["words"]] == ["/word/a-b", "/word/c-d", "/word/e"]


def test_when_the_list_is_lost_so_is_what_was_begun(tmp_path: Path) -> None:
    plain = pages(["a", "b"], ["c"], ["d"])
    hold = threading.Event()

    def script(seen: Seen) -> Say:
        if seen.target == "/list1":
            return Say(500 - 100, b"no further")
        return Say(body=b"late", hold=hold) if seen.target.startswith("/word") else plain(seen)

    with gathered(details(), script, tmp_path) as (result, made):
        hold.set()
        assert isinstance(result.lost["ids"], ProviderError)
        assert (result.behind, list(result.landed)) == ({"words": "ids"}, [])
        assert made.executor.pending == 0


def test_a_detail_that_fails_loses_its_dataset_and_not_the_list(tmp_path: Path) -> None:
    plain = pages(["a", "b"], ["c"])

    def script(seen: Seen) -> Say:
        return Say(404, b"gone") if seen.target == "/word/a" else plain(seen)

    with gathered(details(), script, tmp_path) as (result, _):
        assert list(result.landed) == ["ids"]
        assert "gone" in str(result.lost["words"])


def test_what_acts_waits_for_the_whole_list(tmp_path: Path) -> None:
    with gathered(details(action=lambda _: "does it"), pages(["a"], ["b"]), tmp_path) as (result, made):
        assert result.lost == {}
        assert sorted(made.house.targets()[-2:]) == ["/word/a", "/word/b"]


def test_a_query_between_list_and_details_waits_for_the_whole_list(tmp_path: Path) -> None:
    each = Each(Column("id", S), "some", "n")
    of = plan(
        asking("ids", ID, endpoint=replace(endpoint(), unfold=listing)),
        query("some", "ids"),
        asking("words", (*WORD, each.column), "{{ each }}", each, endpoint=replace(endpoint(), unfold=word)),
    )
    with gathered(of, pages(["a"], ["b"]), tmp_path) as (_, made):
        assert made.house.targets() == ["/list0", "/list1", "/list2", "/word/all2"]


def flow_of(path: str) -> Flow:
    return Flow("words", "house", "house.word", (Step("fetch", Request("GET", path), judge),), read_word)


def test_a_flow_that_is_forgotten_is_not_sent_and_owes_nothing() -> None:
    with bench(lambda _: Say(body=b"x"), workers=1) as made:
        first, second, third = flow_of("/1"), flow_of("/2"), flow_of("/2")
        made.executor.submit(first, second, third)
        made.executor.forget([second])
        assert made.executor.pending == 2
        made.executor.forget([third, second])
        assert [ended.flow for ended in made.rest()] == [first]
        assert made.house.targets() == ["/1"]
