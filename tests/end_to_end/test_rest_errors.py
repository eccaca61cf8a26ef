"""What silently goes wrong with an API ends with an error of its own, exit 4, and nothing is published."""

# ruff: noqa: E501 - a definition is read as it is written

from __future__ import annotations

from pathlib import Path

import pytest
from described import COLUMNS, SOURCE, project, run
from showcase import nothing_published

ROWS = 'response = { format = "json", rows = "$.data" }\n'
PAGES = f'request = {{ path = "/things" }}\n{ROWS}{COLUMNS}'
CURSOR = 'paging = { by = "cursor", name = "after", next = "$.next" }\n'
EXPORT = f"""{COLUMNS}response = {{ format = "csv" }}
export.generate = {{ request = {{ method = "POST", path = "/runs", json = {{ kind = "things" }} }}, capture = {{ run = "$.id" }} }}
export.poll = {{ request = {{ path = "/runs/{{{{ captured.run }}}}" }}, status = "$.status", waiting = ["pending"], ready = ["succeeded"], failed = ["failed"], message = "$.error" }}
export.serve = {{ request = {{ path = "/runs/{{{{ captured.run }}}}/file" }} }}
"""
OAUTH = SOURCE.replace(
    '{ bearer = { env = "HOUSE_TOKEN" } }',
    '{ oauth2 = { token_url = "https://login.example/token", client_id = { env = "ID" }, client_secret = { env = "SECRET" }, style = "form" } }',
)


def exchange(path: str, body: str, *, query: str = "", method: str = "GET", status: int = 200, link: str = "") -> str:
    asked = f'method = "{method}", path = "{path}", query = {{ {query} }}'
    headers = f", headers = {{ Link = '{link}' }}" if link else ""
    asked += ', json = "*"' if method == "POST" and path == "/runs" else ""
    asked += ', form = { grant_type = "*", client_id = "*", client_secret = "*" }' if path == "/token" else ""
    return f"[[exchanges]]\nrequest = {{ {asked} }}\nreply = {{ status = {status}, text = '{body}'{headers} }}\n"


STARTED = exchange("/runs", '{"id": "r1"}', method="POST", status=201)
CASES = {
    "a page that comes again under other numbers": (
        SOURCE,
        PAGES + 'paging = { by = "page", name = "page" }\n',
        exchange("/things", '{"data": [{"id": 1}]}', query='page = "*"'),
        ["page 2 has the same rows as page 1: the pages lead in a circle", 'seems to ignore "page"'],
    ),
    "a link that leads back": (
        SOURCE,
        PAGES + 'paging = { by = "link_header" }\n',
        exchange("/things", '{"data": [{"id": 1}]}', link='<{{ base_url }}/more?page=2>; rel="next"')
        + exchange("/more", '{"data": [{"id": 2}]}', query="page = 2", link='<{{ base_url }}/more?page=2>; rel="next"'),
        ["gives the link", "again", "check paging"],
    ),
    "a cursor that comes again": (
        SOURCE,
        PAGES + CURSOR,
        exchange("/things", '{"data": [{"id": 1}], "next": "abc"}')
        + exchange("/things", '{"data": [{"id": 2}], "next": "abc"}', query='after = "abc"'),
        ['page 2 gives the cursor "abc" again', "check paging"],
    ),
    "a status of an export that nobody knows": (
        SOURCE,
        EXPORT,
        STARTED + exchange("/runs/r1", '{"status": "archived"}'),
        ["step poll", '"archived"'],
    ),
    "an export that failed": (
        SOURCE,
        EXPORT,
        STARTED + exchange("/runs/r1", '{"status": "failed", "error": "no such column"}'),
        ["step poll", "no such column"],
    ),
    "a client that gets no token": (
        OAUTH,
        PAGES,
        exchange("/token", '{"error": "invalid_client", "error_description": "unknown"}', method="POST", status=401),
        ["sign-in at house", "OAuth2 invalid_client: unknown", "check client_id, client_secret and style"],
    ),
    "a request that no fixture fits": (
        SOURCE,
        PAGES,
        exchange("/thing", "{}"),
        ["404", "no exchange of the fixtures fits GET /things", "nearest", "GET /thing"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_it_ends_with_an_error_of_its_own(name: str, tmp_path: Path) -> None:
    source, endpoint, fixtures, words = CASES[name]
    ran = run(project(tmp_path / "p", endpoint, fixtures, source=source))
    assert ran.code == 4, ran.err
    assert [word for word in words if word not in ran.err] == [], ran.err
    assert "datasets.things" in ran.err
    assert nothing_published(ran)


def test_a_source_without_fixtures_says_what_to_write(tmp_path: Path) -> None:
    source = SOURCE.replace('fixtures = "house.fixtures.toml"\n', "")
    ran = run(project(tmp_path / "p", PAGES, source=source))
    assert ran.code == 2
    assert 'source "house" has no fixtures' in ran.err
    assert 'write fixtures = "apis/house.fixtures.toml" under [sources.house]' in ran.err
