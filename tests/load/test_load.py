"""Loading a job and its project: params, as_of, label and head, and what is said of a project file."""

# ruff: noqa: E501 - a line of a table is one case

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from projects import AS_OF, HEAD, WALL, WEEK, loaded, problem, problems

from reportrunner.errors import UsageError
from reportrunner.job import Moment
from reportrunner.load import Given, load_project
from reportrunner.prepare import FAMILIES
from reportrunner.project_root import job_name

NONE = Given({}, {})
DAY = dt.date(2026, 9, 1)
TYPES = [
    ("string", '"a"', "a", "b", "b"),
    ("integer", "3", 3, "-12", -12),
    ("decimal", "1.5", Decimal("1.5"), "2", Decimal(2)),
    ("ratio", "1", Decimal(1), "0.9", Decimal("0.9")),
    ("boolean", "true", True, "false", False),
    ("date", "2026-09-01", DAY, "2026-09-02", dt.date(2026, 9, 2)),
    ("timestamp", "2026-09-01T09:00:00+02:00", dt.datetime(2026, 9, 1, 7, tzinfo=dt.UTC), "2026-09-01T09:00:00Z", dt.datetime(2026, 9, 1, 9, tzinfo=dt.UTC)),
    ("duration", "90", Decimal(90), "1.5", Decimal("1.5")),
    ("list", '["a", 2]', ["a", 2], "x, y", ["x", "y"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "default", "value", "text", "given"), TYPES)
def test_a_param_of_every_type(kind: str, default: str, value: object, text: str, given: object) -> None:
    job = f'[params]\np = {{ type = "{kind}", default = {default} }}\nq = {{ type = "{kind}" }}\n'
    asked = Given({"q": text}, {"p": text, "q": "not looked at"})
    assert loaded(job, Given({"q": text}, {})).params == {"p": value, "q": given}
    assert loaded(job, asked).params == {"p": given, "q": given}
    assert not loaded(job, asked).diagnostics


@pytest.mark.parametrize("kind", [kind for kind, *_ in TYPES])
def test_a_required_param_needs_a_value_and_for_checking_gets_a_sample(kind: str) -> None:
    job = f'[params]\np = {{ type = "{kind}" }}\n'
    said = problem(job)
    assert said.startswith('p: param "p" has no value | give --param p=')
    assert said.endswith(", or add a default")
    checked = loaded(job, Given({}, {}, samples=True))
    assert not checked.diagnostics
    example = said.partition("--param p=")[2].removesuffix(", or add a default")
    assert type(checked.params["p"]) is type(loaded(job, Given({"p": example}, {})).params["p"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Given({"dya": "1"}, {}), 'this job has no param "dya"; did you mean "day"?'),
        (Given({"day": "soon"}, {}), '--param day=soon: "soon" is no date; write it like 2026-09-01'),
        (Given({}, {"day": "soon"}), 'REPORTRUNNER_PARAM_DAY=soon: "soon" is no date; write it like 2026-09-01'),
        (Given({"day": ""}, {}), "--param day=: the value is empty; write it like 2026-09-01"),
    ],
)
def test_a_param_on_the_command_line_is_a_usage_error(given: Given, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        loaded('[params]\nday = { type = "date" }\n', given)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("param", "said"),
    [
        ('{ type = "date", default = "2026-09-01" }', '"2026-09-01": the default is no date | write it like 2026-09-01'),
        ('{ type = "date", default = 2026-09-01T09:00:00Z }', "2026-09-01T09:00:00Z: the default is no date | write it like 2026-09-01"),
        ('{ type = "timestamp", default = 2026-09-01T09:00:00 }', "2026-09-01T09:00:00: the default is no timestamp with offset | write it like 2026-09-01T09:00:00Z"),
        ('{ type = "integer", default = true }', "true: the default is no integer | write it like 12"),
        ('{ type = "integer", default = 1.5 }', "1.5: the default is no integer | write it like 12"),
        ('{ type = "boolean", default = 1 }', "1: the default is no boolean | write it like true"),
        ('{ type = "list", default = "a" }', '"a": the default is no list | write it like ["a", "b"]'),
        ('{ tpye = "date", default = 2026-09-01 }', 'tpye: unknown key "tpye" in a param; did you mean "type"?'),
        ('{ type = "dtae", default = 2026-09-01 }', '"dtae": "type" cannot be "dtae"; did you mean "date"? | one of "string", "integer", "decimal", "ratio", "boolean", "date", "timestamp", "duration", "list"'),
        ('{ type = "day", defualt = 2026-09-01 }', None),
    ],
)  # fmt: skip
def test_a_param_that_is_wrong_is_said_once(param: str, said: str | None) -> None:
    """What uses the param is not also called wrong: a sample of its likely type stands in."""
    use = '[windows.w]\nfrom = "{{ params.p }}"\nto = "as_of"\n' if "date" in param else ""
    found = problems(
        f'label = "x{{{{ params.p | join }}}}"\n[params]\np = {param}\n{use}'
        if "list" in param
        else f"[params]\np = {param}\n{use}"
    )
    found = [one for one in found if "nobody uses" not in one]
    assert found == [said] if said else len(found) == 2


