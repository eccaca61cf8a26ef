"""Every way to a session, against the stand-in: app tokens of each hash, sessions made here, child accounts, roles."""

from __future__ import annotations

from pathlib import Path

import pytest
from showcase import Ran, copy_project, parse_faults, run_here

JOB = "jobs/flows.toml"
ADMIN = 'auth     = { admin_secret = { env = "KALTURA_ADMIN_SECRET" } }'
LOCAL = 'auth     = { admin_secret = { env = "KALTURA_ADMIN_SECRET" }, local = true }'
TOKEN = 'auth     = { app_token = { id = { env = "NO_ID" }, secret = { env = "NO_SECRET" }%s } }'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_project(tmp_path)


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return run_here(copy_project(tmp_path_factory.mktemp("healthy")), job=JOB)


def with_auth(project: Path, auth: str) -> Path:
    file = project / "reportrunner.toml"
    text = file.read_text()
    assert ADMIN in text
    file.write_text(text.replace(ADMIN, auth))
    return project


def edit(project: Path, old: str, new: str) -> None:
    text = (project / JOB).read_text()
    assert old in text
    (project / JOB).write_text(text.replace(old, new))


def same_data(ran: Ran, healthy: Ran) -> None:
    """Demand the very tables of a run with the admin secret."""
    assert ran.code == 0, ran.err
    mine, its = ran.documents, healthy.documents
    assert {name for name in its if mine.get(name) != its[name]} <= {"manifest.toml"}


def times(ran: Ran, action: str) -> int:
    assert ran.sandbox is not None
    return ran.sandbox.count(action)


def without_event(project: Path) -> None:
    """Leave out the polls: a token drops the privilege they need."""
    text = (project / JOB).read_text()
    start, end = text.index("[datasets.polls]"), text.index("[outputs.table]")
    (project / JOB).write_text(text[:start] + text[end : text.index("[outputs.polls]")])


@pytest.mark.parametrize("kind", ["", ', hash_type = "MD5"', ', hash_type = "SHA256"', ', hash_type = "SHA512"'])
def test_an_app_token_of_each_hash_opens_a_session(project: Path, healthy: Ran, kind: str) -> None:
    without_event(project)
    ran = run_here(with_auth(project, TOKEN % kind), job=JOB)
    assert ran.code == 0, ran.err
    for name in ("table.csv", "total.csv", "viewership.csv"):
        assert ran.documents[name] == healthy.documents[name]
    assert [times(ran, f"session.{a}") for a in ("start", "startWidgetSession")] == [0, 1]
    assert times(ran, "appToken.startSession") == 1


def test_a_privilege_that_the_token_drops_ends_the_run_with_words(project: Path) -> None:
    without_event(project)
    edit(project, 'endpoint = "report.getTotal"\n', 'endpoint = "report.getTotal"\nrole = 20\n')
    ran = run_here(with_auth(project, TOKEN % ', hash_type = "SHA256"'), job=JOB)
    assert ran.code == 4
    assert "error: datasets.total, sign-in at kaltura: " in ran.err
    assert "the app token's session came without the privilege setrole:20: the server drops reserved names" in ran.err


def test_sessions_made_here_cost_no_request_and_give_the_same(project: Path, healthy: Ran) -> None:
    pytest.importorskip("Crypto")
    ran = run_here(with_auth(project, LOCAL), job=JOB)
    same_data(ran, healthy)
    assert ran.sandbox is not None
    assert {call.partition(".")[0] for record in ran.sandbox.log for call in record.calls} == {"report", "reports"}
    assert times(healthy, "session.start") == 2


def test_a_session_made_here_that_dies_is_made_anew(project: Path, healthy: Ran) -> None:
    pytest.importorskip("Crypto")
    ran = run_here(with_auth(project, LOCAL), job=JOB, faults=parse_faults(("expire_session_after=2",)))
    same_data(ran, healthy)
    assert times(ran, "session.start") == 0


def test_a_dataset_may_ask_as_a_child_account(project: Path, healthy: Ran) -> None:
    edit(project, 'endpoint = "report.getTotal"\n', 'endpoint = "report.getTotal"\nimpersonate = 10101\n')
    ran = run_here(project, job=JOB)
    assert ran.code == 0, ran.err
    assert times(ran, "session.impersonate") == 1
    mine, its = ran.documents, healthy.documents
    assert mine["total.csv"] != its["total.csv"], "the child has a quarter of the viewers"
    assert mine["table.csv"] == its["table.csv"]
    assert len(mine["total.csv"].splitlines()) == 2


def test_a_role_without_analytics_is_refused(project: Path) -> None:
    edit(project, 'endpoint = "report.getTotal"\n', 'endpoint = "report.getTotal"\nrole = 20\n')
    ran = run_here(project, job=JOB)
    assert ran.code == 4
    assert "error: datasets.total, step fetch: kaltura refused: SERVICE_FORBIDDEN" in ran.err
    assert "datasets.table" not in ran.err
