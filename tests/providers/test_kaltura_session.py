"""Sources and sessions of Kaltura: what starts one, what it may say, and what is no session."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from asking import SETTINGS, SOURCES
from pydantic import ValidationError
from replies import ANY, exception, says, text

from reportrunner.ask import Source
from reportrunner.flow import Again, Done, Refused, SessionKey, Verdict
from reportrunner.providers.kaltura import PROVIDER, sign_in

NOW = dt.datetime(2026, 11, 16, 12, tzinfo=dt.UTC)
KEY = SessionKey("kaltura", ("virtualeventid:4711",))


def source(**auth: Any) -> Source:
    return Source("kaltura", PROVIDER, PROVIDER.settings.model_validate({**SETTINGS["kaltura"], "auth": auth}))


def judged(document: object, at: dt.datetime = NOW) -> Verdict:
    return sign_in(SOURCES["kaltura"], KEY, at).steps[0].judge(ANY, says(document))


def test_a_session_is_started_with_the_privileges_of_source_and_dataset() -> None:
    made = source(admin_secret={"env": "S"}, user="ana", privileges=["disableentitlement"], expiry=3600)
    request = sign_in(made, KEY, NOW).steps[0].request
    assert {name: str(value) for name, value in request.form or ()} == {
        "format": "1",
        "secret": "<secret:admin_secret>",
        "userId": "ana",
        "type": "2",
        "partnerId": "10042",
        "expiry": "3600",
        "privileges": "disableentitlement,virtualeventid:4711",
    }
    assert (request.method, request.path, request.query) == ("POST", "/api_v3/service/session/action/start", ())


def test_a_session_lives_from_now_for_as_long_as_was_asked() -> None:
    assert judged("djJ8MTAwNDJ8") == Done({"session": "djJ8MTAwNDJ8"}, NOW + dt.timedelta(days=1))


@pytest.mark.parametrize("document", [None, "", {}, [], True, 17, {"ks": "djJ8"}, ["djJ8"], "\ud800", "a\nb", "é"])
def test_what_is_no_text_is_no_session(document: object) -> None:
    assert judged(document) == Refused("unreadable", "session.start gave no session")


def test_a_wrong_secret_is_final_and_says_what_to_check() -> None:
    verdict = judged(exception("START_SESSION_ERROR", "Error while starting session for partner [10042]"))
    assert isinstance(verdict, Refused)
    assert verdict.words == "START_SESSION_ERROR: Error while starting session for partner [10042]"
    assert verdict.hint == "check the source's partner and admin_secret"


def test_a_service_in_trouble_is_asked_again() -> None:
    judge = sign_in(SOURCES["kaltura"], KEY, NOW).steps[0].judge
    assert judged(exception("INTERNAL_DATABASE_ERROR")).__class__ is Again
    assert judge(ANY, text("<html>", 200)) == Again("failed", "the answer is no JSON: <html>")
    assert judge(ANY, text("", 503)) == Again("failed", "HTTP 503")


@pytest.mark.parametrize(
    ("auth", "words"),
    [
        ({}, "either a session or the admin secret"),
        ({"ks": {"env": "K"}, "admin_secret": {"env": "S"}}, "either a session or the admin secret"),
        ({"ks": {"env": "K"}, "user": "ana"}, "a given session cannot be changed"),
        ({"ks": {"env": "K"}, "privileges": ["list:*"]}, "a given session cannot be changed"),
        ({"admin_secret": {"env": "S"}, "expiry": 60}, "greater than 60"),
    ],
)
def test_credentials_that_cannot_be_are_refused(auth: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        source(**auth)


def test_secrets_are_holes_by_name() -> None:
    given, started = source(ks={"env": "K"}), source(admin_secret={"env": "S"})
    assert list(PROVIDER.secrets(given.settings)) == ["session"]
    assert list(PROVIDER.secrets(started.settings)) == ["admin_secret"]
    assert PROVIDER.given_session(given.settings)
    assert not PROVIDER.given_session(started.settings)


def test_a_budget_belongs_to_host_and_account() -> None:
    one, other = (
        PROVIDER.settings.model_validate({**SETTINGS["kaltura"], **changed}) for changed in ({}, {"partner": 10043})
    )
    assert PROVIDER.account(one) != PROVIDER.account(other)
