"""The same week of New York across both changes of its clock, for every endpoint: `golden/zones/<provider>.txt`.

What is sent of it, what is refused and with which ways out, and what the footer says. With REPORTRUNNER_GOLDEN=write in
the environment the files are written anew; read what changed before keeping it.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from week_cases import CASES, SOURCES

from reportrunner.ask import EndpointNode
from reportrunner.check import apply_rules
from reportrunner.compose import notes_of
from reportrunner.errors import InvalidError
from reportrunner.flow import Pairs, Request, fill_json, show
from reportrunner.job import JobSpec, Moment, Project
from reportrunner.load import Given, load_job, load_project
from reportrunner.plan import RunPlan, plan_run
from reportrunner.prepare import FAMILIES
from reportrunner.providers import PROVIDERS
from reportrunner.query import SqlText
from reportrunner.table import Rows
from reportrunner.toml_file import TomlFile
from reportrunner.window.zone import use_packaged_zones

GOLDEN = Path(__file__).parents[1] / "golden" / "zones"
WEEKS = {
    "autumn": ("2026-10-26", "2026-11-01", "2026-11-02"),
    "spring": ("2026-03-02", "2026-03-08", "2026-03-09"),
}
"""First day, last day, and as_of, which is also when requests are sent."""
LATER = "2027-01-04T00:00:00-05:00"
OF_TIME = re.compile(r"20\d\d-?\d\d-?\d\d|\b1[78]\d{8}\b|\b1[78]\d{11}\b")
CHOSEN = r"zone_mismatch|moment|dst|too_old|time_delta"
NAMES = re.compile(r"offset|interval|time_delta|zone", re.IGNORECASE)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    use_packaged_zones()
    root = tmp_path_factory.mktemp("project")
    (root / "reportrunner.toml").write_text(SOURCES, "utf-8")
    return load_project(root, "reportrunner.toml", FAMILIES)


@pytest.mark.parametrize("provider", sorted(CASES))
def test_the_week(provider: str, project: Project) -> None:
    lines = [f"# The week of New York in which its clock changes, asked of {provider}", ""]
    for endpoint, special, keys in CASES[provider]:
        lines += [f"{endpoint}{f': {special}' if special else ''}"]
        lines += [
            f"  {key}" for key in keys.splitlines() if re.match(r"zone_mismatch|moment|dst|too_old|time_delta", key)
        ]
        told = {name: list(_told(project, provider, endpoint, keys, *week)) for name, week in WEEKS.items()}
        for name, said in told.items():
            lines += [f"  {name}", *(f"    {line}" for line in said)]
        lines.append("")
    file, text = GOLDEN / f"{provider}.txt", "\n".join(lines)
    if os.environ.get("REPORTRUNNER_GOLDEN") == "write":
        file.write_text(text, "utf-8")
    assert text == file.read_text("utf-8")


def _told(project: Project, provider: str, endpoint: str, keys: str, *week: str) -> Iterator[str]:
    try:
        plan, job = _planned(project, _job(provider, endpoint, keys, *week[:2]), week[2])
    except InvalidError as error:
        for one in error.diagnostics:
            yield f"refused: {one.message}"
            yield from (f"  {way}" for way in _ways(one.hint))
        return
    node = plan.nodes["asked"]
    assert isinstance(node, EndpointNode)
    for step in (one for flow in plan.flows["asked"] for one in flow.steps):
        for request in step.requests:
            yield from _sent(request)
    found = apply_rules(job, plan.nodes, {}, _nothing_asked)
    yield from (f"finding: {one.code}" for one in found if one.code.startswith("window."))
    yield from (f"footer: {note}" for note in notes_of(node) if _is_of_days(node, note))


def _ways(hint: str) -> list[str]:
    return [way for way in re.split(r"(?:, or |, (?=zone_mismatch|timezone =)|; or )", hint) if way]


def _job(provider: str, endpoint: str, keys: str, first: str, last: str) -> str:
    return (
        f'title = "A week"\ntimezone = "America/New_York"\n[windows.week]\nfrom = {first}\nto = {last}\n'
        f'[datasets.asked]\nsource = "{provider}"\nendpoint = "{endpoint}"\nwindow = "week"\n{keys}\n'
        '[outputs.page]\nformat = "html"\n'
    )


def _planned(project: Project, text: str, as_of: str) -> tuple[RunPlan, JobSpec]:
    moment = Moment(as_of, dt.datetime.fromisoformat(LATER), sandbox=True)
    job = load_job(TomlFile("job.toml", text, tomllib.loads(text)), "job", project, moment, Given({}, {}), FAMILIES)
    return plan_run(job, lambda _, __: {}, lambda _, __: ()), job


def _nothing_asked(sql: SqlText, limit: int | None) -> tuple[Rows, int]:
    raise AssertionError(sql, limit)


def _is_of_days(node: EndpointNode, note: str) -> bool:
    return note not in node.endpoint.notes(node.parameters)


def _sent(request: Request) -> Iterator[str]:
    """What of a request speaks of time; the rest is in the golden plans of the examples."""
    body: Any = {} if request.json is None else fill_json(request.json, str)
    pairs = [*_shown(request.query), *_shown(request.form or ()), *_flat(body)]
    said = [f"{name} = {value}" for name, value in pairs if OF_TIME.search(value) or NAMES.search(name)]
    if said:
        yield f"{request.method} {show(request.path)}{f' ({request.part})' if request.part else ''}"
        yield from (f"  {line}" for line in said)


def _shown(pairs: Pairs) -> list[tuple[str, str]]:
    return [(name, show(value)) for name, value in pairs]


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(item, f"{name}.{key}".lstrip("."))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _flat(item, name)
    else:
        yield name, str(value)


def test_every_endpoint_that_takes_a_window_is_in_a_case(project: Project) -> None:
    for name, provider in PROVIDERS.items():
        endpoints = provider.endpoints or project.sources[name].provider.endpoints
        asked = {endpoint for endpoint, _, _ in CASES[name]}
        assert asked == {each.name for each in endpoints.values() if each.days.kind not in {"none", "params"}}


REFUSED = [
    pytest.param(provider, endpoint, keys, week, id=f"{provider}-{endpoint}-{special}-{week}")
    for provider, cases in CASES.items()
    for endpoint, special, keys in cases
    for week in WEEKS
]


@pytest.mark.parametrize(("provider", "endpoint", "keys", "week"), REFUSED)
def test_every_way_out_leads_out_when_it_is_typed(
    provider: str, endpoint: str, keys: str, week: str, project: Project
) -> None:
    first, last, as_of = WEEKS[week]
    job = _job(provider, endpoint, keys, first, last)
    try:
        _planned(project, job, as_of)
    except InvalidError as error:
        (refused,) = error.diagnostics
        ways = [clause for way in _ways(refused.hint) for clause in re.split(r": one with |, one with ", way)]
        typed = [changed for way in ways if (changed := _typed(job, way)) != job]
        assert len(typed) >= 2 - (endpoint == "report.exportToCsv") or "whole months" in refused.hint
        for one in typed if "whole months" not in refused.hint else typed[-1:]:
            _planned(project, one, as_of)


def _typed(job: str, way: str) -> str:
    """The job with what a way out says: each key where it stands, or belongs."""
    for key, value in re.findall(r"(\w+) = (\"[^\"]*\"|[\d-]+)", way):
        line = re.compile(rf"^{key} = .*$", re.MULTILINE)
        if line.search(job):
            job = line.sub(f"{key} = {value}", job, count=1)
        else:
            job = job.replace("[datasets.asked]\n", f"[datasets.asked]\n{key} = {value}\n")
    return job
