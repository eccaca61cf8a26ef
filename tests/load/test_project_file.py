"""Sources that define endpoints, the files they include, and the certificates, proxies and fixtures that they name."""

# ruff: noqa: E501, ISC004 - a line of a table is one case

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from describing import FAMILIES

from reportrunner.ask import Source
from reportrunner.errors import Diagnostic
from reportrunner.job import Project
from reportrunner.load import load_project
from reportrunner.prepare import FAMILIES as REAL

CERTIFICATES = Path(__file__).parents[1] / "certificates"
HEAD = '[sources.pay]\nprovider = "described"\nbase_url = "https://pay.example"\n'
ENDPOINTS = '[endpoints.charges]\npath = "/charges"\n[endpoints.refunds]\npath = "/refunds"\n'
RIGHT = hashlib.sha256(ENDPOINTS.encode()).hexdigest()


def load(root: Path, text: str) -> Project:
    (root / "reportrunner.toml").write_text(HEAD + text, "utf-8")
    return load_project(root, "reportrunner.toml", FAMILIES)


def told(one: Diagnostic) -> str:
    marked = one.source[one.column - 1 : one.column - 1 + one.width]
    return f"{one.file}:{one.line}:{one.column}: {marked}: {one.message}" + (f" | {one.hint}" if one.hint else "")


def said(root: Path, text: str) -> list[str]:
    return [told(one) for one in load(root, text).diagnostics]


def include(root: Path, text: str = ENDPOINTS, pin: str | None = None) -> str:
    (root / "apis").mkdir(exist_ok=True)
    (root / "apis/pay.toml").write_text(text, "utf-8")
    sha = hashlib.sha256(text.encode()).hexdigest() if pin is None else pin
    return f'include = {{ file = "apis/pay.toml", sha256 = "{sha}" }}\n'


def the_source(project: Project) -> Source:
    assert [told(one) for one in project.diagnostics] == []
    return project.sources["pay"]


def test_a_source_has_the_endpoints_that_it_defines_and_those_that_it_includes(tmp_path: Path) -> None:
    own = '[sources.pay.endpoints.payouts]\npath = "/payouts"\n'
    assert list(the_source(load(tmp_path, own)).provider.endpoints) == ["payouts"]
    source = the_source(load(tmp_path, include(tmp_path) + own))
    assert sorted(source.provider.endpoints) == ["charges", "payouts", "refunds"]
    assert source.provider.endpoints["refunds"].summary == "Asks /refunds"
    assert FAMILIES.providers["described"].endpoints == {}, "the family's own entry knows no source"


def test_an_included_file_that_changed_is_refused_with_the_right_hash(tmp_path: Path) -> None:
    wrong = "0" * 64
    assert said(tmp_path, include(tmp_path, pin=wrong)) == [
        f'reportrunner.toml:4:46: "{wrong}": "apis/pay.toml" is not the file that was pinned'
        f' | look at what changed in it, then write sha256 = "{RIGHT}"'
    ]
    assert load(tmp_path, include(tmp_path, pin=wrong)).sources == {}
    include(tmp_path)
    assert said(tmp_path, 'include = { file = "apis/pay.toml" }\n') == [
        'reportrunner.toml:4:20: "apis/pay.toml": "apis/pay.toml" is not pinned by its hash'
        f' | read what it asks, then add sha256 = "{RIGHT}"'
    ]


def test_what_is_wrong_in_an_included_file_stands_at_its_own_place(tmp_path: Path) -> None:
    assert said(tmp_path, include(tmp_path, '\n[endpoints.charges]\npaht = "/charges"\n')) == [
        'apis/pay.toml:3:1: paht: unknown key "paht" in an endpoint; did you mean "path"?'
    ]
    assert said(tmp_path, include(tmp_path, "[endpoints.charges\n")) == [
        'apis/pay.toml:1:19: : expected "]" at the end of a header | write [name]'
    ]


