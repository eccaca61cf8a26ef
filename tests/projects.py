"""Copies of this project's own job, data and templates, to be bent out of shape and loaded."""

from __future__ import annotations

import datetime as dt
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from reportrunner.errors import Diagnostic, InvalidError
from reportrunner.job import JobSpec, Moment, Project
from reportrunner.load import Given, load_job, load_project
from reportrunner.plan import RunPlan, plan_run
from reportrunner.prepare import FAMILIES, Order, Prepared, prepare
from reportrunner.query import Bound, Query
from reportrunner.table import Column
from reportrunner.toml_file import TomlFile
from reportrunner.transform import bind_all
from reportrunner.window.zone import use_packaged_zones

ROOT = Path(__file__).parents[1]
JOB = "jobs/weekly-compliance.toml"
WALL = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
AS_OF = "2026-11-16"


def copy_project(folder: Path) -> Path:
    """Copy what a run of the showcase job reads."""
    for name in ("jobs", "data", "templates"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "reportrunner.toml").write_text(project_text(), "utf-8")
    return folder


def project_text() -> str:
    """The project file without the sources that no showcase asks: each would be read again and again."""
    return (ROOT / "reportrunner.toml").read_text("utf-8").partition("\n# APIs of our own")[0]


def prepared(root: Path, as_of: str = AS_OF, params: Mapping[str, str] | None = None) -> Prepared:
    """Prepare the copy's job as a command does; raises InvalidError with all that is wrong."""
    given = Given(params or {}, {})
    return prepare(Order(root / JOB, root, JOB, "", Moment(as_of, WALL, sandbox=True), given))


class Binding:
    """`bind_all` that remembers: most slips leave the SQL and what it reads as it was."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, Bound]] = {}

    def __call__(
        self, queries: Sequence[Query], schemas: Mapping[str, tuple[Column, ...] | None], as_of: dt.datetime
    ) -> dict[str, Bound]:
        asked = repr((list(queries), sorted(schemas.items()), as_of))
        if asked not in self._known:
            self._known[asked] = bind_all(queries, schemas, as_of)
        return self._known[asked]


HEAD = 'title = "Weekly"\ntimezone = "America/New_York"\n'
FROM_PLAYS = """
[datasets.plays]
source   = "kaltura"
endpoint = "report.getTable"
report   = "USER_TOP_CONTENT"
window   = "week"
"""
WEEK = '[windows.week]\nperiod = "week"\n'
BIND = Binding()


def toml(text: str) -> TomlFile:
    """A job file that is only a text; its first lines are HEAD."""
    return TomlFile("job.toml", HEAD + text, tomllib.loads(HEAD + text))


@cache
def own_project() -> Project:
    """This project's own file as it was read once: a value, and no test changes the file."""
    return load_project(ROOT, "reportrunner.toml", FAMILIES)


def loaded(text: str, given: Given | None = None, root: Path = ROOT, moment: Moment | None = None) -> JobSpec:
    """Load a job that is only a text against a project; what is wrong stands in its diagnostics."""
    use_packaged_zones()
    project = own_project() if root == ROOT else load_project(root, "reportrunner.toml", FAMILIES)
    chosen = moment or Moment(AS_OF, WALL, sandbox=True)
    return load_job(toml(text), "job", project, chosen, given or Given({}, {}), FAMILIES)


def planned(text: str, given: Given | None = None, root: Path = ROOT) -> RunPlan:
    """Plan a job that is only a text; its templates are not looked at."""
    job = loaded(text, given, root)
    return plan_run(job, lambda queries, schemas: BIND(queries, schemas, job.as_of), lambda _, __: ())


def problems(text: str, given: Given | None = None, root: Path = ROOT) -> list[str]:
    """What is said of a job that is only a text: what the caret underlines, the sentence, the help."""
    try:
        found = planned(text, given, root).warnings
    except InvalidError as error:
        found = error.diagnostics
    return [_line(one) for one in found]


def problem(text: str, given: Given | None = None, root: Path = ROOT) -> str:
    """The one thing that is said."""
    (only,) = problems(text, given, root)
    return only


def _line(one: Diagnostic) -> str:
    marked = one.source[one.column - 1 : one.column - 1 + one.width]
    return f"{marked}: {one.message}" + (f" | {one.hint}" if one.hint else "")