@pytest.mark.parametrize(
    ("typed", "as_of"),
    [
        ("2026-11-16", "2026-11-16T00:00:00-05:00"),
        ("2026-11-16T08:30", "2026-11-16T08:30:00-05:00"),
        ("2026-11-16T08:30:00Z", "2026-11-16T03:30:00-05:00"),
        ("", "2026-11-21T07:00:00-05:00"),
    ],
)
def test_as_of_is_a_moment_in_the_zone_of_the_job(typed: str, as_of: str) -> None:
    wall = WALL.replace(microsecond=123)
    assert loaded("", moment=Moment(typed, wall)).as_of.isoformat() == as_of


def test_as_of_may_be_later_than_now_for_the_sandbox_only() -> None:
    assert loaded("", moment=Moment("2027-01-01", WALL, sandbox=True)).as_of.year == 2027
    for typed, said in (
        (
            "2027-01-01",
            "--as-of 2027-01-01 is later than now (2026-11-21T07:00:00-05:00); only --sandbox can look ahead",
        ),
        ("soon", "--as-of soon: "),
    ):
        with pytest.raises(UsageError) as caught:
            loaded("", moment=Moment(typed, WALL))
        assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (WEEK, "2026-W46"),
        ("", ""),
        ('label = "{{ windows.week.label }} of {{ job.name }}"\n' + WEEK, "2026-W46 of job"),
        ('label = "{{ windows.week.first_day }}"\n' + WEEK, "2026-11-09"),
        ('label = "{{ params.n }}"\n[params]\nn = { type = "integer", default = 7 }\n', "7"),
    ],
)
def test_the_label_is_the_jobs_or_the_first_windows(text: str, label: str) -> None:
    job = loaded(text)
    assert (job.label, job.diagnostics) == (label, ())


@pytest.mark.parametrize("label", ["", " a", "a/b", "a\\b", ".a", "a.", "a:b", "a\nb", "2026-11-16T00:00:00-05:00"])
def test_a_label_names_a_folder(label: str) -> None:
    written = label.replace("\\", "\\\\").replace("\n", "\\n")
    assert problem(f'label = "{written}"\n').endswith(
        """cannot name a folder | write label = '{{ as_of | date("%Y-%m-%d") }}'"""
    )


def test_a_label_is_proposed_of_a_window_that_the_job_has() -> None:
    window = '[windows.month]\nperiod = "month"\noffset = -1\n'
    found = [one for one in problems(f'label = "a/b"\n{window}') if "folder" in one]
    assert found == ['"a/b": "a/b" cannot name a folder | write label = "{{ windows.month.label }}"']


def test_a_label_that_is_no_text_is_no_label() -> None:
    list_param = '[params]\np = { type = "list", default = ["a"] }\n'
    assert (
        problem('label = "{{ params.p }}"\n' + list_param)
        == '"{{ params.p }}": a list cannot stand in a text | write {{ ... | join(", ") }}'
    )
    assert problem('label = "{{ as_of }}"\n').startswith(
        '"{{ as_of }}": "2026-11-16T00:00:00-05:00" cannot name a folder'
    )


def test_the_head_is_written_out_and_expressions_see_it_so() -> None:
    text = 'owner = "{{ params.team }}@example.org"\nlabel = "{{ job.title }}-{{ job.owner }}-{{ job.timezone | slug }}"\n[params]\nteam = { type = "string", default = "learning" }\n'
    job = loaded(text)
    assert (job.title, job.owner) == ("Weekly", "learning@example.org")
    assert job.label == "Weekly-learning@example.org-america-new-york"
    assert (job.name, job.tags, job.timezone, job.given_params) == ("job", (), "America/New_York", {})
    assert loaded('tags = ["a", "b"]\n').tags == ("a", "b")


