"""A report as the weekly compliance job makes it: 14 managers, 240 people, 4 courses, awkward names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from reportrunner.report import DatasetView, Finding, Report, SourceNote
from reportrunner.table import Column, ColumnType, Value
from reportrunner.window import Window

ZONE = ZoneInfo("America/New_York")
AS_OF = dt.datetime(2026, 11, 16, tzinfo=ZONE)
WEEK = Window(dt.datetime(2026, 11, 9, tzinfo=ZONE), AS_OF, "America/New_York", "2026-W46")
CAMPAIGN = Window(dt.datetime(2026, 9, 1, tzinfo=ZONE), AS_OF, "America/New_York", "2026-09-01..2026-11-15")
S, N, R, D = ColumnType.STRING, ColumnType.INTEGER, ColumnType.RATIO, ColumnType.DECIMAL
TEMPLATES = Path(__file__).parent.parent / "templates"

MANAGERS = (
    "Adaeze Okonkwo", "Björn Åkesson", "Chloé Lefèvre", "Dmitrij Šešelj", "Emily Carter", "Fatima al-Rashid",
    "Grzegorz Brzęczyszczykiewicz", "Hanna Müller", "Íris Þórsdóttir", "James O'Neill", "Kenji Watanabe",
    "Lucía Fernández", "Marcus Webb", "Nguyễn Thị Hoa",
)  # fmt: skip
FIRST = ("Ana", "Bao", "Carlos", "Dana", "Elif", "Finn", "Gül", "Hugo", "Ines", "Jürgen", "Kaja", "Łukasz")
LAST = ("Ivanović", "Smith", "García", "Nowak", "Østergaard", "D'Angelo", "Fischer", "Tanaka", "Walsh", "Çelik")
AWKWARD = ('=HYPERLINK("http://x.example","pay")', "Smith; Jones", "Pipe | Dream", "<script>alert(1)</script>")
COURSES = (
    ("1_gdpr1", "GDPR basics", "0.9"),
    ("1_gdpr2", "Data subjects and their rights", "0.9"),
    ("1_abc01", "Anti-bribery & corruption", "0.8"),
    ("1_sec01", "Information security: phishing", "0.9"),
)


def dataset(name: str, columns: Mapping[str, ColumnType], rows: list[tuple[Value, ...]]) -> DatasetView:
    """Return a dataset of the week."""
    described = tuple(Column(column, kind) for column, kind in columns.items())
    return DatasetView(name, "", described, tuple(rows), len(rows), (), WEEK)


def person(number: int) -> tuple[str, str, str]:
    """Return id, name and address of a person; some names are awkward."""
    name = f"{FIRST[number % 12]} {LAST[number * 7 % 10]}"
    if number % 17 == 3:
        name = AWKWARD[number // 17 % len(AWKWARD)]
    return f"u{number:04}", name, f"u{number:04}@example.org"


def overdue() -> DatasetView:
    """Return 60 overdue rows, sorted by manager."""
    rows: list[tuple[Value, ...]] = []
    for number in range(60):
        manager = MANAGERS[(number * number + number // 3) % 13]
        user_id, name, email = person(number * 3 // 4 * 5)
        entry, title, required = COURSES[(0, 1, 1, 2, 3, 3, 3)[number % 7]]
        done = Decimal(0) if number % 3 else Decimal(number % 9 * 10) / 100
        status = "in progress" if done else "never started"
        rows.append((manager, user_id, name, email, entry, title, done, Decimal(required), status))
    columns = dict.fromkeys(("manager", "user_id", "name", "email", "entry_id", "title"), S)
    columns |= {"completion": R, "required": R, "status": S}
    return dataset("overdue", columns, sorted(rows, key=lambda row: (str(row[0]), str(row[2]), str(row[4]))))


def by_manager(late: DatasetView) -> DatasetView:
    """Return one row per manager."""
    rows: list[tuple[Value, ...]] = []
    for place, manager in enumerate(MANAGERS):
        mine = [row for row in late.rows if row[0] == manager]
        rows.append((manager, 14 + place % 5 * 2, len({row[1] for row in mine}), len(mine)))
    columns = {"manager": S, "people": N, "overdue_people": N, "overdue_courses": N}
    return dataset("by_manager", columns, rows)


def by_course(late: DatasetView) -> DatasetView:
    """Return one row per course."""
    rows: list[tuple[Value, ...]] = []
    for entry, title, required in COURSES:
        mine = [row for row in late.rows if row[4] == entry]
        never = sum(row[8] == "never started" for row in mine)
        finished = 240 - len(mine)
        rate = Decimal(finished) / 240
        rows.append((entry, title, Decimal(required), 240, finished, len(mine) - never, never, rate))
    columns = {"entry_id": S, "title": S, "required": R, "assigned": N, "finished": N, "in_progress": N}
    return dataset("by_course", columns | {"never_started": N, "completion_rate": R}, rows)


def activity() -> DatasetView:
    """Return what people watched in the week."""
    rows: list[tuple[Value, ...]] = [
        (person(n)[0], COURSES[n % 4][0], n % 5 + 1, Decimal(n * 37 % 900) / 10) for n in range(45)
    ]
    columns = {"name": S, "entry_id": S, "count_plays": N, "sum_time_viewed": D}
    return dataset("activity", columns, rows)


def polls() -> DatasetView:
    """Return the answers to polls."""
    asked = (
        ("p1", "Was the pace right?", {"Yes": 61, "Too fast": 22, "Too slow": 5}),
        ("p2", "May a customer ask what we store about them?", {"Yes, always": 74, "Only in the EU": 14}),
    )
    rows: list[tuple[Value, ...]] = [
        (poll, question, person(number)[0], answer, 1)
        for poll, question, votes in asked
        for answer, count in votes.items()
        for number in range(count)
    ]
    return dataset("polls", {"poll_id": S, "poll_question": S, "user_id": S, "answer": S, "votes": N}, rows)


FINDINGS = (
    Finding(
        "check",
        "warn",
        "checks.everyone_known",
        "People watched who are not on the roster",
        3,
        ("user_id guest-1", "user_id guest-<2>"),
    ),
    Finding("check", "warn", "checks.no_anonymous", "Plays without a user id cannot be counted for anybody", 12),
)


def report(*, sandbox: bool = False, findings: tuple[Finding, ...] = FINDINGS) -> Report:
    """Return the whole report."""
    late = overdue()
    made = (late, by_manager(late), by_course(late), activity(), polls())
    note = (
        "Plays of live sessions are not counted: the report covers on-demand plays only (kaltura.vod_only, accepted)."
    )
    return Report(
        job="weekly-compliance",
        title="Compliance training: who is overdue",
        label="2026-W46",
        timezone="America/New_York",
        as_of=AS_OF,
        params={"campaign_start": dt.date(2026, 9, 1)},
        windows={"campaign": CAMPAIGN, "week": WEEK},
        datasets={each.name: each for each in made},
        checks=(*findings, Finding("check", "ok", "checks.roster_filled", "")),
        findings=findings,
        sources=(
            SourceNote("progress", "kaltura", "report.getTable", (note,), CAMPAIGN, 3_120),
            SourceNote("activity", "kaltura", "report.getTable", (note,), WEEK, 7),
            SourceNote("polls", "kaltura_reports", "pollsActivity", ("The zone of its days is unknown.",), WEEK, 88),
        ),
        provenance={"job_file": "sha256:6f1ed002ab5595859014ebf0951522d9", "version": "0.1.0", "tzdata": "2026.6"},
        sandbox=sandbox,
    )


def without_overdue() -> Report:
    """Return the report of a week in which everybody has finished."""
    full = report(findings=())
    empty = replace(full.datasets["overdue"], rows=(), total_rows=0)
    managers = full.datasets["by_manager"]
    clean = replace(managers, rows=tuple((*row[:2], 0, 0) for row in managers.rows))
    return replace(full, datasets={**full.datasets, "overdue": empty, "by_manager": clean})


def templates() -> dict[str, str]:
    """Return the project's templates."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(TEMPLATES.glob("*.j2"))}
