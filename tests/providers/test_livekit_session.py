"""Sources and tokens of LiveKit: which credentials make one, what it says, and where it is hidden."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from livekit_asking import NOW, PROJECT, SETTINGS, SOURCE, ask, flow, judged, opened, source
from projects import problem
from pydantic import ValidationError
from replies import text

from reportrunner.flow import Again, SessionKey, show
from reportrunner.providers.livekit import PROVIDER
from reportrunner.providers.livekit.session import mint
from reportrunner.sandbox import CREDENTIALS
from reportrunner.secret import SecretReference

KEY, SECRET, TOKEN = ({"env": name} for name in ("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET", "LIVEKIT_TOKEN"))
PAIR = {"api_key": KEY, "api_secret": SECRET}


def said(**changed: Any) -> str:
    """The problem of a source with these settings, and the help."""
    with pytest.raises(ValidationError) as refused:
        source(**changed)
    (error,) = refused.value.errors()
    hinted = error["ctx"]["error"]
    return f"{hinted} | {hinted.hint}"


@pytest.mark.parametrize("auth", [{}, {"api_key": KEY}, {"api_secret": SECRET}])
def test_a_source_has_a_key_with_its_secret_or_a_token(auth: dict[str, Any]) -> None:
    assert said(auth=auth) == (
        "auth is a key with its secret, or a token | write auth = "
        '{ api_key = { env = "LIVEKIT_API_KEY" }, api_secret = { env = "LIVEKIT_API_SECRET" } }'
    )


@pytest.mark.parametrize("auth", [{**PAIR, "token": TOKEN}, {"api_key": KEY, "token": TOKEN}])
def test_a_source_has_not_both(auth: dict[str, Any]) -> None:
    assert "this one has both | keep one of the two" in said(auth=auth)


def test_the_project_is_the_part_of_the_dashboards_url() -> None:
    assert said(project="https://cloud.livekit.io/projects/p_4rtn/overview").endswith('write project = "p_4rtn"')
    assert 'begins with "p_"' in said(project="standup")
    assert source(project="p_1").settings.project == "p_1"  # type: ignore[attr-defined]


def test_a_given_token_is_the_session_and_a_pair_makes_one() -> None:
    given = source(auth={"token": TOKEN}).settings
    assert PROVIDER.session_way(given) == "given"
    assert PROVIDER.secrets(given) == {"session": SecretReference(env="LIVEKIT_TOKEN")}
    assert PROVIDER.session_way(SOURCE.settings) == "made"
    assert set(PROVIDER.secrets(SOURCE.settings)) == {"api_key", "api_secret"}


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(("endpoint", "keys"), [("sessions.list", {}), ("sessions.get", {"id": "RM_a"})])
def test_a_given_token_that_is_not_accepted_is_what_the_error_names(
    status: int, endpoint: str, keys: dict[str, Any]
) -> None:
    refused = text("invalid token", status)
    given = flow(endpoint, of=source(auth={"token": TOKEN}), **keys)
    advice = "check auth.token: it has expired, lacks the grant roomList, or is of another project"
    assert judged(given, refused) == Again("session", f"HTTP {status}: invalid token ({advice})")
    advice = "check api_key and api_secret: they belong to the source's project"
    assert judged(flow(endpoint, **keys), refused) == Again("session", f"HTTP {status}: invalid token ({advice})")
    assert flow(endpoint, **keys).steps == flow(endpoint, **keys).steps


def test_projects_have_budgets_of_their_own() -> None:
    assert PROVIDER.account(SOURCE.settings) == f"livekit https://livekit.example {PROJECT}"
    assert PROVIDER.account(source(project="p_other").settings) != PROVIDER.account(SOURCE.settings)


def test_a_token_dies_ten_minutes_after_the_whole_second_at_which_it_was_made() -> None:
    moment = NOW.replace(microsecond=700_000)
    values = {"api_key": "APIkey", "api_secret": "s" * 32}
    made = mint(SOURCE, SessionKey("livekit"), values.__getitem__, moment, bytes)
    assert made.expires == NOW + dt.timedelta(minutes=10)
    assert "s" * 32 not in repr(made)
    assert made.session not in repr(made)


def test_requests_carry_the_token_as_bearer_and_their_plan_shows_a_hole() -> None:
    headers = dict(flow().steps[0].request.headers)
    assert show(headers["Authorization"]) == "Bearer <session:livekit>"
    assert flow().session == SessionKey("livekit")


def test_the_token_made_here_is_accepted_and_hidden() -> None:
    with opened() as (made, sandbox):
        assert made.rows(flow()).rows
        assert {record.status for record in sandbox.log} == {200}
        notices = [notice.detail for notice in made.notices if notice.what == "session"]
        assert notices == ["made here for livekit"]
        (token,) = made.redactor._values
        assert token.count(".") == 2
        assert made.redactor.redact(f"Bearer {token}") == "Bearer ***"


def test_a_token_that_dies_is_made_again_once() -> None:
    with opened(expire_session_after=1) as (made, sandbox):
        assert made.rows(flow()).rows
        assert [record.status for record in sandbox.log].count(401) == 1


def test_the_given_token_is_accepted() -> None:
    from reportrunner.sandbox.livekit_token import fault_of

    assert fault_of(f"Bearer {CREDENTIALS['livekit']['session']}", NOW.timestamp()) == ""


def test_a_token_has_no_privileges() -> None:
    unfit = PROVIDER.unfit(SOURCE.settings, ask(privileges=["all:*"]).parameters)
    assert unfit is not None
    assert (unfit.key, unfit.hint) == ("privileges", "remove privileges")
    assert PROVIDER.unfit(SOURCE.settings, ask().parameters) is None


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ('endpoint = "listSessions"', 'livekit has no endpoint "listSessions"; did you mean "sessions.list"?'),
        ('endpoint = "participants"', 'did you mean "sessions.get#participants"?'),
        ('endpoint = "sessions.list"\nstart = "2026-11-12"', "start is decided by the window"),
        ('endpoint = "sessions.list"\npage = 0', "page is not needed: all pages are fetched"),
        ('endpoint = "sessions.get"\nsession_id = "RM_a"', 'session_id is spelt id; write id = "{{ each }}"'),
    ],
)
def test_words_of_the_guide_are_answered_with_the_form_that_works(line: str, answer: str) -> None:
    job = '[windows.days]\nlast = "3 days"\n[datasets.s]\nsource = "livekit"\n'
    window = "" if "sessions.get" in line else 'window = "days"\n'
    job = job if window else job.removeprefix('[windows.days]\nlast = "3 days"\n')
    assert answer in problem(f'{job}{window}{line}\n[outputs.o]\nformat = "html"\n')


def test_settings_are_those_of_the_examples() -> None:
    assert SETTINGS["provider"] == PROVIDER.name
