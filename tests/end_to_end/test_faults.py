"""Every fault of every call: it passes and leaves no trace, or ends with exit 4, says where, and publishes nothing."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest
from showcase import DATASET_OF, Ran, copy_project, files, nothing_published, parse_faults, run_here

from reportrunner.execute.attempt import seconds
from reportrunner.sandbox import Faults

JOB = "jobs/flows.toml"
ENDLESS = 99
ACTIONS = (*(action for action in DATASET_OF if action != "reports.generate"), "session.start")
"""The calls that may be repeated; `generate` has tests of its own."""
ANYWHERE = ("http_429", "http_503", "http_500", "cut_body", "drop_connection")
"""Faults that may pass, whatever call they strike."""
OF_THE_API = ("rate_limited", "druid_timeout", "internal_error", "html_body")
"""Faults that may pass, of the calls that the API answers."""


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is decided, and shorten what is waited: tests/test_execute.py looks at the waits."""
    monkeypatch.setattr("reportrunner.execute.repeat.backoff", lambda *_: 0.01)
    monkeypatch.setattr("reportrunner.execute.repeat.PAUSE", 0.02)
    monkeypatch.setattr("reportrunner.execute.repeat.seconds", lambda wait: min(seconds(wait), 0.02))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return one_by_one(copy_project(tmp_path))


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return run_here(one_by_one(copy_project(tmp_path_factory.mktemp("healthy"))), job=JOB)


def one_by_one(project: Path) -> Path:
    """Have every call go alone, so that a fault of an action strikes it; envelopes have tests of their own below."""
    file = project / "reportrunner.toml"
    text = file.read_text()
    assert "[sources.kaltura]\n" in text
    file.write_text(text.replace("[sources.kaltura]\n", "[sources.kaltura]\nenvelope = 1\n"))
    return project


def run(project: Path, *switches: str) -> Ran:
    return run_here(project, job=JOB, faults=parse_faults(switches))


def seen(ran: Ran, action: str) -> list[tuple[int, str]]:
    """What the sandbox answered to an action: status and outcome."""
    assert ran.sandbox is not None
    return [(record.status, record.outcome) for record in ran.sandbox.log if record.action == action]


def exports(ran: Ran) -> int:
    """How many exports the sandbox was made to begin; a request it refused began none."""
    return sum(status == 200 or outcome == "drop_connection" for status, outcome in seen(ran, "reports.generate"))


def passed(ran: Ran, healthy: Ran) -> None:
    """Demand a run like a healthy one."""
    assert ran.code == 0, ran.err
    assert ran.documents == healthy.documents
    assert exports(ran) == 1


def failed(ran: Ran, dataset: str, step: str) -> str:
    """Demand exit 4, an error that names the place, and nothing published; return what was said."""
    assert ran.code == 4, ran.err
    said = [line for line in ran.err.splitlines() if line.startswith("error: ")]
    assert any(f"datasets.{dataset}, {step}: " in line for line in said), ran.err
    assert nothing_published(ran)
    assert ran.out == ""
    assert "nothing was published" in ran.err
    assert exports(ran) <= 1
    (record,) = (
        json.loads(content)
        for name, content in files(ran.folder.parents[1] / ".reportrunner").items()
        if name.endswith("run.json")
    )
    assert record["exit_code"] == 4
    assert any(f"datasets.{dataset}, {step}: " in error for error in record["errors"])
    return ran.err


@pytest.mark.parametrize("turn", range(len(ACTIONS)))
def test_a_fault_that_passes_leaves_no_trace(project: Path, healthy: Ran, turn: int) -> None:
    """Five faults at a time, each at another call; in six turns each has struck each."""
    struck = {switch: ACTIONS[(place + turn) % len(ACTIONS)] for place, switch in enumerate(ANYWHERE)}
    ran = run(project, "expire_session_after=4", *(f"{switch}={action}:2" for switch, action in struck.items()))
    passed(ran, healthy)
    for switch, action in struck.items():
        assert len(seen(ran, action)) > 2, f"{switch} has not struck {action}"


@pytest.mark.parametrize("turn", range(3))
def test_a_fault_of_the_api_that_passes_leaves_no_trace(project: Path, healthy: Ran, turn: int) -> None:
    actions = ("report.getTable", "report.getTotal", "report.getCsvFromStringParams")
    ran = run(project, *(f"{switch}={actions[(n + turn) % 3]}:1" for n, switch in enumerate(OF_THE_API)))
    passed(ran, healthy)
    outcomes = {outcome for action in actions for _, outcome in seen(ran, action)}
    assert outcomes >= {"ACTION_BLOCKED", "DRUID_QUERY_TIMED_OUT", "INTERNAL_SERVERL_ERROR", "html_body"}


