"""Credentials of a Cloudflare source are seen nowhere, though the service repeats them; stream keys neither."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from described import left, project, run
from loopback import Say, Seen, serving

from reportrunner.cli.main import run_command
from reportrunner.secret import Redactor

SECRETS = {
    "CLOUDFLARE_API_TOKEN": "token-canary-7f3a91_b",
    "CLOUDFLARE_EMAIL": "canary@cloud.example.org",
    "CLOUDFLARE_API_KEY": "key-canary-144c9defac04",
}
STREAM_KEY = "stream-key-canary-02bb5d"
SOURCES = """
[sources.token]
provider = "cloudflare"
base_url = "{url}"
account  = "acc00000000000000000000000000042"
auth     = {{ api_token = {{ env = "CLOUDFLARE_API_TOKEN" }} }}

[sources.pair]
provider = "cloudflare"
base_url = "{url}"
auth     = {{ email = {{ env = "CLOUDFLARE_EMAIL" }}, api_key = {{ env = "CLOUDFLARE_API_KEY" }} }}
"""
JOB = """
title    = "Where do they stand?"
timezone = "UTC"

[windows.day]
period = "day"
offset = -1

[datasets.streams]
source   = "token"
endpoint = "realtime.kit.livestreams"
window   = "day"
app_id   = "a9900000-5a0d-4b0c-8000-000000010042"

[datasets.apps]
source   = "pair"
endpoint = "spectrum.analytics.aggregate.current"
zone_id  = "20e00000000000000000000000000001"

[outputs.streams]
format  = "csv"
dataset = "streams"

[outputs.apps]
format  = "csv"
dataset = "apps"

[outputs.page]
format = "html"
"""
EVERY = (*SECRETS.values(), STREAM_KEY)


def service(seen: Seen) -> Say:
    """Answer with everything that was sent, where names stand."""
    proofs = [seen.headers.get(name, "") for name in ("authorization", "x-auth-email", "x-auth-key")]
    if "/realtime/kit/" in seen.target:
        stream = {"id": "1", "name": f"says {proofs[0]}", "status": "LIVE", "stream_key": STREAM_KEY}
        paging = {"total_count": 2, "start_offset": 1, "end_offset": 2}
        body: object = {"success": True, "data": [stream, {"id": "2", "name": "harmless"}], "paging": paging}
    else:
        numbers = {"bytesEgress": 1, "bytesIngress": 1, "connections": 1, "durationAvg": 1}
        rows = [{"appID": f"app {proof}", **numbers} for proof in proofs]
        body = {"success": True, "errors": [], "messages": [], "result": rows}
    return Say(body=json.dumps(body).encode(), headers={"Content-Type": "application/json", "CF-Ray": proofs[0][-9:]})


def refusal(seen: Seen) -> Say:
    """Refuse with the proof in the words."""
    words = f"no {seen.headers.get('authorization')} {seen.headers.get('x-auth-key')}"
    return Say(403, json.dumps({"success": False, "errors": [{"code": 9109, "message": words}]}).encode())


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, secret in SECRETS.items():
        monkeypatch.setenv(name, secret)


def leaks(*texts: bytes) -> list[str]:
    return [secret for secret in EVERY if any(secret.encode() in text for text in texts)]


@pytest.mark.usefixtures("environ")
@pytest.mark.parametrize("code", [5, 4])
def test_secrets_are_in_no_log_no_plan_no_document_and_no_error(
    code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(service if code == 5 else refusal) as house:
        root = project(tmp_path / "p", "", source=SOURCES.format(url=house.url), job=JOB)
        ran = run(root, "-vv", "--log-file", str(root / "run.log"), sandbox=False)
    assert ran.code == code, ran.err
    everything = left(root)
    assert (b"harmless" in everything) is (code == 5)
    assert b"***" in everything
    assert leaks(everything, ran.err.encode(), ran.out.encode()) == []
    capsys.readouterr()
    assert run_command(["plan", str(root / "jobs/things.toml"), "--as-of", "2026-11-16"]) == 0
    assert leaks(capsys.readouterr().out.encode()) == []


@pytest.mark.usefixtures("environ")
def test_the_canaries_sing_when_nothing_is_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A control: without the redactor every credential would land; a stream key would not even then."""
    monkeypatch.setattr(Redactor, "redact", lambda _, text: text)
    monkeypatch.setattr(Redactor, "redact_bytes", lambda _, raw: raw)
    with serving(service) as house:
        root = project(tmp_path / "p", "", source=SOURCES.format(url=house.url), job=JOB)
        assert run(root, sandbox=False).code == 0
    assert leaks(left(root)) == list(SECRETS.values())
