"""Which jobs arguments mean, and what the shared options read."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click
import pytest

from reportrunner.cli.options import environment_params, find_jobs, given_params, wall_clock
from reportrunner.errors import UsageError


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    for name, text in {
        "jobs/b.toml": 'tags = ["weekly"]\nowner = "x@example.org"\n',
        "jobs/a/a.toml": 'tags = ["weekly", "legal"]\n',
        "jobs/broken.toml": "tags = [",
        "jobs/odd.toml": "tags = 7\nowner = 8\n",
        "jobs/notes.md": "",
        "data/c.toml": "",
        "reportrunner.toml": "",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    monkeypatch.chdir(root)
    return root


def shown(*arguments: str, select: str = "") -> list[str]:
    return [job.shown for job in find_jobs([Path(argument) for argument in arguments], select)]


def test_a_file_a_folder_and_the_projects_own_folder(project: Path) -> None:
    every = ["jobs/a/a.toml", "jobs/b.toml", "jobs/broken.toml", "jobs/odd.toml"]
    assert shown("jobs/b.toml") == ["jobs/b.toml"]
    assert shown("jobs") == every
    assert shown(".") == every, "no other TOML file of a project is a job"
    assert shown("jobs/a", "jobs/b.toml") == ["jobs/a/a.toml", "jobs/b.toml"]


def test_a_job_is_meant_once_however_it_is_named(project: Path) -> None:
    assert shown("jobs/b.toml", str(project / "jobs" / "b.toml"), "jobs/../jobs/b.toml", "jobs/a") == [
        "jobs/b.toml",
        "jobs/a/a.toml",
    ]


def test_messages_name_files_from_where_one_stands(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here,) = find_jobs([Path("jobs/b.toml")], "")
    assert (here.shown_root, here.root, here.path) == ("", project, project / "jobs" / "b.toml")
    monkeypatch.chdir(project / "data")
    (there,) = find_jobs([Path("../jobs/b.toml")], "")
    assert (there.shown, there.shown_root) == ("../jobs/b.toml", "../")


@pytest.mark.parametrize(
    ("select", "names"),
    [
        ("tag:weekly", ["a", "b"]),
        ("tag:legal", ["a"]),
        ("owner:x@example.org", ["b"]),
        ("tag:legal, owner:x@example.org", ["a", "b"]),
    ],
)
def test_a_selection_takes_jobs_with_one_of_the_marks(project: Path, select: str, names: list[str]) -> None:
    assert [Path(name).stem for name in shown(select=select)] == names
    assert [Path(name).stem for name in shown("jobs", select=select)] == names


@pytest.mark.parametrize(
    ("arguments", "select", "said"),
    [
        ((), "", "which job? give a job file or a folder, or --select tag:weekly"),
        (("jobs/bb.toml",), "", 'there is no job file "jobs/bb.toml"; did you mean "jobs/b.toml"?'),
        (("nowhere/x.toml",), "", 'there is no job file "nowhere/x.toml"'),
        ((), "tag:monthly", "no job is meant: none has tag:monthly"),
        (("data/empty",), "", "no job is meant: the folder has no .toml file"),
        ((), "weekly", '--select takes tag:x or owner:y, not "weekly"'),
    ],
)
def test_what_means_no_job_is_a_usage_error(project: Path, arguments: tuple[str, ...], select: str, said: str) -> None:
    (project / "data" / "empty").mkdir()
    with pytest.raises((click.UsageError, UsageError)) as caught:
        shown(*arguments, select=select)
    assert str(getattr(caught.value, "message", caught.value)) == said


def test_one_call_serves_one_project(project: Path) -> None:
    other = project.parent / "other"
    (other / "jobs").mkdir(parents=True)
    (other / "reportrunner.toml").touch()
    (other / "jobs" / "b.toml").touch()
    with pytest.raises(UsageError, match="these jobs belong to 2 projects, and one call serves one"):
        shown("jobs/b.toml", "../other/jobs/b.toml")


def test_no_two_jobs_of_a_call_have_one_name(project: Path) -> None:
    (project / "data" / "b.toml").touch()
    with pytest.raises(UsageError, match=r'jobs/b\.toml and data/b\.toml are both named "b"'):
        shown("jobs/b.toml", "data/b.toml")


def test_outside_of_every_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.toml").touch()
    for arguments, select in ((("a.toml",), ""), ((), "tag:x")):
        with pytest.raises(UsageError, match="this is no reportrunner project"):
            shown(*arguments, select=select)


def test_params_are_pairs() -> None:
    assert given_params(["a=1", "b=x=y", "c="]) == {"a": "1", "b": "x=y", "c": ""}
    assert given_params(["a=1", "a=2"]) == {"a": "2"}
    for text in ("a", "=1", ""):
        with pytest.raises(click.UsageError, match="--param takes NAME=VALUE"):
            given_params([text])


def test_the_environment_gives_params_by_lower_case_name() -> None:
    environ = {"REPORTRUNNER_PARAM_START": "x", "REPORTRUNNER_PARAM_N_MAX": "3", "REPORTRUNNER": "no", "PARAM_X": "no"}
    assert environment_params(environ) == {"start": "x", "n_max": "3"}


def test_the_clock_is_aware_and_in_utc() -> None:
    assert wall_clock().utcoffset() == dt.timedelta()