def test_a_job_without_its_head_says_what_is_missing() -> None:
    from reportrunner.load import load_job
    from reportrunner.toml_file import TomlFile

    project = load_project(Path(__file__).parents[2], "reportrunner.toml", FAMILIES)
    job = load_job(
        TomlFile("job.toml", "owner = 5\n", {"owner": 5}),
        "job",
        project,
        Moment(AS_OF, WALL, sandbox=True),
        NONE,
        FAMILIES,
    )
    assert [one.message for one in job.diagnostics] == [
        'this job needs the key "title" (text)',
        'this job needs the key "timezone" (text)',
        "expected text, found 5",
    ]
    assert job.timezone == "UTC"
    assert problem("[windows]\nweek = 5\n") == "5: expected a table, found 5"


@pytest.mark.parametrize(
    ("path", "name"),
    [("jobs/weekly.toml", "weekly"), ("jobs/a/b.toml", "a/b"), ("other/weekly.toml", "weekly"), ("../x/y.toml", "y")],
)
def test_a_job_is_called_by_its_place_under_jobs(path: str, name: str, tmp_path: Path) -> None:
    assert job_name(tmp_path / path, tmp_path) == name


SOURCE = 'provider = "kaltura"\nbase_url = "https://a.example"\npartner = 1\nauth = { ks = { env = "KS" } }\n'
REPORTS = 'provider = "kaltura_reports"\nbase_url = "https://b.example"\n'


@pytest.mark.parametrize(
    ("text", "said", "sources"),
    [
        (f"[sources.a]\n{SOURCE}", [], ["a"]),
        ("[sources.a]\npartner = 1\n", [f"a source needs a provider: {', '.join(FAMILIES.providers)}"], []),
        ('[sources.a]\nprovidr = "kaltura"\n' + SOURCE.partition("\n")[2], ['unknown key "providr" in a source; did you mean "provider"?'], ["a"]),
        ('[sources.a]\nprovider = "heaven"\n', ['there is no provider "heaven"'], []),
        (f'[sources.a]\n{SOURCE}[sources.b]\n{REPORTS}session = "a"\n', [], ["a", "b"]),
        (f'[sources.a]\n{SOURCE}[sources.b]\n{REPORTS}session = "aa"\n', ['there is no source "aa"; did you mean "a"?'], ["a", "b"]),
        (f'[sources.b]\n{REPORTS}session = "b"\n', ['source "b" (kaltura_reports) has no sessions to borrow'], ["b"]),
        (f'[source.a]\n{SOURCE}[sources.b]\n{REPORTS}session = "a"\n', ['unknown key "source" in the project file; did you mean "sources"?'], ["b"]),
        ("sources = 5\n", ["expected a table, found 5"], []),
        ("[brand]\n", ['unknown key "brand" in the project file'], []),
    ],
)  # fmt: skip
def test_a_project_file(text: str, said: list[str], sources: list[str], tmp_path: Path) -> None:
    (tmp_path / "reportrunner.toml").write_text(text, "utf-8")
    project = load_project(tmp_path, "reportrunner.toml", FAMILIES)
    assert [one.message for one in project.diagnostics] == said
    assert list(project.sources) == sources


def test_a_section_under_a_misspelt_key_is_said_once() -> None:
    stray = '[parms]\nday = { type = "date", default = 2026-09-01 }\n[windws.a]\nperiod = "day"\n'
    uses = 'label = "{{ windows.a.label }}"\n[windows.b]\nfrom = "{{ params.day }}"\nto = "as_of"\n[windows.c]\nlike = "b"\nshift = "-1 day"\n'
    found = problems(
        uses
        + stray
        + '[datasets.x]\nrows = [{ a = "{{ windows.c.label }}" }]\n[outputs.o]\nformat = "csv"\ndataset = "x"\n'
    )
    assert [one.partition(":")[0] for one in found] == ["parms", "windws"]


def test_what_is_wrong_twice_is_said_twice() -> None:
    assert HEAD.count("\n") == 2
    found = problems('ownr = "x"\nlabel = "{{ windows.weak.label }}"\n' + WEEK)
    assert [one.partition(":")[0] for one in found] == ["ownr", "weak"]
