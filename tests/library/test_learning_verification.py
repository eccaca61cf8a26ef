"""The audit record: every cell, and what page and message say first, against raw plays and the answers they bring."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest
from lessons import NEW_YORK, by_person_and_entry, day_of, minutes, people_of, plays, rounded, seen
from running import AS_OF, Finished, in_zone, run, without_last_line

from reportrunner.sandbox.kaltura_metrics import METRICS
from reportrunner.sandbox.people import ANONYMOUS
from reportrunner.sandbox.quizzes import quiz_answers
from reportrunner.sandbox.universe import Event, entries

JOB = "learning/verification"
NAMES = {entry.entry_id: entry.name for entry in entries()}
Cells = dict[str, str | Decimal]


@dataclass(frozen=True)
class Rule:
    """What the job is told."""

    start: dt.date = dt.date(2026, 1, 1)
    courses: tuple[str, ...] = ("1_fire1", "1_phis1", "1_code1")
    watched: Decimal = Decimal("0.9")
    mark: Decimal = Decimal("0.6")
    zone: str = NEW_YORK

    @property
    def plays(self) -> list[Event]:
        """The campaign's plays."""
        return plays(self.courses, self.start, dt.date.fromisoformat(AS_OF), self.zone)


def truth(roster: list[dict[str, str]], rule: Rule) -> list[Cells]:
    """The record of everyone in every course."""
    found = rule.plays
    mine = by_person_and_entry(found)
    answers: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for answer in quiz_answers(found):
        answers[answer.user_id, answer.entry_id].append(answer.correct)
    rows = []
    for person in roster:
        for course in rule.courses:
            his, told = mine.get((person["user_id"], course), []), answers.get((person["user_id"], course), [])
            score = Decimal(100 * sum(told)) / len(told) if told else None
            days = sorted(day_of(event, rule.zone) for event in his)
            rows.append(
                {
                    **person,
                    "entry_id": course,
                    "course": NAMES[course],
                    "standing": standing(seen(his), score, rule, started=bool(his or told)),
                    "plays": Decimal(len(his)),
                    "minutes": rounded(minutes(his), 1),
                    "completion": rounded(seen(his), 4),
                    "first_month": f"{days[0]:%Y-%m}" if days else "",
                    "last_month": f"{days[-1]:%Y-%m}" if days else "",
                    "quiz_percent": "" if score is None else rounded(score, 1),
                    "right_answers": Decimal(sum(told)) if told else "",
                    "wrong_answers": Decimal(len(told) - sum(told)) if told else "",
                }
            )
    return rows


def standing(share: Decimal, score: Decimal | None, rule: Rule, *, started: bool) -> str:
    if not started:
        return "never started"
    if score is not None and score < 100 * rule.mark:
        return "quiz below the mark"
    if share < rule.watched:
        return "watched too little"
    return "watched, no quiz" if score is None else "passed"


def as_told(rows: list[dict[str, str]]) -> list[Cells]:
    """Rows of the file, numbers as numbers; the apostrophe that keeps a cell from being a formula taken off."""
    numbers = {"plays", "minutes", "completion", "quiz_percent", "right_answers", "wrong_answers"}
    return [
        {
            name: Decimal(cell) if name in numbers and cell else cell[cell.startswith("'=") :]
            for name, cell in row.items()
        }
        for row in rows
    ]