@pytest.mark.parametrize(
    "switches",
    [
        ("expire_session_after=1",),
        ("polls_before_ready=0",),
        ("polls_before_ready=5",),
        ("export_seconds=0.4",),
        ("serve_json_instead_of_csv=2",),
        ("delay_seconds=0.05", "shuffle_seed=4"),
        ("slow_seconds=0.2",),
        ("http_429=reports.generate:3",),
        ("rate_limited=session.start:2", "internal_error=report.getCsvFromStringParams:2"),
        ("druid_timeout=report.getCsvFromStringParams:2", "rate_limited=report.getCsvFromStringParams:1"),
    ],
)
def test_what_only_takes_longer_leaves_no_trace(project: Path, healthy: Ran, switches: tuple[str, ...]) -> None:
    passed(run(project, *switches), healthy)


def place(action: str) -> tuple[str, str]:
    """Where an error says a call was: dataset and step."""
    if action == "session.start":
        return "table", "sign-in at kaltura"
    dataset, step = DATASET_OF[action]
    return dataset, f"step {step}"


@pytest.mark.parametrize(("switch", "action"), list(zip((*ANYWHERE, "http_503"), ACTIONS, strict=True)))
def test_a_fault_that_stays_ends_the_run(project: Path, switch: str, action: str) -> None:
    failed(run(project, f"{switch}={action}:{ENDLESS}"), *place(action))


@pytest.mark.full
@pytest.mark.parametrize("switch", ANYWHERE)
@pytest.mark.parametrize("action", ACTIONS)
def test_every_fault_that_stays_ends_the_run(project: Path, switch: str, action: str) -> None:
    failed(run(project, f"{switch}={action}:{ENDLESS}"), *place(action))


@pytest.mark.parametrize("switch", OF_THE_API)
def test_a_fault_of_the_api_that_stays_ends_the_run(project: Path, switch: str) -> None:
    failed(run(project, f"{switch}=report.getTable:{ENDLESS}"), "table", "step fetch")


@pytest.mark.full
@pytest.mark.parametrize("switch", OF_THE_API)
@pytest.mark.parametrize("action", ["report.getTotal", "report.getCsvFromStringParams"])
def test_every_fault_of_the_api_that_stays_ends_the_run(project: Path, switch: str, action: str) -> None:
    failed(run(project, f"{switch}={action}:{ENDLESS}"), *place(action))


@pytest.mark.parametrize("switch", ["http_503", "http_500", "cut_body", "drop_connection", "html_body"])
def test_an_export_is_not_asked_for_twice_where_the_first_may_have_begun(project: Path, switch: str) -> None:
    ran = run(project, f"{switch}=reports.generate:1")
    said = failed(ran, "polls", "step generate")
    assert len(seen(ran, "reports.generate")) == 1
    if switch != "html_body":
        assert "not repeated, for the work may have been done" in said


@pytest.mark.parametrize("switch", ["http_503", "drop_connection"])
def test_a_job_may_say_that_an_export_is_asked_for_again(project: Path, healthy: Ran, switch: str) -> None:
    file = project / JOB
    text = file.read_text()
    assert 'privileges = ["virtualeventid:4711"]' in text
    more = 'privileges = ["virtualeventid:4711"]\npoll       = { regenerate = true }'
    file.write_text(text.replace('privileges = ["virtualeventid:4711"]', more))
    ran = run(project, f"{switch}=reports.generate:2")
    assert ran.code == 0, ran.err
    assert len(seen(ran, "reports.generate")) == 3


@pytest.mark.parametrize(
    ("switches", "step", "words"),
    [
        (("generate_fails=1",), "poll", "failed"),
        (("unknown_status=resting",), "poll", "resting"),
        ((f"serve_json_instead_of_csv={ENDLESS}",), "serve", "not ready"),
        ((f"html_body=reports.status:{ENDLESS}",), "poll", "JSON"),
        ((f"html_body=reports.serve:{ENDLESS}",), "serve", ""),
    ],
)
def test_an_export_that_does_not_come_ends_the_run(
    project: Path, switches: tuple[str, ...], step: str, words: str
) -> None:
    assert words in failed(run(project, *switches), "polls", f"step {step}")


def test_an_export_that_takes_too_long_ends_the_run(project: Path) -> None:
    file = project / JOB
    head = 'privileges = ["virtualeventid:4711"]\n'
    file.write_text(file.read_text().replace(head, head + 'poll       = { timeout = "1s" }\n'))
    said = failed(run(project, "export_seconds=600"), "polls", "step poll")
    assert "timed out" in said


