from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import cast

import pytest
from plans import Answers, Hand, N, S, asking, columns, endpoint, judge, nothing, plan, query, refusal, rows
from remembering import INTO, TALKS, Diary, over

from reportrunner.ask import Ask, EndpointNode, FileNode, InlineNode, Node, QueryNode, acting
from reportrunner.closing import Each, Split
from reportrunner.errors import InvalidError, ReportrunnerError, SqlError
from reportrunner.execute import Executor
from reportrunner.flow import Flow, Request, Step
from reportrunner.gather import Gathered, Gathering, Place, gather
from reportrunner.land import land
from reportrunner.memory import Accumulate, HistoryNode
from reportrunner.plan import RunPlan
from reportrunner.table import Column, Note, Rows, Table, Value
from reportrunner.table_file import rows as stored
from reportrunner.window import Window
from reportrunner.window.window import slices, window_of

ENTRY = columns(entry_id=S)
SEEN = columns(name=S, plays=N)
PEOPLE = columns(user_id=S, plays=N)


def first(waiting: Sequence[object]) -> int:
    return 0


def last(waiting: Sequence[object]) -> int:
    return len(waiting) - 1


def inline(name: str, of: tuple[Column, ...], *cells: tuple[Value, ...]) -> InlineNode:
    return InlineNode(name, Rows(of, list(cells)), (), ())


def count_rows(node: QueryNode, inputs: Mapping[str, Table], file: Path) -> Table:
    """The transform of these tests: one row with how many rows came in."""
    total = sum(table.rows for table in inputs.values())
    return land(Rows(columns(n=N), [(total,)]), node.name, file, ())


