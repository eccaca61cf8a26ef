"""A bench: what many runs of a project have in common is done once, and each run is prepared as if it were alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from projects import JOB, WALL, copy_project

from reportrunner.errors import InvalidError
from reportrunner.job import Moment
from reportrunner.load import Given
from reportrunner.prepare import Bench, Order, prepare
from reportrunner.query import Query
from reportrunner.table import Column
from reportrunner.transform import bind_all
from reportrunner.window.zone import use_packaged_zones


def order(root: Path, as_of: str) -> Order:
    use_packaged_zones()
    return Order(root / JOB, root, JOB, "", Moment(as_of, WALL, sandbox=True), Given({}, {}))


@pytest.fixture
def bound(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The names of the queries of every child that binding has started."""
    starts: list[list[str]] = []

    def counted(queries: Sequence[Query], schemas: Mapping[str, tuple[Column, ...] | None], as_of: Any) -> Any:
        starts.append([query.name for query in queries])
        return bind_all(queries, schemas, as_of)

    monkeypatch.setattr("reportrunner.prepare.bind_all", counted)
    return starts


def test_runs_of_other_days_share_what_was_bound_and_are_planned_as_if_alone(
    tmp_path: Path, bound: list[list[str]]
) -> None:
    root = copy_project(tmp_path)
    bench = Bench(order(root, "2026-11-16"))
    plans = [prepare(order(root, day), bench).plan for day in ("2026-11-16", "2026-11-09")]
    assert len(bound) == 1
    assert plans == [prepare(order(root, day)).plan for day in ("2026-11-16", "2026-11-09")]
    assert [plan.label for plan in plans] == ["2026-W46", "2026-W45"]


def test_another_query_is_bound_by_itself(tmp_path: Path, bound: list[list[str]]) -> None:
    root = copy_project(tmp_path)
    bench = Bench(order(root, "2026-11-16"))
    prepare(order(root, "2026-11-16"), bench)
    job = root / JOB
    job.write_text(
        job.read_text("utf-8").replace("cross join course c", "cross join course c where true or", 1), "utf-8"
    )
    with pytest.raises(InvalidError):
        prepare(order(root, "2026-11-16"), bench)
    assert len(bound) == 2


def test_what_a_template_wants_is_found_out_once_for_each_set_of_columns(tmp_path: Path) -> None:
    root = copy_project(tmp_path)
    renderer = Bench(order(root, "2026-11-16")).renderer
    first = renderer.check("compliance.email.j2", {"overdue": ("name",), "polls": ("answer",)})
    assert renderer.check("compliance.email.j2", {"overdue": ("name",), "polls": ("answer",)}) is first
    assert renderer.check("compliance.email.j2", {"polls": ("answer",)}) != first