def test_every_switch_of_the_sandbox_is_tried_here() -> None:
    text = Path(__file__).read_text()
    tried = {*ANYWHERE, *OF_THE_API, *(field.name for field in fields(Faults) if f"{field.name}=" in text)}
    elsewhere = {"blocked_seconds", "retry_after"}  # test_equal_bytes.py, where their seconds are really waited
    elsewhere |= {"export_rows"}  # no fault but a size: tests/providers/test_kaltura_reports_sandbox.py
    elsewhere |= {"crowd"}  # no fault but a size: tests/sandbox/test_sandbox_crowd.py
    for provider in ("cloudflare", "livekit"):
        tests = (path.read_text() for path in Path(__file__).parents[1].rglob(f"test_*{provider}*.py"))
        theirs = "".join(tests)
        elsewhere |= {
            field.name
            for field in fields(Faults)
            if f"{field.name}=" in theirs and (field.name.startswith(provider) or field.name == "http_502")
        }
    assert {field.name for field in fields(Faults)} - tried == elsewhere


@pytest.mark.parametrize("switch", ["session_cap=600", "library=50"])
def test_shorter_sessions_and_a_larger_library_change_nothing(project: Path, healthy: Ran, switch: str) -> None:
    passed(run(project, switch), healthy)


# --- envelopes -------------------------------------------------------------------------------------------

TOGETHER = "multirequest"
CALLS = ("report.getTable", "report.getTotal")


@pytest.fixture
def sharing(tmp_path: Path) -> Path:
    return copy_project(tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return run_here(copy_project(tmp_path_factory.mktemp("shared")), job=JOB)


def times(ran: Ran, action: str) -> int:
    """How often an action was asked for, in envelopes and alone."""
    assert ran.sandbox is not None
    return ran.sandbox.count(action)


def test_calls_share_an_envelope_and_give_what_they_give_alone(healthy: Ran, shared: Ran) -> None:
    assert len(seen(shared, TOGETHER)) == 1
    assert [len(seen(shared, action)) for action in CALLS] == [0, 0]
    assert [len(seen(healthy, action)) for action in CALLS] == [times(shared, action) for action in CALLS]
    assert times(shared, "report.getTable") == 1
    mine, its = shared.documents, healthy.documents
    assert {name for name in its if mine[name] != its[name]} == {"manifest.toml"}
    exchanges = [
        [line for line in of["manifest.toml"].decode().splitlines() if line.startswith(("request =", "reply ="))]
        for of in (mine, its)
    ]
    assert exchanges[0] == exchanges[1]


@pytest.mark.parametrize("count", [1, 2, ENDLESS])
@pytest.mark.parametrize("switch", [*ANYWHERE, "html_body"])
def test_an_envelope_that_fails_is_taken_apart(sharing: Path, shared: Ran, switch: str, count: int) -> None:
    """However often it fails: its calls go on alone, each with attempts of its own."""
    ran = run(sharing, f"{switch}={TOGETHER}:{count}")
    passed(ran, shared)
    assert len(seen(ran, TOGETHER)) == 1
    assert [len(seen(ran, action)) for action in CALLS] == [times(shared, action) for action in CALLS]


@pytest.mark.parametrize("switch", ["rate_limited", "druid_timeout", "internal_error"])
@pytest.mark.parametrize("action", CALLS)
def test_a_call_that_fails_inside_its_envelope_goes_on_alone(
    sharing: Path, shared: Ran, switch: str, action: str
) -> None:
    ran = run(sharing, f"{switch}={action}:1")
    passed(ran, shared)
    assert len(seen(ran, TOGETHER)) == 1
    assert [len(seen(ran, each)) for each in CALLS] == [int(each == action) for each in CALLS], "the other was kept"


@pytest.mark.parametrize("action", CALLS)
def test_a_call_that_fails_for_good_ends_the_run_from_inside_its_envelope(sharing: Path, action: str) -> None:
    failed(run(sharing, f"internal_error={action}:{ENDLESS}"), *place(action))


def test_a_session_that_dies_inside_an_envelope_is_renewed_once_for_all(sharing: Path, shared: Ran) -> None:
    ran = run(sharing, "expire_session_after=1")
    passed(ran, shared)
    (opened,) = [record for record in ran.sandbox.log if record.action == TOGETHER]  # type: ignore[union-attr]
    assert opened.calls.count("report.getTotal") == 2
    assert len(seen(ran, "session.start")) <= len(seen(shared, "session.start")) + 2, "one for each kind of session"
