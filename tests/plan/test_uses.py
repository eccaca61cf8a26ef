"""What nobody uses: windows are errors, datasets warnings; a misspelt use is a use."""

# ruff: noqa: E501 - a line of a table is one case

from __future__ import annotations

import pytest
from projects import FROM_PLAYS, WEEK, problems

A = '[datasets.a]\nrows = [{ id = "x", n = 1 }]\n'
B = '[datasets.b]\nrows = [{ id = "y", n = 1 }]\n'
TAKES_A = '[outputs.o]\nformat = "csv"\ndataset = "a"\n'
UNUSED_B = 'nobody uses the dataset "b"'


def unused(text: str) -> list[str]:
    return [one.partition(": ")[2].partition(" |")[0] for one in problems(text) if "nobody" in one]


@pytest.mark.parametrize(
    "use",
    [
        'label = "{{ windows.week.label }}"\n' + A,
        '[windows.before]\nlike = "week"\nshift = "-1 week"\n[datasets.a]\nrows = [{ id = "{{ windows.before.label }}" }]\n',
        '[datasets.a]\nsql = "select {{ windows.week.days }} as n"\n',
        FROM_PLAYS.replace("datasets.plays", "datasets.a"),
        FROM_PLAYS.replace("datasets.plays", "datasets.a").replace("window  ", "windw  "),
        FROM_PLAYS.replace("datasets.plays", "datasets.a").replace('"week"', '"wek"'),
        FROM_PLAYS.replace("datasets.plays", "dataset.a"),
        '[datasets.a]\nrows = [{ id = "{{ windows.weak.label }}" }]\n',
        '[windows.before]\nlike = "wek"\nshift = "-1 week"\n[datasets.a]\nrows = [{ id = "{{ windows.before.label }}" }]\n',
    ],
)  # fmt: skip
def test_what_uses_a_window(use: str) -> None:
    head, brace, rest = use.partition("[")
    assert unused(f"{head}{WEEK}{brace}{rest}{TAKES_A}") == []


@pytest.mark.parametrize(
    "text",
    [
        A,
        '[datasets.a]\ndescription = "windows.week"\nrows = [{ id = "week" }]\n',
        '[windows.weekly]\nperiod = "week"\n[datasets.a]\nrows = [{ id = "{{ windows.weekly.label }}" }]\n',
    ],
)
def test_what_does_not(text: str) -> None:
    assert unused(f"{WEEK}{text}{TAKES_A}") == ['nobody uses the window "week"']


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", [UNUSED_B]),
        ('[outputs.p]\nformat = "html"\n', []),
        ('[outputs.p]\nformat = "html"\ndatasets = ["a"]\n', [UNUSED_B]),
        ('[outputs.p]\nformat = "html"\ndatasets = ["a", "b"]\n', []),
        ('[outputs.p]\nformat = "csv"\ndataset = "a"\neach = { dataset = "b", column = "id" }\npath = "{{ each }}.csv"\n', []),
        ('[checks.c]\ndataset = "b"\nrows = ">= 1"\n', []),
        ('[checks.c]\nsql = "select id from b where n > 1"\n', []),
        ('[checks.c]\nsql = "select 1 as n where false"\n', [UNUSED_B]),
    ],
)  # fmt: skip
def test_a_dataset_is_used_by_outputs_and_checks(text: str, said: list[str]) -> None:
    assert unused(f"{A}{B}{TAKES_A}{text}") == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[datasets.a]\nsql = "select id from b"\n', []),
        (FROM_PLAYS.replace("plays", "a", 1) + 'each = { dataset = "b", column = "id" }\nfilters = { entryIdIn = ["{{ each }}"] }\n', []),
        (FROM_PLAYS.replace("plays", "a", 1), [UNUSED_B]),
    ],
)  # fmt: skip
def test_a_dataset_is_used_by_datasets(text: str, said: list[str]) -> None:
    window = WEEK if "window" in text else ""
    assert unused(f"{window}{text}{B}{TAKES_A}") == said


def test_a_total_is_used_by_what_reconciles_with_it() -> None:
    total = '[datasets.b]\nsource = "kaltura"\nendpoint = "report.getTotal"\nreport = 13\nwindow = "week"\n'
    plays = FROM_PLAYS.replace("plays", "a", 1)
    assert unused(f'{WEEK}{plays}reconcile = "b"\n{total}{TAKES_A}') == []
    assert unused(f"{WEEK}{plays}{total}{TAKES_A}") == [UNUSED_B]


def test_a_dataset_that_nobody_uses_is_a_warning_with_its_place() -> None:
    assert problems(f"{A}{B}{TAKES_A}") == [f"[datasets.b]: {UNUSED_B}"]
