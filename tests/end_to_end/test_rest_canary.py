"""Secrets of a source that a project defines are seen nowhere: tokens, keys, passwords, and what is minted of them.

The services answer with what they were sent and what they gave, so that it would land were it not hidden.
"""

# ruff: noqa: E501 - a definition is read as it is written

from __future__ import annotations

import base64
import time
from pathlib import Path

import pytest
from described import left, project, run

from reportrunner.cli.main import run_command
from reportrunner.sandbox import RestExchange, RestReply, Sandbox
from reportrunner.secret import Redactor

SECRETS = {
    "BEARER": "bearer-canary-7f3a91",
    "WHO": "user-canary-02bb5d",
    "PASSWORD": "pass:word canary/1d+9",
    "HEADER": "header-canary-5510ce",
    "QUERY": "query canary&=8d41",
    "CLIENT": "client-canary-e21c77",
    "CLIENT_SECRET": "client-secret-canary-90aa",
    "LOGIN": "login-canary-44f0b2",
}
BASIC = base64.b64encode(f"{SECRETS['WHO']}:{SECRETS['PASSWORD']}".encode()).decode()
MINTED = {"oauth": "minted-oauth-canary-c0ffee", "steps": "minted-session-canary-beef01", "ticket": "ticket-canary-77"}
EVERY = (*SECRETS.values(), BASIC, *MINTED.values())
AUTH = {
    "bearer": '{ bearer = { env = "BEARER" } }',
    "basic": '{ basic = { user = { env = "WHO" }, password = { env = "PASSWORD" } } }',
    "header": '{ header = { name = "X-Key", value = { env = "HEADER" } } }',
    "query": '{ query = { name = "key", value = { env = "QUERY" } } }',
    "oauth": '{ oauth2 = { token_path = "/token", client_id = { env = "CLIENT" }, client_secret = { env = "CLIENT_SECRET" } } }',
    "steps": (
        '{ sign_in = { steps = [{ request = { path = "/first", json = { name = "me", secret = { env = "LOGIN" } } }, '
        'capture = { ticket = "$.ticket" } }, { request = { path = "/second", form = { ticket = "{{ captured.ticket }}" } }, '
        'capture = { session = "$.session" } }] } }'
    ),
}  # fmt: skip
KNOWN = {
    "bearer": (SECRETS["BEARER"],),
    "basic": (SECRETS["WHO"], SECRETS["PASSWORD"], BASIC),
    "header": (SECRETS["HEADER"],),
    "query": (SECRETS["QUERY"],),
    "oauth": (SECRETS["CLIENT"], SECRETS["CLIENT_SECRET"], MINTED["oauth"]),
    "steps": (SECRETS["LOGIN"], MINTED["steps"], MINTED["ticket"]),
}
"""What each source knows, and its service repeats."""


def exchanges(name: str) -> tuple[RestExchange, ...]:
    """The service of a source: it demands the right proof, and answers with everything it knows."""
    proof = {
        "bearer": {"authorization": f"Bearer {SECRETS['BEARER']}"},
        "basic": {"authorization": f"Basic {BASIC}"},
        "header": {"x-key": SECRETS["HEADER"]},
        "oauth": {"authorization": f"Bearer {MINTED['oauth']}"},
        "steps": {"authorization": f"Bearer {MINTED['steps']}"},
    }.get(name, {})
    told = ",\n".join(f'{{"id": {n}, "text": "says {one}"}}' for n, one in enumerate((*KNOWN[name], "harmless")))
    key = (("key", SECRETS["QUERY"]),) if name == "query" else ()
    rows = RestExchange("GET", "/things", (RestReply(200, (), f'{{"data": [{told}]}}'.encode()),), key, False, proof)
    wrong = RestReply(400, (), f'{{"message": "bad: {" ".join(KNOWN[name])}"}}'.encode())
    broken = RestExchange("GET", "/broken", (wrong,), key, False, proof)
    basic = base64.b64encode(f"{SECRETS['CLIENT']}:{SECRETS['CLIENT_SECRET']}".encode()).decode()
    token = RestReply(200, (), f'{{"access_token": "{MINTED["oauth"]}", "token_type": "Bearer"}}'.encode())
    first = RestReply(200, (), f'{{"ticket": "{MINTED["ticket"]}"}}'.encode())
    second = RestReply(200, (), f'{{"session": "{MINTED["steps"]}"}}'.encode())
    grant = (("grant_type", "client_credentials"),)
    return (
        rows,
        broken,
        RestExchange("POST", "/token", (token,), headers={"authorization": f"Basic {basic}"}, form=grant),
        RestExchange("POST", "/first", (first,), json={"name": "me", "secret": SECRETS["LOGIN"]}),
        RestExchange("POST", "/second", (second,), form=(("ticket", MINTED["ticket"]),)),
    )


def described(folder: Path, base_url: str, path: str) -> Path:
    """A project of one source and one dataset per kind of proof."""
    sources = "".join(
        f'[sources.{name}]\nprovider = "rest"\nbase_url = "{base_url}/rest/{name}"\nauth = {auth}\n'
        f"[sources.{name}.endpoints.things]\nsummary = 'Things'\nrequest = {{ path = '{path}' }}\n"
        "response = { format = 'json', rows = '$.data' }\ncolumns = { id = 'integer', text = 'string' }\n"
        "errors = { code = '$.message', message = '$.message' }\n"
        for name, auth in AUTH.items()
    )
    datasets = "".join(
        f'[datasets.{name}]\nsource = "{name}"\nendpoint = "things"\n'
        f'[outputs.{name}]\nformat = "csv"\ndataset = "{name}"\n'
        for name in AUTH
    )
    job = f'title = "What is there?"\ntimezone = "UTC"\n{datasets}[outputs.page]\nformat = "html"\n'
    return project(folder, "", source=sources, job=job)


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, secret in SECRETS.items():
        monkeypatch.setenv(name, secret)


def leaks(*texts: bytes) -> list[str]:
    return [secret for secret in EVERY if any(secret.encode() in text for text in texts)]


@pytest.mark.usefixtures("environ")
@pytest.mark.parametrize(("path", "code"), [("/things", 5), ("/broken", 4)])
def test_secrets_are_in_no_log_no_plan_no_document_and_no_error(
    path: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Sandbox(clock=time.time, rest={name: exchanges(name) for name in AUTH}) as service:
        root = described(tmp_path / "p", service.base_url, path)
        ran = run(root, "-vv", "--log-file", str(root / "run.log"), sandbox=False)
        assert ran.code == code, ran.err
        assert {record.action.partition(".")[0] for record in service.log if record.status == 200} >= {"oauth", "steps"}
    everything = left(root)
    assert (b"harmless" in everything) is (code == 5)
    assert b"***" in everything
    assert leaks(everything, ran.err.encode(), ran.out.encode()) == []
    capsys.readouterr()
    assert run_command(["plan", str(root / "jobs/things.toml"), "--as-of", "2026-11-16"]) == 0
    assert leaks(capsys.readouterr().out.encode()) == []


@pytest.mark.usefixtures("environ")
def test_the_canaries_sing_when_nothing_is_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A control: without the redactor every one of them would land."""
    monkeypatch.setattr(Redactor, "redact", lambda _, text: text)
    monkeypatch.setattr(Redactor, "redact_bytes", lambda _, raw: raw)
    with Sandbox(clock=time.time, rest={name: exchanges(name) for name in AUTH}) as service:
        root = described(tmp_path / "p", service.base_url, "/things")
        assert run(root, sandbox=False).code == 0
    assert leaks(left(root)) == list(EVERY)