def agree(ran: Finished, expected: list[Cells]) -> None:
    assert ran.code == 0, ran.err
    told = as_told(ran.rows("records.csv"))
    order = [(row["manager"], row["name"], row["user_id"], row["entry_id"]) for row in told]
    assert order == sorted(order)
    assert sorted(map(repr, map(sorted_cells, told))) == sorted(map(repr, map(sorted_cells, expected)))

    stands = Counter(str(row["standing"]) for row in expected)
    people = {row["user_id"] for row in expected}
    passed = Counter(row["user_id"] for row in expected if row["standing"] == "passed")
    courses = {str(row["course"]): row["entry_id"] for row in expected}
    proven = [user for user in people if passed[user] == len(courses)]
    said = f"{len(proven)} of {len(people)} people ({share(len(proven), len(people))}) can be proven to have passed "
    page, mail = ran.page("report.html"), ran.mail("summary.eml")
    assert said in page
    assert said in mail
    short = stands["watched too little"] + stands["watched, no quiz"]
    assert f"{stands['passed']:,} of {len(expected):,}, one per person and course" in page
    for number, label in (
        (stands["quiz below the mark"], "quizzes below the mark"),
        (short, "too little watched, or no quiz result"),
        (stands["never started"], "never started"),
    ):
        assert f"{label} {number:,}" in page
    assert f"{stands['passed']:,} records prove a pass (of {len(expected):,}, one per person and course)" in mail
    started = len(expected) - stands["passed"] - stands["never started"]
    assert f"{started:,} were started and prove none yet" in mail
    assert f"{stands['never started']:,} were never started" in mail

    for name, course in courses.items():
        his = Counter(str(row["standing"]) for row in expected if row["entry_id"] == course)
        kinds = ("passed", "watched too little", "watched, no quiz", "quiz below the mark", "never started")
        assert " ".join([name, *(f"{his[kind]:,}" for kind in kinds), share(his["passed"], his.total())]) in mail
    for manager in {str(row["manager"]) for row in expected}:
        team = {row["user_id"] for row in expected if row["manager"] == manager}
        ready = sum(passed[user] == len(courses) for user in team)
        left = sum(row["manager"] == manager and row["standing"] != "passed" for row in expected)
        assert f"{manager} {len(team)} {ready} {share(ready, len(team))} {left}" in page
        assert f"{manager} {ready} {len(team)} {left}" in mail


def sorted_cells(row: Cells) -> list[tuple[str, str | Decimal]]:
    return sorted((name, cell.normalize() if isinstance(cell, Decimal) else cell) for name, cell in row.items())


def share(part: int, whole: int) -> str:
    text = f"{rounded(Decimal(100 * part) / whole, 0)}%"
    return "<1%" if text == "0%" and part else ">99%" if text == "100%" and part < whole else text


def strangers(roster: list[dict[str, str]], rule: Rule) -> tuple[int, int]:
    """How many watched who are not on the roster, and how many courses have anonymous plays."""
    known = {person["user_id"] for person in roster}
    seen_by = by_person_and_entry(rule.plays)
    users = {user for user, _ in seen_by} - known - {ANONYMOUS}
    return len(users), len({entry for user, entry in seen_by if user == ANONYMOUS})


def roster_of(ran: Finished) -> list[dict[str, str]]:
    return people_of((ran.project / "data" / "roster.csv").read_text("utf-8"))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return run(tmp_path_factory.mktemp("plain") / "project", JOB)


def test_every_number_is_the_worlds_own(plain: Finished) -> None:
    expected = truth(roster_of(plain), Rule())
    assert len({row["standing"] for row in expected}) == 5, "every standing occurs"
    agree(plain, expected)
    outside, nameless = strangers(roster_of(plain), Rule())
    assert plain.findings["checks.everyone_known"] == ("warn", outside)
    assert plain.findings["checks.nobody_anonymous"] == ("warn", nameless)
    assert plain.message("summary.eml").get_all("to") == ["training-team@example.org"]


def test_other_courses_dates_and_marks(tmp_path: Path) -> None:
    rule = Rule(dt.date(2026, 8, 10), ("1_code1", "1_fire1"), Decimal("0.5"), Decimal("0.8"))
    ran = run(
        tmp_path / "project", JOB,
        *("--param", "courses=1_code1,1_fire1", "--param", f"campaign_start={rule.start}"),
        *("--param", "watched=0.5", "--param", "pass_mark=0.8"),
    )  # fmt: skip
    agree(ran, truth(roster_of(ran), rule))


