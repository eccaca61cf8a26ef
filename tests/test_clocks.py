"""No test judges by a clock: a busy machine is no defect."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
CLOCKS = frozenset({"monotonic", "perf_counter", "process_time", "thread_time", "time", "now"})


def names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def reads_a_clock(node: ast.AST, moments: set[str]) -> bool:
    calls = [part.func for part in ast.walk(node) if isinstance(part, ast.Call)]
    called = {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}
    return bool(called & CLOCKS or names(node) & moments)


def is_a_span(node: ast.AST, moments: set[str], spans: set[str]) -> bool:
    """Tell whether an expression is the time between two moments."""
    taken = [part for part in ast.walk(node) if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Sub)]
    return any(reads_a_clock(part, moments) for part in taken) or bool(names(node) & spans)


def lesser(compared: ast.Compare) -> Iterator[ast.expr]:
    """Name what a comparison says is the lesser."""
    sides = [compared.left, *compared.comparators]
    for left, operator, right in zip(sides, compared.ops, sides[1:], strict=False):
        if isinstance(operator, ast.Lt | ast.LtE):
            yield left
        elif isinstance(operator, ast.Gt | ast.GtE):
            yield right


def judged_by_a_clock(module: ast.Module) -> list[int]:
    """Return the lines that assert that something took no longer than so long."""
    moments, spans, found = set[str](), set[str](), []
    for node in ast.walk(module):
        if isinstance(node, ast.Assign):
            given = {target.id for target in node.targets if isinstance(target, ast.Name)}
            if is_a_span(node.value, moments, spans):
                spans |= given
            elif reads_a_clock(node.value, moments):
                moments |= given
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append":
            moments |= names(node.func.value) if any(reads_a_clock(each, set()) for each in node.args) else set()
    for asserted in (node.test for node in ast.walk(module) if isinstance(node, ast.Assert)):
        compared = [part for part in ast.walk(asserted) if isinstance(part, ast.Compare)]
        found += [each.lineno for part in compared for each in lesser(part) if is_a_span(each, moments, spans)]
    return found


@pytest.mark.parametrize("path", sorted(TESTS.rglob("test_*.py")), ids=lambda path: path.relative_to(TESTS).as_posix())
def test_no_test_judges_by_a_clock(path: Path) -> None:
    """What must be quick is measured by `bench`; what must not wait for something is held by a gate."""
    assert judged_by_a_clock(ast.parse(path.read_text("utf-8"))) == []


def test_what_judges_by_a_clock_is_seen() -> None:
    said = """
started = time.monotonic()
assert time.monotonic() - started < 2
wall = perf_counter() - started
assert wall <= 2.0
assert 0.5 < wall < 1
assert 2 > wall
assert wall > 0.5
assert time.monotonic() < end
assert started + 5 <= expiry <= time.time() + 5
moments.append(time.monotonic())
assert moments[1] - moments[0] < 1 <= moments[2] - moments[1]
"""
    assert judged_by_a_clock(ast.parse(said)) == [3, 5, 6, 7, 12]
