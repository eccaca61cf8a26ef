"""The same job, as_of and replies give the same bytes, whatever happens on the way (DESIGN section 5)."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from showcase import JOB, LABEL, Ran, copy_project, files, parse_faults, run_apart, run_here


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A run on a healthy sandbox."""
    ran = run_here(copy_project(tmp_path_factory.mktemp("reference")))
    assert ran.code == 0, ran.err
    assert set(ran.documents) == {"overdue.csv", "report.html", "summary.eml", "manifest.toml"}
    return ran


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_project(tmp_path)


def differences(ran: Ran, reference: Ran) -> list[str]:
    """Name every file that is not the same in both."""
    assert ran.code == 0, ran.err
    mine, its = ran.documents, reference.documents
    return sorted(name for name in {*mine, *its} if mine.get(name) != its.get(name))


def outcomes(ran: Ran) -> list[str]:
    """What the sandbox answered that was no plain success."""
    assert ran.sandbox is not None
    return [record.outcome for record in ran.sandbox.log if record.outcome]


def test_a_second_run_writes_the_same_and_says_so(project: Path, reference: Ran) -> None:
    first = run_here(project)
    again = run_here(project)
    assert differences(first, reference) == []
    assert differences(again, reference) == []
    assert again.out.strip().endswith(f"{LABEL}.r2")
    record = json.loads((again.folder / f"{LABEL}.r2" / "run.json").read_text())
    assert (record["supersedes"], record["changed"], record["exit_code"]) == (LABEL, [], 0)
    assert files(first.folder / LABEL).keys() == files(again.folder / f"{LABEL}.r2").keys()


QUICK = {
    "a busy account": (("http_429=report.getTable:2",), "http_429"),
    "a service that restarts": (("http_503=report.getTable:2", "http_500=report.getTotal:1"), "http_503"),
    "a slow database": (("druid_timeout=report.getTable:2",), "DRUID_QUERY_TIMED_OUT"),
    "a database that fails": (("internal_error=report.getTotal:1",), "INTERNAL_SERVERL_ERROR"),
    "a bad line": (("cut_body=report.getTable:2", "drop_connection=report.getTotal:1"), "drop_connection"),
    "a proxy's page": (("html_body=report.getTotal:1",), "html_body"),
    "an export that takes long": (("polls_before_ready=4",), ""),
    "replies that overtake": (("shuffle_seed=11",), ""),
    "a session that dies": (("expire_session_after=3",), "INVALID_KS"),
}


@pytest.mark.parametrize("name", QUICK)
def test_what_passes_on_the_way_leaves_no_trace(project: Path, reference: Ran, name: str) -> None:
    switches, outcome = QUICK[name]
    ran = run_here(project, faults=parse_faults(switches))
    assert differences(ran, reference) == []
    assert not outcome or outcome in outcomes(ran), "the fault must have struck"


def test_one_worker_and_another_port_write_the_same(project: Path, reference: Ran) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    ran = run_here(project, "--workers", "1", port=port)
    assert differences(ran, reference) == []


@pytest.mark.parametrize(
    "environ",
    [
        {"TZ": "Pacific/Apia", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
        {"TZ": "America/St_Johns", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "77", "http_proxy": "http://127.0.0.1:9"},
    ],
)
def test_another_place_locale_zone_and_hash_seed_write_the_same(
    tmp_path: Path, reference: Ran, environ: dict[str, str]
) -> None:
    elsewhere = tmp_path / "another place, é"
    elsewhere.mkdir()
    ran = run_apart(copy_project(elsewhere), "--sandbox", "--as-of", "2026-11-16", out="her e", **environ)
    assert differences(ran, reference) == []


def test_other_replies_write_other_bytes(project: Path, reference: Ran) -> None:
    """The comparison above can fail."""
    ran = run_here(project, "--as-of", "2026-11-23", out="later")
    assert set(differences(ran, reference)) == {"overdue.csv", "report.html", "summary.eml", "manifest.toml"}
    roster = project / "data" / "roster.csv"
    roster.write_text(roster.read_text() + "zoe@example.org,Zoë,zoe@example.org,m.ortega\n")
    assert "overdue.csv" in differences(run_here(project), reference)


PASSING = (
    "rate_limited",
    "druid_timeout",
    "internal_error",
    "http_429",
    "http_500",
    "http_503",
    "html_body",
    "cut_body",
)
ACTIONS = ("report.getTable", "report.getTotal", "report.getCsvFromStringParams")


@pytest.mark.full
@pytest.mark.parametrize("switch", PASSING)
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("workers", ["1", "16"])
def test_every_passing_fault_of_every_call_leaves_no_trace(
    project: Path, reference: Ran, switch: str, action: str, workers: str
) -> None:
    faults = parse_faults((f"{switch}={action}:1", "shuffle_seed=3", "polls_before_ready=2"))
    assert differences(run_here(project, "--workers", workers, faults=faults), reference) == []


@pytest.mark.full
@pytest.mark.parametrize("seed", range(1, 7))
@pytest.mark.parametrize("polls", ["0", "1", "7"])
def test_many_orders_of_replies_leave_no_trace(project: Path, reference: Ran, seed: int, polls: str) -> None:
    faults = parse_faults((f"shuffle_seed={seed}", f"polls_before_ready={polls}", f"expire_session_after={seed}"))
    workers = str((1, 2, 3, 5, 16, 64)[seed - 1])
    assert differences(run_here(project, "--workers", workers, faults=faults), reference) == []


@pytest.mark.full
@pytest.mark.parametrize("seconds", ["1", "12"])
def test_a_blocked_action_leaves_no_trace(project: Path, reference: Ran, seconds: str) -> None:
    ran = run_here(project, faults=parse_faults((f"blocked_seconds={seconds}",)))
    assert differences(ran, reference) == []
    assert "ACTION_BLOCKED" in outcomes(ran)


@pytest.mark.full
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "Pacific/Kiritimati", "America/New_York"])
@pytest.mark.parametrize("locale", ["C", "POSIX", "C.UTF-8", "de_DE.UTF-8", "tr_TR.UTF-8"])
def test_no_zone_and_no_locale_leaves_a_trace(project: Path, reference: Ran, zone: str, locale: str) -> None:
    seed = str(len(zone) * 31 + len(locale))
    environ = {"TZ": zone, "LC_ALL": locale, "LANG": locale, "PYTHONHASHSEED": seed, "PYTHONUTF8": "0"}
    ran = run_apart(project, "--sandbox", "--as-of", "2026-11-16", **environ)
    assert differences(ran, reference) == []


def test_the_job_may_be_named_in_any_way(project: Path, reference: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "data")
    ran = run_here(Path(".."), job=JOB)
    assert differences(ran, reference) == []
