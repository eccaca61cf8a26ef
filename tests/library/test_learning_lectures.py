"""Who is behind: every cell of both files, the page's first screen and each tutor's message, against raw plays."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from lessons import NEW_YORK, by_person_and_entry, cell, cells_of, day_of, minutes, people_of, plays, rounded, seen
from running import ROOT, Finished, in_whole, in_zone, run, without_last_line

from reportrunner.sandbox.categories import category_of, inside
from reportrunner.sandbox.people import ANONYMOUS
from reportrunner.sandbox.universe import Event, entries
from reportrunner.templating.words import DASH

JOB = "learning/lectures"
Row = dict[str, str]


class World:
    """The course as its people saw it, from the term's first day to the start of as_of's."""

    def __init__(
        self, ran: Finished, course: int = 4001, start: dt.date = dt.date(2026, 9, 1),
        as_of: dt.date = dt.date(2026, 11, 16), zone: str = NEW_YORK,
    ) -> None:  # fmt: skip
        self.students = people_of((ran.project / "data" / "class.csv").read_text("utf-8"))
        self.lectures = {one.entry_id: one.name for one in entries() if category_of(one.entry_id) in inside(course)}
        self.live = {one.entry_id for one in entries() if one.live}
        self.plays = plays(self.lectures, start, as_of, zone)
        self.mine = by_person_and_entry(self.plays)
        self.start, self.as_of, self.zone = start, as_of, zone

    def rows(self, finished: str = "0.8", opened: str = "0.4", quiet: int = 3) -> list[Row]:
        """Every student's row of students.csv."""
        found = []
        for student in self.students:
            his = {lecture: self.mine.get((student["student_id"], lecture), []) for lecture in self.lectures}
            ended = [events for lecture, events in his.items() if events and lecture not in self.live]
            all_his = [event for events in his.values() for event in events]
            count = sum(bool(events) for events in his.values())
            last = max((day_of(event, self.zone) for event in all_his), default=None)
            monday = last - dt.timedelta(days=last.weekday()) if last else None
            standing = "on track"
            if monday is None:
                standing = "never started"
            elif (self.as_of - monday).days - 7 >= 7 * quiet:
                standing = "not seen for weeks"
            elif count < Decimal(opened) * len(self.lectures):
                standing = "opened too few"
            found.append(
                {
                    **student,
                    "lectures": str(len(self.lectures)),
                    "opened": str(count),
                    "finished": str(sum(seen(events) >= Decimal(finished) for events in ended)),
                    "minutes": plain(rounded(minutes(all_his), 1)),
                    "last_week": str(max(monday, self.start)) if monday else "",
                    "standing": standing,
                }
            )
        return sorted(found, key=lambda row: (row["tutor"], row["name"], row["student_id"]))

    def by_lecture(self, finished: str = "0.8") -> list[Row]:
        """Every lecture's row of lectures.csv."""
        ids = {student["student_id"] for student in self.students}
        found = []
        for lecture, name in sorted(self.lectures.items()):
            of = [event for event in self.plays if event.entry_id == lecture]
            his = [events for (user, entry), events in self.mine.items() if entry == lecture and user in ids]
            found.append(
                {
                    "lecture_id": lecture,
                    "lecture": name,
                    "opened": str(len(his)),
                    "finished": "" if lecture in self.live else str(sum(seen(of) >= Decimal(finished) for of in his)),
                    "plays": str(len(of)),
                    **quarters([] if lecture in self.live else of),
                }
            )
        return found

    def strangers(self) -> int:
        """How many watched who are not in the class."""
        return len({event.user_id for event in self.plays} - {one["student_id"] for one in self.students} - {ANONYMOUS})


def quarters(of: list[Event]) -> Row:
    names = ("first_quarter", "second_quarter", "third_quarter", "last_quarter", "to_the_end")
    counts = Counter(event.quarters for event in of)
    return {name: plain(rounded(Decimal(counts[place]) / len(of), 4)) if of else "" for place, name in enumerate(names)}


def plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def agree(ran: Finished, expected: list[Row], lectures: list[Row]) -> None:
    assert ran.code == 0, ran.err
    assert ran.rows("students.csv") == [{**row, "name": cell(row["name"])} for row in expected]
    assert ran.rows("lectures.csv") == [{**row, "lecture": cell(row["lecture"])} for row in lectures]

    stands = Counter(row["standing"] for row in expected)
    late = [row for row in expected if row["standing"] != "on track"]
    page = ran.page("report.html")
    part = rounded(Decimal(100 * len(late)) / len(expected), 0)
    assert f"{len(late):,} of {len(expected):,} students ({part}%) are falling behind." in page
    for standing in ("never started", "not seen for weeks", "opened too few", "on track"):
        assert f"{standing} {stands[standing]:,}" in page
    told = cells_of((ran.folder / "report.html").read_text("utf-8"))
    for row in late:
        last = row["last_week"] or DASH
        assert [row["name"], row["standing"], row["opened"], row["finished"], in_whole(row["minutes"]), last] in told
    for row in lectures:
        assert [row["lecture"], row["opened"], row["finished"] or DASH, f"{int(row['plays']):,}"] in [
            line[:4] for line in told
        ]

    tutors = {row["tutor"] for row in late}
    assert {path.name for path in ran.folder.glob("*.eml")} == {f"behind-{of.replace('.', '-')}.eml" for of in tutors}
    for tutor in tutors:
        tell(ran, tutor, expected)


def tell(ran: Finished, tutor: str, expected: list[Row]) -> None:
    """Demand a tutor's message: his or her students, and nobody else's."""
    mine = [row for row in expected if row["tutor"] == tutor]
    late = [row for row in mine if row["standing"] != "on track"]
    stands = Counter(row["standing"] for row in mine)
    file = f"behind-{tutor.replace('.', '-')}.eml"
    assert ran.message(file)["to"] == f"{tutor}@example.org"
    text = ran.mail(file)
    assert f"{len(late)} of your {len(mine)} students {'is' if len(late) == 1 else 'are'} falling behind." in text
    kinds = ("never started", "not seen for weeks", "opened too few")
    assert " ".join(f"{stands[kind]} {kind}" for kind in kinds) in text
    body = ran.message(file).get_body(("html",))
    assert body is not None
    told = [row for row in cells_of(body.get_content()) if len(row) == 4]
    assert told == [[row["name"], row["standing"], row["opened"], row["last_week"] or DASH] for row in late]


