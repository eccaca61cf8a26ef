"""What a source cannot serve is told and goes no further; what an open `each` may hold is tried, not guessed."""

# ruff: noqa: E501 - a line of a table is one case

from __future__ import annotations

from pathlib import Path

import pytest
from projects import problems

DAY = """
[windows.day]
period = "day"
offset = -1
"""
OUT = """
[outputs.o]
format = "html"
"""
PROJECT = """
[sources.cf]
provider = "cloudflare"
auth     = { api_token = { env = "TOKEN" } }
[sources.cf.defaults]
zone_id = "20e00000000000000000000000000001"

[sources.api]
provider = "rest"
base_url = "https://api.example"
[sources.api.endpoints.things]
summary  = "Things"
request  = { path = "/things", query = { state = "{{ params.state }}" } }
params   = { state = { type = "string", values = ["open", "closed"] } }
response = { format = "json", rows = "$.data" }
columns  = { id = "string" }
"""
LIST = """
[datasets.which]
sql = "select 'x' as id"
"""


def said(folder: Path, text: str, account: str = "") -> list[str]:
    (folder / "reportrunner.toml").write_text(
        PROJECT.replace("[sources.cf.defaults]", f"{account}\n[sources.cf.defaults]")
    )
    return problems(f"{DAY if 'window' in text else ''}{text}{OUT}", root=folder)


def test_a_source_that_lacks_something_is_told_and_nothing_else(tmp_path: Path) -> None:
    asked = """[datasets.s]
source   = "cf"
endpoint = "realtime.kit.sessions"
window   = "day"
app_id   = "a9900000-5a0d-4b0c-8000-000000010042"
"""
    (found,) = said(tmp_path, asked)
    assert "names no account" in found
    assert said(tmp_path, asked, 'account = "acc00000000000000000000000000042"') == []


@pytest.mark.parametrize(
    "keys",
    [
        'source = "cf"\nendpoint = "realtime.kit.get"\noperation = "GetSessionChat"\napp_id = "a9900000-5a0d-4b0c-8000-000000010042"\nparams = { session_id = "{{ each }}" }\ncolumns = { chat = "string" }\n',
        'source = "cf"\nendpoint = "spectrum.analytics.aggregate.current"\ncolo_name = "{{ each }}"\n',
        'source = "cf"\nendpoint = "spectrum.analytics.events.summary"\nwindow = "day"\nmetrics = ["count"]\nfilters = [{ dimension = "event", value = "{{ each }}" }]\n',
        'source = "cf"\nendpoint = "spectrum.analytics.events.summary"\nwindow = "day"\nmetrics = ["count"]\nfilters = [{ dimension = "ipVersion", value = "{{ each }}" }]\n',
        'source = "api"\nendpoint = "things"\nparams = { state = "{{ each }}" }\n',
    ],
)  # fmt: skip
def test_a_value_that_is_not_known_yet_is_no_error(keys: str, tmp_path: Path) -> None:
    each = 'each = { dataset = "which", column = "id", as = "which" }\n'
    assert said(tmp_path, f"{LIST}[datasets.d]\n{keys}{each}", 'account = "acc00000000000000000000000000042"') == []
