"""Every job of the library: what it publishes, what it would ask, and that it reads as a job of the library should.

What is expected stands in `tests/golden/library/<job>/`, and the page of each job in `docs/jobs/`. With
REPORTRUNNER_GOLDEN=write in the environment both are written anew; read what changed before keeping it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tomllib
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from full.project import MOMENTS
from pages import index, page
from published import page_words, reduced
from running import AS_OF, ROOT, Finished, copy_library, run

from reportrunner.cli.main import run_command

GOLDEN = Path(__file__).parents[1] / "golden" / "library"
PAGES = ROOT / "docs" / "jobs"
JOBS = sorted(
    path.relative_to(ROOT / "jobs").with_suffix("").as_posix()
    for path in (ROOT / "jobs").rglob("*.toml")
    if path.parent != ROOT / "jobs" and "examples" not in path.parts
)
WRITE = os.environ.get("REPORTRUNNER_GOLDEN") == "write"
LONG = 20_000
"""Letters of a file beyond which its golden copy is its beginning and a hash of it all."""


def name_of(job: str) -> str:
    return job.replace("/", "-")


def job_text(job: str) -> str:
    return (ROOT / "jobs" / f"{job}.toml").read_text("utf-8")


def short(text: str) -> str:
    if len(text) <= LONG:
        return text
    whole = hashlib.sha256(text.encode()).hexdigest()
    return f"{''.join(text.splitlines(keepends=True)[:40])}... {text.count(chr(10))} lines, sha256 {whole}\n"


def mail_words(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    heads = "".join(f"{name}: {message[name]}\n" for name in ("Subject", "To", "Cc") if message[name])
    attached = "".join(f"Attached: {part.get_filename()}\n" for part in message.iter_attachments())
    words = str(body.get_content()).replace("\r\n", "\n")
    return f"{heads}{attached}\n{words}"


def told(finished: Finished) -> dict[str, str]:
    """What a run published, as it is compared."""
    found = {}
    for path in sorted(path for path in finished.folder.rglob("*") if path.is_file()):
        name = path.relative_to(finished.folder).as_posix()
        if name == "manifest.toml":
            found[name] = reduced(path.read_text("utf-8"))
        elif name.endswith(".html"):
            found[name.removesuffix(".html") + ".txt"] = short(page_words(path.read_text("utf-8")))
        elif name.endswith(".eml"):
            found[name] = short(mail_words(finished.message(name)))
        elif name != "run.json":
            found[name] = short(path.read_text("utf-8"))
    return found


def compare(place: Path, found: Mapping[str, str]) -> None:
    if WRITE:
        shutil.rmtree(place, ignore_errors=True)
        for name, text in found.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(text.encode())
    expected = {path.relative_to(place).as_posix(): path.read_text("utf-8") for path in place.rglob("*.*")}
    assert found == expected


@pytest.mark.parametrize("job", JOBS, ids=name_of)
def test_what_a_job_publishes(job: str, tmp_path: Path) -> None:
    finished = run(tmp_path / "project", job, "--as-of", MOMENTS.get(job, AS_OF))
    assert finished.code == 0, finished.err
    assert {severity for severity, _ in finished.findings.values()} <= {"ok", "warn"}
    compare(GOLDEN / name_of(job), told(finished))


@pytest.mark.parametrize("job", sorted(MOMENTS), ids=name_of)
def test_what_a_job_about_a_moment_publishes_on_any_other_day(job: str, tmp_path: Path) -> None:
    finished = run(tmp_path / "project", job)
    assert finished.code == 0, finished.err
    compare(GOLDEN / f"{name_of(job)}-any-day", told(finished))


@pytest.mark.parametrize("job", JOBS, ids=name_of)
def test_a_job_has_no_warning(job: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = copy_library(tmp_path / "project", job)
    assert run_command(["validate", str(project / "jobs" / f"{job}.toml"), "--as-of", AS_OF]) == 0
    assert re.search(r": valid, \d+ datasets?, \d+ checks?, \d+ outputs?$", capsys.readouterr().err.rstrip())


@pytest.mark.parametrize("job", JOBS, ids=name_of)
def test_a_job_is_read_in_a_minute(job: str) -> None:
    text = job_text(job)
    data = tomllib.loads(text)
    family = job.partition("/")[0]
    assert data["title"].endswith("?")
    assert data["tags"][:2] == ["library", family]
    assert "@" in data["owner"]
    assert len(data["checks"]) >= 2
    assert len([line for line in text.splitlines() if line]) <= 155
    why = [line for line in text.splitlines()[1:8] if line.startswith("# ")]
    assert len(why) >= 2, "the first comment says why there is this report, and which traps it avoids"
    for param in data.get("params", {}).values():
        assert param["help"]
        assert "default" in param
    for name, dataset in data["datasets"].items():
        assert dataset.get("description"), f"{name} says what it is"
    for check in data["checks"].values():
        assert check["message"]


@pytest.mark.parametrize("job", JOBS, ids=name_of)
def test_a_job_has_a_page_of_its_own_and_rows_to_go_on_with(job: str) -> None:
    outputs: dict[str, Any] = tomllib.loads(job_text(job))["outputs"]
    formats = {output["format"] for output in outputs.values()}
    assert {"csv", "html"} <= formats
    for output in outputs.values():
        if output["format"] == "html":
            assert output["template"] == f"{job}.html.j2"


@pytest.mark.parametrize("job", JOBS, ids=name_of)
def test_a_job_has_its_page_in_the_docs(job: str) -> None:
    same(PAGES / f"{name_of(job)}.md", page(job))


def test_the_index_has_every_job() -> None:
    same(PAGES / "README.md", index(JOBS))


def same(file: Path, found: str) -> None:
    if WRITE:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(found, "utf-8")
    assert file.read_text("utf-8") == found


def test_nothing_expected_is_left_over_from_a_job_that_is_gone() -> None:
    names = {name_of(job) for job in JOBS}
    assert {path.name for path in GOLDEN.iterdir()} == names | {f"{name_of(job)}-any-day" for job in MOMENTS}
    assert {path.stem for path in PAGES.iterdir()} == names | {"README"}


@pytest.mark.parametrize("template", sorted((ROOT / "templates").glob("*/*.j2")), ids=lambda path: path.stem)
def test_a_week_is_called_by_its_own_name(template: Path) -> None:
    """The label of a run ends in six digits where params were given: a name of a folder, and of no week."""
    assert "report.label" not in template.read_text("utf-8")
