"""Sources of the project around the current folder are explained as providers are, with the endpoints they define."""

from __future__ import annotations

from pathlib import Path

import pytest

from reportrunner.cli.main import run_command

ROOT = Path(__file__).parents[2]
Said = pytest.CaptureFixture[str]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One source with one endpoint, in a file that it includes; the current folder lies inside the project."""
    (tmp_path / "jobs").mkdir()
    (tmp_path / "reportrunner.toml").write_text(
        '[sources.pay]\nprovider = "rest"\nbase_url = "https://pay.example"\n'
        "[sources.pay.endpoints.charges]\nsummary = 'Charges of a day'\nresponse = { format = 'json', rows = '$' }\n"
        "request = { path = '/charges' }\ncolumns = { id = 'integer', who = { type = 'string', personal = true } }\n"
        "traps = ['amounts are in cents']\n",
        "utf-8",
    )
    monkeypatch.chdir(tmp_path / "jobs")
    return tmp_path


def explained(said: Said, subject: str) -> str:
    assert run_command(["explain", subject]) == 0
    return said.readouterr().out


@pytest.mark.usefixtures("project")
def test_a_source_and_its_endpoints(capsys: Said) -> None:
    assert explained(capsys, "pay") == (
        "pay: a rest source at https://pay.example (explain rest tells its keys)\n\nendpoints\n"
        "  charges  Charges of a day\n"
    )
    told = explained(capsys, "pay.charges")
    assert told.startswith("pay.charges: Charges of a day\n")
    assert "changes something" not in told
    assert "\n  id: integer, additivity unknown" in told
    assert "\n  who: string, additivity unknown, personal" in told
    assert "\n  - amounts are in cents\n" in told


def test_what_is_unknown_beside_a_project_with_errors(project: Path, capsys: Said) -> None:
    assert run_command(["explain", "pay.chargse"]) == 2
    assert 'nothing is called "pay.chargse"; did you mean "pay.charges"?' in capsys.readouterr().err
    file = project / "reportrunner.toml"
    file.write_text(file.read_text("utf-8").replace("summary", "sumary"), "utf-8")
    assert run_command(["explain", "pay"]) == 2
    said = capsys.readouterr().err
    assert "reportrunner.toml has errors, so its sources may be missing here" in said
    assert "reportrunner.toml:5:1: unknown key" in said


def test_a_provider_whose_sources_define_endpoints_and_none_without_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "each source defines its own: explain SOURCE in the project tells them" in explained(capsys, "rest")
    assert run_command(["explain", "pay"]) == 2
    assert "has errors" not in capsys.readouterr().err