class Told:
    """What a gathering tells, as one line each."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, dataset: str, what: str, detail: str) -> None:
        self.lines.append(f"{dataset} {what}: {detail}")


def gathering(of: RunPlan, hand: Hand, folder: Path, told: Told | None = None) -> Gathering:
    return Gathering(of, cast("Executor", hand), Place(folder, folder / of.job.name), count_rows, told or Told())


def gathered(of: RunPlan, hand: Hand, folder: Path, told: Told | None = None) -> Gathered:
    (one,) = gather([gathering(of, hand, folder, told)], cast("Executor", hand), 1)
    return one.result


def test_every_kind_of_dataset_lands_in_the_order_of_needs(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("user_id,plays\nana,1\nbo,2\n")
    nodes: list[Node] = [
        inline("course", ENTRY, ("a",), ("b",)),
        FileNode("roster", "roster.csv", PEOPLE, (), ("user_id",)),
        asking("progress", SEEN),
        query("status", "roster", "progress"),
        query("overdue", "status", "course"),
    ]
    told = Told()
    result = gathered(plan(*nodes), Hand(lambda _: rows(SEEN, ("ana", 3))), tmp_path, told)
    assert {name: landed.table.rows for name, landed in result.landed.items()} == {
        "course": 2, "roster": 2, "progress": 1, "status": 1, "overdue": 1,
    }  # fmt: skip
    assert stored(result.landed["status"].table) == [(3,)]
    assert stored(result.landed["overdue"].table) == [(3,)]
    assert (result.lost, result.behind) == ({}, {})
    assert [exchange.path for exchange in result.exchanges["progress"]] == ["/all"]
    assert sorted(told.lines) == [
        "course landed: 2 rows", "overdue landed: 1 rows", "progress landed: 1 rows", "roster landed: 2 rows",
        "status landed: 1 rows",
    ]  # fmt: skip


def each_entry(**changes: object) -> RunPlan:
    """`progress` asked once per entry of a dataset that lands first."""
    each = Each(Column("entry_id", S), "course", "entry_id")
    node = asking("progress", (*SEEN, each.column), "{{ each }}", each, **changes)
    return plan(FileNode("course", "course.csv", ENTRY, (), ()), node)


def of_entry(path: str) -> Rows:
    return rows(SEEN, (f"ana of {path}", 1), (f"bo of {path}", 2))


@pytest.mark.parametrize("pick", [first, last, lambda waiting: Random(7).randrange(len(waiting))])
def test_an_open_each_is_asked_once_per_value_whatever_the_order_of_replies(
    tmp_path: Path, pick: Callable[[Sequence[object]], int]
) -> None:
    (tmp_path / "course.csv").write_text("entry_id\nz\na\nz\nm\na\n")
    hand = Hand(of_entry, pick)
    result = gathered(each_entry(), hand, tmp_path)
    assert hand.asked == ["a", "m", "z"]
    assert stored(result.landed["progress"].table) == sorted(
        (f"{who} of {entry}", count, entry) for entry in "zam" for who, count in (("ana", 1), ("bo", 2))
    )
    assert [exchange.path for exchange in result.exchanges["progress"]] == ["/a", "/m", "/z"]


def test_an_each_over_no_values_gives_an_empty_table(tmp_path: Path) -> None:
    (tmp_path / "course.csv").write_text("entry_id\n")
    hand = Hand(of_entry)
    result = gathered(each_entry(), hand, tmp_path)
    assert hand.asked == []
    table = result.landed["progress"].table
    assert (table.rows, [column.name for column in table.columns]) == (0, ["name", "plays", "entry_id"])
    assert result.exchanges["progress"] == ()


def test_a_known_each_over_no_values_gives_an_empty_table(tmp_path: Path) -> None:
    each = Each(Column("entry_id", S), "", "", ())
    result = gathered(plan(asking("progress", (*SEEN, each.column), "{{ each }}", each)), Hand(of_entry), tmp_path)
    assert result.landed["progress"].table.rows == 0


def invalid(result: Gathered, dataset: str = "progress") -> str:
    error = result.lost[dataset]
    assert isinstance(error, InvalidError)
    (said,) = error.diagnostics
    assert (said.file, said.line, said.source[:4]) == ("jobs/weekly.toml", 4, "each")
    assert said.hint == "go over a dataset whose sql leaves out what cannot be asked"
    return said.message


def test_a_missing_value_is_refused_by_each(tmp_path: Path) -> None:
    of = columns(entry_id=N)
    each = Each(Column("entry_id", N), "course", "entry_id")
    (tmp_path / "course.csv").write_text("entry_id,x\n1,a\n,b\n,c\n")
    course = FileNode("course", "course.csv", (*of, Column("x", S)), (), ())
    hand = Hand(of_entry)
    result = gathered(plan(course, asking("progress", (*SEEN, each.column), "x{{ each }}", each)), hand, tmp_path)
    assert invalid(result) == "course.entry_id has 2 rows without a value"
    assert hand.asked == []


def test_more_values_than_the_ceiling_are_refused_by_each(tmp_path: Path) -> None:
    lines = "".join(f"e{number}\n" for number in range(10_001))
    (tmp_path / "course.csv").write_text(f"entry_id\n{lines}")
    hand = Hand(of_entry)
    assert invalid(gathered(each_entry(), hand, tmp_path)) == "each goes over 10,001 values, and 10,000 are the most"
    assert hand.asked == []


def test_a_value_that_the_endpoint_does_not_take_is_refused_by_each(tmp_path: Path) -> None:
    (tmp_path / "course.csv").write_text(f"entry_id\nfine\n{'x' * 41}\n")
    hand = Hand(of_entry)
    message = invalid(gathered(each_entry(), hand, tmp_path))
    said = f'the value "{"x" * 41}" does not fit where each stands'
    assert message == f'{said}: "q" must have at most 40 characters, found text "{"x" * 37}..."'
    assert hand.asked == []


def test_a_lost_dataset_takes_what_needs_it_and_nothing_else(tmp_path: Path) -> None:
    def answers(path: str) -> Rows | ReportrunnerError:
        return refusal("progress") if path == "bad" else rows(SEEN, ("ana", 1))

    nodes: list[Node] = [
        asking("progress", SEEN, "bad"),
        asking("activity", SEEN, "good"),
        query("status", "progress", "activity"),
        query("overdue", "status"),
        query("week", "activity"),
    ]
    told = Told()
    result = gathered(plan(*nodes), Hand(answers), tmp_path, told)
    assert {name: str(error) for name, error in result.lost.items()} == {"progress": str(refusal("progress"))}
    assert result.behind == {"status": "progress", "overdue": "status"}
    assert set(result.landed) == {"activity", "week"}
    assert 'overdue lost: needs dataset "status", which failed' in told.lines


def test_the_first_error_of_a_dataset_is_the_one_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "course.csv").write_text("entry_id\na\nb\nc\n")
    result = gathered(each_entry(), Hand(lambda path: refusal("progress", path), last), tmp_path)
    assert str(result.lost["progress"]).endswith("refused: c")
    assert set(result.landed) == {"course"}


def test_one_lost_value_loses_the_dataset_but_only_after_all_have_ended(tmp_path: Path) -> None:
    (tmp_path / "course.csv").write_text("entry_id\na\nb\nc\n")
    hand = Hand(lambda path: refusal("progress", path) if path == "b" else of_entry(path))
    result = gathered(each_entry(), hand, tmp_path)
    assert str(result.lost["progress"]).endswith("refused: b")
    assert "progress" not in result.landed
    assert not hand._waiting


def test_a_file_that_cannot_be_read_loses_its_dataset_with_the_code_of_its_kind(tmp_path: Path) -> None:
    (tmp_path / "course.csv").write_text("entry_id,stray\na,b\n")
    result = gathered(each_entry(), Hand(of_entry), tmp_path)
    assert result.lost["course"].exit_code == 3
    assert result.behind == {"progress": "course"}


def test_sql_that_fails_on_data_loses_its_dataset(tmp_path: Path) -> None:
    def fail(node: QueryNode, inputs: Mapping[str, Table], file: Path) -> Table:
        raise SqlError("division by zero")

    hand = Hand(of_entry)
    of = plan(inline("course", ENTRY, ("a",)), query("status", "course"))
    one = Gathering(of, cast("Executor", hand), Place(tmp_path, tmp_path), fail, Told())
    (done,) = gather([one], cast("Executor", hand), 1)
    assert (str(done.result.lost["status"]), done.result.lost["status"].exit_code) == ("division by zero", 3)


def test_a_bug_in_local_work_is_raised_and_not_told_as_a_lost_dataset(tmp_path: Path) -> None:
    def fail(node: QueryNode, inputs: Mapping[str, Table], file: Path) -> Table:
        raise ZeroDivisionError

    hand = Hand(of_entry)
    of = plan(inline("course", ENTRY, ("a",)), query("status", "course"))
    one = Gathering(of, cast("Executor", hand), Place(tmp_path, tmp_path), fail, Told())
    with pytest.raises(ZeroDivisionError):
        list(gather([one], cast("Executor", hand), 1))


def test_rows_that_repeat_identically_are_dropped_with_a_note(tmp_path: Path) -> None:
    twice = rows(SEEN, ("ana", 1), ("bo", 2), ("ana", 1), ("ana", 1))
    result = gathered(plan(asking("progress", SEEN, key=("name",))), Hand(lambda _: twice), tmp_path)
    landed = result.landed["progress"]
    assert stored(landed.table) == [("ana", 1), ("bo", 2)]
    assert landed.notes == (Note("duplicated", "2 rows came twice and were dropped"),)


def test_rows_with_one_key_and_other_values_are_kept_and_told_as_conflicting(tmp_path: Path) -> None:
    both = rows(SEEN, ("ana", 1), ("ana", 2), ("bo", 2))
    result = gathered(plan(asking("progress", SEEN, key=("name",))), Hand(lambda _: both), tmp_path)
    landed = result.landed["progress"]
    assert stored(landed.table) == [("ana", 1), ("ana", 2), ("bo", 2)]
    assert landed.notes == (Note("conflicting", "1 row repeats a name with other values", ("ana",)),)


def test_rows_without_a_key_may_repeat(tmp_path: Path) -> None:
    twice = rows(SEEN, ("ana", 1), ("ana", 1))
    landed = gathered(plan(asking("progress", SEEN)), Hand(lambda _: twice), tmp_path).landed["progress"]
    assert (landed.table.rows, landed.notes) == (2, ())


def test_the_same_row_of_two_values_of_each_is_no_repeat(tmp_path: Path) -> None:
    (tmp_path / "course.csv").write_text("entry_id\na\nb\n")
    of = each_entry(key=("entry_id", "name"))
    result = gathered(of, Hand(lambda _: rows(SEEN, ("ana", 1))), tmp_path)
    assert stored(result.landed["progress"].table) == [("ana", 1, "a"), ("ana", 1, "b")]
    assert result.landed["progress"].notes == ()


def test_notes_of_many_answers_are_told_once(tmp_path: Path) -> None:
    (tmp_path / "course.csv").write_text("entry_id\na\nb\n")
    note = Note("unexpected_column", 'the answer has a column "x"')
    result = gathered(each_entry(), Hand(lambda _: rows(SEEN, ("ana", 1), notes=(note,))), tmp_path)
    assert result.landed["progress"].notes == (note,)


def test_gatherings_side_by_side_take_their_own_and_no_more_at_once_than_allowed(tmp_path: Path) -> None:
    hand = Hand(lambda path: rows(SEEN, (path, 1)), last)
    of = [plan(asking("progress", SEEN, f"job{n}"), query("status", "progress"), name=f"job{n}") for n in range(5)]
    many = [gathering(one, hand, tmp_path) for one in of]
    driven = gather(many, cast("Executor", hand), 2)
    assert next(driven).result.landed["status"].table.rows == 1
    assert hand.asked == ["job0", "job1"]
    rest = [next(driven) for _ in range(4)]
    assert [*driven] == []
    assert {one.result.landed["progress"].table.file.parent.name for one in rest} <= {f"job{n}" for n in range(5)}
    for number, one in enumerate(many):
        assert stored(one.result.landed["progress"].table) == [(f"job{number}", 1)]
        assert set(one.result.landed) == {"progress", "status"}


def test_equal_asks_of_two_runs_each_get_their_answer(tmp_path: Path) -> None:
    hand = Hand(lambda path: rows(SEEN, (path, 1)))
    many = [gathering(plan(asking("progress", SEEN), name=name), hand, tmp_path) for name in ("a", "b")]
    assert len(list(gather(many, cast("Executor", hand), 2))) == 2
    assert [stored(one.result.landed["progress"].table) for one in many] == [[("all", 1)], [("all", 1)]]


# --- what travels together -------------------------------------------------------------------------------


class Submitting(Hand):
    """A hand that remembers what was given together."""

    def __init__(self, answers: Answers) -> None:
        super().__init__(answers)
        self.together: list[tuple[str, ...]] = []

    def submit(self, *flows: Flow) -> None:
        self.together.append(tuple(flow.dataset for flow in flows))
        super().submit(*flows)


def test_datasets_of_one_envelope_are_given_together_and_all_others_alone(tmp_path: Path) -> None:
    (tmp_path / "course.csv").write_text("entry_id\na\nb\n")
    each = Each(Column("entry_id", S), "course", "entry_id")
    nodes: list[Node] = [asking(name, SEEN, name) for name in ("p", "q", "r", "s", "t")]
    nodes += [FileNode("course", "course.csv", ENTRY, (), ()), asking("e", (*SEEN, each.column), "{{ each }}", each)]
    of = replace(plan(*nodes), envelopes=(("p", "r"), ("s", "t")))
    hand = Submitting(lambda path: rows(SEEN, (path, 1)))
    result = gathered(of, hand, tmp_path)
    assert sorted(hand.together) == [("e",), ("e",), ("p", "r"), ("q",), ("s", "t")]
    assert [stored(result.landed[name].table) for name in "pqrst"] == [[(name, 1)] for name in "pqrst"]


# --- actions ---------------------------------------------------------------------------------------------

ACTS = endpoint(action=lambda _: "orders captions")


def ordering(name: str, q: str = "order", each: Each | None = None) -> EndpointNode:
    of = (*SEEN, each.column) if each else SEEN
    return asking(name, of, q, each, endpoint=ACTS, key=("name",))


def acted(of: RunPlan, hand: Hand, folder: Path, why: str = "") -> tuple[Gathered, list[set[str]]]:
    """Gather, asking for a go-ahead; return with what had landed at every question."""
    questions: list[set[str]] = []

    def held_back(so_far: Gathered) -> str:
        questions.append({*so_far.landed, *so_far.lost})
        return why

    place = Place(folder, folder / of.job.name)
    one = Gathering(of, cast("Executor", hand), place, count_rows, Told(), held_back)
    list(gather([one], cast("Executor", hand), 1))
    return one.result, questions


def test_actions_are_carried_out_after_all_reads(tmp_path: Path) -> None:
    hand = Hand(lambda path: rows(SEEN, (path, 1)), last)
    nodes: list[Node] = [
        ordering("order"),
        asking("first", SEEN, "a"),
        asking("second", SEEN, "b"),
        query("status", "first", "second"),
    ]
    result, questions = acted(plan(*nodes), hand, tmp_path)
    assert questions == [{"first", "second", "status"}], "asked once, when every read has ended"
    assert hand.asked == ["a", "b", "order"]
    assert stored(result.landed["order"].table) == [("order", 1)]
    assert result.landed["order"].notes == ()


def test_actions_that_are_held_back_land_empty_and_nothing_is_sent(tmp_path: Path) -> None:
    hand = Hand(lambda path: rows(SEEN, (path, 1)))
    nodes: list[Node] = [ordering("order"), asking("first", SEEN, "a"), ordering("again", "again")]
    result, questions = acted(plan(*nodes), hand, tmp_path, "a check found an error")
    assert (hand.asked, len(questions)) == (["a"], 1)
    for name in ("order", "again"):
        landed = result.landed[name]
        assert (landed.table.rows, landed.table.columns) == (0, SEEN)
        assert landed.notes == (Note("action.held_back", "not done: a check found an error"),)
    assert "order" not in result.exchanges
    assert stored(result.landed["first"].table) == [("a", 1)]


def test_what_needs_the_answer_of_an_action_waits_for_it(tmp_path: Path) -> None:
    hand = Hand(lambda path: rows(SEEN, (path, 1)))
    each = Each(Column("task", S), "order", "name")
    reads_after = asking("after", (*SEEN, each.column), "{{ each }}", each)
    nodes: list[Node] = [asking("first", SEEN, "a"), ordering("order"), query("orders", "order", "first"), reads_after]
    result, questions = acted(plan(*nodes), hand, tmp_path)
    assert questions == [{"first"}], "what an action leads to is not waited for"
    assert hand.asked == ["a", "order", "order"]
    assert stored(result.landed["orders"].table) == [(2,)]
    assert set(result.landed) == {"first", "order", "orders", "after"}


def test_what_needs_an_action_that_was_held_back_is_made_of_nothing(tmp_path: Path) -> None:
    hand = Hand(lambda path: rows(SEEN, (path, 1)))
    nodes: list[Node] = [asking("first", SEEN, "a"), ordering("order"), query("orders", "order", "first")]
    result, _ = acted(plan(*nodes), hand, tmp_path, "dataset failed")
    assert stored(result.landed["orders"].table) == [(1,)]
    assert (result.lost, result.behind) == ({}, {})


def test_an_action_over_the_values_of_a_lost_dataset_is_behind_it(tmp_path: Path) -> None:
    each = Each(Column("entry_id", S), "first", "name")
    nodes: list[Node] = [asking("first", SEEN, "a"), ordering("order", "{{ each }}", each)]
    hand = Hand(lambda _: refusal("first"))
    result, _ = acted(plan(*nodes), hand, tmp_path, 'dataset "first" failed')
    assert hand.asked == ["a"]
    assert (set(result.lost), result.behind) == ({"first"}, {"order": "first"})


def test_nobody_is_asked_for_a_go_ahead_when_nothing_acts(tmp_path: Path) -> None:
    result, questions = acted(plan(asking("first", SEEN)), Hand(of_entry), tmp_path, "no")
    assert (questions, result.landed["first"].table.rows) == ([], 2)


def test_what_acts_and_what_needs_it() -> None:
    nodes: list[Node] = [
        asking("first", SEEN), ordering("order"), query("orders", "order"), query("more", "orders", "first"),
        query("status", "first"),
    ]  # fmt: skip
    assert acting({node.name: node for node in nodes}) == {"order", "orders", "more"}


def test_no_gathering_is_no_work() -> None:
    assert list(gather([], cast("Executor", Hand(of_entry)), 4)) == []


def test_a_history_waits_for_what_feeds_it_and_what_cannot_be_kept_is_lost(tmp_path: Path) -> None:
    diary = Diary(tmp_path / "state", run="run")
    node = asking("talks", TALKS[:1])
    node = replace(node, window=over("2026-11-09", "2026-11-10"), accumulate=Accumulate(("id",), INTO))
    history = HistoryNode("known", INTO, None, "", TALKS[:1], (), (), "talks")
    of = plan(history, node, query("late", "known"))

    def pass_over(cell: str | None) -> Gathered:
        place = Place(tmp_path, tmp_path / "tables", diary.memory("2026-11-10"))
        hand = cast("Executor", Hand(lambda _: rows(TALKS[:1], (cell,))))
        (one,) = gather([Gathering(of, hand, place, count_rows, Told())], hand, 1)
        return one.result

    first = pass_over("a")
    assert stored(first.landed["known"].table) == [("a",)]
    assert first.landed["talks"].kept in first.landed["known"].fed
    assert stored(pass_over("b").landed["late"].table) == [(2,)]
    lost = pass_over(None)
    assert (set(lost.lost), lost.behind) == ({"talks"}, {"known": "talks", "late": "known"})
    assert len(diary.kept) == 2


# --- slices ----------------------------------------------------------------------------------------------

MONTHS = slices(window_of(1_788_235_200, 1_796_101_200, "America/New_York"), "month")


def by_month(ask: Ask) -> Flow:
    """The question, and the window that it is asked over."""
    assert ask.window is not None
    step = Step("fetch", Request("GET", f"/{ask.value}@{ask.window.label}"), judge)
    return Flow(ask.dataset, ask.source.name, "house.question", (step,), nothing)


def sliced(each: Each, *before: Node, parts: tuple[Window, ...] = MONTHS) -> RunPlan:
    split = Split("month", Column("month", S), parts)
    of = (*SEEN, each.column, *split.columns)
    node = asking("progress", of, "{{ each }}", each, endpoint=replace(endpoint(), unfold=by_month))
    return plan(*before, replace(node, split=split))


@pytest.mark.parametrize("pick", [first, last, lambda waiting: Random(7).randrange(len(waiting))])
def test_every_value_is_asked_in_every_slice_of_the_window(
    tmp_path: Path, pick: Callable[[Sequence[object]], int]
) -> None:
    (tmp_path / "course.csv").write_text("entry_id\nb\na\n")
    course = FileNode("course", "course.csv", ENTRY, (), ())
    hand = Hand(lambda path: rows(SEEN, (path, 1)), pick)
    result = gathered(sliced(Each(Column("entry_id", S), "course", "entry_id"), course), hand, tmp_path)
    wanted = [f"{entry}@{month.label}" for entry in "ab" for month in MONTHS]
    assert hand.asked == wanted
    assert stored(result.landed["progress"].table) == [
        (one, 1, *one.split("@"), dt.date.fromisoformat(f"{one[-7:]}-01")) for one in wanted
    ]
    assert [exchange.path for exchange in result.exchanges["progress"]] == [f"/{one}" for one in wanted]


def test_known_values_are_asked_in_every_slice_too(tmp_path: Path) -> None:
    hand = Hand(lambda path: rows(SEEN, (path, 1)))
    result = gathered(sliced(Each(Column("entry_id", S), "", "", ("a",))), hand, tmp_path)
    assert hand.asked == ["a@2026-09", "a@2026-10", "a@2026-11"]
    assert result.landed["progress"].table.rows == 3


def test_values_times_slices_have_a_ceiling(tmp_path: Path) -> None:
    (tmp_path / "course.csv").write_text("entry_id\n" + "".join(f"e{number}\n" for number in range(110)))
    hand = Hand(of_entry)
    days = slices(window_of(MONTHS[0].start_unix, MONTHS[-1].end_unix, "America/New_York"), "day")
    course = FileNode("course", "course.csv", ENTRY, (), ())
    result = gathered(sliced(Each(Column("entry_id", S), "course", "entry_id"), course, parts=days), hand, tmp_path)
    error = result.lost["progress"]
    assert isinstance(error, InvalidError)
    assert [(one.message, one.hint) for one in error.diagnostics] == [
        (
            "110 values and 91 slices of the window are 10,010 requests, and 10,000 are the most",
            "split by a longer period, ask a shorter window, or add pack to each",
        )
    ]
    assert hand.asked == []
