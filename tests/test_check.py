from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from plans import AS_OF, SOURCE, D, N, R, S, asking, columns, endpoint, job

from reportrunner.ask import BoundCheck, InlineNode, Node
from reportrunner.check import Ask, apply_rules, run_checks
from reportrunner.closing import Each, Split
from reportrunner.condition import parse_condition
from reportrunner.finding_codes import CODES
from reportrunner.job import Rules
from reportrunner.land import land
from reportrunner.query import Query, SqlText
from reportrunner.report import Finding
from reportrunner.table import Column, ColumnType, Landed, Note, Rows, Table, Value
from reportrunner.transform import SqlSession

SEEN = columns(name=S, plays=N, rate=R)


def table(folder: Path, name: str, of: tuple[Column, ...], *cells: tuple[Value, ...]) -> Table:
    return land(Rows(of, list(cells)), name, folder / f"{name}.duckdb", ())


@pytest.fixture(scope="module")
def progress(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """SQL over one table with what checks look for: repeats, nulls, values out of range."""
    folder = tmp_path_factory.mktemp("tables")
    cells: list[tuple[Value, ...]] = [
        ("ana", 1, Decimal("0.5")),
        ("ana", 2, Decimal("1.5")),
        ("bo", None, Decimal("-0.1")),
        (None, 4, None),
    ]
    of = {"progress": table(folder, "progress", SEEN, *cells), "none": table(folder, "none", SEEN)}
    with SqlSession(of, AS_OF) as session:
        yield lambda sql, limit: session.rows(Query("check", sql.text, sql.parameters), limit)


def check(**facts: Any) -> BoundCheck:
    if "sql" in facts:
        facts["sql"] = SqlText(facts["sql"], facts.pop("parameters", {}))
    else:
        facts = {"dataset": "progress", **facts}
    return BoundCheck(**{"name": "rule", "severity": "error", "message": "What must hold", **facts})


def found(ask: Ask, **facts: Any) -> Finding:
    (finding,) = run_checks([check(**facts)], ask)
    return finding


ROWS = {key: parse_condition(key) for key in ("== 4", ">= 4", "> 4", "!= 4", "< 1", "<= 4")}


@pytest.mark.parametrize(
    ("facts", "count", "sample"),
    [
        ({"sql": "select name from progress where plays > 99"}, 0, ()),
        ({"sql": "select name, plays from progress where plays > $p1", "parameters": {"p1": 1}}, 2,
         ("name null, plays 4", "name ana, plays 2")),
        ({"rows": ROWS["== 4"]}, 0, ()),
        ({"rows": ROWS[">= 4"]}, 0, ()),
        ({"rows": ROWS["<= 4"]}, 0, ()),
        ({"rows": ROWS["> 4"]}, 1, ("4 rows, expected > 4",)),
        ({"rows": ROWS["!= 4"]}, 1, ("4 rows, expected != 4",)),
        ({"rows": ROWS["< 1"], "dataset": "none"}, 0, ()),
        ({"unique": ("name", "plays")}, 0, ()),
        ({"unique": ("name",)}, 1, ("not unique: name ana, times 2",)),
        ({"unique": ("name",), "dataset": "none"}, 0, ()),
        ({"not_null": ("rate", "name")}, 2, ("rate is null: rows_without 1", "name is null: rows_without 1")),
        ({"not_null": ("name",), "dataset": "none"}, 0, ()),
        ({"between": {"rate": (0, 1)}}, 2, ("rate outside 0 to 1: rate -0.1", "rate outside 0 to 1: rate 1.5")),
        ({"between": {"rate": (-0.1, 1.5), "plays": (1, 4)}}, 0, ()),
        ({"between": {"plays": (2, 3)}}, 2, ("plays outside 2 to 3: plays 1", "plays outside 2 to 3: plays 4")),
        ({"between": {"rate": (1e-07, 1)}}, 2,
         ("rate outside 1e-07 to 1: rate -0.1", "rate outside 1e-07 to 1: rate 1.5")),
        ({"sql": "select count(*) as n from progress", "expect": {"n": ROWS["== 4"]}}, 0, ()),
        ({"sql": "select count(*) as n from progress", "expect": {"n": ROWS["> 4"]}}, 1, ("n is 4, expected > 4",)),
        ({"sql": "select 1 as a, 2 as b", "expect": {"a": ROWS["> 4"], "b": ROWS["< 1"]}}, 2,
         ("a is 1, expected > 4", "b is 2, expected < 1")),
        ({"sql": "select 1 as a", "expect": {"n": ROWS["== 4"]}}, 1, ('the check\'s SQL gives no column "n"',)),
        ({"sql": "select plays as n from progress", "expect": {"n": ROWS["== 4"]}}, 1,
         ("the check's SQL gave 4 rows, expect needs exactly one",)),
        ({"sql": "select plays as n from none", "expect": {"n": ROWS["== 4"]}}, 1,
         ("the check's SQL gave 0 rows, expect needs exactly one",)),
        ({"sql": "select sum(plays) as n from none", "expect": {"n": ROWS["< 1"]}}, 1, ("n is null, expected < 1",)),
    ],
)  # fmt: skip
def test_a_check_counts_its_violations_and_shows_the_first(
    progress: Ask, facts: dict[str, Any], count: int, sample: tuple[str, ...]
) -> None:
    finding = found(progress, **facts)
    assert (finding.code, finding.subject, finding.message) == ("check", "checks.rule", "What must hold")
    assert (finding.count, finding.sample) == (count, sample)
    assert finding.severity == ("error" if count else "ok")


def test_several_rules_of_one_check_add_up(progress: Ask) -> None:
    finding = found(progress, unique=("name",), not_null=("name",), between={"rate": (0, 1)}, rows=ROWS["> 4"])
    assert finding.count == 1 + 1 + 2 + 1
    assert len(finding.sample) == 5


def test_a_check_that_only_warns_warns(progress: Ask) -> None:
    assert found(progress, sql="select 1 as a", severity="warn").severity == "warn"
    assert found(progress, sql="select 1 as a where false", severity="warn").severity == "ok"


def test_the_sample_is_short_and_the_count_is_whole(progress: Ask) -> None:
    finding = found(progress, sql="select a from range(100) as t(a) order by a desc")
    assert (finding.count, finding.sample) == (100, ("a 99", "a 98", "a 97", "a 96", "a 95"))


def test_a_check_without_a_message_goes_by_its_name(progress: Ask) -> None:
    assert found(progress, sql="select 1 as a", message="").message == "rule"


def test_names_that_sql_would_take_for_its_own_are_quoted(tmp_path: Path) -> None:
    of = {'sel"ect': table(tmp_path, 'sel"ect', (Column('or"der', S),), ("a",), ("a",), (None,))}
    with SqlSession(of, AS_OF) as session:
        (finding,) = run_checks(
            [check(dataset='sel"ect', unique=('or"der',), not_null=('or"der',))],
            lambda sql, limit: session.rows(Query("check", sql.text), limit),
        )
    assert finding.count == 2


# --- the rules that hold for every dataset ---------------------------------------------------------------


def rules_found(nodes: Mapping[str, Node], landed: Mapping[str, Landed], **rules: Rules) -> tuple[Finding, ...]:
    of = job(nodes, rules={name: rules.get(name, Rules("ok", {})) for name in nodes})
    with SqlSession({name: each.table for name, each in landed.items()}, AS_OF) as session:
        return apply_rules(of, nodes, landed, lambda sql, limit: session.rows(Query("check", sql.text), limit))


@pytest.mark.parametrize(("empty", "severity"), [("error", "error"), ("warn", "warn"), ("ok", None)])
def test_an_empty_dataset_is_as_bad_as_the_job_says(tmp_path: Path, empty: str, severity: str | None) -> None:
    landed = {"progress": Landed(table(tmp_path, "progress", SEEN))}
    findings = rules_found({"progress": asking("progress", SEEN)}, landed, progress=Rules(empty, {}))
    assert [(f.code, f.severity, f.subject) for f in findings] == (
        [("empty", severity, "datasets.progress")] if severity else []
    )


def test_an_empty_dataset_may_say_why(tmp_path: Path) -> None:
    landed = {"progress": Landed(table(tmp_path, "progress", SEEN))}
    plain = asking("progress", SEEN)
    why = replace(plain, endpoint=replace(plain.endpoint, hint=lambda _: "nobody is there"))
    for node, words in ((plain, "no rows came back"), (why, "no rows came back: nobody is there")):
        (finding,) = rules_found({"progress": node}, landed, progress=Rules("error", {}))
        assert finding.message == words


def test_what_readers_noticed_becomes_findings(tmp_path: Path) -> None:
    codes = ("duplicated", "conflicting", "unexpected_column", "secret_in_reply")
    assert set(codes) <= set(CODES)
    notes = tuple(Note(code, f"about {code}") for code in codes)
    landed = {"progress": Landed(table(tmp_path, "progress", SEEN, ("a", 1, None)), notes)}
    findings = rules_found({"progress": asking("progress", SEEN)}, landed)
    assert [(f.code, f.severity, f.message) for f in findings] == [
        ("duplicated", "warn", "about duplicated"),
        ("conflicting", "error", "about conflicting"),
        ("unexpected_column", "warn", "about unexpected_column"),
        ("secret_in_reply", "error", "about secret_in_reply"),
    ]


def test_what_the_parameters_alone_tell_is_found_too(tmp_path: Path) -> None:
    told = endpoint(findings=lambda _: (("kaltura.vod_only", "on-demand plays only"),))
    landed = {"progress": Landed(table(tmp_path, "progress", SEEN, ("a", 1, None)))}
    (finding,) = rules_found({"progress": asking("progress", SEEN, endpoint=told)}, landed)
    assert (finding.code, finding.severity) == ("kaltura.vod_only", "warn")


def test_an_accepted_finding_is_ok_and_keeps_the_reason(tmp_path: Path) -> None:
    landed = {"progress": Landed(table(tmp_path, "progress", SEEN), (Note("conflicting", "two rows"),))}
    rules = Rules("error", {"empty": "a quiet week", "duplicated": "not this one"})
    findings = rules_found({"progress": asking("progress", SEEN)}, landed, progress=rules)
    assert [(f.code, f.severity, f.accepted) for f in findings] == [
        ("conflicting", "error", ""),
        ("empty", "ok", "a quiet week"),
    ]


def test_a_lost_dataset_has_no_findings_of_its_table() -> None:
    assert rules_found({"progress": asking("progress", SEEN)}, {}, progress=Rules("error", {}, "totals")) == ()


# --- reconcile -------------------------------------------------------------------------------------------

SUMS = columns(additive=("plays", "minutes"), plays=N, minutes=D, rate=R)
PEOPLE = (*columns(name=S), *SUMS)


def reconciled(
    folder: Path,
    people: list[tuple[Value, ...]],
    total: list[tuple[Value, ...]],
    each: Each | None = None,
    of: tuple[Column, ...] = SUMS,
) -> tuple[Finding, ...]:
    extra = (each.column,) if each else ()
    nodes: dict[str, Node] = {
        "progress": asking("progress", (*PEOPLE, *extra), "{{ each }}" if each else "all", each),
        "totals": asking("totals", (*of, *extra), "{{ each }}" if each else "all", each),
    }
    landed = {
        "progress": Landed(table(folder, "progress", (*PEOPLE, *extra), *people)),
        "totals": Landed(table(folder, "totals", (*of, *extra), *total)),
    }
    return rules_found(nodes, landed, progress=Rules("ok", {}, "totals"))


def test_rows_that_add_up_to_the_total_give_no_finding(tmp_path: Path) -> None:
    people: list[tuple[Value, ...]] = [("ana", 2, Decimal("0.1"), Decimal(1)), ("bo", 3, Decimal("0.2"), Decimal(1))]
    assert reconciled(tmp_path, people, [(5, Decimal("0.3"), Decimal("0.5"))]) == ()


@pytest.mark.parametrize(
    ("total", "said"),
    [
        ((6, Decimal("0.3"), None), "plays: rows sum to 5, the total says 6"),
        ((5, Decimal("0.4"), None), "minutes: rows sum to 0.3, the total says 0.4"),
        ((None, Decimal("0.3"), None), "plays: rows sum to 5, the total says 0"),
    ],
)
def test_rows_that_do_not_add_up_are_an_error(tmp_path: Path, total: tuple[Value, ...], said: str) -> None:
    people: list[tuple[Value, ...]] = [("ana", 2, Decimal("0.1"), None), ("bo", 3, Decimal("0.2"), None)]
    (finding,) = reconciled(tmp_path, people, [total])
    assert (finding.code, finding.severity, finding.subject) == ("unreconciled", "error", "datasets.progress")
    assert finding.message == f"the rows do not add up to totals: {said}"
    assert (finding.count, finding.sample) == (1, (said,))


@pytest.mark.parametrize(
    ("by", "said"), [("month", "2026-10 plays: rows sum to 3, the total says 4"), ("week", "plays: rows sum to 5, the")]
)
def test_slices_of_one_period_are_reconciled_one_by_one(tmp_path: Path, by: str, said: str) -> None:
    """Slices of other periods have only their sum in common."""
    split = Split("month", Column("slice", S), ())
    of, zero = (*PEOPLE, split.column), Decimal(0)
    nodes: dict[str, Node] = {
        "progress": replace(asking("progress", of), split=split),
        "totals": replace(asking("totals", of[1:]), split=replace(split, by=by)),
    }
    people = [("ana", 2, zero, None, "2026-09"), ("ana", 3, zero, None, "2026-10")]
    totals = [(2, zero, None, "2026-09"), (4, zero, None, "2026-10")]
    landed = {
        "progress": Landed(table(tmp_path, "progress", of, *people)),
        "totals": Landed(table(tmp_path, "totals", of[1:], *totals)),
    }
    (finding,) = rules_found(nodes, landed, progress=Rules("ok", {}, "totals"))
    assert finding.sample[0].startswith(said)


def test_no_rows_reconcile_with_a_total_of_nothing(tmp_path: Path) -> None:
    assert reconciled(tmp_path, [], [(None, None, None)]) == ()
    assert reconciled(tmp_path, [], [(0, Decimal(0), None)]) == ()
    assert reconciled(tmp_path, [("ana", None, None, None)], [(None, None, None)]) == ()
    assert [f.code for f in reconciled(tmp_path, [], [(1, None, None)])] == ["unreconciled"]


@pytest.mark.parametrize(
    ("mine", "its", "equal"),
    [
        ("1000000000", "1000000000.9", True),
        ("1000000000", "1000000001.1", False),
        ("0.333333333333", "0.333333333332", True),
        ("0.333333333", "0.33333334", False),
        ("0", "0.000000001", False),
        ("1000000000000", "1000000000001", True),
    ],
)
def test_decimals_are_equal_to_a_billionth(tmp_path: Path, mine: str, its: str, equal: bool) -> None:
    findings = reconciled(tmp_path, [("ana", 1, Decimal(mine), None)], [(1, Decimal(its), None)])
    assert (findings == ()) is equal


@pytest.mark.parametrize(("its", "equal"), [(10**15, True), (10**15 + 1, False)])
def test_integers_are_equal_or_not_however_large(tmp_path: Path, its: int, equal: bool) -> None:
    findings = reconciled(tmp_path, [("ana", 10**15, None, None)], [(its, None, None)])
    assert (findings == ()) is equal


def test_what_has_an_each_is_compared_value_by_value(tmp_path: Path) -> None:
    each = Each(Column("entry_id", S), "", "", ("a", "b"))
    people: list[tuple[Value, ...]] = [("ana", 2, None, None, "a"), ("bo", 3, None, None, "b")]
    assert reconciled(tmp_path, people, [(2, None, None, "a"), (3, None, None, "b")], each) == ()
    (finding,) = reconciled(tmp_path, people, [(3, None, None, "a"), (2, None, None, "b")], each)
    assert finding.sample == (
        "a plays: rows sum to 2, the total says 3",
        "b plays: rows sum to 3, the total says 2",
    )


def test_a_value_without_rows_has_a_total_of_nothing_or_is_an_error(tmp_path: Path) -> None:
    each = Each(Column("entry_id", S), "", "", ("a", "b"))
    people: list[tuple[Value, ...]] = [("ana", 2, None, None, "a")]
    assert reconciled(tmp_path, people, [(2, None, None, "a"), (None, None, None, "b")], each) == ()
    (finding,) = reconciled(tmp_path, people, [(2, None, None, "a"), (7, None, None, "b")], each)
    assert finding.sample == ("b plays: rows sum to 0, the total says 7",)
    (finding,) = reconciled(tmp_path, people, [(None, None, None, "b")], each)
    assert finding.sample == ("a plays: rows sum to 2, the total says 0",)


def test_columns_that_do_not_add_up_by_nature_are_left_alone(tmp_path: Path) -> None:
    assert (
        reconciled(tmp_path, [("ana", 1, None, Decimal(1)), ("bo", 1, None, Decimal(1))], [(2, None, Decimal("0.5"))])
        == ()
    )


def test_an_inline_total_is_compared_as_a_whole(tmp_path: Path) -> None:
    of = columns(additive=("plays",), plays=N)
    nodes: dict[str, Node] = {
        "progress": asking("progress", PEOPLE),
        "totals": InlineNode("totals", Rows(of, [(5,)]), (), ()),
    }
    landed = {
        "progress": Landed(table(tmp_path, "progress", PEOPLE, ("ana", 4, None, None))),
        "totals": Landed(table(tmp_path, "totals", of, (5,))),
    }
    (finding,) = rules_found(nodes, landed, progress=Rules("ok", {}, "totals"))
    assert finding.message.endswith("plays: rows sum to 4, the total says 5")


def test_a_mismatch_can_be_accepted(tmp_path: Path) -> None:
    nodes: dict[str, Node] = {"progress": asking("progress", PEOPLE), "totals": asking("totals", SUMS)}
    landed = {
        "progress": Landed(table(tmp_path, "progress", PEOPLE, ("ana", 4, None, None))),
        "totals": Landed(table(tmp_path, "totals", SUMS, (5, None, None))),
    }
    rules = Rules("ok", {"unreconciled": "the provider rounds"}, "totals")
    (finding,) = rules_found(nodes, landed, progress=rules)
    assert (finding.severity, finding.accepted) == ("ok", "the provider rounds")


def test_a_mixed_pair_of_types_is_compared_with_the_tolerance(tmp_path: Path) -> None:
    of = tuple(Column(c.name, ColumnType.DECIMAL, additive=c.additive) if c.name == "plays" else c for c in SUMS)
    findings = reconciled(tmp_path, [("ana", 10**12, None, None)], [(Decimal(10**12 + 1), None, None)], of=of)
    assert findings == ()


# --- texts that are held against an export ---------------------------------------------------------------

TEXTS = columns(user_id=S, name=S, city=S, plays=N)
ANA: tuple[Value, ...] = ("ana", "Ana; A", "Rome", 1)
BO: tuple[Value, ...] = ("bo", "Bo", None, 2)
REASON = "`;` arrives as a blank"


def held(
    folder: Path,
    table_rows: list[tuple[Value, ...]],
    export_rows: list[tuple[Value, ...]],
    *,
    of: tuple[Column, ...] = TEXTS,
    **changes: Any,
) -> tuple[Finding, ...]:
    """Hold a table against an export of the same question; `changes` are facts of the table's node."""
    lossy = endpoint(question=lambda _: "13 of this week", lossy=("kaltura.lossy_text", REASON))
    exact = endpoint(question=lambda _: "13 of this week")
    nodes: dict[str, Node] = {
        "plain": asking("plain", TEXTS, **{"endpoint": lossy, "key": ("user_id",), **changes}),
        "export": asking("export", of, endpoint=exact, key=("user_id",)),
    }
    landed = {
        "plain": Landed(table(folder, "plain", TEXTS, *table_rows)),
        "export": Landed(table(folder, "export", of, *export_rows)),
    }
    return rules_found(nodes, landed)


def test_texts_that_an_export_has_too_give_no_finding(tmp_path: Path) -> None:
    assert held(tmp_path, [ANA, BO], [BO, ANA]) == ()


def test_texts_that_differ_from_the_export_are_told_with_key_and_texts(tmp_path: Path) -> None:
    (finding,) = held(tmp_path, [("ana", "Ana  A", "Rome", 1), BO], [ANA, BO])
    assert (finding.code, finding.severity, finding.subject) == ("kaltura.lossy_text", "warn", "datasets.plain")
    assert finding.message == f'1 row has other texts than in "export": {REASON}'
    assert (finding.count, finding.sample) == (1, ("user_id ana, name Ana  A, city Rome",))


def test_a_text_that_is_missing_on_one_side_differs(tmp_path: Path) -> None:
    assert [f.count for f in held(tmp_path, [("ana", None, "Rome", 1), ("bo", "Bo", "x", 2)], [ANA, BO])] == [2]


def test_a_key_that_the_export_does_not_have_is_a_text_that_differs(tmp_path: Path) -> None:
    (finding,) = held(tmp_path, [("an a", "Ana; A", "Rome", 1), BO], [("an;a", "Ana; A", "Rome", 1), BO])
    assert finding.sample == ("user_id an a, name Ana; A, city Rome",)


def test_numbers_and_rows_that_the_export_alone_has_are_not_compared(tmp_path: Path) -> None:
    assert held(tmp_path, [("ana", "Ana; A", "Rome", 99)], [ANA, BO]) == ()


def test_columns_that_the_export_lacks_are_not_compared(tmp_path: Path) -> None:
    of = columns(user_id=S, city=S)
    assert held(tmp_path, [("ana", "anything", "Rome", 1)], [("ana", "Rome")], of=of) == ()
    assert len(held(tmp_path, [("ana", "anything", "Rom", 1)], [("ana", "Rome")], of=of)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint": endpoint(question=lambda _: "another", lossy=("kaltura.lossy_text", REASON))},
        {"endpoint": endpoint(question=lambda _: "", lossy=("kaltura.lossy_text", REASON))},
        {"endpoint": endpoint(question=lambda _: "13 of this week")},
        {"key": ("name",)},
        {"key": ()},
    ],
    ids=["another question", "no question", "not lossy", "another key", "no key"],
)
def test_what_cannot_be_compared_is_left_alone(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert held(tmp_path, [("ana", "other", "other", 1)], [ANA], **changes) == ()


def test_lossy_texts_can_be_accepted(tmp_path: Path) -> None:
    lossy = endpoint(question=lambda _: "q", lossy=("kaltura.lossy_text", REASON))
    nodes: dict[str, Node] = {
        "plain": asking("plain", TEXTS, endpoint=lossy, key=("user_id",)),
        "export": asking("export", TEXTS, endpoint=endpoint(question=lambda _: "q"), key=("user_id",)),
    }
    landed = {
        "plain": Landed(table(tmp_path, "plain", TEXTS, ("ana", "x", "y", 1))),
        "export": Landed(table(tmp_path, "export", TEXTS, ANA)),
    }
    rules = Rules("ok", {"kaltura.lossy_text": "names are not shown"})
    (finding,) = rules_found(nodes, landed, plain=rules)
    assert (finding.severity, finding.accepted) == ("ok", "names are not shown")
    assert rules_found(nodes, {"plain": landed["plain"]}) == (), "an export that was lost says nothing"
    other = {**nodes, "export": replace(nodes["export"], source=replace(SOURCE, name="other"))}  # type: ignore[arg-type]
    assert rules_found(other, landed) == (), "another account is another question"


def test_what_an_action_that_was_held_back_would_have_brought_is_not_missed(tmp_path: Path) -> None:
    note = Note("action.held_back", "not done: a check found an error")
    landed = {"progress": Landed(table(tmp_path, "progress", SEEN), (note,))}
    (finding,) = rules_found({"progress": asking("progress", SEEN)}, landed, progress=Rules("error", {}))
    assert (finding.code, finding.severity) == ("action.held_back", "warn")


@pytest.mark.parametrize(
    ("code", "severity"), [("unreconciled", "error"), ("row_count", "error"), ("row_estimate", "warn")]
)
def test_a_claim_that_is_not_borne_out_is_as_bad_as_its_kind(tmp_path: Path, code: str, severity: str) -> None:
    assert code in CODES
    landed = {"progress": Landed(table(tmp_path, "progress", SEEN, ("a", 1, None)), (Note(code, "said"),))}
    (finding,) = rules_found({"progress": asking("progress", SEEN)}, landed)
    assert (finding.code, finding.severity) == (code, severity)
