"""What a plan says of values in packs and of windows in slices."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import FROM_PLAYS, planned, project_text

from reportrunner.cli.main import run_command
from reportrunner.cli.plan_text import plan_facts, plan_text

OUT = '\n[outputs.o]\nformat = "html"\n'
QUARTER = '[windows.week]\nperiod = "quarter"\noffset = -1\n'
ROSTER = '[datasets.entries]\nfile = "data/roster.csv"\ncolumns = { user_id = "string", name = "string", email = "string", manager = "string" }\n'  # noqa: E501
ENTRY = 'filters = { entryIdIn = ["{{ each }}"] }\n'
OPEN = 'each = { dataset = "entries", column = "user_id", pack = 200 }\n' + ENTRY
KNOWN = 'each = { values = ["1_a", "1_b", "1_c"], pack = 2 }\n' + ENTRY
SPLIT = 'split = "month"\n'


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (OPEN, "report.getTable x each(entries.user_id) in packs of 200, at most 50 requests at kaltura over week"),
        (KNOWN, "2 x report.getTable in packs of 2 at kaltura over week"),
        (SPLIT, "3 x report.getTable in 3 slices by month at kaltura over week"),
        (KNOWN + SPLIT, "6 x report.getTable in packs of 2 in 3 slices by month at kaltura over week"),
        (
            OPEN + SPLIT,
            ("report.getTable x each(entries.user_id) in packs of 200 in 3 slices by month, at most 150 requests"
            " at kaltura over week"),
        ),
        ('split = "year"\n', "1 x report.getTable in 1 slice by year at kaltura over week"),
    ],
)  # fmt: skip
def test_how_often_a_dataset_asks(keys: str, line: str) -> None:
    lines = plan_text(plan_facts(planned(f"{QUARTER}{FROM_PLAYS}{keys}{ROSTER if 'entries' in keys else ''}{OUT}")))
    assert f"  plays: {line}" in lines.splitlines()


def test_slices_are_printed_with_their_ends() -> None:
    plan = planned(f"{QUARTER}{FROM_PLAYS}{SPLIT}{OUT}")
    lines = [line.strip() for line in plan_text(plan_facts(plan)).splitlines()]
    assert "slice 2026-08: 2026-08-01T00:00:00-04:00 to 2026-09-01T00:00:00-04:00" in lines
    asked = [line for line in lines if line.startswith("reportInputFilter[fromDate]")]
    assert len(set(asked)) == 3


def test_of_many_requests_the_text_shows_the_first_and_the_facts_hold_all() -> None:
    facts = plan_facts(planned(f'{QUARTER}{FROM_PLAYS}split = "day"\n{OUT}'))
    assert len(facts["datasets"]["plays"]["requests"]) == 92
    lines = [line.strip() for line in plan_text(facts).splitlines()]
    assert len({line for line in lines if line.startswith("reportInputFilter[fromDate]")}) == 3
    assert "... and so 89 times more; --json shows all" in lines
    slices = [line for line in lines if line.startswith("slice ")]
    assert len(slices) == 11
    assert slices[-1].startswith("slice 2026-09-30:")
    assert "... 81 more" in lines


ZONES = """title = "Where was it played?"
timezone = "America/New_York"
[params]
zones = { type = "list", help = "Entries" }
[windows.week]
period = "week"
[datasets.plays]
source = "kaltura"
endpoint = "report.getTable"
report = "USER_TOP_CONTENT"
window = "week"
each = { values = "{{ params.zones }}", as = "zone" }
filters = { entryIdIn = ["{{ each }}"] }
[outputs.plays]
format = "csv"
dataset = "plays"
"""


@pytest.mark.parametrize(
    ("more", "environment"),
    [
        (["--param", "zones=1_b,1_a"], ""),
        ([], "1_b, 1_a"),
        (["--param", "zones=1_b,1_a"], "1_wrong"),
    ],
)
@pytest.mark.parametrize("way", ['as = "zone"', "pack = 1"])
def test_each_goes_over_a_list_from_the_command_line_or_the_environment(
    way: str,
    more: list[str],
    environment: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "reportrunner.toml").write_text(project_text(), "utf-8")
    (tmp_path / "jobs" / "zones.toml").write_text(ZONES.replace('as = "zone"', way), "utf-8")
    monkeypatch.chdir(tmp_path)
    if environment:
        monkeypatch.setenv("REPORTRUNNER_PARAM_ZONES", environment)
    assert run_command(["plan", "jobs/zones.toml", "--as-of", "2026-11-16", *more]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert [line for line in lines if "getTable" in line and "fetch" not in line] == [
        f"plays: 2 x report.getTable{' in packs of 1' if 'pack' in way else ''} at kaltura over week"
    ]
    asked = dict.fromkeys(line for line in lines if "entryIdIn" in line)
    assert list(asked) == ["reportInputFilter[entryIdIn] = 1_b", "reportInputFilter[entryIdIn] = 1_a"]
