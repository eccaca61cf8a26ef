"""What the jobs of the library make of worlds written by hand, where each of their checks must have found something."""

from __future__ import annotations

import tomllib

import pytest
from by_hand import WORLDS, Seen, World, worlds_of
from test_library import JOBS, job_text, name_of

from reportrunner.duck import Duck

ALL = [world for job in JOBS for world in worlds_of(job)]


@pytest.mark.parametrize("world", ALL, ids=lambda world: f"{name_of(world.job)}: {world.says}")
def test_a_world(world: World) -> None:
    with Duck() as duck:
        seen = Seen(world, duck)
        for dataset, text in world.gives.items():
            wanted, got = seen.as_written(dataset, text)
            assert got == wanted, dataset
        findings = seen.findings()
    told = {one.subject.removeprefix("checks."): [one.severity, *one.sample] for one in findings}
    assert told == world.finds
    checks = tomllib.loads(job_text(world.job))["checks"]
    for one in findings:
        mine = checks[one.subject.removeprefix("checks.")]
        assert (one.severity, one.message) == (mine.get("severity", "error"), mine["message"])


@pytest.mark.parametrize("job", JOBS, ids=name_of)
def test_every_check_finds_something_in_some_world_and_nothing_in_another(job: str) -> None:
    checks = set(tomllib.loads(job_text(job))["checks"])
    mine = [set(world.finds) for world in ALL if world.job == job]
    assert checks - set[str]().union(*mine) == set(), "checks that were never seen to find anything"
    assert all(any(name not in finds for finds in mine) for name in checks), "checks that were never seen to hold"


def test_no_world_is_left_over_from_a_job_that_is_gone() -> None:
    assert {path.stem for path in WORLDS.iterdir()} == {name_of(job) for job in JOBS}