def test_an_endpoint_defined_twice_is_an_error(tmp_path: Path) -> None:
    own = '[sources.pay.endpoints.charges]\npath = "/own"\n'
    assert said(tmp_path, include(tmp_path) + own) == [
        'reportrunner.toml:5:24: charges: endpoint "charges" is defined in apis/pay.toml too | keep one of the two'
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('include = { file = "../pay.toml" }', ['"../pay.toml": "../pay.toml" leaves the project | keep the file in the project']),
        ('include = { file = "apis/pya.toml" }', ['"apis/pya.toml": there is no file "apis/pya.toml" in the project; did you mean "apis/pay.toml"?']),
        ('include = { file = "apis/pay.toml", sha256 = "abc" }', [f'"abc": "apis/pay.toml" is not the file that was pinned | look at what changed in it, then write sha256 = "{RIGHT}"']),
        ('fixtures = "apis/no.toml"', ['"apis/no.toml": there is no file "apis/no.toml" in the project; did you mean "apis/pay.toml"?']),
        ('ca = "../ca.pem"', ['"../ca.pem": "../ca.pem" leaves the project | keep the file in the project']),
        ('ca = "certs/test-only-ca.pem"', []),
        ('ca = "apis/pay.toml"', ['"apis/pay.toml": "apis/pay.toml" cannot be trusted: it holds no certificate in PEM form']),
        ('client_certificate = { file = "certs/test-only-client.pem", key = { file = "~/secret.key" } }', []),
        ('client_certificate = { file = "certs/client.pem", key = { file = "k" } }', ['"certs/client.pem": there is no file "certs/client.pem" in the project']),
        ('client_certificate = { file = "certs/test-only-client.pem", key = { env = "KEY" } }', ['env: unknown key "env" in the key of a client certificate | env cannot hold a key that a connection is opened with: write key = { file = "path" }']),
        ('client_certificate = { file = "certs/test-only-client.pem", key = "k" }', ['"k": expected a table, found text "k" | write { file = "path" }']),
        ('proxy = "http://proxy.example:3128"', []),
        ('proxy = "http://me:pw@proxy.example:3128"', ['"http://*****@proxy.example:3128": the URL of a proxy holds no user and no password | write proxy = { url = "http://host:3128", user = "name", password = { env = "PROXY_PASSWORD" } }']),
        ('proxy = "proxy.example:3128"', ['"proxy.example:3128": "proxy.example:3128" is no URL of a proxy | write "http://proxy.example.org:3128"']),
        ('proxy = { url = "http://proxy.example:3128", user = "me", password = { env = "PROXY_PASSWORD" } }', []),
        ('proxy = { url = "http://proxy.example:3128", user = "me", password = "pw" }', ['"**": a secret never stands in a file, only a reference to it | write { env = "NAME" }, { file = "path" } or { command = ["..."] }']),
    ],
)  # fmt: skip
def test_files_and_proxies_are_checked_when_the_project_is_loaded(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    include(tmp_path)
    shutil.copytree(CERTIFICATES, tmp_path / "certs")
    found = [one.partition(": ")[2] for one in said(tmp_path, text + "\n")]
    assert found == expected


def test_what_is_wrong_with_fixtures_stands_at_its_place_too(tmp_path: Path) -> None:
    fixtures = """
[[exchanges]]
request = { path = "charges" }
reply   = { file = "apis/nothing.csv" }
[[exchanges]]
request = { path = "/charges", qeury = { limit = 1 } }
reply   = { text = "a", json = 1 }
[[exchanges]]
request = { path = "/charges" }
"""
    (tmp_path / "pay.fixtures.toml").write_text(fixtures, "utf-8")
    assert said(tmp_path, 'fixtures = "pay.fixtures.toml"\n') == [
        'pay.fixtures.toml:3:20: "charges": "path" has not the form it must have, found text "charges"'
        " | Path after the source's base URL, such as /v1/charges",
        'pay.fixtures.toml:6:32: qeury: unknown key "qeury" in a request of fixtures; did you mean "query"?',
        "pay.fixtures.toml:7:25: json: a reply has one body, and this one has text and json | keep one of the two",
        "pay.fixtures.toml:8:1: [[exchanges]]: an exchange has either a reply or replies"
        " | write reply = { json = { ... } }",
    ]
    wrong = '[[exchanges]]\nrequest = { path = "/c" }\nreplies = [{}, { file = "pay.fixture.toml" }]\n'
    (tmp_path / "pay.fixtures.toml").write_text(wrong, "utf-8")
    assert said(tmp_path, 'fixtures = "pay.fixtures.toml"\n') == [
        'pay.fixtures.toml:3:25: "pay.fixture.toml": there is no file "pay.fixture.toml" in the project;'
        ' did you mean "pay.fixtures.toml"?'
    ]


REST = """
[sources.%s]
provider = "rest"
base_url = "https://pay.example"
auth = { query = { name = "key", value = { env = "A" } } }
"""
THINGS = """
[endpoints.things]
summary = "Things"
request = { path = "/things", query = { key = "x" } }
response = { format = "json", rows = "$.data" }
columns = { id = "integer" }
"""


def rest(root: Path, text: str) -> list[str]:
    (root / "reportrunner.toml").write_text(text, "utf-8")
    return [told(one) for one in load_project(root, "reportrunner.toml", REAL).diagnostics]


def test_an_included_endpoint_sends_nothing_that_proves_who_asks(tmp_path: Path) -> None:
    (found,) = rest(tmp_path, REST % "pay" + include(tmp_path, THINGS))
    assert 'things writes "key", which proves who asks and is sent by the source' in found
    assert found.startswith("reportrunner.toml:")
    assert rest(tmp_path, REST % "pay" + include(tmp_path, THINGS.replace("key =", "q ="))) == []


def test_a_mistake_in_a_file_that_two_sources_include_is_said_once(tmp_path: Path) -> None:
    included = include(tmp_path, THINGS.replace("integer", "intger"))
    (found,) = rest(tmp_path, REST % "pay" + included + REST % "ray" + included)
    assert 'did you mean "integer"?' in found
