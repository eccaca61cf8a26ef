"""The documentation cannot drift: what exists is documented, what is documented exists, and what README says runs."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest
from projects import problems

from reportrunner import errors
from reportrunner.cli.main import COMMANDS, run_command
from reportrunner.finding_codes import CODES
from reportrunner.formats import FORMATS
from reportrunner.providers import PROVIDERS
from reportrunner.sandbox import Faults

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def first_cells(text: str, heading: str) -> set[str]:
    """The names in backticks of the first column of the table under that head."""
    table = text[text.index(heading) :].split("\n\n", maxsplit=1)[0].splitlines()[2:]
    return {name for row in table for name in re.findall(r"`([^`]+)`", row.split("|")[1])}


def test_every_command_is_in_the_readme_and_no_other() -> None:
    said = {cell.split()[1] for cell in first_cells(page("README.md"), "| command | does |")}
    assert said == set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_with_a_sentence_and_every_option_one(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command([name, "--help"]) == 0
    text = capsys.readouterr().out
    assert re.search(r"\n\n  [A-Z][^.]*\.", text)
    for option in re.findall(r"^  (-.*)$", text, re.MULTILINE):
        assert re.search(r"\S  +\S", option) or f"{option}\n   " in text


def test_every_exit_code_is_in_the_readme_and_no_other() -> None:
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.ReportrunnerError)]
    rows = re.findall(r"^\| (\d+) \|", page("README.md"), re.MULTILINE)
    assert {int(row) for row in rows} == {0, 5} | {c.exit_code for c in classes}


def provider_pages(name: str) -> list[str]:
    """A provider's own page and the pages beside it that it links to."""
    own = page(f"docs/providers/{name}.md")
    return [own, *(page(f"docs/providers/{other}") for other in re.findall(r"\]\(([\w]+\.md)\)", own))]


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_every_provider_has_a_page_with_all_its_endpoints(name: str) -> None:
    pages = provider_pages(name)
    assert f"docs/providers/{name}.md" in page("README.md")
    if PROVIDERS[name].endpoints_of:  # its sources define them, and its page lists keys
        return
    tables = set[str]().union(*(first_cells(text, "| endpoint |") for text in pages))
    assert tables >= set(PROVIDERS[name].endpoints)
    listed = re.findall(r"^\| `([^`]+)` \|", "\n".join(pages), re.MULTILINE)
    assert set(listed) == set(PROVIDERS[name].endpoints)


def examples() -> list[tuple[str, str]]:
    """The blocks of TOML in the pages of providers that are whole sections, by page and first name."""
    found = []
    for path in sorted((ROOT / "docs/providers").glob("*.md")):
        for text in re.findall(r"```toml\n(.*?)```", path.read_text("utf-8"), re.DOTALL):
            data = tomllib.loads(text)
            if data.keys() <= {"sources", "datasets"}:
                found.append((f"{path.stem}-{next(iter(next(iter(data.values()))))}", text))
    return found


@pytest.mark.parametrize("name", sorted(name for name in PROVIDERS if not PROVIDERS[name].endpoints_of))
def test_whose_days_an_endpoint_counts_is_on_its_page_in_its_own_words(name: str) -> None:
    table = page(f"docs/providers/{name}.md").split("| whose days | endpoints |\n", maxsplit=1)[1].split("\n\n")[0]
    rows = dict(re.findall(r"^\| ([^|`-][^|]*?) \| (.*) \|$", table, re.MULTILINE))
    told = {said: set(re.findall(r"`([^`]+)`", names)) for said, names in rows.items()}
    counted: dict[str, set[str]] = {}
    for endpoint in PROVIDERS[name].endpoints.values():
        counted.setdefault(endpoint.days.said, set()).add(endpoint.name)
    assert told == counted


WINDOWS = {"week": 'period = "week"\noffset = -1', "now": 'since = "-110s"\nuntil = "-20s"', "days": 'last = "3 days"'}


@pytest.mark.parametrize(("name", "text"), examples(), ids=[name for name, _ in examples()])
def test_every_example_of_a_provider_loads(name: str, text: str) -> None:
    for source in tomllib.loads(text).get("sources", {}).values():
        PROVIDERS[source["provider"]].settings.model_validate(source)
    _, bracket, datasets = text.partition("[datasets.")
    used = (name for name in WINDOWS if re.search(rf'"{name}"|windows\.{name}\.', text))
    windows = "".join(f"[windows.{name}]\n{WINDOWS[name]}\n" for name in used)
    job = f"{bracket}{datasets}" or "[datasets.some]\nrows = [{ n = 1 }]\n"
    assert problems(f'{windows}{job}\n[outputs.o]\nformat = "html"\n') == []


def snippets() -> list[str]:
    fences = re.findall(r"^ *```toml\n(.*?)^ *```", page("docs/jobs.md"), re.MULTILINE | re.DOTALL)
    return [text for text in fences if "[datasets." in text]


@pytest.mark.parametrize("text", snippets(), ids=[re.findall(r"\[datasets\.(\w+)", text)[0] for text in snippets()])
def test_every_dataset_of_the_page_on_jobs_loads(text: str) -> None:
    told = tomllib.loads(text)
    used = {dataset.get("window") for dataset in told["datasets"].values()} & set(WINDOWS) - set(
        told.get("windows", {})
    )
    frame = "".join(f"[windows.{name}]\n{WINDOWS[name]}\n" for name in sorted(used))
    for name in re.findall(r'dataset = "(\w+)", column = "id"', text):
        frame += f'[datasets.{name}]\nrows = [{{ id = "1_gdpr1" }}]\n'
    assert problems(f'{frame}{text}\n[outputs.o]\nformat = "html"\n') == []


