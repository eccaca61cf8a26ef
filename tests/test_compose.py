from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from plans import AS_OF, N, S, asking, columns, endpoint, plan
from remembering import INTO, TALKS, Diary, over

from reportrunner.ask import InlineNode
from reportrunner.closing import Each
from reportrunner.compose import compose, documents_due, narrow
from reportrunner.days import Days
from reportrunner.errors import InvalidError
from reportrunner.expression import parse_tree, render_tree
from reportrunner.formats import FORMATS
from reportrunner.formats.csv import CsvOutput
from reportrunner.formats.email import EmailOutput
from reportrunner.job import BoundOutput, Rules
from reportrunner.land import land
from reportrunner.memory import HistoryNode
from reportrunner.plan import RunPlan
from reportrunner.render import Due, render
from reportrunner.report import DatasetView, Finding, Report
from reportrunner.table import Column, Landed, Rows, Value
from reportrunner.templating.renderer import Renderer

LATE = columns(manager=S, name=S, days=N)
CELLS: list[tuple[Value, ...]] = [("m.ortega", "Ana", 3), ("k.meyer", "Bo", 1), ("m.ortega", "Cem", 2)]
FOUND = (
    Finding("check", "warn", "checks.known", "People unknown", 1, ("name Ana",)),
    Finding("check", "ok", "checks.whole", "Whole"),
    Finding("empty", "error", "datasets.polls", "no rows came back"),
    Finding("kaltura.vod_only", "ok", "datasets.late", "vod only", accepted="on purpose"),
    Finding("duplicated", "warn", "datasets.late", "rows twice", 1, ("name Bo",)),
)


def output(name: str, each: Each | None = None, **keys: Any) -> BoundOutput:
    """An output whose keys may hold `{{ each }}`."""
    tree, errors = parse_tree(keys)
    assert not errors
    sample, errors = render_tree(tree, {"each": "sample"})
    assert not errors
    return BoundOutput(name, tree, FORMATS[keys["format"]].options.model_validate(sample), each)


def landed_in(folder: Path, of: RunPlan) -> dict[str, Landed]:
    cells: Mapping[str, list[tuple[Value, ...]]] = {"late": CELLS, "polls": [], "course": [("gdpr",)]}
    return {
        name: Landed(land(Rows(node.columns, cells[name]), name, folder / f"{name}.duckdb", ()))
        for name, node in of.nodes.items()
    }


OVER_MANAGERS = Each(Column("manager", S), "late", "manager")
PER_MANAGER = output("per_manager", OVER_MANAGERS, format="csv", dataset="late", path="late-{{ each | slug }}.csv")
WHOLE = output("whole", format="csv", dataset="late")


def made(folder: Path, *outputs: BoundOutput) -> tuple[RunPlan, dict[str, Landed], Report]:
    noting = endpoint(notes=lambda _: ("vod only",), days=Days("zone", "documented", "UTC"))
    of = plan(
        InlineNode("course", Rows(columns(entry_id=S), [("gdpr",)]), (), ()),
        asking("polls", columns(answer=S), endpoint=noting),
        asking("late", LATE),
        outputs=outputs,
        rules={"late": Rules("ok", {}, description="Who is late"), "polls": Rules("ok", {}), "course": Rules("ok", {})},
    )
    landed = landed_in(folder, of)
    return of, landed, compose(of, landed, FOUND, {"job file": "abc"}, sandbox=True)


def test_a_report_holds_what_the_plan_and_the_tables_say(tmp_path: Path) -> None:
    _, _, report = made(tmp_path)
    assert (report.job, report.title, report.label, report.as_of) == ("weekly", "A job", "2026-W46", AS_OF)
    assert list(report.datasets) == ["course", "polls", "late"]
    late = report.datasets["late"]
    assert late.rows == tuple(sorted(CELLS, key=lambda row: [str(cell) for cell in row]))
    assert (late.total_rows, late.description, late.columns) == (3, "Who is late", LATE)
    assert [finding.code for finding in late.findings] == ["kaltura.vod_only", "duplicated"]
    assert [finding.subject for finding in report.checks] == ["checks.known", "checks.whole"]
    assert report.sandbox


