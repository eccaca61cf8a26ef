"""House rules that no tool checks: budgets, docstrings, a room per foreign library, the clock in the door only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "reportrunner"
JOBS = PACKAGE.parent / "jobs"
FILES = sorted(PACKAGE.rglob("*.py"))
NAMES = [path.relative_to(PACKAGE).as_posix() for path in FILES]
ROOMS = {
    "Crypto": {"providers/kaltura/session.py"},
    "click": {"cli/"},
    "css_inline": {"formats/email.py"},
    "duckdb": {"duck.py"},
    "jsonpath": {"providers/rest/places.py"},
    "jinja2": {"expression/syntax.py", "templating/"},
    "pydantic": {
        "cli/", "ask.py", "calendar_spec.py", "checker.py", "diagnose/", "fan_out_spec.py", "fixtures.py", "formats/",
        "load/defaults.py", "memory_spec.py", "providers/", "schema.py", "source_spec.py", "spec.py", "strict.py",
        "window_spec.py",
    },
    "requests": {"transport.py"},
    "jwt": {"providers/livekit/session.py"},
    "resvg_py": {"templating/charts.py"},
    "tomli_w": {"manifest.py"},
    "tree_sitter": {"toml_file/index.py"},
    "tree_sitter_toml": {"toml_file/index.py"},
    "urllib3": {"transport.py"},
    "vl_convert": {"templating/charts.py"},
}  # fmt: skip


@cache
def tree(name: str) -> ast.Module:
    return ast.parse((PACKAGE / name).read_text("utf-8"))


def functions(name: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree(name)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("name", NAMES)
def test_a_module_has_at_most_300_lines(name: str) -> None:
    assert len((PACKAGE / name).read_text("utf-8").splitlines()) <= 300


@pytest.mark.parametrize("job", sorted(path.relative_to(JOBS).as_posix() for path in JOBS.rglob("*.toml")))
def test_a_line_of_a_job_has_at_most_120_characters(job: str) -> None:
    lines = (JOBS / job).read_text("utf-8").splitlines()
    assert [number for number, line in enumerate(lines, 1) if len(line) > 120] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_function_has_at_most_50_lines(name: str) -> None:
    long = [f.name for f in functions(name) if (f.end_lineno or 0) - f.lineno + 1 > 50]
    assert long == []


@pytest.mark.parametrize("name", NAMES)
def test_a_function_has_at_most_six_parameters(name: str) -> None:
    wide = []
    for function in functions(name):
        arguments = function.args
        parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        if len([p for p in parameters if p.arg not in {"self", "cls"}]) > 6:
            wide.append(function.name)
    assert wide == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_public_says_what_it_is(name: str) -> None:
    silent = [] if ast.get_docstring(tree(name)) or not tree(name).body else ["module"]
    for node in tree(name).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            silent += [] if ast.get_docstring(node) else [node.name]
            members = node.body if isinstance(node, ast.ClassDef) else []
            silent += [
                f"{node.name}.{m.name}"
                for m in members
                if isinstance(m, ast.FunctionDef) and not m.name.startswith("_") and not ast.get_docstring(m)
            ]
    assert silent == []


def imported(name: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("library", sorted(ROOMS))
def test_a_foreign_library_has_its_rooms(library: str) -> None:
    users = {name for name in NAMES if library in imported(name)}
    strangers = {name for name in users if not any(name.startswith(room) for room in ROOMS[library])}
    assert users
    assert strangers == set()


CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "perf_counter"}


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("cli/")])
def test_only_the_door_reads_the_clock(name: str) -> None:
    read = [
        ast.unparse(node)
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCKS
        and ast.unparse(node.func.value) in {"time", "datetime", "dt.datetime", "date", "dt.date", "datetime.datetime"}
    ]
    assert read == []


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("cli/")])
def test_only_the_door_prints_and_exits(name: str) -> None:
    said = [
        ast.unparse(node.func)
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"print", "exit", "sys.exit", "click.echo"}
    ]
    allowed = ["sys.exit"] if name == "__main__.py" else []
    assert said == allowed