def test_every_way_to_sign_in_is_one_that_a_source_takes() -> None:
    ways = [tomllib.loads(text) for text in re.findall(r"`(auth = \{.*\})`", page("docs/providers/kaltura.md"))]
    source = tomllib.loads(page("reportrunner.toml"))["sources"]["kaltura"]
    settings = [PROVIDERS["kaltura"].settings.model_validate({**source, **way}) for way in ways]
    assert [PROVIDERS["kaltura"].session_way(each) for each in settings] == ["given", "asked", "made", "asked"]


def test_every_endpoint_of_kaltura_is_in_an_example() -> None:
    shown = {
        dataset.get("endpoint")
        for _, text in examples()
        for dataset in tomllib.loads(text).get("datasets", {}).values()
    }
    assert shown >= set(PROVIDERS["kaltura"].endpoints)


def test_every_provider_page_is_of_a_provider() -> None:
    known = {text for name in PROVIDERS for text in provider_pages(name)}
    assert {path.read_text("utf-8") for path in (ROOT / "docs/providers").glob("*.md")} == known


def test_every_format_has_a_section_and_no_other() -> None:
    assert set(re.findall(r"^## `(\w+)`", page("docs/formats.md"), re.MULTILINE)) == set(FORMATS)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_key_of_a_format_is_documented(name: str) -> None:
    section = page("docs/formats.md").split(f"## `{name}`")[1].split("\n## ")[0]
    keys = set(FORMATS[name].options.model_fields) - {"format", "path", "each"}
    assert {key for key in keys if not re.search(rf"`{key}\b", section)} == set()


def test_every_finding_code_is_documented_in_its_own_words() -> None:
    rows = dict(re.findall(r"^\| `([^`]+)` \| (.*) \|$", page("docs/findings.md"), re.MULTILINE))
    assert rows == dict(CODES)


def test_every_fault_of_the_sandbox_is_documented() -> None:
    text = page("docs/sandbox.md")
    assert {name for name in Faults.__dataclass_fields__ if f"`{name}=" not in text} == set()


GUIDE = {4: 4, 5: 3, 6: 0, 7: 0, 8: 0, 9: 2, 10: 3, 11: 4, 12: 3, 13: 0, 14: 3, 15: 17, 16: 0}
"""The sections of the public analytics guide that ask for something, and how many parts each has."""


def test_every_section_of_the_guide_is_covered() -> None:
    wanted = {f"{section}.{part}" for section, parts in GUIDE.items() for part in range(1, parts + 1)}
    wanted |= {str(section) for section, parts in GUIDE.items() if not parts} | {"5"}
    rows = re.findall(r"^\| ([\d.]+) \|", page("docs/guide-coverage.md"), re.MULTILINE)
    assert sorted(rows) == sorted(wanted)


def test_every_job_and_test_that_covers_the_guide_exists() -> None:
    text = page("docs/guide-coverage.md")
    named = set(re.findall(r"`((?:jobs|tests)/[^`]+)`", text))
    assert sorted(path for path in named if not (ROOT / path).is_file()) == []
    assert [line for line in text.splitlines() if re.match(r"\| \d", line) and not named & set(line.split("`"))] == []


def test_every_job_of_the_library_stands_beside_the_page_it_answers() -> None:
    text = page("docs/guide-coverage.md")
    jobs = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "jobs").rglob("*.toml") if "examples" not in path.parts
    }
    assert sorted(job for job in jobs if f"`{job}`" not in text) == []


def test_every_example_is_listed_and_no_other() -> None:
    listed = re.findall(r"^\| \[`([^`]+)`\]\(\.\./jobs/examples/([^)]+)\.toml\) \|", page("docs/jobs.md"), re.MULTILINE)
    assert [name for name, path in listed if name not in {path, path.partition("/")[2]}] == []
    folder = ROOT / "jobs/examples"
    jobs = sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.toml"))
    assert sorted(path for _, path in listed) == jobs


def test_every_decision_is_listed() -> None:
    files = {path.name for path in (ROOT / "docs/decisions").glob("0*.md")}
    assert set(re.findall(r"\((0[^)]+\.md)\)", page("docs/decisions/README.md"))) == files


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def readme_commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", page("README.md"), re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if "reportrunner " in line]


@pytest.mark.parametrize("line", readme_commands())
def test_every_command_of_the_readme_runs(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    arguments = shlex.split(line)[1:]
    if arguments[0] == "run":
        arguments += ["--out", str(tmp_path)]
    assert run_command(arguments) == 0


def test_the_diagnostic_in_the_readme_is_what_the_command_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import shutil

    for name in ("jobs", "templates", "data", "apis"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "reportrunner.toml", tmp_path)
    job = tmp_path / "jobs/weekly-compliance.toml"
    job.write_text(job.read_text("utf-8").replace("entryIdIn =", "entryIdsIn =", 1), "utf-8")
    monkeypatch.chdir(tmp_path)
    assert run_command(["validate", "jobs/weekly-compliance.toml"]) == 3
    shown = re.search(r"```text\n(.*?)```", page("README.md"), re.DOTALL)
    assert shown
    assert capsys.readouterr().err == shown[1]