def test_months_are_those_of_the_jobs_zone(tmp_path: Path) -> None:
    here = Rule(dt.date(2026, 10, 1))
    there = replace(here, zone="Asia/Tokyo")
    ran = run(tmp_path / "project", JOB, "--param", f"campaign_start={here.start}", edit=in_zone(there.zone))
    expected = truth(roster_of(ran), there)
    assert expected != truth(roster_of(ran), here)
    agree(ran, expected)


def test_who_is_taken_off_the_roster_is_found_and_has_no_record(tmp_path: Path, plain: Finished) -> None:
    rule = Rule(dt.date(2026, 8, 3))
    ran = run(
        tmp_path / "project", JOB, "--param", f"campaign_start={rule.start}",
        files={"data/roster.csv": without_last_line},
    )  # fmt: skip
    agree(ran, truth(roster_of(ran), rule))
    assert len(roster_of(ran)) == len(roster_of(plain)) - 1
    before, _ = strangers(roster_of(plain), rule)
    assert ran.findings["checks.everyone_known"] == ("warn", before + 1)


def test_a_mark_in_per_cent_is_refused_with_what_to_type(tmp_path: Path) -> None:
    ran = run(tmp_path / "project", JOB, "--param", "pass_mark=60")
    assert ran.code == 2
    assert "--param pass_mark=60: 60 is no ratio, which lies between 0 and 1; write it like 0.6" in ran.err


def test_a_quiz_alone_is_no_pass_and_the_page_says_so(tmp_path: Path) -> None:
    ran = run(tmp_path / "project", JOB, "--param", "campaign_start=2026-10-12", "--param", "pass_mark=0.625")
    examined = [
        row for row in ran.rows("records.csv") if row["standing"] == "watched too little" and row["quiz_percent"]
    ]
    assert examined
    page = ran.page("report.html")
    assert "at least 62.5% of its quiz right" in page
    assert "Who watched too little may have passed the quiz: a quiz alone proves no pass." in page


def test_a_course_that_nobody_knows_is_an_error(tmp_path: Path) -> None:
    ran = run(tmp_path / "project", JOB, "--param", "courses=1_fire1,1_none1", "--param", "campaign_start=2026-11-01")
    assert ran.code == 5
    assert ran.findings["checks.every_course_exists"] == ("error", 1)


def test_a_completion_in_per_cent_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    share_of = METRICS["total_completion_rate"]
    monkeypatch.setitem(METRICS, "total_completion_rate", lambda sums: 100 * share_of(sums))
    ran = run(tmp_path / "project", JOB, "--param", "campaign_start=2026-11-09")
    assert ran.code == 5
    seen_by = by_person_and_entry(Rule(dt.date(2026, 11, 9)).plays)
    above = sum(100 * seen(his) > 1 for his in seen_by.values())
    assert ran.findings["checks.scales_are_as_read"] == ("error", above)


def test_months_that_miss_plays_are_found(tmp_path: Path) -> None:
    def fewer(text: str) -> str:
        before, months, after = text.partition("[datasets.months]")
        return before + months + after.replace("playbackTypeIn", 'deviceIn = ["Mobile"], playbackTypeIn', 1)

    ran = run(tmp_path / "project", JOB, "--param", "campaign_start=2026-11-02", edit=fewer)
    assert ran.code == 5
    assert ran.findings["checks.months_meet_the_campaign"] == ("error", 1)


def test_a_course_without_a_quiz_and_one_that_is_live_are_found(tmp_path: Path) -> None:
    courses = ("--param", "courses=1_fire1,1_gdpr1,1_town1", "--param", "campaign_start=2026-09-07")
    ran = run(tmp_path / "project", JOB, *courses)
    assert ran.code == 0, ran.err
    assert ran.findings["checks.every_course_has_evidence"] == ("warn", 2)
