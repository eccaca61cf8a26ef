"""A cloudflare source: how it signs in, whose budget it uses, and what it cannot be asked."""

from __future__ import annotations

from typing import Any

import pytest
from asking import SOURCES, ask
from cloudflare_asking import ACCOUNT, BYTIME, HOURS, kit
from projects import problem, problems
from pydantic import ValidationError

from reportrunner.flow import Hole, show
from reportrunner.providers.cloudflare import PROVIDER, source
from reportrunner.providers.cloudflare.source import CloudflareSource

TOKEN = {"api_token": {"env": "TOKEN"}}
PAIR = {"email": {"env": "EMAIL"}, "api_key": {"env": "KEY"}}


def made(auth: dict[str, Any], **more: Any) -> CloudflareSource:
    return CloudflareSource.model_validate({"provider": "cloudflare", "auth": auth, **more})


def test_a_token_is_sent_alone_and_a_pair_as_a_pair() -> None:
    assert [(name, show(value)) for name, value in source.headers(made(TOKEN))] == [
        ("Authorization", "Bearer <secret:api_token>")
    ]
    assert source.headers(made(PAIR)) == (
        ("X-Auth-Email", Hole("secret", "email")),
        ("X-Auth-Key", Hole("secret", "api_key")),
    )
    assert list(source.secrets(made(PAIR))) == ["email", "api_key"]
    assert made(TOKEN).base_url == "https://api.cloudflare.com/client/v4"


@pytest.mark.parametrize(
    ("auth", "said"),
    [
        ({**TOKEN, **PAIR}, "a token, or an e-mail and a key"),
        ({**TOKEN, "email": {"env": "EMAIL"}}, "a token, or an e-mail and a key"),
        ({"email": {"env": "EMAIL"}}, "only together with api_key"),
        ({"api_key": {"env": "KEY"}}, "only together with email"),
        ({}, "a token, or an e-mail and a key"),
        ({"api_token": "v1.0-abc"}, "a secret never stands in a file"),
    ],
)
def test_one_way_to_sign_in_and_never_two(auth: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        made(auth)


def test_sources_of_one_credential_share_a_budget() -> None:
    same = source.account(made(TOKEN)), source.account(made(TOKEN, account="other"))
    assert len(set(same)) == 1
    assert source.account(made(PAIR)) not in same
    assert "TOKEN" not in same[0]


@pytest.mark.parametrize("account", ["", ".", "..", "a/b", "a b", "a" * 33])
def test_an_account_is_one_segment_of_at_most_32_characters(account: str) -> None:
    with pytest.raises(ValidationError):
        made(TOKEN, account=account)


def test_realtimekit_needs_a_token_and_an_account() -> None:
    daywise, spectrum = ask(kit("analytics.daywise")).parameters, ask(BYTIME, HOURS).parameters
    of_pair, of_token = PROVIDER.unfit(made(PAIR, account=ACCOUNT), daywise), PROVIDER.unfit(made(TOKEN), daywise)
    assert of_pair is not None
    assert of_token is not None
    assert "takes API tokens only" in of_pair.message
    assert "names no account" in of_token.message
    assert PROVIDER.unfit(made(TOKEN), ask(kit("analytics.daywise", account_id="a")).parameters) is None
    assert PROVIDER.unfit(made(PAIR), spectrum) is None
    assert PROVIDER.unfit(SOURCES["cloudflare"].settings, daywise) is None


JOB = """
[windows.week]
period = "week"
[datasets.traffic]
source = "cloudflare"
endpoint = "{endpoint}"
window = "week"
zone_id = "8d4c9f2b6a1e4f0db7c35a9e21f6d840"
time_delta = "{delta}"
metrics = ["count"]
{more}
[outputs.o]
format = "html"
"""


def said(endpoint: str = "spectrum.analytics.events.bytime", delta: str = "hour", more: str = "") -> str:
    return problem(JOB.format(endpoint=endpoint, delta=delta, more=more))


def test_what_a_job_is_told() -> None:
    assert problems(JOB.format(endpoint="spectrum.analytics.events.bytime", delta="hour", more="")) == []
    assert 'did you mean "spectrum.analytics.events.bytime"?' in said("bytimes.get")
    assert 'did you mean "spectrum.analytics.aggregate.current"?' in said("spectrum.analytics.aggregates.currents.get")
    encoded = said(more='filters = "event==disconnect%20AND%20coloName!=SFO"')
    assert encoded.endswith('| write filters = "event==disconnect AND coloName!=SFO"')
    assert "since is decided by the window" in said(more='since = "2026-01-05T00:00:00Z"')


@pytest.mark.parametrize("value", ["{{ each }}", "{{ windows.week.label }}", "x1{{as_of}}"])
def test_an_expression_in_a_filter_could_say_more_than_one_value(value: str) -> None:
    each = 'each = { values = ["x1,coloName==SFO"], as = "app" }'
    refused = said(more=f'{each}\nfilters = "appID=={value}"')
    assert "filters takes no expressions: a value could add conditions of its own" in refused
    assert refused.endswith('value = "{{ ... }}"')


def test_an_expression_in_a_table_of_a_filter_is_one_value() -> None:
    table = '[[datasets.traffic.filters]]\ndimension = "appID"\nvalue = "{{ each }}"'
    each = 'each = {{ values = ["{}"], as = "app" }}\n{}'
    assert problems(JOB.format(endpoint=BYTIME["endpoint"], delta="hour", more=each.format("x1", table))) == []
    assert 'holds ","' in said(more=each.format("x1,coloName==SFO", table))
