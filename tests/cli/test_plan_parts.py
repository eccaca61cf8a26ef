"""What a plan says of values in packs and of windows in slices."""

from __future__ import annotations

import pytest
from projects import FROM_PLAYS, planned

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
