"""Plans as values: what every dataset of the showcase job would ask first, to the byte; equal for equal input."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from pathlib import Path

import pytest
from projects import AS_OF, FROM_PLAYS, JOB, ROOT, WALL, WEEK, copy_project, planned, prepared, problem

from reportrunner.ask import EndpointNode
from reportrunner.compose import notes_of
from reportrunner.flow import Flow, JsonBody, JsonValue, Request, show
from reportrunner.job import Moment
from reportrunner.load import Given
from reportrunner.plan import RunPlan, label_of
from reportrunner.prepare import Order, prepare
from reportrunner.window.zone import use_packaged_zones

GOLDEN = Path(__file__).parents[1] / "golden" / "plans"
SUMMER = "2026-07-20"
ASKING = ("progress", "totals", "activity", "viewership", "polls")
OUT = '\n[outputs.o]\nformat = "html"\n'


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunPlan]:
    """The showcase job in winter and in summer, when the offset from UTC is another."""
    use_packaged_zones()
    root = copy_project(tmp_path_factory.mktemp("project"))
    return {
        "winter": prepared(root, AS_OF).plan,
        "summer": prepared(root, SUMMER, {"campaign_start": "2026-06-01"}).plan,
    }


def told(flow: Flow) -> str:
    """Write a flow as a reader checks it: its session, then every step with all that it would send."""
    assert flow.session is not None
    head = f"{flow.kind}, session {' + '.join((flow.session.source, *flow.session.privileges))}"
    return "\n".join([head, *(line for step in flow.steps for line in (f"{step.name}:", *_request(step.request)))])


def _request(request: Request) -> list[str]:
    lines = [f"  {request.method} {show(request.path)}", *(f"  {n}: {show(v)}" for n, v in request.headers)]
    lines += [f"    {name} = {show(value)}" for name, value in request.form or ()]
    return lines + [f"    {line}" for line in _json(request.json)]


def _json(body: JsonBody | None) -> list[str]:
    lines = []
    for name, item in body.pairs if body else ():
        lines += (
            [f"{name}.{line}" for line in _json(item)] if isinstance(item, JsonBody) else [f"{name} = {_plain(item)}"]
        )
    return lines


def _plain(item: JsonValue) -> str:
    return ", ".join(map(_plain, item)) if isinstance(item, tuple) else str(item)


@pytest.mark.parametrize("season", ["winter", "summer"])
@pytest.mark.parametrize("name", ASKING)
def test_what_a_dataset_asks_first(name: str, season: str, plans: dict[str, RunPlan]) -> None:
    found = told(plans[season].flows[name][0]) + "\n"
    file = GOLDEN / f"{name}.{season}.txt"
    if os.environ.get("REPORTRUNNER_GOLDEN") == "write":
        file.write_text(found, "utf-8")
    assert found == file.read_text("utf-8")


@pytest.mark.parametrize("season", ["winter", "summer"])
def test_a_plan_holds_no_secret_and_no_address(season: str, plans: dict[str, RunPlan]) -> None:
    texts = [told(flow) for flows in plans[season].flows.values() for flow in flows]
    texts += [flow.identity() for flows in plans[season].flows.values() for flow in flows]
    assert not [text for text in texts if "://" in text or "kaltura.com" in text or "ADMIN_SECRET" in text]


@pytest.mark.parametrize(
    ("season", "first", "end", "offset"),
    [
        ("winter", "2026-11-09T05:00:00Z", "2026-11-16T05:00:00Z", "300"),
        ("summer", "2026-07-13T04:00:00Z", "2026-07-20T04:00:00Z", "240"),
    ],
)
def test_a_week_is_asked_from_its_first_to_its_last_second(
    season: str, first: str, end: str, offset: str, plans: dict[str, RunPlan]
) -> None:
    form = dict(plans[season].flows["activity"][0].steps[0].request.form or ())
    start, stop = (int(dt.datetime.fromisoformat(moment).timestamp()) for moment in (first, end))
    asked = tuple(form[f"reportInputFilter[{name}]"] for name in ("fromDate", "toDate", "timeZoneOffset"))
    assert asked == (str(start), str(stop - 1), offset)


@pytest.mark.parametrize(
    ("as_of", "sent", "off"),
    [
        ("2026-11-02", ("20261026", "20261101", "240"), "2026-11-01 ends 1 hour before that of America/New_York"),
        ("2027-03-15", ("20270308", "20270314", "300"), "2027-03-14 ends 1 hour after that of America/New_York"),
    ],
)
def test_a_weekly_job_does_not_break_where_the_clock_changes(
    as_of: str, sent: tuple[str, str, str], off: str, tmp_path: Path
) -> None:
    plan = prepared(copy_project(tmp_path), as_of).plan
    node = plan.nodes["viewership"]
    assert isinstance(node, EndpointNode)
    asked = dict(plan.flows["viewership"][0].steps[0].request.form or ())["params"]
    first, last, offset = sent
    assert str(asked).endswith(f"from_date_id={first};timezone_offset={offset};to_date_id={last}")
    assert notes_of(node)[-1].endswith(off)


def test_each_value_is_asked_with_its_own_question(plans: dict[str, RunPlan]) -> None:
    flows = plans["winter"].flows
    assert {name: len(flows[name]) for name in ASKING} == {
        "progress": 2, "totals": 2, "activity": 2, "viewership": 1, "polls": 1,
    }  # fmt: skip
    first, second = (dict(flow.steps[0].request.form or ()) for flow in flows["progress"])
    assert {name for name in first if first[name] != second[name]} == {"reportInputFilter[entryIdIn]"}
    assert first["reportInputFilter[objectType]"] == "KalturaReportInputFilter"


def test_a_field_of_the_user_class_chooses_that_class() -> None:
    text = f'{WEEK}{FROM_PLAYS}filters = {{ userIds = ["a", "b"], application = ["KMC", "kms"] }}\n{OUT}'
    form = dict(planned(text).flows["plays"][0].steps[0].request.form or ())
    assert form["reportInputFilter[objectType]"] == "KalturaEndUserReportInputFilter"
    assert (form["reportInputFilter[userIds]"], form["reportInputFilter[application]"]) == ("a|b", "KMC,kms")


def test_equal_input_gives_equal_plans(tmp_path: Path) -> None:
    use_packaged_zones()
    root = copy_project(tmp_path)
    one, two, other = prepared(root).plan, prepared(root).plan, prepared(root, "2026-11-23").plan
    assert one == two
    assert one is not two
    assert one != other
    changed = (root / JOB).read_text("utf-8").replace('"1_gdpr2", title', '"1_gdpr3", title')
    (root / JOB).write_text(changed, "utf-8")
    assert prepared(root).plan != one


@pytest.mark.parametrize("name", ["balance", "merged"])
def test_so_do_jobs_whose_endpoints_the_project_defines(name: str) -> None:
    shown = f"jobs/examples/rest/{name}.toml"
    order = Order(ROOT / shown, ROOT, shown, "", Moment("2026-11-16", WALL, sandbox=True), Given({}, {}))
    assert prepare(order).plan == prepare(order).plan


def test_datasets_stand_behind_what_they_need(plans: dict[str, RunPlan]) -> None:
    names = list(plans["winter"].nodes)
    assert set(names) == set(plans["winter"].job.nodes)
    for name, needs in {
        "status": ("roster", "course", "progress"),
        "overdue": ("status",),
        "by_manager": ("status",),
    }.items():
        assert all(names.index(need) < names.index(name) for need in needs)
    assert {name for name, node in plans["winter"].nodes.items() if isinstance(node, EndpointNode)} == set(ASKING)
    assert plans["winter"].warnings == ()


def test_params_of_the_command_line_mark_the_label() -> None:
    params = '[params]\na = { type = "string", default = "x" }\nb = { type = "integer", default = 1 }\n'
    text = f"{params}{WEEK}{FROM_PLAYS}{OUT}"
    labels = [
        planned(text, Given(typed, {"a": "from the environment"})).label
        for typed in ({}, {"a": "y"}, {"b": "2", "a": "y"}, {"a": "y", "b": "2"}, {"a": "z"})
    ]
    assert labels[0] == "2026-W46"
    assert labels[1] == f"2026-W46-{hashlib.sha256(b'a=y').hexdigest()[:6]}"
    assert labels[2] == labels[3]
    assert len(set(labels)) == 4
    assert all(len(label) == len("2026-W46-abcdef") for label in labels[1:])


def test_a_job_without_windows_is_labelled_by_its_day() -> None:
    plan = planned(f"[datasets.a]\nrows = [{{ n = 1 }}]\n{OUT}")
    assert (plan.label, label_of(plan.job), plan.flows) == ("2026-11-16", "2026-11-16", {})


def test_a_window_that_an_endpoint_cannot_serve_is_refused() -> None:
    half = '[windows.week]\nsince = "-90m"\n'
    polls = '[datasets.polls]\nsource = "kaltura_reports"\nendpoint = "pollsActivity"\nwindow = "week"\nfilters = { entries_ids = ["1_a"], virtual_event_ids = ["4711"] }\nprivileges = ["virtualeventid:4711"]\ncolumns = { a = "string" }\n'  # noqa: E501
    assert problem(f"{half}{polls}{OUT}").startswith(
        '"week": pollsActivity knows whole days only, and this window ends inside one | write a period of days'
    )
    change = "[windows.week]\nfrom = 2026-10-30\nto = 2026-11-03\n"
    bucketed = FROM_PLAYS.replace("USER_TOP_CONTENT", "UNIQUE_USERS_PLAY")
    assert problem(f"{change}{bucketed}{OUT}").startswith('"week": the offset of America/New_York changes inside')
    assert len(planned(f"{change}{FROM_PLAYS}{OUT}").flows["plays"]) == 1