@pytest.fixture(scope="module")
def plain_run(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return run(tmp_path_factory.mktemp("plain") / "project", JOB)


def test_every_number_is_the_worlds_own(plain_run: Finished) -> None:
    world = World(plain_run)
    expected = world.rows()
    assert len(expected) > 200, "more than the first page that people usually read"
    assert len({row["standing"] for row in expected}) == 4
    assert any(row["standing"] == "never started" for row in expected)
    agree(plain_run, expected, world.by_lecture())
    assert plain_run.findings["checks.everyone_known"] == ("warn", world.strangers())
    nameless = {event.entry_id for event in world.plays if event.user_id == ANONYMOUS}
    assert plain_run.findings["checks.nobody_anonymous"] == ("warn", len(nameless))
    assert plain_run.findings["checks.lectures_meet_the_course"][0] == "ok"


def test_another_course_another_rule_and_a_week_that_is_not_over(tmp_path: Path) -> None:
    ran = run(
        tmp_path / "project", JOB, "--as-of", "2026-11-12",
        *("--param", "course=4002", "--param", "term_start=2026-10-07", "--param", "finished=0.5"),
        *("--param", "opened=0.7", "--param", "quiet_weeks=1"),
    )  # fmt: skip
    world = World(ran, 4002, dt.date(2026, 10, 7), dt.date(2026, 11, 12))
    assert set(world.lectures) == {"1_gdpr1", "1_gdpr2", "1_priv1"}
    expected = world.rows("0.5", "0.7", 1)
    assert len({row["standing"] for row in expected}) == 4
    agree(ran, expected, world.by_lecture("0.5"))


def test_weeks_are_those_of_the_jobs_zone(tmp_path: Path) -> None:
    ran = run(tmp_path / "project", JOB, "--param", "course=4003", edit=in_zone("Asia/Tokyo"))
    here, there = World(ran, 4003), World(ran, 4003, zone="Asia/Tokyo")
    assert here.rows() != there.rows()
    agree(ran, there.rows(), there.by_lecture())


def test_a_watcher_who_is_taken_off_the_list_is_found(tmp_path: Path, plain_run: Finished) -> None:
    start = dt.date(2026, 10, 12)
    ran = run(tmp_path / "project", JOB, "--param", f"term_start={start}", files={"data/class.csv": without_last_line})
    world, before = World(ran, start=start), World(plain_run, start=start)
    agree(ran, world.rows(), world.by_lecture())
    assert ran.findings["checks.everyone_known"] == ("warn", before.strangers() + 1)


def test_a_tutor_who_cannot_be_written_to_is_named_with_what_to_type(tmp_path: Path) -> None:
    """A name where the class list has what stands before the @: the job does not fit its data, and nothing is made."""
    ran = run(tmp_path / "project", JOB, "--param", "term_start=2026-11-09", files={"data/class.csv": with_a_name})
    assert ran.code == 3
    to = 'to       = ["{{ each }}@example.org"]'
    line = (ROOT / "jobs" / f"{JOB}.toml").read_text("utf-8").splitlines().index(to) + 1
    wrong = '"Farah Cohen@example.org" is not an e-mail address: there is a space in it'
    made = 'output "tutors" makes it of tutor "Farah Cohen" in dataset "behind"'
    mend = 'mend tutor in dataset "behind", or go over a column that fits here'
    assert ran.err[ran.err.index("jobs/learning/lectures.toml:") :].splitlines() == [
        f"jobs/learning/lectures.toml:{line}:13: error: {wrong}; {made}",
        f"  {line} | {to}",
        "      |             ^^^^^^^^^^^^^^^^^^^^^^^^",
        f"   help: {mend}",
        "1 error",
        "nothing was published",
    ]
    assert not list((tmp_path / "project" / "out").rglob("*.eml"))


def with_a_name(text: str) -> str:
    return text.replace("f.cohen", "Farah Cohen")


def test_what_is_live_is_opened_and_never_finished(tmp_path: Path) -> None:
    """All three lectures are live, and somebody stayed to an end that the service makes up."""
    ran = run(tmp_path / "project", JOB, "--param", "course=4004", "--param", "term_start=2026-10-05")
    world = World(ran, 4004, dt.date(2026, 10, 5))
    assert world.lectures.keys() == world.live
    assert any(seen(events) >= Decimal("0.8") for events in world.mine.values())
    expected = world.rows()
    assert {row["finished"] for row in expected} == {"0"}
    assert any(row["opened"] != "0" for row in expected)
    agree(ran, expected, world.by_lecture())
    page = ran.page("report.html")
    assert "opened and finished are lectures, of 3 (finished: of 0 with a length)" in page
    assert "3 lectures are live: what is live has no length" in page


def test_an_id_in_other_letters_is_named_beside_the_one_that_watches(tmp_path: Path) -> None:
    """Nothing is joined by guess: the student is said to have never started, and the error says why."""

    def capital(text: str) -> str:
        return text.replace("\namir.adeyemi@", "\nAmir.Adeyemi@").replace(
            "\namir.costa@example.org,", "\namir.costa@example.org ,"
        )

    ran = run(tmp_path / "project", JOB, "--param", "term_start=2026-09-01", files={"data/class.csv": capital})
    assert ran.code == 5
    stands = {row["student_id"]: row["standing"] for row in ran.rows("students.csv")}
    assert stands["Amir.Adeyemi@example.org"] == stands["amir.costa@example.org "] == "never started"
    assert ran.findings["checks.ids_are_as_watched"] == ("error", 2)
    assert ran.findings["checks.ids_are_whole"] == ("error", 1)


def test_a_course_without_lectures_is_an_error_and_says_so(tmp_path: Path) -> None:
    ran = run(tmp_path / "project", JOB, "--param", "course=4006", "--param", "term_start=2026-11-09")
    assert ran.code == 5
    assert ran.findings["datasets.lectures"] == ("error", 0)
    assert "Nobody can be: the course has no lectures." in ran.page("report.html")


def test_a_course_alone_is_less_than_the_course_with_all_below_it(tmp_path: Path) -> None:
    ran = run(
        tmp_path / "project", JOB, "--param", "term_start=2026-11-09",
        edit=lambda text: text.replace("categoryAncestorIdIn", "categoriesIdsMatchOr"),
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert {row["lecture_id"] for row in ran.rows("lectures.csv")} == {"1_brib1", "1_phis1", "1_code1"}
    assert ran.findings["checks.lectures_meet_the_course"][0] == "warn"