def test_findings_that_are_ok_are_left_out_and_the_worst_come_first(tmp_path: Path) -> None:
    _, _, report = made(tmp_path)
    assert [(f.severity, f.subject) for f in report.findings] == [
        ("error", "datasets.polls"),
        ("warn", "checks.known"),
        ("warn", "datasets.late"),
    ]
    assert report.status == "error"


def test_what_must_be_said_of_a_source_is_said(tmp_path: Path) -> None:
    _, _, report = made(tmp_path)
    assert [(note.dataset, note.notes) for note in report.sources] == [
        ("polls", ("vod only", "days of UTC (documented)")),
        ("late", ()),
    ]
    assert [note.rows for note in report.sources] == [landed.total_rows for landed in _of(report, "polls", "late")]


def _of(report: Report, *names: str) -> list[DatasetView]:
    return [report.datasets[name] for name in names]


def test_an_output_is_due_once_or_once_per_value_with_that_values_rows_only(tmp_path: Path) -> None:
    of, landed, report = made(tmp_path, WHOLE, PER_MANAGER)
    due = documents_due(of, report, landed)
    assert [(one.path, one.each) for one in due] == [
        ("whole.csv", None),
        ("late-k-meyer.csv", ("manager", "k.meyer")),
        ("late-m-ortega.csv", ("manager", "m.ortega")),
    ]
    assert due[0].report is report
    names = [[row[1] for row in one.report.datasets["late"].rows] for one in due]
    assert names == [["Bo", "Ana", "Cem"], ["Bo"], ["Ana", "Cem"]]
    assert [one.report.datasets["late"].total_rows for one in due] == [3, 1, 2]
    documents = render(due, Renderer({}))
    assert [document.whole().decode().splitlines() for document in documents] == [
        ["manager,name,days", "k.meyer,Bo,1", "m.ortega,Ana,3", "m.ortega,Cem,2"],
        ["manager,name,days", "k.meyer,Bo,1"],
        ["manager,name,days", "m.ortega,Ana,3", "m.ortega,Cem,2"],
    ]


def test_a_document_for_one_holds_nothing_of_the_others(tmp_path: Path) -> None:
    _, _, report = made(tmp_path)
    mine = narrow(report, "manager", "m.ortega")
    assert set(mine.datasets) == {"late"}, "a dataset that cannot be told apart is left out"
    assert "Bo" not in str(mine.datasets["late"].rows)
    assert [finding.code for finding in mine.findings] == [finding.code for finding in report.findings]
    assert {finding.sample for finding in (*mine.findings, *mine.checks, *mine.datasets["late"].findings)} == {()}
    assert any(finding.sample for finding in report.findings)
    assert {note.rows for note in mine.sources} == {None}


def test_nobody_gets_what_is_attached_for_another(tmp_path: Path) -> None:
    mail = output(
        "mail", OVER_MANAGERS, format="email", template="builtin:digest", datasets=["late"],
        to=["{{ each }}@example.org"], path="{{ each | slug }}.eml", attach=["per_manager", "whole"],
    )  # fmt: skip
    all_mail = output("all", format="email", template="builtin:digest", to=["a@example.org"], attach=["per_manager"])
    of, landed, report = made(tmp_path, mail, all_mail, PER_MANAGER, WHOLE)
    due = documents_due(of, report, landed)
    attached: dict[str, list[str]] = {}

    def note(report: Report, options: Any, writing: Any) -> Any:
        attached[writing.path] = [document.path for document in writing.attachments]
        return real(replace(report), options, writing) if isinstance(options, CsvOutput) else _Blank(writing.path)

    real = FORMATS["csv"].write
    render([replace(one, format=replace(one.format, write=note)) for one in due], Renderer({}))
    assert isinstance(due[0].options, EmailOutput)
    assert {path: names for path, names in attached.items() if path.endswith(".eml")} == {
        "k-meyer.eml": ["late-k-meyer.csv", "whole.csv"],
        "m-ortega.eml": ["late-m-ortega.csv", "whole.csv"],
        "all.eml": ["late-k-meyer.csv", "late-m-ortega.csv"],
    }


class _Blank:
    def __init__(self, path: str) -> None:
        self.path = path


def test_values_that_would_write_the_same_file_are_refused(tmp_path: Path) -> None:
    of, _, report = made(tmp_path, PER_MANAGER)
    twins: list[tuple[Value, ...]] = [("m.ortega", "Ana", 3), ("m ortega", "Bo", 1)]
    landed = {"late": Landed(land(Rows(LATE, twins), "late", tmp_path / "twins.duckdb", ()))}
    with pytest.raises(InvalidError) as caught:
        documents_due(of, report, landed)
    assert str(caught.value) == (
        'output "per_manager" would write late-m-ortega.csv for m.ortega, and that is written already for m ortega'
    )


def test_values_that_differ_only_in_capitals_are_said_to(tmp_path: Path) -> None:
    of, _, report = made(tmp_path, PER_MANAGER)
    twins: list[tuple[Value, ...]] = [("f.cohen", "Ana", 3), ("F.Cohen", "Bo", 1)]
    landed = {"late": Landed(land(Rows(LATE, twins), "late", tmp_path / "twins.duckdb", ()))}
    with pytest.raises(InvalidError) as caught:
        documents_due(of, report, landed)
    assert caught.value.diagnostics[0].hint == (
        'the two differ only in capitals or blanks: if they are one, mend manager in dataset "late"'
    )


def test_a_value_that_would_write_over_another_output_is_refused(tmp_path: Path) -> None:
    first = output("first", format="csv", dataset="late", path="late-k-meyer.csv")
    of, landed, report = made(tmp_path, first, PER_MANAGER)
    with pytest.raises(
        InvalidError, match=r"late-k-meyer\.csv for k\.meyer, and that is written already for output first"
    ):
        documents_due(of, report, landed)


def test_an_each_over_no_values_makes_no_document(tmp_path: Path) -> None:
    of, _, report = made(tmp_path, PER_MANAGER)
    landed = {"late": Landed(land(Rows(LATE, []), "late", tmp_path / "none.duckdb", ()))}
    assert documents_due(of, report, landed) == []


def test_due_is_a_value() -> None:
    assert Due.__dataclass_params__.frozen  # type: ignore[attr-defined]


def test_the_footer_tells_what_a_history_was_fed_by_and_what_is_missing(tmp_path: Path) -> None:
    diary, span = Diary(tmp_path), over("2026-11-08", "2026-11-12")
    node = HistoryNode("known", INTO, span, "at", TALKS, (), ())

    def notes() -> tuple[str, ...]:
        of = plan(node, rules={"known": Rules("ok", {})})
        (source,) = compose(of, {"known": diary.read("2026-11-16", span)}, (), {}, sandbox=True).sources
        assert (source.source, source.endpoint, source.window) == ("memory", INTO, span)
        return source.notes

    assert notes() == ("kept by no run", "missing: 2026-11-08 to 2026-11-11")
    diary.saw("2026-11-09", over("2026-11-08", "2026-11-09"), [])
    assert notes() == ("kept by a run, over 2026-11-08 to 2026-11-08", "missing: 2026-11-09 to 2026-11-11")
    for _ in "12":  # a run that is repeated tells nothing new
        diary.saw("2026-11-13", over("2026-11-10", "2026-11-13"), [])
    assert notes() == ("kept by runs as of 2 moments, over 2026-11-08 to 2026-11-12", "missing: 2026-11-09")
